"""Which collections have come, changed or gone: a pure decision, acted upon by the sensor.

Also the encoding of a collection's name as a partition key. Depends on nothing of Dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from mqt_serving.schema import IndexSchema, digest_of

GROWTH = 0.10


@dataclass(frozen=True)
class Fingerprint:
    """What can be known of a collection without reading it; `text` is for a sensor's cursor."""

    count: int
    shape: str

    @classmethod
    def of(cls, count: int, indexes: Sequence[IndexSchema]) -> Self:
        keys = sorted((index.name, index.keys, index.unique) for index in indexes)
        return cls(count, digest_of(keys)[:8])

    @property
    def text(self) -> str:
        return f"{self.count}:{self.shape}"

    @classmethod
    def parse(cls, text: str) -> Self:
        count, _, shape = text.partition(":")
        if not count.isdigit():
            raise ValueError(f"{text!r} is not a collection's fingerprint (`count:shape`)")
        return cls(int(count), shape)

    def differs_from(self, known: Fingerprint) -> bool:
        """Other indexes, or a tenth more or fewer documents: a few new ones change no schema."""
        if self.shape != known.shape:
            return True
        moved = abs(self.count - known.count)
        return moved > GROWTH * known.count


@dataclass(frozen=True)
class Changes:
    """Partition keys, each sorted; `deferred` are gone but still in use by a run."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.retired)


def partition_changes(
    known: Mapping[str, Fingerprint],
    seen: Mapping[str, Fingerprint],
    in_use: Collection[str] = (),
) -> Changes:
    """What to do, given what was known and what is seen now, both by partition key.

    `seen` must come from a complete, successful listing: what it lacks is retired. A partition
    that a run uses is retired only once the run is over.
    """
    gone = sorted(known.keys() - seen.keys())
    return Changes(
        added=tuple(sorted(seen.keys() - known.keys())),
        changed=tuple(
            sorted(key for key in known.keys() & seen.keys() if seen[key].differs_from(known[key]))
        ),
        retired=tuple(key for key in gone if key not in in_use),
        deferred=tuple(key for key in gone if key in in_use),
    )


def encode_partition(database: str, collection: str) -> str:
    """`database.collection` as a partition key that is also a safe file name.

    Letters, digits, `_`, `-` and single dots stay readable, everything else is percent-encoded;
    a database's name never holds a dot, so the first one separates the two.
    """
    if not database or not collection or "." in database:
        raise ValueError(f"not a collection: database {database!r}, collection {collection!r}")
    return f"{_quoted(database)}.{_quoted(collection)}"


def decode_partition(key: str) -> tuple[str, str]:
    """The (database, collection) of a partition key; `ValueError` if it is none."""
    database, dot, collection = key.partition(".")
    if not database or not dot or not collection:
        raise ValueError(f"{key!r} is not a partition key of the form `database.collection`")
    return unquote(database), unquote(collection)


def _quoted(name: str) -> str:
    quoted = quote(name, safe="").replace("~", "%7E")
    # Dagster refuses keys with "...", and a name must not end as a folder's "..".
    return quoted.replace("..", "%2E%2E")
