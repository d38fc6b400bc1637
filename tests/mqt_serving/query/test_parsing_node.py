"""Parsing code for the Node.js driver as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp

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
    Project,
    Sort,
    Value,
)

_A1 = FieldTest("a", "$eq", 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('await db.collection("c").find({ a: 1 }).toArray();', Find("c", _A1)),
        ('const docs = await db.collection("c").find({ a: 1 }).toArray();', Find("c", _A1)),
        ('(await db.collection("c").find({ a: 1 }).toArray())', Find("c", _A1)),
        (
            'db.collection("c").find({ a: 1 }, { projection: { b: 1 }, sort: { b: -1 }, skip: 2, '
            "limit: 3, collation: { locale: 'de' } })",
            Find("c", _A1, Project((("b", True),)), Sort((("b", -1),)), 2, 3, Collation("de")),
        ),
        (
            'db.collection("c").find().project({ b: 1 })',
            Find("c", projection=Project((("b", True),))),
        ),
        ('db.collection("c").find().sort("a", "desc")', Find("c", sort=Sort((("a", -1),)))),
        ('db.collection("c").find().sort(["a", -1])', Find("c", sort=Sort((("a", -1),)))),
        (
            'db.collection("c").find().sort([["a", -1], ["b", "asc"]])',
            Find("c", sort=Sort((("a", -1), ("b", 1)))),
        ),
        (
            'db.collection("c").findOne({ a: 1 }, { projection: { b: 1 } })',
            Find("c", _A1, Project((("b", True),)), limit=1),
        ),
        ('db.collection("c").aggregate([{ $limit: 1 }]).toArray()', Aggregate("c", (Limit(1),))),
        (
            'db.collection("c").countDocuments({ a: 1 }, { limit: 5 })',
            CountDocuments("c", _A1, limit=5),
        ),
        ('db.collection("c").estimatedDocumentCount()', EstimatedDocumentCount("c")),
        ('db.collection("c").distinct("b", { a: 1 })', Distinct("c", "b", _A1)),
    ],
)
def test_calls(text: str, expected: Command) -> None:
    assert parse_query(text) == expected


def test_a_script_is_its_query() -> None:
    text = """
    import { ObjectId } from "mongodb";
    const { Long } = require("mongodb");

    const filter = { a: Long.fromString("1") };
    const sort = { b: -1 };
    const orders = db.collection("orders");
    const cursor = orders.find(filter, { sort, limit: 5 });
    const docs = await cursor.toArray();
    """
    assert parse_query(text) == Find(
        "orders", FieldTest("a", "$eq", Int64(1)), sort=Sort((("b", -1),)), limit=5
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('new ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")', ObjectId("64b7f0a1c2d3e4f5a6b7c8d9")),
        ('Long.fromString("7")', Int64(7)),
        ("Long.fromNumber(7)", Int64(7)),
        ('Decimal128.fromString("1.50")', Decimal128("1.50")),
        ('new Date("2025-03-01")', datetime(2025, 3, 1, tzinfo=UTC)),
        ("new Date(Date.UTC(2025, 2, 1))", datetime(2025, 3, 1, tzinfo=UTC)),
        ('new UUID("12345678-1234-5678-1234-567812345678")', Binary(b"\x124Vx" * 4, 4)),
        ('Binary.createFromBase64("AQI=", 5)', Binary(b"\1\2", 5)),
        ('new Binary(Buffer.from("AQI=", "base64"), 5)', Binary(b"\1\2", 5)),
        ("new Timestamp({ t: 1, i: 2 })", Timestamp(1, 2)),
        ('new BSONRegExp("a b", "x")', Regex("a b", "x")),
    ],
)
def test_literals_keep_their_bson_type(text: str, value: Value) -> None:
    command = parse_query(f'db.collection("c").find({{ a: {text} }})')
    assert isinstance(command, Find)
    assert isinstance(command.filter, FieldTest)
    assert command.filter.value == value
    assert type(command.filter.value) is type(value)


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ('db.collection("c").insertOne({})', "insertOne"),
        ('db.collection("c").find().toArray().then((d) => console.log(d))', "then"),
        ('db.collection("c").find().stream()', "stream"),
        ('db.collection("c").find().forEach((d) => d)', "forEach"),
        ('db.collection("c").indexes()', "indexes"),
        ('db.collection("c").rename("d")', "rename"),
        ('db.dropCollection("c")', "dropCollection"),
        ("db.admin()", "admin"),
        ('for await (const d of db.collection("c").find()) {}', "for in statement"),
        ('db.collection("c").find({}).toArray((error, docs) => docs)', "JavaScript"),
    ],
)
def test_what_writes_or_runs_javascript_is_refused_by_name(text: str, construct: str) -> None:
    with pytest.raises(QueryNotReadOnly, match=construct):
        parse_query(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('db.collection("c").find({}, { b: 1 })', "find has no option b"),
        ('db.collection("c").find({}, { projecton: {} })', "did you mean projection?"),
        ('client.db("shop").collection("c").find()', "not with client"),
        ("db.collection().find()", "collection takes 1 argument"),
        ('const { a } = db.collection("c").find()', "Only a plain name"),
    ],
)
def test_other_texts_are_refused_with_the_remedy(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert message in str(caught.value)
