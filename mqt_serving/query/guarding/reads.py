"""Every collection that a command reads, and every field path that one of its parts reads.

`views` judges by them what a query names. Pure; depends on the trees only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, assert_never

from mqt_serving.query.guarding.access import WHOLE
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    AllOf,
    AnyOf,
    ArrayExpression,
    Bucket,
    BucketAuto,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    ElementMatch,
    EstimatedDocumentCount,
    Expression,
    ExpressionFilter,
    Facet,
    FieldTest,
    Fill,
    Filter,
    Find,
    GeoNear,
    GeoTest,
    GraphLookup,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    NamedOperation,
    NoneOf,
    NotTest,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    ReplaceRoot,
    Sample,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    TextSearch,
    UnionWith,
    Unset,
    Unwind,
    VariableExpression,
)

_PRESENCE = frozenset({"$exists", "$type", "$size"})


_READING = (
    Find, Aggregate, CountDocuments, EstimatedDocumentCount, Distinct, Lookup, GraphLookup,
    UnionWith,
)  # fmt: skip


def collections_read(node: Any) -> Iterator[str]:
    """Every collection that a command reads, those of joins and sub-pipelines included."""
    if isinstance(node, _READING):
        yield node.collection
    if isinstance(node, tuple):
        for item in node:
            yield from collections_read(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from collections_read(getattr(node, field.name))


def filter_paths(
    condition: Filter, prefix: str = WHOLE, values_only: bool = False
) -> Iterator[str]:
    """Every field path that a filter reads, from the root of the document.

    `values_only` leaves out tests that tell only whether something is there, not what it is.
    """
    match condition:
        case FieldTest(path=path, operator=operator, value=value):
            if not values_only or (operator not in _PRESENCE and value is not None):
                yield _joined(prefix, path)
        case NotTest(test=test):
            yield from filter_paths(test, prefix, values_only)
        case ElementMatch(path=path, filter=inner):
            yield from filter_paths(inner, _joined(prefix, path), values_only)
        case AllOf(items=items) | AnyOf(items=items) | NoneOf(items=items):
            for item in items:
                yield from filter_paths(item, prefix, values_only)
        case ExpressionFilter(expression=expression):
            yield from expression_paths(expression)
        case GeoTest(path=path):
            yield _joined(prefix, path)
        case TextSearch():
            yield WHOLE  # the text index may hold any field
        case _:
            assert_never(condition)


def expression_paths(expression: Expression) -> Iterator[str]:
    """Every field path that an expression reads; `$$ROOT` and `$$CURRENT` read `WHOLE`.

    `$getField` of a constant name reads that field; of a computed one, the whole document.
    """
    match expression:
        case PathExpression(path=path):
            yield path
        case VariableExpression(name=name):
            variable, _, path = name.partition(".")
            if variable in ("ROOT", "CURRENT"):
                yield path
        case LiteralExpression():
            return
        case Operation(operator="$getField", arguments=(LiteralExpression(value=str(name)),)):
            yield name
        case Operation(operator=operator, arguments=arguments):
            yield from (WHOLE,) if operator == "$getField" else ()
            for argument in arguments:
                yield from expression_paths(argument)
        case NamedOperation(operator="$getField", arguments=(("field", field),)):
            yield from expression_paths(Operation("$getField", (field,)))
        case NamedOperation(arguments=named) | ObjectExpression(items=named):
            for _, argument in named:
                yield from expression_paths(argument)
        case ArrayExpression(items=items):
            for item in items:
                yield from expression_paths(item)
        case _:
            assert_never(expression)


def _joined(prefix: str, path: str) -> str:
    return f"{prefix}.{path}" if prefix and path else prefix or path


def stage_paths(stage: Stage) -> Iterator[str]:
    """The field paths of the incoming documents that a stage reads by name."""
    match stage:
        case Match(filter=condition):
            yield from filter_paths(condition)
        case Project():
            yield from projected_paths(stage)
        case AddFields(items=items):
            for _, expression in items:
                yield from expression_paths(expression)
        case Unwind(path=path):
            yield path
        case Group(key=key, accumulators=accumulators):
            yield from () if key is None else expression_paths(key)
            for accumulator in accumulators:
                yield from _accumulated_paths(accumulator.argument)
        case Bucket(by=by, accumulators=outputs) | BucketAuto(by=by, accumulators=outputs):
            yield from expression_paths(by)
            for accumulator in outputs:
                yield from _accumulated_paths(accumulator.argument)
        case SetWindowFields(outputs=windows, partition=partition, sort=sort):
            yield from () if partition is None else expression_paths(partition)
            yield from () if sort is None else (name for name, _ in sort.keys)
            for output in windows:
                yield from _accumulated_paths(output.argument)
        case Densify(path=path, partition=fields):
            yield from (path, *fields)
        case Fill():
            yield from _filled_paths(stage)
        case GeoNear(key=key, query=condition):
            yield from () if key is None else (key,)
            yield from filter_paths(condition)
        case GraphLookup(start=start):
            yield from expression_paths(start)
        case Sort(keys=keys):
            yield from (name for name, _ in keys)
        case SortByCount(expression=expression) | ReplaceRoot(expression=expression):
            yield from expression_paths(expression)
        case Lookup(local=local, let=variables):
            yield from () if local is None else (local,)
            for _, expression in variables:
                yield from expression_paths(expression)
        case Unset() | Limit() | Skip() | Count() | Facet() | UnionWith() | Sample():
            return
        case _:
            assert_never(stage)


def _accumulated_paths(argument: Expression) -> Iterator[str]:
    """What an accumulator reads: the keys of its `sortBy` are names of fields, too."""
    yield from expression_paths(argument)
    if isinstance(argument, ObjectExpression):
        order = dict(argument.items).get("sortBy")
        if isinstance(order, ObjectExpression):
            yield from (name for name, _ in order.items)


def _filled_paths(stage: Fill) -> Iterator[str]:
    match stage.partition:
        case tuple(names):
            yield from names
        case None:
            pass
        case expression:
            yield from expression_paths(expression)
    yield from () if stage.sort is None else (name for name, _ in stage.sort.keys)
    for name, output in stage.outputs:
        yield from (name,) if isinstance(output, str) else expression_paths(output)


def projected_paths(projection: Project) -> Iterator[str]:
    for name, item in projection.items:
        if item is True:
            yield name
        elif item is not False:
            yield from expression_paths(item)


def searches_text(condition: Filter) -> bool:
    match condition:
        case TextSearch():
            return True
        case AllOf(items=items) | AnyOf(items=items) | NoneOf(items=items):
            return any(searches_text(item) for item in items)
        case _:
            return False
