"""The month itself, day by day: what happens, who asks what, and what the loop makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.databases.loading import infer_catalog
from benchmarks.month.people import MALLORY, PEOPLE, REQUESTS, WRITES, Person, Says
from benchmarks.month.questions import Asked, about, day_of, everyday, other_topics
from benchmarks.month.world import Tick, World
from mqt_assets.evaluation.answering import EVALUATION_LIMITS, runner
from mqt_assets.evaluation.execution_accuracy import Gold, run_gold
from mqt_assets.release.audit import TRAIN, entries
from mqt_assets.release.packaging import Champion
from mqt_assets.training.examples import Example
from mqt_serving.assignment import Asker
from mqt_serving.errors import MqtError
from mqt_serving.feedback.records import Said
from mqt_serving.settings import SAMPLE_DATABASE

NEW_DATA, OTHER_TOPICS, BAD_CANDIDATE, BAD_RELEASE = 8, 15, 22, 25
"""The days on which something happens, from 1."""
NEW_COLLECTION = "gift_cards"
_PATIENT = replace(EVALUATION_LIMITS, max_time_ms=60_000)
"""The machine may be busy with other things: whether an answer is right is no question of time."""
BROKEN = {"MQT_BASE_MODEL": "none", "MQT_TRAINING_STEPS": "1"}
"""Settings of a training that makes a bad candidate."""
_FLOOD = 25
_NEW_CARDS = 300


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is one word or two for the picture; `text` is for people."""

    day: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Day:
    """Counts of one day.

    `kept` are right corrections that were accepted, `at_once` those of them whose question was
    answered rightly right after; `mistaken` wrong ones that were accepted, `held` those that wait
    for review; `harmful` pieces were tried, and `let_in` of them accepted.
    """

    number: int
    asked: int = 0
    right: int = 0
    from_corrections: int = 0
    kept: int = 0
    at_once: int = 0
    mistaken: int = 0
    held: int = 0
    harmful: int = 0
    let_in: int = 0
    release: str = ""
    model: str = ""

    @property
    def share(self) -> float:
        return self.right / max(1, self.asked)


@dataclass
class Month:
    days: list[Day] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(event.kind == kind for event in self.events)

    def as_json(self) -> dict[str, Any]:
        kinds = sorted({event.kind for event in self.events})
        return {
            "days": [asdict(day) for day in self.days],
            "events": [asdict(event) for event in self.events],
            "counts": {kind: self.count(kind) for kind in kinds},
        }


