"""The simulation of rollbacks judges as the sensor does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.rollback import LIMITS, Setup, _asked_before, _lower_bounds, _units, simulate
from mqt_assets.experiments.statistics import sample_of
from mqt_assets.release.watching import LEVEL, MOST_TIMES, lower_bound


@pytest.mark.parametrize("again", [1, 4])
def test_its_bound_is_the_sensors_after_each_question(again: int) -> None:
    fails, which = _units(0.2, again, 3, 400, np.random.default_rng(5))
    simulated = _lower_bounds((fails, which))
    for row in range(3):
        for asked in (100, 217, 400):
            units: dict[int, list[float]] = {}
            for failed, unit in zip(fails[row, :asked], which[row, :asked], strict=True):
                times = units.setdefault(int(unit), [])
                if len(times) < MOST_TIMES:
                    times.append(float(failed))
            counts = [len(times) for times in units.values()]
            sample = sample_of([sum(times) for times in units.values()], counts)
            expected = lower_bound(sample, LIMITS) if sum(counts) >= LIMITS.minimum else None
            found = simulated[row, asked - 1]
            if expected is None:
                assert found == -np.inf
            else:
                assert max(found, 0.0) == pytest.approx(expected)


def test_repeats_are_counted_in_order() -> None:
    assert _asked_before(np.array([[3, 1, 3, 3, 1]])).tolist() == [[0, 0, 1, 2, 1]]


def test_a_much_worse_model_is_found_and_one_that_is_no_worse_is_not() -> None:
    rng = np.random.default_rng(2)
    worse = simulate(Setup(0.1, 4.0), 20, rng)
    same = simulate(Setup(0.1, 1.0, absolute=1.0), 20, rng)
    assert worse.rolled_back == 1.0
    assert worse.median_questions is not None and worse.median_questions < 200
    assert same.interval[0] <= LEVEL / 2
