"""Going back to an earlier release: the op behind `rollback_job`.

It moves the pointer, mirrors MLflow's aliases and leaves an audit entry (run, from, to, reason);
serving follows within seconds. Releases themselves are never changed.
"""

import dagster as dg

from mqt_assets.release.audit import record
from mqt_assets.release.packaging import mirror_pointer, translator_of
from mqt_resources.gateways import SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import NoRelease
from mqt_serving.releases import promote, read_pointer, roll_back


class RollbackConfig(dg.Config):
    """`release_id` empty: the previous release. `reason` goes into the audit trail."""

    release_id: str = ""
    reason: str = ""


@dg.op(description="Move the release pointer back and record who, when and why.")
def move_release_pointer(
    context: dg.OpExecutionContext,
    config: RollbackConfig,
    settings: SettingsResource,
    mlflow: MlflowTracking,
) -> None:
    root = settings.load().releases_folder
    before = read_pointer(root)
    if before is None:
        raise NoRelease(f"nothing was released in {root}: there is nothing to roll back")
    after = promote(root, config.release_id) if config.release_id else roll_back(root)
    mirror_pointer(root, after, mlflow)
    record(
        root,
        action="rollback",
        dagster_run_id=context.run_id,
        before=before.champion,
        after=after.champion,
        translators=(translator_of(root, before.champion), translator_of(root, after.champion)),
        reason=config.reason,
    )
    context.log.info(f"{after.champion} serves again, instead of {before.champion}")
    context.add_output_metadata({"from": before.champion, "to": after.champion})
