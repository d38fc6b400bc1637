"""BSON values as mongosh, the Node.js driver and Extended JSON construct them: ISODate(...),
{"$oid": ...}.

Each constructor raises ValueError with what it needs. Depends on `bson` only.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Never, TypeAlias, TypeVar
from uuid import UUID

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.errors import InvalidId

from mqt_serving.query.operators import suggestion

Constructed: TypeAlias = (
    bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str]
    | Binary | Timestamp | MinKey | MaxKey | None
)  # fmt: skip
Arguments: TypeAlias = Sequence[object]
Constructor: TypeAlias = Callable[[Arguments, datetime], Constructed]
_ErrorType = TypeVar("_ErrorType", bound=Exception)


class RunsJavaScript(ValueError):
    """The value would be JavaScript."""


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
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'{value!r} is not a date such as "2025-03-31T12:00:00Z"') from error
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _date(arguments: Arguments, now: datetime) -> datetime:
    if not arguments:
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
    if len(arguments) > 1:
        raise ValueError('counts months from 0 in local time: write the date as "2025-03-31"')
    return date(arguments[0])


def _date_utc(arguments: Arguments, now: datetime) -> int:
    """`Date.UTC(2025, 0, 31)`, months from 0, as milliseconds since 1970."""
    parts = [whole_32(argument) for argument in arguments]
    if not 1 <= len(parts) <= 7:
        raise ValueError("needs a year, a month from 0 to 11 and perhaps a day and a time")
    month, day, *times = (parts[1:] + [0, 1, 0, 0, 0, 0][len(parts) - 1 :])[:6]
    try:
        hour, minute, second, milliseconds = times
        moment = datetime(
            parts[0], month + 1, day, hour, minute, second, milliseconds * 1000, tzinfo=UTC
        )
    except ValueError as error:
        raise ValueError(f"{', '.join(map(str, parts))} is not a date: {error}") from error
    return round((moment - _EPOCH) / timedelta(milliseconds=1))


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
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"needs a number of at most 34 digits as text, not {value!r}") from error


def double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _refused(value, "a number")
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"needs a number, not {value!r}") from error


_UUID_SUBTYPE = 4


def binary(data: bytes, subtype: object) -> Binary:
    """Binary data; that of subtype 4 is a UUID."""
    number = _whole(subtype, 32)
    if number not in range(256):
        raise ValueError(f"the subtype of binary data is a number from 0 to 255, not {number}")
    if number == _UUID_SUBTYPE and len(data) != 16:
        raise ValueError(f"subtype 4 is a UUID, which has 16 bytes, not {len(data)}")
    return Binary(data, number)


def from_base64(text: object, subtype: object = 0) -> Binary:
    try:
        data = base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"needs base64 text, not {text!r}") from error
    return binary(data, subtype)


def from_hex(text: object, subtype: object = 0) -> Binary:
    try:
        data = bytes.fromhex(text if isinstance(text, str) else "?")
    except ValueError as error:
        raise ValueError(f"needs hex digits, not {text!r}") from error
    return binary(data, subtype)


def uuid(value: object) -> Binary:
    try:
        return binary(UUID(value if isinstance(value, str) else "").bytes, _UUID_SUBTYPE)
    except ValueError as error:
        raise ValueError(
            f'needs a UUID as text, such as "12345678-1234-5678-1234-567812345678", not {value!r}'
        ) from error


def timestamp(seconds: object, increment: object) -> Timestamp:
    numbers = _whole(seconds, 64), _whole(increment, 64)
    if not all(0 <= number < 2**32 for number in numbers):
        raise ValueError("needs seconds since 1970 and a counter, both from 0 to 4294967295")
    return Timestamp(*numbers)


def _refused(value: object, needed: str) -> Never:
    raise ValueError(f"needs {needed}, not {value!r}")


def _one(make: Callable[[object], Constructed]) -> Constructor:
    def construct(arguments: Arguments, now: datetime) -> Constructed:
        if len(arguments) != 1:
            raise ValueError(f"needs one argument, not {len(arguments)}")
        return make(arguments[0])

    return construct


def _none(make: Callable[[], Constructed]) -> Constructor:
    def construct(arguments: Arguments, now: datetime) -> Constructed:
        if arguments:
            raise ValueError("takes no argument")
        return make()

    return construct


def _regex(arguments: Arguments, now: datetime) -> Regex[str]:
    texts = [argument for argument in arguments if isinstance(argument, str)]
    if len(texts) != len(arguments) or len(texts) not in (1, 2):
        raise ValueError("needs a pattern and perhaps options, both as text")
    return regex(texts[0], texts[1] if len(texts) == 2 else "")


def _bin_data(arguments: Arguments, now: datetime) -> Binary:
    """`BinData(subtype, base64)`."""
    if len(arguments) != 2:
        raise ValueError("needs a subtype and base64 text")
    return from_base64(arguments[1], arguments[0])


def _hex_data(arguments: Arguments, now: datetime) -> Binary:
    """`HexData(subtype, hex)`."""
    if len(arguments) != 2:
        raise ValueError("needs a subtype and hex digits")
    return from_hex(arguments[1], arguments[0])


def _binary_of_base64(arguments: Arguments, now: datetime) -> Binary:
    if len(arguments) not in (1, 2):
        raise ValueError("needs base64 text and perhaps a subtype")
    return from_base64(*arguments)


def _binary_of_hex(arguments: Arguments, now: datetime) -> Binary:
    if len(arguments) not in (1, 2):
        raise ValueError("needs hex digits and perhaps a subtype")
    return from_hex(*arguments)


def _buffer(arguments: Arguments, now: datetime) -> Binary:
    """`Buffer.from(text, "base64" or "hex")`."""
    match arguments:
        case (text, "base64"):
            return from_base64(text)
        case (text, "hex"):
            return from_hex(text)
        case _:
            raise ValueError('needs text and its encoding, "base64" or "hex"')


def _binary(arguments: Arguments, now: datetime) -> Binary:
    """`new Binary(Buffer.from(...), subtype)`."""
    match arguments:
        case (Binary() as data,):
            return binary(bytes(data), 0)
        case (Binary() as data, subtype):
            return binary(bytes(data), subtype)
        case _:
            raise ValueError('needs Buffer.from(text, "base64") and perhaps a subtype')


def _timestamp(arguments: Arguments, now: datetime) -> Timestamp:
    """`Timestamp(t, i)` or `Timestamp({t, i})`."""
    match arguments:
        case ({"t": seconds, "i": increment},):
            return timestamp(seconds, increment)
        case (seconds, increment):
            return timestamp(seconds, increment)
        case _:
            raise ValueError("needs seconds and a counter: Timestamp({ t: 1735689600, i: 1 })")


CONSTRUCTORS: Mapping[str, Constructor] = {
    "ISODate": _date,
    "Date": _date,
    "Date.UTC": _date_utc,
    "ObjectId": _one(object_id),
    "ObjectID": _one(object_id),
    "ObjectId.createFromHexString": _one(object_id),
    "NumberInt": _one(whole_32),
    "Int32": _one(whole_32),
    "NumberLong": _one(whole_64),
    "Long": _one(whole_64),
    "Long.fromString": _one(whole_64),
    "Long.fromNumber": _one(whole_64),
    "Long.fromInt": _one(whole_64),
    "Long.fromBigInt": _one(whole_64),
    "NumberDecimal": _one(decimal),
    "Decimal128": _one(decimal),
    "Decimal128.fromString": _one(decimal),
    "Double": _one(double),
    "RegExp": _regex,
    "BSONRegExp": _regex,
    "UUID": _one(uuid),
    "UUID.createFromHexString": _one(uuid),
    "BinData": _bin_data,
    "HexData": _hex_data,
    "Binary": _binary,
    "Binary.createFromBase64": _binary_of_base64,
    "Binary.createFromHexString": _binary_of_hex,
    "Buffer.from": _buffer,
    "Timestamp": _timestamp,
    "MinKey": _none(MinKey),
    "MaxKey": _none(MaxKey),
}

CONSTANTS: Mapping[str, float | MinKey | MaxKey] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "MinKey": MinKey(),
    "MaxKey": MaxKey(),
}


# -------------------------------------------------------------- Extended JSON


def _json_regex(value: object) -> Regex[str]:
    match value:
        case {"pattern": str(pattern), "options": str(options)}:
            return regex(pattern, options)
        case _:
            return _refused(value, "a pattern and options, both as text")


def _json_binary(value: object) -> Binary:
    match value:
        case {"base64": text, "subType": str(subtype)}:
            return from_base64(text, _hex_number(subtype))
        case _:
            return _refused(value, 'base64 and subType, as {"base64": "...", "subType": "00"}')


def _hex_number(text: str) -> int:
    if not re.fullmatch(r"[0-9a-fA-F]{1,2}", text):
        _refused(text, "a subtype of two hex digits")
    return int(text, 16)


def _json_timestamp(value: object) -> Timestamp:
    match value:
        case {"t": seconds, "i": increment}:
            return timestamp(seconds, increment)
        case _:
            return _refused(value, 't and i, as {"t": 1735689600, "i": 1}')


EXTENDED_JSON: Mapping[str, Callable[[object], Constructed]] = {
    "$oid": object_id,
    "$date": date,
    "$numberInt": whole_32,
    "$numberLong": whole_64,
    "$numberDouble": double,
    "$numberDecimal": decimal,
    "$regularExpression": _json_regex,
    "$binary": _json_binary,
    "$uuid": uuid,
    "$timestamp": _json_timestamp,
    "$minKey": lambda value: MinKey(),
    "$maxKey": lambda value: MaxKey(),
}
"""https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md"""

_NO_REFERENCE = 'it points to another document: test its parts, as { "author.$id": ... }'
_NO_SYMBOL = "it is a deprecated type: write text"
NO_VALUES: Mapping[str, str] = {
    "DBRef": _NO_REFERENCE,
    "DBPointer": _NO_REFERENCE,
    "$ref": _NO_REFERENCE,
    "$dbPointer": _NO_REFERENCE,
    "Symbol": _NO_SYMBOL,
    "BSONSymbol": _NO_SYMBOL,
    "$symbol": _NO_SYMBOL,
    "$undefined": "it is a deprecated type: write null",
}
"""BSON types that cannot be a value of a query, with the reason."""


def is_extended_json(keys: Sequence[str]) -> bool:
    """Whether an object with these keys writes one value, not a document."""
    return bool(keys) and (
        (keys[0] in EXTENDED_JSON and (len(keys) == 1 or tuple(keys) == ("$binary", "$type")))
        or (keys[0].startswith("$") and keys[0] in NO_VALUES)
        or keys[0] == "$code"
    )


def extended_json(document: Mapping[str, object]) -> Constructed:
    """The value that `{"$oid": "..."}` and its like write; ValueError where there is none,
    RunsJavaScript for JavaScript."""
    first = next(iter(document))
    if first == "$code":
        raise RunsJavaScript("is JavaScript, which queries cannot run")
    if first in NO_VALUES:
        raise ValueError(f"cannot be a value: {NO_VALUES[first]}")
    if len(document) == 2:  # version 1: {"$binary": "...", "$type": "00"}
        return from_base64(document["$binary"], _hex_number(str(document["$type"])))
    return EXTENDED_JSON[first](document[first])


_JAVASCRIPT = frozenset({"Code", "Function", "eval", "function"})


def unknown(
    name: str,
    error: Callable[[str], _ErrorType],
    not_read_only: Callable[[str], _ErrorType],
) -> _ErrorType:
    """The error for a constructor that the language does not have."""
    shown = name if len(name) <= 40 else name[:37] + "..."
    if name in NO_VALUES:
        return error(f"{name} cannot be a value: {NO_VALUES[name]}")
    if name in _JAVASCRIPT or "=>" in name or name.startswith("function"):
        return not_read_only(f"{shown} is JavaScript, which queries cannot run")
    near = suggestion(name, CONSTRUCTORS)
    return error(f"{shown}(...) is not a value" + (f": did you mean {near}?" if near else ""))
