"""What is known of images is kept, merged and never half-written."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from catalog.errors import MissingError, UsageError
from catalog.workspace.image_facts import (
    IMAGE_FACTS,
    ImageFacts,
    image_digests,
    read_image_facts,
    record_image_facts,
)
from tests.support.other_users import SOMEBODY, acting_as, as_root, shared_folder

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = f"sha256:{'a' * 64}"


def test_facts_are_put_beside_those_that_are_there(tmp_path: Path) -> None:
    record_image_facts(tmp_path, {"a:1": ImageFacts(10, "linux/amd64", DIGEST)})
    record_image_facts(tmp_path, {"b:1": ImageFacts(20, "linux/amd64")})
    assert json.loads((tmp_path / IMAGE_FACTS).read_text())["images"] == {
        "a:1": {"digest": DIGEST, "bytes": 10, "platform": "linux/amd64"},
        "b:1": {"bytes": 20, "platform": "linux/amd64"},
    }
    assert image_digests(tmp_path) == {"a:1": DIGEST}


def test_facts_that_are_known_already_do_not_touch_the_file(tmp_path: Path) -> None:
    facts = {"a:1": ImageFacts(10, "linux/amd64")}
    record_image_facts(tmp_path, facts)
    before = (tmp_path / IMAGE_FACTS).stat().st_ino
    record_image_facts(tmp_path, facts)
    assert (tmp_path / IMAGE_FACTS).stat().st_ino == before


def test_a_damaged_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / ".catalog").mkdir()
    (tmp_path / IMAGE_FACTS).write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        record_image_facts(tmp_path, {"a:1": ImageFacts(1, "linux/amd64")})
    assert (tmp_path / IMAGE_FACTS).read_text() == "{"


def test_of_facts_that_many_note_at_once_none_is_lost(tmp_path: Path) -> None:
    facts = [{f"{number}:1": ImageFacts(number, "linux/amd64")} for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: record_image_facts(tmp_path, one), facts))
    assert len(read_image_facts(tmp_path)) == 40


def test_a_workspace_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"images\.json cannot be written"):
        record_image_facts(tmp_path / "gone", {"a:1": ImageFacts(1, "linux/amd64")})


@as_root
def test_a_workspace_of_somebody_else_is_told_of() -> None:
    with shared_folder(0o755) as root, acting_as(SOMEBODY):
        with pytest.raises(MissingError, match="permission denied"):
            record_image_facts(root, {"a:1": ImageFacts(1, "linux/amd64")})
        record_image_facts(root, {})


def test_an_image_for_several_platforms_names_them_all(tmp_path: Path) -> None:
    facts = ImageFacts(10, "linux/amd64", DIGEST, ("linux/amd64", "linux/arm64"))
    record_image_facts(tmp_path, {"a:1": facts})
    assert read_image_facts(tmp_path) == {"a:1": facts}
