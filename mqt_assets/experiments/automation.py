"""The running experiment by itself: a sensor that looks every minute, and the job that moves.

What is asked for depends on the pointer and the verdict alone, so the same state asks once an hour.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import dagster as dg

from mqt_assets.experiments.decision import Action, Rules, Verdict
from mqt_assets.experiments.running import act, look, rules_of
from mqt_assets.release.packaging import mirror_pointer
from mqt_assets.release.trying_out import load_as_serving
from mqt_assets.run_keys import hourly
from mqt_assets.run_tags import AT_ONCE
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import MqtError
from mqt_serving.releases import Pointer, read_pointer


@dataclass(frozen=True, slots=True)
class Move:
    """A move to ask for; `key` is empty when there is none. `reason` always says why."""

    reason: str
    key: str = ""
    action: str = ""
    share: float = 0.0
    experiment: str = ""


def next_move(
    pointer: Pointer | None, verdict: Verdict | None, rules: Rules, now: datetime
) -> Move:
    """`verdict` is that of the running experiment, None when none runs. Pure."""
    if pointer is None:
        return Move("Nothing is released yet.")
    if not pointer.experiment or verdict is None:
        if not pointer.challenger:
            return Move("No experiment is running and no challenger waits.")
        reason = f"The challenger {pointer.challenger} waits."
        key = f"start:{pointer.champion}:{pointer.challenger}"
        return Move(reason, hourly(key, now), "start", rules.steps[0])
    if verdict.action is Action.CONTINUE:
        return Move(verdict.reason)
    share = pointer.challenger_share if verdict.share is None else verdict.share
    key = f"{pointer.experiment}:{verdict.action}:{share:g}"
    action = str(verdict.action)
    return Move(verdict.reason, hourly(key, now), action, share, pointer.experiment)


class MoveConfig(dg.Config):
    """`action`: start, ramp, stop, withdraw or promote; `share` for the first two.

    `challenger` empty: the one that waits. `experiment`: move this one and no other, else the one
    that runs by then. `reason` goes into the audit trail.
    """

    action: str
    share: float = 0.0
    challenger: str = ""
    experiment: str = ""
    reason: str = "by hand"


@dg.op(description="Start, ramp up, stop or conclude an experiment, with an audit entry.")
def move_experiment(
    context: dg.OpExecutionContext,
    config: MoveConfig,
    settings: SettingsResource,
    mlflow: MlflowTracking,
) -> None:
    loaded = settings.load()
    root = loaded.releases_folder
    after = act(
        root,
        config.action,
        partial(load_as_serving, settings=loaded),
        share=config.share,
        challenger=config.challenger,
        experiment=config.experiment,
        reason=config.reason,
        run_id=context.run_id,
    )
    mirror_pointer(root, after, mlflow)
    context.log.info(f"{config.action}: {config.reason}")
    context.add_output_metadata(
        {
            "champion": after.champion,
            "challenger": after.challenger or "none",
            "share": after.challenger_share,
        }
    )


@dg.job(
    name="experiment_job",
    tags=AT_ONCE,
    description="Move an experiment: start, ramp, stop, withdraw or promote, with an audit entry.",
)
def experiment_job() -> None:
    move_experiment()


@dg.sensor(
    name="experiment_sensor",
    job=experiment_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the running experiment and ramps it up, ends it or promotes the "
    "challenger; starts one where a challenger waits (MQT_EXPERIMENT_AUTO).",
)
def experiment_sensor(
    context: dg.SensorEvaluationContext, settings: SettingsResource, journal: JournalResource
) -> dg.RunRequest | dg.SkipReason:
    config = settings.load()
    try:
        found = look(config, journal)
        pointer = read_pointer(config.releases_folder)
    except MqtError as error:
        return dg.SkipReason(f"The experiment could not be looked at. {error}")
    verdict = found.verdict if found else None
    move = next_move(pointer, verdict, rules_of(config), datetime.now(UTC))
    if not move.key or not config.experiment_auto:
        by_hand = "" if config.experiment_auto else " MQT_EXPERIMENT_AUTO is off: moved by hand."
        return dg.SkipReason(f"{move.reason}{by_hand}")
    asked = MoveConfig(
        action=move.action, share=move.share, experiment=move.experiment, reason=move.reason
    )
    run = dg.RunConfig(ops={"move_experiment": asked})
    return dg.RunRequest(run_key=move.key, run_config=run)
