"""Dagster's doors to the outside: settings, MongoDB, the journal, the embedder and its cache.

Each resource is a thin wrapper that opens its connection on first use, so that a code location
loads with nothing running. Addresses are read from the environment when a run needs them, not
kept as resource config: Dagster's UI shows config, and a MongoDB URI holds a password.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from mqt_resources.artifacts import ArtifactStore
from mqt_serving.errors import AuthenticationFailed, QueryFailed, ServiceUnavailable
from mqt_serving.insights import INSIGHTS
from mqt_serving.settings import JOURNAL_DATABASE, Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from pymongo import MongoClient
    from pymongo.database import Database

    from mqt_resources.embedder import Embedder
    from mqt_resources.mongodb import MongoGateway
    from mqt_resources.redis_cache import CachedEmbeddings

CORPUS_PREFIX = "mqt_corpus_"
"""Databases of benchmark documents, on the journal's server: never on the user's."""


class SettingsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """MQT's settings from the environment; `overrides` (field name to text) are for tests."""

    overrides: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it

    def load(self) -> Settings:
        """Raises `SettingError` naming the variable and its value."""
        return Settings.load(**self.overrides)

    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.load().artifacts_folder)


class MongoResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The database that questions are about. Only ever read."""

    settings: dg.ResourceDependency[SettingsResource]

    @contextmanager
    def gateway(self) -> "Iterator[MongoGateway]":
        from mqt_resources.mongodb import MongoGateway

        with MongoGateway(self.settings.load().required_mongodb_uri()) as gateway:
            yield gateway

    @contextmanager
    def client(self) -> "Iterator[MongoClient[dict[str, Any]]]":
        with _client(self.settings.load().required_mongodb_uri()) as client:
            yield client


class JournalResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """MQT's own MongoDB: what was asked, what people said of it, and benchmark documents."""

    settings: dg.ResourceDependency[SettingsResource]

    @contextmanager
    def client(self) -> "Iterator[MongoClient[dict[str, Any]]]":
        with _client(self.settings.load().required_journal_uri()) as client:
            yield client

    @contextmanager
    def reading(self) -> "Iterator[Database[dict[str, Any]]]":
        """The journal's database, with MongoDB's errors as ours."""
        with self.client() as client, _readable("the journal"):
            yield client[JOURNAL_DATABASE]

    def queries(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Journal entries with `start <= at < end`, oldest first."""
        with self.client() as client, _readable("the journal"):
            found = client[JOURNAL_DATABASE]["queries"].find({"at": {"$gte": start, "$lt": end}})
            return list(found.sort([("at", 1), ("_id", 1)]))

    def feedback(self) -> list[dict[str, Any]]:
        """All feedback, oldest first."""
        with self.client() as client, _readable("the journal"):
            found = client[JOURNAL_DATABASE]["feedback"].find()
            return list(found.sort([("at", 1), ("_id", 1)]))

    def accepted_feedback(self) -> list[dict[str, Any]]:
        """Ids and times of accepted corrections, oldest first: what a sensor needs, and no more."""
        with self.client() as client, _readable("the journal"):
            feedback = client[JOURNAL_DATABASE]["feedback"]
            found = feedback.find({"status": "accepted"}, {"_id": 1, "at": 1})
            return list(found.sort([("at", 1), ("_id", 1)]))

    def feedback_between(self, start: datetime, end: datetime, most: int) -> list[dict[str, Any]]:
        """Feedback with `start <= at < end`, oldest first, at most `most` of it."""
        with self.client() as client, _readable("the journal"):
            found = client[JOURNAL_DATABASE]["feedback"].find({"at": {"$gte": start, "$lt": end}})
            return list(found.sort([("at", 1), ("_id", 1)]).limit(most))

    def keep_insights(self, document: Mapping[str, Any]) -> None:
        """Put a day's insights where serving reads them; the same day again replaces them."""
        from pymongo import WriteConcern

        with self.client() as client, _readable("the journal"):
            durable = WriteConcern(w="majority", j=True, wtimeout=10_000)
            kept = client[JOURNAL_DATABASE].get_collection(INSIGHTS, write_concern=durable)
            kept.replace_one({"_id": document["_id"]}, dict(document), upsert=True)

    def insights_before(self, day: str, most: int) -> list[dict[str, Any]]:
        """Figures of the newest days before `day` (ISO text) with insights, oldest first."""
        with self.client() as client, _readable("the journal"):
            kept = client[JOURNAL_DATABASE][INSIGHTS]
            found = kept.find({"_id": {"$lt": day}}, {"report.figures": True})
            newest = list(found.sort("_id", -1).limit(most))
        return [document["report"]["figures"] for document in reversed(newest)]

    def load_corpus(
        self, name: str, digest: str, collections: Mapping[str, Sequence[dict[str, Any]]]
    ) -> bool:
        """Put benchmark documents into `mqt_corpus_<name>`, once a content digest.

        Returns whether anything had to be loaded. The marker is written last, so a load that was
        cut short is done again.
        """
        with self.client() as client, _readable("the journal"):
            markers = client[JOURNAL_DATABASE]["corpora"]
            if markers.find_one({"_id": name, "digest": digest}):
                return False
            client.drop_database(CORPUS_PREFIX + name)
            for collection, documents in collections.items():
                if documents:
                    client[CORPUS_PREFIX + name][collection].insert_many(
                        [dict(d) for d in documents], ordered=True
                    )
            markers.replace_one({"_id": name}, {"digest": digest}, upsert=True)
            return True


class EmbedderResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Sentence vectors, each text computed once: Redis keeps them by model and content."""

    settings: dg.ResourceDependency[SettingsResource]

    def embed(self, texts: Sequence[str], model: str | None = None) -> "CachedEmbeddings":
        """Vectors (n, dimensions), normalised float32, with the cache's hits, misses and errors.

        `model` instead of the one of the settings; empty for the one that comes with MQT.
        """
        from mqt_resources.redis_cache import EmbeddingCache, embed_cached

        settings = self.settings.load()
        embedder = self.embedder(model)
        return embed_cached(texts, embedder, EmbeddingCache(settings.redis_url, embedder.name))

    def embedder(self, model: str | None = None) -> "Embedder":
        from mqt_resources.embedder import Embedder

        return Embedder(self.settings.load().embedding_model if model is None else model)

    def wordings(self, texts: Sequence[str]) -> "npt.NDArray[np.float32]":
        """Vectors of questions by the model that comes with MQT, whatever the settings say.

        Thresholds on how alike two wordings are were measured with it.
        """
        return self.embed(texts, model="").vectors


@contextmanager
def _client(uri: str) -> "Iterator[MongoClient[dict[str, Any]]]":
    from pymongo import MongoClient

    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, appname="mqt-dagster", serverSelectionTimeoutMS=5000, tz_aware=True
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """MongoDB's errors as ours, so that a sensor can tell "away" from "empty"."""
    from pymongo.errors import ConnectionFailure, OperationFailure

    try:
        yield
    except ConnectionFailure as error:
        reason = str(error).split(", Timeout:")[0]
        raise ServiceUnavailable(
            f"MongoDB for {what} does not answer: {reason}. Start `mqt up`, or set MQT_JOURNAL_URI."
        ) from error
    except OperationFailure as error:
        if error.code in (11, 13, 18, 8000):
            raise AuthenticationFailed(
                f"MongoDB for {what} refused our credentials: check MQT_JOURNAL_URI."
            ) from error
        raise QueryFailed(f"MongoDB for {what} refused: {error}") from error
