"""Killing the serving process at any moment loses nothing that it acknowledged.

A real server in a process of its own, SIGKILL while several clients post; MongoDB up, MongoDB
stopped, and MongoDB back while what waited is being written.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from mqt_serving.platform.processes import free_port
from mqt_serving.platform.servers import MongoServer
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from mqt_serving.spool import Spool
from tests.mqt_serving.http.running import Process, killable, until

QUESTION = "How many orders were shipped?"
CORRECTED = "db.orders.countDocuments({status: 'new'})"


class Posting:
    """Clients that post feedback of several kinds until the server is gone."""

    def __init__(self, server: Process, query_id: str) -> None:
        self._url = str(server.client.base_url)
        self._query_id = query_id
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(4)
        self.acknowledged: dict[str, str] = {}  # client key -> feedback id
        self._posting = [self._pool.submit(self._post) for _ in range(4)]

    def _post(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            for number in range(10_000):
                key = str(uuid4())
                said = (
                    {"rating": 1 + number % 5, "comment": f"piece {number}"},
                    {"corrected_query": CORRECTED},
                    {"picked_candidate": 1},
                    {"signals": ["copied"]},
                )[number % 4]
                body = {"query_id": self._query_id, "client_key": key, **said}
                try:
                    reply = client.post("/v1/feedback", json=body)
                except httpx.TransportError:  # killed: this one was not acknowledged
                    return
                assert reply.status_code in (201, 202), reply.text
                self.acknowledged[key] = reply.json()["feedback_id"]
                if self._stop.is_set():
                    return

    def end(self) -> dict[str, str]:
        self._stop.set()
        for posting in self._posting:
            posting.result(timeout=30)
        self._pool.shutdown()
        return self.acknowledged


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[MongoServer]:
    """A journal of the test's own, which may be stopped."""
    server = MongoServer(tmp_path / "journal", port=free_port())
    with server:
        yield server


@pytest.fixture
def place(settings: Settings, journal: MongoServer, release: Callable[..., str]) -> Settings:
    release("one")
    return settings.model_copy(update={"journal_uri": journal.uri})


def ask(client: httpx.Client) -> str:
    reply = client.post("/v1/query", json={"question": QUESTION})
    assert reply.status_code == 200, reply.text
    query_id: str = reply.json()["query_id"]
    return query_id


def kept(uri: str) -> dict[str, dict[str, Any]]:
    """Client key -> document; fails where one is there twice."""
    with MongoClient[dict[str, Any]](uri) as client:
        documents = list(client[JOURNAL_DATABASE].feedback.find().sort("$natural", 1))
    found = {document["client_key"]: document for document in documents}
    assert len(found) == len(documents)
    return found


def post_and_kill(server: Process, query_id: str, least: int) -> dict[str, str]:
    posting = Posting(server, query_id)
    until(lambda: len(posting.acknowledged) >= least, 60)
    server.kill()
    return posting.end()


def assert_all_kept(acknowledged: dict[str, str], uri: str) -> dict[str, dict[str, Any]]:
    documents = kept(uri)
    lost = [key for key in acknowledged if key not in documents]
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged pieces are gone"
    assert all(documents[key]["_id"] == id for key, id in acknowledged.items())
    return documents


def test_with_the_journal_up(place: Settings, journal: MongoServer) -> None:
    with killable(place) as server:
        query_id = ask(server.client)
        acknowledged = post_and_kill(server, query_id, least=60)
    with killable(place) as server:
        acknowledged |= post_and_kill(server, query_id, least=60)
    assert len(acknowledged) >= 120
    assert_all_kept(acknowledged, journal.uri)


def test_with_the_journal_killed_while_feedback_comes_in(
    place: Settings, journal: MongoServer
) -> None:
    spool = Spool(place.spool_folder / "feedback")
    with killable(place) as server:
        query_id = ask(server.client)
        posting = Posting(server, query_id)
        until(lambda: len(posting.acknowledged) >= 20, 60)
        os.kill(journal.pid, signal.SIGKILL)
        journal.stop()
        until(lambda: len(spool) >= 40, 60)
        server.kill()
        acknowledged = posting.end()
    with killable(place) as server:  # the journal is still away
        acknowledged |= post_and_kill(server, query_id, least=40)
    journal.start()
    with killable(place):
        until(lambda: spool.is_empty, 60)
        documents = assert_all_kept(acknowledged, journal.uri)
    assert spool.set_aside == 0
    statuses = {document["status"] for document in documents.values()}
    assert {"accepted", "noted"} <= statuses
    for document in documents.values():
        corrects = document["corrected_query"] is not None
        # All are of one answer, so of one person: a later one replaces those before.
        assert document["status"] in (("accepted", "revoked") if corrects else ("noted",))


def test_killed_again_and_again_while_what_waited_is_written(
    place: Settings, journal: MongoServer
) -> None:
    spool = Spool(place.spool_folder / "feedback")
    with killable(place) as server:
        query_id = ask(server.client)
        journal.stop()
        acknowledged = post_and_kill(server, query_id, least=200)
    waiting = [path.name for path in sorted((place.spool_folder / "feedback").glob("*.entry"))]
    assert len(waiting) >= 200
    journal.start()
    kills = 0
    while not spool.is_empty:
        with killable(place) as server:
            before = len(spool)
            until(lambda before=before: len(spool) < max(1, before - 30), 60)  # type: ignore[misc]
            server.kill()
            kills += 1
    assert kills >= 2
    documents = assert_all_kept(acknowledged, journal.uri)
    written = [document["_id"] for document in documents.values()]
    assert written == [name.split("-")[1].removesuffix(".entry") for name in waiting]
