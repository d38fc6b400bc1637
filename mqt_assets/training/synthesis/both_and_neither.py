"""Shapes that intersect and subtract: cities with customers and suppliers, or without the latter.

The test is a sub-query that lists values (`In`), or two tests for related things. The first
thing that the question names gives the rows, the second one the sub-query. Depends on `wanted`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_values
from mqt_assets.training.synthesis.phrases import field_words, noun_phrase
from mqt_assets.training.synthesis.subjects import Asked, Posed
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_serving.english import article, plural_phrase
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Comparator,
    Compare,
    Field,
    Function,
    In,
    Output,
    Plan,
    Predicate,
    Related,
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that have a value of the shared field: `suppliers`, `active customers`."""

    field: Field
    where: Predicate | None
    many: str
    one: str

    @property
    def values(self) -> Plan:
        return Plan((Output(self.field),), self.where)


def shared_values(draft: Draft, view: EntityView) -> Posed:
    """Cities that have both active and inactive customers, or customers but no suppliers."""
    item = draft.pick([one for one in view.of_role(Role.CATEGORY, Role.TEXT) if one.groups])
    name = field_words(draft, item)
    keys = plural_phrase(name)
    elsewhere = _same_field_elsewhere(draft, view, item)
    if elsewhere is not None:
        first = _Rows(item.field, None, *_nouns(draft, view))
        second = elsewhere
    else:
        first, second = _contrast(draft, view, item)
    without = draft.chance(0.45)
    if without:
        tail = draft.pick(
            (
                f"that have {first.many} but no {second.many}",
                f"with {first.many} but no {second.many}",
                f"with {first.many} but without any {second.many}",
                f"that have {first.many} and no {second.many}",
                f"where there are {first.many} but no {second.many}",
                f"of {first.many} that no {second.one} has",
                f"of {first.many} that are not {keys} of {second.many}",
                f"of {first.many}, except those of {second.many}",
                f"having {first.many} but not a single {second.one}",
                f"that appear among {first.many} but not among {second.many}",
            )
        )
    else:
        tail = draft.pick(
            (
                f"that have both {first.many} and {second.many}",
                f"with both {first.many} and {second.many}",
                f"that have {first.many} as well as {second.many}",
                f"shared by {first.many} and {second.many}",
                f"where there are both {first.many} and {second.many}",
                f"of {first.many} that are also {keys} of {second.many}",
                f"that {first.many} and {second.many} have in common",
                f"common to {first.many} and {second.many}",
                f"having {first.many} and also {second.many}",
                f"that appear among {first.many} and among {second.many}",
            )
        )
    test: Predicate = In(first.field, second.values, without)
    where = test if first.where is None else And((first.where, test))
    if draft.chance(0.22):
        text = draft.pick(
            (
                f"how many {keys} are there {tail}",
                f"number of {keys} {tail}",
                f"count the {keys} {tail}",
                f"how many different {keys} {tail}",
                f"count the distinct {keys} {tail}",
            )
        )
        value = Aggregate(Function.COUNT, first.field, distinct=True)
        return Posed(Plan((Output(value),), where), text)
    verb = tail.removeprefix("that ")
    forms = [
        f"which {keys} {verb}" if verb.startswith(("have", "appear")) else f"which {keys} {tail}",
        f"what are the {keys} {tail}",
        f"{draft.pick(SHOW)} the {keys} {tail}",
        f"{draft.pick(SHOW)} all {keys} {tail}",
        f"find the {keys} {tail}",
        f"{keys} {tail}",
    ]
    return Posed(Plan((Output(first.field),), where, distinct=True), draft.pick(forms))


def rows_elsewhere(draft: Draft, view: EntityView) -> Posed:
    """Customers in a city that also has suppliers, or in one without."""
    item = draft.pick(view.of_role(Role.CATEGORY, Role.TEXT, Role.YEAR))
    name, noun = field_words(draft, item), draft.pick(view.nouns)
    found = _same_field_elsewhere(draft, view, item)
    if found is None:
        said = condition(draft, view, _telling(draft, view, item))
        many = noun_phrase(draft, noun.plural, [said])
        found = _Rows(item.field, said.predicate, many, noun_phrase(draft, noun.singular, [said]))
    without = draft.chance(0.45)
    a_name = f"{article(name)} {name}"
    if without:
        phrase = draft.pick(
            (
                f"{noun.plural} whose {name} is not the {name} of any {found.one}",
                f"{noun.plural} with {a_name} that no {found.one} has",
                f"{noun.plural} whose {name} is not among those of {found.many}",
                f"{noun.plural} with {a_name} without {found.many}",
                f"{noun.plural} whose {name} has no {found.many}",
                f"{noun.plural} with {a_name} not shared with any {found.one}",
                f"{noun.plural} whose {name} does not occur among {found.many}",
                f"{noun.plural} that have another {name} than all {found.many}",
            )
        )
    else:
        phrase = draft.pick(
            (
                f"{noun.plural} whose {name} is also the {name} of some {found.one}",
                f"{noun.plural} with {a_name} that some {found.one} has",
                f"{noun.plural} whose {name} is among those of {found.many}",
                f"{noun.plural} with the same {name} as some {found.one}",
                f"{noun.plural} whose {name} also occurs among {found.many}",
                f"{noun.plural} with {a_name} shared with at least one {found.one}",
                f"{noun.plural} that share their {name} with {article(found.one)} {found.one}",
                f"{noun.plural} whose {name} is one of the {plural_phrase(name)} of {found.many}",
            )
        )
    return posed_rows(draft, view, phrase, In(item.field, found.values, without))


