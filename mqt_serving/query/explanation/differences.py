"""What two plans differ in, each side in a few words: `count orders` / `count order items`.

Compared part by part: grouping, outputs, conditions, what is kept, order and limit, and how often
a row comes. What both have in common is not said. For people who choose between two readings of
their question; the whole of a plan is what `explain` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mqt_serving.query.explanation.names import ShortNames
from mqt_serving.query.explanation.plans import Sentence, explain, scope_of
from mqt_serving.query.explanation.predicates import Clauses, top_level
from mqt_serving.query.explanation.values import listed, spelled
from mqt_serving.query.lowering.plans import has_row_aggregates
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Entity,
    Function,
    Not,
    Or,
    Output,
    Plan,
    Predicate,
    Related,
    Shown,
    Top,
)
from mqt_serving.schema import Catalog

_T = TypeVar("_T")
Said = tuple[str, str]
"""Of the first plan and of the second."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    lacks: bool = False  # it only says that the other side's part is not there


_Part = tuple[_Phrase, _Phrase]


def differences(first: Plan, second: Plan, catalog: Catalog | None = None) -> Said:
    """A few words on each of two different plans; never the same, and never empty."""
    heard = ShortNames()
    list(_parts(_side(first, catalog, heard), _side(second, catalog, heard)))
    names = ShortNames(heard.heard_alike())
    parts = list(_parts(_side(first, catalog, names), _side(second, catalog, names)))
    for phrases in (_said, _all):
        ours, theirs = (phrases([part[at] for part in parts]) for at in (0, 1))
        if ours != theirs:
            return ours, theirs
    return _whole(first, catalog), _whole(second, catalog)


def either_or(said: Said) -> str:
    """`Count orders or count order items?`"""
    first, second = said
    comma = "," if "," in first or "," in second else ""
    return f"{first[:1].upper()}{first[1:]}{comma} or {second}?"


def _said(phrases: Sequence[_Phrase]) -> str:
    """Without what is only the lack of the other side, where something else is said."""
    return _all([phrase for phrase in phrases if not phrase.lacks] or phrases[:1])


def _all(phrases: Sequence[_Phrase]) -> str:
    return ", ".join(phrase.text for phrase in phrases)


def _whole(plan: Plan, catalog: Catalog | None) -> str:
    text = explain(plan, catalog).removesuffix(".")
    return f"{text[:1].lower()}{text[1:]}"


@dataclass(frozen=True, slots=True)
class _Side:
    plan: Plan
    clauses: Clauses
    sentence: Sentence


def _side(plan: Plan, catalog: Catalog | None, names: ShortNames) -> _Side:
    clauses = Clauses(names, scope_of(plan, catalog))
    return _Side(plan, clauses, Sentence(plan, clauses))


def _parts(a: _Side, b: _Side) -> Iterator[_Part]:
    if Counter(a.plan.group_by) != Counter(b.plan.group_by):
        yield _groups(a), _groups(b)
    yield from _outputs(a, b)
    if a.plan.distinct != b.plan.distinct:
        ways = (_Phrase("with repeats", lacks=True), _Phrase("without repeats"))
        yield ways[a.plan.distinct], ways[b.plan.distinct]
    yield from _conditions(a, b)
    yield from _kept(a, b)
    if a.plan.rows != b.plan.rows:
        yield _grain(a), _grain(b)
    yield from _optional(a, b)
    yield from _cuts(a, b)


def _without(items: Sequence[_T], others: Sequence[_T]) -> list[_T]:
    """Those that the others lack, each as often as they lack it."""
    left = Counter(others)
    own: list[_T] = []
    for item in items:
        if left[item]:
            left[item] -= 1
        else:
            own.append(item)
    return own


# ------------------------------------------------------------ grouping, outputs


def _groups(side: _Side) -> _Phrase:
    plan = side.plan
    if plan.group_by:
        keys = [side.clauses.bare(key) for key in plan.group_by]
        return _Phrase(f"for each {listed(keys)}")
    rows = side.clauses.scope.rows
    if has_row_aggregates(plan) and rows is not None:
        return _Phrase(f"for each {side.clauses.row(rows)}")
    totals = any(isinstance(output.value, Aggregate) for output in plan.outputs)
    return _Phrase("in total" if totals else "one by one", lacks=True)


def _outputs(a: _Side, b: _Side) -> Iterator[_Part]:
    keys = set(a.plan.group_by) ^ set(b.plan.group_by)  # said as what they group by
    ours, theirs = ([o.value for o in s.plan.outputs if o.value not in keys] for s in (a, b))
    own, other = _without(ours, theirs), _without(theirs, ours)
    if own and other:
        yield _Phrase(_shown(a, own)), _Phrase(_shown(b, other))
    elif own:
        yield _more(a, own, bool(theirs))
    elif other:
        yield _more(b, other, bool(ours))[::-1]


def _more(side: _Side, values: Sequence[Shown], beside: bool) -> _Part:
    """What one side shows and the other does not, `beside` something that both show."""
    said = _listed(side, values)
    there = f"with {said}" if beside else _shown(side, values)
    return _Phrase(there), _Phrase(f"without {said}", lacks=True)


def _shown(side: _Side, values: Sequence[Shown]) -> str:
    """`count orders and show the total`."""
    clauses = side.clauses
    counted = {value: _counted(value) for value in values}
    said = [f"count {clauses.rows(entity)}" for entity in counted.values() if entity is not None]
    others = [value for value, entity in counted.items() if entity is None]
    if others == [clauses.scope.rows] and isinstance(others[0], Entity):
        said.append(f"show {clauses.rows(others[0])}")
    elif others:
        said.append(f"show {_listed(side, others)}")
    return " and ".join(said)


