"""Makes the data that speak of all entries at once by another process, while this one sees to the pages."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog.site.addresses import ATOM_FEED, CATALOG, JSON_FEED
from catalog.site.feeds import feeds
from catalog.site.joined_files import joined, parted
from catalog.site.machine import catalog_json
from catalog.site.search_data import DATA, search_script
from catalog.workspace.forked import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from catalog.model.file_tree import TreeFile
    from catalog.site.card import Card
    from catalog.site.facts import SiteOptions

PATHS = (DATA, CATALOG, ATOM_FEED, JSON_FEED)


@contextmanager
def whole_data(
    cards: Sequence[Card], ordered: Sequence[Card], options: SiteOptions
) -> Iterator[Callable[[], Sequence[TreeFile]]]:
    """What gives the search's data, the index for programs and both feeds; a block to do other work in.

    `cards` stand in the order of the registry, `ordered` in that of the lists.
    """

    def make() -> Sequence[TreeFile]:
        return [search_script(ordered), catalog_json(cards, options), *feeds(ordered, options)]

    with beside(lambda: joined(make()), len(cards)) as result:

        def files() -> Sequence[TreeFile]:
            made = result()
            return make() if made is None else parted(made, PATHS)

        yield files
