"""Each variant differs in one block from the prompt that serves; examples come from feedback."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mqt_assets.prompts.variants import (
    EXAMPLES,
    MOST_SHOTS,
    SERVING,
    VALUES,
    WORDINGS,
    Variant,
    mined,
    variants,
)
from mqt_assets.training.examples import Example, make_example
from mqt_serving.llm.reply import DECLINES
from mqt_serving.llm.template import Template


def correction(question: str, kind: str, database: str = "shop") -> Example:
    return make_example(
        question, database, None, f"db.orders.find({{note: '{question}'}})", source="correction",
        kind=kind,
    )  # fmt: skip


CORRECTIONS = [
    correction("old count", "count"),
    correction("a join", "join"),
    correction("new count", "count"),
    correction("in another database", "find", "crm"),
]


def test_each_variant_changes_one_block_of_the_prompt_that_serves() -> None:
    serving = Template(values=3, examples=2)
    first, *others = variants(serving, CORRECTIONS)
    assert (first.name, first.template) == (SERVING, serving)
    blocks = serving.model_dump()
    for variant in others:
        changed = [name for name, v in variant.template.model_dump().items() if v != blocks[name]]
        assert len(changed) == 1 or variant.template == Template(), variant.name
    assert {v.template.values for v in others} >= set(VALUES)
    assert {v.template.examples for v in others} >= set(EXAMPLES)
    assert {v.template.instructions for v in others} == set(WORDINGS.values())
    assert any(v.template.shots for v in others)


def test_no_prompt_comes_twice() -> None:
    made = variants(Template(), ())
    assert len({variant.template.version for variant in made}) == len(made)
    assert made[0].template == Template()
    assert "as shipped" not in {variant.name for variant in made}


def test_a_withdrawn_prompt_is_tried_no_more_unless_it_serves() -> None:
    serving, *others = variants(Template(), CORRECTIONS)
    gone = others[0].template.version
    made = variants(Template(), CORRECTIONS, {gone, serving.template.version})
    assert made == (serving, *others[1:])


def test_every_wording_says_how_to_decline_and_what_is_forbidden() -> None:
    for text in WORDINGS.values():
        assert DECLINES in text
        assert "JavaScript" in text


def test_mined_examples_are_the_newest_of_each_kind_and_database() -> None:
    shots = mined(CORRECTIONS)
    assert [(s.database, s.question) for s in shots] == [
        ("crm", "in another database"),
        ("shop", "new count"),
        ("shop", "a join"),
    ]
    dated = replace(correction("last month", "dated"), asked_at=datetime(2025, 6, 20))
    assert mined([*CORRECTIONS, dated]) == shots
    many = [correction(f"q{n}", f"kind {n}") for n in range(10)]
    assert len(mined(many)) == MOST_SHOTS


def test_variants_read_back_as_they_were_written() -> None:
    for variant in variants(Template(), CORRECTIONS):
        assert Variant.from_json(variant.to_json()) == variant
