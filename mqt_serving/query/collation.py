"""How text compares and sorts: MongoDB's collation as a typed value. Depends on nothing.

https://www.mongodb.com/docs/manual/reference/collation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

OPTIONS: Mapping[str, str] = {
    "locale": "locale",
    "strength": "strength",
    "caseLevel": "case_level",
    "caseFirst": "case_first",
    "numericOrdering": "numeric_ordering",
    "alternate": "alternate",
    "maxVariable": "max_variable",
    "backwards": "backwards",
    "normalization": "normalization",
}
"""MongoDB's names of the options -> the attributes of `Collation`."""

_CHOICES: Mapping[str, tuple[str | int, ...]] = {
    "strength": (1, 2, 3, 4, 5),
    "caseFirst": ("upper", "lower", "off"),
    "alternate": ("non-ignorable", "shifted"),
    "maxVariable": ("punct", "space"),
}
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Za-z]+)*(@[a-z]+=[a-z0-9]+)?|simple")


@dataclass(frozen=True, slots=True)
class Collation:
    """None leaves an option as the locale has it.

    Strength 1 compares letters, 2 accents too, 3 (the default) case too. Raises ValueError for
    values that MongoDB does not know.
    """

    locale: str
    strength: int | None = None
    case_level: bool | None = None
    case_first: str | None = None
    numeric_ordering: bool | None = None
    alternate: str | None = None
    max_variable: str | None = None
    backwards: bool | None = None
    normalization: bool | None = None

    def __post_init__(self) -> None:
        if not _LOCALE.fullmatch(self.locale):
            raise ValueError(f'locale must be a language such as "en" or "de", not {self.locale!r}')
        given = collation_document(self)
        for option, choices in _CHOICES.items():
            if option in given and given[option] not in choices:
                known = ", ".join(map(str, choices))
                raise ValueError(f"{option} must be one of {known}, not {given[option]!r}")
        if self.locale == "simple" and len(given) > 1:
            raise ValueError("the simple collation compares bytes and takes no other option")


def collation_document(collation: Collation) -> dict[str, str | int | bool]:
    """As MongoDB takes it, without the options that are left open."""
    values = {option: getattr(collation, name) for option, name in OPTIONS.items()}
    return {option: value for option, value in values.items() if value is not None}
