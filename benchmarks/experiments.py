"""Errors of the experiment statistics by simulation, looking after every single unit.

`python -m benchmarks.experiments [--json] [--seed S] [--experiments N]`. A/A experiments give the
false-positive rate, shifted ones the power and the median time to stop. An ordinary z test with the
same peeking is shown beside, as what the method protects from.
"""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.simulating import run_simulation
from mqt_assets.experiments.statistics import (
    BURN_IN,
    MISMATCH_PRIOR,
    Numbers,
    radius,
    ratio,
)
from mqt_assets.feedback.patterns import wilson

LEVEL = 0.05
UNITS = 4000
MOST_COUNTED = 10_000
TUNED_FOR = 1000.0
BASE = 0.8
CHUNK = 100
EFFECTS = (-0.1, -0.05, 0.03, 0.05, 0.1)
Z = 1.959964


@dataclass(frozen=True)
class Setup:
    """`most_questions` 1: a unit asks once; more: uniform up to it, alike within a unit."""

    name: str
    share: float
    most_questions: int


SETUPS = (
    Setup("one question a unit, share 50 %", 0.5, 1),
    Setup("one question a unit, share 5 %", 0.05, 1),
    Setup("sessions of 1 to 6 questions, share 50 %", 0.5, 6),
    Setup("sessions of 1 to 6 questions, share 20 %", 0.2, 6),
)


@dataclass(frozen=True)
class Outcome:
    setup: str
    effect: float
    experiments: int
    found: float  # share that stopped within UNITS
    interval: tuple[float, float]  # 95 %, Wilson, of that share
    wrong_sign: float
    median_units: float | None  # of those that stopped
    z_test_found: float


def simulate(setup: Setup, effect: float, experiments: int, rng: np.random.Generator) -> Outcome:
    stops, signs, naive = [], [], 0
    for start in range(0, experiments, CHUNK):
        chunk = min(CHUNK, experiments - start)
        estimate, width, deviation, ready = _paths(setup, effect, chunk, rng)
        outside = ready & (np.abs(estimate) > width)
        naive += int((ready & (np.abs(estimate) > Z * deviation)).any(axis=1).sum())
        for row in np.flatnonzero(outside.any(axis=1)):
            at = int(outside[row].argmax())
            stops.append(at + 1)
            signs.append(math.copysign(1, estimate[row, at]))
    wrong = sum(sign * effect < 0 for sign in signs)
    return Outcome(
        setup.name,
        effect,
        experiments,
        len(stops) / experiments,
        wilson(len(stops), experiments),
        wrong / experiments,
        float(np.median(stops)) if stops else None,
        naive / experiments,
    )


def _paths(
    setup: Setup, effect: float, rows: int, rng: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers, Any]:
    shape = (rows, UNITS)
    challenger = rng.random(shape) < setup.share
    chance = np.where(challenger, BASE + effect, BASE)
    if setup.most_questions == 1:
        n = np.ones(shape)
        x = (rng.random(shape) < chance).astype(float)
    else:
        n = rng.integers(1, setup.most_questions + 1, shape).astype(float)
        own = rng.beta(4 * chance, 4 * (1 - chance))  # some people ask harder questions
        x = rng.binomial(n.astype(int), own).astype(float)
    means, variances, counts = [], [], []
    for arm in (~challenger, challenger):
        sums = [np.cumsum(v * arm, axis=1) for v in (x, n, x * x, x * n, n * n)]
        units = np.cumsum(arm, axis=1).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, variance = ratio(*sums, units)
        means.append(mean)
        variances.append(variance)
        counts.append(units)
    ready = np.minimum(*counts) >= BURN_IN
    variance = np.where(ready, sum(variances), 1.0)
    estimate = np.where(ready, means[1] - means[0], 0.0)
    total = np.arange(1, UNITS + 1, dtype=float)
    width = radius(total, variance, LEVEL, TUNED_FOR)
    return estimate, width, np.sqrt(variance), ready


