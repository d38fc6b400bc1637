"""The subject of a question: a thing, what is said of it, and the words for both.

Chooses fields and conditions the way people do: mostly of the thing itself, sometimes of what
it belongs to (the customer of an order) or of what belongs to it (orders with an item ...).
Depends on `conditions`, `draft` and `view`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_value
from mqt_assets.training.synthesis.phrases import Said, field_words, noun_phrase
from mqt_assets.training.synthesis.things import EntityView, FieldView, Link, Noun, Role
from mqt_assets.training.wording import synonym
from mqt_serving.english import article, plural_phrase
from mqt_serving.query.plan import (
    And,
    Comparator,
    Compare,
    Field,
    Or,
    Plan,
    Predicate,
    Related,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing with what is said of it; `where` says the same as a predicate."""

    view: EntityView
    noun: Noun
    said: tuple[Said, ...]
    where: Predicate | None
    either: bool = False  # the conditions are alternatives
    about: frozenset[object] = frozenset()  # fields and entities that conditions speak of

    def phrase(self, draft: Draft, plural: bool = True, front: str = "") -> str:
        """The noun phrase; `front` goes before everything (`5 cheapest`)."""
        noun = self.noun.plural if plural else self.noun.singular
        if self.either:
            clauses = " or ".join(item.text for item in self.said)
            text = f"{noun} {draft.pick(('whose', 'where', 'where either'))} {clauses}"
        else:
            text = noun_phrase(draft, noun, list(self.said))
        return f"{front} {text}".strip()


@dataclass(frozen=True, slots=True)
class Asked:
    """A field to return, group or order by; `owner` names the thing when it isn't the subject."""

    view: FieldView
    owner: Noun | None = None

    @property
    def field(self) -> Field:
        return self.view.field

    def words(self, draft: Draft, plural: bool = False) -> str:
        text = field_words(draft, self.view, self.owner)
        if not plural:
            return text
        head, of, tail = text.partition(" of the ")
        return f"{plural_phrase(head)}{of}{tail}"


@dataclass(frozen=True, slots=True)
class Posed:
    """A finished plan with its question, before style."""

    plan: Plan
    question: str


# ------------------------------------------------------------------ subjects


def subject(draft: Draft, view: EntityView, least: int = 0, most: int = 3) -> Subject:
    """The thing with `least` to `most` conditions."""
    noun = draft.pick(view.nouns)
    if draft.chance(0.1):
        head = synonym(noun.singular, draft.rng)
        noun = Noun(head, plural_phrase(head))
    wanted = min(most, max(least, draft.weighted(((0, 0.26), (1, 0.38), (2, 0.26), (3, 0.1)))))
    said: list[Said] = []
    used: set[object] = set()
    for _ in range(wanted * 3):
        if len(said) == wanted:
            break
        marks = len(draft.literals)
        try:
            found, about = _one(draft, view)
        except NotHere:
            del draft.literals[marks:]
            continue
        if about in used or sum(item.form == "before" for item in said) > 1:
            del draft.literals[marks:]
            continue
        used.add(about)
        said.append(found)
    if len(said) < least:
        raise NotHere
    # Predicates stand in the order in which the question says them.
    order = {"before": 0, "after": 1, "clause": 2}
    said.sort(key=lambda item: order[item.form])
    predicates = tuple(item.predicate for item in said)
    if len(said) == 2 and all(item.form == "clause" for item in said) and draft.chance(0.45):
        return Subject(view, noun, tuple(said), Or(predicates), True, frozenset(used))
    where = None if not said else predicates[0] if len(said) == 1 else And(predicates)
    return Subject(view, noun, tuple(said), where, False, frozenset(used))


