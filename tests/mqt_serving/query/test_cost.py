"""What a query would read is estimated before it runs, on plans of many versions and a real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.errors import QueryCostUnknown, QueryRefused
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.cost import Estimate, decide, estimate, most
from mqt_serving.query.guarding.costing import check_cost
from mqt_serving.query.guarding.explain_output import Scan, UnknownPlan, access_plan
from mqt_serving.query.guarding.guard import Policy, check
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.statistics import CollectionStatistics
from mqt_serving.schema import IndexSchema
from tests.mqt_serving.query.explain_outputs import (
    INDEXED,
    NOT_UNDERSTOOD,
    NOTHING,
    POINTS,
    WHOLE,
    Output,
)

Documents = Database[dict[str, Any]]

# ------------------------------------------------------------- what explain says


@pytest.mark.parametrize("output", INDEXED.values(), ids=INDEXED)
def test_index_scans_are_found_in_plans_of_every_version(output: Output) -> None:
    bounds = (("cid", ("[5, 5]",)), ("t", ("[inf.0, 3)",)))
    plan = access_plan(output)
    assert plan.scans == (Scan("cid_1_t_-1", bounds),)
    assert not plan.sorts


@pytest.mark.parametrize("output", POINTS.values(), ids=POINTS)
def test_look_ups_of_one_document_are_told(output: Output) -> None:
    assert all(scan.points for scan in access_plan(output).scans)


@pytest.mark.parametrize("output", WHOLE.values(), ids=WHOLE)
def test_scans_of_the_whole_collection_are_told(output: Output) -> None:
    assert access_plan(output).scans == (Scan(None),)
    assert access_plan(output).sorts is ("SORT" in str(output) or "$sort" in str(output))


@pytest.mark.parametrize("output", NOTHING.values(), ids=NOTHING)
def test_plans_that_read_nothing_are_told(output: Output) -> None:
    assert access_plan(output).scans == ()


@pytest.mark.parametrize("output", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_an_unknown_shape_is_not_guessed_at(output: Output) -> None:
    with pytest.raises(UnknownPlan):
        access_plan(output)


# ------------------------------------------------------------------- estimates


def index(*keys: tuple[str, str], unique: bool = False) -> IndexSchema:
    return IndexSchema(name="_".join(path for path, _ in keys), keys=keys, unique=unique)


MILLION = 1_000_000
STATISTICS = {
    "orders": CollectionStatistics(
        MILLION, MILLION * 500, (index(("_id", "1")), index(("customerId", "1"))),
        {"customerId": 10_000, "status": 5},
    ),
    "customers": CollectionStatistics(
        10_000, 10_000 * 300, (index(("_id", "1"), unique=True),), {"email": 10_000}
    ),
}  # fmt: skip
SCAN = access_plan(WHOLE["SBE"])


def estimated(text: str, output: Output | None = None) -> Estimate:
    plan = SCAN if output is None else access_plan(output)
    return estimate(parse_query(text), plan, STATISTICS)


def refusal(text: str, limit: int) -> str:
    with pytest.raises(QueryRefused) as caught:
        decide(estimated(text), Limits(max_documents_examined=limit))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("db.orders.find({total: 5})", MILLION),
        ("db.orders.countDocuments({total: 5})", MILLION),
        ("db.orders.distinct('status')", MILLION),
        ("db.orders.find().limit(10)", 10),
        ("db.orders.find().skip(90).limit(10)", 100),
        ("db.orders.find({status: 'paid'}).limit(10)", 50),
        ("db.orders.aggregate([{$match: {status: 'paid'}}, {$limit: 10}])", 50),
        ("db.orders.aggregate([{$group: {_id: '$status'}}, {$limit: 1}])", MILLION),
        # ten thousand customers are looked up by _id, one document each
        (
            "db.orders.aggregate([{$group: {_id: '$customerId'}}, {$lookup: {from: 'customers', "
            "localField: '_id', foreignField: '_id', as: 'c'}}])",
            MILLION + 10_000,
        ),
        # and without an index the whole collection for each
        (
            "db.orders.aggregate([{$group: {_id: '$status'}}, {$lookup: {from: 'customers', "
            "localField: '_id', foreignField: 'email', as: 'c'}}])",
            MILLION + 5 * 10_000,
        ),
        ("db.orders.aggregate([{$unionWith: 'customers'}])", MILLION + 10_000),
        (
            "db.customers.aggregate([{$limit: 3}, {$lookup: {from: 'orders', let: {c: '$_id'}, "
            "pipeline: [{$match: {$expr: {$eq: ['$customerId', '$$c']}}}], as: 'o'}}])",
            3 + 3 * 100,
        ),
        # a sub-pipeline without variables is read once
        (
            "db.customers.aggregate([{$limit: 3}, {$lookup: {from: 'orders', pipeline: "
            "[{$count: 'n'}], as: 'o'}}])",
            3 + MILLION,
        ),
        (
            "db.customers.aggregate([{$limit: 2}, {$graphLookup: {from: 'customers', startWith: "
            "'$boss', connectFromField: 'boss', connectToField: '_id', as: 'all'}}])",
            2 + 2 * 1000,
        ),
        (
            "db.customers.aggregate([{$limit: 2}, {$graphLookup: {from: 'customers', startWith: "
            "'$boss', connectFromField: 'boss', connectToField: 'email', maxDepth: 1, as: 'a'}}])",
            2 + 2 * 2 * 10_000,
        ),
        # joins in joins multiply
        (
            "db.customers.aggregate([{$limit: 3}, {$lookup: {from: 'customers', let: {c: '$_id'}, "
            "pipeline: [{$limit: 4}, {$lookup: {from: 'orders', localField: 'x', foreignField: "
            "'total', as: 'o'}}], as: 'o'}}])",
            3 + 3 * 4 + 3 * 4 * MILLION,
        ),
        (
            "db.orders.aggregate([{$facet: {a: [{$limit: 2}, {$lookup: {from: 'customers', "
            "localField: 'x', foreignField: 'email', as: 'c'}}]}}])",
            MILLION + 2 * 10_000,
        ),
    ],
)  # fmt: skip
def test_the_documents_read_are_estimated(text: str, documents: int) -> None:
    assert estimated(text).documents == pytest.approx(documents, rel=0.01)


def test_index_bounds_tell_how_much_is_read() -> None:
    one = {
        "stage": "FETCH",
        "inputStage": {
            "stage": "IXSCAN",
            "indexName": "customerId",
            "indexBounds": {"customerId": ["[7, 7]"]},
        },
    }
    output = {"queryPlanner": {"winningPlan": one}}
    found = estimated("db.orders.find({customerId: 7})", output).documents
    assert found == pytest.approx(100)
    one["inputStage"]["indexBounds"] = {"customerId": ["[MinKey, MaxKey]"]}  # type: ignore[index]
    found = estimated("db.orders.find({customerId: {$exists: true}})", output).documents
    assert found == pytest.approx(MILLION)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "db.orders.find({shop: 3, placedAt: {$gt: 5}}).sort({total: -1})",
            "An index on {shop: 1, total: -1, placedAt: 1} of orders would help",
        ),
        (
            "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'mail', "
            "foreignField: 'email', as: 'c'}}])",
            "An index on {email: 1} of customers would help",
        ),
        (
            "db.customers.aggregate([{$lookup: {from: 'orders', let: {c: '$_id'}, pipeline: "
            "[{$match: {$expr: {$eq: ['$buyer', '$$c']}}}], as: 'o'}}])",
            "An index on {buyer: 1} of orders would help",
        ),
        ("db.orders.aggregate([{$group: {_id: '$status'}}])", "Filter on an indexed field first"),
    ],
)
def test_a_refusal_says_how_much_and_which_index_would_help(text: str, words: str) -> None:
    message = refusal(text, 5_000)
    assert "would read about" in message
    assert words in message


def test_sorting_more_than_memory_is_refused_unless_few_are_kept() -> None:
    whole = "db.orders.aggregate([{$sort: {total: -1}}, {$group: {_id: null, x: {$first: '$a'}}}])"
    sorting = access_plan(WHOLE["classic"])
    with pytest.raises(QueryRefused, match=r"in memory.*\{total: -1\} of orders would help"):
        decide(estimate(parse_query(whole), sorting, STATISTICS), Limits())
    few = "db.orders.aggregate([{$sort: {total: -1}}, {$limit: 5}])"
    decide(estimate(parse_query(few), sorting, STATISTICS), Limits())


def test_what_is_read_without_an_index_is_never_underestimated() -> None:
    for text in ("db.orders.find({customerId: 1})", "db.orders.find({_id: 1}).limit(5)"):
        assert most(parse_query(text), STATISTICS).documents == MILLION


# ---------------------------------------------------------------- a real server


@pytest.fixture(scope="module")
def big(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Documents]:
    """5,000 orders of 500 customers; only `customerId` and `code` are indexed."""
    database = mongo_client[f"cost_{uuid4().hex[:8]}"]
    database.orders.insert_many(
        [
            {"_id": n, "customerId": n % 500, "total": n, "status": "paid", "code": f"c{n % 500}"}
            for n in range(5000)
        ]
    )
    database.customers.insert_many([{"_id": n, "email": f"{n}@x.org"} for n in range(500)])
    database.orders.create_index([("customerId", 1), ("total", -1)])
    database.orders.create_index("code")
    database.create_collection("paid", viewOn="orders", pipeline=[{"$match": {"status": "paid"}}])
    yield database
    mongo_client.drop_database(database.name)


def cost_of(text: str, database: Documents, limit: int) -> None:
    guarded = check(parse_query(text), policy=Policy(Limits(max_rows=1000)))
    check_cost(guarded, database, None, Limits(max_documents_examined=limit))


@pytest.mark.parametrize(
    "text",
    [
        "db.orders.find({customerId: 7})",
        "db.orders.find({customerId: 7}).sort({total: -1})",
        "db.orders.find({_id: 7})",
        "db.orders.find().limit(10)",
        "db.orders.aggregate([{$match: {customerId: {$in: [1, 2]}}}, {$limit: 10}])",
        "db.orders.countDocuments({customerId: 3})",
        "db.nowhere.find({a: 1})",
        "db.orders.aggregate([{$match: {customerId: 3}}, {$limit: 9}, {$lookup: {from: "
        "'customers', localField: 'customerId', foreignField: '_id', as: 'c'}}])",
        "db.paid.find({customerId: 7})",
    ],
)
def test_queries_that_an_index_serves_pass(text: str, big: Documents) -> None:
    cost_of(text, big, 1_100)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("db.orders.find({total: {$gt: 7}}).sort({total: 1})", "5,000 documents"),
        ("db.orders.find({status: 'x', total: 5}).sort({_id: 1})", r"\{status: 1, total: 1"),
        ("db.orders.countDocuments({status: 'paid'})", r"\{status: 1\} of orders"),
        ("db.orders.distinct('status')", "5,000 documents"),
        ("db.orders.aggregate([{$group: {_id: '$status', n: {$sum: 1}}}])", "5,000 documents"),
        ("db.orders.aggregate([{$unionWith: 'customers'}, {$count: 'n'}])", "of orders"),
        (
            "db.customers.aggregate([{$lookup: {from: 'orders', localField: '_id', "
            "foreignField: 'total', as: 'o'}}])",
            r"\{total: 1\} of orders would help",
        ),
        ("db.paid.find({total: 7}).sort({total: 1})", "5,000 documents"),
    ],
)
def test_queries_that_read_too_much_are_refused(text: str, words: str, big: Documents) -> None:
    with pytest.raises(QueryRefused, match=words):
        cost_of(text, big, 1_100)


@pytest.mark.parametrize(
    "query",
    [
        "db.orders.find({code: 'c1'}, {}, %s)",
        "db.orders.aggregate([{$match: {code: 'c1'}}], %s)",
        "db.orders.countDocuments({code: 'c1'}, %s)",
        "db.orders.distinct('total', {code: 'c1'}, %s)",
    ],
)
def test_an_index_does_not_serve_texts_that_compare_otherwise(query: str, big: Documents) -> None:
    cost_of(query % "{}", big, 1_100)
    with pytest.raises(QueryRefused, match="would read"):
        cost_of(query % "{collation: {locale: 'en'}}", big, 1_100)


def test_an_estimated_count_reads_no_document(big: Documents) -> None:
    cost_of("db.orders.estimatedDocumentCount()", big, 1)


def test_small_collections_are_never_explained(
    big: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(Database, "command", lambda *a, **k: asked.append(a))
    cost_of("db.orders.find({total: 3})", big, 20_000)
    assert asked == []


def test_a_plan_that_mongodb_does_not_tell_is_a_refusal(big: Documents) -> None:
    with pytest.raises(QueryCostUnknown, match="explain fails"):
        cost_of("db.orders.aggregate([{$project: {a: {$divide: [1, 0]}}}])", big, 10)
