"""Every operator on a real mongod: read, printed and run by us it gives what MongoDB gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId, Timestamp, json_util
from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.execution import run
from mqt_serving.query.operators import (
    ACCUMULATORS,
    EXPRESSIONS,
    FILTERS,
    STAGES,
    WINDOW_FUNCTIONS,
    Operator,
    Type,
)
from tests.mqt_serving.query.operator_cases import (
    ACCUMULATOR_CASES,
    DOCUMENTS,
    EXPRESSION_CASES,
    FILTER_CASES,
    STAGE_CASES,
    WINDOW_CASES,
    Mongo,
)

Documents = Database[dict[str, Any]]


@pytest.fixture(scope="module")
def documents(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Documents]:
    database = mongo_client["test_operators"]
    mongo_client.drop_database(database.name)
    database.t.insert_many(DOCUMENTS)
    database.t.create_index([("loc", "2dsphere")])
    database.t.create_index([("flat", "2d")])
    database.t.create_index([("text", "text")])
    yield database
    mongo_client.drop_database(database.name)


def cases(
    table: Mapping[str, Operator], examples: Mapping[str, list[Any]]
) -> list[tuple[Operator, Any]]:
    assert table.keys() == examples.keys()
    return [(table[name], case) for name in table for case in examples[name]]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Operator) else "case"


def require(operator: Operator, documents: Documents) -> None:
    server = documents.client.server_info()["versionArray"][:2]
    if [int(part) for part in operator.since.split(".")[:2]] > server:
        pytest.skip(f"{operator.name} came with MongoDB {operator.since}, this is {server}")


def rows_of(text: str, documents: Documents) -> list[Mongo]:
    command = parse_query(text)
    again = parse_query(render_mongosh(command))
    assert again == command
    return run(command, documents).rows


def aggregated(pipeline: list[Mongo], documents: Documents) -> list[Mongo]:
    """The rows of a pipeline through our trees, which are those of the raw pipeline."""
    options: CodecOptions[Mongo] = CodecOptions(
        tz_aware=True, uuid_representation=UuidRepresentation.STANDARD
    )
    raw = list(documents.t.with_options(codec_options=options).aggregate(pipeline))
    ours = rows_of(f"db.t.aggregate({json_util.dumps(pipeline)})", documents)
    if "$addToSet" in json_util.dumps(pipeline):  # its order is up to the server
        ours, raw = _sorted_sets(ours), _sorted_sets(raw)
    assert ours == raw
    assert raw, "the case says nothing"
    return raw


def _sorted_sets(rows: list[Mongo]) -> list[Mongo]:
    return [row | {"result": sorted(row["result"])} for row in rows]


@pytest.mark.parametrize(("operator", "case"), cases(FILTERS, FILTER_CASES), ids=name_of)
def test_filters(operator: Operator, case: Mongo, documents: Documents) -> None:
    raw = list(documents.t.find(case, {"_id": 1}))
    ours = rows_of(f"db.t.find({json_util.dumps(case)}, {{_id: 1}})", documents)
    assert ours == raw
    assert 0 < len(raw) < 3 or operator.name in ("$near", "$nearSphere"), "the case tells nothing"


@pytest.mark.parametrize(("operator", "case"), cases(EXPRESSIONS, EXPRESSION_CASES), ids=name_of)
def test_expressions(operator: Operator, case: Any, documents: Documents) -> None:
    require(operator, documents)
    pipeline: list[Mongo] = [{"$sort": {"_id": 1}}, {"$project": {"result": case}}]
    if operator.name == "$meta":
        pipeline.insert(0, {"$match": {"$text": {"$search": "red"}}})
    for row in aggregated(pipeline, documents):
        if row.get("result") is not None and operator.name in case:
            assert_type(row["result"], operator)


@pytest.mark.parametrize(("operator", "case"), cases(ACCUMULATORS, ACCUMULATOR_CASES), ids=name_of)
def test_accumulators(operator: Operator, case: Mongo, documents: Documents) -> None:
    require(operator, documents)
    pipeline = [{"$sort": {"_id": 1}}, {"$group": {"_id": None, "result": case}}]
    for row in aggregated(pipeline, documents):
        assert_type(row["result"], operator)


@pytest.mark.parametrize(("operator", "case"), cases(WINDOW_FUNCTIONS, WINDOW_CASES), ids=name_of)
def test_window_functions(operator: Operator, case: Mongo, documents: Documents) -> None:
    require(operator, documents)
    stage: Mongo = {"$setWindowFields": {"sortBy": {"_id": 1}, "output": {"result": case}}}
    for row in aggregated([stage, {"$project": {"result": 1}}], documents):
        if row["result"] is not None:
            assert_type(row["result"], operator)


@pytest.mark.parametrize(("operator", "case"), cases(STAGES, STAGE_CASES), ids=name_of)
def test_stages(operator: Operator, case: list[Mongo], documents: Documents) -> None:
    require(operator, documents)
    aggregated(case, documents)


def test_text_scores_sort_a_find(documents: Documents) -> None:
    case = {"$text": {"$search": "red apples"}}
    found = documents.t.find(case, {"_id": 1}).sort([("score", {"$meta": "textScore"})])
    text = (
        'db.t.find({$text: {$search: "red apples"}}, {_id: 1}).sort({score: {$meta: "textScore"}})'
    )
    assert rows_of(text, documents) == list(found)


_PYTHON_TYPES: Mapping[Type, tuple[type, ...]] = {
    Type.BOOL: (bool,),
    Type.INT: (int, Int64),
    Type.NUMBER: (int, float, Int64, Decimal128),
    Type.STRING: (str,),
    Type.DATE: (type(DOCUMENTS[0]["d"]),),
    Type.TIMESTAMP: (Timestamp,),
    Type.ARRAY: (list,),
    Type.OBJECT: (dict,),
    Type.OBJECT_ID: (ObjectId,),
    Type.BINARY: (Binary, bytes),
}


def assert_type(value: object, operator: Operator) -> None:
    """The operator's definition tells the truth about its result."""
    if operator.result in _PYTHON_TYPES:
        assert isinstance(value, _PYTHON_TYPES[operator.result])
        assert isinstance(value, bool) is (operator.result is Type.BOOL)
