"""Hidden fields and mandatory filters: every reading of a collection goes through its view.

The view of a collection is what a policy leaves of it: `$match` of the mandatory filter, then
`$unset` of denied fields or `$project` of the allowed ones. Each pipeline starts with it,
sub-pipelines included, so that `$$ROOT`, whole sub-documents, `$objectToArray` or computed names
cannot carry hidden values on. Naming a hidden field is refused with a message, as long as the
name still means it (after `$group` or a rename it may mean something else). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from mqt_serving.errors import QueryRefused
from mqt_serving.query.guarding.access import WHOLE, Access, below_of, is_below, outermost
from mqt_serving.query.guarding.policy import CollectionPolicy, Paths, Policy
from mqt_serving.query.guarding.reads import (
    collections_read,
    filter_paths,
    projected_paths,
    searches_text,
    stage_paths,
)
from mqt_serving.query.pipeline import (
    EVERYTHING,
    AddFields,
    Aggregate,
    AllOf,
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
    Filter,
    Find,
    GeoNear,
    GraphLookup,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    NamedOperation,
    ObjectExpression,
    PathExpression,
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
    VariableExpression,
)
from mqt_serving.schema import Catalog


def through_views(command: Command, catalog: Catalog | None, policy: Policy) -> Command:
    """The command that reads nothing but what `policy` leaves of each collection.

    Raises QueryRefused when it names a hidden field. Every collection must be allowed already.
    """
    views = _Views(catalog, policy)
    views.require_plain_comparison(command)
    match command:
        case Find():
            return views.find(command)
        case Aggregate(collection=collection, stages=stages):
            return replace(command, stages=views.pipeline(collection, stages).stages)
        case CountDocuments(collection=collection, filter=condition):
            return replace(command, filter=views.plain_filter(collection, condition))
        case EstimatedDocumentCount(collection=collection):
            mandatory = views.view(collection).mandatory
            return command if mandatory == EVERYTHING else CountDocuments(collection, mandatory)
        case Distinct(collection=collection, path=path, filter=condition):
            views.require_plain(collection, [path])
            return replace(command, filter=views.plain_filter(collection, condition))
        case _:
            assert_never(command)


def access_to(collection: str, catalog: Catalog, policy: Policy) -> Access:
    """Which fields of a collection may be read."""
    return _Views(catalog, policy).view(collection).access


@dataclass(frozen=True, slots=True)
class _View:
    """What a policy leaves of a collection; `stages` show it."""

    collection: str
    access: Access
    mandatory: Filter

    @property
    def stages(self) -> tuple[Stage, ...]:
        selecting = () if self.mandatory == EVERYTHING else (Match(self.mandatory),)
        return (*selecting, *self.hiding())

    def hiding(self, added: Paths = frozenset()) -> tuple[Stage, ...]:
        """The stages that leave what may be read, and the fields `added` by a stage before."""
        allowed, denied = self.access.allowed, self.access.denied
        kept = () if allowed is None else (_inclusion(outermost(allowed | added)),)
        return (*kept, *((Unset(tuple(sorted(denied))),) if denied else ()))

    def refuse_named(self, paths: Iterable[str]) -> None:
        _refuse_named(paths, self.access, self.collection)

    def refuse_text_search(self, condition: Filter) -> None:
        if searches_text(condition) and not self.access.is_open:
            raise QueryRefused(
                f"{self.collection} has private fields, which its text index may hold: $text "
                "cannot search it. Use a regular expression on a field that you may read."
            )

    def own_filter(self, condition: Filter) -> Filter:
        """The filter without the mandatory one that an earlier check added."""
        match condition:
            case AllOf(items=(first, own)) if first == self.mandatory != EVERYTHING:
                return own
            case _:
                return EVERYTHING if condition == self.mandatory else condition

    def filtered(self, own: Filter) -> Filter:
        if self.mandatory == EVERYTHING:
            return own
        return self.mandatory if own == EVERYTHING else AllOf((self.mandatory, own))


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Stages that are safe to run, and what names that a next stage could utter still mean."""

    stages: tuple[Stage, ...]
    access: Access


