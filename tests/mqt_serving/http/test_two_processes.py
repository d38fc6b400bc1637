"""Two serving processes side by side: what one learns the other knows within two seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from mqt_serving.settings import Settings
from tests.mqt_serving.http.running import process, until

QUESTION = "Orders by status"


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
