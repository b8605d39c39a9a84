"""Entries that mean harm, or mean nothing: a script in every field, names without end, nothing at all.

Whatever runs sets `window.__pwned`; whatever asks asks `outside.example`.
"""

from __future__ import annotations

import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from catalog.model import codes
from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.registry import Entry, Registry
from catalog.site.entry_pictures import make_pictures
from catalog.site.facts import SiteFacts
from tests.site.sample import TEMPLATES

RUN = "window.__pwned=1"
BREAKOUTS = (
    f"<script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"'><img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"</title></textarea></style></noscript></template><svg onload={RUN}>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"'+({RUN})+'",
    f'"+({RUN})+"',
    f"${{{RUN}}}",
    "`+(" + RUN + ")+`",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\u2028{RUN}\u2029",
    f"{{{{ ''.__class__.__mro__ }}}}{{% set x = 1 %}}[[content]][[root]]{RUN}",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}" style="background:url(https://outside.example/a)',
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "//outside.example/x",
    'https://outside.example/" onclick="' + RUN,
    "<base href=https://outside.example/><link rel=stylesheet href=https://outside.example/x.css>",
    "<iframe src=https://outside.example/></iframe><object data=https://outside.example/></object>",
    "<meta http-equiv=refresh content='0;url=https://outside.example/'>",
    "\x00\x01\x1b[31m\x7f\ufffe\ud800",
    "\u202eevil\u202d \u2066\u2069\u200f",
)
ALL = " ".join(BREAKOUTS)
SOUND = ALL.replace("\ud800", "")
"""The same in characters that every file can hold; what is read by our own models has no others."""
LONG = "Pneumono" * 63
WIDE = "M" * 500
RIGHT_TO_LEFT = "مكتبة الوثائق العربية " * 20

README = "\n\n".join(
    (
        "# " + ALL,
        *BREAKOUTS,
        *(f"[click]({text}) ![alt {text}]({text})" for text in BREAKOUTS),
        *(f"<a href='{text}'>x</a> <img src='{text}' alt='{text}'>" for text in BREAKOUTS),
        f"![shown](evil.svg) ![{LONG}](evil.svg) <img src=evil.svg onload={RUN}>",
        f"[{WIDE}](https://example.test/{WIDE})",
        f"| {WIDE} | {LONG} |\n|---|---|\n| {WIDE} | `{WIDE}` |",
        f"```{ALL[:80]}\n{WIDE}\n{ALL}\n```",
        f"<div id=install class=masthead style='position:fixed;inset:0'>{WIDE}</div>",
        f"<form action=https://outside.example/><button formaction='javascript:{RUN}'>go</button></form>",
        f"<details ontoggle={RUN} open><summary>{WIDE}</summary></details>",
        f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></math>",
        f"<svg><animate onbegin={RUN} attributeName=x dur=1s><a xlink:href='javascript:{RUN}'>x</a></svg>",
        f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
        "> " * 400 + "deep",
        "<div>" * 1000,
        RIGHT_TO_LEFT,
        "[unclosed ![ **broken `code <a <b <!-- ",
    )
)
SVG = f"""<?xml version="1.0"?>
<?xml-stylesheet href="https://outside.example/x.css"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="600"
  height="300" onload="{RUN}">
<script>{RUN}</script><script href="https://outside.example/x.js"/>
<style>@import url(https://outside.example/x.css); rect {{ fill: url(https://outside.example/x) red }}</style>
<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:{RUN}"/></foreignObject>
<image width="9" height="9" xlink:href="https://outside.example/x.png"/>
<use href="https://outside.example/x.svg#a"/>
<a xlink:href="javascript:{RUN}"><rect width="600" height="150" onclick="{RUN}"/></a>
<animate attributeName="x" onbegin="{RUN}" dur="1s"/><text y="200">{"M" * 80}</text>
</svg>
"""
COMPOSE = f"""\
services:
  "{"<script>" + RUN + "</script>"}":
    image: "x\\" onerror={RUN}"
    ports: ["<img src=x onerror={RUN}>:80", "{WIDE}"]
    environment: {{"<b onclick={RUN}>": "javascript:{RUN}", URL: "https://outside.example/</script>"}}
    volumes: ["{WIDE}:/</textarea><script>{RUN}</script>", "/var/run/docker.sock:/x"]
    depends_on: ["{WIDE}", "</text></svg><script>{RUN}</script>"]
    privileged: true
    deploy: {{resources: {{limits: {{cpus: "<svg onload={RUN}>", memory: "{WIDE}"}}}}}}
  "{WIDE}":
    image: {WIDE}
    depends_on: {{"<script>{RUN}</script>": {{condition: "{WIDE}"}}}}
# </code></pre><script>{RUN}</script>
"""
TEXT_FIELDS = (
    *("display_name", "version", "description", "category", "author", "license", "homepage", "visibility"),
    *("kamiwaza_version", "preferred_model_name", "preferred_model_type", "image", "source_type"),
    *("preview_image", "kz_ext_version", "template_type"),
)


