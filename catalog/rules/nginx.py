"""What is known of how nginx is set up in an image: the files that are copied, and what is written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.appgarden.dockerfile import configurations
from catalog.appgarden.ports import FIRST_UNPRIVILEGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from catalog.model.dockerfile import Instruction, Stage
    from catalog.rules.builds import Build

_COMMENT = re.compile(r"#[^\n]*")
_LISTEN = re.compile(r"\blisten\s+(?:[^\s;:]*:|\[[^\]]*\]:)?(\d{1,5})\b(?=[\s;\\'\"]|$)")
_PID = re.compile(r"\bpid\s+(?:/tmp/|/dev/|/var/tmp/|/var/cache/nginx/)")
_TEMPORARY = re.compile(r"_temp_path\s+(?:/tmp/|/dev/shm|/var/tmp/)")
_GIVEN = re.compile(r"\b(?:chown|chmod|install)\b")
_RUN_FOLDER = re.compile(r"/run\b|nginx\.pid")
_CACHE_FOLDER = re.compile(r"/var/cache\b")
_ELSEWHERE = re.compile(r"/etc/nginx|nginx\.conf")


class Configuration(Struct, frozen=True):
    """The texts that set nginx up: files by path relative to the extension, and instructions.

    `is_known` is false if some of it comes from where we cannot look, such as another stage.
    """

    files: Mapping[PurePosixPath, str]
    written: Sequence[Instruction]
    is_known: bool

    def unwritable(self) -> list[str]:
        """What nginx writes to places of root, as far as is known: its process file, temporary files."""
        if not self.is_known:
            return []
        texts = [*map(_bare, self.files.values()), *map(_full, self.written)]
        given = [text for text in map(_full, self.written) if _GIVEN.search(text)]
        found = []
        if not any(map(_PID.search, texts)) and not any(map(_RUN_FOLDER.search, given)):
            found.append("process file")
        if not any(map(_TEMPORARY.search, texts)) and not any(map(_CACHE_FOLDER.search, given)):
            found.append("temporary files")
        return found

    def low_ports(self) -> Iterator[tuple[PurePosixPath | None, int, int]]:
        """Each port below 1024 that is listened on: the file (None: the Dockerfile), the line, the port."""
        for path, text in self.files.items():
            for number, line in enumerate(_bare(text).split("\n"), 1):
                for port in _low(line):
                    yield path, number, port
        for instruction in self.written:
            for port in _low(_full(instruction)):
                yield None, instruction.line, port


def configuration_of(
    build: Build, stages: Sequence[Stage], texts: Mapping[PurePosixPath, str]
) -> Configuration:
    """How nginx is set up in the image of `build`, which has these `stages`; `texts` has files by path."""
    paths = configurations(build.text or "", build.paths, texts)
    inside = [one for stage in stages for one in stage.instructions]
    written = [one for one in inside if one.word in {"RUN", "CMD", "ENTRYPOINT"} or one.documents]
    return Configuration(
        {path: texts[path] for path in paths},
        written,
        not any(one.word in {"COPY", "ADD"} and _is_unknown(one, build, texts) for one in inside),
    )


def _is_unknown(instruction: Instruction, build: Build, texts: Mapping[PurePosixPath, str]) -> bool:
    """Whether files get to where nginx reads its settings that are not among `texts`."""
    if instruction.documents or not _ELSEWHERE.search(instruction.value):
        return False
    if "--from" in instruction.value:
        return True
    return not any(True for _ in configurations(f"COPY {instruction.value}", build.paths, texts))


def _low(text: str) -> Iterator[int]:
    return (port for port in map(int, _LISTEN.findall(text)) if 0 < port < FIRST_UNPRIVILEGED)


def _bare(text: str) -> str:
    """A configuration without its comments, its lines as they were."""
    return _COMMENT.sub("", text)


def _full(instruction: Instruction) -> str:
    return "\n".join((instruction.value, *instruction.documents))