class Story:
    def __init__(
        self, world: World, each_day: int, seed: int, say: Callable[[str], object]
    ) -> None:
        self._world = world
        self._each_day = each_day
        self._say = say
        self._chance = Random(seed)
        self._seed = seed
        self._month = Month()
        self._run = runner(lambda name: world.client[name], _PATIENT)
        self._usual = self._everyday()
        self._new: list[Asked] = []
        self._hard = other_topics(SAMPLE_DATABASE)
        self._chance.shuffle(self._hard)

    def live(self, days: int) -> Month:
        for number in range(1, days + 1):
            self._morning(number)
            day = self._day(number)
            before = self._champion().parts.translator
            self._evening(number, before, self._world.evening())
            self._month.days.append(day)
            self._say(
                f"day {number}: {day.right} of {day.asked} right, {day.kept} corrections kept, "
                f"{day.at_once} right at once; {day.release}"
            )
        return self._month

    # ------------------------------------------------------------ what happens

    def _morning(self, day: int) -> None:
        if day == NEW_DATA:
            self._new_data(day)
        elif day == NEW_DATA + 1:
            catalog = infer_catalog(self._world.settings.required_mongodb_uri(), SAMPLE_DATABASE)
            self._new = about(catalog, NEW_COLLECTION, 40, self._seed)
        elif day == OTHER_TOPICS:
            self._tell(day, "other topics", "People begin to ask about other things.")
        elif day == BAD_CANDIDATE:
            self._bad_candidate(day)
        elif day == BAD_RELEASE:
            self._bad_release(day)

    def _new_data(self, day: int) -> None:
        chance = Random(self._seed)
        bought = datetime(2025, 3, 1, tzinfo=UTC)
        self._world.shop[NEW_COLLECTION].insert_many(
            {
                "_id": number,
                "design": chance.choice(["birthday", "wedding", "winter", "plain"]),
                "value": chance.choice([10, 25, 50, 100]),
                "redeemed": chance.random() < 0.4,
                "bought_at": bought + timedelta(days=chance.randrange(200)),
            }
            for number in range(_NEW_CARDS)
        )
        self._tell(day, "new data", f"A collection {NEW_COLLECTION} appears.")

    def _bad_candidate(self, day: int) -> None:
        """Somebody trains with settings that cannot work."""
        before = self._champion().parts.translator
        self._world.run("retrain_job", BROKEN)
        self._judged(day, before)

    def _bad_release(self, day: int) -> None:
        """Somebody serves that candidate by hand, past every gate."""
        name = self._world.force_candidate("looked fine to me", author="hasty")
        self._tell(day, "forced", f"{name} is served by hand, past the gates.")

    # ------------------------------------------------------------- a day's work

    def _day(self, number: int) -> Day:
        live = self._champion()
        day = Day(number, release=live.manifest.id, model=live.parts.translator)
        before = self._digest()
        for at, asked in enumerate(self._questions(number)):
            day = self._ask(day, PEOPLE[(number + at) % len(PEOPLE)], asked)
        day = self._harm(day)
        if self._digest() != before:
            self._tell(number, "harm", "The data changed by what people asked.")
        return day

    def _questions(self, day: int) -> list[Asked]:
        count = self._each_day
        usual = day_of(self._usual, day, count)
        if day == BAD_RELEASE:  # a busy day: watching needs a few hundred questions
            return [
                asked for later in range(8) for asked in day_of(self._usual, day + later, count)
            ]
        if day >= OTHER_TOPICS:
            return usual[: count // 3] + day_of(self._hard, day, count - count // 3)
        if day > NEW_DATA:
            return usual[: count // 2] + day_of(self._new, day, count - count // 2)
        return usual

    def _ask(self, day: Day, person: Person, asked: Asked) -> Day:
        query_id, right, source = self._answer(asked, person.name)
        day = replace(
            day,
            asked=day.asked + 1,
            right=day.right + right,
            from_corrections=day.from_corrections + (source == "correction"),
        )
        says = person.says(right, self._chance)
        if says is Says.NOTHING or not query_id:
            return day
        if says in (Says.UP, Says.DOWN):
            verdict = "up" if says is Says.UP else "down"
            self._keep(Said(query_id, verdict=verdict, author=person.name))
            return day
        correction = asked.golds[0]
        if says is Says.WRONG_CORRECTION:
            correction = self._chance.choice(self._usual).golds[0]
        kept = self._keep(
            Said(
                query_id,
                verdict="down",
                corrected_query=correction,
                author=person.name,
                database=SAMPLE_DATABASE,
            )
        )
        if kept == "held":
            return replace(day, held=day.held + 1)
        if kept != "accepted":
            return day
        if says is Says.WRONG_CORRECTION:
            return replace(day, mistaken=day.mistaken + 1)
        day = replace(day, kept=day.kept + 1)
        _, right, source = self._answer(asked, person.name)
        if not right:
            again = f"{asked.question!r}: then answered from {source or 'nothing'}"
            self._tell(day.number, "not at once", again)
        return replace(day, at_once=day.at_once + right)

    def _harm(self, day: Day) -> Day:
        """Somebody tries to write, to have writes learned, and to talk an answer down."""
        tried = let_in = 0
        target = self._usual[day.number % len(self._usual)]
        query_id, _, _ = self._answer(target, MALLORY)
        for text in (*WRITES, *REQUESTS):
            tried += 1
            if text in REQUESTS:
                let_in += self._wrote(text)
            elif query_id:
                said = Said(query_id, verdict="down", corrected_query=text, author=MALLORY)
                let_in += self._keep(said) == "accepted"
        for _ in range(_FLOOD if query_id else 0):
            self._keep(Said(query_id, verdict="down", author=MALLORY))
        return replace(day, harmful=tried, let_in=let_in)

    # ------------------------------------------------------------ what came of it

    def _evening(self, day: int, before: str, ticks: Sequence[Tick]) -> None:
        for tick in ticks:
            for job, succeeded in tick.runs:
                if not succeeded:
                    self._tell(day, "failed run", f"{job} failed.")
                if tick.sensor == "retraining_sensor":
                    reasons = [e for e in entries(self._root) if e["action"] == TRAIN][-1]
                    self._tell(day, "retrained", f"Trained for {reasons['reason']}.")
                    self._judged(day, before)
                elif tick.sensor == "rollback_sensor":
                    last = entries(self._root)[-1]
                    self._tell(day, "rolled back", f"To {last['to']}: {last['reason']}")
                else:
                    self._tell(day, "discovered", f"{job} after new or changed collections.")

    def _judged(self, day: int, before: str) -> None:
        """Whether the newest candidate serves; if not, why not."""
        live = self._champion()
        if live.parts.translator != before:
            text = f"{live.manifest.id} serves: {live.report.score:.1%} on the holdout."
            self._tell(day, "promoted", text)
        else:
            self._tell(day, "refused", self._world.reasons() or "The gates refused it.")

    # -------------------------------------------------------------------- tools

    @property
    def _root(self) -> Any:
        return self._world.settings.releases_folder

    def _champion(self) -> Champion:
        champion = Champion.of(self._root)
        if champion is None:
            raise MqtError("nothing was released: there is no month to live")
        return champion

    def _everyday(self) -> list[Asked]:
        catalog = infer_catalog(self._world.settings.required_mongodb_uri(), SAMPLE_DATABASE)
        return everyday(catalog, 5 * self._each_day, self._seed)

    def _answer(self, asked: Asked, who: str) -> tuple[str, bool, str]:
        """Id of the query, whether the answer is right, and where it came from."""
        try:
            answer = self._world.serving.service.query(
                asked.question, SAMPLE_DATABASE, asker=Asker(session=who)
            )
        except MqtError as error:
            return error.query_id or "", False, ""
        translation = answer.translation
        command = translation.choices[answer.chosen].command
        return translation.query_id, self._is_right(asked, command), str(translation.source)

    def _is_right(self, asked: Asked, command: Any) -> bool:
        try:
            rows = self._run(SAMPLE_DATABASE, command)
        except MqtError:
            return False
        for text in asked.golds:
            example = Example(
                "", asked.question, SAMPLE_DATABASE, None, text, asked.ordered, "correction", ""
            )
            gold = run_gold(example, self._run)
            if isinstance(gold, Gold) and gold.equals(rows, asked.ordered):
                return True
        return False

    def _keep(self, said: Said) -> str:
        """The status it was kept with; empty when it was refused."""
        try:
            return self._world.serving.feedback.receive(said).status
        except MqtError:
            return ""

    def _wrote(self, request: str) -> bool:
        """Whether a request to write was answered by anything but a refusal or a reading query."""
        before = self._digest()
        try:
            self._world.serving.service.query(request, SAMPLE_DATABASE, asker=Asker())
        except MqtError:
            return False
        return self._digest() != before

    def _digest(self) -> str:
        return str(self._world.shop.command("dbHash")["md5"])

    def _tell(self, day: int, kind: str, text: str) -> None:
        self._month.events.append(Event(day, kind, text))
        self._say(f"day {day}: {kind}: {text}")
