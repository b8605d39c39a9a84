import time
from datetime import UTC, datetime

import pytest

from src.search import Limits, Query, QueryError, search, summarise

HALF_PAST_TEN = datetime(2025, 9, 18, 10, 30, tzinfo=UTC)


def lines(answer):
    return sorted((match.file, match.line) for match in answer.matches)


def test_a_pattern_is_found_anywhere_in_an_entry(folder):
    assert lines(search(folder, Query("OperationalError.*timeout"), Limits())) == [("shop/api.log", 2)]


def test_case_is_ignored_unless_asked_for(folder):
    assert search(folder, Query("ORDER 4711"), Limits()).total == 1
    assert search(folder, Query("ORDER 4711", ignore_case=False), Limits()).total == 0


def test_the_start_of_a_time_range_belongs_to_it_and_the_end_does_not(folder):
    since = search(folder, Query(since=HALF_PAST_TEN, minimum_level="ERROR"), Limits())
    assert lines(since) == [("shop/api.log", 6), ("shop/worker.jsonl", 1)]
    until = search(folder, Query(until=HALF_PAST_TEN, minimum_level="ERROR"), Limits())
    assert lines(until) == [("shop/api.log", 2)]


def test_a_minimum_level_shows_worse_entries_too(folder):
    assert search(folder, Query(minimum_level="WARNING"), Limits()).total == 5


def test_only_the_asked_number_is_shown_and_all_are_counted(folder):
    answer = search(folder, Query(), Limits(), limit=1)
    assert (len(answer.matches), answer.total) == (1, 6)


def test_a_scan_stops_at_its_limit_and_says_so(folder):
    answer = search(folder, Query(), Limits(scan_bytes=80))
    assert not answer.complete
    assert "size limit" in answer.note


def test_an_unreadable_file_is_named_and_the_others_are_searched(folder, logs, monkeypatch):
    listed = folder.files()
    monkeypatch.setattr(folder, "files", lambda pattern: listed)
    (logs / "shop" / "worker.jsonl").unlink()
    answer = search(folder, Query(), Limits())
    assert answer.total == 5
    assert answer.note == "Not readable: shop/worker.jsonl."


def test_a_pattern_that_makes_backtracking_engines_hang_returns_at_once(folder, logs):
    (logs / "long.log").write_text("a" * 16000 + "!\n")
    started = time.monotonic()
    search(folder, Query("(a+)+$", files="long.log"), Limits())
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "x" * 1001])
def test_a_pattern_that_cannot_run_is_explained(folder, pattern):
    with pytest.raises(QueryError):
        search(folder, Query(pattern), Limits())


def test_errors_that_differ_in_numbers_form_one_group(folder):
    group = summarise(folder, Query(), Limits()).groups[0]
    assert (group.count, group.message) == (2, "ERROR shop.orders: order <n> could not be saved")
    assert group.first < group.last


def test_levels_and_hours_are_counted(folder):
    summary = summarise(folder, Query(), Limits())
    assert summary.entries_by_level == {"INFO": 1, "WARNING": 2, "ERROR": 2, "CRITICAL": 1}
    assert summary.errors_by_hour == {"2025-09-18T10:00Z": 2, "2025-09-18T11:00Z": 1}
