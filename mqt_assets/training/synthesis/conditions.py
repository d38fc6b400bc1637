"""What is said of a thing: one predicate with words for it.

Words come in three forms: before the noun ("pending"), after it ("in Berlin"), or as a clause
that needs a lead ("price is over 50": whose ... / where ...). `noun_phrase` puts them together.
Depends on `draft` and `view`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from mqt_assets.training.synthesis.draft import (
    Draft,
    NotHere,
    fragment,
    number_range,
    number_value,
    span_pair,
    span_value,
    text_value,
    text_values,
)
from mqt_assets.training.synthesis.lexicon import (
    ADJECTIVE_HEADS,
    BY_HEADS,
    COMPARATIVES,
    PERIODS,
    PLACE_HEADS,
    RELATIONS,
    comparative_of,
    participle_of,
    people_place,
)
from mqt_assets.training.synthesis.view import EntityView, FieldView, Noun, Role
from mqt_assets.training.wording import MONTHS, join_words, synonym, with_article
from mqt_serving.query.literals import fit
from mqt_serving.query.plan import (
    Between,
    Comparator,
    Compare,
    DatePart,
    Exists,
    In,
    IsNull,
    Not,
    PartOf,
    Predicate,
    Text,
    TextMatch,
)
from mqt_serving.schema import BsonType

Form: TypeAlias = Literal["before", "after", "clause"]


@dataclass(frozen=True, slots=True)
class Said:
    predicate: Predicate
    form: Form
    text: str


def noun_phrase(draft: Draft, noun: str, said: list[Said]) -> str:
    """`pending orders in Berlin whose total is over 50`."""
    before = " ".join(item.text for item in said if item.form == "before")
    after = [item.text for item in said if item.form == "after"]
    clauses = [item.text for item in said if item.form == "clause"]
    text = f"{before} {noun}".strip()
    if after:
        text += " " + f" {draft.pick(('and', 'and', 'and', 'that are also'))} ".join(after[:1])
        for extra in after[1:]:
            text += draft.pick((" and ", " ", " and ")) + extra
    if clauses:
        if after and draft.chance(0.5):
            text += " and"
        lead = draft.pick(("whose", "whose", "whose", "where", "where the", "for which the"))
        text += f" {lead} " + join_words(clauses, draft.rng)
    return text


def field_words(draft: Draft, item: FieldView, owner: Noun | None = None) -> str:
    """What the field is called; with its owner when that is another thing than the subject."""
    plain = draft.pick(item.nouns)
    if draft.chance(0.16):
        plain = synonym(plain, draft.rng)
    if owner is None:
        return plain
    form = draft.rng.random()
    if plain.startswith(owner.singular):
        return plain
    if form < 0.55:
        return f"{owner.singular} {plain}"
    if form < 0.8 and " of " not in plain:
        return f"{plain} of the {owner.singular}"
    return f"{owner.singular}'s {plain}"


def condition(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None = None) -> Said:
    """Something true of some of the things; `owner` when the field belongs to another thing.

    Raises NotHere when the field gives nothing to say (no values, no range).
    """
    if item.gaps and draft.chance(0.14):
        return _gap(draft, item, owner)
    if draft.chance(0.008):
        return _existence(draft, item, owner)
    return _BY_ROLE[item.role](draft, view, item, owner)


# ---------------------------------------------------------------------- text


def _text(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
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
        text = draft.pick((f"not in {spelled}", f"outside {spelled}", f"that are not in {spelled}",
                           f"outside of {spelled}", f"not from {spelled}"))  # fmt: skip
        return Said(predicate, "after", text)
    if owner is None and item.head in ADJECTIVE_HEADS and draft.chance(0.4):
        text = draft.pick((f"that are not {spelled}", f"which aren't {spelled}"))
        return Said(predicate, "after", text)
    if draft.chance(0.3):
        text = draft.pick((f"with {with_article(name)} other than {spelled}", f"except {name} {spelled}",
                           f"with {name} not {spelled}", f"excluding {name} {spelled}"))  # fmt: skip
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
        if head in BY_HEADS:
            options += [("after", f"{word} {spelled}") for word in BY_HEADS[head]]
        if head in RELATIONS:
            options += [("after", form.format(spelled)) for form in RELATIONS[head]]
        if head in ("name", "username", "label") or (head == "title" and not view.is_person):
            options += [("after", f"{word} {spelled}") for word in ("named", "called", "named",
                                                                    "with the name")]  # fmt: skip
        if options:
            form, text = draft.pick(options)
            return Said(predicate, form, text)
    return _plain_equal(draft, item, owner, predicate, spelled)


def _plain_equal(
    draft: Draft, item: FieldView, owner: Noun | None, predicate: Predicate, spelled: str
) -> Said:
    name = field_words(draft, item, owner)
    if draft.chance(0.5):
        text = draft.pick(
            (f"with {name} {spelled}", f"with {with_article(name)} of {spelled}",
             f"having {name} {spelled}", f"with the {name} {spelled}", f"with {name} = {spelled}",
             f"of {name} {spelled}", f"for {name} {spelled}", f"that have {name} {spelled}",
             f"with {name} equal to {spelled}")
        )  # fmt: skip
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
        text = draft.pick((f"{name} is neither {nor}", f"{name} is not {either}",
                           f"{name} is not one of {', '.join(spelled)}"))  # fmt: skip
        return Said(predicate, "clause", text)
    either = join_words(spelled, draft.rng, "or")
    if owner is None and item.head in PLACE_HEADS and draft.chance(0.5):
        return Said(predicate, "after", f"{draft.pick(('in', 'from', 'in either'))} {either}")
    if draft.chance(0.4):
        return Said(predicate, "after", draft.pick(
            (f"with {name} {either}", f"with {name} in {', '.join(spelled)}",
             f"with either {name} {either}", f"with {with_article(name)} of {either}")
        ))  # fmt: skip
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
    "contains": ("with {1} in the {0}", "containing {1} in the {0}", "with {2} containing {1}",
                 "with {0} like {1}", "with {1} in their {0}"),
    "starts": ("with {2} starting with {1}", "with {0} beginning with {1}"),
    "ends": ("with {2} ending in {1}", "with {0} ending with {1}"),
}  # fmt: skip


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


def _code(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if item.schema.main_type.value == "string" and not item.schema.numeric_text:
        if draft.chance(0.25):
            return match_text(draft, item, owner)
        stored, spelled = text_value(draft, item)
    else:
        stored, spelled, _ = number_value(draft, item, exact=True)
    predicate = Compare(item.field, Comparator.EQ, stored)
    return _plain_equal(draft, item, owner, predicate, spelled)


def _identifier(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if not draft.chance(0.3):
        raise NotHere
    sample = draft.pick(item.schema.samples)
    predicate = Compare(item.field, Comparator.EQ, fit(sample, item.schema))
    return _plain_equal(draft, item, owner, predicate, draft.say(sample))


# -------------------------------------------------------------- yes, no, none


def _flag(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    value = draft.chance(0.68)
    predicate = Compare(item.field, Comparator.EQ, value)
    words = item.words
    if owner is None and words[0] in ("has", "with") and len(words) > 1 and draft.chance(0.85):
        thing = " ".join(words[1:])
        text = draft.pick(
            (f"with {thing}", f"that have {thing}", f"having {thing}")
            if value
            else (f"without {thing}", f"with no {thing}", f"that don't have {thing}")
        )
        return Said(predicate, "after", text)
    quality = " ".join(words[1:] if words[0] in ("is", "was") and len(words) > 1 else words)
    if owner is None and draft.chance(0.75):
        if value and len(quality.split()) < 3 and words[0] != "in" and draft.chance(0.6):
            return Said(predicate, "before", quality)
        text = draft.pick((f"that are {quality}", f"which are {quality}") if value else
                          (f"that are not {quality}", f"which aren't {quality}",
                           f"that are not {quality}"))  # fmt: skip
        if not value and words[0] != "in" and draft.chance(0.3):
            return Said(predicate, "before", draft.pick((f"not {quality}", f"non-{quality}")))
        return Said(predicate, "after", text)
    name = field_words(draft, item, owner)
    text = draft.pick(("true", "true", "yes") if value else ("false", "false", "no", "not true"))
    return Said(predicate, "clause", f"{name} is {text}")


def _gap(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    present = draft.chance(0.35)
    predicate = IsNull(item.field, negated=present)
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    if owner is None and done and item.role == Role.DATE and draft.chance(0.6):
        text = draft.pick((f"that were {done}", f"already {done}", f"that have been {done}")
                          if present else
                          (f"not {done}", f"that were never {done}", f"not yet {done}",
                           f"that have not been {done}"))  # fmt: skip
        return Said(predicate, "after", text)
    if owner is None and draft.chance(0.6):
        named = with_article(name)
        text = draft.pick((f"with {named}", f"that have {named}", f"having {named}")
                          if present else
                          (f"without {named}", f"with no {name}", f"that have no {name}",
                           f"missing {named}", f"lacking {named}", f"without {name}",
                           f"that don't have {named}"))  # fmt: skip
        return Said(predicate, "after", text)
    verb = draft.pick(("is known", "is set", "is given", "is not missing", "is not null",
                       "is not empty") if present else
                      ("is missing", "is unknown", "is not set", "is null", "is empty",
                       "is not given"))  # fmt: skip
    return Said(predicate, "clause", f"{name} {verb}")


def _existence(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    negated = draft.chance(0.5)
    name = field_words(draft, item, owner)
    if negated:
        text = draft.pick((f"{name} field does not exist", f"{name} field is absent"))
    else:
        text = draft.pick((f"{name} field exists", f"{name} field is present"))
    return Said(Exists(item.field, negated), "clause", text)


# ------------------------------------------------------------------- numbers


def _number(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    exact = 0.16 if item.schema.main_type == BsonType.INT else 0.05
    kind = draft.weighted((("compare", 0.7), ("between", 0.16), ("equal", exact), ("not", 0.02)))
    name = field_words(draft, item, owner)
    if kind == "between":
        low, high, low_text, high_text = number_range(draft, item)
        stretch = draft.pick((f"between {low_text} and {high_text}",
                              f"between {low_text} and {high_text}",
                              f"from {low_text} to {high_text}"))  # fmt: skip
        predicate: Predicate = Between(item.field, low, high)
        if draft.chance(0.05):
            return Said(Not(predicate), "clause", f"{name} is not {stretch}")
        if draft.chance(0.5):
            return Said(predicate, "after", f"with {with_article(name)} {stretch}")
        return Said(predicate, "clause", f"{name} is {stretch}")
    if kind in ("equal", "not"):
        stored, spelled, _ = number_value(draft, item, exact=True)
        if kind == "not":
            return Said(Compare(item.field, Comparator.NE, stored), "clause",
                        f"{name} is not {spelled}")  # fmt: skip
        return _plain_equal(draft, item, owner, Compare(item.field, Comparator.EQ, stored), spelled)
    stored, spelled, _ = number_value(draft, item)
    op = draft.weighted(
        (
            (Comparator.GT, 0.36),
            (Comparator.LT, 0.29),
            (Comparator.GTE, 0.2),
            (Comparator.LTE, 0.15),
        )
    )
    return said_comparison(draft, item, name, op, stored, spelled, owner)


def said_comparison(
    draft: Draft,
    item: FieldView,
    name: str,
    op: Comparator,
    stored: object,
    spelled: str,
    owner: Noun | None,
) -> Said:
    predicate = Compare(item.field, op, stored)  # type: ignore[arg-type]
    special = comparative_of(item.words, op)
    if owner is None and special and draft.chance(0.45):
        return Said(predicate, "after", draft.pick(special).format(spelled))
    phrase = draft.pick(COMPARATIVES[op]).format(spelled)
    if draft.chance(0.5):
        lead = draft.pick((f"with {with_article(name)}", f"with {name}", f"having {name}",
                           f"with {with_article(name)}"))  # fmt: skip
        return Said(predicate, "after", f"{lead} {phrase}")
    return Said(predicate, "clause", f"{name} {draft.pick(('is ', 'is ', ''))}{phrase}")


def _year(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    lead = done if owner is None and done and draft.chance(0.7) else None
    kind = draft.weighted((("equal", 0.38), ("compare", 0.42), ("between", 0.2)))
    if kind == "between":
        low, high, low_text, high_text = number_range(draft, item)
        predicate: Predicate = Between(item.field, low, high)
        stretch = f"between {low_text} and {high_text}"
    elif kind == "equal":
        stored, spelled, _ = number_value(draft, item, exact=True)
        predicate = Compare(item.field, Comparator.EQ, stored)
        stretch = f"in {spelled}"
    else:
        stored, spelled, _ = number_value(draft, item)
        word, op = draft.pick((("after", Comparator.GT), ("before", Comparator.LT),
                               ("since", Comparator.GTE), ("later than", Comparator.GT)))  # fmt: skip
        predicate = Compare(item.field, op, stored)
        stretch = f"{word} {spelled}"
    if lead:
        return Said(predicate, "after", f"{lead} {stretch}")
    if draft.chance(0.4):
        return Said(predicate, "after", f"with {with_article(name)} {stretch}")
    if kind == "equal":
        return Said(predicate, "clause", f"{name} is {stretch.removeprefix('in ')}")
    return Said(predicate, "clause", f"{name} is {stretch}")


# --------------------------------------------------------------------- dates


def _date(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    if draft.chance(0.05):
        return _calendar(draft, item, owner)
    predicate, stretch = date_stretch(draft, item)
    done = participle_of(item.words)
    if owner is None and done and draft.chance(0.72):
        lead = draft.pick((done, done, f"that were {done}", f"which were {done}"))
        return Said(predicate, "after", f"{lead} {stretch}")
    only = len(view.of_role(Role.DATE)) == 1
    if owner is None and (only or done is not None) and draft.chance(0.25):
        return Said(predicate, "after", stretch)
    name = field_words(draft, item, owner)
    if draft.chance(0.45):
        return Said(predicate, "after", f"with {with_article(name)} {stretch}")
    return Said(predicate, "clause", f"{name} is {stretch}")


def date_stretch(draft: Draft, item: FieldView) -> tuple[Predicate, str]:
    """A date test in words; before/since a span mean its start, after/until its end."""
    kind = draft.weighted(
        (("in", 0.4), ("before", 0.14), ("after", 0.16), ("since", 0.1), ("until", 0.05),
         ("between", 0.15))
    )  # fmt: skip
    if kind == "between":
        first, last = span_pair(draft, item)
        form = draft.pick(("between {} and {}", "between {} and {}", "from {} to {}",
                           "from {} until {}", "from {} through {}"))  # fmt: skip
        stretch = form.format(first.text, last.text)
        return Between(item.field, first.start, last.end, half_open=True), stretch
    span = span_value(draft, item)
    word = draft.pick(PERIODS[kind])
    match kind:
        case "in":
            word = draft.pick(("on", "on", "from")) if span.unit == "day" else word
            found: Predicate = Between(item.field, span.start, span.end, half_open=True)
        case "before":
            found = Compare(item.field, Comparator.LT, span.start)
        case "after":
            found = Compare(item.field, Comparator.GTE, span.end)
        case "since":
            found = Compare(item.field, Comparator.GTE, span.start)
        case _:
            found = Compare(item.field, Comparator.LT, span.end)
    return found, f"{word} {span.text}"


_WEEKDAYS: Final = (
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
)  # fmt: skip


def _calendar(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    """In any March, on any Monday: a part of the date rather than a stretch of time."""
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    if draft.chance(0.5):
        number = draft.rng.randrange(1, 13)
        part, stretch = DatePart.MONTH, f"in {draft.say(MONTHS[number - 1])}"
    else:
        number = draft.rng.randrange(1, 8)
        day = draft.say(_WEEKDAYS[number - 1])
        part, stretch = DatePart.WEEKDAY, draft.pick((f"on a {day}", f"on {day}s"))
    predicate = Compare(PartOf(part, item.field), Comparator.EQ, number)
    if owner is None and done:
        return Said(predicate, "after", f"{done} {stretch}")
    return Said(predicate, "clause", f"{name} is {stretch}")


def _text_date(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    stored = draft.pick(item.schema.samples)
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    word, op = draft.pick((("after", Comparator.GT), ("before", Comparator.LT),
                           ("on", Comparator.EQ), ("later than", Comparator.GT)))  # fmt: skip
    predicate = Compare(item.field, op, stored)
    spelled = draft.say(draft.pick((stored, f'"{stored}"', stored)))
    if owner is None and done and draft.chance(0.6):
        return Said(predicate, "after", f"{done} {word} {spelled}")
    verb = "is" if op == Comparator.EQ else f"is {word}"
    return Said(predicate, "clause", f"{name} {verb} {spelled}")


_Maker: TypeAlias = Callable[[Draft, EntityView, FieldView, Noun | None], Said]
_BY_ROLE: Final[dict[Role, _Maker]] = {
    Role.NAME: _text,
    Role.CATEGORY: _text,
    Role.TEXT: _text,
    Role.LONG_TEXT: lambda draft, view, item, owner: match_text(draft, item, owner),
    Role.CODE: _code,
    Role.ID: _identifier,
    Role.BOOL: _flag,
    Role.DATE: _date,
    Role.TEXT_DATE: _text_date,
    Role.YEAR: _year,
    Role.NUMBER: _number,
}
