"""Requests and responses of the API as pydantic models: what /openapi.json describes.

Lengths and emptiness are judged by the service, which knows the settings and says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mqt_serving.answers import (
    Alternatives,
    Answer,
    Before,
    CheckedQuery,
    Choice,
    RunQuery,
    Table,
    Translation,
    UsedCorrection,
)
from mqt_serving.feedback.reasons import Reason
from mqt_serving.feedback.records import Receipt, Said, Signal, Status, Verdict
from mqt_serving.llm.use import LlmUse
from mqt_serving.privacy import covers, private_paths, visible
from mqt_serving.release_loading import LoadedRelease
from mqt_serving.schema import Catalog, CollectionSchema, Reference
from mqt_serving.search import Hit

_QUERY_ID = "^[0-9A-Za-z-]{1,64}$"
_NOTES: Any = Field(
    description="What the query may do that a reader would not expect: values turned into the "
    "stored type, documents without a value, names that no sampled document has."
)


class _Request(BaseModel):
    # A misspelt field must not be ignored: "databse" would silently ask another database.
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Request):
    question: str = Field(examples=["How many orders were placed in 2024?"])
    database: str | None = Field(None, description="Left out: the one that fits best.")
    previous: str | None = Field(
        None,
        pattern=_QUERY_ID,
        description="The `query_id` of the answer before. A question that only makes sense after "
        'it ("and by month?") is then read as a follow-up; any other as without it.',
    )


class QueryText(_Request):
    query: str = Field(examples=["db.orders.find({status: 'shipped'}).limit(5)"])
    database: str | None = None


class Feedback(_Request):
    """At least one of verdict, rating, reasons, corrected query, picked candidate, expected answer,
    comment and signals."""

    query_id: str = Field(pattern=_QUERY_ID, description="From the answer.")
    verdict: Verdict | None = None
    rating: int | None = Field(None, ge=1, le=5)
    reasons: tuple[Reason, ...] = Field((), description="What is wrong.")
    corrected_query: str | None = Field(
        None, description="The right query, in any of the languages that queries are shown in."
    )
    picked_candidate: int | None = Field(
        None, description="Index among the candidates of the answer: the one that is right."
    )
    expected_answer: str = Field("", description="What should have come out, in words.")
    comment: str = ""
    signals: tuple[Signal, ...] = Field((), description="What was done with the answer.")
    author: str = ""
    database: str | None = Field(None, description="Only for a question without an answer.")
    client_key: str | None = Field(
        None,
        description="A UUID for instance. The same feedback sent again with the same key is kept "
        "once; other feedback with it is refused.",
    )

    def said(self) -> Said:
        return Said(**dict(self))


class CandidateBody(BaseModel):
    meaning: str
    probability: float
    mongosh: str
    pymongo: str
    node: str = Field(description="For the Node.js driver.")
    extended_json: str = Field(description="The database command.")
    plan: dict[str, Any] | None
    notes: list[str] = _NOTES

    @classmethod
    def of(cls, choice: Choice) -> CandidateBody:
        return cls(
            meaning=choice.meaning,
            probability=choice.probability,
            mongosh=choice.mongosh,
            pymongo=choice.pymongo,
            node=choice.node,
            extended_json=choice.extended_json,
            plan=choice.plan_json,
            notes=[str(note) for note in choice.notes],
        )


class BeforeBody(BaseModel):
    query_id: str
    question: str = Field(description="The query, where a person ran one.")

    @classmethod
    def of(cls, before: Before) -> BeforeBody:
        return cls(query_id=before.query_id, question=before.question)


class CorrectionBody(BaseModel):
    """The correction that the answer comes from."""

    id: str = Field(description="Of the feedback; empty for one that only the release knows.")
    question: str = Field(description="The question that was corrected.")
    author: str
    at: datetime | None
    similarity: float = Field(description="Of the two questions; 1 for the very same.")

    @classmethod
    def of(cls, used: UsedCorrection) -> CorrectionBody:
        return cls(
            id=used.id,
            question=used.question,
            author=used.author,
            at=used.at,
            similarity=used.similarity,
        )


class LlmBody(BaseModel):
    """What a language model had to do with the answer."""

    model: str
    prompt: str = Field(description="Version of the prompt's template.")
    calls: int
    repaired: bool = Field(description="Its first query did not work, its second did.")
    warning: str = Field(description="Why its answer was not taken; empty when it was.")

    @classmethod
    def of(cls, use: LlmUse) -> LlmBody:
        return cls(
            model=use.model,
            prompt=use.prompt,
            calls=use.calls,
            repaired=use.repaired,
            warning=use.warning,
        )


class TranslationBody(BaseModel):
    """The best reading, and all readings (at most five, best first) in `candidates`."""

    query_id: str
    question: str
    database: str
    meaning: str
    confidence: float = Field(
        description="How likely this reading is right, 0 to 1. A model's is calibrated on the "
        "answers of its base weights to questions over databases that they had not seen; that of "
        "a correction is its `similarity`; that of a follow-up is fixed, not measured; that of a "
        "language model is how often its prompt was right in evaluation, the same for every "
        "answer (0.5 if never measured)."
    )
    mongosh: str
    pymongo: str
    node: str = Field(description="For the Node.js driver.")
    extended_json: str = Field(description="The database command.")
    plan: dict[str, Any] | None
    notes: list[str] = _NOTES
    chosen: int = Field(description="Index of this reading among the candidates.")
    candidates: list[CandidateBody]
    source: str = Field(
        description="`model`, `correction` by a person of this question or of another wording of "
        "it, `follow-up`, or `llm`: a language model."
    )
    llm: LlmBody | None = Field(description="Null where no language model was asked.")
    follow_up_of: BeforeBody | None = Field(
        description="What the question was read as a follow-up of; null: it was read by itself."
    )
    correction: CorrectionBody | None = Field(
        description="The correction that it comes from; null for any other source."
    )
    release_id: str
    timings: dict[str, float] = Field(description="Milliseconds.")
    journaled: bool = Field(description="False while the journal is away.")

    @classmethod
    def fields_of(cls, translation: Translation, chosen: int) -> dict[str, Any]:
        candidates = [CandidateBody.of(choice) for choice in translation.choices]
        best = candidates[chosen]
        before, correction = translation.follow_up_of, translation.correction
        return {
            "query_id": translation.query_id,
            "question": translation.question,
            "database": translation.database,
            "meaning": best.meaning,
            "confidence": best.probability,
            "mongosh": best.mongosh,
            "pymongo": best.pymongo,
            "node": best.node,
            "extended_json": best.extended_json,
            "plan": best.plan,
            "notes": best.notes,
            "chosen": chosen,
            "candidates": candidates,
            "source": translation.source,
            "follow_up_of": BeforeBody.of(before) if before else None,
            "correction": CorrectionBody.of(correction) if correction else None,
            "llm": LlmBody.of(translation.llm) if translation.llm else None,
            "release_id": translation.release_id,
            "timings": dict(translation.timings),
            "journaled": translation.journaled,
        }

    @classmethod
    def of(cls, translation: Translation) -> TranslationBody:
        return cls(**cls.fields_of(translation, 0))


class TableBody(BaseModel):
    columns: list[str]
    rows: list[dict[str, Any]] = Field(
        description="Dates as ISO text, ObjectIds as hex, decimals as text."
    )
    row_count: int
    truncated: bool = Field(description="More rows match than the limit lets through.")


class OptionBody(TableBody):
    """A reading to choose, with its first rows (at most five)."""

    candidate: int = Field(description="Index among the candidates.")
    difference: str = Field(
        description="What the other option does not say.", examples=["count orders"]
    )
    meaning: str
    probability: float


class ChoiceBody(BaseModel):
    """Two readings that come close and answer differently: the answered one, and the next."""

    question: str = Field(examples=["Count orders or count order items?"])
    options: list[OptionBody] = Field(min_length=2, max_length=2)

    @classmethod
    def of(cls, alternatives: Alternatives, choices: Sequence[Choice]) -> ChoiceBody:
        options = [
            OptionBody(
                candidate=option.choice,
                difference=option.difference,
                meaning=choices[option.choice].meaning,
                probability=choices[option.choice].probability,
                **_table_fields(option.preview),
            )
            for option in alternatives.options
        ]
        return cls(question=alternatives.question, options=options)


class AnswerBody(TranslationBody, TableBody):
    choice: ChoiceBody | None = Field(
        description="Where it is not clear which of two readings is meant; else null."
    )

    @classmethod
    def of_answer(cls, answer: Answer) -> AnswerBody:
        fields = cls.fields_of(answer.translation, answer.chosen)
        offered = answer.alternatives
        choice = ChoiceBody.of(offered, answer.translation.choices) if offered else None
        return cls(**fields, **_table_fields(answer.table), choice=choice)


class CheckedBody(BaseModel):
    database: str
    meaning: str
    mongosh: str
    pymongo: str
    node: str = Field(description="For the Node.js driver.")
    extended_json: str = Field(description="The database command.")
    notes: list[str] = _NOTES
    learnable: bool = Field(description="Whether the model learns from it, not only this question.")

    @classmethod
    def fields_of(cls, checked: CheckedQuery) -> dict[str, Any]:
        return {
            "database": checked.database,
            "meaning": checked.choice.meaning,
            "mongosh": checked.choice.mongosh,
            "pymongo": checked.choice.pymongo,
            "node": checked.choice.node,
            "extended_json": checked.choice.extended_json,
            "notes": [str(note) for note in checked.choice.notes],
            "learnable": checked.learnable,
        }

    @classmethod
    def of(cls, checked: CheckedQuery) -> CheckedBody:
        return cls(**cls.fields_of(checked))


class RunBody(CheckedBody, TableBody):
    query_id: str
    release_id: str
    timings: dict[str, float]
    journaled: bool

    @classmethod
    def of_run(cls, run: RunQuery) -> RunBody:
        return cls(
            query_id=run.query_id,
            release_id=run.release_id,
            timings=dict(run.timings),
            journaled=run.journaled,
            **cls.fields_of(run.checked),
            **_table_fields(run.table),
        )


class ReceiptBody(BaseModel):
    feedback_id: str
    status: Status | Literal["waiting"] = Field(
        description="`waiting`: on disk until the journal is back, and checked then. "
        "`accepted`: a checked correction, used from now on. That of a "
        "follow-up is `noted`: its question means nothing by itself."
    )
    reason: str = Field(description="Why it has this status.")
    corrected: CheckedBody | None

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptBody:
        checked = CheckedBody.of(receipt.checked) if receipt.checked else None
        return cls(
            feedback_id=receipt.feedback_id,
            status=receipt.status,
            reason=receipt.reason,
            corrected=checked,
        )


class DatabaseBody(BaseModel):
    database: str
    digest: str
    examples: list[str] = Field(description="Questions to start with.")
    collections: list[CollectionSchema]
    references: list[Reference]

    @classmethod
    def of(cls, catalog: Catalog, examples: tuple[str, ...]) -> DatabaseBody:
        hidden = {s.collection: private_paths(s) for s in catalog.collections}
        references = [
            r
            for r in catalog.references
            if not covers(hidden.get(r.from_collection, ()), r.from_path)
            and not covers(hidden.get(r.to_collection, ()), r.to_path)
        ]
        return cls(
            database=catalog.database,
            digest=catalog.digest,
            examples=list(examples),
            collections=[visible(schema) for schema in catalog.collections],
            references=references,
        )


class SchemasBody(BaseModel):
    """What can be asked about; private fields are left out."""

    release_id: str
    databases: list[DatabaseBody]


class HitBody(BaseModel):
    kind: str
    database: str
    collection: str
    path: str
    text: str
    value: str | None
    score: float

    @classmethod
    def of(cls, hit: Hit) -> HitBody:
        item = hit.item
        return cls(
            kind=item.kind,
            database=item.database,
            collection=item.collection,
            path=item.path,
            text=item.text,
            value=item.value,
            score=hit.score,
        )


class SearchBody(BaseModel):
    release_id: str
    hits: list[HitBody]


class HealthBody(BaseModel):
    status: Literal["ok"] = "ok"


class ReadyBody(BaseModel):
    status: Literal["ready"] = "ready"
    release_id: str
    databases: list[str]
    refused: str = Field(description="Why a newer release does not serve; empty when none.")

    @classmethod
    def of(cls, release: LoadedRelease, refused: str) -> ReadyBody:
        return cls(release_id=release.id, databases=sorted(release.catalogs), refused=refused)


def _table_fields(table: Table) -> dict[str, Any]:
    return {
        "columns": list(table.columns),
        "rows": list(table.rows),
        "row_count": len(table.rows),
        "truncated": table.truncated,
    }
