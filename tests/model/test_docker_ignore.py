"""The patterns of .dockerignore mean what the Dockerfile reference says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.docker_ignore import DockerIgnore


@pytest.mark.parametrize(
    ("text", "out", "stays"),
    [
        ("", [], ["a", "b/c"]),
        ("a", ["a", "a/b/c"], ["b/a", "ab"]),
        ("/a/", ["a", "a/b"], ["b/a"]),
        ("./a/../b", ["b"], ["a"]),
        ("*.log", ["x.log", "x.log/y"], ["a/x.log", "x.txt"]),
        ("**/*.log", ["x.log", "a/b/x.log"], ["x.txt"]),
        ("**", ["a", "a/b"], []),
        ("**/__pycache__/", ["__pycache__/x", "a/__pycache__/y"], ["a/pycache"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["az"]),
        ("temp?", ["temp1", "tempa/x"], ["temp", "temp/1", "temp12"]),
        ("[a-c].txt", ["a.txt"], ["d.txt"]),
        ("[^a].txt", ["b.txt"], ["a.txt"]),
        (r"\*", ["*"], ["a"]),
        ("a.b", ["a.b"], ["aXb"]),
        ("*\n!keep", ["a", "b/c"], ["keep", "keep/d"]),
        ("!keep\n*", ["keep"], []),
        ("docs\n!docs/README.md", ["docs/x"], ["docs/README.md"]),
        ("# a\n\n  b  ", ["b"], ["a", "# a"]),
        (".", [], ["a"]),
        ("\ufeffa", ["a"], []),
        ("[z-a]", [], ["a", "z"]),
        ("[", ["["], ["a"]),
    ],
)
def test_a_pattern_leaves_out_what_the_reference_says(text: str, out: list[str], stays: list[str]) -> None:
    ignore = DockerIgnore(text)
    assert [path for path in out if not ignore.leaves_out(path)] == []
    assert [path for path in stays if ignore.leaves_out(path)] == []


@given(st.text(max_size=60), st.text(min_size=1, max_size=30))
def test_no_text_makes_it_fail(text: str, path: str) -> None:
    assert DockerIgnore(text).leaves_out(path) in {True, False}