def _one(draft: Draft, view: EntityView) -> tuple[Said, object]:
    """A condition on the thing, its owner, its parts or its lists, and what it is about."""
    # Keys are asked about when they may be missing ("not assigned to anyone"), else seldom.
    own = [
        item
        for item in view.fields
        if item.role != Role.ID or draft.chance(0.5 if item.gaps else 0.08)
    ]
    kind = draft.weighted(
        (
            ("own", 0.74 if own else 0.0),
            ("list", 0.08 if view.lists else 0.0),
            ("owner", 0.15 if view.owners else 0.0),
            ("part", 0.09 if view.parts else 0.0),
            ("pair", 0.02),
            ("never", 1e-9),
        )
    )
    match kind:
        case "own":
            item = draft.pick(own)
            return condition(draft, view, item), item.field
        case "list":
            return _listed(draft, view)
        case "owner":
            link = draft.pick(view.owners)
            item = _telling_field(draft, link.target)
            return _of_owner(draft, link, item), item.field
        case "part":
            link = draft.pick(view.parts)
            return with_part(draft, view, link), link.target.entity
        case "pair":
            return _pair(draft, view)
    raise NotHere


def _telling_field(draft: Draft, view: EntityView) -> FieldView:
    return draft.pick([item for item in view.fields if item.role not in (Role.ID, Role.LONG_TEXT)])


_OF: Final = ("of", "from", "of", "for", "belonging to")


def _of_owner(draft: Draft, link: Link, item: FieldView) -> Said:
    """`whose customer city is Rome`, `of customers in Rome`, `of the customer Ann`."""
    if item in link.target.names and len(link.target.names) == 1 and draft.chance(0.6):
        stored, spelled = text_value(draft, item)
        predicate = Compare(item.field, Comparator.EQ, stored)
        noun = link.noun.singular
        options = [
            f"of {spelled}",
            f"for {spelled}",
            f"of {noun} {spelled}",
            f"for {noun} {spelled}",
            f"of the {noun} {spelled}",
            f"from {spelled}",
        ]
        if link.target.is_person:
            options += [f"by {spelled}", f"by {noun} {spelled}"]
        if link.inside:
            options += [f"in {noun} {spelled}", f"in {spelled}"]
        return Said(predicate, "after", draft.pick(options))
    if draft.chance(0.5):
        return condition(draft, link.target, item, link.noun)
    inner = condition(draft, link.target, item)
    word = draft.pick(("in", "of", "in", "from")) if link.inside else draft.pick(_OF)
    if link.target.is_person and not link.inside and draft.chance(0.35):
        word = "by"
    if draft.chance(0.65):
        phrase = noun_phrase(draft, link.noun.plural, [inner])
        return Said(inner.predicate, "after", f"{word} {phrase}")
    phrase = noun_phrase(draft, link.noun.singular, [inner])
    return Said(inner.predicate, "after", f"{word} {_a(phrase)}")


def with_part(draft: Draft, view: EntityView, link: Link, negated: bool | None = None) -> Said:
    """The thing has at least one part (such that ...), or none."""
    if negated is None:
        negated = draft.chance(0.35)
    noun = draft.pick((link.noun, link.noun, draft.pick(link.target.nouns)))
    where: Predicate | None = None
    inner: list[Said] = []
    if draft.chance(0.68 if not negated else 0.35):
        fields = [item for item in link.target.fields if item.role != Role.ID]
        inner = [condition(draft, link.target, draft.pick(fields))]
        where = inner[0].predicate
        if draft.chance(0.14) and inner[0].form != "before":
            other = condition(draft, link.target, draft.pick(fields))
            if other.form == inner[0].form and _left(other) != _left(inner[0]):
                inner.append(other)
                where = And((where, other.predicate))
    predicate: Predicate = Related(link.target.entity, where, negated)
    if link.inside and len(inner) == 1 and where is not None and not negated:
        # One test on an array needs no quantifier: "at least one" is what a plan means.
        predicate = where
    who = "who" if view.is_person else "that"
    one, many = (noun_phrase(draft, word, inner) for word in (noun.singular, noun.plural))
    if negated:
        text = draft.pick(
            (
                f"without any {many}",
                f"with no {many}",
                f"{who} have no {many}",
                f"without {many}",
                f"{who} don't have any {many}",
                f"{who} never had any {many}",
                f"{who} do not have {_a(one)}",
                f"with no {one}",
            )
        )
    else:
        text = draft.pick(
            (
                f"with at least one {one}",
                f"{who} have {many}",
                f"{who} have at least one {one}",
                f"with {many}",
                f"with {_a(one)}",
                f"{who} have {_a(one)}",
                f"having {many}",
                f"with any {many}",
            )
        )
    return Said(predicate, "after", text)


def _left(said: Said) -> object:
    return getattr(said.predicate, "left", None)


