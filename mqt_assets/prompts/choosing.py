"""Which prompt serves next: the best of those that are surely better than the one that does. Pure.

Paired: all prompts answered the same questions (exact McNemar test, one-sided). Of several
candidates the best one looks better than it is, so the level is shared among them (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mqt_assets.evaluation.paired import Comparison, Outcome, compare, pairs
from mqt_serving.llm.template import Prompt, Template

LEVEL = 0.05
"""How often a prompt that is no better may be promoted."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A variant with what came of the questions."""

    name: str
    template: Template
    outcomes: Sequence[Outcome]

    @property
    def right(self) -> int:
        return sum(outcome.right for outcome in self.outcomes)

    @property
    def share(self) -> float:
        """The share of right answers as a probability: between the extremes, however few
        questions there were (Laplace's rule of succession)."""
        return (self.right + 1) / (len(self.outcomes) + 2)


@dataclass(frozen=True, slots=True)
class Choice:
    """`comparisons` are with the prompt that serves, by name; `reason` is for people."""

    chosen: Tried
    comparisons: Mapping[str, Comparison]
    reason: str

    def moved(self, serving: Tried) -> bool:
        return self.chosen.template.version != serving.template.version


def choose(serving: Tried, others: Sequence[Tried], level: float = LEVEL) -> Choice:
    comparisons = {tried.name: compare(pairs(serving.outcomes, tried.outcomes)) for tried in others}
    share = level / max(1, len(others))
    better = [tried for tried in others if comparisons[tried.name].p_better <= share]
    if not better:
        reason = (
            f"no prompt is surely better than the one that serves ({serving.right} of "
            f"{len(serving.outcomes)} right): each would need p <= {share:.4f}"
        )
        return Choice(serving, comparisons, reason)
    best = max(better, key=lambda tried: (tried.right, -comparisons[tried.name].p_better))
    found = comparisons[best.name]
    reason = (
        f"{best.name}: {found.gained} questions gained, {found.lost} lost "
        f"(p = {found.p_better:.2g}, at most {share:.4f} for one of {len(others)})"
    )
    return Choice(best, comparisons, reason)


def prompt_of(tried: Tried, model: str, before: Prompt) -> Prompt:
    """What a release holds: what is known of other models stays known of the same template."""
    same = tried.template.version == before.template.version
    known = dict(before.right) if same else {}
    return Prompt(template=tried.template, right={**known, model: round(tried.share, 4)})


def rows(serving: Tried, others: Sequence[Tried], choice: Choice) -> list[list[Any]]:
    """A table for people, the prompt that serves first."""
    lines: list[list[Any]] = [[serving.name, serving.template.version, serving.right, "", "", ""]]
    for tried in others:
        found = choice.comparisons[tried.name]
        lines.append(
            [
                tried.name,
                tried.template.version,
                tried.right,
                f"{found.gained} / {found.lost}",
                f"{found.difference:+.1%} ({found.low:+.1%} to {found.high:+.1%})",
                f"{found.p_better:.3f}",
            ]
        )
    return lines
