"""Feedback while the journal is away: on disk at once, in the journal once it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from mqt_serving.assembly import Serving, build_serving
from mqt_serving.errors import FeedbackConflict, QueryError, SpoolUnwritable
from mqt_serving.feedback.records import Said
from mqt_serving.platform.processes import free_port
from mqt_serving.platform.servers import MongoServer
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.small_shop import Recorder
from tests.mqt_serving.table_translator import LOADERS


class Place:
    """A serving process whose journal comes and goes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.server = MongoServer(folder, port=free_port())
        uri = f"mongodb://127.0.0.1:{self.server.port}"
        self.settings = settings.model_copy(update={"journal_uri": uri})
        self.serving = self.restarted()

    def restarted(self) -> Serving:
        serving = build_serving(self.settings, Recorder(), LOADERS)
        serving.releases.check()
        return serving

    def documents(self) -> list[dict[str, Any]]:
        """In the order in which they were kept; `at` can be the same millisecond."""
        with MongoClient[dict[str, Any]](self.settings.journal_uri) as client:
            return list(client[JOURNAL_DATABASE].feedback.find().sort("$natural", 1))


@pytest.fixture
def place(settings: Settings, release: Callable[..., str], tmp_path: Path) -> Iterator[Place]:
    """With release `one` live, and the journal away."""
    release("one")
    made = Place(settings, tmp_path / "mongod")
    yield made
    made.serving.close()
    made.server.stop()


def test_feedback_of_every_kind_waits_and_is_checked_when_the_journal_is_back(
    place: Place,
) -> None:
    asked = place.serving.service.query("How many orders were shipped?").translation
    pieces = [
        Said(asked.query_id, "up", comment="thanks"),
        Said(asked.query_id, corrected_query="db.orders.countDocuments({status: 'new'})"),
        Said(asked.query_id, picked_candidate=1),
        Said(asked.query_id, corrected_query="db.orders.find({$expr: {$divide: [1, 0]}})"),
        Said(asked.query_id, picked_candidate=7),
        Said("never-asked", rating=1, comment="kept all the same"),
    ]
    receipts = [place.serving.feedback.receive(said) for said in pieces]
    assert {receipt.status for receipt in receipts} == {"waiting"}
    assert all(receipt.checked is None for receipt in receipts)
    place.serving.drainer.check()  # still away
    assert len(place.serving.spools["feedback"]) == 6

    later = place.restarted()
    with place.server:
        later.drainer.check()
        documents = place.documents()
        assert later.spools["feedback"].is_empty
        assert later.service.query("How many orders were shipped?").translation.source == (
            "correction"
        )
    later.close()
    assert [document["_id"] for document in documents] == [r.feedback_id for r in receipts]
    statuses = [document["status"] for document in documents]
    assert statuses == ["noted", "revoked", "accepted", "noted", "noted", "noted"]
    failed, unknown_pick, never_asked = documents[3:]
    assert "divide" in failed["decision_reason"]
    assert failed["corrected_query"] == pieces[3].corrected_query
    assert "offers 0 to 2" in unknown_pick["decision_reason"]
    assert "'never-asked'" in never_asked["decision_reason"]
    assert never_asked["comment"] == "kept all the same"
    assert documents[0]["question"] == "How many orders were shipped?"


def test_a_query_that_no_release_could_read_is_refused_while_somebody_is_there(
    place: Place,
) -> None:
    with pytest.raises(QueryError):
        place.serving.feedback.receive(Said("q", corrected_query="db.orders.find({"))
    assert place.serving.spools["feedback"].is_empty


def test_the_same_key_waits_once_and_other_content_is_refused(place: Place) -> None:
    said = Said("q", rating=3, client_key=uuid4().hex)
    first = place.serving.feedback.receive(said)
    assert place.serving.feedback.receive(said) == first
    assert len(place.serving.spools["feedback"]) == 1
    with pytest.raises(FeedbackConflict):
        place.serving.feedback.receive(replace(said, rating=4))


def test_what_is_sent_again_while_the_journal_is_away_is_kept_once(place: Place) -> None:
    with place.server:
        asked = place.serving.service.query("Orders by status").translation
        said = Said(asked.query_id, rating=3, client_key=uuid4().hex)
        first = place.serving.feedback.receive(said)
        assert first.status == "noted"
    again = place.serving.feedback.receive(said)
    assert (again.feedback_id, again.status) == (first.feedback_id, "waiting")
    # Nobody can tell now that this key is taken: it is acknowledged, so it must be kept.
    other = place.serving.feedback.receive(replace(said, rating=1, client_key=uuid4().hex))
    with place.server:
        place.serving.drainer.check()
        kept = {document["_id"]: document["rating"] for document in place.documents()}
    assert kept == {first.feedback_id: 3, other.feedback_id: 1}


