"""Prompt variants: what may be better than the prompt that serves. Pure.

A prompt is made of blocks: the wording of the rules, how many sample values and nearest corrections
are shown, and examples mined from feedback. Each variant changes one block of the prompt that
serves, so that a comparison says what helped; promoted again and again, this is a search along the
coordinates. Why not DSPy: it would bring its own client and dependencies to choose between the same
few blocks, and it knows neither our guard nor our evaluation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mqt_assets.training.examples import Example
from mqt_serving.llm.template import REFUSE, RULES, TASK, Shot, Template

SERVING, SHIPPED = "serving now", "as shipped"
MOST_SHOTS = 4
"""Mined examples a database."""

_SHORT = (
    f"{TASK}\nUse only the collections and fields of the schema. Only find, countDocuments, "
    "distinct and aggregate; no writes, no JavaScript. Project what is asked for, with `_id: 0`; "
    f"name computed fields count, sum_<field>, avg_<field>, min_<field>, max_<field>.\n{REFUSE}"
)
_SHAPES = """\
The usual shapes:
- how many: db.c.countDocuments({...})
- which different: db.c.distinct("field", {...})
- fields of some: db.c.find({...}, {_id: 0, a: 1, b: 1}).sort({a: -1}).limit(3)
- per group: db.c.aggregate([{$match: {...}}, {$group: {_id: "$g", count: {$sum: 1}}}, \
{$project: {_id: 0, g: "$_id", count: 1}}])
- fields of two collections: $lookup, $unwind, then $project"""

WORDINGS = {
    "full": Template().instructions,
    "short": _SHORT,
    "with shapes": f"{TASK}\nRules:\n{RULES}\n{REFUSE}\n{_SHAPES}",
}
VALUES = (0, 5, 10)
EXAMPLES = (0, 4, 8)


@dataclass(frozen=True, slots=True)
class Variant:
    name: str
    template: Template

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.template.version,
            "template": self.template.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Variant:
        return cls(body["name"], Template.model_validate(body["template"]))


def variants(
    serving: Template, corrections: Sequence[Example], withdrawn: Collection[str] = ()
) -> tuple[Variant, ...]:
    """The prompt that serves first, then others, each once. `corrections` must leak nothing of the
    holdout: examples are mined from them. `withdrawn` are versions that are tried no more."""
    found: dict[str, Variant] = {}
    for variant in _candidates(serving, corrections):
        if variant.name == SERVING or variant.template.version not in withdrawn:
            found.setdefault(variant.template.version, variant)
    return tuple(found.values())


def _candidates(serving: Template, corrections: Sequence[Example]) -> Iterator[Variant]:
    def changed(name: str, **block: Any) -> Variant:
        return Variant(name, serving.model_copy(update=block))

    yield Variant(SERVING, serving)
    yield Variant(SHIPPED, Template())
    for name, text in WORDINGS.items():
        yield changed(f"rules: {name}", instructions=text)
    for count in VALUES:
        yield changed(f"sample values: {count}", values=count)
    for count in EXAMPLES:
        yield changed(f"nearest corrections: {count}", examples=count)
    yield changed("mined examples: none", shots=())
    yield changed("mined examples: from feedback", shots=mined(corrections))


def mined(corrections: Iterable[Example]) -> tuple[Shot, ...]:
    """Of each database a few corrections of different kinds, the newest of each kind.

    `corrections` are in the order in which they were decided. Those with dates that depend on when
    they were asked are none: a prompt is shown as it is written, whenever.
    """
    kinds: defaultdict[str, dict[str, Example]] = defaultdict(dict)
    for example in reversed(list(corrections)):
        if example.asked_at is None:
            kinds[example.database].setdefault(example.kind, example)
    return tuple(
        Shot(database=name, question=example.question, query=example.command)
        for name in sorted(kinds)
        for example in list(kinds[name].values())[:MOST_SHOTS]
    )
