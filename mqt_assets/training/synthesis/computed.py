"""Shapes that compute with two fields of a thing, or with a field and a number.

Products, differences, sums, quotients and times between dates: shown, totalled, tested, ranked by;
and the spread between the greatest and the least. Terms stand in the plan in the order of the
operation that the words name. Depends on `groups`.
"""

from __future__ import annotations

from typing import Final

from mqt_assets.training.synthesis.asking import SHOW, stands_for
from mqt_assets.training.synthesis.computations import Computed, alike_pair, computed
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.groups import Key, expect_different, group_key
from mqt_assets.training.synthesis.lexicon import COMPARATIVES
from mqt_assets.training.synthesis.phrases import field_words
from mqt_assets.training.synthesis.subjects import Asked, Posed, Subject, measure, subject
from mqt_assets.training.synthesis.things import EntityView
from mqt_assets.training.synthesis.wanted import posed_rows
from mqt_assets.training.wording import spell_count, spell_number
from mqt_serving.query.plan import (
    ELAPSED,
    Aggregate,
    And,
    Arithmetic,
    Comparator,
    Compare,
    Function,
    Operator,
    Order,
    Output,
    Plan,
    Predicate,
)


def computed_fields(draft: Draft, view: EntityView) -> Posed:
    """For each order line, show the product and quantity times price."""
    about = subject(draft, view, most=1)
    found = computed(draft, view)
    shown = stands_for(view) if view.names and draft.chance(0.7) else ()
    words = found.words
    noun, rows = about.phrase(draft, plural=False), about.phrase(draft)
    if shown:
        names = " and ".join(Asked(item).words(draft) for item in view.names)
        text = draft.pick(
            (
                f"for each {noun}, show the {names} and the {words}",
                f"{draft.pick(SHOW)} the {names} and the {words} of {rows}",
                f"{names} and {words} for all {rows}",
                f"{draft.pick(SHOW)} {names} together with the {words} for {rows}",
                f"what are the {names} and the {words} of every {noun}",
                f"{rows}: {names} and {words}",
            )
        )
    else:
        text = draft.pick(
            (
                f"what is the {words} for each {noun}",
                f"{draft.pick(SHOW)} the {words} of {rows}",
                f"compute the {words} for every {noun}",
                f"{words} of each {noun}",
                f"calculate the {words} of all {rows}",
                f"{draft.pick(SHOW)} the {words} for {rows}",
            )
        )
    return Posed(Plan((*shown, Output(found.value)), about.where), text)


def computed_totals(draft: Draft, view: EntityView) -> Posed:
    """The total of price times quantity, overall or per city."""
    about = subject(draft, view, most=1)
    found = computed(draft, view)
    function = draft.weighted(
        ((Function.SUM, 0.5), (Function.AVG, 0.3), (Function.MAX, 0.12), (Function.MIN, 0.08))
    )
    if found.value.operator is Operator.DIVIDE and function == Function.SUM:
        function = Function.AVG
    word = draft.pick(
        {
            Function.SUM: ("total", "sum of the", "total of", "sum over the", "overall"),
            Function.AVG: ("average", "mean", "average of the", "avg"),
            Function.MAX: ("highest", "largest", "maximum"),
            Function.MIN: ("lowest", "smallest", "minimum"),
        }[function]
    )
    value, rows = Aggregate(function, found.value), about.phrase(draft)
    said = f"{word} {found.words}"
    if draft.chance(0.45):
        text = draft.pick(
            (
                f"what is the {said} of all {rows}",
                f"{said} of {rows}",
                f"{draft.pick(SHOW)} the {said} over all {rows}",
                f"calculate the {said} for {rows}",
                f"compute {said} across {rows}",
                f"what is the {said} for {rows}",
                f"for {rows}, what is the {said}",
            )
        )
        return Posed(Plan((Output(value),), about.where), text)
    key = group_key(draft, view)
    expect_different(key, about)
    return _grouped(draft, about, key, value, said, rows)


