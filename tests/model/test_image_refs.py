"""Image references are parsed as registries and engines parse them."""

from __future__ import annotations

import pytest
from docker_image import reference
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.image_ref import ImageRef

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nginx", ImageRef("", "nginx")),
        ("postgres:15-alpine", ImageRef("", "postgres", "15-alpine")),
        ("kamiwazaai/app-web:v1.0.0", ImageRef("", "kamiwazaai/app-web", "v1.0.0")),
        ("localhost:5000/kamiwazaai/b:old", ImageRef("localhost:5000", "kamiwazaai/b", "old")),
        ("localhost/b", ImageRef("localhost", "b")),
        ("ghcr.io/o/n@" + DIGEST, ImageRef("ghcr.io", "o/n", "", DIGEST)),
        ("ghcr.io/o/n:t@" + DIGEST, ImageRef("ghcr.io", "o/n", "t", DIGEST)),
        ("[::1]:5000/a:1", ImageRef("[::1]:5000", "a", "1")),
        ("a/b/c", ImageRef("", "a/b/c")),
    ],
)
def test_a_reference_is_taken_apart(text: str, expected: ImageRef) -> None:
    assert ImageRef.parse(text) == expected
    assert str(ImageRef.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "Nginx", "UPPER/x", "a//b", "a:", "a@sha256:12", "${IMAGE}", "a b", "a:1\n", "-a", "a/" + "b" * 300],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"reference|longer"):
        ImageRef.parse(text)


def test_a_new_tag_takes_the_digest_of_the_old_one_away() -> None:
    assert str(ImageRef.parse(f"a/b:1@{DIGEST}").with_tag("2")) == "a/b:2"


@given(st.text(alphabet="abzA0-._:/@", max_size=30))
def test_what_is_accepted_the_reference_implementation_accepts_alike(text: str) -> None:
    try:
        ours = ImageRef.parse(text)
    except ValueError:
        return
    theirs = reference.Reference.parse(text)
    assert (ours.name, ours.tag or None, ours.digest or None) == (
        theirs["name"],
        theirs["tag"],
        theirs["digest"],
    )
