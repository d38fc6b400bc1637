"""What has been made so far, read from files (artifacts, releases) without Dagster or torch.

Sensors and the start-up decision ask here many times a minute or before anything is imported, so
this module stays light.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqt_assets.release.audit import entries, last_released
from mqt_assets.schemas.discovery import Fingerprint, encode_partition
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.errors import ReleaseCorrupt
from mqt_serving.releases import read_manifest, read_pointer
from mqt_serving.schema import Catalog
from mqt_serving.settings import Settings

if TYPE_CHECKING:
    from mqt_resources.mongodb import MongoGateway

CATALOG = "schema_catalog.json"
CANDIDATE, TRAINING = "candidate_model", "training.json"
HOLDOUT, TRAINING_SET = "holdout.json", "training_set.parquet"
FEEDBACK = "feedback_dataset.json"
BASELINE = "drift_baseline.json"
RELEASE = "release.json"


def known_collections(store: ArtifactStore) -> dict[str, Fingerprint]:
    """How each collection was (by partition key) when its schema was last read."""
    return {
        encode_partition(catalog.database, schema.collection): Fingerprint.of(
            schema.document_count, schema.indexes
        )
        for catalog in stored_catalogs(store).values()
        for schema in catalog.collections
    }


def stored_catalogs(store: ArtifactStore) -> dict[str, Catalog]:
    """The catalogs by database, none before `schema_catalog` was first materialized."""
    if not store.exists(CATALOG):
        return {}
    stored = json.loads(store.read(CATALOG))
    return {name: Catalog.model_validate(body) for name, body in stored.items()}


def seen_collections(gateway: MongoGateway, settings: Settings) -> dict[str, Fingerprint]:
    """How each collection is in MongoDB now; raises when the server can't be read."""
    return {
        encode_partition(database, collection): Fingerprint.of(
            gateway.count(database, collection), gateway.indexes(database, collection)
        )
        for database in gateway.list_databases(settings.databases)
        for collection in gateway.list_collections(database)
    }


def unreleased_collections(store: ArtifactStore, root: Path) -> frozenset[str]:
    """Collections (by partition key) that are new, other or gone in the stored catalogs, where no
    release brought those: the run that read them did not get that far.

    Compared is the last release, which after a rollback is not the one that serves.
    """
    stored, pointer = stored_catalogs(store), read_pointer(root)
    if pointer is None:
        return frozenset()
    digests = {name: catalog.digest for name, catalog in stored.items()}
    last = last_released(entries(root)) or pointer.champion
    try:
        known = [
            dict(read_manifest(root / name).catalog_digests) for name in (pointer.champion, last)
        ]
        if digests in known:
            return frozenset()
        released = [
            Catalog.model_validate_json(path.read_bytes())
            for path in (root / last / "catalogs").glob("*.json")
        ]
    except ReleaseCorrupt:  # pruned or damaged: it says nothing
        return frozenset()
    before, now = _schemas(released), _schemas(stored.values())
    return frozenset(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))


def _schemas(catalogs: Iterable[Catalog]) -> dict[str, str]:
    """The digest of each collection's schema, by partition key."""
    return {
        encode_partition(catalog.database, schema.collection): schema.digest
        for catalog in catalogs
        for schema in catalog.collections
    }


def training_record(store: ArtifactStore) -> Mapping[str, Any] | None:
    """`training.json` of the current candidate, or None before the first training."""
    folder = store.current(CANDIDATE)
    return None if folder is None else json.loads((folder / TRAINING).read_text(encoding="utf-8"))


def trained_at(store: ArtifactStore) -> datetime | None:
    """When the training of the current candidate began; None before the first training."""
    record, folder = training_record(store), store.current(CANDIDATE)
    if record is None or folder is None:
        return None
    if "trained_at" in record:
        return datetime.fromisoformat(record["trained_at"])
    # Candidates of older versions do not say: the file is as old as their end.
    return datetime.fromtimestamp((folder / TRAINING).stat().st_mtime, UTC)


def trained_feedback(store: ArtifactStore) -> frozenset[str]:
    """Ids of the feedback that the current candidate has learned from."""
    record = training_record(store)
    return frozenset(record["feedback"]) if record else frozenset()


def decided_candidate(store: ArtifactStore) -> str | None:
    """The translator that the last release was decided about; empty before the first release, None
    where it does not say (older versions)."""
    if not store.exists(RELEASE):
        return ""
    candidate = json.loads(store.read(RELEASE)).get("candidate")
    return None if candidate is None else str(candidate)
