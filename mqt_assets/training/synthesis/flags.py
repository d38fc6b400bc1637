"""Shapes about yes and no: active, no longer active, verified but not yet paid.

Depends on `wanted`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_serving.query.plan import And, Comparator, Compare, Or, Predicate


def flagged(draft: Draft, view: EntityView) -> Posed:
    """Customers that are still active; orders paid but not shipped."""
    flags = view.of_role(Role.BOOL)
    if len(flags) > 1 and draft.chance(0.5):
        first, second = draft.rng.sample(flags, 2)
        return _two_flags(draft, view, first, second)
    return _one_flag(draft, view, draft.pick(flags))


def _one_flag(draft: Draft, view: EntityView, item: FieldView) -> Posed:
    noun = draft.pick(view.nouns).plural
    value = draft.chance(0.5)
    word = _quality(item)
    who = "who" if view.is_person and draft.chance(0.7) else "that"
    done = word.endswith("ed")
    if value:
        forms = [
            f"{noun} {who} are {word}",
            f"{word} {noun}",
            f"{noun} marked as {word}",
            f"{noun} flagged as {word}",
            f"only the {word} {noun}",
            f"{noun} where {word} is true",
            f"{noun} with {word} set to yes",
            f"{noun} for which {word} is set",
            *(
                (f"already {word} {noun}", f"{noun} {who} have been {word}")
                if done
                else (f"{noun} {who} are still {word}", f"{noun} {who} are currently {word}")
            ),
        ]
    else:
        forms = [
            f"{noun} {who} are not {word}",
            f"{noun} {who} aren't {word}",
            f"{noun} not marked as {word}",
            f"{noun} not flagged as {word}",
            f"{noun} where {word} is false",
            f"{noun} with {word} set to no",
            f"non-{word} {noun}",
            f"{noun} for which {word} is off",
            *(
                (f"{noun} {who} are not yet {word}", f"{noun} {who} were never {word}",
                 f"un{word} {noun}", f"{noun} {who} still have to be {word}")
                if done
                else (f"{noun} {who} are no longer {word}", f"{noun} {who} are not {word} any more")
            ),
        ]  # fmt: skip
    where = Compare(item.field, Comparator.EQ, value)
    return posed_rows(draft, view, draft.pick(forms), where)


def _two_flags(draft: Draft, view: EntityView, first: FieldView, second: FieldView) -> Posed:
    """Active but not verified; neither paid nor cancelled; one or the other."""
    one, other = _quality(first), _quality(second)
    noun = draft.pick(view.nouns).plural
    who = "who" if view.is_person and draft.chance(0.7) else "that"
    kind = draft.pick(("and", "but not", "neither", "or"))
    yes = [Compare(item.field, Comparator.EQ, True) for item in (first, second)]
    no = [Compare(item.field, Comparator.EQ, False) for item in (first, second)]
    match kind:
        case "and":
            where: Predicate = And((yes[0], yes[1]))
            forms: tuple[str, ...] = (
                f"{noun} {who} are both {one} and {other}",
                f"{noun} {who} are {one} and {other}",
                f"{noun} {who} are {one} as well as {other}",
                f"{one} {noun} {who} are also {other}",
            )
        case "but not":
            where = And((yes[0], no[1]))
            forms = (
                f"{noun} {who} are {one} but not {other}",
                f"{one} {noun} {who} are not {other}",
                f"{noun} {who} are {one} and not {other}",
                f"{one} but not {other} {noun}",
                f"{one} {noun}, except the {other} ones",
            )
        case "neither":
            where = And((no[0], no[1]))
            forms = (
                f"{noun} {who} are neither {one} nor {other}",
                f"{noun} {who} are not {one} and not {other}",
                f"neither {one} nor {other} {noun}",
            )
        case _:
            where = Or((yes[0], yes[1]))
            forms = (
                f"{noun} {who} are {one} or {other}",
                f"{noun} {who} are either {one} or {other}",
                f"{noun} {who} are {one} or {other} or both",
            )
    return posed_rows(draft, view, draft.pick(forms), where)


def _quality(item: FieldView) -> str:
    """The words of a flag that describe a thing; raises NotHere where they name something."""
    words = item.words
    if words[0] in ("has", "in", "with", "on"):
        raise NotHere
    words = words[1:] if words[0] in ("is", "was", "are") and len(words) > 1 else words
    quality = " ".join(words)
    if not quality.endswith(("ed", "ble", "ive", "ic", "al", "ous", "en", "paid", "open", "ful")):
        raise NotHere
    return quality
