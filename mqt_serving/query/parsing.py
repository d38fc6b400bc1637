"""Query text as a command: mongosh as people write it, or an Extended JSON command.

`parse_query` is the one entrance. What writes, administers or runs JavaScript is refused by
name; everything else outside the language too, with line, column and a suggestion. Nothing is
evaluated. Depends on `syntax` (text to values) and the `reading` modules (values to trees).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mqt_serving.errors import QueryError
from mqt_serving.query.methods import (
    COLLECTION_METHODS,
    CURSOR_METHODS,
    IGNORED_CURSOR_METHODS,
    IGNORED_OPTIONS,
    WRITE_COMMANDS,
    refused_method,
)
from mqt_serving.query.operators import suggestion
from mqt_serving.query.pipeline import (
    Aggregate,
    AllOf,
    Command,
    CountDocuments,
    Distinct,
    Filter,
    Find,
    Project,
    Sort,
    Stage,
)
from mqt_serving.query.reading import checked_name, name_of, object_of, whole_of
from mqt_serving.query.reading_expressions import read_projection
from mqt_serving.query.reading_filters import read_filter
from mqt_serving.query.reading_sorts import read_sort
from mqt_serving.query.reading_stages import read_pipeline, read_stage
from mqt_serving.query.syntax import (
    Arguments,
    Entry,
    Member,
    Node,
    ObjectNode,
    Position,
    Scalar,
    Source,
)


def parse_query(text: str, now: datetime | None = None) -> Command:
    """The command that `text` writes; `now` is what `new Date()` and `Date.now()` mean.

    Raises QueryNotReadOnly for writes, JavaScript and system commands, naming the construct,
    and QueryError for everything else that is not in the language.
    """
    source = Source(text, now or datetime.now(UTC))
    statement = source.statement()
    if statement.type == "object":
        return _document_command(object_of(source.value(statement), "A command"))
    if statement.type == "array":
        raise source.position(statement).error(
            "A pipeline needs its collection: write db.collection.aggregate([...])"
        )
    root, links = source.chain(statement)
    if root == "use":
        raise source.position(statement).error("Leave out use: the database is chosen separately")
    if root != "db":
        raise source.position(statement).error(
            f"A query starts with db, as db.orders.find({{...}}), not with {root}"
        )
    return _chained(source, links, source.position(statement))


# --------------------------------------------------------------- mongosh text


@dataclass(frozen=True, slots=True)
class _Call:
    """`.name(arguments)`."""

    name: str
    position: Position
    arguments: tuple[Node, ...]


def _chained(source: Source, links: Sequence[Member | Arguments], start: Position) -> Command:
    collection, (first, *following) = _collection_and_calls(source, links, start)
    command = _collection_call(collection, first)
    for call in following:
        command = _cursor_call(command, first, call)
    return command


def _collection_and_calls(
    source: Source, links: Sequence[Member | Arguments], start: Position
) -> tuple[str, list[_Call]]:
    """The collection that `db.a`, `db["a"]` or `db.getCollection("a")` names, and its calls."""
    names, calls = _split(source, links)
    if not calls:
        raise start.error("A query calls a method, as db.orders.find({...})")
    if names:
        name = ".".join(member.name for member in names)
        return checked_name(name, "A collection", names[0].position), calls
    database_call, *calls = calls
    if database_call.name == "getCollection" and len(database_call.arguments) == 1:
        if not calls:
            raise start.error('A query calls a method, as db.getCollection("orders").find({...})')
        return name_of(database_call.arguments[0], "A collection"), calls
    raise _not_a_collection(database_call)


def _split(source: Source, links: Sequence[Member | Arguments]) -> tuple[list[Member], list[_Call]]:
    """The members before the first called one, and the calls."""
    pending: list[Member] = []
    owners: list[Member] = []
    calls: list[_Call] = []
    for link in links:
        if isinstance(link, Member):
            pending.append(link)
            continue
        if not pending:
            raise link.position.error("Only a method can be called here")
        method = pending.pop()
        if not calls:
            owners, pending = pending, []
        if pending:
            raise _property(pending[0])
        # Refused before its arguments are read: they may be anything (a function, a variable).
        refusal = refused_method(method.name, method.position)
        if refusal is not None:
            raise refusal
        arguments = tuple(source.value(value) for value in link.values)
        calls.append(_Call(method.name, method.position, arguments))
    if calls and pending:
        raise _property(pending[0])
    return owners, calls


def _property(member: Member) -> QueryError:
    hint = "count with countDocuments or $count" if member.name == "length" else "leave it out"
    return member.position.error(f"{member.name} is not part of a query: {hint}")


def _not_a_collection(call: _Call) -> QueryError:
    if call.name in COLLECTION_METHODS:
        return call.position.error(f"{call.name} needs a collection: db.orders.{call.name}(...)")
    return call.position.not_read_only(
        f"db.{call.name}(...) is a database command, not a query on a collection"
    )


def _collection_call(collection: str, call: _Call) -> Command:
    match call.name:
        case "find":
            return _find(collection, call)
        case "findOne":
            return replace(_find(collection, call), limit=1)
        case "aggregate":
            return Aggregate(collection, _pipeline(call))
        case "countDocuments" | "count":
            _at_most(call, 2)
            _ignored(call.arguments[1:], call.name)
            return CountDocuments(collection, _filter(call.arguments[:1]))
        case "estimatedDocumentCount":
            _at_most(call, 1)
            _ignored(call.arguments, call.name)
            return CountDocuments(collection)
        case "distinct" if call.arguments:
            _at_most(call, 3)
            _ignored(call.arguments[2:], call.name)
            path = name_of(call.arguments[0], "A field")
            return Distinct(collection, path, _filter(call.arguments[1:2]))
        case "distinct":
            raise call.position.error('distinct needs a field, as distinct("status")')
        case _:
            raise _unknown_method(call, COLLECTION_METHODS)


def _find(collection: str, call: _Call) -> Find:
    _at_most(call, 3)
    command = Find(collection, _filter(call.arguments[:1]), _projection(call.arguments[1:2]))
    for options in call.arguments[2:]:
        for entry in object_of(options, "The options of find").entries:
            command = _with_option(command, entry)
    return command


def _with_option(command: Find, option: Entry) -> Find:
    match option.key:
        case "projection":
            return replace(command, projection=_projection((option.value,)))
        case "sort":
            return replace(command, sort=_sort(option.value))
        case "skip":
            return replace(command, skip=whole_of(option.value, "skip", 0) or None)
        case "limit":
            return replace(command, limit=whole_of(option.value, "limit", 0) or None)
        case key if key in IGNORED_OPTIONS:
            return command
        case key:
            raise option.position.error(f"find has no option {key} in the query language")


def _cursor_call(command: Command, first: _Call, call: _Call) -> Command:
    """`command` changed by a method on its cursor."""
    if call.name in IGNORED_CURSOR_METHODS and first.name in ("find", "aggregate"):
        return command
    if not isinstance(command, Find) or first.name == "findOne":
        hint = f": add a {{${call.name}: ...}} stage" if call.name in ("sort", "limit") else ""
        raise call.position.error(f"{call.name} cannot follow {first.name}{hint}")
    match call.name, call.arguments:
        case "sort", (keys,):
            return replace(command, sort=_sort(keys))
        case "limit", (count,):
            return replace(command, limit=whole_of(count, "limit", 0) or None)
        case "skip", (count,):
            return replace(command, skip=whole_of(count, "skip", 0) or None)
        case "project" | "projection", (fields,):
            return replace(command, projection=_projection((fields,)))
        case "count" | "size" | "itcount", _:
            if command.limit is not None or command.skip is not None:
                raise call.position.error(
                    f"{call.name} after limit or skip is ambiguous: use aggregate with $count"
                )
            return CountDocuments(command.collection, command.filter)
        case name, _ if name in CURSOR_METHODS:
            raise call.position.error(f"{name} needs one argument, not {len(call.arguments)}")
        case _:
            raise _unknown_method(call, [*CURSOR_METHODS, *IGNORED_CURSOR_METHODS])


def _pipeline(call: _Call) -> tuple[Stage, ...]:
    """`aggregate([...], options)`, or the old form `aggregate({...}, {...})`."""
    if call.arguments and isinstance(call.arguments[0], ObjectNode):
        return tuple(read_stage(stage) for stage in call.arguments)
    _at_most(call, 2)
    _ignored(call.arguments[1:], call.name)
    return read_pipeline(call.arguments[0]) if call.arguments else ()


def _filter(arguments: Sequence[Node]) -> Filter:
    return read_filter(arguments[0]) if arguments and not _is_null(arguments[0]) else AllOf(())


def _projection(arguments: Sequence[Node]) -> Project | None:
    if not arguments or _is_null(arguments[0]) or _is_empty(arguments[0]):
        return None
    return read_projection(arguments[0])


def _sort(node: Node) -> Sort | None:
    return None if _is_empty(node) else read_sort(node)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _is_empty(node: Node) -> bool:
    return isinstance(node, ObjectNode) and not node.entries


def _ignored(arguments: Sequence[Node], what: str) -> None:
    """Refuses options that would change the result."""
    for options in arguments:
        for entry in object_of(options, f"The options of {what}").entries:
            if entry.key not in IGNORED_OPTIONS:
                raise entry.position.error(
                    f"{what} has no option {entry.key} in the query language"
                )


def _at_most(call: _Call, count: int) -> None:
    if len(call.arguments) > count:
        raise call.arguments[count].position.error(
            f"{call.name} takes at most {count} argument{'s' if count > 1 else ''}, "
            f"not {len(call.arguments)}"
        )


def _unknown_method(call: _Call, known: Sequence[str]) -> QueryError:
    near = suggestion(call.name, known)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
    return call.position.error(f"unknown method {call.name}: {hint}")


# -------------------------------------------------------------- command documents

_COMMAND_KEYS = {
    "find": ("filter", "projection", "sort", "skip", "limit"),
    "aggregate": ("pipeline",),
    "count": ("query",),
    "distinct": ("key", "query"),
}


def _document_command(document: ObjectNode) -> Command:
    """`{"find": "orders", "filter": {...}}` and its like."""
    if not document.entries:
        raise document.position.error('A command names its collection: {"find": "orders"}')
    first, *options = document.entries
    if first.key in WRITE_COMMANDS:
        raise first.position.not_read_only(
            f"{first.key} is not allowed: {WRITE_COMMANDS[first.key]}"
        )
    if first.key not in _COMMAND_KEYS:
        near = suggestion(first.key, _COMMAND_KEYS)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(_COMMAND_KEYS)}"
        raise first.position.error(f"unknown command {first.key}: {hint}")
    collection = name_of(first.value, "A collection")
    for option in options:
        if option.key not in (*_COMMAND_KEYS[first.key], *IGNORED_OPTIONS):
            raise option.position.error(
                f"{first.key} has no option {option.key} in the query language"
            )
    query = document.get("query")
    condition = _filter(() if query is None else (query,))
    match first.key:
        case "find":
            command = Find(collection)
            for option in options:
                if option.key == "filter":
                    command = replace(command, filter=_filter((option.value,)))
                else:
                    command = _with_option(command, option)
            return command
        case "aggregate":
            pipeline = document.get("pipeline")
            if pipeline is None:
                raise first.position.error("aggregate needs a pipeline")
            return Aggregate(collection, read_pipeline(pipeline))
        case "count":
            return CountDocuments(collection, condition)
        case _:
            key = document.get("key")
            if key is None:
                raise first.position.error("distinct needs a key")
            return Distinct(collection, name_of(key, "key"), condition)
