"""`python -m mqt_assets.bootstrap`: make what is missing or stale, then leave; called by `mqt up`.

Looks first (no Dagster, no torch: a second or two) and, when there is nothing to do, says so. Else
one in-process run on the persistent Dagster instance makes it, told line by line. Exits with 1 and
one clear sentence when it fails; with 0 when a champion serves, even if a new candidate did not
pass.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mqt_assets.retraining.decision import STARTED_BY
from mqt_assets.schemas.discovery import Fingerprint
from mqt_assets.startup import DEPENDENCIES, Situation, Work, decide
from mqt_assets.state import (
    known_collections,
    seen_collections,
    stored_catalogs,
    training_record,
)
from mqt_assets.training.base_folder import base_digest, base_folder
from mqt_resources.artifacts import ArtifactStore, artifact_name
from mqt_resources.mongodb import MongoGateway
from mqt_serving.errors import MqtError, ReleaseCorrupt
from mqt_serving.releases import read_pointer, verify
from mqt_serving.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

Say = Callable[[str], None]

_FOLDERS = ("semantic_index", "text_encoder", "candidate_model")
_TABLES = ("corpus_examples", "synthetic_examples", "training_set")
_PARTITIONED = {"collection_schema": ".json", "collection_embeddings": ".npz"}


def main() -> int:
    """Exit code: 0 when something can serve (or there is no data yet), 1 with a message else."""
    started = time.monotonic()
    try:
        settings = Settings.load()
        return bootstrap(settings, _say, started)
    except MqtError as error:
        print(f"mqt: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("mqt: interrupted; the next start goes on from what is done", file=sys.stderr)
        return 130


def bootstrap(settings: Settings, say: Say, started: float) -> int:
    """Bring everything up to date; raises `MqtError` for what a person has to put right."""
    with MongoGateway(settings.required_mongodb_uri()) as gateway:
        seen = seen_collections(gateway, settings)
    if not seen:
        say(
            "MongoDB holds no collections to learn (MQT_DATABASES restricts them, if set). Load "
            "some data: the discovery sensor finds it within a minute and makes everything then."
        )
        return 0
    work = decide(situation_of(settings, seen))
    if not work:
        pointer = read_pointer(settings.releases_folder)
        release = pointer.champion if pointer else "none"
        took = f"{time.monotonic() - started:.1f} s"
        say(f"Everything is up to date: {len(seen)} collections, release {release} ({took}).")
        return 0
    say(f"Making {len(work.assets)} assets ({'; '.join(work.reasons)}).")
    _materialize(settings, seen, work, say)
    pointer = read_pointer(settings.releases_folder)
    if pointer is None:
        print("mqt: nothing could be released; see `release` in Dagster", file=sys.stderr)
        return 1
    say(f"Release {pointer.champion} is live after {time.monotonic() - started:.0f} s.")
    return 0


def situation_of(settings: Settings, seen: dict[str, Fingerprint]) -> Situation:
    """Read what is there from files alone."""
    store = ArtifactStore(settings.artifacts_folder)
    record = training_record(store)
    return Situation(
        known=known_collections(store),
        seen=seen,
        read_partitions=frozenset(key for key in seen if _partition_is_present(store, key)),
        present=frozenset(name for name in DEPENDENCIES if _is_present(store, name)),
        trained_on=frozenset(record["databases"]) if record else frozenset(),
        embedded_with=_index_model(store),
        embedding_model=settings.embedding_model or "all-MiniLM-L6-v2",
        model_is_readable=_is_readable(store),
        model_answers=_answers(store),
        trained_from=record.get("base_model", "scratch") if record else "",
        base=base_digest(base_folder(settings.base_model, settings.embedding_model)),
        stored_catalogs={n: c.digest for n, c in stored_catalogs(store).items()},
        released_catalogs=_released_catalogs(settings),
    )


def _is_present(store: ArtifactStore, name: str) -> bool:
    if name in _FOLDERS:
        return store.current(name) is not None
    if name in _PARTITIONED:
        return store.path(name).is_dir()
    return store.exists(name + (".parquet" if name in _TABLES else ".json"))


def _partition_is_present(store: ArtifactStore, key: str) -> bool:
    return all(
        store.exists(artifact_name(name, key, suffix)) for name, suffix in _PARTITIONED.items()
    )


def _index_model(store: ArtifactStore) -> str:
    folder = store.current("semantic_index")
    if folder is None:
        return ""
    return str(json.loads((folder / "items.json").read_text(encoding="utf-8"))["model"])


def _answers(store: ArtifactStore) -> bool:
    """Whether the candidate may serve, for all that its evaluation says."""
    name = "candidate_evaluation.json"
    return not store.exists(name) or json.loads(store.read(name))["overall"]["correct"] > 0


def _is_readable(store: ArtifactStore) -> bool:
    """Whether this version of the code can load the candidate."""
    from mqt_serving.translator.model import layout

    folder = store.current("candidate_model")
    if folder is None:
        return False
    described = json.loads((folder / "translator" / "translator.json").read_text(encoding="utf-8"))
    return bool(described.get("layout") == layout())


def _released_catalogs(settings: Settings) -> dict[str, str] | None:
    try:
        pointer = read_pointer(settings.releases_folder)
        if pointer is None:
            return None
        return dict(verify(settings.releases_folder / pointer.champion).catalog_digests)
    except ReleaseCorrupt:
        return None  # made again; serving refuses it in the meantime, with the reason


def _materialize(settings: Settings, seen: dict[str, Fingerprint], work: Work, say: Say) -> None:
    """One run for `work`, and one for yesterday's query log when there was never any."""
    import dagster as dg

    from mqt_assets.definitions import build_defs
    from mqt_assets.partitions import COLLECTIONS, range_tags
    from mqt_serving.platform.launch import prepare_dagster_home

    prepare_dagster_home(settings)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    defs = build_defs()
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        _close_orphans(instance, say)
        known = instance.get_dynamic_partitions(COLLECTIONS)
        instance.add_dynamic_partitions(COLLECTIONS, [key for key in seen if key not in known])
        for key in known:
            if key not in seen:
                instance.delete_dynamic_partition(COLLECTIONS, key)
        partitions = instance.get_dynamic_partitions(COLLECTIONS)
        tags = range_tags(partitions, work.partitions) if work.partitions else {}
        _run(defs, "everything_job", instance, say, assets=work.assets, tags=tags)
        if not ArtifactStore(settings.artifacts_folder).path("query_log").is_dir():
            yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
            _run(defs, "query_log_job", instance, say, partition=yesterday)


