"""A release in memory, and the thread that swaps it when the pointer moves.

A request takes `ReleaseWatcher.require()` once and keeps that object to its end, so a swap never
changes a request under way; the old release is freed when its last request is done. A release
that does not verify, load or warm up is refused and the old one keeps serving.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from mqt_serving.assignment import Asker, Exposure, expose
from mqt_serving.errors import CannotAnswer, MqtError, NoRelease, ReleaseCorrupt
from mqt_serving.llm.template import Prompt
from mqt_serving.observing import Observer
from mqt_serving.privacy import readable, with_private_fields
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.query.pipeline import Command
from mqt_serving.query.plan import Plan
from mqt_serving.query.plan_json import plan_from_json
from mqt_serving.releases import PROMPT, Manifest, Pointer, read_pointer, verify
from mqt_serving.repeating import Repeating
from mqt_serving.schema import Catalog
from mqt_serving.search import Hit, Vectors
from mqt_serving.suggestions import example_questions

log = logging.getLogger(__name__)

RETRY_REFUSED_SECONDS = 30.0
"""A refused release is tried again after this time: a copy under way may have finished by then."""


class RankedPlan(Protocol):
    """A plan with the probability that it is right."""

    @property
    def plan(self) -> Plan: ...
    @property
    def probability(self) -> float: ...


class Translator(Protocol):
    def translate(
        self, question: str, catalog: Catalog, now: datetime | None = None
    ) -> Sequence[RankedPlan]:
        """Best first; raises `CannotAnswer`."""
        ...


class Search(Protocol):
    """Semantic search over schema items and values, best first."""

    def search(self, text: str, count: int, database: str | None = None) -> Sequence[Hit]: ...


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said is the right query for a question. `asked_at` (UTC) is when it was asked,
    where that matters and is known."""

    question: str
    database: str
    plan: Plan | None
    command: Command
    asked_at: datetime | None = None


class _StoredCorrection(BaseModel):
    model_config = ConfigDict(frozen=True)

    question: str
    database: str
    plan: dict[str, Any] | None = None
    command: str
    asked_at: datetime | None = None


class Encoder(Protocol):
    """Sentences as vectors of length 1, (len(texts), dimension)."""

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Loaders:
    """How the parts of a release that compute are brought to life, from its folder.

    `search` and `encoder` get the translator too, whose encoder they may share. `search` gives
    None without an index; without an encoder no question is known for a paraphrase.
    """

    translator: Callable[[Path], Translator]
    search: Callable[[Path, Translator], Search | None]
    encoder: Callable[[Path, Translator], Encoder | None] = lambda folder, translator: None


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """Everything a request needs, read into memory once and never changed."""

    manifest: Manifest
    catalogs: Mapping[str, Catalog]
    translator: Translator
    search: Search | None
    corrections: Mapping[tuple[str, str], Correction]  # (database, normalised question)
    examples: Mapping[str, tuple[str, ...]]  # database -> questions to start with
    prompt: Prompt = field(default_factory=Prompt)  # for a language model, where one is set
    encoder: Encoder | None = None

    @property
    def id(self) -> str:
        return self.manifest.id

    def correction(self, question: str, database: str) -> Correction | None:
        return self.corrections.get((database, normalise(question)))

    @classmethod
    def load(
        cls,
        folder: Path,
        loaders: Loaders,
        private_fields: Sequence[str] = (),
        policy: Policy | None = None,
    ) -> LoadedRelease:
        """Verify and read one release folder; raises `ReleaseCorrupt` saying what is wrong.

        Catalogs are cut to what `policy` leaves, so that nothing else is shown or asked about.
        """
        manifest = verify(folder)
        catalogs = {
            catalog.database: readable(
                with_private_fields(catalog, private_fields), policy or Policy()
            )
            for catalog in _read_catalogs(folder / "catalogs")
        }
        if not catalogs:
            raise ReleaseCorrupt(f"release {manifest.id} holds no catalog: nothing can be asked")
        translator = loaders.translator(folder)
        release = cls(
            manifest=manifest,
            catalogs=catalogs,
            translator=translator,
            search=loaders.search(folder, translator),
            corrections=_read_corrections(folder / "corrections.json"),
            examples={name: example_questions(c) for name, c in catalogs.items()},
            prompt=read_prompt(folder),
            encoder=loaders.encoder(folder, translator),
        )
        release._warm_up()
        return release

    def _warm_up(self) -> None:
        """Ask one question a database, so that no person waits for first-call costs.

        It is the smoke test too: a translator that raises here must not go live.
        """
        for name, catalog in self.catalogs.items():
            for question in self.examples[name][:1]:
                try:
                    self.translator.translate(question, catalog, None)
                except CannotAnswer as error:
                    log.info("warm-up question %r has no answer: %s", question, error)


