"""Shapes with ranges in words: at most, no fewer than, from .. to, outside, between two dates.

A closed range is `Between`; with an open end it is two comparisons, outside it their alternative.
Depends on `wanted`.
"""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.draft import (
    Draft,
    NotHere,
    number_range,
    number_value,
    span_pair,
    span_value,
)
from mqt_assets.training.synthesis.groups import group_key
from mqt_assets.training.synthesis.phrases import field_words
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_assets.training.wording import spell_count
from mqt_serving.english import with_article
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    Function,
    Not,
    Or,
    Output,
    Plan,
    Predicate,
)

_BOUNDS: Final[dict[Comparator, tuple[str, ...]]] = {
    Comparator.GT: (
        "strictly more than {}",
        "in excess of {}",
        "beyond {}",
        "that exceeds {}",
        "greater than {}",
        "north of {}",
    ),
    Comparator.GTE: (
        "no fewer than {}",
        "not less than {}",
        "of {} and up",
        "{} or above",
        "from {} upwards",
        "not under {}",
        "at or above {}",
        "of at least {}",
        "{} or greater",
        "starting at {}",
        "that is a minimum of {}",
    ),
    Comparator.LT: (
        "strictly less than {}",
        "short of {}",
        "that stays below {}",
        "not reaching {}",
        "not even {}",
        "smaller than {}",
    ),
    Comparator.LTE: (
        "of {} at most",
        "not exceeding {}",
        "not over {}",
        "of no more than {}",
        "{} or lower",
        "at or below {}",
        "{} at the most",
        "not above {}",
        "that is a maximum of {}",
        "of up to {}",
    ),
}


def number_bound(draft: Draft, view: EntityView) -> Posed:
    """Products with a stock of no fewer than 20."""
    item = draft.pick(view.of_role(Role.NUMBER))
    stored, spelled, _ = number_value(draft, item)
    op = draft.weighted(
        ((Comparator.GTE, 3), (Comparator.LTE, 3), (Comparator.GT, 1), (Comparator.LT, 1))
    )
    bound = draft.pick(_BOUNDS[op]).format(spelled)
    return posed_rows(
        draft, view, _with_measure(draft, view, field_words(draft, item), bound),
        Compare(item.field, op, stored),
    )  # fmt: skip


def number_stretch(draft: Draft, view: EntityView) -> Posed:
    """Products priced anywhere from 10 to 20, or outside of it."""
    item = draft.pick(view.of_role(Role.NUMBER, Role.NUMBER, Role.YEAR))
    low, high, low_text, high_text = number_range(draft, item)
    kind = draft.weighted((("closed", 5), ("open", 2), ("half", 1.5), ("outside", 2)))
    where: Predicate
    match kind:
        case "closed":
            where = Between(item.field, low, high)
            words = draft.pick(
                (
                    "from {} to {}",
                    "between {} and {}",
                    "anywhere from {} to {}",
                    "in the range {} to {}",
                    "of at least {} and at most {}",
                    "no less than {} and no more than {}",
                    "ranging from {} to {}",
                    "in the range from {} to {}",
                    "within {} and {}",
                    "from {} up to {}",
                    "of {} to {}",
                    "between {} and {} inclusive",
                )
            )
        case "open":
            where = And(
                (Compare(item.field, Comparator.GT, low), Compare(item.field, Comparator.LT, high))
            )
            words = draft.pick(
                (
                    "of more than {} but less than {}",
                    "above {} but below {}",
                    "over {} and under {}",
                    "greater than {} and smaller than {}",
                    "strictly between {} and {}",
                    "more than {} but not {} or more",
                )
            )
        case "half":
            where = And(
                (Compare(item.field, Comparator.GTE, low), Compare(item.field, Comparator.LT, high))
            )
            words = draft.pick(
                (
                    "of at least {} but less than {}",
                    "of {} or more but under {}",
                    "no less than {} but below {}",
                    "starting at {} but still under {}",
                )
            )
        case _:
            where = Or(
                (Compare(item.field, Comparator.LT, low), Compare(item.field, Comparator.GT, high))
            )
            words = draft.pick(
                (
                    "below {} or above {}",
                    "of less than {} or more than {}",
                    "under {} or over {}",
                    "either below {} or above {}",
                    "smaller than {} or greater than {}",
                    "less than {} or exceeding {}",
                )
            )
            if draft.chance(0.3):
                where = Not(Between(item.field, low, high))
                words = draft.pick(
                    ("outside the range {} to {}", "not between {} and {}", "outside {} to {}",
                     "that is not from {} to {}")
                )  # fmt: skip
    said = words.format(low_text, high_text)
    return posed_rows(
        draft, view, _with_measure(draft, view, field_words(draft, item), said), where
    )


