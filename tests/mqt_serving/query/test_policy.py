"""A policy is as good as a copy of the database without what it hides.

Every command either is refused, or gives under the policy what it gives without one on a copy
from which hidden fields and other tenants' documents were removed: nothing hidden leaks, not by
a value, not by a count, not by an order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pymongo import GEOSPHERE, MongoClient
from pymongo.database import Database

from mqt_serving.errors import QueryError, QueryFailed, QueryRefused
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run, to_json
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import FieldTest
from tests.mqt_serving.query.attacks import ATTACKED

Documents = Database[dict[str, Any]]

SECRET = "SECRET"

WHOLE: Mapping[str, list[dict[str, Any]]] = {
    "customers": [
        {"_id": 1, "name": "Ann", "boss": None, "ssn": f"{SECRET}-1", "a": 1,
         "contact": {"city": "Rome", "phone": f"{SECRET}-2"},
         "cards": [{"brand": "Visa", "number": f"{SECRET}-3"}, {"brand": "Amex"}]},
        {"_id": 2, "name": "Bob", "boss": 1, "ssn": f"{SECRET}-4", "a": 2,
         "contact": {"city": "Oslo"}, "cards": []},
        {"_id": 3, "name": "Cid", "boss": 2, "a": 2, "contact": {"phone": f"{SECRET}-5"},
         "cards": [[{"number": f"{SECRET}-6", "brand": "Visa"}]]},
    ],
    "staff": [
        {"_id": 1, "name": "Eve", "team": "x", "salary": f"{SECRET}-7", "a": 1,
         "home": {"city": "Bonn", "street": f"{SECRET}-8"}},
        {"_id": 2, "name": "Fay", "team": "Eve", "salary": f"{SECRET}-9", "a": 1,
         "home": {"city": "Kiel", "street": f"{SECRET}-10"}},
    ],
    "orders": [
        {"_id": 1, "tenant": "acme", "total": 5, "a": 1, "parent": None},
        {"_id": 2, "tenant": f"{SECRET}-other", "total": 7, "a": 1, "note": f"{SECRET}-11"},
        {"_id": 3, "tenant": "acme", "total": 9, "a": 2, "parent": 1},
        {"_id": 4, "tenant": f"{SECRET}-other", "total": 11, "a": 2, "parent": 3},
        {"_id": 5, "tenant": "acme", "total": 11, "a": 3, "parent": 4},
    ],
    "places": [
        {"_id": 1, "where": [1, 1], "spot": [50, 50], "note": f"{SECRET}-12", "a": 1},
        {"_id": 2, "where": [2, 2], "spot": [60, 60], "note": f"{SECRET}-13", "a": 2},
    ],
}  # fmt: skip


def _without(document: Any, hidden: frozenset[str], prefix: str = "") -> Any:
    if isinstance(document, list):
        return [_without(item, hidden, prefix) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        key: _without(value, hidden, f"{prefix}{key}.")
        for key, value in document.items()
        if f"{prefix}{key}" not in hidden
    }


def _allowed_only(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: document[key] for key in ("_id", "name", "team") if key in document}
    return {**kept, "home": {"city": document["home"]["city"]}}


def redacted(collection: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the policy leaves, worked out without the query language."""
    match collection:
        case "orders":
            own = [document for document in documents if document["tenant"] == "acme"]
            return [_without(document, frozenset({"tenant"})) for document in own]
        case "staff":
            return [_allowed_only(document) for document in documents]
        case _:
            hidden = frozenset({"ssn", "contact.phone", "cards.number", "spot", "note"})
            return [_without(document, hidden) for document in documents]


