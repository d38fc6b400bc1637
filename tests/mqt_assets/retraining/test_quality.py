"""Whether the live model does worse than at first: exact, with a least number of questions."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest

from mqt_assets.retraining.quality import (
    LEVEL,
    NOT_ANSWERED,
    Rates,
    compare,
    rates_of,
    worse_by_chance,
)
from mqt_serving import errors

FIRST = Rates(400, 360, 8)


@pytest.mark.parametrize(
    ("recent", "worse", "said"),
    [
        (Rates(400, 362, 8), False, "no worse than at first"),
        (Rates(400, 300, 8), True, "fewer are answered"),
        (Rates(400, 360, 60), True, "more are corrected"),
        (Rates(400, 300, 60), True, "fewer are answered (p = 1.3e-08) and more are corrected"),
        (Rates(199, 0, 199), False, "199 recent questions, 200 of each are needed"),
        (Rates(400, 350, 8), False, "no worse"),  # could well be chance
        (Rates(40_000, 34_800, 800), False, "no worse"),  # sure, but small
        (Rates(400, 400, 0), False, "no worse"),
    ],
)
def test_what_counts_as_worse(recent: Rates, worse: bool, said: str) -> None:
    first = Rates(40_000, 36_000, 800) if recent.questions == 40_000 else FIRST
    look = compare(first, recent, least_questions=200, least_drop=0.05, key="k")
    assert look.worse == worse
    assert said in look.state
    assert bool(look.key) == worse


def test_the_probability_is_fishers() -> None:
    for good_before, good_now in product(range(0, 13, 3), range(0, 10, 3)):
        good, everything = good_before + good_now, 21
        expected = sum(
            comb(good, k) * comb(everything - good, 9 - k) for k in range(good_now + 1)
        ) / comb(everything, 9)
        assert worse_by_chance(good_before, 12, good_now, 9) == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_a_false_alarm_is_as_rare_as_its_level(share: float) -> None:
    """Summed over every outcome of 200 questions before and after, with the same true share."""
    n = 200
    weights = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    likely = [k for k in range(n + 1) if weights[k] > 1e-7]
    alarm = sum(
        weights[before] * weights[now]
        for before, now in product(likely, likely)
        if now < before and worse_by_chance(before, n, now, n) < LEVEL / 2
    )
    assert alarm <= LEVEL / 2
    assert alarm > 0  # it can fire


def test_what_is_not_the_models_doing_is_left_out() -> None:
    outcomes = ["answered", "translated", "cannot-answer", "service-unavailable", "ran"]
    queries = [{"_id": f"q{n}", "outcome": outcome} for n, outcome in enumerate(outcomes)]
    assert rates_of(queries, frozenset({"q0", "q3"})) == Rates(3, 2, 1)


def test_failures_are_codes_that_serving_writes() -> None:
    def codes(kind: type[errors.MqtError]) -> set[str]:
        return {kind.code}.union(*map(codes, kind.__subclasses__()))

    assert set(NOT_ANSWERED) <= codes(errors.MqtError)
