"""package-setup.sh tells what a registry holds and writes the settings that let Kamiwaza read it."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle_scripts.server_process import SCRIPTS, SETUP

if TYPE_CHECKING:
    from collections.abc import Iterator

BASH = shutil.which("bash") or "/bin/bash"
NOBODY = 65534
STAGE = "export KAMIWAZA_EXTENSION_STAGE=LOCAL\n"


def entry(kind: str) -> dict[str, Any]:
    return {"name": kind, "template_type": kind, "tags": ["[", "{"], "env_defaults": {"A": '"}'}}


APPS = [entry("app"), entry("service"), entry("app")]


def make_registry(root: Path, version: str = "default", apps: object = APPS, indent: int | None = 2) -> Path:
    garden = root / "garden" / version
    garden.mkdir(parents=True)
    (garden / "apps.json").write_text(json.dumps(apps, indent=indent))
    (garden / "tools.json").write_text(json.dumps([entry("tool")], indent=indent))
    copy_scripts(root)
    return root


def copy_scripts(root: Path) -> None:
    for script in SCRIPTS:
        shutil.copy(script, root)


def setup(root: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [BASH, root / SETUP.name, *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options
    )


def settings_of(root: Path) -> str:
    return (root / "kamiwaza-registry.env").read_text()


def sourced_url(root: Path) -> str:
    """Return the address as a shell understands the settings file."""
    script = '. "$1" && printf "%s %s" "$KAMIWAZA_EXTENSION_STAGE" "$KAMIWAZA_EXTENSION_LOCAL_STAGE_URL"'
    command: list[str | Path] = [BASH, "-c", script, "bash", root / "kamiwaza-registry.env"]
    sourced = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    stage, url = sourced.split(" ", 1)
    assert stage == "LOCAL"
    return url


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_registry(tmp_path / "kamiwaza-extension-registry")


def test_the_settings_are_two_lines_with_the_folder(root: Path) -> None:
    done = setup(root)
    assert (done.returncode, done.stderr) == (0, "")
    assert settings_of(root) == f'{STAGE}export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="file://{root}"\n'
    assert f'export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="file://{root}"\n' in done.stdout
    assert f"bash {root}/{SETUP.name} env --https HOST\n" in done.stdout


def test_apps_services_and_tools_are_counted(root: Path) -> None:
    assert "garden/default: 2 apps, 1 services, 1 tools\n" in setup(root).stdout


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_registry_of_any_version_will_do(tmp_path: Path, version: str) -> None:
    done = setup(make_registry(tmp_path / "registry", version))
    assert done.returncode == 0
    assert f"garden/{version}: 2 apps" in done.stdout


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('[]{}",:\\template_type service\n')),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "{", "template"]), inner)
    ),
    max_leaves=6,
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"template_type": st.sampled_from(["app", "service"]), "x": JSON}), max_size=4
)


@settings(max_examples=25, deadline=None)
@given(apps=ENTRIES, indent=st.sampled_from([None, 2]))
def test_entries_are_counted_right_whatever_they_hold(apps: list[dict[str, Any]], indent: int | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = setup(make_registry(Path(folder) / "registry", apps=apps, indent=indent))
    services = sum(app["template_type"] == "service" for app in apps)
    assert f"default: {len(apps) - services} apps, {services} services, 1 tools\n" in done.stdout


def test_a_template_type_inside_a_nested_value_is_not_counted(tmp_path: Path) -> None:
    apps = [{"name": "a", "template_type": "app", "x-note": {"template_type": "service"}}]
    assert "1 apps, 0 services" in setup(make_registry(tmp_path / "registry", apps=apps)).stdout


@pytest.mark.parametrize(
    "name",
    [
        "with a space",
        "quote\"s and 'more'",
        "$HOME `id` $(id)",
        "back\\slash",
        "percent%20",
        "question? #hash & semi;colon",
        "\N{LATIN SMALL LETTER U WITH DIAERESIS}ml\N{SNOWMAN}ut",
        "-leading",
        "[a-z]*",
    ],
)
def test_any_path_becomes_an_address_that_leads_back_to_it(tmp_path: Path, name: str) -> None:
    root = make_registry(tmp_path / name)
    assert setup(root).returncode == 0
    url = sourced_url(root)
    assert re.fullmatch(r"file:///[A-Za-z0-9/._~%-]+", url)
    assert unquote_to_bytes(url.removeprefix("file://")) == bytes(root)


def test_an_escaped_address_is_pointed_out(tmp_path: Path) -> None:
    assert "escaped (%XX)" in setup(make_registry(tmp_path / "a b")).stdout
    assert "escaped (%XX)" not in setup(make_registry(tmp_path / "plain")).stdout


def test_a_path_with_a_line_break_is_refused(tmp_path: Path) -> None:
    root = make_registry(tmp_path / "two\nlines")
    done = setup(root)
    assert (done.returncode, "control character" in done.stderr) == (3, True)
    assert not (root / "kamiwaza-registry.env").exists()


def test_the_script_finds_its_registry_from_any_folder(root: Path) -> None:
    relative = Path(os.path.relpath(root / SETUP.name, "/"))
    subprocess.run([BASH, relative], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert sourced_url(root) == f"file://{root}"


def test_a_second_run_changes_nothing_and_says_so(root: Path) -> None:
    setup(root)
    before = (root / "kamiwaza-registry.env").stat()
    done = setup(root)
    assert (done.returncode, "nothing was changed" in done.stdout) == (0, True)
    after = (root / "kamiwaza-registry.env").stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_a_moved_registry_gets_its_new_address(root: Path) -> None:
    setup(root)
    moved = root.rename(root.with_name("moved"))
    assert setup(moved).returncode == 0
    assert sourced_url(moved) == f"file://{moved}"


def test_only_the_settings_file_is_added_and_everyone_may_read_it(root: Path) -> None:
    before = set(root.rglob("*"))
    setup(root, umask=0o077)
    assert set(root.rglob("*")) - before == {root / "kamiwaza-registry.env"}
    assert (root / "kamiwaza-registry.env").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("argument", "url", "server"),
    [
        ("registry.example", "https://registry.example:58888", "--port 58888 --san registry.example"),
        ("registry.example:9000", "https://registry.example:9000", "--port 9000 --san registry.example"),
        ("192.0.2.7:0443", "https://192.0.2.7:443", "--port 443 --san 192.0.2.7"),
        ("[2001:db8::7]:9000", "https://[2001:db8::7]:9000", "--port 9000 --san [2001:db8::7]"),
    ],
)
def test_the_address_of_a_server_can_be_written_instead(
    root: Path, argument: str, url: str, server: str
) -> None:
    done = setup(root, "--https", argument)
    assert done.returncode == 0
    assert sourced_url(root) == url
    assert f"bash {root}/{SETUP.name} serve {server}\n" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--https"],
        ["--https="],
        ["--https", "two words"],
        ["--https", 'a"; rm -rf x'],
        ["--https", "https://registry.example"],
        ["--https", "registry.example:65536"],
        ["--https", "registry.example:0"],
        ["--https", "2001:db8::7"],
        ["--unknown"],
        ["default"],
    ],
)
def test_wrong_usage_is_refused_before_anything_is_written(root: Path, arguments: list[str]) -> None:
    done = setup(root, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("package-setup: ")
    assert not (root / "kamiwaza-registry.env").exists()


def test_help_tells_every_option_and_exit_code(root: Path) -> None:
    done = setup(root, "--help")
    assert done.returncode == 0
    assert all(
        word in done.stdout for word in ("--yes", "--https", "--help", "Exit codes: 0", "2 ", "3 ", "5 ")
    )


def test_a_folder_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    copy_scripts(tmp_path)
    done = setup(tmp_path)
    assert (done.returncode, f"{tmp_path} is no registry" in done.stderr) == (3, True)


def test_a_missing_catalog_is_named(root: Path) -> None:
    (root / "garden/default/tools.json").unlink()
    done = setup(root)
    assert (done.returncode, f"{root}/garden/default/tools.json is missing" in done.stderr) == (3, True)


@pytest.mark.parametrize("content", ["", "[{", '[{"name": "a"}', "{}", "<html>"])
def test_a_damaged_catalog_is_named(root: Path, content: str) -> None:
    (root / "garden/default/apps.json").write_text(content)
    done = setup(root)
    assert (done.returncode, f"{root}/garden/default/apps.json is damaged" in done.stderr) == (3, True)
    assert not (root / "kamiwaza-registry.env").exists()


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    """A registry of this user in a folder that another user can reach; pytest's own folders are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield make_registry(Path(folder) / "registry")


