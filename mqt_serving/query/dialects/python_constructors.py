"""Values as PyMongo code constructs them: datetime(...), Int64(...), re.compile(...).

Each constructor raises ValueError, TypeError or OverflowError with what it needs. Depends on
`constructors`.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias

from bson import Binary, MaxKey, MinKey, Regex

from mqt_serving.query.dialects import constructors
from mqt_serving.query.operators import suggestion

Arguments: TypeAlias = Sequence[Any]
Keywords: TypeAlias = Mapping[str, Any]
Constructor: TypeAlias = Callable[[Arguments, Keywords, datetime], object]

_FLAGS = {"i": re.I, "m": re.M, "s": re.S, "x": re.X}
_MODULES = frozenset(
    "bson objectid decimal128 int64 regex son binary timestamp min_key max_key pymongo collation "
    "collections uuid dt".split()
)

CONSTANTS: Mapping[str, object] = {
    "ASCENDING": 1,
    "DESCENDING": -1,
    "UTC": UTC,
    "datetime.UTC": UTC,
    "timezone.utc": UTC,
    "math.inf": math.inf,
    "math.nan": math.nan,
    **{f"re.{name}": flag for name, flag in re.RegexFlag.__members__.items()},
    "CollationStrength.PRIMARY": 1,
    "CollationStrength.SECONDARY": 2,
    "CollationStrength.TERTIARY": 3,
    "CollationStrength.QUATERNARY": 4,
    "CollationStrength.IDENTICAL": 5,
    "CollationCaseFirst.UPPER": "upper",
    "CollationCaseFirst.LOWER": "lower",
    "CollationCaseFirst.OFF": "off",
    "CollationAlternate.NON_IGNORABLE": "non-ignorable",
    "CollationAlternate.SHIFTED": "shifted",
    "CollationMaxVariable.PUNCT": "punct",
    "CollationMaxVariable.SPACE": "space",
}


def plain_name(dotted: str) -> str:
    """`bson.objectid.ObjectId` as `ObjectId`, `datetime.datetime.now` as `datetime.now`."""
    parts = dotted.split(".")
    while len(parts) > 1 and (
        parts[0] in _MODULES
        or (parts[0] == "datetime" and parts[1] in ("datetime", "timedelta", "timezone", "date"))
    ):
        parts.pop(0)
    return ".".join(parts)


def in_utc(moment: datetime) -> datetime:
    """As MongoDB keeps it: in UTC (a moment without a zone is taken to be), to the millisecond."""
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, fold=0)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _bind(names: Sequence[str], arguments: Arguments, keywords: Keywords) -> dict[str, Any]:
    if len(arguments) > len(names):
        raise ValueError(f"takes at most {len(names)} arguments, not {len(arguments)}")
    given = dict(zip(names, arguments, strict=False))
    for name, value in keywords.items():
        if name not in names or name in given:
            raise ValueError(f"has no argument {name}" if name not in names else f"{name} twice")
        given[name] = value
    return given


def _one(make: Callable[[object], object], name: str) -> Constructor:
    def construct(arguments: Arguments, keywords: Keywords, now: datetime) -> object:
        given = _bind([name], arguments, keywords)
        if name not in given:
            raise ValueError("needs one argument")
        return make(given[name])

    return construct


def _none(make: Callable[[], object]) -> Constructor:
    def construct(arguments: Arguments, keywords: Keywords, now: datetime) -> object:
        _bind([], arguments, keywords)
        return make()

    return construct


def _datetime(arguments: Arguments, keywords: Keywords, now: datetime) -> datetime:
    return datetime(*arguments, **keywords)


def _now(arguments: Arguments, keywords: Keywords, now: datetime) -> datetime:
    _bind(["tz"], arguments, keywords)  # an instant is the same in every zone
    return now


def _from_timestamp(arguments: Arguments, keywords: Keywords, now: datetime) -> datetime:
    given = _bind(["timestamp", "tz"], arguments, keywords)
    return constructors.date(constructors.double(given.get("timestamp")) * 1000)


def _timedelta(arguments: Arguments, keywords: Keywords, now: datetime) -> timedelta:
    return timedelta(*arguments, **keywords)


def _timezone(arguments: Arguments, keywords: Keywords, now: datetime) -> timezone:
    return timezone(*arguments, **keywords)


def _regex(arguments: Arguments, keywords: Keywords, now: datetime) -> Regex[str]:
    """`re.compile(pattern, flags)` and `Regex(pattern, flags)`; flags also as letters."""
    given = _bind(["pattern", "flags"], arguments, keywords)
    pattern, flags = given.get("pattern"), given.get("flags", "")
    if isinstance(flags, re.RegexFlag):
        other = flags & ~(re.I | re.M | re.S | re.X | re.U)
        if other:
            raise ValueError(f"the flag {other!r} has no meaning in MongoDB: leave it out")
        flags = "".join(letter for letter, flag in _FLAGS.items() if flags & flag)
    elif flags == 0 and not isinstance(flags, bool):
        flags = ""
    if not isinstance(pattern, str) or not isinstance(flags, str):
        raise ValueError("needs a pattern as text and perhaps flags, such as re.IGNORECASE")
    return constructors.regex(pattern, flags)


def _from_native(value: object) -> object:
    if not isinstance(value, Regex):
        raise ValueError("needs re.compile(...)")
    return value


def _binary(arguments: Arguments, keywords: Keywords, now: datetime) -> Binary:
    given = _bind(["data", "subtype"], arguments, keywords)
    if not isinstance(given.get("data"), bytes):
        raise ValueError('needs bytes, such as b"..." or bytes.fromhex("...")')
    return constructors.binary(bytes(given["data"]), given.get("subtype", 0))


def _from_uuid(value: object) -> Binary:
    if not isinstance(value, Binary):
        raise ValueError('needs UUID("...")')
    return value


def _from_base64(value: object) -> Binary:
    if isinstance(value, bytes):
        value = base64.b64encode(base64.b64decode(value)).decode()
    return constructors.from_base64(value)


def _timestamp(arguments: Arguments, keywords: Keywords, now: datetime) -> object:
    given = _bind(["time", "inc"], arguments, keywords)
    return constructors.timestamp(given.get("time"), given.get("inc"))


CONSTRUCTORS: Mapping[str, Constructor] = {
    "datetime": _datetime,
    "datetime.now": _now,
    "datetime.utcnow": _now,
    "datetime.today": _now,
    "datetime.fromisoformat": _one(constructors.date, "date_string"),
    "datetime.fromtimestamp": _from_timestamp,
    "datetime.utcfromtimestamp": _from_timestamp,
    "timedelta": _timedelta,
    "timezone": _timezone,
    "ObjectId": _one(constructors.object_id, "oid"),
    "Decimal128": _one(constructors.decimal, "value"),
    "Int64": _one(constructors.whole_64, "value"),
    "float": _one(constructors.double, "value"),
    "Regex": _regex,
    "Regex.from_native": _one(_from_native, "regex"),
    "re.compile": _regex,
    "Binary": _binary,
    "Binary.from_uuid": _one(_from_uuid, "uuid"),
    "bytes.fromhex": _one(constructors.from_hex, "string"),
    "base64.b64decode": _one(_from_base64, "s"),
    "UUID": _one(constructors.uuid, "hex"),
    "Timestamp": _timestamp,
    "MinKey": _none(MinKey),
    "MaxKey": _none(MaxKey),
}

_INSTEAD: Mapping[str, str] = {
    "Decimal": 'PyMongo cannot send a Decimal: write Decimal128("...")',
    "date": "PyMongo cannot send a date alone: write datetime(2025, 3, 31)",
    "len": "a query counts with count_documents({...}) or a $count stage",
    "next": "a query for one document is find_one({...})",
    **{
        name: f"{name} is not a value of a query: {reason}"
        for name, reason in constructors.NO_VALUES.items()
    },
}


def unknown(name: str) -> str:
    """What to say about a call that constructs no value."""
    shown = name if len(name) <= 40 else name[:37] + "..."
    if name in _INSTEAD:
        return _INSTEAD[name]
    near = suggestion(name, CONSTRUCTORS)
    return f"{shown}(...) is not a value" + (f": did you mean {near}?" if near else "")