def related_to_two(draft: Draft, view: EntityView) -> Posed:
    """Customers who have both a paid and an open order, or one but not the other."""
    link = draft.pick([link for link in view.parts if link.hops == 1])
    item = draft.pick(link.target.of_role(Role.CATEGORY, Role.TEXT, Role.NAME))
    (one, one_said), (two, two_said) = text_values(draft, item, 2)
    noun = draft.pick(view.nouns)
    part, parts = link.noun.singular, link.noun.plural
    name = Asked(item).words(draft)
    who = draft.pick(("who", "that")) if view.is_person else "that"
    neither = draft.chance(0.15)
    without = not neither and draft.chance(0.45)
    entity = link.target.entity
    predicate = And(
        (
            Related(entity, Compare(item.field, Comparator.EQ, one), neither),
            Related(entity, Compare(item.field, Comparator.EQ, two), neither or without),
        )
    )
    a_part = f"{article(part)} {part}"
    if neither:
        tail = draft.pick(
            (
                f"with neither {a_part} with {name} {one_said} nor one with {name} {two_said}",
                f"{who} have no {part} with {name} {one_said} and none with {name} {two_said}",
                f"without any {part} whose {name} is {one_said} and without any whose {name} is "
                f"{two_said}",
            )
        )
    elif without:
        tail = draft.pick(
            (
                f"{who} have {a_part} with {name} {one_said} but none with {name} {two_said}",
                f"with {parts} of {name} {one_said} but no {parts} of {name} {two_said}",
                f"{who} have {parts} whose {name} is {one_said} but none whose {name} is "
                f"{two_said}",
                f"with {a_part} with {name} {one_said} but without one with {name} {two_said}",
                f"{who} have at least one {part} with {name} {one_said} but never one with "
                f"{name} {two_said}",
                f"having {parts} with {name} {one_said} and no {part} with {name} {two_said}",
            )
        )
    else:
        tail = draft.pick(
            (
                f"{who} have both {a_part} with {name} {one_said} and one with {name} {two_said}",
                f"with {parts} of {name} {one_said} as well as {parts} of {name} {two_said}",
                f"{who} have {a_part} with {name} {one_said} and also one with {name} {two_said}",
                f"with both {parts} whose {name} is {one_said} and {parts} whose {name} is "
                f"{two_said}",
                f"{who} have at least one {part} with {name} {one_said} and another one with "
                f"{name} {two_said}",
                f"having {a_part} with {name} {one_said} and a different one with {name} "
                f"{two_said}",
            )
        )
    return posed_rows(draft, view, f"{noun.plural} {tail}", predicate)


# ---------------------------------------------------------------------- parts


def _nouns(draft: Draft, view: EntityView) -> tuple[str, str]:
    noun = draft.pick(view.nouns)
    return noun.plural, noun.singular


def _telling(draft: Draft, view: EntityView, but: FieldView) -> FieldView:
    roles = (Role.CATEGORY, Role.BOOL, Role.BOOL, Role.NUMBER, Role.DATE, Role.YEAR)
    return draft.pick([item for item in view.of_role(*roles) if item.field != but.field])


def _contrast(draft: Draft, view: EntityView, item: FieldView) -> tuple[_Rows, _Rows]:
    """The same thing under two conditions: two values of a field, or yes and no, or two fields."""
    noun = draft.pick(view.nouns)
    other = _telling(draft, view, item)
    if other.role == Role.CATEGORY and draft.chance(0.8):
        name = Asked(other).words(draft)
        link = draft.pick((f"with {name} ", f"of {name} ", f"whose {name} is "))
        first, second = (
            _Rows(
                item.field,
                Compare(other.field, Comparator.EQ, stored),
                f"{noun.plural} {link}{spelled}",
                f"{noun.singular} {link}{spelled}",
            )
            for stored, spelled in text_values(draft, other, 2)
        )
        return first, second
    again = _telling(draft, view, item)
    if again.field == other.field:
        raise NotHere
    rows = []
    for one in (other, again):
        said = condition(draft, view, one)
        many = noun_phrase(draft, noun.plural, [said])
        single = noun_phrase(draft, noun.singular, [said])
        rows.append(_Rows(item.field, said.predicate, many, single))
    return rows[0], rows[1]


def _same_field_elsewhere(draft: Draft, view: EntityView, item: FieldView) -> _Rows | None:
    """The like-named field of another thing, with values of the same kind."""
    found = [
        (target, other)
        for target in view.others
        for other in target.of_role(Role.CATEGORY, Role.TEXT)
        if other.head == item.head and set(other.schema.samples) & set(item.schema.samples)
    ]
    if not found or not draft.chance(0.75):
        return None
    target, other = draft.pick(found)
    many, one = _nouns(draft, target)
    if draft.chance(0.25):
        said = condition(draft, target, _telling(draft, target, other))
        return _Rows(
            other.field,
            said.predicate,
            noun_phrase(draft, many, [said]),
            noun_phrase(draft, one, [said]),
        )
    return _Rows(other.field, None, many, one)
