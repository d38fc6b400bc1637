"""Running a guarded command, read-only and bounded, and its rows as JSON-friendly values.

Each command runs in a session of its own, so that it can be ended on the server by its session
when the client goes away or the connection times out; MongoDB itself ends it at `max_time_ms`.
Every PyMongo error becomes one of ours. Depends on PyMongo; knows nothing of policy (`guard`).
"""

from __future__ import annotations

import base64
import logging
import math
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import bson
from bson import (
    DatetimeMS,
    DBRef,
    Decimal128,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import make_read_preference, read_pref_mode_from_name

from mqt_serving.errors import (
    AuthenticationFailed,
    MqtError,
    QueryCancelled,
    QueryFailed,
    QueryRefused,
    QueryTimeout,
    ServiceUnavailable,
)
from mqt_serving.query.cancellation import Cancellation
from mqt_serving.query.dialects.rendering import MongoCall, to_mongo
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.pipeline import Command

log = logging.getLogger(__name__)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """`truncated`: there was more than `limits` allow, the rest was not fetched."""

    rows: list[Row]
    truncated: bool
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Read concern and read preference by their MongoDB names; empty: as the URI says."""

    concern: str = ""
    preference: str = ""


# Dates that Python cannot hold come back as DatetimeMS instead of failing the whole query.
_CODEC: CodecOptions[Row] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
# Documents stay as the server sent them until their size has been counted.
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def run(
    command: Command,
    database: Database[Row],
    limits: Limits | None = None,
    reading: Reading | None = None,
    cancellation: Cancellation | None = None,
) -> Result:
    """Run `command` on `database`; at most `limits.max_rows` rows of at most `max_time_ms`.

    Counting gives one row `{"count": n}`, distinct one row a value under the path's last name.
    Raises ServiceUnavailable, AuthenticationFailed, QueryTimeout, QueryCancelled or QueryFailed.
    """
    limits = limits or Limits()
    cancellation = cancellation or Cancellation()
    source = reading_as(database, reading or Reading())
    started = time.perf_counter()
    try:
        call = to_mongo(command)
        with database.client.start_session(causal_consistency=False) as session:
            end = _Ending(source, session)
            with cancellation.running(end):
                rows, truncated = _bounded(call, source, session, limits, end)
    except ValueError as error:  # a filter that MQL cannot write, a name that BSON cannot hold
        raise QueryFailed(f"The query cannot be sent to MongoDB: {error}.") from error
    except (PyMongoError, BSONError, OverflowError, TypeError) as error:
        if cancellation.is_cancelled:
            raise QueryCancelled("The client went away: the query was ended.") from error
        raise mapped_error(error, limits) from error
    return Result(rows, truncated, (time.perf_counter() - started) * 1000)


def reading_as(database: Database[Row], reading: Reading) -> Database[Row]:
    """The database, read with the concern and preference of `reading`."""
    preference = None
    if reading.preference:
        preference = make_read_preference(read_pref_mode_from_name(reading.preference), None)
    concern = ReadConcern(reading.concern) if reading.concern else None
    return database.with_options(read_concern=concern, read_preference=preference)


class _Ending:
    """Ends on the server whatever runs in a session.

    In a replica set it goes to a member that the query may have gone to; `Cancellation` repeats
    it until the query has ended.
    """

    def __init__(self, database: Database[Row], session: ClientSession) -> None:
        self._admin = database.client.get_database(
            "admin", read_preference=database.read_preference
        )
        self._session = session.session_id

    def __call__(self) -> None:
        try:
            self._admin.command("killSessions", [self._session])
        except PyMongoError as error:  # the query still ends at its max_time_ms
            log.warning("a query cannot be ended: %s", error)


def _bounded(
    call: MongoCall,
    database: Database[Row],
    session: ClientSession,
    limits: Limits,
    end: _Ending,
) -> tuple[list[Row], bool]:
    """The rows within limits, and whether there were more."""
    rows: list[Row] = []
    size = 0
    try:
        with closing(_rows(call, database, session, limits)) as found:
            for row, row_size in found:
                size += row_size
                if len(rows) == limits.max_rows or (rows and size > limits.max_result_bytes):
                    return rows, True
                rows.append(row)
    except NetworkTimeout:
        end()
        raise
    return rows, False


def _rows(
    call: MongoCall, database: Database[Row], session: ClientSession, limits: Limits
) -> Generator[tuple[Row, int], None, None]:
    """Each row with its size in bytes, 0 where MongoDB bounds the whole result to 16 MB."""
    name, time_limit = call.collection, limits.max_time_ms
    decoded: Collection[Row] = database.get_collection(name, codec_options=_CODEC)
    match call.method:
        case "find" | "aggregate":
            raw = cast(
                "Collection[RawBSONDocument]", database.get_collection(name, codec_options=_RAW)
            )
            with _cursor(call, raw, session, limits) as documents:
                for document in documents:
                    yield bson.decode(document.raw, _CODEC), len(document.raw)
        case "count_documents":
            given = {"skip": call.skip, "limit": call.limit, "collation": call.collation}
            options: dict[str, Any] = {n: value for n, value in given.items() if value is not None}
            count = decoded.count_documents(
                call.filter, session=session, maxTimeMS=time_limit, **options
            )
            yield {"count": count}, 0
        case "estimated_document_count":  # takes no session
            yield {"count": decoded.estimated_document_count(maxTimeMS=time_limit)}, 0
        case "distinct":
            key = call.key or "_id"
            leaf = key.rsplit(".", 1)[-1]
            values = decoded.distinct(
                key,
                call.filter,
                session=session,
                maxTimeMS=time_limit,
                collation=call.collation,
            )
            yield from (({leaf: value}, 0) for value in values)


def _cursor(
    call: MongoCall, collection: Collection[RawBSONDocument], session: ClientSession, limits: Limits
) -> Cursor[RawBSONDocument] | CommandCursor[RawBSONDocument]:
    batch = limits.max_rows + 1
    if call.method == "aggregate":
        return collection.aggregate(
            list(call.pipeline),
            session=session,
            maxTimeMS=limits.max_time_ms,
            batchSize=batch,
            allowDiskUse=False,
            collation=call.collation,
        )
    return collection.find(
        call.filter,
        call.projection,
        sort=list(call.sort) or None,
        skip=call.skip or 0,
        limit=min(call.limit or batch, batch),
        max_time_ms=limits.max_time_ms,
        allow_disk_use=False,
        session=session,
        collation=call.collation,
    )


_TOO_MUCH_MEMORY = 292  # QueryExceededMemoryLimitNoDiskUseAllowed
_AUTHENTICATION_CODES = frozenset({13, 18, 8000})  # Unauthorized, AuthenticationFailed, Atlas


def mapped_error(error: Exception, limits: Limits) -> MqtError:
    """Our error for what PyMongo or BSON raised."""
    match error:
        case ExecutionTimeout():
            return QueryTimeout(
                f"MongoDB did not finish the query within {limits.max_time_ms} ms: ask for less, "
                "filter on an indexed field, or raise the time limit."
            )
        case ConnectionFailure():
            return ServiceUnavailable(
                f"MongoDB does not answer ({_reason(error)}): check that it runs and that "
                "MONGODB_URI names it."
            )
        case OperationFailure(code=code) if code in _AUTHENTICATION_CODES:
            return AuthenticationFailed(
                f"MongoDB refused access ({_reason(error)}): check user, password and the roles "
                "of the user in MONGODB_URI."
            )
        case ConfigurationError():
            return ServiceUnavailable(f"The MongoDB client is misconfigured: {_reason(error)}.")
        case OperationFailure(code=code) if code == _TOO_MUCH_MEMORY:
            return QueryRefused(
                "MongoDB would need more than 100 MB of memory to sort or group so many rows: "
                "filter first, or keep fewer fields."
            )
        case OperationFailure():
            return QueryFailed(f"MongoDB refused the query: {_reason(error)}.")
        case _:
            return QueryFailed(f"The query cannot be run: {_reason(error)}.")


def _reason(error: Exception) -> str:
    """The server's own words, without the full reply and topology that PyMongo appends."""
    text = str(error).split(", full error:")[0].split(", Timeout:")[0]
    return text.strip().rstrip(".")


def to_json(value: Any) -> Any:
    """A BSON value as JSON has it: ISO dates, ObjectId as hex, Decimal128 as text.

    What JSON cannot hold (NaN, infinities, binary, MinKey...) becomes text.
    """
    match value:
        case None | bool():
            return value
        case str():
            return str(value)  # Code is a str, and not JSON's idea of one
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return _iso(value)
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case ObjectId() | Decimal128() | UUID():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Timestamp():
            return _iso(value.as_datetime())
        case Regex():
            return f"/{value.pattern}/"
        case DBRef():
            return to_json(value.as_doc())
        case DatetimeMS():
            return int(value)
        case MinKey() | MaxKey():
            return type(value).__name__
        case _:
            return str(value)


def _iso(moment: datetime) -> str:
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
