"""How keys and values look in mongosh, Node.js, PyMongo and Extended JSON. Depends on `bson`."""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.query.printing import Printer

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SAFE_INTEGER = 2**53  # JavaScript numbers are exact up to here
_UUID_SUBTYPE = 4
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def flags_of(pattern: Regex[Any]) -> str:
    """MongoDB's letters for the options of a regular expression."""
    return "".join(letter for letter, flag in _FLAGS.items() if pattern.flags & flag)


class Mongosh(Printer):
    indent = "  "
    padding = " "

    def key(self, name: str) -> str:
        if name == "__proto__":  # in JavaScript a key of its own kind, unless it is computed
            return '["__proto__"]'
        return name if _IDENTIFIER.fullmatch(name) else self.text(name)

    def text(self, text: str) -> str:
        return _quoted(text)

    def scalar(self, value: Any) -> str:
        match value:
            case None:
                return "null"
            case bool():
                return "true" if value else "false"
            case Int64():
                return self.long(int(value))
            case int():
                exact = -_SAFE_INTEGER <= value <= _SAFE_INTEGER
                return str(value) if exact else self.long(value)
            case float():
                return _javascript_float(value)
            case str():
                return self.text(value)
            case Regex():
                return self.regex(value)
            case _:
                return self.constructed(value)

    def long(self, value: int) -> str:
        return f'NumberLong("{value}")'

    def regex(self, value: Regex[Any]) -> str:
        pattern, flags = str(value.pattern), flags_of(value)
        if "x" not in flags and _is_javascript_pattern(pattern):
            return f"/{_escape_slashes(pattern)}/{flags}"
        options = f", {self.text(flags)}" if flags else ""
        return self.bson_regex(f"{self.text(pattern)}{options}")

    def bson_regex(self, arguments: str) -> str:
        return f"BSONRegExp({arguments})"

    def constructed(self, value: Any) -> str:
        match value:
            case datetime():
                return f'ISODate("{_iso(value)}")'
            case ObjectId():
                return f'ObjectId("{value}")'
            case Decimal128():
                return f'NumberDecimal("{value}")'
            case Binary(subtype=4):
                return f'UUID("{value.as_uuid()}")'
            case Binary(subtype=subtype):
                return f'BinData({subtype}, "{_base64(value)}")'
            case Timestamp():
                return f"Timestamp({value.time}, {value.inc})"
            case MinKey() | MaxKey():
                return f"{type(value).__name__}()"
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written in mongosh")


class NodeJs(Mongosh):
    """For the Node.js driver, with the classes of its `bson` package."""

    def long(self, value: int) -> str:
        return f'Long.fromString("{value}")'

    def bson_regex(self, arguments: str) -> str:
        return f"new BSONRegExp({arguments})"

    def constructed(self, value: Any) -> str:
        match value:
            case datetime():
                return f'new Date("{_iso(value)}")'
            case Decimal128():
                return f'Decimal128.fromString("{value}")'
            case Binary(subtype=subtype) if subtype != _UUID_SUBTYPE:
                return f'Binary.createFromBase64("{_base64(value)}", {subtype})'
            case Timestamp():
                return f"new Timestamp({{ t: {value.time}, i: {value.inc} }})"
            case _:
                return f"new {super().constructed(value)}"


class Python(Printer):
    """PyMongo; `imports` collects what the text needs."""

    indent = "    "
    padding = ""

    def __init__(self) -> None:
        self.imports: set[str] = set()

    def key(self, name: str) -> str:
        return self.scalar(name)

    def scalar(self, value: Any) -> str:
        match value:
            case Int64():
                return self._imported("Int64", str(int(value)))
            case float() if not math.isfinite(value):
                return f'float("{value}")'
            case None | bool() | int() | float():
                return repr(value)
            case str():
                return json.dumps(value, ensure_ascii=False)
            case datetime():
                return self._datetime(value)
            case ObjectId() | Decimal128():
                return self._imported(type(value).__name__, f'"{value}"')
            case Regex():
                flags = flags_of(value)
                options = f', "{flags}"' if flags else ""
                return self._imported("Regex", f"{self.scalar(str(value.pattern))}{options}")
            case Binary(subtype=4):
                uuid = self._imported("UUID", f'"{value.as_uuid()}"')
                return self._imported("Binary", uuid).replace("Binary(", "Binary.from_uuid(", 1)
            case Binary(subtype=subtype):
                return self._imported("Binary", f'bytes.fromhex("{value.hex()}"), {subtype}')
            case Timestamp():
                return self._imported("Timestamp", f"{value.time}, {value.inc}")
            case MinKey() | MaxKey():
                return self._imported(type(value).__name__, "")
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written in Python")

    def _imported(self, name: str, arguments: str) -> str:
        self.imports.add(name)
        return f"{name}({arguments})"

    def _datetime(self, moment: datetime) -> str:
        moment = _utc(moment)
        parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute]
        parts += [moment.second, moment.microsecond]
        while len(parts) > 3 and parts[-1] == 0:
            parts.pop()
        self.imports.add("datetime")
        return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"

    def import_lines(self) -> str:
        """The import statements that the printed text needs."""
        lines = ["from datetime import UTC, datetime"] if "datetime" in self.imports else []
        lines += ["from uuid import UUID"] if "UUID" in self.imports else []
        names = sorted(self.imports - {"datetime", "UUID"})
        if names:
            lines.append(f"from bson import {', '.join(names)}")
        return "".join(f"{line}\n" for line in lines)


