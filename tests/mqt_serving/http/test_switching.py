"""The pointer goes forth and back under continuous questions to a real process: none is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mqt_assets.experiments.moves import start, stop
from mqt_assets.release.rollback import serve_again
from mqt_serving.platform.processes import free_port
from mqt_serving.settings import Settings
from tests.mqt_serving.http.running import wait_for_release
from tests.mqt_serving.small_shop import SHIPPED, TABLE_OF_QUESTIONS, count_of
from tests.mqt_serving.table_translator import Entry, Ranked

QUICK, SLOW = "How many orders are there?", "Take your time"
TABLES = {
    "one": TABLE_OF_QUESTIONS,
    "two": {
        QUICK: Entry((Ranked(SHIPPED, 0.9),)),
        SLOW: Entry((Ranked(count_of("customers"), 0.9),), seconds=0.3),
    },
}
RIGHT = {("one", QUICK): 5, ("one", SLOW): 5, ("two", QUICK): 3, ("two", SLOW): 2}
SERVER = """
import sys, uvicorn
from mqt_serving.http.app import create_app
from tests.mqt_serving.table_translator import LOADERS
uvicorn.run(create_app(loaders=LOADERS), host="127.0.0.1", port=int(sys.argv[1]), log_config=None)
"""
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def server(settings: Settings, release: Callable[..., str]) -> Iterator[httpx.Client]:
    """A process of its own that serves `one`; `two` was there before and answers otherwise."""
    release("two", table=TABLES["two"])
    release("one", table=TABLES["one"])
    port = free_port()
    environment = {
        **os.environ,
        "MQT_HOME": str(settings.home),
        "MONGODB_URI": settings.mongodb_uri,
        "MQT_JOURNAL_URI": settings.journal_uri,
        "MQT_RELEASE_POLL_SECONDS": "0.05",
        "PYTHONPATH": str(PROJECT),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)], cwd=settings.home, env=environment
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            deadline = time.monotonic() + 60
            while not _is_up(client):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
            wait_for_release(client, "one")
            yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_no_question_fails_while_releases_come_and_go(
    server: httpx.Client, settings: Settings
) -> None:
    root, over = settings.releases_folder, threading.Event()

    def ask(question: str) -> Counter[str]:
        """Which releases answered; every answer is right for the release that it names."""
        seen: Counter[str] = Counter()
        with httpx.Client(base_url=server.base_url, timeout=30) as client:
            while not over.is_set():
                reply = client.post("/v1/query", json={"question": question})
                assert reply.status_code == 200, reply.text
                body = reply.json()
                assert body["rows"] == [{"count": RIGHT[body["release_id"], question]}], body
                seen[body["release_id"]] += 1
        return seen

    with ThreadPoolExecutor(6) as pool:
        asking = [
            pool.submit(ask, question) for question in (QUICK, QUICK, QUICK, SLOW, SLOW, SLOW)
        ]
        try:
            for _ in range(5):
                for name in ("two", "one"):
                    serve_again(root, name)
                    wait_for_release(server, name)
            start(root, 0.5, challenger="two")
            time.sleep(1)
            stop(root)
            time.sleep(0.5)
        finally:
            over.set()
        answered = sum((future.result() for future in asking), Counter())
    assert set(answered) == {"one", "two"}
    assert answered.total() > 50