def _a(phrase: str) -> str:
    return f"{article(phrase)} {phrase}"


def _listed(draft: Draft, view: EntityView) -> tuple[Said, object]:
    item = draft.pick(view.lists)
    stored, spelled = text_value(draft, item)
    many = draft.pick(item.nouns)
    one = Asked(item).words(draft)
    one = one.removesuffix("s") if one.endswith("s") and not one.endswith("ss") else one
    predicate = Compare(item.field, Comparator.EQ, stored)
    text = draft.pick(
        (
            f"with {one} {spelled}",
            f"with the {one} {spelled}",
            f"with {spelled} in the {many}",
            f"whose {many} include {spelled}",
            f"that have {one} {spelled}",
            f"having {spelled} among the {many}",
            f"whose {many} contain {spelled}",
        )
    )
    return Said(predicate, "after", text), item.field


def _pair(draft: Draft, view: EntityView) -> tuple[Said, object]:
    """One field against another of the same kind."""
    role = draft.pick((Role.NUMBER, Role.DATE))
    items = view.of_role(role)
    if len(items) < 2:
        raise NotHere
    left, right = draft.rng.sample(items, 2)
    if role == Role.NUMBER and left.head != right.head and not draft.chance(0.3):
        raise NotHere
    more, less = (
        ("later than", "earlier than") if role == Role.DATE else ("greater than", "less than")
    )
    op, word = draft.pick(((Comparator.GT, more), (Comparator.LT, less)))
    if role == Role.DATE and draft.chance(0.5):
        word = "after" if op == Comparator.GT else "before"
    text = f"{field_words(draft, left)} is {word} the {field_words(draft, right)}"
    return Said(Compare(left.field, op, right.field), "clause", text), left.field


# -------------------------------------------------------------------- fields


_ASK_WEIGHT: Final = {
    Role.NAME: 3.0,
    Role.CATEGORY: 1.4,
    Role.TEXT: 1.5,
    Role.LONG_TEXT: 0.5,
    Role.CODE: 1.0,
    Role.ID: 0.1,
    Role.BOOL: 0.4,
    Role.DATE: 1.2,
    Role.TEXT_DATE: 1.2,
    Role.YEAR: 1.0,
    Role.NUMBER: 1.5,
}


def some_fields(draft: Draft, view: EntityView, count: int) -> list[Asked]:
    """Different fields to return, seldom one of an owner."""
    found: list[Asked] = []
    for _ in range(count * 3):
        if len(found) == count:
            break
        if view.owners and draft.chance(0.1):
            link = draft.pick(view.owners)
            names = link.target.names[:1]
            item = names[0] if names and draft.chance(0.6) else _telling_field(draft, link.target)
            asked = Asked(item, link.noun)
        else:
            asked = Asked(draft.weighted([(item, _ASK_WEIGHT[item.role]) for item in view.fields]))
        if all(asked.field != other.field for other in found):
            found.append(asked)
    if len(found) < count:
        raise NotHere
    return found


def measure(draft: Draft, view: EntityView) -> Asked:
    """A number to compute with, seldom of an owner."""
    if view.owners and draft.chance(0.06):
        link = draft.pick(view.owners)
        return Asked(draft.pick(link.target.of_role(Role.NUMBER)), link.noun)
    return Asked(draft.pick(view.of_role(Role.NUMBER)))


def group_field(draft: Draft, view: EntityView, flags: bool = False) -> Asked:
    """A field that makes groups: of the thing, of its owner (often its name), or a list.

    Yes-or-no fields have no plural to ask for ("which actives"): only where `flags` allows.
    """
    if view.owners and draft.chance(0.3):
        link = draft.pick(view.owners)
        if len(link.target.names) == 1 and draft.chance(0.6):
            return Asked(link.target.names[0], link.noun)
        return Asked(
            draft.pick([item for item in link.target.fields if _parts(item, flags)]), link.noun
        )
    if view.lists and draft.chance(0.12):
        return Asked(draft.pick(view.lists))
    items = [item for item in view.fields if _parts(item, flags) and item not in view.names]
    return Asked(draft.pick(items))


def _parts(item: FieldView, flags: bool) -> bool:
    return item.groups and (flags or item.role != Role.BOOL)
