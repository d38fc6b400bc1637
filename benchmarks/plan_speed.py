"""How long it takes to make a plan ready to run: check, lower and guard, without a database.

`python -m benchmarks.plan_speed [--data FOLDER] [--plans N] [--json]` times plans of synthetic
questions about the sample shop and, with `--data`, those of a folder in the layout of TEND. It
prints median and 99th percentile in milliseconds of each step and of all together.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.corpora import load_tend, tend_catalogs
from mqt_assets.training.synthesis import synthesise
from mqt_resources.sample_database.generator import generate
from mqt_serving.errors import MqtError
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog

STEPS = ("check", "lower", "guard", "together")
_REPEATS = 5
_SCALE = 0.05  # of the sample shop: its schema is what matters


def timings(plan: Plan, catalog: Catalog) -> dict[str, float]:
    """Milliseconds of each step, the least of some repeats; raises when the plan is refused."""
    best: dict[str, float] = {}
    for _ in range(_REPEATS):
        started = perf_counter()
        checked = check_plan(plan, catalog).plan
        after_check = perf_counter()
        command = lower(checked, catalog)
        after_lower = perf_counter()
        check(command, catalog)
        ended = perf_counter()
        spent = (
            after_check - started, after_lower - after_check, ended - after_lower, ended - started,
        )  # fmt: skip
        for step, seconds in zip(STEPS, spent, strict=True):
            best[step] = min(seconds * 1000, best.get(step, seconds * 1000))
    return best


def summary(found: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Median, 99th percentile and maximum of each step, in milliseconds."""
    return {
        step: {
            "median": round(median(times), 3),
            "p99": round(quantiles(times, n=100)[98], 3),
            "max": round(max(times), 3),
        }
        for step in STEPS
        if (times := [each[step] for each in found])
    }


def measure(plans: Sequence[tuple[Plan, Catalog]]) -> Iterator[dict[str, float]]:
    """The timings of all plans that are not refused."""
    for plan, catalog in plans:
        try:
            yield timings(plan, catalog)
        except MqtError:
            continue


def _synthetic(count: int) -> list[tuple[Plan, Catalog]]:
    catalog = catalog_from_documents("shop", generate(scale=_SCALE))
    examples = synthesise(catalog, count, seed=1)
    return [(example.plan, catalog) for example in examples if example.plan is not None]


def _corpus(folder: Path) -> list[tuple[Plan, Catalog]]:
    catalogs = tend_catalogs(folder)
    plans = {
        (example.database, example.plan): None
        for example in load_tend(folder, catalogs).examples
        if example.plan is not None
    }
    return [(plan, catalogs[name]) for name, plan in plans]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder in TEND's layout")
    parser.add_argument("--plans", type=int, default=2000, help="synthetic questions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    sets = {"sample shop": _synthetic(chosen.plans)}
    if chosen.data is not None:
        sets["corpus"] = _corpus(chosen.data)
    report: dict[str, Any] = {}
    for name, plans in sets.items():
        found = list(measure(plans))
        report[name] = {"plans": len(found), "milliseconds": summary(found)}
    if chosen.json:
        print(json.dumps(report))
        return
    for name, figures in report.items():
        print(f"{name}: {figures['plans']} plans, milliseconds")
        for step, times in figures["milliseconds"].items():
            columns = "  ".join(f"{what} {spent:7.3f}" for what, spent in times.items())
            print(f"  {step:9} {columns}")


if __name__ == "__main__":
    main()
