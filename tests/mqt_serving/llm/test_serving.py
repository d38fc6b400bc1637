"""Serving with a language model in front: real HTTP, real MongoDB, always an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.database import Database

from mqt_serving.answers import Answer, Source
from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import CannotAnswer
from mqt_serving.http.metrics import Metrics
from mqt_serving.llm.backend import AT_ONCE
from mqt_serving.llm.template import Prompt, Template
from mqt_serving.platform.processes import free_port
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.http.running import serve, wait_for_release
from tests.mqt_serving.http.test_disconnecting import connection, eventually
from tests.mqt_serving.llm.chat_server import ChatServer, Reply, chat_server, refused
from tests.mqt_serving.table_translator import LOADERS

ASKED = "How many orders were shipped?"  # the table translator knows it too
RIGHT = 'db.orders.countDocuments({status: "shipped"})'
SHIPPED = ({"count": 3},)
FAILS = "db.orders.aggregate([{$project: {r: {$divide: [1, 0]}}}])"  # in MongoDB
Write = Callable[..., str]


@contextmanager
def with_llm(
    settings: Settings, release: Write, url: str, **changes: Any
) -> Iterator[tuple[Serving, Metrics]]:
    release("one", **changes.pop("written", {}))
    metrics = Metrics()
    llm = {"llm_url": url, "llm_model": "tiny", "llm_timeout_seconds": 5.0, **changes}
    built = build_serving(settings.model_copy(update=llm), metrics, LOADERS)
    built.releases.check()
    try:
        yield built, metrics
    finally:
        built.close()


@pytest.fixture
def ask(settings: Settings, release: Write) -> Callable[..., tuple[Answer, ChatServer]]:
    def ask(*replies: Reply | str, question: str = ASKED, **changes: Any) -> Any:
        with (
            chat_server(*replies) as server,
            with_llm(settings, release, server.url, **changes) as (built, _),
        ):
            return built.service.query(question), server

    return ask


def test_a_question_is_answered_by_the_language_model(
    ask: Any, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    answer, server = ask(f"```js\n{RIGHT}\n```")
    translation = answer.translation
    assert answer.table.rows == SHIPPED
    assert translation.source is Source.LLM
    assert len(server.requests) == 1
    assert 'such as "shipped", "new"' in server.told  # of this machine: values may go there
    choice = translation.choices[0]
    assert choice.plan is not None
    assert choice.meaning
    assert choice.probability == 0.5  # never measured
    record = mongo_client[JOURNAL_DATABASE].queries.find_one({"_id": translation.query_id})
    assert record is not None
    assert (record["source"], record["outcome"]) == ("llm", "answered")
    assert record["llm"]["model"] == "tiny"
    assert record["llm"]["prompt"] == Template().version
    assert record["llm"]["warning"] == ""


def test_without_an_endpoint_nothing_changes(
    settings: Settings, release: Write, serving: Serving
) -> None:
    release("one")
    serving.releases.check()
    assert serving.llm is None
    assert serving.service.query(ASKED).translation.llm is None


def test_a_question_that_only_the_language_model_understands_is_answered(ask: Any) -> None:
    answer, _ = ask('db.orders.aggregate([{$group: {_id: null, sum_total: {$sum: "$total"}}}])',
                    question="Turnover, please")  # fmt: skip
    assert answer.table.rows[0]["sum_total"] == "154.65"


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        ("I'd count the orders.", "There is no query in the reply"),
        ("db.orders.countDocuments({status: ", "There is no query in the reply"),
        ("db.orders.countDocuments({status: shipped})", "line 1"),
        ("db.orders.deleteMany({})", "deleteMany"),
        ("db.orders.aggregate([{$out: 'x'}])", "$out"),
        ("db.customers.find({email: 'a'})", "email"),
        ("db.invoices.find({})", "invoices"),
        ("db.orders.find({state: 'shipped'})", "state"),  # no such field: it would find nothing
        ("db.orders.aggregate([{$group: {_id: null, s: {$sum: '$status'}}}])", "status"),
        (FAILS, "zero"),
    ],
)
def test_what_does_not_work_is_repaired_once_with_the_error(
    ask: Any, first: str, problem: str
) -> None:
    answer, server = ask(first, RIGHT)
    assert answer.table.rows == SHIPPED
    assert answer.translation.source is Source.LLM
    assert answer.translation.llm.repaired
    assert answer.translation.llm.calls == 2
    roles = [message["role"] for message in server.requests[1]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    said = server.requests[1]["messages"]
    assert said[2]["content"] == first
    assert problem in said[3]["content"]


@pytest.mark.parametrize(("share", "told"), [("values", True), ("schema", False)])
def test_what_mongodb_says_of_a_failed_query_goes_where_values_go(
    ask: Any, share: str, told: bool
) -> None:
    first = "db.orders.aggregate([{$project: {n: {$toInt: '$status'}}}])"
    _, server = ask(first, RIGHT, llm_share=share)
    assert ("'shipped'" in server.requests[-1]["messages"][3]["content"]) is told
    assert ("MongoDB refused to run the query." in server.told) is not told


@pytest.mark.parametrize("second", ["db.orders.find({state: 1})", "Hm.", refused(500, "oops")])
def test_what_may_be_right_although_the_schema_does_not_know_it_is_run_if_it_cannot_be_repaired(
    ask: Any, second: Reply | str
) -> None:
    answer, server = ask("db.orders.find({state: 'shipped'})", second)
    assert len(server.requests) == 2
    assert answer.translation.source is Source.LLM
    assert answer.table.rows == ()
    assert "state" in str(answer.translation.choices[0].notes[0])


@pytest.mark.parametrize(
    ("replies", "reason", "calls"),
    [
        ((refused(500, "oops"),), "failed", 1),
        ((refused(429, "slow down"),), "too much to do", 1),
        ((Reply(body=b"\x00\xffgarbage"),), "no answer", 1),
        ((Reply(body=b'{"choices": [{"mess'),), "no answer", 1),
        ((Reply(RIGHT, seconds=3),), "took too long", 1),
        (("What a nice question!",), "no query that may run", 2),
        (("db.orders.drop()",), "no query that may run", 2),
        (("db.customers.find({}, {email: 1})",), "no query that may run", 2),
        (("Hm.", Reply(RIGHT, seconds=3)), "took too long", 2),
        # Fails in MongoDB, at first and repaired:
        ((FAILS,), "no query that may run", 2),
    ],
)  # fmt: skip
def test_whatever_the_endpoint_does_the_question_is_answered_in_time(
    ask: Any, replies: tuple[Reply | str, ...], reason: str, calls: int
) -> None:
    started = time.monotonic()
    answer, server = ask(*replies, llm_timeout_seconds=0.8)
    assert time.monotonic() - started < 3
    assert answer.table.rows == SHIPPED
    assert answer.translation.source is Source.MODEL
    assert answer.translation.choices[0].probability == 0.8  # the local translator's
    assert answer.translation.llm.warning.startswith("The language model tiny ")
    assert reason in answer.translation.llm.warning
    assert len(server.requests) == calls


def test_an_endpoint_that_is_down_costs_nothing_but_a_warning(
    settings: Settings, release: Write
) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with with_llm(settings, release, url) as (built, metrics):
        answers = [built.service.query(ASKED) for _ in range(5)]
        text = metrics.text().decode()
    assert all(answer.table.rows == SHIPPED for answer in answers)
    warnings = [answer.translation.llm.warning for answer in answers if answer.translation.llm]
    assert ["cannot be reached" in w for w in warnings] == [True] * 3 + [False] * 2
    assert ["left alone" in w for w in warnings] == [False] * 3 + [True] * 2
    assert 'mqt_llm_questions_total{outcome="unreachable"} 3.0' in text
    assert 'mqt_llm_questions_total{outcome="open"} 2.0' in text
    assert "mqt_llm_circuit_open 1.0" in text


def test_no_more_than_a_few_wait_for_a_slow_model_and_the_others_are_answered_at_once(
    settings: Settings, release: Write
) -> None:
    with (
        chat_server(Reply(RIGHT, seconds=2)) as server,
        with_llm(settings, release, server.url) as (built, metrics),
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        slow = [pool.submit(built.service.query, ASKED) for _ in range(AT_ONCE)]
        assert eventually(lambda: len(server.requests) == AT_ONCE)
        started = time.monotonic()
        answer = built.service.query(ASKED)
        assert time.monotonic() - started < 1
        assert answer.translation.source is Source.MODEL
        assert answer.translation.llm is not None
        assert "is busy with other questions" in answer.translation.llm.warning
        assert {one.result().translation.source for one in slow} == {Source.LLM}
        assert built.service.query(ASKED).translation.source is Source.LLM  # there is room again
        assert 'mqt_llm_questions_total{outcome="busy"} 1.0' in metrics.text().decode()


def test_after_the_pause_that_it_asked_for_the_endpoint_is_tried_again(
    settings: Settings, release: Write
) -> None:
    busy = refused(429, "slow down", **{"Retry-After": "1"})
    with (
        chat_server(busy, RIGHT) as server,
        with_llm(settings, release, server.url) as (built, _),
    ):
        sources = [built.service.query(ASKED).translation.source for _ in range(3)]
        assert sources == [Source.MODEL] * 3
        assert len(server.requests) == 1
        time.sleep(1.05)
        assert built.service.query(ASKED).translation.source is Source.LLM


def test_what_the_data_does_not_hold_is_said_with_the_reason(
    settings: Settings, release: Write, catalog: Catalog
) -> None:
    with (
        chat_server("CANNOT: there are no salaries.") as server,
        with_llm(settings, release, server.url) as (built, metrics),
    ):
        with pytest.raises(CannotAnswer, match="there are no salaries"):
            built.service.query("What does everybody earn?")
        assert 'mqt_llm_questions_total{outcome="declined"} 1.0' in metrics.text().decode()


def test_a_correction_goes_before_the_language_model(
    settings: Settings, release: Write, catalog: Catalog
) -> None:
    correction = {"question": ASKED, "database": catalog.database, "command": RIGHT}
    with (
        chat_server("db.orders.countDocuments({})") as server,
        with_llm(settings, release, server.url, written={"corrections": [correction]}) as (it, _),
    ):
        assert it.service.query(ASKED).translation.source is Source.CORRECTION
        assert server.requests == []
        assert it.service.query("How many orders were shipped, then?").table.rows == ({"count": 5},)
        assert (
            f'Question: {ASKED}\ndb.orders.countDocuments({{ status: "shipped" }})' in server.told
        )


def test_the_prompt_and_its_probability_come_from_the_release(
    settings: Settings, release: Write
) -> None:
    prompt = Prompt(template=Template(instructions="Answer in mongosh."), right={"tiny": 0.73})
    written = {"prompt": prompt.model_dump_json()}
    with (
        chat_server(RIGHT) as server,
        with_llm(settings, release, server.url, written=written) as (built, _),
    ):
        translation = built.service.query(ASKED).translation
    assert server.requests[0]["messages"][0]["content"] == "Answer in mongosh."
    assert translation.choices[0].probability == 0.73
    assert translation.llm is not None
    assert translation.llm.prompt == prompt.template.version


def test_rows_of_private_fields_do_not_leave_whatever_is_written(ask: Any) -> None:
    answer, _ = ask("db.customers.find({})", question="Everything about customers")
    assert answer.translation.source is Source.LLM
    assert {row["name"] for row in answer.table.rows} >= {"Ada"}
    assert "secret" not in json.dumps(answer.table.rows)


def test_the_api_shows_model_prompt_and_warning(settings: Settings, release: Write) -> None:
    release("one")
    key = "sk-very-secret"
    with chat_server(RIGHT, refused(401, f"wrong {key}")) as server:
        changes = {"llm_url": server.url, "llm_model": "tiny", "llm_api_key": SecretStr(key)}
        with serve(settings.model_copy(update=changes)) as client:
            wait_for_release(client, "one")
            first = client.post("/v1/query", json={"question": ASKED}).json()
            second = client.post("/v1/query", json={"question": ASKED}).json()
            metrics = client.get("/metrics").text
    assert server.headers[0]["Authorization"] == f"Bearer {key}"
    assert (first["source"], first["llm"]["model"], first["llm"]["warning"]) == ("llm", "tiny", "")
    assert first["confidence"] == 0.5
    assert (second["source"], second["rows"]) == ("model", [{"count": 3}])
    assert "refused the request" in second["llm"]["warning"]
    assert key not in json.dumps([first, second]) + metrics


def test_nobody_waits_for_the_model_once_the_client_is_gone(
    settings: Settings, release: Write, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    release("one")
    question = "How many orders were shipped to nobody?"
    queries = mongo_client[JOURNAL_DATABASE].queries
    with chat_server(Reply(RIGHT, seconds=20)) as server:
        changes = {"llm_url": server.url, "llm_model": "tiny"}
        with serve(settings.model_copy(update=changes)) as client:
            wait_for_release(client, "one")
            with connection(client, "/v1/query", {"question": question}):
                assert eventually(lambda: bool(server.requests))
            assert eventually(lambda: queries.count_documents({"question": question}) > 0, 3)
    record = queries.find_one({"question": question})
    assert record is not None
    assert record["outcome"] == "query-cancelled"


def test_the_database_is_found_when_none_is_named(
    settings: Settings, release: Write, catalog: Catalog, shop: Database[dict[str, Any]]
) -> None:
    other = catalog.model_copy(update={"database": "aaa", "collections": catalog.collections[:1]})
    with (
        chat_server(RIGHT) as server,
        with_llm(settings, release, server.url, written={"catalogs": (other, catalog)}) as (it, _),
    ):
        answer = it.service.query(ASKED)
    assert answer.translation.database == shop.name
    assert answer.table.rows == SHIPPED
