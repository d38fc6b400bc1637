"""What happens by itself: collections come and go, a model is trained again, experiments move.

`schemas.discovery` decides on plain values; the sensor here reads, asks it, and turns the answer
into Dagster requests. A server that doesn't answer makes a sensor skip with the reason: a failed
read is not an empty source. The other sensors are with what they decide on.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from mqt_assets.experiments.automation import experiment_sensor
from mqt_assets.jobs import embed_job, everything_job
from mqt_assets.partitions import COLLECTIONS, collections, partitions_of, range_tags
from mqt_assets.release.automatic import rollback_sensor
from mqt_assets.retraining.automation import retraining_sensor
from mqt_assets.run_keys import hourly
from mqt_assets.runs import in_progress
from mqt_assets.schemas.discovery import Fingerprint, partition_changes
from mqt_assets.state import known_collections, seen_collections, unreleased_collections
from mqt_resources.gateways import MongoResource, SettingsResource
from mqt_serving.errors import MqtError
from mqt_serving.releases import read_pointer
from mqt_serving.schema import digest_of

NEVER_READ = Fingerprint(0, "")
# What follows from collections without reading one: enough when collections have only gone away.
AFTER_RETIREMENT = ["schema_catalog", "semantic_index", "release"]


@dg.sensor(
    name="collection_discovery_sensor",
    jobs=[embed_job, everything_job],
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Finds new, changed and dropped collections; keeps the partitions in step and "
    "refreshes what follows from them.",
)
def collection_discovery_sensor(
    context: dg.SensorEvaluationContext, settings: SettingsResource, mongodb: MongoResource
) -> dg.SensorResult | dg.SkipReason:
    try:
        with mongodb.gateway() as gateway:
            seen = seen_collections(gateway, settings.load())
    except MqtError as error:
        return dg.SkipReason(f"Nothing changed: the collections could not be read. {error}")
    partitions = context.instance.get_dynamic_partitions(COLLECTIONS)
    runs = in_progress(context.instance)
    if any(run.job_name in (embed_job.name, everything_job.name) for run in runs):
        return dg.SkipReason("A run over collections is in progress; looking again after it.")
    in_use = frozenset().union(*(partitions_of(dict(run.tags), partitions) for run in runs))
    root, store = settings.load().releases_folder, settings.artifacts()
    # What runs may be about to release it.
    unreleased = frozenset() if runs else unreleased_collections(store, root)
    return discover(
        partitions,
        known_collections(store),
        seen,
        in_use,
        released=read_pointer(root) is not None,
        unreleased=unreleased,
    )


def discover(
    partitions: Sequence[str],
    known: Mapping[str, Fingerprint],
    seen: Mapping[str, Fingerprint],
    in_use: Collection[str] = (),
    released: bool = True,
    unreleased: Collection[str] = (),
    now: datetime | None = None,
) -> dg.SensorResult | dg.SkipReason:
    """What to ask of Dagster: `partitions` exist, `known` is how collections were when their schema
    was read, `seen` is how they are in MongoDB now, partitions `in_use` are not deleted yet.
    `released`: something serves already, so that its schemas can be refreshed. `unreleased` are
    collections that were read, or found gone, by a run that failed before its release."""
    at = now or datetime.now(UTC)
    # A partition that was never materialized counts as one that was empty.
    recorded = {
        key: NEVER_READ if key in unreleased else known.get(key, NEVER_READ) for key in partitions
    }
    changes = partition_changes(recorded, seen, in_use)
    # Their partitions are gone, but the run that was to take them out of the catalog failed.
    left = {*known, *unreleased} - seen.keys() - set(partitions)
    requests: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if changes.added:
        requests.append(collections.build_add_request(list(changes.added)))
    if changes.retired:
        requests.append(collections.build_delete_request(list(changes.retired)))
    remaining = [key for key in partitions if key not in changes.retired] + list(changes.added)
    if not remaining:
        return dg.SensorResult(
            dynamic_partitions_requests=requests,
            skip_reason="There are no collections to learn: the databases are empty.",
        )
    if not changes and not left:
        waiting = f" Waiting for runs on {', '.join(changes.deferred)}." if changes.deferred else ""
        return dg.SkipReason(f"{len(seen)} collections, none new or changed.{waiting}")
    stale = [*changes.changed, *changes.added]
    if released:
        run = _refresh(remaining, stale, seen, at)
    else:
        # Data came after the start: there is no model yet that a refresh could serve with.
        key = f"first:{digest_of({k: seen[k].text for k in remaining if k in seen})}"
        tags = range_tags(remaining, remaining)
        run = dg.RunRequest(run_key=hourly(key, at), job_name=everything_job.name, tags=tags)
    return dg.SensorResult(run_requests=[run], dynamic_partitions_requests=requests)


def _refresh(
    remaining: Sequence[str],
    stale: Sequence[str],
    seen: Mapping[str, Fingerprint],
    at: datetime,
) -> dg.RunRequest:
    """One run for all that is stale: one an hour as long as the change is the same."""
    if not stale:
        return dg.RunRequest(
            run_key=hourly(f"retired:{digest_of(sorted(remaining))}", at),
            job_name=embed_job.name,
            asset_selection=[dg.AssetKey(name) for name in AFTER_RETIREMENT],
        )
    content = digest_of({key: seen[key].text for key in stale})
    return dg.RunRequest(
        run_key=hourly(f"collections:{content}", at),
        job_name=embed_job.name,
        tags=range_tags(remaining, stale),
    )


SENSORS = [collection_discovery_sensor, retraining_sensor, experiment_sensor, rollback_sensor]
