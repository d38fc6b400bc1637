"""What of people's words may be shown: nothing that could be a private value."""

from __future__ import annotations

from mqt_assets.feedback.redaction import GAP, redaction_of
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema


def field(path: str, *samples: str, private: bool = False) -> FieldSchema:
    return FieldSchema(
        path=path, types={BsonType.STRING: 1.0}, presence=1.0, samples=samples, private=private
    )


PEOPLE = CollectionSchema(
    database="clinic",
    collection="patients",
    document_count=9,
    sampled=9,
    fields=(field("homeCity", "Berlin"), field("diagnosis", "asthma"), field("name", "Ada Novak")),
)
CLINIC = Catalog(database="clinic", collections=(PEOPLE,))
PRIVATE = ("patients.diagnosis", "clinic.patients.name")
QUESTION = "How many patients from Berlin have asthma like ada novak, ada@x.org or 4711?"


def test_where_nothing_is_private_text_stays_but_for_contacts() -> None:
    redaction = redaction_of({"clinic": CLINIC}, Policy(), ())
    assert redaction.of(QUESTION, "clinic") == QUESTION.replace("ada@x.org", GAP)
    assert redaction.of("call 0151 234 5678", "clinic") == f"call {GAP}"
    assert redaction.of("card 4111-1111-1111-1111", "clinic") == f"card {GAP}"
    for text in ("since 2024-01-05", "until 31/12/2025", "near 48.2082, 16.3738", "above 25000"):
        assert redaction.of(text, "clinic") == text
    assert redaction.hidden == ()


def test_where_something_is_private_only_known_words_are_left() -> None:
    redaction = redaction_of({"clinic": CLINIC}, Policy(private=PRIVATE), PRIVATE)
    assert redaction.of(QUESTION, "clinic") == (
        f"How many patients from Berlin have {GAP} like {GAP} or {GAP}?"
    )
    assert redaction.of("Patient by home city", "clinic") == "Patient by home city"
    assert redaction.hidden == ("clinic.patients.diagnosis", "clinic.patients.name")


def test_a_question_about_nobody_knows_what_is_as_strict() -> None:
    redaction = redaction_of({"clinic": CLINIC}, Policy(private=PRIVATE), PRIVATE)
    assert redaction.of("Has Ada asthma?", "") == f"has {GAP}?".capitalize()
    assert redaction_of({}, Policy(), PRIVATE).of("Has Ada asthma?", "clinic") == f"Has {GAP}?"


def test_what_a_policy_withholds_counts_as_private() -> None:
    only = CollectionPolicy(allowed=frozenset({"homeCity"}))
    policy = Policy(collections=(("patients", only),), others=None)
    redaction = redaction_of({"clinic": CLINIC}, policy, ())
    assert redaction.of("patients from Berlin with asthma", "clinic") == (
        f"patients from Berlin with {GAP}"
    )


def test_an_open_database_beside_a_restricted_one_stays_open() -> None:
    shop = Catalog(database="shop", collections=(PEOPLE.model_copy(update={"database": "shop"}),))
    private = ("clinic.patients.diagnosis",)
    redaction = redaction_of({"clinic": CLINIC, "shop": shop}, Policy(private=private), private)
    assert redaction.restricted == {"clinic"}
    assert redaction.of("orders of Ada", "shop") == "orders of Ada"