def test_a_key_that_turns_out_to_be_taken_costs_no_acknowledged_feedback(place: Place) -> None:
    with place.server:
        asked = place.serving.service.query("Orders by status").translation
        said = Said(asked.query_id, rating=3, client_key=uuid4().hex)
        place.serving.feedback.receive(said)
    place.serving.feedback.receive(replace(said, rating=1))
    with place.server:
        place.serving.drainer.check()
        assert [document["rating"] for document in place.documents()] == [3, 1]
    assert place.serving.spools["feedback"].is_empty


def test_what_waits_goes_first(place: Place) -> None:
    place.serving.feedback.receive(Said("q", comment="first"))
    with place.server:
        asked = place.serving.service.query("Orders by status").translation
        receipt = place.serving.feedback.receive(Said(asked.query_id, comment="second"))
        assert receipt.status == "waiting"
        place.serving.drainer.check()
        third = place.serving.feedback.receive(Said(asked.query_id, comment="third"))
        assert third.status == "noted"
        comments = [document["comment"] for document in place.documents()]
    assert comments == ["first", "second", "third"]


def elsewhere(place: Place, mongodb_uri: str) -> Serving:
    """Another process with the same spool, whose owner's MongoDB is that one."""
    changed = place.settings.model_copy(update={"mongodb_uri": mongodb_uri})
    serving = build_serving(changed, Recorder(), LOADERS)
    serving.releases.check()
    return serving


def test_only_corrections_and_what_follows_them_wait_for_the_owners_mongodb(place: Place) -> None:
    first = place.serving.service.query("Orders by status").translation.query_id
    second = place.serving.service.query("How many orders were shipped?").translation.query_id
    for said in (
        Said(first, corrected_query="db.orders.countDocuments({})"),
        Said(first, comment="after the correction"),
        Said(second, comment="of another answer"),
        Said(second, picked_candidate=1),
    ):
        place.serving.feedback.receive(said)
    without = elsewhere(place, f"mongodb://127.0.0.1:{free_port()}")
    with place.server:
        without.drainer.check()
        assert [document["comment"] for document in place.documents()] == ["of another answer"]
        assert len(without.spools["feedback"]) == 3
        assert without.spools["feedback"].set_aside == 0
        place.serving.drainer.check()
        documents = place.documents()
    kept = [(document["query_id"], document["status"]) for document in documents]
    assert kept == [
        (second, "noted"),
        (first, "accepted"),
        (first, "noted"),
        (second, "accepted"),
    ]
    without.close()


def test_a_correction_that_mongodb_refuses_us_to_run_holds_nothing_up(place: Place) -> None:
    asked = place.serving.service.query("Orders by status").translation.query_id
    place.serving.feedback.receive(Said(asked, corrected_query="db.orders.countDocuments({})"))
    place.serving.feedback.receive(Said(asked, comment="after it"))
    uri = place.settings.required_mongodb_uri()
    refused = elsewhere(place, uri.replace("mongodb://", "mongodb://nobody:wrong@"))
    spool = refused.spools["feedback"]
    with place.server:
        refused.drainer.check()
        assert [document["comment"] for document in place.documents()] == ["after it"]
        assert (len(spool), spool.set_aside) == (0, 1)
        assert refused.feedback.receive(Said(asked, comment="now")).status == "noted"
    refused.close()


def test_a_damaged_entry_is_set_aside_and_the_rest_is_kept(place: Place) -> None:
    spool = place.serving.spools["feedback"]
    place.serving.feedback.receive(Said("q", comment="before"))
    spool.put("damaged", b'{"feedback_id": "damaged", "at": "2026-')
    place.serving.feedback.receive(Said("q", comment="after"))
    with place.server:
        place.serving.drainer.check()
        assert [document["comment"] for document in place.documents()] == ["before", "after"]
    assert (len(spool), spool.set_aside) == (0, 1)


def test_with_journal_and_disk_gone_nothing_is_acknowledged(
    settings: Settings, release: Callable[..., str], tmp_path: Path
) -> None:
    release("one")
    (tmp_path / "file").write_text("")
    gone = {"journal_uri": f"mongodb://127.0.0.1:{free_port()}", "spool": tmp_path / "file"}
    serving = build_serving(settings.model_copy(update=gone), Recorder(), LOADERS)
    with pytest.raises(SpoolUnwritable, match="MQT_SPOOL"):
        serving.feedback.receive(Said("q", "up"))
    serving.close()
