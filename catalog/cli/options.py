"""Options that several commands take, each written once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.cli.console import Console
    from catalog.registry.layout import RepositoryVersion
    from catalog.workspace.shared_libraries import Language
    from catalog.workspace.workspace import Workspace

F = TypeVar("F", bound="Callable[..., Any]")
KINDS = ("app", "service", "tool")
STAGES = ("dev", "stage", "prod")


class Context(Struct):
    """What the global options say; they may stand before or after the command."""

    workspace: Path | None = None
    as_json: bool = False
    quiet: bool = False
    debug: bool = False
    color: bool = True

    @classmethod
    def early(cls, arguments: list[str]) -> Context:
        """What must be known before the arguments are parsed, so that errors in them are shown as asked."""
        color = "--no-color" not in arguments and not os.environ.get("NO_COLOR") and sys.stderr.isatty()
        return cls(as_json="--json" in arguments, debug="--debug" in arguments, color=color)

    def open_workspace(self) -> Workspace:
        """The workspace that the command works on.

        Raises:
            UsageError: there is none.
        """
        from catalog.workspace.workspace import open_workspace  # noqa: PLC0415  # help need not wait for it

        return open_workspace(self.workspace, Path.cwd())

    def console(self) -> Console:
        """The console that speaks as asked."""
        from catalog.cli.console import Console  # noqa: PLC0415

        return Console(as_json=self.as_json, quiet=self.quiet, color=self.color)


def _store(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Put the value of a global option into the context, unless the option was not given."""
    if value and param.name:
        ctx.obj = replace(ctx.ensure_object(Context), **{param.name: value})


def _store_no_color(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        ctx.obj = replace(ctx.ensure_object(Context), color=False)


_GLOBAL_OPTIONS = (
    click.option(
        "--workspace",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder with apps/, services/ and tools/ (default: the nearest one upward).",
        callback=_store,
        expose_value=False,
    ),
    click.option(
        "--json",
        "as_json",
        is_flag=True,
        help="Print the result as JSON.",
        callback=_store,
        expose_value=False,
    ),
    click.option(
        "--quiet", "-q", is_flag=True, help="Print errors only.", callback=_store, expose_value=False
    ),
    click.option(
        "--debug",
        is_flag=True,
        help="Show where an internal error came from.",
        callback=_store,
        expose_value=False,
    ),
    click.option(
        "--no-color",
        is_flag=True,
        help="Print without colours.",
        callback=_store_no_color,
        expose_value=False,
    ),
)


def global_options(function: F) -> F:
    """Give a command the options that every command has."""
    for option in reversed(_GLOBAL_OPTIONS):
        function = option(function)
    return function


def type_option(function: F) -> F:
    """`--type`: only extensions of one kind."""
    return click.option("--type", "kind", type=click.Choice(KINDS), help="Only extensions of this kind.")(
        function
    )


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of extensions that begin with what was typed, for shell completion."""
    del param
    from catalog.errors import CatalogError  # noqa: PLC0415
    from catalog.workspace.folders import extension_folders  # noqa: PLC0415

    try:
        root = (ctx.find_object(Context) or Context()).open_workspace().root
    except CatalogError:
        return []
    return [folder.name for folder in extension_folders(root) if folder.name.startswith(incomplete)]


def name_argument(function: F) -> F:
    """NAME: one extension."""
    return click.argument("name", shell_complete=complete_names)(function)


def names_argument(function: F) -> F:
    """NAME…: some extensions, all when none is given."""
    return click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_names)(function)


def no_cache_option(function: F) -> F:
    """`--no-cache`: nothing is taken from earlier runs."""
    return click.option("--no-cache", is_flag=True, help="Make everything again, also what did not change.")(
        function
    )


def stage_option(function: F) -> F:
    """`--stage`: which tags our images get."""
    choice = click.Choice(STAGES)
    return click.option("--stage", type=choice, help="Tag our images as for this stage.")(function)


def _versions(ctx: click.Context, param: click.Parameter, value: str) -> tuple[RepositoryVersion, ...]:
    """The generations in a list such as `v1,v2`."""
    from catalog.registry.layout import RepositoryVersion  # noqa: PLC0415

    try:
        return tuple(dict.fromkeys(RepositoryVersion(word.strip()) for word in value.split(",")))
    except ValueError:
        known = ", ".join(version.value for version in RepositoryVersion)
        raise click.BadParameter(f"{value!r} is not a list of {known}.", ctx, param) from None


def repo_version_option(function: F) -> F:
    """`--repo-version`: which generations of the catalog are written."""
    return click.option(
        "--repo-version",
        "versions",
        default="v1",
        callback=_versions,
        help="Catalog generations: v1, v2, v3.",
    )(function)


def languages_options(function: F) -> F:
    """`--python-only` and `--ts-only`: shared libraries of one language."""
    function = click.option("--ts-only", is_flag=True, help="Only TypeScript libraries.")(function)
    return click.option("--python-only", is_flag=True, help="Only Python libraries.")(function)


def only_languages(python_only: bool, ts_only: bool) -> frozenset[Language]:
    """The languages that the two options leave; with both, nothing would be left.

    Raises:
        UsageError: both are given.
    """
    from catalog.errors import UsageError  # noqa: PLC0415
    from catalog.workspace.shared_libraries import Language  # noqa: PLC0415

    if python_only and ts_only:
        raise UsageError(
            "--python-only and --ts-only exclude each other.", "Leave both out for all libraries."
        )
    if python_only:
        return frozenset({Language.PYTHON})
    return frozenset({Language.TYPESCRIPT}) if ts_only else frozenset(Language)
