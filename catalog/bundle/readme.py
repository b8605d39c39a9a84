"""README.md of a bundle: the admin's page, with this very bundle's contents filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.bundle.manifest import utc
from catalog.model.byte_size import readable
from catalog.workspace.assets import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.bundle.assemble import BundleFacts, ImagePart

README = "README.md"
_OF_WEBSITE = re.compile(r"(?ms)^\| `index\.html`[^\n]*\n|^### People browse the extensions\n.*?(?=^#)")
_PARTS_OF_WEBSITE = 2
_BEGIN, _END = "<!-- this bundle -->\n", "<!-- /this bundle -->\n"


def filled_readme(facts: BundleFacts, images: ImagePart, *, has_website: bool = True) -> bytes:
    """The page, with what stands between its two marks replaced by what this bundle holds.

    Without `has_website`, what it says of the website is left out.

    Raises:
        MissingError: the installation lacks the page.
    """
    text = (shipped("bundle") / README).read_text(encoding="utf-8")
    if not has_website:
        text, number = _OF_WEBSITE.subn("", text)
        if number != _PARTS_OF_WEBSITE:
            raise ValueError(f"{README} lacks the row and the section of the website")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"{README} lacks the marks of the block that is filled in")
    return f"{before}{begin}{_block(facts, images)}{end}{after}".encode()


def _block(facts: BundleFacts, images: ImagePart) -> str:
    return "\n".join(["", *_facts(facts, images), "", *_extensions(facts), *_missing(facts), ""])


def _facts(facts: BundleFacts, images: ImagePart) -> Iterator[str]:
    packed = sum(blob.size for blob in images.blobs)
    yield "| This bundle | |"
    yield "|---|---|"
    yield f"| Made | {utc(facts.epoch)} |"
    yield f"| Signed by | {f'`{facts.signer}`' if facts.signer else 'nobody'} |"
    if images.rows:
        yield f"| Images | {len(images.rows)}, for `{facts.platform}` |"
        yield f"| Room | {readable(packed)} packed; {readable(images.layer_bytes)} more in the engine |"
    else:
        yield "| Images | none |"


def _extensions(facts: BundleFacts) -> Iterator[str]:
    yield "| Extension | Kind | Version | Images |"
    yield "|---|---|---|---|"
    for extension in facts.extensions:
        yield f"| `{extension.name}` | {extension.kind} | {extension.version} | {len(extension.images)} |"


def _missing(facts: BundleFacts) -> Iterator[str]:
    if facts.missing:
        yield ""
        yield "**Not in this bundle, although extensions need them:**"
        yield ""
        for image in facts.missing:
            yield f"- `{image.ref}`, needed by `{image.extension}`"
