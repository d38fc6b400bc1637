"""A person's query against the schema: types flow through its stages, nothing runs.

`check_command` returns the command with its literals as they are stored, and notes: names that no
sampled document has, comparisons that are never met, who is let through without a value. It
refuses only expressions that no document could make right, since schemas come from samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from mqt_serving.query.checking.bson_types import in_words
from mqt_serving.query.checking.expression_types import ExpressionTypes, place_of
from mqt_serving.query.checking.filter_checking import FilterChecker
from mqt_serving.query.checking.findings import Findings, Scope
from mqt_serving.query.checking.literal_fitting import held_families
from mqt_serving.query.checking.notes import Note, NoteKind
from mqt_serving.query.checking.places import (
    NUMBER,
    UNKNOWN,
    Place,
    documents_of,
    either,
    element_of,
    list_of,
    object_of,
    only_paths,
    with_value,
    without_path,
)
from mqt_serving.query.dialects.printing import Mongosh
from mqt_serving.query.documents import expression_document
from mqt_serving.query.operators import ACCUMULATORS, WINDOW_FUNCTIONS, Type
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    Aggregate,
    Bucket,
    BucketAuto,
    Command,
    Count,
    CountDocuments,
    Densify,
    Distinct,
    EstimatedDocumentCount,
    Expression,
    Facet,
    Fill,
    Find,
    GeoNear,
    GraphLookup,
    Group,
    Limit,
    Lookup,
    Match,
    ObjectExpression,
    Project,
    ReplaceRoot,
    Sample,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    UnionWith,
    Unset,
    Unwind,
)
from mqt_serving.schema import NUMERIC, BsonType, Catalog

_OBJECT = frozenset({BsonType.OBJECT})
_ADDING = frozenset({"$sum", "$avg", "$stdDevPop", "$stdDevSamp"})


@dataclass(frozen=True, slots=True)
class CheckedCommand:
    """The command with its literals as the fields store them, and what to know about it."""

    command: Command
    notes: tuple[Note, ...]


def check_command(command: Command, catalog: Catalog) -> CheckedCommand:
    """The command, its literals fit to run on the catalog's data.

    Raises `TypeMismatch` for an expression that no document could make right.
    """
    checker = _Checker(catalog)
    checked = checker.command(command)
    return CheckedCommand(checked, tuple(checker.findings.notes))


class _Checker:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.findings = Findings()
        self._types = ExpressionTypes(self.findings)
        self._filters = FilterChecker(catalog, self.findings, self._types)

    def command(self, command: Command) -> Command:
        scope = self._documents(command.collection)
        match command:
            case Find(filter=condition, sort=sort, projection=projection):
                if sort is not None:
                    self._sort(sort, scope)
                if projection is not None:
                    projection, _ = self._project(projection, scope)
                checked = self._filters.check(condition, scope)
                return replace(command, filter=checked, projection=projection)
            case Aggregate(stages=stages):
                return replace(command, stages=self._pipeline(stages, scope)[0])
            case CountDocuments(filter=condition):
                return replace(command, filter=self._filters.check(condition, scope))
            case EstimatedDocumentCount():
                return command
            case Distinct(filter=condition, path=path):
                self.findings.tested(path, scope)
                return replace(command, filter=self._filters.check(condition, scope))
            case _:
                assert_never(command)

    def _documents(self, collection: str, variables: Mapping[str, Place] | None = None) -> Scope:
        schema = self._catalog.by_name.get(collection)
        root = UNKNOWN if schema is None else documents_of(schema)
        return Scope(root, collection, variables=variables or {})

    def _pipeline(self, stages: Sequence[Stage], scope: Scope) -> tuple[tuple[Stage, ...], Scope]:
        checked: list[Stage] = []
        for stage in stages:
            found, scope = self._stage(stage, scope)
            checked.append(found)
        return tuple(checked), scope

    def _stage(self, stage: Stage, scope: Scope) -> tuple[Stage, Scope]:
        match stage:
            case Match(filter=condition):
                return Match(self._filters.check(condition, scope)), scope
            case Project():
                checked, root = self._project(stage, scope)
                return checked, replace(scope, root=root, shaped_by="$project")
            case AddFields(items=items):
                pairs = [(name, *self._types.check(item, scope)) for name, item in items]
                root = scope.root
                for name, item, place in pairs:
                    for path, leaf in _set_by(name, item, place):
                        root = with_value(root, path, leaf)
                return AddFields(tuple((n, e) for n, e, _ in pairs)), replace(scope, root=root)
            case Unset(paths=paths):
                root = scope.root
                for path in paths:
                    self.findings.tested(path, scope)
                    root = without_path(root, path)
                return stage, replace(scope, root=root)
            case Unwind(path=path, index=index):
                root = with_value(scope.root, path, element_of(self.findings.tested(path, scope)))
                root = with_value(root, index, NUMBER) if index else root
                return stage, replace(scope, root=root)
            case Group(key=key, accumulators=accumulators):
                checked_key, place = (None, UNKNOWN) if key is None else self._check(key, scope)
                done, outputs = self._accumulators(accumulators, scope)
                root = object_of({"_id": place, **outputs})
                shaped = replace(scope, root=root, shaped_by="$group")
                return Group(checked_key, done), shaped
            case Bucket(by=by, accumulators=accumulators):
                checked_by, place = self._check(by, scope)
                done, outputs = self._accumulators(accumulators, scope)
                key_place = place if stage.default is None else UNKNOWN
                root = object_of({"_id": key_place, **(outputs or {"count": NUMBER})})
                bucket = replace(stage, by=checked_by, accumulators=done)
                return bucket, replace(scope, root=root, shaped_by="$bucket")
            case BucketAuto(by=by, accumulators=accumulators):
                checked_by, place = self._check(by, scope)
                done, outputs = self._accumulators(accumulators, scope)
                bounds = object_of({"min": place, "max": place})
                root = object_of({"_id": bounds, **(outputs or {"count": NUMBER})})
                auto = replace(stage, by=checked_by, accumulators=done)
                return auto, replace(scope, root=root, shaped_by="$bucketAuto")
            case Sort():
                self._sort(stage, scope)
                return stage, scope
            case Limit() | Skip() | Sample():
                return stage, scope
            case Count(name=name):
                return stage, replace(scope, root=object_of({name: NUMBER}), shaped_by="$count")
            case SortByCount(expression=expression):
                checked_by, place = self._check(expression, scope)
                root = object_of({"_id": place, "count": NUMBER})
                shaped = replace(scope, root=root, shaped_by="$sortByCount")
                return SortByCount(checked_by), shaped
            case Lookup():
                return self._lookup(stage, scope)
            case GraphLookup():
                return self._graph_lookup(stage, scope)
            case ReplaceRoot(expression=expression):
                checked_by, place = self._check(expression, scope)
                root = place if place.types == _OBJECT else UNKNOWN
                shaped = replace(scope, root=root, shaped_by="$replaceRoot")
                return ReplaceRoot(checked_by), shaped
            case Facet(pipelines=pipelines):
                inner = [(name, *self._pipeline(stages, scope)) for name, stages in pipelines]
                root = object_of({name: list_of(after.root) for name, _, after in inner})
                facet = Facet(tuple((name, stages) for name, stages, _ in inner))
                return facet, replace(scope, root=root, shaped_by="$facet")
            case UnionWith(collection=collection, stages=stages):
                done_stages, other = self._pipeline(stages, self._documents(collection))
                root = either(scope.root, other.root)
                return replace(stage, stages=done_stages), replace(scope, root=root)
            case SetWindowFields() | Fill():
                return self._windows(stage, scope)
            case Densify(path=path, partition=partition):
                for name in (path, *partition):
                    self.findings.tested(name, scope)
                return stage, scope
            case GeoNear(query=query, key=key):
                if key is not None:
                    self.findings.tested(key, scope)
                root = with_value(scope.root, stage.distance_field, NUMBER)
                if stage.location_field is not None:
                    root = with_value(root, stage.location_field, UNKNOWN)
                checked_query = self._filters.check(query, scope)
                return replace(stage, query=checked_query), replace(scope, root=root)
            case _:
                assert_never(stage)

    # ------------------------------------------------------------------- stages

    def _check(self, expression: Expression, scope: Scope) -> tuple[Expression, Place]:
        return self._types.check(expression, scope)

    def _sort(self, sort: Sort, scope: Scope) -> None:
        for path, way in sort.keys:
            if isinstance(way, int):
                self.findings.tested(path, scope)

    def _project(self, projection: Project, scope: Scope) -> tuple[Project, Place]:
        items: list[tuple[str, bool | Expression]] = []
        kept: list[str] = []
        computed: list[tuple[str, Place]] = []
        removed: list[str] = []
        for name, item in projection.items:
            if isinstance(item, bool):
                items.append((name, item))
                (kept if item else removed).append(name)
                if item:
                    self.findings.tested(name.removesuffix(".$"), scope)
                continue
            checked, place = self._check(item, scope)
            items.append((name, checked))
            computed.append((name, place))
        if not kept and not computed:
            root = scope.root
            for name in removed:
                root = without_path(root, name)
            return projection, root
        if "_id" not in removed and not any(name == "_id" for name, _ in computed):
            kept.append("_id")
        root = only_paths(scope.root, kept)
        for name, place in computed:
            root = with_value(root, name, place)
        return Project(tuple(items)), root

    def _accumulators(
        self, accumulators: Sequence[Accumulator], scope: Scope
    ) -> tuple[tuple[Accumulator, ...], dict[str, Place]]:
        done: list[Accumulator] = []
        outputs: dict[str, Place] = {}
        for accumulator in accumulators:
            result = ACCUMULATORS[accumulator.operator].result
            argument, place = self._argument(accumulator.argument, scope)
            self._tell_nothing_to_add(accumulator.operator, argument, place)
            done.append(replace(accumulator, argument=argument))
            outputs[accumulator.name] = _accumulated(accumulator.operator, result, place)
        return tuple(done), outputs

    def _argument(self, argument: Expression, scope: Scope) -> tuple[Expression, Place]:
        """An accumulator's argument; the keys of a `sortBy` are names, not expressions."""
        if not isinstance(argument, ObjectExpression):
            return self._check(argument, scope)
        items = [
            (name, inner if name == "sortBy" else self._check(inner, scope)[0])
            for name, inner in argument.items
        ]
        return ObjectExpression(tuple(items)), UNKNOWN

    def _tell_nothing_to_add(self, operator: str, argument: Expression, place: Place) -> None:
        """Sums and averages over rows pass over what is no number, lists of numbers included."""
        held = (place.types or frozenset()) - {BsonType.NULL}
        if operator not in _ADDING or not held or held & {*NUMERIC, BsonType.OTHER}:
            return
        shown = Mongosh().inline(expression_document(argument))
        if place.is_list:
            text = f"{operator} passes over lists, and {shown} is one: unwind it first."
        elif place.may_be_list:
            return
        else:
            text = f"{operator} passes over all but numbers: of {shown} it takes nothing."
        self.findings.tell(NoteKind.WRONG_TYPE, text)

    def _lookup(self, stage: Lookup, scope: Scope) -> tuple[Stage, Scope]:
        pairs = [(name, *self._check(each, scope)) for name, each in stage.let]
        variables = {**scope.variables, **{name: place for name, _, place in pairs}}
        other = self._documents(stage.collection, variables)
        if stage.local is not None and stage.foreign is not None:
            self._equated(stage, scope, other)
        stages = stage.stages
        if stages is not None:
            stages, other = self._pipeline(stages, other)
        let = tuple((name, each) for name, each, _ in pairs)
        root = with_value(scope.root, stage.name, list_of(other.root))
        return replace(stage, let=let, stages=stages), replace(scope, root=root)

    def _equated(self, stage: Lookup, scope: Scope, other: Scope) -> None:
        """The two paths of a join; noted when no value of one can equal one of the other."""
        local, foreign = stage.local or "", stage.foreign or ""
        first = held_families(self.findings.tested(local, scope))
        second = held_families(self.findings.tested(foreign, other))
        if first and second and not first & second:
            text = (
                f"`{local}` holds {in_words(first)}, `{foreign}` of {stage.collection} "
                f"{in_words(second)}: they are never equal, so $lookup finds nothing."
            )
            self.findings.tell(NoteKind.NEVER_MET, text)

    def _graph_lookup(self, stage: GraphLookup, scope: Scope) -> tuple[Stage, Scope]:
        start, _ = self._check(stage.start, scope)
        other = self._documents(stage.collection, scope.variables)
        self.findings.tested(stage.connect_from, other)
        self.findings.tested(stage.connect_to, other)
        restrict = stage.restrict
        if restrict is not None:
            restrict = self._filters.check(restrict, other)
        found = other.root
        if stage.depth_field is not None:
            found = with_value(found, stage.depth_field, NUMBER)
        root = with_value(scope.root, stage.name, list_of(found))
        return replace(stage, start=start, restrict=restrict), replace(scope, root=root)

    def _windows(self, stage: SetWindowFields | Fill, scope: Scope) -> tuple[Stage, Scope]:
        if stage.sort is not None:
            self._sort(stage.sort, scope)
        root = scope.root
        if isinstance(stage, Fill):
            for path in stage.partition if isinstance(stage.partition, tuple) else ():
                self.findings.tested(path, scope)
            for name, filled in stage.outputs:
                if not isinstance(filled, str):
                    self._check(filled, scope)
                root = with_value(root, name, UNKNOWN)
            return stage, replace(scope, root=root)
        if stage.partition is not None:
            self._check(stage.partition, scope)
        for output in stage.outputs:
            argument, place = self._argument(output.argument, scope)
            self._tell_nothing_to_add(output.operator, argument, place)
            result = WINDOW_FUNCTIONS[output.operator].result
            root = with_value(root, output.name, _accumulated(output.operator, result, place))
        return stage, replace(scope, root=root)


def _set_by(name: str, item: Expression, place: Place) -> Iterator[tuple[str, Place]]:
    """What `$addFields` sets: an object is merged into the one that stands there."""
    if not isinstance(item, ObjectExpression) or not item.items:
        yield name, place
        return
    for key, inner in item.items:
        yield from _set_by(f"{name}.{key}", inner, place.children[key])


def _accumulated(operator: str, result: Type, argument: Place) -> Place:
    """What an accumulator gives for values of its argument."""
    if result is Type.SAME:
        return argument
    if operator in ("$push", "$addToSet"):
        return list_of(argument)
    if operator == "$mergeObjects" and argument.types is None:
        return UNKNOWN
    return place_of(result)