@dataclass(frozen=True, slots=True)
class Arms:
    """Champion and challenger of one moment.

    The challenger translates with the champion's data: what is compared is model and prompt, and
    no one misses a correction or a new collection for being in an experiment.
    """

    champion: LoadedRelease
    challenger: LoadedRelease | None = None
    experiment: str = ""
    salt: str = ""
    share: float = 0.0

    @classmethod
    def of(cls, champion: LoadedRelease, challenger: LoadedRelease, pointer: Pointer) -> Arms:
        both = replace(
            champion,
            manifest=challenger.manifest,
            translator=challenger.translator,
            prompt=challenger.prompt,
        )
        return cls(champion, both, pointer.experiment, pointer.salt, pointer.challenger_share)

    def choose(self, asker: Asker, query_id: str) -> tuple[LoadedRelease, Exposure | None]:
        """The release that answers, and what to record; nothing while no experiment runs."""
        if self.challenger is None:
            return self.champion, None
        if not self.experiment:
            return (self.challenger if asker.variant == "challenger" else self.champion), None
        exposure = expose(self.experiment, self.salt, self.share, asker, query_id)
        chosen = self.challenger if exposure.variant == "challenger" else self.champion
        return chosen, exposure


def normalise(question: str) -> str:
    """The same question typed a little differently: case, spaces, final punctuation."""
    return " ".join(question.casefold().split()).rstrip(" ?.!")


