"""The frozen holdout: what candidates are measured on and never trained on. Pure.

Whole collections are held out, chosen by a stable hash of (database, collection), so that a
score tells how well unseen collections are understood; corpora hold out whole databases.
Whatever was held out once stays so, member by member, whatever is added later.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from mqt_assets.training.examples import (
    Example,
    collections_of,
    dataset_digest,
    question_key,
)
from mqt_serving.schema import Catalog

Held: TypeAlias = tuple[str, str]
"""(database, collection)"""

COLLECTION_SHARE: Final = 0.15
CORPUS_SHARE: Final = 0.14
"""Share of corpus databases held out where the corpus names none (18 of TEND's 130)."""
QUESTION_SHARE: Final = 0.1
"""Share of golds held out in databases with too few collections to spare one."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """`members` by id; `collections` and `databases` were ever held out; all sorted."""

    members: tuple[Example, ...]
    collections: tuple[Held, ...] = ()
    databases: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Content digest of the members."""
        return dataset_digest(self.members)

    def to_json(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "collections": [list(held) for held in self.collections],
            "databases": list(self.databases),
            "members": [example.to_json() for example in self.members],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Holdout:
        """Raises ValueError when the members are not those that the digest was made of."""
        found = cls(
            tuple(Example.from_json(member) for member in body["members"]),
            tuple((database, collection) for database, collection in body["collections"]),
            tuple(body["databases"]),
        )
        if found.digest != body["digest"]:
            raise ValueError(
                f"the holdout was changed: its digest is {found.digest}, recorded was "
                f"{body['digest']}; restore the recorded file or freeze a new holdout"
            )
        return found


@dataclass(frozen=True, slots=True)
class Division:
    """What may be trained on, and what may not although it is no member of the holdout.

    `dropped` are corrections that ask a held-out question; `excluded` are questions over
    held-out databases and copies of held-out questions and golds.
    """

    train: tuple[Example, ...]
    dropped: tuple[Example, ...]
    excluded: tuple[Example, ...]


def freeze(
    examples: Iterable[Example],
    previous: Holdout | None = None,
    *,
    catalogs: Mapping[str, Catalog] | None = None,
    corpus_databases: Collection[str] | None = None,
) -> Holdout:
    """The holdout of these examples, every member of `previous` included.

    `catalogs` tell which collections are hubs (without them: those most often joined in the
    examples); `corpus_databases` are the databases that a corpus sets apart. Corrections and
    further wordings of a corpus's golds are never chosen.
    """
    chosen = [example for example in examples if example.source in ("synthetic", "tend")]
    before = previous or Holdout(())
    databases = set(before.databases) | _held_databases(chosen, corpus_databases)
    own = [example for example in chosen if example.source == "synthetic"]
    own = [example for example in own if example.database not in databases]
    collections = set(before.collections)
    by_database: defaultdict[str, list[Example]] = defaultdict(list)
    for example in own:
        by_database[example.database].append(example)
    small: set[str] = set()
    for database, asked in by_database.items():
        known = {name for held_in, name in collections if held_in == database}
        fresh = _held_collections(database, asked, known, (catalogs or {}).get(database))
        collections |= {(database, name) for name in fresh}
        if not (known or fresh):
            small.add(database)
    members = {example.id: example for example in before.members}
    for example in chosen:
        if example.source == "tend":
            held = example.database in databases
        elif example.database in small:
            held = _hash(example.database, example.command) < QUESTION_SHARE
        else:
            held = example.database not in databases and _touches(example, collections)
        if held:
            members.setdefault(example.id, example)
    return Holdout(
        tuple(members[identity] for identity in sorted(members)),
        tuple(sorted(collections)),
        tuple(sorted(databases)),
    )


def divide(examples: Iterable[Example], holdout: Holdout) -> Division:
    """The examples that leak nothing of the holdout, each once, in their order."""
    members = {example.id for example in holdout.members}
    questions = {question_key(example) for example in holdout.members}
    golds = {(example.database, example.command) for example in holdout.members}
    collections = set(holdout.collections)
    train: dict[str, Example] = {}
    dropped: list[Example] = []
    excluded: list[Example] = []
    for example in examples:
        if example.id in members:
            continue
        if example.source == "correction":
            if question_key(example) in questions:
                dropped.append(example)
            else:
                train.setdefault(example.id, example)
        elif (
            example.database in holdout.databases
            or question_key(example) in questions
            or (example.database, example.command) in golds
            or _touches(example, collections)
        ):
            excluded.append(example)
        else:
            train.setdefault(example.id, example)
    return Division(tuple(train.values()), tuple(dropped), tuple(excluded))


def split(
    examples: Sequence[Example],
    previous: Holdout | None = None,
    *,
    catalogs: Mapping[str, Catalog] | None = None,
    corpus_databases: Collection[str] | None = None,
) -> tuple[list[Example], list[Example]]:
    """`freeze`, then `divide`: what to train on, and the members of the holdout."""
    holdout = freeze(examples, previous, catalogs=catalogs, corpus_databases=corpus_databases)
    return list(divide(examples, holdout).train), list(holdout.members)


def _held_databases(examples: Sequence[Example], named: Collection[str] | None) -> set[str]:
    seen = {example.database for example in examples if example.source == "tend"}
    if named is not None:
        return seen & set(named)
    return {database for database in seen if _hash(database, "") < CORPUS_SHARE}


def _held_collections(
    database: str, examples: Sequence[Example], known: set[str], catalog: Catalog | None
) -> set[str]:
    """Collections to hold out besides those known, in the order of their hashes."""
    touched = [collections_of(example.plan) for example in examples if example.plan is not None]
    if catalog is None:
        names = frozenset[str]().union(*touched)
        joined = Counter(name for plan in touched if len(plan) > 1 for name in plan)
    else:
        names = frozenset(catalog.by_name)
        joined = Counter(reference.to_collection for reference in catalog.references)
    room = int(COLLECTION_SHARE * len(names)) - len(known & names)
    hubs = {name for name, count in joined.items() if count == max(joined.values())}
    free = sorted(names - known - hubs, key=lambda name: _hash(database, name))
    return set(free[: max(0, room)])


def _touches(example: Example, collections: set[Held]) -> bool:
    return example.plan is not None and any(
        (example.database, name) in collections for name in collections_of(example.plan)
    )


def _hash(database: str, name: str) -> float:
    """Uniform in [0, 1), the same on every machine and in every run."""
    digest = hashlib.sha256(f"{database}\x00{name}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
