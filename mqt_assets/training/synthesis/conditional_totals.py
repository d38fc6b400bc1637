"""Shapes with totals of some rows beside all: orders per city, and how many of them are paid.

Conventions: the outputs stand in the order in which the question says them, after the keys; a
group stays when none of its rows meets the condition. Depends on `groups`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mqt_assets.training.synthesis.aggregates import aggregate_words
from mqt_assets.training.synthesis.asking import SHOW
from mqt_assets.training.synthesis.conditions import condition
from mqt_assets.training.synthesis.draft import Draft, NotHere, text_values
from mqt_assets.training.synthesis.groups import Key, expect_different, group_key
from mqt_assets.training.synthesis.phrases import Said, noun_phrase
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, measure, subject
from mqt_assets.training.synthesis.things import EntityView, FieldView, Role
from mqt_serving.query.plan import (
    Aggregate,
    Comparator,
    Compare,
    Function,
    Output,
    Plan,
    Predicate,
)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the rows: what holds for them, and how they are called among all."""

    where: Predicate
    those: str  # "those in Berlin", "active ones"
    rows: str  # "orders in Berlin"
    them: str  # "of them are in Berlin"; empty where it cannot be said


def part_and_whole(draft: Draft, view: EntityView) -> Posed:
    """For each city, the number of customers and how many of them are active."""
    about = subject(draft, view, most=1)
    key = _maybe_key(draft, view, about)
    part = _part(draft, view, about, key)
    if view.of_role(Role.NUMBER) and draft.chance(0.3):
        return _part_of_sum(draft, view, about, key, part)
    whole = Aggregate(Function.COUNT, view.entity)
    rows = about.phrase(draft)
    total = draft.pick(
        (f"the number of {rows}", f"how many {rows} there are", f"the count of {rows}")
    )
    of_them = [
        f"how many of those are {part.those}" if part.those.endswith(" ones") else "",
        f"how many {part.them}" if part.them else "",
        f"the number of {part.those}",
        f"the number of {part.those} among them",
        f"how many {part.rows} there are",
        f"the count of {part.those}",
        f"of these the number of {part.those}",
    ]
    some = draft.pick([text for text in of_them if text])
    link = draft.pick((" and ", ", and ", " as well as ", " and also ", ", plus ", " next to "))
    both = f"{total}{link}{some}"
    if key is None:
        text = draft.pick(
            (
                f"how many {rows} are there{link}{some}",
                f"{draft.pick(SHOW)} {both}",
                f"what is {total}{link}{some}" if total.startswith("the") else both,
                f"count all {rows}{link}{part.those}",
                f"{rows}: how many in all and {some}",
                f"number of {rows} in total and of {part.those}",
                f"how many {rows} do we have in all{link}{some}",
                both,
            )
        )
    else:
        one = key.one
        text = draft.pick(
            (
                f"for each {one}, {both}",
                f"for every {one} show {both}",
                f"{draft.pick(SHOW)} {both} per {one}",
                f"per {one}, {both}",
                f"{draft.pick(SHOW)} each {one} with {both}",
                f"count all {rows} and {part.rows} by {one}",
                f"how many {rows} does each {one} have{link}{some}",
                f"by {one}: {both}",
                f"{draft.pick(SHOW)} {one}, {total}{link}{some}",
                f"break down {rows} by {one}, in total and only {part.those}",
            )
        )
    return _posed(about, key, (whole, replace(whole, where=part.where)), text)


def _part_of_sum(
    draft: Draft, view: EntityView, about: Subject, key: Key | None, part: _Part
) -> Posed:
    """The total amount of all orders, and of the paid ones."""
    asked = measure(draft, view)
    function = draft.weighted(((Function.SUM, 0.6), (Function.AVG, 0.3), (Function.MAX, 0.1)))
    whole = Aggregate(function, asked.field)
    words, rows = aggregate_words(draft, function, asked), about.phrase(draft)
    link = draft.pick((" and ", " and also ", ", and ", " next to ", " versus "))
    both = draft.pick(
        (
            f"the {words} of all {rows}{link}of {part.those}",
            f"the {words} of {rows} overall{link}of {part.those} only",
            f"the {words} of all {rows}{link}that of {part.those}",
            f"the {words} of {rows}, in total and for {part.those}",
            f"the {words} for all {rows}{link}for only {part.those}",
        )
    )
    if key is None:
        text = draft.pick(
            (f"what is {both}", f"{draft.pick(SHOW)} {both}", both, f"compare {both}")
        )
    else:
        text = draft.pick(
            (
                f"for each {key.one}, {both}",
                f"{draft.pick(SHOW)} {both} per {key.one}",
                f"per {key.one}, {both}",
                f"by {key.one}: {both}",
                f"for every {key.one} give {both}",
            )
        )
    return _posed(about, key, (whole, replace(whole, where=part.where)), text)


