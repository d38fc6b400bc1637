"""A plan as one English sentence, in the order in which a reader thinks.

What is looked at, what is shown, what is kept, which come first. Every part of the plan is said,
and two different plans never read the same. Depends on `predicates` for clauses and on `graph`
and `lowering` for what the rows are.
"""

from __future__ import annotations

from collections.abc import Sequence

from mqt_serving.errors import MqtError
from mqt_serving.query import graph
from mqt_serving.query.explanation.names import Names, Scope, code
from mqt_serving.query.explanation.predicates import LEAST_AND_GREATEST, Clauses
from mqt_serving.query.explanation.values import listed, spelled
from mqt_serving.query.lowering.plans import has_row_aggregates, joins_of
from mqt_serving.query.plan import (
    Aggregate,
    Change,
    Entity,
    Function,
    Moving,
    Operand,
    Order,
    Output,
    Plan,
    Rank,
    Running,
)
from mqt_serving.schema import Catalog

_DIRECTIONS = {
    "number": ("lowest first", "highest first"),
    "date": ("earliest first", "latest first"),
    "text": ("A to Z", "Z to A"),
    "distance": ("nearest first", "farthest first"),
}


def explain(plan: Plan, catalog: Catalog | None = None) -> str:
    """The plan as one English sentence; the catalog adds what its rows are."""
    scope = scope_of(plan, catalog)
    first = Names()
    Sentence(plan, Clauses(first, scope)).text()
    return Sentence(plan, Clauses(Names(first.heard_alike()), scope)).text()


def scope_of(plan: Plan, catalog: Catalog | None) -> Scope:
    if catalog is None:
        return Scope(None, None)
    try:
        tree = joins_of(plan, catalog)
    except MqtError:
        return Scope(catalog, None)  # still worth reading, if only to see why it can't be lowered
    planned = tree.entities | set(graph.with_parents(tree.anchor, catalog))
    return Scope(catalog, tree.anchor, frozenset(planned))


