"""Loads the databases that questions are asked of: the sample shop, a group of clinics, a bike
sharing operator. Into a server of one's own: what is there under their names is taken as loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from benchmarks.databases import bikes, clinic
from mqt_resources.sample_database import loading as shop

SHOP = "shop"
GENERATED: Mapping[str, ModuleType] = {clinic.NAME: clinic, bikes.NAME: bikes}
DATABASES: Sequence[str] = (SHOP, *GENERATED)


def load(name: str, uri: str, client: MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    """The database of this name, loaded with its indexes unless it has content already.

    Raises KeyError for a name that is not in `DATABASES`.
    """
    database = client[name]
    if name == SHOP:
        shop.load(uri, SHOP)
        return database
    if not database.list_collection_names():
        module = GENERATED[name]
        for collection, documents in module.generate().items():
            database[collection].insert_many(documents)
            database[collection].create_indexes(list(module.INDEXES[collection]))
    return database
