"""Questions vary as they are drawn, and still ask for the same."""

from __future__ import annotations

from datetime import datetime
from random import Random

import numpy as np
import pytest

from mqt_assets.training.augmentation import varied
from mqt_assets.training.batches import Prepared, build_schemas, collate, prepare
from mqt_assets.training.examples import UNANSWERABLE, make_example
from mqt_assets.training.export import export_encoder
from mqt_assets.training.practice import practice_catalogs, practice_examples
from mqt_serving.encoder import TextEncoder
from mqt_serving.translator.linking import without_likeness
from mqt_serving.translator.sequence import CANNOT, to_plan


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> list[Prepared]:
    folder = tmp_path_factory.mktemp("encoder")
    export_encoder(folder)
    encoder = TextEncoder.load(folder, 1)
    catalogs = practice_catalogs(seed=5, count=2)
    examples = practice_examples(catalogs, each=12, seed=3)
    name = examples[0].database
    lost = make_example("who is it?", name, None, "", source="synthetic", kind=UNANSWERABLE)
    schemas = build_schemas(catalogs, encoder)
    return prepare([*examples, lost], schemas, encoder, datetime(2026, 1, 1)).prepared


def test_what_the_answer_needs_stays(prepared: list[Prepared]) -> None:
    rng = Random(1)
    smaller = 0
    for one in prepared * 4:
        other = varied(one, rng)
        smaller += len(other.linked.chosen) < len(one.linked.chosen)
        if one.steps[0] != CANNOT:
            assert to_plan(other.steps, other.linked, other.schema) == to_plan(
                one.steps, one.linked, one.schema
            )
        assert all(len(mask) == len(other.linked.chosen) for mask in other.item_masks)
        assert other.linked.relations.shape == 2 * (
            len(other.linked.words) + len(other.linked.chosen) + len(other.linked.values),
        )
    assert smaller > len(prepared) / 2
    collate([varied(one, rng) for one in prepared])


def test_what_is_missing_stays_missing(prepared: list[Prepared]) -> None:
    lost = [one for one in prepared if one.steps[0] == CANNOT]
    assert lost
    rng = Random(1)
    for one in lost * 20:
        assert len(varied(one, rng).linked.chosen) == len(one.linked.chosen)


def test_blurred_items_look_as_if_no_word_named_them(prepared: list[Prepared]) -> None:
    linked = max((one.linked for one in prepared), key=lambda found: found.links.max())
    words, items = len(linked.words), len(linked.chosen)
    none = without_likeness(linked, np.zeros(items, bool))
    assert np.array_equal(none.relations, linked.relations)
    assert np.array_equal(none.item_features, linked.item_features)
    all_of = without_likeness(linked, np.ones(items, bool))
    assert all_of.links[:, :items].max() < 0.5 <= linked.links[:, :items].max()
    assert np.array_equal(all_of.links[:, items:], linked.links[:, items:])
    changed = all_of.relations != linked.relations
    assert changed[:words, words : words + items].any()
    assert not changed[:words, :words].any()
    assert not changed[words:, words:].any()
