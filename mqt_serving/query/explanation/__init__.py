"""Queries in plain English, for people who decide whether they are what they asked."""

from mqt_serving.query.explanation.commands import explain_command
from mqt_serving.query.explanation.differences import differences, either_or
from mqt_serving.query.explanation.names import humanise
from mqt_serving.query.explanation.plans import explain
from mqt_serving.query.explanation.values import literal

__all__ = ["differences", "either_or", "explain", "explain_command", "humanise", "literal"]
