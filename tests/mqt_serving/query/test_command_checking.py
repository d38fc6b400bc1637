"""A person's query against the schema: what is fitted, noted and, rarely, refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import json_util
from hypothesis import given, settings
from pymongo import MongoClient
from pymongo.database import Database

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.corpora import tend_catalogs
from mqt_serving.errors import MqtError, TypeMismatch
from mqt_serving.query.checking.command_checking import CheckedCommand, check_command
from mqt_serving.query.checking.notes import NoteKind
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.pipeline import Command
from mqt_serving.schema import Catalog
from tests.mqt_serving.query.command_strategies import commands
from tests.mqt_serving.query.operator_cases import (
    ACCUMULATOR_CASES,
    EXPRESSION_CASES,
    FILTER_CASES,
    STAGE_CASES,
    WINDOW_CASES,
)
from tests.mqt_serving.query.operator_cases import DOCUMENTS as OPERATOR_DOCUMENTS
from tests.mqt_serving.query.shop import DOCUMENTS, catalog, oid

SHOP = catalog()
OPERATORS = catalog_from_documents("d", {"t": OPERATOR_DOCUMENTS})


def checked(text: str, known: Catalog = SHOP) -> CheckedCommand:
    return check_command(parse_query(text), known)


def notes(text: str, known: Catalog = SHOP) -> list[str]:
    return [str(note) for note in checked(text, known).notes]


def kinds(text: str, known: Catalog = SHOP) -> set[NoteKind]:
    return {note.kind for note in checked(text, known).notes}


# ---------------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (f'{{customer_id: "{oid(101)}"}}', f'{{customer_id: ObjectId("{oid(101)}")}}'),
        (
            f'{{customer_id: {{$in: ["{oid(101)}"]}}}}',
            f'{{customer_id: {{$in: [ObjectId("{oid(101)}")]}}}}',
        ),
        (
            '{placed_at: {$gte: "2025-03-01"}}',
            '{placed_at: {$gte: ISODate("2025-03-01T00:00:00Z")}}',
        ),
        ('{"items.quantity": "3"}', '{"items.quantity": 3}'),
        ("{total: 30.5}", "{total: 30.5}"),  # exact in binary, so MongoDB finds them equal
        ("{total: 7.3}", '{total: NumberDecimal("7.3")}'),
        ('{items: {$elemMatch: {quantity: "3"}}}', "{items: {$elemMatch: {quantity: 3}}}"),
        (
            '{$expr: {$gt: ["$placed_at", "2025-03-01"]}}',
            '{$expr: {$gt: ["$placed_at", ISODate("2025-03-01T00:00:00Z")]}}',
        ),
        ('{$nor: [{status: {$not: {$eq: "paid"}}}]}', '{$nor: [{status: {$not: {$eq: "paid"}}}]}'),
    ],
)
def test_literals_of_filters_follow_the_stored_type(written: str, stored: str) -> None:
    found = checked(f"db.orders.find({written})")
    assert found.command == parse_query(f"db.orders.find({stored})")
    assert (NoteKind.FITTED_LITERAL in {n.kind for n in found.notes}) == (
        found.command != parse_query(f"db.orders.find({written})")
    )


def test_numbers_are_text_where_they_are_kept_so() -> None:
    assert checked("db.customers.find({age: 41})").command == parse_query(
        'db.customers.find({age: "41"})'
    )
    (found,) = notes("db.customers.find({age: {$gt: 30}})")
    assert found == (
        "`age` keeps numbers as text, and text is never more or less than 30. To compare as "
        'numbers write { $expr: { $gt: [{ $toDouble: "$age" }, 30] } }'
    )


def test_a_fitted_literal_is_told() -> None:
    assert notes('db.orders.find({placed_at: "2025-03-01"})') == [
        '`placed_at` holds dates: "2025-03-01" is taken as 1 March 2025 00:00 UTC.'
    ]


def test_literals_follow_the_type_behind_stages() -> None:
    text = f"""db.orders.aggregate([
        {{$unwind: "$items"}},
        {{$lookup: {{from: "products", localField: "items.product_id", foreignField: "_id",
                     as: "product"}}}},
        {{$match: {{"product._id": "{oid(301)}"}}}},
        {{$group: {{_id: "$customer_id", last: {{$max: "$placed_at"}}}}}},
        {{$match: {{_id: "{oid(101)}", last: {{$gt: "2025-03-01"}}}}}}
    ])"""
    shown = render_mongosh(checked(text).command)
    assert shown.count("ObjectId(") == 2
    assert shown.count("ISODate(") == 1


def test_what_is_never_met_is_noted_and_stays() -> None:
    text = 'db.orders.find({placed_at: "soon"})'
    assert checked(text).command == parse_query(text)
    assert notes(text) == ['`placed_at` holds dates: it is never equal to "soon".']
    assert kinds("db.orders.find({status: {$size: 2}})") == {NoteKind.NEVER_MET}
    assert kinds("db.orders.find({total: /9/})") == {NoteKind.NEVER_MET}


# ------------------------------------------------------------------------- names


def test_names_that_no_sampled_document_has_are_noted_with_the_nearest() -> None:
    assert notes('db.customers.find({citty: "Berlin"})') == [
        "No sampled document of customers has `citty`: did you mean `city`?"
    ]
    assert notes("db.orders.find({}).sort({plased_at: 1})") == [
        "No sampled document of orders has `plased_at`: did you mean `placed_at`?"
    ]
    assert notes("db.orders.find({xyzzy: 1})") == ["No sampled document of orders has `xyzzy`."]


def test_names_that_the_stages_before_do_not_leave_are_noted() -> None:
    text = """db.orders.aggregate([
        {$group: {_id: "$status", orders: {$sum: 1}}}, {$sort: {order: -1}}
    ])"""
    assert notes(text) == [
        "After $group there is no `order`, only `_id`, `orders`: did you mean `orders`?"
    ]


@pytest.mark.parametrize(
    "stages",
    [
        '[{$project: {day: "$placed_at"}}, {$match: {day: {$exists: true}, _id: null}}]',
        '[{$addFields: {"a.b": 1}}, {$sort: {"a.b": 1}}]',
        '[{$count: "n"}, {$match: {n: 5}}]',
        '[{$sortByCount: "$status"}, {$match: {count: 5, _id: "paid"}}]',
        '[{$bucket: {groupBy: "$total", boundaries: [0, 9]}}, {$sort: {count: 1, _id: 1}}]',
        '[{$facet: {a: [{$count: "n"}]}}, {$unwind: "$a"}, {$match: {"a.n": 3}}]',
        '[{$unwind: {path: "$items", includeArrayIndex: "at"}}, {$sort: {at: 1}}]',
        '[{$replaceRoot: {newRoot: {x: "$total"}}}, {$sort: {x: 1}}]',
        '[{$unionWith: "customers"}, {$sort: {name: 1, total: 1}}]',
        '[{$group: {_id: {s: "$status"}, i: {$push: "$items"}}}, {$match: {"_id.s": "paid"}}]',
        '[{$replaceRoot: {newRoot: {$mergeObjects: ["$$ROOT", {}]}}}, {$sort: {anything: 1}}]',
        '[{$project: {n: {$map: {input: "$items", as: "i", in: "$$i.price"}}}}]',
        '[{$lookup: {from: "customers", let: {c: "$customer_id"}, pipeline: [{$match: {$expr: '
        '{$eq: ["$_id", "$$c"]}}}], as: "who"}}, {$sort: {"who.name": 1, "items.0.price": 1}}]',
    ],
)
def test_names_that_stages_make_are_known(stages: str) -> None:
    assert notes(f"db.orders.aggregate({stages})") == []


def test_private_fields_are_neither_told_nor_suggested() -> None:
    documents = {"staff": [{"name": "Ann", "salary": 5}]}
    known = catalog_from_documents("d", documents, {"staff": ["salary"]})
    assert "salary" not in str(notes("db.staff.find({salry: 5})", known))
    assert notes('db.staff.find({salary: "much"})', known) == []


# ------------------------------------------------------------------- expressions


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('{$size: {$sum: "$total"}}', r"\$size takes array, and .* is a number"),
        ("{$year: 2024}", r"\$year takes date or objectId or timestamp, and 2024 is a number"),
        ('{$add: [{$toUpper: "$status"}, 1]}', r"\$add takes date or number, and .* is text"),
        ('{$concat: ["a", {$year: "$placed_at"}]}', r"\$concat takes string, .* is a number"),
    ],
)
def test_what_no_document_could_make_right_is_refused(expression: str, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        checked(f"db.orders.aggregate([{{$project: {{x: {expression}}}}}])")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('{$add: ["$status", 1]}', '$add takes date or number, and "$status" is text.'),
        (
            '{$add: ["$items.price", 1]}',
            '$add takes date or number, and "$items.price" is a list. Unwind it first, or go '
            "through it with $map, $filter or $reduce.",
        ),
        ('{$cond: ["$note", {$year: 5}, 1]}', "$year takes date or objectId or timestamp, and 5 "
         "is a number."),
    ],
)  # fmt: skip
def test_what_the_sample_only_suggests_is_noted(expression: str, text: str) -> None:
    assert notes(f"db.orders.aggregate([{{$project: {{x: {expression}}}}}])") == [text]


# ----------------------------------------------------------- one element, or several


def test_tests_on_one_list_offer_the_form_for_one_element() -> None:
    (found,) = notes('db.orders.find({"items.price": 10.5, "items.quantity": {$gt: 1}})')
    assert found == (
        "`items` is a list: different elements of it may meet the tests on `items.price` and "
        "`items.quantity`. If one element has to meet all of them, write "
        "{ items: { $elemMatch: { price: 10.5, quantity: { $gt: 1 } } } }"
    )


def test_a_range_on_a_list_may_be_met_by_two_elements() -> None:
    assert kinds('db.orders.find({"items.price": {$gt: 2, $lt: 5}})') == {
        NoteKind.SEPARATE_ELEMENTS
    }


@pytest.mark.parametrize(
    "query",
    [
        "db.orders.find({items: {$elemMatch: {price: 1, quantity: 2}}})",
        'db.orders.find({"items.price": 1, status: "paid"})',
        'db.orders.find({"items.0.price": 1, "items.0.quantity": 2})',
        'db.customers.find({$and: [{tags: "vip"}, {tags: "new"}]})',
        'db.orders.aggregate([{$unwind: "$items"}, '
        '{$match: {"items.price": 1, "items.quantity": 2}}])',
    ],
)
def test_no_false_alarm_where_one_element_or_several_are_meant(query: str) -> None:
    assert notes(query) == []


# ------------------------------------------------------------------ missing and null


def test_who_is_let_through_without_a_value_is_told() -> None:
    text = "`email` is missing in 67 % of customers: they are let through as well."
    assert notes('db.customers.find({email: {$ne: "x"}})') == [text]
    assert notes("db.customers.find({email: {$not: /x/}})") == [text]
    assert notes('db.customers.find({$nor: [{email: "x"}]})') == [text]
    assert notes('db.customers.find({email: "x"})') == []
    assert notes("db.orders.find({status: {$exists: true}})") == [
        "`status` is null in 25 % of orders: null counts as being there."
    ]


# ------------------------------------------------------------------- no false alarm


def _operator_queries() -> Iterator[str]:
    for cases in FILTER_CASES.values():
        yield from (f"db.t.find({json_util.dumps(case)})" for case in cases)
    for cases in EXPRESSION_CASES.values():
        for case in cases:
            yield f"db.t.aggregate([{{$project: {{result: {json_util.dumps(case)}}}}}])"
    for cases in ACCUMULATOR_CASES.values():
        for case in cases:
            yield f"db.t.aggregate([{{$group: {{_id: null, r: {json_util.dumps(case)}}}}}])"
    for cases in WINDOW_CASES.values():
        for case in cases:
            output = f"sortBy: {{_id: 1}}, output: {{r: {json_util.dumps(case)}}}"
            yield f"db.t.aggregate([{{$setWindowFields: {{{output}}}}}])"
    for pipelines in STAGE_CASES.values():
        yield from (f"db.t.aggregate({json_util.dumps(stages)})" for stages in pipelines)


@pytest.mark.parametrize("text", list(_operator_queries()))
def test_every_operator_is_taken_as_mongodb_takes_it(text: str) -> None:
    command = parse_query(text)
    found = check_command(command, OPERATORS)
    assert found.command == command
    assert not {n.kind for n in found.notes} & {NoteKind.WRONG_TYPE, NoteKind.NEVER_MET}


@settings(max_examples=200, deadline=None)
@given(commands)
def test_no_command_breaks_the_check_and_checking_twice_changes_nothing(command: Command) -> None:
    try:
        once = check_command(command, SHOP)
    except TypeMismatch:
        return
    assert check_command(once.command, SHOP).command == once.command


def test_no_hand_written_query_of_the_corpus_is_refused(tend_folder: Path) -> None:
    catalogs = tend_catalogs(tend_folder)
    records = json.loads((tend_folder / "train.json").read_text(encoding="utf-8"))
    told = total = 0
    for record in records:
        try:
            command = parse_query(record["MQL"])
        except MqtError:
            continue
        total += 1
        told += bool(check_command(command, catalogs[record["db_id"]]).notes)
    print(f"{told} of {total} gold queries get notes")
    assert total > 0.99 * len(records)
    assert told < 0.03 * total


# ----------------------------------------------------------------- a real mongod


@pytest.fixture(scope="module")
def shop(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    name = f"test_{uuid4().hex[:12]}"
    for collection, documents in DOCUMENTS.items():
        mongo_client[name][collection].insert_many(documents)
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (f'db.orders.countDocuments({{customer_id: "{oid(101)}"}})', 0, 2),
        ('db.orders.countDocuments({placed_at: {$gte: "2025-03-01"}})', 0, 3),
        ('db.orders.countDocuments({"items.quantity": "3"})', 0, 1),
        ("db.customers.countDocuments({age: 41})", 0, 1),
        ("db.customers.countDocuments({age: {$gt: 30}})", 0, 0),
        ('db.customers.countDocuments({$expr: {$gt: [{$toDouble: "$age"}, 30]}})', 2, 2),
        ('db.customers.countDocuments({email: {$ne: "cleo@x.org"}})', 2, 2),
        ("db.orders.countDocuments({status: {$exists: true}})", 4, 4),
        ("db.orders.countDocuments({status: null})", 1, 1),
        # Different items of order 201 meet the tests; no single one does.
        ('db.orders.countDocuments({"items.price": 10.5, "items.quantity": 2})', 1, 1),
        ("db.orders.countDocuments({items: {$elemMatch: {price: 10.5, quantity: 2}}})", 0, 0),
    ],
)
def test_counts_before_and_after(
    shop: Database[dict[str, Any]], text: str, before: int, after: int
) -> None:
    def count(command: Command) -> Any:
        return next(iter(run(command, shop).rows[0].values()))

    assert count(parse_query(text)) == before
    assert count(checked(text).command) == after


def test_the_double_19_99_is_not_the_decimal_19_99(database: Database[dict[str, Any]]) -> None:
    from bson import Decimal128

    documents = [{"price": Decimal128("19.99")}]
    database.things.insert_many([dict(document) for document in documents])
    known = catalog_from_documents("d", {"things": documents})
    command = parse_query("db.things.find({price: 19.99})")
    assert run(command, database).rows == []
    assert len(run(check_command(command, known).command, database).rows) == 1


# ------------------------------------------------------------ what is easily overlooked

PARTS = {
    "things": [
        {"_id": 1, "size": "12", "day": "2025-03-01", "seen": datetime(2025, 3, 1), "price": 5,
         "parts": [{"sku": "x", "qty": 1}, {"sku": "y", "qty": 9}], "marks": [3, 12],
         "kind": "a", "mixed": 1, "at": {"shelf": 3}},
        {"_id": 2, "size": "9", "day": "2025-04-01", "seen": datetime(2025, 4, 1), "price": 7,
         "parts": [{"sku": "x", "qty": 7}], "marks": [6], "kind": None, "mixed": "one",
         "at": {"shelf": 4}},
    ]
}  # fmt: skip
THINGS = catalog_from_documents("things", PARTS)


def found(text: str) -> list[NoteKind]:
    return [note.kind for note in checked(text, THINGS).notes]


@pytest.fixture(scope="module")
def things(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    name = f"things_{uuid4().hex[:8]}"
    mongo_client[name].things.insert_many(PARTS["things"])
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.mark.parametrize("path", ["$day", "$parts.qty"])
def test_adding_up_what_are_no_numbers_is_noted(
    path: str, things: Database[dict[str, Any]]
) -> None:
    text = f"db.things.aggregate([{{$group: {{_id: null, a: {{$sum: '{path}'}}}}}}])"
    assert found(text) == [NoteKind.WRONG_TYPE]
    assert run(parse_query(text), things).rows == [{"_id": None, "a": 0}]


def test_numbers_taken_out_of_lists_add_up() -> None:
    stages = "{$unwind: '$parts'}, {$group: {_id: null, a: {$sum: '$parts.qty'}}}"
    assert found(f"db.things.aggregate([{stages}])") == []


def test_a_join_of_different_types_is_noted(things: Database[dict[str, Any]]) -> None:
    text = (
        "db.things.aggregate([{$lookup: {from: 'things', localField: 'size',"
        " foreignField: 'price', as: 'same'}}])"
    )
    assert notes(text, THINGS) == [
        "`size` holds text, `price` of things numbers: they are never equal, so $lookup finds "
        "nothing."
    ]
    assert all(row["same"] == [] for row in run(parse_query(text), things).rows)


def test_a_list_of_objects_may_be_merged(things: Database[dict[str, Any]]) -> None:
    """Alone, $mergeObjects goes through its list: known to be one here, and still no mistake."""
    text = (
        "db.things.aggregate([{$lookup: {from: 'things', localField: '_id', foreignField: '_id',"
        " as: 'same'}}, {$project: {_id: 0, m: {$mergeObjects: '$same'}}}, {$sort: {'m._id': 1}}])"
    )
    assert found(text) == []
    assert [row["m"]["_id"] for row in run(parse_query(text), things).rows] == [1, 2]


def test_added_objects_are_merged_into_what_is_there(things: Database[dict[str, Any]]) -> None:
    text = (
        "db.things.aggregate([{$addFields: {at: {room: '$price'}}}, {$match: {'at.shelf': 3}},"
        " {$project: {_id: 0, 'at.room': 1}}])"
    )
    assert found(text) == []
    assert run(parse_query(text), things).rows == [{"at": {"room": 5}}]


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("{seen: {$lte: 2025}}", NoteKind.NEVER_MET),
        ("{day: {$gt: 5}}", NoteKind.NEVER_MET),
        ("{day: {$mod: [2, 0]}}", NoteKind.NEVER_MET),
        ('{price: {$gt: "$at.shelf"}}', NoteKind.WRONG_TYPE),
    ],
)
def test_what_no_stored_value_stands_for_stays(
    condition: str, kind: NoteKind, things: Database[dict[str, Any]]
) -> None:
    command = parse_query(f"db.things.find({condition})")
    kept = check_command(command, THINGS)
    assert [note.kind for note in kept.notes] == [kind]
    assert kept.command == command
    assert run(command, things).rows == []


@pytest.mark.parametrize(
    "condition",
    [
        "{marks: {$gt: 10, $lt: 5}}",
        '{$and: [{"parts.sku": "x"}, {"parts.sku": "y"}, {"parts.qty": 9}]}',
    ],
)
def test_tests_that_no_one_element_meets_are_meant_apart(
    condition: str, things: Database[dict[str, Any]]
) -> None:
    assert found(f"db.things.find({condition})") == []
    assert len(run(parse_query(f"db.things.find({condition})"), things).rows) == 1


@pytest.mark.parametrize(
    ("condition", "suggested"),
    [
        (
            '{"parts.sku": "x", "parts.qty": {$gt: 8}}',
            '{ parts: { $elemMatch: { sku: "x", qty: { $gt: 8 } } } }',
        ),
        ("{marks: {$gt: 4, $lt: 10}}", "{ marks: { $elemMatch: { $gt: 4, $lt: 10 } } }"),
    ],
)
def test_the_offered_form_asks_for_one_element(
    condition: str, suggested: str, things: Database[dict[str, Any]]
) -> None:
    """Thing 1 meets the tests with two elements, and not with one."""
    (note,) = checked(f"db.things.find({condition})", THINGS).notes
    assert note.suggestion == suggested
    apart = run(parse_query(f"db.things.find({condition})"), things).rows
    together = run(parse_query(f"db.things.find({note.suggestion})"), things).rows
    assert 1 in [row["_id"] for row in apart]
    assert 1 not in [row["_id"] for row in together]


def test_nobody_without_a_value_is_let_through_where_one_is_required() -> None:
    assert found("db.things.find({kind: {$ne: 'b'}})") == [NoteKind.MISSING_VALUES]
    assert found("db.things.find({kind: {$ne: null, $nin: ['b']}})") == []


def test_notes_on_elements_name_the_whole_path() -> None:
    assert notes("db.things.find({parts: {$elemMatch: {skv: 'x'}}})", THINGS) == [
        "No sampled document of things has `parts.skv`: did you mean `parts.sku`?"
    ]
    assert notes("db.things.find({parts: {$elemMatch: {qty: 'many'}}})", THINGS) == [
        '`parts.qty` holds numbers: it is never equal to "many".'
    ]


def test_documents_have_an_id_even_where_the_sample_has_none() -> None:
    known = catalog_from_documents("d", {"bare": [{"a": 1}]})
    assert notes("db.bare.aggregate([{$group: {_id: '$_id'}}])", known) == []


def test_values_of_which_some_fail_are_noted() -> None:
    text = "db.things.aggregate([{$project: {a: {$add: ['$mixed', 1]}}}])"
    assert notes(text, THINGS) == [
        '$add takes date or number, and "$mixed" is sometimes text: it fails there.'
    ]


@pytest.mark.parametrize(
    "stage",
    [
        "{$unset: 'prise'}",
        "{$densify: {field: 'price', partitionByFields: ['prise'],"
        " range: {step: 1, bounds: 'full'}}}",
        "{$fill: {output: {price: {value: '$prise'}}}}",
        "{$fill: {partitionByFields: ['prise'], output: {price: {value: 1}}}}",
        "{$geoNear: {near: [1, 2], distanceField: 'far', key: 'prise'}}",
    ],
)
def test_every_path_of_a_stage_is_looked_up(stage: str) -> None:
    assert notes(f"db.things.aggregate([{stage}])", THINGS) == [
        "No sampled document of things has `prise`: did you mean `price`?"
    ]