def _counted(value: Shown) -> Entity | None:
    """What a plain count counts the rows of; None for all else."""
    match value:
        case Aggregate(Function.COUNT, Entity() as entity, distinct=False, where=None):
            return entity
    return None


def _listed(side: _Side, values: Sequence[Shown]) -> str:
    return listed([side.sentence.output(Output(value)) for value in values])


# ------------------------------------------------------------------- conditions


def _conditions(a: _Side, b: _Side) -> Iterator[_Part]:
    yield from _tested(a, b, _tests(a.plan.where), _tests(b.plan.where), _met)


def _kept(a: _Side, b: _Side) -> Iterator[_Part]:
    yield from _tested(a, b, _tests(a.plan.having), _tests(b.plan.having), _amount)


def _tested(
    a: _Side,
    b: _Side,
    ours: Sequence[Predicate],
    theirs: Sequence[Predicate],
    say: Callable[[_Side, Sequence[Predicate]], str],
) -> Iterator[_Part]:
    own, other = _without(ours, theirs), _without(theirs, ours)
    if own and other:
        yield _Phrase(say(a, own)), _Phrase(say(b, other))
    elif own:
        yield _Phrase(f"only those {say(a, own)}"), _Phrase(_whatever(a, own), lacks=True)
    elif other:
        yield _Phrase(_whatever(b, other), lacks=True), _Phrase(f"only those {say(b, other)}")


def _tests(predicate: Predicate | None) -> Sequence[Predicate]:
    return () if predicate is None else top_level(predicate)


def _met(side: _Side, tests: Sequence[Predicate]) -> str:
    """`placed in March 2025`, `where the status is "new"`."""
    return side.clauses.modifiers(_joined(tests)).strip()


def _amount(side: _Side, tests: Sequence[Predicate]) -> str:
    if len(tests) == 1 and (amount := side.clauses.amount(tests[0])) is not None:
        return f"with {amount}"
    return f"where {side.clauses.where(_joined(tests))}"


def _joined(tests: Sequence[Predicate]) -> Predicate:
    return tests[0] if len(tests) == 1 else And(tuple(tests))


def _whatever(side: _Side, tests: Sequence[Predicate]) -> str:
    """What it is to be without the tests: `whatever the status`, `with or without orders`."""
    operands: dict[str, None] = {}
    others: dict[str, None] = {}
    for test in tests:
        for leaf in _leaves(test):
            if isinstance(leaf, Related):
                others[f"with or without such {side.clauses.rows(leaf.entity)}"] = None
            elif isinstance(leaf, Top):
                others[f"of all {side.clauses.rows(leaf.entity)}"] = None
            elif not isinstance(leaf, And | Or | Not):
                operands[side.clauses.operand(leaf.left)] = None
    said = [f"whatever {listed(list(operands))}"] if operands else []
    return " and ".join([*said, *others])


def _leaves(predicate: Predicate) -> Iterator[Predicate]:
    match predicate:
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _leaves(item)
        case Not(item=item):
            yield from _leaves(item)
        case _:
            yield predicate


# -------------------------------------------------------- rows, order and limit


def _grain(side: _Side) -> _Phrase:
    entity = side.plan.rows or side.clauses.scope.rows
    text = "once each" if entity is None else f"once for each {side.clauses.row(entity)}"
    return _Phrase(text, lacks=side.plan.rows is None)


def _optional(a: _Side, b: _Side) -> Iterator[_Part]:
    for entity in _without(a.plan.optional, b.plan.optional):
        yield _with_or_without(a, entity)
    for entity in _without(b.plan.optional, a.plan.optional):
        yield _with_or_without(b, entity)[::-1]


def _with_or_without(side: _Side, entity: Entity) -> _Part:
    rows = side.clauses.rows(entity)
    return _Phrase(f"with or without {rows}"), _Phrase(f"only with {rows}", lacks=True)


def _cuts(a: _Side, b: _Side) -> Iterator[_Part]:
    one, other = a.plan, b.plan
    same_order = one.order_by == other.order_by
    if (one.limit, one.skip, one.per) == (other.limit, other.skip, other.per) and same_order:
        return
    if not same_order:
        yield _cut(a), _cut(b)
        return
    if one.per != other.per:
        yield _within(a), _within(b)
    if one.limit != other.limit:
        yield _limited(one), _limited(other)
    if one.skip != other.skip:
        yield _skipped(one), _skipped(other)


def _cut(side: _Side) -> _Phrase:
    text = side.sentence.cut()
    return _Phrase(text) if text else _Phrase("in any order", lacks=True)


def _within(side: _Side) -> _Phrase:
    keys = [side.clauses.bare(key) for key in side.plan.per]
    return _Phrase(f"within each {listed(keys)}") if keys else _Phrase("overall", lacks=True)


def _limited(plan: Plan) -> _Phrase:
    if plan.limit is None:
        return _Phrase("all of them", lacks=True)
    if not plan.order_by:
        return _Phrase(f"any {spelled(plan.limit)}")
    return _Phrase("only the first" + (f" {spelled(plan.limit)}" if plan.limit != 1 else ""))


def _skipped(plan: Plan) -> _Phrase:
    if plan.skip is None:
        return _Phrase("from the first on", lacks=True)
    return _Phrase(f"after the first {spelled(plan.skip)}")
