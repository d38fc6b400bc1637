"""When a model is rolled back by its figures, and when it is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mqt_assets.release.watching import (
    Case,
    Figures,
    Limits,
    Tally,
    Tenure,
    case_of,
    figures_of,
    judge,
    tenures,
)
from mqt_serving.releases import Pointer

START = datetime(2026, 1, 1, tzinfo=UTC)


def moved(day: int, action: str, release: str, model: str, left: str = "") -> dict[str, Any]:
    at = (START + timedelta(days=day)).isoformat()
    return {"at": at, "action": action, "to": release, "translators": [left, model]}


HISTORY = [
    moved(0, "release", "r1", "m1"),
    moved(1, "release", "r2", "m1", "m1"),
    moved(2, "release", "r3", "m2", "m1"),
    moved(3, "release", "r4", "m2", "m2"),
]


def figures(count: int, failed: int = 0, corrected: int = 0) -> Figures:
    """Of so many different questions."""
    return figures_of(
        Tally(answered=n >= failed, failed=n < failed, complained=count - n <= corrected)
        for n in range(count)
    )


# ------------------------------------------------------------ what is judged


def test_a_training_that_begins_ends_no_tenure() -> None:
    training = moved(4, "train", "r4", "")
    assert tenures([*HISTORY, training]) == tenures(HISTORY)


def test_releases_in_a_row_with_one_model_are_one_tenure() -> None:
    first, second = tenures(HISTORY)
    assert first == Tenure("m1", ("r1", "r2"), START, START + timedelta(days=2))
    assert second == Tenure("m2", ("r3", "r4"), START + timedelta(days=2))


def test_the_way_back_is_the_last_release_of_the_model_before() -> None:
    case = case_of(Pointer(champion="r4"), HISTORY, {"r1", "r2", "r3", "r4"})
    assert isinstance(case, Case)
    assert (case.champion, case.target, case.before.model) == ("r4", "r2", "m1")
    older = case_of(Pointer(champion="r4"), HISTORY, {"r1", "r4"})
    assert isinstance(older, Case)
    assert older.target == "r1"


@pytest.mark.parametrize(
    ("pointer", "history", "present", "reason"),
    [
        (None, [], set(), "Nothing is released yet"),
        (Pointer(champion="r9"), HISTORY, {"r1", "r9"}, "audit trail does not say"),
        (Pointer(champion="r2"), HISTORY[:2], {"r1", "r2"}, "none to go back to"),
        (Pointer(champion="r4"), HISTORY, {"r3", "r4"}, "none to go back to"),
    ],
)
def test_without_a_way_back_nothing_is_judged(
    pointer: Pointer | None, history: Sequence[Any], present: set[str], reason: str
) -> None:
    found = case_of(pointer, history, present)
    assert isinstance(found, str)
    assert reason in found


def test_a_model_that_was_rolled_back_is_never_gone_back_to() -> None:
    """So two bad models in turn cannot make the pointer go forth and back."""
    present = {"r1", "r2", "r3", "r4", "r5"}
    back = [*HISTORY, moved(4, "rollback", "r2", "m1", "m2")]
    assert isinstance(case_of(Pointer(champion="r2"), back, present), str)
    third = [*back, moved(5, "release", "r5", "m3", "m1")]
    case = case_of(Pointer(champion="r5"), third, present)
    assert isinstance(case, Case)
    assert case.target == "r2"
    worse_again = [*third, moved(6, "rollback", "r2", "m1", "m3")]
    assert isinstance(case_of(Pointer(champion="r2"), worse_again, present), str)


# ------------------------------------------------------------- what counts


def test_answers_and_failures_are_what_errors_are_a_share_of_and_answers_what_complaints_are() -> (
    None
):
    found = figures_of([Tally(answered=2, failed=1, complained=1), Tally(failed=1), Tally()], 7)
    assert (found.errors.questions, found.errors.mean) == (4, 0.5)
    assert (found.corrections.questions, found.corrections.mean) == (2, 0.5)
    assert found.left_out == 7


def test_one_question_all_day_does_not_move_anything() -> None:
    found = figures_of([Tally(failed=500), *(Tally(answered=1) for _ in range(200))])
    assert found.errors.questions == 203
    assert not judge(found, figures(500), Limits()).worse


def test_of_a_question_that_sometimes_fails_the_share_counts() -> None:
    found = figures_of([Tally(answered=75, failed=25)])
    assert (found.errors.questions, found.errors.mean) == (3, 0.25)


# ------------------------------------------------------------ the judgement


@pytest.mark.parametrize(
    ("live", "before", "worse", "words"),
    [
        (figures(99, failed=99), figures(500), False, "99 of 100 questions"),
        (figures(300, failed=120), figures(20), True, "the limit is 25%"),
        (figures(300, failed=60), figures(20), False, "too little is known"),
        (figures(400, failed=60), figures(1000, failed=30), True, "the model before had 3.0%"),
        (figures(400, failed=60), figures(1000, failed=120), False, "the model before had 12.0%"),
        (figures(400, corrected=60), figures(1000, corrected=30), True, "corrections: 15.0%"),
        (figures(400, corrected=160), figures(20), True, "corrections: 40.0%"),
        (figures(0), figures(0), False, "0 of 100 questions"),
    ],
)
def test_a_model_is_rolled_back_when_it_is_surely_worse(
    live: Figures, before: Figures, worse: bool, words: str
) -> None:
    found = judge(live, before, Limits())
    assert found.worse is worse, found.reason
    assert words in found.reason


def test_a_little_worse_is_kept() -> None:
    before = figures(20_000, failed=1000)
    live = figures(20_000, failed=1300)
    assert not judge(live, before, Limits(margin=0.02)).worse
    assert judge(live, before, Limits(margin=0.0)).worse
