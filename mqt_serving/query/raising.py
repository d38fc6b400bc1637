"""Raising: the plan behind a command, found by executing its stages symbolically.

Serves corrections and corpora: people write pipelines, the translator learns plans. The state
keeps what each name stands for (`raising_scope`), which entities are unwound or joined, and what
has been filtered, grouped, ordered and cut so far. A construct without a place in plans, or one
in an order that changes what the plan would mean, raises `RaiseError` with a short cause.
Two readings are the plan's, not MongoDB's: null is not counted as a value, and groups to which
nothing belongs are left out of sums over arrays. Nothing is run; whether a raised plan lowers to
the same result can be tested where data is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mqt_serving.errors import PlanError, RaiseError
from mqt_serving.query import graph, naming
from mqt_serving.query.graph import Direction, Edge
from mqt_serving.query.lowering import joins_of
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    AllOf,
    Command,
    Count,
    CountDocuments,
    Distinct,
    Expression,
    Filter,
    Find,
    Group,
    Limit,
    LiteralExpression,
    Lookup,
    Match,
    Meta,
    Project,
    ReplaceRoot,
    Skip,
    Sort,
    SortByCount,
    Stage,
    Unset,
    Unwind,
    VariableExpression,
)
from mqt_serving.query.pipeline import Aggregate as AggregateCommand
from mqt_serving.query.plan import (
    Aggregate,
    Entity,
    Field,
    Function,
    Operand,
    Order,
    Output,
    PartOf,
    Plan,
    Predicate,
    Related,
)
from mqt_serving.query.predicates import conjuncts, field_of, leaves, operands
from mqt_serving.query.raising_expressions import ExpressionRaiser
from mqt_serving.query.raising_filters import FilterRaiser, all_of
from mqt_serving.query.raising_scope import (
    Binding,
    Collected,
    Constant,
    Environment,
    Fields,
    Filtered,
    Found,
    Known,
    LookedUp,
    SizeOf,
    Stored,
    Test,
    array_entity,
    stored_field,
)
from mqt_serving.schema import Catalog


def raise_command(command: Command, catalog: Catalog) -> Plan:
    """The plan that the command answers. `RaiseError` names the cause when it has none."""
    if command.collection not in catalog.by_name:
        raise RaiseError("unknown-collection", f"no collection {command.collection!r}")
    state = _State(catalog, command.collection)
    match command:
        case Find():
            state.run(_find_stages(command))
        case AggregateCommand(stages=stages):
            state.run(stages)
        case CountDocuments(filter=condition):
            state.run([*_match(condition), Count("count")])
        case Distinct(path=path, filter=condition):
            state.run(_match(condition))
            state.show_distinct(path)
    return state.plan()


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


@dataclass
class _Grouping:
    keys: tuple[Field | PartOf, ...]


class _State:
    """What the stages so far have made of the documents."""

    def __init__(self, catalog: Catalog, collection: str) -> None:
        self.catalog = catalog
        self.environment = Environment(Stored(collection))
        self.collection = collection
        self.joined: dict[Entity, None] = {Entity(collection): None}
        self.where: list[Predicate] = []
        self.having: list[Predicate] = []
        self.grouping: _Grouping | None = None
        self.distinct = False
        self.order: tuple[Order, ...] = ()
        self.limit: int | None = None
        self.skip: int | None = None

    def run(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
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
            case ReplaceRoot(expression=expression):
                self._replace_root(expression)
            case _:
                name = type(stage).__name__
                raise RaiseError(f"stage-{name}", f"the stage {name} has no place in a plan")

    # ------------------------------------------------------------------ filters

    def _filter(self, condition: Filter) -> None:
        raiser = FilterRaiser(self.catalog, self.environment.find, self._bind, set(self.joined))
        predicate = raiser.predicate(condition)
        if predicate is None:
            return
        if self.limit is not None or self.skip:
            raise RaiseError("filter-after-limit", "a filter after $limit or $skip")
        for part in conjuncts(predicate):
            self._require_joined(part)
            target = self.having if _tests_aggregates(part) else self.where
            target.append(part)

    def _require_joined(self, predicate: Predicate) -> None:
        """Single documents that are tested inside an array of looked-up ones need no unwinding."""
        if self.grouping is None:
            return
        keys = set(self.grouping.keys)
        for leaf in leaves(predicate):
            left = getattr(leaf, "left", None)
            if isinstance(left, Field | PartOf) and left not in keys:
                raise RaiseError("test-on-first", "a test on a value that is no group key")

    # ----------------------------------------------------------------- documents

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

    def _bind(self, expression: Expression) -> Binding:
        raiser = ExpressionRaiser(self.catalog, self.environment, self.joined, self.collection)
        return raiser.bind(expression)

    # --------------------------------------------------------------------- joins

    def _unwind(self, stage: Unwind) -> None:
        if stage.index is not None:
            raise RaiseError("unwind-index", "$unwind with includeArrayIndex")
        found = self.environment.find(stage.path)
        if not isinstance(found, Found):
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
                self._join(edge.target)
                place = Stored(edge.foreign.collection)
                self.environment = self.environment.with_names({stage.path: place})
            case Filtered(entity=entity, place=place, where=where):
                self._join(entity)
                self.where.extend(conjuncts(where))
                self.environment = self.environment.with_names({stage.path: place})
            case None:
                raise RaiseError("unknown-name", f"nothing is called {stage.path!r} to unwind")
            case Collected(operand=operand):
                raise RaiseError("unwind-collected", f"unwinds the collected {operand}")
            case _:
                raise RaiseError("unwind-computed", f"{stage.path!r} is no array of the data")

    def _join(self, entity: Entity) -> None:
        for holder in reversed(graph.with_parents(entity, self.catalog)):
            self.joined.setdefault(holder)

    def _look_up(self, stage: Lookup) -> None:
        if stage.stages is not None or stage.let:
            raise RaiseError("lookup-pipeline", "$lookup with a pipeline of its own")
        assert stage.local is not None and stage.foreign is not None
        if stage.collection not in self.catalog.by_name:
            raise RaiseError("unknown-collection", f"no collection {stage.collection!r}")
        local = self.environment.find(stage.local)
        if isinstance(local, Known) and isinstance(local.operand, Field):
            local = Stored(local.operand.collection, local.operand.path)
        if isinstance(local, Fields) and len(local.members) == 1:
            (local,) = local.members.values()
        if not isinstance(local, Stored):
            raise RaiseError("lookup-computed", f"{stage.local!r} is no field of the data")
        if self.grouping is not None:
            self._look_up_for_groups(stage, local)
            return
        used = {entity.collection for entity in self.joined}
        if stage.collection in used or any(
            isinstance(binding, LookedUp) and binding.edge.foreign.collection == stage.collection
            for binding in self.environment.names.values()
        ):
            raise RaiseError("self-join", f"{stage.collection} is joined twice")
        source = stored_field(local, self.catalog)
        target = stored_field(Stored(stage.collection, stage.foreign), self.catalog)
        edge = self._edge(source, target)
        self.environment = self.environment.with_names({stage.name: LookedUp(edge)})

    def _look_up_for_groups(self, stage: Lookup, local: Stored) -> None:
        """Documents looked up by a group key: there is one for each group, or it is no plan."""
        assert stage.foreign is not None
        foreign = Field(stage.collection, stage.foreign)
        source = stored_field(local, self.catalog)
        target = stored_field(Stored(stage.collection, stage.foreign), self.catalog)
        if source == target:
            if not self._is_unique(source):
                raise RaiseError("lookup-after-group", f"{source.path} names several documents")
        elif not self._edge(source, target).is_upward:
            raise RaiseError("lookup-after-group", "$lookup of several documents for each group")
        place = Found(foreign.collection)
        self.environment = self.environment.with_names({stage.name: place})

    def _is_unique(self, field: Field) -> bool:
        schema = self.catalog.by_name[field.collection]
        known = schema.by_path[field.path]
        return not known.arrays and known.distinct >= schema.sampled

    def _edge(self, local: Field, foreign: Field) -> Edge:
        source = graph.entity_of(local, self.catalog)
        target = graph.entity_of(foreign, self.catalog)
        for reference in self.catalog.references:
            one = Field(reference.from_collection, reference.from_path)
            other = Field(reference.to_collection, reference.to_path)
            if (one, other) == (local, foreign):
                return Edge(source, target, Direction.FOLLOW, reference)
            if (other, one) == (local, foreign):
                return Edge(source, target, Direction.REFERRERS, reference)
        raise RaiseError(
            "no-reference",
            f"{local.collection}.{local.path} = {foreign.collection}.{foreign.path} is no "
            "reference of the schema",
        )

    # ------------------------------------------------------------------- grouping

    def _group(self, stage: Group) -> None:
        self._not_after_cut("group")
        if self.having and self.grouping is None:
            raise RaiseError("row-aggregate-grouped", "rows chosen by an aggregate are grouped")
        self.order = ()
        keys = self._keys(stage.key)
        if self.grouping is not None:
            self._group_again(stage, keys)
            return
        names: dict[str, Binding] = {}
        for accumulator in stage.accumulators:
            names[accumulator.name] = self._accumulated(accumulator)
        self.grouping = _Grouping(tuple(dict.fromkeys(_fields_in(keys))))
        self.environment = Environment(None, {"_id": keys, **names})

    def _keys(self, key: Expression | None) -> Binding:
        if key is None or key == LiteralExpression(None):
            return Fields()
        bound = self._bind(key)
        if isinstance(bound, Constant):
            return Fields()
        return _as_values(bound, self.catalog)

    def _group_again(self, stage: Group, keys: Binding) -> None:
        """Distinct rows first, then counted: that is a distinct count."""
        assert self.grouping is not None
        first, second = self.grouping.keys, tuple(_fields_in(keys))
        if self.having:
            raise RaiseError("nested-group", "groups of groups that were tested")
        if not stage.accumulators and set(second) == set(first):
            self.environment = Environment(None, {"_id": keys})
            return
        counted = [key for key in first if key not in second]
        names: dict[str, Binding] = {}
        for accumulator in stage.accumulators:
            one = accumulator.operator == "$sum" and accumulator.argument == _ONE
            if not one and accumulator.operator != "$count":
                raise RaiseError("nested-group", f"{accumulator.operator} over groups")
            if len(counted) != 1:
                raise RaiseError("nested-group", "groups with several keys are counted")
            names[accumulator.name] = Known(Aggregate(Function.COUNT, counted[0], True))
        self.grouping = _Grouping(second)
        self.environment = Environment(None, {"_id": keys, **names})

    def _accumulated(self, accumulator: Accumulator) -> Binding:
        operator, argument = accumulator.operator, accumulator.argument
        if operator == "$count" or (operator == "$sum" and argument == _ONE):
            return Known(Aggregate(Function.COUNT, self.rows_entity()))
        if operator in ("$first", "$last") and argument == VariableExpression("ROOT"):
            return self.environment.base or Fields(dict(self.environment.names))
        bound = self._bind(argument)
        if operator in ("$first", "$last"):
            return bound
        if isinstance(bound, Test):
            raise RaiseError("conditional-aggregate", "an aggregate over rows that meet a test")
        value = _as_values(bound, self.catalog)
        if operator in ("$push", "$addToSet"):
            if isinstance(value, Known) and isinstance(value.operand, Field | PartOf):
                return Collected(value.operand, operator == "$addToSet")
            raise RaiseError("collected-object", f"{operator} of more than one field")
        function = _FUNCTIONS.get(operator)
        if function is None:
            raise RaiseError(f"accumulator-{operator.lstrip('$')}", f"{operator} has no place")
        if not isinstance(value, Known):
            raise RaiseError("nested-aggregate", f"{operator} of something computed")
        operand = value.operand
        if isinstance(operand, Aggregate):
            return self._summed(function, operand)
        return Known(Aggregate(function, operand))

    @staticmethod
    def _summed(function: Function, inner: Aggregate) -> Binding:
        """Counts and sums of what belongs to each row, added up: the same over all of it."""
        adds_up = inner.function in (Function.COUNT, Function.SUM) and not inner.distinct
        if function is Function.SUM and adds_up:
            return Known(inner)
        if function is inner.function and function in (Function.MIN, Function.MAX):
            return Known(inner)
        raise RaiseError("nested-aggregate", f"{function.value} of {inner.function.value}")

    def rows_entity(self) -> Entity:
        """The entity that rows are of: the finest that is joined."""
        joined = list(self.joined)
        try:
            anchor = graph.spanning_joins(joined, self.catalog).anchor
        except PlanError as error:
            raise RaiseError("unconnected", str(error)) from error
        return anchor if anchor in self.joined else joined[-1]

    def _count(self, name: str) -> None:
        self._not_after_cut("count")
        if self.grouping is not None:
            keys = self.grouping.keys
            if self.having:
                raise RaiseError("count-of-groups", "groups are counted after a test on them")
            if len(keys) != 1:
                raise RaiseError("count-of-groups", "groups with several keys are counted")
            counted = Aggregate(Function.COUNT, keys[0], True)
        else:
            if self.having:
                raise RaiseError("count-of-filtered", "rows chosen by an aggregate are counted")
            counted = Aggregate(Function.COUNT, self.rows_entity())
        self.order = ()
        self.grouping = _Grouping(())
        self.environment = Environment(None, {name: Known(counted)})

    # ----------------------------------------------------------------- order, end

    def _sort(self, keys: Sequence[tuple[str, int | Meta]]) -> None:
        if self.limit is not None or self.skip:
            raise RaiseError("sort-after-limit", "$sort after $limit or $skip")
        order: dict[Operand, Order] = {}
        for path, direction in keys:
            if isinstance(direction, Meta):
                raise RaiseError("sort-by-score", f"a sort by {direction.keyword} has no plan")
            found = self.environment.find(path)
            if found is None:
                raise RaiseError("unknown-name", f"nothing is called {path!r} to sort by")
            value = _as_values(found, self.catalog)
            if not isinstance(value, Known):
                raise RaiseError("sort-computed", f"{path!r} is no single value")
            order.setdefault(value.operand, Order(value.operand, direction < 0))
        self.order = tuple(order.values())

    def _not_after_cut(self, what: str) -> None:
        if self.limit is not None or self.skip:
            raise RaiseError(f"{what}-after-limit", f"${what} after $limit or $skip")

    def show_distinct(self, path: str) -> None:
        found = self.environment.find(path)
        assert found is not None
        value = _as_values(found, self.catalog)
        self.environment = Environment(None, {path.rpartition(".")[2]: value})
        self.distinct = True

    def plan(self) -> Plan:
        """The plan of everything so far."""
        group_by = self.grouping.keys if self.grouping is not None else ()
        columns = self._columns()
        distinct = self.distinct
        values = [value for _, value in columns]
        if group_by and set(values) == set(group_by) and not self._uses_aggregates():
            group_by, distinct = (), True
        plan = Plan(
            tuple(Output(value) for value in values),
            all_of(self.where),
            group_by,
            all_of(self.having),
            self.order,
            self.limit,
            self.skip,
            distinct,
        )
        return _with_aliases(self._with_joins(plan), [name for name, _ in columns])

    def _with_joins(self, plan: Plan) -> Plan:
        """Entities that were unwound and then not used: their rows had to be there."""
        try:
            reached = joins_of(plan, self.catalog).entities
        except PlanError as error:
            raise RaiseError("unconnected", str(error)) from error
        tested = {entity for test in self.where for entity in _entities_in(test, self.catalog)}
        used = {above for e in tested for above in graph.with_parents(e, self.catalog)} | reached
        idle = [entity for entity in self.joined if entity not in used]
        held = {above for e in idle for above in graph.with_parents(e, self.catalog)[1:]}
        needed = [Related(entity) for entity in idle if entity not in held]
        return replace(plan, where=all_of([*self.where, *needed])) if needed else plan

    def _uses_aggregates(self) -> bool:
        return bool(self.having) or any(isinstance(o.by, Aggregate) for o in self.order)

    def _columns(self) -> list[tuple[str, Operand | Entity]]:
        base = self.environment.base
        if base is not None:
            if self.environment.names or self.environment.hidden - {"_id"}:
                raise RaiseError("whole-and-more", "whole documents with fields added or left out")
            return [("", Entity(base.collection, base.path))]
        columns: list[tuple[str, Operand | Entity]] = []
        for name, binding in self.environment.names.items():
            columns.extend(self._column(name, binding))
        if not columns:
            raise RaiseError("no-output", "nothing is shown")
        return columns

    def _column(self, name: str, binding: Binding) -> list[tuple[str, Operand | Entity]]:
        if isinstance(binding, Fields):
            if not binding.members:
                raise RaiseError("null-key", "the null key of a group is shown")
            return [
                column
                for member, inner in binding.members.items()
                for column in self._column(f"{name}.{member}", inner)
            ]
        value = _as_values(binding, self.catalog)
        if not isinstance(value, Known):
            raise RaiseError("object-output", f"{name!r} is no single value")
        field = field_of(value.operand)
        if field is not None:
            entity = graph.entity_of(field, self.catalog)
            if self.grouping is None and entity not in self.joined:
                raise RaiseError("array-output", f"{name!r} is an array in each row")
        return [(name, value.operand)]


def _with_aliases(plan: Plan, names: Sequence[str]) -> Plan:
    """Aliases only where the convention would give another name."""
    if len(names) == 1 and not names[0]:
        return plan
    outputs = plan.outputs
    while True:
        given = naming.output_names(replace(plan, outputs=outputs))
        changed = tuple(
            output if name == wanted else Output(output.value, wanted)
            for output, name, wanted in zip(outputs, given, names, strict=True)
        )
        if changed == outputs:
            return replace(plan, outputs=outputs)
        outputs = changed


def _as_values(binding: Binding, catalog: Catalog) -> Binding:
    """The binding with stored places as fields, where they hold single values."""
    match binding:
        case Stored():
            field = stored_field(binding, catalog)
            known = catalog.field(field.collection, field.path)
            assert known is not None
            if not known.is_scalar and any(
                other.path.startswith(field.path + ".")
                for other in catalog.by_name[field.collection].fields
            ):
                raise RaiseError("object-output", f"{field.path!r} is an object or array")
            return Known(field)
        case Fields(members=members):
            return Fields({name: _as_values(inner, catalog) for name, inner in members.items()})
        case Known():
            return binding
        case LookedUp() | Found() | Filtered() | SizeOf():
            raise RaiseError("array-output", "looked-up documents are used as a value")
        case Collected():
            raise RaiseError("array-output", "the collected values of a group are shown")
        case Constant(value=value):
            raise RaiseError("constant-output", f"the constant {value!r} is used as a value")
        case Test():
            raise RaiseError("test-output", "the result of a test is shown")


def _fields_in(binding: Binding) -> list[Field | PartOf]:
    match binding:
        case Known(operand=Aggregate()):
            raise RaiseError("group-by-aggregate", "groups by something aggregated")
        case Known(operand=operand):
            assert not isinstance(operand, Aggregate)
            return [operand]
        case Fields(members=members):
            return [field for inner in members.values() for field in _fields_in(inner)]
        case _:
            raise RaiseError("group-key", "groups by something computed")


def _entities_in(predicate: Predicate, catalog: Catalog) -> set[Entity]:
    """The entities that a predicate needs rows of."""
    found: set[Entity] = set()
    for leaf in leaves(predicate):
        if isinstance(leaf, Related):
            if not leaf.negated:
                found.add(leaf.entity)
            continue
        fields = [field_of(operand) for operand in operands(leaf)]
        found.update(graph.entity_of(field, catalog) for field in fields if field is not None)
    return found


def _tests_aggregates(predicate: Predicate) -> bool:
    return any(
        isinstance(operand, Aggregate)
        for leaf in leaves(predicate)
        if not isinstance(leaf, Related)
        for operand in operands(leaf)
    )


_ONE = LiteralExpression(1)
_FUNCTIONS = {
    "$sum": Function.SUM,
    "$avg": Function.AVG,
    "$min": Function.MIN,
    "$max": Function.MAX,
}