class _Views:
    def __init__(self, catalog: Catalog | None, policy: Policy) -> None:
        self._catalog = catalog
        self._policy = policy

    def view(self, collection: str) -> _View:
        own = self._policy.of(collection) or CollectionPolicy()
        database = self._catalog.database if self._catalog else ""
        denied = self._policy.denied(database, collection) | self._private(collection)
        if own.allowed is not None:  # what is not allowed is gone anyway
            denied = frozenset(
                path for path in denied if any(below_of(path, a) is not None for a in own.allowed)
            )
        allowed = None if own.allowed is None else outermost(own.allowed)
        return _View(collection, Access(outermost(denied), allowed), own.mandatory)

    def _private(self, collection: str) -> Paths:
        schema = self._catalog.by_name.get(collection) if self._catalog else None
        fields = schema.fields if schema else ()
        return frozenset(field.path for field in fields if field.private)

    # -------------------------------------------------------------- commands

    def find(self, command: Find) -> Command:
        """With hidden fields left out of what it returns, as an aggregation if need be."""
        view = self.view(command.collection)
        own = view.own_filter(command.filter)
        command = replace(command, filter=view.filtered(own))
        if view.access.is_open:
            return command
        projection = command.projection
        named = [] if command.sort is None else [name for name, _ in command.sort.keys]
        named += [] if projection is None else list(projected_paths(projection))
        view.refuse_named([*filter_paths(own), *named])
        read = [*filter_paths(own, values_only=True), *named]
        if any(view.access.holds(path) for path in read):
            return self._aggregation(replace(command, filter=own))
        shown = _projection_within(projection, view.access)
        if shown is None:
            return self._aggregation(replace(command, filter=own))
        return replace(command, projection=shown)

    def _aggregation(self, command: Find) -> Aggregate:
        """Raises QueryRefused for what only a find can say."""
        for name, _ in command.projection.items if command.projection else ():
            if name.endswith(".$"):
                raise QueryRefused(
                    f"{name} of {command.collection} would return private fields of the element: "
                    "name the fields that you need instead."
                )
        stages: list[Stage] = [Match(command.filter)]
        stages += [] if command.sort is None else [command.sort]
        stages += [] if command.skip is None else [Skip(command.skip)]
        stages += [] if command.limit is None else [Limit(command.limit)]
        stages += [] if command.projection is None else [command.projection]
        shown = self.pipeline(command.collection, stages).stages
        return Aggregate(command.collection, shown, command.collation)

    def require_plain_comparison(self, command: Command) -> None:
        """A collation would compare the text of mandatory filters too: "A1" as "a1"."""
        if isinstance(command, EstimatedDocumentCount) or command.collation is None:
            return
        for collection in collections_read(command):
            if self.view(collection).mandatory != EVERYTHING:
                raise QueryRefused(
                    f"{collection} may be read in part only, and a collation would change which "
                    "part that is: leave the collation out."
                )

    def plain_filter(self, collection: str, condition: Filter) -> Filter:
        """The filter with the mandatory one, where no view can stand before."""
        view = self.view(collection)
        own = view.own_filter(condition)
        view.refuse_text_search(own)
        view.refuse_named(filter_paths(own))
        _refuse_held(filter_paths(own, values_only=True), view)
        return view.filtered(own)

    def require_plain(self, collection: str, paths: Sequence[str]) -> None:
        """For what no view can stand before: nothing that holds a hidden field either."""
        view = self.view(collection)
        view.refuse_named(paths)
        _refuse_held(paths, view)

    # ---------------------------------------------------------------- stages

    def pipeline(self, collection: str, stages: Sequence[Stage]) -> _Guarded:
        """The stages over a collection, its view first."""
        view = self.view(collection)
        match stages:
            case (GeoNear() as first, *others):
                shown, access = self._nearest(first, view)
                own = _without_prefix(others, shown[1:])
            case (Match(filter=condition), *own) if searches_text(condition):
                view.refuse_text_search(condition)
                shown = (Match(view.filtered(view.own_filter(condition))),)
                access = view.access
            case _:
                shown, access = view.stages, view.access
                own = _without_prefix(stages, shown)
        guarded = self._stages(own, access, collection)
        return replace(guarded, stages=(*shown, *guarded.stages))

    def _nearest(self, stage: GeoNear, view: _View) -> tuple[tuple[Stage, ...], Access]:
        """$geoNear must come first: it selects itself, and its documents are whole behind it."""
        if not view.access.is_open and stage.key is None:
            raise QueryRefused(
                f"{view.collection} has private fields: name the field of the location as the "
                "key of $geoNear."
            )
        self.require_plain(view.collection, [stage.key] if stage.key else [])
        query = self.plain_filter(view.collection, stage.query)
        added = frozenset(n for n in (stage.distance_field, stage.location_field) if n)
        shown = (replace(stage, query=query), *view.hiding(added))
        return shown, view.access.redefined(added)

    def _stages(self, stages: Sequence[Stage], access: Access, collection: str) -> _Guarded:
        done: list[Stage] = []
        while stages:
            stage, *stages = stages
            _refuse_named(stage_paths(stage), access, collection)
            guarded = self._stage(stage, access, collection)
            stages = _without_prefix(stages, guarded.stages[1:])
            done.extend(guarded.stages)
            access = guarded.access
        return _Guarded(tuple(done), access)

    def _stage(self, stage: Stage, access: Access, collection: str) -> _Guarded:
        match stage:
            case Match() | Sort() | Limit() | Skip() | Sample() | Unset():
                return _Guarded((stage,), access)
            case Unwind(index=index):
                return _Guarded((stage,), access.redefined([index] if index else []))
            case AddFields(items=items):
                return _Guarded((stage,), access.redefined(name for name, _ in items))
            case Project():
                return _Guarded((stage,), _after_projection(stage, access))
            case Densify():
                return _Guarded((stage,), access)
            case Group() | Bucket() | BucketAuto() | Count() | SortByCount() | ReplaceRoot():
                return _Guarded((stage,), Access())
            case SetWindowFields(outputs=windows):
                return _Guarded((stage,), access.redefined(output.name for output in windows))
            case Fill(outputs=filled):
                return _Guarded((stage,), access.redefined(name for name, _ in filled))
            case GeoNear():
                raise QueryRefused("$geoNear must be the first stage of its pipeline.")
            case GraphLookup():
                return self._graph_lookup(stage, access)
            case Lookup():
                return self._lookup(stage, access)
            case UnionWith(collection=other, stages=stages):
                guarded = self.pipeline(other, stages)
                union = replace(stage, stages=guarded.stages)
                return _Guarded((union,), access.united(guarded.access))
            case Facet(pipelines=pipelines):
                return self._facet(pipelines, access, collection)
            case _:
                assert_never(stage)

    def _facet(
        self,
        pipelines: Iterable[tuple[str, tuple[Stage, ...]]],
        access: Access,
        collection: str,
    ) -> _Guarded:
        """Its pipelines read rows that the view has shown already."""
        inner = [(name, self._stages(stages, access, collection)) for name, stages in pipelines]
        facet = Facet(tuple((name, guarded.stages) for name, guarded in inner))
        after = Access()
        for name, guarded in inner:
            after = after.joined(name, guarded.access)
        return _Guarded((facet,), after)

    def _lookup(self, stage: Lookup, access: Access) -> _Guarded:
        if stage.foreign is not None:
            # The join compares before the sub-pipeline runs, so no view can stand before it.
            self.require_plain(stage.collection, [stage.foreign])
        guarded = self.pipeline(stage.collection, stage.stages or ())
        joined = replace(stage, stages=guarded.stages) if guarded.stages else stage
        return _Guarded((joined,), access.joined(stage.name, guarded.access))

    def _graph_lookup(self, stage: GraphLookup, access: Access) -> _Guarded:
        """It joins whole documents, so what they hide is dropped right behind it."""
        self.require_plain(stage.collection, [stage.connect_from, stage.connect_to])
        restrict = self.plain_filter(stage.collection, stage.restrict or EVERYTHING)
        view = self.view(stage.collection)
        if restrict != EVERYTHING:
            stage = replace(stage, restrict=restrict)
        added = frozenset([stage.depth_field] if stage.depth_field else [])
        hiding: list[Stage] = []
        if view.access.allowed is not None:
            kept = _rebuilt(outermost(view.access.allowed | added), "joined")
            each = (("input", PathExpression(stage.name)), ("as", LiteralExpression("joined")))
            mapped = NamedOperation("$map", (*each, ("in", kept)))
            hiding.append(AddFields(((stage.name, mapped),)))
        if view.access.denied:
            hiding.append(Unset(tuple(f"{stage.name}.{p}" for p in sorted(view.access.denied))))
        return _Guarded((stage, *hiding), access.joined(stage.name, view.access.redefined(added)))


