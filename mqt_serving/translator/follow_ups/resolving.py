"""A follow-up read against the plan before it: "only the ones from Berlin", "and by month?".

`resolve` gives the whole plan that is meant, or None for whatever is not plainly a follow-up:
a question that is complete by itself, words that nothing is known of, two possible readings.
Every telling word must be read; what is read must lower on the catalog. Pure: no network, no
database.
"""

from __future__ import annotations

from datetime import datetime

from mqt_serving.errors import MqtError
from mqt_serving.query.checking.plan_checking import check_plan
from mqt_serving.query.lowering.plans import lower
from mqt_serving.query.plan import Plan
from mqt_serving.schema import Catalog
from mqt_serving.translator.follow_ups.changes import Changes
from mqt_serving.translator.follow_ups.ground import Ground
from mqt_serving.translator.follow_ups.marks import Unreadable
from mqt_serving.translator.follow_ups.merging import Unclear
from mqt_serving.translator.follow_ups.phrases import MOVES, splits, trimmed
from mqt_serving.translator.words import split_words

_NOT_THIS = (Unclear, Unreadable, MqtError)
MOST_WORDS = 16
"""Longer questions say all that they mean themselves."""


def resolve(question: str, previous: Plan, catalog: Catalog, now: datetime) -> Plan | None:
    """The plan that the question means after `previous`; None where it is no follow-up of it."""
    text, led = trimmed(" ".join(question.split()))
    if not text or len(split_words(question)) > MOST_WORDS:
        return None
    plan = _Reader(catalog, now).read(text, previous, led)
    if plan is None:
        return None
    try:
        checked = check_plan(plan, catalog).plan
        lower(checked, catalog)
    except MqtError:
        return None
    return checked


class _Reader:
    """Parts of a follow-up, read one after the other."""

    def __init__(self, catalog: Catalog, now: datetime) -> None:
        self.catalog = catalog
        self.now = now

    def read(self, text: str, plan: Plan, led: bool) -> Plan | None:
        """The whole text as one change, or as one and what comes after it."""
        found = self.one(text, plan, led)
        if found is not None:
            return found
        for first, rest in splits(text):
            changed = self.one(first, plan, led)
            if changed is not None:
                both = self.read(rest, changed, True)
                # "in March and in April": the second may not simply undo the first.
                if both is not None and both != self.read(rest, plan, True):
                    return both
        return None

    def one(self, text: str, plan: Plan, led: bool) -> Plan | None:
        try:
            changes = Changes(Ground(plan, self.catalog), self.now, led)
        except MqtError:
            return None
        for form, change in MOVES:
            match = form.fullmatch(text)
            if match is None:
                continue
            try:
                found: Plan = getattr(changes, change)(match)
            except _NOT_THIS:
                continue
            return found
        try:
            return changes.conditions(text)
        except _NOT_THIS:
            return None