def mismatch(planned: float, actual: float, experiments: int, rng: np.random.Generator) -> Outcome:
    """The sample-ratio alarm when `actual` is the share that assignment really gives."""
    total = np.arange(1, UNITS + 1, dtype=float)
    stops = []
    for start in range(0, experiments, CHUNK):
        rows = min(CHUNK, experiments - start)
        got = np.cumsum(rng.random((rows, UNITS)) < actual, axis=1).astype(float)
        factor = log_factors(got, total, planned)
        outside = factor >= math.log(1 / LEVEL)
        stops += [int(row.argmax()) + 1 for row in outside if row.any()]
    return Outcome(
        f"share planned {planned:.0%}",
        actual - planned,
        experiments,
        len(stops) / experiments,
        wilson(len(stops), experiments),
        0.0,
        float(np.median(stops)) if stops else None,
        math.nan,
    )


def log_factors(challenger: Numbers, total: Numbers, share: float) -> Numbers:
    """`statistics.log_mismatch` over arrays: log gamma by a table, since counts are whole."""
    a, b = MISMATCH_PRIOR * share, MISMATCH_PRIOR * (1 - share)
    one, other, both = (_log_gammas(start) for start in (a, b, a + b))
    champion = (total - challenger).astype(int)
    taken = challenger.astype(int)
    gained = one[taken] - one[0] + other[champion] - other[0] - both[total.astype(int)] + both[0]
    result: Numbers = gained - taken * math.log(share) - champion * math.log(1 - share)
    return result


@lru_cache
def _log_gammas(start: float) -> Numbers:
    return np.array([math.lgamma(start + k) for k in range(MOST_COUNTED + 1)])


def measure(experiments: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    same = [simulate(setup, 0.0, experiments, rng) for setup in SETUPS]
    power = [
        simulate(setup, effect, max(experiments // 4, 1), rng)
        for setup in (SETUPS[0], SETUPS[2])
        for effect in EFFECTS
    ]
    ratios = [
        mismatch(planned, planned + off, experiments, rng)
        for planned in (0.5, 0.05)
        for off in (0.0, 0.04)
    ]
    return {
        "level": LEVEL,
        "units": UNITS,
        "base": BASE,
        "seed": seed,
        "false_positives": [asdict(outcome) for outcome in same],
        "power": [asdict(outcome) for outcome in power],
        "ratio_alarm": [asdict(outcome) for outcome in ratios],
        "passed": all(o.found <= LEVEL for o in (*same, *(r for r in ratios if not r.effect))),
    }


def report(figures: dict[str, Any]) -> str:
    lines = [
        f"Level {figures['level']:.0%}, {figures['units']} units an experiment, looked at after "
        f"each; success rate {figures['base']:.0%}, seed {figures['seed']}."
    ]
    for title, key in (
        ("A/A: false positives (must be at most the level)", "false_positives"),
        ("A/B: power", "power"),
        ("Sample-ratio alarm (effect 0 is the false-alarm rate)", "ratio_alarm"),
    ):
        lines += ["", title]
        for o in figures[key]:
            low, high = o["interval"]
            stop = "-" if o["median_units"] is None else f"{o['median_units']:.0f}"
            naive = "" if math.isnan(o["z_test_found"]) else f", z test {o['z_test_found']:.1%}"
            lines.append(
                f"  {o['setup']:<42} effect {o['effect']:+.0%}: {o['found']:.1%} of "
                f"{o['experiments']} [{low:.1%}, {high:.1%}], wrong sign {o['wrong_sign']:.1%}, "
                f"median stop {stop}{naive}"
            )
    verdict = "passed" if figures["passed"] else "FAILED"
    return "\n".join([*lines, "", f"{verdict} ({figures['seconds']} s)"])


def main() -> int:
    return run_simulation(__doc__, "experiments", 2000, measure, report)


if __name__ == "__main__":
    sys.exit(main())
