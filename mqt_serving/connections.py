"""MongoDB connections of the serving process: opened at first use, so that the service starts.

A wrong or missing address surfaces as `ServiceUnavailable` on the request that needs it, and
the next request tries again. Depends on pymongo only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, PyMongoError

from mqt_serving.errors import ServiceUnavailable, SettingError
from mqt_serving.settings import redact

Client = MongoClient[dict[str, Any]]


class LazyClient:
    """One `MongoClient`, made by the first `get()`. `uri` may raise `SettingError`.

    `selection_ms` bounds how long a request waits for a server that is away; `socket_ms`
    how long it waits for an answer, and must exceed every `maxTimeMS`.
    """

    def __init__(
        self, uri: Callable[[], str], purpose: str, *, selection_ms: int, socket_ms: int
    ) -> None:
        self._uri = uri
        self._purpose = purpose
        self._selection_ms = selection_ms
        self._socket_ms = socket_ms
        self._client: Client | None = None
        self._lock = threading.Lock()

    def get(self) -> Client:
        """Raises `ServiceUnavailable` when there is no usable address; opens no connection yet."""
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _open(self) -> Client:
        try:
            uri = self._uri()
        except SettingError as error:
            raise ServiceUnavailable(str(error)) from error
        try:
            return MongoClient(
                uri,
                appname="mqt-serving",
                serverSelectionTimeoutMS=self._selection_ms,
                connectTimeoutMS=self._selection_ms,
                socketTimeoutMS=self._socket_ms,
            )
        except (ConfigurationError, PyMongoError, ValueError) as error:
            raise ServiceUnavailable(
                f"The address of {self._purpose}, {redact(uri)}, cannot be used: {error}. "
                "Correct it and restart the service."
            ) from error
