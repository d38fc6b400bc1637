"""A champion is asked only what its own report doesn't know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mqt_assets.evaluation.champion import known_or_asked
from mqt_assets.evaluation.execution_accuracy import Case
from mqt_assets.evaluation.measuring import Measured, outcome_of
from mqt_assets.release.gates import EvaluationReport, Share
from mqt_assets.training.examples import Example, dataset_digest, make_example
from mqt_serving.errors import ReleaseCorrupt

QUESTIONS = [
    make_example(f"question {n}", "shop", None, f"db.a.find({{x: {n}}})", source="synthetic")
    for n in range(3)
]
OLD, NEW = (
    make_example(question, "shop", None, "db.a.find({})", source="correction")
    for question in ("old", "new")
)


def outcomes(examples: Sequence[Example], right: bool) -> Any:
    return tuple(outcome_of(Case(example, right), {}) for example in examples)


def report(**changes: Any) -> EvaluationReport:
    values: dict[str, Any] = {
        "translator": "t1",
        "holdout_digest": dataset_digest(QUESTIONS),
        "overall": Share(correct=1, total=3),
        "milliseconds_p50": 40,
        "milliseconds_p95": 90,
        "megabytes": 95,
        "outcomes": outcomes(QUESTIONS, False),
        "correction_outcomes": outcomes([OLD], False),
    }
    return EvaluationReport(**{**values, **changes})


class Champion:
    """Answers everything rightly, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, examples: Sequence[Example]) -> Measured:
        self.asked += [example.question for example in examples]
        share = Share(correct=len(examples), total=len(examples))
        return Measured(share, {}, {}, (), (), outcomes(examples, True))


def test_the_same_holdout_is_not_asked_again_and_of_corrections_only_new_ones() -> None:
    champion = Champion()
    found = known_or_asked(report(), QUESTIONS, [OLD, NEW], champion, print)
    assert champion.asked == ["new"]
    assert [outcome.right for outcome in found.outcomes] == [False, False, False]
    assert [(outcome.question, outcome.right) for outcome in found.corrections] == [
        (OLD.id, False),
        (NEW.id, True),
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [({"holdout_digest": "older"}, "the holdout is new"), ({"outcomes": ()}, "not known")],
)
def test_another_holdout_or_a_report_without_outcomes_is_asked_again(change: Any, why: str) -> None:
    champion = Champion()
    said: list[str] = []
    found = known_or_asked(report(**change), QUESTIONS, [], champion, said.append)
    assert why in said[0]
    assert len(champion.asked) == 3
    assert found.overall.correct == 3
    assert all(outcome.right for outcome in found.outcomes)


def test_a_champion_that_cannot_be_loaded_is_compared_by_the_report_of_the_same_holdout() -> None:
    def ask(examples: Sequence[Example]) -> Measured:
        raise ReleaseCorrupt("another layout")

    said: list[str] = []
    found = known_or_asked(report(outcomes=()), QUESTIONS, [NEW], ask, said.append)
    assert said[0].startswith("another layout: ")
    assert found.overall.correct == 1
    assert found.outcomes == found.corrections == ()
    with pytest.raises(ReleaseCorrupt):
        known_or_asked(report(holdout_digest="older"), QUESTIONS, [], ask, print)


def test_reports_with_and_without_outcomes_are_read() -> None:
    made = report()
    assert EvaluationReport.model_validate_json(made.model_dump_json()) == made
    body = made.model_dump(mode="json")
    older = {name: value for name, value in body.items() if not name.endswith("outcomes")}
    assert EvaluationReport.model_validate(older).outcomes == ()
