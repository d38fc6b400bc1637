"""Going back to an earlier release: what `rollback_job` and `mqt rollback` do.

It moves the pointer and leaves an audit entry (who, why, from, to), then shows the move in MLflow;
serving follows within seconds. Releases themselves are never changed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from mqt_assets.release.audit import entries, moves, record, withdrawn, withdrawn_prompts
from mqt_assets.release.packaging import mirror_pointer, prompt_version_of, translator_of
from mqt_assets.release.watching import case_of, tenures
from mqt_assets.run_tags import AT_ONCE
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import RollbackRefused
from mqt_serving.experiment_reports import close_when_over
from mqt_serving.releases import Pointer, list_releases, read_pointer, roll_back, same_translator


def serve_again(
    root: Path,
    release_id: str = "",
    *,
    reason: str = "",
    author: str = "",
    run_id: str = "",
    judged: str = "",
) -> tuple[Pointer, Pointer]:
    """Roll back to `release_id`, else to the previous release; the pointer before and after.

    Where the previous release is the champion's model and prompt with older data, the way back is
    the last release with another prompt, else that of an automatic rollback: the last release of
    the model before. A release whose model or prompt was rolled back itself is only served again by
    a person who names it. `judged` is the champion whose model a sensor judged: another one that
    serves by now is left alone. To name a newer release that never served is no way back but a
    release by hand, and withdraws nothing. Raises what `roll_back` raises, `RollbackRefused` for
    these and where there is no model before.
    """
    history, live = entries(root), read_pointer(root)
    expected, named = judged, bool(release_id)
    if not release_id and live is not None and _previous_is_same_model(root, live):
        release_id, expected = _release_before(root, live, history), live.champion

    def allow(current: Pointer, target: str) -> None:
        if expected and current.champion != expected:
            raise RollbackRefused(
                f"Release {expected} was to be rolled back, but {current.champion} serves by now."
            )
        model_away, prompt_away = _turned_away(root, target, history)
        if (judged and model_away) or (not named and (model_away or prompt_away)):
            raise RollbackRefused(
                f"Release {target} was rolled back itself. Name the release that is to serve: "
                f"`mqt releases` lists them, `mqt rollback {target}` takes this one all the same."
            )

    before, after = roll_back(root, release_id, allow)
    details = {"experiment": before.experiment, "judged": judged}
    action = "release" if _is_forward(root, before, after, history) else "rollback"
    record(
        root,
        action=action,
        dagster_run_id=run_id,
        before=before.champion,
        after=after.champion,
        translators=(translator_of(root, before.champion), translator_of(root, after.champion)),
        prompts=(prompt_version_of(root, before.champion), prompt_version_of(root, after.champion)),
        reason=reason,
        author=author,
        details={name: value for name, value in details.items() if value},
    )
    close_when_over(root, before, after, action, reason)
    return before, after


def _is_forward(
    root: Path, before: Pointer, after: Pointer, history: Sequence[dict[str, Any]]
) -> bool:
    """Whether it goes on to a newer release that never served."""
    served = {entry["to"] for entry in moves(history)}
    order = list_releases(root)
    newer = order.index(after.champion) > order.index(before.champion)
    return newer and after.champion not in {*served, before.previous}


def _previous_is_same_model(root: Path, live: Pointer) -> bool:
    return live.previous is not None and same_translator(root, live.champion, live.previous)


def _turned_away(
    root: Path, release_id: str, history: Sequence[dict[str, Any]]
) -> tuple[bool, bool]:
    """Whether a release's model was withdrawn, and whether its prompt was."""
    return (
        translator_of(root, release_id) in withdrawn(history),
        prompt_version_of(root, release_id) in withdrawn_prompts(history),
    )


def _release_before(root: Path, live: Pointer, history: Sequence[dict[str, Any]]) -> str:
    present = list_releases(root)
    (*_, served) = tenures(history) or (None,)
    if served is not None and live.champion in served.releases:
        for name in reversed(served.releases):
            other = prompt_version_of(root, name) != prompt_version_of(root, live.champion)
            if name in present and other and not any(_turned_away(root, name, history)):
                return name
    case = case_of(live, history, present)
    if isinstance(case, str):
        raise RollbackRefused(
            f"Release {live.previous} is the model that serves, with older data. {case} Name the "
            f"release that is to serve: `mqt releases` lists them, `mqt rollback {live.previous}` "
            "takes the older data all the same."
        )
    return case.target


class RollbackConfig(dg.Config):
    """`release_id` empty: see `serve_again`. `reason` and `author` go into the audit trail.

    `judged`: only if this release still serves (what the sensor asks for).
    """

    release_id: str = ""
    reason: str = ""
    author: str = ""
    judged: str = ""


@dg.op(description="Move the release pointer back and record who, when and why.")
def move_release_pointer(
    context: dg.OpExecutionContext,
    config: RollbackConfig,
    settings: SettingsResource,
    mlflow: MlflowTracking,
) -> None:
    root = settings.load().releases_folder
    before, after = serve_again(
        root,
        config.release_id,
        reason=config.reason,
        author=config.author,
        run_id=context.run_id,
        judged=config.judged,
    )
    context.log.info(f"{after.champion} serves again, instead of {before.champion}")
    problem = mirror_pointer(root, after, mlflow)
    context.add_output_metadata(
        {
            "from": before.champion,
            "to": after.champion,
            "mlflow_aliases": problem or "follow the pointer",
        }
    )


@dg.job(
    name="rollback_job",
    tags=AT_ONCE,
    description="Serve the previous release again (or the one given by id), with an audit entry.",
)
def rollback_job() -> None:
    move_release_pointer()
