"""The triggers: what each cause for a training needs to be due. Pure.

Evidence counts once: what the last training has learned from, or could have, starts no other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from mqt_assets.drift.flags import DriftFlag
from mqt_assets.retraining.decision import Trigger
from mqt_assets.retraining.quality import QualityLook
from mqt_assets.retraining.schema_change import SchemaChange
from mqt_serving.schema import digest_of

NEVER: Final = "never"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def corrections(
    accepted: Collection[str],
    trained: Collection[str],
    threshold: int,
    disputed: Collection[str] = (),
) -> Trigger:
    """`accepted` are ids of all accepted corrections, `trained` those the last training learned
    from; those `disputed` cannot be learned."""
    new = sorted(set(accepted) - set(trained) - set(disputed))
    state = f"{len(new)} new of {len(accepted)} accepted, {threshold} start a training"
    if disputed:
        state += f"; {len(disputed)} are disputed"
    return Trigger("corrections", state, len(new) >= threshold, digest_of(new))


def schema(
    since_served: SchemaChange | None, since_trained: SchemaChange | None, least: float
) -> Trigger:
    """Changes since the served model was trained, and since the last training; None: not known.

    Both have to be large: a candidate that has learned the new schemas and was no better would
    not be so the second time.
    """
    known = [change for change in (since_served, since_trained) if change is not None]
    if not known:
        return Trigger("schema", "not known what schemas the model was trained on")
    change = min(known, key=lambda one: one.share)
    state = f"{change}, {least:.0%} start a training"
    return Trigger("schema", state, change.share >= least, change.key)


def drift(flags: Sequence[DriftFlag], trained_at: datetime, translator: str) -> Trigger:
    """Flags raised since the last training began, against it: not those of a look at the one before
    that ended while it ran."""
    new = sorted(
        (f for f in flags if f.at > trained_at and f.translator in ("", translator)),
        key=lambda flag: flag.id,
    )
    if not new:
        return Trigger("drift", "nothing flagged since the last training")
    texts = [f"{flag.kind} drift of {flag.subject}" for flag in new]
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    state = f"{', '.join(texts[:3])}{more}"
    return Trigger("drift", state, True, digest_of([flag.id for flag in new]))


def quality(look: QualityLook) -> Trigger:
    return Trigger("quality", look.state, look.worse, look.key)


def calendar(when: str, trained_at: datetime, now: datetime) -> Trigger:
    """`when` is `never`, `HH:MM` (every day) or `sun HH:MM` (every week), UTC.

    Due when the last such moment came after the last training began.
    """
    last = last_occasion(when, now)
    if last is None:
        return Trigger("calendar", NEVER)
    if last <= trained_at:
        following = last + (timedelta(days=7) if " " in when else timedelta(days=1))
        return Trigger("calendar", f"{when}, next on {following:%Y-%m-%d}")
    return Trigger("calendar", f"{when}, last on {last:%Y-%m-%d}", True, last.isoformat())


def last_occasion(when: str, now: datetime) -> datetime | None:
    """The last moment up to `now` that `when` names; None for `never`."""
    if when == NEVER:
        return None
    found = re.fullmatch(r"(?:(\w{3}) )?(\d\d):(\d\d)", when)
    if found is None:
        raise ValueError(f"{when!r} is neither `never`, `HH:MM` nor `sun HH:MM`")
    day, hour, minute = found.groups()
    at = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    if day:
        at -= timedelta(days=(now.weekday() - _DAYS.index(day)) % 7)
    return at if at <= now else at - timedelta(days=7 if day else 1)
