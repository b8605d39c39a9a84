from datetime import UTC, datetime

import pytest

from src.entries import MAX_LINES_OF_ENTRY, entries


def parse(*lines):
    return list(entries(lines, modified=datetime(2025, 10, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("line", "time", "level"),
    [
        ("2025-09-18T10:00:00Z ERROR x", "2025-09-18T10:00:00+00:00", "ERROR"),
        ("2025-09-18 10:00:00,250 WARN x", "2025-09-18T10:00:00.250000+00:00", "WARNING"),
        ("2025-09-18T10:00:00+02:00 [fatal] x", "2025-09-18T10:00:00+02:00", "CRITICAL"),
        ("2025/09/18 10:00:00 [error] 7#7: x", "2025-09-18T10:00:00+00:00", "ERROR"),
        ("Sep  8 10:00:00 host sshd: x", "2025-09-08T10:00:00+00:00", None),
        ("Dec 31 10:00:00 host sshd: x", "2024-12-31T10:00:00+00:00", None),
        ('1.2.3.4 - - [18/Sep/2025:10:00:00 +0000] "GET /" 503 12', "2025-09-18T10:00:00+00:00", "ERROR"),
        ('{"ts": 1758189600, "severity": "info", "msg": "x"}', "2025-09-18T10:00:00+00:00", "INFO"),
        ("2025-13-45T99:00:00Z nonsense", None, None),
        ("no error was found", None, None),
    ],
)
def test_time_and_level_of_common_formats_are_understood(line, time, level):
    (entry,) = parse(line)
    assert (entry.time.isoformat() if entry.time else None, entry.level) == (time, level)


def test_a_traceback_belongs_to_the_entry_above_it():
    first, second = parse("2025-09-18T10:00:00Z ERROR x", "Traceback", "  File y", "2025-09-18T10:00:01Z INFO z")
    assert first.text.endswith("  File y")
    assert second.line == 4


def test_lines_without_time_or_level_stand_alone():
    assert [entry.text for entry in parse("one", "two")] == ["one", "two"]


def test_an_endless_entry_is_cut_into_pieces_that_keep_time_and_level():
    found = parse("2025-09-18T10:00:00Z ERROR x", *["  more"] * MAX_LINES_OF_ENTRY)
    assert len(found) == 2
    assert (found[1].time, found[1].level) == (found[0].time, "ERROR")


def test_broken_json_is_searched_as_text():
    (entry,) = parse('{"level": "error"')
    assert entry.text == '{"level": "error"'
