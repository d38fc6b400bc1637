"""A part of many, taken evenly."""

from __future__ import annotations

from benchmarks.sampling import evenly


def test_a_part_is_taken_at_even_distances() -> None:
    assert evenly(list(range(10)), 4) == [0, 2, 5, 7]
    assert evenly([1, 2], 4) == [1, 2]
    assert evenly([1, 2], None) == [1, 2]
