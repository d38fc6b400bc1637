"""mongosh and Extended JSON text as positioned values: no MongoDB meaning beyond literals.

tree-sitter's JavaScript grammar reads the text; nothing is ever evaluated but literals,
constructors of BSON values and arithmetic on numbers. Depends on tree-sitter and `bson`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TypeAlias

import tree_sitter_javascript
from bson import Decimal128, Int64, ObjectId, Regex
from tree_sitter import Language, Parser
from tree_sitter import Node as SyntaxNode

from mqt_serving.errors import QueryError, QueryNotReadOnly
from mqt_serving.query import constructors, tokens

MAX_TEXT_LENGTH = 100_000
MAX_NESTING = 100

ScalarValue: TypeAlias = (
    bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str] | None
)


@dataclass(frozen=True, slots=True)
class Position:
    """1-based, in characters."""

    line: int
    column: int

    def error(self, message: str) -> QueryError:
        return QueryError(message, self.line, self.column)

    def not_read_only(self, message: str) -> QueryNotReadOnly:
        return QueryNotReadOnly(message, self.line, self.column)


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
    """Keys are unique: JavaScript would silently drop all but the last."""

    entries: tuple[Entry, ...]
    position: Position

    def get(self, key: str) -> Node | None:
        return next((entry.value for entry in self.entries if entry.key == key), None)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(entry.key for entry in self.entries)


Node: TypeAlias = Scalar | ListNode | ObjectNode


@dataclass(frozen=True, slots=True)
class Member:
    """`.name` or `["name"]`."""

    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class Arguments:
    """`(...)`."""

    values: tuple[SyntaxNode, ...]
    position: Position


@cache
def _language() -> Language:
    return Language(tree_sitter_javascript.language())


class Source:
    """One text and its syntax tree; `now` is what `new Date()` means."""

    def __init__(self, text: str, now: datetime) -> None:
        """Raises QueryError when the text is too long or is not JavaScript syntax."""
        if len(text) > MAX_TEXT_LENGTH:
            raise QueryError(
                f"The query has {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} are read."
            )
        if not text.strip():
            raise QueryError("The query is empty.")
        # In JavaScript a statement that starts with a brace is a block, not an object.
        self._shift = 1 if _starts_with_brace(text) else 0
        source = f"({text})" if self._shift else text
        try:
            data = source.encode()
        except UnicodeEncodeError as error:
            raise QueryError("The query is not valid Unicode text.") from error
        self._lines = data.split(b"\n")
        self._now = now
        root = Parser(_language()).parse(data).root_node
        if root.has_error:
            raise self._syntax_error(root)
        self._root = root

    def position(self, node: SyntaxNode) -> Position:
        return self._position(node.start_point.row, node.start_point.column)

    def _position(self, row: int, byte_column: int) -> Position:
        column = len(self._lines[row][:byte_column].decode(errors="replace"))
        return Position(row + 1, column + 1 - (self._shift if row == 0 else 0))

    def statement(self) -> SyntaxNode:
        """The only expression of the text."""
        statements = [
            node
            for node in self._root.named_children
            if node.type not in ("comment", "empty_statement", "hash_bang_line")
        ]
        if not statements:
            raise QueryError("There is no query in the text, only comments.")
        if len(statements) > 1:
            position = self.position(statements[1])
            raise position.error("One query at a time: a second statement starts here")
        statement = statements[0]
        if statement.type != "expression_statement":
            raise self.position(statement).not_read_only(
                f"A {statement.type.replace('_', ' ')} is JavaScript, not a query: "
                "write the query alone, as db.collection.find(...)"
            )
        return _unwrapped(_content(statement)[0])

    def chain(self, node: SyntaxNode) -> tuple[str, list[Member | Arguments]]:
        """`db.a.find(x).limit(1)` as its first name and the links that follow."""
        links: list[Member | Arguments] = []
        while node.type != "identifier":
            position = self.position(node)
            if node.type == "call_expression":
                function, arguments = node.child_by_field_name("function"), _arguments(node)
                if function is None or arguments is None:
                    raise position.error("This call is not part of a query")
                links.append(Arguments(tuple(_content(arguments)), self.position(arguments)))
                node = _unwrapped(function)
            elif node.type == "member_expression":
                owner = node.child_by_field_name("object")
                name = node.child_by_field_name("property")
                if owner is None or name is None:
                    raise position.error("This is not part of a query")
                links.append(Member(tokens.text_of(name), self.position(name)))
                node = _unwrapped(owner)
            elif node.type == "subscript_expression":
                owner, index = node.child_by_field_name("object"), node.child_by_field_name("index")
                if owner is None or index is None or index.type != "string":
                    raise position.error('In brackets stands a collection name: db["orders"]')
                links.append(Member(tokens.string_value(index), self.position(index)))
                node = _unwrapped(owner)
            else:
                raise position.error("A query starts with db, as db.orders.find({...})")
        links.reverse()
        return tokens.text_of(node), links

    def value(self, node: SyntaxNode, depth: int = 0) -> Node:
        """The literal that `node` writes; QueryError for anything that is not one."""
        position = self.position(node)
        if depth > MAX_NESTING:
            raise position.error(f"The query is nested deeper than {MAX_NESTING} levels")
        match node.type:
            case "parenthesized_expression":
                return self.value(_content(node)[0], depth + 1)
            case "object":
                return self._object(node, depth)
            case "array":
                items = tuple(self.value(item, depth + 1) for item in _content(node))
                return ListNode(items, position)
            case "call_expression" | "new_expression":
                return Scalar(self._constructed(node, depth), position)
            case "unary_expression" | "binary_expression":
                return Scalar(self._number(node, depth), position)
            case "string":
                return Scalar(tokens.string_value(node), position)
            case "template_string" if all(c.type != "template_substitution" for c in node.children):
                return Scalar(tokens.string_value(node), position)
            case "number":
                return Scalar(self._literal_number(node), position)
            case "regex":
                return Scalar(self._regex(node), position)
            case "true" | "false":
                return Scalar(node.type == "true", position)
            case "null":
                return Scalar(None, position)
            case "identifier" | "undefined":
                return Scalar(self._constant(node), position)
            case _:
                raise self._not_a_value(node)

    # ------------------------------------------------------------ literals

    def _object(self, node: SyntaxNode, depth: int) -> Node:
        entries: list[Entry] = []
        seen: set[str] = set()
        for child in _content(node):
            entry = self._entry(child, depth)
            if entry.key in seen:
                raise entry.position.error(
                    f"The key {entry.key} stands twice in one object, so the first would be lost: "
                    "join both, or use $and"
                )
            seen.add(entry.key)
            entries.append(entry)
        position = self.position(node)
        if len(entries) == 1 and entries[0].key in constructors.EXTENDED_JSON:
            return Scalar(self._extended(entries[0]), position)
        return ObjectNode(tuple(entries), position)

    def _entry(self, node: SyntaxNode, depth: int) -> Entry:
        position = self.position(node)
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if node.type == "shorthand_property_identifier":
            name = tokens.text_of(node)
            raise position.error(f"{name} has no value: write {name}: 1, for example")
        if node.type == "method_definition":
            raise position.not_read_only("A function is JavaScript, which queries cannot run")
        if node.type != "pair" or key is None or value is None:
            raise position.error("Here only name: value pairs can stand")
        if key.type == "computed_property_name":
            key = _content(key)[0]
            if key.type != "string":
                raise position.error("A key must be written out, not computed")
        name = tokens.string_value(key) if key.type == "string" else tokens.text_of(key)
        return Entry(name, position, self.value(value, depth + 1))

    def _extended(self, entry: Entry) -> ScalarValue:
        """Extended JSON: `{"$oid": "..."}` and its like."""
        value: object = _plain(entry.value)
        try:
            return constructors.EXTENDED_JSON[entry.key](value)
        except ValueError as error:
            raise entry.position.error(f"{entry.key}: {error}") from error

    def _constructed(self, node: SyntaxNode, depth: int) -> ScalarValue:
        position = self.position(node)
        callee = node.child_by_field_name(
            "constructor" if node.type == "new_expression" else "function"
        )
        arguments = _arguments(node)
        name = "" if callee is None else tokens.text_of(callee)
        nodes = [] if arguments is None else _content(arguments)
        if name in ("Date.now", "new Date().getTime") and not nodes:
            return int(self._now.timestamp() * 1000)
        if name == "Date" and node.type != "new_expression":
            raise position.error("Date(...) without new is text in mongosh: write new Date(...)")
        if name not in constructors.CONSTRUCTORS:
            raise constructors.unknown(name, position.error, position.not_read_only)
        values = [_plain(self.value(argument, depth + 1)) for argument in nodes]
        try:
            return constructors.CONSTRUCTORS[name](values, self._now)
        except ValueError as error:
            raise position.error(f"{name}: {error}") from error

    def _number(self, node: SyntaxNode, depth: int) -> int | float:
        """Signs and arithmetic, so that `-1` and `24 * 60 * 60 * 1000` read as people mean them."""
        operator = node.child_by_field_name("operator")
        names = ("argument",) if node.type == "unary_expression" else ("left", "right")
        fields = [node.child_by_field_name(name) for name in names]
        sign = "" if operator is None else tokens.text_of(operator)
        operands: list[int | float] = []
        for field in fields:
            value = None if field is None else _plain(self.value(field, depth + 1))
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._not_a_value(node)
            operands.append(value)
        try:
            return tokens.calculate(sign, operands)
        except ValueError as error:
            raise self.position(node).error(str(error)) from error

    def _literal_number(self, node: SyntaxNode) -> int | float:
        try:
            return tokens.number_value(tokens.text_of(node))
        except ValueError as error:
            raise self.position(node).error(str(error)) from error

    def _regex(self, node: SyntaxNode) -> Regex[str]:
        pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
        try:
            return constructors.regex(
                "" if pattern is None else tokens.regex_pattern(tokens.text_of(pattern)),
                "" if flags is None else tokens.text_of(flags),
            )
        except ValueError as error:
            raise self.position(node).error(str(error)) from error

    def _constant(self, node: SyntaxNode) -> ScalarValue:
        name = tokens.text_of(node)
        if name in constructors.CONSTANTS:
            return constructors.CONSTANTS[name]
        meant = {"True": "true", "False": "false", "None": "null", "undefined": "null"}.get(name)
        hint = f"did you mean {meant}?" if meant else f'put text in quotes: "{name}"'
        raise self.position(node).error(f"{name} is not a value: {hint}")

    def _not_a_value(self, node: SyntaxNode) -> QueryError:
        position = self.position(node)
        if "function" in node.type or node.type == "class":
            return position.not_read_only("A function is JavaScript, which queries cannot run")
        shown = tokens.text_of(node)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return position.error(f"{shown} is not a value: write the value itself")

    # -------------------------------------------------------------- errors

    def _syntax_error(self, root: SyntaxNode) -> QueryError:
        return self._bracket_error(root) or self._first_error(root)

    def _bracket_error(self, root: SyntaxNode) -> QueryError | None:
        pairs = {"(": ")", "[": "]", "{": "}"}
        opened: list[SyntaxNode] = []
        for leaf in _leaves(root):
            if leaf.type in pairs and not leaf.is_missing:
                opened.append(leaf)
            elif leaf.type in pairs.values() and not leaf.is_missing:
                if not opened:
                    return self.position(leaf).error(f"{leaf.type} closes nothing")
                opener = opened.pop()
                if pairs[opener.type] != leaf.type:
                    start = self.position(opener)
                    return self.position(leaf).error(
                        f"expected {pairs[opener.type]} to close the {opener.type} of line "
                        f"{start.line}, column {start.column}, but found {leaf.type}"
                    )
        if opened and not (self._shift and len(opened) == 1):
            opener = opened[-1]
            return self.position(opener).error(f"this {opener.type} is never closed")
        return None

    def _first_error(self, root: SyntaxNode) -> QueryError:
        pending = [root]
        while pending:
            node = pending.pop()
            if node.is_missing:
                return self.position(node).error(f"expected {node.type} here")
            if node.type == "ERROR":
                leaf = next((leaf for leaf in _leaves(node)), node)
                shown = tokens.text_of(node).strip().split("\n")[0][:30]
                return self.position(leaf).error(
                    f"cannot read the query at {shown!r}: is a comma, colon or quote missing?"
                )
            pending.extend(reversed([child for child in node.children if child.has_error]))
        return QueryError("cannot read the query")


def _starts_with_brace(text: str) -> bool:
    return text.lstrip().startswith("{")


def _content(node: SyntaxNode) -> list[SyntaxNode]:
    return [child for child in node.named_children if child.type != "comment"]


def _arguments(node: SyntaxNode) -> SyntaxNode | None:
    arguments = node.child_by_field_name("arguments")
    return arguments if arguments is not None and arguments.type == "arguments" else None


def _unwrapped(node: SyntaxNode) -> SyntaxNode:
    while node.type in ("parenthesized_expression", "await_expression"):
        node = _content(node)[0]
    return node


def _leaves(root: SyntaxNode) -> Iterator[SyntaxNode]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.children:
            pending.extend(reversed(node.children))
        else:
            yield node


def _plain(node: Node) -> object:
    """Without positions, for constructors and Extended JSON."""
    match node:
        case Scalar(value=value):
            return value
        case ListNode(items=items):
            return [_plain(item) for item in items]
        case ObjectNode(entries=entries):
            mapping: Mapping[str, object] = {e.key: _plain(e.value) for e in entries}
            return mapping
