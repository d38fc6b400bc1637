"""How often the gates take a worse translator and refuse a better one, by simulation.

`python -m benchmarks.gates [--json] [--seed S] [--candidates N]`. Champion and candidate answer
simulated holdouts: half the questions about one own database, half about 18 corpus databases, each
of which profits differently. The gates' own functions decide, beside other rules; chains of
retrainings show what a rule is worth in the long run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.experiments import wilson
from benchmarks.simulating import run_simulation
from mqt_assets.evaluation.paired import Comparison, Outcome, Pair, compare, pairs
from mqt_assets.release.gates import Limits, better, calibration_error, lost_parts, no_worse

SIZES = (200, 400)
EFFECTS = (0.0, -0.02, -0.05, 0.03, 0.05)
RIGHT, SURENESS = 0.7, (2.1, 0.9)
"""The champion's accuracy, and the beta distribution of how likely each question goes right."""
ASKED_ANEW = 0.4
"""Share of questions that a retraining decides anew: 14 % then change sides."""
DATABASES, SPREAD = 18, 0.03
KINDS = {"find": 0.25, "count": 0.2, "aggregate": 0.15, "group": 0.15, "join": 0.15, "top": 0.1}
RESAMPLES = 1000
RETRAININGS, CHANGED = 20, 0.15
LIMITS = Limits(milliseconds_p95=2000, megabytes=500)

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """What a simulated candidate is: `effect` is its true gain, `kind_effect` that of one kind
    besides, `overconfident` what its probabilities are too high by."""

    effect: float = 0.0
    kind_effect: float = 0.0
    overconfident: float = 0.0


@dataclass(frozen=True)
class Rates:
    """Shares of candidates. `significant`: a rule that wants two-sided p of 5 %; `kind_shares`:
    refused where a kind's share alone decides."""

    size: int
    truth: Truth
    candidates: int
    as_many_right: float
    learned: float
    learned_interval: tuple[float, float]
    not_learned: float
    significant: float
    kind_shares: float
    kinds: float
    sources: float
    calibration: float
    all_gates: float
    interval_holds: float
    change_sides: float


def simulate(size: int, truth: Truth, candidates: int, rng: np.random.Generator) -> Rates:
    rows = []
    for _ in range(candidates):
        champion, candidate = answers(size, truth, rng)
        both = pairs(champion, candidate)
        found = compare(both, resamples=RESAMPLES)
        errors = calibration_error(champion) or 0.0, calibration_error(candidate) or 0.0
        kinds = bool(lost_parts(both, lambda pair: pair.kind, LIMITS))
        sources = bool(lost_parts(both, lambda pair: pair.origin, LIMITS))
        calibration = errors[1] - errors[0] > LIMITS.calibration_loss
        learned = no_worse(found, LIMITS)
        rows.append(
            (
                found.gained >= found.lost,
                learned,
                better(found, LIMITS),
                significant(found),
                _shares_alone(both),
                kinds,
                sources,
                calibration,
                learned and not (kinds or sources or calibration),
                found.low <= truth.effect <= found.high,
                (found.gained + found.lost) / size,
            )
        )
    old, learned, other, strict, *refused, whole, holds, sides = np.array(rows, float).mean(axis=0)
    return Rates(
        size, truth, candidates, old, learned, wilson(round(learned * candidates), candidates),
        other, strict, *refused, whole, holds, sides,
    )  # fmt: skip


def significant(found: Comparison) -> bool:
    return found.gained > found.lost and found.p_value <= 0.05


def _shares_alone(both: tuple[Pair, ...]) -> bool:
    """The rule for kinds without a test."""
    for kind in KINDS:
        changes = [pair.change for pair in both if pair.kind == kind]
        if len(changes) >= LIMITS.kind_questions and -np.mean(changes) > LIMITS.kind_loss + 1e-9:
            return True
    return False


