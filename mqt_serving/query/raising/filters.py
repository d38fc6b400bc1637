"""Filters of a pipeline as predicates of a plan.

Filters quantify over arrays implicitly: a test on a path through an array that is not unwound
holds for any element, its negation for none. Plans say so explicitly: such tests become tests
on the finer entity, or `Related` where they are negated or need not meet in one element.
"""

from __future__ import annotations

import operator as operator_module
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from bson import Regex

from mqt_serving.errors import RaiseError
from mqt_serving.query.lowering.predicates import leaves
from mqt_serving.query.pipeline import (
    AllOf,
    AnyOf,
    ArrayExpression,
    ElementMatch,
    Expression,
    ExpressionFilter,
    FieldTest,
    Filter,
    GeoTest,
    LiteralExpression,
    NamedOperation,
    NoneOf,
    NotTest,
    Operation,
    TextSearch,
    Value,
    VariableExpression,
)
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Comparator,
    Compare,
    Entity,
    Exists,
    Field,
    Function,
    In,
    IsNull,
    Not,
    Operand,
    Or,
    PartOf,
    Predicate,
    Related,
)
from mqt_serving.query.raising.combining import (
    all_of,
    any_of,
    negated,
    not_none,
)
from mqt_serving.query.raising.field_tests import (
    ANTI,
    COMPARATORS,
    as_field,
    collected_test,
    number_collected,
    plain_test,
    rows_that_meet,
    scalar,
    size_test,
)
from mqt_serving.query.raising.geometry import raise_geo_test
from mqt_serving.query.raising.scope import (
    AnyMet,
    Binding,
    Choice,
    Collected,
    CollectedRows,
    Constant,
    Filtered,
    Known,
    Listed,
    LookedUp,
    Single,
    SizeOf,
    Stored,
    Test,
    array_entity,
    inside,
    stored_field,
)
from mqt_serving.schema import Catalog

_MIRRORED = {
    Comparator.GT: Comparator.LT,
    Comparator.GTE: Comparator.LTE,
    Comparator.LT: Comparator.GT,
    Comparator.LTE: Comparator.GTE,
}
_CHOSEN: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": operator_module.eq,
    "$ne": operator_module.ne,
    "$gt": operator_module.gt,
    "$gte": operator_module.ge,
    "$lt": operator_module.lt,
    "$lte": operator_module.le,
}


