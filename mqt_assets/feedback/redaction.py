"""What of people's words may be shown to others: nothing that could be a value of a private field.

Where nothing is private, text stays as it was written, but for e-mail addresses and long numbers.
Where something is, only words that are surely no values are left: names of the schema, values of
open fields that the schema shows anyway, and a fixed list of words that name nothing. Everything
else becomes `…`. A list of what may pass cannot forget a value, as a list of what may not would.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mqt_serving.english import plural, singular, words_of
from mqt_serving.insights import hidden_fields
from mqt_serving.privacy import readable, visible, with_private_fields
from mqt_serving.query.guarding.policy import Policy
from mqt_serving.schema import Catalog, CollectionSchema

GAP: Final = "…"

FUNCTION_WORDS: Final = frozenset(
    """
    a about above after against all also am an and any are as ascending asked at average be been
    before below best between biggest both bottom but by calculate can compute count descending did
    different display distinct do does done down during each earliest either else entries equal
    ever every exactly except fewer fewest field fields find first for from get give greater group
    grouped had has have having he her here highest his how i if in including into is it its just
    largest last latest least less let list longest lower lowest many maximum me mean median
    minimum more most much my name names neither never newest no none nor not now number numbers of
    oldest on one only or order ordered other others our out over per please question result results
    right same select she should show shortest show side since smallest so some sorted such sum tell
    than that the their them then there these they this those to together top total two under
    until up us used was we were what when where whether which while who whole whom whose why with
    within without wrong yet you your zero
    """.split()
)
"""Words of questions that name nothing in the data: they pass, and they make no label."""

_REMARKS: Final = frozenset(
    """
    absolutely again annoying answer answered answers awful bad better broken cancelled clear
    completely confusing correct counted counting counts double duplicate duplicates empty error
    excellent exact expected fast fine good great hate helpful helps horrible ignored ignores
    incomplete incorrect instead like likes love missing needed nice nonsense okay old outdated
    perfect poor queries query quick really returned returns should show shows shown slow still
    terrible thank thanks totally twice unclear unhelpful understand useful useless utterly very
    waste well worked works worse worst
    """.split()
)
_TIMES: Final = frozenset(
    """
    day days daily hour hours month months monthly quarter quarters today tomorrow week weekday
    weekdays weekend weekends weekly weeks year yearly years yesterday
    """.split()
)

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CONTACT: Final = re.compile(r"\S+@\S+|\d(?:[\s/-]?\d){6,}")
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/-]\d{1,2}[/-]\d{4}")
_GAPS: Final = re.compile(rf"{GAP}(?:[\s,]*{GAP})+")


@dataclass(frozen=True)
class Redaction:
    """`catalogs` by database, as policy and settings leave them.

    `restricted` are databases of which something may not be read: those with private fields, and
    those of which a policy withholds collections or documents. `strict_elsewhere`: so are
    databases that are not known.
    """

    catalogs: Mapping[str, Catalog]
    restricted: frozenset[str]
    strict_elsewhere: bool = False

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        return tuple(sorted(hidden_fields(self.catalogs)))

    def of(self, text: str, database: str) -> str:
        """The text as it may be shown."""
        unknown = database not in self.catalogs
        if database in self.restricted or (unknown and self.strict_elsewhere):
            return self._only_known_words(text, self._vocabularies.get(database, frozenset()))
        return _without_contacts(text)

    @cached_property
    def _vocabularies(self) -> dict[str, frozenset[str]]:
        return {name: vocabulary(self.catalogs[name]) for name in self.restricted}

    def _only_known_words(self, text: str, known: frozenset[str]) -> str:
        passing = FUNCTION_WORDS | _REMARKS | _TIMES | known

        def shown(match: re.Match[str]) -> str:
            return match[0] if match[0].casefold() in passing else GAP

        # An address must not survive in parts that happen to be words of the schema.
        return _GAPS.sub(GAP, _WORD.sub(shown, _without_contacts(text)))


def _without_contacts(text: str) -> str:
    """Without e-mail addresses and numbers of seven digits or more; dates stay."""
    return _CONTACT.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else GAP, text)


def redaction_of(
    catalogs: Mapping[str, Catalog], policy: Policy, private_fields: Sequence[str]
) -> Redaction:
    """As the settings of now say; a catalog may be older than they are."""
    left = {
        name: readable(with_private_fields(catalog, private_fields), policy)
        for name, catalog in catalogs.items()
    }
    restricted = {name for name in left if left[name] != catalogs[name] or _has_private(left[name])}
    # Of a question without a database, or of one not looked at yet, nobody knows what it names.
    return Redaction(left, frozenset(restricted), bool(restricted or private_fields))


def _has_private(catalog: Catalog) -> bool:
    return any(field.private for schema in catalog.collections for field in schema.fields)


def vocabulary(catalog: Catalog) -> frozenset[str]:
    """Words that stand in what everybody sees of the schema, singular and plural."""
    words: set[str] = set()
    for schema in map(visible, catalog.collections):
        for text in _shown_texts(schema):
            for word in (*words_of(text), *_WORD.findall(text.casefold())):
                words |= {word, singular(word), plural(word)}
    return frozenset(words)


def _shown_texts(schema: CollectionSchema) -> list[str]:
    names = [part for field in schema.fields for part in field.path.split(".")]
    samples = [sample for field in schema.fields for sample in field.samples]
    return [schema.collection, *names, *samples]
