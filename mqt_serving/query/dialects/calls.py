"""Chains of calls as commands: what the methods of mongosh, Node.js and PyMongo mean.

Depends on `methods` (who takes what) and the `reading` modules (what the arguments mean).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.methods import (
    ARGUMENTS,
    CANONICAL,
    CURSOR_ARGUMENTS,
    IGNORED_CURSOR_METHODS,
    IGNORED_OPTIONS,
    OPTIONS,
    PARAMETERS,
    Dialect,
    snake_case,
)
from mqt_serving.query.dialects.reading import checked_name, name_of, object_of
from mqt_serving.query.dialects.reading_commands import (
    read_collation,
    read_condition,
    read_count,
    read_fields,
    read_order,
)
from mqt_serving.query.dialects.reading_stages import read_pipeline, read_stage
from mqt_serving.query.dialects.syntax import Chain, Entry, Link, Node, ObjectNode, Position
from mqt_serving.query.operators import suggestion
from mqt_serving.query.pipeline import (
    Aggregate,
    Command,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Find,
)

_GETTERS = frozenset({"getCollection", "get_collection", "collection"})


def read_chain(chain: Chain, dialect: Dialect) -> Command:
    """The command that `db.collection.method(...)...` writes."""
    if chain.root == "use":
        raise chain.position.error("Leave out use: the database is chosen separately")
    if chain.root != "db":
        raise chain.position.error(
            f"A query starts with db, as db.orders.find({{...}}), not with {chain.root}: the "
            "connection and the database are chosen separately"
        )
    collection, dialect, calls = _collection(chain, dialect)
    if not calls:
        raise chain.position.error("A query calls a method, as db.orders.find({...})")
    first, *following = calls
    command = _command(collection, first, dialect)
    for call in following:
        command = _on_cursor(command, first, call)
    return command


def _collection(chain: Chain, dialect: Dialect) -> tuple[str, Dialect, Sequence[Link]]:
    """The collection that `db.a`, `db["a"]` or a getter names, and the calls that follow."""
    links = list(chain.links)
    called = next((i for i, link in enumerate(links) if link.arguments is not None), len(links))
    owners, calls = links[:called], links[called:]
    if not owners and calls and calls[0].name in _GETTERS:
        getter = calls.pop(0)
        (node,) = _exactly(getter, 1)
        name = name_of(node, "A collection")
        dialect = Dialect.NODE if getter.name == "collection" else dialect
    elif not owners and calls:
        raise _not_a_collection(calls[0])
    else:
        name = ".".join(link.name for link in owners)
        position = owners[0].position if owners else chain.position
        name = checked_name(name, "A collection", position) if calls else name
    for link in calls:
        if link.arguments is None:
            hint = (
                "count with countDocuments or $count" if link.name == "length" else "leave it out"
            )
            raise link.position.error(f"{link.name} is not part of a query: {hint}")
    return name, dialect, calls


def _exactly(call: Link, count: int) -> tuple[Node, ...]:
    arguments = call.arguments or ()
    if len(arguments) != count or call.keywords:
        raise call.position.error(f"{call.name} takes {count} argument{'s' * (count != 1)}")
    return arguments


def _not_a_collection(call: Link) -> QueryError:
    if call.name in PARAMETERS or call.name in CANONICAL:
        return call.position.error(f"{call.name} needs a collection: db.orders.{call.name}(...)")
    return call.position.not_read_only(
        f"db.{call.name}(...) is a database command, not a query on a collection"
    )


# ------------------------------------------------------------------- collections


def _command(collection: str, call: Link, dialect: Dialect) -> Command:
    order = ARGUMENTS[dialect].get(call.name)
    if order is None:
        raise _unknown_method(call, list(ARGUMENTS[dialect]))
    method = CANONICAL.get(call.name, call.name)
    stages = call.arguments or ()
    if method == "aggregate" and stages and isinstance(stages[0], ObjectNode):
        # The old form: aggregate({...}, {...}).
        return Aggregate(collection, tuple(read_stage(stage) for stage in stages))
    return build(collection, method, bound(call, order, PARAMETERS[method]), call.position)


def bound(call: Link, order: Sequence[str], known: Sequence[str]) -> Mapping[str, Node]:
    """The arguments of a call by name, without those that change nothing."""
    arguments = call.arguments or ()
    if len(arguments) > len(order):
        raise arguments[len(order)].position.error(
            f"{call.name} takes at most {len(order)} argument{'s' * (len(order) != 1)}, "
            f"not {len(arguments)}"
        )
    values: dict[str, Node] = {}
    for name, node in zip(order, arguments, strict=False):
        if name != OPTIONS:
            values[name] = node
    for option in _options(call, order):
        if option.key in values:
            raise option.position.error(f"{option.key} is given twice")
        if option.key in known:
            values[option.key] = option.value
        elif option.key not in IGNORED_OPTIONS:
            raise unknown_option(call.name, option, known)
    return values


def _options(call: Link, order: Sequence[str]) -> Iterator[Entry]:
    yield from call.keywords
    for name, node in zip(order, call.arguments or (), strict=False):
        if name == OPTIONS:
            yield from object_of(node, f"The options of {call.name}").entries


def unknown_option(what: str, option: Entry, known: Sequence[str]) -> QueryError:
    near = suggestion(option.key, known)
    hint = f": did you mean {near}?" if near else ""
    return option.position.error(f"{what} has no option {option.key} in the query language{hint}")


def build(collection: str, method: str, values: Mapping[str, Node], position: Position) -> Command:
    """The command of a method (by its mongosh name) with these arguments."""
    condition = read_condition(values.get("filter"))
    collation = read_collation(values.get("collation"))
    skip, limit = read_count(values.get("skip"), "skip"), read_count(values.get("limit"), "limit")
    match method:
        case "find" | "findOne":
            return Find(
                collection,
                condition,
                read_fields(values.get("projection")),
                read_order(values.get("sort")),
                skip,
                1 if method == "findOne" else limit,
                collation,
            )
        case "aggregate":
            pipeline = values.get("pipeline")
            stages = () if pipeline is None else read_pipeline(pipeline)
            return Aggregate(collection, stages, collation)
        case "countDocuments" | "count":
            return CountDocuments(collection, condition, skip, limit, collation)
        case "estimatedDocumentCount":
            return EstimatedDocumentCount(collection)
        case _:
            key = values.get("key")
            if key is None:
                raise position.error('distinct needs a field, as distinct("status")')
            return Distinct(collection, name_of(key, "A field"), condition, collation)


# ----------------------------------------------------------------------- cursors


def _on_cursor(command: Command, first: Link, call: Link) -> Command:
    """`command` changed by a method on its cursor."""
    if call.name in IGNORED_CURSOR_METHODS and first.name in ("find", "aggregate"):
        _require_no_length(call)
        return command
    if not isinstance(command, Find) or first.name in ("findOne", "find_one"):
        hint = f": add a {{${call.name}: ...}} stage" if call.name in ("sort", "limit") else ""
        raise call.position.error(f"{call.name} cannot follow {first.name}{hint}")
    if call.name in ("next", "hasNext", "tryNext", "has_next", "try_next"):
        raise call.position.error(f"{call.name} takes one document: write {first.name}One({{...}})")
    order = CURSOR_ARGUMENTS.get(call.name)
    if order is None:
        raise _unknown_method(call, [*CURSOR_ARGUMENTS, *sorted(IGNORED_CURSOR_METHODS)])
    values = bound(call, order, order)
    if order and order[0] not in values:
        raise call.position.error(f"{call.name} needs an argument")
    match call.name:
        case "sort":
            sort = read_order(values["key_or_list"], values.get("direction"))
            return replace(command, sort=sort)
        case "limit":
            return replace(command, limit=read_count(values["limit"], "limit"))
        case "skip":
            return replace(command, skip=read_count(values["skip"], "skip"))
        case "collation":
            return replace(command, collation=read_collation(values["collation"]))
        case "project" | "projection":
            return replace(command, projection=read_fields(values["projection"]))
        case _:
            return _counted(command, call)


def _counted(command: Find, call: Link) -> Command:
    if call.name == "count" and (command.limit is not None or command.skip is not None):
        raise call.position.error(
            "count after limit or skip is ambiguous: use itcount(), or countDocuments with options"
        )
    return CountDocuments(
        command.collection, command.filter, command.skip, command.limit, command.collation
    )


def _require_no_length(call: Link) -> None:
    """`to_list(5)` would cut the rows."""
    values = [*(call.arguments or ()), *(entry.value for entry in call.keywords)]
    if call.name == "to_list" and any(read_count(value, "to_list") for value in values):
        raise call.position.error("to_list with a length cuts the rows: use limit(...) instead")


def _unknown_method(call: Link, known: Sequence[str]) -> QueryError:
    near = suggestion(call.name, known) or suggestion(snake_case(call.name), known)
    hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
    return call.position.error(f"unknown method {call.name}: {hint}")