# -------------------------------------------------------------------- refusals


def _refuse_named(paths: Iterable[str], access: Access, collection: str) -> None:
    for path in paths:
        if access.hides(path):
            raise QueryRefused(
                f"{below_of(path, WHOLE)} of {collection} is private: it cannot be read, filtered "
                f"on, sorted by or joined on.{_allowed_hint(access)}"
            )


def _allowed_hint(access: Access) -> str:
    if access.allowed is None:
        return ""
    names = sorted(access.allowed)
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f" You may read {', '.join(names[:20])}{more}."


def _refuse_held(paths: Iterable[str], view: _View) -> None:
    for path in paths:
        if view.access.holds(path):
            held = sorted(p for p in view.access.denied if below_of(p, path) is not None)
            what = f"the private field {held[0]}" if held else "private fields"
            raise QueryRefused(
                f"{path or 'The whole document'} of {view.collection} holds {what}: name the "
                "fields that you need instead."
            )


# ----------------------------------------------------------------- projections


def _projection_within(projection: Project | None, access: Access) -> Project | None:
    """What a find may return, as one projection; None where one cannot say it."""
    if projection is not None and not _is_exclusion(projection):
        if "_id" in dict(projection.items) or not (access.hides("_id") or access.holds("_id")):
            return projection
        return Project((*projection.items, ("_id", False))) if access.hides("_id") else None
    if access.allowed is None:
        return _exclusion(projection.items if projection else (), access.denied)
    return None if projection or access.denied else _inclusion(access.allowed)


