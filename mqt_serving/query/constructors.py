"""BSON values as mongosh and Extended JSON construct them: ISODate(...), {"$oid": ...}.

Each constructor raises ValueError with what it needs. Depends on `bson` only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
from typing import Never, TypeAlias, TypeVar

from bson import Decimal128, Int64, ObjectId, Regex
from bson.errors import InvalidId

from mqt_serving.query.operators import suggestion

Constructed: TypeAlias = (
    bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str] | None
)
Arguments: TypeAlias = Sequence[object]
Constructor: TypeAlias = Callable[[Arguments, datetime], Constructed]
_ErrorType = TypeVar("_ErrorType", bound=Exception)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REGEX_FLAGS = "imsx"


def regex(pattern: str, flags: str) -> Regex[str]:
    """A regular expression with MongoDB's options i, m, s and x (JavaScript's u is implied)."""
    for flag in flags:
        if flag not in _REGEX_FLAGS + "u":
            raise ValueError(
                f"the regular expression option {flag} has no meaning in MongoDB: leave it out "
                f"({', '.join(_REGEX_FLAGS)} are known)"
            )
    if "\0" in pattern:
        raise ValueError("a regular expression cannot contain a zero character")
    return Regex(pattern, flags.replace("u", ""))


def date(value: object) -> datetime:
    """A date in UTC from ISO text or milliseconds since 1970; text without a zone is UTC."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        try:
            return _EPOCH + timedelta(milliseconds=int(value))
        except OverflowError as error:
            raise ValueError(f"{value} is not within the years 1 to 9999") from error
    if not isinstance(value, str):
        raise ValueError(f'needs a date as text, such as "2025-03-31", not {value!r}')
    text = value.strip()
    if re.fullmatch(r"\d{4}(-\d\d)?", text):  # fromisoformat wants the day
        text = f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'{value!r} is not a date such as "2025-03-31T12:00:00Z"') from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _date(arguments: Arguments, now: datetime) -> datetime:
    if not arguments:
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
    if len(arguments) > 1:
        raise ValueError('counts months from 0 in local time: write the date as "2025-03-31"')
    return date(arguments[0])


def object_id(value: object) -> ObjectId:
    try:
        return ObjectId(value) if isinstance(value, str) else _refused(value, "24 hex digits")
    except InvalidId as error:
        raise ValueError(f"needs 24 hex digits, not {value!r}") from error


def _whole(value: object, bits: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return _refused(value, "a whole number")
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise ValueError(f"{value} does not fit {bits} bits")
    return value


def whole_32(value: object) -> int:
    return int(_whole(value, 32))


def whole_64(value: object) -> Int64:
    return Int64(_whole(value, 64))


def decimal(value: object) -> Decimal128:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _refused(value, "a number as text")
    try:
        return Decimal128(str(value))
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f"needs a number as text, not {value!r}") from error


def double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _refused(value, "a number")
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"needs a number, not {value!r}") from error


def _refused(value: object, needed: str) -> Never:
    raise ValueError(f"needs {needed}, not {value!r}")


def _regular_expression(value: object) -> Regex[str]:
    if not isinstance(value, Mapping):
        return _refused(value, "a pattern and options")
    return regex(str(value.get("pattern", "")), str(value.get("options", "")))


def _one(make: Callable[[object], Constructed]) -> Constructor:
    def construct(arguments: Arguments, now: datetime) -> Constructed:
        if len(arguments) != 1:
            raise ValueError(f"needs one argument, not {len(arguments)}")
        return make(arguments[0])

    return construct


def _regex(arguments: Arguments, now: datetime) -> Regex[str]:
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if len(texts) != len(arguments) or len(texts) not in (1, 2):
        raise ValueError("needs a pattern and perhaps options, both as text")
    return regex(texts[0], texts[1] if len(texts) == 2 else "")


CONSTRUCTORS: Mapping[str, Constructor] = {
    "ISODate": _date,
    "Date": _date,
    "ObjectId": _one(object_id),
    "ObjectID": _one(object_id),
    "NumberInt": _one(whole_32),
    "Int32": _one(whole_32),
    "NumberLong": _one(whole_64),
    "Long": _one(whole_64),
    "NumberDecimal": _one(decimal),
    "Decimal128": _one(decimal),
    "Double": _one(double),
    "RegExp": _regex,
    "BSONRegExp": _regex,
}

CONSTANTS: Mapping[str, float] = {"NaN": math.nan, "Infinity": math.inf}

EXTENDED_JSON: Mapping[str, Callable[[object], Constructed]] = {
    "$oid": object_id,
    "$date": date,
    "$numberInt": whole_32,
    "$numberLong": whole_64,
    "$numberDouble": double,
    "$numberDecimal": decimal,
    "$regularExpression": _regular_expression,
}

_OTHER_BSON = frozenset(
    {"UUID", "BinData", "Binary", "HexData", "MD5", "Timestamp", "MinKey", "MaxKey", "DBRef"}
)
_JAVASCRIPT = frozenset({"Code", "Function", "eval", "function"})


def unknown(
    name: str,
    error: Callable[[str], _ErrorType],
    not_read_only: Callable[[str], _ErrorType],
) -> _ErrorType:
    """The error for a constructor that the language does not have."""
    shown = name if len(name) <= 40 else name[:37] + "..."
    if name in _OTHER_BSON:
        return error(f"{name} values are not in the language yet")
    if name in _JAVASCRIPT or "=>" in name or name.startswith("function"):
        return not_read_only(f"{shown} is JavaScript, which queries cannot run")
    near = suggestion(name, CONSTRUCTORS)
    return error(f"{shown}(...) is not a value" + (f": did you mean {near}?" if near else ""))
