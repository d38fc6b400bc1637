"""Tests on text: equal, one of several, containing, and the values of codes and identifiers."""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.draft import (
    Draft,
    NotHere,
    fragment,
    number_value,
    text_value,
    text_values,
)
from mqt_assets.training.synthesis.lexicon import (
    ADJECTIVE_HEADS,
    BY_HEADS,
    PLACE_HEADS,
    RELATIONS,
    people_place,
)
from mqt_assets.training.synthesis.phrases import Form, Said, field_words
from mqt_assets.training.synthesis.things import EntityView, FieldView, Noun, Role
from mqt_assets.training.wording import join_words
from mqt_serving.english import with_article
from mqt_serving.query.literals import fit
from mqt_serving.query.plan import (
    Comparator,
    Compare,
    In,
    Predicate,
    Text,
    TextMatch,
)


def text_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    kind = draft.weighted(
        (("equal", 0.66), ("in", 0.12), ("match", 0.08), ("not", 0.1), ("not in", 0.04))
        if item.role == Role.CATEGORY
        else (("equal", 0.55), ("in", 0.08), ("match", 0.31), ("not", 0.05), ("not in", 0.01))
    )
    match kind:
        case "equal":
            return _equal_text(draft, view, item, owner)
        case "match":
            return match_text(draft, item, owner)
        case "in" | "not in":
            return _any_text(draft, item, owner, negated=kind == "not in")
    stored, spelled = text_value(draft, item)
    name = field_words(draft, item, owner)
    predicate = Compare(item.field, Comparator.NE, stored)
    if owner is None and item.head in PLACE_HEADS and draft.chance(0.4):
        text = draft.pick(
            (
                f"not in {spelled}",
                f"outside {spelled}",
                f"that are not in {spelled}",
                f"outside of {spelled}",
                f"not from {spelled}",
            )
        )
        return Said(predicate, "after", text)
    if owner is None and item.head in ADJECTIVE_HEADS and draft.chance(0.4):
        text = draft.pick((f"that are not {spelled}", f"which aren't {spelled}"))
        return Said(predicate, "after", text)
    if draft.chance(0.3):
        text = draft.pick(
            (
                f"with {with_article(name)} other than {spelled}",
                f"except {name} {spelled}",
                f"with {name} not {spelled}",
                f"excluding {name} {spelled}",
            )
        )
        return Said(predicate, "after", text)
    verb = draft.pick(("is not", "isn't", "is different from", "is anything but", "!=", "is not"))
    return Said(predicate, "clause", f"{name} {verb} {spelled}")


