"""Questions made from a schema: typed templates over plans, in varied English.

`synthesise` samples plans of many shapes from a catalog, with literals from its samples, and
words for each; only plans that lower on the catalog are kept. Conventions that every shape
follows: "which/who ..." returns the name of the thing, "show the ..." whole rows, groups return
keys then aggregates; a date span means its start under before/since and its end under
after/until. Reproducible: same catalog, count and seed, same examples.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

from mqt_assets.training.examples import Example, make_example, normal_question
from mqt_assets.training.synthesis import (
    against_values,
    aggregates,
    both_and_neither,
    columns,
    computed,
    conditional_totals,
    distances,
    distinct_counts,
    flags,
    gaps,
    groups,
    kept_empty,
    lists,
    one_element,
    positions,
    rankings,
    running_totals,
    spoken_dates,
    stretches,
    superlatives,
    top_per_group,
)
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.subjects import Posed
from mqt_assets.training.synthesis.things import CatalogView, EntityView
from mqt_assets.training.synthesis.view import view_of
from mqt_assets.training.wording import in_style
from mqt_serving.errors import PlanError
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.lowering.plans import lower
from mqt_serving.schema import Catalog

Shape: TypeAlias = Callable[[Draft, EntityView], Posed]

SHAPES: Final[tuple[tuple[Shape, float], ...]] = (
    (lists.list_fields, 13.0),
    (lists.whole_things, 9.0),
    (lists.which_things, 7.0),
    (lists.attribute, 7.0),
    (superlatives.superlative, 11.0),
    (superlatives.page, 0.6),
    (aggregates.count_things, 12.0),
    (aggregates.related_things, 4.0),
    (aggregates.distinct_values, 4.0),
    (aggregates.count_distinct, 2.5),
    (aggregates.count_owners, 2.0),
    (aggregates.aggregate, 9.0),
    (groups.per_group, 10.0),
    (groups.per_date_part, 4.5),
    (rankings.top_groups, 7.0),
    (rankings.having, 6.0),
    (rankings.owners_by_parts, 5.0),
    (conditional_totals.part_and_whole, 3.0),
    (conditional_totals.two_parts, 2.0),
    (conditional_totals.zero_groups, 1.5),
    (computed.computed_fields, 2.5),
    (computed.computed_totals, 4.0),
    (computed.computed_tests, 3.0),
    (computed.ranked_by_computed, 2.0),
    (computed.spread, 2.0),
    (against_values.beside_average, 3.0),
    (against_values.equal_to_extreme, 1.5),
    (against_values.beyond_others, 1.5),
    (against_values.beside_named, 2.0),
    (both_and_neither.shared_values, 3.5),
    (both_and_neither.rows_elsewhere, 1.5),
    (both_and_neither.related_to_two, 2.0),
    (kept_empty.totals_with_zero, 3.0),
    (kept_empty.parts_if_any, 1.5),
    (positions.nth_thing, 2.5),
    (positions.nth_group, 1.0),
    (positions.places, 1.5),
    (positions.without_first, 1.5),
    (gaps.missing_value, 3.0),
    (gaps.two_gaps, 1.5),
    (gaps.gap_totals, 1.0),
    (stretches.number_bound, 1.0),
    (stretches.number_stretch, 1.5),
    (stretches.date_stretch_in_words, 1.0),
    (stretches.group_stretch, 1.0),
    (one_element.with_such_a_part, 3.5),
    (distinct_counts.different_per_group, 3.0),
    (columns.named_columns, 3.0),
    (flags.flagged, 3.0),
    (spoken_dates.recent_things, 1.5),
    (top_per_group.top_rows, 1.6),
    (top_per_group.newest_of_each, 1.0),
    (top_per_group.top_groups_of_each, 1.4),
    (running_totals.running_total, 1.5),
    (running_totals.beside_running_total, 0.5),
    (running_totals.running_total_of_each, 0.5),
    (running_totals.change_from_before, 0.7),
    (running_totals.moving_average, 0.6),
    (running_totals.ranked_groups, 0.6),
)
"""What is drawn, with its weight. What public corpora hardly ask has about a third."""
WITH_POINTS: Final[tuple[tuple[Shape, float], ...]] = (
    (distances.nearest, 9.0),
    (distances.by_distance, 3.0),
    (distances.within, 9.0),
    (distances.counted_within, 3.0),
    (distances.how_far, 5.0),
    (distances.average_distance, 2.5),
)
"""What is drawn as well from schemas that say where things are."""
_TRIES: Final = 12
"""Drawings per wanted example before a poor schema is left with fewer examples."""
_THINGS: Final = 5
"""Things that a drawn shape is tried on: shapes that few things suit keep their share."""


def synthesise(catalog: Catalog, count: int, seed: int) -> list[Example]:
    """At most `count` different questions over the catalog (fewer when it has little to ask).

    No two are the same question but for case and punctuation; databases without a usable field
    give none.
    """
    view = view_of(catalog)
    if not view.entities:
        return []
    rng = Random(f"{seed}:{catalog.database}")
    weights = [_weight(entity) for entity in view.entities]
    has_points = any(entity.points for entity in view.entities)
    shapes = (*SHAPES, *WITH_POINTS) if has_points else SHAPES
    drawn = [shape for shape, _ in shapes]
    shares = [share for _, share in shapes]
    asked: set[str] = set()
    found: list[Example] = []
    for _ in range(count * _TRIES):
        if len(found) >= count:
            break
        shape = rng.choices(drawn, shares)[0]
        draft, posed = _drawn(shape, view, weights, rng)
        if posed is None:
            continue
        question = in_style(posed.question, draft.literals, rng)
        key = normal_question(question)
        if key in asked or len(question) > 300:
            continue
        try:
            command = render_mongosh(lower(posed.plan, catalog))
        except PlanError:
            continue
        asked.add(key)
        found.append(
            make_example(question, catalog.database, posed.plan, command, source="synthetic")
        )
    return found


def _drawn(
    shape: Shape, view: CatalogView, weights: list[float], rng: Random
) -> tuple[Draft, Posed | None]:
    """The shape over the first of a few drawn things that it suits; None when it suits none."""
    draft = Draft(rng)
    for entity in rng.choices(view.entities, weights, k=_THINGS):
        try:
            return draft, shape(draft, entity)
        except NotHere:
            draft = Draft(rng)
    return draft, None


def _weight(entity: EntityView) -> float:
    """Documents are asked about more than the arrays inside them; rich things more than poor."""
    richness = min(len(entity.fields), 12) + 2.0
    return richness * (0.45 if entity.entity.path else 1.0)
