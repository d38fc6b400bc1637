"""Shapes that count different values per group: for each country, the number of different cities.

Depends on `groups`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.draft import Draft, NotHere, count_bound
from mqt_assets.training.synthesis.groups import expect_different, group_key
from mqt_assets.training.synthesis.subjects import Posed, group_field, subject
from mqt_assets.training.synthesis.things import EntityView
from mqt_assets.training.wording import spell_count
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Function,
    Order,
    Output,
    Plan,
)


def different_per_group(draft: Draft, view: EntityView) -> Posed:
    """The number of different values per key; the keys with the most, or with over so many."""
    about = subject(draft, view, most=1)
    key = group_key(draft, view)
    expect_different(key, about)
    link = draft.pick([None, *(one for one in view.owners if one.key is not None)])
    if link is not None and draft.chance(0.5):
        assert link.key is not None
        if link.target.entity.collection in {getattr(f, "collection", "") for f in key.fields}:
            raise NotHere
        counted, many = link.key, link.noun.plural
    else:
        asked = group_field(draft, view)
        counted, many = asked.field, asked.words(draft, plural=True)
    if counted in key.fields or counted in about.about:
        raise NotHere
    value = Aggregate(Function.COUNT, counted, distinct=True)
    different = draft.pick(("different", "distinct", "unique", "different"))
    rows = about.phrase(draft)
    of = f" of {rows}" if about.said or draft.chance(0.4) else ""
    form = draft.rng.random()
    if form < 0.5 or not key.many:
        text = draft.pick(
            (
                f"how many {different} {many}{of} are there per {key.one}",
                f"for each {key.one}, the number of {different} {many}{of}",
                f"number of {different} {many}{of} by {key.one}",
                f"{draft.pick(SHOW)} each {key.one} with the number of {different} {many}{of}",
                f"count the {different} {many}{of} for every {key.one}",
                f"how many {different} {many}{of} does each {key.one} have",
                f"per {key.one}, how many {different} {many}{of} occur",
                f"{draft.pick(SHOW)} the count of {different} {many}{of} in each {key.one}",
            )
        )
        return Posed(Plan((*key.outputs, Output(value)), about.where, group_by=key.fields), text)
    if form < 0.8:
        limit = 1 if draft.chance(0.55) else draft.weighted(((3, 2), (5, 2), (2, 1), (10, 1)))
        descending = draft.chance(0.8)
        most = draft.pick(("most", "highest number of", "largest number of"))
        most = most if descending else draft.pick(("fewest", "lowest number of"))
        keys = key.one if limit == 1 else f"{spell_count(limit, draft.rng)} {key.many}"
        text = draft.pick(
            (
                f"which {keys} {'has' if limit == 1 else 'have'} the {most} {different} {many}{of}",
                f"{draft.pick(SHOW)} the {keys} with the {most} {different} {many}{of}",
                f"{keys} with the {most} {different} {many}{of}",
                f"find the {keys} with the {most} {different} {many}{of}",
            )
        )
        order = (Order(value, descending),)
        plan = Plan(key.outputs, about.where, group_by=key.fields, order_by=order, limit=limit)
        return Posed(plan, text)
    bound = min(count_bound(draft, 100), 10)
    op, words = draft.pick(
        (
            (Comparator.GT, "more than {}"),
            (Comparator.GTE, "at least {}"),
            (Comparator.GTE, "{} or more"),
            (Comparator.LT, "fewer than {}"),
            (Comparator.EQ, "exactly {}"),
            (Comparator.EQ, "only {}"),
        )
    )
    said = words.format(draft.say(spell_count(bound, draft.rng) if bound > 1 else "one"))
    text = draft.pick(
        (
            f"which {key.many} have {said} {different} {many}{of}",
            f"{draft.pick(SHOW)} the {key.many} with {said} {different} {many}{of}",
            f"{key.many} with {said} {different} {many}{of}",
            f"find {key.many} having {said} {different} {many}{of}",
        )
    )
    test = Compare(value, op, bound)
    return Posed(Plan(key.outputs, about.where, group_by=key.fields, having=test), text)
