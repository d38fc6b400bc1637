"""Questions that a database cannot answer: asked of catalogs that lack what they need. Pure.

A question is put to its own database with a collection or some fields taken away (close: all else
is there), or to one about other things (far); some are no questions about data at all, or ask for
a change. As many questions that the thinned catalogs still answer go with them, so that thinness
itself gives nothing away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from mqt_assets.training.examples import UNANSWERABLE, Example, make_example, references_of
from mqt_serving.english import plural_phrase, singular_phrase
from mqt_serving.query.plan import Entity, Field
from mqt_serving.schema import Catalog, CollectionSchema
from mqt_serving.translator.words import name_stems, natural_name

_MARK: Final = "~"
_FIELDS_TAKEN: Final = 0.2
_COLLECTION_TAKEN: Final = 0.35
"""How often a whole collection goes instead of fields."""
_FAR: Final = 0.25
"""Questions about other things, for each that is close."""

_NO_QUESTIONS: Final = (
    "hello", "hi there", "good morning", "thanks a lot", "thank you, that was helpful",
    "how are you?", "who are you?", "what can you do?", "tell me a joke", "write me a poem",
    "what is the weather like today?", "what time is it?", "what is the capital of France?",
    "who won the world cup?", "how do I cook rice?", "what is the meaning of life?",
    "translate good evening into Spanish", "what is 17 times 23?", "ok", "never mind",
    "can you help me with my homework?", "do you like music?", "I am bored", "sing me a song",
    "who is the president of the United States?", "how tall is Mount Everest?", "test", "asdf qwer",
    "what should I wear tomorrow?", "recommend me a good film", "are you a robot?", "see you later",
)  # fmt: skip
_CHANGES: Final = (
    "delete all {things}", "remove every {thing} without a {field}", "drop the {things} collection",
    "update the {field} of all {things} to 5", "set {field} to zero for each {thing}",
    "insert a new {thing}", "add a {thing} with the {field} 12", "please erase the {things}",
    "rename the {field} of the {things}", "increase the {field} of every {thing} by ten percent",
    "create a new {thing} called Test", "truncate {things}", "clear the {field} of all {things}",
    "change the {field} of the first {thing} to new", "merge the duplicate {things}",
    "delete {things} older than a year", "make every {thing} inactive",
    "fix the {field} of {things}", "copy all {things} to a backup collection",
    "overwrite the {field} with the average",
    "remove the {field} field from {things}", "mark all {things} as done",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thinned:
    """Examples over catalogs of their own, named after those they come from (`shop~1`)."""

    examples: tuple[Example, ...]
    catalogs: dict[str, Catalog]


def thinned(
    examples: Sequence[Example], catalogs: Mapping[str, Catalog], seed: int, versions: int = 3
) -> Thinned:
    """`versions` thinned catalogs of each database, with questions that they can't answer and can.

    Examples without a plan are left out. Seeded: equal arguments give equal results.
    """
    by_database: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if example.plan is not None and example.database in catalogs:
            by_database[example.database].append(example)
    found: list[Example] = []
    made: dict[str, Catalog] = {}
    for name in sorted(by_database):
        own = by_database[name]
        for version in range(versions):
            rng = Random(f"{seed}/{name}/{version}")
            taken = _taken(catalogs[name], rng)
            catalog = without(catalogs[name], taken)
            if not taken or not catalog.collections:
                continue
            database = f"{name}{_MARK}{version + 1}"
            made[database] = catalog
            found += _questions(own, taken, database, rng)
            others = [n for n in by_database if n != name]
            if others:
                found += _far(by_database[rng.choice(others)], catalog, database, rng)
            found += _no_questions(catalog, database, rng)
    return Thinned(tuple(found), made)


def is_thinned(example: Example) -> bool:
    """Whether the example is over a catalog that `thinned` made."""
    return _MARK in example.database


def without(catalog: Catalog, taken: Iterable[Field | Entity]) -> Catalog:
    """The catalog with these fields and whole collections away; arrays stay."""
    gone = set(taken)
    collections = tuple(
        _less(schema, gone)
        for schema in catalog.collections
        if Entity(schema.collection) not in gone
    )
    names = {schema.collection for schema in collections}
    references = tuple(
        reference
        for reference in catalog.references
        if {reference.from_collection, reference.to_collection} <= names
    )
    return Catalog(database=catalog.database, collections=collections, references=references)


def _less(schema: CollectionSchema, gone: set[Field | Entity]) -> CollectionSchema:
    return CollectionSchema(
        database=schema.database,
        collection=schema.collection,
        document_count=schema.document_count,
        sampled=schema.sampled,
        fields=tuple(f for f in schema.fields if not _is_gone(f.path, schema, gone)),
        indexes=schema.indexes,
    )


def _is_gone(path: str, schema: CollectionSchema, gone: set[Field | Entity]) -> bool:
    """Whether the field, or the point that it is a part of, is taken away."""
    holder = path.rpartition(".")[0] if path in schema.parts_of_points else path
    return not {Field(schema.collection, each) for each in (path, holder)}.isdisjoint(gone)


def _taken(catalog: Catalog, rng: Random) -> set[Field | Entity]:
    """A collection, or a share of the fields that no reference stands on."""
    if len(catalog.collections) > 2 and rng.random() < _COLLECTION_TAKEN:
        return {Entity(rng.choice(catalog.collections).collection)}
    joined = {Field(r.from_collection, r.from_path) for r in catalog.references}
    joined |= {Field(r.to_collection, r.to_path) for r in catalog.references}
    fields = [
        Field(schema.collection, field.path)
        for schema in catalog.collections
        for field in schema.values
        if not field.arrays and field.path != "_id"
    ]
    free = [field for field in fields if field not in joined]
    return set(rng.sample(free, max(1, round(_FIELDS_TAKEN * len(free))))) if free else set()


def _questions(
    own: Sequence[Example], taken: set[Field | Entity], database: str, rng: Random
) -> list[Example]:
    """Those that need what was taken, none of which has an answer, and as many that have one."""
    collections = {ref.collection for ref in taken if isinstance(ref, Entity)}

    def needs(example: Example) -> bool:
        assert example.plan is not None
        return any(
            ref in taken or ref.collection in collections for ref in references_of(example.plan)
        )

    lost = [example for example in own if needs(example)]
    kept = [example for example in own if not needs(example)]
    most = max(4, len(own) // 8)
    lost = rng.sample(lost, min(most, len(lost)))
    kept = rng.sample(kept, min(len(lost), len(kept)))
    return [_unanswerable(e, database) for e in lost] + [
        replace(e, id=f"{e.id}~{database}", database=database) for e in kept
    ]


def _far(others: Sequence[Example], catalog: Catalog, database: str, rng: Random) -> list[Example]:
    """Questions of another database about things that this one doesn't name."""
    here = {stem for schema in catalog.collections for stem in _stems(schema)}
    strange = [
        example
        for example in others
        if example.plan is not None
        and not here & {s for r in references_of(example.plan) for s in name_stems(r.collection)}
    ]
    most = max(1, round(_FAR * min(12, len(strange))))
    return [_unanswerable(e, database) for e in rng.sample(strange, min(most, len(strange)))]


def _no_questions(catalog: Catalog, database: str, rng: Random) -> list[Example]:
    schema = rng.choice(catalog.collections)
    fields = [field for field in schema.values if field.path != "_id"]
    thing = singular_phrase(natural_name(schema.collection))
    field = natural_name(rng.choice(fields).leaf) if fields else "name"
    change = rng.choice(_CHANGES).format(things=plural_phrase(thing), thing=thing, field=field)
    return [
        make_example(text, database, None, "", source="synthetic", kind=UNANSWERABLE)
        for text in (rng.choice(_NO_QUESTIONS), change)
    ]


def _unanswerable(example: Example, database: str) -> Example:
    return make_example(
        example.question, database, None, "", source=example.source, kind=UNANSWERABLE
    )


def _stems(schema: CollectionSchema) -> set[str]:
    found = set(name_stems(schema.collection))
    for field in schema.fields:
        found |= set(name_stems(field.leaf))
    return found
