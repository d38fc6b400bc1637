"""Practice databases are many, different, reproducible and askable."""

from __future__ import annotations

import pytest

from mqt_assets.training.practice import (
    DATABASES,
    parse_domains,
    practice_catalogs,
    practice_documents,
    practice_examples,
)
from mqt_serving.schema import BsonType, Catalog


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    return practice_catalogs(seed=5)


def test_there_are_at_least_thirty_domains(catalogs: dict[str, Catalog]) -> None:
    assert len(catalogs) == DATABASES >= 30


def test_the_seed_decides_everything() -> None:
    assert practice_documents(seed=5, count=3) == practice_documents(seed=5, count=3)
    assert practice_documents(seed=5, count=3) != practice_documents(seed=6, count=3)


def test_more_databases_are_further_variants_of_the_domains() -> None:
    documents = practice_documents(seed=5, count=DATABASES + 2)
    assert len(documents) == DATABASES + 2
    assert documents["practice_library_0"] != documents["practice_library_1"]


def test_schemas_differ_in_everything_a_model_could_learn_by_heart(
    catalogs: dict[str, Catalog],
) -> None:
    paths = [field.path for c in catalogs.values() for s in c.collections for field in s.fields]
    assert any("_" in path.strip("_") for path in paths)
    assert any(path[:1].islower() and path != path.lower() for path in paths)
    assert any(path[:1].isupper() for path in paths)
    types = {
        kind for c in catalogs.values() for s in c.collections for f in s.fields for kind in f.types
    }
    wanted = {BsonType.DECIMAL, BsonType.DOUBLE, BsonType.INT, BsonType.DATE, BsonType.BOOL,
              BsonType.OBJECT_ID, BsonType.ARRAY, BsonType.NULL}  # fmt: skip
    assert wanted <= types
    assert sum(bool(c.references) for c in catalogs.values()) > 0.7 * len(catalogs)
    assert any(
        len(f.arrays) > 1 for c in catalogs.values() for s in c.collections for f in s.fields
    )


def test_every_database_can_be_asked(catalogs: dict[str, Catalog]) -> None:
    examples = practice_examples(catalogs, each=20, seed=2)
    assert len(examples) == 20 * len(catalogs)
    assert {example.database for example in examples} == set(catalogs)


@pytest.mark.parametrize("text", ["shop\n  orders", "shop\n  orders: id"])
def test_a_broken_table_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="practice tables"):
        parse_domains(text)
