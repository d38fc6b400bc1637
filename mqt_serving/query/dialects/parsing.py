"""Query text as a command: mongosh, Extended JSON, Node.js driver code or PyMongo code.

`parse_query` is the one entrance and recognises the dialect by itself. What writes, administers
or runs JavaScript is refused by name; everything else outside the language too, with line, column
and a suggestion. Nothing is evaluated. Depends on `javascript` and `python` (text to values and
calls), `calls` and the `reading` modules (their meaning).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.calls import build, read_chain, unknown_option
from mqt_serving.query.dialects.javascript import JavaScriptText
from mqt_serving.query.dialects.methods import IGNORED_OPTIONS, WRITE_COMMANDS, Dialect
from mqt_serving.query.dialects.python import PythonText
from mqt_serving.query.dialects.reading import name_of
from mqt_serving.query.dialects.syntax import (
    MAX_TEXT_LENGTH,
    Chain,
    ListNode,
    Node,
    ObjectNode,
    Scalar,
    Statement,
)
from mqt_serving.query.operators import suggestion
from mqt_serving.query.pipeline import Command


def parse_query(text: str, now: datetime | None = None) -> Command:
    """The command that `text` writes; `now` is what `new Date()` and `datetime.now()` mean.

    Raises QueryNotReadOnly for writes, JavaScript and system commands, naming the construct,
    and QueryError for everything else that is not in the language.
    """
    _require_text(text)
    statement, dialect = _read(text, now or datetime.now(UTC))
    match statement:
        case Chain():
            return read_chain(statement, dialect)
        case ObjectNode():
            return _document_command(statement)
        case ListNode():
            raise statement.position.error(
                "A pipeline needs its collection: write db.collection.aggregate([...])"
            )
        case Scalar():
            raise statement.position.error("A query starts with db, as db.orders.find({...})")


def _require_text(text: str) -> None:
    if len(text) > MAX_TEXT_LENGTH:
        raise QueryError(
            f"The query has {len(text):,} characters; at most {MAX_TEXT_LENGTH:,} are read."
        )
    if not text.strip():
        raise QueryError("The query is empty.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QueryError("The query is not valid Unicode text.")


def _read(text: str, now: datetime) -> tuple[Statement, Dialect]:
    """What the text says, in the dialect that it is written in.

    Most calls are the same in Python and in JavaScript, and then mean the same. Python it is
    when something in it exists there only, or when it is no JavaScript.
    """
    python = PythonText(text, now)
    if python.is_certain:
        return python.query(), Dialect.PYMONGO
    javascript = JavaScriptText(text, now)
    if not javascript.is_valid and python.is_likely:
        return python.query(), Dialect.PYMONGO
    return javascript.query(), Dialect.MONGOSH


# -------------------------------------------------------------- command documents

_COMMANDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "find": (
        "find",
        {name: name for name in ("filter", "projection", "sort", "skip", "limit", "collation")},
    ),
    "aggregate": ("aggregate", {"pipeline": "pipeline", "collation": "collation"}),
    "count": (
        "countDocuments",
        {"query": "filter", "skip": "skip", "limit": "limit", "collation": "collation"},
    ),
    "distinct": ("distinct", {"key": "key", "query": "filter", "collation": "collation"}),
}
"""Commands -> the method that they are, and what their options are called there."""


def _document_command(document: ObjectNode) -> Command:
    """`{"find": "orders", "filter": {...}}` and its like."""
    if not document.entries:
        raise document.position.error('A command names its collection: {"find": "orders"}')
    first, *options = document.entries
    if first.key in WRITE_COMMANDS:
        raise first.position.not_read_only(
            f"{first.key} is not allowed: {WRITE_COMMANDS[first.key]}"
        )
    if first.key not in _COMMANDS:
        near = suggestion(first.key, _COMMANDS)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(_COMMANDS)}"
        raise first.position.error(f"unknown command {first.key}: {hint}")
    method, known = _COMMANDS[first.key]
    values: dict[str, Node] = {}
    for option in options:
        if option.key in known:
            values[known[option.key]] = option.value
        elif option.key not in IGNORED_OPTIONS:
            raise unknown_option(first.key, option, list(known))
    if first.key == "aggregate" and "pipeline" not in values:
        raise first.position.error("aggregate needs a pipeline")
    if first.key == "count" and not values:  # without a query, MongoDB counts by its metadata
        method = "estimatedDocumentCount"
    return build(name_of(first.value, "A collection"), method, values, first.position)
