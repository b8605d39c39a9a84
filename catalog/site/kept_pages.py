"""Takes cards and pages that would come out the same from an earlier build, and makes the others.

A card is kept as it is. Of a page only the digest is kept: its file is taken from the tree that the build
replaces, if it is still as it was written there.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, partial
from itertools import compress
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.file_tree import Standing, TreeFile
from catalog.site.card import Card
from catalog.site.compiled_templates import CompiledTemplates
from catalog.site.joined_files import content_of, joined, parted
from catalog.workspace.forked import in_parallel
from catalog.workspace.kept import digest
from catalog.workspace.kept_form import Form
from catalog.workspace.recipe import folder_digest
from catalog.workspace.tree_before import TreeBefore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from catalog.site.facts import SiteFacts, SiteOptions
    from catalog.site.shell import Shell
    from catalog.workspace.kept import Kept


class WantedCard(Struct, frozen=True):
    """A card that is asked for: of which entry, what it is made from (empty: nobody knows), and how."""

    name: str
    sources: tuple[str, ...]
    make: Callable[[], Card]


class WantedPage(Struct, frozen=True):
    """A page that is asked for: what it is made from (empty: nobody knows), and how.

    `paths` are its own and those of the files that are made with it and from the same, in order.
    """

    paths: tuple[PurePosixPath, ...]
    sources: tuple[str, ...]
    make: Callable[[], Sequence[TreeFile]]


class KeptPages:
    """The cards, pages and compiled templates of earlier builds.

    `made` counts the pages that had to be made, `taken` the others. `before` is the root of the tree that is
    replaced, None if there is none.
    """

    def __init__(self, kept: Kept, before: Path | None) -> None:
        self.made = 0
        self.taken = 0
        self.templates = CompiledTemplates(kept)
        self._kept = kept
        self._tree = TreeBefore(kept, before)
        self._site = ""
        self._cards: dict[str, str] = {}

    def for_site(self, options: SiteOptions, shell: Shell) -> None:
        """Say what all pages have in common: how the website looks and what its templates are."""
        folders = [folder for folder in (shell.pages, options.templates) if folder is not None]
        texts = (*shell.frame.pieces, *shell.scripts.values())
        self._site = digest(repr(options), *texts, *(folder_digest(one) for one in folders))

    def cards(self, wanted: Sequence[WantedCard]) -> dict[str, Card]:
        """The cards by the names of their entries."""
        is_new = [not self._kept.has(f"card {one.name}", *one.sources) for one in wanted]
        new = list(compress(wanted, is_new))
        lines = in_parallel(lambda number: _form().certain_line(new[number].make()), len(new))
        return {
            one.name: self._card(one, next(lines) if is_missing else None)
            for one, is_missing in zip(wanted, is_new, strict=True)
        }

    def sources(self, facts: SiteFacts, *besides: object) -> tuple[str, ...]:
        """What the page or the card of one entry is made from; empty when that is not known."""
        return (facts.source, *map(repr, besides)) if facts.source else ()

    def sources_of_list(self, cards: Iterable[Card], *besides: object) -> tuple[str, ...]:
        """What a page that shows `cards` is made from; empty when that is not known."""
        digests = [self._cards.get(card.name, "") for card in cards]
        return (digest(*digests), *map(repr, besides)) if all(digests) else ()

    def pages(self, wanted: Sequence[WantedPage]) -> Iterator[TreeFile]:
        """The pages with the files that go with them, in order; all processors make what has to be made."""
        is_new = [not self._kept.has(_name(one), self._site, *one.sources) for one in wanted]
        new = list(compress(wanted, is_new))
        contents = in_parallel(lambda number: joined(new[number].make()), len(new))
        for one, is_missing in zip(wanted, is_new, strict=True):
            yield from self._new_page(one, next(contents)) if is_missing else self._page(one)

    def written(self, number: int) -> None:
        """Say that the tree with all the pages is in its place, a folder of this number on its disk."""
        self._tree.remember(number)

    def _card(self, one: WantedCard, made: bytes | None) -> Card:
        """A card out of what was just `made`, else out of what is kept, else made now."""
        name = f"card {one.name}"
        known = self._kept.get(name, *one.sources) if made is None and one.sources else None
        card = _form().value(made or known)
        line = made or known
        if card is None:
            card, known = one.make(), None
            line = _form().line(card)
        if line is not None and one.sources:
            self._cards[one.name] = digest(line)
            if known is None:
                self._kept.put(name, line, *one.sources)
        return card

    def _page(self, one: WantedPage) -> Sequence[TreeFile]:
        """The page as it was, made after all if it is not there any more."""
        wanted = self._kept.get(_name(one), self._site, *one.sources)
        if wanted is None:
            return self._new_page(one, None)
        files = self._standing(one, digest(wanted))
        if files is None:
            files = [TreeFile(path, self._tree.content(path)) for path in one.paths]
            if _digests(files) != wanted:
                return self._new_page(one, None)
        self.taken += 1
        self._tree.will_have(one.paths, digest(wanted))
        return files

    def _standing(self, one: WantedPage, content: str) -> list[TreeFile] | None:
        """The files of a page without reading them, if the tree before has them with this content."""
        inodes = self._tree.inodes(one.paths, content)
        if inodes is None:
            return None
        places = enumerate(zip(one.paths, inodes, strict=True))
        return [
            TreeFile(path, Standing(self._tree.place(path), inode, partial(_made_again, one, number)))
            for number, (path, inode) in places
        ]

    def _new_page(self, one: WantedPage, made: bytes | None) -> Sequence[TreeFile]:
        self.made += 1
        files = one.make() if made is None else parted(made, one.paths)
        if one.sources:
            digests = _digests(files)
            self._kept.put(_name(one), digests, self._site, *one.sources)
            self._tree.will_have(one.paths, digest(digests))
        return files


def _name(one: WantedPage) -> str:
    return f"page {one.paths[0]}"


def _made_again(page: WantedPage, number: int) -> bytes:
    """What is in one of the files of a page, which has to be made after all."""
    return content_of(page.make()[number])


def _digests(files: Iterable[TreeFile]) -> bytes:
    """The path, the permission bits and the SHA-256 of every file, in one line."""
    digests = (f"{file.path} {file.mode} {hashlib.sha256(content_of(file)).hexdigest()}" for file in files)
    return json.dumps(list(digests)).encode()


@cache
def _form() -> Form[Card]:
    return Form(Card)
