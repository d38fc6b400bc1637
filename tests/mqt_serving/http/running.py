"""Starting the real server (uvicorn on a free port) for a test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from mqt_serving.http.app import create_app
from mqt_serving.http.edge import Workers
from mqt_serving.settings import Settings
from tests.mqt_serving.table_translator import LOADERS


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


def wait_for_release(client: httpx.Client, release_id: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        reply = client.get("/readyz")
        if reply.status_code == 200 and reply.json()["release_id"] == release_id:
            return
        time.sleep(0.02)
    raise AssertionError(f"release {release_id} does not become live: {client.get('/readyz').text}")
