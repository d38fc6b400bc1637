"""Parsing: query text as people write it, and errors that say where and what instead."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.errors import MqtError, QueryError, QueryNotReadOnly
from mqt_serving.query.collation import Collation
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.syntax import MAX_TEXT_LENGTH
from mqt_serving.query.pipeline import (
    Accumulator,
    Aggregate,
    AllOf,
    AnyOf,
    ArrayExpression,
    Command,
    CountDocuments,
    Distinct,
    Document,
    ElementMatch,
    EstimatedDocumentCount,
    ExpressionFilter,
    Facet,
    FieldTest,
    Filter,
    Find,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    NamedOperation,
    NoneOf,
    NotTest,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    Sample,
    Skip,
    Sort,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
    Value,
    VariableExpression,
)

NOW = datetime(2025, 3, 31, 12, 0, 0, 123000, tzinfo=UTC)


def filter_of(text: str) -> Filter:
    command = parse_query(f"db.c.find({text})", NOW)
    assert isinstance(command, Find)
    return command.filter


def value_of(text: str) -> Value:
    test = filter_of(f"{{a: {{$eq: {text}}}}}")
    assert isinstance(test, FieldTest)
    return test.value


def stage_of(text: str) -> Stage:
    command = parse_query(f"db.c.aggregate([{text}])", NOW)
    assert isinstance(command, Aggregate)
    (stage,) = command.stages
    return stage


def error_of(text: str, kind: type[QueryError] = QueryError) -> QueryError:
    with pytest.raises(kind) as caught:
        parse_query(text, NOW)
    return caught.value


# ----------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    "start",
    [
        "db.orders",
        'db["orders"]',
        "db['orders']",
        'db.getCollection("orders")',
        "(db.orders)",
        "// newest first\ndb.orders",
        "/* all */ db\n  .orders\n  ",
    ],
)
def test_a_collection_can_be_named_in_every_way(start: str) -> None:
    assert parse_query(f"{start}.find({{}});") == Find("orders")


def test_a_collection_name_can_have_dots() -> None:
    assert parse_query("db.shop.orders.find()") == Find("shop.orders")


def test_cursor_methods_complete_a_find() -> None:
    text = "db.c.find({a: 1}, {b: 1,}).sort({b: -1, a: 1}).skip(10).limit(5).toArray();"
    assert parse_query(text) == Find(
        "c",
        FieldTest("a", "$eq", 1),
        Project((("b", True),)),
        Sort((("b", -1), ("a", 1))),
        10,
        5,
    )


def test_options_complete_a_find_too() -> None:
    text = "db.c.find({}, {}, {sort: {a: 1}, limit: 3, allowDiskUse: true})"
    assert parse_query(text) == Find("c", sort=Sort((("a", 1),)), limit=3)


def test_find_one_is_a_find_of_one() -> None:
    assert parse_query("db.c.findOne({a: 1})") == Find("c", FieldTest("a", "$eq", 1), limit=1)


def test_limit_zero_is_no_limit() -> None:
    assert parse_query("db.c.find().limit(0)") == Find("c")


@pytest.mark.parametrize(
    "text",
    [
        "db.c.countDocuments({a: 1})",
        "db.c.count({a: 1})",
        "db.c.find({a: 1}).count()",
        '{"count": "c", "query": {"a": 1}}',
    ],
)
def test_every_way_to_count_is_one_command(text: str) -> None:
    assert parse_query(text) == CountDocuments("c", FieldTest("a", "$eq", 1))


def test_an_estimated_count_is_not_a_count() -> None:
    assert parse_query("db.c.estimatedDocumentCount()") == EstimatedDocumentCount("c")
    assert parse_query('{"count": "c"}') == EstimatedDocumentCount("c")
    assert parse_query('{"count": "c", "query": {}}') == CountDocuments("c")


@pytest.mark.parametrize(
    "text",
    [
        "db.c.countDocuments({a: 1}, {skip: 2, limit: 3, hint: 'a_1'})",
        "db.c.find({a: 1}).skip(2).limit(3).itcount()",
        "db.c.find({a: 1}).limit(3).skip(2).size()",
        '{"count": "c", "query": {"a": 1}, "skip": 2, "limit": 3}',
    ],
)
def test_a_count_can_skip_and_stop(text: str) -> None:
    assert parse_query(text) == CountDocuments("c", FieldTest("a", "$eq", 1), 2, 3)


_GERMAN = Collation("de", strength=2, numeric_ordering=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db.c.find().collation(%s)", Find("c", collation=_GERMAN)),
        ("db.c.find({}, {}, {collation: %s})", Find("c", collation=_GERMAN)),
        ("db.c.findOne({}, {}, {collation: %s})", Find("c", limit=1, collation=_GERMAN)),
        ("db.c.aggregate([], {collation: %s})", Aggregate("c", (), _GERMAN)),
        ("db.c.countDocuments({}, {collation: %s})", CountDocuments("c", collation=_GERMAN)),
        ("db.c.distinct('a', {}, {collation: %s})", Distinct("c", "a", collation=_GERMAN)),
        ('{"find": "c", "collation": %s}', Find("c", collation=_GERMAN)),
        ('{"distinct": "c", "key": "a", "collation": %s}', Distinct("c", "a", collation=_GERMAN)),
    ],
)
def test_a_collation_completes_every_command(text: str, expected: Command) -> None:
    options = '{"locale": "de", "strength": 2, "numericOrdering": true}'
    assert parse_query(text % options) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{strength: 2}", "A collation needs locale"),
        ("{locale: 'German'}", 'locale must be a language such as "en"'),
        ("{locale: 'de', strength: 6}", "strength must be one of 1, 2, 3, 4, 5, not 6"),
        ("{locale: 'de', strenght: 2}", "did you mean strength?"),
        ("{locale: 'de', caseFirst: 'no'}", "caseFirst must be one of upper, lower, off"),
        ("{locale: 'de', caseLevel: 'yes'}", "caseLevel must be true or false"),
        ("{locale: 'simple', strength: 1}", "takes no other option"),
        ("'de'", "A collation must be an object"),
    ],
)
def test_wrong_collations_are_explained(options: str, message: str) -> None:
    assert message in str(error_of(f"db.c.find().collation({options})"))


def test_find_shows_the_element_that_matched() -> None:
    assert parse_query("db.c.find({'a.b': 1}, {'a.$': 1})") == Find(
        "c", FieldTest("a.b", "$eq", 1), Project((("a.$", True),))
    )


def test_names_stand_for_values_and_collections() -> None:
    text = """
    // what was paid
    const filter = { a: 1 }, options = { sort: { b: -1 } };
    let orders = db.orders;
    orders.find(filter, {}, options)
    """
    assert parse_query(text) == Find("orders", FieldTest("a", "$eq", 1), sort=Sort((("b", -1),)))


def test_a_key_that_stands_twice_has_its_last_value_as_in_javascript() -> None:
    assert parse_query("db.c.find({a: 1, b: 2, a: 3})") == parse_query("db.c.find({a: 3, b: 2})")


def test_distinct_takes_a_field_and_a_filter() -> None:
    expected = Distinct("c", "a.b", FieldTest("d", "$gt", 1))
    assert parse_query('db.c.distinct("a.b", {d: {$gt: 1}})') == expected
    assert parse_query('{"distinct": "c", "key": "a.b", "query": {"d": {"$gt": 1}}}') == expected


def test_aggregate_takes_a_list_or_the_stages_themselves() -> None:
    expected = Aggregate("c", (Limit(1), Skip(2)))
    assert (
        parse_query("db.c.aggregate([{$limit: 1}, {$skip: 2}], {allowDiskUse: true})") == expected
    )
    assert parse_query("db.c.aggregate({$limit: 1}, {$skip: 2})") == expected


def test_extended_json_commands_are_read() -> None:
    text = """
    {"find": "c", "filter": {"_id": {"$oid": "64b7f0a1c2d3e4f5a6b7c8d9"},
                             "at": {"$gte": {"$date": "2025-01-01T00:00:00Z"}},
                             "n": {"$numberLong": "5"}},
     "sort": {"at": -1}, "limit": 2, "$db": "shop"}"""
    assert parse_query(text) == Find(
        "c",
        AllOf(
            (
                FieldTest("_id", "$eq", ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")),
                FieldTest("at", "$gte", datetime(2025, 1, 1, tzinfo=UTC)),
                FieldTest("n", "$eq", Int64(5)),
            )
        ),
        sort=Sort((("at", -1),)),
        limit=2,
    )


# ----------------------------------------------------------------------- literals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\n\\u00e9\\x41"', "a\néA"),
        ('"\\ud83d\\ude00"', "😀"),
        ("'it\\'s'", "it's"),
        ("`plain`", "plain"),
        ("-1", -1),
        ("1_000", 1000),
        ("0x1F", 31),
        ("3.0", 3.0),
        ("1e3", 1000.0),
        ("-Infinity", float("-inf")),
        ("30 * 24 * 60", 43200),
        ("null", None),
        ("true", True),
        ("NumberInt(5)", 5),
        ('NumberInt("5")', 5),
        ('NumberLong("9007199254740993")', Int64(9007199254740993)),
        ("Long(5)", Int64(5)),
        ("7n", Int64(7)),
        ('NumberDecimal("1.50")', Decimal128("1.50")),
        ('new ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")', ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")),
        ('ISODate("2025-03-01")', datetime(2025, 3, 1, tzinfo=UTC)),
        ('ISODate("2025-03-01T10:00:00+02:00")', datetime(2025, 3, 1, 8, tzinfo=UTC)),
        ('new Date("2025-03")', datetime(2025, 3, 1, tzinfo=UTC)),
        ("new Date(86400000)", datetime(1970, 1, 2, tzinfo=UTC)),
        ("new Date()", NOW),
        ("ISODate()", NOW),
        ("new Date(Date.now() - 24 * 60 * 60 * 1000)", NOW.replace(day=30)),
        ("[1, 'a', [null]]", (1, "a", (None,))),
        ("{b: {c: 1}}", Document((("b", Document((("c", 1),))),))),
        ('UUID("12345678-1234-5678-1234-567812345678")', Binary(b"\x124Vx" * 4, 4)),
        ('BinData(5, "AQI=")', Binary(b"\1\2", 5)),
        ('HexData(0, "0102")', Binary(b"\1\2", 0)),
        ('{$binary: {base64: "AQI=", subType: "05"}}', Binary(b"\1\2", 5)),
        ('{$binary: "AQI=", $type: "05"}', Binary(b"\1\2", 5)),
        ('{$uuid: "12345678-1234-5678-1234-567812345678"}', Binary(b"\x124Vx" * 4, 4)),
        ("Timestamp(1, 2)", Timestamp(1, 2)),
        ("Timestamp({t: 1, i: 2})", Timestamp(1, 2)),
        ("{$timestamp: {t: 1, i: 2}}", Timestamp(1, 2)),
        ("MinKey()", MinKey()),
        ("MaxKey", MaxKey()),
        ("{$minKey: 1}", MinKey()),
        ("-9223372036854775808", -(2**63)),
        ("/a\\/b[/]\\d/im", Regex("a/b[/]\\d", "im")),
        ("new RegExp('a', 'i')", Regex("a", "i")),
    ],
)
def test_literals_keep_their_bson_type(text: str, value: Value) -> None:
    read = value_of(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pending", 'pending is not a value: put text in quotes: "pending"'),
        ("True", "did you mean true?"),
        ("ObjectId('12')", "24 hex digits"),
        ("ISODate('yesterday')", "is not a date"),
        ("new Date(2025, 2, 1)", "counts months from 0"),
        ("Date()", "write new Date"),
        ("NumberInt(3000000000)", "does not fit 32 bits"),
        ("99999999999999999999", "does not fit a 64-bit integer"),
        ("UUID('x')", "needs a UUID as text"),
        ("BinData(4, 'AA==')", "has 16 bytes, not 1"),
        ("Timestamp(-1, 0)", "from 0 to 4294967295"),
        ("{$ref: 'c', $id: 1}", "points to another document"),
        ("Symbol('x')", "deprecated type: write text"),
        ('NumberDecimal("1e99999")', "at most 34 digits"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('"\\u{110000}"', "is not a character"),
        ("010", "could be octal"),
        ("Date.UTC(2025, 12)", "is not a date"),
        ("DBRef('a', 1)", "it points to another document"),
        ("BinData(0, '*')", "needs base64 text"),
        ("Timestamp(1)", "needs seconds and a counter"),
        ("IsoDate('2025-01-01')", "did you mean ISODate?"),
        ("/a/g", "the regular expression option g has no meaning"),
        ("`a ${b}`", "is not a value"),
        ("1 / 0", "cannot be computed"),
        ("{...other}", "name: value pairs"),
        ("{b}", "b has no value"),
        ("{$gt: 1}", "operators mean nothing"),
    ],
)
def test_what_is_no_literal_is_refused_with_the_remedy(text: str, message: str) -> None:
    assert message in str(error_of(f"db.c.find({{a: {{$eq: {text}}}}})"))


@pytest.mark.parametrize("name", ["Symbol", "DBRef", "DBPointer", "Code", "UUID", "MinKey"])
def test_fields_can_be_called_as_types_are(name: str) -> None:
    assert filter_of(f"{{{name}: 1}}") == FieldTest(name, "$eq", 1)


# ------------------------------------------------------------------------ filters

_A1, _B2 = FieldTest("a", "$eq", 1), FieldTest("b", "$eq", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", AllOf(())),
        ("{a: 1}", _A1),
        ("{a: 1, b: 2}", AllOf((_A1, _B2))),
        ("{$and: [{a: 1}, {b: 2}]}", AllOf((_A1, _B2))),
        ("{$or: [{a: 1}, {b: 2}]}", AnyOf((_A1, _B2))),
        ("{$nor: [{a: 1}]}", NoneOf((_A1,))),
        ("{b: 2, $or: [{a: 1}]}", AllOf((_B2, AnyOf((_A1,))))),
        ("{a: {$gt: 1, $lte: 5}}", AllOf((FieldTest("a", "$gt", 1), FieldTest("a", "$lte", 5)))),
        ("{'a.b': {$in: [1, null]}}", FieldTest("a.b", "$in", (1, None))),
        ("{a: /x/i}", FieldTest("a", "$regex", Regex("x", "i"))),
        ("{a: {$regex: 'x', $options: 'i'}}", FieldTest("a", "$regex", Regex("x", "i"))),
        ("{a: {$options: 'i', $regex: /x/}}", FieldTest("a", "$regex", Regex("x", "i"))),
        ("{a: {$exists: 1}}", FieldTest("a", "$exists", True)),
        ("{a: {$size: 2.0}}", FieldTest("a", "$size", 2)),
        ("{a: {$not: {$gt: 1}}}", NotTest(FieldTest("a", "$gt", 1))),
        ("{a: {$not: /x/}}", NotTest(FieldTest("a", "$regex", Regex("x")))),
        (
            "{a: {$not: {$gt: 1, $lt: 5}}}",
            NoneOf((AllOf((FieldTest("a", "$gt", 1), FieldTest("a", "$lt", 5))),)),
        ),
        ("{a: {$elemMatch: {x: 1}}}", ElementMatch("a", FieldTest("x", "$eq", 1))),
        ("{a: {$elemMatch: {$gt: 5}}}", ElementMatch("a", FieldTest("", "$gt", 5))),
        (
            "{a: {$all: [{$elemMatch: {x: 1}}, {$elemMatch: {x: 2}}]}}",
            AllOf(
                (
                    ElementMatch("a", FieldTest("x", "$eq", 1)),
                    ElementMatch("a", FieldTest("x", "$eq", 2)),
                )
            ),
        ),
        ("{a: {b: 1}}", FieldTest("a", "$eq", Document((("b", 1),)))),
        (
            '{$expr: {$gt: ["$a", "$b"]}}',
            ExpressionFilter(Operation("$gt", (PathExpression("a"), PathExpression("b")))),
        ),
    ],
)
def test_filters(text: str, expected: Filter) -> None:
    assert filter_of(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a: {$gte: 1, b: 2}}", "b stands beside operators"),
        ("{$gt: 1}", "$gt tests a field"),
        ("{a: {$gtt: 1}}", "unknown operator $gtt: did you mean $gt?"),
        ("{$orr: []}", "unknown operator $orr: did you mean $or?"),
        ("{a: {$sum: 1}}", "$sum cannot stand in a filter"),
        ("{a: {$in: 5}}", "$in must be a list"),
        ("{$or: []}", "$or needs at least one filter"),
        ("{a: {$not: 5}}", "write {$ne: 5}"),
        ("{a: {$ne: /x/}}", "cannot take a regular expression"),
        ("{a: {$size: -1}}", "at least 0"),
        ("{loc: {$near: [1]}}", "$near needs a point: [longitude, latitude]"),
        ("{loc: {$near: {type: 'Pont', coordinates: [1, 2]}}}", "Pont is not a type of GeoJSON"),
        ("{loc: {$geoWithin: {$box: [1, 2]}}}", "$box needs [[west, south], [east, north]]"),
        ("{loc: {$geoWithin: {$geometry: {type: 'Point'}}}}", "Point needs coordinates"),
        ("{loc: {$not: {$near: [1, 2]}}}", "$near cannot be negated"),
        ("{$text: {search: 'x'}}", "did you mean $search?"),
        ("{$jsonSchema: {}}", "$jsonSchema is not in the query language yet"),
        ("{a: {$options: 'i'}}", "$options stands beside $regex only"),
        ("[1]", "A filter must be an object"),
    ],
)
def test_wrong_filters_are_explained(text: str, message: str) -> None:
    assert message in str(error_of(f"db.c.find({text})"))


# ------------------------------------------------------------ stages, expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{$match: {a: 1}}", Match(_A1)),
        ("{$unset: ['a', 'b']}", Unset(("a", "b"))),
        ('{$unwind: "$a"}', Unwind("a")),
        (
            '{$unwind: {path: "$a", preserveNullAndEmptyArrays: true, includeArrayIndex: "i"}}',
            Unwind("a", True, "i"),
        ),
        (
            "{$group: {_id: null, n: {$sum: 1}}}",
            Group(None, (Accumulator("n", "$sum", LiteralExpression(1)),)),
        ),
        (
            '{$group: {_id: "$a", n: {$count: {}}}}',
            Group(PathExpression("a"), (Accumulator("n", "$count", ObjectExpression(())),)),
        ),
        ('{$sortByCount: "$a"}', SortByCount(PathExpression("a"))),
        ('{$replaceWith: "$a"}', ReplaceRoot(PathExpression("a"))),
        ('{$replaceRoot: {newRoot: "$$ROOT"}}', ReplaceRoot(VariableExpression("ROOT"))),
        ("{$sample: {size: 3}}", Sample(3)),
        ('{$unionWith: "other"}', UnionWith("other")),
        ('{$unionWith: {coll: "other", pipeline: [{$limit: 1}]}}', UnionWith("other", (Limit(1),))),
        ("{$facet: {x: [{$limit: 1}], y: []}}", Facet((("x", (Limit(1),)), ("y", ())))),
        (
            '{$lookup: {from: "o", localField: "a", foreignField: "b", as: "c"}}',
            Lookup("o", "c", "a", "b"),
        ),
        (
            '{$lookup: {from: "o", let: {v: "$a"}, pipeline: [{$skip: 1}], as: "c"}}',
            Lookup("o", "c", let=(("v", PathExpression("a")),), stages=(Skip(1),)),
        ),
    ],
)  # fmt: skip
def test_stages(text: str, expected: Stage) -> None:
    assert stage_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", True),
        ("0", False),
        ("true", True),
        ('"$a.b"', PathExpression("a.b")),
        ('"$$this.x"', VariableExpression("this.x")),
        ('"text"', LiteralExpression("text")),
        ("{$literal: 1}", LiteralExpression(1)),
        ('{$literal: "$5"}', LiteralExpression("$5")),
        ('["$a", 2]', ArrayExpression((PathExpression("a"), LiteralExpression(2)))),
        ('{x: "$a"}', ObjectExpression((("x", PathExpression("a")),))),
        ('{$size: "$a"}', Operation("$size", (PathExpression("a"),))),
        ('{$size: ["$a"]}', Operation("$size", (PathExpression("a"),))),
        ('{$size: [["$a"]]}', Operation("$size", (ArrayExpression((PathExpression("a"),)),))),
        ("{$rand: {}}", Operation("$rand", ())),
        ('{$month: "$d"}', Operation("$month", (PathExpression("d"),))),
        (
            '{$month: {date: "$d", timezone: "UTC"}}',
            NamedOperation(
                "$month", (("date", PathExpression("d")), ("timezone", LiteralExpression("UTC")))
            ),
        ),
        (
            '{$toInt: {$toString: "$a"}}',
            Operation("$toInt", (Operation("$toString", (PathExpression("a"),)),)),
        ),
    ],
)
def test_projected_expressions(text: str, expected: object) -> None:
    assert stage_of(f"{{$project: {{p: {text}}}}}") == Project((("p", expected),))  # type: ignore[arg-type]


def test_nested_switches_become_dotted_names() -> None:
    assert stage_of('{$project: {a: {b: 1, c: {d: "$x"}}}}') == Project(
        (("a.b", True), ("a.c", ObjectExpression((("d", PathExpression("x")),))))
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{$grop: {_id: null}}", "unknown operator $grop: did you mean $group?"),
        ("{match: {}}", "did you mean $match?"),
        ("{$match: {}, $limit: 1}", "each stage needs its own braces"),
        ("{$gt: 1}", "$gt cannot stand as a stage: it belongs in a filter"),
        ("{$redact: '$$KEEP'}", "$redact is not in the query language yet: say with $match"),
        ("{$vectorSearch: {}}", "it needs Atlas Search"),
        ("{$bucket: {}}", "$bucket needs groupBy, boundaries"),
        ("{$bucket: {groupBy: '$a', boundaries: [1]}}", "two or more constant boundaries"),
        ("{$bucketAuto: {groupBy: '$a', buckets: 0}}", "at least 1"),
        ("{$bucketAuto: {groupBy: '$a', buckets: 2, granularity: 'R6'}}", "known are R5, R10"),
        ("{$graphLookup: {from: 'c', startWith: '$a', as: 'b'}}", "needs connectFromField"),
        ("{$setWindowFields: {output: {}}}", "at least one output"),
        ("{$setWindowFields: {output: {a: {$rnk: {}}}}}", "did you mean $rank?"),
        ("{$setWindowFields: {output: {a: {$rank: 1}}}}", "must be an object"),
        ("{$setWindowFields: {output: {a: {$sum: 1, window: {documents: [1]}}}}}", "two ends"),
        (
            "{$setWindowFields: {output: {a: {$sum: 1, window: {range: ['unbound', 0]}}}}}",
            "did you mean unbounded?",
        ),
        ("{$setWindowFields: {output: {a: {$covariancePop: '$a'}}}}", "a list of 2 expressions"),
        ("{$densify: {field: 'a', range: {step: 1, bounds: 'ful'}}}", "did you mean full?"),
        ("{$densify: {field: 'a', range: {step: 1, bounds: 'full', unit: 'dy'}}}", "mean day?"),
        ("{$fill: {output: {a: {method: 'loc'}}}}", "did you mean locf?"),
        ("{$fill: {output: {a: {method: 'locf', value: 1}}}}", "needs a value or a method"),
        ("{$geoNear: {near: [1, 2]}}", "$geoNear needs distanceField"),
        ("{$group: {n: {$sum: 1}}}", "$group needs _id"),
        ("{$group: {_id: 1, n: 5}}", "n needs one accumulator"),
        ("{$group: {_id: 1, n: {$summ: 1}}}", "unknown operator $summ: did you mean $sum?"),
        ("{$group: {_id: 1, n: {$sum: ['$a']}}}", "takes one expression"),
        ("{$unwind: 'a'}", "write '$a'"),
        ("{$sort: {a: 'desc'}}", "must be 1 (ascending) or -1 (descending)"),
        ("{$limit: 0}", "at least 1"),
        ("{$lookup: {from: 'a', as: 'b'}}", "needs localField and foreignField, or a pipeline"),
        ("{$lookup: {from: 'a', as: 'b', localFeld: 'c'}}", "did you mean localField?"),
        ("{$lookup: {from: {db: 'x', coll: 'y'}, pipeline: [], as: 'b'}}", "not of another"),
        ("{$project: {a: {$divide: ['$b']}}}", "$divide takes 2 arguments, not 1"),
        ("{$project: {a: {$filter: {input: '$b', conf: 1}}}}", "did you mean cond?"),
        ("{$project: {a: {$filter: {input: '$b'}}}}", "$filter needs cond"),
        ("{$project: {a: {$filter: '$b'}}}", "$filter takes an object with input, cond"),
        ("{$project: {a: {$push: '$b'}}}", "it belongs as an accumulator of $group"),
        ("{$project: {a: {$add: [1], b: 2}}}", "$add must stand alone"),
        ("{$project: {a: '$'}}", "is not a field path"),
        ("{$project: {'a.$': 1}}", "positional projection"),
        ("{$project: {a: {$slice: 3}}}", 'write {$slice: ["$a", number]}'),
        ("{$project: {a: {$slice: [1, 3]}}}", 'write {$slice: ["$a", number]}'),
        ("{$project: {}}", "at least one field"),
        ("{$sort: {a: {$meta: 'textScor'}}}", "did you mean textScore?"),
    ],
)
def test_wrong_stages_are_explained(text: str, message: str) -> None:
    assert message in str(error_of(f"db.c.aggregate([{text}])"))


# ----------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("db.c.insertOne({a: 1})", "insertOne"),
        ("db.c.insertMany([{a: 1}])", "insertMany"),
        ("db.c.updateMany({}, {$set: {a: 1}})", "updateMany"),
        ("db.c.update({}, {$set: {a: 1}}, {multi: true})", "update"),
        ("db.c.replaceOne({}, {})", "replaceOne"),
        ("db.c.deleteMany({})", "deleteMany"),
        ("db.c.remove({})", "remove"),
        ("db.c.drop()", "drop"),
        ("db.c.bulkWrite([])", "bulkWrite"),
        ("db.c.findAndModify({})", "findAndModify"),
        ("db.c.findOneAndDelete({})", "findOneAndDelete"),
        ("db.c.findOneAndUpdate({}, {$set: {a: 1}})", "findOneAndUpdate"),
        ("db.c.createIndex({a: 1})", "createIndex"),
        ("db.c.renameCollection('d')", "renameCollection"),
        ("db.c.mapReduce(function() {}, function() {}, {out: 'x'})", "mapReduce"),
        ("db.c.find().forEach(function(d) { db.d.insert(d) })", "forEach"),
        ("db.c.find().forEach(d => print(d))", "forEach"),
        ("db.c.find({$where: 'this.a'})", "$where"),
        ("await db.collection('c').insertOne({a: 1})", "insertOne"),
        ("await db.collection('c').find().stream()", "stream"),
        ("db.collection('c').find().toArray().then(rows => rows)", "then"),
        ('db["c"].insert_one({"a": None})', "insert_one"),
        ('db.c.find_one_and_update({"a": 1}, {"$set": {"a": True}})', "find_one_and_update"),
        ('db.c.with_options(write_concern=None).find({"a": None})', "with_options"),
        ('db.command("dropDatabase", comment=None)', "command"),
        ('for row in db.c.find({"a": None}): print(row)', "for loop"),
        ("db.c.find().map(d => d.a)", "map"),
        ("db.c.watch()", "watch"),
        ("db.c.find().explain()", "explain"),
        ("db.c.getIndexes()", "getIndexes"),
        ("db.dropDatabase()", "dropDatabase"),
        ("db.runCommand({dropDatabase: 1})", "runCommand"),
        ("db.adminCommand({shutdown: 1})", "adminCommand"),
        ("db.eval('1')", "eval"),
        ("db.createCollection('x')", "createCollection"),
        ("db.getSiblingDB('admin').c.find()", "getSiblingDB"),
        ("db.unheardOf()", "unheardOf"),
        ("db.c.aggregate([{$out: 'x'}])", "$out"),
        ("db.c.aggregate([{$merge: {into: 'x'}}])", "$merge"),
        ("db.c.aggregate([{$currentOp: {}}])", "$currentOp"),
        ("db.c.aggregate([{$collStats: {}}])", "$collStats"),
        ("db.c.aggregate([{$indexStats: {}}])", "$indexStats"),
        ("db.c.aggregate([{$changeStream: {}}])", "$changeStream"),
        ("db.c.aggregate([{$facet: {a: [{$out: 'x'}]}}])", "$out"),
        ("db.c.aggregate([{$lookup: {from: 'd', pipeline: [{$merge: 'x'}], as: 'e'}}])", "$merge"),
        ("db.c.aggregate([{$unionWith: {coll: 'd', pipeline: [{$out: 'x'}]}}])", "$out"),
        ("db.c.find({$where: 'this.a == 1'})", "$where"),
        ("db.c.find({$where: function() { return true }})", "JavaScript"),
        ("db.c.find({$or: [{$where: '1'}]})", "$where"),
        ("db.c.find({a: {$where: '1'}})", "$where"),
        ("db.c.find({a: {$elemMatch: {$where: '1'}}})", "$where"),
        ("db.c.find({$expr: {$function: {body: 'x', args: [], lang: 'js'}}})", "$function"),
        ("db.c.aggregate([{$group: {_id: 1, a: {$accumulator: {}}}}])", "$accumulator"),
        ("db.c.aggregate([{$project: {a: {$function: {}}}}])", "$function"),
        ("db.c.find({a: () => 1})", "JavaScript"),
        ("db.c.find({a() { return 1 }})", "JavaScript"),
        ("db.c.find({a: Code('1')})", "JavaScript"),
        ('{"find": "c", "filter": {"a": {"$function": {}}}}', "$function"),
        ('{"insert": "c", "documents": [{}]}', "insert"),
        ('{"delete": "c", "deletes": []}', "delete"),
        ('{"dropDatabase": 1}', "dropDatabase"),
        ('{"mapReduce": "c"}', "mapReduce"),
        ("while (true) {}", "while statement"),
        ("function f() {}", "function declaration"),
    ],
)  # fmt: skip
def test_what_writes_or_runs_javascript_is_refused_by_name(text: str, construct: str) -> None:
    error = error_of(text, QueryNotReadOnly)
    assert construct in str(error)
    assert error.line is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The query is empty"),
        ("// nothing", "There is no query"),
        ("db.c.find(); db.d.find()", "One query at a time"),
        ("[{$match: {}}]", "A pipeline needs its collection"),
        ("orders.find()", "starts with db"),
        ("db.c", "A query calls a method"),
        ("db.find({})", "find needs a collection"),
        ("db.c.findd({})", "unknown method findd: did you mean find?"),
        ("db.c.find().sortt({a: 1})", "did you mean sort?"),
        ("db.c.find().collation({locale: 'de', strenth: 1})", "did you mean strength?"),
        ("db.c.find().collation({locale: 'de', strength: 9})", "strength must be one of 1, 2"),
        ("db.c.find().collation({locale: 'Deutsch'})", "locale must be a language"),
        ("var x = 1", "There is no query in the text"),
        ("db.c.find(); db.d.find()", "One query at a time"),
        ('db.c.find_on({"a": None})', "did you mean find_one?"),
        ('db.c.find({"a": f"{x}"})', "an f-string is computed"),
        ('db.c.find({"a": [x for x in y]})', "a comprehension is computed"),
        ('db.c.find({"a": true, "b": None})', "did you mean True?"),
        ('db.c.find({"a": Decimal("1.5")}, sort=[("a", 1)])', 'write Decimal128("...")'),
        ("db.c.find().limit(5).count()", "ambiguous"),
        ("db.c.distinct('a').length", "length is not part of a query"),
        ("db.c.aggregate([]).sort({a: 1})", "add a {$sort: ...} stage"),
        ("db.c.find({}, {}, {max: 1})", "no option max"),
        ("db.c.countDocuments({}, {sort: 1})", "no option sort"),
        ("db.c.find({}, {}, {}, {})", "at most 3 arguments"),
        ("db['c' + 'd'].find()", "In brackets stands a collection name"),
        ('{"fnd": "c"}', "did you mean find?"),
        ('{"find": "c", "tailable": true}', "no option tailable"),
        ('{"find": 1}', "must be text"),
        ("db.getCollection('$cmd').find()", "cannot start with a dollar"),
        ("SELECT * FROM orders", "cannot read the query"),
        ("x" * (MAX_TEXT_LENGTH + 1), "at most 100,000"),
        ("db.c.find({a: " + "[" * 200 + "]" * 200 + "})", "nested deeper than 100"),
        ("db.c.find({a: 1 +" + "1 +" * 5000 + " 1})", "nested deeper"),
    ],
)
def test_other_texts_are_refused_with_the_remedy(text: str, message: str) -> None:
    assert message in str(error_of(text))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("db.c.find({\n  a: 1,\n  b: {$gtt: 5}\n})", 3, 7),
        ("db.c.find({é: pending})", 1, 15),
        ('{"find": "c", "filter": {"a": {"$gtt": 1}}}', 1, 32),
        ("db.c.aggregate([\n  {$match: {a: 1}},\n  {$grop: {}}\n])", 3, 4),
    ],
)
def test_errors_carry_line_and_column(text: str, line: int, column: int) -> None:
    error = error_of(text)
    assert (error.line, error.column) == (line, column)
    assert f"(line {line}, column {column})" in str(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("db.c.find({a: 1)", "expected } to close the {"),
        ("db.c.find({a: [1, 2})", "expected ] to close the [ of line 1, column 15"),
        ("db.c.find({a: 1}", "this ( is never closed"),
        ("db.c.find({a: 1}))", ") closes nothing"),
        ("db.c.find({a 1})", "is a comma, colon or quote missing?"),
    ],
)
def test_syntax_errors_point_at_the_bracket_or_word(text: str, message: str) -> None:
    assert message in str(error_of(text))


def test_the_tend_queries_are_read(tend_folder: Path) -> None:
    records = json.loads((tend_folder / "train.json").read_text())
    causes: Counter[str] = Counter()
    for record in records:
        try:
            parse_query(record["MQL"])
        except MqtError as error:
            causes[str(error).split(" (line")[0]] += 1
    assert causes.total() <= 0.001 * len(records), causes


# ------------------------------------------------------------------------ drivers

_PAID = FieldTest("status", "$eq", "paid")
_LATEST = Find(
    "orders", _PAID, Project((("_id", False), ("total", True))), Sort((("at", -1),)), 5, 10
)


@pytest.mark.parametrize(
    "text",
    [
        """
        db.orders.find({status: 'paid'}, {_id: 0, total: 1}).sort({at: -1}).skip(5).limit(10)
        """,
        """
        cursor = db.orders.find({"status": "paid"}, {"_id": 0, "total": 1})
        rows = list(cursor.sort("at", DESCENDING).skip(5).limit(10))
        """,
        """
        from pymongo import DESCENDING, MongoClient
        # the latest paid orders
        list(db["orders"].find(
            filter={"status": "paid"}, projection={"_id": False, "total": True},
            sort=[("at", DESCENDING)], skip=5, limit=10,
        ))
        """,
        """
        const { MongoClient } = require("mongodb");
        const filter = { status: "paid" };
        const rows = await db.collection("orders").find(
          filter, { projection: { _id: 0, total: 1 }, sort: { at: -1 }, skip: 5, limit: 10 }
        ).toArray();
        """,
        """
        await db.collection('orders').find({status: "paid"}).project({_id: 0, total: 1})
          .sort({at: -1}).skip(5).limit(10).toArray()
        """,
        """
        {"find": "orders", "filter": {"status": "paid"}, "projection": {"_id": 0, "total": 1},
         "sort": {"at": {"$numberInt": "-1"}}, "skip": 5, "limit": 10}
        """,
    ],
)
def test_one_query_in_every_dialect(text: str) -> None:
    assert parse_query(text) == _LATEST


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("db.orders.aggregate([\n  {$grop: {_id: 1}}\n])", 2, 4),
        ('db.orders.aggregate([\n    {"$grop": {"_id": None}},\n])', 2, 6),
        ('await db.collection("orders").aggregate([{ $grop: { _id: 1 } }]).toArray()', 1, 44),
        ('{"aggregate": "orders", "pipeline": [{"$grop": {}}]}', 1, 39),
    ],
)
def test_errors_point_into_the_text_of_every_dialect(text: str, line: int, column: int) -> None:
    error = error_of(text)
    assert "unknown operator $grop: did you mean $group?" in str(error)
    assert (error.line, error.column) == (line, column)
