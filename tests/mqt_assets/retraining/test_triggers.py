"""Each trigger by itself: what makes it due, and that evidence counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mqt_assets.drift.flags import (
    FLAGS,
    DriftFlag,
    DriftFlagsUnreadable,
    read_flags,
    write_flags,
)
from mqt_assets.retraining import triggers
from mqt_assets.retraining.schema_change import (
    change,
    read_shape,
    shape_of,
    write_shape,
)
from mqt_assets.schemas.catalogs import catalog_from_documents
from mqt_resources.artifacts import ArtifactStore

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
BEFORE = {"s.a": {"x": "int", "y": "string"}, "s.b": {"z": "date"}, "s.c": {"w": "int"}}


class TestCorrections:
    def test_new_ones_count_by_what_they_are_and_not_by_how_many(self) -> None:
        found = triggers.corrections(["4", "5", "6"], trained={"1", "2", "3"}, threshold=3)
        assert found.due
        assert found.key == triggers.corrections(["6", "5", "4"], {"1"}, 3).key
        assert found.key != triggers.corrections(["4", "5", "7"], set(), 3).key

    def test_what_was_learned_is_not_new(self) -> None:
        found = triggers.corrections(["1", "2", "3"], trained={"1", "2", "3"}, threshold=1)
        assert not found.due
        assert found.state == "0 new of 3 accepted, 1 start a training"


class TestSchema:
    @pytest.mark.parametrize(
        ("now", "share"),
        [
            (BEFORE, 0.0),
            ({**BEFORE, "s.a": {"x": "int", "y": "int"}}, 1 / 4),  # another type
            ({**BEFORE, "s.a": {"x": "int", "y": "string", "v": "int"}}, 1 / 5),
            ({**BEFORE, "s.d": {"u": "int"}}, 1 / 4),  # one of four collections, of five fields
            ({"s.a": BEFORE["s.a"]}, 2 / 3),
            ({}, 1.0),
        ],
    )
    def test_the_larger_share_of_collections_or_fields(
        self, now: dict[str, dict[str, str]], share: float
    ) -> None:
        assert change(BEFORE, now).share == pytest.approx(share)

    def test_both_the_served_and_the_last_model_must_be_behind(self) -> None:
        small, large = change(BEFORE, BEFORE), change(BEFORE, {})
        assert triggers.schema(large, large, 0.2).due
        assert triggers.schema(large, None, 0.2).due
        assert not triggers.schema(large, small, 0.2).due  # a candidate has learned it already
        assert not triggers.schema(small, large, 0.2).due  # it is back to what is served
        assert not triggers.schema(None, None, 0.2).due

    def test_a_translator_remembers_what_it_was_trained_on(self, tmp_path: Path) -> None:
        catalog = catalog_from_documents("s", {"a": [{"_id": 1, "x": 2, "o": {"y": "text"}}]})
        write_shape(tmp_path, [catalog])
        found = read_shape(tmp_path)
        assert found is not None
        assert change(found, shape_of([catalog])).share == 0
        assert found["s.a"]["o.y"] == "string"
        assert read_shape(tmp_path / "older") is None


class TestDrift:
    def test_flags_count_until_a_training_begins(self) -> None:
        flag = DriftFlag(id="f1", kind="concept", subject="questions", at=NOW)
        before = NOW - timedelta(hours=1)
        found = triggers.drift([flag], before, "t2")
        assert found.due
        assert found.state == "concept drift of questions"
        assert not triggers.drift([flag], NOW, "t2").due
        assert not triggers.drift([], before, "t2").due

    def test_a_look_at_the_training_before_says_nothing_about_this_one(self) -> None:
        flag = DriftFlag(id="f1", kind="data", subject="s.a", at=NOW, translator="t1")
        assert triggers.drift([flag], NOW - timedelta(hours=1), "t1").due
        assert not triggers.drift([flag], NOW - timedelta(hours=1), "t2").due

    def test_flags_are_handed_over_by_a_file(self, tmp_path: Path) -> None:
        store = ArtifactStore(tmp_path)
        assert read_flags(store) == ()
        flags = tuple(
            DriftFlag(id=f"f{n}", kind="data", subject="s.a", at=NOW + timedelta(hours=n))
            for n in range(3)
        )
        write_flags(store, flags)
        assert read_flags(store) == flags

    @pytest.mark.parametrize("text", ["{", '[{"id": "f"}]', "[1]", "3"])
    def test_a_broken_file_is_named(self, tmp_path: Path, text: str) -> None:
        store = ArtifactStore(tmp_path)
        store.write(FLAGS, text.encode())
        with pytest.raises(DriftFlagsUnreadable, match=FLAGS):
            read_flags(store)


class TestCalendar:
    @pytest.mark.parametrize(
        ("when", "last"),
        [
            ("never", None),
            ("03:00", datetime(2026, 3, 4, 3, 0, tzinfo=UTC)),
            ("13:30", datetime(2026, 3, 3, 13, 30, tzinfo=UTC)),
            ("12:00", NOW),
            ("sun 03:00", datetime(2026, 3, 1, 3, 0, tzinfo=UTC)),
            ("wed 11:59", datetime(2026, 3, 4, 11, 59, tzinfo=UTC)),
            ("wed 12:01", datetime(2026, 2, 25, 12, 1, tzinfo=UTC)),
            ("thu 00:00", datetime(2026, 2, 26, 0, 0, tzinfo=UTC)),
        ],
    )
    def test_the_last_moment_it_names(self, when: str, last: datetime | None) -> None:
        assert triggers.last_occasion(when, NOW) == last

    def test_due_once_after_each_moment(self) -> None:
        moment = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
        assert triggers.calendar("sun 03:00", moment - timedelta(seconds=1), NOW).due
        waiting = triggers.calendar("sun 03:00", moment, NOW)
        assert not waiting.due
        assert waiting.state == "sun 03:00, next on 2026-03-08"
        assert not triggers.calendar("never", moment - timedelta(days=99), NOW).due
