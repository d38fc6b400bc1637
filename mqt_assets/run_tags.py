"""Tags that say how a run queues; the limits on them are in `dagster.yaml`."""

PIPELINE = {"mqt/pipeline": "job"}
"""Takes a turn: few such runs at a time."""

TRAINING = {**PIPELINE, "mqt/heavy": "training"}
"""Uses every core: one such run at a time."""

AT_ONCE = {"dagster/priority": "1"}
"""Moves the release pointer and makes nothing: waits for none of the others."""
