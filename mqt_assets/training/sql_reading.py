"""What SQL is taken apart with: literals, columns and conjuncts of a parsed query. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mqt_assets.training.sql_places import NotTranslated
from mqt_serving.query.plan import And, Or, Plan, Predicate, Scalar, walk


def read_sql(sql: str) -> exp.Expr:
    """The query as a tree; raises `NotTranslated`."""
    try:
        return sqlglot.parse_one(sql.strip().rstrip("; "), read="mysql")
    except SqlglotError:
        raise NotTranslated("not read") from None


def joined(form: type[And] | type[Or], *items: Predicate) -> Predicate:
    """The items under one `And` (`Or`), those of the same kind opened up."""
    flat: list[Predicate] = []
    for item in items:
        flat += item.items if isinstance(item, And | Or) and isinstance(item, form) else [item]
    return flat[0] if len(flat) == 1 else form(tuple(flat))


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.And):
        return [*conjuncts(node.this), *conjuncts(node.expression)]
    return [node]


def columns(node: exp.Expr) -> Iterator[exp.Column]:
    """The columns of a part of a query, without those of its sub-queries."""
    if isinstance(node, exp.Select | exp.SetOperation):
        return
    if isinstance(node, exp.Column):
        if not isinstance(node.this, exp.Star):
            yield node
        return
    for child in node.iter_expressions():
        yield from columns(child)


def literal(node: exp.Expr) -> Scalar | None:
    if isinstance(node, exp.Paren):
        return literal(node.this)
    if isinstance(node, exp.Neg):
        value = literal(node.this)
        return -value if isinstance(value, int | float) else None
    if not isinstance(node, exp.Literal):
        return None
    text = str(node.this)
    if node.is_string:
        return text
    return int(text) if text.isdigit() else float(text)


def needed_literal(node: exp.Expr) -> Scalar:
    value = literal(node)
    if value is None:
        raise NotTranslated("a value that is no literal")
    return value


def whole(node: exp.Expr) -> int:
    value = literal(node)
    if not isinstance(value, int):
        raise NotTranslated("a limit that is no number")
    return value


def outside_subqueries(node: object) -> Iterator[object]:
    """All of a node but for what sub-queries hold."""
    inside = {
        id(part)
        for item in walk(node)
        if isinstance(item, Plan)
        for part in walk(item)
    }  # fmt: skip
    return (item for item in walk(node) if id(item) not in inside)
