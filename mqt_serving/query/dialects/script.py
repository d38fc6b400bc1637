"""The statements of a query text: names given to values and collections, and the one query.

`pipeline = [...]` and then `db.orders.aggregate(pipeline)` reads like the query written at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.syntax import (
    MAX_NESTING,
    MAX_TEXT_LENGTH,
    Chain,
    ListNode,
    Node,
    ObjectNode,
    Position,
    Scalar,
    Statement,
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    statement: Statement
    position: Position
    parts: int
    depth: int


class Script:
    """Statements are added in their order; each may use the names of those before."""

    def __init__(self) -> None:
        self._names: dict[str, _Meaning] = {}
        self._unused: dict[str, _Meaning] = {}
        self._query: Statement | None = None
        self._parts = 0

    def add(self, statement: Statement, position: Position, name: str | None = None) -> None:
        """A statement, or with `name` what that name means from here on.

        QueryError after a query that has no name: only one query is read.
        """
        if self._query is not None:
            raise _second_query(position)
        if name is None:
            self._query = statement
            return
        if name in self._unused and _calls(self._unused[name].statement):
            raise _second_query(position)
        meaning = _Meaning(statement, position, *_size(statement))
        self._names[name] = meaning
        if isinstance(statement, Chain):
            self._unused[name] = meaning

    def value(self, name: str, position: Position, depth: int) -> Node | None:
        """The value that `name` means, placed where it is used; None when it means none."""
        meaning = self._names.get(name)
        if meaning is None or isinstance(meaning.statement, Chain):
            return None
        if depth + meaning.depth > MAX_NESTING:
            raise position.error(f"The query is nested deeper than {MAX_NESTING} levels")
        self._parts += meaning.parts
        if self._parts > MAX_TEXT_LENGTH:
            raise position.error(f"The query has more than {MAX_TEXT_LENGTH:,} parts")
        return meaning.statement

    def is_chain(self, name: str) -> bool:
        meaning = self._names.get(name)
        return meaning is not None and isinstance(meaning.statement, Chain)

    def chain(self, name: str, position: Position) -> Chain | None:
        """The chain that `name` means; None when it means none."""
        meaning = self._names.get(name)
        if meaning is None or not isinstance(meaning.statement, Chain):
            return None
        self._unused.pop(name, None)
        return replace(meaning.statement, position=position)

    def query(self) -> Statement:
        """The only query; QueryError when there are none or several."""
        waiting = [m for m in self._unused.values() if _calls(m.statement)]
        if self._query is None and not waiting:
            if self._names:
                raise QueryError("There is no query in the text, only names for values.")
            raise QueryError("There is no query in the text, only comments.")
        if self._query is None:
            self._query = waiting.pop(0).statement
        if waiting:
            raise _second_query(waiting[0].position)
        return self._query


def joined(script: Script, chain: Chain) -> Chain:
    """The chain from `db` on, when its root is a name that the script gave to another chain."""
    start = script.chain(chain.root, chain.position)
    return chain if start is None else replace(start, links=(*start.links, *chain.links))


def _second_query(position: Position) -> QueryError:
    return position.error("One query at a time: a second statement starts here")


def _calls(statement: Statement) -> bool:
    """Whether a chain goes beyond naming a collection."""
    naming = ("getCollection", "collection", "get_collection")
    return isinstance(statement, Chain) and any(
        link.arguments is not None and link.name not in naming for link in statement.links
    )


def _size(statement: Statement) -> tuple[int, int]:
    """Parts and depth of a value, each character of a text a part.

    Chains are used once, so theirs do not matter.
    """
    if isinstance(statement, Chain):
        return 0, 0
    parts, deepest = 0, 0
    pending: list[tuple[Node, int]] = [(statement, 1)]
    while pending:
        node, depth = pending.pop()
        parts, deepest = parts + 1, max(deepest, depth)
        match node:
            case ListNode(items=items):
                pending.extend((item, depth + 1) for item in items)
            case ObjectNode(entries=entries):
                pending.extend((entry.value, depth + 1) for entry in entries)
            case Scalar(value=str() | bytes() as text):
                parts += len(text)
    return parts, deepest
