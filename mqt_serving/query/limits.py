"""How much a query may ask for; the guard enforces it, execution obeys it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Stages count those of sub-pipelines; depth counts nested operators, objects and arrays."""

    max_rows: int = 1000
    max_time_ms: int = 10_000
    max_stages: int = 50
    max_depth: int = 20
    max_nodes: int = 5_000
    max_values: int = 1_000  # elements of one literal list ($in)
    max_text_length: int = 10_000  # characters of one literal text
    max_regex_length: int = 200
