"""The only place that prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from catalog.model.byte_size import readable
from catalog.model.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catalog.model.finding import Finding
    from catalog.operations.result import Result

_PATIENCE = 1.0  # seconds before a step shows how far it is
_PLAIN_EVERY = 5.0  # seconds between two lines where nobody watches a terminal


class _Styled(str):
    """Text whose control characters are ours."""

    __slots__ = ()


class Console:
    """Speaks to people, or in JSON to programs."""

    def __init__(self, *, as_json: bool, quiet: bool, color: bool) -> None:
        """Speak as JSON or as text, with or without colours, or only of failures."""
        self.as_json = as_json
        self.quiet = quiet
        self.color = color
        self._label = ""
        self._started = 0.0
        self._shown: float | None = None
        self._on_terminal = sys.stderr.isatty()
        self._speaking = threading.Lock()

    def result(self, result: Result) -> bool:
        """Print the result as JSON if that was asked for; whether it was."""
        if self.as_json:
            self._out(json.dumps(result.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return self.as_json

    def say(self, *parts: str, bold: bool = False, color: str | None = None) -> None:
        """Print a line of a result, unless the console is quiet; parts of `style` keep their colours."""
        if not self.quiet and not self.as_json:
            text = "".join(part if isinstance(part, _Styled) else _visible(part) for part in parts)
            self._out(self._painted(text, bold=bold, color=color))

    def document(self, text: str) -> None:
        """Print what another program reads, unless it is empty; also when quiet."""
        if text:
            self._out(_visible(text))

    def marker(self, text: str) -> None:
        """Print what the program that keeps the log reads, with its control characters, unless quiet."""
        if not self.quiet and not self.as_json:
            self._end_progress()
            click.echo(text, color=True)

    def style(self, text: str, *, bold: bool = False, color: str | None = None) -> str:
        """The text with colours, if the console has them."""
        return _Styled(self._painted(_visible(text), bold=bold, color=color))

    def _painted(self, text: str, *, bold: bool, color: str | None) -> str:
        return click.style(text, bold=bold or None, fg=color) if self.color and (bold or color) else text

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows in columns; the last one takes what room is left."""
        if self.quiet or self.as_json:
            return
        from rich.console import Console as RichConsole  # noqa: PLC0415  # takes 50 ms to import
        from rich.table import Table  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, header_style="bold" if self.color else "")
        for name in header:
            table.add_column(
                name, overflow="fold" if name == header[-1] else "ellipsis", no_wrap=name != header[-1]
            )
        for row in rows:
            table.add_row(*map(_literal, row))
        width = None if sys.stdout.isatty() else 200
        RichConsole(file=sys.stdout, no_color=not self.color, highlight=False, width=width).print(table)

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print findings as compilers do, so that editors can jump to them; on standard error when quiet."""
        if self.as_json:
            return
        for finding in findings:
            if self.quiet and not finding.is_error:
                continue
            color = "red" if finding.is_error else "yellow"
            place = str(finding.file)
            if finding.line is not None:
                place += f":{finding.line}:{finding.column}"
            head = self.style(f"{finding.code.severity.value}", bold=True, color=color)
            self._out(f"{place}: {head} {finding.code.id}: {_visible(finding.message)}")
            if finding.hint:
                self._out(f"    {_visible(finding.hint)}")

    def failure(self, message: str, hint: str, exit_code: int) -> None:
        """Say what stopped the command, and the way on."""
        self._end_progress()
        if self.as_json:
            self._out(
                json.dumps({"error": {"message": message, "hint": hint, "exit_code": exit_code}}, indent=2)
            )
            return
        click.echo(
            f"{self.style('error', bold=True, color='red')}: {_visible(message)}", err=True, color=self.color
        )
        if hint:
            click.echo(f"  {_visible(hint)}", err=True, color=self.color)

    def warning(self, text: str) -> None:
        """Say on standard error what nobody may miss, also when quiet."""
        self._end_progress()
        head = self.style("warning", bold=True, color="yellow")
        click.echo(f"{head}: {_visible(text)}", err=True, color=self.color)

    def problem(self, text: str, hint: str) -> None:
        """Say on standard error what went wrong with one item of several, also when quiet."""
        self._end_progress()
        head = self.style("error", bold=True, color="red")
        click.echo(f"{head}: {_visible(text)}", err=True, color=self.color)
        if hint:
            click.echo(f"  {_visible(hint)}", err=True, color=self.color)

    def line(self, source: str, text: str) -> None:
        """Show on standard error what a program said, with who it was; several threads may call it."""
        if not self.quiet and not self.as_json:
            with self._speaking:
                self._end_progress()
                click.echo(f"{self.style(source, bold=True)} | {_visible(text)}", err=True, color=self.color)

    def advance(self, label: str, done: int, total: int | None) -> None:
        """Show how far a step is, once it takes longer than a second."""
        if self._may_show(label):
            self._show(f"{label}: {done}" if total is None else f"{label}: {done} of {total}", done == total)

    def transferred(self, label: str, done: int, total: int | None) -> None:
        """As `advance`, for bytes, with the rate."""
        if self._may_show(label):
            rate = readable(round(done / max((self._shown or 0.0) - self._started, 0.001)))
            of = "" if total is None else f" of {readable(total)}"
            self._show(f"{label}: {readable(done)}{of}, {rate}/s", done == total)

    def _may_show(self, label: str) -> bool:
        """Whether it is time for another line of the step `label`; if so, it counts as shown."""
        now = time.monotonic()
        if label != self._label:
            self._end_progress()
            self._label, self._started = label, now
        pause = 0.1 if self._on_terminal else _PLAIN_EVERY
        is_too_soon = now - self._started < _PATIENCE or (
            self._shown is not None and now - self._shown < pause
        )
        if self.quiet or self.as_json or is_too_soon:
            return False
        self._shown = now
        return True

    def _show(self, line: str, is_last: bool) -> None:
        click.echo(f"\r\033[K{line}" if self._on_terminal else line, nl=not self._on_terminal, err=True)
        if is_last:
            self._end_progress()

    def _end_progress(self) -> None:
        if self._shown is not None and self._on_terminal:
            click.echo("\r\033[K", nl=False, err=True)
        self._shown = None

    def _out(self, text: str) -> None:
        self._end_progress()
        click.echo(text, color=self.color)


def _visible(text: str) -> str:
    """The text as a terminal may have it: lines stay lines, and a tabulator is four blanks at most."""
    return visible(text.expandtabs(4), but="\n")


def _literal(cell: str) -> Any:
    """A cell that is printed as it is, whatever brackets it has."""
    from rich.text import Text  # noqa: PLC0415

    return Text(_visible(cell))
