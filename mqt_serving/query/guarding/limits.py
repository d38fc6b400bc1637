"""How much a query may ask for; the guard enforces it, execution obeys it.

Memory is bounded by three things together: MongoDB keeps at most 100 MB for each sort and group,
since queries run without its disk (`allowDiskUse` false); expressions that multiply their input
are refused (`max_growth`); and at most `max_result_bytes` of a result are fetched.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Stages count those of sub-pipelines; depth counts nested operators, objects and arrays."""

    max_rows: int = 1000
    max_time_ms: int = 10_000
    max_result_bytes: int = 64 * 2**20  # as BSON, before it is decoded
    max_documents_examined: int = 20_000_000  # as estimated before the query runs
    max_stages: int = 50
    max_depth: int = 20
    max_nodes: int = 5_000
    max_values: int = 1_000  # elements of one literal list ($in)
    max_text_length: int = 10_000  # characters of one literal text
    max_regex_length: int = 200
    max_growth: int = 10_000  # copies of a field, or made-up elements, in one computed value
