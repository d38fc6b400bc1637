"""Private fields: named ones are refused, unnamed ones are removed before a stage can see them.

Every pipeline over a collection with private fields starts with `$unset` of them, sub-pipelines
included, so that `$$ROOT`, whole sub-documents, `$objectToArray` or computed names cannot carry
them on. Naming one is refused with a message, as long as the name still means the private field
(after `$group` or a rename it may mean something else). Pure; depends on the trees and the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from mqt_serving.errors import QueryRefused
from mqt_serving.query.pipeline import (
    AddFields,
    Aggregate,
    AllOf,
    AnyOf,
    ArrayExpression,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    ElementMatch,
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
from mqt_serving.schema import Catalog

Paths = frozenset[str]
WHOLE = ""
"""The path of the document itself: what `$$ROOT` reads."""

_EVERYTHING = AllOf(())
_PRESENCE = frozenset({"$exists", "$type", "$size"})


def without_private_fields(command: Command, catalog: Catalog) -> Command:
    """The command that cannot read private fields; QueryRefused when it names one."""
    policy = _Policy(catalog)
    match command:
        case Find():
            return policy.find(command)
        case Aggregate(collection=collection, stages=stages):
            return replace(command, stages=policy.pipeline(collection, stages).stages)
        case CountDocuments(collection=collection, filter=condition):
            policy.require_plain(collection, (), condition)
        case Distinct(collection=collection, path=path, filter=condition):
            policy.require_plain(collection, [path], condition)
    return command


def private_paths(catalog: Catalog, collection: str) -> Paths:
    """The private paths of a collection, without those inside another."""
    schema = catalog.by_name.get(collection)
    paths = [field.path for field in schema.fields if field.private] if schema else []
    return frozenset(p for p in paths if not any(_is_inside(p, other) for other in paths))


# ---------------------------------------------------------------------- paths


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


def _without_positions(path: str) -> str:
    """`items.0.price` as `items.price`: schemas pass through arrays."""
    return ".".join(part for part in path.split(".") if not part.isdigit())


def _is_inside(path: str, ancestor: str) -> bool:
    return ancestor == WHOLE != path or path.startswith(f"{ancestor}.")


# --------------------------------------------------------------------- policy


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Stages that are safe to run, and the private names that a next stage could still utter."""

    stages: tuple[Stage, ...]
    hidden: Paths


