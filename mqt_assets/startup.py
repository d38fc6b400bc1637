"""What `mqt up` has to make before it can serve: a pure decision on what is there.

Runs at every start, so it imports neither Dagster nor torch. `DEPENDENCIES` repeats the asset graph
for that reason; a test compares it with the real one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mqt_assets.schemas.discovery import Fingerprint, decode_partition, partition_changes

DEPENDENCIES: Mapping[str, tuple[str, ...]] = {
    "collection_schema": (),
    "schema_catalog": ("collection_schema",),
    "collection_embeddings": ("collection_schema",),
    "semantic_index": ("collection_embeddings",),
    "text_encoder": (),
    "feedback_dataset": ("schema_catalog",),
    "corpus_catalogs": (),
    "corpus_examples": ("corpus_catalogs",),
    "practice_catalogs": (),
    "synthetic_examples": ("schema_catalog", "practice_catalogs"),
    "holdout": ("synthetic_examples", "corpus_examples", "schema_catalog"),
    "training_set": (
        "synthetic_examples", "corpus_examples", "feedback_dataset", "holdout", "schema_catalog",
    ),
    "candidate_model": (
        "training_set", "schema_catalog", "corpus_catalogs", "practice_catalogs",
        "feedback_dataset", "text_encoder",
    ),
    "candidate_evaluation": (
        "candidate_model", "holdout", "schema_catalog", "corpus_catalogs", "feedback_dataset",
    ),
    "release": (
        "candidate_model", "candidate_evaluation", "holdout", "schema_catalog", "corpus_catalogs",
        "semantic_index", "feedback_dataset",
    ),
    "drift_baseline": ("candidate_model", "schema_catalog"),
}  # fmt: skip
"""Every asset but the daily ones, upstream first."""

REFRESHED = (
    "schema_catalog", "collection_embeddings", "semantic_index", "feedback_dataset", "release",
)  # fmt: skip
"""What follows from changed collections. A model doesn't: it reads schemas when it is asked."""


@dataclass(frozen=True)
class Situation:
    """What is there. `present` are assets with a value; `read_partitions` have been materialized.

    `trained_on` are the databases that the candidate was trained for, empty without a candidate;
    `model_answers` is False when its evaluation found nothing right; `trained_from` are the base
    weights that it started from, `base` those that it would start from now. `embedded_with` is
    the model of the stored index. `released_catalogs` and `stored_catalogs` map databases to
    catalog digests, the former None when nothing was released (or not readable).
    """

    known: Mapping[str, Fingerprint]
    seen: Mapping[str, Fingerprint]
    read_partitions: frozenset[str]
    present: frozenset[str]
    trained_on: frozenset[str]
    embedded_with: str
    embedding_model: str
    model_is_readable: bool
    model_answers: bool
    trained_from: str
    base: str
    stored_catalogs: Mapping[str, str]
    released_catalogs: Mapping[str, str] | None


@dataclass(frozen=True)
class Work:
    """`assets` upstream first; `partitions` are the collections to read; `reasons` for people."""

    assets: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.assets)


def decide(situation: Situation) -> Work:
    """The least that brings everything up to date."""
    changes = partition_changes(situation.known, situation.seen)
    unread = situation.seen.keys() - situation.read_partitions
    stale = {*changes.added, *changes.changed, *unread}
    reasons: list[str] = []
    roots = {name for name in DEPENDENCIES if name not in situation.present}
    if roots:
        reasons.append(f"not made yet: {', '.join(n for n in DEPENDENCIES if n in roots)}")
    elif stale or changes.retired:
        reasons.append(_told(len(stale), len(changes.retired)))
    databases = frozenset(decode_partition(key)[0] for key in situation.seen)
    if "candidate_model" not in roots and databases != situation.trained_on:
        reasons.append("the model was trained for other databases")
        roots.add("synthetic_examples")
    if "candidate_model" not in roots and not situation.model_is_readable:
        reasons.append("the model is of an older format")
        roots.add("text_encoder")
    elif "candidate_model" not in roots and situation.trained_from != situation.base:
        reasons.append("the base weights are others now")
        roots.add("text_encoder")
    if not situation.model_answers and situation.released_catalogs is None:
        reasons.append("the model answers nothing yet (MQT_TRAINING_SECONDS trains it longer)")
        roots.add("candidate_model")
    if "semantic_index" not in roots and situation.embedded_with != situation.embedding_model:
        reasons.append(f"the embedding model is {situation.embedding_model} now")
        roots |= {"collection_embeddings", "text_encoder"}
        stale = set(situation.seen)
    chosen = downstream(roots)
    if stale:
        chosen |= {"collection_schema", *REFRESHED}
    if changes.retired:
        chosen |= {"schema_catalog", "semantic_index", "release"}
    if not chosen and situation.released_catalogs != situation.stored_catalogs:
        reasons.append("what serves is not what was made last")
        chosen.add("release")
    # Partitioned assets need partitions, and a refresh of some must not forget the others.
    partitioned = {"collection_schema", "collection_embeddings"} & chosen
    partitions = (stale or set(situation.seen)) if partitioned else set()
    ordered = tuple(name for name in DEPENDENCIES if name in chosen)
    return Work(ordered, tuple(sorted(partitions)), tuple(reasons))


def downstream(roots: Collection[str]) -> set[str]:
    """`roots` and everything that depends on them."""
    found = set(roots)
    for name, needs in DEPENDENCIES.items():  # upstream first, so one pass is enough
        if found.intersection(needs):
            found.add(name)
    return found


def _told(stale: int, retired: int) -> str:
    counts = ((stale, "new or changed"), (retired, "gone"))
    return " and ".join(f"{count} collections {what}" for count, what in counts if count)
