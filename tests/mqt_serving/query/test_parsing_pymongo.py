"""Parsing PyMongo code as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.errors import QueryError, QueryNotReadOnly
from mqt_serving.query.collation import Collation
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    FieldTest,
    Find,
    Limit,
    Match,
    Project,
    Sort,
    Value,
)

NOW = datetime(2025, 3, 31, 12, 0, 0, 123000, tzinfo=UTC)
_PAID = FieldTest("paid", "$eq", True)


def error_of(text: str, kind: type[QueryError] = QueryError) -> QueryError:
    with pytest.raises(kind) as caught:
        parse_query(text, NOW)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('db.c.find({"paid": True})', Find("c", _PAID)),
        ('db["c"].find({"paid": True})', Find("c", _PAID)),
        ('db.get_collection("c").find({"paid": True})', Find("c", _PAID)),
        ('list(db.c.find({"paid": True}))', Find("c", _PAID)),
        ('cursor = db.c.find({"paid": True})', Find("c", _PAID)),
        ('docs = await db.c.find({"paid": True}).to_list(None)', Find("c", _PAID)),
        ('db.c.find_one({"paid": True})', Find("c", _PAID, limit=1)),
        ("db.c.find(None, None)", Find("c")),
        (
            'db.c.find({}, {"_id": 0}).sort("x", -1)',
            Find("c", projection=Project((("_id", False),)), sort=Sort((("x", -1),))),
        ),
        ('db.c.find({}, ["a", "b"])', Find("c", projection=Project((("a", True), ("b", True))))),
        (
            'db.c.find().sort([("a", 1), ("b", pymongo.DESCENDING)])',
            Find("c", sort=Sort((("a", 1), ("b", -1)))),
        ),
        ('db.c.find().sort("a", ASCENDING)', Find("c", sort=Sort((("a", 1),)))),
        (
            'db.c.find(filter={"paid": True}, projection={"a": 1}, sort=[("a", -1)], limit=3, '
            'skip=2, collation={"locale": "de"}, batch_size=10)',
            Find("c", _PAID, Project((("a", True),)), Sort((("a", -1),)), 2, 3, Collation("de")),
        ),
        (
            "db.c.find().collation(Collation(locale='de', strength=CollationStrength.SECONDARY))",
            Find("c", collation=Collation("de", strength=2)),
        ),
        (
            'db.c.aggregate([{"$match": {"paid": True}}, {"$limit": 1}], allowDiskUse=True)',
            Aggregate("c", (Match(_PAID), Limit(1))),
        ),
        (
            'db.c.count_documents({"paid": True}, skip=1, limit=2, hint="x")',
            CountDocuments("c", _PAID, 1, 2),
        ),
        ("db.c.estimated_document_count()", EstimatedDocumentCount("c")),
        ('db.c.distinct("a", {"paid": True})', Distinct("c", "a", _PAID)),
        ('db.c.distinct(key="a", filter={"paid": True})', Distinct("c", "a", _PAID)),
        ("db.c.find().max_time_ms(5).batch_size(10).limit(1)", Find("c", limit=1)),
    ],
)
def test_calls(text: str, expected: Command) -> None:
    assert parse_query(text) == expected


def test_a_script_is_its_query() -> None:
    text = """
    from datetime import datetime, timezone
    from pymongo import MongoClient

    # the newest first
    start = datetime(2025, 1, 1, tzinfo=timezone.utc)
    pipeline = [
        {"$match": {"at": {"$gte": start}}},
        {"$sort": SON([("at", -1), ("_id", 1)])},
    ]
    orders = db["orders"]
    results = list(orders.aggregate(pipeline))
    """
    assert parse_query(text) == Aggregate(
        "orders",
        (
            Match(FieldTest("at", "$gte", datetime(2025, 1, 1, tzinfo=UTC))),
            Sort((("at", -1), ("_id", 1))),
        ),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("None", None),
        ("True", True),
        ("-1.0", -1.0),
        ("-9223372036854775808", -(2**63)),
        ('"a" "b"', "ab"),
        ('r"\\d"', "\\d"),
        ('"\\x41"', "A"),
        ('("a", 1)', ("a", 1)),
        ("60 * 60", 3600),
        ('float("inf")', float("inf")),
        ("math.inf", float("inf")),
        ("datetime(2025, 3, 1)", datetime(2025, 3, 1, tzinfo=UTC)),
        (
            "datetime.datetime(2025, 3, 1, 10, tzinfo=datetime.timezone.utc)",
            datetime(2025, 3, 1, 10, tzinfo=UTC),
        ),
        ("datetime(2025, 3, 1, tzinfo=UTC)", datetime(2025, 3, 1, tzinfo=UTC)),
        (
            "datetime(2025, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))",
            datetime(2025, 3, 1, tzinfo=UTC),
        ),
        (
            'datetime.fromisoformat("2025-03-01T10:00:00+02:00")',
            datetime(2025, 3, 1, 8, tzinfo=UTC),
        ),
        ("datetime.now(timezone.utc) - timedelta(days=1)", NOW.replace(day=30)),
        ('ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")', ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")),
        (
            'bson.objectid.ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")',
            ObjectId("64b7f0a1c2d3e4f5a6b7c8d9"),
        ),
        ('Decimal128("1.50")', Decimal128("1.50")),
        ("Int64(-9223372036854775808)", Int64(-(2**63))),
        ('Regex("^a", "i")', Regex("^a", "i")),
        ('re.compile(r"^a\\.", re.I | re.MULTILINE)', Regex("^a\\.", "im")),
        ('b"ab"', Binary(b"ab", 0)),
        ('Binary(bytes.fromhex("6162"), 5)', Binary(b"ab", 5)),
        (
            'Binary.from_uuid(uuid.UUID("12345678-1234-5678-1234-567812345678"))',
            Binary(b"\x124Vx" * 4, 4),
        ),
        ("Timestamp(1, 2)", Timestamp(1, 2)),
        ("MinKey()", MinKey()),
        ("MaxKey()", MaxKey()),
    ],
)
def test_literals_keep_their_bson_type(text: str, value: Value) -> None:
    command = parse_query(f'db.c.find({{"a": {{"$eq": {text}}}}}, limit=1)', NOW)
    assert isinstance(command, Find)
    condition = command.filter
    expected = "$regex" if isinstance(value, Regex) else "$eq"
    assert isinstance(condition, FieldTest)
    assert condition.operator in (expected, "$eq")
    assert condition.value == value
    assert type(condition.value) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("true", "did you mean True?"),
        ("pending", 'put text in quotes: "pending"'),
        ('f"{x}"', "an f-string is computed"),
        ("[x for x in y]", "a comprehension is computed"),
        ("{1, 2}", "a set has no order"),
        ("{1: 2}", "A key is text"),
        ("{**other}", "** is not read"),
        ("lambda x: x", "a function is not a value"),
        ("datetime(2025, 13, 1)", "month must be in 1..12"),
        ("datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))", "a date: "),
        ("datetime(9999, 1, 1) + timedelta(days=999)", "date value out of range"),
        ("date(2025, 1, 1)", "write datetime(2025, 3, 31)"),
        ('Decimal("1.5")', "write Decimal128"),
        ("re.compile('a', re.A)", "has no meaning in MongoDB"),
        ("DBRef('c', 1)", "points to another document"),
        ("ObjectID('x')", "did you mean ObjectId?"),
        ("10 ** 20", "cannot be computed"),
        ("99999999999999999999", "does not fit a 64-bit integer"),
        ('"\\ud800"', "half of a surrogate pair"),
    ],
)
def test_what_is_no_literal_is_refused_with_the_remedy(text: str, message: str) -> None:
    assert message in str(error_of(f'db.c.find({{"a": {text}}}, limit=1)'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('db.c.find_on({"a": True})', "unknown method find_on: did you mean find_one?"),
        ('db.c.find({"a": True}, limt=1)', "did you mean limit?"),
        ('db.c.find({"a": True}, filter={})', "filter is given twice"),
        ('db.c.find({"a": True}, *rest)', "* is not read"),
        ('db.c.find({"a": True})[:5]', "Rows are cut with limit"),
        ('db.c.find({"a": True}).to_list(5)', "use limit(...) instead"),
        ('db.c.aggregate([{"$grop": {"_id": None}}])', "did you mean $group?"),
        ('len(list(db.c.find({"a": True})))', "counts with count_documents"),
        ('client["shop"]["c"].find({"a": None})', "not with client"),
        ('db.a.find({"a": None})\ndb.b.find({"a": None})', "One query at a time"),
        ('db.c.find({"a": True}', "'(' was never closed"),
        ('__import__("os").system("ls")', "__import__(...) is"),
    ],
)
def test_other_texts_are_refused_with_the_remedy(text: str, message: str) -> None:
    assert message in str(error_of(text))


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ('db.c.insert_one({"a": 1})', "insert_one"),
        ('db.c.insert_many([{"a": 1}])', "insert_many"),
        ('db.c.update_many({}, {"$set": {"a": 1}})', "update_many"),
        ("db.c.replace_one({}, {})", "replace_one"),
        ("db.c.delete_many({})", "delete_many"),
        ("db.c.find_one_and_update({}, {})", "find_one_and_update"),
        ("db.c.find_one_and_delete({})", "find_one_and_delete"),
        ("db.c.bulk_write(requests)", "bulk_write"),
        ('db.c.create_index([("a", 1)])', "create_index"),
        ("db.c.drop_indexes()", "drop_indexes"),
        ("db.c.index_information()", "index_information"),
        ('db.c.rename("d")', "rename"),
        ("db.c.with_options(codec_options=x).find()", "with_options"),
        ("db.c.find_raw_batches()", "find_raw_batches"),
        ("db.c.watch()", "watch"),
        ("db.c.map_reduce(m, r, 'x')", "map_reduce"),
        ("db.c.find().where('this.a')", "where"),
        ('db.command("shutdown")', "command"),
        ('db.drop_collection("c")', "drop_collection"),
        ("db.list_collection_names()", "list_collection_names"),
        ('x = db.c.insert_one({"a": None})\ndb.c.find({"a": None})', "insert_one"),
        ('db.c.aggregate([{"$out": "x"}], allowDiskUse=True)', "$out"),
        ('db.c.find({"$where": "1"}, limit=1)', "$where"),
        ('db.c.find({"a": Code("1")}, limit=1)', "Code"),
        ("for d in db.c.find(): print(d)", "for loop"),
        ("with client.start_session() as s: db.c.find()", "with block"),
        ("def f(): return 1", "function"),
    ],
)
def test_what_writes_or_runs_code_is_refused_by_name(text: str, construct: str) -> None:
    error = error_of(text, QueryNotReadOnly)
    assert construct in str(error)
    assert error.line is not None


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('db.c.find({\n    "a": 1,\n    "b": pending,\n}, limit=1)', 3, 10),
        ('db.c.find({"é": True, "b": pending})', 1, 28),
        ('    db.c.find({\n        "a": True,\n        "b": pending})', 3, 14),
        ('db.c.find({"a": None}).sortt("b")', 1, 24),
    ],
)
def test_errors_carry_line_and_column(text: str, line: int, column: int) -> None:
    error = error_of(text)
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        "db.c.find({a: True})",
        "db.c.find({list: 1, ok: True})",
        'db.c.find({"a": 1}) // all',
    ],
)
def test_keys_without_quotes_are_javascript(text: str) -> None:
    try:
        assert parse_query(text) == Find("c", FieldTest("a", "$eq", 1))
    except QueryError as error:
        assert "did you mean true?" in str(error)
