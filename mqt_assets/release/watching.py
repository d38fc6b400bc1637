"""Whether the model that serves is surely worse than the one before: when to roll back; pure.

Watched is a model's *tenure*: all releases in a row with the same translator. A refresh of the data
is no new model, and rolling it back would be undone by the next refresh. Two rates are judged, each
against the tenure before it and against an absolute limit:

- errors: questions that failed through our fault. Refusals of questions that fit no data, of what a
  policy forbids and of what would take too long are nobody's fault, and not counted; a refusal that
  a person then corrected is ours.
- corrections: answers that somebody corrected, voted down or gave two stars or fewer.

MongoDB being away is told by the error that the question ended with, and nothing that was asked
within a minute of such an error counts, answered or not: servers go and come back with other
errors around it (see `counting`). The same question asked again fails again: it counts `MOST_TIMES`
at most, with the share of its times that went wrong, so that nobody rolls a release back by asking
one thing all day, and the units of analysis are the different questions.

The live rate's bound is that of the confidence sequence of `experiments.statistics`, valid at every
look; the earlier tenure is over, so its bound is an ordinary one. `benchmarks/rollback.py` measures
both by simulation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any

from mqt_assets.experiments.statistics import BURN_IN, Sample, one_mean, sample_of
from mqt_assets.release.audit import moves, withdrawn
from mqt_serving.releases import Pointer

LEVEL = 0.1
"""Most chance that a release no worse than the one before is ever rolled back, over both rates."""

FAULTS = frozenset(
    {
        "internal-error",
        "invalid-query",
        "plan-not-lowerable",
        "query-failed",
        "query-not-read-only",
        "type-mismatch",
        "unknown-field",
    }
)
"""Outcomes that are the release's fault: a query that cannot be made, or that MongoDB refuses."""

AWAY = frozenset({"service-unavailable", "mongodb-authentication-failed"})
"""Outcomes that say that MongoDB did not answer us."""

AROUND = timedelta(minutes=1)
MOST_TIMES = 3


@dataclass(frozen=True, slots=True)
class Tenure:
    """Releases in a row with one model, the last to serve last. `until` is None while it serves."""

    model: str
    releases: tuple[str, ...]
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The tenure that is judged, and the one to go back to with the release to serve again."""

    champion: str
    live: Tenure
    before: Tenure
    target: str


@dataclass(slots=True)
class Tally:
    """What became of the times that one question was asked.

    `failed` is through our fault; `complained` are answers that somebody was not content with.
    """

    answered: int = 0
    failed: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """`left_out`: questions asked while MongoDB was away."""

    errors: Sample
    corrections: Sample
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares of 0..1. `margin`: how much above the earlier tenure's bound is still no reason."""

    minimum: int = 100
    errors: float = 0.25
    corrections: float = 0.25
    margin: float = 0.01

    @property
    def tuned_for(self) -> float:
        """Questions at which the bounds are tightest: a few times the least."""
        return 5.0 * self.minimum


@dataclass(frozen=True, slots=True)
class Judgement:
    worse: bool
    reason: str


def tenures(history: Sequence[Mapping[str, Any]]) -> list[Tenure]:
    """From the audit trail, oldest first."""
    found: list[Tenure] = []
    for entry in moves(history):
        at, name = datetime.fromisoformat(entry["at"]), entry["to"]
        model = entry["translators"][1]
        if found and found[-1].model == model:
            last = found.pop()
            names = (*(other for other in last.releases if other != name), name)
            found.append(replace(last, releases=names))
            continue
        if found:
            found[-1] = replace(found[-1], until=at)
        found.append(Tenure(model, (name,), at))
    return found


def case_of(
    pointer: Pointer | None, history: Sequence[dict[str, Any]], present: Collection[str]
) -> Case | str:
    """What to judge, or why there is nothing to judge. `present` are releases that are there."""
    if pointer is None:
        return "Nothing is released yet."
    served = tenures(history)
    if not served or pointer.champion not in served[-1].releases:
        return f"The audit trail does not say since when {pointer.champion} serves."
    live, turned_away = served[-1], withdrawn(history)
    for before in reversed(served[:-1]):
        if before.model in turned_away or before.model == live.model:
            continue
        target = next((name for name in reversed(before.releases) if name in present), None)
        if target is not None:
            return Case(pointer.champion, live, before, target)
    return (
        f"Release {pointer.champion} has none to go back to: no release of another model is left "
        "that was not rolled back itself."
    )


def figures_of(tallies: Iterable[Tally], left_out: int = 0) -> Figures:
    """Both rates of a tenure, from the tallies of its different questions."""
    found = list(tallies)
    return Figures(
        _sample([(tally.failed, tally.answered + tally.failed) for tally in found]),
        _sample([(tally.complained, tally.answered) for tally in found]),
        left_out,
    )


def judge(live: Figures, before: Figures, limits: Limits) -> Judgement:
    """Asked again and again while questions come in."""
    known, waiting = [], []
    for name, sample, earlier, most in (
        ("errors", live.errors, before.errors, limits.errors),
        ("corrections", live.corrections, before.corrections, limits.corrections),
    ):
        low = lower_bound(sample, limits) if sample.questions >= limits.minimum else None
        if low is None:
            waiting.append(
                f"{name}: {sample.questions} of {limits.minimum} questions, "
                f"{sample.units} of {BURN_IN} different ones"
            )
            continue
        text = f"{name}: {sample.mean:.1%} of {sample.questions} questions, surely over {low:.1%}"
        if low > most:
            return Judgement(True, f"{text}; the limit is {most:.0%}")
        high = upper_bound(earlier)
        if high is None:
            known.append(f"{text}; too little is known of the model before")
            continue
        beside = f"the model before had {earlier.mean:.1%} of {earlier.questions}"
        if low > high + limits.margin:
            return Judgement(True, f"{text}; {beside}, surely below {high:.1%}")
        known.append(f"{text}; {beside}")
    out = f" {live.left_out} asked while MongoDB was away are left out." if live.left_out else ""
    return Judgement(False, f"{'; '.join((*known, *waiting))}.{out}")


def lower_bound(sample: Sample, limits: Limits) -> float | None:
    """Below the true rate at every look, but for a fourth of the level; None while too few.

    The sequence's two sides are alike, so one side at that chance is both at twice of it.
    """
    interval = one_mean(sample, LEVEL / 2, limits.tuned_for)
    return None if interval is None else interval.low


def upper_bound(sample: Sample) -> float | None:
    """Above the true rate of what is over, but for a fourth of the level; None for too few."""
    if sample.units < BURN_IN:
        return None
    wide = NormalDist().inv_cdf(1 - LEVEL / 4) * math.sqrt(sample.variance)
    return min(sample.mean + wide, 1.0)


def _sample(counts: Sequence[tuple[int, int]]) -> Sample:
    """From how often each question went wrong, of how many times."""
    asked = [(wrong / times, min(times, MOST_TIMES)) for wrong, times in counts if times > 0]
    return sample_of([share * times for share, times in asked], [times for _, times in asked])
