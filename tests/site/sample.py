"""A registry as they are found: good entries, careless ones, hostile ones."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image, ImageDraw

from catalog.model import codes
from catalog.model.names import kind_by_prefix
from catalog.registry.registry import Entry, Registry
from catalog.site.facts import SiteFacts

TEMPLATES = Path(__file__).parents[2] / "site_templates"

COMPOSE = """\
services:
  frontend:
    image: kamiwazaai/{name}-frontend:v{version}
    ports:
      - "3000"
    environment:
      BACKEND_URL: http://backend:8000
      MODEL_PORT: "{{model_port}}"
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
    deploy:
      resources:
        limits:
          cpus: "0.5"
          memory: 256M
    extra_hosts:
      - host.docker.internal:host-gateway
  backend:  # keeps everything that people upload
    image: kamiwazaai/{name}-backend:v{version}
    ports:
      - "8000"
    volumes:
      - backend_data:/app/data
    restart: unless-stopped
    deploy:
      resources:
        limits:
          cpus: "1.0"
          memory: 1G
    extra_hosts:
      - host.docker.internal:host-gateway
  cache:
    image: docker.io/library/redis:7.2-alpine
    command: ["redis-server", "--save", "60", "1"]
volumes:
  backend_data: {{}}
"""

README = """\
# {title}

{summary} It runs wholly on your own machines, and it keeps working when the network does not.

![The start page](docs/start.png)

## Getting started

