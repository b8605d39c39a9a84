"""A second build makes again what changed and nothing else; its bytes are those of a build from scratch."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.operations import kept_extensions as operation
from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.stage import Stage
from catalog.workspace import forked
from catalog.workspace.kept import digest
from catalog.workspace.workspace import open_workspace
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("atlas", "maps", "notes")
ROOT = "build/kamiwaza-extension-registry"
PLAIN = '[catalog]\nskin = "plain"\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    for name in NAMES:
        add(root, name)
    (root / "catalog.toml").write_text(PLAIN)
    return root


def add(root: Path, name: str) -> None:
    tree(root, app(name, manifest={"tags": [name], "preview_image": "p.png"}))
    Image.new("RGB", (64, 40), "teal").save(root / f"apps/{name}/p.png")
    sync(root)


def sync(root: Path) -> None:
    """Bring the App Garden files up to date; the builds of this module shall learn nothing from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root.parent / "cache-of-syncs"))
        sync_compose(open_workspace(root, root), SyncRequest())


def built(root: Path, **options: Any) -> BuildResult:
    return build(open_workspace(root, root), BuildRequest(**options))


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def from_scratch(root: Path, **options: Any) -> dict[str, tuple[bytes, int]]:
    """What a build gives that knows of no other."""
    other = root / "scratch"
    shutil.rmtree(other, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root.parent / "another-cache"))
        result = built(root, out=Path("scratch"), use_cache=False, **options)
    assert (result.pages_kept, result.left_out) == (0, ())
    return snapshot(other)


def rewritten(root: Path, name: str, values: dict[str, Any]) -> None:
    path = root / f"apps/{name}/kamiwaza.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def entry_pages(root: Path) -> dict[str, int]:
    """The pages of entries with their inodes: one that is not written again keeps its own."""
    folder = root / ROOT / "site/extensions"
    return {path.stem: path.stat().st_ino for path in folder.glob("*.html")}


def made_pictures(cache: Path) -> set[tuple[str, int]]:
    """Every scaled picture, by its name and when it was written."""
    return {(path.name, path.stat().st_mtime_ns) for path in (cache / "catalog/pictures").rglob("*.webp")}


def test_nothing_changed_means_that_nothing_is_read_and_no_page_is_made(workspace: Path) -> None:
    first = built(workspace)
    assert (first.read, first.pages_kept) == (3, 0)
    before = snapshot(workspace / "build")
    second = built(workspace)
    assert (second.read, second.pages_made, second.pages_kept) == (0, 0, first.pages_made)
    assert second.findings == first.findings
    assert snapshot(workspace / "build") == before


def test_of_several_extensions_only_the_changed_one_is_read_and_its_page_made(workspace: Path) -> None:
    built(workspace)
    pages = entry_pages(workspace)
    (workspace / "apps/maps/README.md").write_text("# maps\n\nShows maps.\n")
    result = built(workspace)
    assert (result.read, result.pages_made) == (1, 1)
    again = entry_pages(workspace)
    assert [name for name in NAMES if again[name] != pages[name]] == ["maps"]
    assert b"Shows maps." in (workspace / ROOT / "site/extensions/maps.html").read_bytes()


@pytest.mark.slow
def test_a_file_that_was_only_touched_is_read_by_nobody(workspace: Path) -> None:
    built(workspace)
    (workspace / "apps/maps/README.md").touch()
    result = built(workspace)
    assert (result.read, result.pages_made) == (0, 0)


@pytest.mark.slow
def test_a_change_that_keeps_size_and_time_is_seen(workspace: Path) -> None:
    readme = workspace / "apps/maps/README.md"
    readme.write_text("# maps\n\nold words\n")
    os.utime(readme, (1, 1))
    built(workspace)
    readme.write_text("# maps\n\nnew words\n")
    os.utime(readme, (1, 1))
    assert built(workspace).read == 1
    assert b"new words" in (workspace / ROOT / "site/extensions/maps.html").read_bytes()


@pytest.mark.slow
def test_a_changed_picture_is_made_again_with_its_own_page_and_no_other(workspace: Path, cache: Path) -> None:
    for shade, name in enumerate(NAMES):
        Image.new("RGB", (700, 400), (shade, 0, 0)).save(workspace / f"apps/{name}/p.png")
    built(workspace)
    pages, pictures = entry_pages(workspace), made_pictures(cache)
    assert len(pictures) == 3 * len(NAMES)
    Image.new("RGB", (700, 400), "red").save(workspace / "apps/notes/p.png")
    assert built(workspace).read == 1
    again = entry_pages(workspace)
    assert [name for name in NAMES if again[name] != pages[name]] == ["notes"]
    assert len(made_pictures(cache) - pictures) == 3
    assert snapshot(workspace / "build") == from_scratch(workspace)


