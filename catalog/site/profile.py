"""What an entry asks of the place where it runs: an entry and facts in, a profile out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.site.airgap import AIRGAP_CHECKS, airgap_problems
from catalog.site.hardware import architectures, uses_gpu
from catalog.site.model_need import model_need
from catalog.site.reason import Reason, with_lines
from catalog.site.risk import RISK_LABELS, risks
from catalog.site.services import Image, Service, images, read_compose, running
from catalog.site.variables import variables

if TYPE_CHECKING:
    from catalog.registry.registry import Entry
    from catalog.site.facts import SiteFacts

_ODD_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
"""What YAML counts as the end of a line besides the usual."""


class Profile(Struct, frozen=True):
    """What an airgapped place has to know before it carries an entry in.

    `size` is the bytes of all images, None unless every one is known; `architectures` is empty when nobody
    said; `risks` are the reasons for its risk, `airgap_problems` those why it is not airgap-ready;
    `variables` are the names of its environment variables.
    """

    services: tuple[Service, ...]
    images: tuple[Image, ...]
    size: int | None
    architectures: tuple[str, ...]
    uses_gpu: bool
    needs_model: bool
    risks: tuple[Reason, ...]
    airgap_problems: tuple[Reason, ...]
    variables: tuple[str, ...] = ()

    @property
    def is_airgap_ready(self) -> bool:
        """Whether it runs without a network once its images are there."""
        return not self.airgap_problems


def make_profile(entry: Entry, facts: SiteFacts) -> Profile:
    """The profile of an entry."""
    compose = read_compose(compose_text(entry))
    services = running(compose)
    needed = images(entry.data, services, facts.images)
    problems = airgap_problems(entry, compose, needed, facts.findings)
    reasons = with_lines((*risks(entry, compose, services), *problems), compose.text)
    return Profile(
        services=services,
        images=needed,
        size=_size(needed),
        architectures=architectures(facts.notes.architectures, needed),
        uses_gpu=uses_gpu(compose),
        needs_model=model_need(entry.data).is_needed,
        risks=tuple(reason for reason in reasons if reason.word in RISK_LABELS),
        airgap_problems=tuple(reason for reason in reasons if reason.word in AIRGAP_CHECKS),
        variables=tuple(variable.name for variable in variables(entry.data, compose.text)),
    )


def compose_text(entry: Entry) -> str:
    """The compose file of an entry, empty when it has none; lines end as they are counted."""
    value = entry.data.get("compose_yml")
    if not isinstance(value, str) or not value.strip():
        return ""
    has_usual_breaks = value.isascii() and "\r" not in value
    return (value if has_usual_breaks else _ODD_BREAK.sub("\n", value)).strip("\n")


def _size(needed: tuple[Image, ...]) -> int | None:
    sizes = [image.size for image in needed if image.size is not None]
    return sum(sizes) if needed and len(sizes) == len(needed) else None
