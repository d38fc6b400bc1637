"""Real servers for the tests: a mongod and a redis-server per session, a new database per test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from mqt_resources.sample_database.loading import load
from mqt_serving.platform.servers import MongoServer, RedisServer
from mqt_serving.settings import SAMPLE_DATABASE

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _no_dagster_instance_of_before() -> None:
    """Dagster loads definitions by the instance entered last, be it gone: with instances that did
    not end in the reverse order, one of an earlier test stays."""
    states = sys.modules.get("dagster._core.storage.defs_state.base")
    if states is not None:
        states._current_storage.set(None)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an embedded mongod that lives as long as the test session."""
    with MongoServer(tmp_path_factory.mktemp("mongodb")) as server:
        yield server.uri


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an embedded redis-server that lives as long as the test session."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server.uri


@pytest.fixture(scope="session")
def mongo_client(mongo_uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri)
    yield client
    client.close()


@pytest.fixture
def database(mongo_client: MongoClient[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """An empty database of the test's own, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.fixture(scope="session")
def shop(mongo_uri: str, mongo_client: MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    """The whole sample database (some seconds to load, once a session): only to be read."""
    load(mongo_uri, SAMPLE_DATABASE)
    return mongo_client[SAMPLE_DATABASE]


@pytest.fixture(scope="session")
def tend_folder() -> Path:
    """The TEND corpus; tests that need it are skipped where it is not."""
    folder = Path(os.environ.get("MQT_TEND_FOLDER") or PROJECT / ".." / "shared" / "tend").resolve()
    if not (folder / "train.json").is_file():
        pytest.skip(f"needs the TEND corpus: {folder} has no train.json (set MQT_TEND_FOLDER)")
    return folder
