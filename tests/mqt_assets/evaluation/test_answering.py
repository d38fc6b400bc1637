"""Asking a translator and running what it answers, on a real mongod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from mqt_assets.evaluation.answering import (
    NOW,
    Answering,
    percentile,
    rerun_corrections,
    runner,
)
from mqt_assets.evaluation.measuring import corrections_on_data
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import make_example
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_serving.errors import CannotAnswer, MqtError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.guard import Limits
from mqt_serving.query.plan import Aggregate, Entity, Field, Function, Output, Plan
from mqt_serving.schema import Catalog

ORDERS = [{"_id": n, "status": "paid", "total": n} for n in range(12)]
CATALOG = catalog_from_documents("shop", {"orders": ORDERS})
COUNT = Plan((Output(Aggregate(Function.COUNT, Entity("orders"))),))
NOWHERE = Plan((Output(Field("nowhere", "x")),))


@dataclass(frozen=True)
class Ranked:
    plan: Plan
    probability: float = 0.5


@dataclass(frozen=True)
class Fixed:
    """A translator that always answers the same."""

    plans: tuple[Plan, ...]

    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> Sequence[Ranked]:
        return [Ranked(plan) for plan in self.plans]


ASKED = make_example("How many orders?", "shop", COUNT, "db.orders.count()", source="synthetic")


def test_the_first_candidate_that_lowers_is_the_answer() -> None:
    answering = Answering(Fixed((NOWHERE, COUNT)), {"shop": CATALOG})
    assert answering.predict(ASKED).collection == "orders"
    assert len(answering.milliseconds) == 1
    assert answering.confidences == {ASKED.id: 0.5}


def test_a_question_is_asked_at_its_own_time() -> None:
    times: list[datetime | None] = []

    class Clocked(Fixed):
        def translate(
            self, question: str, catalog: Catalog, now: datetime | None = None
        ) -> Sequence[Ranked]:
            times.append(now)
            return [Ranked(COUNT)]

    june = datetime(2025, 6, 20)
    answering = Answering(Clocked(()), {"shop": CATALOG})
    for example in (ASKED, replace(ASKED, asked_at=june)):
        answering.predict(example)
    assert times == [NOW, june]


def test_no_candidate_is_no_answer_but_its_time_counts() -> None:
    answering = Answering(Fixed(()), {"shop": CATALOG})
    with pytest.raises(CannotAnswer):
        answering.predict(ASKED)
    assert len(answering.milliseconds) == 1
    assert answering.confidences == {}


def test_results_come_whole(database: Database[dict[str, Any]]) -> None:
    database["orders"].insert_many(ORDERS)
    run = runner(lambda name: database)
    assert len(run("shop", parse_query("db.orders.find({})"))) == 12
    assert run("shop", parse_query("db.orders.countDocuments({})")) == [{"count": 12}]


def test_how_long_ago_is_the_same_however_late_it_is_run(
    database: Database[dict[str, Any]],
) -> None:
    database["orders"].insert_many([{"_id": n, "at": NOW - timedelta(days=n)} for n in range(3)])
    run = runner(lambda name: database)
    for ago in (
        "{$divide: [{$subtract: ['$$NOW', '$at']}, 86400000]}",
        "{$dateDiff: {startDate: '$at', endDate: '$$NOW', unit: 'day'}}",
    ):
        query = (
            f"db.orders.aggregate([{{$sort: {{_id: 1}}}}, {{$project: {{_id: 0, ago: {ago}}}}}])"
        )
        assert [row["ago"] for row in run("shop", parse_query(query))] == [0, 1, 2]
    late = "db.orders.find({$expr: {$lt: ['$at', {$subtract: ['$$NOW', 86400000]}]}})"
    assert len(run("shop", parse_query(late))) == 1


def correction(question: str, command: str, database: str = "shop") -> Any:
    return make_example(question, database, None, command, source="correction")


def test_a_correction_is_broken_only_when_its_query_fails(
    database: Database[dict[str, Any]],
) -> None:
    database["orders"].insert_many(ORDERS)
    found = rerun_corrections(
        [
            correction("fine", 'db.orders.find({"status": "paid"})'),
            correction("of a database that is gone", "db.a.find({})", database="old"),
            correction("of a collection that is gone", "db.a.find({})"),
            correction("fails", 'db.orders.aggregate([{"$project": {"x": {"$divide": [1, 0]}}}])'),
        ],
        {"shop": CATALOG},
        lambda name: database,
        Limits(),
    )
    (broken,) = found.broken
    assert broken.startswith("'fails': ")
    assert found.slow == ()


def test_of_a_correction_slower_than_the_settings_allow_nothing_is_known(
    database: Database[dict[str, Any]], mongo_uri: str
) -> None:
    database["orders"].insert_many([{"n": n} for n in range(3000)])
    # Each document with all others: without `let`, MongoDB would look them up once.
    below = '[{"$match": {"$expr": {"$lt": ["$n", "$$m"]}}}, {"$count": "n"}]'
    joined = (
        '{"$lookup": {"from": "orders", "let": {"m": "$n"}, '
        f'"pipeline": {below}, "as": "all"}}}}'
    )
    command = f'db.orders.aggregate([{joined}, {{"$sort": {{"all": 1}}}}])'
    overrides = {"mongodb_uri": mongo_uri, "max_time_ms": "10"}
    mongodb = MongoResource(settings=SettingsResource(overrides=overrides))
    catalog = catalog_from_documents(database.name, {"orders": ORDERS})
    found = corrections_on_data(
        [correction("slow", command, database.name)], {database.name: catalog}, mongodb
    )
    (unknown,) = found.slow
    assert unknown.startswith("'slow': ")
    assert found.broken == ()


def test_a_server_that_is_away_breaks_no_correction() -> None:
    from pymongo import MongoClient

    client: MongoClient[dict[str, Any]] = MongoClient(
        "mongodb://127.0.0.1:9", serverSelectionTimeoutMS=200
    )
    with client, pytest.raises(MqtError, match=r"answer|reach"):
        rerun_corrections(
            [correction("any", "db.orders.find({})")],
            {"shop": CATALOG},
            lambda name: client["shop"],
            Limits(),
        )


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)]
)
def test_percentiles_are_measured_values(share: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value
    assert percentile([], share) == 0.0
