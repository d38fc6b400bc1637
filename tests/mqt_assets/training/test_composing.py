"""What of all questions and corrections a training learns from."""

from __future__ import annotations

from collections.abc import Sequence

from mqt_assets.training.composing import compose, databases_of
from mqt_assets.training.examples import Example, Source, make_example
from mqt_assets.training.holdout import Holdout
from mqt_assets.training.leakage import Vectors
from mqt_serving.query.plan import Entity, Output, Plan

PLAN = Plan((Output(Entity("orders")),))
HELD = make_example(
    "Held out?", "shop", Plan((Output(Entity("staff")),)), "held", source="synthetic"
)
HOLDOUT = Holdout((HELD,))


def encode(texts: Sequence[str]) -> Vectors:
    raise AssertionError(f"nothing is like the holdout here, yet {texts} are compared")


def example(
    question: str, source: Source = "synthetic", database: str = "shop", raised: bool = True
) -> Example:
    plan = PLAN if raised else None
    return make_example(question, database, plan, question, source=source, ordered=False)


def test_questions_and_corrections_outside_the_holdout_are_learned_from() -> None:
    made, correction = example("Which orders?"), example("Late ones?", "correction")
    found = compose([made, HELD], [correction], HOLDOUT, {"shop"}, encode)
    assert found.examples == (made, correction)
    assert found.corrections == 1


def test_a_correction_of_a_held_out_question_is_not_learned_from() -> None:
    correction = example("held out", "correction")
    found = compose([], [correction], HOLDOUT, {"shop"}, encode)
    assert found.examples == ()
    assert found.division.dropped == (correction,)


def test_a_paraphrase_of_a_held_out_question_is_not_learned_from() -> None:
    reworded = make_example("Who works here?", "shop", HELD.plan, "other", source="correction")
    made = example("Which orders?")
    found = compose([made], [reworded], HOLDOUT, {"shop"}, encode)
    assert found.examples == (made,)
    assert [(leak.example, leak.member) for leak in found.leaks] == [(reworded, HELD)]


def test_a_correction_of_another_database_is_put_aside() -> None:
    correction = example("Late ones?", "correction", database="archive")
    found = compose([], [correction], HOLDOUT, {"shop"}, encode)
    assert (found.examples, found.elsewhere) == ((), (correction,))


def test_what_has_no_plan_is_not_learned_from() -> None:
    found = compose(
        [], [example("Late ones?", "correction", raised=False)], HOLDOUT, {"shop"}, encode
    )
    assert (found.examples, found.corrections) == ((), 0)


def test_only_databases_that_are_asked_about_are_read_and_the_last_of_a_name_counts() -> None:
    asked = [example("Which orders?"), example("Which pans?", database="kitchen")]
    found = databases_of(
        asked, {"shop": "practice", "kitchen": "practice", "x": ""}, {"shop": "own"}
    )
    assert found == {"shop": "own", "kitchen": "practice"}
