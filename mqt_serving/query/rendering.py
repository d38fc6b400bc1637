"""Commands for PyMongo, and as text for people: mongosh, PyMongo, Node.js and Extended JSON.

`parse_query(render_x(command)) == command` for every command and each of the four; `to_mongo`
gives what runs. Depends on `documents` (what runs) and `printing` (how it looks).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from mqt_serving.query.collation import Collation, collation_document
from mqt_serving.query.documents import (
    Mongo,
    filter_document,
    pipeline_documents,
    projection_document,
    sort_document,
)
from mqt_serving.query.methods import PARAMETERS, REFUSED
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Find,
)
from mqt_serving.query.printing import WIDTH, Printer
from mqt_serving.query.printing_styles import ExtendedJson, Mongosh, NodeJs, Python


@dataclass(frozen=True, slots=True)
class MongoCall:
    """What PyMongo needs; what a method does not take is None or empty."""

    method: Literal["find", "aggregate", "count_documents", "estimated_document_count", "distinct"]
    collection: str
    filter: Mongo
    projection: Mongo | None = None
    sort: tuple[tuple[str, Any], ...] = ()
    skip: int | None = None
    limit: int | None = None
    pipeline: tuple[Mongo, ...] = ()
    key: str | None = None
    collation: Mongo | None = None

    @property
    def options(self) -> Mongo:
        """Those of skip, limit and collation that are given."""
        options = {"skip": self.skip, "limit": self.limit, "collation": self.collation}
        return {name: value for name, value in options.items() if value is not None}


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
        case Aggregate(collection=collection, stages=stages, collation=collation):
            pipeline = tuple(pipeline_documents(stages))
            return MongoCall(
                "aggregate", collection, {}, pipeline=pipeline, collation=_collation(collation)
            )
        case CountDocuments():
            return MongoCall(
                "count_documents",
                command.collection,
                filter_document(command.filter),
                skip=command.skip,
                limit=command.limit,
                collation=_collation(command.collation),
            )
        case EstimatedDocumentCount(collection=collection):
            return MongoCall("estimated_document_count", collection, {})
        case Distinct():
            return MongoCall(
                "distinct",
                command.collection,
                filter_document(command.filter),
                key=command.path,
                collation=_collation(command.collation),
            )
        case _:
            assert_never(command)


def _collation(collation: Collation | None) -> Mongo | None:
    return None if collation is None else dict(collation_document(collation))


# ------------------------------------------------------------------------- styles


def render_mongosh(command: Command) -> str:
    """The command as a person would write it in mongosh, without a semicolon."""
    call = to_mongo(command)
    return _javascript_text(call, Mongosh(), _mongosh_collection(call.collection))


def render_node(command: Command) -> str:
    """The command as an awaited call of the Node.js driver on `db`, without a semicolon."""
    call, printer = to_mongo(command), NodeJs()
    start = f"await db.collection({printer.text(call.collection)})"
    rows = ".toArray()" if call.method in ("find", "aggregate") else ""
    return _javascript_text(call, printer, start, rows)


def render_pymongo(command: Command) -> str:
    """The command as a PyMongo call on `db`, below the imports that it needs."""
    call, printer = to_mongo(command), Python()
    start = f"db[{printer.scalar(call.collection)}]"
    keywords = [(f"{name}=", value) for name, value in call.options.items()]
    match call.method:
        case "find":
            keys = ", ".join(
                f"({printer.scalar(n)}, {printer.inline(way)})" for n, way in call.sort
            )
            sort = f"[{keys}]"
            text = _chained(printer, f"{start}.find", _find_arguments(call), call, sort)
        case "aggregate":
            options = "".join(f", {label}{printer.inline(value)}" for label, value in keywords)
            text = f"{start}.aggregate({printer.stages(call.pipeline)}{options})"
        case "count_documents":
            text = _called(printer, f"{start}.count_documents", [("", call.filter), *keywords])
        case "estimated_document_count":
            text = f"{start}.estimated_document_count()"
        case "distinct":
            condition = [("", call.filter)] if call.filter else []
            arguments = [("", call.key), *condition, *keywords]
            text = _called(printer, f"{start}.distinct", arguments)
        case _:
            assert_never(call.method)
    imports = printer.import_lines()
    return f"{imports}\n{text}" if imports else text


def render_json(command: Command) -> str:
    """The database command as Extended JSON: plain where JSON has the type, canonical elsewhere.

    A count without a query is the estimated one, as MongoDB takes it from the metadata.
    """
    call = to_mongo(command)
    condition = {"filter": call.filter} if call.filter else {}
    document: Mongo
    match call.method:
        case "find":
            projection = {} if call.projection is None else {"projection": call.projection}
            sort = {"sort": dict(call.sort)} if call.sort else {}
            document = {"find": call.collection, **condition, **projection, **sort}
        case "aggregate":
            document = {"aggregate": call.collection, "pipeline": call.pipeline, "cursor": {}}
        case "count_documents":
            document = {"count": call.collection, "query": call.filter}
        case "estimated_document_count":
            document = {"count": call.collection}
        case "distinct":
            query = {"query": call.filter} if call.filter else {}
            document = {"distinct": call.collection, "key": call.key, **query}
        case _:
            assert_never(call.method)
    return ExtendedJson().laid_out({**document, **call.options})


RENDERERS: Mapping[str, Callable[[Command], str]] = {
    "mongosh": render_mongosh,
    "pymongo": render_pymongo,
    "node": render_node,
    "json": render_json,
}
"""Every way to write a command down, by name."""


# -------------------------------------------------------------------------- calls

_Arguments = list[tuple[str, Any]]


def _javascript_text(call: MongoCall, printer: Mongosh, start: str, rows: str = "") -> str:
    """The call in JavaScript, its options as the last argument; `rows` fetches the rows."""
    options: _Arguments = [("", call.options)] if call.options else []
    match call.method:
        case "find":
            arguments = _find_arguments(call)
            project = ""
            if isinstance(printer, NodeJs) and call.projection is not None:
                arguments = [("", call.filter)] if call.filter else []
                project = printer.inline(call.projection)
            sort = printer.inline(dict(call.sort))
            return _chained(printer, f"{start}.find", arguments, call, sort, project, rows)
        case "aggregate":
            given = "".join(f", {printer.inline(value)}" for _, value in options)
            return f"{start}.aggregate({printer.stages(call.pipeline)}{given}){rows}"
        case "count_documents":
            condition: _Arguments = [("", call.filter)] if call.filter or options else []
            return _called(printer, f"{start}.countDocuments", condition + options)
        case "estimated_document_count":
            return f"{start}.estimatedDocumentCount()"
        case "distinct":
            condition = [("", call.filter)] if call.filter or options else []
            return _called(printer, f"{start}.distinct", [("", call.key), *condition, *options])
        case _:
            assert_never(call.method)


def _find_arguments(call: MongoCall) -> _Arguments:
    projection: _Arguments = [] if call.projection is None else [("", call.projection)]
    return [("", call.filter), *projection] if call.filter or projection else []


def _called(printer: Printer, start: str, arguments: _Arguments) -> str:
    return f"{start}({printer.arguments(arguments, len(start) + 2)})"


def _chained(
    printer: Printer,
    start: str,
    arguments: _Arguments,
    call: MongoCall,
    sort: str,
    project: str = "",
    rows: str = "",
) -> str:
    """`find(...)` and its cursor methods: on one line, or one line for each method."""
    methods = [f".project({project})"] if project else []
    methods += [f".sort({sort})"] if call.sort else []
    methods += [f".{name}({printer.inline(value)})" for name, value in call.options.items()]
    methods += [rows] if rows else []
    values = ", ".join(printer.inline(value) for _, value in arguments)
    line = f"{start}({values}){''.join(methods)}"
    if len(line) <= WIDTH:
        return line
    text = _called(printer, start, arguments)
    fits = "\n" in text and len(text.rpartition("\n")[2] + "".join(methods)) <= WIDTH
    # In Python a chain goes on after a closing bracket only, so there it stays on that line.
    joint = "\n" + printer.indent if isinstance(printer, Mongosh) and not fits else ""
    return text + "".join(joint + method for method in methods)


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATABASE_MEMBERS = frozenset(
    {
        *PARAMETERS, *REFUSED, "collection", "getCollection", "getName", "version", "help",
        "constructor", "prototype", "toString", "valueOf", "hasOwnProperty",
        "toJSON",
    }
)  # fmt: skip


def _mongosh_collection(name: str) -> str:
    """`db.orders`, or `db.getCollection("...")` where the name means something else there."""
    if _PLAIN_NAME.fullmatch(name) and name not in _DATABASE_MEMBERS and not name.startswith("__"):
        return f"db.{name}"
    return f"db.getCollection({Mongosh().text(name)})"
