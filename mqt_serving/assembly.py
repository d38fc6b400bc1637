"""The serving process put together from settings: releases, connections, journal, service.

The one place that knows the concrete translator, encoder and index; everything else depends on
the protocols of `release_loading`. Building opens no connection and reads no release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mqt_serving.connections import LazyClient
from mqt_serving.corrections.deciding import CorrectionDesk
from mqt_serving.corrections.following import CorrectionsFollower
from mqt_serving.corrections.keeping import Changes, KeptCorrections
from mqt_serving.corrections.live import LiveCorrections
from mqt_serving.corrections.paraphrases import Paraphrases
from mqt_serving.corrections.referee import Referee
from mqt_serving.corrections.reviewing import ReviewDesk
from mqt_serving.encoder import TextEncoder
from mqt_serving.errors import ReleaseCorrupt
from mqt_serving.feedback.draining import SpoolDrainer
from mqt_serving.feedback.receiving import FeedbackReceiver
from mqt_serving.insights import InsightsReader
from mqt_serving.interpreting import Interpreter
from mqt_serving.journal import Journal
from mqt_serving.llm.backend import LlmBackend
from mqt_serving.llm.endpoint import ChatEndpoint
from mqt_serving.llm.sharing import sharing_of
from mqt_serving.observing import Observer
from mqt_serving.policies import load_policies
from mqt_serving.query.execution import Reading
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import (
    Encoder,
    LoadedRelease,
    Loaders,
    ReleaseWatcher,
    Search,
    Translator,
)
from mqt_serving.running import QueryRunner
from mqt_serving.search import Hit, SemanticIndex
from mqt_serving.service import Service
from mqt_serving.settings import Settings
from mqt_serving.spool import Spool
from mqt_serving.translator import Translator as TrainedTranslator

_SELECTION_MS = 2000
_ANSWER_MARGIN_MS = 5000


@dataclass(frozen=True, slots=True)
class Serving:
    """Begin with `start()`, end with `close()`."""

    service: Service
    feedback: FeedbackReceiver
    desk: CorrectionDesk
    reviews: ReviewDesk
    releases: ReleaseWatcher
    corrections: CorrectionsFollower
    insights: InsightsReader
    drainer: SpoolDrainer
    spools: Mapping[str, Spool]
    clients: tuple[LazyClient, ...]
    llm: LlmBackend | None = None

    def start(self) -> None:
        """Follow releases and corrections, and take what waits to the journal."""
        self.releases.start()
        self.corrections.start()
        self.drainer.start()

    def close(self) -> None:
        self.releases.stop()
        self.corrections.stop()
        self.drainer.stop()
        for client in self.clients:
            client.close()
        if self.llm is not None:
            self.llm.close()


def build_serving(
    settings: Settings, observer: Observer, loaders: Loaders | None = None
) -> Serving:
    policy = policy_of(settings)
    parts = loaders or Loaders(load_translator, load_search, load_encoder)

    def load(folder: Path) -> LoadedRelease:
        return LoadedRelease.load(folder, parts, settings.private_fields, policy)

    releases = ReleaseWatcher(
        settings.releases_folder, load, observer, poll_seconds=settings.release_poll_seconds
    )
    mongodb = LazyClient(
        settings.required_mongodb_uri,
        "MongoDB (MONGODB_URI)",
        selection_ms=_SELECTION_MS,
        socket_ms=settings.max_time_ms + _ANSWER_MARGIN_MS,
    )
    journal_client = LazyClient(
        settings.required_journal_uri,
        "the journal (MQT_JOURNAL_URI)",
        selection_ms=_SELECTION_MS,
        socket_ms=2 * _ANSWER_MARGIN_MS,
    )
    reading = Reading(settings.read_concern, settings.read_preference)
    runner = QueryRunner(mongodb, policy, reading, observer)
    spools = {name: Spool(settings.spool_folder / name) for name in ("queries", "feedback")}
    journal = Journal(journal_client, observer, spools["queries"])
    corrections, paraphrases = LiveCorrections(), Paraphrases()

    kept = KeptCorrections(journal_client)

    def read_changes(since: datetime | None) -> Changes:
        if since is None:
            kept.complete_audit()
        return kept.changed(since)

    def encode_ahead() -> None:
        if releases.current is not None:
            paraphrases.prepare(corrections.snapshot.by_database, releases.current)

    follower = CorrectionsFollower(corrections, read_changes, encode_ahead)
    desk = CorrectionDesk(
        kept=kept,
        corrections=corrections,
        releases=releases,
        runner=runner,
        policy=policy,
        refresh=follower.check,
    )
    feedback = FeedbackReceiver(
        releases=releases,
        runner=runner,
        journal=journal,
        spool=spools["feedback"],
        corrections=corrections,
        referee=Referee(corrections, paraphrases, runner, policy),
        desk=desk,
        policy=policy,
        observer=observer,
        refresh=follower.check,
    )
    reviews = ReviewDesk(
        client=journal_client,
        kept=kept,
        corrections=corrections,
        desk=desk,
        receiver=feedback,
        releases=releases,
        policy=policy,
    )
    llm = build_llm(settings, policy, observer)
    interpreter = Interpreter(
        corrections=corrections,
        paraphrases=paraphrases,
        policy=policy,
        observer=observer,
        llm=llm,
    )
    service = Service(
        releases=releases,
        runner=runner,
        journal=journal,
        interpreter=interpreter,
        policy=policy,
        observer=observer,
        max_question_length=settings.max_question_length,
        choice_share=settings.choice_share,
    )
    insights = InsightsReader(journal_client)
    clients = (mongodb, journal_client)
    drainer = SpoolDrainer((journal.drain, feedback.drain))
    return Serving(
        service,
        feedback,
        desk,
        reviews,
        releases,
        follower,
        insights,
        drainer,
        spools,
        clients,
        llm,
    )


def build_llm(settings: Settings, policy: Policy, observer: Observer) -> LlmBackend | None:
    """None without an endpoint: off by default."""
    if not settings.llm_url:
        return None
    key = settings.llm_api_key.get_secret_value()
    return LlmBackend(
        endpoint=ChatEndpoint(settings.llm_url, settings.llm_model, key),
        sharing=sharing_of(settings.llm_url, settings.llm_share),
        policy=policy,
        observer=observer,
        seconds=settings.llm_timeout_seconds,
        most_tokens=settings.llm_most_tokens,
    )


def policy_of(settings: Settings) -> Policy:
    """What everybody may read who is not named; raises `SettingError`."""
    return load_policies(settings.policy_file, _base_policy(settings)).of()


def _base_policy(settings: Settings) -> Policy:
    limits = Limits(
        max_rows=settings.max_rows,
        max_time_ms=settings.max_time_ms,
        max_result_bytes=settings.max_result_mb * 2**20,
        max_documents_examined=settings.max_documents_examined,
    )
    return Policy(limits=limits, private=settings.private_fields)


def load_translator(folder: Path) -> Translator:
    return TrainedTranslator.load(folder / "translator")


def load_search(folder: Path, translator: Translator) -> Search | None:
    """None for a release without an index. The translator's encoder is shared, not loaded twice."""
    if not (folder / "index").is_dir():
        return None
    return TextSearch(load_encoder(folder, translator), SemanticIndex.load(folder / "index"))


def load_encoder(folder: Path, translator: Translator) -> Encoder:
    if isinstance(translator, TrainedTranslator):
        return translator.encoder
    return TextEncoder.load(folder / "translator")


class TextSearch:
    """Semantic search by text: the encoder of the release in front of its index."""

    def __init__(self, encoder: Encoder, index: SemanticIndex) -> None:
        """Raises `ReleaseCorrupt` when the two were not made for each other."""
        if len(index) and encoder.dimension != index.dimension:
            raise ReleaseCorrupt(
                f"the encoder gives vectors of dimension {encoder.dimension}, the index of "
                f"{index.model} holds {index.dimension}: build the index with this encoder"
            )
        self._encoder = encoder
        self._index = index

    def search(self, text: str, count: int, database: str | None = None) -> Sequence[Hit]:
        return self._index.search(self._encoder.encode([text])[0], count, database=database)
