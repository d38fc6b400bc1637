"""An accepted correction as a training example, and what it would be if it was asked at another
moment. Pure. Which corrections count is decided in `mqt_assets.feedback.dataset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mqt_assets.evaluation.execution_accuracy import observable_sort
from mqt_assets.training.examples import Example, is_ordered, make_example
from mqt_serving.corrections.moving import brought_to, says_relative_dates, without_zone
from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.dialects.rendering import render_mongosh
from mqt_serving.query.plan_json import plan_from_json
from mqt_serving.release_loading import Correction


def example_of(document: Mapping[str, Any]) -> Example:
    """The question with its corrected query; without a plan where the query has none.

    Such an example is evaluated and answered from, not trained on. Dates of a question such as
    "last month" are those of when it was asked. Raises KeyError for a document
    that lacks what the journal always writes, and QueryError for a query that doesn't parse:
    serving accepts none, so the journal was written by something else.
    """
    text = document["corrected_query"].strip()
    try:
        command = parse_query(text)
    except QueryError as error:
        identity = document.get("_id", "without id")
        raise QueryError(
            f"the correction of feedback {identity} cannot be read: {error}"
        ) from error
    body = document.get("plan")
    plan = None if body is None else plan_from_json(body)
    ordered = observable_sort(command) is not None or bool(plan and plan.order_by)
    if plan is not None and plan.per:
        ordered = is_ordered(plan)
    question, asked_at = document["question"], None
    if says_relative_dates(question):  # older versions kept only when it was corrected
        asked_at = without_zone(document.get("asked_at") or document["at"])
    return make_example(
        question,
        document["database"],
        plan,
        text,
        source="correction",
        ordered=ordered,
        asked_at=asked_at,
    )


def asked_then(example: Example, moment: datetime) -> Example | None:
    """The example, by its id, as it would be if its question had been asked at `moment` (UTC, no
    zone); None where its query is of its own time."""
    if example.asked_at is None:
        return example
    command = parse_query(example.command)
    said = Correction(example.question, example.database, example.plan, command, example.asked_at)
    then = brought_to(said, moment)
    if then is None:
        return None
    if then is said:
        return example
    text = render_mongosh(then.command)
    return replace(example, plan=then.plan, command=text, asked_at=moment)
