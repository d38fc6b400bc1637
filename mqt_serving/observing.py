"""What the serving core reports as it works; `http.metrics` turns it into Prometheus series.

The base class ignores everything, so that the core runs (and is tested) without any metrics.
Methods must be quick and must not raise: they are called on the way to an answer.
"""

from __future__ import annotations

from mqt_serving.releases import Manifest


class Observer:
    """Subclass and override what is of interest."""

    def translated(self, seconds: float) -> None:
        """A question became candidates (or the attempt failed) in this time."""

    def executed(self, seconds: float) -> None:
        """A query ran on MongoDB (or failed there) in this time."""

    def answered(self, outcome: str, source: str) -> None:
        """A question ended with this outcome: `answered`, `translated` or an error's code."""

    def feedback_received(self, verdict: str, status: str) -> None:
        """A piece of feedback was kept; the verdict is `up`, `down` or `none`."""

    def journal_failed(self, operation: str) -> None:
        """The journal could not be written or read: `query`, `feedback` or `read`."""

    def release_loaded(self, manifest: Manifest, seconds: float) -> None:
        """This release serves from now on; verifying, loading and warming up took `seconds`."""

    def release_refused(self, release_id: str) -> None:
        """This release (or, when empty, the pointer) could not be loaded; the old one serves on."""

    def llm_asked(self, outcome: str, seconds: float) -> None:
        """A language model was asked for these seconds: `answered`, `repaired`, `declined`, or
        why the local translator answers instead."""

    def llm_circuit(self, is_open: bool) -> None:
        """Whether the language model is left alone for a while."""
