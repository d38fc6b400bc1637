"""Shapes about where things are: the nearest, those within a radius, how far they are.

The place comes last in the question where it can, so that the words before it tell what is asked
of it. Depends on `places` and `subjects`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mqt_assets.training.synthesis.asking import SHOW, outputs_of, stands_for
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_value
from mqt_assets.training.synthesis.groups import expect_different, group_key
from mqt_assets.training.synthesis.places import (
    Distance,
    bound,
    distance,
    spelled_unit,
)
from mqt_assets.training.synthesis.subjects import Posed, Subject, some_fields, subject
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.synthesis.wanted import COUNTS, posed_rows
from mqt_assets.training.wording import join_words, spell_count, spell_number
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Between,
    Comparator,
    Compare,
    Function,
    Operator,
    Order,
    Output,
    Plan,
    Predicate,
)

_BOUNDS: Final = (
    (
        Comparator.LTE,
        0.55,
        (
            "within {} of",
            "within {} of",
            "within {} of",
            "within {} from",
            "up to {} from",
            "up to {} away from",
            "at most {} from",
            "no more than {} from",
            "no more than {} away from",
            "not more than {} away from",
            "no farther than {} from",
            "within a radius of {} around",
            "in a radius of {} around",
            "inside a {} radius of",
            "within a {} radius of",
            "not farther away than {} from",
            "{} or less from",
        ),
    ),
    (
        Comparator.LT,
        0.2,
        (
            "less than {} from",
            "less than {} away from",
            "closer than {} to",
            "under {} from",
            "nearer than {} to",
            "fewer than {} from",
            "not even {} from",
        ),
    ),
    (
        Comparator.GT,
        0.17,
        (
            "more than {} from",
            "more than {} away from",
            "farther than {} from",
            "further than {} from",
            "over {} away from",
            "over {} from",
            "beyond {} of",
            "outside a radius of {} around",
        ),
    ),
    (Comparator.GTE, 0.08, ("at least {} from", "at least {} away from", "{} or more from")),
)  # fmt: skip
_NEAREST: Final = (("nearest", "to"), ("closest", "to"))
_FARTHEST: Final = (
    ("farthest", "from"),
    ("furthest", "from"),
    ("farthest away", "from"),
    ("most distant", "from"),
)


def nearest(draft: Draft, view: EntityView) -> Posed:
    """The five nearest to a place, or the farthest from it; sometimes with how far they are."""
    about = subject(draft, view, most=2)
    far, tail = _told(draft, distance(draft, view, Operator.KILOMETRES), 0.25)
    descending = draft.chance(0.2)
    limit = 1 if draft.chance(0.4) else draft.weighted(((2, 1), (3, 4), (5, 5), (10, 3), (20, 1)))
    plural = limit != 1
    count = spell_count(limit, draft.rng) if plural else ""
    verb = "are" if plural else "is"
    word, to = draft.pick(_FARTHEST if descending else _NEAREST)
    if about.said or draft.chance(0.5):
        that = draft.pick(("", "", f"that {verb} "))
        rows = f"{about.phrase(draft, plural, count)} {that}{word} {to} {far.words}"
    else:
        front = draft.pick((f"{count} {word}", f"{word} {count}"))
        rows = f"{about.phrase(draft, plural, front)} {to} {far.words}"
    outputs, asked = _wanted(draft, view)
    lead = draft.pick(SHOW)
    text = draft.pick(
        (
            f"what {verb} the {asked} of the {rows}",
            f"{lead} the {asked} of the {rows}",
            f"{asked} of the {rows}",
            f"{lead} {asked} for the {rows}",
        )
        if asked
        else (
            f"what {verb} the {rows}",
            f"which {verb} the {rows}",
            f"{lead} the {rows}",
            f"the {rows}",
            rows,
        )
    )
    if tail:
        outputs = (*outputs, Output(far.value))
    order = (Order(far.value, descending),)
    return Posed(Plan(outputs, about.where, order_by=order, limit=limit), text + tail)


def by_distance(draft: Draft, view: EntityView) -> Posed:
    """All things in the order of how near they are, some with how far."""
    about = subject(draft, view, most=1)
    far, tail = _told(draft, distance(draft, view, Operator.KILOMETRES), 0.35)
    outputs, asked = _wanted(draft, view)
    descending = draft.chance(0.2)
    rows = about.phrase(draft)
    what = f"{asked} of the {rows}" if asked else rows
    way = draft.pick(
        (
            ", farthest first",
            ", most distant first",
            ", from far to near",
            " in descending order",
            " descending",
        )
        if descending
        else ("", "", "", ", nearest first", ", closest first", ", from near to far")
    )
    sort = draft.pick(
        (
            "sorted by distance from",
            "ordered by distance to",
            "by distance from",
            "in order of distance from",
            "sorted by how far they are from",
            "ranked by distance to",
            "ordered by how close they are to",
            "sorted by proximity to",
        )
    )
    text = f"{draft.pick(SHOW)} {draft.pick(('the', 'all', 'all the'))} {what} {sort} {far.words}"
    if tail:
        outputs = (*outputs, Output(far.value))
    order = (Order(far.value, descending),)
    return Posed(Plan(outputs, about.where, order_by=order), text + way + tail)


def within(draft: Draft, view: EntityView) -> Posed:
    """Things within (or beyond) so many kilometres or metres of a place."""
    about = subject(draft, view, most=2)
    test, said = _bounded(draft, view)
    return posed_rows(draft, view, _located(draft, about, said), _both(about, test))


def counted_within(draft: Draft, view: EntityView) -> Posed:
    """How many things there are around a place, in all or per category."""
    about = subject(draft, view, most=1)
    test, said = _bounded(draft, view)
    counted = Output(Aggregate(Function.COUNT, view.entity))
    where, rows = _both(about, test), _located(draft, about, said)
    if draft.chance(0.6):
        return Posed(Plan((counted,), where), draft.pick(COUNTS).format(rows))
    key = group_key(draft, view)
    expect_different(key, about)
    text = draft.pick(
        (
            f"how many {rows} are there per {key.one}",
            f"number of {rows} per {key.one}",
            f"for each {key.one}, how many {rows} are there",
            f"count the {rows} by {key.one}",
        )
    )
    return Posed(Plan((*key.outputs, counted), where, group_by=key.fields), text)


def how_far(draft: Draft, view: EntityView) -> Posed:
    """How far every thing, or the one of a name, is from a place."""
    far = distance(draft, view)
    unit = spelled_unit(draft, far.unit)
    # A distance in no unit is one in kilometres.
    many = draft.pick((f"how many {unit}", f"how many {unit}", f"how far in {unit}"))
    if far.unit is Operator.KILOMETRES and draft.chance(0.5):
        many, unit = "how far", ""
    gap = f"distance in {unit}" if unit else "distance"
    names = [item for item in view.names if item.role in (Role.NAME, Role.TEXT, Role.CODE)]
    if names and draft.chance(0.5):
        name = draft.pick(names)
        stored, spelled = text_value(draft, name)
        one = draft.pick((spelled, f"the {draft.pick(view.nouns).singular} {spelled}"))
        away = draft.pick(("away from", "from", "from")) if "how many" in many else "from"
        text = draft.pick(
            (
                f"{many} is {one} {away} {far.words}",
                f"{many} is it from {one} to {far.words}",
                f"what is the {gap} between {one} and {far.words}",
                f"what is the {gap} from {one} to {far.words}",
                f"{gap} from {one} to {far.words}",
                f"{gap} of {one} from {far.words}",
            )
        )
        where = Compare(name.field, Comparator.EQ, stored)
        return Posed(Plan((Output(far.value),), where), text)
    about = subject(draft, view, most=1)
    row, rows = about.phrase(draft, plural=False), about.phrase(draft)
    text = draft.pick(
        (
            f"{many} is each {row} from {far.words}",
            f"{many} are the {rows} from {far.words}",
            f"{draft.pick(SHOW)} {rows} and their {gap} from {far.words}",
            f"{draft.pick(SHOW)} the {rows} with their {gap} to {far.words}",
            f"{draft.pick(SHOW)} the {gap} of every {row} to {far.words}",
            f"for each {row}, the {gap} to {far.words}",
            f"{gap} between each {row} and {far.words}",
        )
    )
    return Posed(Plan((*stands_for(view), Output(far.value)), about.where), text)


def average_distance(draft: Draft, view: EntityView) -> Posed:
    """The average (or least, or greatest) distance from a place, in all or per category."""
    about = subject(draft, view, most=1)
    far = distance(draft, view)
    function, words = draft.weighted(
        (
            ((Function.AVG, ("average", "mean", "avg")), 0.7),
            ((Function.MAX, ("longest", "maximum", "greatest")), 0.15),
            ((Function.MIN, ("shortest", "minimum", "smallest")), 0.15),
        )
    )
    unit = spelled_unit(draft, far.unit)
    gap = f"{draft.pick(words)} distance"
    if far.unit is Operator.METRES or draft.chance(0.5):
        gap += f" in {unit}"
    value = Output(Aggregate(function, far.value))
    rows = about.phrase(draft)
    said = draft.pick(
        (
            f"{gap} of {rows} from {far.words}",
            f"{gap} between {rows} and {far.words}",
            f"{gap} from {rows} to {far.words}",
        )
    )
    if draft.chance(0.6):
        lead = draft.pick(("what is the", f"{draft.pick(SHOW)} the", "calculate the", "the"))
        return Posed(Plan((value,), about.where), f"{lead} {said}")
    key = group_key(draft, view)
    expect_different(key, about)
    text = draft.pick(
        (
            f"for each {key.one}, the {said}",
            f"what is the {said} per {key.one}",
            f"{draft.pick(SHOW)} the {said} by {key.one}",
        )
    )
    return Posed(Plan((*key.outputs, value), about.where, group_by=key.fields), text)


def _wanted(draft: Draft, view: EntityView) -> tuple[tuple[Output, ...], str]:
    """What is shown, and the words for it: none where the thing itself is asked for."""
    if draft.chance(0.65):
        return stands_for(view), ""
    asked = some_fields(draft, view, draft.weighted(((1, 0.5), (2, 0.4), (3, 0.1))))
    return outputs_of(asked), join_words([item.words(draft) for item in asked], draft.rng)


def _told(draft: Draft, far: Distance, share: float) -> tuple[Distance, str]:
    """The distance, in the unit in which the question wants to see it, and the words for that.

    They are empty where, but for a share of the questions, it need not be shown.
    """
    if not draft.chance(share):
        return far, ""
    unit = far.unit if draft.chance(0.7) else Operator.METRES
    # A distance in no unit is one in kilometres.
    plain = unit is Operator.KILOMETRES and draft.chance(0.5)
    tail = draft.pick(
        (
            ", with the distance{}",
            " and the distance{}",
            ", and how far away{}",
            " and show how far away{}",
            ", including the distance{}",
            " with the distance{}",
            ". How far is that{}",
        )
    ).format("" if plain else f" in {spelled_unit(draft, unit)}")
    return replace(far, value=replace(far.value, operator=unit), unit=unit), tail


def _bounded(draft: Draft, view: EntityView) -> tuple[Predicate, str]:
    """A test of how far things are, and its words behind them."""
    far = distance(draft, view)
    unit = spelled_unit(draft, far.unit)
    number = bound(draft, far.unit)
    if draft.chance(0.07):
        high = number * draft.pick((2, 3, 5))
        low_text, high_text = (draft.say(spell_number(n, draft.rng)) for n in (number, high))
        form = draft.pick(("between {} and {} {} from", "{} to {} {} away from"))
        return Between(far.value, number, high), (
            f"{form.format(low_text, high_text, unit)} {far.words}"
        )
    op, words = draft.weighted([((op, words), share) for op, share, words in _BOUNDS])
    spelled = draft.say(spell_number(number, draft.rng))
    tight = unit in ("km", "m") and draft.chance(0.2)
    amount = f"{spelled}{unit}" if tight else f"{spelled} {unit}"
    return Compare(far.value, op, number), f"{draft.pick(words).format(amount)} {far.words}"


def _located(draft: Draft, about: Subject, said: str) -> str:
    """`open shops within 2 km of 48.2, 16.37`."""
    if about.either:
        raise NotHere
    if any(item.form == "clause" for item in about.said):
        which = draft.pick(("and that are ", "and which are "))
    else:
        which = draft.pick(("", "", "", "", "that are ", "located ", "that lie ", "situated "))
    return f"{about.phrase(draft)} {which}{said}"


def _both(about: Subject, test: Predicate) -> Predicate:
    if about.where is None:
        return test
    items = about.where.items if isinstance(about.where, And) else (about.where,)
    return And((*items, test))
