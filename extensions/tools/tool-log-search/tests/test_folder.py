import os

import pytest


def names(folder, pattern="*"):
    return sorted(file.name for file in folder.files(pattern))


def test_files_of_subfolders_are_found_by_path_or_name(folder):
    assert names(folder) == ["old.log.gz", "shop/api.log", "shop/worker.jsonl"]
    assert names(folder, "shop/*.log") == names(folder, "api.log") == ["shop/api.log"]


@pytest.mark.parametrize("pattern", ["../*", "/etc/passwd", "../secret.log", "shop/../../secret.log"])
def test_no_pattern_leads_out_of_the_folder(folder, logs, pattern):
    (logs.parent / "secret.log").write_text("secret")
    assert names(folder, pattern) == []


def test_links_pipes_and_hidden_files_are_left_out(folder, logs):
    (logs.parent / "secret.log").write_text("secret")
    (logs / "link.log").symlink_to(logs.parent / "secret.log")
    (logs / "linked").symlink_to(logs.parent)
    (logs / ".hidden.log").write_text("x")
    os.mkfifo(logs / "pipe.log")
    assert names(folder) == ["old.log.gz", "shop/api.log", "shop/worker.jsonl"]


def test_a_file_that_became_a_link_is_refused(folder, logs):
    (listed,) = folder.files("api.log")
    (logs / "shop" / "api.log").unlink()
    (logs / "shop" / "api.log").symlink_to("/etc/hostname")
    with pytest.raises(OSError):
        list(folder.lines(listed))


def test_compressed_logs_are_read(folder):
    (listed,) = folder.files("*.gz")
    assert list(folder.lines(listed)) == [b"2025-09-17T09:00:00Z [warn] low disk"]


def test_a_broken_archive_yields_what_can_be_read(folder, logs):
    (logs / "bad.gz").write_bytes(b"\x1f\x8b\x08nonsense")
    (listed,) = folder.files("bad.gz")
    assert list(folder.lines(listed)) == []
