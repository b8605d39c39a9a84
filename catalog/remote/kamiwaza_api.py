"""The calls of the Kamiwaza API that the catalog makes.

Paths are those of the platform's OpenAPI document. Tools are looked up among the templates of apps: the list
of tools that the API has shows names beginning with `tool-` only, so `mcp-` tools would be made anew every
time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model.names import Kind
from catalog.remote.failures import AbsentError, PlatformError
from catalog.remote.templates import read_remote, read_template, read_templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from catalog.remote.session import Session
    from catalog.remote.templates import RemoteEntry, Template

TEMPLATES = "/apps/app_templates"
_UPDATES = {Kind.APP: TEMPLATES, Kind.SERVICE: TEMPLATES, Kind.TOOL: "/tool/tool_templates"}
_REMOTE_APPS = "/apps/remote/apps?force_refresh=true"
_REMOTE_TOOLS = "/tool/remote/tools"
_SYNCS = {False: "/apps/remote/sync", True: "/tool/remote/sync"}


class KamiwazaApi:
    """One platform's templates and catalog; every call raises what `Session.get` raises."""

    def __init__(self, session: Session) -> None:
        """Speak in the name of a session."""
        self._session = session
        self.address = session.address

    def templates(self) -> list[Template]:
        """All templates: of apps, services and tools."""
        return read_templates(self._listed(TEMPLATES), f"GET {self.address}{TEMPLATES}")

    def create(self, body: Mapping[str, Any]) -> Template:
        """Make a template, of whatever kind."""
        return read_template(self._session.post(TEMPLATES, body), f"POST {self.address}{TEMPLATES}")

    def update(self, template_id: UUID, kind: Kind, body: Mapping[str, Any]) -> Template:
        """Replace a template."""
        path = f"{_UPDATES[kind]}/{template_id}"
        return read_template(self._session.put(path, body), f"PUT {self.address}{path}")

    def remote(self, *, tools: bool) -> list[RemoteEntry]:
        """What the catalog that the platform reads has: its tools, or its apps and services."""
        path = _REMOTE_TOOLS if tools else _REMOTE_APPS
        return read_remote(self._listed(path), f"GET {self.address}{path}")

    def sync(self, names: Sequence[str], *, tools: bool) -> Any:
        """Have the platform import from its catalog; what it says of it has no documented form."""
        return self._session.post(_SYNCS[tools], {"names": list(names)})

    def _listed(self, path: str) -> Any:
        try:
            return self._session.get(path)
        except AbsentError as error:
            raise PlatformError(
                f"There is no Kamiwaza API at {self.address}. {error.message}", error.hint
            ) from None
