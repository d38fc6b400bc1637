"""Plain BSON documents as source text, in JavaScript (mongosh) or Python: one layout, two styles.

What fits on a line stays on it; longer objects and lists take a line for each item. The text
reads back to the same values. Depends on `bson` only.
"""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bson import Decimal128, Int64, ObjectId, Regex

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
    indent = "  "
    padding = " "

    def key(self, name: str) -> str:
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
                return f'NumberLong("{int(value)}")'
            case int():
                exact = -_SAFE_INTEGER <= value <= _SAFE_INTEGER
                return str(value) if exact else f'NumberLong("{value}")'
            case float():
                return _javascript_float(value)
            case str():
                return self.text(value)
            case datetime():
                return f'ISODate("{_iso(value)}")'
            case ObjectId():
                return f'ObjectId("{value}")'
            case Decimal128():
                return f'NumberDecimal("{value}")'
            case Regex():
                return self._regex(value)
            case _:
                raise ValueError(f"{type(value).__name__} cannot be written in mongosh")

    def _regex(self, value: Regex[Any]) -> str:
        pattern, flags = str(value.pattern), flags_of(value)
        if "x" not in flags and _LITERAL_PATTERN.fullmatch(pattern):
            return f"/{_escape_slashes(pattern)}/{flags}"
        name = "BSONRegExp" if "x" in flags else "RegExp"
        options = f", {self.text(flags)}" if flags else ""
        return f"{name}({self.text(pattern)}{options})"


# A pattern that can stand between slashes: no line break, escapes and classes closed, no slash
# that is escaped already or stands in a class (reading it back would lose the backslash).
_LITERAL_PATTERN = re.compile(r"(?!\*)(?:\[(?:\\[^/\n]|[^\]\n\\/\[])*\]|\\[^/\n]|[^\\\[\n\r])+")


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


def _iso(moment: datetime) -> str:
    """A date alone when it is midnight, else to the second or millisecond, always UTC."""
    moment = _utc(moment)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
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
        names = sorted(self.imports - {"datetime"})
        if names:
            lines.append(f"from bson import {', '.join(names)}")
        return "".join(f"{line}\n" for line in lines)
