"""What `catalog kamiwaza` prints: one line an extension, warnings nobody can miss, and never a secret."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
import pytest

from catalog.cli.app import run
from tests.support.kamiwaza_stand_in import PASSWORD, TOKEN, USERNAME, Reply, StandIn, reply, running
from tests.support.trees import MANIFEST, app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIST, POST = "GET /api/apps/app_templates", "POST /api/apps/app_templates"
VARIABLES = ("API_URL", "API_URI", "BASE_URL", "BASE_URI", "API_KEY", "API_TOKEN", "USERNAME", "PASSWORD")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in (*VARIABLES, "VERIFY_SSL"):
        monkeypatch.delenv(f"KAMIWAZA_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    tree(tmp_path / "ws", {**app("maps"), **app("notes")})
    monkeypatch.chdir(tmp_path / "ws")
    run(["sync-compose"])
    capsys.readouterr()
    return tmp_path / "ws"


@pytest.fixture(scope="module")
def served() -> Iterator[StandIn]:
    with running(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def platform(served: StandIn, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    assert workspace.is_dir()
    monkeypatch.setenv("KAMIWAZA_USERNAME", USERNAME)
    monkeypatch.setenv("KAMIWAZA_PASSWORD", PASSWORD)
    monkeypatch.setenv("KAMIWAZA_API_URL", served.url)
    return served.reset()


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Standard output, then standard error, of a command; no login is ever in either."""
    assert run(["kamiwaza", *arguments]) == code
    out, err = capsys.readouterr()
    for secret in (PASSWORD, TOKEN, "secret", "Bearer", "Traceback"):
        assert secret not in out + err
    return out + err


def test_push_says_one_line_for_each_extension(
    platform: StandIn, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "push", "--all").splitlines() == [
        f"platform: {platform.url}/api",
        "created   app maps 1.0.0",
        "created   app notes 1.0.0",
        "2 created.",
    ]
    tree(workspace, app("notes", manifest={"version": "1.0.1", "verified": True}))
    run(["sync-compose"])
    capsys.readouterr()
    platform.named("maps")["version"] = "2.0.0"
    lines = said(capsys, "push", "notes", "maps", code=5).splitlines()
    assert lines[1].startswith(
        "refused   app maps 2.0.0 -> 1.0.0: version; the platform has 2.0.0, which is newer"
    )
    assert lines[2:] == [
        "updated   app notes 1.0.0 -> 1.0.1: version, verified, compose_yml",
        "1 updated, 1 refused.",
    ]
    assert said(capsys, "push", "notes").splitlines()[1:] == ["unchanged app notes 1.0.1", "1 unchanged."]