1. Open it from the App Garden.
2. Drop a file on the page, or paste text.
3. Ask a question. See [the settings](#settings-in-short) for what can be tuned.

```bash
curl -s "$KAMIWAZA_APP_URL/api/health" | grep ok
```

```python
from client import Client

with Client("http://localhost:8000") as client:
    print(client.ask("What changed since March?", limit=5))
```

## Settings in short

| Setting | Default | What it does |
|---------|--------:|--------------|
| `CHUNK_SIZE` | 800 | Characters of one passage |
| `TOP_K` | 5 | Passages that an answer may use |

> Documents stay in the volume `backend_data`; removing the deployment keeps it.

Read more at [the project's page](https://example.org/docs) or in the [contributor notes](CONTRIBUTING.md).
"""

CHANGELOG = """\
# Changelog

## 2.4.1

- Fixed: long tables are read to the end.

## 2.4.0

- Added: answers name the page they come from.
"""

HOSTILE = """<script>document.title = "owned"</script><img src=x onerror="document.title='owned'">"""
HOSTILE_README = """\
# Hello <script>document.title = "owned"</script>

<img src="https://outside.example/pixel.png" onerror="document.title='owned'" alt="tracking pixel">
![badge](https://outside.example/badge.svg)
<iframe src="https://outside.example/"></iframe>
<link rel="stylesheet" href="https://outside.example/style.css">
<style>@import url(https://outside.example/style.css);</style>
<svg onload="document.title='owned'"><image href="https://outside.example/x.png"/></svg>
<video src="https://outside.example/a.mp4" autoplay></video>
<form action="https://outside.example/"><input name="password"></form>
<a href="javascript:document.title='owned'">click</a> [md](javascript:document.title='owned')
<a href="//outside.example/share">share</a> <a href="file:///etc/passwd">file</a>
<meta http-equiv="refresh" content="0; url=https://outside.example/">
<base href="https://outside.example/">
<p style="background:url(https://outside.example/bg.png)" onmouseover="document.title='owned'">styled</p>
<div id="install">a stolen id</div> <a href="#nowhere">a link to nowhere</a>

```"><script>document.title='owned'</script>
code
```
"""


def _entry(name: str, title: str, version: str, summary: str, **fields: Any) -> Entry:
    compose = COMPOSE.format(name=name, version=version)
    data = {
        "name": name,
        "display_name": title,
        "version": version,
        "source_type": "kamiwaza",
        "visibility": "public",
        "description": summary,
        "verified": False,
        "risk_tier": 0,
        "tags": [],
        "category": None,
        "env_defaults": {"LOG_LEVEL": "info"},
        "preferred_model_type": None,
        "docker_images": [
            f"kamiwazaai/{name}-frontend:v{version}",
            f"kamiwazaai/{name}-backend:v{version}",
            "docker.io/library/redis:7.2-alpine",
        ],
        "compose_yml": compose,
        **fields,
    }
    return Entry(name, kind_by_prefix(name), data)


DOCUMENT_CHAT = _entry(
    "document-chat",
    "Document Chat",
    "2.4.1",
    "Ask questions about your own documents and get answers that name the page they come from.",
    category="ai",
    tags=["rag", "documents", "search", "pdf"],
    verified=True,
    risk_tier=1,
    author="Acme Research",
    license="Apache-2.0",
    homepage="https://example.org/document-chat",
    kamiwaza_version=">=0.8.0,<2.0.0",
    preferred_model_type="large",
    preferred_model_name="qwen",
    fail_if_model_type_unavailable=True,
    capabilities=["chat", "retrieval"],
    required_env_vars=["ADMIN_EMAIL"],
    env_defaults={
        "CHUNK_SIZE": "800",
        "TOP_K": "5",
        "OPENAI_BASE": "{openai_base_url}",
        "BANNER": "",
        "ANSWER_STYLE": "brief",
    },
    env_metadata={
        "CHUNK_SIZE": {"description": "Characters of one passage"},
        "ANSWER_STYLE": {"label": "How long answers are", "type": "select", "options": ["brief", "full"]},
    },
    optional_env_vars={
        "SSO_ISSUER": {"description": "Address of the identity provider", "required": False},
        "ADMIN_EMAIL": {"description": "Who gets the first account"},
    },
)

ENTRIES = (
    DOCUMENT_CHAT,
    _entry(
        "team-board",
        "Team Board",
        "1.0.3",
        "A quiet board for tasks.",
        category="productivity",
        verified=True,
    ),
    _entry(
        "meeting-minutes",
        "Meeting Minutes",
        "0.9.0-rc.1",
        "Turns recordings into minutes with decisions and owners, without sending a word outside.",
        category="productivity",
        tags=["audio", "speech"],
        preferred_model_type="any",
    ),
    _entry("notebook-lab", "Notebook Lab", "3.1.0", "Notebooks beside your models.", category="development"),
    _entry(
        "a-very-long-name-that-somebody-really-typed-into-the-manifest-x",
        "Pneumonoultramicroscopicsilicovolcanoconiosis-Recordkeeping-And-Reporting-Workbench",
        "10.20.30-alpha.1.very.long.prerelease",
        "Averyveryverylongwordwithoutanyplacetobreakit" * 4,
        category="Internet Data And Other Things That Need A Long Category Label",
        tags=["a-tag-that-is-much-longer-than-any-tag-should-be", "b"],
    ),
    _entry(
        "arabic-library",
        "مكتبة الوثائق العربية",
        "1.2.0",
        "أرشفة الوثائق والبحث فيها باللغة العربية دون اتصال بالشبكة.",
        category="معرفة",
        tags=["عربي", "بحث"],
    ),
    _entry("kanji-reader", "漢字リーダー", "0.3.2", "手書きの文書を読み取ります。", category="ai"),
    _entry(
        "service-vector-store",
        "Vector Store",
        "1.8.0",
        "Keeps embeddings and finds their neighbours in milliseconds.",
        category="data",
        tags=["embeddings", "search"],
        verified=True,
    ),
    _entry(
        "service-mail-relay", "Mail Relay", "0.4.1", "Hands mail to your own relay.", category="communication"
    ),
    _entry(
        "service-gpu-monitor",
        "GPU Monitor",
        "1.1.0",
        "Watches temperature and memory of every accelerator in the cluster.",
        category="operations",
        risk_tier=2,
        tags=["gpu", "metrics", "alerts"],
    ),
    _entry("tool-git", "", "2.0.0", "Lets models read repositories.", category="development", verified=True),
    _entry(
        "tool-email-mcp",
        "",
        "1.0.4",
        "Reads and drafts mail over the Model Context Protocol.",
        category="communication",
        risk_tier=1,
        image="kamiwazaai/tool-email-mcp:v1.0.4",
        compose_yml="",
        docker_images=[],
        tags=["mcp"],
    ),
    _entry(
        "mcp-web-search",
        "Web Search",
        "0.2.0",
        "Searches an index of your intranet.",
        category="internet_data",
    ),
    _entry(
        "hostile-entry",
        HOSTILE,
        f"1.0.0{HOSTILE}",
        HOSTILE,
        category=HOSTILE,
        tags=[HOSTILE],
        author=HOSTILE,
        license=HOSTILE,
        homepage="javascript:document.title='owned'",
        capabilities=[HOSTILE],
        env_defaults={HOSTILE: HOSTILE},
        required_env_vars=[HOSTILE],
        compose_yml=f"services:\n  web:\n    image: x  # {HOSTILE}\n    ports: ['{HOSTILE[:60]}']\n",
        docker_images=[HOSTILE],
        preferred_model_type=HOSTILE,
    ),
    _entry(
        "careless-entry",
        "Careless",
        "1.0.0",
        "Every field has the wrong form.",
        tags="not a list",
        risk_tier=True,
        env_defaults=["not", "a", "mapping"],
        compose_yml="{{{",
        optional_env_vars={"X": "not a mapping"},
        env_metadata={"Y": None},
        docker_images=None,
        preferred_model_type=7,
        verified="yes",
    ),
)
REGISTRY = Registry.of(ENTRIES)


def _facts(entry: Entry) -> SiteFacts:
    title, summary = entry.data["display_name"] or entry.name, entry.data["description"]
    return SiteFacts(readme=README.format(title=title, summary=summary))


def sample_facts() -> dict[str, SiteFacts]:
    """Facts about the sample's entries; some have none."""
    warning = codes.NO_PORT.at(
        PurePosixPath("apps/document-chat/docker-compose.yml"), "The service 'cache' offers no port."
    )
    hint = codes.IMAGE_UNPINNED.at(
        PurePosixPath("apps/document-chat/docker-compose.yml"), "An image has no digest.", hint="Pin it."
    )
    return {
        **{entry.name: _facts(entry) for entry in ENTRIES if entry.name != "service-mail-relay"},
        "document-chat": SiteFacts(
            README.format(title="Document Chat", summary="Ask your documents."), CHANGELOG, (warning, hint)
        ),
        "hostile-entry": SiteFacts(HOSTILE_README, HOSTILE_README),
    }


def draw_pictures(folder: Path) -> dict[str, Path]:
    """Preview pictures of the kinds that authors send: a screenshot, a photograph, an icon."""
    return {
        "document-chat": _screenshot(folder / "document-chat.png"),
        "team-board": _photograph(folder / "team-board.jpg"),
        "tool-git": _icon(folder / "tool-git.png"),
    }


def _screenshot(path: Path) -> Path:
    image = Image.new("RGB", (1440, 900), "#eef2f7")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1440, 88), fill="#14323f")
    draw.rectangle((0, 88, 320, 900), fill="#dbe4ec")
    for row in range(8):
        draw.rounded_rectangle((40, 130 + row * 84, 280, 180 + row * 84), 12, fill="#c3d0dc")
        draw.rounded_rectangle((380, 140 + row * 84, 1380 - row * 70, 180 + row * 84), 10, fill="#ffffff")
    draw.rounded_rectangle((1100, 760, 1390, 850), 24, fill="#0f8a7e")
    image.save(path)
    return path


def _photograph(path: Path) -> Path:
    image = Image.linear_gradient("L").resize((1000, 600))
    Image.merge(
        "RGB", (image, image.point(lambda value: value // 2 + 60), image.point(lambda value: 255 - value))
    ).save(path)
    return path


def _icon(path: Path) -> Path:
    image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.regular_polygon((128, 128, 120), 4, fill="#d9482b")
    for x, y in ((128, 60), (128, 196), (196, 128)):
        draw.ellipse((x - 18, y - 18, x + 18, y + 18), fill="#ffffff")
    image.save(path)
    return path
