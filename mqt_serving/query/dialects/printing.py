"""Plain BSON documents as source text: one layout in the styles of four dialects.

What fits on a line stays on it; longer objects and lists take a line for each item. The text
reads back to the same values. Depends on `bson` only.
"""

from __future__ import annotations

import base64
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import UUID_SUBTYPE

WIDTH = 88
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SAFE_INTEGER = 2**53  # JavaScript numbers are exact up to here
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


class Printer(ABC):
    """Lays values out; a style says how keys and scalars look."""

    indent: str
    padding: str  # between braces and what they hold, on one line

    @abstractmethod
    def key(self, name: str) -> str: ...

    @abstractmethod
    def scalar(self, value: Any) -> str: ...

    def inline(self, value: Any) -> str:
        match value:
            case dict() if not value:
                return "{}"
            case dict():
                entries = ", ".join(f"{self.key(k)}: {self.inline(v)}" for k, v in value.items())
                return f"{{{self.padding}{entries}{self.padding}}}"
            case list() | tuple():
                return f"[{', '.join(self.inline(item) for item in value)}]"
            case _:
                return self.scalar(value)

    def laid_out(self, value: Any, used: int = 0, level: int = 0) -> str:
        """`value` from column `used` on, its further lines indented by `level` steps."""
        line = self.inline(value)
        if used + len(line) <= WIDTH or not isinstance(value, dict | list | tuple):
            return line
        inner = self.indent * (level + 1)
        if isinstance(value, dict):
            labels = [f"{self.key(name)}: " for name in value]
            items = list(value.values())
        else:
            labels, items = [""] * len(value), list(value)
        lines = [
            f"{inner}{label}{self.laid_out(item, len(inner) + len(label) + 1, level + 1)}"
            for label, item in zip(labels, items, strict=True)
        ]
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        return f"{opening}\n" + ",\n".join(lines) + f"\n{self.indent * level}{closing}"

    def stages(self, pipeline: Sequence[Any]) -> str:
        """A pipeline: one line for one short stage, else each stage on lines of its own."""
        if len(pipeline) <= 1:
            return self.laid_out(list(pipeline), used=40)
        lines = [f"{self.indent}{self.laid_out(s, len(self.indent) + 1, 1)}" for s in pipeline]
        return "[\n" + ",\n".join(lines) + "\n]"

    def arguments(self, values: Sequence[Any], used: int) -> str:
        """The arguments of a call that starts in column `used`."""
        line = ", ".join(self.inline(value) for value in values)
        if used + len(line) <= WIDTH:
            return line
        if len(values) == 1:
            return self.laid_out(values[0], used)
        lines = [f"{self.indent}{self.laid_out(v, len(self.indent) + 1, 1)}" for v in values]
        return "\n" + ",\n".join(lines) + "\n"


def flags_of(pattern: Regex[Any]) -> str:
    """MongoDB's letters for the options of a regular expression."""
    return "".join(letter for letter, flag in _FLAGS.items() if pattern.flags & flag)


class JavaScript(Printer):
    """What mongosh and Node.js share; they construct BSON values each in its own way."""

    indent = "  "
    padding = " "

    def key(self, name: str) -> str:
        if name == "__proto__":  # sets the prototype, unless it is computed
            return '["__proto__"]'
        return name if _IDENTIFIER.fullmatch(name) else self.text(name)

    def text(self, text: str) -> str:
        quoted = json.dumps(text, ensure_ascii=False)
        return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")

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
                return self._regex(value)
            case _:
                return self.constructed(value)

    @abstractmethod
    def long(self, value: int) -> str: ...

    @abstractmethod
    def constructed(self, value: Any) -> str:
        """A BSON value that JavaScript has no literal for."""

    @abstractmethod
    def bson_regex(self, arguments: str) -> str: ...

    def _regex(self, value: Regex[Any]) -> str:
        pattern, flags = str(value.pattern), flags_of(value)
        if "x" not in flags and _is_javascript_pattern(pattern):
            return f"/{_escape_slashes(pattern)}/{flags}"
        options = f", {self.text(flags)}" if flags else ""
        return self.bson_regex(f"{self.text(pattern)}{options}")


