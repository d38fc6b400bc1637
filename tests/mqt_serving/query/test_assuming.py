"""A command tells of collections and fields that the schema does not know, and is believed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_assets.evaluation.execution_accuracy import equal_results
from mqt_serving.errors import RaiseError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Aggregate, Entity, Field, Function, Output
from mqt_serving.query.raising.assuming import assume, names_beyond
from mqt_serving.query.raising.commands import raise_command
from mqt_serving.schema import Catalog, CollectionSchema, FieldSchema
from tests.mqt_serving.query.shop import catalog

CATALOG = catalog()


def assumed(text: str) -> Catalog:
    return assume(parse_query(text), CATALOG)


def told(text: str) -> dict[str, tuple[str, ...]]:
    """The names that only the command tells of, each with the arrays on its way."""
    wide = assumed(text)
    return {
        f"{schema.collection}.{field.path}": field.arrays
        for schema in wide.collections
        for field in schema.fields
        if CATALOG.field(schema.collection, field.path) is None and field.path != "_id"
    }


def test_a_command_that_names_only_what_is_known_assumes_nothing() -> None:
    text = (
        "db.orders.aggregate([{$unwind: '$items'}, {$lookup: {from: 'customers', localField:"
        "'customer_id', foreignField: '_id', as: 'c'}}, {$group: {_id: '$c.city', n: {$sum: 1}}},"
        "{$match: {n: {$gt: 1}}}, {$sort: {n: -1}}, {$project: {_id: 0, city: '$_id', n: 1}}])"
    )
    assert assumed(text) is CATALOG


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("db.orders.find({colour: 'red'})", {"orders.colour": ()}),
        ("db.orders.find({}, {_id: 0, 'ship.to': 1})", {"orders.ship": (), "orders.ship.to": ()}),
        (
            "db.orders.aggregate([{$unwind: '$notes'}, {$match: {'notes.by': 'Ann'}}])",
            {"orders.notes": ("notes",), "orders.notes.by": ("notes",)},
        ),
        ("db.orders.find({notes: {$size: 2}})", {"orders.notes": ("notes",)}),
        ("db.orders.find({'notes.0': {$exists: true}})", {"orders.notes": ("notes",)}),
        (
            "db.orders.find({notes: {$elemMatch: {by: 'Ann'}}})",
            {"orders.notes": ("notes",), "orders.notes.by": ("notes",)},
        ),
        (
            "db.orders.aggregate([{$project: {n: {$filter: {input: '$notes', as: 'one',"
            "cond: {$eq: ['$$one.by', 'Ann']}}}}}])",
            {"orders.notes": ("notes",), "orders.notes.by": ("notes",)},
        ),
        # The size of a field of an array is how many elements have it.
        ("db.orders.aggregate([{$project: {n: {$size: '$items.colour'}}}])",
         {"orders.items.colour": ("items",)}),
        # What groups and projections make is no field of the data.
        ("db.orders.aggregate([{$group: {_id: null, n: {$sum: 1}}}, {$match: {m: 1}}])", {}),
        ("db.orders.aggregate([{$group: {_id: '$colour'}}, {$project: {c: '$_id'}}])",
         {"orders.colour": ()}),
        ("db.orders.distinct('colour')", {"orders.colour": ()}),
    ],
)  # fmt: skip
def test_fields_are_assumed_as_the_command_uses_them(
    text: str, names: dict[str, tuple[str, ...]]
) -> None:
    assert told(text) == names


def test_a_collection_is_assumed_with_what_the_command_says_of_it() -> None:
    wide = assumed(
        "db.invoices.aggregate([{$unwind: '$lines'}, {$group: {_id: '$lines.sku', n: {$sum: 1}}}])"
    )
    schema = wide.by_name["invoices"]
    assert (schema.document_count, schema.sampled) == (0, 0)
    assert [field.path for field in schema.fields] == ["lines", "lines.sku"]
    assert names_beyond(wide, CATALOG) == ("invoices",)
    assert [each.collection for each in wide.collections] == sorted(wide.by_name)


def test_what_is_looked_up_is_referred_to() -> None:
    wide = assumed(
        "db.orders.aggregate([{$lookup: {from: 'tickets', localField: 'customer_id',"
        "foreignField: 'customer_id', as: 't'}}])"
    )
    (reference,) = set(wide.references) - set(CATALOG.references)
    assert (reference.from_collection, reference.from_path) == ("orders", "customer_id")
    assert (reference.to_collection, reference.to_path) == ("tickets", "customer_id")
    assert not reference.to_unique
    assert names_beyond(wide, CATALOG) == ()


def test_what_is_assumed_below_a_private_field_is_private() -> None:
    secret = FieldSchema(path="card", types={}, presence=1.0, private=True)
    schema = CollectionSchema(
        database="shop", collection="payments", document_count=1, sampled=1, fields=(secret,)
    )
    wide = assume(
        parse_query("db.payments.find({'card.cvc': 1})"),
        Catalog(database="shop", collections=(schema,)),
    )
    found = wide.field("payments", "card.cvc")
    assert found is not None and found.private


def test_unknown_names_are_refused_without_the_assumption() -> None:
    command = parse_query("db.orders.countDocuments({colour: 'red'})")
    with pytest.raises(RaiseError):
        raise_command(command, CATALOG)
    plan = raise_command(command, assume(command, CATALOG))
    assert plan.outputs == (Output(Aggregate(Function.COUNT, Entity("orders"))),)


def test_a_query_over_a_field_that_the_sample_missed_keeps_its_result(
    mongo_client: MongoClient[dict[str, Any]],
) -> None:
    """The schema knows nothing of `lines` and `fee`: only later documents have them."""
    name = f"test_{uuid4().hex[:12]}"
    mongo_client[name]["orders"].insert_many(
        [
            {"status": "paid", "fee": 3, "lines": [{"sku": "a"}, {"sku": "b"}]},
            {"status": "open", "fee": 9, "lines": [{"sku": "a"}]},
            {"status": "open"},
        ]
    )
    try:
        for text in (
            "db.orders.aggregate([{$unwind: '$lines'}, {$group: {_id: '$lines.sku',"
            "sum_fee: {$sum: '$fee'}}}, {$project: {_id: 0, sku: '$_id', sum_fee: 1}}])",
            "db.orders.find({'lines.sku': 'b', fee: {$lt: 5}}, {_id: 0, fee: 1})",
        ):
            command = parse_query(text)
            wide = assume(command, CATALOG)
            again = lower(raise_command(command, wide), wide)
            gold = run(command, mongo_client[name]).rows
            assert gold and equal_results(gold, run(again, mongo_client[name]).rows, ordered=False)
    finally:
        mongo_client.drop_database(name)


def test_the_field_of_an_assumed_collection_can_be_named_by_a_plan() -> None:
    command = parse_query("db.invoices.find({}, {_id: 0, sku: 1})")
    plan = raise_command(command, assume(command, CATALOG))
    assert plan.outputs == (Output(Field("invoices", "sku")),)