@pytest.mark.slow
def test_an_extension_that_goes_takes_its_page_along(workspace: Path) -> None:
    built(workspace)
    shutil.rmtree(workspace / "apps/maps")
    assert built(workspace).read == 0
    assert set(entry_pages(workspace)) == {"atlas", "notes"}
    assert snapshot(workspace / "build") == from_scratch(workspace)


@pytest.mark.slow
def test_facts_of_an_image_make_only_the_pages_of_those_that_run_it(workspace: Path) -> None:
    built(workspace)
    pages = entry_pages(workspace)
    facts = {"digest": "sha256:" + "a" * 64, "bytes": 12_345_678, "platform": "linux/arm64"}
    tree(workspace, {".catalog/images.json": {"images": {"kamiwazaai/maps-web:v1.0.0": facts}}})
    assert built(workspace).read == 0
    again = entry_pages(workspace)
    assert [name for name in NAMES if again[name] != pages[name]] in ([], ["maps"])
    assert snapshot(workspace / "build") == from_scratch(workspace)


@pytest.mark.parametrize(
    "change",
    [
        '[catalog]\nskin = "plain"\ntitle = "Another title"\n',
        '[catalog]\nskin = "plain"\nbase_url = "https://catalog.example.test"\n',
        '[catalog]\nskin = "plain"\norganization = "someoneelse"\n',
    ],
)
@pytest.mark.slow
def test_other_settings_give_what_a_build_from_scratch_gives(workspace: Path, change: str) -> None:
    built(workspace)
    (workspace / "catalog.toml").write_text(change)
    sync(workspace)
    built(workspace)
    assert snapshot(workspace / "build") == from_scratch(workspace)


def test_qr_codes_are_made_again_when_the_base_url_changes_and_only_then(workspace: Path) -> None:
    def codes() -> dict[str, tuple[bytes, int]]:
        folder = workspace / ROOT / "site/qr"
        return {path.stem: (path.read_bytes(), path.stat().st_ino) for path in folder.glob("*")}

    first = built(workspace)
    assert codes() == {}
    (workspace / "catalog.toml").write_text(f'{PLAIN}base_url = "https://one.test"\n')
    assert built(workspace).pages_made == first.pages_made
    ones = codes()
    assert sorted(ones) == sorted(NAMES)
    assert (built(workspace).pages_made, codes()) == (0, ones)
    (workspace / "catalog.toml").write_text(f'{PLAIN}base_url = "https://two.test"\n')
    built(workspace)
    assert not {content for content, _ in codes().values()} & {content for content, _ in ones.values()}
    (workspace / "catalog.toml").write_text(PLAIN)
    built(workspace)
    assert codes() == {}


@pytest.mark.slow
def test_another_stage_gives_what_a_build_from_scratch_gives(workspace: Path) -> None:
    built(workspace)
    built(workspace, stage=Stage.DEV)
    assert snapshot(workspace / "build") == from_scratch(workspace, stage=Stage.DEV)
    built(workspace)
    assert snapshot(workspace / "build") == from_scratch(workspace)


