"""The App Garden file is there, is current, or is knowingly kept by hand."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from msgspec.structs import replace

from catalog.appgarden.emit import to_yaml
from catalog.model.compose import DEPLOYMENT_NAME
from tests.rules.builder import by_hand, extension, findings, found, source_of, the, with_deployment

REFUSED = {"services": {"web": {"build": ".", "ports": ["8000"], "network_mode": "host"}}}
FILE = f"apps/notes/{DEPLOYMENT_NAME}"


def test_a_missing_file_is_an_error_that_names_the_command() -> None:
    finding = the("KZ301", with_deployment(extension(), None))
    assert finding.is_error
    assert str(finding.file) == FILE
    assert finding.hint == "Run: catalog sync-compose notes"


def test_where_the_command_would_refuse_the_errors_come_first() -> None:
    made = extension(development=REFUSED)
    assert found(made) == ["KZ301", "KZ218"]
    assert the("KZ301", made).hint.startswith("Correct the errors of docker-compose.yml, then run")


def test_a_generated_file_with_other_content_is_stale() -> None:
    data = {"services": {"web": {"image": "redis"}}}
    made = with_deployment(extension(), data, to_yaml(data))
    assert found(made) == ["KZ302"]
    assert the("KZ302", made).hint == "Run: catalog sync-compose notes"


def test_nobody_calls_a_file_stale_that_cannot_be_made_anew() -> None:
    data = {"services": {"web": {"image": "redis"}}}
    assert found(with_deployment(extension(development=REFUSED), data, to_yaml(data))) == ["KZ218"]


def test_a_hand_written_file_is_a_warning_that_names_the_way_back() -> None:
    finding = the("KZ303", by_hand())
    assert not finding.is_error
    assert str(finding.file) == FILE
    assert finding.hint == "To have it generated, run: catalog sync-compose notes --force"


def test_an_app_garden_file_alone_is_the_truth_and_its_author_may_have_it_generated() -> None:
    made = replace(by_hand(), kamiwaza=replace(source_of(by_hand()), development=None))
    made = replace(made, files={PurePosixPath(DEPLOYMENT_NAME): 9, PurePosixPath("README.md"): 9})
    assert [finding.code.id for finding in findings(made)] == ["KZ303"]
    assert "write docker-compose.yml" in the("KZ303", made).hint


def test_a_generated_file_alone_keeps_the_rules_but_is_not_called_hand_written() -> None:
    data = {"services": {"web": {"image": "redis:7", "privileged": True}}}
    made = with_deployment(extension(development=None), data, to_yaml(data))
    codes = [finding.code.id for finding in findings(made)]
    assert "KZ303" not in codes
    assert "KZ220" in codes


@pytest.mark.parametrize("header", ["", to_yaml({}).partition("\n")[0] + "\n"])
def test_no_file_is_called_hand_written_whose_development_file_cannot_be_read(header: str) -> None:
    made = with_deployment(extension(development=None), {"services": {}}, f"{header}services: {{}}\n")
    unread = replace(made, files={**made.files, PurePosixPath("compose.yaml"): 9})
    assert "KZ303" not in [finding.code.id for finding in findings(unread)]


def test_nothing_is_said_of_a_generated_file_whose_development_file_cannot_be_read() -> None:
    data = {"services": {"web": {"image": "redis:7", "privileged": True}}}
    made = with_deployment(extension(development=None), data, to_yaml(data))
    assert findings(replace(made, files={**made.files, PurePosixPath("docker-compose.yml"): 9})) == ()


def test_a_file_that_could_not_be_read_is_not_called_missing() -> None:
    made = with_deployment(extension(), None)
    unread = replace(made, files={**made.files, PurePosixPath(DEPLOYMENT_NAME): 9})
    assert findings(unread) == ()


def test_a_version_that_is_none_makes_no_file_stale() -> None:
    data = {"services": {"web": {"image": "kamiwazaai/notes-web:v1.0.0"}}}
    made = with_deployment(extension(manifest={"version": "one"}), data, to_yaml(data))
    assert found(made) == ["KZ103"]
