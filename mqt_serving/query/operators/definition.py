"""What one operator is: its arguments with their types, its result, its version, its English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    FILTER = "filter"
    EXPRESSION = "expression"
    ACCUMULATOR = "accumulator"
    WINDOW_FUNCTION = "window function"
    STAGE = "stage"


class Type(StrEnum):
    """What an argument takes or an operator yields; a `SAME` result is of its argument's type."""

    ANY = "any"
    SAME = "same"
    BOOL = "bool"
    INT = "int"
    NUMBER = "number"
    STRING = "string"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ARRAY = "array"
    OBJECT = "object"
    OBJECT_ID = "objectId"
    BINARY = "binary"
    REGEX = "regex"
    NONE = "none"  # the result of filters and stages


Types = frozenset[Type]
"""An argument of any of these types is taken, as is null."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How an operator takes its arguments, in a notation of its own (see `shape`).

    Positional: between `least` and `most` of them (`most` None: any number; -1: no such form);
    `positional_types` has a set for each, the last one standing for all that follow.
    Named: `required` and `optional` names with their types. Some operators have both forms.
    """

    least: int = 0
    most: int | None = -1
    positional_types: tuple[Types, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    named_types: tuple[tuple[str, Types], ...] = ()

    @property
    def positional(self) -> bool:
        return self.most != -1

    @property
    def named(self) -> bool:
        return bool(self.required or self.optional)

    def accepts_count(self, count: int) -> bool:
        return self.positional and self.least <= count and (self.most is None or count <= self.most)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.required + self.optional)

    def type_at(self, position: int) -> Types:
        return self.positional_types[min(position, len(self.positional_types) - 1)]


@dataclass(frozen=True, slots=True)
class Operator:
    """`since` is the first MongoDB version that has it.

    `english` has `{0}`, `{1}`... or `{name}` for arguments, each of them once. `{all}` lists a
    variable number, `{all| plus }` puts words between them. Text in square brackets is said when
    the argument in it is given. `{unit:word}` is said without quotes, `{sortBy:sort}` as an order.
    """

    name: str
    kind: Kind
    shape: Shape
    result: Type
    english: str
    since: str


_NAMED = re.compile(r"(\w+)(\??):\s*(\S+)")


def shape(notation: str) -> Shape:
    """The shape that a notation writes.

    `"number number?"`: positional, the second optional; `"any*"`: any number, `"any+"`: at least
    one; `"-"`: none. `"date: date|timestamp, timezone?: string"`: named. `" / "` separates an
    operator's two forms.
    """
    positional, _, named = notation.partition(" / ")
    if ":" in positional:
        positional, named = "", positional
    least, most, types = 0, -1 if not positional else 0, []
    repeated = False
    for word in positional.replace("-", "").split():
        types.append(_types(word.rstrip("?*+")))
        repeated = word[-1] in "*+"
        least += word[-1] not in "?*"
        most += 1
    arguments = _NAMED.findall(named)
    return Shape(
        least,
        None if repeated else most,
        tuple(types),
        tuple(name for name, mark, _ in arguments if not mark),
        tuple(name for name, mark, _ in arguments if mark),
        tuple((name, _types(type_name.rstrip(","))) for name, _, type_name in arguments),
    )


def _types(word: str) -> Types:
    return frozenset(Type(name) for name in word.split("|"))


def table(*operators: Operator) -> Mapping[str, Operator]:
    return {operator.name: operator for operator in operators}


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None when nothing is near."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(name.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None
