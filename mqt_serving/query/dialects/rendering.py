"""Commands for PyMongo, and as text for people: mongosh, Node.js, PyMongo and Extended JSON.

`parse_query(render_x(command)) == command` for every command and dialect; `to_mongo` gives what
runs.
Depends on `documents` (what runs) and `printing` (how it looks).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from mqt_serving.query.collation import Collation, collation_document
from mqt_serving.query.dialects.methods import CANONICAL, PARAMETERS, REFUSED
from mqt_serving.query.dialects.printing import (
    WIDTH,
    ExtendedJson,
    JavaScript,
    Mongosh,
    Node,
    Printer,
    Python,
)
from mqt_serving.query.documents import (
    Mongo,
    filter_document,
    pipeline_documents,
    projection_document,
    sort_document,
)
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Find,
)

Method = Literal["find", "aggregate", "count_documents", "estimated_document_count", "distinct"]


@dataclass(frozen=True, slots=True)
class MongoCall:
    """What PyMongo needs; what a method does not take is None or empty."""

    method: Method
    collection: str
    filter: Mongo
    projection: Mongo | None = None
    sort: tuple[tuple[str, Any], ...] = ()
    skip: int | None = None
    limit: int | None = None
    pipeline: tuple[Mongo, ...] = ()
    key: str | None = None
    collation: Mongo | None = None


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
                collation=_collation(command.collation),
            )
        case Aggregate(collection=collection, stages=stages):
            return MongoCall(
                method="aggregate",
                collection=collection,
                filter={},
                pipeline=tuple(pipeline_documents(stages)),
                collation=_collation(command.collation),
            )
        case CountDocuments(collection=collection, filter=condition):
            return MongoCall(
                method="count_documents",
                collection=collection,
                filter=filter_document(condition),
                skip=command.skip,
                limit=command.limit,
                collation=_collation(command.collation),
            )
        case EstimatedDocumentCount(collection=collection):
            return MongoCall("estimated_document_count", collection, {})
        case Distinct(collection=collection, path=path, filter=condition):
            return MongoCall(
                method="distinct",
                collection=collection,
                filter=filter_document(condition),
                key=path,
                collation=_collation(command.collation),
            )
        case _:
            assert_never(command)


def _collation(collation: Collation | None) -> Mongo | None:
    return None if collation is None else collation_document(collation)


# ---------------------------------------------------------------------- mongosh


def render_mongosh(command: Command) -> str:
    """The command as a person would write it in mongosh, without a semicolon."""
    call, printer = to_mongo(command), Mongosh()
    start = _mongosh_collection(call.collection)
    if call.method == "find":
        methods = [f".sort({printer.inline(dict(call.sort))})"] if call.sort else []
        methods += [] if call.skip is None else [f".skip({call.skip})"]
        methods += [] if call.limit is None else [f".limit({call.limit})"]
        if call.collation is not None:
            methods.append(f".collation({printer.inline(call.collation)})")
        return _chained_text(printer, f"{start}.find", _find_arguments(call), methods)
    return _method_text(printer, start, call)


# ---------------------------------------------------------------------- Node.js


def render_node(command: Command) -> str:
    """The command as a call of the Node.js driver on `db`, awaited, without a semicolon."""
    call, printer = to_mongo(command), Node()
    start = f"await db.collection({printer.text(call.collection)})"
    match call.method:
        case "find":
            options = {} if call.projection is None else {"projection": call.projection}
            options |= {"sort": dict(call.sort)} if call.sort else {}
            options |= _given(skip=call.skip, limit=call.limit, collation=call.collation)
            arguments = [call.filter, options] if options else _filled(call.filter)
            return f"{_call_text(printer, f'{start}.find', arguments)}.toArray()"
        case "aggregate" | "distinct":
            text = _method_text(printer, start, call)
            return f"{text}.toArray()" if call.method == "aggregate" else text
        case _:
            return _method_text(printer, start, call)


def _method_text(printer: JavaScript, start: str, call: MongoCall) -> str:
    """Calls that mongosh and Node.js write alike."""
    collation = _given(collation=call.collation)
    match call.method:
        case "aggregate":
            stages = printer.stages(call.pipeline)
            tail = f", {printer.inline(collation)}" if collation else ""
            return f"{start}.aggregate({stages}{tail})"
        case "count_documents":
            options = _given(skip=call.skip, limit=call.limit) | collation
            arguments = [call.filter, options] if options else _filled(call.filter)
            return _call_text(printer, f"{start}.countDocuments", arguments)
        case "estimated_document_count":
            return f"{start}.estimatedDocumentCount()"
        case "distinct":
            arguments = [call.filter, collation] if collation else _filled(call.filter)
            return _call_text(printer, f"{start}.distinct", [call.key, *arguments])
        case _:
            raise AssertionError(f"{call.method} is written by each dialect itself")


# ---------------------------------------------------------------------- PyMongo


def render_pymongo(command: Command) -> str:
    """The command as a PyMongo call on `db`, below the imports that it needs."""
    call, printer = to_mongo(command), Python()
    start = f"db[{printer.scalar(call.collection)}]"
    keywords = _given(collation=call.collation)
    match call.method:
        case "find":
            pairs = [f"({printer.scalar(name)}, {printer.inline(way)})" for name, way in call.sort]
            methods = [f".sort([{', '.join(pairs)}])"] if call.sort else []
            methods += [] if call.skip is None else [f".skip({call.skip})"]
            methods += [] if call.limit is None else [f".limit({call.limit})"]
            if call.collation is not None:
                methods.append(f".collation({printer.inline(call.collation)})")
            text = _chained_text(printer, f"{start}.find", _find_arguments(call), methods)
        case "aggregate":
            stages = printer.stages(call.pipeline)
            text = f"{start}.aggregate({stages}{_keyword_text(printer, keywords)})"
        case "count_documents":
            keywords = _given(skip=call.skip, limit=call.limit) | keywords
            text = _call_text(printer, f"{start}.count_documents", [call.filter], keywords)
        case "estimated_document_count":
            text = f"{start}.estimated_document_count()"
        case "distinct":
            arguments = [call.key, *_filled(call.filter)]
            text = _call_text(printer, f"{start}.distinct", arguments, keywords)
    imports = printer.import_lines()
    return f"{imports}\n{text}" if imports else text


# ----------------------------------------------------------------- Extended JSON


def render_json(command: Command) -> str:
    """The database command in Extended JSON, as `runCommand` and Compass's export have it."""
    call, printer = to_mongo(command), ExtendedJson()
    options = _given(skip=call.skip, limit=call.limit, collation=call.collation)
    document: Mongo
    match call.method:
        case "find":
            document = {"find": call.collection, "filter": call.filter}
            document |= _given(projection=call.projection)
            document |= {"sort": dict(call.sort)} if call.sort else {}
        case "aggregate":
            document = {"aggregate": call.collection, "pipeline": list(call.pipeline)}
            document["cursor"] = {}
        case "count_documents":
            document = {"count": call.collection, "query": call.filter}
        case "estimated_document_count":
            document = {"count": call.collection}
        case "distinct":
            document = {"distinct": call.collection, "key": call.key, "query": call.filter}
    return printer.laid_out(document | options)


