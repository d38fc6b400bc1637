"""A learning curve as a drawing: the mean with its interval, and each database behind it."""

from __future__ import annotations

import io
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.learning_report import Curve, Mean
from mqt_assets.presentation import ACCENT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PALE, _OTHER = "#cbd5e0", "#b7791f"
_Line = tuple[list[float], list[float]]


def draw(curve: Curve) -> bytes:
    """SVG; the same bytes for the same curve."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "learning curve"}):
        figure = Figure(figsize=(6.4, 4.0), layout="tight")
        axes: Axes = figure.subplots()
        _draw_databases(axes, curve)
        _draw_means(axes, curve)
        axes.set_xlabel("queries corrected, %", color=INK)
        axes.set_ylabel("questions right, %", color=INK)
        axes.set_ylim(0, 100)
        axes.tick_params(labelsize=8, colors=INK)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(fontsize=8, frameon=False, loc="lower right")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def write_plot(curve: Curve, file: Path) -> None:
    """Replaces the file in one step."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_bytes(draw(curve))
    os.replace(partial, file)


def _draw_databases(axes: Axes, curve: Curve) -> None:
    lines: defaultdict[str, _Line] = defaultdict(lambda: ([], []))
    for point in sorted(curve.points, key=lambda point: point.share):
        if point.rest.share is not None:
            shares, right = lines[point.database]
            shares.append(100 * point.share)
            right.append(100 * point.rest.share)
    for at, (shares, right) in enumerate(lines.values()):
        label = "" if at else "rest, each database"
        axes.plot(shares, right, color=_PALE, linewidth=0.8, marker=".", label=label)


def _draw_means(axes: Axes, curve: Curve) -> None:
    rows = curve.rows
    shares = [row.share for row in rows]
    rest, before = [row.rest for row in rows], [row.before for row in rows]
    asked, reworded = [row.asked for row in rows], [row.reworded for row in rows]
    _draw(axes, shares, asked, color=_OTHER, linestyle="-", label="corrected questions")
    _draw(axes, shares, reworded, color=_OTHER, linestyle=":", label="other wordings of them")
    _draw(axes, shares, before, color=ACCENT, linestyle=":", label="rest, without corrections")
    _draw(axes, shares, rest, color=ACCENT, linestyle="-", label="rest, mean")
    for share, mean in zip(shares, rest, strict=True):
        if mean.interval is not None:
            low, high = 100 * mean.interval.low, 100 * mean.interval.high
            axes.vlines(100 * share, low, high, color=ACCENT, linewidth=1.4)


def _draw(
    axes: Axes, shares: Sequence[float], means: Sequence[Mean], *,
    color: str, linestyle: str, label: str,
) -> None:  # fmt: skip
    known = [
        (100 * share, 100 * mean.value)
        for share, mean in zip(shares, means, strict=True)
        if mean.value is not None
    ]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(
            x, y, color=color, linestyle=linestyle, marker="o", markersize=3, linewidth=1.6,
            label=label,
        )  # fmt: skip
