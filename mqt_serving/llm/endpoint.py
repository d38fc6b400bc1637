"""The chat completions of an OpenAI-compatible endpoint (Ollama, vLLM, llama.cpp, hosted ones).

`POST <url>/chat/completions`, not streamed. One event loop in a thread of its own makes the calls,
since only a cancelled task ends in time whatever the server does: HTTP time limits start again
with each byte. Never logs prompt, reply or key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

import httpx

from mqt_serving.errors import QueryCancelled
from mqt_serving.llm.sharing import is_loopback
from mqt_serving.llm.use import Message
from mqt_serving.query.cancellation import Cancellation

log = logging.getLogger(__name__)

MOST_REPLY_TOKENS = 1024
_MOST_REPLY_BYTES = 1 << 20
_UNREACHABLE = (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError)
_OPTIONAL = ("temperature", "max_tokens")
"""What some hosted models refuse; they are asked without it from then on."""


class EndpointError(Exception):
    """Why there is no reply. `reason` is a stable slug; `pause` what the endpoint asked for."""

    def __init__(self, reason: str, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.reason, self.pause = reason, pause


class ChatEndpoint:
    """Thread-safe. Opens no connection before the first call."""

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self.url, self.model = url, model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._key = key
        self._options: dict[str, Any] = {"temperature": 0, "max_tokens": MOST_REPLY_TOKENS}
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def complete(
        self,
        messages: Sequence[Message],
        seconds: float,
        cancellation: Cancellation | None = None,
    ) -> str:
        """What the model says next; raises `EndpointError` within `seconds`, whatever happens, and
        `QueryCancelled` as soon as nobody waits for it any more."""
        if seconds <= 0:
            raise EndpointError("timeout", "no time is left")
        work = asyncio.run_coroutine_threadsafe(self._in_time(messages, seconds), self._running())
        try:
            with (cancellation or Cancellation()).running(lambda: _end(work)):
                return work.result()
        except CancelledError as error:
            raise QueryCancelled("Nobody waits for the answer any more.") from error
        finally:
            work.cancel()  # of no effect once it is done

    def close(self) -> None:
        """Ends the calls that are under way, as if nobody waited for them any more."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(timeout=5)
            loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="llm", daemon=True).start()
            return self._loop

    async def _end(self) -> None:
        calls = asyncio.all_tasks() - {asyncio.current_task()}
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _in_time(self, messages: Sequence[Message], seconds: float) -> str:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(messages)
        except TimeoutError as error:
            raise EndpointError("timeout", f"no reply within {seconds:.1f} s") from error
        except _UNREACHABLE as error:
            kind = type(error).__name__
            raise EndpointError("unreachable", f"{self.url} cannot be asked ({kind})") from error

    async def _ask(self, messages: Sequence[Message]) -> str:
        status, headers, body = await self._post(messages)
        refused = [name for name in _OPTIONAL if name in self._options and name.encode() in body]
        if status == 400 and refused:
            log.info("%s is asked without %s", self.model, " and ".join(refused))
            self._options = {k: v for k, v in self._options.items() if k not in refused}
            status, headers, body = await self._post(messages)
        if status != 200:
            log.warning("the language model replied %d: %s", status, self._said(body))
            raise _refusal(status, headers)
        return _content(body)

    async def _post(self, messages: Sequence[Message]) -> tuple[int, httpx.Headers, bytes]:
        if self._client is None:
            # A proxy would carry what is meant for this machine to another one.
            self._client = httpx.AsyncClient(
                headers=self._headers, timeout=None, trust_env=not is_loopback(self.url)
            )
        request = {
            "model": self.model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "stream": False,
            **self._options,
        }
        address = f"{self.url}/chat/completions"
        async with self._client.stream("POST", address, json=request) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MOST_REPLY_BYTES:
                    raise EndpointError("nonsense", "the reply does not end")
            return response.status_code, response.headers, bytes(body)

    def _said(self, body: bytes) -> str:
        """The error's own words, for the log: short, and without the key."""
        text = body[:2000].decode(errors="replace")
        with suppress(ValueError, LookupError, TypeError):
            text = str(json.loads(text)["error"]["message"])
        text = text.replace(self._key, "***") if self._key else text
        return " ".join(text[:200].split())


def _end(work: Future[str]) -> None:
    work.cancel()


def _refusal(status: int, headers: httpx.Headers) -> EndpointError:
    if status == 429:
        return EndpointError("rate-limited", "it has too much to do", _retry_after(headers))
    if status >= 500 or status == 408:
        return EndpointError("server-error", f"it failed with status {status}")
    if status in (401, 403):
        return EndpointError("refused", f"it refused MQT_LLM_API_KEY (status {status})")
    return EndpointError("refused", f"it refused the request (status {status})")


def _retry_after(headers: httpx.Headers) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:  # none, or a date
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _content(body: bytes) -> str:
    """`choices[0].message.content` of a chat completion."""
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise EndpointError("nonsense", "the reply is no chat completion") from error
    if not isinstance(content, str) or not content.strip():
        raise EndpointError("nonsense", "the reply is empty")
    return content
