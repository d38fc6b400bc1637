"""Python literals as positioned values.

Nothing is ever evaluated but literals, constructors of BSON values, and arithmetic on numbers and
dates. Depends on `python_syntax` and `python_constructors`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from bson import Binary, Int64

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects import python_constructors
from mqt_serving.query.dialects.python_syntax import Source
from mqt_serving.query.dialects.script import Script
from mqt_serving.query.dialects.syntax import (
    MAX_NESTING,
    MAX_TEXT_LENGTH,
    Entry,
    ListNode,
    Node,
    ObjectNode,
    Position,
    Scalar,
    ScalarValue,
    object_node,
    plain,
)
from mqt_serving.query.dialects.tokens import bounded, calculate, checked_text

_MEANT = {"true": "True", "false": "False", "null": "None", "undefined": "None"}
_MAPPINGS = frozenset({"dict", "SON", "OrderedDict", "Collation"})
_SIGNS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.UAdd: "+", ast.USub: "-",
}  # fmt: skip
_COMPUTED: Mapping[type[ast.AST], str] = {
    ast.JoinedStr: "an f-string is computed: write the text itself",
    ast.ListComp: "a comprehension is computed: write the list itself",
    ast.DictComp: "a comprehension is computed: write the object itself",
    ast.GeneratorExp: "a comprehension is computed: write the list itself",
    ast.SetComp: "a comprehension is computed: write the list itself",
    ast.Set: "a set has no order: write a list [...]",
    ast.Lambda: "a function is not a value of a query",
    ast.BinOp: "this cannot be computed here: write the value itself",
    ast.UnaryOp: "this cannot be computed here: write the value itself",
    ast.Starred: "* is not read: write the values themselves",
}
_SCALARS = tuple(
    getattr(kind, "__origin__", kind) for kind in get_args(ScalarValue) if kind is not None
)


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the values of one text; `now` is what `datetime.now()` means."""

    source: Source
    script: Script
    now: datetime

    def value(self, node: ast.expr, depth: int = 0) -> Node:
        """The literal that `node` writes; QueryError for anything that is not one."""
        position = self.source.position(node)
        if depth > MAX_NESTING:
            raise position.error(f"The query is nested deeper than {MAX_NESTING} levels")
        match node:
            case ast.Dict(keys=keys, values=values):
                entries = [
                    self._entry(key, value, position, depth)
                    for key, value in zip(keys, values, strict=True)
                ]
                return object_node(entries, position)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return ListNode(tuple(self.value(item, depth + 1) for item in items), position)
            case ast.Call() if self._callee(node) in _MAPPINGS:
                return self._mapping(node, depth)
            case ast.Name(id=name) if (
                named := self.script.value(name, position, depth)
            ) is not None:
                return named
            case _:
                return Scalar(self._scalar(node, depth), position)

    def _entry(
        self, key: ast.expr | None, value: ast.expr, position: Position, depth: int
    ) -> Entry:
        if key is None:
            raise position.error("** is not read: write the names and values themselves")
        name = self.value(key, depth + 1)
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            raise name.position.error("A key is text: write it in quotes")
        return Entry(name.value, name.position, self.value(value, depth + 1))

    def _mapping(self, node: ast.Call, depth: int) -> ObjectNode:
        """`SON([("a", 1)])`, `dict(a=1)`, `Collation(locale="de")`."""
        position = self.source.position(node)
        entries: list[Entry] = []
        for argument in node.args:
            given = self.value(argument, depth + 1)
            if isinstance(given, ObjectNode):
                entries.extend(given.entries)
                continue
            for pair in given.items if isinstance(given, ListNode) else (given,):
                match pair:
                    case ListNode(items=(Scalar(value=str(name)), value)):
                        entries.append(Entry(name, pair.position, value))
                    case _:
                        raise pair.position.error('Here stands a list of ("name", value)')
        entries.extend(self.keyword(keyword, depth) for keyword in node.keywords)
        return object_node(entries, position)

    def keyword(self, keyword: ast.keyword, depth: int = 0) -> Entry:
        position = self.source.position(keyword)
        if keyword.arg is None:
            raise position.error("** is not read: write the names and values themselves")
        return Entry(keyword.arg, position, self.value(keyword.value, depth + 1))

    def constructs(self, node: ast.expr) -> bool:
        """Whether a dotted name or its call is a value, such as `math.inf` or `re.compile("a")`."""
        dotted = _dotted(node.func if isinstance(node, ast.Call) else node)
        name = python_constructors.plain_name(dotted)
        return (
            name in python_constructors.CONSTRUCTORS
            or name in python_constructors.CONSTANTS
            or name in _MAPPINGS
        )

    # ---------------------------------------------------------------- scalars

    def _scalar(self, node: ast.expr, depth: int) -> ScalarValue:
        value = self._object(node, depth)
        if isinstance(value, datetime):
            moment: datetime = self._attempt(
                node, "a date", lambda: python_constructors.in_utc(value)
            )
            return moment
        if type(value) is int:
            return int(self._attempt(node, "", lambda: bounded(value)))
        if value is None or type(value) in _SCALARS:
            return value  # type: ignore[return-value]
        raise self._not_a_value(node)

    def _object(self, node: ast.expr, depth: int) -> object:
        """What `node` computes: a BSON value, or a time zone, a duration or a regex flag."""
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.Name(id=name) if (
                named := self.script.value(name, self.source.position(node), depth)
            ) is not None:
                return plain(named)
            case ast.Name() | ast.Attribute():
                name = python_constructors.plain_name(_dotted(node))
                if name in python_constructors.CONSTANTS:
                    return python_constructors.CONSTANTS[name]
                raise self._not_a_value(node)
            case ast.Call():
                return self._constructed(node, depth)
            case ast.UnaryOp(op=operator, operand=operand):
                return self._calculated(node, operator, [operand], depth)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._calculated(node, operator, [left, right], depth)
            case ast.List() | ast.Tuple() | ast.Dict():
                return plain(self.value(node, depth))
            case _:
                raise self._not_a_value(node)

    def _constant(self, node: ast.Constant, value: object) -> object:
        match value:
            case bool() | int() | float() | None:
                return value
            case str():
                return self._attempt(node, "", lambda: checked_text(value))
            case bytes():
                return Binary(value, 0)
            case _:
                raise self._not_a_value(node)

    def _constructed(self, node: ast.Call, depth: int) -> object:
        position, name = self.source.position(node), self._callee(node)
        if name == "Code":
            raise position.not_read_only("Code is JavaScript, which queries cannot run")
        construct = python_constructors.CONSTRUCTORS.get(name)
        if construct is None:
            raise position.error(python_constructors.unknown(name))
        if depth > MAX_NESTING:
            raise position.error(f"The query is nested deeper than {MAX_NESTING} levels")
        arguments = [self._object(argument, depth + 1) for argument in node.args]
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.source.position(keyword).error("** is not read: write the values")
            keywords[keyword.arg] = self._object(keyword.value, depth + 1)
        return self._attempt(node, name, lambda: construct(arguments, keywords, self.now))

    def _calculated(
        self, node: ast.expr, operator: ast.AST, operands: list[ast.expr], depth: int
    ) -> object:
        if depth > MAX_NESTING:
            raise self.source.position(node).error(
                f"The query is nested deeper than {MAX_NESTING} levels"
            )
        values: list[Any] = [self._object(operand, depth + 1) for operand in operands]
        sign = _SIGNS.get(type(operator), "")
        match values:
            case [re.RegexFlag() as one, re.RegexFlag() as other] if isinstance(
                operator, ast.BitOr
            ):
                return one | other
            case [datetime() as moment, timedelta() as duration] if sign in ("+", "-"):
                signed = duration if sign == "+" else -duration
                return self._attempt(node, "a date", lambda: moment + signed)
            case [timedelta() as duration, int() as times] if sign == "*":
                return self._attempt(node, "a duration", lambda: duration * times)
            case [str() as start, str() as end] if sign == "+" and (
                len(start) + len(end) <= MAX_TEXT_LENGTH
            ):
                return start + end
            case _ if sign and all(type(v) in (int, float) or _is_long(v) for v in values):
                return self._attempt(node, "", lambda: calculate(sign, values))
            case _:
                raise self._not_a_value(node)

    def _attempt(self, node: ast.expr, what: str, make: Callable[[], Any]) -> Any:
        """What `make` gives; its errors at the place of `node`."""
        try:
            return make()
        except (ValueError, TypeError, OverflowError) as error:
            message = f"{what}: {error}" if what else str(error)
            raise self.source.position(node).error(message) from error

    def _callee(self, node: ast.Call) -> str:
        return python_constructors.plain_name(_dotted(node.func))

    def _not_a_value(self, node: ast.expr) -> QueryError:
        position = self.source.position(node)
        if type(node) in _COMPUTED:
            return position.error(_COMPUTED[type(node)])
        if isinstance(node, ast.Name):
            meant = _MEANT.get(node.id)
            hint = f"did you mean {meant}?" if meant else f'put text in quotes: "{node.id}"'
            return position.error(f"{node.id} is not a value: {hint}")
        shown = _dotted(node) if isinstance(node, ast.Attribute) else "This"
        return position.error(f"{shown[:40]} is not a value: write the value itself")


def _is_long(value: object) -> bool:
    return type(value) is Int64


def _dotted(node: ast.expr) -> str:
    """`a.b.c`; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
