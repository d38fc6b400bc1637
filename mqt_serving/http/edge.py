"""What surrounds every request: size limit, origin check, security headers, metrics, last resort.

Pure ASGI, so that it also covers what fails outside the routes. Blocking work runs in `Workers`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mqt_serving.errors import Overloaded
from mqt_serving.http.metrics import Metrics
from mqt_serving.http.problems import BodyTooLarge, problem, problem_of_http
from mqt_serving.query.cancellation import Cancellation

log = logging.getLogger(__name__)

T = TypeVar("T")

PAGES = ("/", "/experiments", "/insights", "/review")
MOST_BODY_BYTES = 256 * 1024

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Workers:
    """A bounded thread pool: what does not fit is refused at once instead of queueing for ever.

    `threads` run at a time, `waiting` more may wait for one.
    """

    def __init__(self, threads: int = 8, waiting: int = 24) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mqt-worker")
        self._capacity = threads + waiting
        self._taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Raises `Overloaded`. The place is taken until the work ends, even if nobody waits."""
        if self._taken >= self._capacity:
            raise Overloaded(
                f"{self._capacity} requests are being worked on, no more are taken. "
                "Try again in a moment."
            )
        self._taken += 1
        loop = asyncio.get_running_loop()
        future = self._pool.submit(work)
        future.add_done_callback(lambda done: self._release(loop, done))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _release(self, loop: asyncio.AbstractEventLoop, _: Future[T]) -> None:
        try:
            loop.call_soon_threadsafe(self._give_back)
        except RuntimeError:  # the loop is closed: the process is ending
            self._give_back()

    def _give_back(self) -> None:
        self._taken -= 1


@asynccontextmanager
async def cancelled_when_gone(request: Request) -> AsyncIterator[Cancellation]:
    """Inside, the cancellation is used as soon as the client drops the connection.

    The request's body must have been read already.
    """
    cancellation = Cancellation()
    watcher = asyncio.create_task(_cancel_when_gone(request, cancellation))
    try:
        yield cancellation
    finally:
        watcher.cancel()


async def _cancel_when_gone(request: Request, cancellation: Cancellation) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    log.info("the client of %s is gone: its query is ended", request.url.path)
    await asyncio.to_thread(cancellation.cancel)


class Edge:
    """The outermost application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, most_body_bytes: int = MOST_BODY_BYTES):
        self._app = app
        self._metrics = metrics
        self._most_body_bytes = most_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = uuid4().hex
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("Cache-Control", _caching(scope["path"]))
                for name, value in _SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception:
            log.exception("request %s failed: %s %s", request_id, scope["method"], scope["path"])
            if status != 0:
                raise  # the response has begun: only breaking it off is honest
            await problem(
                "internal-error",
                500,
                f"Something is wrong on our side; the log has the details of request {request_id}.",
                instance=scope["path"],
            )(scope, receive, send_with_headers)
        finally:
            self._metrics.in_flight.dec()
            seconds = time.perf_counter() - started
            self._metrics.request(_method(scope), _route(scope), status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if scope["method"] not in ("GET", "HEAD") and _from_another_site(headers):
            await problem(
                "cross-site-request",
                403,
                "Requests from pages of other sites are refused. Use MQT's own page, or a client "
                "that is not a browser.",
                instance=scope["path"],
            )(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._most_body_bytes:
            await problem_of_http(BodyTooLarge(self._most_body_bytes), scope["path"])(
                scope, receive, send
            )
            return
        await self._app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        """A chunked body states no length, so it is counted as it comes."""
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_body_bytes:
                raise BodyTooLarge(self._most_body_bytes)
            return message

        return receive_counted


def _from_another_site(headers: Headers) -> bool:
    """Browsers say where a request comes from; other clients say nothing and are let through."""
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _caching(path: str) -> str:
    """Answers are never stored; files of the page are asked for again, so that an upgrade shows."""
    return "no-cache" if path in PAGES or path.startswith("/static/") else "no-store"


def _route(scope: Scope) -> str:
    """The template of the route, so that made-up paths don't make series."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str) and path:
        return path
    return "/static" if scope["path"].startswith("/static/") else "(unknown)"


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "OPTIONS") else "(other)"
