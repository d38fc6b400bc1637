"""Literals of a person's query against what stands at the path: fitted, or noted as never met.

`fit_literal` changes a literal only where it could never be equal to what is stored, and says so.
Depends on `literals` (how values become the stored type) and `places`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import TypeGuard

from bson import Decimal128, ObjectId

from mqt_serving.query import literals
from mqt_serving.query.checking.bson_types import UNKNOWN, Families, Family, families_of, in_words
from mqt_serving.query.checking.findings import Findings
from mqt_serving.query.checking.notes import NoteKind
from mqt_serving.query.checking.places import Place
from mqt_serving.query.explanation import literal as literal_in_words
from mqt_serving.query.pipeline import Value
from mqt_serving.query.plan import Scalar
from mqt_serving.schema import BsonType, FieldSchema

ORDERED = frozenset({"$gt", "$gte", "$lt", "$lte"})
_DECIMAL = frozenset({BsonType.DECIMAL})
_NOTHING = frozenset({BsonType.NULL, BsonType.ARRAY})


def held_families(place: Place) -> Families:
    """The families of the values at a place and of the elements of its lists."""
    types = held_types(place)
    return UNKNOWN if types is None else families_of(types)


def held_types(place: Place) -> frozenset[BsonType] | None:
    """The types that filters compare with: of the value, and of a list's elements."""
    if place.types is None:
        return None
    if not place.may_be_list:
        return place.types - _NOTHING
    if place.element is None or place.element.types is None or place.element.may_be_list:
        return None
    return (place.types | place.element.types) - _NOTHING


def is_scalar(value: Value) -> TypeGuard[Scalar]:
    return isinstance(value, str | int | float | bool | datetime | ObjectId | Decimal128)


def fit_literal(value: Value, place: Place, operator: str, name: str, findings: Findings) -> Value:
    """The literal as it is stored; itself where it can be met as it is, or is no scalar.

    `name` is how messages call the tested path, `operator` the test (`$eq`, `$in`, `$gt`...).
    """
    families = held_families(place)
    if families == UNKNOWN or not is_scalar(value):
        return value
    own = families_of([literals.bson_type(value)])
    if own & families:
        return _exact(value, place, name, findings)
    if place.stored is None:
        return _never_met(value, families, operator, name, findings)
    if place.stored.numeric_text and operator in ORDERED and own == {Family.NUMBER}:
        number = literal_in_words(value)
        findings.tell(
            NoteKind.NEVER_MET,
            f"`{name}` keeps numbers as text, and text is never more or less than {number}. To "
            "compare as numbers write",
            f'{{ $expr: {{ {operator}: [{{ $toDouble: "${name}" }}, {number}] }} }}',
        )
        return value
    if own == {Family.NUMBER} and not _number_is_sure(place.stored, operator):
        return _never_met(value, families, operator, name, findings)
    fitted = literals.fit(value, place.stored)
    if not families_of([literals.bson_type(fitted)]) & families:
        return _never_met(value, families, operator, name, findings)
    _tell_fitted(value, fitted, families, name, findings)
    return fitted


def _number_is_sure(stored: FieldSchema, operator: str) -> bool:
    """Whether a number means the same once it is stored otherwise.

    2025 may mean the start of a year, its end or all of it; text is not in the order of numbers.
    """
    if stored.main_type is BsonType.DATE:
        return False
    return stored.main_type is not BsonType.STRING or operator not in ORDERED


def _exact(value: Scalar, place: Place, name: str, findings: Findings) -> Scalar:
    """Fractions as Decimal128 where those are stored: the double 19.99 is not the decimal 19.99."""
    decimals = held_types(place) == _DECIMAL
    if not decimals or not isinstance(value, float) or not isfinite(value):
        return value
    if Decimal(value) == Decimal(repr(value)):
        return value
    text = f"`{name}` holds Decimal128: {value} is taken as the exact decimal number."
    findings.tell(NoteKind.FITTED_LITERAL, text)
    return literals.fit_decimal(value)


def _tell_fitted(
    value: Scalar, fitted: Scalar, families: Families, name: str, findings: Findings
) -> None:
    text = (
        f"`{name}` holds {in_words(families)}: {literal_in_words(value)} is taken as "
        f"{literal_in_words(fitted)}."
    )
    findings.tell(NoteKind.FITTED_LITERAL, text)


def _never_met(
    value: Scalar, families: Families, operator: str, name: str, findings: Findings
) -> Scalar:
    relation = "is never more or less than" if operator in ORDERED else "is never equal to"
    text = f"`{name}` holds {in_words(families)}: it {relation} {literal_in_words(value)}."
    findings.tell(NoteKind.NEVER_MET, text)
    return value
