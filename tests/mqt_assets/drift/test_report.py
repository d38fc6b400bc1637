"""`drift_baseline` and `drift_report` on a real MongoDB, in a real Dagster instance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pymongo import MongoClient

from mqt_assets.definitions import build_defs
from mqt_assets.drift.flags import DriftFlag, read_flags
from mqt_assets.drift.report import DriftReport
from mqt_assets.retraining import triggers
from mqt_assets.schemas.inference import infer_collection
from mqt_assets.state import BASELINE, CANDIDATE, CATALOG, TRAINING
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.gateways import SettingsResource
from mqt_serving.journal import QueryRecord
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TRAINED = datetime(2026, 11, 8, 12, tzinfo=UTC)
DAY = "2026-11-10"
DATABASE = "drift_shop"
SECRET = "Xanthippe"

_CITIES = "Berlin Bonn Bremen Dresden Essen Hamburg Jena Kiel Lyon Mainz Paris Rome".split()
_OF_ORDERS = ("How many orders came from {}?", "Total of the paid orders in {}",
              "Orders by status in {}", "Average order of customers in {}",
              "Cancelled orders from {} last month")  # fmt: skip
_OF_STAFF = ("Which employees in {} are on sick leave?", "Salary of the managers in {}",
             "Holidays left per employee in {}", "Who was hired in {} last year?",
             "Training courses that staff in {} attended")  # fmt: skip


@dataclass
class World:
    settings: SettingsResource
    client: MongoClient[dict[str, Any]]
    instance: dg.DagsterInstance

    @property
    def store(self) -> ArtifactStore:
        return self.settings.artifacts()

    def fill(self, refunded: int, private: tuple[str, ...] = ("customer",)) -> None:
        """400 orders of which so many in a hundred are refunded; their number never changes.

        `private` is what was private when the schema was read.
        """
        orders = self.client[DATABASE]["orders"]
        documents = [
            {
                "_id": n,
                "status": "refunded" if n % 100 < refunded else ("paid", "open")[n % 2],
                "total": float(n * 37 % 500),
                "customer": SECRET if n % 3 else f"c{n}",
            }
            for n in range(400)
        ]
        orders.delete_many({})
        orders.insert_many(documents)
        schema = infer_collection(documents, DATABASE, "orders", 400, (), private)
        catalog = Catalog(database=DATABASE, collections=(schema,))
        stored = {DATABASE: catalog.model_dump(mode="json")}
        self.store.write(CATALOG, json.dumps(stored).encode())

    def ask(self, wordings: tuple[str, ...], start: datetime) -> None:
        asked = [wording.format(city) for wording in wordings for city in _CITIES]
        self.client[JOURNAL_DATABASE]["queries"].insert_many(
            QueryRecord(
                query_id=f"{start:%d%H}-{number}-{again}",
                at=start + timedelta(seconds=number + 1_000 * again),
                question=question,
                database=DATABASE,
                plan=None,
                command="db.x.find()",
                release_id="r1",
                source="model",
                outcome="answered",
                timings={"total_ms": 20.0},
            ).document()
            for number, question in enumerate(asked)
            for again in range(2)  # the same question twice counts once
        )

    def run(self, *assets: str, **options: Any) -> None:
        everything = build_defs({"settings": self.settings})
        job = everything.resolve_implicit_global_asset_job_def()
        keys = [dg.AssetKey(name) for name in assets]
        subset = job.get_subset(asset_selection=set(keys))
        assert subset.execute_in_process(instance=self.instance, **options).success

    def report(self) -> DriftReport:
        self.run("drift_report", partition_key=DAY)
        return DriftReport.model_validate_json(self.store.read(f"drift_report/{DAY}.json"))

    def flags(self) -> tuple[DriftFlag, ...]:
        return read_flags(self.store)


@pytest.fixture
def world(
    tmp_path: Path,
    mongo_uri: str,
    redis_url: str,
    mongo_client: MongoClient[dict[str, Any]],
) -> Iterator[World]:
    settings = SettingsResource(
        overrides={
            "home": str(tmp_path),
            "mongodb_uri": mongo_uri,
            "journal_uri": mongo_uri,
            "redis_url": redis_url,
            "private_fields": f"{DATABASE}.orders.customer",
        }
    )
    mongo_client.drop_database(JOURNAL_DATABASE)
    with dg.instance_for_test() as instance:
        yield World(settings, mongo_client, instance)
    for name in (JOURNAL_DATABASE, DATABASE):
        mongo_client.drop_database(name)


def trained(world: World, translator: str = "t1") -> None:
    with world.store.scratch(CANDIDATE) as scratch:
        folder = scratch / "value"
        folder.mkdir(parents=True)
        about = {"translator": translator, "trained_at": TRAINED.isoformat()}
        (folder / TRAINING).write_text(json.dumps(about))
        world.store.publish(CANDIDATE, folder)


def test_nothing_is_flagged_until_documents_and_questions_move(world: World) -> None:
    trained(world)
    world.fill(refunded=2)
    world.ask(_OF_ORDERS, TRAINED - timedelta(days=2))
    world.run("drift_baseline")
    world.ask(_OF_ORDERS, TRAINED + timedelta(hours=2))
    same = world.report()
    assert (same.translator, same.questions.drifted) == ("t1", False)
    assert (same.questions.before, same.questions.now) == (60, 60)
    [orders] = same.collections
    assert {field.path for field in orders.fields} == {"status", "total"}
    assert not orders.drifted and not world.flags()

    # Documents are changed in place: neither their number nor the schema tells.
    world.fill(refunded=40)
    world.ask(_OF_STAFF, TRAINED + timedelta(hours=5))
    moved = world.report()
    [orders] = moved.collections
    [status] = orders.drifted
    assert (status.path, status.bin, status.before, status.now) == ("status", "refunded", 0.02, 0.4)
    assert moved.questions.drifted and len(moved.questions.unlike) == 10
    # What names nothing in the schema is not shown where something is private.
    assert all("order" not in question for question in moved.questions.unlike[:5])
    flags = world.flags()
    assert {(flag.kind, flag.subject) for flag in flags} == {
        ("data", f"{DATABASE}.orders"),
        ("concept", "the questions"),
    }
    assert triggers.drift(flags, TRAINED, "t1").due

    world.report()  # found again, the same is no news
    assert world.flags() == flags
    trained(world, "t2")  # and died before its baseline
    assert "of a training before the last" in world.report().notes[0]
    assert not triggers.drift(world.flags(), TRAINED, "t2").due
    world.run("drift_baseline")
    after = world.report()
    assert not after.collections[0].drifted and after.questions.drifted
    # Questions of before take days to follow: one training is enough.
    assert world.flags() == flags


@pytest.mark.parametrize("private", [("customer",), ()])
def test_what_is_private_is_nowhere(world: World, private: tuple[str, ...]) -> None:
    trained(world)
    world.fill(2, private)  # without any: made private after the schema was read
    world.ask(_OF_ORDERS, TRAINED - timedelta(days=2))
    world.ask((*_OF_STAFF, f"What did {SECRET} buy in {{}}?"), TRAINED + timedelta(hours=2))
    world.run("drift_baseline")
    assert world.report().questions.drifted
    for name in (BASELINE, f"drift_report/{DAY}.json"):
        assert SECRET.encode() not in world.store.read(name)
    event = world.instance.get_latest_materialization_event(dg.AssetKey("drift_report"))
    assert event is not None and event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert "data:image/png;base64," in str(metadata["questions_plot"].value)
    assert SECRET not in str({k: v.value for k, v in metadata.items() if "plot" not in k})


def test_before_the_first_training_a_report_says_so(world: World) -> None:
    world.fill(refunded=2)
    found = world.report()
    assert found.trained_at is None and not found.collections and not world.flags()
    assert "no drift_baseline yet" in found.notes[0]
    assert found.questions.state == "0 questions before and 0 since, 50 of each are needed"


def test_of_a_first_model_the_first_questions_are_the_ones_of_before(world: World) -> None:
    trained(world)
    world.fill(refunded=2)
    world.run("drift_baseline")
    world.ask(_OF_ORDERS, TRAINED + timedelta(hours=1))
    few = world.report().questions
    assert not few.drifted and few.coefficient is None
    world.ask(_OF_STAFF, TRAINED + timedelta(hours=20))
    found = world.report().questions
    assert (found.before, found.now) == (100, 60)  # with some that were asked again
