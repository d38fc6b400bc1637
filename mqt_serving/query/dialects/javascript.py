"""JavaScript text (mongosh, Node.js driver code, Extended JSON) as its one query.

Statements and chains of calls are read here, values in `javascript_values`.
"""

from __future__ import annotations

from datetime import datetime

from tree_sitter import Node as SyntaxNode

from mqt_serving.query.dialects import constructors, tokens
from mqt_serving.query.dialects.javascript_syntax import Source, arguments_of, content, unwrapped
from mqt_serving.query.dialects.javascript_values import Values
from mqt_serving.query.dialects.methods import PRINTERS, refused_method
from mqt_serving.query.dialects.script import Script, joined
from mqt_serving.query.dialects.syntax import Chain, Link, Statement

_SILENT = frozenset({"comment", "empty_statement", "hash_bang_line", "import_statement"})
_START = "A query starts with db, as db.orders.find({...})"


class JavaScriptText:
    """One text; `now` is what `new Date()` means. `is_valid` tells whether it is JavaScript."""

    def __init__(self, text: str, now: datetime) -> None:
        self._source = Source(text)
        self._script = Script()
        self._values = Values(self._source, self._script, now)
        self.is_valid = self._source.is_valid

    def query(self) -> Statement:
        """The only query of the text. Raises QueryError and QueryNotReadOnly."""
        if not self.is_valid:
            raise self._source.syntax_error()
        for node in self._source.root.named_children:
            if node.type not in _SILENT:
                self._add(node)
        return self._script.query()

    def _add(self, node: SyntaxNode) -> None:
        position = self._source.position(node)
        match node.type:
            case "expression_statement":
                inner = unwrapped(content(node)[0])
                name, value = inner.child_by_field_name("left"), inner.child_by_field_name("right")
                if inner.type == "assignment_expression" and name is not None and value is not None:
                    self._define(name, value)
                else:
                    self._script.add(self._statement(inner), position)
            case "lexical_declaration" | "variable_declaration":
                for declarator in content(node):
                    self._declare(declarator)
            case other:
                raise position.not_read_only(
                    f"A {other.replace('_', ' ')} is JavaScript, not a query: "
                    "write the query alone, as db.collection.find(...)"
                )

    def _declare(self, node: SyntaxNode) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            raise self._source.position(node).error(
                "A name without a value means nothing here: write const query = {...}"
            )
        if not _is_import(value):
            self._define(name, value)

    def _define(self, name: SyntaxNode, value: SyntaxNode) -> None:
        position = self._source.position(name)
        if name.type != "identifier":
            raise position.error("Only a plain name can be given a value: const query = {...}")
        self._script.add(self._statement(value), position, tokens.text_of(name))

    def _statement(self, node: SyntaxNode) -> Statement:
        node = unwrapped(node)
        if node.type in ("member_expression", "subscript_expression", "call_expression") and (
            not _is_constructor(node)
        ):
            return self._chain(node)
        if node.type == "identifier":
            named = self._script.chain(tokens.text_of(node), self._source.position(node))
            if named is not None:
                return named
        return self._values.value(node)

    # ----------------------------------------------------------- chains

    def _chain(self, node: SyntaxNode) -> Chain:
        """`db.a.find(x).limit(1)` as its root and the links that follow."""
        position = self._source.position(node)
        links: list[tuple[SyntaxNode, SyntaxNode | None]] = []
        arguments: SyntaxNode | None = None
        while node.type != "identifier":
            if node.type == "call_expression":
                function, called = node.child_by_field_name("function"), arguments_of(node)
                if function is None or called is None:
                    raise self._source.position(node).error("This call is not part of a query")
                self._require_method(arguments)
                node, arguments = unwrapped(function), called
            else:
                owner, name = self._member(node)
                links.append((name, arguments))
                node, arguments = unwrapped(owner), None
        if arguments is not None:
            raise position.not_read_only(
                f"{tokens.text_of(node)}(...) is JavaScript, which queries cannot run. {_START}"
            )
        read = tuple(self._link(name, called) for name, called in reversed(links))
        return joined(self._script, Chain(tokens.text_of(node), read, position))

    def _require_method(self, arguments: SyntaxNode | None) -> None:
        if arguments is not None:
            raise self._source.position(arguments).error("Only a method can be called here")

    def _member(self, node: SyntaxNode) -> tuple[SyntaxNode, SyntaxNode]:
        """What `node` is a member of, and its name or quoted name."""
        position = self._source.position(node)
        owner = node.child_by_field_name("object")
        if node.type == "member_expression":
            name = node.child_by_field_name("property")
        elif node.type == "subscript_expression":
            name = node.child_by_field_name("index")
            if name is None or name.type != "string":
                raise position.error('In brackets stands a collection name: db["orders"]')
        else:
            raise position.error(_START)
        if owner is None or name is None:
            raise position.error(_START)
        return owner, name

    def _link(self, node: SyntaxNode, arguments: SyntaxNode | None) -> Link:
        position = self._source.position(node)
        name = self._values.text(node) if node.type == "string" else tokens.text_of(node)
        if arguments is None:
            return Link(name, position)
        nodes = content(arguments)
        if name == "forEach" and [tokens.text_of(argument) for argument in nodes] in PRINTERS:
            return Link("toArray", position, ())
        # Refused before its arguments are read: they may be anything (a function, a variable).
        if (refusal := refused_method(name, position)) is not None:
            raise refusal
        return Link(name, position, tuple(self._values.value(argument) for argument in nodes))


def _is_constructor(node: SyntaxNode) -> bool:
    """`ObjectId("...")` and `Long.fromString("5")` are calls, but values."""
    function = node.child_by_field_name("function")
    if function is None:
        return False
    name = tokens.text_of(function)
    return function.type == "identifier" or name in constructors.CONSTRUCTORS or name == "Date.now"


def _is_import(node: SyntaxNode) -> bool:
    """`require("mongodb")`, and a member of it."""
    while node.type == "member_expression" and (owner := node.child_by_field_name("object")):
        node = owner
    function = node.child_by_field_name("function")
    return function is not None and tokens.text_of(function) == "require"
