"""Says on standard error how far a long measurement is, every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
_EVERY_S = 10.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def with_progress(
    items: Sequence[Item], title: str, note: Callable[[], str] = lambda: ""
) -> Iterator[Item]:
    """The items, saying now and then how many are done, and `note()` behind it."""
    started = time.monotonic()
    due = started + _EVERY_S
    for done, item in enumerate(items):
        now = time.monotonic()
        if done and now >= due:
            due = now + _EVERY_S
            left = (now - started) / done * (len(items) - done)
            say(f"{title}: {done} of {len(items)}, about {left:.0f} s left{note()}")
        yield item
    say(f"{title}: {len(items)} in {time.monotonic() - started:.0f} s{note()}")
