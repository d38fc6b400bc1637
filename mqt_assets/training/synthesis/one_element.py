"""Shapes that test one part of a thing twice: orders with an item that is cheap and sold out.

Both tests are inside one `Related`: the same element meets them. Depends on `wanted`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.phrases import Said
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, Link, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_serving.english import article
from mqt_serving.query.plan import And, Related


def with_such_a_part(draft: Draft, view: EntityView) -> Posed:
    """Owners that have at least one part, or no part, which meets two tests at once."""
    links = [link for link in view.parts if link.hops == 1]
    inside = [link for link in links if link.inside]
    link = draft.pick(inside if inside and draft.chance(0.7) else links)
    before, after = _two(draft, link)
    entity = link.target.entity
    said = [before, after]
    where = And(tuple(item.predicate for item in said))
    negated = draft.chance(0.2)
    noun = draft.pick(view.nouns).plural
    who = draft.pick(("who", "that")) if view.is_person else "that"
    word = draft.pick((link.noun, link.noun, draft.pick(link.target.nouns)))
    one, many = (_phrase(draft, name, before, after) for name in (word.singular, word.plural))
    if negated:
        tail = draft.pick(
            (
                f"without any {one}",
                f"{who} have no {one}",
                f"with no {one}",
                f"{who} don't have a single {one}",
                f"that lack {article(one)} {one}",
                f"{who} never had {article(one)} {one}",
                f"with not one {one}",
                f"{who} do not have any {many}",
            )
        )
    else:
        tail = draft.pick(
            (
                f"with {article(one)} {one}",
                f"{who} have {article(one)} {one}",
                f"with at least one {one}",
                f"{who} have at least one {one}",
                f"having {article(one)} {one}",
                f"with some {one}",
                f"that include {article(one)} {one}",
                f"where at least one {word.singular} exists: {one}"
                if draft.chance(0.1)
                else f"with one or more {many}",
                f"{who} have any {many}",
                f"containing {article(one)} {one}" if link.inside else f"with any {one}",
            )
        )
    return posed_rows(draft, view, f"{noun} {tail}", Related(entity, where, negated))


def _two(draft: Draft, link: Link) -> tuple[Said, Said]:
    """Two tests on different fields of the part; what stands before the noun comes first."""
    roles = (Role.CATEGORY, Role.NUMBER, Role.BOOL, Role.DATE, Role.YEAR, Role.TEXT, Role.NAME)
    items = link.target.of_role(*roles)
    if len(items) < 2:
        raise NotHere
    first, second = (condition(draft, link.target, item) for item in draft.rng.sample(items, 2))
    if second.form == "before":
        first, second = second, first
    if second.form == "before":
        raise NotHere
    if first.form == "clause" and second.form == "after":
        first, second = second, first
    return first, second


def _phrase(draft: Draft, noun: str, first: Said, second: Said) -> str:
    if first.form == "before":
        link = "whose " if second.form == "clause" else ""
        return f"{first.text} {noun} {link}{second.text}"
    joined = draft.pick((" and ", " and also ", " and at the same time ", " and "))
    if first.form == "clause":
        lead = draft.pick(("whose", "where", "whose"))
        again = f"{lead} " if draft.chance(0.4) else ""
        return f"{noun} {lead} {first.text}{joined}{again}{second.text}"
    if second.form == "clause":
        return f"{noun} {first.text}{joined}whose {second.text}"
    return f"{noun} {first.text}{joined}{second.text}"
