"""How an evaluation looks in Dagster and MLflow: figures, tables, plots. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from mqt_assets.evaluation.measuring import Failed
from mqt_assets.evaluation.paired import Comparison, Pair, compare, grouped
from mqt_assets.presentation import bars, gained_and_lost, image, markdown, table
from mqt_assets.release.gates import OUTCOMES, EvaluationReport, calibration_error
from mqt_assets.training.assets import mlflow_link


def metrics_of(report: EvaluationReport) -> dict[str, float]:
    """For MLflow; those of the champion and of calibration where they are known."""
    metrics = {
        "holdout_accuracy": report.score,
        "translate_ms_p50": report.milliseconds_p50,
        "translate_ms_p95": report.milliseconds_p95,
        "translator_mb": report.megabytes,
        "corrections_learned": float(report.corrections_learned),
        **{f"accuracy_{kind}": share.score for kind, share in report.by_kind.items()},
        **{f"accuracy_{name}": share.score for name, share in report.by_source.items()},
    }
    if report.comparison is not None:
        metrics |= {
            "paired_difference": report.comparison.difference,
            "paired_low": report.comparison.low,
            "paired_high": report.comparison.high,
            "paired_p": report.comparison.p_value,
            "corrections_gained": float(report.corrections_gained),
        }
    error = calibration_error(report.outcomes)
    return metrics if error is None else {**metrics, "calibration_error": error}


def files_of(report: EvaluationReport, failures: Sequence[Failed]) -> dict[str, bytes]:
    """Artifacts by their path in the MLflow run."""
    files = {
        "plots/accuracy_by_kind.png": accuracy_plot(report),
        "evaluation.json": report.model_dump_json(indent=1, exclude=set(OUTCOMES)).encode(),
        "outcomes.json": _outcomes(report).encode(),
        "failures.md": _failures(failures, most=500).encode(),
    }
    if report.comparison is not None:
        files["plots/gained_and_lost.png"] = paired_plot(report, report.comparison)
    return files


def metadata_of(
    report: EvaluationReport, failures: Sequence[Failed], tracking_uri: str
) -> dict[str, Any]:
    """For Dagster."""
    rows = [
        [kind, share.correct, share.total, f"{share.score:.0%}"]
        for kind, share in {**report.by_source, **report.by_kind, "all": report.overall}.items()
    ]
    champion = f"{report.champion.score:.1%}" if report.champion else "no champion to compare with"
    return {
        "accuracy": report.score,
        "champion_accuracy": champion,
        "questions": report.overall.total,
        "retired": markdown(["why", "questions of the holdout"], list(report.retired.items())),
        "holdout_digest": report.holdout_digest,
        "translate_ms_p50": round(report.milliseconds_p50, 1),
        "translate_ms_p95": round(report.milliseconds_p95, 1),
        "corrections_learned": f"{report.corrections_learned} of {report.corrections}",
        "mlflow_run": mlflow_link(tracking_uri, report.mlflow_run_id),
        "accuracy_table": markdown(["kind or source", "right", "asked", "accuracy"], rows),
        "accuracy_plot": image(accuracy_plot(report), "accuracy by kind"),
        "failures": dg.MetadataValue.md(_failures(failures, most=20)),
        **_calibration(report),
        **_pairs(report),
    }


def accuracy_plot(report: EvaluationReport) -> bytes:
    return bars(
        {f"{kind} ({share.total})": share.score for kind, share in report.by_kind.items()},
        f"Execution accuracy on the holdout: {report.score:.1%}",
    )


def paired_plot(report: EvaluationReport, found: Comparison) -> bytes:
    """Questions gained and lost against the champion, by kind."""
    kinds = grouped(report.paired, lambda pair: pair.kind)
    return gained_and_lost(
        {name: (part.gained, part.lost) for name, part in _compared(kinds).items()},
        f"Against the champion: {100 * found.difference:+.1f} points "
        f"({100 * found.low:+.1f} to {100 * found.high:+.1f})",
    )


def _compared(parts: Mapping[str, Sequence[Pair]]) -> dict[str, Comparison]:
    return {name: compare(part) for name, part in parts.items()}


def _calibration(report: EvaluationReport) -> dict[str, Any]:
    errors = {
        "calibration_error": calibration_error(report.outcomes),
        "champion_calibration_error": calibration_error(report.champion_outcomes),
    }
    return {name: round(error, 3) for name, error in errors.items() if error is not None}


def _pairs(report: EvaluationReport) -> dict[str, Any]:
    if report.comparison is None:
        return {}
    parts = {
        **grouped(report.paired, lambda pair: pair.origin),
        **grouped(report.paired, lambda pair: pair.kind),
    }
    rows = [
        [
            name,
            found.questions,
            found.gained,
            found.lost,
            f"{100 * found.difference:+.1f}",
            f"{100 * found.low:+.1f} to {100 * found.high:+.1f}",
            f"{found.p_value:.2f}",
        ]
        for name, found in {"all": report.comparison, **_compared(parts)}.items()
    ]
    headers = ["questions", "asked", "gained", "lost", "points", "95% interval", "McNemar p"]
    return {
        "champion_paired": str(report.comparison),
        "corrections_gained": report.corrections_gained,
        "paired_table": markdown(headers, rows),
        "paired_plot": image(paired_plot(report, report.comparison), "gained and lost by kind"),
    }


def _outcomes(report: EvaluationReport) -> str:
    """JSON with a question a line."""
    lists = []
    for name in OUTCOMES:
        rows = ",\n".join(json.dumps(row) for row in getattr(report, name))
        lists.append(f"{json.dumps(name)}: [\n{rows}\n]")
    return "{" + ",\n".join(lists) + "}\n"


def _failures(failures: Sequence[Failed], most: int) -> str:
    rows = [[f.database, f.question, f.gold, f.predicted, f.reason] for f in failures[:most]]
    return table(["database", "question", "gold", "predicted", "why"], rows, most)
