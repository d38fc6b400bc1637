"""Grouping stages: keys, and accumulators as aggregates over all rows of a group or some.

Used by `raising` only.
"""

from __future__ import annotations

from collections.abc import Sequence

from mqt_serving.errors import RaiseError
from mqt_serving.query import naming
from mqt_serving.query.lowering.predicates import aggregates_of
from mqt_serving.query.pipeline import (
    Accumulator,
    Expression,
    Group,
    LiteralExpression,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Exists,
    Field,
    Function,
    In,
    PartOf,
    Predicate,
)
from mqt_serving.query.raising.combining import existence
from mqt_serving.query.raising.plans import plan_of
from mqt_serving.query.raising.scope import (
    AnyMet,
    Binding,
    Choice,
    Collected,
    CollectedRows,
    Constant,
    Environment,
    Fields,
    Known,
    Stored,
    Test,
    Unjoined,
    array_entity,
)
from mqt_serving.query.raising.state import Grouping
from mqt_serving.query.raising.tops import Tops, place_of
from mqt_serving.query.raising.values import as_values, group_fields

_ONE = LiteralExpression(1)
_FUNCTIONS = {
    "$sum": Function.SUM,
    "$avg": Function.AVG,
    "$min": Function.MIN,
    "$max": Function.MAX,
}


