"""A drift report as Dagster shows it: tables, the fields that moved most, a map of the questions.

Pure but for matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mqt_assets.drift.flags import DriftFlag
from mqt_assets.drift.questions import Vectors
from mqt_assets.drift.report import DriftReport
from mqt_assets.presentation import Points, image, levels, markdown, scatter

_MOST_BARS = 12


def metadata_of(
    report: DriftReport,
    raised: Sequence[DriftFlag],
    vectors: tuple[Vectors, Vectors] | None,
    least_psi: float,
) -> dict[str, Any]:
    """`vectors` are those of the questions before and now, where they were compared."""
    moved = sorted(
        ((f"{c.collection}.{f.path}", f) for c in report.collections for f in c.fields),
        key=lambda found: -found[1].psi,
    )
    questions, began = report.questions, report.trained_at
    shown: dict[str, Any] = {
        "flags": markdown(
            ["kind", "of", "what"], [[flag.kind, flag.subject, flag.detail] for flag in raised]
        ),
        "flags_raised": len(raised),
        "since": f"{began:%Y-%m-%d %H:%M}" if began else "no training",
        "fields_compared": len(moved),
        "fields_drifted": sum(field.drifted for _, field in moved),
        "collections": markdown(
            ["collection", "documents before", "now", "fields", "drifted"],
            [
                [c.collection, c.before, c.now, len(c.fields), len(c.drifted)]
                for c in report.collections
            ],
        ),
        "fields": markdown(
            ["field", "PSI", "p", "most in", "before", "now", "drifted"],
            [
                [name, f"{f.psi:.3f}", f"{f.p:.2g}", f.bin, f"{f.before:.1%}", f"{f.now:.1%}",
                 "yes" if f.drifted else ""]
                for name, f in moved
            ],
        ),
        "questions": questions.state,
        "questions_compared": markdown(
            ["before", "now", "energy coefficient", "p"],
            [[questions.before, questions.now, questions.coefficient, questions.p]],
        ),
        "questions_least_like_before": markdown(["question"], [[q] for q in questions.unlike]),
        "notes": "; ".join(report.notes) or "nothing was left out",
    }  # fmt: skip
    if moved:
        sizes = {name: field.psi for name, field in moved[:_MOST_BARS]}
        plot = levels(sizes, "Population stability index of the fields that moved most", least_psi)
        shown["fields_plot"] = image(plot, "fields")
    if vectors is not None:
        before, now = _plane(*vectors)
        plot = scatter({"before": before, "now": now}, "Questions, alike ones near each other")
        shown["questions_plot"] = image(plot, "questions")
    return shown


def _plane(before: Vectors, now: Vectors) -> tuple[Points, Points]:
    """Their two principal components."""
    both = np.concatenate([before, now])
    centred = both - both.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    places = [(float(x), float(y)) for x, y in centred @ directions[:2].T]
    return places[: len(before)], places[len(before) :]
