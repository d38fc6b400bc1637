"""JavaScript literals as positioned values.

Nothing is ever evaluated but literals, constructors of BSON values and arithmetic on numbers.
Depends on `javascript_syntax`, `constructors` and `tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bson import Int64, Regex
from tree_sitter import Node as SyntaxNode

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects import constructors, tokens
from mqt_serving.query.dialects.javascript_syntax import Source, arguments_of, content
from mqt_serving.query.dialects.script import Script
from mqt_serving.query.dialects.syntax import (
    MAX_NESTING,
    Entry,
    ListNode,
    Node,
    ObjectNode,
    Scalar,
    ScalarValue,
    object_node,
    plain,
)

_MEANT = {"True": "true", "False": "false", "None": "null", "undefined": "null"}


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the values of one text; `now` is what `new Date()` means."""

    source: Source
    script: Script
    now: datetime

    def value(self, node: SyntaxNode, depth: int = 0) -> Node:
        """The literal that `node` writes; QueryError for anything that is not one."""
        position = self.source.position(node)
        if depth > MAX_NESTING:
            raise position.error(f"The query is nested deeper than {MAX_NESTING} levels")
        match node.type:
            case "parenthesized_expression":
                return self.value(content(node)[0], depth + 1)
            case "object":
                return self._object(node, depth)
            case "array":
                items = tuple(self.value(item, depth + 1) for item in content(node))
                return ListNode(items, position)
            case "call_expression" | "new_expression":
                return Scalar(self._constructed(node, depth), position)
            case "unary_expression" | "binary_expression":
                return Scalar(self._number(node, depth), position)
            case "string":
                return Scalar(self.text(node), position)
            case "template_string" if all(c.type != "template_substitution" for c in node.children):
                return Scalar(self.text(node), position)
            case "number":
                return Scalar(self._literal_number(node), position)
            case "regex":
                return Scalar(self._regex(node), position)
            case "true" | "false":
                return Scalar(node.type == "true", position)
            case "null":
                return Scalar(None, position)
            case "identifier" | "undefined":
                named = self.script.value(tokens.text_of(node), position, depth)
                return Scalar(self._constant(node), position) if named is None else named
            case _:
                raise self._not_a_value(node)

    def text(self, node: SyntaxNode) -> str:
        """What a string literal says."""
        try:
            return tokens.string_value(node)
        except ValueError as error:
            raise self.source.position(node).error(str(error)) from error

    def _object(self, node: SyntaxNode, depth: int) -> Node:
        position = self.source.position(node)
        children = content(node)
        entries = [
            self._shorthand(child, depth)
            if child.type == "shorthand_property_identifier"
            else self._entry(child, depth)
            for child in children
        ]
        document = object_node(entries, position)
        if not constructors.is_extended_json(document.keys):
            return document
        first = entries[0]
        try:
            return Scalar(constructors.extended_json(_mapping(document)), position)
        except constructors.RunsJavaScript as error:
            raise first.position.not_read_only(f"{first.key} {error}") from error
        except ValueError as error:
            raise first.position.error(f"{first.key}: {error}") from error

    def _shorthand(self, node: SyntaxNode, depth: int) -> Entry:
        """`{filter}` stands for `{filter: filter}`."""
        position, name = self.source.position(node), tokens.text_of(node)
        named = self.script.value(name, position, depth + 1)
        if named is None:
            raise position.error(f"{name} has no value: write {name}: 1, for example")
        return Entry(name, position, named)

    def _entry(self, node: SyntaxNode, depth: int) -> Entry:
        position = self.source.position(node)
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if node.type == "method_definition":
            raise position.not_read_only("A function is JavaScript, which queries cannot run")
        if node.type != "pair" or key is None or value is None:
            raise position.error("Here only name: value pairs can stand")
        if key.type == "computed_property_name":
            key = content(key)[0]
            if key.type != "string":
                raise position.error("A key must be written out, not computed")
        name = self.text(key) if key.type == "string" else tokens.text_of(key)
        return Entry(name, position, self.value(value, depth + 1))

    def _constructed(self, node: SyntaxNode, depth: int) -> ScalarValue:
        position = self.source.position(node)
        callee = node.child_by_field_name(
            "constructor" if node.type == "new_expression" else "function"
        )
        arguments = arguments_of(node)
        name = "" if callee is None else tokens.text_of(callee)
        nodes = [] if arguments is None else content(arguments)
        if name in ("Date.now", "new Date().getTime") and not nodes:
            return int(self.now.timestamp() * 1000)
        if name == "Date" and node.type != "new_expression":
            raise position.error("Date(...) without new is text in mongosh: write new Date(...)")
        if name not in constructors.CONSTRUCTORS:
            raise constructors.unknown(name, position.error, position.not_read_only)
        values = [plain(self.value(argument, depth + 1)) for argument in nodes]
        try:
            return constructors.CONSTRUCTORS[name](values, self.now)
        except ValueError as error:
            raise position.error(f"{name}: {error}") from error

    def _number(self, node: SyntaxNode, depth: int) -> int | float:
        """Signs and arithmetic, so that `-1` and `24 * 60 * 60 * 1000` read as people mean them."""
        operator = node.child_by_field_name("operator")
        names = ("argument",) if node.type == "unary_expression" else ("left", "right")
        sign = "" if operator is None else tokens.text_of(operator)
        fields = [node.child_by_field_name(name) for name in names]
        if sign == "-" and fields[0] is not None and fields[0].type == "number":
            return self._literal_number(fields[0], "-")
        operands: list[int | float] = []
        for field in fields:
            value = None if field is None else plain(self.value(field, depth + 1))
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._not_a_value(node)
            operands.append(value)
        try:
            return tokens.calculate(sign, operands)
        except ValueError as error:
            raise self.source.position(node).error(str(error)) from error

    def _literal_number(self, node: SyntaxNode, sign: str = "") -> int | float | Int64:
        try:
            return tokens.number_value(tokens.text_of(node), sign)
        except ValueError as error:
            raise self.source.position(node).error(str(error)) from error

    def _regex(self, node: SyntaxNode) -> Regex[str]:
        pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
        try:
            return constructors.regex(
                "" if pattern is None else tokens.regex_pattern(tokens.text_of(pattern)),
                "" if flags is None else tokens.text_of(flags),
            )
        except ValueError as error:
            raise self.source.position(node).error(str(error)) from error

    def _constant(self, node: SyntaxNode) -> ScalarValue:
        name = tokens.text_of(node)
        if name in constructors.CONSTANTS:
            return constructors.CONSTANTS[name]
        meant = _MEANT.get(name)
        hint = f"did you mean {meant}?" if meant else f'put text in quotes: "{name}"'
        raise self.source.position(node).error(f"{name} is not a value: {hint}")

    def _not_a_value(self, node: SyntaxNode) -> QueryError:
        position = self.source.position(node)
        if "function" in node.type or node.type == "class":
            return position.not_read_only("A function is JavaScript, which queries cannot run")
        shown = tokens.text_of(node)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return position.error(f"{shown} is not a value: write the value itself")


def _mapping(document: ObjectNode) -> Mapping[str, object]:
    return {entry.key: plain(entry.value) for entry in document.entries}
