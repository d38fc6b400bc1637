"""Which partitions come, change and go, and how their keys are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.schemas.discovery import (
    Changes,
    Fingerprint,
    decode_partition,
    encode_partition,
    partition_changes,
)
from mqt_serving.schema import IndexSchema

SHAPE = "abc"


def test_what_is_new_changed_and_gone_is_told_apart() -> None:
    known = {"d.same": Fingerprint(10, SHAPE), "d.more": Fingerprint(10, SHAPE),
             "d.gone": Fingerprint(1, SHAPE)}  # fmt: skip
    seen = {"d.same": Fingerprint(10, SHAPE), "d.more": Fingerprint(20, SHAPE),
            "d.new": Fingerprint(5, SHAPE)}  # fmt: skip
    assert partition_changes(known, seen) == Changes(("d.new",), ("d.more",), ("d.gone",))


def test_nothing_new_is_no_change() -> None:
    known = {"d.c": Fingerprint(10, SHAPE)}
    assert not partition_changes(known, known)


def test_a_partition_that_a_run_uses_is_retired_later() -> None:
    known = {"d.gone": Fingerprint(1, SHAPE)}
    changes = partition_changes(known, {}, in_use=["d.gone"])
    assert (changes.retired, changes.deferred) == ((), ("d.gone",))
    assert not changes


@pytest.mark.parametrize(
    ("count", "changed"), [(100, False), (109, False), (91, False), (111, True), (89, True)]
)
def test_a_tenth_more_or_fewer_documents_is_a_change(count: int, changed: bool) -> None:
    assert Fingerprint(count, SHAPE).differs_from(Fingerprint(100, SHAPE)) is changed


def test_the_first_document_and_a_new_index_are_changes() -> None:
    assert Fingerprint(1, SHAPE).differs_from(Fingerprint(0, SHAPE))
    index = IndexSchema(name="a_1", keys=(("a", "1"),))
    assert Fingerprint.of(5, [index]).differs_from(Fingerprint.of(5, []))


def test_a_fingerprint_survives_a_cursor() -> None:
    fingerprint = Fingerprint.of(42, [])
    assert Fingerprint.parse(fingerprint.text) == fingerprint
    with pytest.raises(ValueError, match="fingerprint"):
        Fingerprint.parse("nonsense")


@given(st.text(min_size=1).filter(lambda name: "." not in name), st.text(min_size=1))
def test_any_name_survives_as_a_key_that_dagster_and_file_systems_accept(
    database: str, collection: str
) -> None:
    try:
        (database + collection).encode()
    except UnicodeEncodeError:
        return
    key = encode_partition(database, collection)
    assert decode_partition(key) == (database, collection)
    assert "..." not in key
    assert all(character.isalnum() or character in "%._-" for character in key)


def test_usual_names_stay_readable() -> None:
    assert encode_partition("shop", "support_tickets") == "shop.support_tickets"
    assert encode_partition("shop", "a.b/c") == "shop.a.b%2Fc"


@pytest.mark.parametrize("key", ["", "shop", "shop.", ".orders"])
def test_a_key_without_database_and_collection_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a partition key"):
        decode_partition(key)
