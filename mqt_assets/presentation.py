"""How figures look in Dagster and MLflow: markdown tables and small plots. Pure but for matplotlib.

matplotlib takes a second to import, so only the functions that draw import it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, ACCENT, LOSS = "#4a5568", "#00684a", "#b3541e"


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], most: int = 30) -> str:
    """A markdown table; what is beyond `most` rows is counted, not shown."""
    lines = [_row(headers), _row(["---"] * len(headers)), *(_row(row) for row in rows[:most])]
    if len(rows) > most:
        lines.append(f"\n... and {len(rows) - most} more")
    return "\n".join(lines)


def markdown(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(table(headers, rows))


def image(png: bytes, caption: str) -> dg.MarkdownMetadataValue:
    """A plot inside Dagster's page, without a file that the page would have to reach."""
    encoded = base64.b64encode(png).decode()
    return dg.MetadataValue.md(f"![{caption}](data:image/png;base64,{encoded})")


def bars(shares: Mapping[str, float], title: str) -> bytes:
    """Horizontal bars for shares between 0 and 1; PNG."""
    figure_height = 0.8 + 0.35 * max(1, len(shares))
    with _Plot(title, height=figure_height) as plot:
        names = list(shares)[::-1]
        plot.axes.barh(names, [shares[name] for name in names], color=ACCENT)
        plot.axes.set_xlim(0, 1)
        for position, name in enumerate(names):
            label = f"{shares[name]:.0%}"
            plot.axes.text(min(shares[name] + 0.01, 0.93), position, label, va="center", color=INK)
    return plot.png


def levels(values: Mapping[str, float], title: str, mark: float) -> bytes:
    """Horizontal bars for sizes, those from `mark` on stand out; PNG."""
    with _Plot(title, height=0.9 + 0.3 * max(1, len(values))) as plot:
        names = list(values)[::-1]
        sizes = [values[name] for name in names]
        plot.axes.barh(names, sizes, color=[LOSS if size >= mark else ACCENT for size in sizes])
        plot.axes.axvline(mark, color=INK, linewidth=0.8, linestyle="--")
    return plot.png


Points = Sequence[tuple[float, float]]


def scatter(groups: Mapping[str, Points], title: str) -> bytes:
    """Points of several groups on a plane whose axes mean nothing; PNG."""
    with _Plot(title, height=3.6) as plot:
        for colour, (name, points) in zip((INK, LOSS, ACCENT), groups.items(), strict=False):
            across, up = zip(*points, strict=True)
            plot.axes.scatter(across, up, s=9, alpha=0.6, color=colour, label=name)
        plot.axes.set_xticks([])
        plot.axes.set_yticks([])
        plot.axes.legend(fontsize=8, frameon=False)
    return plot.png


def gained_and_lost(changes: Mapping[str, tuple[int, int]], title: str) -> bytes:
    """How many were gained (to the right) and lost (to the left), by name; PNG."""
    with _Plot(title, height=0.9 + 0.35 * max(1, len(changes))) as plot:
        names = list(changes)[::-1]
        plot.axes.barh(names, [changes[name][0] for name in names], color=ACCENT)
        plot.axes.barh(names, [-changes[name][1] for name in names], color=LOSS)
        most = max((count for both in changes.values() for count in both), default=0) + 1
        plot.axes.set_xlim(-most, most)
        plot.axes.axvline(0, color=INK, linewidth=0.8)
        for position, name in enumerate(names):
            gained, lost = changes[name]
            plot.axes.text(gained, position, f" +{gained}", va="center", color=INK, fontsize=8)
            plot.axes.text(
                -lost, position, f"-{lost} ", va="center", ha="right", color=INK, fontsize=8
            )
        plot.axes.set_xlabel("questions lost and gained", fontsize=8, color=INK)
    return plot.png


def curve(points: Mapping[int, float], title: str, label: str) -> bytes:
    """A line over steps; PNG."""
    with _Plot(title, height=2.6) as plot:
        steps = sorted(points)
        plot.axes.plot(steps, [points[step] for step in steps], color=ACCENT, linewidth=1.4)
        plot.axes.set_xlabel("step")
        plot.axes.set_ylabel(label)
    return plot.png


