"""Which holdout questions a model is asked: a bounded, reproducible choice. Pure.

A holdout grows with the databases it comes from; asking all of it would make each training wait for
minutes. The choice depends on the holdout alone, so champion and candidate are always asked the
same questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from mqt_assets.training.examples import Example


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
