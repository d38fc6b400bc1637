"""A language model is measured by what it writes, alone: nobody answers in its place."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.database import Database

from benchmarks.judging import Judge
from mqt_assets.evaluation.answering import runner
from mqt_assets.evaluation.execution_accuracy import evaluate
from mqt_assets.evaluation.language_model import Corrected, LlmAnswering
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import Example, make_example
from mqt_serving.errors import ServiceUnavailable
from mqt_serving.llm.backend import LlmBackend
from mqt_serving.llm.breaker import Breaker
from mqt_serving.llm.endpoint import ChatEndpoint
from mqt_serving.llm.sharing import Sharing
from mqt_serving.llm.template import Prompt, Template
from mqt_serving.observing import Observer
from mqt_serving.query.guarding.policy import Policy
from tests.mqt_serving.llm.chat_server import Reply, chat_server, refused

PANS = [{"_id": 1, "name": "Wok", "price": 40}, {"_id": 2, "name": "Saucepan", "price": 25}]
CHEAP = "db.pans.find({price: {$lt: 30}}, {_id: 0, name: 1})"
COUNT = "db.pans.countDocuments({})"
WITHOUT_PLAN = "db.pans.aggregate([{$sample: {size: 5}}, {$count: 'count'}])"
FAILS = "db.pans.aggregate([{$project: {x: {$divide: [1, 0]}}}])"


@contextmanager
def answering(
    database: Database[dict[str, Any]], url: str, **changes: Any
) -> Iterator[LlmAnswering]:
    database.pans.insert_many(PANS)
    breaker = Breaker(failures=2, pause_seconds=1.0)
    backend = LlmBackend(
        ChatEndpoint(url, "tiny"),
        Sharing.VALUES,
        Policy(),
        Observer(),
        seconds=2.0,
        most_tokens=2000,
        breaker=breaker,
    )
    catalog = catalog_from_documents(database.name, {"pans": PANS})
    prompt = Prompt(template=Template(), right={"tiny": 0.7})
    run = runner(lambda name: database)
    yield LlmAnswering(backend, {database.name: catalog}, prompt, run, **changes)
    backend.close()


def asked(database: Database[dict[str, Any]], **golds: str) -> list[Example]:
    return [
        make_example(question.replace("_", " "), database.name, None, gold, source="synthetic")
        for question, gold in golds.items()
    ]


def test_what_it_writes_is_judged_by_its_rows(database: Database[dict[str, Any]]) -> None:
    replies: Mapping[str, Reply | str] = {
        "cheap pans": CHEAP,
        "how many": f"```\n{WITHOUT_PLAN}\n```",
        "how many pans": "db.pans.find({})",
        "salaries": "CANNOT: there are none",
        "nonsense": "Well.",
        "failing": FAILS,
    }

    def reply(body: dict[str, Any]) -> Reply:
        question = body["messages"][1]["content"].rpartition("Question: ")[2]
        if "does not work" in body["messages"][-1]["content"] and question == "failing":
            return Reply(COUNT)
        found = replies[question]
        return found if isinstance(found, Reply) else Reply(found)

    examples = asked(
        database,
        cheap_pans=CHEAP,
        how_many=COUNT,
        how_many_pans=COUNT,
        salaries=COUNT,
        nonsense=COUNT,
        failing=COUNT,
    )
    with chat_server(by=reply) as server, answering(database, server.url) as model:
        result = evaluate(examples, model.predict, model.run)
    right = {case.example.question: case.correct for case in result.cases}
    assert right == {
        "cheap pans": True,
        "how many": True,
        "how many pans": False,
        "salaries": False,
        "nonsense": False,
        "failing": True,
    }
    assert model.outcomes == {"answered": 3, "declined": 1, "unusable": 1, "repaired": 1}
    assert model.calls == len(server.requests) == 8
    assert set(model.confidences.values()) == {0.7}
    assert "2026-01-01T00:00:00Z" in server.told  # the moment at which examples are asked


def test_corrections_are_shown_as_in_serving(database: Database[dict[str, Any]]) -> None:
    (known,) = asked(database, how_many_pans_are_there=COUNT)
    with (
        chat_server(COUNT) as server,
        answering(database, server.url, corrections=[Corrected.of(known)]) as model,
    ):
        model.predict(asked(database, how_many_pans=COUNT)[0])
    assert "Question: how many pans are there\ndb.pans.countDocuments" in server.told


def test_a_benchmark_judges_a_query_without_a_plan(database: Database[dict[str, Any]]) -> None:
    (example,) = asked(database, how_many=COUNT)
    with chat_server(WITHOUT_PLAN) as server, answering(database, server.url) as model:
        judged = Judge(model, model.catalogs, model.run).judge(example)
    assert judged.right
    assert judged.probability == 0.7


def test_a_measurement_waits_for_an_endpoint_that_has_too_much_to_do(
    database: Database[dict[str, Any]],
) -> None:
    busy = refused(429, "slow down", **{"Retry-After": "1"})
    one, two = asked(database, how_many=COUNT, how_many_pans=COUNT)
    with chat_server(busy, COUNT) as server, answering(database, server.url) as model:
        result = evaluate([one, two], model.predict, model.run)
    assert [case.correct for case in result.cases] == [False, True]


def test_where_the_endpoint_stays_away_nothing_is_measured(
    database: Database[dict[str, Any]],
) -> None:
    examples = asked(database, how_many=COUNT, how_many_pans=COUNT, pans=COUNT)
    with (
        chat_server(refused(500, "oops")) as server,
        answering(database, server.url, patience_seconds=0.0) as model,
    ):
        started = time.monotonic()
        evaluate(examples, model.predict, model.run)
        with pytest.raises(ServiceUnavailable, match="keeps failing: nothing was measured"):
            model.predict(examples[0])
        assert model.gone is not None
        assert time.monotonic() - started < 5
