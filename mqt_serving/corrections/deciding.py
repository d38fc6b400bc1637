"""Decisions on corrections, each with who, why and when: revoked, accepted, edited, rejected.

A decision is one atomic write to the piece of feedback, its line for the audit trail inside, and
holds only if nobody decided otherwise in between. Synchronous and thread-safe.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from mqt_serving.corrections.acceptances import Acceptance, AcceptedMeanwhile, crowded, tries
from mqt_serving.corrections.fitting import unseen_names
from mqt_serving.corrections.keeping import Decision, KeptCorrections
from mqt_serving.corrections.live import ACCEPTED, LiveCorrections, Snapshot
from mqt_serving.errors import DecisionError, NotAllowed, UnknownCorrection
from mqt_serving.intake import refuse_unprintable
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.release_loading import ReleaseWatcher, normalise
from mqt_serving.running import QueryRunner
from mqt_serving.written import check_written

log = logging.getLogger(__name__)

Action = Literal["accept", "edit", "reject"]
Role = Literal["author", "reviewer"]

MOST_REASON = 1000
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: `name` is claimed, `key` of the session tells an author, `reviewer` how the
    role was proven (empty: not at all)."""

    name: str
    key: str = ""
    reviewer: str = ""


class CorrectionDesk:
    def __init__(
        self,
        *,
        kept: KeptCorrections,
        corrections: LiveCorrections,
        releases: ReleaseWatcher,
        runner: QueryRunner,
        policy: Policy,
        refresh: Callable[[], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`refresh` takes into `corrections` what other processes kept until now."""
        self._kept = kept
        self._corrections = corrections
        self._releases = releases
        self._runner = runner
        self._policy = policy
        self._refresh = refresh
        self._now = now

    def revoke(self, correction_id: str, decider: Decider, reason: str) -> dict[str, Any]:
        """Take back an accepted correction; its author or a reviewer may. Returns its document.

        Raises `UnknownCorrection`, `NotAllowed`, `DecisionError`, `JournalUnavailable`.
        """
        _check(decider, reason)
        document = self._kept.find(correction_id)
        role = self._role(document, decider)
        return self._decide(document, "accepted", "revoked", "revoke", decider, role, reason)

    def review(
        self,
        correction_id: str,
        action: Action,
        decider: Decider,
        reason: str,
        query: str | None = None,
    ) -> dict[str, Any]:
        """Decide on a correction that is held (or accepted: edit and reject). Returns its document.

        `accept` and `edit` take the place of what was accepted for the same question; `edit`
        with another `query`, which is checked and run as any correction.
        Raises what `revoke` raises, and for `query` what `Service.run` raises.
        """
        check_decision(action, decider, reason, query)
        document = self._kept.find(correction_id)
        status = str(document["status"])
        if action == "reject":
            after = "revoked" if status == "accepted" else "rejected"
            return self._decide(document, status, after, action, decider, "reviewer", reason)
        changes = {} if query is None else self._edited(document, query)
        return self._accept(document, action, decider, reason, changes)

    def replaced(self, ids: tuple[str, ...], by: str, name: str) -> None:
        """The same person corrected again: what they said before counts no longer.

        Again does no harm. Raises `JournalUnavailable`.
        """
        for one in ids:
            reason = f"Corrected again by the same author: {by}."
            self._replace(one, Decider(name), "author", reason)

    def _accept(
        self,
        document: Mapping[str, Any],
        action: Action,
        decider: Decider,
        reason: str,
        changes: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Accepted, knowing all that was accepted before: in the place of what it contradicts."""
        status = str(document["status"])
        database = str(changes.get("database", document["database"]))
        for _ in tries():
            self._refresh()
            known = self._corrections.snapshot
            number = known.next_acceptance(database)
            try:
                decided = self._decide(
                    document, status, ACCEPTED, action, decider, "reviewer", reason, changes, number
                )
            except AcceptedMeanwhile:
                continue
            self._replace_others(decided, known, decider)
            return decided
        raise crowded(database)

    def _replace_others(
        self, decided: Mapping[str, Any], known: Snapshot, decider: Decider
    ) -> None:
        """Those that it contradicts word for word: nobody may find two answers accepted."""
        key = decided["database"], normalise(decided["question"])
        for one in known.accepted.get(key, ()):
            if one.id != decided["_id"]:
                reason = f"A reviewer accepted {decided['_id']} instead."
                self._replace(one.id, decider, "reviewer", reason)

    def _replace(self, correction_id: str, decider: Decider, role: Role, reason: str) -> None:
        """Nothing for one that is accepted no longer: somebody decided before."""
        try:
            document = self._kept.find(correction_id)
            self._decide(document, "accepted", "revoked", "replace", decider, role, reason)
        except (DecisionError, UnknownCorrection) as error:
            log.info("nothing to replace: %s", error)

    def _edited(self, document: Mapping[str, Any], query: str) -> dict[str, Any]:
        release = self._releases.require()
        checked = check_written(query, release, document["database"] or None, self._policy)
        self._runner.run(checked.choice.command, release.catalogs[checked.database])
        return {
            "corrected_query": checked.choice.mongosh,
            "plan": checked.choice.plan_json,
            "database": checked.database,
            "unseen": unseen_names(checked.choice.notes),
        }

    def _decide(
        self,
        document: Mapping[str, Any],
        before: str,
        after: str,
        action: str,
        decider: Decider,
        role: Role,
        reason: str,
        changes: Mapping[str, Any] | None = None,
        acceptance: Acceptance | None = None,
    ) -> dict[str, Any]:
        if document["status"] != before or (before, after) not in _ALLOWED:
            raise DecisionError(
                f"The correction {document['_id']} is {document['status']}; it cannot be made "
                f"{after} by {action!r}."
            )
        decision = Decision(
            at=self._now(),
            action=action,
            before=before,
            after=after,
            by=decider.name,
            role=role,
            proven_by=decider.reviewer or ("session" if role == "author" else ""),
            reason=reason,
            query_before=document["corrected_query"],
        )
        decided = self._kept.decide(str(document["_id"]), decision, changes or {}, acceptance)
        self._corrections.apply([decided])
        return decided

    def _role(self, document: Mapping[str, Any], decider: Decider) -> Role:
        key = document.get("author_key") or ""
        if key and key == decider.key:
            return "author"
        if decider.reviewer:
            return "reviewer"
        raise NotAllowed(
            "Only its author (in the same session) or a reviewer can revoke a correction. "
            + NO_REVIEWER
        )


_ALLOWED = frozenset(
    {
        ("accepted", "revoked"),
        ("accepted", "accepted"),
        ("held", "accepted"),
        ("held", "rejected"),
        ("revoked", "accepted"),
        ("rejected", "accepted"),
    }
)
NO_REVIEWER = (
    "A reviewer sends the token of MQT_REVIEW_TOKEN as `Authorization: Bearer ...`; without that "
    "setting only requests from this machine review."
)


def check_decision(action: Action, decider: Decider, reason: str, query: str | None) -> None:
    """Raises `NotAllowed` for who is no reviewer, `DecisionError` for what is incomplete."""
    _check(decider, reason)
    if not decider.reviewer:
        raise NotAllowed(NO_REVIEWER)
    if (query is not None) != (action == "edit"):
        raise DecisionError("`edit` needs a query, and no other action takes one.")


def _check(decider: Decider, reason: str) -> None:
    for name, value, most in (("reason", reason, MOST_REASON), ("by", decider.name, MOST_NAME)):
        if not value.strip():
            raise DecisionError(f"Give `{name}`: a decision says who made it, and why.")
        if len(value) > most:
            raise DecisionError(f"The {name} has {len(value)} characters, at most {most} are kept.")
        refuse_unprintable(value, name, DecisionError)
