"""The rates that the benchmark of corrections prints."""

from __future__ import annotations

import pytest

from benchmarks.corrections import Asked, rates, table

ASKED = [
    Asked(True, right=False, likeness=0.9, corrected_right=True),
    Asked(True, right=True, likeness=0.85, corrected_right=False),
    Asked(True, right=True, likeness=0.2),
    Asked(True, right=False),
]


def test_corrections_answer_from_a_threshold_on() -> None:
    some = rates(ASKED, 0.8)
    assert (some.questions, some.reused, some.wrongly) == (4, 0.5, 0.25)
    assert (some.before, some.after) == (0.5, 0.5)
    assert rates(ASKED, 0.88).after == pytest.approx(0.75)
    assert rates(ASKED, 0.99).after == some.before


def test_nothing_asked_is_no_error() -> None:
    assert "0 reworded questions" in table([])[0]
