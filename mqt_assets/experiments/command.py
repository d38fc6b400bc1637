"""`mqt experiment ...`: moves by hand, the same as the sensor's, in a process of their own."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from mqt_assets.experiments.running import act, look, rules_of
from mqt_assets.release.audit import person
from mqt_assets.release.packaging import mirror_pointer
from mqt_assets.release.trying_out import load_as_serving
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.errors import ExperimentError, MqtError
from mqt_serving.releases import read_pointer


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="mqt experiment", description=__doc__)
    moves = ["start", "ramp", "stop", "withdraw", "promote", "status"]
    parser.add_argument("action", choices=moves)
    parser.add_argument("--share", type=float, default=None)
    parser.add_argument("--challenger", default="")
    parser.add_argument("--reason", default="by hand")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except MqtError as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    resource = SettingsResource()
    settings = resource.load()
    root = settings.releases_folder
    if options.action == "status":
        found = look(settings, JournalResource(settings=resource))
        print(
            "No experiment is running."
            if found is None
            else found.report.model_dump_json(indent=1, exclude={"points"})
        )
        return 0
    share = options.share
    if share is None:
        pointer = read_pointer(root)
        current = pointer.challenger_share if pointer and pointer.experiment else 0.0
        share = rules_of(settings).next_step(current) or settings.experiment_steps[-1]
    if not 0 < share <= 1:
        raise ExperimentError(f"The share is {share:g}; it must be above 0 and at most 1.")
    after = act(
        root,
        options.action,
        partial(load_as_serving, settings=settings),
        share=share,
        challenger=options.challenger,
        reason=options.reason,
        author=person(),
    )
    problem = mirror_pointer(root, after, MlflowTracking(settings=resource))
    print(after.model_dump_json(indent=1, exclude={"salt"}))
    if problem:
        print(problem, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
