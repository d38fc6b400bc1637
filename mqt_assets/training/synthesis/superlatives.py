"""Shapes that rank: the greatest or least few by a field, and a page of a sorted list."""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.asking import (
    SHOW,
    WHAT,
    WHAT_ARE,
    outputs_of,
    stands_for,
    then_fields,
)
from mqt_assets.training.synthesis.draft import Draft
from mqt_assets.training.synthesis.lexicon import superlatives_of
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    Subject,
    some_fields,
    subject,
)
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import join_words, spell_count
from mqt_serving.query.plan import (
    Order,
    Output,
    Plan,
)


def superlative(draft: Draft, view: EntityView) -> Posed:
    """The one or several greatest or least by a field."""
    about = subject(draft, view, most=2)
    by = orderable(draft, view)
    descending = draft.chance(0.62)
    limit = (
        1
        if draft.chance(0.42)
        else draft.weighted(((2, 1), (3, 3), (5, 4), (10, 3), (20, 0.6), (4, 0.6)))
    )
    plural, words = limit != 1, by.words(draft)
    phrase = ranked_rows(draft, about, by, words, descending, limit)
    order = (Order(by.field, descending),)
    form = draft.rng.random()
    if form < 0.36:
        asked = some_fields(draft, view, draft.weighted(((1, 0.55), (2, 0.35), (3, 0.1))))
        fields = join_words(
            [item.words(draft, plural and draft.chance(0.6)) for item in asked], draft.rng
        )
        lead = draft.pick(WHAT_ARE if plural else WHAT)
        plan = Plan(outputs_of(asked), about.where, order_by=order, limit=limit)
        return Posed(plan, f"{lead} the {fields} of the {phrase}")
    if form < 0.54:
        # "the cheapest Halcyon product: name and price"
        asked = some_fields(draft, view, draft.weighted(((1, 0.3), (2, 0.5), (3, 0.2))))
        if draft.chance(0.6) and by.owner is None and all(by.field != a.field for a in asked):
            asked[-1] = by
        lead = draft.pick(
            ("", "", "the", "which is the", "what is the", "what's the", "who is the")
        )
        if plural:
            lead = draft.pick(("", "", "the", "what are the", "which are the", "show the"))
        if lead.startswith("who") and not view.is_person:
            lead = "which is the"
        plan = Plan(outputs_of(asked), about.where, order_by=order, limit=limit)
        said = [item.words(draft) for item in asked]
        return Posed(
            plan, then_fields(draft, f"{lead} {phrase}".strip(), said, lead.startswith("wh"))
        )
    if form < 0.62 and view.names and by.view not in view.names:
        outputs = (*stands_for(view), Output(by.field))
        lead = draft.pick(("what are", "show", "list", "which are")) if plural else draft.pick(WHAT)
        tail = draft.pick(
            (f"and their {words}", f"with their {words}", f"along with their {words}")
        )
        if not plural:
            tail = draft.pick((f"and its {words}", f"with its {words}", f"and what is its {words}"))
        plan = Plan(outputs, about.where, order_by=order, limit=limit)
        return Posed(plan, f"{lead} the {phrase} {tail}")
    if form < 0.84 and view.names:
        lead = draft.pick(
            ("which are the", "what are the", "name the", "which", "what are the")
            if plural
            else ("which is the", "what is the", "name the", "what's the", "which")
        )
        if lead == "which" and ("with the" not in phrase and "that ha" not in phrase):
            lead = "which are the" if plural else "which is the"
        if view.is_person and draft.chance(0.5):
            lead = "who are the" if plural else "who is the"
        return Posed(
            Plan(stands_for(view), about.where, order_by=order, limit=limit), f"{lead} {phrase}"
        )
    lead = draft.pick((*SHOW, "", ""))
    the = draft.pick(("the ", "the ", ""))
    plan = Plan((Output(view.entity),), about.where, order_by=order, limit=limit)
    return Posed(plan, f"{lead} {the}{phrase}")


def ranked_rows(
    draft: Draft, about: Subject, by: Asked, words: str, descending: bool, limit: int
) -> str:
    """`two cheapest orders`, `order with the lowest total`; `words` say what they are ranked by."""
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    plural = limit != 1
    is_date = by.view.role in (Role.DATE, Role.TEXT_DATE)
    adjectives = superlatives_of(by.view.words, descending, is_date)
    if not adjectives or by.owner is not None or not draft.chance(0.62):
        return _superlative_tail(draft, about, words, descending, count, plural, is_date)
    adjective = draft.pick(adjectives)
    front = f"{count} {adjective}".strip()
    if (
        count
        and adjective in ("latest", "last", "first", "newest", "earliest", "oldest")
        and (draft.chance(0.5))
    ):
        front = f"{adjective} {count}"
    if draft.chance(0.25) and count and descending and adjective not in ("first", "last"):
        front = f"top {count} {adjective}"
    return about.phrase(draft, plural, front)


EXTREMES: Final[dict[tuple[bool, bool], tuple[str, ...]]] = {
    # (by a date, descending)
    (True, True): ("latest", "most recent"),
    (True, False): ("earliest", "oldest"),
    (False, True): ("highest", "largest", "greatest", "biggest", "maximum"),
    (False, False): ("lowest", "smallest", "minimum"),
}


def _superlative_tail(
    draft: Draft,
    about: Subject,
    words: str,
    descending: bool,
    count: str,
    plural: bool,
    is_date: bool,
) -> str:
    best = draft.pick(EXTREMES[is_date, descending])
    if plural and draft.chance(0.4):
        rank = "top" if descending else "bottom"
        if draft.chance(0.5) or not descending:
            return f"{about.phrase(draft, True, f'{rank} {count}')} by {words}"
        return f"{about.phrase(draft, True, f'{rank} {count}')} with the {best} {words}"
    if any(item.form != "before" for item in about.said):
        noun = about.phrase(draft, plural, count)
        return f"{noun} {draft.pick(('with', 'having'))} the {best} {words}"
    link = draft.pick(("with the", "with the", "that have the" if plural else "that has the"))
    return f"{about.phrase(draft, plural, count)} {link} {best} {words}"


def orderable(draft: Draft, view: EntityView) -> Asked:
    options = [
        (item, 3.0 if item.role == Role.NUMBER else 2.0)
        for item in view.of_role(Role.NUMBER, Role.DATE, Role.YEAR, Role.TEXT_DATE)
    ]
    if view.owners and draft.chance(0.05):
        link = draft.pick(view.owners)
        return Asked(draft.pick(link.target.of_role(Role.NUMBER, Role.DATE)), link.noun)
    return Asked(draft.weighted(options))


def page(draft: Draft, view: EntityView) -> Posed:
    """Some rows after the first ones."""
    by = orderable(draft, view)
    skip = draft.weighted(((1, 1), (2, 0.5), (3, 1), (5, 2), (10, 3), (20, 2)))
    limit = draft.weighted(((3, 1), (5, 2), (10, 3)))
    noun = draft.pick(view.nouns).plural
    words = by.words(draft)
    descending = draft.chance(0.5)
    way = (
        draft.pick(("descending", "from high to low", "in descending order")) if descending else ""
    )
    text = draft.pick(
        (
            f"skip the first {skip} {noun} by {words} {way} and show the next {limit}",
            f"{draft.pick(SHOW)} {limit} {noun} by {words} {way}, skipping the first {skip}",
            f"the next {limit} {noun} after the first {skip}, sorted by {words} {way}",
        )
    )
    order = (Order(by.field, descending),)
    return Posed(Plan((Output(view.entity),), order_by=order, limit=limit, skip=skip), text)
