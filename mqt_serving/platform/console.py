"""What `mqt up` says while it works: one line a step, with the time since the start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


class Progress:
    """Lines `  12.3 s  message`; `clock` gives seconds."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._started

    def say(self, message: str, style: str = "") -> None:
        line = Text(f"{self.elapsed:7.1f} s  ", style="dim")
        self.console.print(line.append(message, style=style))

    def warn(self, message: str) -> None:
        self.say(message, "yellow")

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Say what is being done, and what is done with the time that it took."""
        self.say(f"{doing} ...")
        started = time.monotonic()
        yield
        self.say(f"{done} ({time.monotonic() - started:.1f} s)", "green")
