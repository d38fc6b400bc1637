"""When corrections are worth a new model: a pure decision on what was accepted and what was used.

The sensor in `mqt_assets.sensors` reads the journal and acts; here is why it acts or doesn't.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mqt_serving.schema import digest_of


@dataclass(frozen=True, slots=True)
class Retraining:
    """`run_key` is empty when there is nothing to do; `reason` always says why."""

    run_key: str
    reason: str

    @property
    def wanted(self) -> bool:
        return bool(self.run_key)


def decide_retraining(
    accepted: Sequence[str],
    trained: Collection[str],
    requested: int,
    threshold: int,
    busy: bool,
) -> Retraining:
    """`accepted`: ids of all accepted corrections, oldest first; `trained`: those already in the
    training set; `requested`: how many were accepted when a run was last requested (so that a run
    that failed is not started again by the same corrections)."""
    new = [item for item in accepted if item not in trained]
    if not new:
        return Retraining("", f"All {len(accepted)} accepted corrections are in the training set.")
    if busy:
        return Retraining("", f"{len(new)} new corrections wait for the training that runs now.")
    since = len(accepted) - requested if requested <= len(accepted) else len(accepted)
    waiting = min(len(new), since)
    if waiting < threshold:
        return Retraining("", f"{waiting} new corrections; {threshold} start a training.")
    # By content, not by count: the same corrections never start two runs, cursor or not.
    return Retraining(f"corrections:{digest_of(sorted(accepted))}", f"{waiting} new corrections.")
