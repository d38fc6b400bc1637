"""What a question asks to see, and the words that ask for it.

Shared by all shapes. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.draft import Draft
from mqt_assets.training.synthesis.subjects import Asked
from mqt_assets.training.synthesis.things import EntityView
from mqt_assets.training.wording import join_words
from mqt_serving.query.plan import Output

SHOW = (
    "show",
    "show me",
    "list",
    "give me",
    "display",
    "find",
    "get",
    "return",
    "I want",
    "fetch",
    "show",
    "list",
    "give",
    "retrieve",
    "can you show me",
    "please list",
    "I need",
    "tell me",
)


WHAT = ("what is", "what's", "what is", "tell me", "give me", "find", "show", "")


WHAT_ARE = ("what are", "what are", "show", "list", "give me", "find", "show me", "")


def outputs_of(asked: list[Asked]) -> tuple[Output, ...]:
    return tuple(Output(item.field) for item in asked)


def stands_for(view: EntityView) -> tuple[Output, ...]:
    """What is returned when the thing itself is asked for."""
    if view.names:
        return tuple(Output(item.field) for item in view.names)
    return (Output(view.entity),)


def then_fields(draft: Draft, phrase: str, fields: list[str], question: bool = False) -> str:
    """What is meant first, then what to show of it: `open tickets: number and subject`.

    `question` when the phrase is a whole question already.
    """
    listed = draft.pick(
        (
            join_words(fields, draft.rng),
            join_words(fields, draft.rng),
            ", ".join(fields),
            " + ".join(fields),
            " & ".join(fields) if len(fields) == 2 else ", ".join(fields),
        )
    )
    if question or draft.chance(0.45):
        mark = "?" if question else "."
        lead = draft.pick(
            (
                "Show the",
                "Show",
                "Give",
                "List",
                "Give me the",
                "I need the",
                "I'd like to see the",
                "Just the",
                "Only",
                "Show their" if not question else "Return the",
                "",
                "",
            )
        )
        please = draft.pick(("", "", "", " please", ", please")) if not lead else ""
        listed = listed[:1].upper() + listed[1:] if not lead else listed
        return f"{phrase}{mark} {lead} {listed}{please}"
    form = draft.pick(
        (
            "{0}: {1}",
            "{0}: {1}",
            "{0} - {1}",
            "{0}, {1}",
            "{0} ({1})",
            "for {0}, show {1}",
            "for the {0}, list the {1}",
            "{0} -> {1}",
            "{0}, I need the {1}",
            "{0} with {1}",
        )
    )
    return form.format(phrase, listed)
