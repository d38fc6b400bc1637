"""Loads the databases that questions are asked of: the sample shop, a group of clinics, a bike
sharing operator. Into a server of one's own: what is there under their names is taken as loaded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.databases import bikes, clinic
from mqt_assets.schemas.catalogs import build_catalog
from mqt_assets.schemas.inference import infer
from mqt_resources.mongodb import MongoGateway
from mqt_resources.sample_database import loading as shop
from mqt_serving.platform.servers import MongoServer
from mqt_serving.schema import Catalog
from mqt_serving.settings import SAMPLE_DATABASE

GENERATED: Mapping[str, ModuleType] = {clinic.NAME: clinic, bikes.NAME: bikes}
DATABASES: Sequence[str] = (SAMPLE_DATABASE, *GENERATED)


@contextmanager
def own_server() -> Iterator[tuple[str, MongoClient[dict[str, Any]]]]:
    """An empty mongod, gone with its data at the end: its address and a client."""
    with (
        tempfile.TemporaryDirectory(prefix="mqt-benchmark-") as place,
        MongoServer(Path(place)) as server,
        MongoClient[dict[str, Any]](server.uri) as client,
    ):
        yield server.uri, client


def load(name: str, uri: str, client: MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    """The database of this name, loaded with its indexes unless it has content already.

    Raises KeyError for a name that is not in `DATABASES`.
    """
    if name == SAMPLE_DATABASE:
        shop.load(uri, name)
    elif not client[name].list_collection_names():
        module = GENERATED[name]
        load_documents(client[name], module.generate())
        for collection, indexes in module.INDEXES.items():
            client[name][collection].create_indexes(list(indexes))
    return client[name]


def load_documents(
    database: Database[dict[str, Any]], documents: Mapping[str, Sequence[dict[str, Any]]]
) -> None:
    """Insert the documents, by collection; one without documents is left out."""
    for collection, content in documents.items():
        if content:
            database[collection].insert_many(content)


def infer_catalog(uri: str, name: str) -> Catalog:
    """The catalog of a database as the pipeline infers it: from samples, with references."""
    with MongoGateway(uri) as gateway:
        inferred = [
            infer(
                gateway.sample(name, collection),
                name,
                collection,
                gateway.count(name, collection),
                gateway.indexes(name, collection),
            )
            for collection in gateway.list_collections(name)
        ]
        return build_catalog(name, inferred, gateway.contains(name))
