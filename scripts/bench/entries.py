"""Any number of entries like those of a large catalog, always the same: a seed chooses from words."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from catalog.model.manifest import CatalogNotes
from catalog.model.names import kind_by_prefix
from catalog.registry.registry import Entry, Registry
from catalog.site.facts import SiteFacts
from catalog.workspace.image_facts import ImageFacts

if TYPE_CHECKING:
    from collections.abc import Iterator


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words("""
amber anchor apex arbor atlas autumn beacon birch bishop blue bold bramble brass breeze bright
bronze canyon cedar chalk cinder citrus cliff cloud clover cobalt comet copper coral crane crimson
crystal dawn delta desert dune eager early echo ember fable falcon fern field flint forest fossil
frost garnet gentle glacier golden granite harbor hazel heron hidden hollow indigo island ivory jade
juniper kestrel lagoon lantern lapis laurel lively lunar maple marble meadow mellow mineral misty
monarch mosaic nimble northern oasis obsidian ochre olive onyx opal orchid otter pearl pebble pepper
pioneer plain polar prairie primrose quartz quiet raven reef ridge river robin rustic saffron sage
sandy scarlet shadow silver slate solar sparrow spring spruce steady stone summer swift tidal timber
topaz trail tundra umber upland velvet verdant violet walnut western willow winter wisteria yonder
zephyr zinc
""")
SECOND = _words("""
archive assistant atlas audit board bridge browser builder calendar canvas capture catalog chart
chat checker clipper collector compass composer console counter dashboard desk dictionary directory
drafts editor explorer exporter feeds filter finder forecast forge forms gallery gateway glossary
guide helper importer inbox index insights inspector journal kanban keeper ledger library linker
lister locator mailer manager mapper matcher meter mirror monitor notebook notes notifier observer
organizer outline packer painter parser planner player poller portal printer profiler prompter
publisher queue reader recorder relay reminder reporter reviewer router runner scanner scheduler
scribe search sender sketcher sorter spooler store stream studio summary survey sync tables tagger
tracker trainer translator tutor uploader validator vault viewer voice watcher wiki writer
""")
PLAIN = _words("""
documents answers questions teams reports tables pictures meetings records messages and for with
from into keeps finds shows turns sorts reads writes checks measures collects without network beside
your own models every quickly safely locally together quietly files folders
""")
CATEGORIES = _words("""
ai analytics automation communication data development documents operations productivity security
""")
TAGS = [f"{first}-{second}" for first in FIRST[:12] for second in SECOND[:12]] + PLAIN[:8]
LICENCES = ("Apache-2.0", "MIT", "GPL-3.0-only", "BSD-3-Clause", "")
IMAGES = (
    "docker.io/library/redis:7.2-alpine",
    "docker.io/library/postgres:16",
    "docker.io/qdrant/qdrant:v1.9.0",
)
SETTINGS = (
    "LOG_LEVEL",
    "WORKERS",
    "CACHE_SECONDS",
    "MODEL_TIMEOUT",
    "ADMIN_EMAIL",
    "CHUNK_SIZE",
    "SMTP_HOST",
)
NOTES = (CatalogNotes(), CatalogNotes(status="experimental"), CatalogNotes(status="deprecated"))
ARCHITECTURES = (("amd64",), ("amd64", "arm64"), ())
VERIFIED, MEASURED = 3, 8
"""Of ten entries: how many are verified, of how many the sizes are known."""
COMPOSE = """\
services:
  web:
    image: acme/{name}:v{version}
    ports: ["8080"]
  worker:
    image: acme/{name}-worker:v{version}
  store:
    image: {image}
"""


SYLLABLES = _words("ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu za bre cli dro")


def many(count: int) -> tuple[Registry, dict[str, SiteFacts]]:
    """A registry of `count` entries, and what is known about them."""
    chance = random.Random(20)  # noqa: S311  # it has to be the same every time
    made = [_one(name, chance) for name in _names(count, chance)]
    return Registry.of([entry for entry, _ in made]), {entry.name: facts for entry, facts in made}


def _names(count: int, chance: random.Random) -> list[str]:
    pairs = [f"{first}-{second}" for first in FIRST for second in SECOND if first != second]
    chosen = chance.sample(pairs, count)
    prefixes = chance.choices(["", "service-", "tool-"], [6, 2, 2], k=count)
    return [prefix + name for prefix, name in zip(prefixes, chosen, strict=True)]


def _one(name: str, chance: random.Random) -> tuple[Entry, SiteFacts]:
    version = f"{chance.randrange(4)}.{chance.randrange(20)}.{chance.randrange(9)}"
    image = chance.choice(IMAGES)
    data = {
        "name": name,
        "display_name": name.removeprefix("service-").removeprefix("tool-").replace("-", " ").title(),
        "version": version,
        "source_type": "kamiwaza",
        "description": " ".join(_sentence(chance)).capitalize() + ".",
        "category": chance.choice(CATEGORIES),
        "tags": chance.sample(TAGS, chance.randrange(5)),
        "verified": chance.randrange(10) < VERIFIED,
        "risk_tier": chance.choices([0, 1, 2], [6, 3, 1])[0],
        "author": f"{chance.choice(FIRST)} {chance.choice(SECOND)}".title(),
        "license": chance.choice(LICENCES),
        "preferred_model_type": chance.choice([None, "large", "fast"]),
        "env_defaults": dict.fromkeys(chance.sample(SETTINGS, 3), "x"),
        "compose_yml": COMPOSE.format(name=name, version=version, image=image),
    }
    return Entry(name, kind_by_prefix(name), data), _facts(data, image, chance)


def _sentence(chance: random.Random) -> Iterator[str]:
    """Plain words, now and then one of other names, and one that hardly any other entry has."""
    yield from chance.choices(PLAIN, k=chance.randrange(7, 13))
    yield from chance.choices(SECOND, k=chance.randrange(1, 4))
    yield "".join(chance.choices(SYLLABLES, k=3))


def _facts(data: dict[str, Any], image: str, chance: random.Random) -> SiteFacts:
    notes = chance.choices(NOTES, [90, 6, 4])[0]
    refs = [
        f"acme/{data['name']}:v{data['version']}",
        f"acme/{data['name']}-worker:v{data['version']}",
        image,
    ]
    known = {ref: ImageFacts(chance.randrange(5_000_000, 2_000_000_000), "linux/amd64") for ref in refs}
    day = f"2026-{chance.randrange(1, 12):02}-{chance.randrange(1, 28):02}"
    return SiteFacts(
        notes=notes.model_copy(update={"architectures": chance.choice(ARCHITECTURES)}),
        images=known if chance.randrange(10) < MEASURED else {},
        added=f"2025-{chance.randrange(1, 12):02}-{chance.randrange(1, 28):02}",
        updated=day,
    )
