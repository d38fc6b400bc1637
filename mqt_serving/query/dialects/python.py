"""PyMongo code as its one query.

Statements and chains of calls are read here, values in `python_values`.
"""

from __future__ import annotations

import ast
from datetime import datetime

from mqt_serving.query.dialects.methods import refused_method
from mqt_serving.query.dialects.python_syntax import Source
from mqt_serving.query.dialects.python_values import Values
from mqt_serving.query.dialects.script import Script, joined
from mqt_serving.query.dialects.syntax import Chain, Link, Position, Statement

_WRAPPERS = frozenset({"list", "tuple", "print", "pprint"})
_START = "A query starts with db, as db.orders.find({...})"
_BLOCKS = {
    ast.For: "for loop", ast.AsyncFor: "for loop", ast.While: "while loop", ast.If: "condition",
    ast.With: "with block", ast.AsyncWith: "with block", ast.Try: "try block",
    ast.FunctionDef: "function", ast.AsyncFunctionDef: "function", ast.ClassDef: "class",
    ast.Delete: "del statement", ast.AugAssign: "computed assignment",
}  # fmt: skip


class PythonText:
    """One text; `now` is what `datetime.now()` means.

    `is_certain`: it is Python and nothing else; `is_likely`: if no JavaScript, then Python.
    """

    def __init__(self, text: str, now: datetime) -> None:
        self._source = Source(text)
        self._script = Script()
        self._values = Values(self._source, self._script, now)

    @property
    def is_certain(self) -> bool:
        return self._source.is_certain

    @property
    def is_likely(self) -> bool:
        return self._source.is_likely

    def query(self) -> Statement:
        """The only query of the text. Raises QueryError and QueryNotReadOnly."""
        if self._source.tree is None:
            raise self._source.syntax_error()
        for statement in self._source.tree.body:
            self._add(statement)
        return self._script.query()

    def _add(self, node: ast.stmt) -> None:
        position = self._source.position(node)
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                return
            case ast.Expr(value=value):
                self._script.add(self._statement(value), position)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                self._script.add(self._statement(value), position, name)
            case ast.Assign() | ast.AnnAssign():
                raise position.error("Only a plain name can be given a value: query = {...}")
            case _:
                kind = _BLOCKS.get(type(node), "statement")
                raise position.not_read_only(
                    f"A {kind} is Python code, not a query: write the query alone, as "
                    "db.collection.find(...)"
                )

    def _statement(self, node: ast.expr) -> Statement:
        node = _unwrapped(node)
        root = _root(node)
        is_chain = isinstance(node, ast.Attribute | ast.Subscript) or (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        )
        if root is not None and (root == "db" or self._script.is_chain(root)):
            return self._chain(node)
        if is_chain and not self._values.constructs(node):
            return self._chain(node)
        return self._values.value(node)

    def _chain(self, node: ast.expr) -> Chain:
        """`db.a.find(x).limit(1)` as its root and the links that follow."""
        position = self._source.position(node)
        links: list[tuple[str, Position, ast.Call | None]] = []
        call: ast.Call | None = None
        while not isinstance(node, ast.Name):
            match node:
                case ast.Call(func=function):
                    self._require_method(call)
                    call, node = node, _awaited(function)
                case ast.Attribute(value=owner, attr=name):
                    links.append((name, self._source.end(node), call))
                    call, node = None, _awaited(owner)
                case ast.Subscript(value=owner, slice=ast.Constant(value=str(name)) as index):
                    links.append((name, self._source.position(index), call))
                    call, node = None, _awaited(owner)
                case ast.Subscript(slice=ast.Slice() | ast.Constant()):
                    raise self._source.position(node).error(
                        "Rows are cut with limit(...) and skip(...), not in brackets"
                    )
                case ast.Subscript():
                    raise self._source.position(node).error(
                        'In brackets stands a collection name: db["orders"]'
                    )
                case _:
                    raise self._source.position(node).error(_START)
        if call is not None:
            raise position.not_read_only(
                f"{node.id}(...) is Python code, which queries cannot run. {_START}"
            )
        read = tuple(self._link(*link) for link in reversed(links))
        return joined(self._script, Chain(node.id, read, position))

    def _require_method(self, call: ast.Call | None) -> None:
        if call is not None:
            raise self._source.position(call).error("Only a method can be called here")

    def _link(self, name: str, position: Position, call: ast.Call | None) -> Link:
        if call is None:
            return Link(name, position)
        # Refused before its arguments are read: they may be anything (a function, a variable).
        if (refusal := refused_method(name, position)) is not None:
            raise refusal
        arguments = tuple(self._values.value(argument) for argument in call.args)
        keywords = tuple(self._values.keyword(keyword) for keyword in call.keywords)
        return Link(name, position, arguments, keywords)


def _awaited(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Await):
        node = node.value
    return node


def _unwrapped(node: ast.expr) -> ast.expr:
    """What stands in `list(...)` and its like, and after `await`."""
    while True:
        match node:
            case ast.Await(value=value):
                node = value
            case ast.Call(func=ast.Name(id=name), args=[value], keywords=[]) if name in _WRAPPERS:
                node = value
            case _:
                return node


def _root(node: ast.expr) -> str | None:
    """The name with which a chain begins."""
    while True:
        match node:
            case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Await(value=value):
                node = value
            case ast.Call(func=value):
                node = value
            case ast.Name(id=name):
                return name
            case _:
                return None
