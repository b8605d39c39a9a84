"""Writes the same content three times: as a workspace of ours, and as Markdown for the two peers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.model.yaml_text import read_yaml
from scripts.bench.workspace import generate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

README = """\
# {name}

An extension that is number {number} of a generated workspace. It keeps notes, and finds them again.

## What it does

| Feature | State | Since |
| --- | --- | --- |
{rows}

- Search over *everything*, with `AND` and `OR`
- Export to Markdown, PDF and plain text
- [The manual](https://example.test/manual) explains the rest

## Getting started

```bash
curl -s http://localhost:8080/health
export LOG_LEVEL=debug
```

{prose}

## Limits

1. Up to 10,000 notes for each user
2. No more than 20 MB for each picture

{prose}
"""
CHANGELOG = """\
# Changelog

## {version}

- Keeps the order of notes when they are exported
- Number {number} starts faster

## 0.9.0

- The first version that others have seen
"""
PROSE = "It keeps notes, finds them again, and exports them to where they are needed. " * 8
MKDOCS = """\
site_name: Generated extensions
docs_dir: documents
site_dir: site
theme: {name: material, font: false}
plugins: [search]
not_in_nav: "extensions/*.md"
nav: [index.md]
markdown_extensions: [tables, attr_list, pymdownx.highlight, pymdownx.superfences]
"""
HUGO = """\
baseURL = "https://example.test/"
title = "Generated extensions"
theme = "plain"
disableKinds = ["RSS"]
paginate = 48
[taxonomies]
category = "categories"
[outputs]
home = ["HTML", "JSON"]
[markup.highlight]
noClasses = false
[markup.goldmark.renderer]
unsafe = false
"""
_HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head><body>'
_CARDS = (
    '{{ range .Paginator.Pages }}<article><h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2>'
    "<p>{{ .Params.description }}</p>{{ range .Params.tags }}<span>{{ . }}</span>{{ end }}</article>{{ end }}"
    '{{ template "_internal/pagination.html" . }}'
)
HUGO_LAYOUTS = {
    "index.html": f"{_HEAD}<h1>{{{{ .Title }}}}</h1>{_CARDS}</body></html>",
    "_default/list.html": f"{_HEAD}<h1>{{{{ .Title }}}}</h1>{_CARDS}</body></html>",
    "_default/single.html": f"{_HEAD}<h1>{{{{ .Title }}}}</h1>{{{{ .TableOfContents }}}}{{{{ .Content }}}}"
    "</body></html>",
    "index.json": "[{{ range $i, $p := .Site.RegularPages }}{{ if $i }},{{ end }}"
    '{"name": {{ .Title | jsonify }}, "about": {{ .Params.description | jsonify }}, '
    '"tags": {{ .Params.tags | jsonify }}}{{ end }}]',
}


def workspace(root: Path, count: int) -> Path:
    """A workspace of `count` apps at `root`, each with a README of 2 KB and a changelog."""
    generate(root, count)
    for number, folder in enumerate(sorted((root / "apps").iterdir())):
        rows = "\n".join(f"| Feature {row} of {number} | ready | 1.{row}.0 |" for row in range(8))
        readme = README.format(name=folder.name, number=number, rows=rows, prose=PROSE)
        (folder / "README.md").write_text(readme, encoding="utf-8")
        (folder / "CHANGELOG.md").write_text(
            CHANGELOG.format(version="1.0.0", number=number), encoding="utf-8"
        )
    return root


def for_mkdocs(folder: Path, root: Path) -> Path:
    """A mkdocs project in `folder` with a page for every app of the workspace `root`, none in the nav."""
    pages = folder / "documents" / "extensions"
    pages.mkdir(parents=True)
    (folder / "mkdocs.yml").write_text(MKDOCS, encoding="utf-8")
    names = []
    for name, manifest, page in _pages(root):
        (pages / f"{name}.md").write_text(page, encoding="utf-8")
        names.append(f"- [{name}](extensions/{name}.md): {manifest['description']}")
    index = "# Generated extensions\n\n" + "\n".join(names) + "\n"
    (folder / "documents" / "index.md").write_text(index, encoding="utf-8")
    return folder


def for_hugo(folder: Path, root: Path) -> Path:
    """A Hugo project in `folder` with a plain theme and a page for every app of the workspace `root`."""
    content, layouts = folder / "content" / "extensions", folder / "themes" / "plain" / "layouts"
    content.mkdir(parents=True)
    (folder / "config.toml").write_text(HUGO, encoding="utf-8")
    for name, text in HUGO_LAYOUTS.items():
        (layouts / name).parent.mkdir(parents=True, exist_ok=True)
        (layouts / name).write_text(text, encoding="utf-8")
    for name, manifest, page in _pages(root):
        front = {
            "title": name,
            "description": manifest["description"],
            "tags": manifest["tags"],
            "categories": [manifest["category"]],
        }
        (content / f"{name}.md").write_text(f"{json.dumps(front)}\n\n{page}", encoding="utf-8")
    return folder


def _pages(root: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name, manifest and Markdown page of every app: what its page on our website says."""
    for folder in sorted((root / "apps").iterdir()):
        manifest = json.loads((folder / "kamiwaza.json").read_text(encoding="utf-8"))
        compose = (folder / "docker-compose.appgarden.yml").read_text(encoding="utf-8")
        readme = (folder / "README.md").read_text(encoding="utf-8")
        changes = (folder / "CHANGELOG.md").read_text(encoding="utf-8").replace("# ", "## ")
        parts = (
            readme,
            f"{manifest['description']}. Version {manifest['version']}, risk tier {manifest['risk_tier']}.",
            "## Settings\n",
            *_rows("Variable", "Default", manifest.get("env_defaults", {})),
            "\n## Services\n",
            *_rows("Service", "Image", _images(compose)),
            f"\n## Compose file\n\n```yaml\n{compose}```\n",
            changes,
        )
        yield folder.name, manifest, "\n".join(parts)


def _images(compose: str) -> dict[str, str]:
    services = read_yaml(compose)["services"]
    return {name: service["image"] for name, service in services.items()}


def _rows(one: str, other: str, values: Mapping[str, object]) -> Iterator[str]:
    yield f"| {one} | {other} |\n| --- | --- |"
    yield from (f"| `{name}` | `{value}` |" for name, value in values.items())
