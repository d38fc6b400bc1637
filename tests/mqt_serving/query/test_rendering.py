"""Rendering: text that a person would write, and that reads back to the same command."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from bson import (
    Binary,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
    decode,
    encode,
)
from hypothesis import HealthCheck, given, settings
from pymongo.database import Database

from mqt_serving.errors import MqtError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import (
    render_json,
    render_mongosh,
    render_node,
    render_pymongo,
    to_mongo,
)
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    AllOf,
    AnyOf,
    Command,
    CountDocuments,
    Distinct,
    ElementMatch,
    FieldTest,
    Filter,
    Find,
    LiteralExpression,
    Match,
    NotTest,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    Sort,
)
from tests.mqt_serving.query.command_strategies import commands, filters


def same(one: Any, other: Any) -> bool:
    """Equal with equal types: `==` cannot tell 1, 1.0, True and Int64(1) apart."""
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)


@pytest.mark.parametrize(
    "render", [render_mongosh, render_node, render_pymongo, render_json], ids=lambda r: r.__name__
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commands)
def test_what_is_rendered_reads_back_to_the_same_command(
    render: Callable[[Command], str], command: Command
) -> None:
    text = render(command)
    assert same(parse_query(text), command), text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commands)
def test_pymongo_text_evaluates_to_the_call_that_runs(command: Command) -> None:
    call = to_mongo(command)
    recorded = _evaluated(render_pymongo(command))
    assert recorded.collection == call.collection
    arguments, keywords = recorded.calls[call.method]
    match call.method:
        case "find":
            shown = [] if call.projection is None else [call.projection]
            assert arguments == ([call.filter, *shown] if call.filter or shown else [])
            for name, value in (
                ("sort", list(call.sort) or None),
                ("skip", call.skip),
                ("limit", call.limit),
                ("collation", call.collation),
            ):
                assert recorded.calls.get(name, ([None], {})) == ([value], {})
            return
        case "aggregate":
            expected: list[Any] = [list(call.pipeline)]
        case "count_documents":
            expected = [call.filter]
        case "estimated_document_count":
            expected = []
        case "distinct":
            expected = [call.key, call.filter] if call.filter else [call.key]
    assert repr(arguments) == repr(expected)
    given_options = {"skip": call.skip, "limit": call.limit, "collation": call.collation}
    assert keywords == {name: v for name, v in given_options.items() if v is not None}


class _Recorder:
    """Stands for `db` and its collection: notes which methods are called with what."""

    def __init__(self) -> None:
        self.collection = ""
        self.calls: dict[str, tuple[list[Any], dict[str, Any]]] = {}

    def __getitem__(self, name: str) -> _Recorder:
        self.collection = name
        return self

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **keywords: Any) -> _Recorder:
            self.calls[name] = list(arguments), keywords
            return self

        return call


def _evaluated(text: str) -> _Recorder:
    recorder = _Recorder()
    lines = ast.parse(text).body
    expression = lines[-1]
    assert isinstance(expression, ast.Expr)
    known = {
        "db": recorder, "datetime": datetime, "UTC": UTC, "Int64": Int64, "ObjectId": ObjectId,
        "Decimal128": Decimal128, "Regex": Regex, "Binary": Binary, "UUID": UUID,
        "Timestamp": Timestamp, "MinKey": MinKey, "MaxKey": MaxKey,
    }  # fmt: skip
    eval(compile(ast.Expression(expression.value), "rendered", "eval"), known)
    return recorder


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(filters)
def test_documents_for_pymongo_are_bson(condition: Filter) -> None:
    document = to_mongo(CountDocuments("c", condition)).filter
    assert list(decode(encode(document))) == list(document)


_AT_LEAST_1, _BELOW_5 = FieldTest("a", "$gte", 1), FieldTest("a", "$lt", 5)


def test_two_tests_of_one_field_share_its_entry() -> None:
    condition = AllOf((_AT_LEAST_1, _BELOW_5, FieldTest("b", "$eq", 2)))
    assert to_mongo(CountDocuments("c", condition)).filter == {"a": {"$gte": 1, "$lt": 5}, "b": 2}


def test_a_field_that_comes_back_needs_and() -> None:
    condition = AllOf((_AT_LEAST_1, FieldTest("b", "$eq", 2), _BELOW_5))
    assert to_mongo(CountDocuments("c", condition)).filter == {
        "$and": [{"a": {"$gte": 1}}, {"b": 2}, {"a": {"$lt": 5}}]
    }


def test_a_constant_in_a_projection_is_no_switch() -> None:
    command = Aggregate("c", (Project((("one", LiteralExpression(1)), ("a", True))),))
    assert to_mongo(command).pipeline == ({"$project": {"one": {"$literal": 1}, "a": 1}},)


def test_a_constant_in_add_fields_stands_bare() -> None:
    command = Aggregate("c", (AddFields((("one", LiteralExpression(1)),)),))
    assert to_mongo(command).pipeline == ({"$addFields": {"one": 1}},)


def test_text_that_looks_like_a_path_is_quoted() -> None:
    command = Aggregate("c", (AddFields((("price", LiteralExpression("$5")),)),))
    assert to_mongo(command).pipeline == ({"$addFields": {"price": {"$literal": "$5"}}},)


def test_element_tests_without_a_common_form_are_refused() -> None:
    either = AnyOf((FieldTest("", "$eq", 1), FieldTest("", "$eq", 2)))
    with pytest.raises(ValueError, match="element itself"):
        to_mongo(CountDocuments("c", ElementMatch("scores", either)))


def test_a_short_query_stays_on_one_line() -> None:
    command = Find(
        "orders",
        FieldTest("status", "$eq", "paid"),
        Project((("_id", False), ("total", True))),
        Sort((("total", -1),)),
        limit=5,
    )
    assert render_mongosh(command) == (
        'db.orders.find({ status: "paid" }, { _id: 0, total: 1 }).sort({ total: -1 }).limit(5)'
    )


def test_a_pipeline_has_a_line_for_each_stage() -> None:
    text = """db.orders.aggregate([
  { $match: { placed: { $gte: ISODate("2025-03-01"), $lt: ISODate("2025-04-01") } } },
  { $group: { _id: "$customer", total: { $sum: "$total" } } },
  { $sort: { total: -1 } },
  { $limit: 5 }
])"""
    assert render_mongosh(parse_query(text)) == text


def test_pymongo_text_begins_with_its_imports() -> None:
    since = datetime(2025, 3, 1, tzinfo=UTC)
    command = Find("orders", AllOf((FieldTest("placed", "$gte", since),)))
    assert render_pymongo(command) == (
        "from datetime import UTC, datetime\n\n"
        'db["orders"].find({"$and": [{"placed": {"$gte": datetime(2025, 3, 1, tzinfo=UTC)}}]})'
    )


def test_dates_of_other_zones_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2025-03-01T01:30:00+02:00")
    text = render_mongosh(Find("c", FieldTest("at", "$eq", moment)))
    assert 'ISODate("2025-02-28T23:30:00Z")' in text
    assert moment.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("name", ["stats", "a.b", "with space", "getCollection", "__proto__"])
def test_collections_that_mongosh_would_misread_are_named_in_full(name: str) -> None:
    assert render_mongosh(Find(name)) == f'db.getCollection("{name}").find()'


def test_a_key_that_sets_a_prototype_in_javascript_is_computed() -> None:
    command = Find("c", FieldTest("__proto__", "$eq", 1))
    for render in (render_mongosh, render_node):
        assert '{ ["__proto__"]: 1 }' in render(command)


@pytest.mark.parametrize(
    "pattern", ["(?i)a", "a++", "[[:alpha:]]", "(?#note)", "^*", "(", "a{2}{3}"]
)
def test_patterns_that_javascript_does_not_have_are_no_literals(pattern: str) -> None:
    command = Find("c", FieldTest("a", "$regex", Regex(pattern)))
    assert f"BSONRegExp({json.dumps(pattern)})" in render_mongosh(command)
    assert f"new BSONRegExp({json.dumps(pattern)})" in render_node(command)


@pytest.mark.parametrize(
    "pattern", ["^a.*b$", "a{2,3}?", "(?:a|b)+", "[a-z]", "\\d", "(?=a)", "x*?"]
)
def test_patterns_that_javascript_has_are_literals(pattern: str) -> None:
    command = Find("c", FieldTest("a", "$regex", Regex(pattern)))
    assert f"/{pattern}/" in render_mongosh(command)


def test_a_tree_runs_unchanged_through_pymongo(database: Database[dict[str, Any]]) -> None:
    database.c.insert_many(
        [{"_id": 1, "n": [3, 8], "w": "Ann"}, {"_id": 2, "n": [1], "w": "Bob", "d": None}]
    )
    condition = AllOf(
        (
            ElementMatch("n", AllOf((FieldTest("", "$gt", 5), FieldTest("", "$lt", 9)))),
            NotTest(FieldTest("w", "$regex", Regex("^b", "i"))),
        )
    )
    outputs = Project(
        (
            ("_id", False),
            ("size", Operation("$size", (PathExpression("n"),))),
            ("o", ObjectExpression((("k", LiteralExpression(math.pi)),))),
        )
    )
    call = to_mongo(Aggregate("c", (Match(condition), outputs)))
    assert list(database.c.aggregate(list(call.pipeline))) == [{"size": 2, "o": {"k": math.pi}}]
    assert to_mongo(Distinct("c", "w")).key == "w"


def test_the_tend_queries_survive_printing_and_reading(tend_folder: Path) -> None:
    records = json.loads((tend_folder / "train.json").read_text())
    parsed = []
    for record in records:
        try:
            parsed.append(parse_query(record["MQL"]))
        except MqtError:
            continue
    assert len(parsed) >= 0.99 * len(records)
    for render in (render_mongosh, render_node, render_pymongo, render_json):
        assert all(same(parse_query(render(command)), command) for command in parsed)