def _grouped(
    draft: Draft, about: Subject, key: Key, value: Aggregate | Arithmetic, said: str, rows: str
) -> Posed:
    of = f" of {rows}" if about.said or draft.chance(0.6) else ""
    order: tuple[Order, ...] = ()
    limit = None
    form = draft.rng.random()
    if form < 0.25 and key.many:
        descending = draft.chance(0.8)
        best = draft.pick(("highest", "greatest", "largest") if descending else ("lowest",))
        limit = draft.weighted(((1, 3), (3, 1), (5, 1)))
        count = spell_count(limit, draft.rng)
        which = key.one if limit == 1 else f"{count} {key.many}"
        verb = "has" if limit == 1 else "have"
        text = draft.pick(
            (
                f"which {which} {verb} the {best} {said}{of}",
                f"{draft.pick(SHOW)} the {which} with the {best} {said}{of}",
                f"find the {which} with the {best} {said}{of}",
            )
        )
        order = (Order(value, descending),)
        return Posed(
            Plan(key.outputs, about.where, group_by=key.fields, order_by=order, limit=limit), text
        )
    text = draft.pick(
        (
            f"for each {key.one}, the {said}{of}",
            f"{draft.pick(SHOW)} the {said}{of} per {key.one}",
            f"what is the {said}{of} by {key.one}",
            f"{said}{of} per {key.one}",
            f"{draft.pick(SHOW)} each {key.one} with the {said}{of}",
            f"calculate the {said}{of} for every {key.one}",
        )
    )
    outputs = (*key.outputs, Output(value))
    return Posed(Plan(outputs, about.where, group_by=key.fields), text)


def computed_tests(draft: Draft, view: EntityView) -> Posed:
    """Products whose stock is below twice their reorder level, or price minus cost over 10."""
    about = subject(draft, view, most=1)
    if any(item.form == "clause" for item in about.said):
        raise NotHere
    form = draft.rng.random()
    if form < 0.5:
        found = computed(draft, view)
        predicate, test = _bounded(draft, found)
        said = f"{found.words} {test}"
    else:
        left, right = alike_pair(draft, view)
        times, words = draft.weighted(
            (
                ((2, "twice"), 0.5),
                ((2, "two times"), 0.15),
                ((3, "three times"), 0.2),
                ((4, "4 times"), 0.1),
                ((10, "10 times"), 0.1),
                ((5, "five times"), 0.1),
            )
        )
        op = draft.pick((Comparator.GT, Comparator.LT, Comparator.GTE, Comparator.LTE))
        phrase = draft.pick(_VERSUS[op])
        # The computed side stands on the left of a plan's comparison.
        value = Arithmetic(Operator.MULTIPLY, right.field, times)
        predicate = Compare(value, _MIRRORED[op], left.field)
        name, other = field_words(draft, left), field_words(draft, right)
        said = (
            f"{name} is {phrase} {draft.say(words)} {draft.pick(('their', 'the', 'its'))} {other}"
        )
    link = draft.pick(("whose", "where the", "for which the", "where"))
    where: Predicate = predicate if about.where is None else _and(about.where, predicate)
    return posed_rows(draft, view, f"{about.phrase(draft)} {link} {said}", where)


_VERSUS: Final = {
    Comparator.GT: ("more than", "above", "over", "greater than", "higher than"),
    Comparator.LT: ("less than", "below", "under", "lower than"),
    Comparator.GTE: ("at least", "no less than"),
    Comparator.LTE: ("at most", "no more than"),
}
_MIRRORED: Final = {
    Comparator.GT: Comparator.LT,
    Comparator.LT: Comparator.GT,
    Comparator.GTE: Comparator.LTE,
    Comparator.LTE: Comparator.GTE,
}


def _and(first: Predicate, second: Predicate) -> Predicate:
    items = first.items if isinstance(first, And) else (first,)
    return And((*items, second))


