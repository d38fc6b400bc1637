"""Which items and values may come next: the grammar's rules joined with the types of the data.

Used alike by training and decoding, so that the network never spends probability on a plan that
makes no sense: text tests stand on text fields, sums on numbers, and a literal is one that its
field can be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mqt_serving.query.plan import Field
from mqt_serving.schema import BsonType
from mqt_serving.translator.grammar import (
    AGGREGATES,
    ARITHMETIC,
    DISTANCES,
    ELAPSED,
    INITIAL,
    ITEM_CLASSES,
    PARTS,
    TOKEN_MASKS,
    VALUE_CLASSES,
    Items,
    Stack,
    Step,
    Symbol,
    Token,
    Values,
    advance,
)
from mqt_serving.translator.items import SchemaItems
from mqt_serving.translator.linking import Linked
from mqt_serving.translator.values import Value, ValueKind

Mask = npt.NDArray[np.bool_]

_TEXT_TOKENS = frozenset({Token.CONTAINS, Token.NOT_CONTAINS, Token.STARTS, Token.ENDS})
_DATE_TOKENS = PARTS | {Token.RANGE}
_ORDER_TOKENS = frozenset({Token.GT, Token.GTE, Token.LT, Token.LTE, Token.BETWEEN})
_LITERALS = frozenset({Symbol.RIGHT, Symbol.VALUE, Symbol.IN_FIRST, Symbol.IN_MORE})
_TO = ELAPSED | DISTANCES
"""What is from one field to another."""
_COMPARED = frozenset(
    {Symbol.LEFT, Symbol.ORDER_BY, Symbol.KEY, Symbol.AFTER_KEY, Symbol.AFTER_PER, Symbol.ARGUMENT}
)
"""Where values are told apart or put in order, which points are not."""
_NUMBERS = frozenset({"number", "text-number"})
_TOKENS = tuple(Token)
_NOW, _ONLY = Step(0, Token.NOW), Step(0, Token.ONLY)
_VALUES = tuple(Values(kind) for kind in VALUE_CLASSES)
_CLAUSE_STARTS = (Token.BEGIN, Token.DISTINCT, Token.GROUP, Token.PER, Token.SUB)


class Masks:
    """Masks for one linked question: `items` and `values` given the steps so far.

    What depends on little of the steps is remembered: a search asks for the same mask often.
    """

    def __init__(self, linked: Linked, schema: SchemaItems) -> None:
        self._linked = linked
        self._schema = schema
        self._families = np.array([schema.families[int(i)] for i in linked.chosen])
        self._entities: Mask = self._families == ""
        self._has_text = np.array([_has_text(schema, int(i)) for i in linked.chosen], bool)
        self._ordered = np.array([_has_order(schema, int(i)) for i in linked.chosen], bool)
        self._kinds = {kind: self._of_kind(kind) for kind in Values}
        self._by_symbol: dict[tuple[Symbol, Token | None], Mask] = {}
        self._fitting: dict[tuple[int, str], Mask] = {}

    def items(self, symbol: Symbol, steps: Sequence[Step]) -> Mask:
        """(items,) which linked items may follow `steps` where the grammar expects `symbol`."""
        last = _TOKENS[steps[-1].at] if steps and steps[-1].kind == 0 else None
        if (symbol, last) not in self._by_symbol:
            self._by_symbol[symbol, last] = self._after_token(symbol, last)
        mask: Mask = self._by_symbol[symbol, last].copy()
        if symbol == Symbol.RIGHT:
            at, family = self._left(symbol, steps)
            mask &= self._families == family
            mask[at] = False
        elif (
            symbol in (Symbol.MOMENT, Symbol.TERM, Symbol.PLACE)
            and steps[-1].kind == 1
            and steps[-2].kind == 0
        ):
            # Nobody asks for a price less itself; for the growth of one, less it, over it, many do.
            mask[steps[-1].at] = False
        elif symbol in (Symbol.AFTER_OUT, Symbol.AFTER_KEY, Symbol.AFTER_PER):
            mask[[step.at for step in _direct(steps)]] = False
        return mask

    def _after_token(self, symbol: Symbol, last: Token | None) -> Mask:
        """(items,) what may stand at `symbol` after the token `last`, or after a pointer."""
        mask = self._of_class(Items(ITEM_CLASSES[symbol]))
        if symbol == Symbol.TERM or (symbol == Symbol.ARGUMENT and last in (Token.SUM, Token.AVG)):
            mask &= np.isin(self._families, sorted(_NUMBERS))
        elif symbol == Symbol.MOMENT or (symbol == Symbol.FIELD and last in _DATE_TOKENS):
            mask &= self._families == "date"
        elif symbol in (Symbol.POINT, Symbol.PLACE):
            mask &= self._families == "point"
        elif symbol in _COMPARED:
            mask &= self._families != "point"
        elif symbol == Symbol.FIELD and last in _TEXT_TOKENS:
            mask &= self._has_text
        if symbol == Symbol.LEFT and last in _ORDER_TOKENS:
            mask &= self._ordered
        return mask

    def _of_class(self, kind: Items) -> Mask:
        count = len(self._families)
        match kind:
            case Items.NONE:
                return np.zeros(count, bool)
            case Items.ALL:
                return np.ones(count, bool)
            case Items.FIELDS:
                return np.logical_not(self._entities)
            case Items.ENTITIES:
                return self._entities.copy()

    def values(self, symbol: Symbol, steps: Sequence[Step]) -> Mask:
        """(values,) which candidate values may follow `steps` where `symbol` is expected."""
        mask = self._kinds[_VALUES[symbol]]
        if symbol == Symbol.TERM and steps[-1].kind == 2 and _begins_arithmetic(steps[-2]):
            return np.zeros_like(mask)  # a number computed from two numbers asks nothing
        if symbol not in _LITERALS:
            return mask
        mask = mask & self._fits(*self._left(symbol, steps))
        # The second bound of a range, and the next of a list, is another value than before.
        for step in reversed(steps if symbol in (Symbol.VALUE, Symbol.IN_MORE) else ()):
            if step.kind != 2:
                break
            mask[step.at] = False
        return mask

    def _left(self, symbol: Symbol, steps: Sequence[Step]) -> tuple[int, str]:
        """The item that a test is about, and the family of what it compares, where the grammar
        expects `symbol` next."""
        if _ONLY in steps and (start := _left_start(symbol, steps)) is not None:
            return self._conditional(steps[start:])
        at = _last_item(steps)
        family = str(self._families[steps[at].at])
        before = Token(steps[at - 1].at) if at and steps[at - 1].kind == 0 else None
        apart = at > 1 and steps[at - 2].kind == 0 and steps[at - 2].at in _TO
        if (before is None and apart) or before == Token.NOW:
            family = "number"
        elif before in (Token.YEAR_MONTH, Token.DATE, Token.WEEK):
            family = "text"
        elif (
            before in PARTS
            or before in ARITHMETIC
            or (before in AGGREGATES and before not in (Token.MIN, Token.MAX))
        ):
            family = "number"
        return steps[at].at, family

    def _conditional(self, left: Sequence[Step]) -> tuple[int, str]:
        """Of an aggregate of some rows, or something computed of one."""
        at = next(step.at for step in left if step.kind == 1)
        least_or_most = left[0] == _ONLY and left[1].at in (Token.MIN, Token.MAX)
        of_item = least_or_most and left[2].kind == 1
        return at, str(self._families[at]) if of_item else "number"

    def _fits(self, item: int, family: str) -> Mask:
        if (item, family) not in self._fitting:
            ref = self._schema.items[int(self._linked.chosen[item])]
            self._fitting[item, family] = np.array(
                [self._fits_value(value, item, family, ref.ref) for value in self._linked.values],
                bool,
            )
        return self._fitting[item, family]

    def _fits_value(self, value: Value, item: int, family: str, ref: object) -> bool:
        if value.kind == ValueKind.POINT:
            return False
        is_text = isinstance(value.literal, str)
        is_bool = isinstance(value.literal, bool)
        if family in ("date", "bool"):
            if family == "date":
                return value.kind == ValueKind.DATE
            held = isinstance(ref, Field) and (ref.collection, ref.path) in value.holders
            return is_bool or held  # flags written as text are named as they are stored, too
        if family in _NUMBERS:
            # Fields of mixed type also hold text; numbers kept as text may be named as stored.
            digits = value.text.strip("+-").replace(".", "", 1).isdigit()
            mixed = is_text and bool(self._has_text[item]) and (family == "number" or digits)
            return (not is_text and not is_bool) or (mixed and value.kind != ValueKind.DATE)
        if value.kind == ValueKind.CONSTANT:
            return False
        if value.kind == ValueKind.STORED and isinstance(ref, Field):
            # A field whose values are all known holds no other.
            return (ref.collection, ref.path) in value.holders or not self._is_complete(ref)
        return True

    def _is_complete(self, ref: Field) -> bool:
        field = self._schema.catalog.field(ref.collection, ref.path)
        return field is not None and field.distinct <= len(field.samples)

    def _of_kind(self, kind: Values) -> Mask:
        return np.array([_is_of_kind(value, kind) for value in self._linked.values], bool)


def tokens_after(symbol: Symbol, last: Step | None) -> Mask:
    """(tokens,) which tokens may follow the step `last` where the grammar expects `symbol`."""
    mask: Mask = TOKEN_MASKS[symbol]
    if symbol == Symbol.MOMENT and last == _NOW:
        mask = mask.copy()
        mask[Token.NOW] = False  # no time goes by from now until now
    return mask


def value_words(linked: Linked) -> npt.NDArray[np.float32]:
    """(values, words): each row averages the words that the value covers; zero for constants."""
    result = np.zeros((len(linked.values), len(linked.words)), np.float32)
    for row, (first, last) in enumerate(linked.value_spans):
        if last > first:
            result[row, first:last] = 1.0 / (last - first)
    return result


def _is_of_kind(value: Value, kind: Values) -> bool:
    match kind:
        case Values.NONE:
            return False
        case Values.ANY:
            return True
        case Values.DATES:
            return value.kind == ValueKind.DATE
        case Values.NUMBERS:
            return value.kind == ValueKind.NUMBER and isinstance(value.literal, int)
        case Values.TEXTS:
            return value.kind not in (ValueKind.CONSTANT, ValueKind.POINT)
        case Values.AMOUNTS:
            return value.kind == ValueKind.NUMBER
        case Values.PLACES:
            return value.kind == ValueKind.POINT


def _has_order(schema: SchemaItems, index: int) -> bool:
    """Whether "more than" makes sense: numbers, dates, and text that mostly starts with digits."""
    family = schema.families[index]
    if family != "text":
        return family not in ("", "bool", "point")
    field = schema.items[index].schema
    samples = field.samples if field else ()
    return 2 * sum(sample[:1].isdigit() for sample in samples) > len(samples)


def _has_text(schema: SchemaItems, index: int) -> bool:
    item = schema.items[index]
    return not item.is_entity and item.schema is not None and BsonType.STRING in item.schema.types


def _left_start(symbol: Symbol, steps: Sequence[Step]) -> int | None:
    """Where the left side begins of the test that expects `symbol` next; None where that side is
    no aggregate of some rows, nor computed of one."""
    after: list[Stack] = []
    stack = INITIAL
    for step in steps:
        stack = advance(stack, _TOKENS[step.at] if step.kind == 0 else None)
        after.append(stack)
    second = symbol == Symbol.VALUE and stack[-2:] != (Symbol.VALUE, Symbol.VALUE)
    depth = len(stack) + (2 if second else 1)
    for at in range(len(steps) - 1, -1, -1):
        if len(after[at]) == depth and after[at][-1] == Symbol.LEFT:
            start = at + 1
            first = steps[start]
            begins = first == _ONLY or _begins_arithmetic(first)
            return start if begins and _ONLY in steps[start:] else None
    return None


def _begins_arithmetic(step: Step) -> bool:
    return step.kind == 0 and step.at in ARITHMETIC


def _last_item(steps: Sequence[Step]) -> int:
    """Where the item last pointed at stands, but for those of sub-queries that have ended."""
    depth = 0
    for at in range(len(steps) - 1, -1, -1):
        step = steps[at]
        if step.kind == 0 and step.at in (Token.END, Token.SUB):
            depth += 1 if step.at == Token.END else -1
        elif step.kind == 1 and depth <= 0:
            return at
    raise ValueError("a test begins with what it compares")


def _direct(steps: Sequence[Step]) -> list[Step]:
    """Items of the clause being written (columns or group keys) that stand by themselves."""
    found: list[Step] = []
    before, terms = Step(0, Token.BEGIN), 0
    around: list[tuple[list[Step], int]] = []  # of sub-queries that have not ended
    for step in steps:
        if step.kind == 0:
            if step.at == Token.SUB:
                around.append((found, terms))
                found, terms = [], 0
            elif step.at == Token.END and around:
                found, terms = around.pop()
                terms = max(0, terms - 1)
            elif step.at in (Token.GROUP, Token.PER):
                found = []
            elif step.at in ARITHMETIC:
                terms += 1 if terms else 2
        elif terms:
            terms -= 1
        elif step.kind == 1 and (
            before.kind == 1 or (before.kind == 0 and before.at in _CLAUSE_STARTS)
        ):
            found.append(step)
        before = step
    return found
