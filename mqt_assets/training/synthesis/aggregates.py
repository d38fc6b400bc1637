"""Shapes without groups that count or compute, and those that ask for different values."""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW, outputs_of, stands_for
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.subjects import (
    Asked,
    Posed,
    group_field,
    measure,
    subject,
    with_part,
)
from mqt_assets.training.synthesis.things import EntityView, Role
from mqt_assets.training.wording import join_words
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Entity,
    Function,
    Output,
    Plan,
    Predicate,
)


def count_things(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    return Posed(_count(view.entity, about.where), count_words(draft, about.phrase(draft)))


def count_words(draft: Draft, phrase: str) -> str:
    return draft.pick(
        (
            f"how many {phrase} are there",
            f"how many {phrase}",
            f"how many {phrase} do we have",
            f"number of {phrase}",
            f"count {phrase}",
            f"count the {phrase}",
            f"count of {phrase}",
            f"what is the number of {phrase}",
            f"what is the total number of {phrase}",
            f"total number of {phrase}",
            f"find the number of {phrase}",
            f"count how many {phrase} there are",
            f"how many {phrase} are in the database",
            f"give me the number of {phrase}",
            f"how many {phrase} exist",
            f"what's the count of {phrase}",
            f"count all {phrase}",
            f"how many {phrase}",
            f"how many {phrase} are there in total",
        )
    )


def _count(entity: Entity, where: Predicate | None) -> Plan:
    return Plan((Output(Aggregate(Function.COUNT, entity)),), where)


def related_things(draft: Draft, view: EntityView) -> Posed:
    """Things that have at least one part, or none: listed or counted."""
    link = draft.pick([link for link in view.parts if link.hops == 1])
    about = subject(draft, view, most=1)
    if any(item.form != "before" for item in about.said):
        raise NotHere
    said = with_part(draft, view, link)
    where = said.predicate if about.where is None else And((about.where, said.predicate))
    phrase = f"{about.phrase(draft)} {said.text}"
    if draft.chance(0.35):
        return Posed(_count(view.entity, where), count_words(draft, phrase))
    if view.names and draft.chance(0.75):
        for opening, verb in (
            ("with ", "have "),
            ("without any ", "have no "),
            ("that ", ""),
            ("who ", ""),
            ("having ", "have "),
        ):
            if said.text.startswith(opening) and draft.chance(0.7):
                return Posed(
                    Plan(stands_for(view), where),
                    f"which {about.phrase(draft)} {verb}{said.text[len(opening) :]}",
                )
        lead = draft.pick(
            ("which are the", "names of", "what are the names of the", "name the", "which")
        )
        outputs = stands_for(view)
        if "names" in lead and len(view.names) == 1 and view.names[0].head not in ("name", "title"):
            lead = "which"
        return Posed(Plan(outputs, where), f"{lead} {phrase}")
    return Posed(
        Plan((Output(view.entity),), where),
        f"{draft.pick(SHOW)} {draft.pick(('all ', 'the ', ''))}{phrase}",
    )


_ONCE = ("no duplicates", "each one once", "without duplicates", "each only once")


def distinct_values(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=1)
    asked = [group_field(draft, view)]
    if draft.chance(0.12):
        other = group_field(draft, view)
        asked += [other] if other.field != asked[0].field else []
    fields = join_words([item.words(draft, plural=True) for item in asked], draft.rng)
    single = asked[0].words(draft)
    phrase = about.phrase(draft)
    different = draft.pick(("different", "distinct", "unique", "different", "distinct"))
    forms = [
        f"what are the {different} {fields} of {phrase}",
        f"{draft.pick(SHOW)} the {different} {fields} of {phrase}",
        f"{draft.pick(SHOW)} all {different} {fields} of the {phrase}",
        f"{different} {fields} of {phrase}",
        f"{different} {fields} of all {phrase}",
        f"{draft.pick(SHOW)} {different} {fields} for {phrase}",
        f"{draft.pick(SHOW)} every {single} of {phrase}, {draft.pick(_ONCE)}",
        f"all the {fields} of {phrase}, {draft.pick(_ONCE)}",
        f"what {fields} do {phrase} have? {draft.pick(_ONCE)}",
    ]
    if len(asked) == 1 and asked[0].owner is None:
        forms += [
            f"which {different} {fields} do {phrase} have",
            f"what {different} {fields} are there for {phrase}",
            f"what {different} values of {single} do {phrase} have",
            f"which {fields} do the {phrase} have",
            f"{draft.pick(SHOW)} {different} {about.noun.singular} {fields}"
            if not about.said
            else f"what {fields} are there among {phrase}",
        ]
    return Posed(Plan(outputs_of(asked), about.where, distinct=True), draft.pick(forms))


def count_distinct(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view, most=2)
    asked = group_field(draft, view)
    fields, phrase = asked.words(draft, plural=True), about.phrase(draft)
    different = draft.pick(("different", "distinct", "unique"))
    text = draft.pick(
        (
            f"how many {different} {fields} do {phrase} have",
            f"number of {different} {fields} of {phrase}",
            f"how many {different} {fields} are there for {phrase}",
            f"count the {different} {fields} of {phrase}",
            f"what is the number of {different} {fields} of {phrase}",
            f"count {different} {fields} among {phrase}",
            f"how many {different} {fields} are there among the {phrase}",
        )
    )
    plan = Plan((Output(Aggregate(Function.COUNT, asked.field, distinct=True)),), about.where)
    return Posed(plan, text)


_DOES = {
    "order": "placed",
    "purchase": "made",
    "booking": "made",
    "reservation": "made",
    "payment": "made",
    "review": "wrote",
    "comment": "wrote",
    "ticket": "opened",
    "loan": "took out",
    "enrollment": "have",
}
"""What a person did to have one."""


def count_owners(draft: Draft, view: EntityView) -> Posed:
    """How many different customers placed orders in 2024: the references, each once."""
    link = draft.pick([link for link in view.owners if link.key is not None and link.hops == 1])
    about = subject(draft, view, most=2)
    assert link.key is not None
    rows, owners = about.phrase(draft), draft.pick((link.noun, *link.target.nouns)).plural
    different = draft.pick(("different", "distinct", "unique", "different"))
    verb = "have"
    if link.target.is_person and draft.chance(0.7):
        verb = _DOES.get(view.nouns[-1].singular.rpartition(" ")[2], "have")
    text = draft.pick(
        (
            f"how many {different} {owners} {verb} {rows}",
            f"how many {different} {owners} {verb} {rows}",
            f"number of {different} {owners} with {rows}",
            f"count the {different} {owners} among {rows}",
            f"count of {different} {owners} who {verb} {rows}"
            if link.target.is_person
            else f"count of {different} {owners} that {verb} {rows}",
            f"how many {different} {owners} are there among the {rows}",
            f"how many {different} {owners} do {rows} belong to",
        )
    )
    return Posed(
        Plan((Output(Aggregate(Function.COUNT, link.key, distinct=True)),), about.where), text
    )


_AGGREGATE_WORDS = {
    Function.AVG: ("average", "average", "mean", "avg", "average"),
    Function.SUM: ("total", "total", "sum of the", "overall", "combined", "total"),
    Function.MIN: ("minimum", "lowest", "smallest", "min", "minimum"),
    Function.MAX: ("maximum", "highest", "largest", "max", "maximum", "biggest"),
}


NOT_ADDED = frozenset(
    "age rating score year percent percentage rate temperature latitude longitude rank level grade "
    "height ratio gpa average".split()
)


def aggregate_words(draft: Draft, function: Function, item: Asked) -> str:
    """`average price`, `sum of the totals`, `latest order date`."""
    word = draft.pick(_AGGREGATE_WORDS[function])
    if item.view.role == Role.DATE:
        word = draft.pick(
            ("earliest", "first", "oldest")
            if function == Function.MIN
            else ("latest", "most recent", "last")
        )
    name = item.words(draft)
    if function == Function.SUM:
        if "total" in item.view.words and draft.chance(0.35) and item.owner is None:
            return (
                draft.pick(("total revenue", "revenue", "total sales", name))
                if (set(item.view.words) & {"amount", "price", "total"} and "tax" not in name)
                else name
            )
        if name.startswith("total ") and word == "total":
            return name
        if word == "sum of the":
            return draft.pick((f"sum of {name}", f"sum of the {name}", f"sum of all {name}"))
    if item.owner is not None and " of the " in name:
        return f"{word} {name}"
    return f"{word} {name}"


def some_function(draft: Draft, item: Asked) -> Function:
    if item.view.role == Role.DATE:
        return draft.pick((Function.MIN, Function.MAX))
    added = not set(item.view.words) & NOT_ADDED
    return draft.weighted(
        (
            (Function.AVG, 0.42),
            (Function.SUM, 0.3 if added else 0.0),
            (Function.MAX, 0.16),
            (Function.MIN, 0.12),
        )
    )


def aggregate(draft: Draft, view: EntityView) -> Posed:
    about = subject(draft, view)
    dates = view.of_role(Role.DATE)
    item = Asked(draft.pick(dates)) if dates and draft.chance(0.1) else measure(draft, view)
    functions: list[Function] = [some_function(draft, item)]
    if item.view.role == Role.NUMBER and draft.chance(0.2):
        functions = draft.rng.sample(
            (Function.AVG, Function.MIN, Function.MAX), 2 if draft.chance(0.7) else 3
        )
    outputs = tuple(Output(Aggregate(function, item.field)) for function in functions)
    if len(functions) > 1:
        words = [draft.pick(_AGGREGATE_WORDS[function]) for function in functions]
        said = f"{join_words(words, draft.rng)} {item.words(draft)}"
    else:
        said = aggregate_words(draft, functions[0], item)
        if draft.chance(0.08):
            other = measure(draft, view)
            second = some_function(draft, other)
            if other.field != item.field:
                outputs += (Output(Aggregate(second, other.field)),)
                said = f"{said} and {aggregate_words(draft, second, other)}"
    phrase = about.phrase(draft)
    if draft.chance(0.05):
        outputs = (Output(Aggregate(Function.COUNT, view.entity)), *outputs)
        text = f"{draft.pick(('', 'show ', 'what is '))}the number of {phrase} and the {said}"
        return Posed(Plan(outputs, about.where), text)
    every = draft.pick(("", "", "all ", "the ", "all the "))
    lead = draft.pick(
        (
            "what is the",
            "what's the",
            "find the",
            "calculate the",
            "show the",
            "give me the",
            "compute the",
            "",
            "",
            "what was the",
            "tell me the",
        )
    )
    forms = [
        f"{lead} {said} {draft.pick(('of', 'of', 'for', 'across', 'over'))} {every}{phrase}"
    ] * 4
    if len(functions) == 1 and not about.said:
        forms += [
            f"{lead} {about.noun.singular} {said}",
            f"{said} of {draft.pick(('a', 'all', 'the'))} {about.noun.plural}" if "all" else "",
        ]
        forms[-1] = forms[-1].replace(" of a ", " of ")
    if functions == [Function.SUM] and len(outputs) == 1:
        forms += [f"how much is the {said} of {every}{phrase}"]
        if "quantity" in item.view.words or "units" in item.view.words:
            forms += [f"how many units of {phrase}", f"how many units in total for {phrase}"]
    return Posed(Plan(outputs, about.where), draft.pick(forms))
