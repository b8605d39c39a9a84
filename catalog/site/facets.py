"""What people narrow a list by: one table, which the filters, the address, the chips and the data follow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from catalog.model.names import Kind
from catalog.site.card import RISKS
from catalog.site.risk import RISK_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from catalog.site.card import Card

RESERVED_KEYS = frozenset({"q", "sort", "deprecated", "compare", "with", "only"})
"""What addresses use besides the facets' keys."""


class Value(Struct, frozen=True):
    """One value of a facet: the word that stands in addresses, and what people read."""

    word: str
    label: str


class Facet(Struct, frozen=True):
    """One question about an entry.

    `key` stands in addresses. `words_of` gives the words of an entry, none when nothing is known; `labels`
    has the fixed words in the order in which they are shown, and is empty where authors choose the words.
    """

    key: str
    label: str
    words_of: Callable[[Card], tuple[str, ...]]
    labels: Mapping[str, str] = field(default_factory=dict)

    def values(self, cards: Iterable[Card]) -> tuple[Value, ...]:
        """The values that can be chosen: fixed ones as they stand, authors' words by how many use them."""
        if self.labels:
            return tuple(Value(word, label) for word, label in self.labels.items())
        counts = Counter(word for card in cards for word in dict.fromkeys(self.words_of(card)))
        return tuple(Value(word, word) for word in sorted(counts, key=lambda word: (-counts[word], word)))


def _stated(word: str) -> tuple[str, ...]:
    return (word,) if word else ()


def _answer(is_so: bool) -> tuple[str, ...]:  # noqa: FBT001  # the answer itself
    return ("yes" if is_so else "no",)


FACETS: tuple[Facet, ...] = (
    Facet("kind", "Kind", lambda card: (card.kind.value,), {kind.value: kind.value.title() for kind in Kind}),
    Facet("category", "Category", lambda card: (card.category,)),
    Facet("tag", "Tag", lambda card: card.tags),
    Facet(
        "risk",
        "Risk",
        lambda card: (str(card.risk.tier),) if card.risk else (),
        {str(tier): risk.label for tier, risk in RISKS.items()},
    ),
    Facet(
        "airgap",
        "Airgap",
        lambda card: _answer(card.profile.is_airgap_ready),
        {"yes": "Airgap-ready", "no": "Needs attention first"},
    ),
    Facet(
        "verified",
        "Verified",
        lambda card: _answer(card.is_verified),
        {"yes": "Verified", "no": "Not verified"},
    ),
    Facet(
        "model",
        "Language model",
        lambda card: _answer(card.profile.needs_model),
        {"yes": "Needs a model", "no": "Needs no model"},
    ),
    Facet(
        "gpu", "GPU", lambda card: _answer(card.profile.uses_gpu), {"yes": "Uses a GPU", "no": "Needs no GPU"}
    ),
    Facet("arch", "Architecture", lambda card: card.profile.architectures),
    Facet("licence", "Licence", lambda card: _stated(card.licence)),
    Facet(
        "reason", "Reason for risk", lambda card: tuple(one.word for one in card.profile.risks), RISK_LABELS
    ),
    Facet(
        "status",
        "Status",
        lambda card: (card.status,),
        {"active": "Active", "experimental": "Experimental", "deprecated": "Deprecated"},
    ),
)
