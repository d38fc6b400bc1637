"""The month as a picture: how much was answered rightly, which model served, what happened."""

from __future__ import annotations

import io
import os
from pathlib import Path

from benchmarks.month.story import Event, Month
from mqt_assets.presentation import ACCENT, INK, LOSS

_BANDS = ("#e6f0ec", "#edf2f7")
_COLOURS = {
    "promoted": ACCENT,
    "refused": LOSS,
    "rolled back": LOSS,
    "forced": LOSS,
    "harm": "#c53030",
    "failed run": "#c53030",
}


def draw(month: Month) -> bytes:
    """SVG; the same bytes for the same month."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "simulated month"}):
        figure = Figure(figsize=(10, 5.6), layout="tight")
        top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        days = [day.number for day in month.days]
        _bands(top, month)
        right = [100 * day.share for day in month.days]
        top.plot(days, right, color=ACCENT, marker="o", ms=3, label="answered rightly")
        held = [100 * day.from_corrections / max(1, day.asked) for day in month.days]
        label = "answered from a correction"
        top.plot(days, held, color="#b7791f", linestyle=":", marker=".", ms=4, label=label)
        top.set_ylim(0, 102)
        top.set_ylabel("%", color=INK)
        top.legend(fontsize=8, frameon=False, loc="lower left")
        top.set_title("A band is a model; what happened, below", fontsize=9, color=INK)
        lanes = list(dict.fromkeys(event.kind for event in month.events))
        for event in month.events:
            colour = _COLOURS.get(event.kind, INK)
            below.scatter(event.day, lanes.index(event.kind), color=colour, s=22)
        below.set_yticks(range(len(lanes)), lanes, fontsize=8, color=INK)
        below.set_ylim(max(1, len(lanes)) - 0.5, -0.5)
        below.set_xlabel("day", color=INK)
        for axes in (top, below):
            axes.tick_params(labelsize=8, colors=INK)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def write_picture(month: Month, file: Path) -> None:
    """Replaces the file in one step."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(draw(month))
    os.replace(partial, file)


def lines(events: list[Event]) -> list[str]:
    return [f"day {event.day:2}  {event.kind:13} {event.text}" for event in events]


def _bands(axes: object, month: Month) -> None:
    start, shade = 0, 0
    days = month.days
    for at in range(1, len(days) + 1):
        if at == len(days) or days[at].model != days[start].model:
            first, last = days[start].number - 0.5, days[at - 1].number + 0.5
            axes.axvspan(first, last, color=_BANDS[shade % 2], lw=0)
            start, shade = at, shade + 1
