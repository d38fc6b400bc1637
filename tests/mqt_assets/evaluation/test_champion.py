"""A champion is asked what its own report doesn't know, or knows of other data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mqt_assets.evaluation.champion import known_or_asked
from mqt_assets.evaluation.execution_accuracy import Case
from mqt_assets.evaluation.measuring import Measured, Measurement, outcome_of
from mqt_assets.release.gates import EvaluationReport, Share
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, dataset_digest, make_example
from mqt_resources.gateways import JournalResource, MongoResource, SettingsResource
from mqt_serving.errors import ReleaseCorrupt

QUESTIONS = [
    make_example(f"question {n}", "shop", None, f"db.a.find({{x: {n}}})", source="synthetic")
    for n in range(3)
]
OLD, NEW = (
    make_example(question, "shop", None, "db.a.find({})", source="correction")
    for question in ("old", "new")
)


MEASURED_ON = {"shop": "data of today", "bank": "a corpus"}


def outcomes(examples: Sequence[Example], right: bool, **measured_on: str) -> Any:
    data = {**MEASURED_ON, **measured_on}
    return tuple(outcome_of(Case(example, right), {}, data) for example in examples)


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
    found = known_or_asked(report(), QUESTIONS, [OLD, NEW], MEASURED_ON, champion, print)
    assert champion.asked == ["new"]
    assert [outcome.right for outcome in found.outcomes] == [False, False, False]
    assert [(outcome.question, outcome.right) for outcome in found.corrections] == [
        (OLD.id, False),
        (NEW.id, True),
    ]


def test_what_is_new_in_the_holdout_is_asked() -> None:
    champion, said = Champion(), list[str]()
    new = make_example("another", "shop", None, "db.a.find({})", source="synthetic")
    found = known_or_asked(report(), [*QUESTIONS, new], [], MEASURED_ON, champion, said.append)
    assert champion.asked == ["another"]
    assert said[0].startswith("1 of 4 questions are asked of the champion too")
    assert found.overall == Share(correct=1, total=4)
    assert found.by_kind == {"unraised": Share(correct=1, total=4)}


def test_what_was_measured_on_other_data_is_measured_again_and_nothing_else() -> None:
    champion = Champion()
    of_a_corpus = make_example("corpus", "bank", None, "db.b.find({})", source="tend")
    asked = [*QUESTIONS, of_a_corpus]
    old = {"shop": "data of last month"}
    known = report(
        outcomes=outcomes(asked, False, **old), correction_outcomes=outcomes([OLD], False, **old)
    )
    found = known_or_asked(known, asked, [OLD], MEASURED_ON, champion, print)
    assert champion.asked == [*(each.question for each in QUESTIONS), "old"]
    assert [outcome.right for outcome in found.outcomes] == [True, True, True, False]
    assert {outcome.measured_on for outcome in found.outcomes} == set(MEASURED_ON.values())
    assert [outcome.right for outcome in found.corrections] == [True]


def test_outcomes_that_do_not_say_what_they_were_measured_on_are_measured_again() -> None:
    champion = Champion()
    body = report().model_dump(mode="json")
    body["outcomes"] = [row[:7] for row in body["outcomes"]]
    older = EvaluationReport.model_validate(body)
    assert len(older.outcomes) == 3
    found = known_or_asked(older, QUESTIONS, [], MEASURED_ON, champion, print)
    assert len(champion.asked) == 3
    assert found.overall == Share(correct=3, total=3)


def test_outcomes_depend_on_documents_and_schema_of_their_own_database() -> None:
    settings = SettingsResource()

    def measured_on(documents: list[dict[str, Any]]) -> dict[str, str]:
        return Measurement(
            own={"shop": catalog_from_documents("shop", {"orders": documents})},
            corpus={"bank": catalog_from_documents("bank", {"accounts": [{"_id": 1}]})},
            tend_folder=None,
            mongodb=MongoResource(settings=settings),
            journal=JournalResource(settings=settings),
            say=print,
        ).measured_on

    orders: list[dict[str, Any]] = [{"_id": n, "paid": True} for n in range(9)]
    before = measured_on(orders)
    assert measured_on(orders) == before
    for changed in (orders[1:], [*orders, {"_id": 9}], [{**each, "paid": 1} for each in orders]):
        after = measured_on(changed)
        assert after["shop"] != before["shop"]
        assert after["bank"] == before["bank"]


def test_a_champion_that_cannot_be_loaded_is_compared_by_the_report_of_the_same_holdout() -> None:
    def ask(examples: Sequence[Example]) -> Measured:
        raise ReleaseCorrupt("another layout")

    said: list[str] = []
    made = outcomes(QUESTIONS, False)
    for kept in ((), made):  # what holds is compared question by question
        known = report(outcomes=kept)
        found = known_or_asked(known, QUESTIONS, [NEW], MEASURED_ON, ask, said.append)
        assert said[-1].startswith("another layout: ")
        assert found.overall.correct == 1
        assert (found.outcomes, found.corrections) == (kept, ())
    with pytest.raises(ReleaseCorrupt):
        known_or_asked(report(holdout_digest="older"), QUESTIONS, [NEW], MEASURED_ON, ask, print)


def test_reports_with_and_without_outcomes_are_read() -> None:
    made = report()
    assert EvaluationReport.model_validate_json(made.model_dump_json()) == made
    body = made.model_dump(mode="json")
    older = {name: value for name, value in body.items() if not name.endswith("outcomes")}
    assert EvaluationReport.model_validate(older).outcomes == ()