class Groups(Tops):
    """The state, with the stages that make groups and counts of rows."""

    def _group(self, stage: Group) -> None:
        self._not_after_cut("group")
        keys = self._keys(stage.key)
        if self._take_top_of_each(stage, keys):
            return
        self._settle_row_tests()
        in_order, self.order = bool(self.order), ()
        if self.grouping is not None:
            self._group_again(stage, keys)
            return
        names: dict[str, Binding] = {}
        for accumulator in stage.accumulators:
            names[accumulator.name] = self._accumulated(accumulator)
            if in_order and accumulator.operator in ("$first", "$last"):
                self._require_same_in_group(names[accumulator.name], group_fields(keys))
        self.ungrouped = self.copied()
        self.grouping = Grouping(tuple(dict.fromkeys(group_fields(keys))))
        self.environment = Environment(None, {"_id": keys, **names})

    def _require_same_in_group(self, binding: Binding, keys: Sequence[Field | PartOf]) -> None:
        """What a plan shows of a group is any row's: by an order it must not matter which."""
        if not self._is_same_in_group(binding, keys):
            raise RaiseError("first-of-order", "the first of each group, by the order of its rows")

    def _settle_row_tests(self) -> None:
        """Tests of what belongs to each row are about rows, whatever is grouped after them."""
        if self.grouping is None:
            self.where.extend(existence(test) for test in self.having)
            self.having = []

    def _keys(self, key: Expression | None) -> Binding:
        if key is None or key == LiteralExpression(None):
            return Fields()
        bound = self._bind(key)
        if isinstance(bound, Constant):
            return Fields()
        return as_values(bound, self.catalog)

    def _group_again(self, stage: Group, keys: Binding) -> None:
        """Distinct rows first, then counted: that is a distinct count."""
        assert self.grouping is not None
        first, second = self.grouping.keys, tuple(group_fields(keys))
        if self.having and second:
            raise RaiseError("nested-group", "groups of groups that were tested")
        if not stage.accumulators and set(second) == set(first):
            self.environment = Environment(None, {"_id": keys})
            return
        counted = [key for key in first if key not in second]
        names = {each.name: self._over_groups(each, counted) for each in stage.accumulators}
        if self.having:
            self._keep_rows_of_groups()
        self.grouping = Grouping(second)
        self.environment = Environment(None, {"_id": keys, **names})

    def _over_groups(self, accumulator: Accumulator, keys: Sequence[Field | PartOf]) -> Binding:
        """How many groups there are, or a total of their keys: each different one counts once."""
        if len(keys) != 1:
            raise RaiseError("nested-group", "groups with several keys are counted")
        (key,) = keys
        if self._counts_rows(accumulator):
            return Known(Aggregate(Function.COUNT, key, True))
        function = _FUNCTIONS.get(accumulator.operator)
        if function is None or self._bind(accumulator.argument) not in (Known(key), place_of(key)):
            raise RaiseError("nested-group", f"{accumulator.operator} over groups")
        return Known(Aggregate(function, key, function in (Function.SUM, Function.AVG)))

    @staticmethod
    def _counts_rows(accumulator: Accumulator) -> bool:
        one = accumulator.operator == "$sum" and accumulator.argument == _ONE
        return one or accumulator.operator == "$count"

    def _keep_rows_of_groups(self) -> None:
        """Go back to the rows, those of groups that are left: a sub-query lists these."""
        assert self.grouping is not None and self.ungrouped is not None
        rows = self.ungrouped.copied()
        if self.per:
            raise RaiseError("rows-of-groups", "rows of the first groups of each")
        if self.having or self.limit is not None or self.skip:
            match self.grouping.keys:
                case (Field() as key,) if self.is_always_there(key, or_null=self.limit != 1):
                    rows.where.append(self._among_groups(key))
                case _:
                    raise RaiseError("rows-of-groups", "rows of groups that one key does not tell")
        elif self.order:
            raise RaiseError("rows-of-groups", "rows in the order of their groups")
        self.become(rows)

    def _among_groups(self, key: Field) -> Predicate:
        listed = self.copied()
        listed.environment = Environment(None, {naming.convention(key): Known(key)})
        if self.limit == 1:
            return Compare(key, Comparator.EQ, plan_of(listed))
        if self.limit is None and not self.skip:
            listed.order = ()
        elif self.order:
            raise RaiseError("rows-of-groups", "rows in the order of their groups")
        return In(key, plan_of(listed))

    def _unwind_collected(self, path: str, collected: Collected | CollectedRows) -> None:
        """Rows again, of the groups that are left; each value once where a set was collected."""
        assert self.grouping is not None
        names = self.environment.names
        keys = self.grouping.keys
        if isinstance(collected, Collected) and (
            collected.where is not None or not isinstance(collected.operand, Field)
        ):
            raise RaiseError("unwind-collected", f"unwinds the collected {collected.operand}")
        self._keep_rows_of_groups()
        kept = {name: _of_row(binding, keys) for name, binding in names.items()}
        if isinstance(collected, CollectedRows):
            value = collected.value
        else:
            value = Known(collected.operand)
            field = collected.operand
            assert isinstance(field, Field)
            if not self.is_always_there(field, or_null=True):
                self.where.append(Exists(field))
            if collected.different:
                self.ungrouped = self.copied()
                self.grouping = Grouping(tuple(dict.fromkeys((*keys, field))))
        self.environment = Environment(None, {**kept, path: value})

    def _accumulated(self, accumulator: Accumulator) -> Binding:
        operator, argument = accumulator.operator, accumulator.argument
        if self._counts_rows(accumulator):
            return Known(self._counted())
        if operator == "$push" and (pushed := self._pushed(argument)) is not None:
            return pushed
        if operator in ("$first", "$last") and argument == VariableExpression("ROOT"):
            return self.environment.base or Fields(dict(self.environment.names))
        bound = self._bind(argument)
        if operator in ("$first", "$last"):
            return bound
        if isinstance(bound, Test):
            raise RaiseError("conditional-aggregate", "an aggregate over rows that meet a test")
        if isinstance(bound, Choice):
            return self._accumulated_choice(operator, bound)
        value = as_values(bound, self.catalog)
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
        if aggregates_of(operand):
            raise RaiseError("nested-aggregate", f"{operator} of something computed of aggregates")
        return Known(Aggregate(function, operand))

    def _pushed(self, argument: Expression) -> Binding | None:
        """Whole rows or objects that a group collects; None for single values."""
        bound = self._bind(argument)
        if isinstance(bound, Fields) or (
            isinstance(bound, Stored)
            and (not bound.path or array_entity(bound, self.catalog) in self.joined)
            and not self._is_array_of_scalars(bound)
        ):
            return CollectedRows(self.rows_entity(), bound)
        return None

    def _is_array_of_scalars(self, place: Stored) -> bool:
        known = self.catalog.field(place.collection, place.path)
        return known is not None and known.is_scalar

    def _accumulated_choice(self, operator: str, choice: Choice) -> Binding:
        """Aggregates over the rows that meet a test, the others giving 0 or null."""
        test, then, otherwise = existence(choice.test), choice.then, choice.otherwise
        if (then, otherwise) == (Constant(0), Constant(1)):
            test, then, otherwise = self._filters().none(test), otherwise, then
        if (then, otherwise) == (Constant(1), Constant(0)) and operator in ("$sum", "$max"):
            counted = self._counted(test)
            return Known(counted) if operator == "$sum" else AnyMet(counted)
        nothing = otherwise == Constant(None) or (operator, otherwise) == ("$sum", Constant(0))
        value = as_values(then, self.catalog)
        if nothing and isinstance(value, Known) and not aggregates_of(value.operand):
            operand = value.operand
            if operator in ("$push", "$addToSet") and isinstance(operand, Field | PartOf):
                return Collected(operand, operator == "$addToSet", test)
            if operator in _FUNCTIONS and not isinstance(operand, Aggregate):
                return Known(Aggregate(_FUNCTIONS[operator], operand, where=test))
        raise RaiseError("conditional-aggregate", f"{operator} of one of two values")

    def _counted(self, where: Predicate | None = None) -> Aggregate:
        """The number of rows; refused where a row may stand for nothing: it would count as one."""
        entity = self.rows_entity()
        if entity in self.optional:
            raise RaiseError("count-of-optional", "rows are counted that may stand for nothing")
        return Aggregate(Function.COUNT, entity, where=where)

    @staticmethod
    def _summed(function: Function, inner: Aggregate) -> Binding:
        """Counts and sums of what belongs to each row, added up: the same over all of it."""
        adds_up = inner.function in (Function.COUNT, Function.SUM) and not inner.distinct
        if function is Function.SUM and adds_up:
            return Known(inner)
        if function is inner.function and function in (Function.MIN, Function.MAX):
            return Known(inner)
        raise RaiseError("nested-aggregate", f"{function.value} of {inner.function.value}")

    def _count(self, name: str) -> None:
        self._not_after_cut("count")
        if self.grouping is not None:
            keys = self.grouping.keys
            if len(keys) != 1:
                raise RaiseError("count-of-groups", "groups with several keys are counted")
            if self.having:
                self._keep_rows_of_groups()
            counted = Aggregate(Function.COUNT, keys[0], True)
        else:
            self._settle_row_tests()
            counted = self._counted()
        self.order = ()
        self.grouping = Grouping(())
        self.environment = Environment(None, {name: Known(counted)})


def _of_row(binding: Binding, keys: Sequence[Field | PartOf]) -> Binding:
    """What a name of a group stands for in each of its rows: the keys are the row's own."""
    match binding:
        case Known(operand=operand) if operand in keys:
            return binding
        case Fields(members=members):
            return Fields({name: _of_row(inner, keys) for name, inner in members.items()})
        case _:
            return Unjoined("rows-of-groups", "a total of a group beside each of its rows")