def _run(
    defs: dg.Definitions,
    job: str,
    instance: dg.DagsterInstance,
    say: Say,
    *,
    assets: tuple[str, ...] = (),
    tags: dict[str, str] | None = None,
    partition: str | None = None,
) -> None:
    import dagster as dg

    from mqt_assets.progress import cause_of

    result = defs.resolve_job_def(job).execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey(name) for name in assets] or None,
        partition_key=partition,
        tags={**(tags or {}), STARTED_BY: f"bootstrap:{os.getpid()}"},
        run_config={"loggers": {"progress": {}}},
        raise_on_error=False,
    )
    if result.success:
        return
    failed = [event for event in result.all_events if event.is_step_failure]
    if failed:
        raise MqtError(
            f"{failed[0].step_key} failed: {cause_of(failed[0])} "
            f"(run {result.run_id} in Dagster has the details)"
        )
    # No step raised, so a blocking check stopped the run; it was told as it happened.
    say(f"Run {result.run_id} was stopped by a check.")


def _close_orphans(instance: dg.DagsterInstance, say: Say) -> None:
    """Mark runs of a bootstrap that was killed as failed: sensors wait for runs in progress."""
    import dagster as dg

    from mqt_assets.runs import IN_PROGRESS

    for run in instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS)):
        process = run.tags.get(STARTED_BY, "").removeprefix("bootstrap:")
        if process.isdigit() and not os.path.exists(f"/proc/{process}"):
            instance.report_run_failed(run, "The process of this run was killed.")
            say(f"Run {run.run_id} had been cut off; it is marked as failed.")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
