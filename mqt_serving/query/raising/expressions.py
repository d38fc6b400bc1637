"""Aggregation expressions as bindings: what a projected or grouped expression stands for.

Fields, conversions of numbers kept as text, calendar parts, sizes and sums of arrays, the first
of looked-up documents, and tests. Anything computed otherwise has no place in a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bson import Decimal128

from mqt_serving.errors import RaiseError
from mqt_serving.query import graph
from mqt_serving.query.lowering.distances import BEYOND, Place, holder_of, sides_of
from mqt_serving.query.lowering.predicates import aggregates_of, fields_in
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Expression,
    LiteralExpression,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    VariableExpression,
)
from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    Aggregate,
    Arithmetic,
    Change,
    Comparator,
    Compare,
    DatePart,
    Entity,
    Field,
    Function,
    Now,
    Operator,
    PartOf,
    Plan,
    Point,
    Term,
)
from mqt_serving.query.raising.field_tests import number_collected
from mqt_serving.query.raising.filters import FilterRaiser
from mqt_serving.query.raising.scope import (
    Before,
    Binding,
    Choice,
    Collected,
    Constant,
    Environment,
    Fields,
    Filtered,
    FilteredValues,
    Found,
    InnerCount,
    InnerRows,
    InnerValue,
    Known,
    Listed,
    LookedUp,
    OverGroups,
    Single,
    SizeOf,
    Stored,
    Test,
    TopRows,
    array_entity,
    inside,
    stored_field,
)
from mqt_serving.schema import GEOJSON, BsonType, Catalog

_CONVERSIONS = frozenset(
    {"$toInt", "$toDouble", "$toDecimal", "$toLong", "$toDate", "$toString", "$convert",
     "$dateFromString"}
)  # fmt: skip
_TO_NUMBERS = frozenset({"$toInt", "$toLong", "$toDouble", "$toDecimal"})
_NUMBERS = frozenset({"int", "long", "double", "decimal", 1, 16, 18, 19})
_PARTS = {
    "$year": DatePart.YEAR,
    "$month": DatePart.MONTH,
    "$dayOfMonth": DatePart.DAY,
    "$dayOfWeek": DatePart.WEEKDAY,
    "$hour": DatePart.HOUR,
}
_FORMATS = {
    "%Y-%m": DatePart.YEAR_MONTH, "%Y-%m-%d": DatePart.DATE, "%G-W%V": DatePart.WEEK,
}  # fmt: skip
_UNITS: dict[Term, Operator] = {length: unit for unit, length in ELAPSED.items()}
_LENGTHS = {radius: unit for unit, radius in DISTANCES.items()}
_ARITHMETIC = {
    "$add": Operator.ADD,
    "$subtract": Operator.SUBTRACT,
    "$multiply": Operator.MULTIPLY,
    "$divide": Operator.DIVIDE,
}
_TOTALS = {
    "$sum": Function.SUM,
    "$avg": Function.AVG,
    "$min": Function.MIN,
    "$max": Function.MAX,
}
_TESTS = frozenset(
    {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$and", "$or", "$not", "$in", "$regexMatch"}
)


class ExpressionRaiser:
    """Binds expressions over rows of which `joined` entities are unwound."""

    def __init__(
        self,
        catalog: Catalog,
        environment: Environment,
        joined: Collection[Entity],
        collection: str,
        variables: Mapping[str, Binding] | None = None,
    ) -> None:
        self._catalog = catalog
        self._environment = environment
        self._joined = set(joined)
        self._collection = collection
        self._variables = variables or {}

    def bind(self, expression: Expression) -> Binding:
        """What the expression stands for."""
        match expression:
            case PathExpression(path=path):
                return self._path(path)
            case VariableExpression(name=name):
                return self._variable(name)
            case LiteralExpression(value=value):
                return Constant(value)
            case ArrayExpression(items=()):
                return Constant(())
            case ObjectExpression(items=items):
                return Fields({name: self.bind(inner) for name, inner in items})
            case Operation(operator=operator, arguments=arguments):
                return self._operation(operator, arguments)
            case NamedOperation(operator=operator, arguments=named):
                return self._named(operator, dict(named), expression)
            case _:
                raise RaiseError("expression-list", "a list as a value")

    def _path(self, path: str) -> Binding:
        found = self._environment.find(path)
        if found is None:
            raise RaiseError("unknown-name", f"nothing is called {path!r} at this stage")
        return found

    def _variable(self, name: str) -> Binding:
        root, _, rest = name.partition(".")
        if root in self._variables:
            found = inside(self._variables[root], rest)
            if found is not None:
                return found
        if root in ("ROOT", "CURRENT"):
            whole = self._environment.base or Fields(dict(self._environment.names))
            if not rest:
                return whole
            found = inside(whole, rest)
            if found is not None:
                return found
        raise RaiseError("variable", f"the variable $${name}")

    def _operation(self, operator: str, arguments: tuple[Expression, ...]) -> Binding:
        if operator == "$cond" and len(arguments) == 3:
            return self._choice(*arguments)
        if operator in _TESTS:
            return Test(self._tests().condition(Operation(operator, arguments)))
        if operator == "$subtract" and (change := self._change(arguments)) is not None:
            return change
        if operator == "$multiply" and (far := self._distance(operator, arguments)) is not None:
            return far
        if operator in _ARITHMETIC and len(arguments) > 1:
            return self._arithmetic(_ARITHMETIC[operator], arguments)
        match arguments:
            case (argument,) if operator in _CONVERSIONS:
                return self._converted(argument, operator in _TO_NUMBERS)
            case (argument,) if operator in _PARTS:
                return self._part(_PARTS[operator], argument)
            case (argument,) if operator == "$ceil":
                return self._quarter(argument)
            case (argument,) if operator == "$size":
                return self._size(argument)
            case (argument,) if operator in _TOTALS:
                return self._total(_TOTALS[operator], argument)
            case (argument,) if operator == "$first":
                return self._first(argument)
            case (argument, ArrayExpression(items=(LiteralExpression(value=None),))) if (
                operator == "$setDifference"
            ):
                bound = self.bind(argument)
                if isinstance(bound, Collected) and bound.different:
                    return replace(bound, without_null=True)
            case (argument, *bounds) if operator == "$slice":
                return self._slice(argument, bounds)
            case (argument, LiteralExpression(value=0)) if operator == "$arrayElemAt":
                return self._first(argument)
            case (argument, LiteralExpression() | ArrayExpression(items=())) if (
                operator == "$ifNull"
            ):
                return self._without_default(argument, arguments[1])
        raise RaiseError(f"expression-{operator.lstrip('$')}", f"{operator} has no place in a plan")

    def _change(self, arguments: tuple[Expression, ...]) -> Binding | None:
        """An aggregate less that of the group before."""
        if not all(isinstance(argument, PathExpression) for argument in arguments):
            return None
        match [self.bind(argument) for argument in arguments]:
            case [Known(operand=Aggregate() as here), Before(aggregate=before)] if here == before:
                return OverGroups(Change(here))
        return None

    def _slice(self, argument: Expression, bounds: Sequence[Expression]) -> Binding:
        """Some of the first rows of each key."""
        top = self.bind(argument)
        numbers = [b.value for b in bounds if isinstance(b, LiteralExpression)]
        match top, [0, *numbers][-2:]:
            case TopRows(value=value, limit=limit, skip=skip), [int(first), int(number)] if (
                len(numbers) == len(bounds) and 0 <= first < limit and number > 0
            ):
                return TopRows(value, min(number, limit - first), skip + first)
        raise RaiseError("expression-slice", "a part of an array by position")

    def _named(
        self, operator: str, arguments: dict[str, Expression], expression: Expression
    ) -> Binding:
        if operator in _CONVERSIONS and "input" in arguments:
            to = arguments.get("to")
            is_number = isinstance(to, LiteralExpression) and to.value in _NUMBERS
            return self._converted(arguments["input"], is_number)
        if operator == "$dateFromString":
            return self.bind(arguments["dateString"])
        if operator in _PARTS and set(arguments) == {"date"}:
            return self._part(_PARTS[operator], arguments["date"])
        if operator == "$dateToString" and set(arguments) == {"date", "format"}:
            pattern = arguments["format"]
            text = pattern.value if isinstance(pattern, LiteralExpression) else None
            if isinstance(text, str) and text in _FORMATS:
                return self._part(_FORMATS[text], arguments["date"])
        if operator == "$cond" and set(arguments) == {"if", "then", "else"}:
            return self._choice(arguments["if"], arguments["then"], arguments["else"])
        if operator == "$filter":
            return self._filtered(arguments)
        if operator == "$regexMatch":
            return Test(self._tests().condition(expression))
        raise RaiseError(f"expression-{operator.lstrip('$')}", f"{operator} has no place in a plan")

    def _converted(self, argument: Expression, to_number: bool) -> Binding:
        """What is converted: a plan reads numbers kept as text as numbers, and no other text."""
        bound = self.bind(argument)
        if to_number and isinstance(bound, Stored):
            known = self._catalog.field(bound.collection, bound.path)
            if known is not None and known.main_type is BsonType.STRING and not known.numeric_text:
                raise RaiseError("conversion", f"{bound.path!r} is text that is read as numbers")
        return bound

    def _tests(self) -> FilterRaiser:
        return FilterRaiser(self._catalog, self._environment.find, self.bind, self._joined)

    def _choice(self, test: Expression, then: Expression, otherwise: Expression) -> Binding:
        chosen = Choice(self._tests().condition(test), self.bind(then), self.bind(otherwise))
        match chosen:
            case Choice(
                test=Compare(left=left, op=Comparator.EQ, right=0),
                then=Constant(value=None),
                otherwise=Known(operand=Arithmetic(operator=Operator.DIVIDE, right=right)) as value,
            ) if left == right:
                return value  # plans give null for what is divided by zero
            case _:
                return chosen

    def _arithmetic(self, operator: Operator, arguments: tuple[Expression, ...]) -> Binding:
        first, *others = (self._term(argument, operator) for argument in arguments)
        for other in others:
            first = self._elapsed(first, other) or Arithmetic(operator, first, other)
        if not isinstance(first, Arithmetic) or not (fields_in(first) or aggregates_of(first)):
            raise RaiseError(f"expression-{operator.value}", "something computed of constants")
        return Known(first)

    def _elapsed(self, left: Term, right: Term) -> Arithmetic | None:
        """The time between two dates, where milliseconds are divided into a unit of it."""
        match left:
            case Arithmetic(Operator.SUBTRACT, until, since) if (
                right in _UNITS and self._is_date(until) and self._is_date(since)
            ):
                return Arithmetic(_UNITS[right], since, until)
        return None

    def _is_date(self, term: Term) -> bool:
        match term:
            case Now():
                return True
            case Aggregate(Function.MIN | Function.MAX, Field() as field) | (Field() as field):
                return graph.field_schema(field, self._catalog).main_type is BsonType.DATE
        return False

    def _distance(self, operator: str, arguments: tuple[Expression, ...]) -> Binding | None:
        """How far two places are apart, where it is computed as plans do."""
        sides = sides_of(Operation(operator, arguments))
        if sides is None or sides[2] not in _LENGTHS:
            return None
        one, other = (self._place(side) for side in sides[:2])
        if not isinstance(one, Field) or other is None:
            raise RaiseError("expression-distance", "how far something is that is no point")
        return Known(Arithmetic(_LENGTHS[sides[2]], one, other))

    def _place(self, place: Place) -> Field | Point | Plan | None:
        match place:
            case (
                LiteralExpression(value=int() | float() as longitude),
                LiteralExpression(value=int() | float() as latitude),
            ):
                return Point(longitude, latitude)
        for form in (GEOJSON, _last_names(place)):
            holder = holder_of(place, form)
            if holder is None:
                continue
            match self.bind(holder):
                case Stored() as stored:
                    field = stored_field(stored, self._catalog)
                    if graph.entity_of(field, self._catalog) in self._joined:
                        return field
                case Known(operand=Field() as field):
                    return field
                case Single(plan=plan):
                    return plan
        return None

    def _term(self, argument: Expression, operator: Operator) -> Term:
        if argument == VariableExpression("NOW"):
            return Now()
        match self.bind(argument):
            case Constant(value=int() | float() | Decimal128() as number) if not isinstance(
                number, bool
            ):
                return number
            case Stored() as place:
                field = stored_field(place, self._catalog)
                if graph.entity_of(field, self._catalog) in self._joined:
                    return field
            case Known(operand=operand):
                return operand
        raise RaiseError(f"expression-{operator.value}", f"{operator.value} has no place in a plan")

    def _filtered(self, arguments: dict[str, Expression]) -> Binding:
        bound = self.bind(arguments["input"])
        entity: Entity | None = None
        place = Stored("")
        if isinstance(bound, LookedUp):
            entity, place = bound.edge.target, Stored(bound.edge.foreign.collection)
        elif isinstance(bound, Stored):
            entity, place = array_entity(bound, self._catalog), bound
        named = arguments.get("as")
        if isinstance(bound, Collected):
            return self._without_null(bound, arguments["cond"], named)
        name = named.value if isinstance(named, LiteralExpression) else "this"
        if entity is None or "limit" in arguments or not isinstance(name, str):
            raise RaiseError("expression-filter", "$filter of something that is no array of data")
        inner = ExpressionRaiser(
            self._catalog, self._environment, {*self._joined, entity}, self._collection,
            {**self._variables, name: place},
        )  # fmt: skip
        return Filtered(entity, place, inner._tests().condition(arguments["cond"]))

    @staticmethod
    def _without_null(
        collected: Collected, condition: Expression, named: Expression | None
    ) -> Binding:
        """What a group collected, but for null: the only filter of it that plans have."""
        name = named.value if isinstance(named, LiteralExpression) else "this"
        if condition == Operation("$ne", (VariableExpression(str(name)), LiteralExpression(None))):
            return replace(collected, without_null=True)
        raise RaiseError("expression-filter", "$filter of the collected values of a group")

    def _part(self, part: DatePart, argument: Expression) -> Binding:
        bound = self.bind(argument)
        if isinstance(bound, Stored):
            return Known(PartOf(part, stored_field(bound, self._catalog)))
        if isinstance(bound, Known) and isinstance(bound.operand, Field):
            return Known(PartOf(part, bound.operand))
        raise RaiseError("expression-date", "a calendar part of something computed")

    def _quarter(self, argument: Expression) -> Binding:
        """A third of the month, rounded up: all that plans round."""
        match self.bind(argument):
            case Known(
                operand=Arithmetic(
                    operator=Operator.DIVIDE,
                    left=PartOf(part=DatePart.MONTH, field=field),
                    right=3,
                )
            ):
                return Known(PartOf(DatePart.QUARTER, field))
            case _:
                raise RaiseError("expression-ceil", "something rounded up")

    def _size(self, argument: Expression) -> Binding:
        bound = self.bind(argument)
        match bound:
            case Collected():
                return Known(number_collected(bound))
            case LookedUp(edge=edge):
                return Known(Aggregate(Function.COUNT, edge.target))
            case Stored():
                entity = array_entity(bound, self._catalog)
                if entity is not None:
                    return Known(Aggregate(Function.COUNT, entity))
                field = stored_field(bound, self._catalog)
                if graph.entity_of(field, self._catalog) not in self._joined:
                    return Known(Aggregate(Function.COUNT, field))
            case Known(operand=Aggregate()):
                return bound
            case Filtered(cut=False):
                return SizeOf(bound)
            case InnerRows(number=number):
                return InnerCount(number)
        raise RaiseError("expression-size", "the size of something that is no array of the data")

    def _total(self, function: Function, argument: Expression) -> Binding:
        bound = self.bind(argument)
        match bound:
            case Stored():
                return Known(Aggregate(function, stored_field(bound, self._catalog)))
            case Collected(operand=operand, different=different, where=None):
                distinct = different and function in (Function.SUM, Function.AVG)
                return Known(Aggregate(function, operand, distinct))
            case FilteredValues(filtered=filtered, value=Stored() as place) if not filtered.cut:
                field = stored_field(place, self._catalog)
                return Known(Aggregate(function, field, where=filtered.where))
            case _:
                raise RaiseError("expression-total", "a total of something computed")

    def _first(self, argument: Expression) -> Binding:
        """The first of looked-up documents, of which there is just one."""
        bound = self.bind(argument)
        match bound:
            case LookedUp(edge=edge) if edge.is_upward:
                return Stored(edge.foreign.collection)
            case Found(collection=collection):
                return Stored(collection)
            case Listed(plan=plan):
                return Single(plan)
            case InnerValue():
                return replace(bound, is_single=True)
            case Stored(collection=collection) if collection != self._collection:
                return bound
            case Stored() if isinstance(argument, PathExpression) and self._is_found(argument):
                return bound
            case _:
                raise RaiseError("expression-arrayElemAt", "one element of an array by position")

    def _is_found(self, argument: PathExpression) -> bool:
        """Whether the path leads into the one document that a group key names."""
        first = argument.path.partition(".")[0]
        return isinstance(self._environment.names.get(first), Found)

    def _without_default(self, argument: Expression, default: Expression) -> Binding:
        bound = self.bind(argument)
        if isinstance(bound, Known) and default == BEYOND:
            return bound
        nothing = isinstance(default, ArrayExpression) or (
            isinstance(default, LiteralExpression) and default.value in (0, (), None)
        )
        if nothing and (
            isinstance(bound, LookedUp | Collected | Filtered)
            or (isinstance(bound, Known) and isinstance(bound.operand, Aggregate))
            or (isinstance(bound, Stored) and array_entity(bound, self._catalog) is not None)
        ):
            return bound
        raise RaiseError("expression-ifNull", "$ifNull gives another value instead")


def _last_names(place: Place) -> tuple[str, str]:
    """What the coordinates are called in what holds them; empty where they have no name."""
    longitude, latitude = (_last_name(each) for each in place)
    return longitude, latitude


def _last_name(coordinate: Expression) -> str:
    match coordinate:
        case PathExpression(path=path) | VariableExpression(name=path):
            return path.rpartition(".")[2]
        case Operation("$first", (values,)):
            return _last_name(values)
        case _:
            return ""
