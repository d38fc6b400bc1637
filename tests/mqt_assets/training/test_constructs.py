"""Synthetic questions for what public corpora hardly ask: each construct's plan and its words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from random import Random

import pytest
from bson import Decimal128

from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_assets.training.examples import normal_question
from mqt_assets.training.practice import practice_catalogs
from mqt_assets.training.synthesis import (
    SHAPES,
    Shape,
    against_values,
    both_and_neither,
    columns,
    computed,
    conditional_totals,
    distinct_counts,
    flags,
    gaps,
    kept_empty,
    one_element,
    positions,
    running_totals,
    spoken_dates,
    stretches,
    synthesise,
    top_per_group,
)
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.view import view_of
from mqt_resources.sample_database.generator import generate
from mqt_serving.errors import PlanError
from mqt_serving.query.explanation import explain
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import (
    Aggregate,
    And,
    Arithmetic,
    Change,
    Comparator,
    Compare,
    Field,
    Function,
    In,
    IsNull,
    Moving,
    Output,
    Plan,
    Rank,
    Related,
    Running,
    walk,
)
from mqt_serving.schema import Catalog
from mqt_serving.translator.values import ValueIndex, find_values, schema_stems
from mqt_serving.translator.words import split_words

NOW = datetime(2026, 1, 1)
CONSTRUCTS = (
    against_values, both_and_neither, columns, computed, conditional_totals, distinct_counts,
    flags, gaps, kept_empty, one_element, positions, running_totals, spoken_dates, stretches,
    top_per_group,
)  # fmt: skip
NEW = tuple(
    shape for shape, _ in SHAPES if shape.__module__ in {module.__name__ for module in CONSTRUCTS}
)


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    practice = dict(list(practice_catalogs(seed=4).items())[::6])
    return {"shop": catalog_from_documents("shop", generate(scale=0.02)), **practice}


@pytest.fixture(scope="module")
def posed(catalogs: dict[str, Catalog]) -> dict[Shape, list[tuple[Catalog, Posed]]]:
    """Questions of each new shape with plans that lower."""
    found: dict[Shape, list[tuple[Catalog, Posed]]] = defaultdict(list)
    rng = Random(2)
    views = [view_of(catalog) for catalog in catalogs.values()]
    for shape in NEW:
        for _ in range(600):
            view = rng.choice(views)
            try:
                one = shape(Draft(rng), rng.choice(view.entities))
                lower(one.plan, view.catalog)
            except (NotHere, PlanError):
                continue
            found[shape].append((view.catalog, one))
            if len(found[shape]) == 60:
                break
    return found


@pytest.mark.parametrize("shape", NEW, ids=lambda shape: shape.__name__)
def test_every_plan_can_be_explained(
    posed: dict[Shape, list[tuple[Catalog, Posed]]], shape: Shape
) -> None:
    assert len(posed[shape]) >= 20
    for catalog, one in posed[shape]:
        assert explain(one.plan, catalog)


def _has(kind: type, **wanted: object) -> Callable[[Plan], bool]:
    return lambda plan: any(
        isinstance(node, kind) and all(getattr(node, key) == to for key, to in wanted.items())
        for node in walk(plan)
    )


def _conditional(plan: Plan) -> bool:
    return any(isinstance(node, Aggregate) and node.where is not None for node in walk(plan))


def _against_plan(plan: Plan) -> bool:
    return any(isinstance(node, Compare) and isinstance(node.right, Plan) for node in walk(plan))


def _among_plan(plan: Plan) -> bool:
    return any(isinstance(node, In) and isinstance(node.values, Plan) for node in walk(plan))


def _two_tests_of_one(plan: Plan) -> bool:
    return any(isinstance(node, Related) and isinstance(node.where, And) for node in walk(plan))


@pytest.mark.parametrize(
    ("shape", "holds"),
    [
        (conditional_totals.part_and_whole, _conditional),
        (conditional_totals.two_parts, _conditional),
        (conditional_totals.zero_groups, _conditional),
        (computed.computed_fields, _has(Arithmetic)),
        (computed.computed_totals, _has(Arithmetic)),
        (computed.computed_tests, _has(Arithmetic)),
        (computed.ranked_by_computed, _has(Arithmetic)),
        (computed.spread, _has(Aggregate, function=Function.MAX)),
        (against_values.beside_average, _against_plan),
        (against_values.equal_to_extreme, _against_plan),
        (against_values.beyond_others, _against_plan),
        (against_values.beside_named, _against_plan),
        (both_and_neither.shared_values, _among_plan),
        (both_and_neither.rows_elsewhere, _among_plan),
        (both_and_neither.related_to_two, _has(Related)),
        (kept_empty.parts_if_any, lambda plan: bool(plan.optional)),
        (kept_empty.totals_with_zero, lambda plan: not plan.group_by),
        (gaps.missing_value, _has(IsNull)),
        (gaps.gap_totals, _has(IsNull)),
        (one_element.with_such_a_part, _two_tests_of_one),
        (distinct_counts.different_per_group, _has(Aggregate, distinct=True)),
        (positions.nth_thing, lambda plan: bool(plan.skip) and plan.limit == 1),
        (positions.nth_group, lambda plan: bool(plan.skip) and plan.limit == 1),
        (positions.places, lambda plan: bool(plan.skip) and bool(plan.limit)),
        (positions.without_first, lambda plan: bool(plan.skip)),
        (top_per_group.top_rows, lambda plan: bool(plan.per)),
        (top_per_group.newest_of_each, lambda plan: bool(plan.per)),
        (top_per_group.top_groups_of_each, lambda plan: set(plan.per) < set(plan.group_by)),
        (running_totals.running_total, _has(Running)),
        (running_totals.beside_running_total, _has(Running)),
        (running_totals.change_from_before, _has(Change)),
        (running_totals.moving_average, _has(Moving)),
        (running_totals.ranked_groups, _has(Rank)),
        (running_totals.running_total_of_each, lambda plan: len(plan.group_by) > 1),
    ],
)
def test_a_shape_makes_its_construct(
    posed: dict[Shape, list[tuple[Catalog, Posed]]], shape: Shape, holds: Callable[[Plan], bool]
) -> None:
    assert all(holds(one.plan) for _, one in posed[shape])


def test_no_question_has_two_plans(catalogs: dict[str, Catalog]) -> None:
    for catalog in list(catalogs.values())[:3]:
        plans: dict[str, set[Plan | None]] = defaultdict(set)
        for seed in range(4):
            for example in synthesise(catalog, 150, seed):
                plans[normal_question(example.question)].add(example.plan)
        assert [question for question, found in plans.items() if len(found) > 1] == []


def test_about_a_third_of_all_questions_are_of_the_new_kinds(
    catalogs: dict[str, Catalog], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: Counter[bool] = Counter()

    def counted(shape: Shape) -> Shape:
        def pose(draft: Draft, view: object) -> Posed:
            found = shape(draft, view)  # type: ignore[arg-type]
            drawn[shape in NEW] += 1
            return found

        return pose

    shapes = tuple((counted(shape), share) for shape, share in SHAPES)
    monkeypatch.setattr("mqt_assets.training.synthesis.SHAPES", shapes)
    for catalog in catalogs.values():
        synthesise(catalog, 150, seed=6)
    assert 0.27 < drawn[True] / drawn.total() < 0.42


def test_places_can_be_read_from_the_question(
    posed: dict[Shape, list[tuple[Catalog, Posed]]],
) -> None:
    shapes = (positions.nth_thing, positions.nth_group, positions.places, positions.without_first)
    for catalog, one in [pair for shape in shapes for pair in posed[shape]]:
        words = split_words(one.question)
        index, stems = ValueIndex(catalog), schema_stems(catalog)
        literals = {v.literal for v in find_values(one.question, words, index, stems, NOW)}
        assert one.plan.skip in literals, one.question


def test_plans_with_decimals_can_be_hashed() -> None:
    price = Field("products", "price")
    first, second, other = (
        Plan((Output(price),), Compare(price, Comparator.GT, Decimal128(text)))
        for text in ("9.5", "9.5", "9.6")
    )
    assert hash(first) == hash(second)
    assert len({first, second, other}) == 2
