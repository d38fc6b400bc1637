"""Shapes that test a field against a value that another query finds.

Above the average, equal to the least (ties included), greater than the greatest of another
thing, more than a thing called by name has. Depends on `wanted`.
"""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_value
from mqt_assets.training.synthesis.lexicon import comparative_of, measure_of, superlatives_of
from mqt_assets.training.synthesis.phrases import field_words, noun_phrase
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_serving.english import with_article
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Comparator,
    Compare,
    Field,
    Function,
    Output,
    Plan,
    Predicate,
)

_ABOVE: Final = ("above", "higher than", "greater than", "more than", "over", "larger than")
_BELOW: Final = ("below", "lower than", "less than", "under", "smaller than")
_VERSUS: Final[dict[Comparator, tuple[str, ...]]] = {
    Comparator.GT: _ABOVE,
    Comparator.LT: _BELOW,
    Comparator.GTE: ("at least", "no less than", "equal to or above", "not below"),
    Comparator.LTE: ("at most", "no more than", "equal to or below", "not above"),
}


def beside_average(draft: Draft, view: EntityView) -> Posed:
    """Orders above the average total; employees who earn less than the average nurse."""
    item = draft.pick(view.of_role(Role.NUMBER))
    noun, name = draft.pick(view.nouns), field_words(draft, item)
    inner, inner_rows = _maybe_among(draft, view, noun.plural, item)
    value = _figure(Function.AVG, item.field, inner)
    op = draft.weighted(
        (
            (Comparator.GT, 0.5),
            (Comparator.LT, 0.35),
            (Comparator.GTE, 0.08),
            (Comparator.LTE, 0.07),
        )
    )
    average = draft.pick(("average", "average", "mean"))
    versus = draft.pick(_VERSUS[op])
    if inner is not None:
        mean = draft.pick(
            (f"the {average} of {inner_rows}", f"the {average} {name} of {inner_rows}")
        )
    else:
        mean = draft.pick(
            (
                f"the {average}",
                f"the {average} {name}",
                f"{average}",
                f"the overall {average}",
                f"the {average} {name} of all {noun.plural}",
                f"the {average} over all {noun.plural}",
            )
        )
    forms = [
        f"{noun.plural} whose {name} is {versus} {mean}",
        f"{noun.plural} with {with_article(name)} {versus} {mean}",
        f"{noun.plural} with {name} {versus} {mean}",
        f"{noun.plural} where the {name} is {versus} {mean}",
        f"{noun.plural} that have {with_article(name)} {versus} {mean}",
        f"{noun.plural} having {with_article(name)} {versus} {mean}",
    ]
    if inner is None and op in (Comparator.GT, Comparator.LT):
        side = "above" if op is Comparator.GT else "below"
        forms += [
            f"{noun.plural} with {side} average {name}",
            f"{noun.plural} with {side}-average {name}",
            f"{noun.plural} whose {name} is {side} average",
        ]
    forms += [
        f"{noun.plural} {text.format(mean)}"
        for text in comparative_of(item.words, op)
        if _speaks_for_one(view, item) and "years old" not in text and "inhabitants" not in text
    ]
    return _among(draft, view, draft.pick(forms), Compare(item.field, op, value), item)


def equal_to_extreme(draft: Draft, view: EntityView) -> Posed:
    """All products that share the lowest price: ties are part of the answer."""
    item = draft.pick(view.of_role(Role.NUMBER, Role.NUMBER, Role.YEAR, Role.DATE))
    noun, name = draft.pick(view.nouns), field_words(draft, item)
    greatest = draft.chance(0.55)
    function = Function.MAX if greatest else Function.MIN
    is_date = item.role == Role.DATE
    if is_date:
        best = draft.pick(("latest", "most recent") if greatest else ("earliest", "oldest"))
    else:
        best = draft.pick(
            ("highest", "maximum", "largest", "greatest")
            if greatest
            else ("lowest", "minimum", "smallest")
        )
    inner, inner_rows = _maybe_among(draft, view, noun.plural, item, 0.2)
    of = (
        f" of {inner_rows}" if inner is not None else draft.pick(("", "", f" of all {noun.plural}"))
    )
    adjective = superlatives_of(item.words, greatest, is_date)
    forms = [
        f"{noun.plural} whose {name} equals the {best} {name}{of}",
        f"{noun.plural} whose {name} is equal to the {best}{of or ' one'}",
        f"{noun.plural} that share the {best} {name}{of}",
        f"{noun.plural} with the {best} {name}{of}, ties included",
        f"{noun.plural} that all have the {best} {name}{of}",
        f"{noun.plural} whose {name} is the same as the {best} {name}{of}",
        f"{noun.plural} with {with_article(name)} equal to the {best}{of or ' there is'}",
        f"{noun.plural} tied for the {best} {name}{of}",
        f"{noun.plural} for which the {name} matches the {best} {name}{of}",
    ]
    if adjective and inner is None:
        forms.append(f"{noun.plural} that are the {draft.pick(adjective)}, with all ties")
    where = Compare(item.field, Comparator.EQ, _figure(function, item.field, inner))
    return _among(draft, view, draft.pick(forms), where, item)


