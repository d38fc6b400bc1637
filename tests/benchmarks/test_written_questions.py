"""The measurement of the written test: what counts as right, declined and falsely declined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.written_measuring import Measuring, Report, runner
from benchmarks.written_set import Question
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import CannotAnswer
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan import Plan
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PANS = [{"_id": 1, "name": "Wok", "price": 40}, {"_id": 2, "name": "Saucepan", "price": 25}]
CHEAP = "db.pans.find({price: {$lt: 30}}, {_id: 0, name: 1})"
ALL = "db.pans.find({}, {_id: 0, name: 1})"
COUNT = "db.pans.countDocuments({})"


@dataclass(frozen=True, slots=True)
class Ranked:
    plan: Plan


@dataclass
class Answers:
    """A translator that says what it is told, and declines everything else."""

    plans: Mapping[str, Sequence[Plan]]

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None, width: int = 5
    ) -> list[Ranked]:
        assert now is not None and now.tzinfo is None
        if question not in self.plans:
            raise CannotAnswer(question)
        return [Ranked(plan) for plan in self.plans[question]]


@pytest.fixture
def catalog(database: Database[dict[str, Any]]) -> Catalog:
    database.pans.insert_many(PANS)
    return catalog_from_documents(database.name, {"pans": PANS})


def measuring(
    client: MongoClient[dict[str, Any]], catalog: Catalog, answers: Mapping[str, Sequence[str]]
) -> Measuring:
    plans = {
        question: [raise_command(parse_query(text), catalog) for text in texts]
        for question, texts in answers.items()
    }
    return Measuring(Answers(plans), {catalog.database: catalog}, runner(client), [])


def asked(catalog: Catalog, *golds: str) -> Question:
    return Question(
        "cheap", catalog.database, "cheap pans?", golds, False, ("dates",), NOW, "first"
    )


def test_the_first_right_candidate_gives_the_rank(
    mongo_client: MongoClient[dict[str, Any]], catalog: Catalog
) -> None:
    first = measuring(mongo_client, catalog, {"cheap pans?": [CHEAP, ALL]})
    second = measuring(mongo_client, catalog, {"cheap pans?": [ALL, CHEAP]})
    assert first.answer(asked(catalog, CHEAP)).rank == 1
    found = second.answer(asked(catalog, CHEAP))
    assert found.rank == 2
    assert "more than 1 rows, gold 1 rows" in found.reason
    assert found.predicted.startswith("db.pans.find(")


def test_any_of_several_golds_is_right(
    mongo_client: MongoClient[dict[str, Any]], catalog: Catalog
) -> None:
    answer = measuring(mongo_client, catalog, {"cheap pans?": [COUNT]}).answer
    assert answer(asked(catalog, CHEAP)).rank is None
    assert answer(asked(catalog, CHEAP, COUNT)).rank == 1


def test_declining_is_wrong_where_there_is_an_answer(
    mongo_client: MongoClient[dict[str, Any]], catalog: Catalog
) -> None:
    found = measuring(mongo_client, catalog, {}).answer(asked(catalog, CHEAP))
    assert found.rank is None
    assert found.reason.startswith("declined")


def test_the_report_adds_up(mongo_client: MongoClient[dict[str, Any]], catalog: Catalog) -> None:
    judge = measuring(mongo_client, catalog, {"cheap pans?": [ALL, CHEAP], "how many?": [COUNT]})
    name = catalog.database
    report = Report(
        (judge.answer(asked(catalog, CHEAP)), judge.answer(asked(catalog, ALL))),
        (
            judge.asks("1", name, "how many lids?", "missing field", NOW),
            judge.asks("2", name, "how many?", "nonsense", NOW),
        ),
        (judge.asks("3", name, "how many?", "", NOW), judge.asks("4", name, "prices?", "", NOW)),
        tuple(judge.milliseconds),
    )
    assert (report.right, report.among_first) == (0.5, 1.0)
    assert report.by_construct == {"dates": (0.5, 2)}
    assert report.by_part == {"first": (0.5, 2)}
    assert report.recognised_by_kind == {"missing field": (1.0, 1), "nonsense": (0.0, 1)}
    assert report.falsely_declined == 0.5
    assert len(report.milliseconds) == 6
    assert report.as_json()["by_database"] == {name: 0.5}
