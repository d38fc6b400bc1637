"""Which sorts of questions fail more than others, and which only seem to."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from mqt_assets.feedback.failures import NO_QUERY, VOTED_DOWN, Asked, Shape
from mqt_assets.feedback.patterns import patterns_of, wilson


def asked(kind: str, field: str, failed: bool, release: str = "r1") -> Asked:
    shape = (
        Shape(kind)
        if kind == NO_QUERY
        else Shape(kind, frozenset({"orders"}), frozenset({("orders", field)}))
    )
    failures = frozenset({VOTED_DOWN} if failed else ())
    return Asked("?", "shop", datetime(2026, 11, 5, tzinfo=UTC), release, "", shape, failures)


def test_wilson_is_the_score_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for found, of, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson(found, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(7, 7)[1] == 1.0


def test_what_fails_more_than_the_rest_comes_first_with_its_figures() -> None:
    day = [asked("join", "total", number < 30) for number in range(40)]
    day += [asked("count", "city", number < 6) for number in range(60)]
    worst = patterns_of(day)[0]
    assert (worst.dimension, worst.value) in {("query kind", "join"), ("field", "orders.total")}
    assert (worst.asked, worst.failed, worst.rate) == (40, 30, 0.75)
    assert (worst.rest, worst.lift) == (0.1, 7.5)
    assert worst.low < 0.75 < worst.high
    assert worst.stands_out
    assert {p.value for p in patterns_of(day)} == {
        "join",
        "orders.total",
    }  # what fails less is none


def test_little_support_is_no_pattern() -> None:
    day = [asked("join", "total", True) for _ in range(9)]
    day += [asked("count", "city", False) for _ in range(60)]
    assert patterns_of(day) == []
    assert {p.value for p in patterns_of(day, fewest_asked=9)} == {"join", "orders.total"}


def test_what_everything_is_has_nothing_to_compare_with() -> None:
    day = [asked("join", "total", number % 2 == 0) for number in range(40)]
    assert patterns_of(day) == []


def test_questions_without_a_query_say_nothing_of_kinds_but_something_of_releases() -> None:
    day = [asked(NO_QUERY, "", True, "r2") for _ in range(30)]
    day += [asked("join", "total", number < 20, "r1") for number in range(40)]
    day += [asked("count", "city", number < 10, "r1") for number in range(40)]
    patterns = patterns_of(day)
    assert (patterns[0].dimension, patterns[0].value) == ("release", "r2")
    kinds = {p.value: p for p in patterns if p.dimension == "query kind"}
    assert kinds["join"].rest == 0.25  # of the 40 counts, not of all others


def test_a_dimension_shows_its_ten_worst() -> None:
    day = [asked("find", f"f{n % 30}", n % 30 < 15 and n % 60 < 30) for n in range(3000)]
    shown = [p for p in patterns_of(day) if p.dimension == "field"]
    assert len(shown) == 10


def test_chance_alone_hardly_ever_stands_out() -> None:
    """Of 200 days on which all fields fail alike, 5 % may raise a false alarm."""
    false = 0
    for seed in range(200):
        chance = Random(seed)
        day = [
            asked(
                chance.choice(["find", "join"]), f"f{chance.randrange(40)}", chance.random() < 0.2
            )
            for _ in range(1200)
        ]
        false += any(pattern.stands_out for pattern in patterns_of(day))
    assert false <= 20  # 200 x 5 % and room for luck
