"""How far places are apart: what it gives, where it is refused, and how people write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_serving.errors import QueryRefused, RaiseError, TypeMismatch
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_json, render_mongosh, render_pymongo
from mqt_serving.query.execution import run
from mqt_serving.query.explanation import explain
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    Aggregate,
    Arithmetic,
    Comparator,
    Compare,
    Entity,
    Field,
    Function,
    Operator,
    Order,
    Output,
    Plan,
    Point,
    Related,
)
from mqt_serving.query.plan_json import plan_from_json, plan_to_json
from mqt_serving.query.raising.commands import raise_command
from tests.mqt_serving.query.answering import Rows, answering


def _at(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


STATIONS: list[dict[str, Any]] = [
    {"_id": 1, "name": "Quay", "line": "red", "location": _at(-2.11, 51.46), "depot": 1},
    {"_id": 2, "name": "Mill", "line": "red", "location": _at(-2.2, 51.9), "depot": 1},
    {"_id": 3, "name": "Moor", "line": "blue", "location": _at(16.37, 48.2), "depot": 2},
    {"_id": 4, "name": "Isle", "line": "blue", "location": _at(179.9, -17.5), "depot": 2},
    {"_id": 5, "name": "Lost", "line": "blue", "location": None, "depot": 2},
    {"_id": 6, "name": "Gone", "line": "red", "depot": 1},
]
DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "stations": STATIONS,
    "depots": [
        {"_id": 1, "name": "Harbour Yard", "at": {"lat": 51.45, "lng": -2.6}, "doors": [
            {"label": "north", "spot": _at(-2.6, 51.46)},
            {"label": "south", "spot": _at(-2.6, 51.44)},
        ]},
        {"_id": 2, "name": "Hill Yard", "at": {"lat": 48.0, "lng": 16.0}, "doors": []},
    ],
}  # fmt: skip
CATALOG = catalog_from_documents("rail", DOCUMENTS)
NAME, LINE, WHERE = (Field("stations", path) for path in ("name", "line", "location"))
DEPOT, YARD = Field("depots", "name"), Field("depots", "at")
PLACE = Point(-2.1, 51.5)
NEAR = Arithmetic(Operator.KILOMETRES, WHERE, PLACE)
HARBOUR = Plan((Output(YARD),), where=Compare(DEPOT, Comparator.EQ, "Harbour Yard"))
FROM_HARBOUR = Arithmetic(Operator.METRES, WHERE, HARBOUR)


@pytest.fixture(scope="module")
def rows(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Callable[[Plan], Rows]]:
    with answering(mongo_client, DOCUMENTS, CATALOG) as answer:
        yield answer


def plan(*values: Any, **more: Any) -> Plan:
    return Plan(tuple(Output(value) for value in values), **more)


def values_of(found: Rows) -> list[list[Any]]:
    return [list(row.values()) for row in found]


PLANS = [
    plan(NAME, NEAR, order_by=(Order(NEAR),), limit=5),
    plan(NAME, where=Compare(NEAR, Comparator.LTE, 2)),
    plan(Aggregate(Function.COUNT, Entity("stations")), where=Compare(NEAR, Comparator.LT, 60)),
    plan(NAME, FROM_HARBOUR, order_by=(Order(FROM_HARBOUR, descending=True),)),
    plan(NAME, where=Compare(FROM_HARBOUR, Comparator.GT, 50_000)),
    plan(LINE, Aggregate(Function.AVG, NEAR), group_by=(LINE,)),
    plan(NAME, order_by=(Order(FROM_HARBOUR),), limit=1),
    plan(NAME, order_by=(Order(NEAR),), limit=1, per=(LINE,)),
    plan(NAME, Arithmetic(Operator.KILOMETRES, WHERE, YARD)),
    plan(DEPOT, Arithmetic(Operator.KILOMETRES, YARD, PLACE)),
]


@pytest.mark.parametrize("place", [(-2.1, 51.5), (16.4, 48.2), (-179.9, 80.0), (0.0, -90.0)])
def test_it_is_what_geo_near_gives(
    place: tuple[float, float], mongo_client: MongoClient[dict[str, Any]]
) -> None:
    database = mongo_client[f"test_{uuid4().hex[:12]}"]
    asked = plan(NAME, Arithmetic(Operator.METRES, WHERE, Point(*place)))
    try:
        database["stations"].insert_many(STATIONS)
        rows = run(lower(asked, CATALOG), database).rows
        found = {row["name"]: row["distance_m"] for row in rows}
        database["stations"].create_index([("location", "2dsphere")])
        near = {"near": _at(*place), "distanceField": "far", "spherical": True}
        expected = {
            row["name"]: row["far"] for row in database["stations"].aggregate([{"$geoNear": near}])
        }
    finally:
        mongo_client.drop_database(database.name)
    assert {name: far for name, far in found.items() if far is not None} == pytest.approx(
        expected, rel=1e-9
    )
    assert found["Lost"] is None and found["Gone"] is None


def test_the_nearest_come_first_and_what_has_no_place_last(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(NAME, order_by=(Order(NEAR), Order(NAME))))
    assert [row["name"] for row in found] == ["Quay", "Mill", "Moor", "Isle", "Gone", "Lost"]
    found = rows(plan(LINE, order_by=(Order(NEAR),), distinct=True))
    assert values_of(found) == [["red"], ["blue"]]
    found = rows(plan(NAME, order_by=(Order(NEAR, descending=True), Order(NAME))))
    assert [row["name"] for row in found] == ["Isle", "Moor", "Mill", "Quay", "Gone", "Lost"]


def test_within_a_radius(rows: Callable[[Plan], Rows]) -> None:
    within = Compare(NEAR, Comparator.LTE, 50)
    assert values_of(rows(plan(NAME, where=within))) == [["Quay"], ["Mill"]]
    counted = plan(Aggregate(Function.COUNT, Entity("stations")), where=within)
    assert values_of(rows(counted)) == [[2]]
    beyond = Compare(NEAR, Comparator.GT, 50)
    assert values_of(rows(plan(NAME, where=beyond))) == [["Moor"], ["Isle"]]


def test_from_the_place_of_another_document(rows: Callable[[Plan], Rows]) -> None:
    found = rows(plan(NAME, FROM_HARBOUR, order_by=(Order(FROM_HARBOUR),), limit=2))
    assert [list(row) for row in found] == [["name", "distance_m"]] * 2
    assert values_of(found) == [
        ["Quay", pytest.approx(33_998, abs=50)], ["Mill", pytest.approx(57_130, abs=500)]
    ]  # fmt: skip
    near = plan(NAME, where=Compare(FROM_HARBOUR, Comparator.LT, 40_000))
    assert values_of(rows(near)) == [["Quay"]]
    average = plan(LINE, Aggregate(Function.AVG, FROM_HARBOUR), group_by=(LINE,))
    assert {row["line"] for row in rows(average)} == {"red", "blue"}


def test_from_the_place_of_a_document_that_is_not_there(rows: Callable[[Plan], Rows]) -> None:
    nowhere = Plan((Output(YARD),), where=Compare(DEPOT, Comparator.EQ, "none"))
    asked = Arithmetic(Operator.KILOMETRES, WHERE, nowhere)
    assert values_of(rows(plan(asked, limit=1))) == [[None]]
    assert rows(plan(NAME, where=Compare(asked, Comparator.LTE, 100_000))) == []


def test_inside_arrays(rows: Callable[[Plan], Rows]) -> None:
    door, spot = Field("depots", "doors.label"), Field("depots", "doors.spot")
    far = Arithmetic(Operator.METRES, spot, Point(-2.6, 51.46))
    assert values_of(rows(plan(door, order_by=(Order(far),), limit=1))) == [["north"]]
    close = Related(Entity("depots", "doors"), Compare(far, Comparator.LT, 10))
    assert values_of(rows(plan(DEPOT, where=close))) == [["Harbour Yard"]]


@pytest.mark.parametrize(
    "asked",
    [
        Arithmetic(Operator.KILOMETRES, NAME, PLACE),
        Arithmetic(Operator.KILOMETRES, WHERE, NAME),
        Arithmetic(Operator.KILOMETRES, WHERE, 3),
        Arithmetic(Operator.KILOMETRES, WHERE, Point(0, 91)),
        Arithmetic(Operator.KILOMETRES, WHERE, plan(DEPOT)),
        Arithmetic(Operator.ADD, NEAR, PLACE),
    ],
)
def test_what_is_no_place_is_refused(asked: Arithmetic) -> None:
    with pytest.raises(TypeMismatch):
        check_plan(plan(asked), CATALOG)


@pytest.mark.parametrize("asked", PLANS)
def test_written_out_it_is_the_same_plan(asked: Plan) -> None:
    command = lower(asked, CATALOG)
    for written in (render_mongosh(command), render_pymongo(command), render_json(command)):
        assert lower(raise_command(parse_query(written), CATALOG), CATALOG) == command
    assert raise_command(command, CATALOG).order_by == asked.order_by
    assert plan_from_json(plan_to_json(asked)) == asked
    assert check_plan(asked, CATALOG).plan == asked


_NEAR_POINT = "{type: 'Point', coordinates: [-2.1, 51.5]}"


@pytest.mark.parametrize(
    "written",
    [
        f"db.stations.find({{location: {{$near: {{$geometry: {_NEAR_POINT}}}}}}}, "
        "{_id: 0, name: 1})",
        f"db.stations.find({{line: 'red', location: {{$nearSphere: {{$geometry: {_NEAR_POINT}, "
        "$maxDistance: 50000, $minDistance: 5000}}}, {_id: 0, name: 1}).limit(3)",
        "db.stations.find({location: {$geoWithin: {$centerSphere: [[-2.1, 51.5], 0.00720]}}}, "
        "{_id: 0, name: 1}).sort({name: 1})",
        f"db.stations.aggregate([{{$geoNear: {{near: {_NEAR_POINT}, distanceField: 'far', "
        "maxDistance: 2000000, query: {line: 'red'}, spherical: true}}, {$limit: 2}, "
        "{$project: {_id: 0, name: 1, far: 1}}])",
        f"db.stations.aggregate([{{$geoNear: {{near: {_NEAR_POINT}, distanceField: 'far', key: "
        "'location', distanceMultiplier: 0.001}}, {$match: {far: {$gt: 40}}}, "
        "{$project: {_id: 0, name: 1, far: 1}}])",
    ],
)
def test_what_mongodb_says_of_places_is_a_plan_too(
    written: str, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    command = parse_query(written)
    raised = lower(raise_command(command, CATALOG), CATALOG)
    database = mongo_client[f"test_{uuid4().hex[:12]}"]
    try:
        database["stations"].insert_many(STATIONS)
        found = run(raised, database).rows
        database["stations"].create_index([("location", "2dsphere")])
        expected = run(command, database).rows
    finally:
        mongo_client.drop_database(database.name)
    assert [row["name"] for row in found] == [row["name"] for row in expected]
    assert [pytest.approx(row.get("far")) for row in expected] == [row.get("far") for row in found]


@pytest.mark.parametrize(
    "written",
    [
        "db.stations.find({location: {$near: [-2.1, 51.5]}})",
        "db.depots.find({'doors.spot': {$geoWithin: {$centerSphere: [[-2.1, 51.5], 0.1]}}})",
        "db.stations.find({location: {$geoWithin: {$box: [[0, 0], [1, 1]]}}})",
    ],
)
def test_other_geometry_is_refused(written: str) -> None:
    with pytest.raises(RaiseError):
        raise_command(parse_query(written), CATALOG)


def test_where_private_things_are_stays_private() -> None:
    hidden = catalog_from_documents("rail", DOCUMENTS, {"stations": ("location",)})
    with pytest.raises(QueryRefused, match="location"):
        check(lower(plan(NAME, NEAR), hidden), hidden)


def test_it_reads_in_plain_english() -> None:
    near = explain(plan(NAME, where=Compare(NEAR, Comparator.LTE, 2)), CATALOG)
    assert "is within 2 km of latitude 51.5, longitude -2.1" in near
    first = explain(plan(NAME, order_by=(Order(NEAR),), limit=5), CATALOG)
    assert "the five with the shortest distance in kilometres from the location" in first
    assert len({explain(each, CATALOG) for each in PLANS}) == len(PLANS)
