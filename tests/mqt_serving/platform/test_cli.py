"""The command `mqt` from outside: what a person sees when things are not as they should be."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mqt_serving.platform import processes
from mqt_serving.settings import variable_names

PROJECT = Path(__file__).resolve().parents[3]
CLEAN = {name: value for name, value in os.environ.items() if name not in variable_names()}

Mqt = Any  # a callable: arguments and variables in, the finished process out


@pytest.fixture
def mqt(tmp_path: Path) -> Mqt:
    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **CLEAN,
            "MQT_HOME": str(tmp_path / "home"),
            "MQT_PORT": str(processes.free_port()),
            "MQT_DAGSTER_PORT": str(processes.free_port()),
            **variables,
        }
        return subprocess.run(
            [sys.executable, "-m", "mqt_serving.cli", *arguments],
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env=environment,
            timeout=120,
        )

    return run


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield str(taken.getsockname()[1])


def assert_clear_failure(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    text = done.stdout + done.stderr
    assert done.returncode == 1, text
    assert "Traceback" not in text
    for part in parts:
        assert part in text


@pytest.mark.parametrize("variable", ["MQT_PORT", "MQT_DAGSTER_PORT"])
def test_up_names_the_setting_of_a_busy_port(mqt: Mqt, variable: str, taken_port: str) -> None:
    done = mqt("up", **{variable: taken_port})
    assert_clear_failure(done, f"Port {taken_port} on 127.0.0.1 ({variable}) is in use")


def test_serve_names_the_setting_of_a_busy_port(mqt: Mqt, taken_port: str) -> None:
    assert_clear_failure(mqt("serve", MQT_PORT=taken_port), taken_port, "MQT_PORT")


def test_up_with_an_unreachable_mongodb_starts_nothing(mqt: Mqt, tmp_path: Path) -> None:
    done = mqt("up", MONGODB_URI="mongodb://me:secret@127.0.0.1:9")
    assert_clear_failure(done, "does not answer", "MONGODB_URI")
    assert "secret" not in done.stdout + done.stderr
    assert not (tmp_path / "home" / "run" / "servers.json").exists()
    assert not (tmp_path / "home" / "mongodb").exists()


def test_up_with_nothing_to_ask_about_says_so(mqt: Mqt, mongo_uri: str) -> None:
    done = mqt("up", MONGODB_URI=mongo_uri, MQT_DATABASES="no_such_database")
    assert_clear_failure(done, "no database to ask", "MQT_DATABASES")


@pytest.mark.parametrize("command", ["up", "down", "serve", "doctor"])
def test_a_wrong_setting_is_named(mqt: Mqt, command: str) -> None:
    assert_clear_failure(mqt(command, MQT_PORT="http"), "MQT_PORT=http")


def test_down_with_nothing_running_is_fine(mqt: Mqt) -> None:
    done = mqt("down")
    assert done.returncode == 0
    assert "Nothing was running" in done.stdout


def test_ask_with_nobody_there_says_what_to_start(mqt: Mqt) -> None:
    assert_clear_failure(mqt("ask", "How many?"), "does not answer", "mqt up")


def test_doctor_tells_what_is_missing_and_misspelt(mqt: Mqt, mongo_uri: str) -> None:
    uri = mongo_uri.replace("://", "://nobody:pass@")
    done = mqt("doctor", MONGODB_URI=uri, MQT_PROT="1", MQT_LLM_API_KEY="sk-secret")
    assert_clear_failure(done, "MQT_PROT is set, but there is no such setting", "MQT_JOURNAL_URI")
    assert ":pass@" not in done.stdout
    assert "MQT_LLM_API_KEY=***" in done.stdout
    assert "sk-secret" not in done.stdout


def test_doctor_names_wrong_credentials(mqt: Mqt, mongo_uri: str) -> None:
    done = mqt("doctor", MONGODB_URI=mongo_uri.replace("://", "://nobody:pass@"))
    assert_clear_failure(done, "refuses the user or password of MONGODB_URI")


class _Service(BaseHTTPRequestHandler):
    """Answers as the API does: enough for the command's own part, the showing."""

    reply: ClassVar[dict[str, Any]]
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({**self.reply, **question}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[tuple[str, type[_Service]]]:
    class Handler(_Service):
        reply: ClassVar[dict[str, Any]] = {
            "meaning": "The number of orders [all].",
            "mongosh": "db.orders.countDocuments({})",
            "confidence": 0.93,
            "database": "shop",
            "release_id": "r1",
            "columns": ["count"],
            "rows": [{"count": 16000}],
            "truncated": False,
        }

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield str(server.server_port), Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_ask_shows_query_meaning_and_rows(mqt: Mqt, service: tuple[str, type[_Service]]) -> None:
    done = mqt("ask", "How many [big] orders?", MQT_PORT=service[0])
    assert done.returncode == 0, done.stderr
    for part in ("[big]", "[all]", "db.orders.countDocuments({})", "93%", "16000"):
        assert part in done.stdout


def test_ask_sends_the_answer_that_it_follows(
    mqt: Mqt, service: tuple[str, type[_Service]]
) -> None:
    port, handler = service
    handler.reply = {
        **handler.reply,
        "query_id": "q2",
        "follow_up_of": {"query_id": "q1", "question": "How many [big] orders?"},
    }
    done = mqt("ask", "and by month?", "--after", "q1", "--json", MQT_PORT=port)
    assert json.loads(done.stdout)["previous"] == "q1"
    done = mqt("ask", "and by month?", "--after", "q1", MQT_PORT=port)
    assert "to How many [big] orders?" in done.stdout
    assert "id q2" in done.stdout


def test_ask_shows_a_choice_in_a_line_each(mqt: Mqt, service: tuple[str, type[_Service]]) -> None:
    port, handler = service
    one = {"difference": "count orders", "probability": 0.5, "truncated": False}
    two = {"difference": "list [items]", "probability": 0.4, "truncated": True}
    one |= {"columns": ["count"], "rows": [{"count": 16000}]}
    two |= {"columns": ["name", "price"], "rows": [{"name": "Pen", "price": 3}, {"name": "Cup"}]}
    choice = {"question": "Count orders or list [items]?", "options": [one, two]}
    handler.reply = {**handler.reply, "choice": choice}
    done = mqt("ask", "How many?", MQT_PORT=port)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "Or        Count orders or list [items]?" in lines
    assert "count orders: count 16000 (50%)" in lines
    assert "list [items]: Pen, 3; Cup; ... (40%)" in lines


def test_ask_can_print_json(mqt: Mqt, service: tuple[str, type[_Service]]) -> None:
    done = mqt("ask", "How many?", "--json", MQT_PORT=service[0])
    assert json.loads(done.stdout)["rows"] == [{"count": 16000}]


def test_ask_shows_the_detail_of_a_problem(mqt: Mqt, service: tuple[str, type[_Service]]) -> None:
    port, handler = service
    handler.status = 422
    handler.reply = {"code": "cannot-answer", "detail": "There is no weather in the data."}
    assert_clear_failure(mqt("ask", "Will it rain?", MQT_PORT=port), "no weather in the data")
