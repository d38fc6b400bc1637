"""The query log's table."""

from __future__ import annotations

from datetime import UTC, datetime

from mqt_assets.feedback.query_log import to_table


def test_an_entry_becomes_a_row_without_result_rows() -> None:
    table = to_table(
        [
            {
                "_id": "q1",
                "at": datetime(2026, 3, 4, 5, 6, 7),
                "question": "how many orders?",
                "database": "shop",
                "plan": {"outputs": []},
                "command": "db.orders.countDocuments({})",
                "release_id": "r",
                "source": "model",
                "outcome": "answered",
                "row_count": 1,
                "timings": {"total_ms": 12.5},
                "rows": [{"secret": 1}],
            }
        ]
    )
    (row,) = table.to_pylist()
    assert row["at"] == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert row["total_ms"] == 12.5
    assert row["plan"] == '{"outputs": []}'
    assert row["error"] == ""
    assert "rows" not in row


def test_an_empty_day_has_the_same_columns() -> None:
    full = to_table([{"_id": "q", "at": datetime(2026, 1, 1)}])
    assert to_table([]).schema == full.schema