class Mongosh(JavaScript):
    def long(self, value: int) -> str:
        return f'NumberLong("{value}")'

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
            case Binary() if is_uuid(value):
                return f'UUID("{uuid_text(value)}")'
            case bytes():
                return f'BinData({subtype_of(value)}, "{base64_text(value)}")'
            case Timestamp():
                return f"Timestamp({{ t: {value.time}, i: {value.inc} }})"
            case MinKey() | MaxKey():
                return f"{type(value).__name__}()"
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written in mongosh")


class Node(JavaScript):
    """The Node.js driver."""

    def long(self, value: int) -> str:
        return f'Long.fromString("{value}")'

    def bson_regex(self, arguments: str) -> str:
        return f"new BSONRegExp({arguments})"

    def constructed(self, value: Any) -> str:
        match value:
            case datetime():
                return f'new Date("{_iso(value)}")'
            case ObjectId():
                return f'new ObjectId("{value}")'
            case Decimal128():
                return f'Decimal128.fromString("{value}")'
            case Binary() if is_uuid(value):
                return f'new UUID("{uuid_text(value)}")'
            case bytes():
                data = f'Buffer.from("{base64_text(value)}", "base64")'
                return f"new Binary({data}, {subtype_of(value)})"
            case Timestamp():
                return f"new Timestamp({{ t: {value.time}, i: {value.inc} }})"
            case MinKey() | MaxKey():
                return f"new {type(value).__name__}()"
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written for Node.js")


class ExtendedJson(Printer):
    """Extended JSON, relaxed: numbers and dates are plain where they lose nothing by it."""

    indent = "  "
    padding = " "

    def key(self, name: str) -> str:
        return self.scalar(name)

    def scalar(self, value: Any) -> str:
        match value:
            case None | bool() | str():
                return json.dumps(value, ensure_ascii=False)
            case Int64():
                return self.inline({"$numberLong": str(int(value))})
            case int():
                return str(value)
            case float() if not math.isfinite(value):
                return self.inline({"$numberDouble": _javascript_float(value)})
            case float():
                return repr(value)
            case datetime():
                return self.inline({"$date": _iso(value, whole=True)})
            case ObjectId():
                return self.inline({"$oid": str(value)})
            case Decimal128():
                return self.inline({"$numberDecimal": str(value)})
            case Regex():
                parts = {"pattern": str(value.pattern), "options": flags_of(value)}
                return self.inline({"$regularExpression": parts})
            case Binary() if is_uuid(value):
                return self.inline({"$uuid": uuid_text(value)})
            case bytes():
                parts = {"base64": base64_text(value), "subType": f"{subtype_of(value):02x}"}
                return self.inline({"$binary": parts})
            case Timestamp():
                return self.inline({"$timestamp": {"t": value.time, "i": value.inc}})
            case MinKey():
                return self.inline({"$minKey": 1})
            case MaxKey():
                return self.inline({"$maxKey": 1})
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written as JSON")


def is_uuid(value: Binary) -> bool:
    return value.subtype == UUID_SUBTYPE and len(value) == 16


def uuid_text(value: Binary) -> str:
    return str(UUID(bytes=bytes(value)))


def subtype_of(value: bytes) -> int:
    return value.subtype if isinstance(value, Binary) else 0


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


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


def _javascript_float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(moment: datetime, whole: bool = False) -> str:
    """To the second or millisecond, in UTC; the date alone at midnight, unless `whole`."""
    moment = _utc(moment)
    if not whole and moment.timetz() == time.min.replace(tzinfo=UTC):
        return f"{moment.date().isoformat()}"
    spec = "milliseconds" if moment.microsecond >= 1000 else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


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
            case ObjectId():
                return self._imported("ObjectId", f'"{value}"')
            case Decimal128():
                return self._imported("Decimal128", f'"{value}"')
            case Regex():
                flags = flags_of(value)
                options = f', "{flags}"' if flags else ""
                return self._imported("Regex", f"{self.scalar(str(value.pattern))}{options}")
            case Binary() if is_uuid(value):
                self.imports |= {"Binary", "UUID"}
                return f'Binary.from_uuid(UUID("{uuid_text(value)}"))'
            case bytes():
                data = f'bytes.fromhex("{value.hex()}"), {subtype_of(value)}'
                return self._imported("Binary", data)
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
