"""Calibration in bins of equal mass, and intervals by resampling databases."""

from __future__ import annotations

import pytest

from mqt_assets.evaluation.figures import (
    Interval,
    clustered_interval,
    expected_calibration_error,
    reliability,
)


def test_bins_hold_the_same_number_of_answers_from_the_least_probable_on() -> None:
    judged = [(at / 100, at % 2 == 0) for at in reversed(range(25))]
    bins = reliability(judged, bins=10)
    assert [each.count for each in bins] == [3] * 5 + [2] * 5
    assert (bins[0].lowest, bins[0].highest) == (0.0, 0.02)
    assert bins[0].probability == pytest.approx(0.01)
    assert bins[0].right == pytest.approx(2 / 3)
    assert [each.lowest for each in bins] == sorted(each.lowest for each in bins)


def test_fewer_answers_than_bins_give_one_bin_an_answer() -> None:
    assert [each.count for each in reliability([(0.5, True), (0.9, False)])] == [1, 1]


def test_the_calibration_error_weighs_gaps_by_answers() -> None:
    sure_and_right = [(1.0, True)] * 10
    half_sure_and_wrong = [(0.5, False)] * 10
    assert expected_calibration_error(reliability(sure_and_right)) == 0.0
    both = reliability([*sure_and_right, *half_sure_and_wrong], bins=2)
    assert expected_calibration_error(both) == pytest.approx(0.25)
    assert expected_calibration_error(()) == 0.0


def test_the_interval_is_wide_when_whole_databases_differ() -> None:
    clustered = [(f"d{n}", float(n < 5)) for n in range(10) for _ in range(50)]
    mixed = [(f"d{n}", float(at % 2)) for n in range(10) for at in range(50)]
    wide, narrow = clustered_interval(clustered), clustered_interval(mixed)
    assert narrow.low == narrow.high == 0.5
    assert wide.low < 0.25 < 0.75 < wide.high


def test_the_interval_is_the_same_every_time_and_holds_the_mean() -> None:
    scores = [(f"d{n % 7}", float(n % 3 == 0)) for n in range(200)]
    found = clustered_interval(scores)
    assert found == clustered_interval(scores)
    assert found.low < sum(score for _, score in scores) / 200 < found.high
    assert clustered_interval([]) == Interval(0.0, 0.0)