def date_stretch_in_words(draft: Draft, view: EntityView) -> Posed:
    """Orders placed no later than March 2024; those from 2021 up to and including 2023."""
    dates = view.of_role(Role.DATE)
    item = draft.pick(dates)
    name, noun = field_words(draft, item), draft.pick(view.nouns).plural
    where: Predicate
    if draft.chance(0.4):
        first, last = span_pair(draft, item)
        where = Between(item.field, first.start, last.end, half_open=True)
        words = draft.pick(
            (
                "from {} up to and including {}",
                "anywhere between {} and {}",
                "from {} through {}",
                "no earlier than {} and no later than {}",
                "between {} and {} inclusive",
                "from {} till {}",
            )
        ).format(first.text, last.text)
    else:
        span = span_value(draft, item)
        op, moment, forms = draft.pick(
            (
                (Comparator.LT, span.end, ("no later than {}", "not after {}", "{} at the latest",
                                           "up to and including {}", "by the end of {}")),
                (Comparator.GTE, span.start, ("no earlier than {}", "not before {}",
                                              "{} at the earliest", "{} or later",
                                              "from {} onward")),
                (Comparator.LT, span.start, ("any time before {}", "earlier than {}",
                                             "sooner than {}", "ahead of {}")),
                (Comparator.GTE, span.end, ("any time after {}", "later than {}",
                                            "only after {}", "past {}")),
            )
        )  # fmt: skip
        words = draft.pick(forms)
        if words.startswith("by the end") and span.unit == "day":
            raise NotHere
        where, words = Compare(item.field, op, moment), words.format(span.text)
    phrase = draft.pick(
        (
            f"{noun} whose {name} is {words}",
            f"{noun} with {with_article(name)} {words}",
            f"{noun} where the {name} is {words}",
            f"{noun} with {name} {words}",
        )
    )
    return posed_rows(draft, view, phrase, where)


def group_stretch(draft: Draft, view: EntityView) -> Posed:
    """Cities with between 3 and 5 customers, or where at most 10 live."""
    key = group_key(draft, view)
    if not key.many:
        raise NotHere
    value = Aggregate(Function.COUNT, view.entity)
    rows = draft.pick(view.nouns).plural
    low = draft.weighted(((1, 1), (2, 3), (3, 2), (5, 3), (10, 2)))
    high = low + draft.weighted(((1, 1), (2, 2), (3, 2), (5, 2), (10, 1)))
    if draft.chance(0.6):
        test: Predicate = Between(value, low, high)
        few, many = (draft.say(spell_count(count, draft.rng)) for count in (low, high))
        said = draft.pick(
            ("between {} and {}", "from {} to {}", "at least {} and at most {}",
             "no fewer than {} and no more than {}", "anywhere from {} to {}",
             "a minimum of {} and a maximum of {}")
        ).format(few, many)  # fmt: skip
    else:
        op = draft.pick((Comparator.GTE, Comparator.LTE))
        test = Compare(value, op, high)
        said = draft.pick(
            ("no fewer than {}", "not less than {}", "{} and more", "a minimum of {}")
            if op is Comparator.GTE
            else ("no more than {}", "{} at most", "not more than {}", "a maximum of {}")
        ).format(draft.say(spell_count(high, draft.rng)))
    text = draft.pick(
        (
            f"which {key.many} have {said} {rows}",
            f"{draft.pick(SHOW)} {key.many} with {said} {rows}",
            f"{key.many} that have {said} {rows}",
            f"what are the {key.many} with {said} {rows}",
            f"{key.many} for which there are {said} {rows}",
            f"find the {key.many} having {said} {rows}",
        )
    )
    outputs = key.outputs
    if draft.chance(0.3):
        outputs = (*outputs, Output(value))
        text += draft.pick((", and how many", ", with the count", " and the number of them"))
    return Posed(Plan(outputs, group_by=key.fields, having=test), text)


def _with_measure(draft: Draft, view: EntityView, name: str, bound: str) -> str:
    noun = draft.pick(view.nouns).plural
    a_name = with_article(name)
    if bound.startswith(("of ", "that ")):
        return f"{noun} {draft.pick(('with', 'that have', 'having'))} {a_name} {bound}"
    return draft.pick(
        (
            f"{noun} whose {name} is {bound}",
            f"{noun} with {a_name} {bound}",
            f"{noun} where the {name} is {bound}",
            f"{noun} with {name} {bound}",
            f"{noun} that have {a_name} {bound}",
        )
    )