def _equal_text(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    stored, spelled = text_value(draft, item)
    predicate = Compare(item.field, Comparator.EQ, stored)
    head, bare = item.head, spelled.strip("\"'")
    if owner is None and draft.chance(0.62):
        options: list[tuple[Form, str]] = []
        if head in PLACE_HEADS:
            options += [("after", f"{word} {spelled}") for word in people_place(view.is_person)]
        if head in ADJECTIVE_HEADS and len(bare.split()) <= 2 and bare == spelled:
            options += [("before", spelled)] * 4
            options += [("after", f"that are {spelled}"), ("after", f"which are {spelled}")]
        elif item.role == Role.CATEGORY and len(bare.split()) <= 2 and bare == spelled:
            # "phone orders", "delivery tickets": most categories can stand before the noun.
            options += [("before", spelled)] * 2
        if head in BY_HEADS:
            options += [("after", f"{word} {spelled}") for word in BY_HEADS[head]]
        if head in RELATIONS:
            options += [("after", form.format(spelled)) for form in RELATIONS[head]]
        if head in ("name", "username", "label") or (head == "title" and not view.is_person):
            options += [
                ("after", f"{word} {spelled}")
                for word in ("named", "called", "named", "with the name")
            ]
        if options:
            form, text = draft.pick(options)
            return Said(predicate, form, text)
    return plain_equal(draft, item, owner, predicate, spelled)


def plain_equal(
    draft: Draft, item: FieldView, owner: Noun | None, predicate: Predicate, spelled: str
) -> Said:
    name = field_words(draft, item, owner)
    if draft.chance(0.5):
        text = draft.pick(
            (
                f"with {name} {spelled}",
                f"with {with_article(name)} of {spelled}",
                f"having {name} {spelled}",
                f"with the {name} {spelled}",
                f"with {name} = {spelled}",
                f"of {name} {spelled}",
                f"for {name} {spelled}",
                f"that have {name} {spelled}",
                f"with {name} equal to {spelled}",
            )
        )
        return Said(predicate, "after", text)
    verb = draft.pick(("is", "is", "is", "is", "equals", "=", "is equal to", "was"))
    return Said(predicate, "clause", f"{name} {verb} {spelled}")


def _any_text(draft: Draft, item: FieldView, owner: Noun | None, negated: bool) -> Said:
    chosen = text_values(draft, item, draft.weighted(((2, 0.75), (3, 0.25))))
    values, spelled = tuple(value for value, _ in chosen), [text for _, text in chosen]
    predicate = In(item.field, values, negated)
    name = field_words(draft, item, owner)
    if negated:
        nor = join_words(spelled, draft.rng, "nor")
        either = join_words(spelled, draft.rng, "or")
        text = draft.pick(
            (
                f"{name} is neither {nor}",
                f"{name} is not {either}",
                f"{name} is not one of {', '.join(spelled)}",
            )
        )
        return Said(predicate, "clause", text)
    either = join_words(spelled, draft.rng, "or")
    if owner is None and item.head in PLACE_HEADS and draft.chance(0.5):
        return Said(predicate, "after", f"{draft.pick(('in', 'from', 'in either'))} {either}")
    if draft.chance(0.4):
        return Said(
            predicate,
            "after",
            draft.pick(
                (
                    f"with {name} {either}",
                    f"with {name} in {', '.join(spelled)}",
                    f"with either {name} {either}",
                    f"with {with_article(name)} of {either}",
                )
            ),
        )
    text = draft.pick(
        (
            f"{name} is {either}",
            f"{name} is either {either}",
            f"{name} is one of {either}",
            f"{name} is in {', '.join(spelled)}",
        )
    )
    return Said(predicate, "clause", text)


_MATCH_VERBS: Final = {
    "contains": ("contains", "includes", "has", "mentions", "contains the word", "contains"),
    "starts": ("starts with", "begins with", "starts with", "starts with the letters"),
    "ends": ("ends with", "ends in", "finishes with"),
}


_MATCH_AFTER: Final = {
    "contains": (
        "with {1} in the {0}",
        "containing {1} in the {0}",
        "with {2} containing {1}",
        "with {0} like {1}",
        "with {1} in their {0}",
    ),
    "starts": ("with {2} starting with {1}", "with {0} beginning with {1}"),
    "ends": ("with {2} ending in {1}", "with {0} ending with {1}"),
}


def match_text(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    part, spelled, where = fragment(draft, item)
    negated = draft.chance(0.08)
    predicate = Text(item.field, TextMatch(where), part, negated=negated)
    name = field_words(draft, item, owner)
    if negated:
        verb = {"contains": "contain", "starts": "start with", "ends": "end with"}[where]
        return Said(predicate, "clause", f"{name} does not {verb} {spelled}")
    if draft.chance(0.45):
        return Said(
            predicate,
            "after",
            draft.pick(_MATCH_AFTER[where]).format(name, spelled, with_article(name)),
        )
    return Said(predicate, "clause", f"{name} {draft.pick(_MATCH_VERBS[where])} {spelled}")


def code_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if item.schema.main_type.value == "string" and not item.schema.numeric_text:
        if draft.chance(0.25):
            return match_text(draft, item, owner)
        stored, spelled = text_value(draft, item)
    else:
        stored, spelled, _ = number_value(draft, item, exact=True)
    predicate = Compare(item.field, Comparator.EQ, stored)
    return plain_equal(draft, item, owner, predicate, spelled)


def identifier_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if not draft.chance(0.3):
        raise NotHere
    sample = draft.pick(item.schema.samples)
    predicate = Compare(item.field, Comparator.EQ, fit(sample, item.schema))
    return plain_equal(draft, item, owner, predicate, draft.say(sample))
