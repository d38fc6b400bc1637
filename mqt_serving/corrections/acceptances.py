"""Acceptances in order: no two processes accept a correction without knowing the other's.

Every acceptance of a correction (a new one, or a reviewer's) takes the next number of its database
in the write that makes it accepted; a unique index lets nobody else take it. Who judged without
knowing all acceptances before finds the number taken, and judges again. So it needs neither locks,
which a killed process would hold, nor transactions, of which a single server has none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pymongo.collection import Collection

from mqt_serving.errors import JournalUnavailable

FIELD: Final = "acceptances"
"""Of a correction's document: one of each time that it was accepted."""

_TRIES: Final = 12
_LONGEST_PAUSE: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Acceptance:
    database: str
    number: int

    def document(self) -> dict[str, Any]:
        return asdict(self)


class AcceptedMeanwhile(Exception):
    """The number is taken: judge again, by what was accepted with it."""


def tries() -> Iterator[None]:
    """As often as judging again is worth it, with growing pauses in between (3 s in all). Each time
    that one finds its number taken another one was accepted, so this ends but for a crowd."""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(min(_LONGEST_PAUSE, 0.005 * 2**attempt))
        yield


def crowded(database: str) -> JournalUnavailable:
    """What to raise when the tries are over."""
    return JournalUnavailable(
        f"Corrections of {database} are accepted faster than this one can be compared with them. "
        "Try again in a moment."
    )


def create_index(feedback: Collection[dict[str, Any]]) -> None:
    feedback.create_index(FIELD, unique=True, partialFilterExpression={FIELD: {"$exists": True}})


def acceptances_of(document: Mapping[str, Any]) -> frozenset[Acceptance]:
    """Empty for what was never accepted, or by a version that did not count."""
    found = document.get(FIELD) or ()
    return frozenset(Acceptance(one["database"], one["number"]) for one in found)


def known_up_to(known: Iterable[Acceptance]) -> Mapping[str, int]:
    """By database, the number up to which there is no gap: a later one may be known before an
    earlier one, and then does not count yet."""
    numbers: dict[str, set[int]] = {}
    for one in known:
        numbers.setdefault(one.database, set()).add(one.number)
    found = {}
    for database, taken in numbers.items():
        last = 0
        while last + 1 in taken:
            last += 1
        found[database] = last
    return found
