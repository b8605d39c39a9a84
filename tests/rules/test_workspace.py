"""No two extensions of a workspace have the same name."""

from __future__ import annotations

from pathlib import PurePosixPath

from catalog.rules.workspace import check_previews, check_workspace

APP, SERVICE, TOOL = (PurePosixPath(kind, "notes") for kind in ("apps", "services", "tools"))


def test_names_of_their_own_are_fine() -> None:
    assert check_workspace([APP, PurePosixPath("services/service-notes")]) == ()


def test_every_folder_that_shares_a_name_has_a_finding_that_names_the_others() -> None:
    found = check_workspace([SERVICE, APP, TOOL, PurePosixPath("apps/maps")])
    assert [finding.file for finding in found] == [APP, SERVICE, TOOL]
    assert {finding.code.id for finding in found} == {"KZ012"}
    assert "services/notes and tools/notes" in found[0].message


def test_a_folder_does_not_clash_with_itself() -> None:
    assert check_workspace([APP, APP]) == ()


PUBLISHED = "/app-garden-images/notes.png"


def test_two_manifests_that_name_one_published_preview_are_told_of_each_other() -> None:
    here, there = PurePosixPath("apps/b/kamiwaza.json"), PurePosixPath("tools/a/kamiwaza.json")
    found = check_previews(
        {there: PUBLISHED, here: PUBLISHED, PurePosixPath("apps/c/kamiwaza.json"): "/garden/x"}
    )
    assert [(finding.file, finding.pointer) for finding in found] == [
        (here, ("preview_image",)),
        (there, ("preview_image",)),
    ]
    assert "that of tools/a," in found[0].message
    assert not found[0].is_error


def test_previews_of_ones_own_may_have_the_same_name() -> None:
    files = [PurePosixPath(f"apps/{name}/kamiwaza.json") for name in "ab"]
    assert check_previews(dict.fromkeys(files, "preview.png")) == ()
