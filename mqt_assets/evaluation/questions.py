"""Which holdout questions a model is asked: a bounded, reproducible choice. Pure.

A holdout grows with the databases it comes from; asking all of it would make each training wait for
minutes. The choice depends on the holdout alone, so champion and candidate are always asked the
same questions. Members about what the schema no longer holds are retired: nobody could answer
them. They stay in the holdout, so that they are asked again once the schema holds it again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mqt_assets.training.examples import Example, references_of
from mqt_serving.schema import Catalog


@dataclass(frozen=True, slots=True)
class Chosen:
    """`retired` is how many members are not asked, by reason."""

    questions: list[Example]
    retired: dict[str, int]


def holdout_questions(
    members: Sequence[Example], catalogs: Mapping[str, Catalog], most: int
) -> Chosen:
    """What `choose_questions` chooses of the members that fit the schema as it is."""
    asked: list[Example] = []
    retired: Counter[str] = Counter()
    for member in members:
        reason = _retired(member, catalogs.get(member.database))
        if reason is None:
            asked.append(member)
        else:
            retired[reason] += 1
    return Chosen(choose_questions(asked, catalogs, most), dict(retired.most_common()))


def _retired(member: Example, catalog: Catalog | None) -> str | None:
    """What the schema no longer holds of it; None where nothing is missing."""
    if catalog is None:
        return f"the database {member.database} is not looked at any more"
    for reference in references_of(member.plan) if member.plan is not None else ():
        schema = catalog.by_name.get(reference.collection)
        if schema is None:
            return f"{member.database} has no collection {reference.collection} any more"
        if reference.path and reference.path not in schema.by_path:
            place = f"{member.database}.{reference.collection}"
            return f"{place} has no field {reference.path} any more"
    return None


def choose_questions(
    members: Sequence[Example], databases: Collection[str], most: int
) -> list[Example]:
    """At most `most` examples: the first wording of each gold query first, sources in turn.

    `members` are those of the holdout, `databases` those that can be asked at present.

    Within a source the order is that of the ids, which are content hashes: as good as random, and
    the same tomorrow.
    """
    queues: dict[str, list[Example]] = {}
    groups: defaultdict[str, list[Example]] = defaultdict(list)
    for example in members:
        if example.database in databases:
            groups[example.source].append(example)
    for source, examples in sorted(groups.items()):
        queues[source] = first_wordings_first(examples)
    chosen: list[Example] = []
    while len(chosen) < most and any(queues.values()):
        for queue in queues.values():
            if queue and len(chosen) < most:
                chosen.append(queue.pop(0))
    return sorted(chosen, key=lambda example: example.id)


def first_wordings_first(examples: Sequence[Example]) -> list[Example]:
    """One wording of each gold query, then all others; both in the order of ids."""
    seen: set[tuple[str, str]] = set()
    first: list[Example] = []
    rest: list[Example] = []
    for example in sorted(examples, key=lambda item: item.id):
        gold = (example.database, example.command)
        (rest if gold in seen else first).append(example)
        seen.add(gold)
    return [*first, *rest]
