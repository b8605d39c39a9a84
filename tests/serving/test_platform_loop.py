"""Build, serve, read as Kamiwaza does, change, build again: what the platform's users come to see."""

from __future__ import annotations

import json
import signal
import ssl
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

import pytest

from catalog.cli.app import run
from tests.serving.conftest import picture
from tests.serving.served import Served, serving
from tests.support.platform_client import Noticed, PlatformClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGISTRY = "build/kamiwaza-extension-registry"
MANIFEST = "apps/notes/kamiwaza.json"


@pytest.fixture
def served(workspace: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(workspace, "--state", tmp_path / "state", "--host", "127.0.0.1") as it:
        yield it


@pytest.fixture(params=["file", pytest.param("https", marks=pytest.mark.slow)])
def platform(request: pytest.FixtureRequest, workspace: Path, tmp_path: Path) -> PlatformClient:
    """A platform that reads the registry by the address that the product itself prints."""
    if request.param == "file":
        return PlatformClient((workspace / REGISTRY).as_uri())
    it: Served = request.getfixturevalue("served")
    return PlatformClient(it.url, tmp_path / "state" / "ca.crt")


def rebuild(workspace: Path, **changes: object) -> None:
    """Change the manifest of the app and build, as its author does."""
    path = workspace / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert run(["--quiet", "sync-compose"]) == 0
    assert run(["--quiet", "build"]) == 0


def test_a_platform_is_offered_everything_that_was_built_with_its_picture(platform: PlatformClient) -> None:
    assert platform.visit() == [Noticed("apps", "notes", "1.0.0"), Noticed("tools", "tool-clock", "0.3.0")]
    assert platform.preview("notes") == picture()
    assert platform.preview("tool-clock", "tools") is None


def test_a_platform_is_offered_a_version_that_rose_and_nothing_else(
    platform: PlatformClient, workspace: Path
) -> None:
    platform.visit()
    assert platform.visit() == []
    rebuild(workspace, description="Keeps notes and more.")
    assert platform.visit() == []
    assert platform.templates["apps", "notes"]["description"] == "Keeps notes."

    assert run(["--quiet", "bump", "notes", "minor"]) == 0
    rebuild(workspace)
    assert platform.visit() == [Noticed("apps", "notes", "1.1.0", before="1.0.0")]
    assert platform.templates["apps", "notes"]["description"] == "Keeps notes and more."
    assert "notes-web:v1.1.0" in platform.templates["apps", "notes"]["compose_yml"]

    rebuild(workspace, version="1.0.9")
    assert platform.visit() == []


def test_a_new_extension_is_offered_without_any_rise(platform: PlatformClient, workspace: Path) -> None:
    platform.visit()
    assert run(["--quiet", "new", "service", "search"]) == 0
    rebuild(workspace)
    assert [(one.catalog, one.name) for one in platform.visit()] == [("apps", "service-search")]


def test_a_build_that_fails_takes_nothing_from_the_platform(
    platform: PlatformClient, workspace: Path
) -> None:
    before = platform.visit()
    (workspace / MANIFEST).write_text("{")
    assert run(["--quiet", "build"]) == 1
    assert PlatformClient(platform.root, platform.authority).visit() == before


@pytest.mark.slow
def test_both_ways_lead_to_the_same(workspace: Path, served: Served, tmp_path: Path) -> None:
    by_file = PlatformClient((workspace / REGISTRY).as_uri())
    by_https = PlatformClient(served.url, tmp_path / "state" / "ca.crt")
    assert by_file.visit() == by_https.visit()
    assert by_file.templates == by_https.templates


@pytest.mark.slow
def test_the_server_prints_the_address_that_the_platform_is_to_be_given(served: Served) -> None:
    assert f'export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{served.url}"\n' in served.said
    assert "export KAMIWAZA_EXTENSION_STAGE=LOCAL\n" in served.said


@pytest.mark.slow
def test_a_platform_that_does_not_trust_the_server_reads_nothing(served: Served) -> None:
    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED") as refusal:
        PlatformClient(served.url).visit()
    assert isinstance(refusal.value.reason, ssl.SSLCertVerificationError)


@pytest.mark.slow
def test_a_wrong_root_is_not_found(served: Served, tmp_path: Path) -> None:
    with pytest.raises(HTTPError, match="404"):
        PlatformClient(f"{served.url}/garden", tmp_path / "state" / "ca.crt").visit()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_in_order_when_it_is_asked_to(served: Served, number: signal.Signals) -> None:
    assert served.stop(number) == 0
