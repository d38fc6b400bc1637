"""Tests on numbers and flags, and on whether there is a value at all."""

from __future__ import annotations

from mqt_assets.training.synthesis.draft import (
    Draft,
    number_range,
    number_value,
)
from mqt_assets.training.synthesis.lexicon import (
    COMPARATIVES,
    between_of,
    comparative_of,
    measure_of,
)
from mqt_assets.training.synthesis.phrases import Said, field_words
from mqt_assets.training.synthesis.text_conditions import plain_equal
from mqt_assets.training.synthesis.things import EntityView, FieldView, Noun, Role
from mqt_serving.english import participle_of, with_article
from mqt_serving.query.plan import (
    Between,
    Comparator,
    Compare,
    Exists,
    IsNull,
    Not,
    Predicate,
)
from mqt_serving.schema import BsonType


def flag_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
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
    if owner is None and not _is_quality(quality) and draft.chance(0.6):
        who = "who" if view.is_person else "that"
        text = draft.pick(
            (f"with {quality}", f"with a {quality}", f"{who} have {quality}", f"on {quality}")
            if value
            else (
                f"without {quality}",
                f"with no {quality}",
                f"{who} don't have {quality}",
                f"{who} don't get the {quality}",
                f"not on {quality}",
            )
        )
        return Said(predicate, "after", text)
    if owner is None and draft.chance(0.75):
        if value and len(quality.split()) < 3 and words[0] != "in" and draft.chance(0.6):
            return Said(predicate, "before", quality)
        text = draft.pick(
            (f"that are {quality}", f"which are {quality}")
            if value
            else (f"that are not {quality}", f"which aren't {quality}", f"that are not {quality}")
        )
        if not value and words[0] != "in" and draft.chance(0.3):
            un = f"un{quality}" if quality.endswith("ed") else f"non-{quality}"
            return Said(predicate, "before", draft.pick((f"not {quality}", un, un)))
        return Said(predicate, "after", text)
    name = field_words(draft, item, owner)
    text = draft.pick(("true", "true", "yes") if value else ("false", "false", "no", "not true"))
    return Said(predicate, "clause", f"{name} is {text}")


def _is_quality(words: str) -> bool:
    """Whether the words describe (active, verified) rather than name something (newsletter)."""
    return words.endswith(("ed", "ble", "ive", "al", "ic", "ous", "ing", "ful", "y", "t"))


