"""Whether the served model does worse than at first, from what became of its questions. Pure.

Its first questions are the baseline; the newest ones up to the last midnight are compared with
them, once a day, by Fisher's exact test on one side (R. A. Fisher, The Design of Experiments, 1935;
exact for any number of questions). A difference counts when it is improbable by chance and at
least as large as the least drop that matters. Questions count as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mqt_serving.journal import ANSWERED

LEVEL: Final = 0.001
"""Chance of a false alarm a day, shared by both rates."""

NOT_ANSWERED: Final = (
    "cannot-answer",
    "invalid-query",
    "plan-not-lowerable",
    "query-failed",
    "query-timeout",
    "type-mismatch",
    "unknown-collection",
    "unknown-field",
)
"""Outcomes that are the model's failures. A server that is away, or a policy that refuses, is
not the model's doing: such questions are left out."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What became of a number of questions; `corrected` are those a person gave a query for."""

    questions: int
    answered: int
    corrected: int

    @property
    def success(self) -> float:
        return self.answered / max(1, self.questions)

    @property
    def correction(self) -> float:
        return self.corrected / max(1, self.questions)

    def __str__(self) -> str:
        return (
            f"{self.success:.0%} answered and {self.correction:.0%} corrected of "
            f"{self.questions} questions"
        )


@dataclass(frozen=True, slots=True)
class QualityLook:
    """What was found; `key` tells the evidence apart when `worse`."""

    state: str
    worse: bool = False
    key: str = ""


def rates_of(queries: Iterable[Mapping[str, Any]], corrected: frozenset[str]) -> Rates:
    """From query records of the journal and ids of those that were corrected."""
    counted = [q for q in queries if q.get("outcome") in (*ANSWERED, *NOT_ANSWERED)]
    return Rates(
        len(counted),
        sum(q["outcome"] in ANSWERED for q in counted),
        sum(str(q["_id"]) in corrected for q in counted),
    )


def compare(
    baseline: Rates, recent: Rates, least_questions: int, least_drop: float, key: str = ""
) -> QualityLook:
    """Whether `recent` is surely worse than `baseline`, in either rate."""
    fewest = min(baseline.questions, recent.questions)
    if fewest < least_questions:
        return QualityLook(
            f"{baseline.questions} first and {recent.questions} recent questions, "
            f"{least_questions} of each are needed"
        )
    success = worse_by_chance(
        baseline.answered, baseline.questions, recent.answered, recent.questions
    )
    kept = baseline.questions - baseline.corrected, recent.questions - recent.corrected
    correction = worse_by_chance(kept[0], baseline.questions, kept[1], recent.questions)
    worse = [
        f"{name} (p = {p:.2g})"
        for name, p, drop in (
            ("fewer are answered", success, baseline.success - recent.success),
            ("more are corrected", correction, recent.correction - baseline.correction),
        )
        if p < LEVEL / 2 and drop >= least_drop - 1e-9
    ]
    state = f"{recent}, at first {baseline}"
    if not worse:
        return QualityLook(f"no worse than at first: {state}")
    return QualityLook(f"{' and '.join(worse)}: {state}", True, key)


def worse_by_chance(good_before: int, before: int, good_now: int, now: int) -> float:
    """Fisher's exact p-value, one-sided: so few good ones of `now`, were both shares the same."""
    good, everything = good_before + good_now, before + now
    least = max(0, good - before)
    whole = _log_choose(everything, now)
    return math.fsum(
        math.exp(_log_choose(good, k) + _log_choose(everything - good, now - k) - whole)
        for k in range(least, good_now + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
