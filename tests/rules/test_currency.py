"""The App Garden file is there, is current, or is knowingly kept by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

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


def test_an_app_garden_file_alone_is_the_truth_whatever_its_header() -> None:
    data = source_of(by_hand()).deployment
    assert data is not None
    made = with_deployment(extension(development=None), data.data, to_yaml(data.data))
    assert [finding.code.id for finding in findings(made)] == ["KZ303"]
    assert "write docker-compose.yml" in the("KZ303", made).hint


def test_a_file_that_could_not_be_read_is_not_called_missing() -> None:
    made = with_deployment(extension(), None)
    unread = replace(made, files={**made.files, PurePosixPath(DEPLOYMENT_NAME): 9})
    assert findings(unread) == ()


def test_a_version_that_is_none_makes_no_file_stale() -> None:
    data = {"services": {"web": {"image": "kamiwazaai/notes-web:v1.0.0"}}}
    made = with_deployment(extension(manifest={"version": "one"}), data, to_yaml(data))
    assert found(made) == ["KZ103"]