def gap_test(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    present = draft.chance(0.35)
    predicate = IsNull(item.field, negated=present)
    name = field_words(draft, item, owner)
    done = participle_of(item.words)
    if owner is None and item.words[-1] in ("to", "by") and draft.chance(0.75):
        return Said(predicate, "after", _to_or_by_someone(draft, item.words, present))
    if owner is None and done and item.role == Role.DATE and draft.chance(0.6):
        text = draft.pick(
            (f"that were {done}", f"already {done}", f"that have been {done}")
            if present
            else (
                f"not {done}",
                f"that were never {done}",
                f"not yet {done}",
                f"that have not been {done}",
            )
        )
        return Said(predicate, "after", text)
    if owner is None and draft.chance(0.6):
        named = with_article(name)
        text = draft.pick(
            (
                f"with {named}",
                f"that have {named}",
                f"having {named}",
                f"with {named} on file",
                f"that came with {named}",
                f"where {named} is recorded",
            )
            if present
            else (
                f"without {named}",
                f"with no {name}",
                f"that have no {name}",
                f"missing {named}",
                f"lacking {named}",
                f"without {name}",
                f"that don't have {named}",
                f"with no {name} on file",
                f"that we have no {name} for",
                f"for which there is no {name}",
            )
        )
        return Said(predicate, "after", text)
    verb = draft.pick(
        ("is known", "is set", "is given", "is not missing", "is not null", "is not empty")
        if present
        else ("is missing", "is unknown", "is not set", "is null", "is empty", "is not given")
    )
    return Said(predicate, "clause", f"{name} {verb}")


def _to_or_by_someone(draft: Draft, words: tuple[str, ...], present: bool) -> str:
    """`assigned_to`, `approved_by`: assigned to someone, not approved by anyone."""
    done, particle = " ".join(words[:-1]), words[-1]
    if present:
        return draft.pick(
            (
                f"{done} {particle} someone",
                f"that are {done} {particle} somebody",
                f"that have been {done}",
                f"already {done}",
            )
        )
    return draft.pick(
        (
            f"not {done} {particle} anybody",
            f"{done} {particle} nobody",
            f"that nobody is {done} {particle}" if particle == "to" else f"nobody has {done}",
            f"that are not {done} yet",
            f"not {done}",
            f"that are un{done}",
            f"without anyone {done}",
        )
    )


def existence_test(draft: Draft, item: FieldView, owner: Noun | None) -> Said:
    negated = draft.chance(0.5)
    name = field_words(draft, item, owner)
    if negated:
        text = draft.pick((f"{name} field does not exist", f"{name} field is absent"))
    else:
        text = draft.pick((f"{name} field exists", f"{name} field is present"))
    return Said(Exists(item.field, negated), "clause", text)


def number_test(draft: Draft, view: EntityView, item: FieldView, owner: Noun | None) -> Said:
    exact = 0.16 if item.schema.main_type == BsonType.INT else 0.05
    kind = draft.weighted((("compare", 0.7), ("between", 0.16), ("equal", exact), ("not", 0.02)))
    name = field_words(draft, item, owner)
    if kind == "between":
        low, high, low_text, high_text = number_range(draft, item)
        stretch = draft.pick(
            (
                f"between {low_text} and {high_text}",
                f"between {low_text} and {high_text}",
                f"from {low_text} to {high_text}",
            )
        )
        predicate: Predicate = Between(item.field, low, high)
        if draft.chance(0.05):
            return Said(Not(predicate), "clause", f"{name} is not {stretch}")
        special = between_of(item.words) if owner is None and _speaks_for(view, item) else ()
        if special and draft.chance(0.45):
            return Said(predicate, "after", f"{draft.pick(special)} {stretch}")
        if draft.chance(0.5):
            return Said(predicate, "after", f"with {with_article(name)} {stretch}")
        return Said(predicate, "clause", f"{name} is {stretch}")
    if kind in ("equal", "not"):
        stored, spelled, _ = number_value(draft, item, exact=True)
        if kind == "not":
            return Said(
                Compare(item.field, Comparator.NE, stored), "clause", f"{name} is not {spelled}"
            )
        return plain_equal(draft, item, owner, Compare(item.field, Comparator.EQ, stored), spelled)
    stored, spelled, _ = number_value(draft, item)
    op = draft.weighted(
        (
            (Comparator.GT, 0.36),
            (Comparator.LT, 0.29),
            (Comparator.GTE, 0.2),
            (Comparator.LTE, 0.15),
        )
    )
    special = comparative_of(item.words, op) if owner is None and _speaks_for(view, item) else ()
    if special and draft.chance(0.45):
        return Said(Compare(item.field, op, stored), "after", draft.pick(special).format(spelled))
    return said_comparison(draft, item, name, op, stored, spelled)


def _speaks_for(view: EntityView, item: FieldView) -> bool:
    """Whether the measure's own words mean this field: of price and cost, only price "costs"."""
    measure = measure_of(item.words)
    if measure in item.words:
        return True
    return all(measure not in other.words for other in view.fields)


def said_comparison(
    draft: Draft,
    item: FieldView,
    name: str,
    op: Comparator,
    stored: object,
    spelled: str,
) -> Said:
    predicate = Compare(item.field, op, stored)  # type: ignore[arg-type]
    phrase = draft.pick(COMPARATIVES[op]).format(spelled)
    if draft.chance(0.5):
        lead = draft.pick(
            (
                f"with {with_article(name)}",
                f"with {name}",
                f"having {name}",
                f"with {with_article(name)}",
            )
        )
        return Said(predicate, "after", f"{lead} {phrase}")
    return Said(predicate, "clause", f"{name} {draft.pick(('is ', 'is ', ''))}{phrase}")
