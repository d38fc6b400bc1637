"""Contradicting, revoking and reviewing corrections, through the API of a real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from mqt_serving.corrections.reviewing import MOST_HELD
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE, Settings
from tests.mqt_serving.http.running import serve, wait_for_release

QUESTION = "Orders by status"
NEW = "db.orders.countDocuments({status: 'new'})"
SHIPPED = "db.orders.countDocuments({status: 'shipped'})"
DECISION = {"reason": "checked with sales", "by": "grace"}


def ask(client: httpx.Client, session: str = "") -> Any:
    headers = {"X-MQT-Session": session} if session else {}
    reply = client.post("/v1/query", json={"question": QUESTION}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def correct(client: httpx.Client, session: str, query: str) -> Any:
    body = {"query_id": ask(client)["query_id"], "verdict": "down", "corrected_query": query}
    reply = client.post("/v1/feedback", json=body, headers={"X-MQT-Session": session})
    assert reply.status_code == 201, reply.text
    return reply.json()


def revoke(client: httpx.Client, id: str, session: str = "", **headers: str) -> httpx.Response:
    with_session = {**headers, **({"X-MQT-Session": session} if session else {})}
    return client.post(f"/v1/corrections/{id}/revoke", json=DECISION, headers=with_session)


def review(client: httpx.Client, id: str, action: str, **more: str) -> Any:
    reply = client.post(f"/v1/review/{id}", json={"action": action, **DECISION, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def disputed(client: httpx.Client) -> list[Any]:
    items = client.get("/v1/review").json()["items"]
    return [item for item in items if item["kind"] == "disputed"]


def trail(mongo_client: MongoClient[dict[str, Any]], id: str) -> list[dict[str, Any]]:
    return list(mongo_client[JOURNAL_DATABASE].audit.find({"correction": id}))


def test_a_contradiction_is_held_and_the_accepted_one_serves_on_until_a_reviewer_decides(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    first = correct(client, "ada", NEW)
    second = correct(client, "bob", SHIPPED)
    assert (first["status"], second["status"]) == ("accepted", "held")
    assert first["feedback_id"] in second["reason"]
    assert ask(client)["rows"] == [{"count": 2}]

    (item,) = [i for i in client.get("/v1/review").json()["items"] if i["kind"] == "held"]
    assert item["id"] == second["feedback_id"]
    assert "new" in item["instead_of"]
    assert review(client, item["id"], "accept")["status"] == "accepted"
    answer = ask(client)
    assert answer["rows"] == [{"count": 3}]
    assert answer["correction"]["id"] == second["feedback_id"]
    (line,) = trail(mongo_client, first["feedback_id"])
    assert (line["action"], line["before"], line["after"]) == ("replace", "accepted", "revoked")
    (line,) = trail(mongo_client, second["feedback_id"])
    assert (line["by"], line["reason"]) == ("grace", "checked with sales")
    assert (line["role"], line["proven_by"]) == ("reviewer", "local")


def test_the_same_author_replaces_their_own(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    first, second = correct(client, "ada", NEW), correct(client, "ada", SHIPPED)
    assert second["status"] == "accepted"
    assert ask(client)["rows"] == [{"count": 3}]
    old = mongo_client[JOURNAL_DATABASE].feedback.find_one({"_id": first["feedback_id"]})
    assert old is not None
    assert old["status"] == "revoked"
    assert second["feedback_id"] in old["decision_reason"]
    assert old["decided_at"] > old["at"]


def test_other_queries_with_the_same_rows_are_disputed_until_a_reviewer_decides(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    first = correct(client, "ada", NEW)
    assert [i for i in disputed(client) if i["id"] == first["feedback_id"]] == []
    same_rows = "db.orders.countDocuments({status: {$in: ['new', 'nowhere']}})"
    second = correct(client, "bob", same_rows)
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    (item,) = disputed(client)
    assert item["id"] == second["feedback_id"]
    assert "nowhere" in item["query"]
    assert "nowhere" not in item["instead_of"]
    assert review(client, item["id"], "reject")["status"] == "revoked"
    assert disputed(client) == []

    third = correct(client, "eve", same_rows)["feedback_id"]
    assert [i["id"] for i in disputed(client)] == [third]
    assert review(client, third, "accept")["status"] == "accepted"
    assert disputed(client) == []
    assert ask(client)["correction"]["id"] == third
    (line,) = trail(mongo_client, first["feedback_id"])
    assert line["after"] == "revoked"


def test_the_author_takes_it_back_and_the_model_answers_again(client: httpx.Client) -> None:
    kept = correct(client, "ada", NEW)["feedback_id"]
    other = revoke(client, kept, "bob", **{"X-Forwarded-For": "10.0.0.7"})
    assert other.status_code == 403
    assert other.json()["code"] == "not-allowed"
    assert revoke(client, kept, "ada", **{"X-Forwarded-For": "10.0.0.7"}).status_code == 200
    assert ask(client)["source"] == "model"
    assert revoke(client, kept, "ada").json()["code"] == "decision-refused"
    assert revoke(client, "nothing").json()["code"] == "unknown-correction"


def test_a_held_one_can_be_edited_or_rejected(client: httpx.Client) -> None:
    correct(client, "ada", NEW)
    held = correct(client, "bob", SHIPPED)["feedback_id"]
    wrong = client.post(
        f"/v1/review/{held}", json={"action": "edit", **DECISION, "query": "db.orders.drop()"}
    )
    assert wrong.status_code == 422
    edited = review(client, held, "edit", query="db.orders.countDocuments({})")
    assert edited["status"] == "accepted"
    assert ask(client)["rows"] == [{"count": 5}]
    again = correct(client, "eve", NEW)
    assert again["status"] == "held"
    assert review(client, again["feedback_id"], "reject")["status"] == "rejected"
    assert ask(client)["rows"] == [{"count": 5}]


def test_an_uncertain_answer_is_reviewed_without_anybody_correcting_it(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].queries.delete_many({})
    id = ask(client)["query_id"]
    (item,) = client.get("/v1/review").json()["items"]
    assert (item["id"], item["kind"], item["asked"]) == (id, "question", 1)
    assert review(client, id, "accept")["status"] == "accepted"
    assert ask(client)["source"] == "correction"
    assert client.get("/v1/review").json()["items"] == []
    kept = mongo_client[JOURNAL_DATABASE].feedback.find_one({"query_id": id})
    assert kept is not None
    assert kept["verdict"] == "up"
    line = mongo_client[JOURNAL_DATABASE].audit.find_one({"question_id": id})
    assert line is not None
    assert (line["action"], line["by"]) == ("accept", "grace")


def test_a_question_that_needs_no_answer_leaves_the_queue(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].queries.delete_many({})
    id = ask(client)["query_id"]
    assert review(client, id, "reject")["status"] == "dismissed"
    assert client.get("/v1/review").json()["items"] == []
    mongo_client[JOURNAL_DATABASE].review_dismissals.delete_many({})


def test_a_decision_says_who_and_why(client: httpx.Client) -> None:
    kept = correct(client, "ada", NEW)["feedback_id"]
    for missing in ({"reason": " ", "by": "grace"}, {"reason": "because", "by": ""}):
        reply = client.post(f"/v1/review/{kept}", json={"action": "reject", **missing})
        assert reply.json()["code"] == "decision-refused"


def test_only_reviewers_review(settings: Settings, release: Callable[..., str]) -> None:
    release("one")
    with serve(settings.model_copy(update={"review_token": _secret("s3cret")})) as client:
        wait_for_release(client, "one")
        assert client.get("/v1/review").status_code == 403
        body = {"action": "reject", **DECISION}
        assert client.post("/v1/review/any", json=body).status_code == 403
        allowed = client.get("/v1/review", headers={"Authorization": "Bearer s3cret"})
        assert allowed.status_code == 200


def _secret(value: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(value)


def test_the_oldest_held_ones_are_shown_and_the_others_are_counted(
    client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].queries.delete_many({})
    correct(client, "ada", NEW)
    held = correct(client, "bob", SHIPPED)["feedback_id"]
    feedback = mongo_client[JOURNAL_DATABASE].feedback
    document = feedback.find_one({"_id": held})
    assert document is not None
    later = document["at"] + timedelta(minutes=1)
    copies = [{**document, "_id": f"copy-{n}", "at": later} for n in range(MOST_HELD + 5)]
    feedback.insert_many(copies)
    reply = client.get("/v1/review", params={"k": MOST_HELD}).json()
    assert (len(reply["items"]), reply["more"]) == (MOST_HELD, 6)
    assert held in {item["id"] for item in reply["items"]}
    assert client.get("/v1/review", params={"k": 1}).json()["more"] == MOST_HELD + 5


@pytest.mark.parametrize("method", ["accept", "reject"])
def test_two_reviewers_cannot_both_decide(client: httpx.Client, method: str) -> None:
    correct(client, "ada", NEW)
    held = correct(client, "bob", SHIPPED)["feedback_id"]
    review(client, held, "reject")
    reply = client.post(f"/v1/review/{held}", json={"action": "reject", **DECISION})
    assert reply.status_code == 409


def test_a_correction_that_no_longer_fits_the_data_is_flagged_and_mended(
    client: httpx.Client, release: Callable[..., str], catalog: Catalog
) -> None:
    kept = correct(client, "ada", "db.orders.find({status: 'new'}, {_id: 0, total: 1})")
    customers, orders = catalog.collections
    fewer = orders.model_copy(
        update={"fields": tuple(f for f in orders.fields if f.path != "total")}
    )
    release("two", catalogs=(catalog.model_copy(update={"collections": (customers, fewer)}),))
    wait_for_release(client, "two")
    assert ask(client)["source"] == "model"
    (item,) = [i for i in client.get("/v1/review").json()["items"] if i["kind"] == "stale"]
    assert item["id"] == kept["feedback_id"]
    assert "total" in item["reason"]
    review(client, item["id"], "edit", query=NEW)
    assert ask(client)["rows"] == [{"count": 2}]
