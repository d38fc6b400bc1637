"""What counts as feedback, and what contradicts itself."""

from __future__ import annotations

import pytest

from mqt_serving.errors import FeedbackError
from mqt_serving.feedback.intake import check_said, picked_query
from mqt_serving.feedback.records import Reason, Said, Signal

ASKED = {"candidates": [{"mongosh": "db.a.find()"}, {"mongosh": "db.b.find()"}], "chosen": 0}


@pytest.mark.parametrize(
    "said",
    [
        Said("q", "up"),
        Said("q", "down"),
        Said("q", rating=3),
        Said("q", reasons=(Reason.UNCLEAR,)),
        Said("q", corrected_query="db.orders.find()"),
        Said("q", picked_candidate=1),
        Said("q", expected_answer="five"),
        Said("q", comment="thanks"),
        Said("q", signals=(Signal.COPIED,)),
        Said("q", "up", rating=3, reasons=(Reason.TOO_SLOW,), signals=(Signal.EXPORTED,)),
        Said("q", "down", rating=4, corrected_query="db.orders.find()"),
        Said("q", "down", rating=1, reasons=tuple(Reason), client_key="0123-abc"),
    ],
)
def test_any_part_alone_and_parts_that_agree_are_feedback(said: Said) -> None:
    check_said(said)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (Said("q"), "says nothing"),
        (Said("q", comment="  "), "says nothing"),
        (Said("q", author="ada", database="shop", client_key="0123-abc"), "says nothing"),
        (Said("q", "maybe"), "'maybe'"),  # type: ignore[arg-type]
        (Said("q", rating=0), "1 to 5"),
        (Said("q", rating=6), "1 to 5"),
        (Said("q", "up", corrected_query="db.a.find()"), "'up' .* corrected_query"),
        (Said("q", "up", rating=2), "'up' .* rating 2"),
        (Said("q", "up", reasons=(Reason.WRONG_FILTER,)), "'up' .* 'wrong-filter'"),
        (Said("q", "down", rating=5), "rating 5 .* 'down'"),
        (Said("q", rating=5, corrected_query="db.a.find()"), "rating 5 .* corrected_query"),
        (Said("q", corrected_query="db.a.find()", picked_candidate=0), "leave the other out"),
        (Said("q", "up", client_key="short"), "'short'"),
        (Said("q", "up", client_key="spaces are not allowed"), "UUID"),
        (Said("q", "up", comment="x" * 3000), "comment has 3000"),
        (Said("q", expected_answer="x" * 3000), "expected_answer has 3000"),
        (Said("q", "up", author="x" * 300), "author has 300"),
        (Said("q", "up", comment="\x00"), r"U\+0000"),
        (Said("q", reasons=(Reason.UNCLEAR,) * 21), "name each once"),
    ],
)
def test_what_says_nothing_or_contradicts_itself_is_told_what_to_change(
    said: Said, says: str
) -> None:
    with pytest.raises(FeedbackError, match=says):
        check_said(said)


def test_another_reading_is_the_right_query_and_the_answered_one_corrects_nothing() -> None:
    assert picked_query(Said("q", picked_candidate=1), ASKED) == "db.b.find()"
    assert picked_query(Said("q", picked_candidate=0), ASKED) is None
    assert picked_query(Said("q", "up"), ASKED) is None


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (Said("q", "up", picked_candidate=1), "'up' .* picked_candidate 1"),
        (Said("q", rating=5, picked_candidate=1), "rating 5 .* picked_candidate 1"),
        (Said("q", "down", picked_candidate=0), "picked_candidate 0 .* 'down'"),
        (Said("q", picked_candidate=2), "offers 0 to 1"),
    ],
)
def test_a_pick_that_contradicts_the_rest_is_refused(said: Said, says: str) -> None:
    check_said(said)
    with pytest.raises(FeedbackError, match=says):
        picked_query(said, ASKED)


def test_an_answer_without_readings_offers_none() -> None:
    with pytest.raises(FeedbackError, match="offers none"):
        picked_query(Said("q", picked_candidate=0), {})
