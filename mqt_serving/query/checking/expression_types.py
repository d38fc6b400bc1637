"""Types of aggregation expressions, and expressions that get what they cannot take.

An argument that is of a wrong type by construction (the size of a sum) is refused with
`TypeMismatch`; one that only the sample shows to be so, or that may never be computed, is noted.
Literals compared with a stored field follow its type. Used by `filter_checking` and
`command_checking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import assert_never

from bson import Decimal128, ObjectId, Regex

from mqt_serving.errors import TypeMismatch
from mqt_serving.query.checking.findings import Findings, Scope
from mqt_serving.query.checking.literal_fitting import fit_literal
from mqt_serving.query.checking.notes import NoteKind
from mqt_serving.query.checking.places import (
    NUMBER,
    UNKNOWN,
    Place,
    either,
    element_of,
    list_of,
    object_of,
    value,
)
from mqt_serving.query.dialects.printing import Mongosh
from mqt_serving.query.documents import expression_document
from mqt_serving.query.literals import bson_type
from mqt_serving.query.operators import EXPRESSIONS, Type
from mqt_serving.query.operators import Types as Accepted
from mqt_serving.query.pipeline import (
    ArrayExpression,
    Document,
    Expression,
    LiteralExpression,
    NamedOperation,
    ObjectExpression,
    Operation,
    PathExpression,
    Value,
    VariableExpression,
)
from mqt_serving.schema import NUMERIC, BsonType

_COMPARISONS = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte"})
_LAZY = frozenset({"$cond", "$switch", "$ifNull", "$and", "$or"})
_FIRST_ELEMENT = frozenset({"$arrayElemAt", "$first", "$last"})
_SAME_LIST = frozenset(
    {"$filter", "$slice", "$reverseArray", "$sortArray", "$firstN", "$lastN", "$maxN", "$minN"}
)
_JOINED_LISTS = frozenset({"$concatArrays", "$setUnion", "$setIntersection", "$setDifference"})
_BSON: Mapping[Type, frozenset[BsonType]] = {
    Type.BOOL: frozenset({BsonType.BOOL}),
    Type.INT: NUMERIC,
    Type.NUMBER: NUMERIC,
    Type.STRING: frozenset({BsonType.STRING}),
    Type.DATE: frozenset({BsonType.DATE}),
    Type.TIMESTAMP: frozenset({BsonType.OTHER}),
    Type.ARRAY: frozenset({BsonType.ARRAY}),
    Type.OBJECT: frozenset({BsonType.OBJECT}),
    Type.OBJECT_ID: frozenset({BsonType.OBJECT_ID}),
    Type.BINARY: frozenset({BsonType.BINARY}),
    Type.REGEX: frozenset({BsonType.REGEX}),
}
_WORDS = {
    BsonType.STRING: "text", BsonType.DATE: "a date", BsonType.BOOL: "true or false",
    BsonType.OBJECT: "an object", BsonType.ARRAY: "a list", BsonType.OBJECT_ID: "an id",
    BsonType.BINARY: "binary data", BsonType.REGEX: "a regular expression",
}  # fmt: skip


class ExpressionTypes:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def check(self, expression: Expression, scope: Scope) -> tuple[Expression, Place]:
        """The expression with fitted literals, and what it gives.

        Raises `TypeMismatch` for arguments that no document could make right.
        """
        match expression:
            case PathExpression(path=path):
                return expression, self._findings.read(path, scope)
            case VariableExpression(name=name):
                return expression, self._variable(name, scope)
            case LiteralExpression(value=constant):
                return expression, constant_place(constant)
            case ArrayExpression(items=items):
                checked = [self.check(item, scope) for item in items]
                element = reduce(either, [p for _, p in checked]) if checked else UNKNOWN
                return ArrayExpression(tuple(e for e, _ in checked)), list_of(element)
            case ObjectExpression(items=fields):
                done = [(name, *self.check(inner, scope)) for name, inner in fields]
                rewritten = ObjectExpression(tuple((name, e) for name, e, _ in done))
                return rewritten, object_of({name: place for name, _, place in done})
            case Operation():
                return self._positional(expression, scope)
            case NamedOperation():
                return self._named(expression, scope)
            case _:
                assert_never(expression)

    # ------------------------------------------------------------------ operands

    def _variable(self, name: str, scope: Scope) -> Place:
        variable, _, path = name.partition(".")
        if variable in ("ROOT", "CURRENT"):
            return self._findings.read(path, scope)
        if variable == "NOW":
            return value(BsonType.DATE)
        start = scope.variables.get(variable, UNKNOWN)
        return self._findings.read(path, scope, start, f"$${variable}.") if path else start

    def _positional(self, operation: Operation, scope: Scope) -> tuple[Expression, Place]:
        name = operation.operator
        if name == "$getField":
            return operation, UNKNOWN
        lazy = replace(scope, conditional=True) if name in _LAZY else scope
        scopes = [lazy if number else scope for number, _ in enumerate(operation.arguments)]
        pairs = [self.check(a, s) for a, s in zip(operation.arguments, scopes, strict=True)]
        places = [place for _, place in pairs]
        shape = EXPRESSIONS[name].shape
        for position, (argument, place) in enumerate(pairs):
            merges_list = name == "$mergeObjects" and len(pairs) == 1 and place.may_be_list
            if shape.positional_types and not merges_list:
                self._require(name, argument, place, shape.type_at(position), scope)
        arguments = tuple(argument for argument, _ in pairs)
        if name in _COMPARISONS or name == "$in":
            arguments = self._compared(name, arguments, places)
        return Operation(name, arguments), _result(name, places)

    def _named(self, operation: NamedOperation, scope: Scope) -> tuple[Expression, Place]:
        name = operation.operator
        given = dict(operation.arguments)
        if name in ("$switch", "$getField", "$setField", "$unsetField"):
            return self._switch(operation, scope) if name == "$switch" else (operation, UNKNOWN)
        checked: dict[str, tuple[Expression, Place]] = {}
        types = dict(EXPRESSIONS[name].shape.named_types)
        # What binds variables comes before what uses them, whatever order people write.
        for key in sorted(given, key=lambda key: key in ("in", "cond")):
            inner = self._inside(name, key, given, checked, scope)
            checked[key] = self.check(given[key], inner)
            self._require(name, *checked[key], types[key], scope)
        rewritten = tuple((key, checked[key][0]) for key in given)
        places = {key: place for key, (_, place) in checked.items()}
        return NamedOperation(name, rewritten), _named_result(name, places)

    def _inside(
        self,
        name: str,
        key: str,
        given: Mapping[str, Expression],
        checked: Mapping[str, tuple[Expression, Place]],
        scope: Scope,
    ) -> Scope:
        """The scope of one named argument: elements and variables are bound by their names."""
        if name == "$cond" and key != "if":
            return replace(scope, conditional=True)
        if key not in ("in", "cond") or name not in ("$map", "$filter", "$reduce", "$let"):
            return scope
        bound = dict(scope.variables)
        if name == "$let":
            bound |= checked["vars"][1].children
        else:
            called = given.get("as")
            known = called.value if isinstance(called, LiteralExpression) else "this"
            bound[str(known)] = element_of(checked["input"][1])
        if name == "$reduce":
            bound["value"] = UNKNOWN
        # Elements of an empty list are never looked at.
        return replace(scope, variables=bound, conditional=name != "$let" or scope.conditional)

    def _switch(self, operation: NamedOperation, scope: Scope) -> tuple[Expression, Place]:
        lazy = replace(scope, conditional=True)
        arguments: list[tuple[str, Expression]] = []
        found: list[Place] = []
        for key, argument in operation.arguments:
            rewritten, place = self.check(argument, lazy)
            arguments.append((key, rewritten))
            element = place.element or UNKNOWN
            found.append(element.children.get("then", UNKNOWN) if key == "branches" else place)
        return NamedOperation("$switch", tuple(arguments)), reduce(either, found)

    # -------------------------------------------------------------------- checks

    def _require(
        self, operator: str, argument: Expression, place: Place, accepted: Accepted, scope: Scope
    ) -> None:
        if Type.ANY in accepted or place.types is None:
            return
        held = place.types - {BsonType.NULL}
        taken = frozenset(kind for each in accepted for kind in _BSON.get(each, frozenset()))
        if not held or BsonType.OTHER in held:
            return
        shown = Mongosh().inline(expression_document(argument))
        wanted = " or ".join(sorted(each.value for each in accepted))
        if held & taken:
            # The types beside a list's are those of its elements.
            if held - taken and BsonType.ARRAY not in held:
                text = f"{operator} takes {wanted}, and {shown} is sometimes {_named(held - taken)}"
                self._findings.tell(NoteKind.MIXED_TYPES, f"{text}: it fails there.")
            return
        given = _named(held)
        hint = ""
        if place.is_list:
            hint = " Unwind it first, or go through it with $map, $filter or $reduce."
        text = f"{operator} takes {wanted}, and {shown} is {given}.{hint}"
        if place.sampled or scope.conditional:
            self._findings.tell(NoteKind.WRONG_TYPE, text)
        else:
            raise TypeMismatch(text)

    def _compared(
        self, operator: str, arguments: tuple[Expression, ...], places: Sequence[Place]
    ) -> tuple[Expression, ...]:
        """The arguments of a comparison, a literal beside a stored field as that field has it."""
        fitted = list(arguments)
        for one, other in ((0, 1), (1, 0)):
            argument, beside = arguments[one], arguments[other]
            if not isinstance(beside, PathExpression) or places[other].may_be_list:
                continue
            fitted[one] = self._fit(argument, places[other], operator, beside.path)
        return tuple(fitted)

    def _fit(self, argument: Expression, place: Place, operator: str, name: str) -> Expression:
        match argument:
            case LiteralExpression(value=tuple(constants)) if operator == "$in":
                fits = tuple(fit_literal(c, place, "$in", name, self._findings) for c in constants)
                return LiteralExpression(fits)
            case LiteralExpression(value=constant):
                found = fit_literal(constant, place, operator, name, self._findings)
                return LiteralExpression(found)
            case ArrayExpression(items=items) if operator == "$in":
                return ArrayExpression(tuple(self._fit(i, place, "$eq", name) for i in items))
            case _:
                return argument


def _named(types: frozenset[BsonType]) -> str:
    return " or ".join(sorted({_WORDS.get(kind, "a number") for kind in types}))


def constant_place(constant: Value) -> Place:
    """What a constant is."""
    match constant:
        case None:
            return value(BsonType.NULL)
        case tuple():
            elements = [constant_place(item) for item in constant]
            return list_of(reduce(either, elements) if elements else UNKNOWN)
        case Document(items=items):
            return object_of({name: constant_place(inner) for name, inner in items})
        case Regex():
            return value(BsonType.REGEX)
        case str() | int() | float() | datetime() | ObjectId() | Decimal128():
            return value(bson_type(constant))
        case _:
            return UNKNOWN


def _named_result(name: str, places: Mapping[str, Place]) -> Place:
    match name:
        case "$cond":
            return either(places["then"], places["else"])
        case "$map":
            return list_of(places["in"])
        case "$let":
            return places["in"]
        case "$reduce":
            return UNKNOWN
        case _ if name in _SAME_LIST:
            return places["input"] if places["input"].is_list else list_of(UNKNOWN)
        case _:
            return _result(name, [])


def _result(name: str, places: Sequence[Place]) -> Place:
    match name:
        case "$cond":
            return either(places[1], places[2])
        case "$ifNull":
            return reduce(either, places)
        case "$add" | "$subtract":
            dated = any(p.types is None or BsonType.DATE in p.types for p in places)
            return value(*NUMERIC, BsonType.DATE, BsonType.NULL) if dated else NUMBER
        case "$min" | "$max":
            alone = len(places) == 1
            return element_of(places[0]) if alone else reduce(either, places, UNKNOWN)
        case "$mergeObjects" | "$arrayToObject":
            return replace(object_of({}), open=True)
        case _ if name in _FIRST_ELEMENT:
            return places[0].element or UNKNOWN if places[0].is_list else UNKNOWN
        case _ if name in _SAME_LIST and places:
            return places[0] if places[0].is_list else list_of(UNKNOWN)
        case _ if name in _JOINED_LISTS:
            elements = [place.element or UNKNOWN for place in places]
            return list_of(reduce(either, elements)) if elements else list_of(UNKNOWN)
        case _:
            return place_of(EXPRESSIONS[name].result)


def place_of(kind: Type) -> Place:
    """What an operator gives whose result is of a type."""
    match kind:
        case Type.ANY | Type.SAME | Type.NONE:
            return UNKNOWN
        case Type.ARRAY:
            return list_of(UNKNOWN)
        case Type.OBJECT:
            return replace(object_of({}), open=True)
        case _:
            return value(*_BSON[kind], BsonType.NULL)
