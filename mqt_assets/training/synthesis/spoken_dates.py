"""Shapes with dates that are said rather than written: last month, the past 30 days, the 1980s.

Relative spans are those of `ASKED_AT`, read as serving reads them. Depends on `wanted`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from mqt_assets.training.examples import ASKED_AT
from mqt_assets.training.synthesis.draft import Draft, NotHere, date_range
from mqt_assets.training.synthesis.phrases import field_words
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_serving.english import participle_of, with_article
from mqt_serving.query.plan import Between, Comparator, Compare, Predicate
from mqt_serving.translator.dates import DateSpan, find_dates

_RELATIVE: Final = (
    "last month", "last year", "last week", "last quarter", "previous month", "previous year",
    "the last 7 days", "the last 30 days", "the past 30 days", "the past 90 days",
    "the last 2 weeks", "the past 6 weeks", "the last 3 months", "the last 6 months",
    "the past 6 months", "the past 12 months", "the last 2 years", "the past 5 years",
    "the last 10 years", "yesterday",
)  # fmt: skip


def recent_things(draft: Draft, view: EntityView) -> Posed:
    """Orders placed last month; patients born in the 80s."""
    item = draft.pick(view.of_role(Role.DATE))
    low, high = date_range(item)
    noun = draft.pick(view.nouns).plural
    if high.year - low.year > 20 and draft.chance(0.8):
        where, words = _decade(draft, item, low, high)
    else:
        span, text = _read(draft.say(draft.pick(_RELATIVE)))
        if span.end <= low or span.start > high:
            raise NotHere
        where = Between(item.field, span.start, span.end, half_open=True)
        words = text
        if text.startswith("the "):
            words = f"{draft.pick(('in', 'within', 'during', 'over'))} {text}"
        elif text.startswith("previous"):
            words = f"in the {text}"
    done = participle_of(item.words)
    name = field_words(draft, item)
    forms = [
        f"{noun} whose {name} is {words}",
        f"{noun} with {with_article(name)} {words}",
        f"{noun} where the {name} is {words}",
        f"{noun} with {name} {words}",
    ]
    if done:
        forms += [f"{noun} {done} {words}", f"{noun} that were {done} {words}"] * 2
    return posed_rows(draft, view, draft.pick(forms), where)


def _read(text: str) -> tuple[DateSpan, str]:
    (span,) = find_dates(text, ASKED_AT)
    return span, text


def _decade(draft: Draft, item: FieldView, low: datetime, high: datetime) -> tuple[Predicate, str]:
    year = draft.rng.randrange(low.year, high.year + 1) // 10 * 10
    text = f"the {year}s"
    if 1930 <= year < 2000 and draft.chance(0.5):
        text = draft.pick((f"the {year % 100}s", f"the '{year % 100}s"))
    span, text = _read(draft.say(text))
    field = item.field
    inside = Between(field, span.start, span.end, half_open=True)
    before = Compare(field, Comparator.LT, span.start)
    after = Compare(field, Comparator.GTE, span.end)
    since = Compare(field, Comparator.GTE, span.start)
    options: tuple[tuple[tuple[Predicate, str], float], ...] = (
        ((inside, "in"), 5.0),
        ((inside, "during"), 1.0),
        ((inside, "sometime in"), 0.5),
        ((before, "before"), 1.0),
        ((after, "after"), 1.0),
        ((since, "since"), 0.7),
    )
    where, word = draft.weighted(options)
    return where, f"{word} {text}"
