"""What the operands of a plan hold, and whether they can be computed from what is stored.

`held_by` resolves an operand to the families of its values, refusing aggregates and calendar
parts that nothing could come of (the sum of text, the month of a price). Used by `plan_checking`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mqt_serving.errors import TypeMismatch
from mqt_serving.query import graph
from mqt_serving.query.checking.bson_types import UNKNOWN, Families, Family, held_families, in_words
from mqt_serving.query.checking.notes import Note, NoteKind, percent
from mqt_serving.query.plan import (
    DISTANCES,
    ELAPSED,
    TEXT_PARTS,
    Aggregate,
    Arithmetic,
    Entity,
    Field,
    Function,
    Now,
    Operand,
    Operator,
    Output,
    PartOf,
    Plan,
    Point,
    Term,
)
from mqt_serving.schema import NUMERIC, BsonType, Catalog, FieldSchema

_EPOCH_MILLISECONDS = 10**11  # 1973; smaller numbers are years, ages, prices...
_DATE_TEXT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\b[A-Z][a-z]{2,8}\.? ?\d{1,4}\b|^\d{8}$")
_NUMBER = frozenset({Family.NUMBER})
_FROM_ID_OR_DATE = frozenset({Family.DATE, Family.OBJECT_ID})

Tell = Callable[[Note], None]
"""Where notes go."""


@dataclass(frozen=True, slots=True)
class Held:
    """An operand as messages call it, what its values may be, and the stored field they are."""

    name: str
    families: Families
    field: FieldSchema | None = None

    @property
    def numbers_as_text(self) -> bool:
        return self.field is not None and self.field.numeric_text

    @property
    def in_words(self) -> str:
        return "numbers kept as text" if self.numbers_as_text else in_words(self.families)


def held_by(operand: Operand, catalog: Catalog, tell: Tell) -> Held:
    """What the operand holds.

    Raises `UnknownField`, `UnknownCollection`, and `TypeMismatch` where it cannot be computed.
    """
    match operand:
        case Field():
            return _field(operand, catalog)
        case PartOf():
            return _part(operand, catalog, tell)
        case Aggregate():
            return _aggregate(operand, catalog, tell)
        case Arithmetic(operator=operator, left=left, right=right):
            if isinstance(left, Now) and isinstance(right, Now):
                raise TypeMismatch(f"{operator.value} from now to now: name a date field.")
            for side in (left, right):
                if operator in ELAPSED:
                    _require_moment(side, operator, catalog, tell)
                elif operator in DISTANCES:
                    _require_place(side, catalog)
                elif isinstance(side, Now):
                    raise TypeMismatch("now is a date: only the time from or to it is computed.")
                elif isinstance(side, Point | Plan):
                    raise TypeMismatch(f"{operator} takes numbers, not places.")
                elif isinstance(side, Field | PartOf | Arithmetic | Aggregate):
                    _require_numbers(held_by(side, catalog, tell), operator.value, tell)
            return Held(f"what {operator.value} gives", _NUMBER)


def quoted(field: Field) -> str:
    return f"`{field.collection}.{field.path}`"


def _field(field: Field, catalog: Catalog) -> Held:
    schema = graph.schema_of(field.collection, catalog)
    known = graph.field_schema(field, catalog)
    # The guard says what is to be said of private fields; nothing here may tell what they hold.
    families = UNKNOWN if known.private else held_families(known, schema)
    return Held(quoted(field), families, known)


def _part(operand: PartOf, catalog: Catalog, tell: Tell) -> Held:
    field = _field(operand.field, catalog)
    assert field.field is not None
    _require_dates(field, operand.part.value.replace("_", " "), tell)
    name = f"the {operand.part.value.replace('_', ' ')} of {field.name}"
    return Held(name, frozenset({Family.TEXT}) if operand.part in TEXT_PARTS else _NUMBER)


def _require_moment(side: Term, unit: Operator, catalog: Catalog, tell: Tell) -> None:
    match side:
        case Field() | Aggregate(function=Function.MIN | Function.MAX, argument=Field()):
            _require_dates(held_by(side, catalog, tell), f"time in {unit}", tell)
        case Now():
            pass
        case _:
            raise TypeMismatch(f"{unit} are from a date to a date: name two date fields.")


def _require_place(side: Term, catalog: Catalog) -> None:
    match side:
        case Point(longitude=longitude, latitude=latitude):
            if abs(longitude) > 180 or abs(latitude) > 90:
                raise TypeMismatch(
                    f"there is no latitude {latitude}, longitude {longitude}: latitudes go from "
                    "-90 to 90, longitudes from -180 to 180."
                )
        case Field() | Plan(outputs=(Output(value=Field()),)):
            field = side if isinstance(side, Field) else side.outputs[0].value
            assert isinstance(field, Field)
            known = graph.field_schema(field, catalog)
            if known.point is None and not known.private:
                raise TypeMismatch(
                    f"{quoted(field)} holds no points on the earth: there is no distance from it."
                )
        case _:
            raise TypeMismatch(
                "Distances are from a point to a point: name fields that hold points."
            )


def _require_dates(held: Held, name: str, tell: Tell) -> None:
    """`name` is what only dates have."""
    families, known = held.families, held.field
    if families == UNKNOWN or families & _FROM_ID_OR_DATE or known is None:
        return
    if Family.TEXT in families:
        samples = known.samples
        if not samples or any(_DATE_TEXT.search(text) for text in samples):
            text = f"{held.name} keeps dates as text: those that can be read as dates are."
            tell(Note(NoteKind.DATES_AS_TEXT, text))
            return
    if Family.NUMBER in families and _looks_like_milliseconds(known):
        return
    raise TypeMismatch(
        f"{held.name} holds {held.in_words}, not dates: it has no {name}. Compare or group by the "
        "field itself, or take a date field."
    )


def _looks_like_milliseconds(known: FieldSchema) -> bool:
    try:
        return known.minimum is not None and float(known.minimum) >= _EPOCH_MILLISECONDS
    except ValueError:
        return False


def _aggregate(aggregate: Aggregate, catalog: Catalog, tell: Tell) -> Held:
    function, argument = aggregate.function, aggregate.argument
    if isinstance(argument, Entity):
        graph.check_entity(argument, catalog)
        if function is not Function.COUNT:
            raise TypeMismatch(
                f"{graph.describe(argument)} are whole things: there is no {_NAMES[function]} "
                "of them. Count them, or name a field of them."
            )
        return Held(f"the number of {graph.describe(argument)}", _NUMBER)
    held = held_by(argument, catalog, tell)
    name = f"the {_NAMES[function]} of {held.name}"
    if function is Function.COUNT:
        return Held(name, _NUMBER)
    if function in (Function.SUM, Function.AVG):
        _require_numbers(held, _NAMES[function], tell)
        return Held(name, _NUMBER)
    if held.families and held.families <= {Family.OBJECT, Family.BINARY}:
        raise TypeMismatch(
            f"{held.name} holds {held.in_words}, which have no {_NAMES[function]}. Name a field "
            "inside, or count."
        )
    return Held(name, _NUMBER if held.numbers_as_text else held.families, held.field)


def _require_numbers(held: Held, name: str, tell: Tell) -> None:
    families = held.families
    if held.numbers_as_text:
        text = f"{held.name} keeps numbers as text: they are read as numbers."
        tell(Note(NoteKind.NUMBERS_AS_TEXT, text))
        return
    if families == UNKNOWN:
        return
    if Family.NUMBER not in families:
        also = " Count those that are true instead." if families == {Family.BOOL} else ""
        raise TypeMismatch(
            f"{held.name} holds {held.in_words}, not numbers: it has no {name}.{also}"
        )
    if families != _NUMBER and held.field is not None:
        share = numeric_share(held.field)
        text = f"Only {percent(share)} of the values of {held.name} are numbers: only they count."
        tell(Note(NoteKind.MIXED_TYPES, text))


def numeric_share(field: FieldSchema) -> float:
    """The share of numbers among the values other than null."""
    nothing = (BsonType.NULL, BsonType.ARRAY)
    values = {kind: share for kind, share in field.types.items() if kind not in nothing}
    whole = sum(values.values())
    return sum(share for kind, share in values.items() if kind in NUMERIC) / whole if whole else 0.0


_NAMES = {
    Function.COUNT: "number",
    Function.SUM: "sum",
    Function.AVG: "average",
    Function.MIN: "minimum",
    Function.MAX: "maximum",
}
