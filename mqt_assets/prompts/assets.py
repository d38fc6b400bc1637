"""Assets of the group `prompts`: variants of the language model's prompt, measured and promoted.

They do something only where an endpoint is set, and only when a person starts `prompt_job`: each
variant costs a call a question. Serving gets the promoted prompt with the next release.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_assets.presentation import bars, image, markdown
from mqt_assets.prompts.stored import next_prompt
from mqt_assets.release.audit import entries, withdrawn_prompts
from mqt_assets.schemas.assets import read_catalogs
from mqt_resources.gateways import JournalResource, MongoResource, SettingsResource
from mqt_resources.mlflow_tracking import MlflowTracking
from mqt_serving.schema import digest_of
from mqt_serving.settings import Settings

if TYPE_CHECKING:
    from mqt_assets.evaluation.language_model import LlmAnswering
    from mqt_assets.evaluation.measuring import Measured
    from mqt_assets.prompts.choosing import Tried
    from mqt_assets.prompts.variants import Variant
    from mqt_assets.training.examples import Example

_HEADERS = ["prompt", "version", "right", "gained / lost", "difference", "p"]


@dg.asset(
    group_name="prompts",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="2",
    description="Prompts for a language model that differ in one block from the one that serves: "
    "wording of the rules, sample values, nearest corrections, examples mined from feedback.",
)
def prompt_variants(
    context: dg.AssetExecutionContext,
    feedback_dataset: dict[str, Any],
    holdout: dict[str, Any],
    settings: SettingsResource,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.prompts.variants import variants

    root = settings.load().releases_folder
    serving = next_prompt(settings.artifacts(), root)
    withdrawn = withdrawn_prompts(entries(root))
    made = variants(serving.template, _showable(feedback_dataset, holdout), withdrawn)
    body = {"variants": [variant.to_json() for variant in made]}
    context.log.info(f"{len(made)} prompts")
    return dg.Output(
        body,
        data_version=dg.DataVersion(digest_of(body)),
        metadata={
            "variants": len(made),
            "table": markdown(
                ["prompt", "version", "sample values", "nearest corrections", "mined examples"],
                [
                    [v.name, v.template.version, v.template.values, v.template.examples,
                     len(v.template.shots)]
                    for v in made
                ],
            ),
            "serving_now": dg.MetadataValue.md(f"```\n{serving.template.instructions}\n```"),
        },
    )  # fmt: skip


@dg.asset(
    group_name="prompts",
    kinds={"mongodb", "mlflow", "json"},
    io_manager_key="json_io",
    code_version="2",
    output_required=False,
    description="Each prompt on the same holdout questions, asked of the endpoint as serving asks. "
    "Nothing without MQT_LLM_URL.",
)
def prompt_evaluation(
    context: dg.AssetExecutionContext,
    prompt_variants: dict[str, Any],
    holdout: dict[str, Any],
    schema_catalog: dict[str, Any],
    corpus_catalogs: dict[str, Any],
    feedback_dataset: dict[str, Any],
    settings: SettingsResource,
    mongodb: MongoResource,
    journal: JournalResource,
    mlflow: MlflowTracking,
) -> Iterator[dg.AssetObservation | dg.Output[dict[str, Any]]]:
    from mqt_assets.evaluation.language_model import Corrected
    from mqt_assets.evaluation.measuring import Measurement
    from mqt_assets.evaluation.questions import holdout_questions
    from mqt_assets.prompts.variants import Variant
    from mqt_assets.training.examples import dataset_digest
    from mqt_assets.training.holdout import Holdout

    config = settings.load()
    if not config.llm_url:
        why = "MQT_LLM_URL is not set: there is no language model to ask, so nothing is measured."
        context.log.warning(why)
        yield dg.AssetObservation(context.asset_key, metadata={"not measured": why})
        return
    where = Measurement(
        own=_as_served(schema_catalog, config),
        corpus=read_catalogs(corpus_catalogs),
        tend_folder=config.tend_folder,
        mongodb=mongodb,
        journal=journal,
        say=context.log.info,
    )
    members = Holdout.from_json(holdout).members
    chosen = holdout_questions(members, where.catalogs, config.llm_evaluation_questions)
    questions = chosen.questions
    known = [Corrected.of(example) for example in _showable(feedback_dataset, holdout)]
    results = []
    for body in prompt_variants["variants"]:
        variant = Variant.from_json(body)
        measured, answering = _measure(variant, questions, where, config, known)
        context.log.info(
            f"{variant.name}: {measured.overall.correct} of {measured.overall.total} right, "
            f"{answering.calls} calls"
        )
        results.append(
            {
                **body,
                "outcomes": [list(outcome) for outcome in measured.outcomes],
                "became": dict(answering.outcomes),
                "calls": answering.calls,
                "milliseconds_p50": measured.p50,
                "milliseconds_p95": measured.p95,
            }
        )
    digest = dataset_digest(questions)
    evaluation = {"model": config.llm_model, "holdout_digest": digest, "results": results}
    _log(mlflow, evaluation, context.run.run_id)
    yield dg.Output(
        evaluation,
        metadata={
            "model": config.llm_model,
            "questions": len(questions),
            "retired": markdown(["why", "questions of the holdout"], list(chosen.retired.items())),
            "calls": sum(result["calls"] for result in results),
            "table": markdown(
                ["prompt", "right", "what became of the questions", "calls", "median", "95 %"],
                [
                    [r["name"], _right(r),
                     ", ".join(f"{count} {name}" for name, count in r["became"].items()),
                     r["calls"], f"{r['milliseconds_p50']:.0f} ms",
                     f"{r['milliseconds_p95']:.0f} ms"]
                    for r in results
                ],
            ),
            "plot": image(
                bars(
                    {r["name"]: _right(r) / max(1, len(questions)) for r in results},
                    f"Execution accuracy of {config.llm_model} by prompt",
                ),
                "accuracy by prompt",
            ),
        },
    )  # fmt: skip


@dg.asset(
    group_name="prompts",
    kinds={"json"},
    io_manager_key="json_io",
    code_version="1",
    description="The best prompt, if it is surely better than the one that serves, with how often "
    "it was right: the probability of its answers. The next release brings it to serving.",
)
def prompt_promotion(
    context: dg.AssetExecutionContext,
    prompt_evaluation: dict[str, Any],
    settings: SettingsResource,
) -> dg.Output[dict[str, Any]]:
    from mqt_assets.prompts.choosing import choose, prompt_of, rows

    root = settings.load().releases_folder
    before = next_prompt(settings.artifacts(), root)
    serving, *others = (_tried(result) for result in prompt_evaluation["results"])
    withdrawn = withdrawn_prompts(entries(root))  # also by a rollback since they were measured
    others = [tried for tried in others if tried.template.version not in withdrawn]
    choice = choose(serving, others)
    model = prompt_evaluation["model"]
    prompt = prompt_of(choice.chosen, model, before)
    context.log.info(choice.reason)
    return dg.Output(
        {
            "prompt": prompt.model_dump(mode="json"),
            "version": prompt.template.version,
            "before": serving.template.version,
            "reason": choice.reason,
            "holdout_digest": prompt_evaluation["holdout_digest"],
        },
        data_version=dg.DataVersion(digest_of(prompt.model_dump(mode="json"))),
        metadata={
            "prompt": choice.chosen.name,
            "version": prompt.template.version,
            "promoted": choice.moved(serving),
            "reason": choice.reason,
            "probability": prompt.probability(model),
            "comparisons": markdown(_HEADERS, rows(serving, others, choice)),
        },
    )


def _showable(feedback_dataset: Mapping[str, Any], holdout: Mapping[str, Any]) -> "list[Example]":
    """Corrections that may be shown as examples where holdout questions are asked."""
    from mqt_assets.training.examples import Example
    from mqt_assets.training.holdout import Holdout, divide

    corrections = [Example.from_json(body) for body in feedback_dataset["examples"]]
    return list(divide(corrections, Holdout.from_json(holdout)).train)


def _as_served(schema_catalog: Mapping[str, Any], config: Settings) -> dict[str, Any]:
    """The catalogs without what policy and settings hide: nothing else may be told."""
    from mqt_serving.assembly import policy_of
    from mqt_serving.privacy import readable, with_private_fields

    policy = policy_of(config)
    return {
        name: readable(with_private_fields(catalog, config.private_fields), policy)
        for name, catalog in read_catalogs(schema_catalog).items()
    }


def _measure(
    variant: "Variant",
    questions: "Sequence[Example]",
    where: Any,
    config: Settings,
    known: Sequence[Any],
) -> "tuple[Measured, LlmAnswering]":
    """Raises `ServiceUnavailable` when the endpoint stays away: half a figure is none."""
    from mqt_assets.evaluation.language_model import LlmAnswering
    from mqt_assets.evaluation.measuring import Run, judged
    from mqt_serving.assembly import build_llm, policy_of
    from mqt_serving.llm.template import Prompt
    from mqt_serving.observing import Observer

    backend = build_llm(config, policy_of(config), Observer())
    assert backend is not None  # the caller has looked whether an endpoint is set
    made: list[LlmAnswering] = []

    def answering(run: Run) -> LlmAnswering:
        prompt = Prompt(template=variant.template)
        made.append(LlmAnswering(backend, where.catalogs, prompt, run, known))
        return made[0]

    try:
        measured = judged(answering, questions, where)
    finally:
        backend.close()
    if made[0].gone is not None:
        raise made[0].gone
    return measured, made[0]


def _tried(result: Mapping[str, Any]) -> "Tried":
    from mqt_assets.evaluation.paired import Outcome
    from mqt_assets.prompts.choosing import Tried
    from mqt_serving.llm.template import Template

    return Tried(
        result["name"],
        Template.model_validate(result["template"]),
        [Outcome(*row) for row in result["outcomes"]],
    )


def _right(result: Mapping[str, Any]) -> int:
    return _tried(result).right


def _log(mlflow: MlflowTracking, evaluation: Mapping[str, Any], dagster_run_id: str) -> None:
    """A run for each prompt, so that MLflow compares them side by side."""
    import json

    tags = {"holdout": evaluation["holdout_digest"], "kind": "prompt"}
    for result in evaluation["results"]:
        name = f"prompt {result['version']}"
        with mlflow.run(name, dagster_run_id=dagster_run_id, tags=tags) as run:
            template = result["template"]
            run.log_params(
                {
                    "model": evaluation["model"],
                    "prompt": result["name"],
                    "values": template["values"],
                    "examples": template["examples"],
                    "shots": len(template["shots"]),
                }
            )
            tried = _tried(result)
            run.log_metrics(
                {
                    "holdout_accuracy": tried.right / max(1, len(tried.outcomes)),
                    "llm_calls": result["calls"],
                    "translate_ms_p50": result["milliseconds_p50"],
                    "translate_ms_p95": result["milliseconds_p95"],
                }
            )
            run.log_bytes("template.json", json.dumps(template, ensure_ascii=False).encode())
