"""Always-valid statistics: hand-checked values, bounds at once over time, and their errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.experiments import SETUPS, TUNED_FOR, UNITS, log_factors, mismatch, simulate
from mqt_assets.experiments.statistics import (
    BURN_IN,
    Latencies,
    difference,
    log_mismatch,
    mismatch_p,
    one_mean,
    radius,
    sample_of,
    slower_share,
    upper_p95,
)


def test_the_radius_is_the_papers() -> None:
    rho2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05)) + 1) / 1000
    boundary = 2 * (400 * rho2 + 1) / (400**2 * rho2)
    expected = 0.4 * math.sqrt(boundary * math.log(math.sqrt(400 * rho2 + 1) / 0.05))
    assert radius(400.0, 0.16 / 400, 0.05, 1000.0) == pytest.approx(expected)


def test_an_interval_is_wider_than_that_of_one_look_and_narrows() -> None:
    few, many = ([1.0, 0.0] * n for n in (100, 1000))
    first, second = (one_mean(sample_of(x, [1] * len(x)), 0.05, 1000) for x in (few, many))
    assert first and second
    assert first.high - first.estimate > 1.96 * 0.5 / math.sqrt(200)
    assert second.high - second.low < first.high - first.low


def test_no_interval_before_the_burn_in() -> None:
    small, enough = (sample_of([1.0] * n, [1] * n) for n in (BURN_IN - 1, BURN_IN))
    assert difference(small, enough, 0.05, 1000) is None
    assert difference(enough, enough, 0.05, 1000) is not None


def test_successes_only_do_not_make_an_interval_of_no_width() -> None:
    perfect = sample_of([1.0] * 60, [1] * 60)
    interval = difference(perfect, perfect, 0.05, 1000)
    assert interval and interval.low < 0 < interval.high


def test_questions_of_one_person_do_not_count_as_so_many_people() -> None:
    alone = sample_of([1.0, 0.0] * 300, [1] * 600)
    together = sample_of([6.0, 0.0] * 50, [6] * 100)
    assert together.mean == alone.mean
    assert together.questions == alone.questions
    assert together.variance == pytest.approx(6 * alone.variance, rel=0.02)


def test_a_broken_split_is_noticed_and_a_right_one_is_not() -> None:
    assert mismatch_p(500, 500, 0.5) == 1.0
    assert mismatch_p(950, 50, 0.05) == 1.0
    assert mismatch_p(600, 400, 0.5) < 0.001
    assert mismatch_p(10, 0, 0.0) == 1.0


def test_the_simulations_factor_is_the_functions() -> None:
    got, total = np.array([[3.0, 130.0]]), np.array([10.0, 1000.0])
    expected = [log_mismatch(7, 3, 0.2), log_mismatch(870, 130, 0.2)]
    assert log_factors(got, total, 0.2)[0].tolist() == pytest.approx(expected)


def test_a_slow_challenger_is_noticed_and_an_equal_one_is_not() -> None:
    draw = np.random.default_rng(1)

    def latencies(people: int, times: float = 1.0) -> Latencies:
        return Latencies.of((draw.lognormal(3, 0.5, (people, 2)) * times).tolist())

    champion = latencies(1500)
    equal = slower_share(champion, latencies(1500), 1.5, 0.01, 500)
    worse = slower_share(champion, latencies(1500, 2.5), 1.5, 0.01, 500)
    assert equal and not equal.above_zero
    assert worse and worse.above_zero
    assert slower_share(latencies(BURN_IN - 1), champion, 1.5, 0.01, 500) is None
    assert slower_share(champion, latencies(BURN_IN - 1), 1.5, 0.01, 500) is None


def test_the_bound_of_the_percentile_is_the_smallest_latency_that_its_interval_allows() -> None:
    """Against the plain definition, latency by latency."""
    draw = np.random.default_rng(2)
    people = [(draw.lognormal(0, 1) * draw.lognormal(3, 0.3, n)).tolist() for n in
              draw.integers(1, 7, 400)]  # fmt: skip

    def allowed(limit: float) -> bool:
        above = [float(sum(ms > limit for ms in unit)) for unit in people]
        sample = sample_of(above, [len(unit) for unit in people])
        width = radius(float(sample.units), sample.variance, 0.1, 400.0)
        return bool(sample.mean <= 0.05 and sample.mean + width <= 0.05)

    flat = sorted(ms for unit in people for ms in unit)
    expected = min(ms for ms in flat if allowed(ms))
    assert upper_p95(Latencies.of(people), 0.1, 400.0) == expected


def test_of_people_who_wait_differently_less_is_known() -> None:
    draw = np.random.default_rng(3)
    people = [(draw.lognormal(0, 1) * draw.lognormal(3, 0.1, 6)).tolist() for _ in range(1000)]
    known = upper_p95(Latencies.of(people), 0.05, 500)
    as_if_alone = upper_p95(Latencies.of([[ms] for unit in people for ms in unit]), 0.05, 500)
    assert known is not None and as_if_alone is not None
    assert known > as_if_alone


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.name)
def test_looking_all_the_time_errs_at_most_as_often_as_the_level(setup: object) -> None:
    """400 experiments: above 8 % would be further than three standard errors from 5 %."""
    outcome = simulate(setup, 0.0, 400, np.random.default_rng(7))  # type: ignore[arg-type]
    assert outcome.found < 0.08
    assert outcome.z_test_found > 0.15  # the same looks with an ordinary test: what is avoided


def test_a_real_effect_is_found_with_the_right_sign() -> None:
    outcome = simulate(SETUPS[0], -0.1, 100, np.random.default_rng(7))
    assert outcome.found > 0.95
    assert outcome.wrong_sign == 0.0
    assert outcome.median_units is not None
    assert outcome.median_units < TUNED_FOR < UNITS


def test_the_ratio_alarm_is_quiet_without_cause_and_loud_with_one() -> None:
    rng = np.random.default_rng(7)
    assert mismatch(0.5, 0.5, 400, rng).found < 0.08
    assert mismatch(0.5, 0.55, 100, rng).found > 0.9