# ------------------------------------------------------------------------ common


def _given(**options: Any) -> Mongo:
    return {name: value for name, value in options.items() if value is not None}


def _filled(condition: Mongo) -> list[Mongo]:
    return [condition] if condition else []


def _find_arguments(call: MongoCall) -> list[Mongo]:
    return _filled(call.filter) if call.projection is None else [call.filter, call.projection]


def _call_text(
    printer: Printer, start: str, arguments: list[Any], keywords: Mongo | None = None
) -> str:
    text = printer.arguments(arguments, len(start) + 2)
    return f"{start}({text}{_keyword_text(printer, keywords or {})})"


def _keyword_text(printer: Printer, keywords: Mongo) -> str:
    return "".join(f", {name}={printer.inline(value)}" for name, value in keywords.items())


def _chained_text(printer: Printer, start: str, arguments: list[Mongo], methods: list[str]) -> str:
    """A call and its cursor methods: on one line, or one line for each method."""
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
        *PARAMETERS, *CANONICAL, *REFUSED, "getCollection", "collection", "get_collection",
        "getName", "version", "help", "constructor", "prototype", "toString", "valueOf",
        "hasOwnProperty", "toJSON",
    }
)  # fmt: skip


def _mongosh_collection(name: str) -> str:
    """`db.orders`, or `db.getCollection("...")` where the name means something else there."""
    if _PLAIN_NAME.fullmatch(name) and name not in _DATABASE_MEMBERS and not name.startswith("__"):
        return f"db.{name}"
    return f"db.getCollection({Mongosh().text(name)})"
