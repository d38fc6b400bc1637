"""The command of a benchmark that simulates: its options, how long it took, its exit status."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

Figures = dict[str, Any]


def run_simulation(
    about: str | None,
    what: str,
    count: int,
    measure: Callable[[int, int], Figures],
    report: Callable[[Figures], str],
) -> int:
    """Print the figures of `measure(how many, seed)`; 1 where they say that they did not pass.

    `what` names the option for how many are simulated, `count` by default.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(f"--{what}", dest="count", type=int, default=count)
    options = parser.parse_args()
    started = time.perf_counter()
    figures = measure(options.count, options.seed)
    figures["seconds"] = round(time.perf_counter() - started, 1)
    print(json.dumps(figures, indent=1) if options.json else report(figures))
    return 0 if figures.get("passed", True) else 1
