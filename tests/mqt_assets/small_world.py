"""A small shop in a real mongod with a home of its own, as a person runs MQT.

For tests of the whole loop. Training takes a handful of steps: it is not good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import dagster as dg
import pytest
from pymongo import MongoClient

from mqt_assets.definitions import build_defs
from mqt_assets.release.packaging import Champion
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.assembly import load_search, load_translator
from mqt_serving.release_loading import LoadedRelease, Loaders
from mqt_serving.settings import JOURNAL_DATABASE, Settings

SHOP = "graph_shop"


@dataclass
class World:
    """What the chapters share."""

    settings: Settings
    client: MongoClient[dict[str, Any]]
    folder: Path

    @property
    def shop(self) -> Any:
        return self.client[SHOP]

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        with dg.DagsterInstance.from_config(str(self.settings.dagster_home)) as instance:
            yield instance

    def run(self, job: str, **options: Any) -> dg.ExecuteInProcessResult:
        with self.instance() as instance:
            return (
                build_defs()
                .resolve_job_def(job)
                .execute_in_process(instance=instance, raise_on_error=False, **options)
            )

    def champion(self) -> Champion:
        champion = Champion.of(self.settings.releases_folder)
        assert champion is not None
        return champion

    def load_champion(self) -> LoadedRelease:
        return LoadedRelease.load(self.champion().folder, Loaders(load_translator, load_search))

    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.settings.artifacts_folder)

    def aliases(self) -> dict[str, str]:
        return MlflowTracking(settings=SettingsResource()).aliases()


@contextmanager
def living(folder: Path, mongo_uri: str, redis_url: str, **more: str) -> Iterator[World]:
    """A world in an empty folder until the block ends; `more` are settings by variable."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri)
    with pytest.MonkeyPatch.context() as patch, client:
        patch.chdir(folder)  # no corpus lies beside it
        for name, value in {
            "MONGODB_URI": mongo_uri,
            "MQT_JOURNAL_URI": mongo_uri,
            "MQT_REDIS_URL": redis_url,
            "MQT_HOME": str(folder / "home"),
            "MQT_DATABASES": SHOP,
            "MQT_BASE_MODEL": "none",
            "MQT_TRAINING_STEPS": "70",
            "MQT_TRAINING_SECONDS": "60",
            "MQT_SYNTHETIC_QUESTIONS": "400",
            "MQT_PRACTICE_QUESTIONS": "2",
            "MQT_EVALUATION_QUESTIONS": "60",
            "MQT_MAX_TRANSLATE_MS": "60000",
            "MQT_RETRAIN_AFTER_CORRECTIONS": "1",
            "MQT_RETRAIN_COOL_DOWN_MINUTES": "0",
            "MQT_RETRAIN_CALENDAR": "never",
            "MQT_RETRAIN_PER_DAY": "100",
            **more,
        }.items():
            patch.setenv(name, value)
        patch.delenv("MQT_TEND_FOLDER", raising=False)
        patch.delenv("MQT_SPIDER_SYN_FOLDER", raising=False)
        fill(client)
        yield World(Settings.load(), client, folder)
        client.drop_database(SHOP)
        client.drop_database(JOURNAL_DATABASE)


def fill(client: MongoClient[dict[str, Any]]) -> None:
    chance = Random(7)
    client.drop_database(SHOP)
    client.drop_database(JOURNAL_DATABASE)
    cities = ["Berlin", "Paris", "Rome", "Vienna"]
    client[SHOP]["customers"].insert_many(
        {"_id": n, "name": f"Customer {n}", "city": cities[n % 4], "age": 20 + n % 50}
        for n in range(60)
    )
    client[SHOP]["orders"].insert_many(
        {
            "_id": n,
            "customer_id": chance.randrange(60),
            "status": chance.choice(["paid", "open", "shipped"]),
            "placed_at": datetime(2025, 1, 1) + timedelta(days=chance.randrange(300)),
            "total": round(chance.random() * 200, 2),
            "items": [
                {"sku": f"S{chance.randrange(20)}", "quantity": chance.randrange(1, 5)}
                for _ in range(chance.randrange(1, 4))
            ],
        }
        for n in range(300)
    )
    client[SHOP]["staff"].insert_many(
        {"_id": n, "name": f"Staff {n}", "role": chance.choice(["clerk", "driver"]), "pay": n * 100}
        for n in range(20)
    )


def metadata_of(world: World, asset: str) -> dict[str, Any]:
    with world.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}
