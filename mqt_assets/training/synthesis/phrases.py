"""What is said of a thing, and the noun phrase that says it.

Words come in three forms: before the noun ("pending"), after it ("in Berlin"), or as a clause
that needs a lead ("price is over 50": whose ... / where ...). Depends on `draft` and `view`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mqt_assets.training.synthesis.draft import (
    Draft,
)
from mqt_assets.training.synthesis.things import FieldView, Noun
from mqt_assets.training.wording import join_words, synonym
from mqt_serving.query.plan import (
    Predicate,
)

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
