"""Shapes that ask for places further down a ranking: the second, those from 11 to 20, the rest.

A place is a number of rows to skip, which the reader finds in words of rank ("third": two).
"""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.asking import SHOW, outputs_of, stands_for
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.groups import expect_different, figure_of, group_key
from mqt_assets.training.synthesis.lexicon import superlatives_of
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, some_fields, subject
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import join_words, ordinal, spell_count
from mqt_serving.query.plan import Order, Output, Plan

_ORDINALS: Final = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth",
)  # fmt: skip


def nth_thing(draft: Draft, view: EntityView) -> Posed:
    """The second most expensive product; the third highest price."""
    about = subject(draft, view, most=1)
    by = _measure(draft, view)
    place, said = _place(draft)
    descending = draft.chance(0.7)
    best, adjective = _best(draft, by, descending)
    words = by.words(draft)
    order = (Order(by.field, descending),)
    if draft.chance(0.2):
        figures = draft.pick(("value of ", "", ""))
        text = draft.pick(
            (
                f"what is the {said} {best} {words} of {about.phrase(draft)}",
                f"{said} {best} {words} among {about.phrase(draft)}",
                f"{draft.pick(SHOW)} the {said} {best} {figures}{words} of all "
                f"{about.phrase(draft)}",
                f"find the {said} {best} {words} of the {about.phrase(draft)}",
            )
        )
        plan = Plan((Output(by.field),), about.where, order_by=order, limit=1, skip=place - 1)
        return Posed(plan, text)
    if adjective and draft.chance(0.6):
        phrase = about.phrase(draft, plural=False, front=f"{said} {adjective}")
    else:
        phrase = f"{about.phrase(draft, plural=False)} with the {said} {best} {words}"
        if about.said and about.said[-1].form == "clause":
            raise NotHere
    outputs, text = _of_one(draft, view, phrase)
    return Posed(Plan(outputs, about.where, order_by=order, limit=1, skip=place - 1), text)


def nth_group(draft: Draft, view: EntityView) -> Posed:
    """The city with the second most customers."""
    about = subject(draft, view, most=0)
    key = group_key(draft, view)
    expect_different(key, about)
    figure = figure_of(draft, view, about, 0.65)
    place, said = _place(draft)
    descending = draft.chance(0.8)
    if figure.asked is None:
        rows = about.phrase(draft)
        most = "most" if descending else "fewest"
        ranked = draft.pick(
            (f"{said} {most} {rows}", f"{said} {'highest' if descending else 'lowest'} number of "
             f"{rows}")
        )  # fmt: skip
    else:
        ranked = f"{said} {'highest' if descending else 'lowest'} {figure.words}"
    text = draft.pick(
        (
            f"which {key.one} has the {ranked}",
            f"{draft.pick(SHOW)} the {key.one} with the {ranked}",
            f"what is the {key.one} with the {ranked}",
            f"{key.one} with the {ranked}",
            f"find the {key.one} that has the {ranked}",
            f"which {key.one} comes {said} by {figure.words}"
            if descending
            else f"name the {key.one} with the {ranked}",
        )
    )
    order = (Order(figure.value, descending),)
    plan = Plan(key.outputs, group_by=key.fields, order_by=order, limit=1, skip=place - 1)
    return Posed(plan, text)


def places(draft: Draft, view: EntityView) -> Posed:
    """Places 11 to 20 of the orders by total; page 3 with 10 per page."""
    about = subject(draft, view, most=1)
    by = _measure(draft, view)
    size = draft.weighted(((5, 2), (10, 4), (20, 2), (25, 1), (50, 1), (2, 0.5), (3, 0.5)))
    page = draft.weighted(((2, 5), (3, 3), (4, 1.5), (5, 1)))
    skip = (page - 1) * size
    rows, by_words, descending = _ranked(draft, about, by)
    outputs, shown = _of_many(draft, view)
    if draft.chance(0.6):
        word = draft.pick(("places", "ranks", "positions", "rows", "numbers", "results", "entries"))
        through = draft.pick(("to", "to", "through", "-"))
        stretch = (
            f"{word} {skip + 1}-{skip + size}"
            if through == "-"
            else f"{word} {skip + 1} {through} {skip + size}"
        )
        text = draft.pick(
            (
                f"{shown}{rows} on {stretch} {by_words}",
                f"{stretch} of {shown}{rows} {by_words}",
                f"{draft.pick(SHOW)} {stretch} of {shown}{rows} {by_words}",
                f"{shown}{rows} {by_words}, {stretch}",
                f"{draft.pick(SHOW)} {shown}{rows} {by_words}, only {stretch}",
                f"{stretch} when {rows} are {by_words}"
                if not shown
                else f"{shown}{rows} {by_words}: {stretch}",
            )
        )
    else:
        per = draft.pick(("per page", "a page", "on each page", f"{rows} per page"))
        per = per if " per page" not in per or len(rows.split()) == 1 else "per page"
        text = draft.pick(
            (
                f"page {page} of {shown}{rows} {by_words}, {size} {per}",
                f"{draft.pick(SHOW)} page {page} of {shown}{rows} {by_words} with {size} {per}",
                f"{shown}{rows} {by_words}: page {page} at {size} {per}",
                f"page {page} of {shown}{rows} {by_words} ({size} {per})",
            )
        )
    order = (Order(by.field, descending),)
    return Posed(Plan(outputs, about.where, order_by=order, limit=size, skip=skip), text)


