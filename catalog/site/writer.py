"""Fills page templates into the shell: a template and its values in, one page of the website out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from markupsafe import Markup, escape
from msgspec import Struct

from catalog.model.file_tree import TreeFile
from catalog.registry.layout import CONTENT_SECURITY_POLICY, INDEX, SITE
from catalog.site.addresses import HOME, NOT_FOUND, TOPICS, to_site_root, within_site
from catalog.site.templates import page_templates

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from jinja2 import Environment

    from catalog.site.compiled_templates import CompiledTemplates
    from catalog.site.facts import SiteOptions
    from catalog.site.shell import Shell


class About(Struct, frozen=True):
    """What a page says of itself in its head.

    `scripts` names the kind of page whose scripts it needs, `picture` is the address of a picture in the
    site folder, `data` that of a JSON document with the same content; each may be empty.
    """

    title: str
    description: str
    scripts: Literal["", "list", "entry", "compare"] = ""
    picture: str = ""
    data: str = ""


class PageWriter(Struct, frozen=True):
    """Fills pages into the shell."""

    shell: Shell
    options: SiteOptions
    environment: Environment

    @classmethod
    def of(cls, shell: Shell, options: SiteOptions, compiled: CompiledTemplates | None = None) -> PageWriter:
        """The writer of a website that looks like this."""
        return cls(shell, options, page_templates(shell.pages, options.templates, compiled))

    def entrance(self) -> TreeFile:
        """The page at the root of the registry, which leads to the website."""
        values = {"home": HOME, "title": self.options.title, "csp": CONTENT_SECURITY_POLICY}
        return _html(INDEX, self.environment.get_template("entrance.html").render(values))

    def page(self, template: str, path: PurePosixPath, about: About, **values: Any) -> TreeFile:
        """The page at `path`; every template is also given the ways to the site folder, home and topics."""
        root = self._root(path)
        content = self.environment.get_template(template).render(
            root=root, options=self.options, home=within_site(HOME), topics=within_site(TOPICS), **values
        )
        site = escape(self.options.title)
        slots = {
            "root": root,
            "site": str(site),
            "title": str(site if path == HOME else escape(about.title) + " - " + site),
            "description": str(escape(about.description)),
            "head": str(self._head(path, root, about)),
            "scripts": self._scripts(about, root),
            "content": content,
        }
        return _html(path, self.shell.frame.fill(slots))

    def _root(self, path: PurePosixPath) -> str:
        """The way to the site folder: relative, but for the page that servers show at any address."""
        if path != NOT_FOUND:
            return to_site_root(path)
        place = urlsplit(self.options.base_url).path.strip("/")  # two slashes in front would name a host
        return f"/{place}/{SITE}/" if place else f"/{SITE}/"

    def _scripts(self, about: About, root: str) -> str:
        return self.shell.scripts[about.scripts].replace("[[root]]", root) if about.scripts else ""

    def _head(self, path: PurePosixPath, root: str, about: About) -> Markup:
        data = Markup('<link rel="alternate" type="application/json" href="{}{}">\n').format(root, about.data)
        shared = self._shared(path, about) if self.options.base_url and path != NOT_FOUND else Markup()
        return (data if about.data else Markup()) + shared

    def _shared(self, path: PurePosixPath, about: About) -> Markup:
        """The canonical address and what others show of a page that they link to (ogp.me)."""
        base = self.options.base_url.rstrip("/")
        picture = f"{base}/{SITE}/{about.picture}" if about.picture else ""
        properties = {
            "og:type": "website",
            "og:site_name": self.options.title,
            "og:title": about.title,
            "og:description": about.description,
            "og:url": f"{base}/{path}",
            "og:image": picture,
        }
        line = Markup('<meta property="{}" content="{}">\n')
        lines = [line.format(name, text) for name, text in properties.items() if text]
        return Markup('<link rel="canonical" href="{}/{}">\n').format(base, path) + Markup("").join(lines)


def _html(path: PurePosixPath, text: str) -> TreeFile:
    """The page as UTF-8; half a character, which JSON can name, becomes a question mark."""
    return TreeFile(path, text.encode("utf-8", "replace"))
