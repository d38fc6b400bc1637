"""What people should know about a query that runs but may not do what they think.

Notes come from checking plans and commands against the schema; they never stop a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mqt_serving.query.graph import schema_of
from mqt_serving.query.plan import Field
from mqt_serving.schema import BsonType, Catalog, CollectionSchema


class NoteKind(StrEnum):
    UNSEEN_PATH = "unseen-path"  # no sampled document has it
    FITTED_LITERAL = "fitted-literal"  # a value was turned into the stored type
    NUMBERS_AS_TEXT = "numbers-as-text"
    DATES_AS_TEXT = "dates-as-text"
    MISSING_VALUES = "missing-values"  # some documents have none, or null: what becomes of them
    NEVER_MET = "never-met"  # values of these types are never equal, or have no such order
    SEPARATE_ELEMENTS = "separate-elements"  # tests on one array that different elements may meet
    MIXED_TYPES = "mixed-types"  # only some of the values can be used so
    WRONG_TYPE = "wrong-type"  # an operator gets what it probably cannot take


@dataclass(frozen=True, slots=True)
class Note:
    """`text` is one or two sentences; `suggestion` is query text that does what is likely meant."""

    kind: NoteKind
    text: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.suggestion}".rstrip()


@dataclass(frozen=True, slots=True)
class Absence:
    """How often a field has no value: shares, 0 to 1, of `holders` (documents or elements)."""

    missing: float
    null: float
    holders: str

    def __bool__(self) -> bool:
        return self.missing > 0 or self.null > 0

    def __str__(self) -> str:
        """`missing in 30 % of customers and null in 5 %`."""
        if not self.null:
            return f"missing in {percent(self.missing)} of {self.holders}"
        if not self.missing:
            return f"null in {percent(self.null)} of {self.holders}"
        return (
            f"missing in {percent(self.missing)} of {self.holders} and null in {percent(self.null)}"
        )


def absence_of(field: Field, catalog: Catalog) -> Absence:
    """How often the field is missing or null where it could be: in its document or element."""
    return absence_in(field.path, schema_of(field.collection, catalog))


def absence_in(path: str, schema: CollectionSchema) -> Absence:
    """As `absence_of`, for a path that the schema knows."""
    known = schema.by_path[path]
    inside = [array for array in known.arrays if array != path]
    holder = inside[-1] if inside else ""
    present = 1.0
    for above in [*prefixes(path), path]:
        if above in schema.by_path and len(above) > len(holder):
            present *= schema.by_path[above].presence
    holders = f"{schema.collection}.{holder}" if holder else schema.collection
    null = 0.0 if known.arrays[-1:] == (path,) else known.types.get(BsonType.NULL, 0.0) * present
    return Absence(round(1 - present, 4), round(null, 4), holders)


def prefixes(path: str) -> Sequence[str]:
    """The paths of what holds a path, outermost first: `a` and `a.b` for `a.b.c`."""
    names = path.split(".")
    return [".".join(names[:length]) for length in range(1, len(names))]


def percent(share: float) -> str:
    """`30 %`; small shares are not rounded to nothing, large ones not to everything."""
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{round(share * 100)} %"
