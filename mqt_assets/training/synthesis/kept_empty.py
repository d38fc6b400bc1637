"""Shapes that keep things without parts: each customer with the number of orders, zero included.

Totals over what belongs to each row need no groups, so that rows without parts stay; fields of
parts are `optional`. The question says that the others stay, unlike the same question with
groups. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.aggregates import aggregate_words, some_function
from mqt_assets.training.synthesis.asking import SHOW, outputs_of, stands_for
from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.phrases import noun_phrase
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, subject
from mqt_assets.training.synthesis.things import EntityView, Link, Role
from mqt_assets.training.wording import join_words
from mqt_serving.query.plan import Aggregate, Function, Order, Output, Plan, Predicate


def totals_with_zero(draft: Draft, view: EntityView) -> Posed:
    """Every customer with the number of their orders, also those without any."""
    link, about = _parts_of(draft, view)
    parts = link.noun.plural
    where: Predicate | None = None
    if draft.chance(0.3):
        items = [one for one in link.target.fields if one.role not in (Role.ID, Role.LONG_TEXT)]
        said = condition(draft, link.target, draft.pick(items))
        where, parts = said.predicate, noun_phrase(draft, parts, [said])
    numbers = link.target.of_role(Role.NUMBER)
    if numbers and draft.chance(0.25):
        asked = Asked(draft.pick(numbers))
        function = some_function(draft, asked)
        value = Aggregate(function, asked.field, where=where)
        figure = f"{aggregate_words(draft, function, asked)} of their {parts}"
        counted = False
    else:
        value = Aggregate(Function.COUNT, link.target.entity, where=where)
        figure = draft.pick((f"number of {parts}", f"count of {parts}", f"number of {parts}"))
        counted = True
    owners, one = about.phrase(draft), about.phrase(draft, plural=False)
    too = _kept(draft, about, link, counted)
    forms = [
        f"{draft.pick(SHOW)} every {one} with the {figure}, {too}",
        f"for each {one}, the {figure}, {too}",
        f"{draft.pick(SHOW)} the {figure} for every {one}, {too}",
        f"{draft.pick(SHOW)} all {owners} and their {figure.replace('their ', '')}, {too}",
        f"{figure} per {one}, {too}",
        f"what is the {figure} of each {one}, {too}",
    ]
    if counted:
        forms += [
            f"how many {parts} does each {one} have, {too}",
            f"for all {owners}, how many {parts} do they have, {too}",
            f"count the {parts} of each {one}, {too}",
        ]
    text = draft.pick(forms)
    order: tuple[Order, ...] = ()
    if draft.chance(0.15):
        descending = draft.chance(0.7)
        text += draft.pick(
            (", most first", ", highest first", ", in descending order")
            if descending
            else (", fewest first", ", lowest first", ", in ascending order")
        )
        order = (Order(value, descending),)
    outputs = (*stands_for(view), Output(value))
    return Posed(Plan(outputs, about.where, order_by=order), text)


def parts_if_any(draft: Draft, view: EntityView) -> Posed:
    """All customers with the dates of their orders, including customers without orders."""
    link, about = _parts_of(draft, view)
    part = link.target
    items = [one for one in part.fields if one.role not in (Role.ID, Role.LONG_TEXT)]
    count = min(len(items), 1 if draft.chance(0.6) else 2)
    if not count:
        raise NotHere
    asked = [Asked(one) for one in draft.rng.sample(items, count)]
    one_part, parts = link.noun.singular, link.noun.plural
    fields = join_words([item.words(draft) for item in asked], draft.rng)
    owners, one = about.phrase(draft), about.phrase(draft, plural=False)
    too = _kept(draft, about, link, False)
    names = " and ".join(Asked(item).words(draft) for item in view.names)
    text = draft.pick(
        (
            f"{draft.pick(SHOW)} all {owners} with the {fields} of their {parts}, {too}",
            f"for each {one}, the {fields} of every {one_part}, {too}",
            f"{draft.pick(SHOW)} {names} of {owners} and {fields} of their {parts}, {too}",
            f"{owners} with their {parts}' {fields}, {too}",
            f"{draft.pick(SHOW)} every {one} together with the {one_part} {fields}, {too}",
            f"what are the {names} of all {owners} and the {fields} of their {parts}, {too}",
            f"all {owners} and, if they have {parts}, the {fields} of these, {too}",
            f"{draft.pick(SHOW)} the {one_part} {fields} next to the {names} of each {one}, {too}",
        )
    )
    outputs = (*stands_for(view), *outputs_of(asked))
    if "next to the" in text and fields in text.split("next to the")[0]:
        outputs = (*outputs_of(asked), *stands_for(view))
    return Posed(Plan(outputs, about.where, optional=(part.entity,)), text)


def _parts_of(draft: Draft, view: EntityView) -> tuple[Link, Subject]:
    if not view.names:
        raise NotHere
    link = draft.pick([link for link in view.parts if link.hops == 1])
    about = subject(draft, view, most=1)
    if link.target.entity in about.about:
        raise NotHere
    return link, about


def _kept(draft: Draft, about: Subject, link: Link, counted: bool) -> str:
    """The words that keep those without parts."""
    owners, parts = about.noun.plural, link.noun.plural
    words = [
        f"including {owners} without any {parts}",
        f"also {owners} that have no {parts}",
        "including those without any",
        f"even for {owners} without {parts}",
        f"keeping {owners} with no {parts}",
        "including the ones that have none",
        f"{owners} without {parts} included",
        f"whether or not they have any {parts}",
    ]
    if counted:
        words += [
            "zero if there are none",
            f"with 0 for {owners} without {parts}",
            "zeros included",
        ]
    return draft.pick(words)
