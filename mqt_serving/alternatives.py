"""Two readings that come close and answer differently: what a person is asked to choose from.

Pure: what comes close, whether two results are the same, and how the choice is put. `service` runs
the second reading.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mqt_serving.answers import Alternatives, Choice, Option, Table
from mqt_serving.query.explanation import differences, either_or
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

MOST_ROWS_SHOWN = 5
MOST_PREVIEW_MS = 2000
"""The answer waits for the second reading: not as long as for the first."""
LEAST_PREVIEW_MS = 10


def rival_of(choices: Sequence[Choice], chosen: int, share: float) -> int | None:
    """The next reading, where its probability is at least this share of that of the chosen one."""
    rival = chosen + 1
    if rival >= len(choices) or choices[chosen].plan is None or choices[rival].plan is None:
        return None
    close = choices[rival].probability >= share * choices[chosen].probability
    return rival if close else None


def preview_limits(limits: Limits, spent_ms: float, row_count: int) -> Limits | None:
    """For the second reading: the time that the first left, and as many rows as it has.

    Fewer could not tell whether the results differ. None: there is no time left.
    """
    left = min(int(limits.max_time_ms - spent_ms), MOST_PREVIEW_MS)
    if left < LEAST_PREVIEW_MS:
        return None
    rows = min(limits.max_rows, max(row_count, MOST_ROWS_SHOWN))
    return replace(limits, max_time_ms=left, max_rows=rows)


def alternatives_of(
    choices: Sequence[Choice], tables: Mapping[int, Table], catalog: Catalog
) -> Alternatives | None:
    """The two readings that gave these tables, best first; None when the results are the same."""
    (first, table), (second, other) = sorted(tables.items())
    one, another = choices[first].plan, choices[second].plan
    assert one is not None and another is not None  # see `rival_of`
    if same_result(table, other, _in_order(one, another)):
        return None
    said = differences(one, another, catalog)
    return Alternatives(
        question=either_or(said),
        options=(
            Option(first, said[0], _preview(table)),
            Option(second, said[1], _preview(other)),
        ),
    )


def same_result(first: Table, second: Table, in_order: bool) -> bool:
    """Whether a person reads the same off both: the same values, whatever they are called."""
    if first.truncated != second.truncated or len(first.rows) != len(second.rows):
        return False
    ours, theirs = ([_values(row) for row in table.rows] for table in (first, second))
    return ours == theirs if in_order else Counter(ours) == Counter(theirs)


def _in_order(one: Plan, another: Plan) -> bool:
    """Whether the places of rows count: both have an order, and not the same (ties may fall
    either way in one and the same)."""
    if one.per or another.per or not (one.order_by and another.order_by):
        return False
    return one.order_by != another.order_by


def _values(row: Mapping[str, Any]) -> str:
    return json.dumps(sorted(json.dumps(_plain(value), sort_keys=True) for value in row.values()))


def _plain(value: Any) -> Any:
    """The value as it is read: 3.0 is 3."""
    match value:
        case bool():
            return value
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value


def _preview(table: Table) -> Table:
    more = table.truncated or len(table.rows) > MOST_ROWS_SHOWN
    return Table(table.columns, table.rows[:MOST_ROWS_SHOWN], more)
