"""Commands for PyMongo, and as text for people: mongosh and Python.

`parse_query(render_mongosh(command)) == command` for every command; `to_mongo` gives what runs.
Depends on `documents` (what runs) and `printing` (how it looks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from mqt_serving.query.documents import (
    Mongo,
    filter_document,
    pipeline_documents,
    projection_document,
    sort_document,
)
from mqt_serving.query.methods import COLLECTION_METHODS, REFUSED
from mqt_serving.query.pipeline import Aggregate, Command, CountDocuments, Distinct, Find
from mqt_serving.query.printing import WIDTH, JavaScript, Printer, Python


@dataclass(frozen=True, slots=True)
class MongoCall:
    """What PyMongo needs; what a method does not take is None or empty."""

    method: Literal["find", "aggregate", "count_documents", "distinct"]
    collection: str
    filter: Mongo
    projection: Mongo | None = None
    sort: tuple[tuple[str, Any], ...] = ()
    skip: int | None = None
    limit: int | None = None
    pipeline: tuple[Mongo, ...] = ()
    key: str | None = None


def to_mongo(command: Command) -> MongoCall:
    """The call that PyMongo runs unchanged; ValueError where MQL has no way to write a filter."""
    match command:
        case Find():
            return MongoCall(
                method="find",
                collection=command.collection,
                filter=filter_document(command.filter),
                projection=projection_document(command.projection) if command.projection else None,
                sort=tuple(sort_document(command.sort).items()) if command.sort else (),
                skip=command.skip,
                limit=command.limit,
            )
        case Aggregate(collection=collection, stages=stages):
            pipeline = tuple(pipeline_documents(stages))
            return MongoCall("aggregate", collection, {}, pipeline=pipeline)
        case CountDocuments(collection=collection, filter=condition):
            return MongoCall("count_documents", collection, filter_document(condition))
        case Distinct(collection=collection, path=path, filter=condition):
            return MongoCall("distinct", collection, filter_document(condition), key=path)
        case _:
            assert_never(command)


def render_mongosh(command: Command) -> str:
    """The command as a person would write it in mongosh, without a semicolon."""
    call, printer = to_mongo(command), JavaScript()
    start = _mongosh_collection(call.collection)
    match call.method:
        case "find":
            arguments = [call.filter] if call.projection is None else [call.filter, call.projection]
            arguments = [] if arguments == [{}] else arguments
            sort = printer.inline(dict(call.sort))
            return _find_text(printer, f"{start}.find", arguments, call, sort)
        case "aggregate":
            return f"{start}.aggregate({printer.stages(call.pipeline)})"
        case "count_documents":
            return _call_text(printer, f"{start}.countDocuments", _filled(call.filter))
        case "distinct":
            return _call_text(printer, f"{start}.distinct", [call.key, *_filled(call.filter)])


def render_pymongo(command: Command) -> str:
    """The command as a PyMongo call on `db`, below the imports that it needs."""
    call, printer = to_mongo(command), Python()
    start = f"db[{printer.scalar(call.collection)}]"
    match call.method:
        case "find":
            arguments = [call.filter] if call.projection is None else [call.filter, call.projection]
            arguments = [] if arguments == [{}] else arguments
            keys = ", ".join(
                f"({printer.scalar(n)}, {printer.inline(way)})" for n, way in call.sort
            )
            text = _find_text(printer, f"{start}.find", arguments, call, f"[{keys}]")
        case "aggregate":
            text = f"{start}.aggregate({printer.stages(call.pipeline)})"
        case "count_documents":
            text = _call_text(printer, f"{start}.count_documents", [call.filter])
        case "distinct":
            text = _call_text(printer, f"{start}.distinct", [call.key, *_filled(call.filter)])
    imports = printer.import_lines()
    return f"{imports}\n{text}" if imports else text


def _filled(condition: Mongo) -> list[Mongo]:
    return [condition] if condition else []


def _call_text(printer: Printer, start: str, arguments: list[Any]) -> str:
    return f"{start}({printer.arguments(arguments, len(start) + 2)})"


def _find_text(
    printer: Printer, start: str, arguments: list[Mongo], call: MongoCall, sort: str
) -> str:
    """`find(...)` and its cursor methods: on one line, or one line for each method."""
    methods = [f".sort({sort})"] if call.sort else []
    methods += [] if call.skip is None else [f".skip({call.skip})"]
    methods += [] if call.limit is None else [f".limit({call.limit})"]
    line = f"{start}({', '.join(map(printer.inline, arguments))}){''.join(methods)}"
    if len(line) <= WIDTH:
        return line
    text = _call_text(printer, start, arguments)
    # In Python a chain goes on after a closing bracket only, so there it stays on that line.
    joint = "\n" + printer.indent if isinstance(printer, JavaScript) and "\n" not in text else ""
    return text + "".join(joint + method for method in methods)


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATABASE_MEMBERS = frozenset(
    {
        *COLLECTION_METHODS, *REFUSED, "getCollection", "getName", "version", "help",
        "constructor", "prototype", "toString", "valueOf", "hasOwnProperty",
        "toJSON",
    }
)  # fmt: skip


def _mongosh_collection(name: str) -> str:
    """`db.orders`, or `db.getCollection("...")` where the name means something else there."""
    if _PLAIN_NAME.fullmatch(name) and name not in _DATABASE_MEMBERS and not name.startswith("__"):
        return f"db.{name}"
    return f"db.getCollection({JavaScript().text(name)})"
