"""What counts as the same answer, and how a set of questions is scored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from bson import Decimal128, ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from mqt_assets.evaluation.execution_accuracy import (
    equal_results,
    evaluate,
    observable_sort,
    with_sort_keys,
)
from mqt_assets.training.examples import Example, make_example
from mqt_serving.errors import CannotAnswer, QueryFailed
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.pipeline import Command

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["name", "city", "count", "avg_age"]), VALUES, max_size=3),
    max_size=5,
)


@given(ROWS, st.booleans())
def test_every_result_equals_itself(rows: list[dict[str, Any]], ordered: bool) -> None:
    assert equal_results(rows, [dict(row) for row in rows], ordered)


@given(ROWS, ROWS, st.booleans())
def test_equality_is_symmetric(
    left: list[dict[str, Any]], right: list[dict[str, Any]], ordered: bool
) -> None:
    assert equal_results(left, right, ordered) == equal_results(right, left, ordered)


@given(ROWS, st.randoms(use_true_random=False))
def test_order_means_nothing_without_a_sort(rows: list[dict[str, Any]], rng: Any) -> None:
    shuffled = rows[:]
    rng.shuffle(shuffled)
    assert equal_results(rows, shuffled, ordered=False)


@given(ROWS, VALUES)
def test_a_duplicate_more_is_another_result(rows: list[dict[str, Any]], value: Any) -> None:
    row = {"name": value}
    assert not equal_results([*rows, row], [*rows, row, row], ordered=False)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=8), st.data())
def test_only_rows_that_tie_may_change_places(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    gold = [{"key": key, "other": other} for key, other in sorted(pairs)]
    shuffled = data.draw(st.permutations(gold))
    sorted_by_key = all(a["key"] <= b["key"] for a, b in pairwise(shuffled))
    assert equal_results(gold, shuffled, True, ["key"]) == sorted_by_key


def test_without_sort_keys_order_must_agree_exactly() -> None:
    gold = [{"n": 1, "k": 1}, {"n": 2, "k": 1}]
    assert not equal_results(gold, gold[::-1], ordered=True)
    assert not equal_results(gold, gold[::-1], ordered=True, sort_keys=["gone"])
    assert equal_results(gold, gold[::-1], ordered=True, sort_keys=["k"])


def test_sort_keys_may_be_inside_objects() -> None:
    gold = [{"a": {"b": 1}, "n": 1}, {"a": {"b": 1}, "n": 2}]
    assert equal_results(gold, gold[::-1], ordered=True, sort_keys=["a.b"])


@pytest.mark.parametrize(
    ("gold", "predicted", "equal"),
    [
        ({"n": 3}, {"n": 3.0}, True),
        ({"n": 3}, {"n": Decimal128("3.00")}, True),
        ({"n": 3}, {"n": 3.0000001}, False),
        ({"n": 1}, {"n": True}, False),
        ({"n": float("nan")}, {"n": float("nan")}, True),
        ({"n": None}, {}, False),
        ({"Count": 3}, {"count": 3}, True),
        ({"AVG_age": 3}, {"avg_Age": 3}, True),
        ({"Name": "x"}, {"name": "x"}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"_id": ObjectId("5f0c00000000000000000001")}, {"_id": "5f0c00000000000000000001"}, False),
        ({"at": datetime(2025, 1, 1)}, {"at": datetime(2025, 1, 1, tzinfo=UTC)}, True),
    ],
)
def test_what_makes_documents_equal(gold: Any, predicted: Any, equal: bool) -> None:
    assert equal_results([gold], [predicted], ordered=False) == equal
    assert equal_results([gold], [predicted], ordered=True) == equal


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("db.c.find({}).sort({a: -1})", (("a", -1),)),
        ("db.c.find({})", None),
        ("db.c.aggregate([{$sort: {a: 1}}, {$limit: 3}, {$project: {b: 1}}])", (("a", 1),)),
        ("db.c.aggregate([{$sort: {a: 1}}, {$group: {_id: '$b'}}])", None),
        ("db.c.aggregate([{$sort: {a: 1}}, {$unwind: '$b'}])", None),
        ("db.c.countDocuments({})", None),
    ],
)
def test_a_sort_is_observable_unless_a_later_stage_loses_it(query: str, keys: Any) -> None:
    assert observable_sort(parse_query(query)) == keys


PEOPLE = [
    {"_id": 1, "name": "Ada", "age": 30, "city": {"name": "Rome"}},
    {"_id": 2, "name": "Ben", "age": 30, "city": {"name": "Oslo"}},
    {"_id": 3, "name": "Cai", "age": 41, "city": {"name": "Rome"}},
]


@pytest.mark.parametrize(
    "query",
    [
        "db.people.find({}, {name: 1, _id: 0}).sort({age: 1})",
        "db.people.find({}, {age: 0}).sort({'city.name': 1, age: -1})",
        "db.people.aggregate([{$sort: {age: 1}}, {$limit: 2}, {$project: {_id: 0, name: 1}}])",
        "db.people.aggregate([{$group: {_id: '$age', count: {$sum: 1}}}, {$sort: {count: -1}}, "
        "{$project: {_id: 0, age: '$_id'}}])",
        "db.people.aggregate([{$sort: {age: 1}}, {$unset: ['age']}])",
    ],
)
def test_sort_keys_that_are_projected_away_can_be_kept(
    database: Database[dict[str, Any]], query: str
) -> None:
    database.people.insert_many([dict(person) for person in PEOPLE])
    command = parse_query(query)
    kept, names = with_sort_keys(command)
    plain, keyed = run(command, database).rows, run(kept, database).rows
    assert len(plain) == len(keyed)
    shown = [{key: row[key] for key in row if key not in names or key in plain[0]} for row in keyed]
    assert [{k: v for k, v in row.items() if not k.startswith("mqt_")} for row in shown] == plain
    if query != "db.people.find({}, {age: 0}).sort({'city.name': 1, age: -1})":
        assert names and all(name in row for row in keyed for name in names)


# ----------------------------------------------------------------- evaluation


def _example(query: str, ordered: bool = False, question: str = "q") -> Example:
    return make_example(question, "db", None, query, source="tend", ordered=ordered)


def _evaluate(database: Database[dict[str, Any]], example: Example, predicted: str) -> Any:
    return evaluate(
        [example],
        lambda _: parse_query(predicted),
        lambda _, command: run(command, database).rows,
    ).cases[0]


def test_ties_of_a_key_that_the_gold_projects_away_may_change_places(
    database: Database[dict[str, Any]],
) -> None:
    database.people.insert_many([dict(person) for person in PEOPLE])
    gold = _example("db.people.find({}, {name: 1, _id: 0}).sort({age: 1})", ordered=True)
    swapped = "db.people.find({}, {name: 1, _id: 0}).sort({age: 1, name: -1})"
    wrong = "db.people.find({}, {name: 1, _id: 0}).sort({age: -1})"
    assert _evaluate(database, gold, swapped).correct
    assert not _evaluate(database, gold, wrong).correct


def test_each_gold_runs_once_and_failures_keep_their_reason() -> None:
    ran: list[tuple[str, Command]] = []
    steps: list[tuple[int, int]] = []

    def run_all(database: str, command: Command) -> Sequence[dict[str, Any]]:
        ran.append((database, command))
        if command == parse_query("db.c.find({bad: 1})"):
            raise QueryFailed("no such thing")
        return [{"n": 1}]

    def predict(example: Example) -> Command:
        if example.question == "nothing":
            raise CannotAnswer("about nothing in the data")
        return parse_query("db.c.find({bad: 1})" if example.question == "bad" else "db.c.find({})")

    gold = "db.c.find({a: 1})"
    asked = ["right", "bad", "nothing"]
    examples = [_example(gold, question=question) for question in asked]
    examples.append(_example("db.c.find({bad: 1})", question="gold fails"))
    result = evaluate(examples, predict, run_all, lambda done, total: steps.append((done, total)))

    assert [case.correct for case in result.cases] == [True, False, False, False]
    assert "no such thing" in result.cases[1].reason
    assert "CannotAnswer: about nothing" in result.cases[2].reason
    assert "the gold query fails" in result.cases[3].reason
    assert result.score == 0.25
    assert result.by_source["tend"].total == 4
    assert result.by_kind == {"unraised": result.overall}
    assert steps[-1] == (4, 4)
    assert sum(command == parse_query(gold) for _, command in ran) == 1


def test_no_examples_score_zero_without_dividing() -> None:
    assert evaluate([], lambda _: parse_query("db.c.find({})"), lambda *_: []).score == 0.0