def beyond_others(draft: Draft, view: EntityView) -> Posed:
    """Customers older than the oldest supplier; orders over the largest open order."""
    item = draft.pick(view.of_role(Role.NUMBER))
    noun, name = draft.pick(view.nouns), field_words(draft, item)
    other = _comparable_elsewhere(draft, view, item)
    if other is not None:
        place, others = other
        rows = draft.pick(place.nouns).plural
        if draft.chance(0.4):
            inner = condition(draft, place, _telling(draft, place, others))
            where: Predicate | None = inner.predicate
            rows = noun_phrase(draft, rows, [inner])
        else:
            where = None
        inside, name_there = others.field, field_words(draft, others)
    else:
        said = condition(draft, view, _telling(draft, view, item))
        where, rows = said.predicate, noun_phrase(draft, noun.plural, [said])
        inside, name_there = item.field, name
    op, function, words = draft.weighted(
        (
            ((Comparator.GT, Function.MAX, ("highest", "largest", "maximum")), 0.45),
            ((Comparator.LT, Function.MIN, ("lowest", "smallest", "minimum")), 0.3),
            ((Comparator.GT, Function.MIN, ("lowest", "smallest", "minimum")), 0.12),
            ((Comparator.LT, Function.MAX, ("highest", "largest", "maximum")), 0.13),
        )
    )
    best, versus = draft.pick(words), draft.pick(_VERSUS[op])
    every = "any of the" if (op is Comparator.GT) == (function is Function.MAX) else ""
    forms = [
        f"{noun.plural} whose {name} is {versus} the {best} {name_there} of {rows}",
        f"{noun.plural} with {with_article(name)} {versus} the {best} {name_there} of {rows}",
        f"{noun.plural} whose {name} is {versus} the {best} {name_there} among {rows}",
        f"{noun.plural} where the {name} is {versus} the {best} {name_there} of the {rows}",
        f"{noun.plural} having {with_article(name)} {versus} the {best} {name_there} of all {rows}",
        f"{noun.plural} that have {with_article(name)} {versus} the {best} {name_there} for {rows}",
    ]
    if every:
        forms += [
            f"{noun.plural} whose {name} is {versus} that of all the {rows}",
            f"{noun.plural} with {with_article(name)} {versus} that of every one of the {rows}",
        ]
    for text in comparative_of(item.words, op):
        if _speaks_for_one(view, item) and "years old" not in text and "inhabitants" not in text:
            forms.append(f"{noun.plural} {text.format(f'the {best} {name_there} of {rows}')}")
    predicate = Compare(item.field, op, _figure(function, inside, where))
    return _among(draft, view, draft.pick(forms), predicate, item)


