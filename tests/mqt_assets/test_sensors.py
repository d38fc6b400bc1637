"""Sensors: their decisions on plain values, and themselves on a real instance and real MongoDB."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pymongo.database import Database

from mqt_assets.partitions import (
    COLLECTIONS,
    RANGE_END,
    RANGE_START,
    partitions_of,
    range_tags,
)
from mqt_assets.schemas.discovery import Fingerprint
from mqt_assets.sensors import (
    collection_discovery_sensor,
    discover,
)
from mqt_resources.definitions import local_resources
from mqt_resources.gateways import SettingsResource

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
A, B = Fingerprint(100, "a"), Fingerprint(10, "b")


def settings_for(home: Path, uri: str, databases: str) -> SettingsResource:
    return SettingsResource(
        overrides={
            "home": str(home),
            "mongodb_uri": uri,
            "journal_uri": uri,
            "databases": databases,
        }
    )


def ticking(
    instance: dg.DagsterInstance, settings: SettingsResource, cursor: str | None = None
) -> dg.SensorEvaluationContext:
    """A context manager: our resources open and close around a tick, as in the daemon."""
    return dg.build_sensor_context(instance, cursor, resources=local_resources(settings))


class TestPartitionRanges:
    def test_a_range_covers_what_is_wanted(self) -> None:
        tags = range_tags(["a", "b", "c", "d"], {"d", "b"})
        assert tags == {RANGE_START: "b", RANGE_END: "d"}
        assert partitions_of(tags, ["a", "b", "c", "d"]) == {"b", "c", "d"}

    def test_an_unknown_partition_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="not among the 1 known"):
            range_tags(["a"], {"x"})

    def test_a_run_for_one_partition_uses_that_one(self) -> None:
        assert partitions_of({"dagster/partition": "a"}, ["a", "b"]) == {"a"}
        assert partitions_of({}, ["a"]) == frozenset()


class TestDiscovery:
    def test_new_collections_get_partitions_and_one_run(self) -> None:
        result = discover(["s.a"], {"s.a": A}, {"s.a": A, "s.b": B, "s.c": B})
        assert isinstance(result, dg.SensorResult)
        assert [r.partition_keys for r in result.dynamic_partitions_requests or ()] == [
            ["s.b", "s.c"]
        ]
        (run,) = result.run_requests or ()
        assert run.job_name == "embed_job"
        assert (run.tags[RANGE_START], run.tags[RANGE_END]) == ("s.b", "s.c")

    def test_the_same_change_is_one_run_an_hour_and_another_one_another(self) -> None:
        def key(count: int, minute: int = 0, released: bool = True) -> str | None:
            seen = {"s.a": Fingerprint(count, "a")}
            at = NOW + timedelta(minutes=minute)
            result = discover(["s.a"], {"s.a": A}, seen, released=released, now=at)
            assert isinstance(result, dg.SensorResult)
            return (result.run_requests or ())[0].run_key

        for released in (True, False):
            assert key(500, 0, released) == key(500, 59, released)
            assert len({key(500, 0, released), key(900, 0, released)}) == 2
            # A run that failed had the key: Dagster would never start another one.
            assert key(500, 0, released) != key(500, 60, released)

    def test_nothing_new_is_skipped_with_the_reason(self) -> None:
        result = discover(["s.a"], {"s.a": A}, {"s.a": Fingerprint(101, "a")})
        assert isinstance(result, dg.SkipReason)
        assert "none new or changed" in (result.skip_message or "")

    def test_a_dropped_collection_is_retired_and_the_catalog_made_again(self) -> None:
        result = discover(["s.a", "s.b"], {"s.a": A, "s.b": B}, {"s.a": A})
        assert isinstance(result, dg.SensorResult)
        (request,) = result.dynamic_partitions_requests or ()
        assert isinstance(request, dg.DeleteDynamicPartitionsRequest)
        (run,) = result.run_requests or ()
        assert run.asset_selection == [
            dg.AssetKey("schema_catalog"), dg.AssetKey("semantic_index"), dg.AssetKey("release"),
        ]  # fmt: skip

    @pytest.mark.parametrize("failed_at", ["schema_catalog", "release"])
    def test_a_retirement_that_failed_is_tried_again_in_the_next_hour(self, failed_at: str) -> None:
        """The partition went with the first try, so nothing else tells of the collection."""

        def tick(minute: int, partitions: list[str]) -> dg.RunRequest:
            in_catalog = failed_at == "schema_catalog" or "s.b" in partitions
            result = discover(
                partitions,
                {"s.a": A, "s.b": B} if in_catalog else {"s.a": A},
                {"s.a": A},
                unreleased=[] if in_catalog else ["s.b"],
                now=NOW + timedelta(minutes=minute),
            )
            assert isinstance(result, dg.SensorResult)
            (run,) = result.run_requests or ()
            return run

        first, soon, later = tick(0, ["s.a", "s.b"]), tick(59, ["s.a"]), tick(60, ["s.a"])
        assert first.run_key == soon.run_key != later.run_key
        assert later.asset_selection == first.asset_selection

    def test_what_was_read_and_not_released_is_read_again(self) -> None:
        known = {"s.a": A, "s.b": B}
        result = discover(["s.a", "s.b"], known, known, unreleased=["s.b"])
        assert isinstance(result, dg.SensorResult)
        (run,) = result.run_requests or ()
        assert (run.tags[RANGE_START], run.tags[RANGE_END]) == ("s.b", "s.b")

    def test_a_partition_that_a_run_uses_is_not_deleted(self) -> None:
        result = discover(["s.a", "s.b"], {"s.a": A, "s.b": B}, {"s.a": A}, in_use={"s.b"})
        assert isinstance(result, dg.SkipReason)
        assert "Waiting for runs on s.b" in (result.skip_message or "")

    def test_a_partition_that_was_never_read_is_run(self) -> None:
        result = discover(["s.a"], {}, {"s.a": A})
        assert isinstance(result, dg.SensorResult)
        assert len(result.run_requests or ()) == 1

    def test_an_emptied_server_retires_all_and_runs_nothing(self) -> None:
        result = discover(["s.a"], {"s.a": A}, {})
        assert isinstance(result, dg.SensorResult)
        assert not result.run_requests
        assert len(result.dynamic_partitions_requests or ()) == 1

    def test_the_first_data_makes_everything(self) -> None:
        result = discover([], {}, {"s.a": A}, released=False)
        assert isinstance(result, dg.SensorResult)
        assert [r.job_name for r in result.run_requests or ()] == ["everything_job"]

    def test_on_a_real_instance(
        self, tmp_path: Path, mongo_uri: str, database: Database[dict[str, Any]]
    ) -> None:
        database["orders"].insert_one({"n": 1})
        settings = settings_for(tmp_path, mongo_uri, database.name)
        with dg.DagsterInstance.ephemeral() as instance, ticking(instance, settings) as context:
            data = collection_discovery_sensor.evaluate_tick(context)
            key = f"{database.name}.orders"
            assert [r.partition_keys for r in data.dynamic_partitions_requests or ()] == [[key]]
            (run,) = data.run_requests or ()
            assert run.tags[RANGE_START] == key
            # The instance is asked what exists: once added, it is not added again.
            instance.add_dynamic_partitions(COLLECTIONS, [key])
            again = collection_discovery_sensor.evaluate_tick(context)
            assert not again.dynamic_partitions_requests

    def test_a_server_that_is_away_changes_nothing(self, tmp_path: Path) -> None:
        settings = settings_for(tmp_path, "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200", "")
        with dg.DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions(COLLECTIONS, ["s.a"])
            with ticking(instance, settings) as context:
                data = collection_discovery_sensor.evaluate_tick(context)
            assert not data.dynamic_partitions_requests
            assert "could not be read" in (data.skip_message or "")
