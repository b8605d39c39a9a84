"""Decides what becomes of one mount: kept, turned into a named volume, or dropped, and why."""

from __future__ import annotations

import posixpath
import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.appgarden.development import normal
from catalog.appgarden.dockerfile import shadows
from catalog.appgarden.volumes import MountKind
from catalog.model.compose import build_section

if TYPE_CHECKING:
    from catalog.appgarden.development import Development, Service
    from catalog.appgarden.volumes import Mount

_PROJECT_FOLDER = re.compile(r"\$(?:PWD|\{PWD(?::?\?[^}]*)?\})(?=/|$)")
_HOME_FOLDER = re.compile(r"(?:~|\$(?:HOME|\{HOME(?::?\?[^}]*)?\}))/*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SYSTEM_FOLDERS = _words("""
    / /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var
    /tmp/.X11-unix /var/lib /var/log /var/run
""")
_SYSTEM_TREES = tuple(
    _words("""
    /boot/ /dev/ /etc/ /lib/ /proc/ /run/ /sys/ /usr/ /var/lib/containerd/ /var/lib/docker/ /var/log/
    /var/run/
    """)
)
_ENGINE_SOCKETS = _words("containerd.sock crio.sock docker.sock docker.sock.raw docker_engine podman.sock")
_FILE_NAMES = _words("""
    caddyfile corefile crontab dockerfile gemfile hosts jenkinsfile license localtime makefile passwd procfile
    readme timezone
""")
_FILE_SUFFIXES = _words("""
    .acl .bash .cer .cfg .cjs .cnf .conf .config .crt .csr .css .csv .db .dump .env .gz .hcl .htm .html
    .htpasswd .ini .jar .java .jks .js .json .json5 .jsonc .jsx .key .keystore .ldif .license .list .lock .log
    .lua .md .mjs .p12 .pem .pfx .php .pl .properties .pub .py .rb .rules .service .sh .so .sql .sqlite
    .sqlite3 .svg .tar .template .tf .toml .tpl .ts .tsv .tsx .txt .vcl .war .xml .yaml .yml .zip
""")
_HIDDEN_FILE = re.compile(
    r"\.(?:env\..*|.*rc|.*(?:ignore|history|credentials)|gitconfig|gitmodules|gitattributes|pgpass|profile)"
    r"|\.(?:bash_|erlang\.|x)(?:profile|aliases|cookie|authority)"
)

_CODE_SUFFIXES = _words("""
    .bash .c .cc .clj .cjs .cpp .cs .css .dart .erb .erl .ex .exs .fs .go .graphql .groovy .h .hpp .hs .htm
    .html .ipynb .j2 .java .js .jsx .kt .less .lua .mjs .php .pl .pm .proto .py .pyi .r .rb .rs .sass .scala
    .scss .sh .sql .svelte .swift .tmpl .ts .tsx .vue
""")


class Fate(StrEnum):
    """What becomes of a mount; a read-only one depends on whether another mount fills the same volume."""

    KEPT = "kept"
    CONVERTED = "converted"
    DROPPED = "dropped"
    READ_ONLY = "read-only"
    ENGINE_SOCKET = "engine socket"


class Verdict(Struct, frozen=True):
    """A mount's fate; `why` ends the sentence "it was dropped because ..." and is empty otherwise."""

    fate: Fate
    why: str = ""


def verdict(mount: Mount, service: Service) -> Verdict:
    """What becomes of `mount` in `service`."""
    if mount.kind is not MountKind.BIND:
        return Verdict(Fate.KEPT)
    if _ENGINE_SOCKETS & {_last_part(mount.source), _last_part(mount.target)}:
        return Verdict(Fate.ENGINE_SOCKET)
    why = _reason_to_drop(mount, service)
    if why:
        return Verdict(Fate.DROPPED, why)
    if mount.read_only:
        return Verdict(Fate.READ_ONLY, "it is read-only, and no other mount could fill the volume")
    return Verdict(Fate.CONVERTED)


def source_key(source: str) -> str:
    """The same text for every spelling of the same source, so that what was shared stays shared."""
    path = _PROJECT_FOLDER.sub(".", source).replace("\\", "/")
    return (
        posixpath.normpath(path).replace("//", "/", 1) if path.startswith("//") else posixpath.normpath(path)
    )


def holds_files(development: Development, folder: PurePosixPath) -> bool:
    """Whether the extension has files below `folder`."""
    prefix = "" if str(folder) == "." else f"{folder}/"
    return any(str(path).startswith(prefix) for path in development.files)


def _reason_to_drop(mount: Mount, service: Service) -> str:
    key = source_key(mount.source)
    reasons = (
        (_is_system(key), "it is a part of the host's own system"),
        (key.endswith(".sock"), "it is a socket on the host"),
        (_is_file(PurePosixPath(key), mount, service.development), "it is a file, and volumes hold folders"),
        (_is_around(key), "it is the folder of the extension's own sources, or one around it"),
        (_is_source_code(PurePosixPath(key), mount, service), "it is source code that the image has already"),
    )
    return next((why for applies, why in reasons if applies), "")


def _is_system(key: str) -> bool:
    is_below = f"{key}/".startswith(_SYSTEM_TREES)
    return key in _SYSTEM_FOLDERS or is_below or _HOME_FOLDER.fullmatch(key) is not None


def _is_file(path: PurePosixPath, mount: Mount, development: Development) -> bool:
    if path in development.files:
        return True
    if holds_files(development, path):
        return False
    return _named_like_a_file(path.name) or _named_like_a_file(_last_part(mount.target))


def _named_like_a_file(name: str) -> bool:
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix or lower  # `.env` is all suffix, though not to pathlib
    return lower in _FILE_NAMES or suffix in _FILE_SUFFIXES or _HIDDEN_FILE.fullmatch(lower) is not None


def _is_around(key: str) -> bool:
    return set(key.split("/")) <= {".", ".."}


def _is_source_code(path: PurePosixPath, mount: Mount, service: Service) -> bool:
    """Whether the mount shows the image's own code again, so that an edit needs no new image."""
    section = build_section(service.data)
    if section is None or path.is_absolute() or ".." in path.parts:
        return False
    context = normal(section.context)
    if path == context:
        return True
    if not path.is_relative_to(context):
        return False
    text = service.development.dockerfiles.get(section.dockerfile)
    if text is None:
        return str(context) != "."
    is_in_image = shadows(text, str(path.relative_to(context)), mount.target)
    return is_in_image and _holds_code(service.development, path)


def _holds_code(development: Development, folder: PurePosixPath) -> bool:
    """Whether some of what lies below `folder` is program text; data that the image brings must persist."""
    return any(
        path.suffix.lower() in _CODE_SUFFIXES for path in development.files if path.is_relative_to(folder)
    )


def _last_part(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]