@pytest.mark.slow
def test_another_version_of_the_tool_makes_everything_again(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(workspace)
    monkeypatch.setattr(operation, "recipe", lambda: "another tool")
    second = built(workspace)
    assert (second.read, second.pages_made, second.pages_kept) == (3, first.pages_made, 0)


@pytest.mark.slow
def test_without_the_cache_everything_is_made_again_and_known_to_the_next_build(workspace: Path) -> None:
    first = built(workspace)
    second = built(workspace, use_cache=False)
    assert (second.read, second.pages_made) == (3, first.pages_made)
    assert built(workspace).pages_made == 0


@pytest.mark.slow
def test_a_page_that_somebody_changed_in_the_build_is_made_again(workspace: Path) -> None:
    built(workspace)
    before = snapshot(workspace / "build")
    page = workspace / ROOT / "site/extensions/maps.html"
    status = page.stat()
    page.write_bytes(page.read_bytes().replace(b"maps", b"spam"))
    os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert built(workspace).pages_made == 1
    assert snapshot(workspace / "build") == before


@pytest.mark.slow
def test_pages_of_a_build_that_was_removed_are_made_again(workspace: Path) -> None:
    first = built(workspace)
    shutil.rmtree(workspace / "build")
    result = built(workspace)
    assert (result.read, result.pages_made) == (0, first.pages_made)


@pytest.mark.slow
def test_a_copy_of_the_build_stays_as_it_was(workspace: Path) -> None:
    built(workspace)
    copy = workspace / "copy"
    shutil.copytree(workspace / "build", copy, copy_function=os.link)
    before = snapshot(copy)
    built(workspace)
    for path in (workspace / "build").rglob("*.html"):
        path.write_bytes(b"changed in place")
    assert snapshot(copy) == before


@pytest.mark.slow
def test_files_that_stay_the_same_keep_their_time(workspace: Path) -> None:
    built(workspace)
    page, catalog = (
        workspace / ROOT / "site/extensions/atlas.html",
        workspace / ROOT / "garden/default/apps.json",
    )
    os.utime(page, (1, 1))
    os.utime(catalog, (1, 1))
    rewritten(workspace, "maps", {"description": "Another one."})
    built(workspace)
    assert page.stat().st_mtime == 1
    assert catalog.stat().st_mtime != 1


@pytest.mark.slow
def test_an_extension_with_a_link_in_it_is_always_read(workspace: Path) -> None:
    (workspace / "shared.md").write_text("# shared\n\nfirst\n")
    readme = workspace / "apps/maps/README.md"
    readme.unlink()
    readme.symlink_to(workspace / "shared.md")
    built(workspace)
    (workspace / "shared.md").write_text("# shared\n\nother\n")
    assert built(workspace).read == 1
    assert b"other" in (workspace / ROOT / "site/extensions/maps.html").read_bytes()


def test_what_was_found_in_an_extension_is_told_again(workspace: Path) -> None:
    tree(workspace, app("broken", manifest={"risk_tier": 9}))
    first = built(workspace)
    second = built(workspace)
    assert first.exit_code == second.exit_code == 1
    assert (first.read, second.read) == (4, 0)
    assert second.findings == first.findings
    result = built(workspace, keep_going=True)
    assert (result.read, result.left_out) == (0, ("broken",))


@pytest.mark.slow
def test_a_registry_alone_leaves_what_is_known_of_the_website(workspace: Path) -> None:
    built(workspace)
    built(workspace, parts=frozenset({"registry"}), out=Path("registry-alone"))
    assert built(workspace).pages_made == 0


def kept_file(cache: Path) -> Path:
    (file,) = (cache / "catalog/builds").glob("*.kept")
    return file


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[: len(content) // 2],
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"Keeps notes.", b"Keeps nodes."),
        lambda content: content.replace(b"\n", b""),
        lambda content: b"\n".join(reversed(content.split(b"\n"))),
    ],
)
@pytest.mark.slow
def test_a_damaged_cache_changes_nothing_in_the_build(
    workspace: Path, cache: Path, damage: Callable[[bytes], bytes]
) -> None:
    built(workspace)
    before = snapshot(workspace / "build")
    file = kept_file(cache)
    file.write_bytes(damage(file.read_bytes()))
    built(workspace)
    assert snapshot(workspace / "build") == before
    assert built(workspace).pages_made == 0


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_is_done_without(workspace: Path, cache: Path) -> None:
    tree(cache, {"catalog/builds": "a file where a folder should be"})
    assert built(workspace).exit_code == 0
    assert built(workspace).read == 3


@pytest.mark.slow
def test_the_cache_does_not_grow_with_builds_of_the_same(workspace: Path, cache: Path) -> None:
    built(workspace)
    sizes = []
    for number in range(4):  # the first change may ask for templates that were not asked for before
        (workspace / "apps/maps/README.md").write_text(f"# maps\n\n{number}\n")
        built(workspace)
        sizes.append(kept_file(cache).stat().st_size)
    size = sizes[0]
    assert kept_file(cache).stat().st_size == pytest.approx(size, abs=200)
    shutil.rmtree(workspace / "apps/maps")
    built(workspace)
    assert kept_file(cache).stat().st_size < size
    assert [path.name for path in (cache / "catalog/builds").iterdir()] == [kept_file(cache).name]


