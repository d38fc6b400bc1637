"""Literal values as BSON has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from mqt_serving.query.pipeline.validation import refuse_dollar_keys

Value: TypeAlias = (
    "bool | int | float | str | datetime | ObjectId | Decimal128 | Int64 | Regex[str]"
    " | Binary | Timestamp | MinKey | MaxKey | tuple[Value, ...] | Document | None"
)
"""A literal as BSON has it. Dates are timezone-aware, in UTC, to the millisecond; a UUID is a
`Binary` of subtype 4."""


@dataclass(frozen=True, slots=True)
class Document:
    """A literal sub-document, its keys in order; a `$` key would be an operator: refused."""

    items: tuple[tuple[str, Value], ...]

    def __post_init__(self) -> None:
        refuse_dollar_keys([key for key, _ in self.items])
