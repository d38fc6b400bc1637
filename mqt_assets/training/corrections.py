"""Accepted corrections as training examples. Pure: feedback documents in, examples out.

The journal keeps every piece of feedback; only what a person corrected (`accepted`) teaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mqt_assets.evaluation.execution_accuracy import observable_sort
from mqt_assets.training.examples import Example, is_ordered, make_example, question_key
from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan_json import plan_from_json


def from_feedback(documents: Iterable[Mapping[str, Any]]) -> list[Example]:
    """One example per corrected question, the latest correction of each (by `at`, then order).

    Feedback that is not accepted, or says only that an answer was right or wrong, gives none.
    Examples without a plan (the query could not be raised) are kept: they are evaluated and
    answered from, not trained on. The order is that of the latest corrections. Raises KeyError
    for a document that lacks what the journal always writes, and QueryError for a query that
    doesn't parse: serving accepts none, so the journal was written by something else.
    """
    accepted = [
        document
        for document in documents
        if document["status"] == "accepted" and document.get("corrected_query")
    ]
    latest: dict[tuple[str, str], Example] = {}
    for document in sorted(accepted, key=lambda document: document["at"]):
        example = _example(document)
        key = question_key(example)
        latest.pop(key, None)
        latest[key] = example
    return list(latest.values())


def _example(document: Mapping[str, Any]) -> Example:
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
    return make_example(
        document["question"], document["database"], plan, text, source="correction", ordered=ordered
    )
