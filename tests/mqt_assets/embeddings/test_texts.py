"""Which texts of a schema get a vector."""

from __future__ import annotations

from mqt_assets.embeddings.texts import schema_texts
from mqt_assets.schemas.inference import infer_collection
from mqt_serving.search import IndexText


def texts_of(*documents: dict[str, object], private: tuple[str, ...] = ()) -> list[IndexText]:
    schema = infer_collection(documents, "shop", "orderItems", len(documents), (), private)
    return schema_texts(schema)


def test_collection_fields_and_values_are_there_in_words() -> None:
    found = texts_of({"_id": 1, "unitPrice": 2.5, "ship": {"method": "express courier"}})
    assert [(t.kind, t.path, t.text) for t in found] == [
        ("collection", "", "order items: ship, unit price"),
        ("field", "ship", "order items ship"),
        ("field", "ship.method", "order items ship method, such as express courier"),
        ("value", "ship.method", "express courier"),
        ("field", "unitPrice", "order items unit price"),
    ]
    assert found[3].value == "express courier"
    assert {t.database for t in found} == {"shop"}


def test_numbers_codes_and_identifiers_are_not_embedded_as_values() -> None:
    found = texts_of(
        {"n": 5, "zip": "12345", "sku": "AB-1234", "hash": "a" * 24, "x": "?", "city": "Wrocław"}
    )
    assert [t.value for t in found if t.kind == "value"] == ["Wrocław"]


def test_of_private_fields_not_even_the_name_is_embedded() -> None:
    found = texts_of({"name": "Ada", "diagnosis": {"text": "flu"}}, private=("diagnosis",))
    assert not any("diagnosis" in t.text or "flu" in t.text for t in found)


def test_names_in_other_scripts_stay_as_they_are() -> None:
    assert "顧客" in {t.path for t in texts_of({"顧客": 1})}
    assert any("顧客" in t.text for t in texts_of({"顧客": 1}) if t.kind == "field")
