"""The HTTP API as its clients see it: statuses, problem documents, limits, metrics, reloads."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from mqt_serving.http.edge import MOST_BODY_BYTES, Workers
from mqt_serving.platform.processes import free_port
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.releases import POINTER, Pointer, move_pointer
from mqt_serving.schema import Catalog
from mqt_serving.search import FORMAT, ITEMS_FILE, VECTORS_FILE
from mqt_serving.settings import Settings
from tests.mqt_serving.http.running import serve, wait_for_release
from tests.mqt_serving.table_translator import LetterEncoder

UNWANTED = (
    "dagster",
    "mlflow",
    "pandas",
    "torch",
    "sentence_transformers",
    "mqt_assets",
    "mqt_resources",
)


def ask(client: httpx.Client, question: str, **more: Any) -> httpx.Response:
    return client.post("/v1/query", json={"question": question, **more})


def problem_in(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document, checked for what every one has."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["type"] == f"/problems/{code}"
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in reply.text
    return body


def metric(client: httpx.Client, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


# ----------------------------------------------------------------- the loop


def test_a_question_a_look_at_the_query_and_a_correction(client: httpx.Client) -> None:
    answer = ask(client, "Orders by status").json()
    assert {row["status"]: row["count"] for row in answer["rows"]} == {"shipped": 3, "new": 2}
    assert answer["row_count"] == 2
    assert answer["truncated"] is False
    assert answer["columns"] == ["status", "count"]
    assert answer["confidence"] == 0.7
    assert answer["mongosh"] == answer["candidates"][answer["chosen"]]["mongosh"]
    assert answer["journaled"] is True
    assert answer["release_id"] == "one"
    corrected = client.post(
        "/v1/feedback",
        json={
            "query_id": answer["query_id"],
            "verdict": "down",
            "corrected_query": "db.orders.countDocuments({status: 'new'})",
        },
    )
    assert corrected.status_code == 201
    assert corrected.json()["status"] == "accepted"
    assert corrected.json()["corrected"]["learnable"] is True


def test_translating_runs_nothing(client: httpx.Client) -> None:
    body = client.post("/v1/translate", json={"question": "How many orders were shipped?"}).json()
    assert "rows" not in body
    assert [c["probability"] for c in body["candidates"]] == [0.8, 0.15, 0.05]
    for candidate in body["candidates"]:
        assert candidate["meaning"]
        languages = ("mongosh", "pymongo", "node", "extended_json")
        commands = {parse_query(candidate[language]) for language in languages}
        assert len(commands) == 1


def test_a_query_of_ones_own_is_checked_and_run(client: httpx.Client) -> None:
    text = "db.orders.find({status: 'new'}, {_id: 0, total: 1}).sort({total: 1})"
    assert client.post("/v1/check", json={"query": text}).json()["learnable"] is True
    ran = client.post("/v1/run", json={"query": text}).json()
    assert [row["total"] for row in ran["rows"]] == ["12.00", "25.50"]


def test_a_query_that_does_not_do_what_it_seems_comes_with_notes(client: httpx.Client) -> None:
    text = 'db.orders.find({placed_at: {$gte: "2024-03-01"}, stattus: "new"})'
    body = client.post("/v1/check", json={"query": text}).json()
    assert 'ISODate("2024-03-01' in body["mongosh"]
    assert body["notes"] == [
        '`placed_at` holds dates: "2024-03-01" is taken as 1 March 2024 00:00 UTC.',
        "No sampled document of orders has `stattus`: did you mean `status`?",
    ]
    text = "db.orders.aggregate([{$project: {x: {$year: 5}}}])"
    problem_in(client.post("/v1/run", json={"query": text}), 422, "type-mismatch")


def test_close_readings_that_answer_differently_come_as_a_choice(client: httpx.Client) -> None:
    answer = ask(client, "How many are there?").json()
    assert answer["rows"] == [{"count": 5}]
    choice = answer["choice"]
    assert choice["question"] == "Count orders or count customers?"
    first, second = choice["options"]
    assert (first["candidate"], second["candidate"]) == (0, 1)
    assert second == {
        "candidate": 1,
        "difference": "count customers",
        "meaning": answer["candidates"][1]["meaning"],
        "probability": 0.4,
        "columns": ["count"],
        "rows": [{"count": 2}],
        "row_count": 1,
        "truncated": False,
    }
    assert ask(client, "Orders by status").json()["choice"] is None
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert "choice" in schemas["AnswerBody"]["required"]
    assert "choice" not in schemas["TranslationBody"]["properties"]


def test_readings_come_with_notes(client: httpx.Client) -> None:
    body = client.post("/v1/query", json={"question": "How many orders are there?"}).json()
    assert body["notes"] == []
    assert all(candidate["notes"] == [] for candidate in body["candidates"])


def test_schemas_list_what_can_be_asked_without_private_fields(
    client: httpx.Client, catalog: Catalog
) -> None:
    reply = client.get("/v1/schemas")
    (database,) = reply.json()["databases"]
    assert database["database"] == catalog.database
    assert [c["collection"] for c in database["collections"]] == ["customers", "orders"]
    assert "email" not in reply.text
    assert "How many orders are there?" in database["examples"]


def test_private_fields_appear_nowhere(client: httpx.Client) -> None:
    assert "secret" not in ask(client, "Show all customers").text
    refused = client.post("/v1/run", json={"query": "db.customers.find({}, {email: 1})"})
    assert refused.status_code in (403, 404, 422)
    assert "secret" not in refused.text


def test_search_finds_fields_but_no_private_ones(
    settings: Settings, release: Callable[..., str], catalog: Catalog, tmp_path: Path
) -> None:
    release("searchable", index=write_index(tmp_path / "index", catalog))
    with serve(settings) as client:
        wait_for_release(client, "searchable")
        hits = client.get("/v1/search", params={"q": "status of orders"}).json()["hits"]
        assert hits[0]["path"] == "status"
        assert hits[0]["score"] > 0.9
        assert "email" not in [hit["path"] for hit in hits]
        problem_in(client.get("/v1/search", params={"q": " "}), 422, "invalid-question")
        problem_in(client.get("/v1/search", params={"q": "x", "k": 999}), 422, "invalid-request")


def test_without_an_index_search_says_so(client: httpx.Client) -> None:
    problem = problem_in(
        client.get("/v1/search", params={"q": "status"}), 503, "service-unavailable"
    )
    assert "semantic_index" in problem["detail"]


# ----------------------------------------------------------------- problems


def test_before_the_first_release_it_is_alive_but_not_ready(
    settings: Settings, release: Callable[..., str]
) -> None:
    with serve(settings) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/metrics").status_code == 200
        problem = problem_in(client.get("/readyz"), 503, "no-release")
        assert "release" in problem["detail"]
        for reply in (ask(client, "x y"), client.get("/v1/schemas")):
            problem_in(reply, 503, "no-release")
            assert int(reply.headers["retry-after"]) > 0
        release("one")
        wait_for_release(client, "one")
        assert ask(client, "Orders by status").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"question": ""}, 422, "invalid-question"),
        ({"question": "x" * 501}, 422, "invalid-question"),
        ({"question": "How is the weather?"}, 422, "cannot-answer"),
        ({"question": "Orders by status", "database": "nowhere"}, 404, "unknown-database"),
        ({"question": "Orders by status", "databse": "typo"}, 422, "invalid-request"),
        ({"question": 7}, 422, "invalid-request"),
        ({"question": None}, 422, "invalid-request"),
        ({}, 422, "invalid-request"),
        ([], 422, "invalid-request"),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_problem(
    client: httpx.Client, body: Any, status: int, code: str
) -> None:
    problem_in(client.post("/v1/query", json=body), status, code)
    problem_in(client.post("/v1/translate", json=body), status, code)
    assert client.get("/readyz").status_code == 200


def test_a_question_about_nothing_in_the_data_can_be_taught(client: httpx.Client) -> None:
    problem = problem_in(ask(client, "How is the weather?"), 422, "cannot-answer")
    reply = client.post(
        "/v1/feedback",
        json={
            "query_id": problem["query_id"],
            "verdict": "down",
            "corrected_query": "db.orders.countDocuments({})",
        },
    )
    assert reply.status_code == 201


def test_a_corrected_query_that_does_not_parse_says_where(client: httpx.Client) -> None:
    body = {"query": "db.orders.find(\n  {status: })"}
    problem = problem_in(client.post("/v1/check", json=body), 422, "invalid-query")
    assert problem["line"] == 2
    assert problem["column"] > 1


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("db.orders.deleteMany({})", 422, "query-not-read-only"),
        ("db.orders.aggregate([{$merge: 'x'}])", 422, "query-not-read-only"),
        ("db.unicorns.find({})", 404, "unknown-collection"),
        ("", 422, "invalid-query"),
    ],
)
def test_a_query_that_must_not_run_is_a_problem(
    client: httpx.Client, query: str, status: int, code: str
) -> None:
    problem_in(client.post("/v1/run", json={"query": query}), status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query_id": "nobody", "verdict": "up"}, 404, "unknown-query"),
        ({"query_id": "nobody", "verdict": "maybe"}, 422, "invalid-request"),
        ({"verdict": "up"}, 422, "invalid-request"),
        ({"query_id": "x"}, 422, "invalid-feedback"),
        ({"query_id": "x", "rating": 9}, 422, "invalid-request"),
        ({"query_id": "x", "reasons": ["no-reason"]}, 422, "invalid-request"),
        ({"query_id": "x", "signals": ["sneezed"]}, 422, "invalid-request"),
        (
            {"query_id": "x", "verdict": "up", "corrected_query": "db.orders.find()"},
            422,
            "invalid-feedback",
        ),
    ],
)
def test_feedback_that_does_not_fit_is_a_problem(
    client: httpx.Client, body: dict[str, Any], status: int, code: str
) -> None:
    problem_in(client.post("/v1/feedback", json=body), status, code)


def test_feedback_of_every_kind_is_kept_once_for_its_key(client: httpx.Client) -> None:
    query_id = ask(client, "How many orders were shipped?").json()["query_id"]
    body = {
        "query_id": query_id,
        "rating": 2,
        "reasons": ["wrong-number", "unclear"],
        "picked_candidate": 1,
        "expected_answer": "five",
        "signals": ["rerun"],
        "client_key": str(uuid4()),
    }
    first = client.post("/v1/feedback", json=body)
    assert first.status_code == 201
    assert first.json()["status"] == "accepted"
    assert client.post("/v1/feedback", json=body).json() == first.json()
    other = client.post("/v1/feedback", json={**body, "rating": 3})
    problem_in(other, 409, "feedback-conflict")


def test_what_is_not_json_is_a_problem(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (b"{", b"", b"\xff\xfe"):
        reply = client.post("/v1/query", content=content, headers=headers)
        assert reply.status_code in (400, 422)
        assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/query", rb'{"question": "\ud800"}'),
        ("/v1/query", rb'{"question": "Orders by status", "database": "\ud800"}'),
        ("/v1/query", rb'{"question": "Orders by status", "\ud800": 1}'),
        ("/v1/run", rb'{"query": "db.orders.find({a: \"\ud800\"})"}'),
        ("/v1/feedback", rb'{"query_id": "\ud800", "verdict": "up"}'),
        ("/v1/feedback", rb'{"query_id": "x", "verdict": "up", "comment": "\ud800"}'),
    ],
)
def test_half_a_surrogate_pair_is_a_problem_wherever_it_stands(
    client: httpx.Client, path: str, body: bytes
) -> None:
    reply = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (404, 422), reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_unknown_paths_and_methods_are_problems(client: httpx.Client) -> None:
    problem_in(client.get("/v1/nothing"), 404, "not-found")
    problem_in(client.get("/static/../app.py"), 404, "not-found")
    reply = client.get("/v1/query")
    problem_in(reply, 405, "method-not-allowed")
    assert reply.headers["allow"] == "POST"


def test_a_body_that_is_too_large_is_refused_with_and_without_a_length(
    client: httpx.Client,
) -> None:
    headers = {"Content-Type": "application/json"}
    large = b'{"question": "' + b"x" * MOST_BODY_BYTES + b'"}'
    problem_in(client.post("/v1/query", content=large, headers=headers), 413, "body-too-large")

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 8192):
            yield large[start : start + 8192]

    reply = client.post("/v1/query", content=in_pieces(), headers=headers)
    problem_in(reply, 413, "body-too-large")
    assert ask(client, "Orders by status").status_code == 200


def test_pages_of_other_sites_cannot_send_anything(client: httpx.Client) -> None:
    body = {"question": "Orders by status"}
    for site in ("cross-site", "same-site"):
        reply = client.post("/v1/query", json=body, headers={"Sec-Fetch-Site": site})
        problem_in(reply, 403, "cross-site-request")
    plain = client.post(
        "/v1/query", content=json.dumps(body), headers={"Content-Type": "text/plain"}
    )
    problem_in(plain, 422, "invalid-request")
    unnamed = client.post("/v1/query", content=json.dumps(body).encode())
    problem_in(unnamed, 422, "invalid-request")
    own = client.post("/v1/query", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200


def test_problem_types_can_be_looked_up(client: httpx.Client) -> None:
    assert "Nothing has been released" in client.get("/problems/no-release").json()["meaning"]
    problem_in(client.get("/problems/made-up"), 404, "not-found")


def test_what_nobody_foresaw_leaves_no_trace(
    settings: Settings, release: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release("one")
    with serve(settings) as client:
        wait_for_release(client, "one")

        def broken(*_: object) -> None:
            raise RuntimeError("secret detail in broken code")

        monkeypatch.setattr("mqt_serving.running.table_of", broken)
        reply = ask(client, "Orders by status")
        problem = problem_in(reply, 500, "internal-error")
        assert "secret detail" not in reply.text
        assert reply.headers["x-request-id"] in problem["detail"]
        monkeypatch.undo()
        assert ask(client, "Orders by status").status_code == 200


def test_faults_of_mongodb_have_their_own_statuses(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    away = settings.model_copy(update={"mongodb_uri": f"mongodb://127.0.0.1:{free_port()}"})
    with serve(away) as client:
        wait_for_release(client, "one")
        problem_in(ask(client, "Orders by status"), 503, "service-unavailable")
        assert client.get("/healthz").status_code == 200
        body = {"question": "Orders by status"}
        assert client.post("/v1/translate", json=body).status_code == 200
    address = settings.mongodb_uri.removeprefix("mongodb://")
    wrong = settings.model_copy(update={"mongodb_uri": f"mongodb://eve:hunter2@{address}"})
    with serve(wrong) as client:
        wait_for_release(client, "one")
        reply = ask(client, "Orders by status")
        problem_in(reply, 503, "mongodb-authentication-failed")
        assert "hunter2" not in reply.text


def test_with_the_journal_away_answers_say_so_and_feedback_waits_on_disk(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    away = settings.model_copy(update={"journal_uri": f"mongodb://127.0.0.1:{free_port()}"})
    with serve(away) as client:
        wait_for_release(client, "one")
        answer = ask(client, "Orders by status")
        assert answer.status_code == 200
        assert answer.json()["journaled"] is False
        feedback = {"query_id": answer.json()["query_id"], "verdict": "up"}
        kept = client.post("/v1/feedback", json=feedback)
        assert (kept.status_code, kept.json()["status"]) == (202, "waiting")
        assert metric(client, "mqt_journal_failures_total", operation="query") == 1
        assert metric(client, "mqt_spool_entries", spool="queries") == 1
        assert metric(client, "mqt_spool_entries", spool="feedback") == 1
        assert metric(client, "mqt_spool_oldest_seconds", spool="feedback") > 0
        assert metric(client, "mqt_spool_set_aside", spool="feedback") == 0


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
_QUERY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="db.orders.find({}[]()'$:,1\n /*", max_size=60).map("db.orders".__add__),
    st.builds(
        "db.orders.{}({})".format,
        st.sampled_from(["find", "aggregate", "countDocuments", "distinct", "drop", "mapReduce"]),
        _JSON.map(lambda value: json.dumps(value)),
    ),
)


@hypothesis.settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    path=st.sampled_from(["/v1/query", "/v1/translate", "/v1/run", "/v1/check", "/v1/feedback"]),
    body=st.one_of(
        _JSON,
        st.fixed_dictionaries({"question": st.text(max_size=40)}),
        st.fixed_dictionaries({"query": _QUERY}),
        st.fixed_dictionaries(
            {
                "query_id": st.text(max_size=5),
                "verdict": st.sampled_from(["up", "down"]),
                "corrected_query": _QUERY,
                "comment": st.text(max_size=9),
            }
        ),
    ),
)
def test_no_input_leads_to_an_error_of_ours(client: httpx.Client, path: str, body: Any) -> None:
    reply = client.post(path, json=body)
    assert reply.status_code < 500, (body, reply.text)
    if reply.status_code >= 400:
        assert reply.headers["content-type"] == "application/problem+json"


# ------------------------------------------------------------ load, reloads


def test_more_requests_than_it_takes_are_sent_away_at_once(
    settings: Settings, release: Callable[..., str]
) -> None:
    release("one")
    with serve(settings, Workers(threads=1, waiting=1)) as client:
        wait_for_release(client, "one")
        with ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(lambda _: ask(client, "Take your time"), range(6)))
            assert client.get("/healthz").status_code == 200
        statuses = sorted(reply.status_code for reply in replies)
        assert statuses == [200, 200, 503, 503, 503, 503]
        refused = next(reply for reply in replies if reply.status_code == 503)
        problem_in(refused, 503, "overloaded")
        assert int(refused.headers["retry-after"]) > 0
        assert ask(client, "Orders by status").status_code == 200


def test_no_request_is_dropped_while_releases_change(
    settings: Settings, release: Callable[..., str]
) -> None:
    for name in ("one", "two"):
        release(name)
    with serve(settings) as client:
        wait_for_release(client, "two")
        stop = threading.Event()
        seen: set[str] = set()

        def ask_on() -> int:
            asked = 0
            while not stop.is_set():
                reply = ask(client, "Orders by status")
                assert reply.status_code == 200, reply.text
                seen.add(reply.json()["release_id"])
                asked += 1
            return asked

        with ThreadPoolExecutor(4) as pool:
            askers = [pool.submit(ask_on) for _ in range(4)]
            for turn in range(8):
                champion = ("one", "two")[turn % 2]
                move_pointer(settings.releases_folder, Pointer(champion=champion))
                wait_for_release(client, champion)
            stop.set()
            assert sum(asker.result() for asker in askers) > 10
        assert seen == {"one", "two"}
        assert metric(client, "mqt_release_reloads_total", outcome="ok") >= 8


def test_a_corrupt_release_is_refused_counted_and_reported_while_the_old_one_serves(
    settings: Settings, release: Callable[..., str], client: httpx.Client
) -> None:
    release("bad", live=False)
    (settings.releases_folder / "bad" / "corrections.json").write_text("[] ")
    partial = settings.releases_folder / "partial"
    partial.write_text(Pointer(champion="bad").model_dump_json())
    partial.replace(settings.releases_folder / POINTER)  # moving it as the product does would fail
    deadline = time.monotonic() + 5
    while not (body := client.get("/readyz").json())["refused"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert body["release_id"] == "one"
    assert "corrections.json has SHA-256" in body["refused"]
    assert metric(client, "mqt_release_reloads_total", outcome="refused") == 1
    assert ask(client, "Orders by status").json()["release_id"] == "one"


# ---------------------------------------------------------------- operation


def test_metrics_count_requests_by_route_and_status_and_time_the_work(
    client: httpx.Client,
) -> None:
    answer = ask(client, "Orders by status").json()
    ask(client, "")
    client.get("/made/up/path")
    feedback = {"query_id": answer["query_id"], "verdict": "up"}
    client.post("/v1/feedback", json=feedback)

    def requests(route: str, status: str) -> float:
        return metric(client, "mqt_requests_total", route=route, status=status)

    assert requests("/v1/query", "200") == 1
    assert requests("/v1/query", "422") == 1
    assert requests("(unknown)", "404") == 1
    assert metric(client, "mqt_translate_seconds_count") == 1
    assert metric(client, "mqt_execute_seconds_count") == 1
    assert metric(client, "mqt_feedback_total", verdict="up", status="noted") == 1
    assert metric(client, "mqt_release_info", release_id="one") == 1
    assert metric(client, "mqt_questions_total", outcome="answered", source="model") == 1


def test_every_reply_carries_the_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/static/app.js", "/v1/schemas", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_openapi_document_describes_routes_and_problems(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert {"/v1/translate", "/v1/query", "/v1/feedback", "/v1/schemas"} <= set(document["paths"])
    responses = document["paths"]["/v1/query"]["post"]["responses"]
    assert "application/problem+json" in responses["default"]["content"]


def test_serving_imports_no_training_or_orchestration() -> None:
    code = (
        "import sys, mqt_serving.http.app\n"
        f"found = [name for name in {UNWANTED!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {found}' if found else 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def write_index(folder: Path, catalog: Catalog) -> Path:
    """An index over the fields of the catalog, private ones included, as an old release may be."""
    fields = [(s.collection, f.path) for s in catalog.collections for f in s.fields]
    texts = [f"{path} of {collection}" for collection, path in fields]
    folder.mkdir()
    np.savez(folder / VECTORS_FILE, vectors=LetterEncoder().encode(texts))
    items = [
        {
            "kind": "field",
            "database": catalog.database,
            "collection": collection,
            "path": path,
            "text": text,
            "value": None,
        }
        for (collection, path), text in zip(fields, texts, strict=True)
    ]
    digest = hashlib.sha256((folder / VECTORS_FILE).read_bytes()).hexdigest()
    described = {
        "format": FORMAT,
        "model": "letters",
        "vectors_sha256": digest,
        "items": items,
    }
    (folder / ITEMS_FILE).write_text(json.dumps(described))
    return folder


# ---------------------------------------------------------------- follow-ups


def test_a_follow_up_says_what_it_was_read_after(client: httpx.Client) -> None:
    first = ask(client, "Orders by status").json()
    assert first["follow_up_of"] is None
    body = ask(client, "only the new ones", previous=first["query_id"]).json()
    assert body["rows"] == [{"status": "new", "count": 2}]
    assert body["source"] == "follow-up"
    assert body["follow_up_of"] == {
        "query_id": first["query_id"],
        "question": "Orders by status",
    }
    assert "status" in body["meaning"] and "new" in body["meaning"]
    translated = client.post(
        "/v1/translate", json={"question": "top 1", "previous": body["query_id"]}
    ).json()
    assert translated["follow_up_of"]["question"] == "only the new ones"


def test_a_follow_up_to_nothing_known_is_a_problem(client: httpx.Client) -> None:
    problem_in(ask(client, "only the new ones", previous="f" * 32), 404, "unknown-query")
    problem_in(ask(client, "only the new ones", previous="no id!"), 422, "invalid-request")
    first = ask(client, "Orders by status").json()
    reply = ask(client, "only the new ones", previous=first["query_id"], database="nowhere")
    problem_in(reply, 404, "unknown-database")
