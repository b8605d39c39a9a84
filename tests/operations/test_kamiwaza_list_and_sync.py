"""Lists show what the platform has; a sync is reported by what the platform has afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.errors import MissingError, UsageError
from catalog.model.names import Kind
from catalog.operations.kamiwaza_list import PlatformListRequest, kamiwaza_list
from catalog.operations.kamiwaza_sync import PlatformSyncRequest, PlatformSyncResult, kamiwaza_sync
from tests.support.kamiwaza_stand_in import TOKEN, Reply, Seen, StandIn, reply, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTES = {"name": "notes", "version": "1.0.0", "source_type": "kamiwaza", "compose_yml": "a: 1\n"}
LIST = "GET /api/apps/app_templates"
SYNC_APPS, SYNC_TOOLS = "POST /api/apps/remote/sync", "POST /api/tool/remote/sync"


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with running(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def platform(served: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAMIWAZA_API_KEY", TOKEN)
    monkeypatch.setenv("KAMIWAZA_API_URL", served.url)
    return served.reset()


@pytest.fixture
def catalogued(platform: StandIn) -> StandIn:
    """A platform whose catalog has something new, something newer, and something that it has."""
    platform.apps = [{**NOTES, "name": name} for name in ("atlas", "maps", "notes")]
    platform.tools = [{**NOTES, "name": "tool-x", "template_type": "tool"}]
    platform.store(**{**NOTES, "name": "maps", "version": "0.9.0"})
    platform.store(**NOTES)
    return platform


def sync(*names: str, **options: Any) -> PlatformSyncResult:
    return kamiwaza_sync(None, PlatformSyncRequest(names=names, **options))


def deeds(result: PlatformSyncResult) -> dict[str, str]:
    return {one.name: one.deed.value for one in result.extensions}


def test_the_list_is_by_kind_and_name(platform: StandIn) -> None:
    for name, kind in (("tool-b", "tool"), ("notes", "app"), ("tool-a", "tool"), ("service-x", "service")):
        platform.store(**{**NOTES, "name": name}, template_type=kind)
    result = kamiwaza_list(None, PlatformListRequest())
    assert [one.name for one in result.templates] == ["notes", "service-x", "tool-a", "tool-b"]
    assert result.platform == f"{platform.url}/api"
    tools = kamiwaza_list(None, PlatformListRequest(kind=Kind.TOOL))
    assert [one.name for one in tools.templates] == ["tool-a", "tool-b"]


def test_fields_that_are_not_known_yet_do_no_harm(platform: StandIn) -> None:
    there = platform.store(**NOTES)
    platform.script(LIST, reply(200, [{**there, "newer": {"a": 1}, "owner_id": "x"}]))
    assert len(kamiwaza_list(None, PlatformListRequest()).templates) == 1


def test_the_workspace_names_its_platform_and_the_person_the_login(
    platform: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAMIWAZA_API_URL")
    (tmp_path / "catalog.toml").write_text(f'[platform]\nurl = "{platform.url}"\n')
    with pytest.raises(UsageError, match="KAMIWAZA_API_KEY is not sent"):
        kamiwaza_list(tmp_path, PlatformListRequest())
    monkeypatch.delenv("KAMIWAZA_API_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kamiwaza").mkdir()
    (tmp_path / ".kamiwaza" / "config.yaml").write_text(f"url: {platform.url}\ntoken: {TOKEN}\n")
    assert kamiwaza_list(tmp_path, PlatformListRequest()).platform == f"{platform.url}/api"


@pytest.mark.parametrize(
    "data", [{"items": []}, [{}], [{"id": "x", "name": "y"}], [7], "x", None, [{"name": 1, "id": None}]]
)
def test_an_answer_of_another_form_is_told_with_its_place(platform: StandIn, data: object) -> None:
    platform.script(LIST, reply(200, data))
    with pytest.raises(MissingError, match=r"is not of the form that the API documents.*: ") as caught:
        kamiwaza_list(None, PlatformListRequest())
    assert f"GET {platform.url}/api/apps/app_templates" in caught.value.message


def test_a_server_that_is_no_platform_is_told(platform: StandIn) -> None:
    platform.script(LIST, reply(404, {"detail": "Not Found"}))
    with pytest.raises(MissingError, match=f"There is no Kamiwaza API at {platform.url}/api"):
        kamiwaza_list(None, PlatformListRequest())


def test_a_sync_imports_what_is_new_or_newer_apps_apart_from_tools(catalogued: StandIn) -> None:
    result = sync()
    assert deeds(result) == {"atlas": "created", "maps": "updated", "notes": "unchanged", "tool-x": "created"}
    assert (result.extensions[1].before, result.extensions[1].after) == ("0.9.0", "1.0.0")
    assert result.exit_code == 0
    posts = {seen.line: seen.data for seen in catalogued.seen if seen.method == "POST"}
    assert posts == {SYNC_APPS: {"names": ["atlas", "maps"]}, SYNC_TOOLS: {"names": ["tool-x"]}}
    assert set(deeds(sync()).values()) == {"unchanged"}
    assert catalogued.lines().count(SYNC_APPS) == 1


def test_a_sync_of_names_finds_tools_among_tools_and_refuses_strangers(catalogued: StandIn) -> None:
    result = sync("tool-x", "stranger")
    assert deeds(result) == {"tool-x": "created", "stranger": "refused"}
    assert result.extensions[1].reason == "the catalog that the platform reads does not have it"
    assert result.exit_code == 5
    assert SYNC_APPS not in catalogued.lines()


def test_a_dry_run_has_nothing_imported(catalogued: StandIn) -> None:
    result = sync("atlas", "maps", "stranger", dry_run=True)
    assert deeds(result) == {"atlas": "created", "maps": "updated", "stranger": "refused"}
    assert result.exit_code == 5
    assert {seen.method for seen in catalogued.seen} == {"GET"}


def test_what_the_platform_says_counts_less_than_what_it_shows(catalogued: StandIn) -> None:
    catalogued.script(SYNC_APPS, reply(200, {"imported": 2, "errors": []}))
    result = sync("atlas", "maps")
    assert deeds(result) == {"atlas": "refused", "maps": "refused"}
    assert result.extensions[0].reason == "the platform did not import it, though it was asked to"


def test_a_failure_of_one_half_does_not_hide_the_other(catalogued: StandIn) -> None:
    catalogued.script(SYNC_TOOLS, reply(422, {"detail": "no tools today"}))
    result = sync()
    assert deeds(result)["atlas"] == "created"
    assert deeds(result)["tool-x"] == "refused"
    assert "no tools today" in result.extensions[-1].reason
    assert result.exit_code == 1


def test_an_import_whose_answer_was_lost_counts_if_it_shows(catalogued: StandIn) -> None:
    def imported_but_lost(_: Seen) -> Reply:
        catalogued.store(**catalogued.apps[0])
        return reply(504, {})

    catalogued.script(SYNC_APPS, imported_but_lost)
    assert deeds(sync("atlas")) == {"atlas": "created"}


@pytest.mark.parametrize("part", ["apps/remote/apps?force_refresh=true", "tool/remote/tools"])
def test_a_catalog_of_another_form_is_told_before_anything_is_imported(
    catalogued: StandIn, part: str
) -> None:
    catalogued.script(f"GET /api/{part}", reply(200, [{"version": "1.0.0"}]))
    with pytest.raises(MissingError, match=r"at 0\.name: field required"):
        sync()
    assert {seen.method for seen in catalogued.seen} == {"GET"}


def test_if_nobody_can_look_afterwards_that_is_said(catalogued: StandIn) -> None:
    catalogued.script(LIST, lambda _: None, Reply(200, b"<html>", "text/html"))
    with pytest.raises(MissingError, match="was asked to import, but what came of it is not known"):
        sync("atlas")
