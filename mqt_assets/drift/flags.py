"""Drift flags: what is handed to retraining, as a small file of the artifact store.

`drift_report` raises them, and so may any other detector. A flag counts until a training began
after it was raised.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from mqt_resources.artifacts import ArtifactStore
from mqt_serving.errors import MqtError

FLAGS = "drift_flags.json"
MOST = 1000


class DriftFlagsUnreadable(MqtError):
    code, status = "drift-flags-unreadable", 500


class DriftFlag(BaseModel):
    """`subject` is what drifted (a collection, a field, the questions); `detail` is for people.

    `translator` is the candidate whose training was compared with; empty for whichever it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Literal["data", "concept"]
    subject: str
    at: AwareDatetime
    detail: str = ""
    translator: str = ""


def read_flags(store: ArtifactStore) -> tuple[DriftFlag, ...]:
    """None where nothing was written; raises `DriftFlagsUnreadable` naming what is wrong."""
    if not store.exists(FLAGS):
        return ()
    try:
        body = json.loads(store.read(FLAGS))
        return tuple(DriftFlag.model_validate(one) for one in body)
    except (ValueError, TypeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise DriftFlagsUnreadable(
            f"{store.path(FLAGS)} is no list of drift flags ({reason}): correct or delete it."
        ) from error


def write_flags(store: ArtifactStore, flags: Sequence[DriftFlag]) -> None:
    """Replace the flags; only the newest `MOST` are kept."""
    newest = sorted(flags, key=lambda flag: flag.at)[-MOST:]
    body = [flag.model_dump(mode="json") for flag in newest]
    store.write(FLAGS, json.dumps(body, ensure_ascii=False, indent=1).encode())


def raise_flags(store: ArtifactStore, found: Sequence[DriftFlag]) -> list[DriftFlag]:
    """Add those that are not raised yet (by id); returns them. Raises `DriftFlagsUnreadable`."""
    raised = read_flags(store)
    known = {flag.id for flag in raised}
    new = [flag for flag in found if flag.id not in known]
    if new:
        write_flags(store, [*raised, *new])
    return new
