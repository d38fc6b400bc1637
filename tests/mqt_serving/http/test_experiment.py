"""Champion and challenger behind one real server: who gets which, and what is recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from mqt_serving.http.asker import SESSION_COOKIE
from mqt_serving.releases import Pointer, move_pointer, promote, read_pointer
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.http.running import serve, wait_for_release
from tests.mqt_serving.small_shop import SHIPPED, TABLE_OF_QUESTIONS, count_of
from tests.mqt_serving.table_translator import TABLE, Entry, Ranked

QUESTION = "How many orders are there?"
OTHER_TABLE = {**TABLE_OF_QUESTIONS, QUESTION: Entry((Ranked(SHIPPED, 0.9),))}
EXPERIMENT = Pointer(
    champion="one", challenger="two", challenger_share=0.5, experiment="e1", salt="pepper"
)


@pytest.fixture
def client(settings: Settings, release: Callable[..., str]) -> Iterator[httpx.Client]:
    """Champion `one`, challenger `two` that answers QUESTION otherwise, at 50 %."""
    release("one")
    release("two", table=OTHER_TABLE, live=False)
    move_pointer(settings.releases_folder, EXPERIMENT)
    with serve(settings) as client:
        wait_for_release(client, "one")
        _wait(lambda: _ask(client, variant="challenger")["release_id"] == "two")
        yield client


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _ask(client: httpx.Client, session: str = "", variant: str = "") -> Any:
    headers: Mapping[str, str] = {
        **({"X-MQT-Session": session} if session else {}),
        **({"X-MQT-Variant": variant} if variant else {}),
    }
    reply = client.post("/v1/query", json={"question": QUESTION}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def _journaled(mongo_client: MongoClient[dict[str, Any]], query_id: str) -> dict[str, Any]:
    found = mongo_client[JOURNAL_DATABASE]["queries"].find_one({"_id": query_id})
    assert found is not None
    return found


def test_a_session_stays_with_its_variant_and_both_are_served(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    seen = {}
    for number in range(24):
        answers = [_ask(client, f"s{number}") for _ in range(2)]
        (seen[number],) = {answer["release_id"] for answer in answers}
        record = _journaled(mongo_client, answers[0]["query_id"])
        exposure = record["exposure"]
        assert exposure["experiment"] == "e1"
        assert exposure["overridden"] is False
        assert (exposure["variant"] == "challenger") == (record["release_id"] == "two")
        assert f"s{number}" not in str(exposure)
    assert set(seen.values()) == {"one", "two"}


def test_feedback_leads_to_the_variant(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    answer = _ask(client, variant="challenger")
    body = {"query_id": answer["query_id"], "verdict": "down"}
    receipt = client.post("/v1/feedback", json=body).json()
    kept = mongo_client[JOURNAL_DATABASE]["feedback"].find_one({"_id": receipt["feedback_id"]})
    assert kept is not None
    exposure = _journaled(mongo_client, kept["query_id"])["exposure"]
    assert (exposure["variant"], exposure["overridden"]) == ("challenger", True)


def test_the_page_gives_a_session_that_the_questions_carry(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    assert client.get("/").cookies[SESSION_COOKIE]
    assert SESSION_COOKIE not in client.get("/").cookies
    units = {_journaled(mongo_client, _ask(client)["query_id"])["exposure"]["unit"] for _ in "ab"}
    assert len(units) == 1


def test_an_unknown_variant_is_refused(client: httpx.Client) -> None:
    reply = client.post(
        "/v1/query", json={"question": QUESTION}, headers={"X-MQT-Variant": "winner"}
    )
    assert reply.status_code in (400, 422)


def test_a_nightly_release_keeps_the_experiment_and_brings_its_corrections_to_both(
    client: httpx.Client, settings: Settings, release: Callable[..., str], catalog: Any
) -> None:
    fixed = {
        "question": "How many in all?",
        "database": catalog.database,
        "plan": None,
        "command": "db.orders.countDocuments({})",
    }
    release("nightly", corrections=[fixed])
    pointer = read_pointer(settings.releases_folder)
    assert pointer == EXPERIMENT.model_copy(update={"champion": "nightly", "previous": "one"})
    wait_for_release(client, "nightly")
    _wait(lambda: _ask(client, variant="champion")["release_id"] == "nightly")
    for variant, name in (("champion", "nightly"), ("challenger", "two")):
        reply = client.post(
            "/v1/query",
            json={"question": "How many in all?"},
            headers={"X-MQT-Variant": variant},
        ).json()
        assert (reply["release_id"], reply["source"]) == (name, "correction")


def test_a_release_with_another_model_ends_the_experiment(
    client: httpx.Client, settings: Settings, release: Callable[..., str]
) -> None:
    another = {QUESTION: Entry((Ranked(count_of("orders"), 0.3),))}
    release("three", table=another)
    assert read_pointer(settings.releases_folder) == Pointer(champion="three", previous="one")


def test_a_damaged_challenger_stops_neither_the_champion_nor_a_release(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    release("two", table=OTHER_TABLE, live=False)
    release("data", live=False)
    root = settings.releases_folder
    move_pointer(root, EXPERIMENT)
    (root / "two" / TABLE).write_text("{}")
    with serve(settings) as client:
        wait_for_release(client, "one")
        answers = [_ask(client, f"s{number}", "") for number in range(10)]
        assert {answer["release_id"] for answer in answers} == {"one"}
    promote(root, "data")
    assert read_pointer(root) == Pointer(champion="data", previous="one")
