"""JavaScript text as tree-sitter's syntax tree, with positions and errors that point.

Depends on tree-sitter and `syntax`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter_javascript
from tree_sitter import Language, Parser
from tree_sitter import Node as SyntaxNode

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.syntax import Columns, Position
from mqt_serving.query.dialects.tokens import text_of

_PAIRS = {"(": ")", "[": "]", "{": "}"}


@cache
def _language() -> Language:
    return Language(tree_sitter_javascript.language())


class Source:
    """One text and its syntax tree, which may have errors."""

    def __init__(self, text: str) -> None:
        # In JavaScript a statement that starts with a brace is a block, not an object.
        self._shift = 1 if text.lstrip().startswith("{") else 0
        source = f"({text})" if self._shift else text
        self._columns = Columns(source)
        self.root = Parser(_language()).parse(source.encode()).root_node

    @property
    def is_valid(self) -> bool:
        return not self.root.has_error

    def position(self, node: SyntaxNode) -> Position:
        row = node.start_point.row
        column = self._columns.of(row, node.start_point.column)
        return Position(row + 1, column + 1 - (self._shift if row == 0 else 0))

    def syntax_error(self) -> QueryError:
        """What is wrong with a text that is not valid: its brackets first."""
        return self._bracket_error() or self._first_error()

    def _bracket_error(self) -> QueryError | None:
        opened: list[SyntaxNode] = []
        for leaf in leaves(self.root):
            if leaf.type in _PAIRS and not leaf.is_missing:
                opened.append(leaf)
            elif leaf.type in _PAIRS.values() and not leaf.is_missing:
                if not opened:
                    return self.position(leaf).error(f"{leaf.type} closes nothing")
                opener = opened.pop()
                if _PAIRS[opener.type] != leaf.type:
                    start = self.position(opener)
                    return self.position(leaf).error(
                        f"expected {_PAIRS[opener.type]} to close the {opener.type} of line "
                        f"{start.line}, column {start.column}, but found {leaf.type}"
                    )
        if opened and not (self._shift and len(opened) == 1):
            opener = opened[-1]
            return self.position(opener).error(f"this {opener.type} is never closed")
        return None

    def _first_error(self) -> QueryError:
        pending = [self.root]
        while pending:
            node = pending.pop()
            if node.is_missing:
                return self.position(node).error(f"expected {node.type} here")
            if node.type == "ERROR":
                leaf = next(leaves(node), node)
                shown = text_of(node).strip().split("\n")[0][:30]
                return self.position(leaf).error(
                    f"cannot read the query at {shown!r}: is a comma, colon or quote missing?"
                )
            pending.extend(reversed([child for child in node.children if child.has_error]))
        return QueryError("cannot read the query")


def content(node: SyntaxNode) -> list[SyntaxNode]:
    """The named children, without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def arguments_of(node: SyntaxNode) -> SyntaxNode | None:
    arguments = node.child_by_field_name("arguments")
    return arguments if arguments is not None and arguments.type == "arguments" else None


def unwrapped(node: SyntaxNode) -> SyntaxNode:
    """What stands in parentheses or after `await`."""
    while node.type in ("parenthesized_expression", "await_expression"):
        inner = content(node)
        if not inner:
            return node
        node = inner[0]
    return node


def leaves(root: SyntaxNode) -> Iterator[SyntaxNode]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.children:
            pending.extend(reversed(node.children))
        else:
            yield node
