"""The preview picture lies in the extension, is a picture, and is not too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.model.picture import MAX_PICTURE_BYTES, PICTURE_SUFFIXES, PUBLIC_PREFIXES
from tests.rules.builder import extension, found, the

if TYPE_CHECKING:
    from catalog.model.extension import Extension


def shown(path: Any, *files: str, size: int = 1000) -> Extension:
    return extension(manifest={"preview_image": path}, files=dict.fromkeys(files, size))


@pytest.mark.parametrize("path", [None, "", "null"])
def test_no_picture_is_fine(path: Any) -> None:
    assert found(shown(path)) == []


@pytest.mark.parametrize("suffix", [*PICTURE_SUFFIXES, ".PNG"])
def test_a_picture_in_the_extension_is_fine(suffix: str) -> None:
    assert found(shown(f"images/p{suffix}", f"images/p{suffix}")) == []
    assert found(shown(f"./images/p{suffix}", f"images/p{suffix}")) == []


@pytest.mark.parametrize(
    "path",
    [
        "/etc/p.png",
        "https://example.test/p.png",
        "data:image/png;base64,AAAA",
        "../p.png",
        "images/../../p.png",
        "C:/p.png",
        "images\\p.png",
        "~/p.png",
        "//example.test/p.png",
    ],
)
def test_a_path_that_leads_elsewhere_is_one_error(path: str) -> None:
    made = shown(path)
    assert found(made) == ["KZ402"]
    assert the("KZ402", made).pointer == ("preview_image",)


def test_a_relative_picture_that_is_missing_is_an_error() -> None:
    finding = the("KZ401", shown("p.png", "other.png"))
    assert finding.is_error
    assert "apps/notes/p.png" in finding.hint


@pytest.mark.parametrize("prefix", PUBLIC_PREFIXES)
def test_a_published_picture_is_fine_if_its_file_lies_in_the_extension(prefix: str) -> None:
    assert found(shown(f"{prefix}p.png", "images/p.png")) == []
    finding = the("KZ403", shown(f"{prefix}p.png", "images/q.png"))
    assert not finding.is_error
    assert "'p.png'" in finding.message


@pytest.mark.parametrize("path", ["p.bmp", "p", "/garden/p.tiff"])
def test_what_is_no_picture_by_its_suffix_is_an_error(path: str) -> None:
    assert found(shown(path, path.rpartition("/")[2])) == ["KZ404"]


def test_a_picture_may_be_as_large_as_the_platform_takes() -> None:
    assert found(shown("p.png", "p.png", size=MAX_PICTURE_BYTES)) == []
    finding = the("KZ405", shown("p.png", "p.png", size=MAX_PICTURE_BYTES + 1))
    assert finding.is_error


def test_a_picture_that_is_found_by_its_usual_name_is_weighed_too() -> None:
    assert found(shown(None, "preview.png", size=MAX_PICTURE_BYTES + 1)) == ["KZ405"]
