"""Is a server there, does it let us in? Short waits, and errors that say what to correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import redis
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from mqt_serving.errors import AuthenticationFailed, ServiceUnavailable, SettingError
from mqt_serving.llm.sharing import is_loopback
from mqt_serving.settings import redact

_AUTHENTICATION_CODES = frozenset({11, 13, 18, 8000})


@dataclass(frozen=True, slots=True)
class MongoState:
    version: str
    databases: tuple[str, ...]


def mongodb(uri: str, variable: str = "MONGODB_URI", timeout: float = 5.0) -> MongoState:
    """Version and databases of the server at `uri`.

    Raises `SettingError` (not a usable address), `AuthenticationFailed` or `ServiceUnavailable`,
    naming `variable`.
    """
    shown = redact(uri)
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(
            uri, serverSelectionTimeoutMS=int(timeout * 1000), appname="mqt-doctor"
        )
    except (ConfigurationError, PyMongoError, ValueError) as error:
        raise SettingError(f"{variable}={shown} cannot be used: {error}.") from error
    try:
        version = client.server_info()["version"]
        return MongoState(str(version), tuple(sorted(client.list_database_names())))
    except OperationFailure as error:
        if error.code in _AUTHENTICATION_CODES:
            raise AuthenticationFailed(
                f"MongoDB at {shown} refuses the user or password of {variable} "
                f"({(error.details or {}).get('errmsg', error)}). Correct them; the role `read` on "
                "the databases to be asked about is enough."
            ) from error
        raise ServiceUnavailable(f"MongoDB at {shown} ({variable}): {error}") from error
    except PyMongoError as error:
        reason = str(error).split(", Timeout:")[0]
        raise ServiceUnavailable(
            f"MongoDB at {shown} ({variable}) does not answer: {reason}. Start it, or correct "
            f"{variable}; unset, an embedded server is used."
        ) from error
    finally:
        client.close()


def redis_version(url: str, timeout: float = 2.0) -> str:
    """Version of the Redis at `url`; raises `ServiceUnavailable` naming MQT_REDIS_URL."""
    client = redis.Redis.from_url(url, socket_connect_timeout=timeout, socket_timeout=timeout)
    try:
        information: Any = client.info("server")
        return str(information["redis_version"])
    except redis.RedisError as error:
        raise ServiceUnavailable(
            f"Redis at {redact(url)} (MQT_REDIS_URL) does not answer: {error}. MQT works without "
            "it, slower: embeddings are computed again."
        ) from error
    finally:
        client.close()


def language_models(url: str, key: str = "", timeout: float = 3.0) -> tuple[str, ...]:
    """The models of an OpenAI-compatible endpoint; raises `ServiceUnavailable`."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    proxies = not is_loopback(url)
    try:
        reply = httpx.get(f"{url}/models", headers=headers, timeout=timeout, trust_env=proxies)
        reply.raise_for_status()
        return tuple(str(model["id"]) for model in reply.json()["data"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise ServiceUnavailable(
            f"The language model at {url} (MQT_LLM_URL) cannot be asked: {error}. Questions are "
            "answered without it."
        ) from error


def http_answers(url: str, timeout: float = 1.0) -> bool:
    """Whether a GET of `url` succeeds."""
    try:
        return httpx.get(url, timeout=timeout, trust_env=False).is_success
    except httpx.HTTPError:
        return False
