"""What an entry asks of the place where it runs: an entry and facts in, a profile out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.site.fields import text
from catalog.site.services import images, read_services

if TYPE_CHECKING:
    from catalog.registry.registry import Entry
    from catalog.site.facts import SiteFacts
    from catalog.site.services import Image, Service


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is said of an entry: a word for filters, a sentence, the compose file's line or 0."""

    word: str
    sentence: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """What an airgapped place has to know before it carries an entry in.

    `size` is the bytes of all images, None unless every one is known; `architectures` is empty when nobody
    said; `risks` are the reasons for its risk, `airgap_problems` those why it is not airgap-ready.
    """

    services: tuple[Service, ...]
    images: tuple[Image, ...]
    size: int | None
    architectures: tuple[str, ...]
    uses_gpu: bool
    needs_model: bool
    risks: tuple[Reason, ...]
    airgap_problems: tuple[Reason, ...]

    @property
    def is_airgap_ready(self) -> bool:
        """Whether it runs without a network once its images are there."""
        return not self.airgap_problems


def make_profile(entry: Entry, facts: SiteFacts) -> Profile:
    """The profile of an entry."""
    compose = compose_text(entry)
    running = read_services(compose)
    needed = images(entry.data, running)
    known = [facts.images[image.ref] for image in needed if image.ref in facts.images]
    platforms = {one.platform.rpartition("/")[2] for one in known if one.platform}
    return Profile(
        services=running,
        images=needed,
        size=sum(one.bytes for one in known) if needed and len(known) == len(needed) else None,
        architectures=facts.notes.architectures or tuple(sorted(platforms)),
        uses_gpu=False,
        needs_model=False,
        risks=(),
        airgap_problems=(),
    )


def compose_text(entry: Entry) -> str:
    """The compose file of an entry, empty when it has none."""
    return text(entry.data, "compose_yml").strip("\n")
