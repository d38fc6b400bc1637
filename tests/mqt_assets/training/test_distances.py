"""Questions about where things are: they can be read back, and say what their plans do."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.training.notation_writing import write_plan
from mqt_assets.training.practice import practice_catalogs
from mqt_assets.training.practice_values import maker
from mqt_assets.training.synthesis import WITH_POINTS, synthesise
from mqt_assets.training.synthesis.draft import Draft, NotHere
from mqt_assets.training.synthesis.view import view_of
from mqt_assets.training.wording import spell_point
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.plan import DISTANCES, Arithmetic, Operator, Plan, Point, walk
from mqt_serving.schema import Catalog
from mqt_serving.translator.coordinates import find_points


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    found = practice_catalogs(seed=5)
    return {
        name: catalog
        for name, catalog in found.items()
        if any(field.point for schema in catalog.collections for field in schema.fields)
    }


def _distances(plan: Plan) -> list[Arithmetic]:
    return [n for n in walk(plan) if isinstance(n, Arithmetic) and n.operator in DISTANCES]


def test_practice_databases_know_where_things_are(catalogs: dict[str, Catalog]) -> None:
    assert len(catalogs) >= 8
    makers = [maker("point", random.Random(n), "", "", ()) for n in range(40)]
    assert {tuple(make(random.Random(1))) for make in makers} > {("type", "coordinates")}


def test_every_shape_asks_what_can_be_read_back(catalogs: dict[str, Catalog]) -> None:
    views = {name: view_of(catalog) for name, catalog in catalogs.items()}
    rng = random.Random(1)
    places: Counter[type] = Counter()
    units: Counter[Operator] = Counter()
    for shape, _ in WITH_POINTS:
        asked = 0
        for _ in range(3000):
            name = rng.choice(list(views))
            draft = Draft(rng)
            try:
                posed = shape(draft, draft.pick(views[name].entities))
            except NotHere:
                continue
            asked += 1
            check_plan(posed.plan, catalogs[name])
            read = {span.point for span in find_points(posed.question)}
            for far in _distances(posed.plan):
                places[type(far.right)] += 1
                units[far.operator] += 1
                assert not isinstance(far.right, Point) or far.right in read, posed.question
            assert _distances(posed.plan), write_plan(posed.plan)
        assert asked > 60, shape.__name__
    assert len(places) == 3 and len(units) == 2


def test_schemas_with_points_get_such_questions_and_others_do_not(
    catalogs: dict[str, Catalog],
) -> None:
    found = synthesise(next(iter(catalogs.values())), 300, seed=2)
    share = sum(bool(e.plan and _distances(e.plan)) for e in found) / len(found)
    assert 0.03 < share < 0.4


@given(st.integers(0, 10**6), st.integers(-1800000, 1800000), st.integers(-900000, 900000))
def test_coordinates_are_read_however_they_are_written(seed: int, east: int, north: int) -> None:
    point = Point(east / 10**4, north / 10**4)
    question = f"stations near {spell_point(point, random.Random(seed))}"
    for text in (question, f"{question}?", f"{question}.", question.lower(), f"{question}, please"):
        assert [span.point for span in find_points(text)] == [point]
