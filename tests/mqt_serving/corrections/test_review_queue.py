"""What a reviewer sees first."""

from __future__ import annotations

from typing import Any

import pytest

from mqt_serving.corrections.review_queue import Item, Stale, queue


def asked(id: str, question: str, command: str = "db.a.find({})", sure: float = 0.9) -> Any:
    candidates = [{"probability": sure}] if command else []
    return {
        "_id": id,
        "question": question,
        "database": "shop",
        "command": command,
        "candidates": candidates,
        "chosen": 0 if command else None,
    }


def down(query_id: str) -> dict[str, Any]:
    return {"query_id": query_id, "verdict": "down"}


def items(
    queries: Any, feedback: Any = (), held: Any = (), settled: Any = (), stale: Any = ()
) -> Any:
    accepted = {("shop", "q"): "db.now.find({})"}
    return queue(queries, feedback, held, stale, set(settled), accepted)


def test_gain_grows_with_each_of_its_factors() -> None:
    def gain(times: int, doubt: float, disagreement: float) -> float:
        return Item("i", "question", "q", "d", "", "", "", "", times, doubt, disagreement).gain

    assert gain(1, 1.0, 1.0) == 1.0
    assert gain(3, 1.0, 1.0) == 2.0
    assert gain(3, 0.5, 0.5) == 0.5
    assert gain(3, 0.0, 1.0) == 0.0


def test_questions_that_are_read_alike_are_one_item_named_by_the_latest() -> None:
    found = items([asked("2", "B?", sure=0.5), asked("1", "A", sure=0.7)])
    (one,) = found
    assert (one.id, one.question, one.asked) == ("2", "B?", 2)
    assert one.uncertainty == pytest.approx(0.4)
    assert one.disagreement == 0.25


def test_complaints_and_questions_without_an_answer_come_first() -> None:
    queries = [
        asked("1", "calm", "db.a.find({})", 0.6),
        asked("2", "angry", "db.b.find({})", 0.6),
        asked("3", "unread", ""),
    ]
    found = items(queries, [down("2"), {"query_id": "1", "verdict": "up"}])
    assert [item.question for item in found] == ["unread", "angry", "calm"] or [
        item.question for item in found
    ] == ["angry", "unread", "calm"]
    assert found[-1].question == "calm"


def test_what_is_certain_or_settled_is_nobodys_work() -> None:
    queries = [asked("1", "sure", "db.a.find({})", 0.99), asked("2", "done?", "db.b.find({})", 0.2)]
    assert items(queries, settled={("shop", "done")}) == []
    assert [i.id for i in items(queries[:1], [down("1")])] == ["1"]


def test_a_held_correction_says_what_it_would_replace() -> None:
    document = {
        "_id": "h",
        "question": "Q?",
        "database": "shop",
        "corrected_query": "db.new.find({})",
        "author": "ada",
        "decision_reason": "It contradicts",
    }
    (one,) = items([], held=[document])
    assert (one.kind, one.query, one.instead_of) == ("held", "db.new.find({})", "db.now.find({})")
    assert one.gain == 1.0


def test_a_stale_correction_says_why_and_counts_with_its_question() -> None:
    gone = Stale("s", "Q?", "shop", "db.old.find({})", "ada", "there is no field")
    (one,) = items([asked("1", "q"), asked("2", "q")], stale=[gone], settled={("shop", "q")})
    assert (one.kind, one.id, one.reason, one.asked) == ("stale", "s", "there is no field", 2)