def ranked_by_computed(draft: Draft, view: EntityView) -> Posed:
    """The 5 projects with the largest difference between budget and amount spent."""
    about = subject(draft, view, most=1)
    found = computed(draft, view)
    descending = draft.chance(0.7)
    limit = 1 if draft.chance(0.4) else draft.weighted(((3, 3), (5, 3), (10, 2), (2, 1)))
    best = draft.pick(
        ("highest", "largest", "greatest", "biggest")
        if descending
        else ("lowest", "smallest", "least")
    )
    count = "" if limit == 1 else spell_count(limit, draft.rng)
    rows = about.phrase(draft, limit != 1, count)
    order = (Order(found.value, descending),)
    outputs = stands_for(view)
    tail = f"with the {best} {found.words}"
    if draft.chance(0.3):
        outputs = (*outputs, Output(found.value))
        tail += draft.pick((", and how much it is", ", with that figure", " and show the figure"))
    verb = "is" if limit == 1 else "are"
    forms = [
        f"which {rows} {tail.replace('with', 'has' if limit == 1 else 'have', 1)}",
        f"what {verb} the {rows} {tail}",
        f"{rows} {tail}",
        f"name the {rows} {tail}",
    ]
    if not view.names:
        forms = [f"{draft.pick(SHOW)} the {rows} {tail}"]
    if count:
        top = "top" if descending else "bottom"
        if not tail.endswith(("figure", "is")):
            forms.append(f"{top} {count} {about.phrase(draft)} by {found.words}")
    return Posed(Plan(outputs, about.where, order_by=order, limit=limit), draft.pick(forms))


def spread(draft: Draft, view: EntityView) -> Posed:
    """The difference between the highest and the lowest price, overall or per category."""
    about = subject(draft, view, most=1)
    asked = measure(draft, view)
    value = Arithmetic(
        Operator.SUBTRACT,
        Aggregate(Function.MAX, asked.field),
        Aggregate(Function.MIN, asked.field),
    )
    name, rows = asked.words(draft), about.phrase(draft)
    high, low = draft.pick(
        (("highest", "lowest"), ("maximum", "minimum"), ("largest", "smallest"), ("max", "min"))
    )
    said = draft.pick(
        (
            f"difference between the {high} and the {low} {name}",
            f"difference between {high} and {low} {name}",
            f"{high} minus {low} {name}",
            f"gap between the {high} and {low} {name}",
            f"difference of the {high} and the {low} {name}",
            f"spread between {high} and {low} {name}",
        )
    )
    if draft.chance(0.5):
        text = draft.pick(
            (
                f"what is the {said} of {rows}",
                f"{said} of all {rows}",
                f"{draft.pick(SHOW)} the {said} among {rows}",
                f"how big is the {said} of {rows}",
                f"calculate the {said} for {rows}",
                f"by how much does the {high} {name} of {rows} exceed the {low}",
            )
        )
        return Posed(Plan((Output(value),), about.where), text)
    key = group_key(draft, view)
    expect_different(key, about)
    return _grouped(draft, about, key, value, said, rows)


def _bounded(draft: Draft, found: Computed) -> tuple[Predicate, str]:
    """A test of the computed value against a round number of its size."""
    if found.value.operator in ELAPSED:
        return _longer(draft, found)
    high = float(found.left.schema.maximum or "nan"), float(found.right.schema.maximum or "nan")
    if not (high[0] > 0 and high[1] > 0):
        raise NotHere
    size = {
        Operator.MULTIPLY: high[0] * high[1] / 4,
        Operator.DIVIDE: max(2.0, high[0] / high[1]),
        Operator.ADD: (high[0] + high[1]) / 2,
        Operator.SUBTRACT: max(high) / 2,
    }[found.value.operator]
    bound = float(f"{size * draft.rng.random():.1g}")
    number = int(bound) if bound >= 1 else draft.pick((0, 1))
    return _tested(draft, found, number)


def _longer(draft: Draft, found: Computed) -> tuple[Predicate, str]:
    return _tested(draft, found, draft.pick((1, 2, 3, 5, 7, 10, 14, 20, 24, 30, 45, 60, 90)))


def _tested(draft: Draft, found: Computed, number: int) -> tuple[Predicate, str]:
    op = draft.pick((Comparator.GT, Comparator.LT, Comparator.GTE, Comparator.LTE))
    spelled = draft.say(spell_number(number, draft.rng))
    verb = draft.pick(("is", "is", "was"))
    return Compare(found.value, op, number), (
        f"{verb} {draft.pick(COMPARATIVES[op]).format(spelled)}"
    )
