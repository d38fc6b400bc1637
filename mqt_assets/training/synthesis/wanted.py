"""What is wanted of the rows that a phrase names: their number, names, all of them, or fields.

For shapes whose point is which rows are meant. Depends on `subjects`.
"""

from __future__ import annotations

from mqt_assets.training.synthesis.asking import SHOW, WHAT_ARE, outputs_of, stands_for, then_fields
from mqt_assets.training.synthesis.draft import Draft
from mqt_assets.training.synthesis.subjects import Posed, some_fields
from mqt_assets.training.synthesis.things import EntityView
from mqt_assets.training.wording import join_words
from mqt_serving.query.plan import Aggregate, Function, Output, Plan, Predicate

COUNTS = (
    "how many {} are there",
    "how many {}",
    "how many {} do we have",
    "count the {}",
    "number of {}",
    "what is the number of {}",
    "count {}",
    "how many {} exist",
    "give me the count of {}",
    "find out how many {} there are",
)
_NAMES = (
    "which {} are there",
    "which are the {}",
    "what are the {}",
    "name the {}",
    "which {}",
    "name all {}",
    "find the {}",
    "who are the {}",
)


def posed_rows(draft: Draft, view: EntityView, phrase: str, where: Predicate) -> Posed:
    """A question for the rows called `phrase` (plural), which are those that meet `where`."""
    kind = draft.weighted(
        (
            ("count", 0.25),
            ("names", 0.3 if view.names else 0.0),
            ("all", 0.2),
            ("fields", 0.25),
        )
    )
    match kind:
        case "count":
            outputs: tuple[Output, ...] = (Output(Aggregate(Function.COUNT, view.entity)),)
            text = draft.pick(COUNTS).format(phrase)
        case "names":
            forms = _NAMES if view.is_person else _NAMES[:-1]
            outputs, text = stands_for(view), draft.pick(forms).format(phrase)
        case "all":
            outputs = (Output(view.entity),)
            text = f"{draft.pick(SHOW)} {draft.pick(('all ', 'the ', '', 'all the '))}{phrase}"
        case _:
            asked = some_fields(draft, view, draft.weighted(((1, 0.4), (2, 0.4), (3, 0.2))))
            outputs = outputs_of(asked)
            words = [item.words(draft) for item in asked]
            if draft.chance(0.3):
                text = then_fields(draft, phrase, words)
            else:
                lead = draft.pick((*SHOW, *WHAT_ARE))
                of = draft.pick(("of", "of", "for", "of all", "of the"))
                text = f"{lead} the {join_words(words, draft.rng)} {of} {phrase}"
    return Posed(Plan(outputs, where), text)
