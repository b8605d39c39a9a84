"""The group of all commands, and the one place where failures become messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click
from msgspec import Struct

from catalog import __version__
from catalog.cli.console import Console
from catalog.cli.options import Context, global_options
from catalog.cli.streams import open_streams
from catalog.errors import CatalogError, MissingError
from catalog.operations import GROUPS, OPERATIONS

if TYPE_CHECKING:
    from types import FrameType

    from catalog.cli.streams import Outlet

INTERRUPTED = 130  # what shells report of a program that Ctrl-C ended
_ALLOCATIONS = 100_000
"""New values between two looks for cycles, of which a run makes hardly any.

With Python's own 700, looking takes up to a fifth of a run, and a tenth of every start.
"""


class LazyGroup(click.Group):
    """A group that imports a command's module when that command is called, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order in which people meet them."""
        del ctx
        return list(self.summaries())

    def summaries(self) -> dict[str, str]:
        """What each command does, from the table of operations, without importing any of them."""
        found = {}
        for operation in OPERATIONS:
            word, _, rest = operation.name.partition(" ")
            found[word] = GROUPS[word] if rest else operation.summary
        return found | {"completion": "Print the completion script of a shell."}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name in GROUPS:
            return LazySubgroup(cmd_name, help=GROUPS[cmd_name])
        return _imported(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, but naming the nearest commands for an unknown one."""
        import difflib  # noqa: PLC0415  # only needed on the way to an error

        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=2, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries().items()))


class LazySubgroup(LazyGroup):
    """The commands of two words that begin with this group's name."""

    def summaries(self) -> dict[str, str]:
        """What each command does."""
        words = ((operation.name.partition(" "), operation.summary) for operation in OPERATIONS)
        return {rest: summary for (first, _, rest), summary in words if first == self.name and rest}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`."""
        return _imported(f"{self.name} {cmd_name}") if cmd_name in self.list_commands(ctx) else None


def _imported(name: str) -> click.Command:
    module = importlib.import_module(f"catalog.cli.{name.replace(' ', '_').replace('-', '_')}")
    command: click.Command = module.command
    return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  catalog init my-extensions && cd my-extensions
  catalog new app field-notes
  catalog sync-compose && catalog validate && catalog build
""",
)
@click.version_option(__version__, prog_name="catalog", message="%(prog)s %(version)s")
@global_options
def group() -> None:
    """Turn a folder of container extensions into a registry and a website for places without internet."""


def main() -> NoReturn:
    """Run the command line and end the process with the exit code that fits."""
    output = open_streams()
    gc.set_threshold(_ALLOCATIONS)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for some is a tenth of every start
    signal.signal(signal.SIGTERM, _interrupt)
    # Whoever starts us may ignore it, and the system then tells nobody that a program we run has failed.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = _once_written(run(sys.argv[1:]), output)
    gc.freeze()  # or Python looks for cycles in all that is loaded before it ends
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Every failure is shown here and nowhere else."""
    context = Context.early(arguments)
    console = Console(as_json=context.as_json, quiet=context.quiet, color=context.color)
    try:
        result = group.main(arguments, prog_name="catalog", standalone_mode=False, obj=context)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:  # the boundary: people get one line and a way on
        failure = _failure(error)
        if failure.is_ours and context.debug:
            raise
        console.failure(failure.message, failure.hint, failure.exit_code)
        return failure.exit_code
    return result if isinstance(result, int) else 0


class _Failure(Struct, frozen=True):
    """What people are told of an exception; `is_ours` marks an error in the tool itself."""

    message: str
    hint: str
    exit_code: int
    is_ours: bool = False


def _failure(error: BaseException) -> _Failure:
    match error:
        case CatalogError():
            return _Failure(error.message, error.hint, error.exit_code)
        case click.ClickException():
            return _Failure(error.format_message(), _usage_hint(error), error.exit_code)
        case click.Abort() | KeyboardInterrupt():
            return _Failure("Interrupted. Nothing was left half-written.", "", INTERRUPTED)
        case _:
            message = f"An error in catalog itself: {type(error).__name__}: {error}"
            return _Failure(message, _DEBUG_HINT, 1, is_ours=True)


_DEBUG_HINT = "See where with: catalog --debug …, and please report it."


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"See: {context.command_path} --help" if context else ""


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End on SIGTERM as on Ctrl-C, so that what is half-written is taken away."""
    del number, frame
    raise KeyboardInterrupt


def _once_written(code: int, output: Outlet) -> int:
    """The exit code; when what was printed is lost, people are told, and success is none."""
    sys.stdout.flush()
    reason = output.lost()
    if not reason:
        return code
    console = Console(as_json=False, quiet=False, color=Context.early(sys.argv[1:]).color)
    console.problem(
        f"Standard output cannot be written: {reason}.",
        "The command itself went on to its end. Make room, or send its output to another place.",
    )
    return code or MissingError.exit_code
