"""A day's insights as Dagster shows them: tables, and plots of the days before. Pure but for
matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mqt_assets.presentation import image, intervals, markdown, trend
from mqt_serving.insights import DayFigures, InsightsReport, Pattern

_MOST_BARS = 12


def metadata_of(report: InsightsReport, days: Sequence[DayFigures]) -> dict[str, Any]:
    """`days` are those of the trend, the report's own last. Of nothing asked no plot is drawn."""
    figures, sentiment = report.figures, report.sentiment
    shown: dict[str, Any] = {
        "questions": figures.asked,
        "failed": figures.failed,
        "errors": figures.errors,
        "voted_down": figures.voted_down,
        "corrected": figures.corrected,
        "rated_low": figures.rated_low,
        "comments": figures.comments,
        "clusters": markdown(
            ["cluster", "asked", "questions", "what went wrong", "for example"],
            [
                [c.label, c.asked, c.questions, _counts(c.why), " / ".join(c.examples[:2])]
                for c in report.clusters
            ],
        ),
        "in_no_cluster": report.alone,
        "patterns": markdown(
            ["", "of", "failed", "rate (95 %)", "elsewhere", "lift", "stands out"],
            [
                [
                    _name(p),
                    p.dimension,
                    f"{p.failed} of {p.asked}",
                    f"{p.rate:.1%} ({p.low:.1%} to {p.high:.1%})",
                    f"{p.rest:.1%}",
                    "" if p.lift is None else f"{p.lift:.2f}",
                    "yes" if p.stands_out else "",
                ]
                for p in report.patterns
            ],
        ),
        "sentiment": markdown(
            ["positive", "neutral", "negative", "mean"],
            [[sentiment.positive, sentiment.neutral, sentiment.negative, sentiment.mean]],
        ),
        "worst_comments": markdown(
            ["sentiment", "comment"], [[f"{r.sentiment:+.2f}", r.text] for r in sentiment.worst]
        ),
        "trend": markdown(
            ["day", "asked", "failed", "errors", "down", "corrected", "sentiment"],
            [
                [d.day, d.asked, f"{d.rate:.1%}", d.errors, d.voted_down, d.corrected, d.sentiment]
                for d in reversed(days)
            ],
        ),
        "notes": "; ".join(report.notes) or "nothing was left out",
    }
    if figures.asked:
        plotted = {str(d.day): (d.rate, d.low, d.high) for d in days if d.asked}
        shown["trend_plot"] = image(trend(plotted, "Share of questions that failed"), "trend")
    if report.patterns:
        shares = {
            f"{_name(p)} ({p.dimension})": (p.rate, p.low, p.high)
            for p in report.patterns[:_MOST_BARS]
        }
        shown["patterns_plot"] = image(intervals(shares, "Share that failed, 95 %"), "patterns")
    return shown


def _name(pattern: Pattern) -> str:
    return f"{pattern.database}.{pattern.value}" if pattern.database else pattern.value


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())
