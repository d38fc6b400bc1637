"""Figures over judged answers: calibration, and intervals that know about databases. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar probability: the mean of it, and the share that is right."""

    count: int
    lowest: float
    highest: float
    probability: float
    right: float


def reliability(judged: Sequence[tuple[float, bool]], bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal mass over (probability, right), from the least probable on.

    Sizes differ by one at most; fewer answers than bins give one bin an answer.
    """
    ranked = sorted(judged, key=lambda each: each[0])
    return tuple(
        Bin(
            count=len(part),
            lowest=float(ranked[part[0]][0]),
            highest=float(ranked[part[-1]][0]),
            probability=float(np.mean([ranked[at][0] for at in part])),
            right=float(np.mean([ranked[at][1] for at in part])),
        )
        for part in np.array_split(np.arange(len(ranked)), bins)
        if len(part)
    )


def expected_calibration_error(found: Sequence[Bin]) -> float:
    """The mean distance of probability and share right, by mass (Naeini et al. 2015); 0 of none."""
    total = sum(each.count for each in found)
    gaps = sum(each.count * abs(each.probability - each.right) for each in found)
    return gaps / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def clustered_interval(
    judged: Sequence[tuple[str, float]], confidence: float = 0.95, seed: int = 1
) -> Interval:
    """The interval of the mean over (cluster, score), by resampling whole clusters.

    Questions about one database stand or fall together: taking each as independent would make
    the interval several times too narrow (percentile bootstrap of clusters, Field and Welsh
    2007). (0, 0) for no scores.
    """
    return stratified_interval([judged], confidence, seed)


def stratified_interval(
    strata: Sequence[Sequence[tuple[str, float]]],
    confidence: float = 0.95,
    seed: int = 1,
    resamples: int = RESAMPLES,
) -> Interval:
    """As `clustered_interval`, where clusters are drawn within each stratum: shares that were
    fixed by design, such as of own and corpus questions, stay as they are."""
    chance = np.random.default_rng(seed)
    total, count = np.zeros(resamples), np.zeros(resamples)
    for stratum in strata:
        groups: defaultdict[str, list[float]] = defaultdict(list)
        for cluster, score in stratum:
            groups[cluster].append(score)
        if groups:
            clusters = [(sum(scores), len(scores)) for scores in groups.values()]
            # Equal clusters are drawn together: most questions score alike.
            alike, times = np.unique(np.array(clusters, float), axis=0, return_counts=True)
            drawn = chance.multinomial(len(groups), times / len(groups), size=resamples)
            total += drawn @ alike[:, 0]
            count += drawn @ alike[:, 1]
    if not count.all():
        return Interval(0.0, 0.0)
    outside = (1 - confidence) / 2
    low, high = np.quantile(total / count, [outside, 1 - outside])
    return Interval(float(low), float(high))
