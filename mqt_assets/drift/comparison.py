"""Whether counts in the same bins come from another distribution than before. Pure.

Two things have to hold for a field to have drifted: the difference is no chance (chi-squared test
of homogeneity, the level shared by all fields that are tested), and it is large: a population
stability index (PSI; Siddiqi, Credit Risk Scorecards, 2006) of at least a set size. A PSI of 0.1
is read as some, of 0.25 as much change; few documents make it large by chance, which the test
keeps apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEVEL: Final = 0.001
"""Chance of a false alarm, of all fields that are tested together, by the test; a difference has to
be large besides."""
LEAST_DOCUMENTS: Final = 50
"""On both sides; fewer are not compared."""
_SMOOTHING: Final = 0.5  # added to each count, so that no share is zero


@dataclass(frozen=True, slots=True)
class Difference:
    """`most` is the bin (by number) that adds most to the PSI."""

    psi: float
    p: float
    most: int


def difference(before: Sequence[int], now: Sequence[int]) -> Difference:
    """Of two rows of counts, equally long, each of at least one document."""
    used = [at for at in range(len(before)) if before[at] + now[at]]
    parts = _parts([before[at] for at in used], [now[at] for at in used])
    most = used[max(range(len(used)), key=parts.__getitem__)]
    return Difference(math.fsum(parts), _chance([(before[at], now[at]) for at in used]), most)


def _parts(before: Sequence[int], now: Sequence[int]) -> list[float]:
    """What each bin adds to the PSI."""
    whole, new = (sum(counts) + _SMOOTHING * len(counts) for counts in (before, now))
    parts = []
    for old, fresh in zip(before, now, strict=True):
        share, share_now = (old + _SMOOTHING) / whole, (fresh + _SMOOTHING) / new
        parts.append((share_now - share) * math.log(share_now / share))
    return parts


def _chance(pairs: Sequence[tuple[int, int]]) -> float:
    """The p-value that both rows have the same distribution; 1 where there is one bin only."""
    if len(pairs) < 2:
        return 1.0
    from scipy.stats import chi2_contingency  # half a second to import

    return float(chi2_contingency([list(row) for row in zip(*pairs, strict=True)]).pvalue)