def daily(counts: Mapping[date, int], title: str, label: str) -> bytes:
    """A bar for each day, and a line for the sum so far; PNG."""
    from matplotlib.ticker import MaxNLocator

    with _Plot(title, height=2.6) as plot:
        days = sorted(counts)
        places = [np.datetime64(day) for day in days]
        plot.axes.bar(places, [counts[day] for day in days], color=ACCENT, label="a day")
        sums = list(accumulate(counts[day] for day in days))
        plot.axes.plot(places, sums, color=INK, linewidth=1.2, marker=".", label="all so far")
        plot.axes.set_ylabel(label)
        plot.axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        plot.axes.tick_params(axis="x", labelrotation=30)
        plot.axes.legend(fontsize=8, frameon=False)
    return plot.png


Interval = tuple[float, float, float]
"""A share with the ends of its interval."""


def trend(days: Mapping[str, Interval], title: str) -> bytes:
    """Shares by day (ISO text) with their intervals as a band; PNG."""
    with _Plot(title, height=2.6) as plot:
        when = [date.fromisoformat(day).toordinal() for day in days]
        shares, lows, highs = zip(*days.values(), strict=True)
        plot.axes.fill_between(when, lows, highs, color=ACCENT, alpha=0.15, linewidth=0)
        plot.axes.plot(when, shares, color=ACCENT, linewidth=1.4, marker="o", markersize=3)
        plot.axes.set_ylim(0, 1)
        shown = list(zip(when, days, strict=True))[:: -(-len(when) // 6)]
        plot.axes.set_xticks([at for at, _ in shown], [day for _, day in shown])
    return plot.png


def intervals(shares: Mapping[str, Interval], title: str) -> bytes:
    """Shares as points on their intervals, the first on top; PNG."""
    with _Plot(title, height=0.8 + 0.3 * max(1, len(shares))) as plot:
        names = list(shares)[::-1]
        for position, name in enumerate(names):
            share, low, high = shares[name]
            plot.axes.plot([low, high], [position, position], color=INK, linewidth=1.2)
            plot.axes.plot([share], [position], color=ACCENT, marker="o", markersize=5)
        plot.axes.set_yticks(range(len(names)), names)
        plot.axes.set_xlim(0, 1)
    return plot.png


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of a line; without a `value` the line has a gap. `low` and `high` make a band."""

    at: datetime
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    moments: Sequence[Moment]


def timeline(
    lines: Sequence[Line],
    title: str,
    label: str,
    mark: float | None = None,
    logarithmic: bool = False,
) -> bytes:
    """Lines over time with their bands, and a level to compare with; PNG."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    with _Plot(title, height=2.6) as plot:
        axes = plot.axes
        for number, line in enumerate(lines):
            colour = (ACCENT, "#b45309", "#1d4ed8")[number % 3]
            nan = float("nan")
            times = [moment.at for moment in line.moments]
            values = [nan if m.value is None else m.value for m in line.moments]
            axes.plot(times, values, color=colour, linewidth=1.4, label=line.name, marker=".")  # type: ignore[arg-type]
            if any(m.low is not None and m.high is not None for m in line.moments):
                low = [nan if m.low is None else m.low for m in line.moments]
                high = [nan if m.high is None else m.high for m in line.moments]
                axes.fill_between(times, low, high, color=colour, alpha=0.15)  # type: ignore[arg-type]
        if mark is not None:
            axes.axhline(mark, color=INK, linewidth=0.8, linestyle="--")
        if logarithmic:
            axes.set_yscale("log")
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        written = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(written)
        axes.set_ylabel(label)
        if len(lines) > 1:
            axes.legend(fontsize=8, frameon=False)
    return plot.png


class _Plot:
    """One small figure; `png` holds it once the block has ended."""

    def __init__(self, title: str, height: float) -> None:
        # `Figure` rather than pyplot: pyplot keeps global state and looks for a display.
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(6.0, height), dpi=110, layout="tight")
        self.axes: Axes = self._figure.subplots()
        self.axes.set_title(title, fontsize=10, color=INK)
        self.axes.tick_params(labelsize=8, colors=INK)
        for side in ("top", "right"):
            self.axes.spines[side].set_visible(False)
        self.png = b""

    def __enter__(self) -> _Plot:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            buffer = io.BytesIO()
            self._figure.savefig(buffer, format="png")
            self.png = buffer.getvalue()


def _row(cells: Sequence[object]) -> str:
    texts = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(texts)} |"
