"""Reproducible values: seeded random sources, ObjectIds, money and moments. No I/O, no clock."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from bson import Decimal128, ObjectId

Record: TypeAlias = dict[str, Any]
T = TypeVar("T")

REFERENCE_DATE = datetime(2026, 6, 30, 18, 0, tzinfo=UTC)
"""The shop's "today": nothing happens later, so that the same seed gives the same documents."""

FIRST_DATE = datetime(2023, 1, 1, tzinfo=UTC)


class Source(random.Random):
    """A random source of its own for each part: changing one part leaves the others as they are."""

    def __init__(self, seed: int, part: str) -> None:
        super().__init__(f"{seed}/{part}")
        self._machine = self.randbytes(5)
        self._counter = 0

    def object_id(self, created: datetime) -> ObjectId:
        """As a driver would make it at that moment: seconds, machine, counter."""
        self._counter += 1
        seconds = struct.pack(">I", int(created.timestamp()))
        return ObjectId(seconds + self._machine + struct.pack(">I", self._counter)[1:])

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def moment(self, start: datetime, end: datetime) -> datetime:
        """A moment in the range, to the second."""
        return start + timedelta(seconds=self.randrange(max(1, int((end - start).total_seconds()))))

    def digits(self, pattern: str) -> str:
        """The pattern with a digit for each # and a letter for each @."""
        return "".join(
            str(self.randrange(10))
            if c == "#"
            else self.choice("ABCEGHKLMNPRST")
            if c == "@"
            else c
            for c in pattern
        )

    def some(self, items: Sequence[T], low: int, high: int) -> list[T]:
        return self.sample(items, self.randint(low, min(high, len(items))))


@lru_cache(maxsize=200_000)
def money(cents: int) -> Decimal128:
    return Decimal128(Decimal(cents).scaleb(-2))


def day(moment: datetime) -> datetime:
    """Midnight UTC: how dates without a time are stored."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
