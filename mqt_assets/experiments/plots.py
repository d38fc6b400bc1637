"""An experiment over time, from the points that its looks left; each plot is a PNG."""

from __future__ import annotations

from dataclasses import dataclass

from mqt_assets.experiments.decision import MISMATCH_LEVEL
from mqt_assets.presentation import Line, Moment, timeline
from mqt_serving.experiment_reports import Bounds, ExperimentReport, Point


@dataclass(frozen=True, slots=True)
class Plots:
    effect: bytes
    exposure: bytes
    mismatch: bytes
    guardrails: bytes


def plots_of(report: ExperimentReport) -> Plots:
    points = report.points
    guards = sorted({name for point in points for name in point.guards})
    return Plots(
        effect=timeline(
            [Line("satisfied", [_moment(p, p.satisfied) for p in points])],
            f"{report.experiment}: satisfied, challenger less champion",
            "difference",
            mark=0.0,
        ),
        exposure=timeline(
            [
                Line("planned", [Moment(p.at, p.share) for p in points]),
                Line("got it", [Moment(p.at, p.exposed) for p in points]),
            ],
            "Share of people who get the challenger",
            "share",
        ),
        mismatch=timeline(
            [Line("p", [Moment(p.at, p.mismatch_p) for p in points])],
            "Sample ratio mismatch: stops below the line",
            "p",
            mark=MISMATCH_LEVEL,
            logarithmic=True,
        ),
        guardrails=timeline(
            [Line(name, [_moment(p, p.guards.get(name)) for p in points]) for name in guards],
            "Guardrails, challenger less champion",
            "difference",
            mark=0.0,
        ),
    )


def _moment(point: Point, bounds: Bounds | None) -> Moment:
    if bounds is None:
        return Moment(point.at, None)
    return Moment(point.at, bounds.estimate, bounds.low, bounds.high)
