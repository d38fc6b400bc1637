"""`mqt rollback` and `mqt releases`: in a process of their own, whether Dagster runs or not."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from mqt_assets.release.audit import person
from mqt_assets.release.listing import Row, rows
from mqt_serving.errors import MqtError
from mqt_serving.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mqt", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    back = actions.add_parser("rollback")
    back.add_argument("release", nargs="?", default="")
    back.add_argument("--reason", default="by hand")
    actions.add_parser("releases").add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.load()
        if options.action == "rollback":
            return _roll_back(settings, options.release, options.reason)
        return _list(settings, options.json)
    except MqtError as error:
        print(error, file=sys.stderr)
        return 1


def _roll_back(settings: Settings, release: str, reason: str) -> int:
    from mqt_assets.release.packaging import mirror_pointer
    from mqt_assets.release.rollback import serve_again
    from mqt_resources.gateways import SettingsResource
    from mqt_resources.mlflow_tracking import MlflowTracking, brief_requests

    root = settings.releases_folder
    before, after = serve_again(root, release, reason=reason, author=person())
    print(f"{after.champion} serves again, instead of {before.champion}.", flush=True)
    if before.experiment and not after.experiment:
        print(f"The experiment {before.experiment} is over.")
    with brief_requests():  # where MLflow is away, `rollback_sensor` shows the move later
        problem = mirror_pointer(root, after, MlflowTracking(settings=SettingsResource()))
    if problem:
        print(problem, file=sys.stderr)
    return 0


def _list(settings: Settings, as_json: bool) -> int:
    found = rows(settings.releases_folder)
    if as_json:
        print(json.dumps([asdict(row) for row in found], default=str, indent=1))
    elif not found:
        print(f"Nothing was released in {settings.releases_folder}.")
    else:
        Console(soft_wrap=True, highlight=False).print(_table(found))
    return 0


def _table(found: list[Row]) -> Table:
    table = Table(box=None)
    for head in ("release", "made (UTC)", "right on holdout", "MLflow", "model", "state"):
        table.add_column(head, no_wrap=True)
    for row in found:
        score = "-" if row.score is None else f"{row.score:.1%}"
        made = f"{row.created_at:%Y-%m-%d %H:%M}"
        version = row.mlflow_version or "-"
        table.add_row(
            row.release, made, score, version, row.model[:8], ", ".join(row.states) or "-"
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