def beside_named(draft: Draft, view: EntityView) -> Posed:
    """Products more expensive than "Oak Desk"; customers in the same city as Ann Field."""
    names = [item for item in view.names if item.role in (Role.NAME, Role.TEXT, Role.CODE)]
    if len(view.names) != 1 or not names:
        raise NotHere
    key = names[0]
    stored, spelled = text_value(draft, key)
    noun = draft.pick(view.nouns)
    called = draft.pick(
        (spelled, spelled, f"{noun.singular} {spelled}", f"the {noun.singular} {spelled}")
    )
    is_one = Compare(key.field, Comparator.EQ, stored)
    same = draft.chance(0.4)
    if same:
        roles = (Role.CATEGORY, Role.TEXT, Role.YEAR)
        item = draft.pick([one for one in view.of_role(*roles) if one.field != key.field])
        name = field_words(draft, item)
        phrase = draft.pick(
            (
                f"{noun.plural} with the same {name} as {called}",
                f"{noun.plural} that have the same {name} as {called}",
                f"{noun.plural} whose {name} is the same as that of {called}",
                f"{noun.plural} that share the {name} of {called}",
                f"{noun.plural} whose {name} equals the {name} of {called}",
                f"{noun.plural} having the {name} of {called}",
                f"{noun.plural} of the same {name} as {called}",
                f"{noun.plural} whose {name} matches {called}'s",
            )
        )
        op = Comparator.EQ
    else:
        item = draft.pick(view.of_role(Role.NUMBER, Role.DATE))
        name = field_words(draft, item)
        op = draft.pick((Comparator.GT, Comparator.LT))
        if item.role == Role.DATE:
            versus = draft.pick(
                ("later than", "after") if op is Comparator.GT else ("earlier than", "before")
            )
        else:
            versus = draft.pick(_VERSUS[op])
        forms = [
            f"{noun.plural} whose {name} is {versus} that of {called}",
            f"{noun.plural} with {with_article(name)} {versus} {called}'s",
            f"{noun.plural} with {with_article(name)} {versus} the {name} of {called}",
            f"{noun.plural} where the {name} is {versus} that of {called}",
            f"{noun.plural} that have {with_article(name)} {versus} {called} has",
            f"{noun.plural} whose {name} is {versus} {called}'s",
            f"{noun.plural} having {with_article(name)} {versus} that of {called}",
        ]
        if item.role == Role.NUMBER:
            more = "higher" if op is Comparator.GT else "lower"
            forms.append(f"{noun.plural} with a {more} {name} than {called}")
            forms += [
                f"{noun.plural} {text.format(called)}"
                for text in comparative_of(item.words, op)
                if _speaks_for_one(view, item) and " than {}" in text
            ] * 2
        phrase = draft.pick(forms)
    value = Plan((Output(item.field),), is_one)
    return posed_rows(draft, view, phrase, Compare(item.field, op, value))


# ---------------------------------------------------------------------- parts


def _figure(function: Function, field: Field, where: Predicate | None) -> Plan:
    return Plan((Output(Aggregate(function, field)),), where)


def _speaks_for_one(view: EntityView, item: FieldView) -> bool:
    """Whether the measure's own words ("older than") mean this field alone."""
    measure = measure_of(item.words)
    return sum(measure_of(other.words) == measure for other in view.fields) == 1


def _telling(draft: Draft, view: EntityView, but: FieldView) -> FieldView:
    roles = (Role.CATEGORY, Role.BOOL, Role.CATEGORY, Role.DATE, Role.YEAR)
    return draft.pick([item for item in view.of_role(*roles) if item.field != but.field])


def _maybe_among(
    draft: Draft, view: EntityView, plural: str, item: FieldView, share: float = 0.25
) -> tuple[Predicate | None, str]:
    """Sometimes a condition on the rows whose figure is the bound, and their phrase."""
    if not draft.chance(share):
        return None, ""
    said = condition(draft, view, _telling(draft, view, item))
    return said.predicate, noun_phrase(draft, plural, [said])


def _comparable_elsewhere(
    draft: Draft, view: EntityView, item: FieldView
) -> tuple[EntityView, FieldView] | None:
    """A number of the same measure in another thing."""
    measure = measure_of(item.words)
    found = [
        (target, other)
        for target in view.others
        for other in target.of_role(Role.NUMBER)
        if measure_of(other.words) == measure
    ]
    return draft.pick(found) if found and draft.chance(0.6) else None


def _among(draft: Draft, view: EntityView, phrase: str, where: Predicate, item: FieldView) -> Posed:
    """The rows, seldom with a further condition that the phrase says last."""
    if draft.chance(0.85):
        return posed_rows(draft, view, phrase, where)
    said = condition(draft, view, _telling(draft, view, item))
    if said.form == "before":
        raise NotHere
    lead = "and whose " if said.form == "clause" else "and that are "
    opening = said.text.split(" ", 1)[0]
    if said.form == "after" and opening in ("that", "which", "who", "with", "without", "having"):
        lead = "and "
    elif said.form == "after" and opening not in ("in", "from", "of"):
        raise NotHere
    text = f"{phrase}, {lead}{said.text}"
    return posed_rows(draft, view, text, And((where, said.predicate)))