class _Policy:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def find(self, command: Find) -> Command:
        """With private fields left out of what it returns, as an aggregation if need be."""
        hidden = private_paths(self._catalog, command.collection)
        if not hidden:
            return command
        projection = command.projection
        named = [] if command.sort is None else [name for name, _ in command.sort.keys]
        named += [] if projection is None else list(_projected_paths(projection))
        _refuse_named([*filter_paths(command.filter), *named], hidden, command.collection)
        read = [*filter_paths(command.filter, values_only=True), *named]
        if any(_holds_hidden(path, hidden) for path in read):
            return self._aggregation(command)
        if projection is None:
            return replace(command, projection=_exclusion((), hidden))
        if _is_exclusion(projection):
            return replace(command, projection=_exclusion(projection.items, hidden))
        implied = "_id" not in dict(projection.items)
        if implied and any(p == "_id" or _is_inside(p, "_id") for p in hidden):
            return self._aggregation(command)
        return command

    def _aggregation(self, command: Find) -> Aggregate:
        stages: list[Stage] = [Match(command.filter)]
        stages += [] if command.sort is None else [command.sort]
        stages += [] if command.skip is None else [Skip(command.skip)]
        stages += [] if command.limit is None else [Limit(command.limit)]
        stages += [] if command.projection is None else [command.projection]
        return Aggregate(command.collection, self.pipeline(command.collection, stages).stages)

    def require_plain(
        self, collection: str, paths: Sequence[str], condition: Filter = _EVERYTHING
    ) -> None:
        """For what no `$unset` can precede: nothing that holds a private field either."""
        hidden = private_paths(self._catalog, collection)
        _refuse_named([*paths, *filter_paths(condition)], hidden, collection)
        for path in map(_without_positions, [*paths, *filter_paths(condition, values_only=True)]):
            if held := sorted(p for p in hidden if _is_inside(p, path)):
                raise QueryRefused(
                    f"{path or 'The whole document'} of {collection} holds the private field "
                    f"{held[0]}: name the fields that you need instead."
                )

    def pipeline(self, collection: str, stages: Sequence[Stage]) -> _Guarded:
        """The stages over a collection, its private fields removed first."""
        hidden = private_paths(self._catalog, collection)
        guarded = self._stages(stages, hidden, collection)
        first = stages[0] if stages else None
        removed = frozenset(first.paths) if isinstance(first, Unset) else frozenset()
        if hidden <= removed:
            return guarded
        self._require_placeable(collection, stages)
        # $geoNear must come first; its documents are whole until the next stage.
        place = 1 if isinstance(first, GeoNear) else 0
        drop = Unset(tuple(sorted(hidden)))
        return replace(guarded, stages=(*guarded.stages[:place], drop, *guarded.stages[place:]))

    def _require_placeable(self, collection: str, stages: Sequence[Stage]) -> None:
        """For what must stand before an `$unset` of the private fields."""
        match stages:
            case (GeoNear(key=None), *_):
                raise QueryRefused(
                    f"{collection} has private fields: name the field of the location as the key "
                    "of $geoNear."
                )
            case (GeoNear(key=str(key), query=condition), *_):
                self.require_plain(collection, [key], condition)
            case (Match(filter=condition), *_) if _searches_text(condition):
                raise QueryRefused(
                    f"{collection} has private fields, which its text index may hold: $text "
                    "cannot search it."
                )
            case _:
                return

    def _stages(self, stages: Sequence[Stage], hidden: Paths, collection: str) -> _Guarded:
        done: list[Stage] = []
        for stage in stages:
            _refuse_named(_read_paths(stage), hidden, collection)
            guarded = self._stage(stage, hidden, collection)
            done.extend(guarded.stages)
            hidden = guarded.hidden
        return _Guarded(tuple(done), hidden)

    def _stage(self, stage: Stage, hidden: Paths, collection: str) -> _Guarded:
        match stage:
            case Match() | Sort() | Limit() | Skip() | Sample() | Unset():
                return _Guarded((stage,), hidden)
            case Unwind(index=index):
                return _Guarded((stage,), _redefined(hidden, [index] if index else []))
            case AddFields(items=items):
                return _Guarded((stage,), _redefined(hidden, [name for name, _ in items]))
            case Project():
                return _Guarded((stage,), _after_projection(stage, hidden))
            case Densify():
                return _Guarded((stage,), hidden)
            case Group() | Bucket() | BucketAuto() | Count() | SortByCount() | ReplaceRoot():
                return _Guarded((stage,), frozenset())
            case SetWindowFields(outputs=outputs):
                return _Guarded((stage,), _redefined(hidden, [o.name for o in outputs]))
            case Fill(outputs=outputs):
                return _Guarded((stage,), _redefined(hidden, [name for name, _ in outputs]))
            case GraphLookup():
                return self._graph_lookup(stage, hidden)
            case GeoNear():
                added = [n for n in (stage.distance_field, stage.location_field) if n]
                return _Guarded((stage,), _redefined(hidden, added))
            case Lookup():
                return self._lookup(stage, hidden)
            case UnionWith(collection=other, stages=stages):
                guarded = self.pipeline(other, stages)
                union = replace(stage, stages=guarded.stages)
                return _Guarded((union,), hidden | guarded.hidden)
            case Facet(pipelines=pipelines):
                inner = {n: self._stages(stages, hidden, collection) for n, stages in pipelines}
                facet = Facet(tuple((name, guarded.stages) for name, guarded in inner.items()))
                return _Guarded((facet,), _prefixed({n: g.hidden for n, g in inner.items()}))
            case _:
                assert_never(stage)

    def _lookup(self, stage: Lookup, hidden: Paths) -> _Guarded:
        if stage.foreign is not None:
            # The join compares before the sub-pipeline runs, so no $unset can precede it.
            self.require_plain(stage.collection, [stage.foreign])
        guarded = self.pipeline(stage.collection, stage.stages or ())
        joined = replace(stage, stages=guarded.stages) if guarded.stages else stage
        after = _redefined(hidden, [stage.name]) | _prefixed({stage.name: guarded.hidden})
        return _Guarded((joined,), after)

    def _graph_lookup(self, stage: GraphLookup, hidden: Paths) -> _Guarded:
        """It joins whole documents, so the private fields of those are dropped right behind it."""
        ends = [stage.connect_from, stage.connect_to]
        self.require_plain(stage.collection, ends, stage.restrict or _EVERYTHING)
        private = private_paths(self._catalog, stage.collection)
        joined = _prefixed({stage.name: private})
        after = _redefined(hidden, [stage.name]) | joined
        dropped = (Unset(tuple(sorted(joined))),) if joined else ()
        return _Guarded((stage, *dropped), after)


