"""What a start has to make: nothing when nothing changed, the least otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mqt_assets.definitions import defs
from mqt_assets.schemas.discovery import Fingerprint
from mqt_assets.startup import DEPENDENCIES, Situation, decide, downstream

SEEN = {"shop.orders": Fingerprint(100, "a"), "shop.staff": Fingerprint(10, "b")}
DONE = Situation(
    known=SEEN,
    seen=SEEN,
    read_partitions=frozenset(SEEN),
    present=frozenset(DEPENDENCIES),
    trained_on=frozenset({"shop"}),
    embedded_with="mini",
    embedding_model="mini",
    model_is_readable=True,
    model_answers=True,
    trained_from="b1",
    base="b1",
    stored_catalogs={"shop": "1"},
    released_catalogs={"shop": "1"},
)


def with_changes(**changes: Any) -> Situation:
    return replace(DONE, **changes)


def test_the_dependencies_are_those_of_the_real_graph() -> None:
    graph = defs.resolve_asset_graph()
    real = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
        # Hours of work, calls that cost, or a look at what came later: no start does it.
        if graph.get(key).group_name not in ("base_training", "prompts")
    }
    for daily in ("query_log", "feedback_insights", "drift_report", "experiment_report"):
        del real[daily]
    real["release"].discard("prompt_promotion")
    real["feedback_dataset"].discard("query_log")
    assert {name: set(needs) for name, needs in DEPENDENCIES.items()} == real
    positions = list(DEPENDENCIES)
    assert all(
        positions.index(need) < positions.index(name)
        for name, needs in DEPENDENCIES.items()
        for need in needs
    )


def test_nothing_changed_means_nothing_to_do() -> None:
    assert not decide(DONE)


def test_a_first_start_makes_everything_in_order() -> None:
    work = decide(
        with_changes(
            known={},
            read_partitions=frozenset(),
            present=frozenset(),
            trained_on=frozenset(),
            embedded_with="",
            model_is_readable=False,
            stored_catalogs={},
            released_catalogs=None,
        )
    )
    assert work.assets == tuple(DEPENDENCIES)
    assert work.partitions == tuple(sorted(SEEN))


def test_a_start_that_was_cut_off_in_training_goes_on_there() -> None:
    made = frozenset(DEPENDENCIES) - {"candidate_model", "candidate_evaluation", "release"}
    work = decide(with_changes(present=made, trained_on=frozenset(), released_catalogs=None))
    assert work.assets == ("candidate_model", "candidate_evaluation", "release", "drift_baseline")
    assert work.partitions == ()


def test_a_grown_collection_is_refreshed_without_training() -> None:
    grown = {**SEEN, "shop.orders": Fingerprint(200, "a")}
    work = decide(with_changes(seen=grown))
    assert work.partitions == ("shop.orders",)
    assert "release" in work.assets
    assert "candidate_model" not in work.assets


def test_a_dropped_collection_needs_no_partition_read() -> None:
    work = decide(with_changes(seen={"shop.orders": SEEN["shop.orders"]}))
    assert work.assets == ("schema_catalog", "semantic_index", "release")
    assert work.partitions == ()


def test_another_database_trains_again() -> None:
    other = {"bank.accounts": Fingerprint(5, "c")}
    work = decide(with_changes(seen=other, read_partitions=frozenset()))
    assert {"synthetic_examples", "candidate_model", "release"} <= set(work.assets)
    assert "corpus_examples" not in work.assets


def test_another_embedding_model_embeds_and_trains_again() -> None:
    work = decide(with_changes(embedding_model="large"))
    assert {"text_encoder", "collection_embeddings", "candidate_model"} <= set(work.assets)
    assert work.partitions == tuple(sorted(SEEN))


def test_a_model_of_an_older_format_is_made_again() -> None:
    work = decide(with_changes(model_is_readable=False))
    assert work.assets == tuple(n for n in DEPENDENCIES if n in downstream({"text_encoder"}))


def test_other_base_weights_make_another_encoder_and_model() -> None:
    work = decide(with_changes(base="b2"))
    assert work.assets == tuple(n for n in DEPENDENCIES if n in downstream({"text_encoder"}))
    assert "candidate_model" in work.assets and "base weights" in work.reasons[0]


def test_what_was_made_but_not_released_is_released() -> None:
    assert decide(with_changes(released_catalogs=None)).assets == ("release",)
    assert decide(with_changes(released_catalogs={"shop": "0"})).assets == ("release",)


def test_a_model_that_answers_nothing_is_trained_again_until_something_serves() -> None:
    weak = with_changes(model_answers=False, released_catalogs=None)
    work = decide(weak)
    assert {"candidate_model", "candidate_evaluation", "release"} <= set(work.assets)
    assert "training_set" not in work.assets
    assert "MQT_TRAINING_SECONDS" in work.reasons[0]
    assert not decide(with_changes(model_answers=False))  # the one before serves
