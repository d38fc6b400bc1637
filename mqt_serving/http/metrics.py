"""Prometheus series of the serving process, in a registry of their own (one an app).

Labels have few values by construction: route templates (not paths), statuses, error codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from mqt_serving.observing import Observer
from mqt_serving.releases import Manifest
from mqt_serving.spool import Spool

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics(Observer):
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "mqt_requests_total",
            "HTTP requests.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._request_seconds = Histogram(
            "mqt_request_seconds",
            "Time from request to response.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "mqt_requests_in_flight", "Requests being worked on.", registry=self.registry
        )
        self._translate = Histogram(
            "mqt_translate_seconds",
            "Question to candidate queries, by the model.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._execute = Histogram(
            "mqt_execute_seconds",
            "Query on MongoDB, failures included.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._questions = Counter(
            "mqt_questions_total",
            "Questions by what became of them.",
            ("outcome", "source"),
            registry=self.registry,
        )
        self._feedback = Counter(
            "mqt_feedback_total",
            "Feedback that was kept.",
            ("verdict", "status"),
            registry=self.registry,
        )
        self._journal_failures = Counter(
            "mqt_journal_failures_total",
            "Journal operations that failed.",
            ("operation",),
            registry=self.registry,
        )
        self._reloads = Counter(
            "mqt_release_reloads_total",
            "Attempts to load a release: ok or refused.",
            ("outcome",),
            registry=self.registry,
        )
        self._release = Gauge(
            "mqt_release_info",
            "The release that serves (value 1).",
            ("release_id", "mlflow_model_version", "code_version"),
            registry=self.registry,
        )
        self._loaded_at = Gauge(
            "mqt_release_loaded_timestamp_seconds",
            "When the release that serves was loaded.",
            registry=self.registry,
        )
        self._load_seconds = Gauge(
            "mqt_release_load_seconds",
            "How long it took to verify, load and warm up.",
            registry=self.registry,
        )
        self._llm_calls = Counter(
            "mqt_llm_questions_total",
            "Questions to the language model: answered, repaired, declined, or why it was of no "
            "use and the local translator answered.",
            ("outcome",),
            registry=self.registry,
        )
        self._llm_seconds = Histogram(
            "mqt_llm_seconds",
            "Time of all calls to the language model for a question.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._llm_circuit = Gauge(
            "mqt_llm_circuit_open",
            "1 while the language model failed too often and is left alone.",
            registry=self.registry,
        )
        # Series that alerts look at exist from the start, so that a rate over them is never empty.
        for outcome in ("ok", "refused"):
            self._reloads.labels(outcome)
        for operation in ("query", "feedback", "read"):
            self._journal_failures.labels(operation)

    def watch_spools(self, spools: Mapping[str, Spool]) -> None:
        """Series of what waits on disk for the journal, read when they are asked for."""
        for name, of, meaning in (
            ("mqt_spool_entries", len, "What waits on disk for the journal."),
            ("mqt_spool_oldest_seconds", _oldest, "How long the oldest of it has been waiting."),
            ("mqt_spool_set_aside", _set_aside, "What could not be read or kept: for a person."),
        ):
            gauge = Gauge(name, meaning, ("spool",), registry=self.registry)
            for label, spool in spools.items():
                gauge.labels(label).set_function(partial(of, spool))

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def translated(self, seconds: float) -> None:
        self._translate.observe(seconds)

    def executed(self, seconds: float) -> None:
        self._execute.observe(seconds)

    def answered(self, outcome: str, source: str) -> None:
        self._questions.labels(outcome, source).inc()

    def feedback_received(self, verdict: str, status: str) -> None:
        self._feedback.labels(verdict, status).inc()

    def journal_failed(self, operation: str) -> None:
        self._journal_failures.labels(operation).inc()

    def release_loaded(self, manifest: Manifest, seconds: float) -> None:
        self._reloads.labels("ok").inc()
        self._release.clear()
        self._release.labels(manifest.id, manifest.mlflow_model_version, manifest.code_version).set(
            1
        )
        self._loaded_at.set_to_current_time()
        self._load_seconds.set(seconds)

    def release_refused(self, release_id: str) -> None:
        self._reloads.labels("refused").inc()

    def llm_asked(self, outcome: str, seconds: float) -> None:
        self._llm_calls.labels(outcome).inc()
        self._llm_seconds.observe(seconds)

    def llm_circuit(self, is_open: bool) -> None:
        self._llm_circuit.set(is_open)


def _oldest(spool: Spool) -> float:
    return spool.oldest_seconds


def _set_aside(spool: Spool) -> float:
    return spool.set_aside
