"""How assets are divided: by collection (found at run time) and by day (UTC).

A run covers a range of `collections` partitions at once (`BackfillPolicy.single_run`): starting a
process costs seconds, inferring a schema a fraction of one. Depends on Dagster only.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence

import dagster as dg

# Backfill policies and data versions are "beta" in Dagster 1.13; we pin the version, and a warning
# for each use would bury those that matter.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

COLLECTIONS = "collections"

collections = dg.DynamicPartitionsDefinition(name=COLLECTIONS)
"""One partition a collection; keys as in `schemas.discovery.encode_partition`."""

days = dg.DailyPartitionsDefinition(start_date="2026-11-01", timezone="UTC")

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def range_tags(known: Sequence[str], wanted: Collection[str]) -> dict[str, str]:
    """Run tags for the smallest range of `known` (in partition order) that holds all of `wanted`.

    Partitions in between that didn't ask for it are done too: one run that does a little more is
    cheaper than a run for each gap. Raises ValueError for a key that isn't known.
    """
    unknown = sorted(set(wanted) - set(known))
    if unknown or not wanted:
        raise ValueError(f"not among the {len(known)} known partitions: {unknown or 'nothing'}")
    positions = [known.index(key) for key in wanted]
    return {RANGE_START: known[min(positions)], RANGE_END: known[max(positions)]}


def partitions_of(tags: dict[str, str], known: Sequence[str]) -> frozenset[str]:
    """The `collections` partitions that a run with these tags works on."""
    start, end = tags.get(RANGE_START), tags.get(RANGE_END)
    single = tags.get("dagster/partition")
    if start is not None and end is not None and start in known and end in known:
        return frozenset(known[known.index(start) : known.index(end) + 1])
    return frozenset({single} if single is not None and single in known else ())
