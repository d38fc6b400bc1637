"""Pairs of outcomes: an exact test, and an interval that is honest about small holdouts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from mqt_assets.evaluation.paired import (
    FEWEST_DATABASES,
    Comparison,
    Outcome,
    Pair,
    compare,
    grouped,
    pairs,
)

CHANGES = {1: (False, True), 0: (True, True), -1: (True, False)}


def made(changes: list[int], databases: int = 1, source: str = "synthetic") -> list[Pair]:
    return [
        Pair(f"d{at % databases}", f"q{at}", "count", source, *CHANGES[change])
        for at, change in enumerate(changes)
    ]


def outcome(question: str, right: bool) -> Outcome:
    return Outcome(question, f"gold of {question}", "shop", "count", "synthetic", right, 0.5)


def test_outcomes_are_paired_by_question_whatever_their_order() -> None:
    before = [outcome("b", True), outcome("a", False), outcome("gone", True)]
    after = [outcome("a", True), outcome("b", True), outcome("new", True)]
    assert [(pair.before, pair.after) for pair in pairs(before, after)] == [
        (False, True),
        (True, True),
    ]
    assert pairs((), after) == ()


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_test_is_the_exact_binomial_one(gained: int, lost: int) -> None:
    found = Comparison(200, gained, lost, 0.0, 0.0)
    if gained + lost == 0:
        assert found.p_value == found.p_worse == found.p_better == 1.0
        return
    expected = binomtest(lost, gained + lost)
    assert found.p_value == pytest.approx(expected.pvalue)
    worse = binomtest(lost, gained + lost, alternative="greater")
    assert found.p_worse == pytest.approx(worse.pvalue)
    better = binomtest(gained, gained + lost, alternative="greater")
    assert found.p_better == pytest.approx(better.pvalue)


changes = st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=1, max_size=120)


@settings(max_examples=60, deadline=None)
@given(changes, st.sampled_from([1, 3, 12]))
def test_the_interval_holds_the_difference_and_never_closes(given: list[int], count: int) -> None:
    found = compare(made(given, count))
    assert found.low <= found.difference <= found.high
    assert found.low < found.high
    assert found.low >= -1
    assert found.high <= 1
    assert found == compare(made(given, count))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([-1, 0, 0, 0, 1]), min_size=40, max_size=120))
def test_champion_and_candidate_exchanged_exchange_everything(given: list[int]) -> None:
    one, other = compare(made(given)), compare(made([-change for change in given]))
    assert (one.gained, one.lost) == (other.lost, other.gained)
    assert one.p_value == other.p_value
    assert one.low == pytest.approx(-other.high, abs=0.06)  # both are resampled


def test_the_interval_narrows_with_more_questions_and_fewer_that_differ() -> None:
    def width(changes: list[int]) -> float:
        found = compare(made(changes))
        return found.high - found.low

    assert width([1, -1, 0, 0] * 100) < width([1, -1, 0, 0] * 25)
    assert width([1, -1, 0, 0] * 25) > width([1, -1, 0, 0, 0, 0, 0, 0] * 13)


def test_few_questions_without_a_loss_do_not_rule_losses_out() -> None:
    assert compare(made([0] * 20)).low < -0.05
    assert compare(made([0] * 400)).low > -0.01


def test_databases_that_change_as_wholes_are_drawn_as_wholes_when_there_are_enough() -> None:
    def low(databases: int) -> float:
        changes = [1 if at % databases < databases // 2 else -1 for at in range(240)]
        return compare(made(changes, databases, "tend")).low

    assert low(FEWEST_DATABASES * 2) < -0.35
    assert low(FEWEST_DATABASES - 2) > -0.2


def test_wordings_of_one_query_are_drawn_together() -> None:
    apart = made([1, -1] * 50)
    together = [
        Pair(p.database, f"q{(at // 2) % 10}{p.change}", p.kind, p.source, p.before, p.after)
        for at, p in enumerate(apart)
    ]
    assert compare(together).low < compare(apart).low - 0.1


def test_pairs_are_grouped_by_where_their_questions_come_from() -> None:
    both = [*made([1, 0]), *made([0, -1], source="tend")]
    assert {name: len(found) for name, found in grouped(both, lambda p: p.origin).items()} == {
        "corpus": 2,
        "own databases": 2,
    }