@pytest.fixture(scope="module")
def databases(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[tuple[Documents, Documents]]:
    """The whole database and the copy without what is hidden."""
    name = f"policy_{uuid4().hex[:8]}"
    whole, copy = mongo_client[name], mongo_client[f"{name}_copy"]
    for collection, documents in WHOLE.items():
        whole[collection].insert_many(documents)
        copy[collection].insert_many(redacted(collection, documents))
    for database in (whole, copy):
        database.places.create_index([("where", GEOSPHERE)])
    yield whole, copy
    mongo_client.drop_database(whole.name)
    mongo_client.drop_database(copy.name)


def _canonical(value: Any) -> str:
    """JSON with keys and lists sorted: $graphLookup and $group have no order of their own."""
    if isinstance(value, dict):
        return json.dumps({key: _canonical(inner) for key, inner in value.items()}, sort_keys=True)
    if isinstance(value, list):
        return json.dumps(sorted(map(_canonical, value)))
    return json.dumps(value)


def rows(text: str, database: Documents, policy: Policy | None = None) -> list[str]:
    command = check(parse_query(text), policy=policy)
    return sorted(_canonical(to_json(row)) for row in run(command, database).rows)


Compare = Callable[[str], bool]


@pytest.fixture(scope="module")
def same(databases: tuple[Documents, Documents]) -> Compare:
    """Compares; False when the command is refused or fails."""
    whole, copy = databases

    def compare(text: str) -> bool:
        try:
            guarded = rows(text, whole, ATTACKED)
        except (QueryError, QueryRefused, QueryFailed):
            return False
        assert SECRET not in str(guarded), text
        assert guarded == rows(text, copy), text
        return True

    return compare


SMUGGLED = [
    "db.customers.find()",
    "db.customers.find({}, {_id: 0})",
    "db.customers.find({}, {contact: 1, cards: 1})",
    "db.customers.find({}, {x: '$$ROOT', y: {$objectToArray: '$$CURRENT'}})",
    "db.customers.find({contact: {$gt: {}}}).sort({contact: -1})",
    "db.customers.find({cards: {$ne: []}}, {'cards.brand': 1})",
    "db.staff.find()",
    "db.staff.find({}, {team: 0})",
    "db.staff.find({}, {_id: 0, home: 1})",
    "db.staff.find().sort({home: 1})",
    "db.staff.aggregate([{$project: {all: '$$ROOT'}}])",
    "db.staff.aggregate([{$group: {_id: '$home', n: {$sum: 1}}}])",
    "db.staff.countDocuments({name: {$exists: true}})",
    "db.orders.find()",
    "db.orders.find({total: {$gt: 5}}).sort({total: -1}).limit(2)",
    "db.orders.find({$or: [{total: 7}, {total: 9}]})",
    "db.orders.countDocuments()",
    "db.orders.estimatedDocumentCount()",
    "db.orders.distinct('total')",
    "db.orders.aggregate([{$count: 'n'}])",
    "db.orders.aggregate([{$group: {_id: null, most: {$max: '$total'}, docs: {$push: '$$ROOT'}}}])",
    "db.orders.aggregate([{$facet: {a: [{$count: 'n'}], b: [{$sort: {total: -1}}]}}])",
    "db.customers.aggregate([{$unionWith: 'orders'}])",
    "db.customers.aggregate([{$unionWith: 'staff'}, {$group: {_id: '$home', n: {$sum: 1}}}])",
    "db.customers.aggregate([{$lookup: {from: 'orders', localField: 'a', foreignField: 'a', "
    "as: 'o'}}])",
    "db.customers.aggregate([{$lookup: {from: 'orders', pipeline: [], as: 'o'}}])",
    "db.customers.aggregate([{$lookup: {from: 'staff', localField: '_id', foreignField: '_id', "
    "as: 's'}}, {$unwind: '$s'}, {$replaceRoot: {newRoot: '$s'}}])",
    "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'a', foreignField: '_id', "
    "pipeline: [{$replaceWith: {x: '$$ROOT'}}], as: 'c'}}])",
    "db.orders.aggregate([{$lookup: {from: 'orders', let: {t: '$total'}, pipeline: [{$match: "
    "{$expr: {$gt: ['$total', '$$t']}}}, {$count: 'n'}], as: 'more'}}])",
    "db.orders.aggregate([{$graphLookup: {from: 'orders', startWith: '$_id', connectFromField: "
    "'_id', connectToField: 'parent', as: 'below', depthField: 'd'}}])",
    "db.customers.aggregate([{$graphLookup: {from: 'customers', startWith: '$boss', "
    "connectFromField: 'boss', connectToField: '_id', as: 'up'}}, {$unwind: '$up'}, {$project: "
    "{x: {$objectToArray: '$up'}}}])",
    "db.staff.aggregate([{$graphLookup: {from: 'staff', startWith: '$team', connectFromField: "
    "'team', connectToField: 'name', as: 'up', depthField: 'd'}}])",
    "db.customers.aggregate([{$graphLookup: {from: 'staff', startWith: 'Eve', connectFromField: "
    "'name', connectToField: 'team', as: 'x.y', restrictSearchWithMatch: {name: 'Fay'}}}])",
    "db.places.aggregate([{$geoNear: {near: {type: 'Point', coordinates: [0, 0]}, distanceField: "
    "'d', key: 'where', includeLocs: 'at'}}])",
    "db.customers.aggregate([{$unionWith: {coll: 'places', pipeline: [{$geoNear: {near: {type: "
    "'Point', coordinates: [0, 0]}, distanceField: 'd', key: 'where', query: {a: 1}}}]}}])",
    "db.places.find({where: {$near: {$geometry: {type: 'Point', coordinates: [0, 0]}}}})",
    "db.customers.aggregate([{$setWindowFields: {sortBy: {_id: 1}, output: {x: {$push: "
    "'$$ROOT'}}}}])",
    "db.customers.aggregate([{$bucket: {groupBy: '$_id', boundaries: [0, 9], output: {x: {$push: "
    "'$contact'}}}}])",
    "db.customers.aggregate([{$fill: {sortBy: {_id: 1}, output: {x: {value: '$$ROOT'}}}}])",
    "db.customers.aggregate([{$unwind: '$cards'}, {$sortByCount: '$cards'}])",
]  # fmt: skip


@pytest.mark.parametrize("text", SMUGGLED)
def test_what_names_nothing_hidden_gets_nothing_hidden(text: str, same: Compare) -> None:
    assert same(text)


@pytest.mark.parametrize("text", SMUGGLED)
def test_checking_twice_changes_nothing(text: str) -> None:
    once = check(parse_query(text), policy=ATTACKED)
    assert check(once, policy=ATTACKED) == once


def test_most_of_these_would_leak_without_a_policy(
    databases: tuple[Documents, Documents],
) -> None:
    leaking = [t for t in SMUGGLED if SECRET in str(rows(t, databases[0]))]
    assert len(leaking) >= 0.6 * len(SMUGGLED)


# ------------------------------------------------------------ generated commands

_NAMES = st.sampled_from(
    [
        "a", "_id", "name", "total", "team", "boss", "parent", "x", "y", "contact", "cards",
        "home", "contact.city", "cards.brand", "x.ssn", "x.contact", "x.home.street", "x.tenant",
        "ssn", "tenant", "salary", "note",
    ]
)  # fmt: skip
_ROUTES = st.one_of(
    _NAMES.map(lambda name: f"'${name}'"),
    st.sampled_from(["'$$ROOT'", "'$$CURRENT'", "'$$ROOT.contact'", "'$$CURRENT.x'", "1", "null"]),
)
_EXPRESSIONS = st.recursive(
    _ROUTES,
    lambda inner: st.one_of(
        inner.map(lambda e: f"{{$objectToArray: {e}}}"),
        inner.map(lambda e: f"{{$type: {e}}}"),
        inner.map(lambda e: f"{{k: {e}}}"),
        inner.map(lambda e: f"[{e}]"),
        inner.map(lambda e: f"{{$ifNull: [{e}, '$$ROOT']}}"),
        st.tuples(inner, inner).map(lambda p: f"{{$mergeObjects: [{p[0]}, {p[1]}]}}"),
        st.tuples(inner, inner).map(lambda p: f"{{$cond: [{p[0]}, {p[1]}, '$contact']}}"),
        inner.map(lambda e: f"{{$let: {{vars: {{v: {e}}}, in: '$$v.ssn'}}}}"),
        inner.map(lambda e: f"{{$getField: {{field: 'contact', input: {e}}}}}"),
        inner.map(lambda e: f"{{$map: {{input: [{e}], as: 'd', in: '$$d.home'}}}}"),
    ),
    max_leaves=3,
)
_FILTERS = st.one_of(
    _NAMES.map(lambda n: f"{{'{n}': {{$exists: true}}}}"),
    _NAMES.map(lambda n: f"{{'{n}': {{$gt: 'SECRET'}}}}"),
    _NAMES.map(lambda n: f"{{'{n}': {{$gte: 1}}}}"),
    _NAMES.map(lambda n: f"{{'{n}': {{$gt: {{}}}}}}"),
    _NAMES.map(lambda n: f"{{$nor: [{{'{n}': /^S/}}]}}"),
    _EXPRESSIONS.map(lambda e: f"{{$expr: {{$gt: [{e}, 'S']}}}}"),
    st.just("{}"),
)
_OUTPUTS = st.sampled_from(["x", "x.y", "cards.x", "contact", "contact.phone", "ssn"])
_COLLECTIONS = st.sampled_from(["customers", "staff", "orders", "places"])


def _nesting(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pipelines = st.lists(inner, max_size=2).map(lambda stages: f"[{', '.join(stages)}]")
    return st.one_of(
        st.tuples(_COLLECTIONS, pipelines).map(
            lambda p: f"{{$unionWith: {{coll: '{p[0]}', pipeline: {p[1]}}}}}"
        ),
        st.tuples(_COLLECTIONS, _EXPRESSIONS, pipelines).map(
            lambda p: (
                f"{{$lookup: {{from: '{p[0]}', let: {{v: {p[1]}}}, pipeline: {p[2]}, as: 'x'}}}}"
            )
        ),
        st.tuples(_COLLECTIONS, _NAMES, _NAMES, pipelines, _OUTPUTS).map(
            lambda p: (
                f"{{$lookup: {{from: '{p[0]}', localField: '{p[1]}', foreignField: '{p[2]}', "
                f"pipeline: {p[3]}, as: '{p[4]}'}}}}"
            )
        ),
        pipelines.map(lambda p: f"{{$facet: {{x: {p}, y: [{{$limit: 2}}]}}}}"),
    )


_STAGES = st.recursive(
    st.one_of(
        _FILTERS.map(lambda f: f"{{$match: {f}}}"),
        _EXPRESSIONS.map(lambda e: f"{{$addFields: {{x: {e}}}}}"),
        _EXPRESSIONS.map(lambda e: f"{{$project: {{x: {e}, contact: 1}}}}"),
        _NAMES.map(lambda n: f"{{$project: {{'{n}': 0}}}}"),
        _EXPRESSIONS.map(lambda e: f"{{$group: {{_id: {e}, x: {{$push: '$$ROOT'}}}}}}"),
        _EXPRESSIONS.map(lambda e: f"{{$replaceWith: {{x: {e}}}}}"),
        _NAMES.map(lambda n: f"{{$sort: {{'{n}': 1, _id: 1}}}}"),
        _NAMES.map(lambda n: f"{{$unwind: '${n}'}}"),
        _NAMES.map(lambda n: f"{{$setWindowFields: {{sortBy: {{_id: 1}}, output: {{x: {{$first: "
                             f"'${n}'}}}}}}}}"),
        st.tuples(_COLLECTIONS, _EXPRESSIONS, _NAMES, _NAMES, _OUTPUTS).map(
            lambda p: (
                f"{{$graphLookup: {{from: '{p[0]}', startWith: {p[1]}, connectFromField: "
                f"'{p[2]}', connectToField: '{p[3]}', as: '{p[4]}', maxDepth: 2}}}}"
            )
        ),
    ),
    _nesting,
    max_leaves=4,
)  # fmt: skip
_COMMANDS = st.one_of(
    st.tuples(_COLLECTIONS, st.lists(_STAGES, max_size=4)).map(
        lambda p: f"db.{p[0]}.aggregate([{', '.join(p[1])}])"
    ),
    st.tuples(_COLLECTIONS, _FILTERS, _NAMES, st.sampled_from("01")).map(
        lambda p: f"db.{p[0]}.find({p[1]}, {{'{p[2]}': {p[3]}}})"
    ),
    st.tuples(_COLLECTIONS, _FILTERS, _EXPRESSIONS, _NAMES).map(
        lambda p: f"db.{p[0]}.find({p[1]}, {{x: {p[2]}}}).sort({{'{p[3]}': 1, _id: 1}}).limit(2)"
    ),
    st.tuples(_COLLECTIONS, _FILTERS).map(lambda p: f"db.{p[0]}.countDocuments({p[1]})"),
    st.tuples(_COLLECTIONS, _NAMES, _FILTERS).map(
        lambda p: f"db.{p[0]}.distinct('{p[1]}', {p[2]})"
    ),
)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_COMMANDS)
def test_no_command_tells_anything_hidden(same: Compare, text: str) -> None:
    event("answered" if same(text) else "refused")


# ------------------------------------------------------------------ the values


def test_a_policy_tells_who_may_read_what() -> None:
    policy = Policy(
        collections=(("a", CollectionPolicy(denied=frozenset({"x"}))),),
        others=None,
        private=("a.y", "shop.a.z", "other.a.w"),
    )
    assert policy.of("b") is None
    assert policy.denied("shop", "a") == {"x", "y", "z"}


def test_an_empty_list_of_allowed_fields_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one allowed field"):
        CollectionPolicy(allowed=frozenset())


def test_a_private_field_that_no_sample_has_seen_is_private() -> None:
    policy = Policy(private=("orders.secret",))
    with pytest.raises(QueryRefused, match="secret of orders is private"):
        check(parse_query("db.orders.find({secret: 1})"), policy=policy)


def test_a_mandatory_filter_stands_in_front_of_text_search() -> None:
    own = FieldTest("tenant", "$eq", "acme")
    policy = Policy(collections=(("a", CollectionPolicy(mandatory=own)),))
    for text in (
        "db.a.find({$text: {$search: 'x'}})",
        "db.a.aggregate([{$match: {$text: {$search: 'x'}}}])",
        "db.a.countDocuments({$text: {$search: 'x'}})",
    ):
        command = check(parse_query(text), policy=policy)
        assert "acme" in str(command) and "TextSearch" in str(command)
        assert check(command, policy=policy) == command
