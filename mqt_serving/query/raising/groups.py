"""Grouping stages: keys, and accumulators as aggregates over all rows of a group or some.

Used by `raising` only.
"""

from __future__ import annotations

from mqt_serving.errors import RaiseError
from mqt_serving.query.pipeline import (
    Accumulator,
    Expression,
    Group,
    LiteralExpression,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    Field,
    Function,
    PartOf,
    Predicate,
)
from mqt_serving.query.raising.combining import existence
from mqt_serving.query.raising.scope import (
    AnyMet,
    Binding,
    Choice,
    Collected,
    Constant,
    Environment,
    Fields,
    Known,
    Test,
)
from mqt_serving.query.raising.state import Grouping, State
from mqt_serving.query.raising.values import as_values, group_fields

_ONE = LiteralExpression(1)
_FUNCTIONS = {
    "$sum": Function.SUM,
    "$avg": Function.AVG,
    "$min": Function.MIN,
    "$max": Function.MAX,
}


class Groups(State):
    """The state, with the stages that make groups and counts of rows."""

    def _group(self, stage: Group) -> None:
        self._not_after_cut("group")
        self._settle_row_tests()
        self.order = ()
        keys = self._keys(stage.key)
        if self.grouping is not None:
            self._group_again(stage, keys)
            return
        names: dict[str, Binding] = {}
        for accumulator in stage.accumulators:
            names[accumulator.name] = self._accumulated(accumulator)
        self.grouping = Grouping(tuple(dict.fromkeys(group_fields(keys))))
        self.environment = Environment(None, {"_id": keys, **names})

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
        self.grouping = Grouping(second)
        self.environment = Environment(None, {"_id": keys, **names})

    def _accumulated(self, accumulator: Accumulator) -> Binding:
        operator, argument = accumulator.operator, accumulator.argument
        if operator == "$count" or (operator == "$sum" and argument == _ONE):
            return Known(self._counted())
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
        return Known(Aggregate(function, operand))

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
        if nothing and isinstance(value, Known) and isinstance(value.operand, Field | PartOf):
            if operator in ("$push", "$addToSet"):
                return Collected(value.operand, operator == "$addToSet", test)
            if operator in _FUNCTIONS:
                return Known(Aggregate(_FUNCTIONS[operator], value.operand, where=test))
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
            if self.having:
                raise RaiseError("count-of-groups", "groups are counted after a test on them")
            if len(keys) != 1:
                raise RaiseError("count-of-groups", "groups with several keys are counted")
            counted = Aggregate(Function.COUNT, keys[0], True)
        else:
            self._settle_row_tests()
            counted = self._counted()
        self.order = ()
        self.grouping = Grouping(())
        self.environment = Environment(None, {name: Known(counted)})
