"""Finds the accepted corrections that a new one may contradict, and has them judged."""

from __future__ import annotations

import logging
from datetime import datetime

from mqt_serving.alternatives import same_result
from mqt_serving.answers import CheckedQuery
from mqt_serving.choices import choice_of_plan
from mqt_serving.corrections.acceptances import Acceptance
from mqt_serving.corrections.conflicts import CONFLICT, Author, Judgement, Rival, judge
from mqt_serving.corrections.fitting import choice_of_correction
from mqt_serving.corrections.likeness import Reading
from mqt_serving.corrections.live import LiveCorrection, LiveCorrections, Snapshot
from mqt_serving.corrections.moving import brought_to, without_zone
from mqt_serving.corrections.paraphrases import Paraphrases
from mqt_serving.errors import MqtError
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import LoadedRelease, normalise
from mqt_serving.running import QueryRunner
from mqt_serving.schema import Catalog

log = logging.getLogger(__name__)


class Referee:
    def __init__(
        self,
        corrections: LiveCorrections,
        paraphrases: Paraphrases,
        runner: QueryRunner,
        policy: Policy,
    ) -> None:
        self._corrections = corrections
        self._paraphrases = paraphrases
        self._runner = runner
        self._policy = policy

    def judge(
        self,
        question: str,
        checked: CheckedQuery,
        author: Author,
        asked_at: datetime,
        release: LoadedRelease,
    ) -> tuple[Judgement, Acceptance]:
        """What becomes of a correction that passed its check, and the acceptance that it may take:
        the next one after all those that it was compared with.

        It is compared with the accepted ones as they would be at `asked_at` (UTC where it has no
        zone), when its question was asked.
        """
        catalog, snapshot = release.catalogs[checked.database], self._corrections.snapshot
        rivals = []
        for correction in self._near(snapshot, question, asked_at, catalog, release):
            same = self._same_answer(correction, checked, catalog)
            if same is not None:
                rivals.append(
                    Rival(
                        id=correction.id,
                        author=correction.by,
                        same_question=normalise(correction.question) == normalise(question),
                        same_answer=same,
                    )
                )
        return judge(author, rivals), snapshot.next_acceptance(catalog.database)

    def _near(
        self,
        snapshot: Snapshot,
        question: str,
        asked_at: datetime,
        catalog: Catalog,
        release: LoadedRelease,
    ) -> tuple[LiveCorrection, ...]:
        """Those of this very question, else the one of a question that surely means the same."""
        now = without_zone(asked_at)
        same = snapshot.accepted.get((catalog.database, normalise(question)), ())
        if same:
            moved = (brought_to(one, now) for one in same)
            return tuple(one for one in moved if one is not None)
        near = self._paraphrases.nearest(
            question,
            snapshot.by_database.get(catalog.database, ()),
            release,
            catalog,
            lambda text: self._reading(text, now, catalog, release),
            now,
        )
        return (near.correction,) if near is not None and near.likeness >= CONFLICT else ()

    def _same_answer(
        self, correction: LiveCorrection, checked: CheckedQuery, catalog: Catalog
    ) -> bool | None:
        """None for one that no longer fits the data: it answers nothing, so nothing contradicts."""
        try:
            choice = choice_of_correction(correction, catalog, self._policy)
            if choice.mongosh == checked.choice.mongosh:
                return True
            ours, _ = self._runner.run(checked.choice.command, catalog)
            theirs, _ = self._runner.run(choice.command, catalog)
        except MqtError as error:
            log.warning("correction %s cannot be compared: %s", correction.id, error)
            return None
        # Results that happen to be empty say nothing about two different queries.
        return bool(ours.rows) and same_result(ours, theirs, in_order=True)

    def _reading(
        self, question: str, now: datetime, catalog: Catalog, release: LoadedRelease
    ) -> Reading:
        shares: dict[str, float] = {}
        try:
            for candidate in release.translator.translate(question, catalog, now):
                choice = choice_of_plan(
                    candidate.plan, candidate.probability, catalog, self._policy
                )
                shares.setdefault(choice.mongosh, choice.probability)
        except MqtError as error:
            log.info("%r is compared without all of its readings: %s", question, error)
        return Reading(shares)
