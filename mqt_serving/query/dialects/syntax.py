"""What query text of any dialect reads to: positioned values, and chains of calls.

`javascript` and `python` make these from text, the `reading` modules and `calls` give them their
MongoDB meaning. Depends on `bson` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.errors import QueryError, QueryNotReadOnly

MAX_TEXT_LENGTH = 100_000
MAX_NESTING = 100

ScalarValue: TypeAlias = (
    bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str]
    | Binary | Timestamp | MinKey | MaxKey | None
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Position:
    """1-based, in characters."""

    line: int
    column: int

    def error(self, message: str) -> QueryError:
        return QueryError(message, self.line, self.column)

    def not_read_only(self, message: str) -> QueryNotReadOnly:
        return QueryNotReadOnly(message, self.line, self.column)


class Columns:
    """Columns in characters, for parsers that count in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._counted: dict[int, list[int]] = {}

    def of(self, row: int, byte_column: int) -> int:
        """The column of a byte in a line, both from 0."""
        line = self._lines[row]
        if line.isascii():
            return byte_column
        if row not in self._counted:
            self._counted[row] = [
                column for column, letter in enumerate(line) for _ in letter.encode()
            ]
        counted = self._counted[row]
        return counted[byte_column] if byte_column < len(counted) else len(line)


@dataclass(frozen=True, slots=True)
class Scalar:
    value: ScalarValue
    position: Position


@dataclass(frozen=True, slots=True)
class ListNode:
    items: tuple[Node, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    position: Position
    value: Node


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """Keys are unique: see `object_node`."""

    entries: tuple[Entry, ...]
    position: Position

    def get(self, key: str) -> Node | None:
        return next((entry.value for entry in self.entries if entry.key == key), None)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(entry.key for entry in self.entries)


Node: TypeAlias = Scalar | ListNode | ObjectNode


@dataclass(frozen=True, slots=True)
class Link:
    """`.name` (or `["name"]`), or with arguments `.name(...)`; keywords exist in Python only."""

    name: str
    position: Position
    arguments: tuple[Node, ...] | None = None
    keywords: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """`root.link.link(...)...`."""

    root: str
    links: tuple[Link, ...]
    position: Position


Statement: TypeAlias = Node | Chain


def object_node(entries: list[Entry], position: Position) -> ObjectNode:
    """A key that stands twice keeps its place and the later value, as in JavaScript and Python."""
    last = {entry.key: entry for entry in entries}
    return ObjectNode(tuple(last[key] for key in dict.fromkeys(e.key for e in entries)), position)


def plain(node: Node) -> object:
    """Without positions, for constructors and Extended JSON."""
    match node:
        case Scalar(value=value):
            return value
        case ListNode(items=items):
            return [plain(item) for item in items]
        case ObjectNode(entries=entries):
            return {entry.key: plain(entry.value) for entry in entries}
