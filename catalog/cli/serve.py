"""`catalog serve`: the registry and the website over HTTPS, or for this machine and built at every edit."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from catalog.cli.options import Context, global_options
from catalog.operations.serve import DEFAULT_PORT, ServeRequest, become, serve
from catalog.operations.watch import Rebuilding, Rebuilt, Watching, WatchRequest, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.cli.console import Console

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True, resolve_path=True)
_FOLDER = click.Path(path_type=Path, file_okay=False, resolve_path=True)
_NOT_WATCHED = {
    "host": "--host", "names": "--san", "certificate": "--cert", "key": "--key", "state": "--state",
    "plain_http": "--http",
}  # fmt: skip
_MOST_NAMES = 3


@click.command(
    epilog="""\b
Examples:
  catalog serve
  catalog serve --port 9000 --san registry.acme.test
  catalog serve --cert site.pem --key site.key
  catalog serve --watch
""",
)
@click.option("--host", help="Address to listen on (default: all interfaces).")
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="Port.")
@click.option("--san", "names", multiple=True, metavar="NAME", help="Another name or address of the server.")
@click.option("--cert", "certificate", type=_FILE, help="The site's own certificate chain (PEM).")
@click.option("--key", type=_FILE, help="Its private key (PEM, without passphrase).")
@click.option("--state", type=_FOLDER, help="Folder of the certificates that the server makes itself.")
@click.option("--http", "plain_http", is_flag=True, help="Speak plain HTTP, to this machine only.")
@click.option("--watch", "is_watching", is_flag=True, help="Build at every edit; open pages load again.")
@global_options
@click.pass_obj
def command(context: Context, /, **options: Any) -> int:
    """Serve the registry and the website over HTTPS.

    With --watch, they are built whenever a source changes, and pages in a browser of this machine load again
    by themselves. That is for people who write extensions: it speaks plain HTTP, on 127.0.0.1 only.
    """
    if options.pop("is_watching"):
        return _watch(context, options)
    return _serve(context, ServeRequest(**options))


def _serve(context: Context, request: ServeRequest) -> NoReturn:
    console = context.console()
    result = serve(context.open_workspace(), request)
    console.result(result)
    _leave_output_to_server(console)
    become(result)


def _leave_output_to_server(console: Console) -> None:
    """With --json the server speaks on standard error, with --quiet of failures only."""
    if console.as_json:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    elif console.quiet:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _watch(context: Context, options: dict[str, Any]) -> int:
    for name, flag in _NOT_WATCHED.items():
        if options[name]:
            raise click.UsageError(f"{flag} says nothing with --watch, which serves this machine only.")
    request = WatchRequest(port=options["port"], build_options=_build_options(context))
    console = context.console()
    steps = watch(context.open_workspace(), request)
    with suppress(KeyboardInterrupt), _stopped_by_hang_up(), closing(steps):
        for step in steps:
            show(step, console)
    return 0


@contextmanager
def _stopped_by_hang_up() -> Iterator[None]:
    """A terminal that is closed ends the watch as Ctrl-C does, unless we were told to outlive it (nohup)."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _build_options(context: Context) -> tuple[str, ...]:
    return ("--json" if context.as_json else "--quiet", *(() if context.color else ("--no-color",)))


def show(step: Watching | Rebuilding | Rebuilt, console: Console) -> None:
    """Print one step of a watch."""
    if console.result(step):
        return
    match step:
        case Watching():
            console.say(f"Open {step.url} in a browser of this machine. Stop with Ctrl-C.", bold=True)
        case Rebuilding():
            why = "" if step.is_first else f" after a change of {_some(step.changed)}"
            console.say(f"Building{why} ...")
        case Rebuilt(build_exit_code=0):
            console.say("Built.", color="green")
        case Rebuilt():
            console.say("Not built: what was there before stays. Waiting for the next change.", color="red")


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
