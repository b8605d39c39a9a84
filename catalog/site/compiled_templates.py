"""Keeps templates as Jinja compiled them, which is half the work of a build of one extension."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

    from catalog.workspace.kept import Kept


class CompiledTemplates(BytecodeCache):
    """The compiled templates of earlier builds; one whose text is another by now is compiled again."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._process = os.getpid()

    def keep_all(self, environment: Environment) -> None:
        """Let those that this build has no use for go on to the next one."""
        for name in environment.list_templates():
            self._kept.keep(self.get_cache_key(name))

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """What it is called among what is kept; its folder does not matter, since its text is looked at."""
        del filename
        return f"template {name}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what is kept, if it was compiled from this very text; Jinja asks for it."""
        line = self._kept.get(bucket.key, bucket.checksum)
        if line is not None:
            bucket.bytecode_from_string(base64.b64decode(line))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was just compiled; a copy of this process must not write to what is kept."""
        if os.getpid() == self._process:
            code = base64.b64encode(bucket.bytecode_to_string())
            self._kept.put(bucket.key, code, bucket.checksum)
