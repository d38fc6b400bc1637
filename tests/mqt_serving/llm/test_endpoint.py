"""The client of the protocol against a real HTTP server that behaves well and badly."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mqt_serving.errors import QueryCancelled
from mqt_serving.llm.endpoint import ChatEndpoint, EndpointError
from mqt_serving.llm.use import Message
from mqt_serving.platform.processes import free_port
from tests.mqt_serving.llm.chat_server import Reply, chat_server, refused

KEY = "sk-very-secret"
ASK = (Message("system", "Be short."), Message("user", "How many?"))


def complete(url: str, seconds: float = 5.0, key: str = KEY) -> str:
    endpoint = ChatEndpoint(url, "tiny", key)
    try:
        return endpoint.complete(ASK, seconds)
    finally:
        endpoint.close()


def test_a_completion_is_asked_for_as_the_protocol_says() -> None:
    with chat_server("db.orders.find()") as server:
        assert complete(server.url) == "db.orders.find()"
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    request = server.requests[0]
    assert request["model"] == "tiny"
    assert request["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "How many?"},
    ]
    assert request["stream"] is False
    assert request["temperature"] == 0


def test_without_a_key_none_is_sent() -> None:
    with chat_server("db.orders.find()") as server:
        complete(server.url, key="")
    assert "Authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("reply", "reason", "pause"),
    [
        (refused(500, "out of memory"), "server-error", None),
        (refused(503, "loading the model"), "server-error", None),
        (refused(429, "slow down", **{"Retry-After": "7"}), "rate-limited", 7.0),
        (refused(429, "slow down"), "rate-limited", None),
        (refused(401, f"wrong key {KEY}"), "refused", None),
        (refused(404, "no model tiny"), "refused", None),
        (Reply(status=302, body=b"", headers={"Location": "http://192.0.2.1/"}), "refused", None),
        (Reply(body=b"<html>It works!</html>"), "nonsense", None),
        (Reply(body=b'{"choices": [{"message": {"cont'), "nonsense", None),
        (Reply(body=b'{"choices": []}'), "nonsense", None),
        (Reply(body=b'{"choices": [{"message": {"content": null}}]}'), "nonsense", None),
        (Reply(body=b"[" * 100_000), "nonsense", None),
        (Reply(body=b" " * (2 << 20)), "nonsense", None),
        (Reply("  \n "), "nonsense", None),
    ],
)
def test_a_bad_reply_has_its_reason(
    reply: Reply, reason: str, pause: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with chat_server(reply) as server, pytest.raises(EndpointError) as caught:
        complete(server.url)
    assert (caught.value.reason, caught.value.pause) == (reason, pause)
    assert KEY not in caplog.text + str(caught.value)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(EndpointError) as caught:
        complete(f"http://127.0.0.1:{free_port()}/v1")
    assert caught.value.reason == "unreachable"


def test_a_call_ends_when_the_process_does() -> None:
    with chat_server(Reply("late", seconds=20)) as server:
        endpoint = ChatEndpoint(server.url, "tiny")
        with ThreadPoolExecutor() as pool:
            call = pool.submit(endpoint.complete, ASK, 20)
            while not server.requests:
                time.sleep(0.01)
            started = time.monotonic()
            endpoint.close()
            with pytest.raises(QueryCancelled):
                call.result(timeout=5)
            assert time.monotonic() - started < 2


@pytest.mark.parametrize("reply", [Reply("late", seconds=3), Reply("drop by drop", trickle=0.1)])
def test_a_slow_server_costs_the_time_limit_and_no_more(reply: Reply) -> None:
    """Drop by drop as well: each byte would start an ordinary time limit again."""
    with chat_server(reply) as server:
        started = time.monotonic()
        with pytest.raises(EndpointError) as caught:
            complete(server.url, seconds=0.4)
        assert time.monotonic() - started < 1.0
    assert caught.value.reason == "timeout"


def test_options_that_a_model_refuses_are_left_out_from_then_on() -> None:
    no = refused(400, "Unsupported value: 'temperature' does not support 0 with this model.")
    with chat_server(no, "db.orders.find()") as server:
        endpoint = ChatEndpoint(server.url, "tiny", KEY)
        assert endpoint.complete(ASK, 5) == "db.orders.find()"
        endpoint.complete(ASK, 5)
        endpoint.close()
    assert ["temperature" in request for request in server.requests] == [True, False, False]
    assert all("max_tokens" in request for request in server.requests)


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    with chat_server("db.orders.find()") as server:
        assert complete(server.url) == "db.orders.find()"
