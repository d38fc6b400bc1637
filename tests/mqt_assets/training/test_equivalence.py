"""Which plans ask the same thing."""

from __future__ import annotations

from datetime import datetime

import pytest

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.equivalence import constants_of, same_meaning, same_question
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan import Comparator, Compare, Entity, Field, Output, Plan
from mqt_serving.query.raising.commands import raise_command

PANS = [
    {"_id": n, "name": f"Pan {n}", "price": 10.5 * n, "size": n % 4, "at": datetime(2026, 1, n)}
    for n in range(1, 9)
]
CATALOG = catalog_from_documents("kitchen", {"pans": PANS})


def plan(query: str) -> Plan:
    return raise_command(parse_query(query), CATALOG)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("db.pans.find({size: 1, name: 'A'})", "db.pans.find({name: 'A', size: 1})"),
        ("db.pans.find({size: {$in: [1, 2]}})", "db.pans.find({size: {$in: [2, 1.0]}})"),
        ("db.pans.find({size: 1})", "db.pans.aggregate([{$match: {size: 1}}])"),
    ],
)
def test_what_returns_the_same_is_one_meaning(one: str, other: str) -> None:
    assert same_meaning(plan(one)) == same_meaning(plan(other))
    assert same_question(plan(one)) == same_question(plan(other))


def test_a_date_of_a_raised_query_is_that_of_a_made_question() -> None:
    raised = plan("db.pans.find({at: {$gt: ISODate('2026-01-05T02:00:00+02:00')}})")
    at = Compare(Field("pans", "at"), Comparator.GT, datetime(2026, 1, 5))
    made = Plan((Output(Entity("pans")),), at)
    assert same_meaning(raised) == same_meaning(made)
    assert constants_of(raised) == constants_of(made)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("db.pans.find({name: 'Pan 1'})", "db.pans.find({name: 'pan  1'})"),
        (
            "db.pans.find({}, {_id: 0, name: 1, size: 1})",
            "db.pans.find({}, {_id: 0, size: 1, name: 1})",
        ),
        (
            "db.pans.aggregate([{$group: {_id: null, n: {$sum: '$size'}}}, {$project: {_id: 0}}])",
            "db.pans.aggregate([{$group: {_id: null, m: {$sum: '$size'}}}, {$project: {_id: 0}}])",
        ),
    ],
)
def test_one_question_may_have_several_meanings(one: str, other: str) -> None:
    assert same_question(plan(one)) == same_question(plan(other))
    assert same_meaning(plan(one)) != same_meaning(plan(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("db.pans.find({size: 1})", "db.pans.find({size: 2})"),
        ("db.pans.find({size: 1})", "db.pans.find({price: 1})"),
        ("db.pans.find({$or: [{size: 1}, {price: 2}]})", "db.pans.find({size: 1, price: 2})"),
        ("db.pans.find().sort({size: 1}).limit(3)", "db.pans.find().sort({size: 1}).limit(5)"),
    ],
)
def test_different_questions_stay_apart(one: str, other: str) -> None:
    assert same_question(plan(one)) != same_question(plan(other))


def test_a_number_is_not_its_text() -> None:
    def of(value: str | int) -> Plan:
        test = Compare(Field("pans", "size"), Comparator.EQ, value)
        return Plan((Output(Entity("pans")),), where=test)

    assert same_question(of("3")) != same_question(of(3))


def test_constants_are_literals_and_limits_in_any_order_and_case() -> None:
    one = plan("db.pans.find({size: 2, name: 'Pan A'}).limit(3)")
    other = plan("db.pans.find({name: 'pan a', size: 2.0}).limit(3)")
    assert constants_of(one) == constants_of(other)
    assert constants_of(one) != constants_of(plan("db.pans.find({size: 2, name: 'Pan A'})"))
