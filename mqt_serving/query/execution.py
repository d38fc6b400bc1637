"""Running a guarded command, read-only and bounded, and its rows as JSON-friendly values.

Every PyMongo error becomes one of ours. Depends on PyMongo; knows nothing of policy (`guard`).
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

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
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)

from mqt_serving.errors import (
    AuthenticationFailed,
    MqtError,
    QueryFailed,
    QueryTimeout,
    ServiceUnavailable,
)
from mqt_serving.query.limits import Limits
from mqt_serving.query.pipeline import Command
from mqt_serving.query.rendering import MongoCall, to_mongo

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """`truncated`: there were more than `limits.max_rows` rows, the rest was not fetched."""

    rows: list[Row]
    truncated: bool
    milliseconds: float


# Dates that Python cannot hold come back as DatetimeMS instead of failing the whole query.
_CODEC: CodecOptions[Row] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


def run(command: Command, database: Database[Row], limits: Limits | None = None) -> Result:
    """Run `command` on `database`; at most `limits.max_rows` rows of at most `max_time_ms`.

    Counting gives one row `{"count": n}`, distinct one row a value under the path's last name.
    Raises ServiceUnavailable, AuthenticationFailed, QueryTimeout or QueryFailed.
    """
    limits = limits or Limits()
    started = time.perf_counter()
    try:
        call = to_mongo(command)
        collection = database.get_collection(call.collection, codec_options=_CODEC)
        rows = list(islice(_rows(call, collection, limits), limits.max_rows + 1))
    except ValueError as error:  # a filter that MQL cannot write, a name that BSON cannot hold
        raise QueryFailed(f"The query cannot be sent to MongoDB: {error}.") from error
    except (PyMongoError, BSONError, OverflowError, TypeError) as error:
        raise mapped_error(error, limits) from error
    return Result(
        rows=rows[: limits.max_rows],
        truncated=len(rows) > limits.max_rows,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _rows(call: MongoCall, collection: Collection[Row], limits: Limits) -> Iterable[Row]:
    batch = limits.max_rows + 1
    match call.method:
        case "find":
            limit = min(call.limit or batch, batch)
            with collection.find(
                call.filter,
                call.projection,
                sort=list(call.sort) or None,
                skip=call.skip or 0,
                limit=limit,
                max_time_ms=limits.max_time_ms,
                collation=call.collation,
            ) as cursor:
                yield from cursor
        case "aggregate":
            with collection.aggregate(
                list(call.pipeline),
                maxTimeMS=limits.max_time_ms,
                batchSize=batch,
                collation=call.collation,
            ) as results:
                yield from results
        case "count_documents":
            given = {"skip": call.skip, "limit": call.limit, "collation": call.collation}
            options: dict[str, Any] = {
                name: value for name, value in given.items() if value is not None
            }
            count = collection.count_documents(call.filter, maxTimeMS=limits.max_time_ms, **options)
            yield {"count": count}
        case "estimated_document_count":
            count = collection.estimated_document_count(maxTimeMS=limits.max_time_ms)
            yield {"count": count}
        case "distinct":
            key = call.key or "_id"
            leaf = key.rsplit(".", 1)[-1]
            values = collection.distinct(
                key, call.filter, maxTimeMS=limits.max_time_ms, collation=call.collation
            )
            yield from ({leaf: value} for value in values)


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
