"""A client that goes away takes its query with it: nothing runs on for nobody."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from pymongo.database import Database

Documents = Database[dict[str, Any]]
Client = MongoClient[dict[str, Any]]

PATIENCE = 5.0  # seconds; the time limit of a query is 10


def slow_query(collection: str) -> str:
    """Joins every document with every one by a computed comparison: minutes of work."""
    return (
        f"db.{collection}.aggregate([{{$lookup: {{from: '{collection}', let: {{a: '$total'}}, "
        "pipeline: [{$match: {$expr: {$gt: [{$add: ['$total', 1]}, '$$a']}}}], as: 'x'}}, "
        "{$group: {_id: null, n: {$sum: {$size: '$x'}}}}])"
    )


@pytest.fixture
def crowded(shop: Documents) -> Iterator[Documents]:
    """The shop with 4,000 orders more."""
    added = shop.orders.insert_many([{"total": n, "status": "bulk"} for n in range(4000)])
    yield shop
    shop.orders.delete_many({"_id": {"$in": added.inserted_ids}})


def running(client: Client, database: str) -> list[dict[str, Any]]:
    found = client.admin.aggregate(
        [{"$currentOp": {}}, {"$match": {"ns": f"{database}.orders", "op": "command"}}]
    )
    return list(found)


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def connection(client: httpx.Client, path: str, body: dict[str, str]) -> Iterator[None]:
    """A request that is sent and not waited for; the connection drops when the block ends."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: mqt\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    address = (client.base_url.host, client.base_url.port or 80)
    with socket.create_connection(address) as wire:
        wire.sendall(head.encode() + content)
        yield


def test_a_query_ends_when_its_client_drops_the_connection(
    client: httpx.Client, crowded: Documents, mongo_client: Client
) -> None:
    body = {"query": slow_query("orders"), "database": crowded.name}
    with connection(client, "/v1/run", body):
        assert eventually(lambda: bool(running(mongo_client, crowded.name)))
    dropped = time.monotonic()
    assert eventually(lambda: not running(mongo_client, crowded.name))
    assert time.monotonic() - dropped < 2.0


def test_the_server_goes_on_and_the_next_query_runs(
    client: httpx.Client, crowded: Documents, mongo_client: Client
) -> None:
    body = {"query": slow_query("orders"), "database": crowded.name}
    for _ in range(3):
        with connection(client, "/v1/run", body):
            assert eventually(lambda: bool(running(mongo_client, crowded.name)))
    assert eventually(lambda: not running(mongo_client, crowded.name))
    reply = client.post(
        "/v1/run", json={"query": "db.customers.countDocuments()", "database": crowded.name}
    )
    assert reply.status_code == 200, reply.text


def test_a_client_that_waits_gets_its_answer(client: httpx.Client, shop: Documents) -> None:
    query = {"query": "db.orders.countDocuments()", "database": shop.name}
    assert client.post("/v1/run", json=query).json()["rows"] == [{"count": 5}]
