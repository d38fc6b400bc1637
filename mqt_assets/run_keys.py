"""Keys of the runs that sensors ask for. Dagster starts none for a key that any run ever had, also
one that failed, so what is only named by its content would never be tried again."""

from __future__ import annotations

from datetime import datetime


def hourly(key: str, now: datetime) -> str:
    """The same once an hour: a run that failed is asked for again when the next one begins."""
    return f"{key}:{now:%Y%m%dT%H}"
