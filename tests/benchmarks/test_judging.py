"""Which candidate is right, how often queries run, and what the report makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from pymongo.database import Database

from benchmarks.accuracy_report import Accuracy, Row
from benchmarks.breakdown import Difference
from benchmarks.judging import Judge, Judged, kind_of_gold
from mqt_assets.evaluation.answering import runner
from mqt_assets.evaluation.execution_accuracy import Rows
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, make_example
from mqt_serving.errors import CannotAnswer, QueryFailed, ServiceUnavailable
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Field, Output, Plan
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog

PANS = [{"_id": 1, "name": "Wok", "price": 40}, {"_id": 2, "name": "Saucepan", "price": 25}]
CHEAP = "db.pans.find({price: {$lt: 30}}, {_id: 0, name: 1})"
ALL = "db.pans.find({}, {_id: 0, name: 1})"
COUNT = "db.pans.countDocuments({})"
NOWHERE = Plan((Output(Field("nowhere", "x")),))


@dataclass(frozen=True, slots=True)
class Ranked:
    plan: Plan
    probability: float


@dataclass
class Answers:
    plans: Mapping[str, Sequence[Plan]]

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> list[Ranked]:
        if question not in self.plans:
            raise CannotAnswer(question)
        return [Ranked(plan, 0.5 / at) for at, plan in enumerate(self.plans[question], start=1)]


@dataclass
class Counting:
    """Runs on a real mongod and keeps what was run."""

    database: Database[dict[str, Any]]
    commands: list[Command] = field(default_factory=list)

    def __call__(self, name: str, command: Command) -> Rows:
        self.commands.append(command)
        return runner(lambda name: self.database)(name, command)


@pytest.fixture
def catalog(database: Database[dict[str, Any]]) -> Catalog:
    database.pans.insert_many(PANS)
    return catalog_from_documents(database.name, {"pans": PANS})


def plan_of(text: str, catalog: Catalog) -> Plan:
    return raise_command(parse_query(text), catalog)


def asked(catalog: Catalog, question: str, gold: str) -> Example:
    plan = plan_of(gold, catalog)
    return make_example(question, catalog.database, plan, gold, source="tend")


@pytest.fixture
def run(database: Database[dict[str, Any]]) -> Counting:
    return Counting(database)


@pytest.fixture
def judge(catalog: Catalog, run: Counting) -> Judge:
    answers = {
        "cheap?": [plan_of(text, catalog) for text in (ALL, COUNT, CHEAP)],
        "cheap ones?": [plan_of(CHEAP, catalog)],
        "nowhere?": [NOWHERE, plan_of(CHEAP, catalog)],
        "lost?": [NOWHERE],
    }
    return Judge(Answers(answers), {catalog.database: catalog}, run)


def test_the_first_right_candidate_gives_the_rank(judge: Judge, catalog: Catalog) -> None:
    found = judge.judge(asked(catalog, "cheap?", CHEAP))
    assert (found.rank, found.right, found.probability) == (3, False, 0.5)
    assert found.differences == (Difference.FILTER,)
    assert found.reason == "another result: 2 rows, gold 1 rows"
    assert found.as_json()["gold"] == CHEAP
    first = judge.judge(asked(catalog, "cheap ones?", CHEAP))
    assert (first.rank, first.right, first.reason, first.differences) == (1, True, "", ())


def test_golds_and_equal_commands_run_once(judge: Judge, catalog: Catalog, run: Counting) -> None:
    for _ in range(3):
        judge.judge(asked(catalog, "cheap?", CHEAP))
        judge.judge(asked(catalog, "cheap ones?", CHEAP))
    assert len(run.commands) == 4


def test_a_candidate_that_makes_no_sense_is_passed_over(judge: Judge, catalog: Catalog) -> None:
    assert judge.judge(asked(catalog, "nowhere?", CHEAP)).rank == 1
    lost = judge.judge(asked(catalog, "lost?", CHEAP))
    assert (lost.rank, lost.probability) == (None, None)
    assert lost.differences == (Difference.NOTHING,)


def test_declining_what_has_an_answer_is_wrong(judge: Judge, catalog: Catalog) -> None:
    found = judge.judge(asked(catalog, "what else?", CHEAP))
    assert found.rank is None
    assert found.differences == (Difference.NOTHING,)
    assert found.reason.startswith("declined")


def test_a_query_that_fails_is_wrong_and_a_server_that_is_away_stops_it_all(
    catalog: Catalog, database: Database[dict[str, Any]]
) -> None:
    def judging(error: Exception) -> Judge:
        def run(name: str, command: Command) -> Rows:
            if command != parse_query(CHEAP):
                raise error
            return runner(lambda name: database)(name, command)

        answers = Answers({"cheap?": [plan_of(ALL, catalog)]})
        return Judge(answers, {catalog.database: catalog}, run)

    example = asked(catalog, "cheap?", CHEAP)
    failed = judging(QueryFailed("too hard")).judge(example)
    assert failed.differences == (Difference.ERROR,)
    assert failed.reason == "QueryFailed: too hard"
    with pytest.raises(ServiceUnavailable):
        judging(ServiceUnavailable("away")).judge(example)


def test_a_gold_without_a_plan_has_the_kind_of_its_shape(catalog: Catalog) -> None:
    def kind(gold: str) -> str:
        return kind_of_gold(
            make_example("?", catalog.database, None, gold, source="tend", ordered=False)
        )

    assert kind(COUNT) == "count"
    assert kind("db.pans.mapReduce()") == "not in the query language"


def judged(catalog: Catalog, rank: int | None, probability: float, kind: str = "find") -> Judged:
    parts = () if rank == 1 else (Difference.FILTER,)
    example = asked(catalog, "?", CHEAP)
    return Judged(example, kind, rank, probability, "", "", parts)


def test_the_report_adds_up(catalog: Catalog) -> None:
    one, three, none = (judged(catalog, rank, 0.5) for rank in (1, 3, None))
    report = Accuracy(
        "model", (one, one, three, none), ((one, none), (one, one)), no_written="no folder"
    )
    rows = {row.name: row for row in report.rows}
    assert rows["right (EX-E)"].value == 0.5
    assert rows["right among the first 5"].value == 0.75
    assert rows["lost with synonyms, points"].value == 50
    assert report.synonym_shares == (1.0, 0.5)
    assert rows["calibration error (ECE)"].value == pytest.approx(0.5)
    assert rows["written test, right"].value is None
    assert rows["written test, right"].skipped == "no folder"
    assert report.breakdown == {"filter": 2}
    assert report.by_kind == {"find": (0.5, 4)}
    assert report.as_json()["rows"][0]["met"] == "none"


def test_goals_are_floors_or_ceilings() -> None:
    assert Row("right", 0.83, 1, 0.75, 0.82).met == "aim"
    assert Row("right", 0.76, 1, 0.75, 0.82).met == "must"
    assert Row("right", 0.5, 1, 0.75, 0.82).met == "none"
    assert Row("lost", 4, 1, 6, 3, at_most=True).met == "must"
    assert Row("lost", 7, 1, 6, 3, at_most=True).met == "none"
