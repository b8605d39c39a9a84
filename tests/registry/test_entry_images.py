"""The images of an entry are found, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.registry.entry_images import entry_images

COMPOSE = "services:\n  web:\n    image: a/web:1\n  db:\n    image: [b]\n  job:\n    build: .\n"


@pytest.mark.parametrize(
    ("data", "images"),
    [
        ({}, ()),
        ({"docker_images": None, "image": 5, "extra_docker_images": {"a/b:1": 1}}, ()),
        ({"docker_images": "a/web:1"}, ("a/web:1",)),
        ({"image": ["a/web:1", "", None, {"ref": "x"}]}, ("a/web:1",)),
        ({"docker_images": ["a/web:1"], "image": "a/web:1", "extra_docker_images": ["c"]}, ("a/web:1", "c")),
        ({"docker_images": ["db:2"], "compose_yml": COMPOSE}, ("db:2", "a/web:1", "b")),
        ({"compose_yml": "volumes: {}"}, ()),
        ({"compose_yml": "services: ["}, ()),
        ({"compose_yml": 7}, ()),
    ],
    ids=str,
)
def test_an_entry_has_the_images_that_any_of_its_fields_names(
    data: dict[str, Any], images: tuple[str, ...]
) -> None:
    assert entry_images(data) == images