class ExtendedJson(Printer):
    """Version 2: plain where JSON has the type, canonical where it would get lost."""

    indent = "  "
    padding = " "

    def key(self, name: str) -> str:
        return _quoted(name)

    def scalar(self, value: Any) -> str:
        match value:
            case None | bool():
                return json.dumps(value)
            case str():
                return _quoted(value)
            case int() if not isinstance(value, Int64) and abs(value) <= _SAFE_INTEGER:
                return str(value)
            case int():
                return self.inline({"$numberLong": str(int(value))})
            case float() if math.isfinite(value) and not value.is_integer():
                return repr(value)
            case _:
                return self.inline(_tagged(value))


def _tagged(value: Any) -> dict[str, Any]:
    """https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md"""
    match value:
        case float():
            return {"$numberDouble": _javascript_float(value)}
        case datetime():
            moment = _utc(value)
            if moment >= _EPOCH:
                return {"$date": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
            return {"$date": {"$numberLong": str((moment - _EPOCH) // timedelta(milliseconds=1))}}
        case ObjectId():
            return {"$oid": str(value)}
        case Decimal128():
            return {"$numberDecimal": str(value)}
        case Regex():
            options = {"pattern": str(value.pattern), "options": flags_of(value)}
            return {"$regularExpression": options}
        case Binary(subtype=4):
            return {"$uuid": str(value.as_uuid())}
        case Binary(subtype=subtype):
            return {"$binary": {"base64": _base64(value), "subType": f"{subtype:02x}"}}
        case Timestamp():
            return {"$timestamp": {"t": value.time, "i": value.inc}}
        case MinKey():
            return {"$minKey": 1}
        case MaxKey():
            return {"$maxKey": 1}
        case _:
            raise ValueError(f"{type(value).__name__} cannot be written in Extended JSON")


# ------------------------------------------------------------------------ tokens

# A pattern that can stand between slashes: no line break, escapes and classes closed, no slash
# that is escaped already or stands in a class (reading it back would lose the backslash).
_LITERAL_PATTERN = re.compile(r"(?!\*)(?:\[(?:\\[^/\n]|[^\]\n\\/\[])*\]|\\[^/\n]|[^\\\[\n\r])+")
_ATOM = re.compile(r"\[(?:\\.|[^\]\\])*\]|\\[^bB]|\(\?[:=!](?=[^)])")
_REPEATED_NOTHING = re.compile(r"(?:^|[(|^$]|\\[bB])[*+?]|[*+?][*+]|[*+?]\?[*+?]")


def _is_javascript_pattern(pattern: str) -> bool:
    """Whether JavaScript reads it as a literal too: MongoDB knows more (`(?i)`, `a++`, `\\A`)."""
    if not _LITERAL_PATTERN.fullmatch(pattern) or re.search("[\u2028\u2029]", pattern):
        return False
    bare = _ATOM.sub(lambda atom: "(" if atom[0].startswith("(") else "x", pattern)
    bare = re.sub(r"\{\d{1,3}(?:,\d{0,3})?\}", "+", bare)
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0 and not _REPEATED_NOTHING.search(bare) and not set(bare) & set("{}[]")


def _escape_slashes(pattern: str) -> str:
    return pattern.replace("/", "\\/")


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _base64(value: Binary) -> str:
    return base64.b64encode(value).decode()


def _javascript_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(moment: datetime) -> str:
    """A date alone when it is midnight, else to the second or millisecond, always UTC."""
    moment = _utc(moment)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
        return f"{moment.date().isoformat()}"
    spec = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
