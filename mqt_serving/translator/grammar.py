"""The grammar of plans as a sequence: which step may follow which, for training and decoding.

A plan is written as steps: a word of the fixed vocabulary (`Token`), a pointer to a schema item,
or a pointer to a candidate value. A pushdown automaton over a few symbols tells what each next
step may be, so that every finished sequence is a well-formed plan.

    plan  := CANNOT | DISTINCT? out+ (WHERE pred)? (GROUP key+)? (HAVING pred)? (ORDER ord+)?
             (SKIP value)? (LIMIT (value | LIMIT_ONE) (PER key+)?)? (ROWS entity)?
             (OPTIONAL entity)* END
    out   := item | aggregate | ONLY aggregate pred | part | arith | RUNNING total
           | CHANGE (aggregate | ONLY aggregate pred) | MOVING value (aggregate | ONLY ...)
           | RANK (aggregate | ONLY aggregate pred)
    total := (a count or a sum) | ONLY aggregate pred
    arith := ADD term term | SUBTRACT term term | ... | DAYS date date | HOURS date date | ...
           | KILOMETRES point place | METRES point place
    date  := field | NOW
    place := point | coordinates | SUB point (WHERE pred)? (ORDER ord+)? ... END
    term  := field | aggregate | ONLY aggregate pred | part | number | arith
    key   := field | part
    pred  := AND pred pred | OR pred pred | NOT pred | test
    test  := EQ left (right | SUB plan) | ... | BETWEEN left value value | RANGE field date
           | IN left (value+ END_IN | SUB plan)
           | IS_NULL field | CONTAINS field value | SOME entity (ALONE | pred) | NO entity (...)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Token(IntEnum):
    BEGIN = 0
    END = auto()
    CANNOT = auto()  # the data does not hold what the question asks for
    DISTINCT = auto()
    WHERE = auto()
    GROUP = auto()
    HAVING = auto()
    ORDER = auto()
    SKIP = auto()
    LIMIT = auto()
    LIMIT_ONE = auto()
    ROWS = auto()
    OPTIONAL = auto()
    ONLY = auto()
    SUB = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    COUNT = auto()
    COUNT_DISTINCT = auto()
    SUM = auto()
    AVG = auto()
    MIN = auto()
    MAX = auto()
    YEAR = auto()
    QUARTER = auto()
    MONTH = auto()
    DAY = auto()
    WEEKDAY = auto()
    HOUR = auto()
    YEAR_MONTH = auto()
    DATE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    EQ = auto()
    NE = auto()
    GT = auto()
    GTE = auto()
    LT = auto()
    LTE = auto()
    BETWEEN = auto()
    RANGE = auto()
    IN = auto()
    NOT_IN = auto()
    END_IN = auto()
    IS_NULL = auto()
    NOT_NULL = auto()
    EXISTS = auto()
    MISSING = auto()
    CONTAINS = auto()
    NOT_CONTAINS = auto()
    STARTS = auto()
    ENDS = auto()
    SOME = auto()
    NO = auto()
    ALONE = auto()
    ASC = auto()
    DESC = auto()
    PER = auto()  # order and limit are within each value of what follows
    RUNNING = auto()  # a total with those of all groups before
    CHANGE = auto()  # an aggregate less that of the group before
    MINUTES = auto()  # from one date to another
    HOURS = auto()
    DAYS = auto()
    WEEKS = auto()
    YEARS = auto()
    MOVING = auto()  # an aggregate averaged over a group and some before
    RANK = auto()  # a group's place by an aggregate
    NOW = auto()  # when the query runs
    KILOMETRES = auto()  # from one place to another
    METRES = auto()
    WEEK = auto()  # a calendar part


class Step(NamedTuple):
    """`kind` 0: a `Token`; 1: the `at`-th linked item; 2: the `at`-th candidate value."""

    kind: int
    at: int


class Symbol(IntEnum):
    """What the automaton expects next."""

    BEGIN = 0
    START = auto()
    OUT = auto()
    AFTER_OUT = auto()
    AFTER_WHERE = auto()
    AFTER_KEY = auto()
    AFTER_HAVING = auto()
    AFTER_ORDER = auto()
    AFTER_SKIP = auto()
    AFTER_LIMIT = auto()
    AFTER_ROWS = auto()
    KEY = auto()
    PREDICATE = auto()
    GROUP_PREDICATE = auto()  # in having: aggregates may be tested
    LEFT = auto()
    ORDER_BY = auto()
    FIELD = auto()
    AGGREGATE = auto()  # of rows that meet the test after it
    COUNT_ARGUMENT = auto()
    ARGUMENT = auto()
    TERM = auto()
    RIGHT = auto()
    VALUE = auto()
    DATES = auto()
    IN_FIRST = auto()
    IN_MORE = auto()
    TEXT = auto()
    ENTITY = auto()
    RELATED = auto()
    ORDERING = auto()
    LIMIT_VALUE = auto()
    SKIP_VALUE = auto()
    DONE = auto()
    AFTER_PER = auto()
    ADDED_UP = auto()
    CHANGED = auto()
    MOMENT = auto()
    POINT = auto()
    PLACE = auto()
    AFTER_POINT = auto()  # of a sub-query that gives a place


_T, _S = Token, Symbol
AGGREGATES = frozenset({_T.COUNT, _T.COUNT_DISTINCT, _T.SUM, _T.AVG, _T.MIN, _T.MAX})
PARTS = frozenset(
    {_T.YEAR, _T.QUARTER, _T.MONTH, _T.DAY, _T.WEEKDAY, _T.HOUR, _T.YEAR_MONTH, _T.DATE, _T.WEEK}
)
ELAPSED = frozenset({_T.MINUTES, _T.HOURS, _T.DAYS, _T.WEEKS, _T.YEARS})
DISTANCES = frozenset({_T.KILOMETRES, _T.METRES})
ARITHMETIC = frozenset({_T.ADD, _T.SUBTRACT, _T.MULTIPLY, _T.DIVIDE}) | ELAPSED | DISTANCES
COMPARISONS = frozenset({_T.EQ, _T.NE, _T.GT, _T.GTE, _T.LT, _T.LTE})
_FIELD_TESTS = frozenset({_T.IS_NULL, _T.NOT_NULL, _T.EXISTS, _T.MISSING})
_TEXT_TESTS = frozenset({_T.CONTAINS, _T.NOT_CONTAINS, _T.STARTS, _T.ENDS})
_GROUP_TESTS = COMPARISONS | {_T.BETWEEN, _T.AND, _T.OR, _T.NOT}
_TESTS = (
    _GROUP_TESTS | _FIELD_TESTS | _TEXT_TESTS
    | {_T.RANGE, _T.IN, _T.NOT_IN, _T.SOME, _T.NO}
)  # fmt: skip
_TAIL = (
    _T.WHERE, _T.GROUP, _T.HAVING, _T.ORDER, _T.SKIP, _T.LIMIT, _T.ROWS, _T.OPTIONAL, _T.END,
)  # fmt: skip
OPERAND_STARTS = AGGREGATES | PARTS | ARITHMETIC | {_T.ONLY}
OUTPUT_STARTS = OPERAND_STARTS | {_T.RUNNING, _T.CHANGE, _T.MOVING, _T.RANK}


class Items(IntEnum):
    """Which schema items a symbol may point at."""

    NONE = 0
    FIELDS = 1
    ENTITIES = 2
    ALL = 3


class Values(IntEnum):
    """Which candidate values a symbol may point at."""

    NONE = 0
    ANY = 1
    DATES = 2
    NUMBERS = 3
    TEXTS = 4
    AMOUNTS = 5
    PLACES = 6


@dataclass(frozen=True, slots=True)
class Allowed:
    tokens: frozenset[Token] = frozenset()
    items: Items = Items.NONE
    values: Values = Values.NONE


ALLOWED: dict[Symbol, Allowed] = {
    _S.BEGIN: Allowed(OUTPUT_STARTS | {_T.DISTINCT, _T.CANNOT}, Items.ALL),
    _S.START: Allowed(OUTPUT_STARTS | {_T.DISTINCT}, Items.ALL),
    _S.OUT: Allowed(OUTPUT_STARTS, Items.ALL),
    _S.AFTER_OUT: Allowed(OUTPUT_STARTS | set(_TAIL), Items.ALL),
    _S.AFTER_WHERE: Allowed(frozenset(_TAIL[1:])),
    _S.AFTER_KEY: Allowed(PARTS | set(_TAIL[2:]), Items.FIELDS),
    _S.AFTER_HAVING: Allowed(frozenset(_TAIL[3:])),
    _S.AFTER_ORDER: Allowed(frozenset({_T.ASC, _T.DESC, *_TAIL[4:]})),
    _S.AFTER_SKIP: Allowed(frozenset(_TAIL[5:])),
    _S.AFTER_LIMIT: Allowed(frozenset({_T.PER, *_TAIL[6:]})),
    _S.AFTER_ROWS: Allowed(frozenset(_TAIL[7:])),
    _S.KEY: Allowed(PARTS, Items.FIELDS),
    _S.PREDICATE: Allowed(_TESTS),
    _S.GROUP_PREDICATE: Allowed(_GROUP_TESTS),
    _S.LEFT: Allowed(OPERAND_STARTS, Items.FIELDS),
    _S.ORDER_BY: Allowed(OPERAND_STARTS, Items.FIELDS),
    _S.FIELD: Allowed(items=Items.FIELDS),
    _S.AGGREGATE: Allowed(AGGREGATES),
    _S.COUNT_ARGUMENT: Allowed(PARTS, Items.ALL),
    _S.ARGUMENT: Allowed(PARTS | ARITHMETIC, Items.FIELDS),
    _S.TERM: Allowed(OPERAND_STARTS, Items.FIELDS, Values.AMOUNTS),
    _S.RIGHT: Allowed(frozenset({_T.SUB}), Items.FIELDS, Values.ANY),
    _S.VALUE: Allowed(values=Values.ANY),
    _S.DATES: Allowed(values=Values.DATES),
    _S.IN_FIRST: Allowed(frozenset({_T.SUB}), values=Values.ANY),
    _S.IN_MORE: Allowed(frozenset({_T.END_IN}), values=Values.ANY),
    _S.TEXT: Allowed(values=Values.TEXTS),
    _S.ENTITY: Allowed(items=Items.ENTITIES),
    _S.RELATED: Allowed(_TESTS | {_T.ALONE}),
    _S.ORDERING: Allowed(frozenset({_T.ASC, _T.DESC})),
    _S.LIMIT_VALUE: Allowed(frozenset({_T.LIMIT_ONE}), values=Values.NUMBERS),
    _S.SKIP_VALUE: Allowed(values=Values.NUMBERS),
    _S.DONE: Allowed(),
    _S.AFTER_PER: Allowed(PARTS | set(_TAIL[6:]), Items.FIELDS),
    _S.ADDED_UP: Allowed(frozenset({_T.COUNT, _T.SUM, _T.ONLY})),
    _S.CHANGED: Allowed(AGGREGATES | {_T.ONLY}),
    _S.MOMENT: Allowed(frozenset({_T.NOW}), Items.FIELDS),
    _S.POINT: Allowed(items=Items.FIELDS),
    _S.PLACE: Allowed(frozenset({_T.SUB}), Items.FIELDS, Values.PLACES),
    _S.AFTER_POINT: Allowed(frozenset({_T.WHERE, _T.ORDER, _T.SKIP, _T.LIMIT, _T.END})),
}

_CLAUSES: dict[Token, tuple[Symbol, ...]] = {
    _T.WHERE: (_S.PREDICATE, _S.AFTER_WHERE),
    _T.GROUP: (_S.KEY, _S.AFTER_KEY),
    _T.HAVING: (_S.GROUP_PREDICATE, _S.AFTER_HAVING),
    _T.ORDER: (_S.ORDERING, _S.AFTER_ORDER),
    _T.SKIP: (_S.SKIP_VALUE, _S.AFTER_SKIP),
    _T.LIMIT: (_S.LIMIT_VALUE, _S.AFTER_LIMIT),
    _T.PER: (_S.KEY, _S.AFTER_PER),
    _T.ROWS: (_S.ENTITY, _S.AFTER_ROWS),
    _T.OPTIONAL: (_S.ENTITY, _S.AFTER_ROWS),
    _T.END: (),
}
_REPEATS = frozenset({_S.AFTER_OUT, _S.AFTER_KEY, _S.AFTER_ORDER, _S.AFTER_PER})

TOKEN_MASKS: npt.NDArray[np.bool_] = np.zeros((len(Symbol), len(Token)), bool)
for _symbol, _allowed in ALLOWED.items():
    TOKEN_MASKS[_symbol, sorted(_allowed.tokens)] = True
ITEM_CLASSES = np.array([ALLOWED[symbol].items for symbol in Symbol], np.int64)
VALUE_CLASSES = np.array([ALLOWED[symbol].values for symbol in Symbol], np.int64)

Stack = tuple[Symbol, ...]
INITIAL: Stack = (_S.DONE, _S.BEGIN)


def advance(stack: Stack, token: Token | None) -> Stack:
    """The stack after a step; `token` None stands for a pointer. The top is the last element.

    The caller checks the step against `ALLOWED[stack[-1]]` first.
    """
    symbol, rest = stack[-1], stack[:-1]
    return rest + tuple(reversed(_replacement(symbol, token)))


def _replacement(symbol: Symbol, token: Token | None) -> tuple[Symbol, ...]:
    """What takes the place of `symbol`, in reading order."""
    if token in _CLAUSES and symbol not in (_S.PREDICATE, _S.GROUP_PREDICATE, _S.RELATED):
        assert token is not None
        return _CLAUSES[token]
    if token == _T.CANNOT:
        return ()
    if token == _T.DISTINCT:
        return (_S.OUT, _S.AFTER_OUT)
    if token == _T.SUB:
        return (_S.POINT, _S.AFTER_POINT) if symbol == _S.PLACE else (_S.START,)
    after: tuple[Symbol, ...] = ()
    if symbol in (_S.BEGIN, _S.START):
        after = (_S.AFTER_OUT,)
    elif symbol in _REPEATS:
        after = (symbol,)
    elif symbol in (_S.IN_FIRST, _S.IN_MORE):
        return (_S.IN_MORE,) if token is None else ()
    if token is None:
        return after
    if token in (_T.ASC, _T.DESC):
        return (_S.ORDER_BY, *after)
    if token == _T.RUNNING:
        return (_S.ADDED_UP, *after)
    if token in (_T.CHANGE, _T.RANK):
        return (_S.CHANGED, *after)
    if token == _T.MOVING:
        return (_S.SKIP_VALUE, _S.CHANGED, *after)
    if token == _T.ONLY:
        return (_S.AGGREGATE, _S.PREDICATE, *after)
    if token in ELAPSED:
        return (_S.MOMENT, _S.MOMENT, *after)
    if token in DISTANCES:
        return (_S.POINT, _S.PLACE, *after)
    if token in ARITHMETIC:
        return (_S.TERM, _S.TERM, *after)
    if token in (_T.COUNT, _T.COUNT_DISTINCT):
        return (_S.COUNT_ARGUMENT, *after)
    if token in AGGREGATES:
        return (_S.ARGUMENT, *after)
    if token in PARTS:
        return (_S.FIELD, *after)
    if symbol in (_S.PREDICATE, _S.GROUP_PREDICATE, _S.RELATED):
        return _test(_S.GROUP_PREDICATE if symbol == _S.GROUP_PREDICATE else _S.PREDICATE, token)
    return after  # LIMIT_ONE


def _test(symbol: Symbol, token: Token) -> tuple[Symbol, ...]:
    if token in (_T.AND, _T.OR):
        return (symbol, symbol)
    if token == _T.NOT:
        return (symbol,)
    if token in COMPARISONS:
        return (_S.LEFT, _S.RIGHT)
    if token == _T.BETWEEN:
        return (_S.LEFT, _S.VALUE, _S.VALUE)
    if token == _T.RANGE:
        return (_S.FIELD, _S.DATES)
    if token in (_T.IN, _T.NOT_IN):
        return (_S.LEFT, _S.IN_FIRST)
    if token in _FIELD_TESTS:
        return (_S.FIELD,)
    if token in _TEXT_TESTS:
        return (_S.FIELD, _S.TEXT)
    if token in (_T.SOME, _T.NO):
        return (_S.ENTITY, _S.RELATED)
    return ()  # ALONE
