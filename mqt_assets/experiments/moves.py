"""Moves of an experiment: each changes the release pointer once and leaves an audit entry."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mqt_assets.release.audit import record
from mqt_assets.release.packaging import (
    CATALOGS,
    CORRECTIONS,
    EVALUATION,
    INDEX,
    TRANSLATOR,
    code_version,
    prompt_version_of,
    translator_of,
)
from mqt_serving.errors import ExperimentError, NoRelease
from mqt_serving.experiment_reports import close_when_over
from mqt_serving.releases import (
    PROMPT,
    Pointer,
    change_pointer,
    promote,
    read_manifest,
    read_pointer,
    verify,
    write_release,
)


def start(
    root: Path,
    share: float,
    *,
    challenger: str = "",
    reason: str = "",
    author: str = "",
    run_id: str = "",
    now: datetime | None = None,
) -> Pointer:
    """Give `share` of the askers the challenger: the named release, else the one that waits.

    Raises `ExperimentError` when one runs already or there is nothing to try, `ReleaseCorrupt`
    when there is no such release or it is damaged.
    """
    at = now or datetime.now(UTC)

    def change(pointer: Pointer) -> Pointer:
        if pointer.experiment:
            raise ExperimentError(
                f"Experiment {pointer.experiment} is running: stop it or wait for its end."
            )
        name = challenger or pointer.challenger
        if not name or name == pointer.champion:
            raise ExperimentError(
                "There is no challenger to try: name a release that is not the champion."
            )
        verify(root / name)
        return pointer.model_copy(
            update={
                "challenger": name,
                "challenger_share": share,
                "experiment": f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
                "salt": secrets.token_hex(16),
            }
        )

    return _move(root, "start", change, reason, author, run_id, at)


def wait(
    root: Path, challenger: str, *, reason: str = "", author: str = "", run_id: str = ""
) -> Pointer:
    """Load a release as challenger, for nobody yet; raises `ExperimentError` while one is tried."""

    def change(pointer: Pointer) -> Pointer:
        if pointer.experiment:
            raise ExperimentError(
                f"Experiment {pointer.experiment} is running: stop it or wait for its end."
            )
        verify(root / challenger)
        return pointer.model_copy(update={"challenger": challenger, "challenger_share": 0.0})

    return _move(root, "wait", change, reason, author, run_id)


def ramp(
    root: Path,
    share: float,
    *,
    experiment: str = "",
    reason: str = "",
    author: str = "",
    run_id: str = "",
) -> Pointer:
    """Change the challenger's share; figures are counted anew from here."""

    def change(pointer: Pointer) -> Pointer:
        _running(pointer, experiment)
        return pointer.model_copy(update={"challenger_share": share})

    return _move(root, "ramp", change, reason, author, run_id)


def stop(
    root: Path,
    *,
    withdraw: bool = False,
    experiment: str = "",
    reason: str = "",
    author: str = "",
    run_id: str = "",
) -> Pointer:
    """All to the champion. `withdraw`: the challenger's model may not come back by itself."""

    def change(pointer: Pointer) -> Pointer:
        return _running(pointer, experiment).without_challenger()

    return _move(root, "withdraw" if withdraw else "stop", change, reason, author, run_id)


def promote_challenger(
    root: Path,
    try_out: Callable[[Path], object],
    *,
    experiment: str = "",
    reason: str = "",
    author: str = "",
    run_id: str = "",
) -> Pointer:
    """Make the challenger's model champion, with the champion's data.

    Its own catalogs and corrections are as old as the experiment, so a release of both is written
    unless they are the same. `try_out` loads it as serving does; what it raises stops the move.
    """
    before = read_pointer(root)
    if before is None:
        raise NoRelease(f"nothing was released in {root}")
    _running(before, experiment)
    assert before.challenger is not None
    release_id = _with_data_of(root, before.challenger, before.champion, run_id)
    try_out(root / release_id)

    def allow(current: Pointer | None) -> None:
        if current != before:
            raise ExperimentError(
                "The pointer moved meanwhile: look at the experiment and try again."
            )

    after = promote(root, release_id, allow)
    _record(root, "promote", before, after, reason, author, run_id)
    return after


def _with_data_of(root: Path, model: str, data: str, run_id: str) -> str:
    ours, theirs = read_manifest(root / model), read_manifest(root / data)

    def rest(files: dict[str, str]) -> dict[str, str]:
        skipped = (f"{TRANSLATOR}/", EVALUATION, PROMPT)
        return {name: digest for name, digest in files.items() if not name.startswith(skipped)}

    if rest(ours.files) == rest(theirs.files):
        return model
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = {TRANSLATOR: model, EVALUATION: model, PROMPT: model}
        sources |= dict.fromkeys((CATALOGS, INDEX, CORRECTIONS), data)
        for part, release in sources.items():
            if (root / release / part).exists():
                (folder / part).symlink_to((root / release / part).resolve())
        manifest = write_release(
            root,
            folder,
            metrics=ours.metrics,
            dataset_digest=ours.dataset_digest,
            catalog_digests=theirs.catalog_digests,
            index_version=theirs.index_version,
            dagster_run_id=run_id,
            mlflow_model_version=ours.mlflow_model_version,
            code_version=code_version(),
        )
    return manifest.id


def _running(pointer: Pointer, experiment: str) -> Pointer:
    """`experiment`: the one that has to be running; empty: any."""
    if not pointer.experiment:
        raise ExperimentError("No experiment is running; start one first.")
    if experiment and pointer.experiment != experiment:
        raise ExperimentError(
            f"Experiment {experiment} is over; {pointer.experiment} is running and not moved."
        )
    return pointer


def _move(
    root: Path,
    action: str,
    change: Callable[[Pointer], Pointer],
    reason: str,
    author: str,
    run_id: str,
    now: datetime | None = None,
) -> Pointer:
    before, after = change_pointer(root, change)
    _record(root, action, before, after, reason, author, run_id, now)
    return after


def _record(
    root: Path,
    action: str,
    before: Pointer,
    after: Pointer,
    reason: str,
    author: str,
    run_id: str,
    now: datetime | None = None,
) -> None:
    left = before.challenger if action == "withdraw" else before.champion
    challenger = after.challenger or before.challenger
    record(
        root,
        action=f"experiment-{action}",
        dagster_run_id=run_id,
        before=before.champion,
        after=after.champion,
        translators=(translator_of(root, left), translator_of(root, after.champion)),
        prompts=(prompt_version_of(root, left), prompt_version_of(root, after.champion)),
        reason=reason,
        author=author,
        now=now,
        details={
            "experiment": after.experiment or before.experiment,
            "challenger": challenger,
            "translator": translator_of(root, challenger),
            "share": after.challenger_share,
        },
    )
    close_when_over(root, before, after, action, reason, now)
