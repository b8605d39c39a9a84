"""A table of measurements: each one against a yardstick or a limit, with its goal."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SMALL_RATIO = 0.2  # below it, 1/n says more than a decimal


@dataclass(frozen=True, slots=True)
class Goal:
    """At most `most`, and at most `stretch` if things go well."""

    most: float
    stretch: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, every cell as it is printed."""

    what: str
    ours: str
    yardstick: str
    result: str
    goal: str
    outcome: str


def ratios(
    what: str, ours: Sequence[float], yardstick: Sequence[float], goal: Goal | None = None, unit: str = "s"
) -> Row:
    """Ours against a yardstick, pair by pair: the median ratio with the least and the greatest."""
    pairs = [one / other for one, other in zip(ours, yardstick, strict=True)]
    median = statistics.median(pairs)
    spread = f"{_ratio(median)} ({_ratio(min(pairs))} to {_ratio(max(pairs))})" if len(pairs) > 1 else None
    return Row(
        what,
        f"{statistics.median(ours):.2f} {unit}",
        f"{statistics.median(yardstick):.2f} {unit}",
        spread or _ratio(median),
        _bounds(goal, _ratio) if goal else "",
        _outcome(median, goal) if goal else "",
    )


def figure(what: str, value: float, unit: str, goal: Goal | None = None) -> Row:
    """One figure against a limit, or for the reader's information."""
    shown = f"{value:.2f} {unit}" if value < 10 else f"{value:.0f} {unit}"  # noqa: PLR2004  two digits say enough
    if goal is None:
        return Row(what, shown, "", "", "", "")
    return Row(what, shown, "", "", f"{_bounds(goal, str)} {unit}", _outcome(value, goal))


def lines(rows: Iterable[Row]) -> list[str]:
    """The table in Markdown."""
    head = ("measurement", "ours", "yardstick", "ratio: median (least to greatest)", "goal (stretch)", "")
    cells = [(row.what, row.ours, row.yardstick, row.result, row.goal, row.outcome) for row in rows]
    return [f"| {' | '.join(each)} |" for each in (head, ("---",) * len(head), *cells)]


def _ratio(value: float) -> str:
    return f"1/{1 / value:.1f}" if 0 < value < SMALL_RATIO else f"{value:.2f}"


def _bounds(goal: Goal, write: Callable[[float], str]) -> str:
    stretch = f" ({write(goal.stretch)})" if goal.stretch is not None else ""
    return f"at most {write(goal.most)}{stretch}"


def _outcome(value: float, goal: Goal) -> str:
    if goal.stretch is not None and value <= goal.stretch:
        return "stretch"
    return "met" if value <= goal.most else "MISSED"