def _read_paths(stage: Stage) -> Iterator[str]:
    """The field paths of the incoming documents that a stage reads by name."""
    match stage:
        case Match(filter=condition):
            yield from filter_paths(condition)
        case Project():
            yield from _projected_paths(stage)
        case AddFields(items=items):
            for _, expression in items:
                yield from expression_paths(expression)
        case Unwind(path=path):
            yield path
        case Group(key=key, accumulators=accumulators):
            yield from () if key is None else expression_paths(key)
            for accumulator in accumulators:
                yield from expression_paths(accumulator.argument)
        case Bucket(by=by, accumulators=outputs) | BucketAuto(by=by, accumulators=outputs):
            yield from expression_paths(by)
            for accumulator in outputs:
                yield from expression_paths(accumulator.argument)
        case SetWindowFields(outputs=windows, partition=partition, sort=sort):
            yield from () if partition is None else expression_paths(partition)
            yield from () if sort is None else (name for name, _ in sort.keys)
            for output in windows:
                yield from expression_paths(output.argument)
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


def _searches_text(condition: Filter) -> bool:
    match condition:
        case TextSearch():
            return True
        case AllOf(items=items) | AnyOf(items=items) | NoneOf(items=items):
            return any(_searches_text(item) for item in items)
        case _:
            return False


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


def _projected_paths(projection: Project) -> Iterator[str]:
    for name, item in projection.items:
        if item is True:
            yield name
        elif item is not False:
            yield from expression_paths(item)


def _refuse_named(paths: Iterable[str], hidden: Paths, collection: str) -> None:
    for path in map(_without_positions, paths):
        for private in sorted(hidden):
            if path == private or _is_inside(path, private):
                raise QueryRefused(
                    f"{path} of {collection} is private: it cannot be read, filtered on, sorted "
                    "by or joined on."
                )


def _holds_hidden(path: str, hidden: Paths) -> bool:
    path = _without_positions(path)
    return any(_is_inside(private, path) for private in hidden)


def _is_exclusion(projection: Project) -> bool:
    others = [item for name, item in projection.items if name != "_id"]
    return all(item is False for item in others) and (bool(others) or _drops_id(projection))


def _drops_id(projection: Project) -> bool:
    return projection.items == (("_id", False),)


def _exclusion(items: Sequence[tuple[str, bool | Expression]], hidden: Paths) -> Project:
    """Excludes `hidden` as well; MongoDB refuses one path inside another."""
    kept = [(name, item) for name, item in items if not _meets(name, hidden)]
    names = [name for name, _ in kept]
    added = [p for p in sorted(hidden) if not any(p == n or _is_inside(p, n) for n in names)]
    return Project((*kept, *((path, False) for path in added)))


def _meets(name: str, hidden: Paths) -> bool:
    return any(name == private or _is_inside(name, private) for private in hidden)


def _redefined(hidden: Paths, names: Iterable[str]) -> Paths:
    """Names given anew no longer mean a private field."""
    given = list(names)
    return frozenset(p for p in hidden if not any(p == n or _is_inside(p, n) for n in given))


def _after_projection(projection: Project, hidden: Paths) -> Paths:
    if _is_exclusion(projection):
        return hidden
    kept = [name for name, item in projection.items if item is True]
    return frozenset(p for p in hidden if any(_is_inside(p, name) for name in kept))


def _prefixed(by_name: dict[str, Paths]) -> Paths:
    return frozenset(f"{name}.{path}" for name, paths in by_name.items() for path in paths)
