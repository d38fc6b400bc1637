"""Asset checks that decide by themselves, on values as the assets give them."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from mqt_assets.checks import no_holdout_leakage
from mqt_assets.training.examples import Example, Source, make_example
from mqt_assets.training.holdout import Holdout
from mqt_assets.training.tables import to_table
from mqt_resources.gateways import EmbedderResource, SettingsResource
from mqt_serving.query.plan import Comparator, Compare, Entity, Field, Output, Plan


def _example(question: str, size: int, source: Source, *shown: str) -> Example:
    outputs = tuple(Output(Field("pans", name)) for name in shown) or (Output(Entity("pans")),)
    plan = Plan(outputs, Compare(Field("pans", "size"), Comparator.EQ, size))
    return make_example(question, "kitchen", plan, f"{question} {shown}", source=source)


HELD = _example("Which pans have size 3?", 3, "synthetic", "name")


def _check(tmp_path: Path, *examples: Example) -> dg.AssetCheckResult:
    settings = SettingsResource(overrides={"home": str(tmp_path), "redis_url": ""})
    result = no_holdout_leakage(
        to_table(examples), Holdout((HELD,)).to_json(), EmbedderResource(settings=settings)
    )
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_other_questions_may_be_learned(tmp_path: Path) -> None:
    assert _check(tmp_path, _example("Which pans have size 4?", 4, "correction", "name")).passed


def test_a_paraphrase_of_a_holdout_question_is_a_leak_from_any_source(tmp_path: Path) -> None:
    same_query = _example("Show me the big ones.", 3, "correction", "name")
    same_wording = _example("Which of the pans have size 3?", 3, "synthetic", "name", "price")
    other = _example("Which pans have size 4?", 4, "handwritten", "name")
    result = _check(tmp_path, same_query, same_wording, other)
    assert not result.passed
    assert "0 examples are of the holdout and 2 paraphrase it" in (result.description or "")
    table = str(result.metadata["paraphrases"].value)
    assert "| same query |" in table
    assert "| near paraphrase |" in table
    assert HELD.question not in table
