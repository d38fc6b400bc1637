"""What two plans differ in, each side in a few words: `count orders` / `count order items`.

Compared part by part: grouping, outputs, conditions, what is kept, order and limit, and how often
a row comes. What both have in common is not said. For people who choose between two readings of
their question; the whole of a plan is what `explain` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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


def differences(first: Plan, second: Plan, catalog: Catalog | None = None) -> Said:
    """A few words on each of two different plans; never the same, and never empty."""
    heard = ShortNames()
    list(_parts(_side(first, catalog, heard), _side(second, catalog, heard)))
    names = ShortNames(heard.heard_alike())
    parts = list(_parts(_side(first, catalog, names), _side(second, catalog, names)))
    ours, theirs = (", ".join(part[at] for part in parts) for at in (0, 1))
    if ours != theirs:
        return ours, theirs
    return _whole(first, catalog), _whole(second, catalog)


def either_or(said: Said) -> str:
    """`Count orders or count order items?`"""
    first, second = said
    comma = "," if "," in first or "," in second else ""
    return f"{first[:1].upper()}{first[1:]}{comma} or {second}?"


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


def _parts(a: _Side, b: _Side) -> Iterator[Said]:
    if Counter(a.plan.group_by) != Counter(b.plan.group_by):
        yield _groups(a), _groups(b)
    yield from _outputs(a, b)
    if a.plan.distinct != b.plan.distinct:
        ways = ("with repeats", "without repeats")
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


def _groups(side: _Side) -> str:
    plan = side.plan
    if plan.group_by:
        return f"for each {listed([side.clauses.bare(key) for key in plan.group_by])}"
    rows = side.clauses.scope.rows
    if has_row_aggregates(plan) and rows is not None:
        return f"for each {side.clauses.row(rows)}"
    totals = any(isinstance(output.value, Aggregate) for output in plan.outputs)
    return "in total" if totals else "one by one"


def _outputs(a: _Side, b: _Side) -> Iterator[Said]:
    keys = set(a.plan.group_by) ^ set(b.plan.group_by)  # said as what they group by
    ours, theirs = ([o.value for o in s.plan.outputs if o.value not in keys] for s in (a, b))
    own, other = _without(ours, theirs), _without(theirs, ours)
    if own and other:
        yield _shown(a, own), _shown(b, other)
    elif own:
        yield f"with {_listed(a, own)}", f"without {_listed(a, own)}"
    elif other:
        yield f"without {_listed(b, other)}", f"with {_listed(b, other)}"


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


def _conditions(a: _Side, b: _Side) -> Iterator[Said]:
    ours, theirs = _tests(a.plan.where), _tests(b.plan.where)
    own, other = _without(ours, theirs), _without(theirs, ours)
    if own and other:
        yield _met(a, own), _met(b, other)
    elif own:
        yield f"only those {_met(a, own)}", _whatever(a, own)
    elif other:
        yield _whatever(b, other), f"only those {_met(b, other)}"


def _kept(a: _Side, b: _Side) -> Iterator[Said]:
    ours, theirs = _tests(a.plan.having), _tests(b.plan.having)
    own, other = _without(ours, theirs), _without(theirs, ours)
    if own and other:
        yield _amount(a, own), _amount(b, other)
    elif own:
        yield f"only those {_amount(a, own)}", _whatever(a, own)
    elif other:
        yield _whatever(b, other), f"only those {_amount(b, other)}"


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


def _grain(side: _Side) -> str:
    entity = side.plan.rows or side.clauses.scope.rows
    return "once each" if entity is None else f"once for each {side.clauses.row(entity)}"


def _optional(a: _Side, b: _Side) -> Iterator[Said]:
    for entity in _without(a.plan.optional, b.plan.optional):
        rows = a.clauses.rows(entity)
        yield f"with or without {rows}", f"only with {rows}"
    for entity in _without(b.plan.optional, a.plan.optional):
        rows = b.clauses.rows(entity)
        yield f"only with {rows}", f"with or without {rows}"


def _cuts(a: _Side, b: _Side) -> Iterator[Said]:
    one, other = a.plan, b.plan
    same_order = one.order_by == other.order_by
    if (one.limit, one.skip, one.per) == (other.limit, other.skip, other.per) and same_order:
        return
    if not same_order:
        yield a.sentence.cut() or "in any order", b.sentence.cut() or "in any order"
        return
    if one.per != other.per:
        yield _within(a), _within(b)
    if one.limit != other.limit:
        yield _limited(one), _limited(other)
    if one.skip != other.skip:
        yield _skipped(one), _skipped(other)


def _within(side: _Side) -> str:
    keys = [side.clauses.bare(key) for key in side.plan.per]
    return f"within each {listed(keys)}" if keys else "overall"


def _limited(plan: Plan) -> str:
    if plan.limit is None:
        return "all of them"
    if not plan.order_by:
        return f"any {spelled(plan.limit)}"
    return "only the first" if plan.limit == 1 else f"only the first {spelled(plan.limit)}"


def _skipped(plan: Plan) -> str:
    return "from the first on" if plan.skip is None else f"after the first {spelled(plan.skip)}"