def _inclusion(allowed: Paths) -> Project:
    with_id = any(path == "_id" or is_below(path, "_id") for path in allowed)
    kept = tuple((path, True) for path in sorted(allowed))
    return Project(kept if with_id else (*kept, ("_id", False)))


def _exclusion(items: Sequence[tuple[str, bool | Expression]], hidden: Paths) -> Project:
    """Excludes `hidden` as well; MongoDB refuses one path inside another."""
    kept = [(name, item) for name, item in items if not _meets(name, hidden)]
    names = [name for name, _ in kept]
    added = [p for p in sorted(hidden) if not any(p == n or is_below(p, n) for n in names)]
    return Project((*kept, *((path, False) for path in added)))


def _rebuilt(allowed: Paths, variable: str) -> ObjectExpression:
    """The document in `variable` with its allowed fields alone."""
    by_name: dict[str, set[str]] = {}
    for path in sorted(allowed):
        name, _, below = path.partition(".")
        by_name.setdefault(name, set()).add(below)
    return ObjectExpression(
        tuple(
            (
                name,
                VariableExpression(f"{variable}.{name}")
                if WHOLE in below
                else _rebuilt(frozenset(below), f"{variable}.{name}"),
            )
            for name, below in by_name.items()
        )
    )


def _without_prefix(stages: Sequence[Stage], prefix: Sequence[Stage]) -> Sequence[Stage]:
    """The stages behind those that an earlier check put first."""
    return stages[len(prefix) :] if list(stages[: len(prefix)]) == list(prefix) else stages


def _is_exclusion(projection: Project) -> bool:
    others = [item for name, item in projection.items if name != "_id"]
    return all(item is False for item in others) and (bool(others) or _drops_id(projection))


def _drops_id(projection: Project) -> bool:
    return projection.items == (("_id", False),)


def _meets(name: str, hidden: Paths) -> bool:
    return any(name == path or is_below(name, path) for path in hidden)


def _after_projection(projection: Project, access: Access) -> Access:
    if _is_exclusion(projection):
        return access
    return access.only(name for name, item in projection.items if item is True)