def answers(
    size: int, truth: Truth, rng: np.random.Generator
) -> tuple[list[Outcome], list[Outcome]]:
    """What champion and candidate made of one simulated holdout."""
    database = np.concatenate(
        [np.zeros(size // 2, int), 1 + np.arange(size - size // 2) % DATABASES]
    )
    kind = rng.choice(list(KINDS), size, p=list(KINDS.values()))
    sureness = rng.beta(*SURENESS, size)
    before = rng.random(size) < sureness
    after = np.where(rng.random(size) < ASKED_ANEW, rng.random(size) < sureness, before)
    own = np.concatenate([[0.0], rng.normal(0, SPREAD, DATABASES)])
    effect = truth.effect + own[database] + np.where(kind == "count", truth.kind_effect, 0.0)
    after = shifted(after, effect, rng)
    confidence = np.clip(sureness + truth.effect + truth.overconfident, 0, 1)
    return (
        _outcomes(database, kind, before, sureness),
        _outcomes(database, kind, after, confidence),
    )


def shifted(right: Bools, effect: Any, rng: np.random.Generator) -> Bools:
    """Answers that turn right or wrong until the accuracy has changed by `effect` on average."""
    chance = rng.random(len(right))
    gained = ~right & (chance < effect / (1 - RIGHT))
    lost = right & (chance < -effect / RIGHT)
    result: Bools = (right | gained) & ~lost
    return result


def _outcomes(database: Any, kind: Any, right: Bools, confidence: Any) -> list[Outcome]:
    return [
        Outcome(
            f"{at}", f"{at}", f"d{where}", str(kind[at]),
            "tend" if where else "synthetic", bool(right[at]), float(confidence[at]),
        )
        for at, where in enumerate(database)
    ]  # fmt: skip


@dataclass(frozen=True)
class Chain:
    """After 20 retrainings: points that the accuracy truly rose by, and how deep below its best
    it ever was, on average; share of promotions that were truly for the worse."""

    rule: str
    size: int
    gained: float
    deepest: float
    promoted: float
    for_the_worse: float


RULES: dict[str, Callable[[Comparison], bool]] = {
    "as many right": lambda found: found.gained >= found.lost,
    "corrections learned": lambda found: no_worse(found, LIMITS),
    "none learned": lambda found: better(found, LIMITS),
    "significant": significant,
}


def chains(size: int, rule: str, count: int, rng: np.random.Generator) -> Chain:
    """Each candidate truly differs from its champion by a normal draw of 0 +- 2 points."""
    rows = [_chain(size, RULES[rule], rng) for _ in range(count)]
    gained, deepest, promoted, worse = np.array(rows, float).mean(axis=0)
    return Chain(rule, size, gained, deepest, promoted, worse / promoted if promoted else 0.0)


def _chain(
    size: int, takes: Callable[[Comparison], bool], rng: np.random.Generator
) -> tuple[float, float, int, int]:
    truth = best = RIGHT
    deepest, promoted, worse = 0.0, 0, 0
    right = rng.random(size) < truth
    for _ in range(RETRAININGS):
        effect = float(np.clip(rng.normal(0, 0.02), -0.1, min(0.1, 0.95 - truth)))
        gains, losses = (CHANGED + effect) / 2 / (1 - truth), (CHANGED - effect) / 2 / truth
        after = np.where(right, rng.random(size) >= losses, rng.random(size) < gains)
        both = [
            Pair("own", str(at), "", "synthetic", bool(old), bool(new))
            for at, (old, new) in enumerate(zip(right, after, strict=True))
        ]
        if takes(compare(both, resamples=RESAMPLES)):
            promoted, worse = promoted + 1, worse + (effect < 0)
            truth, right = truth + effect, after
        best = max(best, truth)
        deepest = max(deepest, best - truth)
    return truth - RIGHT, deepest, promoted, worse


def measure(candidates: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "seed": seed,
        "accuracy": [
            asdict(simulate(size, Truth(effect), candidates, rng))
            for size in SIZES
            for effect in EFFECTS
        ],
        "kinds": [
            asdict(simulate(size, Truth(kind_effect=fall), candidates // 2, rng))
            for size in SIZES
            for fall in (-0.2, -0.3)
        ],
        "calibration": [
            asdict(simulate(size, Truth(overconfident=by), candidates // 2, rng))
            for size in SIZES
            for by in (0.1, 0.15)
        ],
        "chains": [asdict(chains(SIZES[0], rule, max(candidates // 6, 1), rng)) for rule in RULES],
    }


def report(figures: dict[str, Any]) -> str:
    lines = ["Taken, by true difference (the accuracy gate alone, then with all of them)"]
    for row in figures["accuracy"]:
        low, high = row["learned_interval"]
        lines.append(
            f"  {row['size']} questions, {100 * row['truth']['effect']:+.0f} points: "
            f"corrections learned {row['learned']:.0%} [{low:.0%}, {high:.0%}], "
            f"none learned {row['not_learned']:.0%}, with all gates {row['all_gates']:.0%}; "
            f"as many right {row['as_many_right']:.0%}, significant {row['significant']:.0%}; "
            f"interval holds {row['interval_holds']:.0%}, change sides {row['change_sides']:.0%}"
        )
    lines += ["", "Refused by the other gates, by true difference"]
    for row in figures["accuracy"]:
        lines.append(
            f"  {row['size']} questions, {100 * row['truth']['effect']:+.0f} points: "
            f"query kinds {row['kinds']:.1%} (by shares alone {row['kind_shares']:.0%}), "
            f"sources {row['sources']:.1%}, calibration {row['calibration']:.1%}"
        )
    for row in figures["kinds"]:
        lines.append(
            f"  {row['size']} questions, one kind {100 * row['truth']['kind_effect']:+.0f} points: "
            f"query kinds {row['kinds']:.0%} (by shares alone {row['kind_shares']:.0%})"
        )
    for row in figures["calibration"]:
        lines.append(
            f"  {row['size']} questions, {100 * row['truth']['overconfident']:.0f} points too "
            f"sure: calibration {row['calibration']:.0%}"
        )
    lines += ["", f"After {RETRAININGS} retrainings, candidates truly 0 +- 2 points"]
    for row in figures["chains"]:
        lines.append(
            f"  {row['size']} questions, {row['rule']}: {100 * row['gained']:+.1f} points, at most "
            f"{100 * row['deepest']:.1f} below its best, {row['promoted']:.1f} promoted, "
            f"{row['for_the_worse']:.0%} of them for the worse"
        )
    return "\n".join([*lines, "", f"({figures['seconds']} s)"])


def main() -> int:
    return run_simulation(__doc__, "candidates", 300, measure, report)


if __name__ == "__main__":
    sys.exit(main())