@pytest.mark.slow
def test_several_processors_make_the_same_bytes_as_one(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(forked.WORTHWHILE):
        tree(workspace, app(f"more-{number}"))
    sync(workspace)
    monkeypatch.setattr(forked, "_workers", lambda _: 1)
    alone = from_scratch(workspace)
    monkeypatch.setattr(forked, "_workers", lambda _: 3)
    assert from_scratch(workspace) == alone


BUILD = """\
import sys
from pathlib import Path
from catalog.operations.build import BuildRequest, build
from catalog.workspace.workspace import open_workspace

class Steps:
    def advance(self, label, done, total):
        print(label, done, flush=True)

root = Path(sys.argv[1])
build(open_workspace(root, root), BuildRequest(out=Path(sys.argv[2])), Steps())
"""


def started(root: Path, out: str) -> subprocess.Popen[str]:
    """A build of its own process, which prints a line for each of its steps."""
    command = [sys.executable, "-c", BUILD, str(root), out]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


@pytest.mark.slow
def test_builds_at_the_same_time_and_killed_ones_leave_a_cache_that_can_be_used(workspace: Path) -> None:
    for number in range(forked.WORTHWHILE):
        tree(workspace, app(f"more-{number}"))
    sync(workspace)
    expected = from_scratch(workspace)
    for number in range(6):
        (workspace / "apps/maps/README.md").write_text(f"# maps\n\n{number}\n")
        both = [started(workspace, "build"), started(workspace, "other")]
        assert both[0].stdout is not None
        for _ in range(1 + 40 * number):
            both[0].stdout.readline()
        both[0].send_signal(signal.SIGKILL)
        for process in both:
            process.communicate()
        assert both[1].returncode == 0
    (workspace / "apps/maps/README.md").write_text("# maps\n")
    built(workspace)
    assert snapshot(workspace / "build") == expected


def actions() -> st.SearchStrategy[tuple[str, str]]:
    kinds = (
        "edit",
        "title",
        "add",
        "remove",
        "rename",
        "touch",
        "picture",
        "images",
        "stage",
        "settings",
        "file",
    )
    return st.tuples(st.sampled_from(kinds), st.sampled_from((*NAMES, "late")))


def act(root: Path, kind: str, name: str, turn: int) -> None:  # noqa: C901  # one line for each kind of edit
    folder = root / "apps" / name
    if kind == "add" and not folder.exists():
        add(root, name)
    elif kind == "images":
        facts = {"bytes": 1000 + turn, "platform": "linux/amd64"}
        tree(root, {".catalog/images.json": {"images": {f"kamiwazaai/{name}-web:v1.0.0": facts}}})
    elif kind == "settings":
        (root / "catalog.toml").write_text(f'{PLAIN}title = "Title {turn % 2}"\n')
    elif not folder.exists():
        return
    elif kind == "edit":
        (folder / "README.md").write_text(f"# {name}\n\nturn {turn % 3}\n")
    elif kind == "title":
        rewritten(root, name, {"display_name": f"Title {turn % 3}", "category": f"category {turn % 2}"})
    elif kind == "remove" and len(list((root / "apps").iterdir())) > 1:
        shutil.rmtree(folder)
    elif kind == "rename" and not (root / "apps" / f"{name}-2").exists():
        folder.rename(root / "apps" / f"{name}-2")
        rewritten(root, f"{name}-2", {"name": f"{name}-2"})
        (root / "apps" / f"{name}-2/docker-compose.appgarden.yml").unlink()
        sync(root)
    elif kind == "touch":
        os.utime(folder / "kamiwaza.json")
    elif kind == "picture":
        Image.new("RGB", (64, 40), ("red", "green")[turn % 2]).save(folder / "p.png")
    elif kind == "file":
        (folder / f"extra-{turn % 2}.md").write_text(f"turn {turn}\n")


@pytest.fixture(scope="module")
def somewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("incremental")


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(actions(), min_size=1, max_size=6))
def test_whatever_is_edited_the_bytes_are_those_of_a_build_from_scratch(
    somewhere: Path, edits: list[tuple[str, str]]
) -> None:
    root = somewhere / digest(repr(edits)) / "workspace"
    shutil.rmtree(root.parent, ignore_errors=True)
    for name in NAMES:
        add(root, name)
    (root / "catalog.toml").write_text(PLAIN)
    for turn, (kind, name) in enumerate(edits):
        stage = Stage.DEV if kind == "stage" else None
        act(root, kind, name, turn)
        built(root, stage=stage)
        assert snapshot(root / "build") == from_scratch(root, stage=stage)
        assert built(root, stage=stage).pages_made == 0
