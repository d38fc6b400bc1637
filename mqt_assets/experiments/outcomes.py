"""What became of the questions of each variant, from the query log and the feedback journal; pure.

A question counts for the unit and variant that its record says, at the challenger's share of now:
earlier steps had another mix of days and people. Questions with an override are left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from mqt_assets.experiments.statistics import Sample, sample_of
from mqt_serving.assignment import Variant
from mqt_serving.journal import ANSWERED

SATISFIED = "satisfied"
"""The outcome that decides: answered, and neither corrected, nor voted down, nor rephrased."""

BETTER_HIGH = {
    SATISFIED: True,
    "success": True,
    "corrected": False,
    "thumbs_up": True,
    "thumbs_down": False,
    "rephrased": False,
}
"""Every outcome, and whether more of it is better."""

REPHRASED_WITHIN = timedelta(minutes=2)
SIMILAR = 0.5
"""Least share of common words (Jaccard) for one question to be another in other words."""

_WORD = re.compile(r"\w+")
_LITTLE_WORDS = frozenset(
    "a an the of in on for to by is are was were do does did me my please and".split()
)


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant's part. `samples` holds each outcome of `BETTER_HIGH`; milliseconds in all."""

    units: int
    questions: int
    samples: Mapping[str, Sample]
    latencies: tuple[float, ...]

    @property
    def p95_ms(self) -> float | None:
        return float(np.percentile(self.latencies, 95)) if self.latencies else None


def arms_of(
    queries: Iterable[Mapping[str, Any]],
    feedback: Iterable[Mapping[str, Any]],
    experiment: str,
    share: float,
) -> dict[Variant, Arm]:
    """Both arms from journal documents; an arm that nobody saw is empty."""
    counted = [q for q in queries if _counts(q.get("exposure"), experiment, share)]
    said: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in feedback:
        said[str(entry.get("query_id"))].append(entry)
    rephrased = rephrased_ids(counted)
    return {
        "champion": _arm([q for q in counted if _variant(q) == "champion"], said, rephrased),
        "challenger": _arm([q for q in counted if _variant(q) == "challenger"], said, rephrased),
    }


def rephrased_ids(queries: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Questions that the same unit soon asked in other words; the exact same again is no rephrasing
    and neither is a follow-up."""
    by_unit: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for query in queries:
        by_unit[query["exposure"]["unit"]].append(query)
    found = set()
    for asked in by_unit.values():
        asked.sort(key=lambda q: q["at"])
        for position, first in enumerate(asked):
            for later in asked[position + 1 :]:
                if later["at"] - first["at"] > REPHRASED_WITHIN:
                    break
                if not later.get("follow_up_of") and similar(first["question"], later["question"]):
                    found.add(str(first["_id"]))
                    break
    return frozenset(found)


def similar(one: str, other: str) -> bool:
    """Other words for much the same, not the same words."""
    if _WORD.findall(one.casefold()) == _WORD.findall(other.casefold()):
        return False
    first, second = _content(one), _content(other)
    return bool(first | second) and len(first & second) / len(first | second) >= SIMILAR


def _content(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold())) - _LITTLE_WORDS


def _counts(exposure: Mapping[str, Any] | None, experiment: str, share: float) -> bool:
    return (
        exposure is not None
        and exposure["experiment"] == experiment
        and exposure["share"] == share
        and not exposure["overridden"]
    )


def _variant(query: Mapping[str, Any]) -> str:
    return str(query["exposure"]["variant"])


def _arm(
    queries: Sequence[Mapping[str, Any]],
    said: Mapping[str, Sequence[Mapping[str, Any]]],
    rephrased: frozenset[str],
) -> Arm:
    sums: defaultdict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(BETTER_HIGH, 0.0))
    counts: defaultdict[str, int] = defaultdict(int)
    latencies = []
    for query in queries:
        unit, key = query["exposure"]["unit"], str(query["_id"])
        success = query["outcome"] in ANSWERED
        corrected = any(entry.get("corrected_query") is not None for entry in said.get(key, ()))
        verdicts = {entry.get("verdict") for entry in said.get(key, ())}
        happened = {
            "success": success,
            "corrected": corrected,
            "thumbs_up": "up" in verdicts,
            "thumbs_down": "down" in verdicts,
            "rephrased": key in rephrased,
        }
        happened[SATISFIED] = success and not (
            corrected or happened["thumbs_down"] or happened["rephrased"]
        )
        counts[unit] += 1
        for name, true in happened.items():
            sums[unit][name] += true
        total = (query.get("timings") or {}).get("total_ms")
        if success and total is not None:
            latencies.append(float(total))
    units = list(counts)
    samples = {
        name: sample_of([sums[u][name] for u in units], [counts[u] for u in units])
        for name in BETTER_HIGH
    }
    return Arm(len(units), sum(counts.values()), samples, tuple(latencies))


def started_at(entries: Iterable[Mapping[str, Any]], experiment: str) -> datetime | None:
    """When the audit trail says that the experiment began."""
    for entry in entries:
        details = entry.get("details") or {}
        if entry["action"] == "experiment-start" and details.get("experiment") == experiment:
            return datetime.fromisoformat(entry["at"])
    return None