def test_a_read_only_folder_is_named_and_the_lines_are_shown(readable_by_all: Path) -> None:
    readable_by_all.chmod(0o555)
    other_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = setup(readable_by_all, **other_user)
    readable_by_all.chmod(0o755)
    assert done.returncode == 3
    assert f"cannot write {readable_by_all}/kamiwaza-registry.env" in done.stderr
    assert f'export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="file://{readable_by_all}"' in done.stderr
    assert not (readable_by_all / "kamiwaza-registry.env").exists()


def test_a_folder_in_the_place_of_the_settings_is_no_success(root: Path) -> None:
    (root / "kamiwaza-registry.env").mkdir()
    assert setup(root).returncode == 3
    assert sorted(path.name for path in root.iterdir()) == [
        *(script.name for script in SCRIPTS if script != SETUP),
        "garden",
        "kamiwaza-registry.env",
        SETUP.name,
    ]


def on_a_terminal(root: Path, typed: bytes, *arguments: str) -> tuple[int, str]:
    """Run the script on a terminal where somebody types; returns the exit code and what is shown."""
    shown = b""
    ours, theirs = pty.openpty()
    command: list[str | Path] = [BASH, root / SETUP.name, "env", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, typed)
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # Linux reports the end of a terminal as an error
            pass
    os.close(ours)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(
    ("typed", "arguments", "code"), [(b"n\n", [], 5), (b"\n", [], 5), (b"y\n", [], 0), (b"", ["--yes"], 0)]
)
def test_settings_that_say_something_else_are_replaced_only_after_a_yes(
    root: Path, typed: bytes, arguments: list[str], code: int
) -> None:
    (root / "kamiwaza-registry.env").write_text("# ours\n")
    returned, shown = on_a_terminal(root, typed, *arguments)
    assert returned == code
    assert ("Replace it?" in shown) == (not arguments)
    assert (settings_of(root) == "# ours\n") == (code == 5)


def test_without_a_terminal_nobody_is_asked(root: Path) -> None:
    (root / "kamiwaza-registry.env").write_text("# ours\n")
    assert setup(root).returncode == 0
    assert sourced_url(root) == f"file://{root}"


def test_the_script_needs_only_coreutils_grep_and_sed(root: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cat", "chmod", "dirname", "grep", "mktemp", "mv", "od", "readlink", "rm", "sed", "stat"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = setup(root, env={"PATH": str(tools)})
    assert (done.returncode, done.stderr) == (0, "")
    assert sourced_url(root) == f"file://{root}"


def test_the_environment_template_is_a_shell_file_with_both_settings() -> None:
    template = SETUP.with_name("kamiwaza-registry.env.template")
    done = subprocess.run([BASH, "-eu", template], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert STAGE in template.read_text()


@pytest.mark.skipif(
    not shutil.which("shellcheck"), reason="shellcheck is not installed: the script is not linted"
)
def test_the_script_is_clean_for_shellcheck() -> None:
    done = subprocess.run(
        ["shellcheck", "--external-sources", SETUP], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