def test_a_dry_run_shows_the_difference_field_by_field(
    platform: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.store(
        **{**MANIFEST, "version": "0.9.0", "compose_yml": "services:\n  web: {}\n"},
        template_type="app",
        preferred_model_type=None,
        env_defaults={"PASSWORD": "of-the-site-secret", "A": "1"},
    )
    out = said(capsys, "push", "notes", "--dry-run")
    assert '    version:\n      -"0.9.0"\n      +"1.0.0"\n' in out
    assert '    preferred_model_type:\n      -null\n      +"any"\n' in out
    assert "      -  web: {}\n" in out
    assert out.endswith("Would be: 1 updated. Nothing was sent.\n")
    assert platform.named("notes")["version"] == "0.9.0"


def test_a_difference_in_what_is_hidden_is_said_as_such(
    platform: StandIn, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, app("notes", manifest={"env_defaults": {"PASSWORD": "new-secret"}}))
    said(capsys, "push", "notes")
    platform.named("notes")["env_defaults"] = {"PASSWORD": "of-the-site-secret"}
    assert "    env_defaults: differs in what is hidden\n" in said(capsys, "push", "notes", "--dry-run")


def test_push_as_json_has_all_that_is_said(platform: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(said(capsys, "push", "notes", "--json"))
    assert data["platform"] == f"{platform.url}/api"
    (one,) = data["extensions"]
    assert (one["name"], one["deed"], one["version"]) == ("notes", "created", "1.0.0")
    assert one["template_id"] == platform.named("notes")["id"]


def test_list_prints_a_table_or_json(platform: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert "has no such templates. Push one with: catalog kamiwaza push NAME" in said(capsys, "list")
    there = platform.store(**MANIFEST, compose_yml="", template_type="app")
    table = said(capsys, "list").splitlines()
    assert table[0].split() == ["NAME", "KIND", "VERSION", "VISIBILITY", "ID"]
    assert table[1].split() == ["notes", "app", "1.0.0", "private", there["id"]]
    for form in (["--format", "json"], ["--json"]):
        (one,) = json.loads(said(capsys, "list", *form))["templates"]
        assert (one["name"], one["id"], one["kind"]) == ("notes", there["id"], "app")


def test_list_and_sync_need_no_workspace(
    platform: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.apps = [{"name": "atlas", "version": "1.0.0"}]
    monkeypatch.chdir(tmp_path)
    said(capsys, "list")
    assert said(capsys, "sync", "--dry-run").splitlines()[1:] == [
        "created   atlas 1.0.0",
        "Would be: 1 created. Nothing was sent.",
    ]
    assert said(capsys, "sync", "atlas", "other", code=5).splitlines()[1:] == [
        "created   atlas 1.0.0",
        "refused   other no version: the catalog that the platform reads does not have it",
        "1 created, 1 refused.",
    ]
    assert said(capsys, "sync", "atlas").splitlines()[1:] == ["unchanged atlas 1.0.0", "1 unchanged."]
    said(capsys, "sync", "--workspace", str(tmp_path / "ws"), "atlas")
    said(capsys, "sync", "--workspace", str(tmp_path / "none"), "atlas", code=2)
    platform.apps = []
    assert said(capsys, "sync").splitlines()[1:] == ["Nothing to do."]
    assert json.loads(said(capsys, "sync", "--json"))["extensions"] == []


def test_a_platform_over_tls_is_reached_with_its_authority(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.is_dir()
    monkeypatch.setenv("KAMIWAZA_API_TOKEN", TOKEN)
    with running(StandIn(), tmp_path) as platform:
        options = ["push", "notes", "--url", platform.url]
        assert "1 created." in said(capsys, *options, "--ca", str(platform.ca))
        refused = said(capsys, *options, code=3)
        assert "is not to be trusted: unable to get local issuer certificate" in refused
        assert "--ca FILE" in refused
        loud = said(capsys, *options, "--insecure")
        assert "warning: CERTIFICATES ARE NOT CHECKED (--insecure)" in loud
        assert "warning: CERTIFICATES" in said(capsys, *options, "--insecure", "--quiet")


def test_the_warning_does_not_spoil_json(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.is_dir()
    monkeypatch.setenv("KAMIWAZA_API_TOKEN", TOKEN)
    monkeypatch.setenv("KAMIWAZA_VERIFY_SSL", "false")
    with running(StandIn(), tmp_path) as platform:
        assert run(["kamiwaza", "list", "--json", "--url", platform.url]) == 0
        out, err = capsys.readouterr()
    assert json.loads(out)["templates"] == []
    assert "CERTIFICATES ARE NOT CHECKED (KAMIWAZA_VERIFY_SSL=false)" in err


@pytest.mark.parametrize(
    "case",
    [
        (Reply(200, b"<html>Sign in</html>", "text/html"), "is answered with a web page", 3),
        (Reply(200, b'[{"id": ', "application/json"), "was cut off", 3),
        (reply(401, {"detail": f"bad {PASSWORD}"}), "does not take this login", 3),
        (reply(403, {"detail": f"no, {PASSWORD}"}), "This user may not do that", 3),
        (reply(404, {"detail": "Not Found"}), "There is no Kamiwaza API at", 3),
        (reply(409, {"detail": "locked"}), "contradicts what the platform has", 5),
        (reply(422, {"detail": "what?"}), "refuses it", 1),
        (reply(501, {"detail": "boom"}), "The platform failed", 3),
        (reply(302, {}, ("Location", "https://evil.test/?t=secret")), "a redirect to https://evil.test;", 3),
        (reply(200, {"apps": 1}), "is not of the form that the API documents", 3),
    ],
    ids=["page", "truncated", "401", "403", "404", "409", "422", "501", "redirect", "schema"],
)
def test_every_bad_answer_is_one_error_with_a_way_on(
    platform: StandIn, capsys: pytest.CaptureFixture[str], case: tuple[Reply, str, int]
) -> None:
    made, words, code = case
    for command in (["push", "notes"], ["list"], ["sync"]):
        platform.reset().script(LIST, *[made] * 2)
        out = said(capsys, *command, code=code)
        assert "error: " in out
        assert words in out
        assert f"{platform.url}/api" in out
    assert {seen.method for seen in platform.seen if "auth" not in seen.path} == {"GET"}


def test_without_anybody_to_ask_the_ways_to_log_in_are_named(
    platform: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KAMIWAZA_PASSWORD")
    out = said(capsys, "list", code=3)
    assert f"{platform.url}/api wants a login" in out
    assert "KAMIWAZA_USERNAME and KAMIWAZA_PASSWORD" in out


def test_a_person_at_a_terminal_is_asked(
    platform: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KAMIWAZA_PASSWORD")
    asked: list[tuple[str, object, object]] = []

    def answer(text: str, **options: object) -> str:
        asked.append((text, options.get("default"), options.get("hide_input")))
        return PASSWORD if options.get("hide_input") else USERNAME

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(click, "prompt", answer)
    assert "has no such templates" in said(capsys, "list")
    assert asked == [(f"User at {platform.url}/api", USERNAME, None), ("Password", "", True)]
    monkeypatch.setattr(click, "prompt", lambda *_, **__: "")
    said(capsys, "list", code=3)


def test_a_password_cannot_be_given_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("push", "list", "sync"):
        assert run(["kamiwaza", command, "--help"]) == 0
        options = {word for word in capsys.readouterr().out.split() if word.startswith("--")}
        assert not {"--password", "--token", "--username", "--api-key"} & options
    assert run(["kamiwaza", "list", "--url", f"https://ada:{PASSWORD}@acme.test"]) == 2
    assert PASSWORD not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "arguments",
    [
        ["push"],
        ["push", "notes", "--all"],
        ["push", "notes", "--template-id", "7"],
        ["push", "--all", "--template-id", "0b9d3c1e-5b52-4f0e-9f0c-2d7c8d4a6e11"],
        ["push", "nots"],
        ["push", "notes", "--url", "ftp://x"],
        ["push", "notes", "--ca", "none.pem"],
        ["list", "--format", "xml"],
    ],
)
def test_wrong_usage_ends_with_2_and_sends_nothing(
    platform: StandIn, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    said(capsys, *arguments, code=2)
    assert platform.seen == []


def test_a_command_without_the_library_says_how_to_get_it(
    platform: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert "pip install httpx" in said(capsys, "list", code=3)
    assert platform.seen == []


def test_a_refusal_of_one_extension_names_it_and_why(
    platform: StandIn, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, app("broken", manifest={"risk_tier": 7}))
    assert "platform: " not in said(capsys, "push", "broken", code=1)
    platform.script(POST, reply(422, {"detail": [{"loc": ["body", "name"], "msg": f"odd {PASSWORD}"}]}))
    out = said(capsys, "push", "--all", code=1)
    assert "apps/broken/kamiwaza.json:5:3: error KZ102" in out
    assert "refused   app broken no version: it has errors; see them with: catalog validate broken" in out
    where = f"POST {platform.url}/api/apps/app_templates"
    assert f"refused   app maps 1.0.0: The platform refuses it: {where} (422): name: odd …." in out
    assert "created   app notes 1.0.0\n1 created, 2 refused.\n" in out
