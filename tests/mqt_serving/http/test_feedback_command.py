"""`mqt feedback` against a real server: what is said arrives, once, or it is clear why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from pymongo import MongoClient
from typer.testing import CliRunner

from mqt_serving.cli import app
from mqt_serving.platform.processes import free_port
from mqt_serving.settings import JOURNAL_DATABASE

QUESTION = "Orders by status"
NEW = "db.orders.countDocuments({status: 'new'})"

Mqt = Callable[..., Result]


def command(home: Path, port: int) -> Mqt:
    variables = {"MQT_HOME": str(home), "MQT_HOST": "127.0.0.1", "MQT_PORT": str(port)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["feedback", *arguments], env=variables)

    return run


@pytest.fixture
def mqt(client: httpx.Client, tmp_path: Path) -> Mqt:
    """`mqt feedback` for the server of `client`."""
    port = client.base_url.port
    assert port is not None
    return command(tmp_path / "home-of-the-command", port)


@pytest.fixture
def kept(mongo_client: MongoClient[dict[str, Any]]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: list(mongo_client[JOURNAL_DATABASE].feedback.find())


def ask(client: httpx.Client) -> Any:
    return client.post("/v1/query", json={"question": QUESTION}).json()


def test_a_correction_is_said_to_be_accepted_and_holds_at_once(
    client: httpx.Client, mqt: Mqt
) -> None:
    done = mqt(ask(client)["query_id"], "--down", "--query", NEW, "--author", "ada")
    assert done.exit_code == 0, done.output
    assert "accepted: The query can be read, is allowed and runs." in done.output
    assert 'db.orders.countDocuments({ status: "new" })' in done.output
    answer = ask(client)
    assert (answer["source"], answer["correction"]["author"]) == ("correction", "ada")


def test_everything_that_can_be_said_arrives(
    client: httpx.Client, mqt: Mqt, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    reasons = ["--reason", "wrong-filter", "--reason", "too-slow"]
    done = mqt(ask(client)["query_id"], "--down", "--rating", "2", *reasons, "--text", "only [new]")
    assert done.exit_code == 0, done.output
    (piece,) = kept()
    assert (piece["verdict"], piece["rating"], piece["comment"]) == ("down", 2, "only [new]")
    assert piece["reasons"] == ["wrong-filter", "too-slow"]
    assert mqt(ask(client)["query_id"], "--up").exit_code == 0
    assert kept()[1]["verdict"] == "up"


def test_the_same_sent_again_is_kept_once_unless_it_has_another_key(
    client: httpx.Client, mqt: Mqt, kept: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = ask(client)["query_id"]
    receipts = [json.loads(mqt(answer, "--up", "--json").output) for _ in range(2)]
    assert receipts[0] == receipts[1]
    assert [piece["_id"] for piece in kept()] == [receipts[0]["feedback_id"]]
    assert mqt(answer, "--up", "--text", "thanks").exit_code == 0
    assert mqt(answer, "--up", "--key", "another-key").exit_code == 0
    assert len(kept()) == 3
    reused = mqt(answer, "--down", "--key", "another-key")
    assert reused.exit_code == 1
    assert "was used for other feedback" in reused.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--query", "db.orders.find({status: })"), "line 1, column"),
        (("--query", "db.orders.drop()"), "drop"),
        (("--up", "--query", NEW), "Leave one of the two out"),
    ],
)
def test_what_the_server_refuses_is_one_clear_message(
    client: httpx.Client, mqt: Mqt, arguments: tuple[str, ...], problem: str
) -> None:
    done = mqt(ask(client)["query_id"], *arguments)
    assert done.exit_code == 1
    assert problem in done.stderr
    assert ask(client)["source"] == "model"


def test_an_unknown_answer_is_named(mqt: Mqt) -> None:
    done = mqt("0" * 32, "--up")
    assert done.exit_code == 1
    assert f"No question has the id '{'0' * 32}'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "Say something: --up, --down"),
        (("--up", "--down"), "give --up or --down"),
        (("--reason", "bad"), "wrong-collection"),
        (("--rating", "6"), "equal to 5"),
    ],
)
def test_a_wrong_use_is_explained_before_anything_is_sent(
    tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    done = command(tmp_path, free_port())("q1", *arguments)
    assert done.exit_code == 2
    assert problem in done.stderr


def test_with_nobody_there_it_says_what_to_start(tmp_path: Path) -> None:
    port = free_port()
    done = command(tmp_path, port)("q1", "--up")
    assert done.exit_code == 1
    assert f"MQT does not answer at http://127.0.0.1:{port}" in done.stderr
    assert "mqt up" in done.stderr
