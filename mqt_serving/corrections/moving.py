"""A correction brought to another moment: "last month" means other dates then, in its query too.

Where each date of a corrected query is one that its question names, they move along with what the
question means; else the query is of its time. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from mqt_serving.query.literals import plain
from mqt_serving.query.pipeline import Command, VariableExpression
from mqt_serving.query.plan import Plan, Scalar
from mqt_serving.query.trees import rebuilt
from mqt_serving.translator.dates import DateSpan, find_dates

_APART = datetime(2024, 2, 15), datetime(2025, 9, 25)
"""Two moments that have no day, week, month, quarter or year in common."""
_JUST_BEFORE = (timedelta(milliseconds=1), timedelta(seconds=1))
"""How people write the last moment of a day: 23:59:59.999 and 23:59:59."""

Moves = Mapping[Scalar, Scalar]
"""Dates of a query (as they are stored: UTC, to the millisecond) to what they are then."""


class Asked(Protocol):
    """A question that was corrected. `asked_at` (UTC where it has no zone) is when it was asked;
    None where nobody knows."""

    @property
    def question(self) -> str: ...
    @property
    def command(self) -> Command: ...
    @property
    def asked_at(self) -> datetime | None: ...


class AskedWithPlan(Asked, Protocol):
    @property
    def plan(self) -> Plan | None: ...


_Node = TypeVar("_Node")
_Correction = TypeVar("_Correction", bound=AskedWithPlan)


def brought_to(correction: _Correction, now: datetime) -> _Correction | None:
    """The correction as it would have been made of the same question at `now`; None where that
    is not known. `correction` is a dataclass."""
    moves = moves_of(correction, now)
    if not moves:
        return None if moves is None else correction
    return replace(  # type: ignore[type-var]
        correction,
        command=with_dates(correction.command, moves),
        plan=with_dates(correction.plan, moves),
    )


def query_at(correction: Asked, now: datetime) -> Command | None:
    """The query alone, as `brought_to` has it."""
    moves = moves_of(correction, now)
    return None if moves is None else with_dates(correction.command, moves)


def moves_of(correction: Asked, now: datetime) -> Moves | None:
    """How the dates of the query move when its question is asked at `now`; empty where they stay:
    the question means the same dates, or the query takes them from MongoDB's clock.

    None where the question means other dates, and the query's are not all known to be its.
    """
    question, nodes = correction.question, list(_inside(correction.command))
    if not says_relative_dates(question) or VariableExpression("NOW") in nodes:
        return {}
    if correction.asked_at is None:
        return None
    then, later = (find_dates(question, without_zone(at)) for at in (correction.asked_at, now))
    if [_range(span) for span in then] == [_range(span) for span in later]:
        return {}
    if [_words(span) for span in then] != [_words(span) for span in later]:
        return None
    return _moves({plain(node) for node in nodes if isinstance(node, datetime)}, then, later)


def says_relative_dates(question: str) -> bool:
    """Whether it depends on when it is asked which dates the question means."""
    one, other = (find_dates(question, moment) for moment in _APART)
    return [_range(span) for span in one] != [_range(span) for span in other]


def without_zone(moment: datetime) -> datetime:
    """The moment in UTC, as questions are read at."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def with_dates(node: _Node, moves: Moves) -> _Node:
    """The plan or query with its dates moved."""
    if not moves:
        return node

    def moved(part: object) -> object:
        return moves.get(plain(part), part) if isinstance(part, datetime) else part

    return rebuilt(node, moved)


def _moves(dates: set[Scalar], then: list[DateSpan], later: list[DateSpan]) -> Moves | None:
    exact: dict[Scalar, set[Scalar]] = {}
    near: dict[Scalar, set[Scalar]] = {}
    for before, after in zip(then, later, strict=True):
        edges = {plain(before.start): plain(after.start), plain(before.end): plain(after.end)}
        last = {plain(before.end - gap): plain(after.end - gap) for gap in _JUST_BEFORE}
        moves = _range(before) != _range(after)
        if moves and edges.keys().isdisjoint(dates) and last.keys().isdisjoint(dates):
            return None  # the query says it in another way: as a text, or the number of a year
        for known, pairs in ((exact, edges), (near, last)):
            for date, moved in pairs.items():
                known.setdefault(date, set()).add(moved)
    found: dict[Scalar, Scalar] = {}
    for date in dates:
        meant = exact.get(date) or near.get(date) or set()
        if len(meant) != 1:
            return None  # of none of the spans, or of two that move differently
        (found[date],) = meant
    return found


def _inside(node: object) -> Iterator[object]:
    """All that a query is made of, literals too."""
    yield node
    parts: tuple[object, ...] = ()
    if isinstance(node, tuple):
        parts = node
    elif is_dataclass(node):
        parts = tuple(getattr(node, item.name) for item in fields(node))
    for part in parts:
        yield from _inside(part)


def _range(span: DateSpan) -> tuple[datetime, datetime]:
    return span.start, span.end


def _words(span: DateSpan) -> tuple[int, int]:
    return span.first, span.last
