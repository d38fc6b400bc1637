"""A day's drift report: how the data differs from that of the last training, and what people ask
from what they asked before.

Pure: from profiles, counts and vectors to figures, and from figures to flags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from mqt_assets.drift.comparison import LEAST_DOCUMENTS, LEVEL, difference
from mqt_assets.drift.flags import DriftFlag
from mqt_assets.drift.profiles import FieldProfile
from mqt_assets.drift.questions import LEVEL as QUESTIONS_LEVEL
from mqt_assets.drift.questions import Shift
from mqt_serving.schema import digest_of

HOLD: Final = timedelta(days=14)
"""Twice the days that questions are compared over."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Baseline(_Part):
    """What the data looked like at a training: profiles by field, by `database.collection`."""

    translator: str
    collections: dict[str, dict[str, FieldProfile]]


class FieldDrift(_Part):
    """`bin` is the one that adds most to the PSI, with its shares before and now."""

    path: str
    psi: float
    p: float
    bin: str
    before: float
    now: float
    drifted: bool


class CollectionDrift(_Part):
    """`fields` are the compared ones, those that moved most first."""

    collection: str  # database.collection
    before: int  # documents read
    now: int
    fields: tuple[FieldDrift, ...] = ()

    @property
    def drifted(self) -> tuple[FieldDrift, ...]:
        return tuple(field for field in self.fields if field.drifted)


class QuestionDrift(_Part):
    """Different questions of both times; `coefficient` and `p` are None where they are too few."""

    before: int
    now: int
    coefficient: float | None = None
    p: float | None = None
    drifted: bool = False
    unlike: tuple[str, ...] = ()  # new questions that are least like any before
    state: str = ""


class DriftReport(_Part):
    """Of one day; data against the training of `trained_at`, questions against those before."""

    day: date
    translator: str
    trained_at: AwareDatetime | None
    collections: tuple[CollectionDrift, ...] = ()
    questions: QuestionDrift
    notes: tuple[str, ...] = ()


Counts = Mapping[str, tuple[int, ...]]
"""Documents of now in the bins of a profile, by field path."""


def data_drift(
    baseline: Baseline, counted: Mapping[str, Counts], least_psi: float
) -> tuple[CollectionDrift, ...]:
    """Each collection of the baseline that was counted, those with the most drift first."""
    tested = sum(
        _enough(profile, counts[path])
        for name, counts in counted.items()
        for path, profile in baseline.collections[name].items()
    )
    found = [
        _collection(name, baseline.collections[name], counts, least_psi, LEVEL / max(1, tested))
        for name, counts in counted.items()
    ]
    return tuple(
        sorted(found, key=lambda c: (-len(c.drifted), -max((f.psi for f in c.fields), default=0)))
    )


def _enough(profile: FieldProfile, counts: Sequence[int]) -> bool:
    return min(profile.documents, sum(counts)) >= LEAST_DOCUMENTS


def _collection(
    name: str,
    profiles: Mapping[str, FieldProfile],
    counted: Counts,
    least_psi: float,
    level: float,
) -> CollectionDrift:
    fields = [
        _field(path, profile, counted[path], least_psi, level)
        for path, profile in profiles.items()
        if _enough(profile, counted[path])
    ]
    return CollectionDrift(
        collection=name,
        before=max((profile.documents for profile in profiles.values()), default=0),
        now=max((sum(counts) for counts in counted.values()), default=0),
        fields=tuple(sorted(fields, key=lambda field: -field.psi)),
    )


def _field(
    path: str, profile: FieldProfile, counts: Sequence[int], least_psi: float, level: float
) -> FieldDrift:
    found = difference(profile.counts, counts)
    return FieldDrift(
        path=path,
        psi=found.psi,
        p=found.p,
        bin=profile.bins[found.most],
        before=profile.counts[found.most] / profile.documents,
        now=counts[found.most] / sum(counts),
        drifted=found.psi >= least_psi and found.p < level,
    )


def question_drift(
    before: int, now: int, found: Shift, least_coefficient: float, unlike: Sequence[str]
) -> QuestionDrift:
    drifted = found.p <= QUESTIONS_LEVEL and found.coefficient >= least_coefficient
    said = "other questions than before" if drifted else "no other questions than before"
    return QuestionDrift(
        before=before,
        now=now,
        coefficient=found.coefficient,
        p=found.p,
        drifted=drifted,
        unlike=tuple(unlike),
        state=f"{said}: energy coefficient {found.coefficient:.3f} (p = {found.p:.2g})",
    )


def flags_of(
    report: DriftReport, at: datetime, raised: Sequence[DriftFlag] = ()
) -> list[DriftFlag]:
    """One for each collection that drifted, and one for the questions; the same id until the next
    training, however often they are found.

    What the questions of before are takes days to follow a change: after a flag for them, which is
    among those `raised`, there is none for `HOLD`.
    """
    found = [
        _flag(
            report,
            "data",
            collection.collection,
            at,
            ", ".join(f"{field.path} (PSI {field.psi:.2f})" for field in collection.drifted[:5]),
        )
        for collection in report.collections
        if collection.drifted
    ]
    held = any(flag.kind == "concept" and at - flag.at < HOLD for flag in raised)
    if report.questions.drifted and not held:
        found.append(_flag(report, "concept", "the questions", at, report.questions.state))
    return found


def _flag(
    report: DriftReport, kind: Literal["data", "concept"], subject: str, at: datetime, detail: str
) -> DriftFlag:
    name = digest_of([kind, subject, report.translator])
    return DriftFlag(
        id=name, kind=kind, subject=subject, at=at, detail=detail, translator=report.translator
    )
