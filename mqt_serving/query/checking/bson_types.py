"""BSON types as far as comparing goes: which values can ever be equal to, or come before, which.

MongoDB's filters compare within one family only ("type bracketing"): numbers of any width with
numbers, text with text. Depends on the schema contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from mqt_serving.schema import BsonType, CollectionSchema, FieldSchema


class Family(StrEnum):
    """Types whose values compare with each other; the value says what a field holds."""

    NUMBER = "numbers"
    TEXT = "text"
    DATE = "dates"
    OBJECT_ID = "ids"
    BOOL = "true or false"
    OBJECT = "objects"
    BINARY = "binary data"
    REGEX = "regular expressions"


Families = frozenset[Family]
"""What may be held. Empty: not known, so nothing can be said against it."""

UNKNOWN: Families = frozenset()

_FAMILY_OF = {
    BsonType.INT: Family.NUMBER,
    BsonType.DOUBLE: Family.NUMBER,
    BsonType.DECIMAL: Family.NUMBER,
    BsonType.STRING: Family.TEXT,
    BsonType.DATE: Family.DATE,
    BsonType.OBJECT_ID: Family.OBJECT_ID,
    BsonType.BOOL: Family.BOOL,
    BsonType.OBJECT: Family.OBJECT,
    BsonType.BINARY: Family.BINARY,
    BsonType.REGEX: Family.REGEX,
}


def families_of(types: Iterable[BsonType]) -> Families:
    """The families of types other than null and array; `UNKNOWN` when one has no family."""
    held = [kind for kind in types if kind not in (BsonType.NULL, BsonType.ARRAY)]
    if any(kind not in _FAMILY_OF for kind in held):
        return UNKNOWN
    return frozenset(_FAMILY_OF[kind] for kind in held)


def held_families(field: FieldSchema, schema: CollectionSchema) -> Families:
    """What values (of an array: elements) of a field may be, as far as the sample shows."""
    found = families_of(field.types)
    if not found and BsonType.ARRAY in field.types and has_children(field, schema):
        return frozenset({Family.OBJECT})
    return found


def has_children(field: FieldSchema, schema: CollectionSchema) -> bool:
    """Whether objects were seen at the field, themselves or as elements of an array."""
    return any(other.path.startswith(f"{field.path}.") for other in schema.fields)


def in_words(families: Families) -> str:
    """`numbers or text`."""
    return " or ".join(sorted(family.value for family in families))
