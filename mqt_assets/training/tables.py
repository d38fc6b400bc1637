"""Examples as Parquet tables: one row an example, its plan as JSON text. Inverse of each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mqt_assets.training.examples import Example

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_TEXTS = ("id", "question", "database", "plan", "command", "source", "kind", "asked_at")


def to_table(examples: Iterable[Example]) -> pa.Table:
    """One row an example, also for none: the columns are fixed."""
    import pyarrow as pa

    columns = [(name, pa.string()) for name in _TEXTS] + [("ordered", pa.bool_())]
    rows = []
    for example in examples:
        row = example.to_json()
        plan = row["plan"]
        rows.append({**row, "plan": None if plan is None else json.dumps(plan)})
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def to_frame(examples: Iterable[Example]) -> pd.DataFrame:
    """What people look at of the examples, a row each."""
    shown = ["question", "database", "command", "kind", "source", "ordered"]
    frame: pd.DataFrame = to_table(examples).select(shown).to_pandas()
    return frame


def from_table(table: pa.Table) -> list[Example]:
    """In the order of the rows."""
    return [
        Example.from_json({**row, "plan": None if row["plan"] is None else json.loads(row["plan"])})
        for row in table.to_pylist()
    ]


def counts(examples: Sequence[Example]) -> dict[tuple[str, str], int]:
    """How many by source and kind, in a fixed order."""
    found: dict[tuple[str, str], int] = {}
    for example in examples:
        key = (example.source, example.kind)
        found[key] = found.get(key, 0) + 1
    return dict(sorted(found.items()))
