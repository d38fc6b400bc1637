"""The gateway to the MongoDB that questions are about: what there is, and bounded samples of it.

Read-only. Every call has a time limit and raises our own errors: `ServiceUnavailable`,
`AuthenticationFailed`, `QueryTimeout`, `QueryFailed`, `SettingError` for an unusable address. An
unreadable server is never taken for an empty one.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeAlias

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)

from mqt_serving.errors import (
    AuthenticationFailed,
    QueryFailed,
    QueryTimeout,
    ServiceUnavailable,
    SettingError,
)
from mqt_serving.schema import IndexSchema
from mqt_serving.settings import OWN_DATABASE_PREFIX, SYSTEM_DATABASES, redact

Document: TypeAlias = dict[str, Any]

MAX_SAMPLE_BYTES = 64 * 1024 * 1024
REPRODUCIBLE_UP_TO = 500_000
"""Documents up to which a sample is chosen by hashing every `_id` (about 2 s at this size)."""

_CHUNK = 500
_DECODING: CodecOptions[Document] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,  # a year 10000 must not end the sample
    unicode_decode_error_handler="replace",
)
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_AUTHENTICATION_CODES = frozenset({11, 13, 18, 8000})
_TIMEOUT_CODES = frozenset({50, 262})


class MongoGateway:
    """One connection pool; close it, or use it as a context manager."""

    def __init__(self, uri: str, selection_ms: int = 5_000, max_time_ms: int = 20_000) -> None:
        self._address = redact(uri)
        self._max_time_ms = max_time_ms
        try:
            self._client: MongoClient[Document] = MongoClient(
                uri,
                appname="mqt",
                serverSelectionTimeoutMS=selection_ms,
                connectTimeoutMS=selection_ms,
                socketTimeoutMS=max_time_ms + selection_ms,
            )
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise SettingError(
                f"MONGODB_URI={self._address} cannot be used: {error}. It should read "
                "mongodb://user:password@host:port/ (see MongoDB's connection string format)."
            ) from error

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def list_databases(self, wanted: Collection[str] = ()) -> tuple[str, ...]:
        """Names of the databases that we may read, without MongoDB's own and MQT's.

        `wanted` restricts them; a wanted database that does not exist is just not listed.
        """
        with self._translated("list the databases"):
            listed = self._client.list_databases(nameOnly=True, authorizedDatabases=True)
            names = [str(entry["name"]) for entry in listed]
        return tuple(
            sorted(name for name in names if (name in wanted if wanted else _is_of_interest(name)))
        )

    def list_collections(self, database: str) -> tuple[str, ...]:
        """Names of collections and views, without MongoDB's own `system.` ones."""
        with self._translated(f"list the collections of {database}"):
            names = self._client[database].list_collection_names(authorizedCollections=True)
        return tuple(sorted(name for name in names if not name.startswith("system.")))

    def count(self, database: str, collection: str) -> int:
        """The number of documents, from metadata: a rough figure after an unclean shutdown."""
        with self._translated(f"count {database}.{collection}"):
            return self._client[database][collection].estimated_document_count(
                maxTimeMS=self._max_time_ms
            )

    def indexes(self, database: str, collection: str) -> tuple[IndexSchema, ...]:
        """The indexes, sorted by name; none for a view."""
        with self._translated(f"read the indexes of {database}.{collection}"):
            if self._is_view(database, collection):
                return ()
            found = self._client[database][collection].index_information()
        return tuple(
            IndexSchema(
                name=name,
                keys=tuple((path, _direction(direction)) for path, direction in index["key"]),
                unique=bool(index.get("unique", False)) or name == "_id_",
            )
            for name, index in sorted(found.items())
        )

    def sample(
        self, database: str, collection: str, size: int = 2_000, seed: int = 0
    ) -> list[Document]:
        """At most `size` documents, and the newest (by `_id`) among them.

        Up to `REPRODUCIBLE_UP_TO` documents the choice depends on the `_id`s and the seed only:
        those with the smallest hash. It stays the same while the data does, and changes little
        when documents come and go, so that schema digests are stable. MongoDB's `$sample` takes no
        seed; it serves larger collections and those whose `_id`s cannot be read in time. Documents
        beyond `MAX_SAMPLE_BYTES` in all are left out.
        """
        source = self._client[database][collection]
        with self._translated(f"sample {database}.{collection}"):
            newest = max(1, size // 10)
            count = source.estimated_document_count(maxTimeMS=self._max_time_ms)
            if count <= size:
                whole = _Sample()
                whole.read(self._find(source, {}).sort("_id", 1).limit(size))
                return list(whole.documents.values())
            latest = self._find(source, {}).sort("_id", -1).limit(newest)
            found = _Sample()
            found.read(latest)
            for chunk in self._chosen(source, count, size - len(found.documents), seed):
                found.read(chunk)
        return list(found.documents.values())[:size]

    def contains(
        self, database: str
    ) -> Callable[[str, str, Sequence[Hashable]], Collection[Hashable] | None]:
        """A look-up for `find_references`: which values a collection holds at a path.

        It answers None where finding out would scan more than `REPRODUCIBLE_UP_TO` documents.
        """
        indexed: dict[str, tuple[frozenset[str], int]] = {}

        def look_up(
            collection: str, path: str, values: Sequence[Hashable]
        ) -> Collection[Hashable] | None:
            if collection not in indexed:
                keys = self.indexes(database, collection)
                indexed[collection] = (
                    frozenset(index.keys[0][0] for index in keys),
                    self.count(database, collection),
                )
            paths, count = indexed[collection]
            if path not in paths and count > REPRODUCIBLE_UP_TO:
                return None
            with self._translated(f"look values up in {database}.{collection}"):
                found = self._client[database][collection].distinct(
                    path, {path: {"$in": list(values)}}, maxTimeMS=self._max_time_ms
                )
            known = {value for value in found if isinstance(value, Hashable)}
            return [value for value in values if value in known]

        return look_up

    def _is_view(self, database: str, collection: str) -> bool:
        listed = list(self._client[database].list_collections(filter={"name": collection}))
        return bool(listed) and listed[0].get("type") == "view"

    def _find(self, source: MongoCollection[Document], condition: Document) -> Any:
        return source.with_options(codec_options=_RAW).find(
            condition, max_time_ms=self._max_time_ms
        )

    def _chosen(
        self, source: MongoCollection[Document], count: int, size: int, seed: int
    ) -> Iterator[Any]:
        if count <= REPRODUCIBLE_UP_TO:
            try:
                identifiers = self._smallest_hashes(source, size, seed)
            except (ExecutionTimeout, NetworkTimeout):
                identifiers = []
            if identifiers:
                for start in range(0, len(identifiers), _CHUNK):
                    wanted = {"_id": {"$in": identifiers[start : start + _CHUNK]}}
                    yield self._find(source, wanted).sort("_id", 1)
                return
        raw = source.with_options(codec_options=_RAW)
        yield raw.aggregate([{"$sample": {"size": size}}], maxTimeMS=self._max_time_ms)

    def _smallest_hashes(
        self, source: MongoCollection[Document], size: int, seed: int
    ) -> list[object]:
        key = seed.to_bytes(8, "little", signed=True)
        raw = source.with_options(codec_options=_RAW)
        # Sorted by _id, so that the index alone answers.
        cursor = raw.find({}, {"_id": 1}, max_time_ms=self._max_time_ms).sort("_id", 1)
        hashed = (
            (hashlib.blake2b(document.raw, digest_size=8, key=key).digest(), document.raw)
            for document in cursor.batch_size(20_000)
        )
        return [
            bson.decode(raw_id, _DECODING)["_id"] for _, raw_id in heapq.nsmallest(size, hashed)
        ]

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OperationFailure as error:
            raise self._from_server(error, doing) from error
        except (NetworkTimeout, ConnectionFailure) as error:
            raise ServiceUnavailable(
                f"MongoDB at {self._address} does not answer (tried to {doing}): {_short(error)}. "
                "Check that it runs and that MONGODB_URI is right."
            ) from error
        except ConfigurationError as error:
            raise SettingError(f"MONGODB_URI={self._address} cannot be used: {error}") from error
        except PyMongoError as error:
            raise QueryFailed(f"Could not {doing}: {_short(error)}") from error

    def _from_server(self, error: OperationFailure, doing: str) -> Exception:
        reason = _short(error)
        if error.code in _AUTHENTICATION_CODES:
            return AuthenticationFailed(
                f"MongoDB at {self._address} refused to {doing}: {reason}. Check user, password "
                "and authSource in MONGODB_URI, and that the user has the role `read`."
            )
        if error.code in _TIMEOUT_CODES:
            return QueryTimeout(
                f"MongoDB took longer than {self._max_time_ms / 1000:g} s to {doing}."
            )
        return QueryFailed(f"MongoDB would not {doing}: {reason}")


class _Sample:
    """Documents by encoded `_id`, which is hashable whatever its type, bounded in bytes."""

    def __init__(self) -> None:
        self.documents: dict[bytes, Document] = {}
        self._left = MAX_SAMPLE_BYTES

    def read(self, cursor: Iterable[RawBSONDocument]) -> None:
        for raw in cursor:
            self._left -= len(raw.raw)
            if self._left < 0:
                return
            document = bson.decode(raw.raw, _DECODING)
            # A view may leave the _id out: then the whole document tells it apart.
            key = bson.encode({"_id": document["_id"]}) if "_id" in document else bytes(raw.raw)
            self.documents[key] = document


def _is_of_interest(name: str) -> bool:
    return name not in SYSTEM_DATABASES and not name.startswith(OWN_DATABASE_PREFIX)


def _direction(direction: object) -> str:
    return str(int(direction)) if isinstance(direction, int | float) else str(direction)


def _short(error: PyMongoError) -> str:
    """PyMongo appends whole topologies and replies to its messages."""
    details = error.details if isinstance(error, OperationFailure) else None
    text = str((details or {}).get("errmsg") or error)
    return text.split(", full error:")[0].split(", Timeout:")[0][:300]
