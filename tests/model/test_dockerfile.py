"""A Dockerfile is read into instructions and stages, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.dockerfile import Instruction, instructions, lineage, stages


def read(text: str) -> list[tuple[str, str, int]]:
    return [(one.word, one.value, one.line) for one in instructions(text)]


def test_instructions_have_their_lines_and_capital_words() -> None:
    assert read("# syntax\n\nfrom nginx\n  user 101\n") == [("FROM", "nginx", 3), ("USER", "101", 4)]


def test_a_continued_line_is_one_instruction_and_comments_in_it_are_left_out() -> None:
    text = "RUN a && \\\n  # why\n\n  b \\\n  && c\nUSER x"
    assert read(text) == [("RUN", "a &&    b    && c", 1), ("USER", "x", 6)]


def test_another_escape_character_is_one_by_directive_at_the_top() -> None:
    assert read("# escape=`\nRUN a `\n b\nUSER x\\") == [("RUN", "a   b", 2), ("USER", "x\\", 4)]
    assert read("# syntax=docker/dockerfile:1\n# escape=`\nRUN a `\n b")[0][1] == "a   b"
    assert read("FROM a\n# escape=`\nRUN a `\nUSER b")[1] == ("RUN", "a `", 3)
    assert read("# syntax=docker/dockerfile:1") == []
    assert read("# escape=x\nRUN a \\\n b")[0][1] == "a   b"


def test_a_last_line_that_goes_on_ends_with_the_file() -> None:
    assert read("RUN a \\") == [("RUN", "a", 1)]


def test_here_documents_belong_to_their_instruction() -> None:
    text = 'RUN <<EOF cat && cat <<-"END"\nUSER root\nEOF\n\tone\n\tEND\nUSER x'
    assert list(instructions(text)) == [
        Instruction("RUN", 'cat <<EOF cat && cat <<-"END"'.removeprefix("cat "), 1, ("USER root", "one")),
        Instruction("USER", "x", 6),
    ]


def test_a_here_document_without_an_end_takes_the_rest() -> None:
    assert next(iter(instructions("COPY <<EOF /x\na\nb"))).documents == ("a\nb",)


def test_only_run_copy_and_add_have_here_documents() -> None:
    assert read("LABEL a=<<EOF\nUSER x") == [("LABEL", "a=<<EOF", 1), ("USER", "x", 2)]


def test_stages_have_their_base_name_and_instructions() -> None:
    first, second = stages("FROM --platform=$X node:20 AS build\nRUN make\nfrom nginx\nUSER 101\n")
    assert (first.base, first.name, [one.word for one in first.instructions]) == ("node:20", "build", ["RUN"])
    assert (second.base, second.name, second.line) == ("nginx", "", 3)


@pytest.mark.parametrize("base", ["$BASE", "${BASE}", "${BASE:-other}", "${OTHER:-nginx}", "${OTHER-nginx}"])
def test_defaults_of_arguments_are_filled_in(base: str) -> None:
    assert stages(f'ARG BASE="nginx"\nFROM {base}')[0].base == "nginx"


def test_a_variable_that_nobody_sets_is_empty() -> None:
    assert stages("FROM a$NONE")[0].base == "a"


def test_a_file_without_from_has_no_stages() -> None:
    assert stages("RUN x\nARG A=1\nFROM") == ()
    assert lineage("RUN x") == ()


CHAIN = "FROM nginx AS Base\nUSER 101\nFROM node AS tools\nFROM base AS next\nFROM 2 AS last\n"


def test_the_lineage_of_an_image_goes_through_aliases_and_numbers_to_its_base() -> None:
    assert [one.name for one in lineage(CHAIN)] == ["Base", "next", "last"]
    assert lineage(CHAIN)[0].base == "nginx"


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("TOOLS", ["tools"]),
        ("1", ["tools"]),
        ("none", ["Base", "next", "last"]),
        ("9", ["Base", "next", "last"]),
    ],
)
def test_a_target_ends_the_lineage(target: str, names: list[str]) -> None:
    assert [one.name for one in lineage(CHAIN, target)] == names


def test_a_stage_that_is_named_like_its_own_base_is_no_circle() -> None:
    assert [one.base for one in lineage("FROM nginx AS nginx\nFROM nginx AS nginx")] == ["nginx", "nginx"]


@given(st.text(alphabet="FROMASrunCOPY<->EOF\\`#=${}:-\n\t \"'19x", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    found = list(instructions(text))
    assert all(1 <= one.line <= text.count("\n") + 1 for one in found)
    assert set(lineage(text)) <= set(stages(text))
