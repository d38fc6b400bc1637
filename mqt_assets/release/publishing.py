"""A new release written, tried out, and made champion or challenger.

Each is written beside the others, loaded as serving loads it and asked every corrected question;
only then does the pointer move. What raises before that leaves what serves as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.experiments.moves import start, wait
from mqt_assets.release.audit import entries, record, stopped
from mqt_assets.release.packaging import (
    Contents,
    assemble,
    code_version,
    prompt_version_of,
    translator_of,
)
from mqt_assets.release.trying_out import load_as_serving
from mqt_resources.artifacts import ArtifactStore
from mqt_serving.errors import ExperimentError
from mqt_serving.experiment_reports import close_when_over
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.releases import Manifest, Pointer, promote, read_pointer, write_release
from mqt_serving.settings import Settings


def serve(
    config: Settings,
    contents: Contents,
    corrections: Sequence[Any],
    run_id: str,
    *,
    instead_of: str | None,
    reason: str = "",
) -> None:
    """Write a release, try it out, then `go_live` with it."""
    manifest = _write(config, contents, run_id)
    _try_out(config, manifest.id, corrections)
    go_live(
        config.releases_folder, manifest.id, instead_of=instead_of, run_id=run_id, reason=reason
    )


def go_live(
    root: Path, release_id: str, *, instead_of: str | None, run_id: str = "", reason: str = ""
) -> None:
    """Move the pointer to a release, record the move.

    `instead_of` is the champion that was read before the release was made, None when there was
    none. Another one that serves by now, as after a rollback, is not replaced by what was decided
    without it: the step is tried once more, from there.
    """

    def allow(current: Pointer | None) -> None:
        if (current.champion if current else None) != instead_of:
            raise dg.RetryRequested(max_retries=1) from dg.Failure(
                "The pointer moved meanwhile: nothing is released over it; materialize `release` "
                "again."
            )

    before = read_pointer(root)
    left = before.champion if before else None
    after = promote(root, release_id, allow)
    record(
        root,
        action="release",
        dagster_run_id=run_id,
        before=left,
        after=after.champion,
        translators=(translator_of(root, left), translator_of(root, after.champion)),
        prompts=(prompt_version_of(root, left), prompt_version_of(root, after.champion)),
        reason=reason,
    )
    close_when_over(root, before, after, "release", f"{after.champion} has another model")


def offer(config: Settings, tried: Contents, corrections: Sequence[Any], run_id: str) -> str:
    """Make a candidate the challenger, with an experiment where those start by themselves.

    Returns the challenger's release, or why there is none now; the next run offers it again. One
    whose experiment was stopped is tried again by a person only.
    """
    root = config.releases_folder
    pointer = read_pointer(root)
    if pointer is not None and pointer.challenger is not None:
        if translator_of(root, pointer.challenger) == tried.parts.translator:
            return f"{pointer.challenger} holds this candidate already"
        if pointer.experiment:
            return f"not yet: the experiment {pointer.experiment} is running"
    if tried_before := stopped(entries(root)).get(tried.parts.translator):
        return (
            f"not again: the experiment of {tried_before} was stopped; "
            f"`mqt experiment start --challenger {tried_before}` starts another"
        )
    name = _write(config, tried, run_id).id
    _try_out(config, name, corrections)
    reason = "passed every gate"
    try:
        if config.experiment_auto:
            start(root, config.experiment_steps[0], challenger=name, reason=reason, run_id=run_id)
        else:
            wait(root, name, reason=reason, run_id=run_id)
    except ExperimentError as error:  # somebody was faster
        return f"not yet: {error}"
    return name


def _write(config: Settings, contents: Contents, dagster_run_id: str) -> Manifest:
    report = contents.report
    metrics = {
        "holdout_accuracy": report.score,
        "translate_ms_p50": report.milliseconds_p50,
        "translate_ms_p95": report.milliseconds_p95,
        **{f"accuracy_{kind}": share.score for kind, share in report.by_kind.items()},
    }
    with ArtifactStore(config.artifacts_folder).scratch("release_folder") as folder:
        assemble(folder, contents)
        return write_release(
            config.releases_folder,
            folder,
            metrics=metrics,
            dataset_digest=report.dataset_digest,
            catalog_digests={name: c.digest for name, c in contents.catalogs.items()},
            index_version=contents.parts.index,
            dagster_run_id=dagster_run_id,
            mlflow_model_version=report.mlflow_model_version,
            code_version=code_version(),
        )


def _try_out(config: Settings, release_id: str, corrections: Sequence[Any]) -> None:
    """Load the release as serving does and ask it every corrected question.

    Raises what loading raises, or `dg.Failure`: such a release must not go live.
    """
    loaded = load_as_serving(config.releases_folder / release_id, config)
    for example in corrections:
        answer = loaded.correction(example.question, example.database)
        if answer is None or answer.command != parse_query(example.command):
            raise dg.Failure(
                f"Release {release_id} does not answer {example.question!r} as it was corrected; "
                "the pointer stays where it is."
            )