def without_first(draft: Draft, view: EntityView) -> Posed:
    """All but the five most expensive products; the next three after the first ten."""
    about = subject(draft, view, most=1)
    by = _measure(draft, view)
    skip = draft.weighted(((1, 2), (2, 2), (3, 2), (5, 3), (10, 3), (20, 1), (4, 0.5), (15, 0.5)))
    count = draft.say(spell_count(skip, draft.rng) if skip > 1 else "one")
    rows, by_words, descending = _ranked(draft, about, by)
    outputs, shown = _of_many(draft, view)
    limit: int | None = None
    if draft.chance(0.55):
        limit = draft.weighted(((3, 2), (5, 3), (10, 3), (2, 1), (20, 0.5)))
        if limit == skip:
            raise NotHere
        few = draft.say(spell_count(limit, draft.rng))
        text = draft.pick(
            (
                f"{shown}{rows} {by_words}: skip the first {count} and show the next {few}",
                f"skip the first {count} {rows} {by_words} and give me {shown or 'the '}next {few}"
                if not shown
                else f"{shown}the next {few} {rows} after the first {count}, {by_words}",
                f"{shown}the {few} {rows} that follow the first {count}, {by_words}",
                f"{shown}{few} {rows} {by_words}, leaving out the first {count}",
                f"{shown}{few} {rows} {by_words} after skipping {count}",
                f"{shown}the next {few} {rows} after the top {count}, {by_words}",
                f"{shown}{few} {rows} {by_words}, ignoring the first {count}",
                f"{shown}{few} {rows} {by_words} with an offset of {count}",
            )
        )
    else:
        text = draft.pick(
            (
                f"{shown}all {rows} but the first {count}, {by_words}",
                f"{shown}{rows} {by_words}, without the first {count}",
                f"{draft.pick(SHOW)} {shown}{rows} {by_words} except the first {count}",
                f"{shown}{rows} {by_words}, skipping the first {count}",
                f"leave out the first {count} and list {shown}the other {rows} {by_words}",
                f"{shown}{rows} {by_words} after the first {count}",
                f"{shown}the rest of the {rows} after the top {count}, {by_words}",
                f"ignore the first {count} {rows} {by_words} and show {shown}all others",
            )
        )
    order = (Order(by.field, descending),)
    return Posed(Plan(outputs, about.where, order_by=order, limit=limit, skip=skip), text)


# ---------------------------------------------------------------------- parts


def _measure(draft: Draft, view: EntityView) -> Asked:
    return Asked(draft.pick(view.of_role(Role.NUMBER, Role.NUMBER, Role.DATE, Role.YEAR)))


def _place(draft: Draft) -> tuple[int, str]:
    place = draft.weighted(
        ((2, 5), (3, 3), (4, 1), (5, 1), (6, 0.3), (7, 0.3), (8, 0.3), (10, 0.4))
    )
    spelled = draft.pick((_ORDINALS[place], _ORDINALS[place], ordinal(place)))
    return place, draft.say(spelled)


def _best(draft: Draft, by: Asked, descending: bool) -> tuple[str, str]:
    """The plain superlative of the field, and an adjective for the thing ("" without one)."""
    is_date = by.view.role == Role.DATE
    if is_date:
        plain = draft.pick(("latest", "most recent") if descending else ("earliest", "oldest"))
    else:
        plain = draft.pick(
            ("highest", "largest", "greatest") if descending else ("lowest", "smallest")
        )
    adjectives = [
        word
        for word in superlatives_of(by.view.words, descending, is_date)
        if word not in ("first", "last")
    ]
    return plain, draft.pick(adjectives) if adjectives else ""


def _ranked(draft: Draft, about: Subject, by: Asked) -> tuple[str, str, bool]:
    """The rows, how they are sorted in words, and whether the greatest come first."""
    descending = draft.chance(0.55)
    words = by.words(draft)
    is_date = by.view.role == Role.DATE
    sort = draft.pick(("sorted by", "ordered by", "ranked by", "in order of", "by"))
    if not descending:
        tail = draft.pick(("", "", " ascending", " from low to high" if not is_date else ""))
    elif is_date:
        tail = draft.pick((" descending", " with the latest first", " in descending order"))
    else:
        tail = draft.pick(
            (" descending", " from high to low", " in descending order", " with the highest first")
        )
    return about.phrase(draft), f"{sort} {words}{tail}", descending


def _of_one(draft: Draft, view: EntityView, phrase: str) -> tuple[tuple[Output, ...], str]:
    form = draft.rng.random()
    if form < 0.45 and view.names:
        forms = [f"which is the {phrase}", f"what is the {phrase}", f"name the {phrase}",
                 f"which {phrase}", f"find the {phrase}"]  # fmt: skip
        if view.is_person:
            forms += [f"who is the {phrase}"] * 2
        forms.remove(f"which {phrase}")
        return stands_for(view), draft.pick(forms)
    if form < 0.75:
        asked = some_fields(draft, view, draft.weighted(((1, 0.5), (2, 0.4), (3, 0.1))))
        fields = join_words([item.words(draft) for item in asked], draft.rng)
        lead = draft.pick(("what is", "show", "give me", "tell me", "find", ""))
        return outputs_of(asked), f"{lead} the {fields} of the {phrase}"
    return (Output(view.entity),), f"{draft.pick(SHOW)} the {phrase}"


def _of_many(draft: Draft, view: EntityView) -> tuple[tuple[Output, ...], str]:
    """What is shown of several rows, and the words in front of them ("" for all fields)."""
    if draft.chance(0.5):
        return (Output(view.entity),), ""
    if view.names and draft.chance(0.3):
        asked = [Asked(item) for item in view.names]
    else:
        asked = some_fields(draft, view, draft.weighted(((1, 0.45), (2, 0.4), (3, 0.15))))
    return outputs_of(asked), f"{join_words([item.words(draft) for item in asked], draft.rng)} of "
