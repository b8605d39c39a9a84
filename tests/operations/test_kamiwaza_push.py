"""What is pushed is what the registry has; each extension is reported as what the platform shows of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kamiwaza_sdk.client import KamiwazaClient
from PIL import Image

from catalog.errors import MissingError, UsageError
from catalog.model.names import Kind
from catalog.model.yaml_text import read_yaml
from catalog.operations.build import BuildRequest, build
from catalog.operations.kamiwaza_platform import Nobody, PlatformRequest, open_platform
from catalog.operations.kamiwaza_push import Pushed, PushRequest, PushResult, kamiwaza_push
from catalog.operations.kamiwaza_send import Sending
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry
from catalog.remote.payload import payload
from catalog.workspace.workspace import open_workspace
from tests.support.kamiwaza_stand_in import TOKEN, Reply, Seen, StandIn, id_of, reply, running
from tests.support.trees import MANIFEST, app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.remote.kamiwaza_api import KamiwazaApi

TEMPLATES = "/api/apps/app_templates"
TOOL = {"image": "kamiwazaai/tool-x:v1.0.0", "source_type": "kamiwaza", "compose_yml": "services: {}"}


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with running(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def platform(served: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    for name in ("KAMIWAZA_API_URI", "KAMIWAZA_BASE_URL", "KAMIWAZA_BASE_URI", "KAMIWAZA_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAMIWAZA_API_TOKEN", TOKEN)
    monkeypatch.setenv("KAMIWAZA_API_URL", served.url)
    return served.reset()


def workspace(root: Path, *more: dict[str, Any]) -> Path:
    for files in more or (app("notes"),):
        tree(root, files)
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def tool(name: str = "tool-x", **manifest: Any) -> dict[str, Any]:
    data = {**MANIFEST, "name": name, "image": f"kamiwazaai/{name}", **manifest}
    return {f"tools/{name}/kamiwaza.json": data, f"tools/{name}/README.md": "# X\n"}


def push(root: Path, *names: str, **options: Any) -> PushResult:
    request = PushRequest(names=names, everything=not names, **options)
    return kamiwaza_push(open_workspace(root, root), request)


def only(result: PushResult) -> Pushed:
    (one,) = result.extensions
    return one


def deeds(result: PushResult) -> dict[str, str]:
    return {one.name: one.deed.value for one in result.extensions}


def test_what_arrives_is_the_entry_of_the_registry(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes", manifest={"preferred_model_type": None, "x_unknown": {"a": [1]}}))
    assert deeds(push(tmp_path, "notes")) == {"notes": "created"}
    build(open_workspace(tmp_path, tmp_path), BuildRequest(parts=frozenset({"registry"})))
    registry = tmp_path / "build/kamiwaza-extension-registry/garden/default/apps.json"
    assert platform.seen[-1].data == json.loads(registry.read_text())[0]
    assert platform.named("notes")["preferred_model_type"] is None
    assert "preferred_model_type" in platform.seen[-1].data


def test_the_platforms_own_client_reads_back_what_was_pushed(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes"), tool())
    push(tmp_path)
    with KamiwazaClient(f"{platform.url}/api", TOKEN) as client, pytest.warns(match="deprecated"):
        templates = {one.name: one for one in client.apps.list_templates()}
    compose = (tmp_path / "apps/notes/docker-compose.appgarden.yml").read_text()
    assert templates["notes"].compose_yml == compose
    assert templates["notes"].version == "1.0.0"
    assert templates["tool-x"].template_type == "tool"


def test_pushing_twice_changes_nothing_the_second_time(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes"), tool(), tool("mcp-y"))
    assert set(deeds(push(tmp_path)).values()) == {"created"}
    assert deeds(push(tmp_path)) == {"notes": "unchanged", "mcp-y": "unchanged", "tool-x": "unchanged"}
    assert len(platform.templates) == 3


def test_a_change_is_updated_in_place_and_its_fields_are_named(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path)
    push(tmp_path)
    tree(tmp_path, app("notes", manifest={"version": "1.1.0", "description": "Keeps more notes."}))
    sync_compose(open_workspace(tmp_path, tmp_path), SyncRequest())
    one = only(push(tmp_path))
    assert (one.deed, one.before, one.version) == ("updated", "1.0.0", "1.1.0")
    assert [change.field for change in one.changes] == ["version", "description", "compose_yml"]
    assert platform.named("notes")["description"] == "Keeps more notes."
    assert len(platform.templates) == 1


def test_a_change_at_the_same_version_says_that_nobody_is_offered_it(
    tmp_path: Path, platform: StandIn
) -> None:
    workspace(tmp_path)
    platform.store(**{**MANIFEST, "compose_yml": "services: {}", "template_type": "app"})
    one = only(push(tmp_path))
    assert one.deed == "updated"
    assert "the version is the same" in one.reason


def test_a_tool_is_updated_as_a_tool_whatever_its_prefix(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, tool("mcp-y"))
    there = platform.store(name="mcp-y", template_type="tool", version="0.9.0", **TOOL)
    assert only(push(tmp_path)).deed == "updated"
    assert platform.lines()[-1] == f"PUT /api/tool/tool_templates/{there['id']}"


def test_a_tool_that_is_an_image_alone_gets_a_compose_file(tmp_path: Path, platform: StandIn) -> None:
    push(workspace(tmp_path, tool()))
    compose = read_yaml(platform.named("tool-x")["compose_yml"])
    assert compose["services"]["tool"]["image"] == "kamiwazaai/tool-x:v1.0.0"
    assert compose["services"]["tool"]["ports"] == ["8000"]
    assert platform.named("tool-x")["image"] == "kamiwazaai/tool-x:v1.0.0"


def test_a_picture_goes_along_as_data(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes", manifest={"preview_image": "images/notes.png"}))
    (tmp_path / "apps/notes/images").mkdir()
    Image.new("RGB", (64, 40), "teal").save(tmp_path / "apps/notes/images/notes.png")
    push(tmp_path)
    sent = platform.seen[-1].data
    assert (
        base64.b64decode(sent["preview_image_data"])
        == (tmp_path / "apps/notes/images/notes.png").read_bytes()
    )
    assert "preview_image" not in sent
    again = only(push(tmp_path))
    assert again.deed == "unchanged"
    assert (
        again.reason
        == f"its picture cannot be compared; to send it anyway, give --template-id {again.template_id}"
    )


def test_from_v2_on_the_platforms_versions_go_along(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes", manifest={"kamiwaza_version": ">=1.0.0"}))
    push(tmp_path)
    assert platform.named("notes")["kamiwaza_version"] is None
    push(tmp_path, version=RepositoryVersion.V2)
    assert platform.named("notes")["kamiwaza_version"] == ">=1.0.0"


def test_a_dry_run_compares_field_by_field_and_sends_nothing(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("maps"), app("notes", manifest={"env_defaults": {"API_TOKEN": "new", "A": "1"}}))
    there = platform.store(
        **{**MANIFEST, "version": "0.1.0", "compose_yml": "x: 1"},
        template_type="app",
        env_defaults={"API_TOKEN": "of-the-site", "A": "2"},
    )
    result = push(tmp_path, dry_run=True)
    assert deeds(result) == {"maps": "created", "notes": "updated"}
    assert result.exit_code == 0
    changes = {change.field: (change.before, change.after) for change in result.extensions[1].changes}
    assert changes["version"] == ("0.1.0", "1.0.0")
    assert changes["visibility"] == ("private", "public")
    assert changes["env_defaults"] == (
        {"API_TOKEN": "(hidden)", "A": "2"},
        {"API_TOKEN": "(hidden)", "A": "1"},
    )
    assert "of-the-site" not in result.model_dump_json()
    assert {seen.method for seen in platform.seen} == {"GET"}
    assert platform.named("notes") == there


def test_an_older_version_is_refused_until_the_template_is_named(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path)
    there = platform.store(**{**MANIFEST, "version": "2.0.0", "compose_yml": ""}, template_type="app")
    result = push(tmp_path, "notes")
    assert (only(result).deed, result.exit_code) == ("refused", 5)
    assert only(result).reason == (
        f"the platform has 2.0.0, which is newer than 1.0.0; to go back, give --template-id {there['id']}"
    )
    assert only(push(tmp_path, "notes", template_id=id_of(there))).deed == "updated"
    assert platform.named("notes")["version"] == "1.0.0"


def test_a_named_template_is_replaced_also_if_it_has_another_name(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path)
    there = platform.store(**{**MANIFEST, "name": "old", "compose_yml": ""}, template_type="app")
    assert only(push(tmp_path, "notes", template_id=id_of(there))).deed == "updated"
    assert [one["name"] for one in platform.templates.values()] == ["notes"]


def test_a_named_template_that_is_not_there_or_of_another_kind_is_refused(
    tmp_path: Path, platform: StandIn
) -> None:
    workspace(tmp_path)
    there = platform.store(name="tool-x", template_type="tool", **TOOL)
    refused = push(tmp_path, "notes", template_id=id_of(there))
    assert only(refused).reason == f"the template {there['id']} is one of kind tool"
    absent = push(tmp_path, "notes", template_id=uuid4())
    assert only(absent).deed == "refused"
    assert "(404)" in only(absent).reason
    assert absent.exit_code == 1


def test_a_name_that_is_there_twice_or_as_another_kind_is_refused(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("notes"), app("maps"))
    for _ in range(2):
        platform.store(**{**MANIFEST, "compose_yml": ""}, template_type="app")
    platform.store(**{**MANIFEST, "name": "maps", "compose_yml": ""}, template_type="service")
    result = push(tmp_path)
    assert deeds(result) == {"maps": "refused", "notes": "refused"}
    assert "as service, not as app" in result.extensions[0].reason
    assert "2 templates of that name; say which with --template-id: " in result.extensions[1].reason
    assert result.exit_code == 5


@pytest.mark.usefixtures("platform")
def test_an_extension_with_errors_is_refused_and_the_others_are_pushed(tmp_path: Path) -> None:
    workspace(tmp_path, app("maps"), app("notes", manifest={"risk_tier": 7}))
    result = push(tmp_path)
    assert deeds(result) == {"maps": "created", "notes": "refused"}
    assert result.extensions[1].reason == "it has errors; see them with: catalog validate notes"
    assert result.exit_code == 1
    assert "KZ102" in {finding.code.id for finding in result.findings}


def test_with_errors_alone_the_platform_is_not_even_asked(tmp_path: Path, platform: StandIn) -> None:
    result = push(workspace(tmp_path, app("notes", manifest={"risk_tier": 7})))
    assert (result.platform, result.exit_code, platform.seen) == (None, 1, [])


def test_what_the_platform_refuses_is_told_and_the_others_go_on(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("atlas"), app("maps"), app("notes"))
    problem = {"loc": ["body", "compose_yml"], "msg": "Field required", "input": {"PASSWORD": "hunter2"}}
    platform.script(
        f"POST {TEMPLATES}", reply(422, {"detail": [problem]}), reply(409, {"detail": "name is taken"})
    )
    result = push(tmp_path)
    assert deeds(result) == {"atlas": "refused", "maps": "refused", "notes": "created"}
    assert "(422): compose_yml: Field required" in result.extensions[0].reason
    assert "hunter2" not in result.model_dump_json()
    assert "(409): name is taken" in result.extensions[1].reason
    assert [one.exit_status for one in result.extensions] == [1, 5, 0]
    assert result.exit_code == 5


def test_a_lost_answer_is_looked_up_before_anything_is_said(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("maps"), app("notes"))

    def stored_but_lost(seen: Seen) -> Reply:
        platform.store(**seen.data)
        return reply(502, {})

    platform.script(f"POST {TEMPLATES}", stored_but_lost, reply(500, {"detail": "boom"}))
    result = push(tmp_path)
    assert [one.deed for one in result.extensions] == ["created", "refused"]
    assert result.extensions[0].reason == "its answer could not be used, but the platform has it"
    assert str(result.extensions[0].template_id) == platform.named("maps")["id"]
    assert "The platform does not show that it was carried out." in result.extensions[1].reason
    assert platform.lines().count(f"POST {TEMPLATES}") == 2  # neither was sent again


def test_once_the_platform_is_gone_the_rest_is_not_tried_and_each_is_reported(
    tmp_path: Path, platform: StandIn
) -> None:
    workspace(tmp_path, app("atlas"), app("maps"), app("notes"))

    def gone(_: Seen) -> Reply:
        platform.script(f"GET {TEMPLATES}", Reply(200, b"<html>maintenance", "text/html"))
        return Reply(200, b'{"id": "', cut=3)

    platform.script(f"POST {TEMPLATES}", lambda _: None, gone)
    result = push(tmp_path)
    assert deeds(result) == {"atlas": "created", "maps": "refused", "notes": "refused"}
    assert "Whether it was carried out is not known." in result.extensions[1].reason
    assert result.extensions[2].reason.startswith("not tried: The connection broke off before POST ")
    assert result.exit_code == 3


def test_a_field_that_the_platform_does_not_take_over_is_told(tmp_path: Path, platform: StandIn) -> None:
    platform.forces = {"verified": False}
    workspace(tmp_path, app("notes", manifest={"verified": True}))
    assert only(push(tmp_path)).reason == "the platform keeps its own: verified"
    assert only(push(tmp_path)).deed == "updated"


def test_a_field_that_an_older_platform_does_not_know_is_no_difference(
    tmp_path: Path, platform: StandIn
) -> None:
    platform.forgets = ("category",)
    workspace(tmp_path, app("notes", manifest={"category": "maps"}))
    assert only(push(tmp_path)).reason == ""
    assert only(push(tmp_path)).deed == "unchanged"


def test_what_the_user_may_not_do_is_told_and_the_others_go_on(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path, app("maps"), app("notes"))
    platform.script(f"POST {TEMPLATES}", reply(403, {"detail": "apps alone"}))
    result = push(tmp_path)
    assert deeds(result) == {"maps": "refused", "notes": "created"}
    assert result.extensions[0].reason.startswith("This user may not do that: POST ")
    assert result.exit_code == 3


def test_an_answer_that_is_no_template_is_looked_up(tmp_path: Path, platform: StandIn) -> None:
    workspace(tmp_path)

    def other_form(seen: Seen) -> Reply:
        platform.store(**seen.data)
        return reply(201, {"message": "created"})

    platform.script(f"POST {TEMPLATES}", other_form)
    one = only(push(tmp_path))
    assert (one.deed, one.reason) == ("created", "its answer could not be used, but the platform has it")


def test_a_replacement_that_would_change_nothing_visible_is_not_believed_without_an_answer(
    tmp_path: Path, platform: StandIn
) -> None:
    workspace(tmp_path)
    there = only(push(tmp_path)).template_id
    platform.script(f"PUT {TEMPLATES}/{there}", Reply(200, b"<html>", "text/html"))
    one = only(push(tmp_path, "notes", template_id=there))
    assert one.deed == "refused"
    assert "The platform does not show that it was carried out." in one.reason


def test_a_picture_that_vanished_meanwhile_refuses_that_extension_alone(
    tmp_path: Path, platform: StandIn
) -> None:
    workspace(tmp_path, app("maps"), app("notes", manifest={"preview_image": "notes.png"}))
    picture = tmp_path / "apps/notes/notes.png"
    Image.new("RGB", (64, 40), "teal").save(picture)
    platform.script(f"GET {TEMPLATES}", lambda _: picture.unlink())
    result = push(tmp_path)
    assert deeds(result) == {"maps": "created", "notes": "refused"}
    assert result.extensions[1].reason == f"its picture {picture} cannot be read: No such file or directory"
    assert result.exit_code == 1


@pytest.mark.parametrize("version", [None, "1", "v9.9.9"])
def test_a_version_that_is_none_is_no_newer_one(
    tmp_path: Path, platform: StandIn, version: str | None
) -> None:
    workspace(tmp_path)
    platform.store(**{**MANIFEST, "version": version, "compose_yml": ""}, template_type="app")
    assert only(push(tmp_path)).deed == "updated"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Say what to push"),
        ({"names": ("notes",), "everything": True}, "Say what to push"),
        ({"everything": True, "template_id": uuid4()}, "--template-id is for one extension alone"),
        ({"names": ("notes", "maps"), "template_id": uuid4()}, "--template-id is for one extension alone"),
        ({"names": ("nots",)}, "nots"),
        ({"everything": True, "kind": Kind.TOOL}, "has no such extensions"),
    ],
)
def test_a_request_that_makes_no_sense_sends_nothing(
    tmp_path: Path, platform: StandIn, options: dict[str, Any], message: str
) -> None:
    workspace(tmp_path, app("notes"), app("maps"))
    with pytest.raises(UsageError, match=message):
        kamiwaza_push(open_workspace(tmp_path, tmp_path), PushRequest(**options))
    assert platform.seen == []


def test_without_a_login_nothing_is_sent(
    tmp_path: Path, platform: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAMIWAZA_API_TOKEN")
    with pytest.raises(MissingError, match=r"wants a login: GET .* \(401\): Not authenticated"):
        push(workspace(tmp_path))
    assert {seen.method for seen in platform.seen} == {"GET"}


TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
ENTRIES = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"(tool-|mcp-|service-)?[a-z][a-z0-9]{0,9}", fullmatch=True),
        "version": st.from_regex(r"[0-9]\.[0-9]\.[0-9](-rc\.[1-9])?", fullmatch=True).filter(
            lambda text: not text.startswith("0.0.0")
        ),
        "source_type": st.sampled_from(["kamiwaza", "user_repo", "public"]),
        "risk_tier": st.integers(0, 2),
        "visibility": st.sampled_from(["public", "private", "team"]),
        "description": TEXT,
        "verified": st.booleans(),
        "image": st.just("kamiwazaai/x:1"),
    },
    optional={
        "category": st.none() | TEXT,
        "tags": st.lists(TEXT, max_size=3),
        "preferred_model_type": st.sampled_from([None, "any", "fast"]),
        "env_defaults": st.dictionaries(TEXT, TEXT, max_size=3),
        "env_metadata": st.none() | st.dictionaries(TEXT, JSON, max_size=3),
        "required_env_vars": st.lists(TEXT, max_size=2),
        "capabilities": st.lists(TEXT, max_size=2),
        "strip_path_prefix": st.none() | st.booleans(),
        "compose_yml": TEXT,
        "docker_images": st.lists(TEXT, max_size=2),
        "x_own": JSON,
    },
)


@pytest.fixture
def api(platform: StandIn) -> Iterator[KamiwazaApi]:
    assert platform.url
    with open_platform(None, PlatformRequest(), Nobody()) as opened:
        yield opened


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ENTRIES, st.none() | st.binary(max_size=20))
def test_any_entry_that_was_pushed_is_unchanged_when_it_is_pushed_again(
    platform: StandIn, api: KamiwazaApi, data: dict[str, Any], picture: bytes | None
) -> None:
    platform.templates.clear()
    kind = Kind.TOOL if data["name"].startswith(("tool-", "mcp-")) else Kind.APP
    body = payload(Entry(data["name"], kind, {**data, "template_type": kind.value}), picture)
    first, second = (Sending(api, api.templates(), is_dry=False).push(body, kind, None) for _ in range(2))
    assert (first.plan.deed, second.plan.deed) == ("created", "unchanged")
    assert first.plan.reason == ""
