"""None of what people ask is refused, by the guard or for its cost, and all of it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_resources.sample_database.loading import load
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.execution import run
from mqt_serving.query.guarding.costing import check_cost
from mqt_serving.query.guarding.guard import Limits, Policy, check
from mqt_serving.schema import Catalog
from mqt_serving.settings import SAMPLE_DATABASE

Documents = Database[dict[str, Any]]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LINES = (Path(__file__).parent / "honest_queries.txt").read_text(encoding="utf-8").splitlines()
QUERIES = [line for line in LINES if line and not line.startswith("//")]


@pytest.fixture(scope="module")
def shop(mongo_uri: str, mongo_client: MongoClient[dict[str, Any]]) -> Documents:
    """The whole sample database, loaded once a session."""
    load(mongo_uri, SAMPLE_DATABASE)
    return mongo_client[SAMPLE_DATABASE]


@pytest.fixture(scope="module")
def catalog(shop: Documents) -> Catalog:
    """Of the first 300 documents of each collection; no field is private."""
    documents = {
        name: list(shop[name].find().limit(300)) for name in sorted(shop.list_collection_names())
    }
    return catalog_from_documents(shop.name, documents)


@pytest.mark.parametrize("text", QUERIES)
def test_an_honest_query_runs(text: str, shop: Documents, catalog: Catalog) -> None:
    limits = Limits()
    command = check(parse_query(text, NOW), catalog, Policy(limits))
    check_cost(command, shop, catalog, limits)
    run(command, shop, Limits(max_time_ms=60_000))


def test_there_are_enough_and_different_ones() -> None:
    assert len(set(QUERIES)) == len(QUERIES) >= 150
