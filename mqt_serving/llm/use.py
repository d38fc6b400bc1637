"""What a language model had to do with an answer: kept in the journal, shown in the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat, as the protocol has it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class LlmUse:
    """`warning` says why its answer was not taken, `reason` the same as a slug; empty when it was.

    `prompt` is the version of the template. `transcript` is what was said so far, for a repair
    within the same request; it is kept nowhere.
    """

    model: str
    prompt: str
    calls: int = 0
    seconds: float = 0.0
    repaired: bool = False
    reason: str = ""
    warning: str = ""
    transcript: tuple[Message, ...] = field(default=(), repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "prompt": self.prompt,
            "calls": self.calls,
            "seconds": round(self.seconds, 3),
            "repaired": self.repaired,
            "reason": self.reason,
            "warning": self.warning,
        }
