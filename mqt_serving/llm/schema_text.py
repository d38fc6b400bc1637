"""The part of a catalog that a question is about, as text for a prompt. Pure.

A schema within the budget is shown whole. Of a larger one come the fields nearest to the question
(semantic search, else shared words), with the keys that join their collections. Private fields
are never shown; sample values only where they may be.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mqt_serving.privacy import private_paths, visible
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema
from mqt_serving.search import Hit
from mqt_serving.translator.words import name_stems, split_words

Place = tuple[str, str]
"""(collection, field path); the path is empty for the collection itself."""

_KEY_BELOW = 0.05
_OTHER_BELOW = 0.5
"""How far below the score of their collection keys and other fields rank."""
_LONGEST_VALUE = 40


def schema_text(
    catalog: Catalog, scores: Mapping[Place, float], most_values: int, most_characters: int
) -> str:
    """At most `most_characters`, but at least one collection's best field."""
    schemas = [visible(schema) for schema in catalog.collections]
    keys = _keys(catalog)
    lines = {
        (schema.collection, field.path): _line(schema, field, keys, most_values)
        for schema in schemas
        for field in schema.fields
    }
    if sum(map(len, lines.values())) + sum(len(s.collection) + 2 for s in schemas) > (
        most_characters
    ):
        lines = _nearest(lines, scores, keys, most_characters)
    shown = defaultdict(list)
    for (collection, _), line in lines.items():
        shown[collection].append(line)
    return "\n".join("\n".join([name, *fields]) for name, fields in shown.items())


def scores_of(hits: Iterable[Hit], question: str, catalog: Catalog) -> dict[Place, float]:
    """How near each place is to the question, 0 to 1: the best of search and of shared words."""
    scores: dict[Place, float] = {}
    asked = {word.stem for word in split_words(question) if not word.is_stop}
    for schema in catalog.collections:
        for path in ("", *(field.path for field in schema.fields)):
            named = name_stems(path.rpartition(".")[2] or schema.collection)
            shared = len(asked.intersection(named)) / max(1, len(named))
            if shared:
                scores[schema.collection, path] = shared
    for hit in hits:
        if hit.item.database == catalog.database:
            place = (hit.item.collection, hit.item.path)
            scores[place] = max(scores.get(place, 0.0), hit.score)
    return scores


def database_of(hits: Sequence[Hit], question: str, catalogs: Sequence[Catalog]) -> Catalog:
    """The catalog that a question without a database is most likely about."""
    if len(catalogs) == 1:
        return catalogs[0]

    def nearness(catalog: Catalog) -> float:
        best = sorted(scores_of(hits, question, catalog).values(), reverse=True)
        return sum(best[:5])

    return max(catalogs, key=nearness)


def _nearest(
    lines: Mapping[Place, str],
    scores: Mapping[Place, float],
    keys: Mapping[Place, str],
    most_characters: int,
) -> dict[Place, str]:
    """The nearest places that fit, in the order in which they were."""
    best: defaultdict[str, float] = defaultdict(float)
    for (collection, _), score in scores.items():
        best[collection] = max(best[collection], score)

    def rank(place: Place) -> float:
        collection, path = place
        is_key = place in keys or path == "_id"
        by_collection = best[collection] - (_KEY_BELOW if is_key else _OTHER_BELOW)
        return max(scores.get(place, 0.0), by_collection)

    left, chosen, named = most_characters, set[Place](), set[str]()
    for place in sorted(lines, key=rank, reverse=True):
        cost = len(lines[place]) + 1 + (0 if place[0] in named else len(place[0]) + 1)
        if cost > left and chosen:
            continue
        left -= cost
        chosen.add(place)
        named.add(place[0])
    return {place: line for place, line in lines.items() if place in chosen}


def _keys(catalog: Catalog) -> dict[Place, str]:
    """What each referring field points to: `customers._id`."""
    hidden = {schema.collection: private_paths(schema) for schema in catalog.collections}
    return {
        (r.from_collection, r.from_path): f"{r.to_collection}.{r.to_path}"
        for r in catalog.references
        if r.from_path not in hidden.get(r.from_collection, ())
        and r.to_path not in hidden.get(r.to_collection, ())
    }


def _line(
    schema: CollectionSchema, field: FieldSchema, keys: Mapping[Place, str], most_values: int
) -> str:
    target = keys.get((schema.collection, field.path))
    refers = f", refers to {target}" if target else ""
    values = ", ".join(_values(field, most_values))
    return f"  {field.path}: {_type(field)}{refers}" + (f", such as {values}" if values else "")


def _type(field: FieldSchema) -> str:
    if field.arrays and field.arrays[-1] == field.path:
        inside = field.main_type
        return "array" if inside is BsonType.ARRAY else f"array of {inside}"
    return (
        f"{field.main_type} (text that reads as numbers)"
        if field.numeric_text
        else (str(field.main_type))
    )


def _values(field: FieldSchema, most: int) -> Iterator[str]:
    """Quoted where they are text, so that nothing in them reads as part of the prompt."""
    text = field.main_type is BsonType.STRING
    if field.main_type is BsonType.OBJECT_ID:
        return
    for sample in field.samples[:most]:
        cut = sample[:_LONGEST_VALUE]
        yield json.dumps(cut, ensure_ascii=False) if text else " ".join(cut.split())
