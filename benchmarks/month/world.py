"""MQT as it runs for somebody, in one process: servers, serving, and Dagster with its sensors.

Real servers on free ports in a folder of their own. `evening` does what Dagster's daemon does all
day: it evaluates the sensors and runs what they ask for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from pymongo import MongoClient

from mqt_assets.bootstrap import bootstrap
from mqt_assets.definitions import build_defs
from mqt_assets.partitions import COLLECTIONS
from mqt_assets.release.automatic import rollback_sensor
from mqt_assets.release.decisions import made
from mqt_assets.release.gates import EvaluationReport
from mqt_assets.release.packaging import TRANSLATOR, Champion
from mqt_assets.release.rollback import serve_again
from mqt_assets.sensors import collection_discovery_sensor, retraining_sensor
from mqt_resources.artifacts import ArtifactStore
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource
from mqt_resources.sample_database import loading as sample
from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import MqtError
from mqt_serving.observing import Observer
from mqt_serving.platform.servers import MongoServer, RedisServer
from mqt_serving.releases import write_release
from mqt_serving.settings import SAMPLE_DATABASE, Settings

SENSORS = (rollback_sensor, collection_discovery_sensor, retraining_sensor)
"""The watch looks every minute, so what it finds of a day comes before what the evening starts."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One look of a sensor: the runs that it asked for, as job and success, or why none."""

    sensor: str
    runs: tuple[tuple[str, bool], ...]
    said: str


@dataclass
class World:
    settings: Settings
    client: MongoClient[dict[str, Any]]
    serving: Serving
    cursors: dict[str, str | None] = field(default_factory=dict)

    @property
    def shop(self) -> Any:
        return self.client[SAMPLE_DATABASE]

    def evening(self) -> list[Tick]:
        """Every sensor looks once; serving follows what came of it."""
        ticks = [self._tick(sensor) for sensor in SENSORS]
        self.serving.releases.check()
        return ticks

    def run(self, job: str, environment: Mapping[str, str] | None = None, **options: Any) -> bool:
        """Run a job as a person would; `environment` are settings of this run alone."""
        with _environment(environment or {}), self._instance() as instance:
            result = (
                build_defs()
                .resolve_job_def(job)
                .execute_in_process(instance=instance, raise_on_error=False, **options)
            )
        self.serving.releases.check()
        return result.success

    def reasons(self) -> str:
        """Why the newest candidate does not serve; empty when nothing was decided about it."""
        store = ArtifactStore(self.settings.artifacts_folder)
        report = EvaluationReport.model_validate_json(store.read("candidate_evaluation.json"))
        decisions = made(store, report.translator)
        return " ".join(decisions[-1]["reasons"]) if decisions else ""

    def force_candidate(self, reason: str, author: str) -> str:
        """Serve the newest candidate past every gate, as somebody with access to the folder can."""
        root = self.settings.releases_folder
        champion = Champion.of(root)
        candidate = ArtifactStore(self.settings.artifacts_folder).current("candidate_model")
        if champion is None or candidate is None:
            raise MqtError("there is no candidate to force, or nothing that serves")
        with tempfile.TemporaryDirectory(prefix="mqt-forced-") as place:
            folder = Path(place) / "release"
            shutil.copytree(champion.folder, folder)
            (folder / "manifest.json").unlink()
            shutil.rmtree(folder / TRANSLATOR)
            shutil.copytree(candidate / TRANSLATOR, folder / TRANSLATOR)
            digests = champion.manifest.catalog_digests
            manifest = write_release(root, folder, catalog_digests=digests)
        serve_again(root, manifest.id, reason=reason, author=author)
        self.serving.releases.check()
        return manifest.id

    def _tick(self, sensor: dg.SensorDefinition) -> Tick:
        resources = local_resources(SettingsResource())
        with (
            self._instance() as instance,
            dg.build_sensor_context(
                instance, cursor=self.cursors.get(sensor.name), resources=resources
            ) as context,
        ):
            tick = sensor.evaluate_tick(context)
            for request in tick.dynamic_partitions_requests or ():
                for key in request.partition_keys:
                    if isinstance(request, dg.AddDynamicPartitionsRequest):
                        instance.add_dynamic_partitions(COLLECTIONS, [key])
                    else:
                        instance.delete_dynamic_partition(COLLECTIONS, key)
        self.cursors[sensor.name] = tick.cursor or self.cursors.get(sensor.name)
        runs = []
        for request in tick.run_requests or ():
            name = str(request.job_name or sensor.job.name)
            options: dict[str, Any] = {"tags": {**request.tags, "dagster/sensor_name": sensor.name}}
            if request.asset_selection:
                options["asset_selection"] = list(request.asset_selection)
            if request.run_config:
                options["run_config"] = request.run_config
            runs.append((name, self.run(name, **options)))
        return Tick(sensor.name, tuple(runs), tick.skip_message or "")

    @contextmanager
    def _instance(self) -> Iterator[dg.DagsterInstance]:
        with dg.DagsterInstance.from_config(str(self.settings.dagster_home)) as instance:
            yield instance


@contextmanager
def a_world(settings: Mapping[str, str], say: Any) -> Iterator[World]:
    """The sample database, everything made from it, and serving; gone at the end."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mqt-month-")))
        uri = stack.enter_context(MongoServer(place / "mongo")).uri
        redis = stack.enter_context(RedisServer(place / "redis")).uri
        own = {
            "MONGODB_URI": uri,
            "MQT_JOURNAL_URI": uri,
            "MQT_REDIS_URL": redis,
            "MQT_HOME": str(place / "home"),
            "MQT_DATABASES": SAMPLE_DATABASE,
            **settings,
        }
        stack.enter_context(_environment(own))
        sample.load(uri, SAMPLE_DATABASE)
        config = Settings.load()
        bootstrap(config, say, time.monotonic())
        serving = build_serving(config, Observer())
        serving.releases.check()
        serving.start()
        stack.callback(serving.close)
        client = stack.enter_context(MongoClient[dict[str, Any]](uri))
        yield World(config, client, serving)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
