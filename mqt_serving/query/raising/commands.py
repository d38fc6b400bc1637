"""Raising: the plan behind a command, found by executing its stages symbolically.

Serves corrections and corpora: people write pipelines, the translator learns plans. The state
keeps what each name stands for (`scope`), which entities are unwound or joined, and what
has been filtered, grouped, ordered and cut so far. A construct without a place in plans, or one
in an order that changes what the plan would mean, raises `RaiseError` with a short cause.
Two readings are the plan's, not MongoDB's: null is not counted as a value, and groups to which
nothing belongs are left out of sums over arrays. Nothing is run; whether a raised plan lowers to
the same result can be tested where data is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from mqt_serving.errors import RaiseError
from mqt_serving.query.lowering.predicates import (
    conjuncts,
    fields_in,
    leaves,
    operands,
    tests_aggregates,
)
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    AllOf,
    Command,
    Count,
    CountDocuments,
    Distinct,
    EstimatedDocumentCount,
    Expression,
    Filter,
    Find,
    GeoNear,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Meta,
    Project,
    ReplaceRoot,
    SetWindowFields,
    Skip,
    Sort,
    SortByCount,
    Stage,
    Unset,
    Unwind,
)
from mqt_serving.query.pipeline import Aggregate as AggregateCommand
from mqt_serving.query.plan import (
    Entity,
    Order,
    Plan,
    Predicate,
    Related,
)
from mqt_serving.query.raising.geometry import is_near, nearness, raise_geo_near
from mqt_serving.query.raising.groups import Groups
from mqt_serving.query.raising.lookups import LookUps
from mqt_serving.query.raising.plans import plan_of
from mqt_serving.query.raising.scope import (
    Binding,
    Collected,
    CollectedRows,
    Environment,
    Fields,
    Filtered,
    Found,
    InnerCount,
    InnerRows,
    InnerValue,
    Known,
    LookedUp,
    Stored,
    TopRows,
    array_entity,
)
from mqt_serving.query.raising.tops import first_of_pushed
from mqt_serving.query.raising.values import as_values
from mqt_serving.schema import Catalog


def raise_command(command: Command, catalog: Catalog) -> Plan:
    """The plan that the command answers. `RaiseError` names the cause when it has none."""
    if command.collection not in catalog.by_name:
        raise RaiseError("unknown-collection", f"no collection {command.collection!r}")
    if not isinstance(command, EstimatedDocumentCount) and command.collation is not None:
        raise RaiseError("collation", "plans compare text as it is stored")
    state = _Stages(catalog, command.collection)
    match command:
        case Find():
            state.run(_find_stages(command))
        case AggregateCommand(stages=stages):
            state.run(stages)
        case CountDocuments(skip=skip, limit=limit) if (skip, limit) != (None, None):
            raise RaiseError("count-after-limit", "a count of some rows only")
        case CountDocuments(filter=condition):
            state.run([*_match(condition), Count("count")])
        case EstimatedDocumentCount():
            state.run([Count("count")])
        case Distinct(path=path, filter=condition):
            state.run(_match(condition))
            state.show_distinct(path)
        case _:
            assert_never(command)
    return plan_of(state)


def _match(condition: Filter) -> list[Stage]:
    return [] if condition == AllOf(()) else [Match(condition)]


def _find_stages(command: Find) -> list[Stage]:
    stages = _match(command.filter)
    if command.sort is not None:
        stages.append(command.sort)
    if command.skip:
        stages.append(Skip(command.skip))
    if command.limit:
        stages.append(Limit(command.limit))
    if command.projection is not None:
        stages.append(command.projection)
    return stages


class _Stages(LookUps, Groups):
    """The state, with what each stage does to it."""

    def run(self, stages: Sequence[Stage]) -> None:
        for at, stage in enumerate(stages):
            if isinstance(stage, Group) and self.order:
                stage = first_of_pushed(stage, stages[at + 1 :])
            self._apply(stage)

    def _apply(self, stage: Stage) -> None:
        match stage:
            case Match(filter=condition):
                self._filter(condition)
            case Project():
                self._project(stage)
            case AddFields(items=items):
                added = {name: self._bind(expression) for name, expression in items}
                self.environment = self.environment.with_names(added)
            case Unset(paths=paths):
                self._hide(paths)
            case Unwind():
                self._unwind(stage)
            case Lookup():
                self._look_up(stage)
            case Group():
                self._group(stage)
            case Sort(keys=keys):
                self._sort(keys)
            case Limit(count=count):
                if self.per:
                    raise RaiseError("limit-after-limit", "$limit after the first of each")
                self.limit = count if self.limit is None else min(self.limit, count)
            case Skip(count=count):
                if self.limit is not None or self.skip:
                    raise RaiseError("skip-after-limit", "$skip after $limit")
                self.skip = count or None
            case Count(name=name):
                self._count(name)
            case SortByCount(expression=expression):
                self._group(Group(expression, (Accumulator("count", "$sum", _ONE),)))
                self._sort((("count", -1),))
            case SetWindowFields():
                self._window(stage)
            case GeoNear():
                self._geo_near(stage)
            case ReplaceRoot(expression=expression):
                self._replace_root(expression)
            case _:
                name = type(stage).__name__
                raise RaiseError(f"stage-{name}", f"the stage {name} has no place in a plan")

    def _filter(self, condition: Filter) -> None:
        if self._take_positions(condition):
            return
        predicate = self._filters().predicate(condition)
        if predicate is None:
            return
        if is_near(condition):
            self._not_after_cut("sort")
            self.order = (Order(nearness(condition, self.catalog, self.collection)),)
        self._not_after_cut("filter")
        for part in conjuncts(predicate):
            self._require_joined(part)
            target = self.having if tests_aggregates(part) else self.where
            target.append(part)

    def _geo_near(self, stage: GeoNear) -> None:
        self.run(_match(stage.query))
        far, test = raise_geo_near(stage, self.collection, self.catalog)
        self.where.append(test)
        self.order = (Order(far),)
        self.environment = self.environment.with_names({stage.distance_field: Known(far)})

    def _require_joined(self, predicate: Predicate) -> None:
        """Single documents that are tested inside an array of looked-up ones need no unwinding."""
        if self.grouping is None:
            return
        keys = set(self.grouping.keys)
        for leaf in leaves(predicate):
            tested = () if isinstance(leaf, Related) else operands(leaf)
            if any(each not in keys and not keys.issuperset(fields_in(each)) for each in tested):
                raise RaiseError("test-on-first", "a test on a value that is no group key")

    def _project(self, stage: Project) -> None:
        if all(value is False for _, value in stage.items):
            self._hide([name for name, _ in stage.items])
            return
        shown: dict[str, Binding] = {}
        kept_id = self.environment.find("_id")
        if kept_id is not None and ("_id", False) not in stage.items:
            shown["_id"] = kept_id
        names = Environment(None, shown)
        for name, value in stage.items:
            if value is False:
                continue
            if value is True:
                found = self.environment.find(name)
                if found is None:
                    raise RaiseError("unknown-name", f"nothing is called {name!r} at this stage")
                names = names.with_names({name: found})
            else:
                names = names.with_names({name: self._bind(value)})
        match list(names.names.items()):
            case [(name, InnerCount(number=number))]:
                self._continue_with(number, None)
                self._count(name)
            case values if any(isinstance(value, InnerValue) for _, value in values):
                self._show_only_row(dict(values))
            case _:
                self.environment = names

    def _hide(self, paths: Sequence[str]) -> None:
        for path in paths:
            if "." in path:
                raise RaiseError("nested-exclusion", f"only {path!r} inside an object is left out")
        names = {n: b for n, b in self.environment.names.items() if n not in paths}
        hidden = self.environment.hidden | frozenset(paths)
        self.environment = replace(self.environment, names=names, hidden=hidden)

    def _replace_root(self, expression: Expression) -> None:
        bound = self._bind(expression)
        match bound:
            case Stored():
                self.environment = Environment(bound)
            case Fields(members=members):
                self.environment = Environment(None, dict(members))
            case _:
                raise RaiseError("replace-root", "$replaceRoot by something computed")

    def _unwind(self, stage: Unwind) -> None:
        known = set(self.joined)
        self._unwind_found(stage)
        if stage.preserve:
            self.optional.update(dict.fromkeys(e for e in self.joined if e not in known))

    def _unwind_found(self, stage: Unwind) -> None:
        if stage.index is not None:
            raise RaiseError("unwind-index", "$unwind with includeArrayIndex")
        found = self.environment.find(stage.path)
        if isinstance(found, InnerRows):
            self._continue_with(found.number, stage.path)
            return
        if isinstance(found, TopRows):
            self._unwind_top(stage.path, found)
            return
        if isinstance(found, Collected | CollectedRows):
            self._unwind_collected(stage.path, found)
            return
        if self.limit is not None and self._looks_up_again(stage.path):
            self._unwind_found(stage)
            return
        beside = isinstance(found, LookedUp) and found.edge.is_upward and bool(self.per)
        if not isinstance(found, Found) and not beside:
            self._not_after_cut("unwind")
        match found:
            case Stored():
                entity = array_entity(found, self.catalog)
                if entity is not None:
                    self._join(entity)
            case Found(collection=collection):
                place = Stored(collection)
                self.environment = self.environment.with_names({stage.path: place})
            case LookedUp(edge=edge):
                if edge.target in self.joined:
                    raise RaiseError("self-join", f"{edge.target.collection} is joined twice")
                self._join(edge.target)
                place = Stored(edge.foreign.collection)
                self.environment = self.environment.with_names({stage.path: place})
            case Filtered(entity=entity, place=place, where=where):
                if stage.preserve and where is not None:
                    raise RaiseError("optional-filtered", "rows without any of a part are kept")
                if found.cut:
                    raise RaiseError("lookup-pipeline", "some of the documents looked up")
                self._join(entity)
                self.where.extend(conjuncts(where))
                self.environment = self.environment.with_names({stage.path: place})
            case Fields(members=members) if (array := self._array_of(members)) is not None:
                self._join(array)
            case None:
                raise RaiseError("unknown-name", f"nothing is called {stage.path!r} to unwind")
            case _:
                raise RaiseError("unwind-computed", f"{stage.path!r} is no array of the data")

    def _array_of(self, members: Mapping[str, Binding]) -> Entity | None:
        """The array whose elements have the members, when only these are left of it."""
        places = {
            Stored(member.collection, member.path.removesuffix(f".{name}"))
            for name, member in members.items()
            if isinstance(member, Stored) and member.path.endswith(f".{name}")
        }
        whole = all(isinstance(member, Stored) for member in members.values())
        return array_entity(places.pop(), self.catalog) if whole and len(places) == 1 else None

    def _sort(self, keys: Sequence[tuple[str, int | Meta]]) -> None:
        if self.per:
            self._require_order_of_tops(keys)
            return
        self._not_after_cut("sort")
        self.order = self._orders(keys)

    def show_distinct(self, path: str) -> None:
        found = self.environment.find(path)
        assert found is not None
        value = as_values(found, self.catalog)
        self.environment = Environment(None, {path.rpartition(".")[2]: value})
        self.distinct = True


_ONE = LiteralExpression(1)