def two_parts(draft: Draft, view: EntityView) -> Posed:
    """The number of paid and of open orders per city."""
    about = subject(draft, view, most=0)
    key = _maybe_key(draft, view, about)
    first, second = _two_values(draft, view, key)
    rows = about.noun.plural
    if view.of_role(Role.NUMBER) and draft.chance(0.3):
        asked = measure(draft, view)
        function = draft.pick((Function.SUM, Function.SUM, Function.AVG))
        value = Aggregate(function, asked.field)
        of = f"the {aggregate_words(draft, function, asked)} of"
    else:
        value = Aggregate(Function.COUNT, view.entity)
        of = draft.pick(("the number of", "the count of", "how many"))
    again = "" if of == "how many" else draft.pick(("of ", "", "for "))
    link = draft.pick((" and ", " and ", " versus ", " as well as ", " vs "))
    if again and link in (" versus ", " vs "):
        again = ""
    pair = draft.pick(
        (
            f"{of} {first.rows}{link}{again}{second.rows}",
            f"{of} {first.rows}{link}{again}{second.those}",
            f"{of} {rows}, once for {first.those} and once for {second.those}",
            f"{of} {first.rows} in one column and {second.rows} in another",
        )
    )
    if key is None:
        text = draft.pick(
            (f"{draft.pick(SHOW)} {pair}", f"compare {pair}", pair, f"{pair} overall")
        )
    else:
        one = key.one
        text = draft.pick(
            (
                f"for each {one}, {pair}",
                f"{draft.pick(SHOW)} {pair} per {one}",
                f"per {one}, {pair}",
                f"compare {pair} by {one}",
                f"{pair} for every {one}",
                f"for every {one} show {pair}",
            )
        )
    return _posed(
        about, key, (replace(value, where=first.where), replace(value, where=second.where)), text
    )


def zero_groups(draft: Draft, view: EntityView) -> Posed:
    """The number of active customers per city, cities without any as zero."""
    about = subject(draft, view, most=0)
    key = _maybe_key(draft, view, about, always=True)
    assert key is not None
    if not key.many:
        raise NotHere
    part = _part(draft, view, about, key)
    one, many, rows = key.one, key.many, part.rows
    zero = draft.pick(
        (
            f"including {many} without any",
            f"with 0 for {many} that have none",
            f"{many} with none included",
            "zero where there are none",
            f"even for {many} that have none",
            f"and keep the {many} that have none",
            f"also for {many} with no such {about.noun.plural}",
        )
    )
    text = draft.pick(
        (
            f"how many {rows} are there per {one}, {zero}",
            f"the number of {rows} for each {one}, {zero}",
            f"for every {one} the number of {rows}, {zero}",
            f"count {rows} by {one}, {zero}",
            f"{draft.pick(SHOW)} all {many} with their number of {rows}, {zero}",
            f"{draft.pick(SHOW)} the count of {rows} in each {one}, {zero}",
            f"how many {rows} does each {one} have, {zero}",
            f"per {one}, count the {rows}, {zero}",
        )
    )
    value = Aggregate(Function.COUNT, view.entity, where=part.where)
    return _posed(about, key, (value,), text)


def _posed(about: Subject, key: Key | None, values: tuple[Aggregate, ...], text: str) -> Posed:
    figures = tuple(Output(value) for value in values)
    if key is None:
        return Posed(Plan(figures, about.where), text)
    return Posed(Plan((*key.outputs, *figures), about.where, group_by=key.fields), text)


def _maybe_key(draft: Draft, view: EntityView, about: Subject, always: bool = False) -> Key | None:
    if not always and draft.chance(0.3):
        return None
    key = group_key(draft, view)
    expect_different(key, about)
    return key


def _part(draft: Draft, view: EntityView, about: Subject, key: Key | None) -> _Part:
    taken = {*about.about, *(key.fields if key else ())}
    roles = (Role.CATEGORY, Role.BOOL, Role.BOOL, Role.NUMBER, Role.DATE, Role.YEAR)
    options = [item for item in view.of_role(*roles) if item.field not in taken]
    return _called(draft, about.noun.plural, condition(draft, view, draft.pick(options)))


def _called(draft: Draft, plural: str, said: Said) -> _Part:
    rows = noun_phrase(draft, plural, [said])
    match said.form:
        case "before":
            return _Part(said.predicate, f"{said.text} ones", rows, f"of them are {said.text}")
        case "clause":
            return _Part(said.predicate, f"those whose {said.text}", rows, "")
    them = ""
    for opening, verb in (
        ("that ", ""), ("which ", ""), ("who ", ""), ("with ", "have "), ("in ", "are in "),
        ("having ", "have "), ("without ", "are without "), ("from ", "are from "),
    ):  # fmt: skip
        if said.text.startswith(opening):
            them = f"of them {verb}{said.text[len(opening) :]}"
            break
    return _Part(said.predicate, f"those {said.text}", rows, them)


def _two_values(draft: Draft, view: EntityView, key: Key | None) -> tuple[_Part, _Part]:
    """Two different values of one field, each with the rows that have it."""
    taken = key.fields if key else ()
    options = [item for item in view.of_role(Role.CATEGORY, Role.BOOL) if item.field not in taken]
    item = draft.pick(options)
    if item.role == Role.BOOL:
        return _yes_and_no(draft, view, item)
    name = Asked(item).words(draft)
    link = draft.pick((f"with {name} ", f"whose {name} is ", f"of {name} "))
    noun = draft.pick(view.nouns).plural
    first, second = (
        _Part(
            Compare(item.field, Comparator.EQ, stored),
            f"those {link}{spelled}",
            f"{noun} {link}{spelled}",
            "",
        )
        for stored, spelled in text_values(draft, item, 2)
    )
    return first, second


def _yes_and_no(draft: Draft, view: EntityView, item: FieldView) -> tuple[_Part, _Part]:
    words = item.words
    quality = " ".join(words[1:] if words[0] in ("is", "was") and len(words) > 1 else words)
    if words[0] in ("has", "in", "with") or not quality.endswith(("ed", "ble", "ive", "ic", "al")):
        raise NotHere
    no = draft.pick((f"not {quality}", f"non-{quality}", f"not {quality}"))
    noun = draft.pick(view.nouns).plural
    first, second = (
        _Part(Compare(item.field, Comparator.EQ, value), f"{said} ones", f"{said} {noun}", "")
        for value, said in ((True, quality), (False, no))
    )
    return (second, first) if draft.chance(0.25) else (first, second)
