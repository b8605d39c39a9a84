"""Pictures are named by their extension, and where they are published by their content, too."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from catalog.model.names import Kind
from catalog.registry.layout import RepositoryVersion
from catalog.registry.picture_name import file_in, name_before, picture_name, picture_place, published_name
from catalog.registry.registry import Entry, Registry
from catalog.registry.same_pictures import with_same_pictures

PUBLISHED = published_name("notes.png", b"content")
BUILT = "/garden/default/app-garden-images/notes.png"


def test_a_published_name_tells_what_it_was_before() -> None:
    assert picture_name("notes", ".PNG") == "notes.png"
    assert name_before(PUBLISHED, "notes") == "notes.png"
    assert name_before(PUBLISHED, "note") == ""
    assert name_before("notes.png", "notes") == ""
    assert name_before("notes-more.png", "notes") == ""


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (BUILT, PurePosixPath("app-garden-images/notes.png")),
        ("images/notes.png", PurePosixPath("images/notes.png")),
        ("images/../notes.png", None),
        ("https://acme.test/notes.png", None),
        (None, None),
    ],
)
def test_a_picture_lies_in_the_folder_of_its_generation(address: Any, place: PurePosixPath | None) -> None:
    assert picture_place(address) == place
    assert file_in("images/a.png", RepositoryVersion.V2.garden) == "a.png"


@pytest.mark.parametrize(
    ("old", "new", "are_same"),
    [
        (BUILT, BUILT, True),
        (BUILT, "images/notes.png", True),
        (f"images/{PUBLISHED}", BUILT, True),
        (BUILT, f"images/{PUBLISHED}", True),
        (f"images/{published_name('notes.png', b'other')}", BUILT, False),
        (f"images/{PUBLISHED}", "/garden/default/app-garden-images/notes.jpg", False),
        (f"images/{published_name('gone.png', b'content')}", "images/gone.png", False),
        (BUILT, "https://acme.test/notes.png", False),
        (None, BUILT, False),
        (BUILT, None, False),
        ("images/a.png", "images/b.png", False),
    ],
)
def test_pictures_are_the_same_where_publishing_has_given_one_its_name(
    old: Any, new: Any, are_same: bool
) -> None:
    def content(place: PurePosixPath) -> bytes | None:
        return None if place.stem == "gone" else b"content"

    before, after = (Registry.of([Entry("notes", Kind.APP, {"preview_image": one})]) for one in (old, new))
    (entry,) = with_same_pictures(before, after, content, content).entries
    assert entry.data["preview_image"] == (old if are_same else new)


def test_a_picture_that_has_gone_is_no_longer_the_same() -> None:
    name = published_name("notes.png", b"content")
    before = Registry.of([Entry("notes", Kind.APP, {"preview_image": f"images/{name}"})])
    after = Registry.of([Entry("notes", Kind.APP, {"preview_image": "images/notes.png"})])
    assert with_same_pictures(before, after, lambda _: None, lambda _: None) == after
