"""Statistics of an experiment that may be looked at any time; pure, numpy only.

Differences of means: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences"
(arXiv 2103.06476, Theorem 2.2, two-sided normal mixture). It holds at all times at once from the
burn-in on, so stopping when it leaves zero errs at most as often as its level says. A person's
questions depend on each other, in how they end and in how long they take, so the unit of analysis
is the assigned unit: means are ratios (sum of outcomes / number of questions) with the variance
between units, as in Deng, Knoblich and Lu, "Applying the delta method in metric analytics"
(arXiv 1803.06336).

Sample ratio mismatch: the sequential multinomial test of Lindon and Malek, "Anytime-valid inference
for multinomial count data" (arXiv 2011.03567): a Bayes factor with a Dirichlet prior around the
planned share, which is a martingale when assignment works; 1 / factor is an always-valid p-value.

`benchmarks/experiments.py` measures both by simulation, `benchmarks/guardrails.py` whole
experiments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

BURN_IN = 50
"""Units in each arm before any interval is given: the method is asymptotic."""

MISMATCH_PRIOR = 100.0
"""How strongly the alternative of the mismatch test is centred on the planned share (pseudo
counts): small departures are what broken assignment looks like."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One arm's outcome: `variance` is that of the mean, between units."""

    units: int
    questions: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True, eq=False)
class Latencies:
    """One arm's, question by question: `units` says whose, from 0 to the last one without a gap."""

    milliseconds: Numbers
    units: NDArray[np.int64]

    @classmethod
    def of(cls, by_unit: Sequence[Sequence[float]]) -> Latencies:
        """Of units that each asked something."""
        flat = [ms for unit in by_unit for ms in unit]
        owners = np.repeat(np.arange(len(by_unit)), [len(unit) for unit in by_unit])
        return cls(np.asarray(flat, float), owners)

    @property
    def p95(self) -> float | None:
        return float(np.percentile(self.milliseconds, 95)) if len(self.milliseconds) else None


@dataclass(frozen=True, slots=True)
class Interval:
    """Holds the true value at all times at once with the level's probability."""

    estimate: float
    low: float
    high: float

    @property
    def above_zero(self) -> bool:
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        return self.high < 0


def sample_of(sums: ArrayLike, counts: ArrayLike) -> Sample:
    """From each unit's sum of outcomes (each between 0 and 1) and its number of questions."""
    x, n = np.asarray(sums, float), np.asarray(counts, float)
    if len(x) == 0:
        return Sample(0, 0, 0.0, math.inf)
    mean, variance = ratio(x.sum(), n.sum(), (x * x).sum(), (x * n).sum(), (n * n).sum(), len(x))
    return Sample(len(x), int(n.sum()), float(mean), float(variance))


def ratio(x: Any, n: Any, xx: Any, xn: Any, nn: Any, units: Any) -> tuple[Any, Any]:
    """Mean x / n and its variance from sums over units (delta method); arrays go elementwise.

    All alike so far does not mean no variance: it is at least that of independent questions with
    one success and one failure more than were seen.
    """
    mean = x / n
    between = np.maximum(xx - 2 * mean * xn + mean * mean * nn, 0.0) / (n * n)
    between = between * units / np.maximum(units - 1, 1)
    smooth = (x + 1) / (n + 2)
    return mean, np.maximum(between, smooth * (1 - smooth) / n)


def radius(units: Any, variance: Any, level: float, tuned_for: float) -> Any:
    """Half the width for an estimate from `units` in all with this variance; arrays go elementwise.

    `level` is the chance to miss the true value ever; the sequence is tightest at `tuned_for`
    units (the paper's equation for rho).
    """
    log_level = -2 * math.log(level)
    rho2 = (log_level + math.log(log_level) + 1) / tuned_for
    grown = units * rho2 + 1
    boundary = 2 * grown / (units**2 * rho2) * np.log(np.sqrt(grown) / level)
    return np.sqrt(units * variance * boundary)


