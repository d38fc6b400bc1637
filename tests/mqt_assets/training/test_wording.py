"""What is spelled can be read back, and style never damages a literal."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.training.wording import (
    in_style,
    join_words,
    quoted,
    spell_count,
    spell_day,
    spell_number,
    spell_quarter,
    spell_year_month,
)
from mqt_serving.translator.dates import find_dates

NOW = datetime(2026, 1, 1)
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31))
RANDOMS = st.integers(0, 10**6).map(Random)


def test_lists_read_as_english() -> None:
    assert join_words(["a"], Random(1)) == "a"
    assert join_words(["a", "b"], Random(1), "or") == "a or b"


@given(MOMENTS, RANDOMS)
def test_spelled_dates_are_read_back(moment: datetime, rng: Random) -> None:
    day = datetime(moment.year, moment.month, moment.day)
    (span,) = find_dates(f"since {spell_day(day, rng)} only", NOW)
    assert (span.start, span.end) == (day, day + timedelta(days=1))
    (span,) = find_dates(f"in {spell_year_month(day, rng)}", NOW)
    assert span.start == day.replace(day=1)
    (span,) = find_dates(f"in {spell_quarter(day, rng)}", NOW)
    assert span.start == day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


@given(st.integers(2, 10**7), RANDOMS)
def test_spelled_numbers_are_read_back(number: int, rng: Random) -> None:
    words = "zero one two three four five six seven eight nine ten eleven twelve".split()
    spelled = spell_count(number, rng)
    read = words.index(spelled) if spelled in words else int(spelled.replace(",", ""))
    assert read == number
    assert float(spell_number(number / 8, rng).replace(",", "")) == number / 8


@given(st.text("ab ',.\"", min_size=1), RANDOMS)
def test_quotes_keep_the_value_whole(text: str, rng: Random) -> None:
    assert text in quoted(text, rng)


@given(RANDOMS)
def test_style_never_damages_a_literal(rng: Random) -> None:
    literal = "The Great All Aroundd"
    styled = in_style(f'which books are named "{literal}" in the list', [literal], rng)
    assert literal.lower() in styled.lower()