def _data(name: str, words: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        **dict.fromkeys(TEXT_FIELDS, words),
        "tags": [words, *(f"{text} {words}" for text in BREAKOUTS)][:12],
        "capabilities": [words],
        "risk_tier": 2,
        "verified": True,
        "env_defaults": {words: words},
        "env_metadata": {words: {"description": words, "label": words, "type": words, "options": [words]}},
        "required_env_vars": [words, "PLAIN"],
        "optional_env_vars": {words: {"description": words, "default": words}},
        "docker_images": [words],
        "extra_docker_images": [words],
        "configuration_examples": {words: words},
        "compose_yml": COMPOSE,
        **fields,
    }


def _entries() -> list[Entry]:
    made = [
        Entry(f"hostile-{number}", kind, _data(f"hostile-{number}", words))
        for number, (kind, words) in enumerate(
            ((Kind.APP, ALL), (Kind.SERVICE, LONG), (Kind.TOOL, WIDE), (Kind.APP, RIGHT_TO_LEFT))
        )
    ]
    each = [
        Entry(f"one-{number}", Kind.APP, _data(f"one-{number}", words, category="plain"))
        for number, words in enumerate(BREAKOUTS)
    ]
    odd = [
        Entry("nothing-at-all", Kind.APP, {}),
        Entry("wrong-forms", Kind.TOOL, dict.fromkeys([*_data("", ""), "name"], 7)),
        Entry("null-forms", Kind.TOOL, dict.fromkeys([*_data("", ""), "name"])),
        Entry("list-forms", Kind.SERVICE, {key: [[{"a": [None]}], {}] for key in [*_data("", ""), "name"]}),
        Entry(f"../../{RUN}<script>", Kind.APP, _data("x", "out of the folder")),
        Entry(WIDE, Kind.APP, _data(WIDE, "a name without end")),
        Entry("pictures", Kind.APP, _data("pictures", "Pictures")),
    ]
    return [*made, *each, *odd]


ENTRIES = _entries()
REGISTRY = Registry.of(ENTRIES)
CARELESS = ("nothing-at-all", "null-forms")
"""Entries without any facts besides."""


def hostile_facts(folder: Path) -> dict[str, SiteFacts]:
    """Facts as hostile as the entries, with files that `folder` gets."""
    files = _files(folder / "files")
    finding = codes.NO_PORT.at(PurePosixPath("apps/<script>/docker-compose.yml"), ALL, hint=ALL)

    def facts(successor: str) -> SiteFacts:
        return SiteFacts(
            readme=README,
            changelog=f"# 1.0.0 {ALL}\n\n{README}",
            findings=(finding,),
            picture=str(files[PurePosixPath("evil.svg")]),
            notes=CatalogNotes(
                gallery=tuple(str(path) for path in files),
                status="deprecated",
                successor=successor,
                architectures=(SOUND, WIDE),
                links={
                    **{text: text for text in BREAKOUTS if text in SOUND},
                    WIDE: f"https://example.test/{WIDE}",
                },
            ),
            added="2026-01-01",
            updated="2026-02-01",
            files=files,
        )

    known = {entry.name: facts("nothing-at-all") for entry in ENTRIES if entry.name not in CARELESS}
    known["hostile-0"] = facts(SOUND)
    made = make_pictures(known, folder / "cache")
    return {
        name: SiteFacts(
            **{field: getattr(fact, field) for field in fact.__struct_fields__ if field != "pictures"},
            pictures=made[name],
        )
        for name, fact in known.items()
    }


def _files(folder: Path) -> dict[PurePosixPath, str]:
    folder.mkdir()
    (folder / "evil.svg").write_text(SVG, encoding="utf-8")
    (folder / "bomb.svg").write_text(
        f'<!DOCTYPE svg [<!ENTITY a "{"a" * 1000}">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
        encoding="utf-8",
    )
    (folder / "page.png").write_text(f"<html><script>{RUN}</script></html>", encoding="utf-8")
    (folder / "empty.png").touch()
    (folder / "raw.gif").write_bytes(zlib.compress(bytes(4000)))
    Image.new("RGB", (1200, 600), "teal").save(folder / f"\" onerror={RUN} '<b>.png")
    (folder / "</script><script>x.txt".replace("/", "_")).write_text(RUN, encoding="utf-8")
    return {PurePosixPath(path.name): str(path) for path in sorted(folder.iterdir())}


__all__ = ["ALL", "ENTRIES", "REGISTRY", "RUN", "TEMPLATES", "hostile_facts"]
