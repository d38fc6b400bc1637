"""What people can say is wrong with an answer. Imports nothing, since the command line shows it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with an answer, or with how it came."""

    WRONG_COLLECTION = "wrong-collection"
    WRONG_FILTER = "wrong-filter"
    WRONG_GROUPING = "wrong-grouping"
    WRONG_NUMBER = "wrong-number"
    MISSING_FIELD = "missing-field"
    EXTRA_FIELD = "extra-field"
    TOO_SLOW = "too-slow"
    UNCLEAR = "unclear"


FAULTS = frozenset(Reason) - {Reason.TOO_SLOW, Reason.UNCLEAR}
"""The reasons that a right answer cannot have."""