class FilterRaiser:
    """Raises filters over rows of which `joined` entities are unwound."""

    def __init__(
        self,
        catalog: Catalog,
        find: Callable[[str], Binding | None],
        bind: Callable[[Expression], Binding],
        joined: set[Entity],
    ) -> None:
        self.catalog = catalog
        self._find = find
        self._bind = bind
        self._joined = joined

    def predicate(self, condition: Filter) -> Predicate | None:
        """The predicate; None for the empty filter."""
        match condition:
            case AllOf(items=items):
                return all_of(self._apart(items))
            case AnyOf(items=items):
                return any_of([self._needed(item) for item in items])
            case NoneOf(items=items):
                return not_none(all_of([self.none(self._needed(item)) for item in items]))
            case FieldTest():
                return self._test(condition)
            case NotTest(test=test):
                return self.none(self._needed(test))
            case ElementMatch():
                return self._element(condition)
            case ExpressionFilter(expression=expression):
                return self.condition(expression)
            case GeoTest(path=path):
                field = as_field(self._operand(self._binding(path), path))
                return raise_geo_test(condition, field, self.catalog)
            case TextSearch():
                raise RaiseError("text", "$text has no plan")
            case _:
                assert_never(condition)

    def _needed(self, condition: Filter) -> Predicate:
        found = self.predicate(condition)
        if found is None:
            raise RaiseError("empty-filter", "an empty filter inside $or or $nor matches all")
        return found

    def none(self, predicate: Predicate) -> Predicate:
        """The negation; of a test on elements: that none meets it."""
        entity = self._finer_entity(predicate)
        if entity is not None:
            return Related(entity, predicate, negated=True)
        return negated(predicate)

    def _apart(self, items: Sequence[Filter]) -> list[Predicate]:
        """Conjoined tests; those on one array, outside `$elemMatch`, need not meet."""
        tests = [self._needed(item) for item in items]
        finer = Counter(
            entity for test in tests if (entity := self._finer_entity(test)) is not None
        )
        result = []
        for test in tests:
            entity = self._finer_entity(test)
            if entity is not None and finer[entity] > 1:
                test = Related(entity, test)
            result.append(test)
        return result

    def _finer_entity(self, test: Predicate) -> Entity | None:
        """The entity, not unwound, that a single test is about."""
        if isinstance(test, Related | And | Or | Not):
            return None
        for leaf in leaves(test):
            left = getattr(leaf, "left", None)
            field = left.field if isinstance(left, PartOf) else left
            if isinstance(field, Field):
                finer = self._not_unwound(field)
                whole = finer is not None and finer.path == field.path
                return None if whole and isinstance(leaf, Exists | IsNull) else finer
        return None

    def _not_unwound(self, field: Field) -> Entity | None:
        known = self.catalog.field(field.collection, field.path)
        if known is None:
            return None
        holder = Entity(field.collection, known.arrays[-1] if known.arrays else "")
        return None if holder in self._joined else holder

    # -------------------------------------------------------------------- tests

    def _test(self, test: FieldTest) -> Predicate:
        path = test.path
        if path.endswith(".0") and test.operator == "$exists":
            array = self._binding(path.removesuffix(".0"))
            if isinstance(array, Filtered):
                return Related(array.entity, array.where, negated=not test.value)
            if isinstance(array, Collected) and array.without_null:
                op = Comparator.GT if test.value else Comparator.EQ
                return Compare(number_collected(array), op, 0)
            entity = self._entity(array)
            if entity is not None:
                return Related(entity, negated=not test.value)
        binding = self._binding(path)
        if isinstance(binding, Test) and isinstance(test.value, bool):
            wanted = test.value == (test.operator == "$eq")
            return binding.predicate if wanted else self.none(binding.predicate)
        match binding:
            case Filtered():
                return self._filtered_test(binding, test)
            case SizeOf() if test.operator in COMPARATORS:
                return size_test(binding, COMPARATORS[test.operator], Constant(test.value))
            case Collected():
                return collected_test(binding, test.operator, test.value)
            case Choice() | AnyMet():
                return self._choice_test(binding, test.operator, test.value)
        entity = self._entity(binding)
        if entity is not None:
            found = self._array_test(entity, test)
            if found is not None:
                return found
        return self._value_test(self._operand(binding, path), test.operator, test.value)

    def _choice_test(self, choice: Choice | AnyMet, operator: str, value: Value) -> Predicate:
        """A test that one of two constants meets: it says which way the choice went."""
        if isinstance(choice, AnyMet):
            test: Predicate = Compare(choice.counted, Comparator.GT, 0)
            then: Binding = Constant(1)
            otherwise: Binding = Constant(0)
        else:
            test, then, otherwise = choice.test, choice.then, choice.otherwise
        if operator in _CHOSEN and isinstance(then, Constant) and isinstance(otherwise, Constant):
            passes = _CHOSEN[operator]
            try:
                met, unmet = passes(then.value, value), passes(otherwise.value, value)
            except TypeError as error:
                raise RaiseError("choice-test", "values of two kinds are compared") from error
            if met != unmet:
                return test if met else self.none(test)
        raise RaiseError("choice-test", f"{operator} on a value chosen by a test")

    def _filtered_test(self, filtered: Filtered, test: FieldTest) -> Predicate:
        match test:
            case FieldTest(operator="$ne", value=()):
                return Related(filtered.entity, filtered.where)
            case FieldTest(operator="$eq", value=()) | FieldTest(operator="$size", value=0):
                return Related(filtered.entity, filtered.where, negated=True)
            case _:
                raise RaiseError("filtered-test", f"{test.operator} on a filtered array")

    def _array_test(self, entity: Entity, test: FieldTest) -> Predicate | None:
        """Tests of an array as a whole; None for tests of its elements."""
        match test:
            case FieldTest(operator="$size", value=int(size)):
                if size == 0:
                    return Related(entity, negated=True)
                return Compare(Aggregate(Function.COUNT, entity), Comparator.EQ, size)
            case FieldTest(operator="$eq", value=()):
                return Related(entity, negated=True)
            case FieldTest(operator="$ne", value=()):
                return Related(entity)
            case FieldTest(operator="$all", value=tuple(values)):
                return all_of([Related(entity, self._equal(entity, value)) for value in values])
            case FieldTest(operator="$exists" | "$eq" | "$ne" as operator, value=value) if (
                operator == "$exists" or value is None
            ):
                return plain_test(Field(entity.collection, entity.path), operator, value)
        return None

    def _equal(self, entity: Entity, value: Value) -> Predicate:
        return Compare(Field(entity.collection, entity.path), Comparator.EQ, scalar(value))

    def _value_test(self, operand: Operand, operator: str, value: Value) -> Predicate:
        finer = self._not_unwound(operand) if isinstance(operand, Field) else None
        if finer is not None and operator == "$all" and isinstance(value, tuple) and value:
            each = [Related(finer, plain_test(operand, "$eq", one)) for one in value]
            return not_none(all_of(each))
        if finer is not None and operator in ANTI:
            return Related(finer, plain_test(operand, ANTI[operator], value), negated=True)
        if finer is not None and operator == "$exists" and not value:
            return Related(finer, plain_test(operand, "$exists", True), negated=True)
        return plain_test(operand, operator, value)

    def _element(self, match: ElementMatch) -> Predicate:
        binding = self._binding(match.path)
        if isinstance(binding, CollectedRows):
            return self._pushed(binding, match.filter)
        entity = self._entity(binding)
        if entity is None:
            raise RaiseError("element-match", f"{match.path!r} is no array that can be tested")
        place = binding if isinstance(binding, Stored) else Stored(entity.collection)

        def find(path: str) -> Binding:
            return Stored(
                place.collection, f"{place.path}.{path}".strip(".") if path else place.path
            )

        inner = FilterRaiser(self.catalog, find, self._bind, {*self._joined, entity})
        return Related(entity, inner.predicate(match.filter))

    def _pushed(self, collected: CollectedRows, condition: Filter) -> Predicate:
        """Whether any row of the group meets the test: how many do."""
        inner = FilterRaiser(
            self.catalog, lambda path: inside(collected.value, path), self._bind, self._joined
        )
        counted = Aggregate(Function.COUNT, collected.rows, where=inner.predicate(condition))
        return Compare(counted, Comparator.GT, 0)

    def _binding(self, path: str) -> Binding:
        found = self._find(path)
        if found is None:
            raise RaiseError("unknown-name", f"nothing is called {path!r} at this stage")
        return found

    def _entity(self, binding: Binding) -> Entity | None:
        """The entity of an array that is not unwound."""
        match binding:
            case Stored():
                entity = array_entity(binding, self.catalog)
            case LookedUp(edge=edge):
                entity = edge.target
            case _:
                return None
        return None if entity is None or entity in self._joined else entity

    def _operand(self, binding: Binding, path: str) -> Operand:
        match binding:
            case Stored():
                return stored_field(binding, self.catalog)
            case Known(operand=operand):
                return operand
            case Collected():
                raise RaiseError("collected-test", f"tests on the array {path!r} of a group")
            case _:
                raise RaiseError("computed-test", f"{path!r} is not a field of the data")

    # -------------------------------------------------------------- expressions

    def condition(self, expression: Expression) -> Predicate:
        """A boolean expression as a predicate."""
        match expression:
            case Operation(operator="$and", arguments=arguments):
                tests = without_guards(_several(arguments))
                return not_none(all_of([self.condition(test) for test in tests]))
            case Operation(operator="$or", arguments=arguments):
                return any_of([self.condition(argument) for argument in _several(arguments)])
            case Operation(operator="$not", arguments=(argument,)):
                return self.none(self.condition(argument))
            case Operation(
                operator="$eq" | "$ne" as operator,
                arguments=(
                    Operation(operator="$type", arguments=(argument,)),
                    LiteralExpression(value="missing"),
                ),
            ):
                field = as_field(self._operand(self._bind(argument), "?"))
                return Exists(field, negated=operator == "$eq")
            case Operation(operator=operator, arguments=(left, right)) if operator in COMPARATORS:
                return self._comparison(COMPARATORS[operator], left, right)
            case Operation(operator="$in", arguments=(left, right)):
                return self._membership(left, right)
            case NamedOperation(operator="$regexMatch", arguments=arguments):
                return self._regex_match(dict(arguments))
            case Operation(operator=operator) | NamedOperation(operator=operator):
                raise RaiseError(f"expression-{operator.lstrip('$')}", f"{operator} as a condition")
        bound = self._bind(expression)
        if isinstance(bound, Test):
            return bound.predicate
        raise RaiseError("condition", "an expression that is no test")

    def _comparison(self, op: Comparator, left: Expression, right: Expression) -> Predicate:
        first, second = self._bind(left), self._bind(right)
        if isinstance(first, Constant) and not isinstance(second, Constant):
            first, second = second, first
            op = _MIRRORED.get(op, op)
        if isinstance(first, SizeOf):
            return size_test(first, op, second)
        if isinstance(first, Filtered) and second == Constant(()):
            return Related(first.entity, first.where, negated=op is Comparator.EQ)
        if isinstance(first, Collected):
            raise RaiseError("collected-test", "tests on the array of a group")
        if isinstance(first, Single) and not isinstance(second, Single):
            first, second = second, first
            op = _MIRRORED.get(op, op)
        if isinstance(second, Single):
            return Compare(self._operand(first, "?"), op, second.plan)
        if isinstance(first, Choice | AnyMet) and isinstance(second, Constant):
            return self._choice_test(first, f"${op.value}", second.value)
        if isinstance(second, Constant):
            if self._entity(first) is not None and second.value == ():
                entity = self._entity(first)
                assert entity is not None
                return Related(entity, negated=op is Comparator.EQ)
            operand = self._operand(first, "?")
            if second.value is None and op in (Comparator.GT, Comparator.LTE):
                # In expressions null and missing are less than all else.
                return IsNull(as_field(operand), negated=op is Comparator.GT)
            return plain_test(operand, f"${op.value}", second.value)
        operand, other = self._operand(first, "?"), self._operand(second, "?")
        if not isinstance(other, Field):
            if isinstance(operand, Field):
                operand, other, op = other, operand, _MIRRORED.get(op, op)
            else:
                raise RaiseError("aggregate-comparison", "two computed values are compared")
        assert isinstance(other, Field)
        if isinstance(operand, Aggregate):
            raise RaiseError("aggregate-comparison", "an aggregate is compared with a field")
        return Compare(operand, op, other)

    def _membership(self, left: Expression, right: Expression) -> Predicate:
        bound = self._bind(left)
        match right:
            case ArrayExpression(items=items):
                values = tuple(item.value for item in items if isinstance(item, LiteralExpression))
                if len(values) == len(items):
                    return plain_test(self._operand(bound, "?"), "$in", values)
            case LiteralExpression(value=tuple(values)):
                return plain_test(self._operand(bound, "?"), "$in", values)
            case NamedOperation(operator="$map", arguments=arguments) if bound == Constant(True):
                return self._any_collected(dict(arguments))
        listed = self._bind(right)
        if isinstance(listed, Listed):
            return In(self._operand(bound, "?"), listed.plan)
        entity = self._entity(listed)
        if isinstance(bound, Constant) and isinstance(listed, Collected):
            return collected_test(listed, "$eq", bound.value)
        if isinstance(bound, Constant) and entity is not None:
            return Related(entity, self._equal(entity, bound.value))
        if isinstance(bound, Constant) and isinstance(listed, Stored):
            # The path of a field through an array lists its values.
            field = stored_field(listed, self.catalog)
            finer = self._not_unwound(field)
            if finer is not None:
                return Related(finer, plain_test(field, "$eq", bound.value))
        raise RaiseError("expression-in", "$in over something computed")

    def _any_collected(self, arguments: dict[str, Expression]) -> Predicate:
        """Whether any of the values that a group collected meets the test of `$map`."""
        listed = self._bind(arguments["input"])
        named = arguments.get("as", LiteralExpression("this"))
        if not isinstance(listed, Collected) or not isinstance(named, LiteralExpression):
            raise RaiseError("expression-map", "$map over something that is not collected")
        value: Binding = Known(listed.operand)

        def bind(expression: Expression) -> Binding:
            return (
                value
                if expression == VariableExpression(str(named.value))
                else self._bind(expression)
            )

        inner = FilterRaiser(self.catalog, self._find, bind, self._joined)
        test = inner.condition(arguments["in"])
        return Compare(rows_that_meet(listed, test), Comparator.GT, 0)

    def _regex_match(self, arguments: dict[str, Expression]) -> Predicate:
        operand = self._operand(self._bind(arguments["input"]), "?")
        pattern = arguments["regex"]
        if not isinstance(pattern, LiteralExpression):
            raise RaiseError("expression-regexMatch", "a computed pattern")
        options = arguments.get("options")
        flags = options.value if isinstance(options, LiteralExpression) else ""
        found = pattern.value
        regex = found if isinstance(found, Regex) else Regex(str(found), str(flags))
        return plain_test(operand, "$regex", regex)


def without_guards(tests: Sequence[Expression]) -> list[Expression]:
    """The tests without `{$gt: [x, null]}` beside a comparison of `x`, which plans imply."""
    compared = [
        side
        for test in tests
        if isinstance(test, Operation) and test.operator in COMPARATORS
        for side in test.arguments
        if LiteralExpression(None) not in test.arguments
    ]
    return [
        test
        for test in tests
        if not isinstance(test, Operation)
        or test.operator != "$gt"
        or test.arguments[1:] != (LiteralExpression(None),)
        or test.arguments[0] not in compared
    ]


def _several(arguments: Sequence[Expression]) -> Sequence[Expression]:
    """The arguments of `$and`/`$or`, also when they were written as one list."""
    if len(arguments) == 1 and isinstance(arguments[0], ArrayExpression):
        return arguments[0].items
    return arguments
