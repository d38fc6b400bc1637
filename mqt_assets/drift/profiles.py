"""How the values of a collection's fields are distributed, as counts in bins. Pure.

Bins are chosen once, from the documents at a training; later documents are counted in the same
ones. Each document counts once a field: of arrays, their first element. Values of private fields
are never looked at, and what moves by itself (dates, ids, references) counts only as there or not
there.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from mqt_assets.schemas.values import (
    MAX_SAMPLE_LENGTH,
    bson_type_of,
    hashable,
    numeric_value,
    text_of,
)
from mqt_serving.schema import NUMERIC, BsonType, CollectionSchema, FieldSchema

MOST_VALUES: Final = 20
_QUANTILES: Final = tuple(n / 10 for n in range(1, 10))
_LEAST_SHARE: Final = 0.01  # of the documents that hold a value, to have a bin of its own
_LEAST_COUNT: Final = 8  # with fewer, values that were frequent by chance would seem to vanish
_DATE_TEXT: Final = re.compile(r"\d{4}-\d\d(-\d\d.*)?", re.DOTALL)
_MOSTLY: Final = 0.95
_NAMED: Final = frozenset({BsonType.STRING, BsonType.BOOL})

MISSING, NULL, OTHER_TYPE = "missing", "null", "another type"
FIXED: Final = (MISSING, NULL, OTHER_TYPE)
OTHER_VALUE: Final = "other values"
ANY_VALUE: Final = "any value"


class FieldProfile(BaseModel):
    """`edges` part numbers into bins (n edges, n + 1 bins), `values` have a bin each and one more
    for all others; with neither there is one bin for whatever value. `counts` begins with the
    documents that lack the field, hold null, or a value of another type than most."""

    model_config = ConfigDict(frozen=True)

    type: BsonType
    kind: Literal["numbers", "values", "presence"]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    counts: tuple[int, ...]

    @property
    def bins(self) -> tuple[str, ...]:
        """What each count is of, in words."""
        if self.kind == "values":
            return (*FIXED, *self.values, OTHER_VALUE)
        if self.kind == "presence":
            return (*FIXED, ANY_VALUE)
        between = [
            f"{low:.6g}" if high == _behind(low) else f"{low:.6g} to {high:.6g}"
            for low, high in pairwise(self.edges)
        ]
        alone = len(self.edges) > 1 and self.edges[-1] == _behind(self.edges[-2])
        last = f"above {self.edges[-2]:.6g}" if alone else f"{self.edges[-1]:.6g} and above"
        return (*FIXED, f"below {self.edges[0]:.6g}", *between, last)

    @property
    def documents(self) -> int:
        return sum(self.counts)


Profile = Mapping[str, FieldProfile]
"""By field path."""


def profile_of(
    documents: Sequence[Mapping[str, Any]],
    schema: CollectionSchema,
    references: Collection[str] = (),
) -> Profile:
    """Bins chosen, and counted, from these documents, for every field that is not private.

    `references` are paths that hold ids of other documents.
    """
    return {
        field.path: _profile(
            [first_value(document, field.path) for document in documents],
            field,
            field.path in references,
        )
        for field in schema.values
        if not field.private and field.path != "_id"
    }


def counts_in(profile: FieldProfile, path: str, documents: Iterable[Any]) -> tuple[int, ...]:
    """Other documents in the bins of `profile`."""
    return _counts(profile, [first_value(document, path) for document in documents])


def first_value(document: Any, path: str) -> Any:
    """What stands at the path, of arrays in the first element; `NOTHING` where nothing does."""
    here = document
    for name in path.split("."):
        if isinstance(here, list):
            here = here[0] if here else None
        if not isinstance(here, Mapping) or name not in here:
            return NOTHING
        here = here[name]
    if isinstance(here, list):
        return here[0] if here else NOTHING
    return here


class _Nothing:
    """No value at all, which null is."""


NOTHING: Final = _Nothing()


def _profile(found: Sequence[Any], field: FieldSchema, refers: bool) -> FieldProfile:
    held = [value for value in found if _is_of(value, field.main_type)]
    presence = FieldProfile(type=field.main_type, kind="presence", counts=())
    chosen = presence if refers else _binned(held, presence)
    return chosen.model_copy(update={"counts": _counts(chosen, found)})


def _binned(held: Sequence[Any], presence: FieldProfile) -> FieldProfile:
    """With bins for these values; `presence` where they move by themselves or have no order."""
    kind = presence.type
    if kind in NUMERIC and not _are_ids(held):
        numbers = [number for value in held if (number := _number(value)) is not None]
        if edges := _edges(numbers):
            return FieldProfile(type=kind, kind="numbers", edges=edges, counts=())
    elif kind in _NAMED and not _are_dates(held):
        texts = (text_of(value) for value in held)
        common = Counter(t for t in texts if len(t) <= MAX_SAMPLE_LENGTH).most_common(MOST_VALUES)
        least = max(_LEAST_COUNT, _LEAST_SHARE * len(held))
        values = tuple(sorted(text for text, count in common if count >= least))
        return FieldProfile(type=kind, kind="values", values=values, counts=())
    return presence


def _edges(numbers: Sequence[float]) -> tuple[float, ...]:
    """Of tenths; a number that makes up a tenth or more has a bin of its own. Infinity is none."""
    finite = [number for number in numbers if math.isfinite(number)]
    if not finite:
        return ()
    tenths = Counter(map(float, np.quantile(finite, _QUANTILES, method="higher")))
    behind = {_behind(tenth) for tenth, times in tenths.items() if times > 1}
    return tuple(sorted(filter(math.isfinite, tenths.keys() | behind)))


def _behind(number: float) -> float:
    """The next larger one that there is."""
    return math.nextafter(number, math.inf)


def _are_ids(held: Sequence[Any]) -> bool:
    """Whether they are whole numbers that never repeat: those grow, and mean nothing."""
    values = [hashable(value) for value in held]
    return len(set(values)) == len(values) and all(
        (number := _number(value)) is not None and number.is_integer() for value in held
    )


def _are_dates(held: Sequence[Any]) -> bool:
    """Whether nearly all are texts that begin as ISO dates do."""
    dates = sum(isinstance(v, str) and _DATE_TEXT.fullmatch(v) is not None for v in held)
    return dates >= _MOSTLY * max(1, len(held))


def _is_of(value: Any, kind: BsonType) -> bool:
    here = bson_type_of(value)
    return here is kind or (kind in NUMERIC and here in NUMERIC)


def _number(value: Any) -> float | None:
    number = numeric_value(hashable(value))
    return None if number is None else float(number)


def _counts(profile: FieldProfile, found: Sequence[Any]) -> tuple[int, ...]:
    counts = [0] * len(profile.bins)
    places = {text: at for at, text in enumerate(profile.values, len(FIXED))}
    for value in found:
        counts[_bin(value, profile, places)] += 1
    return tuple(counts)


def _bin(value: Any, profile: FieldProfile, places: Mapping[str, int]) -> int:
    if value is NOTHING:
        return FIXED.index(MISSING)
    if value is None:
        return FIXED.index(NULL)
    if not _is_of(value, profile.type):
        return FIXED.index(OTHER_TYPE)
    if profile.kind == "values":
        return places.get(text_of(value), len(FIXED) + len(places))
    if profile.kind == "presence":
        return len(FIXED)
    number = _number(value)
    if number is None:
        return FIXED.index(OTHER_TYPE)
    return len(FIXED) + bisect_right(profile.edges, number)