def difference(
    champion: Sample, challenger: Sample, level: float, tuned_for: float
) -> Interval | None:
    """Challenger's mean less champion's; None before the burn-in is over."""
    if min(champion.units, challenger.units) < BURN_IN:
        return None
    estimate = challenger.mean - champion.mean
    variance = champion.variance + challenger.variance
    width = float(radius(champion.units + challenger.units, variance, level, tuned_for))
    return Interval(estimate, max(estimate - width, -1.0), min(estimate + width, 1.0))


def one_mean(sample: Sample, level: float, tuned_for: float) -> Interval | None:
    """A share by itself; None before the burn-in is over."""
    if sample.units < BURN_IN:
        return None
    width = float(radius(sample.units, sample.variance, level, tuned_for))
    return Interval(sample.mean, max(sample.mean - width, 0.0), min(sample.mean + width, 1.0))


def mismatch_p(champion: int, challenger: int, share: float) -> float:
    """Always-valid p-value that units came in the planned share (the challenger's)."""
    if not 0 < share < 1:
        return 1.0
    return math.exp(min(0.0, -log_mismatch(champion, challenger, share)))


def log_mismatch(champion: float, challenger: float, share: float) -> float:
    """Logarithm of the Bayes factor against the planned share."""
    a, b = MISMATCH_PRIOR * share, MISMATCH_PRIOR * (1 - share)
    mixed = _log_beta(a + challenger, b + champion) - _log_beta(a, b)
    return mixed - challenger * math.log(share) - champion * math.log(1 - share)


def slower_share(
    champion: Latencies, challenger: Latencies, times: float, level: float, tuned_for: float
) -> Interval | None:
    """Whether the challenger's 95th percentile is more than `times` the champion's.

    It is when more than 5 % of its latencies lie above `times` that percentile: the interval is of
    that share less 5 %. The champion's percentile is taken from above: the smallest latency that,
    by its own confidence sequence, at most 5 % of the champion's exceed (a share's interval turned
    into a quantile's, as in Woodruff, "Confidence intervals for medians and other position
    measures", 1952). None until there is one. Each side uses half the level. `tuned_for` are the
    units of one arm.
    """
    threshold = upper_p95(champion, level / 2, tuned_for)
    if threshold is None:
        return None
    slow = (challenger.milliseconds > times * threshold).astype(float)
    above = sample_of(np.bincount(challenger.units, weights=slow), np.bincount(challenger.units))
    interval = one_mean(above, level / 2, tuned_for)
    if interval is None:
        return None
    return Interval(interval.estimate - 0.05, interval.low - 0.05, interval.high - 0.05)


def upper_p95(latencies: Latencies, level: float, tuned_for: float) -> float | None:
    """The smallest latency that, at all times at once, at most 5 % of all exceed; None while there
    is none."""
    counts = np.bincount(latencies.units).astype(float)
    if len(counts) < BURN_IN:
        return None
    total = len(latencies.milliseconds)
    most = int(0.05 * total)
    slowest = np.argpartition(latencies.milliseconds, total - most - 1)[total - most - 1 :]
    slowest = slowest[np.argsort(-latencies.milliseconds[slowest], kind="stable")]
    # Sums over units of what lies above each of them: 0, 1, 2, ... latencies.
    above = np.arange(most + 1, dtype=float)
    owners = latencies.units[slowest[:most]]
    squares = np.concatenate([[0.0], np.cumsum(2.0 * _times_before(owners) + 1)])
    products = np.concatenate([[0.0], np.cumsum(counts[owners])])
    _, variance = ratio(
        above, float(total), squares, products, (counts * counts).sum(), len(counts)
    )
    allowed = above / total + radius(float(len(counts)), variance, level, tuned_for) <= 0.05
    if not allowed.any():
        return None
    return float(latencies.milliseconds[slowest[int(above[allowed].max())]])


def _times_before(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often the same value came before, for each."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    result = np.empty_like(order)
    result[order] = np.arange(len(values)) - np.searchsorted(ordered, ordered)
    return result


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
