"""A preview picture whose first bytes are not what its name says is reported when its extension is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.workspace.extensions import read_extensions, select_folders
from catalog.workspace.picture_head import picture_findings
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.model.finding import Finding

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
GIF = b"GIF89a" + b"\0" * 20
WEBP = b"RIFF\0\0\0\0WEBPVP8 "
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'


def findings(root: Path, name: str, content: Any) -> list[Finding]:
    tree(root, {**app(manifest={"preview_image": name}), f"apps/notes/{name}": content})
    (extension,) = read_extensions(root, select_folders(root))
    return list(extension.findings)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.png", PNG), ("p.PNG", PNG), ("p.jpg", JPEG), ("p.jpeg", JPEG), ("p.gif", GIF),
        ("p.webp", WEBP),
        ("p.svg", SVG), ("p.svg", b"<!-- x -->\n<svg/>"),
        ("p.svg", b"\xef\xbb\xbf\n<?xml ?><!-- " + b"x" * 2000),
    ],
)  # fmt: skip
def test_a_picture_that_is_what_its_name_says_is_fine(tmp_path: Path, name: str, content: bytes) -> None:
    assert findings(tmp_path, name, content) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.png", JPEG, "is a .jpg picture"),
        ("p.jpg", PNG, "is a .png picture"),
        ("p.webp", b"RIFF\0\0\0\0WAVEfmt ", "is no PNG"),
        ("p.png", b"<html>", "is no PNG"),
        ("p.png", b"", "is no PNG"),
        ("p.gif", SVG, "is a .svg picture"),
    ],
)
def test_another_content_than_the_name_says_is_a_warning(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (finding,) = findings(tmp_path, name, content)
    assert (finding.code.id, str(finding.file)) == ("KZ407", f"apps/notes/{name}")
    assert not finding.is_error
    assert words in finding.message


def test_a_picture_that_cannot_be_opened_is_said_to_be_so(tmp_path: Path) -> None:
    tree(tmp_path, {**app(manifest={"preview_image": "p.png"}), "apps/notes/p.png": PNG})
    (folder,) = select_folders(tmp_path)
    (extension,) = read_extensions(tmp_path, [folder])
    (tmp_path / "apps/notes/p.png").unlink()
    (finding,) = picture_findings(folder, extension)
    assert finding.code.id == "KZ002"


def test_configurations_that_a_dockerfile_copies_for_nginx_are_read(tmp_path: Path) -> None:
    compose = "services:\n  web:\n    build: ./web\n    ports: ['8080']\n    healthcheck: {disable: true}\n"
    dockerfile = (
        'FROM nginx\nCOPY nginx.conf /etc/nginx/\nCOPY ["conf.d", "/etc/nginx/conf.d/"]\nCOPY a /srv\n'
    )
    files = {name: f"# {name}" for name in ("nginx.conf", "conf.d/a.conf", "a")}
    tree(tmp_path, app(compose=compose))
    tree(tmp_path / "apps/notes/web", {"Dockerfile": dockerfile, **files})
    (extension,) = read_extensions(tmp_path, select_folders(tmp_path))
    assert extension.kamiwaza is not None
    assert {str(path): text for path, text in extension.kamiwaza.configurations.items()} == {
        "web/nginx.conf": "# nginx.conf",
        "web/conf.d/a.conf": "# conf.d/a.conf",
    }
