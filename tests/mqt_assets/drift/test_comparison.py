"""When counts have moved: by much, and not by chance."""

from __future__ import annotations

import math
from random import Random

import pytest
import scipy.stats  # noqa: F401 - takes seconds, which are no example's
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.drift.comparison import LEVEL, difference
from mqt_assets.drift.profiles import counts_in, profile_of
from mqt_assets.schemas.inference import infer_collection

_ROWS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12
).filter(lambda rows: sum(a for a, _ in rows) > 0 and sum(b for _, b in rows) > 0)


@given(_ROWS)
def test_sizes_are_what_they_are_called(rows: list[tuple[int, int]]) -> None:
    before, now = zip(*rows, strict=True)
    found, back = difference(before, now), difference(now, before)
    assert found.psi >= 0.0 and 0.0 <= found.p <= 1.0
    assert found.psi == pytest.approx(back.psi) and found.p == pytest.approx(back.p)
    same = difference(before, before)
    assert same.psi == pytest.approx(0.0) and same.p == pytest.approx(1.0)


def test_the_index_by_hand() -> None:
    # 80/20 to 50/50 of many: 0.3 * ln(0.8 / 0.5) + 0.3 * ln(0.5 / 0.2).
    found = difference([80_000, 20_000], [50_000, 50_000])
    expected = 0.3 * math.log(0.8 / 0.5) + 0.3 * math.log(0.5 / 0.2)
    assert found.psi == pytest.approx(expected, abs=1e-3)
    assert found.most == 1 and found.p < 1e-9


def test_empty_bins_and_a_single_one_say_nothing() -> None:
    assert difference([0, 50, 0], [0, 70, 0]).p == 1.0
    assert difference([0, 50, 0, 50], [0, 60, 0, 40]).most in (1, 3)


@pytest.mark.parametrize(("texts", "before", "now"), [(50, 100, 1000), (100, 200, 2000)])
def test_nor_do_values_that_were_frequent_by_chance(texts: int, before: int, now: int) -> None:
    rng = Random(7)
    alarms = 0
    for _ in range(30):
        old, new = ([{"x": f"t{rng.randrange(texts)}"} for _ in range(n)] for n in (before, now))
        [profile] = profile_of(old, infer_collection(old, "s", "c", before)).values()
        alarms += difference(profile.counts, counts_in(profile, "x", new)).p < LEVEL
    assert alarms <= 1


def test_chance_hardly_ever_passes_for_drift() -> None:
    rng = Random(5)
    alarms = 0
    for _ in range(400):
        rows = []
        for _ in range(2):
            counts = [0] * 10
            for _ in range(100):
                counts[rng.randrange(10)] += 1
            rows.append(counts)
        alarms += difference(*rows).p < LEVEL
    assert alarms <= 4  # 0.4 expected
