"""A real HTTP server that speaks the chat completions protocol, and behaves as a test asks.

The protocol is real, the model is a script: replies are given in turn, the last one for ever.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What is sent back: a completion with `text`, or `body` as it is. `trickle` sends it byte by
    byte, each after so many seconds; `seconds` pass before anything is sent."""

    text: str = ""
    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    trickle: float = 0.0

    @property
    def content(self) -> bytes:
        return completion(self.text) if self.body is None else self.body


def completion(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"object": "chat.completion", "choices": [choice]}).encode()


def refused(status: int, message: str, **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message}}).encode()
    return Reply(status=status, body=body, headers=headers)


Behaviour = Callable[[dict[str, Any]], Reply]


class ChatServer:
    """`requests` are the bodies received, `headers` theirs, in order."""

    def __init__(self, *replies: Reply | str, by: Behaviour | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.models = ["tiny"]
        self._by = by
        self._lock = threading.Lock()
        self.answer_with(*replies)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = server._next(self.path, dict(self.headers), body)
                time.sleep(reply.seconds)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                pieces = [reply.content]
                if reply.trickle:
                    pieces = [reply.content[n : n + 1] for n in range(len(reply.content))]
                try:
                    for piece in pieces:
                        time.sleep(reply.trickle)
                        self.wfile.write(piece)
                        self.wfile.flush()
                except OSError:  # the client has had enough
                    pass

            def do_GET(self) -> None:
                """The models that there are."""
                server.headers.append(dict(self.headers))
                content = json.dumps({"data": [{"id": name} for name in server.models]}).encode()
                self.send_response(200 if self.path == "/v1/models" else 404)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def answer_with(self, *replies: Reply | str) -> None:
        self._replies = [Reply(r) if isinstance(r, str) else r for r in replies]

    @property
    def told(self) -> str:
        """All that the last request said."""
        return "\n".join(message["content"] for message in self.requests[-1]["messages"])

    def _next(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        with self._lock:
            self.paths.append(path)
            self.headers.append(headers)
            self.requests.append(body)
            if self._by is not None:
                return self._by(body)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


@contextmanager
def chat_server(*replies: Reply | str, by: Behaviour | None = None) -> Iterator[ChatServer]:
    server = ChatServer(*replies, by=by)
    thread = threading.Thread(target=server._http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        thread.join(timeout=5)
