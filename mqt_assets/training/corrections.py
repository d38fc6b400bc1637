"""An accepted correction as a training example. Pure: a feedback document in, an example out.

Which corrections count is decided in `mqt_assets.feedback.dataset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mqt_assets.evaluation.execution_accuracy import observable_sort
from mqt_assets.training.examples import Example, is_ordered, make_example
from mqt_serving.errors import QueryError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.plan_json import plan_from_json


def example_of(document: Mapping[str, Any]) -> Example:
    """The question with its corrected query; without a plan where the query has none.

    Such an example is evaluated and answered from, not trained on. Raises KeyError for a document
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
    return make_example(
        document["question"], document["database"], plan, text, source="correction", ordered=ordered
    )
