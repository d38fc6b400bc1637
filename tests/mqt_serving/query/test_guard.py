"""The guard: what a query may read and how much, whatever way it tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from bson import Regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.errors import QueryFailed, QueryRefused, UnknownCollection
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run, to_json
from mqt_serving.query.guarding.guard import Limits, Policy, check
from mqt_serving.query.guarding.regex_safety import danger
from mqt_serving.query.pipeline import (
    Aggregate,
    AllOf,
    AnyOf,
    Command,
    Count,
    CountDocuments,
    FieldTest,
    Find,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Project,
    Unset,
)
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema

Documents = Database[dict[str, Any]]

SECRET = "SECRET"
CUSTOMERS: list[dict[str, Any]] = [
    {
        "_id": 1,
        "name": "Ann",
        "ssn": f"{SECRET}-1",
        "contact": {"city": "Rome", "phone": f"{SECRET}-2", "bank": {"iban": f"{SECRET}-3"}},
        "cards": [{"brand": "Visa", "number": f"{SECRET}-4"}],
    },
    {"_id": 2, "name": "Bob", "ssn": f"{SECRET}-5", "contact": {"city": "Oslo"}, "cards": []},
]
ORDERS: list[dict[str, Any]] = [
    {"_id": 10, "customer": 1, "total": 5, "ssn": "public here"},
    {"_id": 11, "customer": 2, "total": 7},
]
PRIVATE = {"ssn", "contact.phone", "contact.bank", "cards.number"}


def _field(path: str, kind: BsonType = BsonType.STRING) -> FieldSchema:
    return FieldSchema(path=path, types={kind: 1.0}, presence=1.0, private=path in PRIVATE)


def _collection(name: str, *fields: FieldSchema) -> CollectionSchema:
    ordered = tuple(sorted(fields, key=lambda field: field.path))
    return CollectionSchema(
        database="shop", collection=name, document_count=2, sampled=2, fields=ordered
    )


CATALOG = Catalog(
    database="shop",
    collections=(
        _collection(
            "customers",
            _field("_id", BsonType.INT),
            _field("name"),
            _field("ssn"),
            _field("contact", BsonType.OBJECT),
            _field("contact.city"),
            _field("contact.phone"),
            _field("contact.bank", BsonType.OBJECT),
            _field("contact.bank.iban"),
            _field("cards", BsonType.ARRAY),
            _field("cards.brand"),
            _field("cards.number"),
        ),
        _collection("orders", _field("_id"), _field("customer"), _field("total")),
    ),
)


@pytest.fixture(scope="module")
def shop(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Documents]:
    name = f"guard_{uuid4().hex[:12]}"
    mongo_client[name].customers.insert_many(CUSTOMERS)
    mongo_client[name].orders.insert_many(ORDERS)
    yield mongo_client[name]
    mongo_client.drop_database(name)


def checked(text: str) -> Command:
    return check(parse_query(text), CATALOG)


def refusal(text: str) -> str:
    with pytest.raises(QueryRefused) as caught:
        checked(text)
    return str(caught.value)


# ----------------------------------------------------------------- private fields


@pytest.mark.parametrize(
    ("text", "field"),
    [
        # filters
        ('db.customers.find({ssn: "x"})', "ssn"),
        ("db.customers.find({ssn: /^S/})", "ssn"),
        ("db.customers.find({ssn: {$exists: true}})", "ssn"),
        ("db.customers.find({ssn: {$not: {$gt: 'S'}}})", "ssn"),
        ("db.customers.find({$or: [{name: 'Ann'}, {ssn: 'x'}]})", "ssn"),
        ("db.customers.find({$nor: [{'contact.phone': 'x'}]})", "contact.phone"),
        ("db.customers.find({'contact.bank.iban': 'x'})", "contact.bank.iban"),
        ("db.customers.find({cards: {$elemMatch: {number: /S/}}})", "cards.number"),
        ("db.customers.find({'cards.0.number': 'x'})", "cards.number"),
        ("db.customers.find({$expr: {$eq: ['$ssn', 'x']}})", "ssn"),
        ("db.customers.find({$expr: {$eq: ['$$ROOT.ssn', 'x']}})", "ssn"),
        ("db.customers.find({$expr: {$eq: ['$$CURRENT.ssn', 'x']}})", "ssn"),
        ("db.customers.find({$expr: {$eq: [{$getField: 'ssn'}, 'x']}})", "ssn"),
        ("db.customers.find({$expr: {$eq: [{$getField: {field: 'ssn'}}, 'x']}})", "ssn"),
        ("db.customers.countDocuments({ssn: 'x'})", "ssn"),
        ("db.customers.distinct('ssn')", "ssn"),
        ("db.customers.distinct('name', {ssn: 'x'})", "ssn"),
        # projections and sorts
        ("db.customers.find({}, {ssn: 1})", "ssn"),
        ("db.customers.find({}, {contact: {phone: 1}})", "contact.phone"),
        ("db.customers.find({}, {alias: '$ssn'})", "ssn"),
        ("db.customers.find({}, {alias: {$concat: ['$ssn', '']}})", "ssn"),
        ("db.customers.find().sort({ssn: 1})", "ssn"),
        # stages
        ("db.customers.aggregate([{$match: {ssn: 'x'}}])", "ssn"),
        ("db.customers.aggregate([{$project: {ssn: 1}}])", "ssn"),
        ("db.customers.aggregate([{$project: {a: '$ssn'}}])", "ssn"),
        ("db.customers.aggregate([{$project: {a: {b: {c: '$ssn'}}}}])", "ssn"),
        ("db.customers.aggregate([{$addFields: {a: '$contact.phone'}}])", "contact.phone"),
        ("db.customers.aggregate([{$group: {_id: '$ssn'}}])", "ssn"),
        ("db.customers.aggregate([{$group: {_id: null, a: {$push: '$ssn'}}}])", "ssn"),
        ("db.customers.aggregate([{$group: {_id: null, a: {$max: '$ssn'}}}])", "ssn"),
        ("db.customers.aggregate([{$sort: {ssn: 1}}])", "ssn"),
        ("db.customers.aggregate([{$sortByCount: '$ssn'}])", "ssn"),
        ("db.customers.aggregate([{$unwind: '$contact.bank'}])", "contact.bank"),
        ("db.customers.aggregate([{$replaceRoot: {newRoot: '$contact.bank'}}])", "contact.bank"),
        ("db.customers.aggregate([{$unwind: '$cards'}, {$sort: {'cards.number': 1}}])", "number"),
        ("db.customers.aggregate([{$match: {name: 'Ann'}}, {$project: {x: '$ssn'}}])", "ssn"),
        ("db.customers.aggregate([{$facet: {a: [{$project: {x: '$ssn'}}]}}])", "ssn"),
        # joins
        (
            "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
            "foreignField: 'ssn', as: 'c'}}])",
            "ssn",
        ),
        (
            "db.customers.aggregate([{$lookup: {from: 'orders', localField: 'ssn', "
            "foreignField: 'customer', as: 'c'}}])",
            "ssn",
        ),
        (
            "db.orders.aggregate([{$lookup: {from: 'customers', pipeline: "
            "[{$match: {ssn: 'x'}}], as: 'c'}}])",
            "ssn",
        ),
        (
            "db.orders.aggregate([{$lookup: {from: 'customers', let: {t: '$total'}, pipeline: "
            "[{$match: {$expr: {$eq: ['$ssn', '$$t']}}}], as: 'c'}}])",
            "ssn",
        ),
        (
            "db.customers.aggregate([{$lookup: {from: 'orders', let: {s: '$ssn'}, "
            "pipeline: [], as: 'c'}}])",
            "ssn",
        ),
        (
            "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
            "foreignField: '_id', as: 'c'}}, {$match: {'c.ssn': 'x'}}])",
            "c.ssn",
        ),
        (
            "db.orders.aggregate([{$unionWith: {coll: 'customers', "
            "pipeline: [{$project: {ssn: 1}}]}}])",
            "ssn",
        ),
        ("db.orders.aggregate([{$unionWith: 'customers'}, {$sort: {ssn: 1}}])", "ssn"),
        (
            "db.orders.aggregate([{$facet: {a: [{$lookup: {from: 'customers', pipeline: "
            "[{$sort: {'contact.phone': 1}}], as: 'c'}}]}}])",
            "contact.phone",
        ),
    ],
)  # fmt: skip
def test_naming_a_private_field_is_refused(text: str, field: str) -> None:
    message = refusal(text)
    assert field in message
    assert "private" in message


@pytest.mark.parametrize(
    "text",
    [
        "db.customers.countDocuments({contact: {city: 'Rome', phone: 'x'}})",
        "db.customers.countDocuments({$expr: {$gt: ['$$ROOT', {}]}})",
        "db.customers.distinct('contact')",
        "db.customers.distinct('cards')",
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'x', "
        "foreignField: 'contact', as: 'c'}}])",
    ],
)
def test_where_nothing_can_be_removed_first_its_holder_is_refused_too(text: str) -> None:
    assert "holds the private field" in refusal(text)


UNNAMED = [
    "db.customers.find()",
    "db.customers.findOne()",
    "db.customers.find({}, {_id: 0})",
    "db.customers.find({}, {name: 0})",
    "db.customers.find({}, {contact: 0})",
    "db.customers.find({}, {'contact.bank.iban': 0, name: 0})",
    "db.customers.find({}, {contact: 1})",
    "db.customers.find({}, {cards: 1})",
    "db.customers.find({}, {'cards.brand': 1, contact: 1})",
    "db.customers.find({}, {all: '$$ROOT'})",
    "db.customers.find({}, {all: '$$CURRENT'})",
    "db.customers.find({}, {a: {$objectToArray: '$$ROOT'}})",
    "db.customers.find({}, {a: {$mergeObjects: ['$contact', {x: 1}]}})",
    "db.customers.find({}, {a: '$contact'})",
    "db.customers.find({}, {a: {$getField: {field: 'phone', input: '$contact'}}, b: '$name'})",
    "db.customers.find({}, {a: {$getField: {field: 'ssn', input: '$$ROOT'}}, b: '$name'})",
    "db.customers.find({}, {a: {$let: {vars: {d: '$$ROOT'}, in: '$$d.ssn'}}})",
    "db.customers.find({}, {a: {$map: {input: '$cards', in: '$$this.number'}}})",
    "db.customers.find({}, {a: {$map: {input: ['$$ROOT'], as: 'd', in: '$$d.contact.phone'}}})",
    "db.customers.find({}, {a: {$reduce: {input: '$cards', initialValue: '', "
    "in: {$concat: ['$$value', '$$this.number']}}}})",
    "db.customers.find({contact: {$gt: {}}})",
    "db.customers.find().sort({contact: 1})",
    "db.customers.aggregate([])",
    "db.customers.aggregate([{$unset: 'name'}])",
    "db.customers.aggregate([{$project: {name: 0}}])",
    "db.customers.aggregate([{$project: {contact: 1, cards: 1}}])",
    "db.customers.aggregate([{$project: {x: '$contact'}}, {$project: {y: '$x.phone'}}])",
    "db.customers.aggregate([{$addFields: {x: '$$ROOT'}}, {$project: {y: '$x.ssn'}}])",
    "db.customers.aggregate([{$addFields: {x: {$objectToArray: '$$ROOT'}}}, {$unwind: '$x'}])",
    "db.customers.aggregate([{$replaceRoot: {newRoot: '$contact'}}])",
    "db.customers.aggregate([{$replaceWith: {d: '$$ROOT'}}])",
    "db.customers.aggregate([{$replaceWith: {$mergeObjects: ['$$ROOT', '$contact']}}])",
    "db.customers.aggregate([{$group: {_id: '$name', docs: {$push: '$$ROOT'}}}])",
    "db.customers.aggregate([{$group: {_id: '$contact'}}])",
    "db.customers.aggregate([{$group: {_id: null, first: {$first: '$contact'}}}])",
    "db.customers.aggregate([{$group: {_id: null, t: {$topN: {n: 1, sortBy: {name: 1}, "
    "output: '$$ROOT'}}}}])",
    "db.customers.aggregate([{$sortByCount: '$contact'}])",
    "db.customers.aggregate([{$unwind: '$cards'}, {$replaceWith: '$cards'}])",
    "db.customers.aggregate([{$facet: {a: [], b: [{$replaceWith: {x: '$$ROOT'}}]}}])",
    "db.customers.aggregate([{$sample: {size: 2}}])",
    "db.orders.aggregate([{$unionWith: 'customers'}])",
    "db.orders.aggregate([{$unionWith: {coll: 'customers', "
    "pipeline: [{$project: {contact: 1}}]}}])",
    "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
    "foreignField: '_id', as: 'c'}}])",
    "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
    "foreignField: '_id', as: 'c'}}, {$unwind: '$c'}, {$replaceRoot: {newRoot: '$c'}}])",
    "db.orders.aggregate([{$lookup: {from: 'customers', pipeline: [], as: 'c'}}])",
    "db.orders.aggregate([{$lookup: {from: 'customers', pipeline: "
    "[{$project: {x: '$$ROOT'}}], as: 'c'}}])",
    "db.orders.aggregate([{$lookup: {from: 'orders', pipeline: [{$lookup: {from: 'customers', "
    "pipeline: [], as: 'deep'}}], as: 'c'}}])",
    "db.orders.aggregate([{$facet: {a: [{$unionWith: 'customers'}]}}])",
]


@pytest.mark.parametrize("text", UNNAMED)
def test_what_names_no_private_field_runs_without_their_values(text: str, shop: Documents) -> None:
    result = run(checked(text), shop)
    assert result.rows
    assert SECRET not in str(result.rows)


def test_the_attacks_above_would_succeed_unguarded(shop: Documents) -> None:
    leaking = [text for text in UNNAMED if SECRET in str(run(parse_query(text), shop).rows)]
    assert len(leaking) >= 0.9 * len(UNNAMED)


def test_filtering_on_what_holds_a_private_field_tells_nothing(shop: Documents) -> None:
    guess = (
        "db.customers.find({contact: {city: 'Rome', phone: 'SECRET-2', bank: {iban: 'SECRET-3'}}})"
    )
    assert len(run(parse_query(guess), shop).rows) == 1
    assert run(checked(guess), shop).rows == []


def test_a_private_id_is_not_returned_by_default(shop: Documents) -> None:
    fields = tuple(
        field.model_copy(update={"private": field.path == "_id"})
        for field in CATALOG.by_name["orders"].fields
    )
    orders = CATALOG.by_name["orders"].model_copy(update={"fields": fields})
    catalog = Catalog(database="shop", collections=(orders,))
    for text in ("db.orders.find({}, {total: 1})", "db.orders.find()", "db.orders.aggregate([])"):
        rows = run(check(parse_query(text), catalog), shop).rows
        assert rows and all("_id" not in row for row in rows), text


@pytest.mark.parametrize(
    "text",
    [
        "db.customers.find({name: 'Ann'}, {name: 1, 'contact.city': 1})",
        "db.customers.countDocuments({contact: {$exists: true}, cards: {$size: 1}})",
        "db.customers.countDocuments({contact: {$ne: null}})",
        "db.customers.countDocuments({cards: {$elemMatch: {brand: 'Visa'}}})",
        "db.customers.distinct('contact.city')",
        "db.orders.find({ssn: 'public here'})",
        "db.customers.aggregate([{$group: {_id: '$name', ssn: {$sum: 1}}}, {$sort: {ssn: -1}}])",
        "db.customers.aggregate([{$project: {ssn: '$name'}}, {$match: {ssn: 'Ann'}}])",
        "db.customers.aggregate([{$addFields: {ssn: '$name'}}, {$sort: {ssn: 1}}])",
        "db.customers.aggregate([{$unset: 'ssn'}])",
        "db.customers.aggregate([{$project: {ssn: 0}}])",
        "db.customers.aggregate([{$count: 'ssn'}, {$match: {ssn: {$gt: 0}}}])",
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
        "foreignField: '_id', as: 'c'}}, {$unwind: '$c'}, {$project: {n: '$c.name'}}])",
    ],
)
def test_honest_queries_run(text: str, shop: Documents) -> None:
    assert run(checked(text), shop).rows


def test_queries_on_collections_without_private_fields_are_left_alone() -> None:
    text = "db.orders.aggregate([{$match: {total: 5}}, {$limit: 3}])"
    assert checked(text) == parse_query(text)


def test_private_fields_are_unset_in_every_sub_pipeline() -> None:
    text = (
        "db.orders.aggregate([{$lookup: {from: 'customers', localField: 'customer', "
        "foreignField: '_id', as: 'c'}}])"
    )
    command = checked(text)
    assert isinstance(command, Aggregate)
    lookup = command.stages[0]
    assert isinstance(lookup, Lookup)
    assert lookup.stages == (Unset(("cards.number", "contact.bank", "contact.phone", "ssn")),)


_ROUTES = st.sampled_from(
    ["$$ROOT", "$$CURRENT", "$contact", "$cards", "$x", "$x.ssn", "$x.contact.phone", "$c", "$name"]
)
_WRAPPED = st.one_of(
    _ROUTES.map(lambda r: f"'{r}'"),
    _ROUTES.map(lambda r: f"{{$objectToArray: '{r}'}}"),
    _ROUTES.map(lambda r: f"{{$mergeObjects: ['{r}', {{k: '$$ROOT'}}]}}"),
    _ROUTES.map(lambda r: f"{{k: ['{r}']}}"),
)
_LEAKY_STAGES = st.one_of(
    _WRAPPED.map(lambda e: f"{{$addFields: {{x: {e}}}}}"),
    _WRAPPED.map(lambda e: f"{{$project: {{x: {e}, contact: 1}}}}"),
    _WRAPPED.map(lambda e: f"{{$group: {{_id: {e}, x: {{$push: '$$ROOT'}}}}}}"),
    _WRAPPED.map(lambda e: f"{{$replaceWith: {{x: {e}}}}}"),
    st.just("{$unionWith: 'customers'}"),
    st.just("{$lookup: {from: 'customers', pipeline: [], as: 'x'}}"),
    st.just("{$unwind: '$x'}"),
    st.just("{$facet: {x: [], y: [{$unionWith: 'customers'}]}}"),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(_LEAKY_STAGES, max_size=5), st.sampled_from(["customers", "orders"]))
def test_no_sequence_of_stages_carries_a_private_value(
    shop: Documents, stages: list[str], collection: str
) -> None:
    try:
        result = run(checked(f"db.{collection}.aggregate([{', '.join(stages)}])"), shop)
    except (QueryRefused, QueryFailed):
        return
    assert SECRET not in str(to_json(result.rows))


# -------------------------------------------------------------------- collections


def test_an_unknown_collection_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownCollection, match=r"custmers in shop\. Did you mean customers"):
        checked("db.custmers.find()")


@pytest.mark.parametrize(
    "text",
    [
        "db.orders.aggregate([{$lookup: {from: 'secrets', pipeline: [], as: 'x'}}])",
        "db.orders.aggregate([{$unionWith: 'secrets'}])",
        "db.orders.aggregate([{$facet: {a: [{$unionWith: 'secrets'}]}}])",
        "db.orders.aggregate([{$lookup: {from: 'orders', pipeline: [{$unionWith: 'secrets'}], "
        "as: 'x'}}])",
        "db.secrets.countDocuments()",
        "db.secrets.distinct('a')",
    ],
)
def test_a_collection_outside_the_catalog_is_out_of_reach(text: str) -> None:
    with pytest.raises(UnknownCollection, match="secrets"):
        checked(text)


@pytest.mark.parametrize(
    "text",
    [
        "db.system.users.find()",
        "db.getCollection('system.profile').find()",
        "db.orders.aggregate([{$unionWith: 'system.views'}])",
        "db.getCollection('a$b').find()",
    ],
)
def test_system_collections_are_refused_even_without_a_catalog(text: str) -> None:
    with pytest.raises(QueryRefused):
        check(parse_query(text))


# --------------------------------------------------------------------- size, cost


def test_rows_are_limited_to_one_more_than_allowed() -> None:
    limits = Limits(max_rows=10)
    assert check(Find("c"), policy=Policy(limits=limits)) == Find("c", limit=11)
    assert check(Find("c", limit=500), policy=Policy(limits=limits)) == Find("c", limit=11)
    assert check(Find("c", limit=5), policy=Policy(limits=limits)) == Find("c", limit=5)
    matched = Aggregate("c", (Match(AllOf(())),))
    assert check(matched, policy=Policy(limits=limits)) == Aggregate(
        "c", (*matched.stages, Limit(11))
    )
    for stages in ((Limit(5),), (Count("n"),)):
        assert check(Aggregate("c", stages), policy=Policy(limits=limits)) == Aggregate("c", stages)


@pytest.mark.parametrize("text", [*UNNAMED, "db.orders.find()", "db.orders.countDocuments()"])
def test_checking_twice_changes_nothing(text: str) -> None:
    once = checked(text)
    assert check(once, CATALOG) == once


def test_too_many_stages_are_refused_sub_pipelines_included() -> None:
    inner = Lookup("c", "x", stages=(Limit(1),) * 30)
    with pytest.raises(QueryRefused, match="more than 50 stages"):
        check(Aggregate("c", (inner, inner)))


def test_deep_nesting_is_refused() -> None:
    condition: Any = FieldTest("a", "$eq", 1)
    for _ in range(25):
        condition = AnyOf((condition,))
    with pytest.raises(QueryRefused, match="nested deeper than 20"):
        check(CountDocuments("c", condition))


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (FieldTest("a", "$in", tuple(range(1001))), "1,001 items"),
        (FieldTest("a", "$eq", "x" * 10_001), "10,001 characters"),
        (FieldTest("a", "$eq", "x\0"), "zero character"),
        (FieldTest("a\0b", "$eq", 1), "zero character"),
        (FieldTest("a", "$eq", 2**63), "64 bits"),
        (FieldTest("a", "$regex", Regex("x" * 201)), "at most 200"),
        (FieldTest("a", "$regex", Regex("(a+)+$")), "could run without end"),
        (FieldTest("a", "$in", (1, Regex("(.*)*x"))), "could run without end"),
    ],
)
def test_oversized_and_costly_values_are_refused(test: FieldTest, message: str) -> None:
    with pytest.raises(QueryRefused, match=message):
        check(CountDocuments("c", test))


def test_a_query_of_too_many_parts_is_refused() -> None:
    many = AnyOf(tuple(FieldTest("a", "$in", tuple(range(900))) for _ in range(9)))
    with pytest.raises(QueryRefused, match="more than 5,000 parts"):
        check(CountDocuments("c", many))


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{$regexMatch: {input: '$a', regex: '(a*)*'}}", "could run without end"),
        ("{$regexMatch: {input: '$a', regex: /(a|a)*$/}}", "could run without end"),
        ("{$regexFindAll: {input: '$a', regex: '$b'}}", "computed from data"),
        ("{$eq: ['$$USER_ROLES', 1]}", "is not a variable"),
        ("{$eq: ['$$JS_SCOPE', 1]}", "is not a variable"),
    ],
)
def test_costly_and_system_expressions_are_refused(expression: str, message: str) -> None:
    with pytest.raises(QueryRefused, match=message):
        check(parse_query(f"db.c.find({{$expr: {expression}}})"))


def test_ordinary_expressions_pass() -> None:
    text = "db.c.find({$expr: {$regexMatch: {input: '$a', regex: '^ab+c', options: 'i'}}})"
    command = parse_query(text)
    assert isinstance(command, Find)
    assert check(command) == replace(command, limit=1001)
    assert check(Aggregate("c", (Project((("a", LiteralExpression(1)),)), Limit(1))))


# ---------------------------------------------------------------- regular expressions


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a*)*", "(a|a)*", "(a|aa)+", "(.*a){12}", "(.*)*x", r"(\w+\s?)*", "([a-z]+)*",
        "(a|b|ab)*c", "(x+x+)+y", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(\d{1,3})*", ".*.*.*.*=.*",
        r"\d+\d+\d+", r"\s*\s*", "(?:a?){30}a{30}", "a?" * 30 + "a" * 30, "(a|a)" * 30,
        ".*a.*b.*c.*d.*e.*f.*g", "(a|[ab])*", "(?i)(A|a)+", r"\w+\d*\w+", r"(\s|\n)*x",
        "(?=(a+)+)b", "((a|ab)(c|bc),)*", "(a?a?,)*", "(a*[ab]b*,)*", "(a{1,100}){1,100}",
        "((a{10}){20}){30}",
        # through brackets, and far apart
        "(.*)(.*)x", "(.*)(.*)(.*)(.*)x", "((x*))((x*)x*)y", "(x*|y)(x*|z)w", "(?:.*)(?:.*)y",
        ".*a.*a.*a.*a", "(.*)a{1,100}(.*)b.*c.*d", "a{1,30}a{1,30}a{1,30}b",
        "[a-z]{1,100}[a-z]{1,100}x", r"(\w+,)*(\w+,)*x", r"((\w+,)*)((\w+,)*)x",
        r"\w+(,\w+)*\w+", r"\w*(\w+,)*x", r"^\w+@\w+([-.]\w+)*\.\w+([-.]\w+)*$", "(a|b|c)*(a|b|c)*",
        # published ones: OWASP, ReDoS of validator.js, moment, marked, ua-parser, Cloudflare 2019
        "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}",
        r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(\w+\s*)+:", r"^(?:.?)+$", r"(?:\s*\S+\s*)*!",
        r"^(\s+|.)*$", r"(.*\s*)*,", r"(?:(?:\"|'|\]|\}|\\|\d|(?:nan|infinity|true|false)|"
        r"\`|\-|\+)+[)]*;?((?:\s|-|~|!|{}|\|\||\+)*.*(?:.*=.*)))",
        r"^(.+)+@(.+)+$", r"([0-9]+)*[a-z]", r"(?i)(?:x|xx)+y",
    ],
)  # fmt: skip
def test_patterns_that_can_backtrack_without_end_are_dangerous(pattern: str) -> None:
    assert danger(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1", "(?R)", "(?1)", "(?(1)a|b)", "(*COMMIT)a", "(?C1)a", r"(a)\g1", "(?P>n)",
        "a**", "[a", "(a", "a)", "*a", r"\y", "\\",
        "(?x)a b", "(?x:a b)", "(?i-x)a", "(?P=n)a", "(?&n)", "(?-1)", "(?C)", "(*UTF8)a",
        "(*ACCEPT)", "(*LIMIT_MATCH=1)a", r"\ga", r"\k<n>",
    ],
)  # fmt: skip
def test_patterns_that_cannot_be_judged_are_dangerous(pattern: str) -> None:
    assert danger(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "", "foo", "^abc", "smith$", "^A.*z$", "a.*b.*c", r"\d{4}-\d{2}-\d{2}",
        r"^(\d{1,3}\.){3}\d{1,3}$", "(foo|bar)", r"^(Mr|Mrs|Dr)\.? ", "(foo|bar)+", r"(\w+,)*x",
        "[A-Z][a-z]+ [A-Z][a-z]+", r"^\s*$", r"[^@]+@[^@]+\.[a-z]{2,}", "O'Brien", r"C\+\+",
        r"\bcat\b", "(?i)hello", "(?:red|green) apple", "100%", r"\p{L}+", "[[:digit:]]+",
        "^.{3,10}$", "Ünï", r"^\Qa.b*\E$", "é+", r"[\w.-]+@[\w-]+\.com", "[]a]+", "a{2,}",
        r"(,\s*\d+)*", "(?i)^new york$", r"((\d+),)*", r"Jr\.?$", "[0-9]{3}-?[0-9]{4}",
        r"\$\d+(\.\d\d)?", r"(\w\w\.)+com", "[b-]-a", "a{b", "x{,3}",
        r"(\d+)-(\d+)-(\d+)-(\d+)", "^.*foo.*bar.*$", "[^,]*,[^,]*,[^,]*,[^,]*",
        r"^([^,]*,){3}[^,]*$", r"colou?r.*(gr[ae]y|blue)", r"^(?=.*[A-Z])(?=.*\d).{8,}$",
        r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$", "https?://[^/]+/.*",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", "a++b", "(?>abc)d", "(?<=a)b", "(?<!a)b",
        "^[a-z]{2,10}[0-9]{2,10}$", r"^\w+(\.\w+)*$", r"^(\w+,)*\w+$",
        r"^[\w-]+(\.[\w-]+)*@[\w-]+(\.[\w-]+)+$", r"^\d+(,\d{3})*(\.\d+)?$",
        "^[A-Z][a-z]+( [A-Z][a-z]+)*$", r"^/[\w-]+(/[\w-]+)*/?$", r"^(\d{3}) (\d{3})$",
    ],
)  # fmt: skip
def test_ordinary_patterns_are_safe(pattern: str) -> None:
    assert danger(pattern) is None


def test_the_option_x_is_not_judged() -> None:
    assert danger("(a +)+") is None
    assert danger("(a +)+", "ix")


@settings(max_examples=200, deadline=None)
@given(st.text("ab(|)*+?[]{}^$.\\d1,:=!<>-", max_size=30))
def test_any_pattern_is_judged(pattern: str) -> None:
    assert danger(pattern) is None or isinstance(danger(pattern), str)
