"""`mqt doctor`: what is configured, what is reachable, which release is live.

`examine` gathers findings and never raises for what it finds; the CLI prints them.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mqt_serving.errors import MqtError, ServiceUnavailable
from mqt_serving.llm.sharing import sharing_of
from mqt_serving.platform import asking, processes, reachability
from mqt_serving.platform.servers import MongoServer, RedisServer
from mqt_serving.releases import read_manifest, read_pointer
from mqt_serving.settings import (
    RunningServers,
    Settings,
    redact,
    shown,
    unknown_variables,
    variable_names,
)

_LEAST_FREE = 2 * 2**30


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, less well
    PROBLEM = "problem"  # something that is needed does not work


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    health: Health
    text: str


def examine(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Findings in the order in which a person would ask, each as soon as it is known."""
    yield from _configuration(settings, environment)
    yield _home(settings)
    yield from _running(settings)
    yield from _mongodb(settings)
    yield _redis(settings)
    yield _language_model(settings)
    yield from _serving(settings)
    yield _release(settings)


def _configuration(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    version = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield Finding("system", Health.OK, version)
    given = [f"{n}={shown(n, environment[n])}" for n in variable_names() if environment.get(n)]
    text = ", ".join(given) or "no variable is set: all defaults"
    yield Finding("settings", Health.OK, text)
    for name in unknown_variables(environment):
        yield Finding("settings", Health.WARNING, f"{name} is set, but there is no such setting")


def _home(settings: Settings) -> Finding:
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    if not os.access(existing, os.W_OK):
        return Finding("home", Health.PROBLEM, f"{settings.home} cannot be written: set MQT_HOME")
    free = shutil.disk_usage(existing).free
    text = f"{settings.home}, {free / 2**30:.1f} GB free"
    return Finding("home", Health.OK if free > _LEAST_FREE else Health.WARNING, text)


def _running(settings: Settings) -> Iterator[Finding]:
    servers = RunningServers.read(settings.servers_file)
    if servers is None:
        yield Finding("mqt up", Health.OK, "not running in this home")
        yield _check("embedded MongoDB", lambda: str(MongoServer.find_binary()))
        yield _check("embedded Redis", lambda: str(RedisServer.find_binary()))
        return
    if not processes.is_alive(servers.supervisor):
        text = "was killed; `mqt up` or `mqt down` cleans up"
        yield Finding("mqt up", Health.WARNING, text)
        return
    parts = ", ".join(f"{name} {pid}" for name, pid in servers.processes.items())
    yield Finding("mqt up", Health.OK, f"running, pid {servers.supervisor} ({parts})")


def _mongodb(settings: Settings) -> Iterator[Finding]:
    if not settings.mongodb_uri:
        text = "MONGODB_URI is not set and no `mqt up` is running"
        yield Finding("MongoDB", Health.PROBLEM, text)
        return

    def look() -> str:
        state = reachability.mongodb(settings.mongodb_uri)
        served = [name for name in state.databases if settings.serves_database(name)]
        names = ", ".join(served) or "no database to ask"
        return f"{state.version} at {redact(settings.mongodb_uri)}: {names}"

    yield _check("MongoDB", look)
    if not settings.journal_uri:
        text = "MQT_JOURNAL_URI is not set and no `mqt up` is running: feedback cannot be kept"
        yield Finding("journal", Health.PROBLEM, text)
    elif settings.journal_uri != settings.mongodb_uri:
        uri = settings.journal_uri
        yield _check(
            "journal",
            lambda: f"{reachability.mongodb(uri, 'MQT_JOURNAL_URI').version} at {redact(uri)}",
        )


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        text = "MQT_REDIS_URL is not set and no `mqt up` is running: no embedding cache"
        return Finding("Redis", Health.WARNING, text)

    def look() -> str:
        version = reachability.redis_version(settings.redis_url)
        return f"{version} at {redact(settings.redis_url)}"

    return _check("Redis", look, Health.WARNING)


def _language_model(settings: Settings) -> Finding:
    if not settings.llm_url:
        return Finding("language model", Health.OK, "none: MQT_LLM_URL is not set")

    def look() -> str:
        key = settings.llm_api_key.get_secret_value()
        known = reachability.language_models(settings.llm_url, key)
        shares = sharing_of(settings.llm_url, settings.llm_share).name.lower()
        text = f"{settings.llm_model} at {settings.llm_url}, gets {shares}"
        if settings.llm_model not in known:
            raise ServiceUnavailable(
                f"{text}: the endpoint knows no model {settings.llm_model!r} (MQT_LLM_MODEL); it "
                f"has {', '.join(known[:10]) or 'none'}"
            )
        return text

    return _check("language model", look, Health.WARNING)


def _serving(settings: Settings) -> Iterator[Finding]:
    # A running `mqt up` may have been started with other ports than this terminal has set.
    servers = RunningServers.read(settings.servers_file) or RunningServers()
    http = servers.http_url or settings.http_url
    dagster = servers.dagster_url or settings.dagster_url

    def look() -> str:
        ready = asking.call(http, "GET", "/readyz", timeout=3.0)
        refused = f"; newer one refused: {ready['refused']}" if ready.get("refused") else ""
        return f"{http} serves release {ready['release_id']}{refused}"

    yield _check("serving", look)
    if reachability.http_answers(f"{dagster}/server_info"):
        yield Finding("Dagster", Health.OK, dagster)
    else:
        text = f"no answer at {dagster}: the pipeline is not running"
        yield Finding("Dagster", Health.WARNING, text)


def _release(settings: Settings) -> Finding:
    def look() -> str:
        pointer = read_pointer(settings.releases_folder)
        if pointer is None:
            return "none yet: `mqt up` makes the first one"
        manifest = read_manifest(settings.releases_folder / pointer.champion)
        before = f", previous {pointer.previous}" if pointer.previous else ""
        return f"{manifest.id} of {manifest.created_at:%Y-%m-%d %H:%M} UTC{before}"

    return _check("release", look)


def _check(about: str, look: Callable[[], str], otherwise: Health = Health.PROBLEM) -> Finding:
    try:
        return Finding(about, Health.OK, look())
    except MqtError as error:
        return Finding(about, otherwise, str(error))
