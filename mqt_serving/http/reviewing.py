"""Routes of reviewers, and of authors who take back what they corrected.

Annotations are not postponed: FastAPI could not resolve those that name a local dependency.
"""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from mqt_serving.corrections.deciding import NO_REVIEWER, CorrectionDesk, Decider
from mqt_serving.corrections.review_queue import Item, Kind
from mqt_serving.corrections.reviewing import ReviewDesk
from mqt_serving.errors import NotAllowed
from mqt_serving.http.asker import AskerOf, author_key
from mqt_serving.http.edge import Workers
from mqt_serving.http.reviewer import Reviewers

_BY = Field(description="Your name, for the audit trail.")
_REASON = Field(description="Why, for the audit trail.")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Revocation(_Request):
    reason: str = _REASON
    by: str = _BY


class Review(_Request):
    action: Literal["accept", "edit", "reject"]
    reason: str = _REASON
    by: str = _BY
    query: str | None = Field(None, description="With `edit`: the right query.")


class ItemBody(BaseModel):
    id: str
    kind: Kind = Field(
        description="`held`: a correction that contradicts another. `stale`: an accepted one that "
        "the data no longer fits. `disputed`: one that answers, while another person's other query "
        "for the question is accepted too; `accept` keeps it alone. `question`: an answer "
        "that is uncertain or was complained about."
    )
    question: str
    database: str
    query: str = Field(description="The correction, or the query that answered.")
    instead_of: str = Field(
        description="For a held one: what is accepted now; for a disputed one: what else is."
    )
    author: str
    reason: str
    asked: int = Field(description="How often, in the last 30 days.")
    uncertainty: float
    disagreement: float
    gain: float = Field(description="log2(1 + asked) x uncertainty x disagreement.")

    @classmethod
    def of(cls, item: Item) -> "ItemBody":
        return cls(
            id=item.id,
            kind=item.kind,
            question=item.question,
            database=item.database,
            query=item.query,
            instead_of=item.instead_of,
            author=item.author,
            reason=item.reason,
            asked=item.asked,
            uncertainty=item.uncertainty,
            disagreement=item.disagreement,
            gain=round(item.gain, 4),
        )


class QueueBody(BaseModel):
    items: list[ItemBody] = Field(description="Highest expected gain first.")
    more: int = Field(description="How many wait besides these.")


class DecidedBody(BaseModel):
    id: str
    status: str
    reason: str


def review_routes(
    desk: CorrectionDesk, reviews: ReviewDesk, reviewers: Reviewers, workers: Workers
) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["review"])

    def proof_of(request: Request) -> str:
        return reviewers.proof(request.headers, request.client.host if request.client else "")

    Proof = Annotated[str, Depends(proof_of)]

    @router.post("/corrections/{correction_id}/revoke")
    async def revoke(
        correction_id: str, body: Revocation, asker: AskerOf, proof: Proof
    ) -> DecidedBody:
        """Take back a correction: its author, in the same session, or a reviewer."""
        decider = Decider(body.by, author_key(asker), proof)
        work = partial(desk.revoke, correction_id, decider, body.reason)
        decided = await workers.run(work)
        return DecidedBody(
            id=correction_id, status=decided["status"], reason=decided["decision_reason"]
        )

    @router.get("/review")
    async def review_queue(proof: Proof, k: Annotated[int, Query(ge=1, le=200)] = 50) -> QueueBody:
        """What waits for a reviewer, highest expected gain first."""
        if not proof:
            raise NotAllowed(NO_REVIEWER)
        waiting = await workers.run(partial(reviews.waiting, k))
        return QueueBody(items=[ItemBody.of(item) for item in waiting.items], more=waiting.more)

    @router.post("/review/{item_id}")
    async def review(item_id: str, body: Review, asker: AskerOf, proof: Proof) -> DecidedBody:
        """Accept, edit or reject a correction, or the answer to a question."""
        decider = Decider(body.by, author_key(asker), proof)
        work = partial(reviews.decide, item_id, body.action, decider, body.reason, body.query)
        decided = await workers.run(work)
        return DecidedBody(id=decided.id, status=decided.status, reason=decided.reason)

    return router
