"""Loading the sample shop: once, whole, and never over someone's data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from mqt_resources.sample_database import loading
from mqt_resources.sample_database.generator import generate
from mqt_resources.sample_database.loading import load
from mqt_serving.errors import ServiceUnavailable

PROJECT = Path(__file__).resolve().parents[3]


def test_loads_everything_with_its_indexes(mongo_uri: str, database: Database[Any]) -> None:
    done = load(mongo_uri, database.name, scale=0.01)
    expected = {name: len(documents) for name, documents in generate(scale=0.01).items()}
    assert done.documents == sum(expected.values())
    assert {n: database[n].count_documents({}) for n in expected} == expected
    for name, indexes in loading.INDEXES.items():
        assert len(database[name].index_information()) == len(indexes) + 1


def test_a_second_load_changes_nothing(mongo_uri: str, database: Database[Any]) -> None:
    load(mongo_uri, database.name, scale=0.01)
    database["orders"].delete_many({})
    assert load(mongo_uri, database.name, scale=0.01).documents == 0
    assert database["orders"].count_documents({}) == 0


def test_a_database_with_content_is_left_alone(mongo_uri: str, database: Database[Any]) -> None:
    database["mine"].insert_one({"a": 1})
    assert load(mongo_uri, database.name, scale=0.01).documents == 0
    assert database.list_collection_names() == ["mine"]


def test_an_interrupted_load_is_done_again(
    mongo_uri: str, database: Database[Any], mongo_client: MongoClient[Any]
) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(collection: str, documents: int) -> None:
        if collection == "customers":
            raise Interrupted

    with pytest.raises(Interrupted):
        load(mongo_uri, database.name, scale=0.01, progress=interrupt)
    assert "orders" not in database.list_collection_names()
    assert load(mongo_uri, database.name, scale=0.01).documents > 0
    assert database["support_tickets"].count_documents({}) > 0


def test_an_unreachable_server_is_named_without_its_password() -> None:
    uri = "mongodb://me:secret@127.0.0.1:9/?serverSelectionTimeoutMS=200"
    with pytest.raises(ServiceUnavailable, match="could not be loaded") as caught:
        load(uri, scale=0.01)
    assert "secret" not in str(caught.value)


def test_the_command_loads_and_says_so(mongo_uri: str, database: Database[Any]) -> None:
    command = [sys.executable, "-m", "mqt_resources.sample_database", "--uri", mongo_uri]
    command += ["--database", database.name, "--scale", "0.01"]
    first = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=True)
    assert f"documents in `{database.name}`" in first.stdout
    again = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=True)
    assert "nothing loaded" in again.stdout


def test_the_command_never_writes_to_the_users_server(mongo_uri: str, tmp_path: Any) -> None:
    environment = {"MONGODB_URI": mongo_uri, "MQT_HOME": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-m", "mqt_resources.sample_database"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=environment)
    assert done.returncode == 1
    assert "No embedded mongod is running" in done.stdout
