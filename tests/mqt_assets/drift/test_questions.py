"""Whether samples of vectors come from one distribution."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from mqt_assets.drift.questions import LEVEL, Vectors, shift, unlike


def around(rng: np.random.Generator, centre: int, n: int, width: float = 0.3) -> Vectors:
    """Vectors of length 1 about an axis of sixteen dimensions."""
    found: npt.NDArray[np.float64] = rng.normal(0.0, width, (n, 16))
    found[:, centre] += 1.0
    unit: Vectors = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_the_same_topics_are_no_shift() -> None:
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = shift(around(rng, 0, 60), around(rng, 0, 50), seed)
        alarms += found.p <= LEVEL
        assert abs(found.coefficient) < 0.05
    assert alarms <= 1


@pytest.mark.parametrize("moved", [0.4, 1.0])
def test_other_topics_are(moved: float) -> None:
    rng = np.random.default_rng(1)
    before = around(rng, 0, 100)
    count = int(100 * moved)
    now = np.concatenate([around(rng, 0, 100 - count), around(rng, 5, count)])
    found = shift(before, now)
    assert found.p <= LEVEL and 0.02 < found.coefficient < 1.0
    assert found == shift(before, now)
    new = set(range(100 - count, 100))
    least_alike = unlike(before, now, 10)
    assert len(new & set(least_alike)) >= 9


def test_the_more_moves_the_larger_it_is() -> None:
    rng = np.random.default_rng(2)
    before, same, other = around(rng, 0, 200), around(rng, 0, 200), around(rng, 3, 200)
    sizes = [
        shift(before, np.concatenate([same[n:], other[:n]])).coefficient for n in (0, 50, 100, 200)
    ]
    assert sizes == sorted(sizes)


def test_equal_questions_are_no_error() -> None:
    one = np.tile(np.eye(16, dtype=np.float32)[:1], (30, 1))
    found = shift(one, one)
    assert (found.coefficient, found.p) == (0.0, 1.0)
