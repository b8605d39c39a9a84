"""Publishes the website of everything that is published: rendered here, and only what changed is written.

A list beside the website (`site-files.json`) says which bytes each file has; a file that is about to change
is taken out of it first, so that the list is true also of a website that was left half written. Every file
is whole at any time; the pages change one after the other.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import ConflictError
from catalog.model.names import is_name
from catalog.model.version import parse_version
from catalog.operations.prepare import Prepared
from catalog.operations.progress import counted
from catalog.operations.remote_download import picture_keys
from catalog.operations.tree import SiteSources, site_tree
from catalog.registry.layout import SITE
from catalog.registry.merge_rules import version_of
from catalog.remote.lock import held
from catalog.remote.store import Stored, put
from catalog.workspace.history import read_history
from catalog.workspace.writing import create_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from catalog.operations.progress import Progress
    from catalog.operations.remote_target import Target
    from catalog.registry.published import Published
    from catalog.registry.registry import Entry
    from catalog.remote.catalog_state import State
    from catalog.remote.lock import Lease
    from catalog.workspace.workspace import Workspace

FILES_LIST = str(SITE / "site-files.json")
_ATTEMPTS = 3


class PublishedSite(Struct, frozen=True):
    """The website of one published catalog.

    It has the settings of `workspace`; the pages of the workspace's `own` extensions have more than an entry
    tells.
    """

    workspace: Workspace
    target: Target
    own: Sequence[Prepared]


def publish_site(site: PublishedSite, wait: float, progress: Progress) -> int:
    """Render the website, and write what changed of it; how many files that was. `wait` is for the lock.

    Raises:
        ConflictError: the lock is held by others for too long, was lost, or others publish all the time.
        MissingError: the store cannot be reached or refuses, or the website cannot be rendered here.
        IntegrityError: what is published is no catalog.
    """
    target = site.target
    for _ in range(_ATTEMPTS):
        state = target.catalog.read()
        with tempfile.TemporaryDirectory(prefix="catalog-site-") as name:
            folder = Path(name)
            _render(site, state, folder, progress)
            with held(target.locking(wait), target.lock_note()) as lease:
                if target.catalog.settle(lease, state).contents() == state.contents():
                    return _upload(target, folder / "site", lease, progress)
    raise ConflictError(
        f"Others published to {target.address} each time the website was ready.", "Run the command again."
    )


def _render(site: PublishedSite, state: State, folder: Path, progress: Progress) -> None:
    target = site.target
    published = target.catalog.entries(state)
    pictures = _download_pictures(target, published, folder / "pictures")
    known = {one.name: one for one in site.own}
    sound = [_prepared(entry, target, known, pictures) for entry in _newest(published)]
    sources = SiteSources(sound, target.version, read_history(site.workspace.root))
    create_tree(folder / "site", site_tree(sources, site.workspace, progress))


def _newest(published: Published) -> Iterable[Entry]:
    """One entry of each name that can have a page: that of the highest version."""
    found: dict[str, Entry] = {}
    for placed in published.placed():
        entry, before = placed.entry, found.get(placed.entry.name)
        if is_name(entry.name) and (before is None or _is_newer(entry, before)):
            found[entry.name] = entry
    return found.values()


def _is_newer(entry: Entry, before: Entry) -> bool:
    try:
        return parse_version(version_of(entry.data)) > parse_version(version_of(before.data))
    except ValueError:
        return False


def _prepared(
    entry: Entry, target: Target, own: Mapping[str, Prepared], pictures: Mapping[str, Path]
) -> Prepared:
    """What the website needs of an entry: all that the workspace has of it, or the entry alone."""
    entries = {target.version: entry}
    mine = own.get(entry.name)
    if mine and version_of(mine.entries[target.version].data) == version_of(entry.data):
        return replace(mine, entries=entries, source="")
    picture = pictures.get(str(entry.data.get("preview_image")))
    return Prepared(entry.name, entries, (), picture=str(picture) if picture else None)


def _download_pictures(target: Target, published: Published, folder: Path) -> dict[str, Path]:
    """The published pictures by the addresses that entries give them."""
    folder.mkdir()
    found = {}
    for key in picture_keys(published, target):
        file = target.store.read(key)
        if file:
            path = folder / Path(key).name
            path.write_bytes(file.content)
            found[target.garden.pictures_url + path.name] = path
    return found


def _upload(target: Target, folder: Path, lease: Lease, progress: Progress) -> int:
    listed = target.store.read(FILES_LIST)
    before = _read_list(listed.content if listed else b"")
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=_order)
    now = {_key(path, folder): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    if before == now:
        return 0
    same = {key: name for key, name in now.items() if before.get(key) == name}
    listed = _write_list(target, lease, same, listed)  # nobody knows a file that is about to change
    for path in counted(paths, "Publishing the website", progress, paths):
        key = _key(path, folder)
        if key not in same:
            lease.ensure()
            put(target.store, key, path.read_bytes(), target.store.read(key))
    _write_list(target, lease, now, listed)
    return len(now) - len(same)


def _key(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _write_list(target: Target, lease: Lease, files: Mapping[str, str], there: Stored | None) -> Stored:
    lease.ensure()
    content = json.dumps(files, indent=0).encode()
    return Stored(content, put(target.store, FILES_LIST, content, there))


def _order(path: Path) -> tuple[bool, str]:
    """Pages come after what they are made of."""
    return path.suffix == ".html", str(path)


def _read_list(content: bytes) -> dict[str, str]:
    """The digests of the files that were published; none if nobody can read the list."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
