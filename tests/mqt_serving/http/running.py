"""Starting the real server (uvicorn on a free port) for a test, here or in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from mqt_serving.http.app import create_app
from mqt_serving.http.edge import Workers
from mqt_serving.platform.processes import free_port
from mqt_serving.settings import Settings
from tests.mqt_serving.table_translator import LOADERS

PROJECT = Path(__file__).parents[3]


@contextmanager
def serve(settings: Settings, workers: Workers | None = None) -> Iterator[httpx.Client]:
    """A client of a server that runs until the block ends."""
    app = create_app(settings, loaders=LOADERS, workers=workers)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        assert not thread.is_alive(), "the server does not stop"


@dataclass(frozen=True, slots=True)
class Process:
    """A server in a process of its own, which may be killed."""

    client: httpx.Client
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut: SIGKILL, so that nothing of it can still run."""
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def killable(settings: Settings) -> Iterator[Process]:
    """With release `one` loaded."""
    port = free_port()
    environment = {
        **os.environ,
        "MQT_HOME": str(settings.home),
        "MONGODB_URI": settings.mongodb_uri,
        "MQT_JOURNAL_URI": settings.journal_uri,
        "PYTHONPATH": str(PROJECT),
    }
    application = "tests.mqt_serving.http.table_app:create"
    command = [sys.executable, "-m", "uvicorn", "--factory", application, "--port", str(port)]
    server = subprocess.Popen(command, cwd=PROJECT, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            until(lambda: answers(client), 30)
            wait_for_release(client, "one")
            yield Process(client, server)
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def process(settings: Settings) -> Iterator[httpx.Client]:
    with killable(settings) as running:
        yield running.client


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def until(true: Callable[[], bool], seconds: float) -> float:
    """How long it took; fails after `seconds`."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds
        time.sleep(0.05)
    return time.monotonic() - started


def wait_for_release(client: httpx.Client, release_id: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        reply = client.get("/readyz")
        if reply.status_code == 200 and reply.json()["release_id"] == release_id:
            return
        time.sleep(0.02)
    raise AssertionError(f"release {release_id} does not become live: {client.get('/readyz').text}")
