"""Errors that a person can act on: what was wrong, with the value, and what to do next.

Every error that MQT raises on purpose derives from `MqtError`; the HTTP layer maps `code` to an
RFC 9457 problem type and `status`, the CLI prints `str(error)` and exits with 1.
"""

from __future__ import annotations


class MqtError(Exception):
    """`code` is a stable slug (problem type); `status` the HTTP status it maps to."""

    code = "internal-error"
    status = 500
    query_id: str | None = None  # the journaled question that it ended, for feedback


class SettingError(MqtError):
    code, status = "invalid-setting", 500


class ServiceUnavailable(MqtError):
    """A server that we need does not answer (MongoDB, and only MongoDB, is needed to answer)."""

    code, status = "service-unavailable", 503


class AuthenticationFailed(MqtError):
    """MongoDB refused our credentials."""

    code, status = "mongodb-authentication-failed", 503


class NoRelease(MqtError):
    """Nothing has been released yet, or the pointer names nothing loadable."""

    code, status = "no-release", 503


class JournalUnavailable(MqtError):
    """What must be kept cannot be kept now; nothing was acknowledged."""

    code, status = "journal-unavailable", 503


class SpoolUnwritable(MqtError):
    """What must be kept can be kept neither in the journal nor on disk; nothing was kept."""

    code, status = "spool-unwritable", 503


class Overloaded(MqtError):
    """More requests at once than this process takes; try again shortly."""

    code, status = "overloaded", 503


class ReleaseCorrupt(MqtError):
    code, status = "release-corrupt", 503


class RollbackRefused(MqtError):
    """The release serves already, was rolled back itself, or another one serves by now."""

    code, status = "rollback-refused", 409


class UnknownCorrection(MqtError):
    """No correction, and no question that waits for review, has this id."""

    code, status = "unknown-correction", 404


class NotAllowed(MqtError):
    """It needs a role that the request does not prove."""

    code, status = "not-allowed", 403


class DecisionError(MqtError):
    """The decision on a correction is incomplete, or somebody decided otherwise before."""

    code, status = "decision-refused", 409


class ExperimentError(MqtError):
    """The experiment cannot be started, changed or ended in this state."""

    code, status = "experiment-refused", 409


class UnknownExperiment(MqtError):
    """There is no such experiment, or nobody looked at it yet."""

    code, status = "unknown-experiment", 404


class QuestionError(MqtError):
    """The question cannot be accepted as it is (empty, too long, not text)."""

    code, status = "invalid-question", 422


class CannotAnswer(MqtError):
    """The question is about nothing in the data; the message names what was looked for."""

    code, status = "cannot-answer", 422


class UnknownDatabase(MqtError):
    code, status = "unknown-database", 404


class UnknownQuery(MqtError):
    """Feedback on, or a follow-up to, a question that the journal doesn't know."""

    code, status = "unknown-query", 404


class UnknownDay(MqtError):
    """No insights were written for the day."""

    code, status = "unknown-day", 404


class InsightsUnreadable(MqtError):
    """The insights of the day were written by another version of MQT."""

    code, status = "insights-unreadable", 503


class FollowUpError(MqtError):
    """A follow-up to a question about another database."""

    code, status = "invalid-follow-up", 422


class FeedbackError(MqtError):
    """The feedback says nothing, contradicts itself or is too long."""

    code, status = "invalid-feedback", 422


class FeedbackConflict(MqtError):
    """The client key belongs to other feedback; nothing was kept."""

    code, status = "feedback-conflict", 409


class UnknownCollection(MqtError):
    code, status = "unknown-collection", 404


class UnknownField(MqtError):
    code, status = "unknown-field", 422


class TypeMismatch(MqtError):
    """An operator or a value that cannot go with what a field holds (the sum of text)."""

    code, status = "type-mismatch", 422


class QueryError(MqtError):
    """Query text that is not in the language; `line`/`column` are 1-based when known."""

    code, status = "invalid-query", 422

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        where = f" (line {line}, column {column})" if line is not None else ""
        super().__init__(message + where)
        self.line, self.column = line, column


class QueryNotReadOnly(QueryError):
    """The text writes, runs JavaScript or administers: refused, naming the construct."""

    code, status = "query-not-read-only", 422


class QueryRefused(MqtError):
    """The guard refuses a query that parses (policy, limits, cost)."""

    code, status = "query-refused", 403


class QueryCostUnknown(QueryRefused):
    """The cost of a query on large collections cannot be estimated, so it does not run."""

    code = "query-cost-unknown"


class QueryTimeout(MqtError):
    code, status = "query-timeout", 504


class QueryCancelled(MqtError):
    """The client went away before the answer: the query was ended on the server."""

    code, status = "query-cancelled", 499


class QueryFailed(MqtError):
    """MongoDB refused to run the query; the message carries its reason."""

    code, status = "query-failed", 422


class PlanError(MqtError):
    """A plan that cannot be lowered on this schema (no path between entities, for example)."""

    code, status = "plan-not-lowerable", 422


class RaiseError(MqtError):
    """A pipeline that has no plan; `cause` is a short slug for counting."""

    code, status = "pipeline-not-raisable", 422

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
