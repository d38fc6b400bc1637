"""A run told in lines: each asset as it starts, what it says, how long it took.

A Dagster logger (`progress`), for runs that people wait for. Failed steps are told with their
cause; warnings are passed on; everything else stays in Dagster's event log.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

import dagster as dg


@dg.logger(config_schema={}, description="Plain progress lines for people who wait: `mqt up`.")
def progress_logger(context: Any) -> logging.Logger:
    # Not from `logging.getLogger`: a registered logger would keep a handler for each run.
    logger = logging.Logger("mqt.progress", logging.DEBUG)
    logger.addHandler(ProgressLines(sys.stdout))
    return logger


class ProgressLines(logging.Handler):
    """Writes to `out`, flushed line by line; times are seconds since the handler was made."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._out = out
        self._clock = clock
        self._began = clock()
        self._started: dict[str, float] = {}
        self._made: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            self._message(record, meta)
            return
        step = event.step_key or ""
        match event.event_type_value:
            case "STEP_START":
                self._started[step] = self._clock()
            case "ASSET_MATERIALIZATION":
                self._made.add(step)
            case "STEP_SUCCESS" if step in self._made:  # a check that passes is no news
                self._say(f"{step:<28} {self._took(step):6.1f} s")
            case "STEP_FAILURE":
                self._say(f"{step:<28} failed after {self._took(step):.1f} s: {cause_of(event)}")
            case "ASSET_CHECK_EVALUATION":
                self._check(event.event_specific_data)

    def _message(self, record: logging.LogRecord, meta: dict[str, Any]) -> None:
        text = str(meta.get("orig_message") or record.getMessage())
        if text.endswith("Not executing."):
            return  # what follows from a failure is no news after the failure itself
        if record.levelno >= logging.WARNING:
            self._say(f"warning: {text}")
        elif record.levelno >= logging.INFO:
            self._say(f"    {text}")

    def _check(self, evaluation: Any) -> None:
        if not evaluation.passed:
            why = evaluation.description or "see its page in Dagster"
            self._say(f"{evaluation.check_name}: {why}")

    def _took(self, step: str) -> float:
        return self._clock() - self._started.get(step, self._began)

    def _say(self, text: str) -> None:
        elapsed = int(self._clock() - self._began)
        self._out.write(f"[{elapsed // 60}:{elapsed % 60:02d}] {text}\n")
        self._out.flush()


def cause_of(event: dg.DagsterEvent) -> str:
    """The innermost message of a failed step: ours, not Dagster's wrapping of it."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return "unknown error" if error is None else error.message.strip().splitlines()[0]
