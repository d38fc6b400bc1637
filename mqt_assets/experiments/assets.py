"""The asset of the group `experiments`: what is known of each experiment, as tables and plots.

Figures come from the reports that every look leaves (`mqt_serving.experiment_reports`), so the
plots show what was seen when it was decided. A look is taken first, where an experiment runs.
"""

from typing import Any

import dagster as dg

from mqt_assets.experiments.plots import Plots, plots_of
from mqt_assets.experiments.running import look
from mqt_assets.presentation import image, markdown
from mqt_assets.release.audit import entries
from mqt_assets.run_tags import PIPELINE
from mqt_resources.gateways import JournalResource, SettingsResource
from mqt_serving.errors import MqtError
from mqt_serving.experiment_reports import Bounds, ExperimentReport, list_reports
from mqt_serving.releases import read_pointer


@dg.asset(
    group_name="experiments",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="Every experiment with its figures; of the newest one effect, exposure, mismatch "
    "alarm and guardrails over time.",
)
def experiment_report(
    context: dg.AssetExecutionContext, settings: SettingsResource, journal: JournalResource
) -> dg.Output[dict[str, Any]]:
    config = settings.load()
    root = config.releases_folder
    try:
        look(config, journal)
    except MqtError as error:
        context.log.warning(f"The figures are those of the last look. {error}")
    reports = list_reports(root)
    pointer = read_pointer(root)
    running = pointer.experiment if pointer else ""
    value = {"reports": [r.model_dump(mode="json", exclude={"points"}) for r in reports]}
    if not reports:
        return dg.Output(value, metadata={"experiments": 0, "running": running or "none"})
    newest = reports[0]
    return dg.Output(
        value,
        metadata={
            "experiments": len(reports),
            "running": running or "none",
            "newest": newest.experiment,
            "verdict": _verdict(newest),
            "all": markdown(
                ["experiment", "champion", "challenger", "began", "people", "came out"],
                [_row(report, running) for report in reports],
            ),
            "arms": markdown(*_arms(newest)),
            "outcomes": markdown(*_outcomes(newest)),
            "moves": markdown(
                ["when", "move", "share", "by", "why"], _moves(entries(root), newest.experiment)
            ),
            **_images(plots_of(newest)),
            "page": dg.MetadataValue.url(f"{config.http_url}/experiments"),
        },
    )


def _verdict(report: ExperimentReport) -> str:
    if report.ended is not None:
        return f"{report.ended.move}: {report.ended.reason}"
    return f"{report.action}: {report.reason}"


def _row(report: ExperimentReport, running: str) -> list[object]:
    came = "is running" if report.experiment == running else "over"
    if report.ended is not None:
        came = report.ended.move
    people = sum(arm.units for arm in report.arms)
    began = f"{report.started_at:%Y-%m-%d %H:%M}"
    return [report.experiment, report.champion, report.challenger or "-", began, people, came]


def _arms(report: ExperimentReport) -> tuple[list[str], list[list[object]]]:
    names = [outcome.name for outcome in report.outcomes]
    rows: list[list[object]] = [
        [
            arm.variant,
            arm.units,
            arm.questions,
            "-" if arm.p95_ms is None else f"{arm.p95_ms:.0f}",
            *(f"{arm.outcomes[name]:.1%}" for name in names),
        ]
        for arm in report.arms
    ]
    return ["arm", "people", "questions", "p95 ms", *names], rows


def _outcomes(report: ExperimentReport) -> tuple[list[str], list[list[object]]]:
    rows: list[list[object]] = [
        [
            outcome.name,
            outcome.better,
            "decides" if outcome.decides else "guardrail" if outcome.guard else "-",
            _points(outcome.difference),
            _points(outcome.guard),
        ]
        for outcome in report.outcomes
    ]
    return ["outcome", "better", "use", "challenger less champion", "guardrail's interval"], rows


def _points(bounds: Bounds | None) -> str:
    if bounds is None:
        return "too little yet"
    return f"{bounds.estimate * 100:+.1f} [{bounds.low * 100:+.1f}, {bounds.high * 100:+.1f}]"


def _moves(history: Any, experiment: str) -> list[list[object]]:
    return [
        [
            entry["at"],
            entry["action"].removeprefix("experiment-"),
            f"{entry['details']['share']:.0%}" if "share" in entry["details"] else "-",
            entry.get("author") or entry["dagster_run_id"] or "-",
            entry["reason"] or "-",
        ]
        for entry in history
        if entry.get("details", {}).get("experiment") == experiment
    ]


def _images(plots: Plots) -> dict[str, dg.MarkdownMetadataValue]:
    return {
        "effect": image(plots.effect, "difference in satisfied questions over time"),
        "exposure": image(plots.exposure, "share of people who got the challenger"),
        "mismatch": image(plots.mismatch, "p-value of the planned share"),
        "guardrails": image(plots.guardrails, "differences of the guardrails over time"),
    }


experiment_report_job = dg.define_asset_job(
    "experiment_report_job",
    selection=dg.AssetSelection.assets("experiment_report"),
    tags=PIPELINE,
    description="Show every experiment's figures as tables and plots.",
)
