"""The first rows of each value of some keys, and running totals, in the forms people write them.

`$sort` and `$group` with `$first` or `$firstN`, `$topN`, and rows numbered by `$setWindowFields`
before a `$match`: all say which rows of each stay. Used by `raising` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mqt_serving.errors import PlanError, RaiseError
from mqt_serving.query.lowering.across_groups import SO_FAR, adds_up, keys_in_turn
from mqt_serving.query.pipeline import (
    Accumulator,
    AddFields,
    AllOf,
    Expression,
    FieldTest,
    Filter,
    Group,
    LiteralExpression,
    Meta,
    ObjectExpression,
    Operation,
    PathExpression,
    Project,
    SetWindowFields,
    Stage,
    VariableExpression,
    Window,
    WindowOutput,
)
from mqt_serving.query.plan import (
    Aggregate,
    Field,
    Moving,
    Operand,
    Order,
    PartOf,
    Rank,
    Running,
)
from mqt_serving.query.raising.scope import (
    Before,
    Binding,
    Environment,
    Fields,
    Known,
    OverGroups,
    Position,
    Stored,
    TopRows,
)
from mqt_serving.query.raising.state import State
from mqt_serving.query.raising.values import as_values, group_fields

_LAST = frozenset({"$last", "$lastN", "$bottom", "$bottomN"})
_TOPS = _LAST | {"$first", "$firstN", "$top", "$topN"}
_NULL = LiteralExpression(None)
_ROOT = VariableExpression("ROOT")


@dataclass(frozen=True, slots=True)
class _Top:
    """What one accumulator keeps: the first of some order, one or a list."""

    value: Expression
    order: tuple[Order, ...]
    limit: int
    is_list: bool


class Tops(State):
    """The state, with what leaves the first rows of each value of some keys."""

    def _take_top_of_each(self, stage: Group, keys: Binding) -> bool:
        """Whether the stage keeps the first rows of each key: then they are taken."""
        if not stage.accumulators or any(each.operator not in _TOPS for each in stage.accumulators):
            return False
        per = group_fields(keys)
        tops = {each.name: self._top(each) for each in stage.accumulators}
        if not per or any(not top.order for top in tops.values()):
            return False
        values = {name: self._value_of(top.value) for name, top in tops.items()}
        lists = any(top.is_list for top in tops.values())
        if not lists and all(self._is_same_in_group(value, per) for value in values.values()):
            return False
        first, *others = tops.values()
        if any((o.order, o.limit, o.is_list) != (first.order, 1, False) for o in others):
            raise RaiseError("several-tops", "the first of each key by several orders")
        if self.grouping is not None and not set(per) <= set(self.grouping.keys):
            raise RaiseError("nested-group", "the first groups of a value that is no key")
        self.per, self.order, self.limit = tuple(dict.fromkeys(per)), first.order, first.limit
        names = {
            name: TopRows(value, first.limit) if first.is_list else value
            for name, value in values.items()
        }
        self.environment = Environment(None, {"_id": keys, **names})
        return True

    def _top(self, accumulator: Accumulator) -> _Top:
        operator, argument = accumulator.operator, accumulator.argument
        named = dict(argument.items) if isinstance(argument, ObjectExpression) else {}
        by = named.get("sortBy")
        order = self.order
        if operator.startswith(("$top", "$bottom")):
            keys = by.items if isinstance(by, ObjectExpression) else ()
            ways = [(path, _whole(way, "sortBy")) for path, way in keys]
            order = self._orders(ways)
        if operator in _LAST:
            order = tuple(replace(each, descending=not each.descending) for each in order)
        if operator in ("$first", "$last"):
            return _Top(argument, order, 1, False)
        value = named.get("output") or named["input"]
        if not operator.endswith("N"):
            return _Top(value, order, 1, False)
        return _Top(value, order, _whole(named["n"], operator), True)

    def _value_of(self, expression: Expression) -> Binding:
        if expression == _ROOT:
            return self.environment.base or Fields(dict(self.environment.names))
        return self._bind(expression)

    def _is_same_in_group(self, binding: Binding, keys: Sequence[Field | PartOf]) -> bool:
        """Whether all rows with these keys have the same value there."""
        if any(binding in (Known(key), place_of(key)) for key in keys):
            return True
        unique = {key.collection for key in keys if isinstance(key, Field) and self.is_unique(key)}
        if isinstance(binding, Stored) and binding.collection in unique:
            known = self.catalog.field(binding.collection, binding.path)
            return known is not None and not known.arrays
        return False

    def _unwind_top(self, path: str, top: TopRows) -> None:
        self.limit, self.skip = top.limit, top.skip or None
        self.environment = self.environment.with_names({path: top.value})

    def _orders(self, keys: Sequence[tuple[str, int | Meta]]) -> tuple[Order, ...]:
        order: dict[Operand, Order] = {}
        for path, direction in keys:
            if isinstance(direction, Meta):
                raise RaiseError("sort-by-score", f"a sort by {direction.keyword} has no plan")
            found = self.environment.find(path)
            if found is None:
                raise RaiseError("unknown-name", f"nothing is called {path!r} to sort by")
            value = as_values(found, self.catalog)
            if not isinstance(value, Known):
                raise RaiseError("sort-computed", f"{path!r} is no single value")
            order.setdefault(value.operand, Order(value.operand, direction < 0))
        return tuple(order.values())

    def _require_order_of_tops(self, keys: Sequence[tuple[str, int | Meta]]) -> None:
        """The first rows of each come by the keys and then the order, in no other way."""
        found: list[Order] = []
        for path, direction in keys:
            bound = self.environment.find(path)
            if path == "_id" and isinstance(bound, Fields):
                found += [Order(key, direction == -1) for key in group_fields(bound)]
            else:
                found += self._orders([(path, direction)])
        if tuple(found) != (*map(Order, self.per), *self.order)[: len(found)]:
            raise RaiseError("sort-after-limit", "the first of each, in another order")

    # ----------------------------------------------------------------- windows

    def _window(self, stage: SetWindowFields) -> None:
        self._not_after_cut("window")
        bound = Fields() if stage.partition is None else self._bind(stage.partition)
        keys = tuple(group_fields(as_values(bound, self.catalog)))
        order = self._orders(() if stage.sort is None else stage.sort.keys)
        added = {each.name: self._windowed(each, keys, order) for each in stage.outputs}
        self.environment = self.environment.with_names(added)
        self.is_windowed = True

    def _windowed(
        self, output: WindowOutput, keys: Sequence[Field | PartOf], order: tuple[Order, ...]
    ) -> Binding:
        told_apart = self.grouping is None or set(keys) <= set(self.grouping.keys)
        if output.operator == "$documentNumber" and keys and order and told_apart:
            return Position(tuple(keys), order)
        match output.operator, keys, order:
            case "$rank", (), (Order(by=Aggregate() as by, descending=True),):
                return OverGroups(Rank(by))
        if self._is_in_turn(keys, order):
            match output:
                case WindowOutput(
                    operator="$avg", argument=argument, window=Window(low=int() as low, high=0)
                ) if low < 0:
                    mean = self._bind(argument)
                    match mean:
                        case Known(operand=Aggregate() as averaged):
                            return OverGroups(Moving(averaged, 1 - low))
                case WindowOutput(operator="$sum", argument=argument, window=Window() as window):
                    so_far = (window.low, window.high) == (SO_FAR.low, SO_FAR.high)
                    total = self._bind(argument)
                    match total:
                        case Known(operand=Aggregate() as added) if so_far and adds_up(added):
                            return OverGroups(Running(added))
                case WindowOutput(operator="$shift", argument=ObjectExpression(items=named)):
                    shifted = dict(named)
                    nothing = shifted.pop("default", _NULL) == _NULL
                    match self._bind(shifted["output"]):
                        case Known(operand=Aggregate() as moved) if nothing and shifted[
                            "by"
                        ] == LiteralExpression(-1):
                            return Before(moved)
        raise RaiseError("stage-SetWindowFields", f"{output.operator} over windows has no plan")

    def _is_in_turn(self, keys: Sequence[Field | PartOf], order: tuple[Order, ...]) -> bool:
        """Whether the windows are of groups, in the order in which plans have them follow."""
        if self.grouping is None:
            return False
        try:
            turn, others = keys_in_turn(self.grouping.keys, self.catalog)
        except PlanError:
            return False
        return order == tuple(map(Order, turn)) and set(keys) == set(others)

    def _take_positions(self, condition: Filter) -> bool:
        """Whether the filter is about the position of rows within their window."""
        tests = condition.items if isinstance(condition, AllOf) else (condition,)
        low, high, found = 0, None, set[Position]()
        for test in tests:
            if not isinstance(test, FieldTest):
                return False
            position = self.environment.find(test.path)
            if not isinstance(position, Position):
                return False
            match test:
                case FieldTest(operator="$lte", value=int(value)):
                    high = value
                case FieldTest(operator="$lt", value=int(value)):
                    high = value - 1
                case FieldTest(operator="$gt", value=int(value)):
                    low = value
                case FieldTest(operator="$gte", value=int(value)):
                    low = value - 1
                case FieldTest(operator="$eq", value=int(value)):
                    low, high = value - 1, value
                case _:
                    raise RaiseError("position-test", f"{test.operator} on a position")
            found.add(position)
        if len(found) != 1 or high is None or not 0 <= low < high:
            raise RaiseError("position-test", "no first rows of each are asked for")
        (position,) = found
        self._not_after_cut("sort")
        self.per, self.order = position.per, position.order
        self.limit, self.skip = high - low, low or None
        return True


def first_of_pushed(stage: Group, following: Sequence[Stage]) -> Group:
    """`$push` and then `$slice` is `$firstN`, of rows in order; other stages stay as they are."""
    match stage.accumulators, following[:1]:
        case [Accumulator(name=name, operator="$push", argument=value)], [
            AddFields(items=items) | Project(items=items)
        ]:
            pushed = PathExpression(name)
            match dict(items).get(name):
                case Operation(operator="$slice", arguments=(array, *bounds)) if array == pushed:
                    number = LiteralExpression(sum(_whole(bound, "$slice") for bound in bounds))
                    named = ObjectExpression((("input", value), ("n", number)))
                    return Group(stage.key, (Accumulator(name, "$firstN", named),))
    return stage


def place_of(key: Field | PartOf) -> Stored | None:
    return Stored(key.collection, key.path) if isinstance(key, Field) else None


def _whole(expression: Expression, of: str) -> int:
    if isinstance(expression, LiteralExpression) and isinstance(expression.value, int):
        return expression.value
    raise RaiseError("computed-top", f"{of} with a number that is computed")
