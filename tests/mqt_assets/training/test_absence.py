"""Questions that a catalog can't answer: what was taken away decides, and nothing else."""

from __future__ import annotations

import pytest

from mqt_assets.training.absence import thinned, without
from mqt_assets.training.examples import UNANSWERABLE, Example, references_of
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import Catalog


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    return practice_catalogs(7, 4)


@pytest.fixture(scope="module")
def examples(catalogs: dict[str, Catalog]) -> list[Example]:
    return practice_examples(catalogs, 60, 7)


def _lacks(example: Example, catalog: Catalog) -> bool:
    assert example.plan is not None
    return any(
        catalog.field(ref.collection, ref.path) is None
        if isinstance(ref, Field)
        else ref.collection not in catalog.by_name
        for ref in references_of(example.plan)
    )


def test_only_questions_that_need_what_was_taken_are_unanswerable(
    catalogs: dict[str, Catalog], examples: list[Example]
) -> None:
    found = thinned(examples, catalogs, seed=3)
    gold = {(e.database, e.question): e for e in examples}
    close = kept = 0
    for example in found.examples:
        catalog = found.catalogs[example.database]
        original = gold.get((example.database.partition("~")[0], example.question))
        if example.kind != UNANSWERABLE:
            assert example.plan is not None and not _lacks(example, catalog)
            lower(example.plan, catalog)
            kept += 1
        else:
            assert example.plan is None
            if original is not None:
                assert _lacks(original, catalog)
                close += 1
    assert close > 20 and kept > 20
    assert len({e.id for e in found.examples}) == len(found.examples)


def test_the_same_seed_gives_the_same_and_another_gives_others(
    catalogs: dict[str, Catalog], examples: list[Example]
) -> None:
    assert thinned(examples, catalogs, 3) == thinned(examples, catalogs, 3)
    assert thinned(examples, catalogs, 3) != thinned(examples, catalogs, 4)


def test_what_stays_of_a_catalog_is_as_it_was(catalogs: dict[str, Catalog]) -> None:
    catalog = next(iter(catalogs.values()))
    first, second = catalog.collections[:2]
    field = next(f for f in second.fields if f.is_scalar)
    less = without(catalog, {Entity(first.collection), Field(second.collection, field.path)})
    assert first.collection not in less.by_name
    assert less.field(second.collection, field.path) is None
    assert len(less.by_name[second.collection].fields) == len(second.fields) - 1
    assert less.collections[1:] == catalog.collections[2:]
    assert all(
        first.collection not in (r.from_collection, r.to_collection) for r in less.references
    )
