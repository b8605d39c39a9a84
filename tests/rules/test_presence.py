"""An extension has what people and the platform look for, and nothing that is not its to say."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from msgspec.structs import replace

from catalog.model.names import Kind
from tests.rules.builder import extension, found, places, the, with_deployment


@pytest.mark.parametrize("description", [..., "", "  \n"])
def test_no_description_is_a_warning(description: Any) -> None:
    finding = the("KZ111", extension(manifest={"description": description}))
    assert not finding.is_error
    assert finding.pointer == ("description",)


def test_a_description_that_is_not_text_is_reported_once() -> None:
    assert found(extension(manifest={"description": 5})) == ["KZ102"]


def test_no_readme_is_a_warning_at_the_file_that_lacks() -> None:
    made = extension()
    files = {path: size for path, size in made.files.items() if path != PurePosixPath("README.md")}
    finding = the("KZ013", replace(made, readme=None, files=files))
    assert str(finding.file) == "apps/notes/README.md"
    assert not finding.is_error


def test_a_readme_that_cannot_be_decoded_is_there_all_the_same() -> None:
    assert found(replace(extension(), readme=None)) == []


@pytest.mark.parametrize("kind", Kind)
def test_without_compose_file_and_image_there_is_nothing_to_run(kind: Kind) -> None:
    assert found(extension(kind=kind, development=None)) == ["KZ117"]


def test_a_tool_may_be_an_image_alone() -> None:
    image = {"image": "docker.io/acme/notes:1.0"}
    assert found(extension(kind=Kind.TOOL, development=None, manifest=image)) == []


@pytest.mark.parametrize("kind", [Kind.APP, Kind.SERVICE])
def test_an_app_or_service_needs_more_than_an_image(kind: Kind) -> None:
    image = {"image": "docker.io/acme/notes:1.0"}
    assert found(extension(kind=kind, development=None, manifest=image)) == ["KZ117"]


def test_an_image_that_does_not_parse_is_not_also_absent() -> None:
    made = extension(kind=Kind.TOOL, development=None, manifest={"image": "Not An Image"})
    assert found(made) == ["KZ115"]


def test_an_unreadable_compose_file_is_not_also_absent() -> None:
    assert "KZ117" not in found(extension(development=None, files={"compose.yaml": 3}))


def test_an_app_garden_file_alone_is_something_to_run() -> None:
    made = with_deployment(extension(development=None), {"services": {}})
    assert "KZ117" not in found(made)


def test_fields_of_the_platform_are_warnings_where_they_stand() -> None:
    made = extension(manifest={"id": 1, "revision": "r1", "author": "us"})
    assert places("KZ118", made) == [("id",), ("revision",)]
