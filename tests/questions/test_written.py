"""The written test itself: every gold is in the language and tells something, no question twice."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.databases.loading import DATABASES, load, load_documents
from benchmarks.written_set import (
    CONSTRUCTS,
    FULL_DATABASES,
    KINDS,
    Answerable,
    Question,
    answerable,
    questions,
    small_databases,
    unanswerable,
)
from mqt_assets.evaluation.execution_accuracy import observable_sort, with_sort_keys
from mqt_assets.training.examples import normal_question
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.limits import Limits

QUESTIONS = questions()
UNANSWERABLE, ANSWERABLE = unanswerable(), answerable()
MOST_ROWS = 100

Databases = dict[str, Database[dict[str, Any]]]


@pytest.fixture(scope="module")
def databases(mongo_uri: str, mongo_client: MongoClient[dict[str, Any]]) -> Databases:
    found = {name: load(name, mongo_uri, mongo_client) for name in DATABASES}
    for name, documents in small_databases().items():
        found[name] = mongo_client[f"small_{name}"]
        if not found[name].list_collection_names():
            load_documents(found[name], documents)
    return found


def named(items: list[Any]) -> dict[str, Any]:
    return {"argvalues": items, "ids": [f"{item.database}-{item.id}" for item in items]}


def test_there_are_enough_questions_of_each_database() -> None:
    counts = Counter(question.database for question in QUESTIONS)
    assert set(counts) == set(FULL_DATABASES) == set(DATABASES)
    assert min(counts.values()) >= 55
    assert counts.total() >= 170


def test_every_construct_is_asked_for_often_enough() -> None:
    counts = Counter(name for question in QUESTIONS for name in question.constructs)
    assert set(counts) == set(CONSTRUCTS)
    assert min(counts.values()) >= 10


def test_there_are_enough_questions_without_an_answer() -> None:
    kinds = Counter(question.kind for question in UNANSWERABLE)
    assert set(kinds) == set(KINDS)
    assert kinds.total() >= 120
    assert len(ANSWERABLE) >= 120


def test_every_question_without_an_answer_has_one_near_it_that_has_an_answer() -> None:
    near = {(question.database, question.id) for question in ANSWERABLE}
    assert {(question.database, question.id) for question in UNANSWERABLE} == near


def test_ids_are_unique() -> None:
    for items in (QUESTIONS, UNANSWERABLE, ANSWERABLE):
        ids = Counter((item.database, item.id) for item in items)
        assert max(ids.values()) == 1, ids.most_common(1)


def test_no_question_is_asked_twice() -> None:
    asked = Counter((q.database, normal_question(q.question)) for q in (*QUESTIONS, *UNANSWERABLE))
    assert max(asked.values()) == 1, asked.most_common(1)


def test_no_two_questions_have_the_same_gold() -> None:
    golds = Counter((q.database, str(parse_query(q.golds[0]))) for q in QUESTIONS)
    assert max(golds.values()) == 1, golds.most_common(1)


@pytest.mark.parametrize("question", **named(QUESTIONS))
def test_the_gold_has_a_telling_answer(question: Question, databases: Databases) -> None:
    result = run(parse_query(question.golds[0]), databases[question.database])
    assert 0 < len(result.rows) <= MOST_ROWS
    if len(result.rows) == 1:
        assert any(value not in (None, 0, []) for value in result.rows[0].values())
    else:
        assert len({json.dumps(row, default=str) for row in result.rows}) > 1


@pytest.mark.parametrize("question", **named([q for q in QUESTIONS if len(q.golds) > 1]))
def test_other_right_answers_run_too(question: Question, databases: Databases) -> None:
    assert len(set(question.golds)) == len(question.golds)
    for other in question.golds[1:]:
        assert run(parse_query(other), databases[question.database]).rows


@pytest.mark.parametrize("question", **named([q for q in QUESTIONS if q.ordered]))
def test_an_order_that_counts_has_no_ties(question: Question, databases: Databases) -> None:
    command = parse_query(question.golds[0])
    if observable_sort(command) is None:
        return  # `$geoNear` gives the order
    keyed, names = with_sort_keys(command)
    rows = run(keyed, databases[question.database], Limits(max_rows=MOST_ROWS)).rows
    keys = [json.dumps([_at(row, name) for name in names], default=str) for row in rows]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "question", **named([q for q in QUESTIONS if "top-k per group" in q.constructs])
)
def test_the_first_few_of_a_group_are_not_cut_out_of_ties(
    question: Question, databases: Databases
) -> None:
    ranked = question.golds[0]
    numbered = ranked.replace("{$rank: {}}", "{$documentNumber: {}}")
    database = databases[question.database]
    assert len(run(parse_query(ranked), database).rows) == len(
        run(parse_query(numbered), database).rows
    )


@pytest.mark.parametrize("question", **named(ANSWERABLE))
def test_a_question_near_an_unanswerable_one_has_an_answer(
    question: Answerable, databases: Databases
) -> None:
    assert run(parse_query(question.gold), databases[question.database]).rows


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row[name] if isinstance(row, dict) and name in row else None
    return row
