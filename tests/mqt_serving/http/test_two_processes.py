"""Two serving processes side by side: what one learns the other knows within two seconds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mqt_serving.platform.processes import free_port
from mqt_serving.settings import Settings
from tests.mqt_serving.http.running import wait_for_release

PROJECT = Path(__file__).parents[3]
QUESTION = "Orders by status"


@contextmanager
def process(settings: Settings) -> Iterator[httpx.Client]:
    port = free_port()
    environment = {
        **os.environ,
        "MQT_HOME": str(settings.home),
        "MONGODB_URI": settings.mongodb_uri,
        "MQT_JOURNAL_URI": settings.journal_uri,
        "PYTHONPATH": str(PROJECT),
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "tests.mqt_serving.http.table_app:create",
    ]
    server = subprocess.Popen([*command, "--port", str(port)], cwd=PROJECT, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: answers(client), 30)
            wait_for_release(client, "one")
            yield client
    finally:
        server.terminate()
        server.wait(timeout=20)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Callable[[], bool], seconds: float) -> float:
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds
        time.sleep(0.05)
    return time.monotonic() - started


def ask(client: httpx.Client) -> Any:
    reply = client.post("/v1/query", json={"question": QUESTION})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_correction_holds_in_the_other_process_within_two_seconds_and_after_a_restart(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    with process(settings) as one:
        with process(settings) as other:
            assert ask(other)["source"] == "model"
            feedback = {
                "query_id": ask(one)["query_id"],
                "verdict": "down",
                "corrected_query": "db.orders.countDocuments({status: 'new'})",
                "author": "ada",
            }
            kept = one.post("/v1/feedback", json=feedback)
            assert kept.status_code == 201, kept.text
            assert ask(one)["source"] == "correction"
            seconds = until(lambda: ask(other)["source"] == "correction", 5)
            assert seconds < 2.0
            correction = ask(other)["correction"]
            assert correction["id"] == kept.json()["feedback_id"]
            assert (correction["author"], correction["similarity"]) == ("ada", 1.0)
        with process(settings) as restarted:
            until(lambda: ask(restarted)["source"] == "correction", 2)
