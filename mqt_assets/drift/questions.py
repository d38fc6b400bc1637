"""Whether people ask about other things than before, told by the vectors of their questions. Pure.

The energy distance between both samples (Székely and Rizzo, "Energy statistics", 2013) with a
permutation test: labels are dealt anew many times, and the distance is no chance when hardly any
deal gives as large a one. How large it is says the energy coefficient: 0 for the same distribution,
1 for two that have nothing in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

LEVEL: Final = 0.001
"""Chance of a false alarm a look."""
PERMUTATIONS: Final = 4_999
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Shift:
    """`coefficient` is unbiased, so slightly below 0 for some samples of the same distribution."""

    coefficient: float
    p: float


def shift(before: Vectors, now: Vectors, seed: int = 0) -> Shift:
    """Between (n, d) and (m, d) vectors of length 1, n and m at least 2."""
    vectors = np.concatenate([before, now]).astype(np.float32)
    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * (vectors @ vectors.T)))
    np.fill_diagonal(distances, 0.0)
    labels = np.zeros(len(vectors), np.float32)
    labels[: len(before)] = 1.0
    observed, across = (float(found[0]) for found in _energies(labels[None], distances))
    rng = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, PERMUTATIONS, _AT_ONCE):
        dealt = np.tile(labels, (min(_AT_ONCE, PERMUTATIONS - start), 1))
        found, _ = _energies(rng.permuted(dealt, axis=1), distances)
        as_large += int((found >= observed - 1e-7).sum())
    coefficient = observed / (2.0 * across) if across > 0 else 0.0
    return Shift(coefficient, (1 + as_large) / (1 + PERMUTATIONS))


def _energies(
    labels: npt.NDArray[np.float32], distances: Vectors
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Of (k, n) ways to part n points in two: unbiased energy distances (k,), and the mean
    distances across (k,)."""
    others = 1.0 - labels
    to_first = labels @ distances
    first, second = labels.sum(1), others.sum(1)
    within_first = (to_first * labels).sum(1) / (first * (first - 1.0))
    across = (to_first * others).sum(1) / (first * second)
    within_second = ((others @ distances) * others).sum(1) / (second * (second - 1.0))
    return 2.0 * across - within_first - within_second, across


def unlike(before: Vectors, now: Vectors, most: int) -> list[int]:
    """Which of `now` are least like any of `before`, the least alike first."""
    nearest = (now @ before.T).max(axis=1)
    return [int(at) for at in np.argsort(nearest, kind="stable")[:most]]
