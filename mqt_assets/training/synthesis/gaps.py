"""Shapes about values that are not there, in the words that people have for it.

"Has no phone number", "whose email is unknown": null and missing are the same here (`IsNull`).
Depends on `wanted`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.groups import group_key
from mqt_assets.training.synthesis.phrases import field_words
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_assets.training.wording import synonym
from mqt_serving.english import participle_of, with_article
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Function,
    IsNull,
    Or,
    Output,
    Plan,
    Predicate,
)


def missing_value(draft: Draft, view: EntityView) -> Posed:
    """Customers without a recorded birthday; those who have one, under a further condition."""
    item = draft.pick(_gapped(view))
    noun = draft.pick(view.nouns)
    who = draft.pick(("who", "that")) if view.is_person else "that"
    present = draft.chance(0.35)
    tail = _there(draft, item, who) if present else _not_there(draft, item, who)
    where: Predicate = IsNull(item.field, negated=present)
    phrase = f"{noun.plural} {tail}"
    if draft.chance(0.3):
        options = [one for one in view.fields if one.role != Role.ID and one.field != item.field]
        said = condition(draft, view, draft.pick(options))
        match said.form:
            case "before":
                phrase, order = f"{said.text} {phrase}", (said.predicate, where)
            case "after" if said.text.split(" ", 1)[0] in ("in", "from", "by"):
                phrase = f"{noun.plural} {said.text} {tail}"
                order = (said.predicate, where)
            case _:
                raise NotHere
        where = And(order)
    if not present and draft.chance(0.12):
        who_has = draft.pick(("who has", "which of our " + noun.plural + " have", "who lacks"))
        if not view.is_person and who_has.startswith("who"):
            who_has = f"which {noun.plural} have"
        name = field_words(draft, item)
        said_none = name if who_has == "who lacks" else f"no {name}"
        if view.names and isinstance(where, IsNull):
            outputs = tuple(Output(one.field) for one in view.names)
            return Posed(Plan(outputs, where), f"{who_has} {said_none}")
    return posed_rows(draft, view, phrase, where)


def two_gaps(draft: Draft, view: EntityView) -> Posed:
    """Neither phone nor email; a phone but no email; one of the two missing."""
    items = _gapped(view)
    if len(items) < 2:
        raise NotHere
    first, second = draft.rng.sample(items, 2)
    one, other = field_words(draft, first), field_words(draft, second)
    noun = draft.pick(view.nouns).plural
    who = draft.pick(("who", "that")) if view.is_person else "that"
    kind = draft.pick(("neither", "but", "either", "both"))
    a_one, an_other = with_article(one), with_article(other)
    match kind:
        case "neither":
            where: Predicate = And((IsNull(first.field), IsNull(second.field)))
            tail = draft.pick(
                (
                    f"with neither {a_one} nor {an_other}",
                    f"{who} have neither {one} nor {other}",
                    f"without {one} and without {other}",
                    f"for which both {one} and {other} are missing",
                    f"where {one} and {other} are both unknown",
                    f"{who} have no {one} and no {other}",
                )
            )
        case "but":
            where = And((IsNull(first.field, negated=True), IsNull(second.field)))
            tail = draft.pick(
                (
                    f"with {a_one} but no {other}",
                    f"{who} have {a_one} but no {other}",
                    f"with {one} but without {other}",
                    f"where the {one} is known but the {other} isn't",
                    f"with a known {one} and an unknown {other}",
                    f"{who} have {a_one} while the {other} is missing",
                )
            )
        case "either":
            where = Or((IsNull(first.field), IsNull(second.field)))
            tail = draft.pick(
                (
                    f"without {one} or without {other}",
                    f"where {one} or {other} is missing",
                    f"{who} lack {a_one} or {an_other}",
                    f"with no {one} or no {other}",
                    f"for which the {one} or the {other} is unknown",
                    f"missing {a_one} or {an_other}",
                )
            )
        case _:
            where = And((IsNull(first.field, negated=True), IsNull(second.field, negated=True)))
            tail = draft.pick(
                (
                    f"with both {a_one} and {an_other}",
                    f"{who} have {a_one} as well as {an_other}",
                    f"where {one} and {other} are both known",
                    f"with {one} and {other} both filled in",
                    f"where neither {one} nor {other} is missing",
                    f"{who} have both {one} and {other} on record",
                )
            )
    return posed_rows(draft, view, f"{noun} {tail}", where)


def gap_totals(draft: Draft, view: EntityView) -> Posed:
    """How many customers per city have no phone number, or how many have one."""
    item = draft.pick(_gapped(view))
    key = group_key(draft, view)
    if item.field in key.fields:
        raise NotHere
    noun, name = draft.pick(view.nouns), field_words(draft, item)
    who = draft.pick(("who", "that")) if view.is_person else "that"
    present = draft.chance(0.4)
    tail = _there(draft, item, who) if present else _not_there(draft, item, who)
    value = Aggregate(Function.COUNT, view.entity)
    text = draft.pick(
        (
            f"how many {noun.plural} {tail} are there per {key.one}",
            f"number of {noun.plural} {tail} by {key.one}",
            f"for each {key.one}, the number of {noun.plural} {tail}",
            f"count the {noun.plural} {tail} for every {key.one}",
            f"{draft.pick(SHOW)} each {key.one} with the number of {noun.plural} {tail}",
            f"per {key.one}, how many {noun.plural} {tail} are there",
            f"count {noun.plural} per {key.one}, only those {tail}",
            f"how many {noun.plural} lack {with_article(name)} in each {key.one}"
            if not present
            else f"how many {noun.plural} have {with_article(name)} in each {key.one}",
        )
    )
    where = IsNull(item.field, negated=present)
    plan = Plan((*key.outputs, Output(value)), where, group_by=key.fields)
    return Posed(plan, text)


# ---------------------------------------------------------------------- words


def _gapped(view: EntityView) -> list[FieldView]:
    return [item for item in view.fields if item.gaps and item.role not in (Role.ID, Role.BOOL)]


def _name(draft: Draft, item: FieldView) -> str:
    name = field_words(draft, item)
    return synonym(name, draft.rng) if draft.chance(0.2) else name


def _not_there(draft: Draft, item: FieldView, who: str) -> str:
    name = _name(draft, item)
    a_name = with_article(name)
    words = [
        f"without {a_name}",
        f"without a recorded {name}",
        f"without a known {name}",
        f"{who} have no {name}",
        f"{who} never gave {a_name}" if who == "who" else f"{who} lack {a_name}",
        f"{who} don't have {a_name}",
        f"{who} lack {a_name}",
        f"whose {name} is unknown",
        f"whose {name} is missing",
        f"whose {name} is blank",
        f"whose {name} was never entered",
        f"whose {name} we don't know",
        f"whose {name} has not been recorded",
        f"where the {name} is empty",
        f"where no {name} is given",
        f"where the {name} is left out",
        f"with an unknown {name}",
        f"with a missing {name}",
        f"with no {name} at all",
        f"with an empty {name}",
        f"with no {name} on record",
        f"for which we have no {name}",
        f"for which no {name} is known",
        f"still lacking {a_name}",
    ]
    done = participle_of(item.words)
    if item.role == Role.DATE and done and " " not in done and done != "born":
        words += [f"{who} are not {done} yet", f"not yet {done}", f"{who} have never been {done}",
                  f"still not {done}", f"{who} haven't been {done}"]  # fmt: skip
    return draft.pick(words)


def _there(draft: Draft, item: FieldView, who: str) -> str:
    name = _name(draft, item)
    a_name = with_article(name)
    words = [
        f"with {a_name}",
        f"with a known {name}",
        f"with a recorded {name}",
        f"{who} have {a_name}",
        f"{who} do have {a_name}",
        f"whose {name} is known",
        f"whose {name} is filled in",
        f"whose {name} is on record",
        f"where the {name} is not empty",
        f"where {a_name} is given",
        f"for which we know the {name}",
        f"for which {a_name} is recorded",
        f"with {a_name} on file",
        f"{who} come with {a_name}",
    ]
    done = participle_of(item.words)
    if item.role == Role.DATE and done and " " not in done and done != "born":
        words += [f"{who} are already {done}", f"already {done}", f"{who} have been {done}"]
    return draft.pick(words)
