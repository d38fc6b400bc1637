"""How often a release is rolled back wrongly, and how soon a bad one is, by simulation.

`python -m benchmarks.rollback [--json] [--seed S] [--releases N]`. Each simulated release is looked
at after every single question, with the bounds and limits of `mqt_assets.release.watching`, against
the questions of the release before it. Questions are all different, or come again (and fail again).
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.experiments import wilson
from benchmarks.simulating import run_simulation
from mqt_assets.experiments.statistics import BURN_IN, Numbers, Sample, radius, ratio
from mqt_assets.release.watching import LEVEL, MOST_TIMES, Limits, upper_bound

QUESTIONS = 4000
BEFORE = 2000
CHUNK = 100
LIMITS = Limits()


@dataclass(frozen=True)
class Setup:
    """`again`: how often a question comes on average; its words fail or hold each time alike."""

    rate: float
    times: float
    again: int = 1
    margin: float = LIMITS.margin
    absolute: float = LIMITS.errors


@dataclass(frozen=True)
class Outcome:
    setup: Setup
    releases: int
    rolled_back: float  # within QUESTIONS questions
    interval: tuple[float, float]  # 95 %, Wilson, of that share
    median_questions: float | None  # of those that were
    ninety_percent: float | None  # questions within which 90 % of all releases were


def simulate(setup: Setup, releases: int, rng: np.random.Generator) -> Outcome:
    stops: list[int] = []
    for start in range(0, releases, CHUNK):
        rows = min(CHUNK, releases - start)
        high = _before(setup, rows, rng) + setup.margin
        low = _lower_bounds(_units(setup.rate * setup.times, setup.again, rows, QUESTIONS, rng))
        outside = low > np.minimum(high, setup.absolute)[:, None]
        stops += [int(row.argmax()) + 1 for row in outside if row.any()]
    ordered = sorted(stops)
    most = int(np.ceil(0.9 * releases))
    return Outcome(
        setup,
        releases,
        len(stops) / releases,
        wilson(len(stops), releases),
        float(np.median(ordered)) if ordered else None,
        float(ordered[most - 1]) if len(ordered) >= most else None,
    )


def _units(
    rate: float, again: int, rows: int, questions: int, rng: np.random.Generator
) -> tuple[Numbers, Any]:
    """Whether each question fails, and which of the different questions it is."""
    if again == 1:
        which = np.broadcast_to(np.arange(questions), (rows, questions))
    else:  # some questions are asked much more often than others
        weights = 1 / np.arange(10, questions // again + 10)
        which = rng.choice(len(weights), (rows, questions), p=weights / weights.sum())
    fails = rng.random((rows, questions)) < rate
    return np.take_along_axis(fails, which, axis=1).astype(float), which


def _lower_bounds(found: tuple[Numbers, Any]) -> Numbers:
    """`watching.lower_bound` after each question; it is minus infinity before the minimum."""
    fails, which = found
    earlier = _asked_before(which)
    counts = earlier < MOST_TIMES
    x = np.cumsum(fails * counts, axis=1)
    n = np.cumsum(counts, axis=1).astype(float)
    grown = (2 * earlier + 1) * counts  # the square of a question's count grows by this much
    nn = np.cumsum(grown, axis=1)
    xx = np.cumsum(grown * fails, axis=1)  # of a question that fails, all of it does
    units = np.cumsum(earlier == 0, axis=1).astype(float)
    mean, variance = ratio(x, n, xx, xx, nn, units)
    low = mean - radius(units, variance, LEVEL / 2, LIMITS.tuned_for)
    ready = (n >= LIMITS.minimum) & (units >= BURN_IN)
    result: Numbers = np.where(ready, low, -np.inf)
    return result


def _asked_before(which: Any) -> Numbers:
    """How often the same question came before, for each."""
    result = np.zeros(which.shape)
    for row, asked in enumerate(which):
        order = np.argsort(asked, kind="stable")
        ordered = asked[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        lengths = np.diff(np.r_[starts, len(ordered)])
        result[row, order] = np.arange(len(ordered)) - np.repeat(starts, lengths)
    return result


def _before(setup: Setup, rows: int, rng: np.random.Generator) -> Numbers:
    fails, which = _units(setup.rate, setup.again, rows, BEFORE, rng)
    highs = []
    for failed, asked in zip(fails, which, strict=True):
        _, first, times = np.unique(asked, return_index=True, return_counts=True)
        n = np.minimum(times, MOST_TIMES)
        x = n * failed[first]
        sums = (x.sum(), n.sum(), (x * x).sum(), (x * n).sum(), (n * n).sum(), len(n))
        mean, variance = ratio(*sums)
        high = upper_bound(Sample(len(n), int(n.sum()), float(mean), float(variance)))
        assert high is not None
        highs.append(high)
    return np.asarray(highs)


def measure(releases: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    same = [
        simulate(Setup(rate, 1.0, again, margin, absolute=1.0), releases, rng)
        for rate in (0.03, 0.1)
        for again in (1, 4)
        for margin in (0.0, LIMITS.margin)
    ]
    worse = [
        simulate(Setup(rate, times, again), max(releases // 4, 1), rng)
        for rate in (0.03, 0.05, 0.1)
        for times in (1.5, 2.0, 4.0)
        for again in (1, 4)
    ]
    return {
        "level": LEVEL / 2,
        "questions": QUESTIONS,
        "questions_before": BEFORE,
        "seed": seed,
        "limits": asdict(LIMITS),
        "no_worse": [asdict(outcome) for outcome in same],
        "worse": [asdict(outcome) for outcome in worse],
        "passed": all(outcome.interval[0] <= LEVEL / 2 for outcome in same),
    }


def report(figures: dict[str, Any]) -> str:
    lines = [
        f"Level of one rate {figures['level']:.1%}, {figures['questions']} questions a release, "
        f"looked at after each, {figures['questions_before']} of the release before; "
        f"seed {figures['seed']}."
    ]
    for title, key in (("No worse: rolled back wrongly", "no_worse"), ("Worse", "worse")):
        lines += ["", title]
        for o in figures[key]:
            setup, (low, high) = o["setup"], o["interval"]
            median, ninety = (
                "-" if o[name] is None else f"{o[name]:.0f}"
                for name in ("median_questions", "ninety_percent")
            )
            lines.append(
                f"  rate {setup['rate']:.0%} x {setup['times']:g}, each asked {setup['again']} "
                f"times, margin {setup['margin']:.0%}: {o['rolled_back']:.1%} of {o['releases']} "
                f"[{low:.1%}, {high:.1%}], median {median} questions, 90 % within {ninety}"
            )
    return "\n".join(
        [*lines, "", f"{'passed' if figures['passed'] else 'FAILED'} ({figures['seconds']} s)"]
    )


def main() -> int:
    return run_simulation(__doc__, "releases", 2000, measure, report)


if __name__ == "__main__":
    sys.exit(main())