class ReleaseWatcher:
    """Holds the live release and follows the pointer. Thread-safe."""

    def __init__(
        self,
        root: Path,
        load: Callable[[Path], LoadedRelease],
        observer: Observer,
        poll_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._load = load
        self._observer = observer
        self._clock = clock
        self._current: LoadedRelease | None = None
        self._challenger: LoadedRelease | None = None  # with its own data
        self._arms: Arms | None = None
        self._challenger_refused: tuple[str, float] | None = None  # release id, when
        self._refused: tuple[str, float] | None = None  # release id, when
        self._reason = ""
        self._checking = threading.Lock()
        self._following = Repeating("release-watcher", self.check, poll_seconds)

    @property
    def current(self) -> LoadedRelease | None:
        return self._current

    @property
    def refusal(self) -> str:
        """Why the release that the pointer names does not serve; empty when it does."""
        return self._reason

    def require(self) -> LoadedRelease:
        """The live release; raises `NoRelease` saying what to do while there is none."""
        release = self._current
        if release is None:
            raise NoRelease(self._reason or _NOTHING_RELEASED)
        return release

    def arms(self) -> Arms:
        """What serves now; raises `NoRelease` while nothing does."""
        return self._arms or Arms(self.require())

    def start(self) -> None:
        """Follow the pointer in a daemon thread until `stop()`; the first look is immediate."""
        self._following.start()

    def stop(self) -> None:
        self._following.stop()

    def check(self) -> None:
        """Look at the pointer once and swap if it names another release. Never raises."""
        with self._checking:
            try:
                pointer = read_pointer(self._root)
            except MqtError as error:
                self._refuse("", error)
                return
            if pointer is None:
                return
            if self._current is not None and pointer.champion == self._current.id:
                self._refused, self._reason = None, ""
            elif not self._is_recent(self._refused, pointer.champion):
                self._swap(pointer.champion)
            self._follow_challenger(pointer)

    def _swap(self, release_id: str) -> None:
        started = self._clock()
        try:
            release = self._load(self._root / release_id)
        except Exception as error:  # whatever a broken release raises, the old one serves on
            self._refuse(release_id, error)
            return
        self._current = release
        self._refused, self._reason = None, ""
        seconds = self._clock() - started
        self._observer.release_loaded(release.manifest, seconds)
        log.info("release %s serves now (loaded in %.1f s)", release_id, seconds)

    def _follow_challenger(self, pointer: Pointer) -> None:
        """Load or let go of the challenger. One that fails to load leaves all to the champion."""
        champion, name = self._current, pointer.challenger
        if champion is None or name is None:
            self._challenger = self._challenger_refused = self._arms = None
            return
        if self._challenger is None or self._challenger.id != name:
            self._challenger = self._load_challenger(name)
        # While the pointer's champion is refused, an older one would be compared with.
        if self._challenger is None or champion.id != pointer.champion:
            self._arms = None
        else:
            self._arms = Arms.of(champion, self._challenger, pointer)

    def _load_challenger(self, release_id: str) -> LoadedRelease | None:
        if self._is_recent(self._challenger_refused, release_id):
            return None
        try:
            return self._load(self._root / release_id)
        except Exception as error:  # whatever a broken release raises, the champion serves on
            self._challenger_refused = (release_id, self._clock())
            self._observer.release_refused(release_id)
            log.error("challenger %s refused, the champion serves all: %s", release_id, error)
            return None

    def _is_recent(self, refused: tuple[str, float] | None, release_id: str) -> bool:
        if refused is None or refused[0] != release_id:
            return False
        return self._clock() - refused[1] < RETRY_REFUSED_SECONDS

    def _refuse(self, release_id: str, error: Exception) -> None:
        if self._is_recent(self._refused, release_id):
            return
        self._refused = (release_id, self._clock())
        serving = self._current.id if self._current else "nothing"
        known = isinstance(error, MqtError)
        reason = str(error) if known else f"release {release_id} fails to load; see the log"
        self._reason = f"{reason} (serving {serving}; release again or roll back)"
        self._observer.release_refused(release_id)
        log.error(
            "release %s refused, %s keeps serving: %s",
            release_id or "(pointer)",
            serving,
            error,
            exc_info=None if known else error,
        )


_NOTHING_RELEASED = (
    "Nothing has been released yet. Materialize the `release` asset in Dagster (or run `mqt up`); "
    "the service becomes ready by itself a few seconds later."
)


def _read_catalogs(folder: Path) -> list[Catalog]:
    catalogs = []
    for path in sorted(folder.glob("*.json")):
        try:
            catalogs.append(Catalog.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            raise ReleaseCorrupt(f"{path} is not a catalog: {error}") from error
    return catalogs


def read_prompt(folder: Path) -> Prompt:
    """The one that was promoted; without one, the one that comes with MQT."""
    path = folder / PROMPT
    if not path.exists():
        return Prompt()
    try:
        return Prompt.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise ReleaseCorrupt(f"{path} is not a prompt: {error}") from error


def _read_corrections(path: Path) -> dict[tuple[str, str], Correction]:
    """Later entries win: a person may correct a correction."""
    if not path.exists():
        return {}
    try:
        stored = TypeAdapter(list[_StoredCorrection]).validate_python(
            json.loads(path.read_text(encoding="utf-8"))
        )
    except (ValueError, ValidationError) as error:
        raise ReleaseCorrupt(f"{path} does not hold corrections: {error}") from error
    result = {}
    for entry in stored:
        try:
            correction = Correction(
                question=entry.question,
                database=entry.database,
                plan=plan_from_json(entry.plan) if entry.plan is not None else None,
                command=parse_query(entry.command),
                asked_at=entry.asked_at,
            )
        except (MqtError, ValueError, KeyError, TypeError) as error:
            raise ReleaseCorrupt(
                f"{path}: the correction of {entry.question!r} cannot be read: {error}"
            ) from error
        result[(entry.database, normalise(entry.question))] = correction
    return result
