"""Follow-up questions: read against the plan of the question before."""

from mqt_serving.translator.follow_ups.resolving import resolve

__all__ = ["resolve"]
