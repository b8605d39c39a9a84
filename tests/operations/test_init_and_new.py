"""What init and new make is sound as it is, and never overwrites anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import ConflictError, UsageError
from catalog.model.names import Kind
from catalog.operations.build import BuildRequest, build
from catalog.operations.init import InitRequest, init
from catalog.operations.new import NewRequest, new
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.workspace.workspace import Workspace, open_workspace
from tests.support.trees import tree


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    init(InitRequest(directory=tmp_path / "ws", title='A "quoted" title'))
    return open_workspace(tmp_path / "ws", tmp_path)


def test_a_new_workspace_has_its_title_and_a_makefile(workspace: Workspace) -> None:
    assert workspace.settings.title == 'A "quoted" title'
    assert (workspace.root / "Makefile").is_file()


def test_init_completes_a_workspace_and_keeps_what_is_there(tmp_path: Path) -> None:
    tree(tmp_path, {"Makefile": "mine"})
    result = init(InitRequest(directory=tmp_path))
    assert result.kept == (tmp_path / "Makefile",)
    assert (tmp_path / "Makefile").read_text() == "mine"
    assert init(InitRequest(directory=tmp_path)).written == ()


def test_a_file_cannot_become_a_workspace(tmp_path: Path) -> None:
    tree(tmp_path, {"file": "x"})
    with pytest.raises(ConflictError):
        init(InitRequest(directory=tmp_path / "file"))


@pytest.mark.parametrize("place", ["apps", "apps/more", "apps/more/deep", "../link/more"])
def test_no_workspace_is_made_among_the_extensions_of_another(workspace: Workspace, place: str) -> None:
    (workspace.root.parent / "link").symlink_to("ws/apps")
    directory = workspace.root / place
    with pytest.raises(UsageError) as caught:
        init(InitRequest(directory=directory))
    assert "catalog init DIR" in caught.value.hint
    assert not (workspace.root / "apps/more").exists()


def test_a_folder_that_is_merely_called_apps_may_hold_a_workspace(tmp_path: Path) -> None:
    assert init(InitRequest(directory=tmp_path / "apps/mine")).written
    tree(tmp_path, {"tools/tool-x/kamiwaza.json": "{}"})
    with pytest.raises(UsageError):
        init(InitRequest(directory=tmp_path / "tools/mine"))


@pytest.mark.parametrize("out", ["apps", "services/deep", "tools", "build/../apps", "link", "link/x"])
def test_nothing_is_built_among_extensions(workspace: Workspace, out: str) -> None:
    new(workspace, NewRequest(kind=Kind.APP, name="sample"))
    (workspace.root / "link").symlink_to("apps")
    with pytest.raises(UsageError) as caught:
        build(workspace, BuildRequest(out=Path(out)))
    assert "catalog build --out build" in caught.value.hint
    assert [path.name for path in (workspace.root / "apps").iterdir() if path.is_dir()] == ["sample"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_extension_validates_strictly_is_in_sync_and_builds(workspace: Workspace, kind: Kind) -> None:
    result = new(workspace, NewRequest(kind=kind, name="sample"))
    assert validate(workspace, ValidateRequest(strict=True)).findings == ()
    assert sync_compose(workspace, SyncRequest(check=True)).exit_code == 0
    built = build(workspace, BuildRequest(parts=frozenset({"registry"})))
    assert built.exit_code == 0
    assert built.findings == ()
    assert (result.directory / "kamiwaza.json").is_file()
    assert result.next_steps


@pytest.mark.parametrize("kind", list(Kind))
def test_the_images_of_a_new_extension_are_those_of_the_workspaces_organization(
    tmp_path: Path, kind: Kind
) -> None:
    tree(tmp_path, {"catalog.toml": '[catalog]\norganization = "acme"\n'})
    workspace = open_workspace(tmp_path, tmp_path)
    made = new(workspace, NewRequest(kind=kind, name="sample"))
    assert validate(workspace, ValidateRequest(strict=True)).findings == ()
    deployed = (made.directory / "docker-compose.appgarden.yml").read_text()
    images = [line.split()[1] for line in deployed.splitlines() if line.strip().startswith("image:")]
    assert images
    assert all(image.startswith(f"acme/{made.name}-") for image in images)


def test_the_prefix_of_the_kind_is_added_once(workspace: Workspace) -> None:
    assert new(workspace, NewRequest(kind=Kind.TOOL, name="x")).name == "tool-x"
    assert new(workspace, NewRequest(kind=Kind.TOOL, name="mcp-y")).name == "mcp-y"
    assert new(workspace, NewRequest(kind=Kind.SERVICE, name="x")).name == "service-x"


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "my app", "é", "-x", "x" * 64])
def test_what_cannot_be_a_name_is_refused_and_nothing_is_made(workspace: Workspace, name: str) -> None:
    before = sorted(workspace.root.rglob("*"))
    with pytest.raises(UsageError, match="cannot be a name"):
        new(workspace, NewRequest(kind=Kind.APP, name=name))
    assert sorted(workspace.root.rglob("*")) == before


def test_an_app_may_not_look_like_a_tool(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="takes 'tool-x' for a tool"):
        new(workspace, NewRequest(kind=Kind.APP, name="tool-x"))


def test_a_name_is_given_once_in_a_workspace(workspace: Workspace) -> None:
    new(workspace, NewRequest(kind=Kind.APP, name="notes"))
    with pytest.raises(ConflictError, match="'notes' already"):
        new(workspace, NewRequest(kind=Kind.APP, name="notes"))