class Sentence:
    """The sentence about one plan, and its parts."""

    def __init__(self, plan: Plan, clauses: Clauses) -> None:
        self.plan = plan
        self.clauses = clauses
        self.rows = clauses.scope.rows

    def text(self) -> str:
        parts = [self._head(), self._having(), self.cut()]
        text = "; ".join(part for part in parts if part)
        return f"{text[0].upper()}{text[1:]}."

    # -------------------------------------------------------------------- head

    def _head(self) -> str:
        plan = self.plan
        if plan.group_by:
            return self._groups()
        if has_row_aggregates(plan):
            return f"for each of {self._subject('the')}, {self._shown(plan.outputs)}"
        if not plan.distinct and self._counts_rows(plan.outputs):
            return f"count {self._subject('all')}"
        if self._shows_all_fields():
            repeats = "without repeats, " if plan.distinct else ""
            return f"{repeats}show all fields of {self._subject('all')}"
        only_aggregates = all(isinstance(output.value, Aggregate) for output in plan.outputs)
        joint = "over" if only_aggregates and len(plan.outputs) > 1 else "of"
        return f"{self._shown(plan.outputs)} {joint} {self._subject('all')}"

    def _groups(self) -> str:
        """`for each city, ...`: the keys are what is shown first, unless something else is said."""
        plan = self.plan
        keys, number = tuple(Output(key) for key in plan.group_by), len(plan.group_by)
        said = self._keys(plan.group_by)
        others = plan.outputs[number:]
        keys_first = plan.outputs[:number] == keys and not self._show_keys(others)
        if keys_first and not others and not plan.distinct:
            combination = "combination of " if number > 1 else ""
            return f"list each {combination}{said} once, over {self._subject('all')}"
        if keys_first and self._counts_rows(others) and not plan.distinct:
            return f"for each {said}, count {self._subject('the')}"
        if keys_first and others:
            shown = self._shown(others)
        elif self._show_keys(plan.outputs):
            shown = self._shown(plan.outputs)
        else:
            shown = self._shown(plan.outputs, "show only")
        return f"for each {said}, {shown}, over {self._subject('all')}"

    def _keys(self, keys: Sequence[Operand]) -> str:
        return listed([self.clauses.bare(key) for key in keys])

    def _show_keys(self, outputs: Sequence[Output]) -> bool:
        return any(output.value in self.plan.group_by for output in outputs)

    def _counts_rows(self, outputs: tuple[Output, ...]) -> bool:
        count = Aggregate(Function.COUNT, self.rows or Entity(""))
        return outputs == (Output(count),)

    def _shows_all_fields(self) -> bool:
        return self.rows is not None and self.plan.outputs == (Output(self.rows),)

    def _shown(self, outputs: Sequence[Output], verb: str = "show") -> str:
        repeats = "without repeats, " if self.plan.distinct else ""
        return f"{repeats}{verb} {listed([self.output(output) for output in outputs])}"

    def output(self, output: Output) -> str:
        value = output.value
        if isinstance(value, Entity):
            text = f"all fields of the {self.clauses.row(value)}"
        elif isinstance(value, Running):
            text = f"the running total of {self.clauses.operand(value.aggregate)}"
        elif isinstance(value, Change):
            text = f"the change in {self.clauses.operand(value.aggregate)} from the one before"
        elif isinstance(value, Moving):
            figure = self.clauses.operand(value.aggregate)
            text = f"the mean of {figure} over {value.groups} groups, this one and those before"
        elif isinstance(value, Rank):
            text = f"the rank by {self.clauses.operand(value.aggregate)}, largest first"
        else:
            text = self.clauses.operand(value)
        return text if output.alias is None else f"{text} (called {code(output.alias)})"

    def _subject(self, quantity: str) -> str:
        """`all orders`, or `the orders where ...`."""
        rows = "rows" if self.rows is None else self.clauses.rows(self.rows)
        plan = self.plan
        if plan.rows is not None:
            rows += f", one for each of the {self.clauses.rows(plan.rows)},"
        if plan.optional:
            rows += f", with or without {listed(list(map(self.clauses.rows, plan.optional)))},"
        if self.plan.where is None:
            return f"{quantity} {rows}"
        return f"the {rows}{self.clauses.modifiers(self.plan.where)}"

    # ---------------------------------------------------------- what is kept

    def _having(self) -> str:
        having = self.plan.having
        if having is None:
            return ""
        amount = self.clauses.amount(having)
        if amount is not None:
            return f"keep only those with {amount}"
        return f"keep only those where {self.clauses.where(having)}"

    def cut(self) -> str:
        """`take the five with the highest total`; empty when all come in any order."""
        plan = self.plan
        skipped = "" if plan.skip is None else f"skipping the first {spelled(plan.skip)}"
        if plan.limit is None and not plan.order_by and not plan.per:
            return skipped
        text = self._sorted() if plan.limit is None else f"take {self._first(plan.limit)}"
        if plan.per:
            text = f"within each {self._keys(plan.per)}, {text}"
        return f"{text}, after {skipped}" if skipped else text

    def _sorted(self) -> str:
        if not self.plan.order_by:
            return "take all"
        return f"sort by {', then by '.join(map(self._order, self.plan.order_by))}"

    def _first(self, limit: int) -> str:
        """`the five with the highest total`, `the first five in alphabetical order of name`."""
        number = spelled(limit)
        if not self.plan.order_by:
            return f"any {number}"
        order, *others = self.plan.order_by
        ties = ", then by ".join(map(self._order, others))
        text = self._top(number, order)
        return f"{text}, equal ones by {ties}" if ties else text

    def _top(self, number: str, order: Order) -> str:
        by = order.by
        if _counts(by):
            return f"the {number} with the {self._most(by, order.descending)}"
        kind = self.clauses.kind(by)
        if kind == "text":
            way = "reverse alphabetical" if order.descending else "alphabetical"
            return f"the first {number} in {way} order of {self.clauses.bare(by)}"
        extreme = LEAST_AND_GREATEST[kind][order.descending]
        if isinstance(by, Aggregate) and by.function in (Function.MIN, Function.MAX):
            return f"the {number} whose {self.clauses.bare(by)} is {extreme}"
        return f"the {number} with the {extreme} {self.clauses.bare(by)}"

    def _order(self, order: Order) -> str:
        if _counts(order.by):
            way = "most first" if order.descending else "fewest first"
        else:
            way = _DIRECTIONS[self.clauses.kind(order.by)][order.descending]
        return f"{self.clauses.bare(order.by)}, {way}"

    def _most(self, count: Operand, descending: bool) -> str:
        bare = self.clauses.bare(count).removeprefix("number of ")
        return f"{'most' if descending else 'fewest'} {bare}"


def _counts(operand: Operand) -> bool:
    return isinstance(operand, Aggregate) and operand.function is Function.COUNT
