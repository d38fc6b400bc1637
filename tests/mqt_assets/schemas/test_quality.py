"""What is found questionable about a schema."""

from __future__ import annotations

from mqt_assets.schemas.inference import infer_collection
from mqt_assets.schemas.quality import Finding, Severity, assess


def findings(*documents: dict[str, object], count: int | None = None) -> list[Finding]:
    total = len(documents) if count is None else count
    return assess(infer_collection(documents, "shop", "things", total))


def codes(*documents: dict[str, object]) -> dict[str, str]:
    return {finding.code: finding.path for finding in findings(*documents)}


def test_a_plain_collection_has_no_findings() -> None:
    assert not findings({"_id": 1, "name": "a", "tags": ["x"]}, {"_id": 2, "name": "b"})


def test_an_empty_collection_is_an_error() -> None:
    assert [(f.severity, f.code) for f in findings()] == [(Severity.ERROR, "empty-collection")]
    assert "could not be sampled" in findings(count=5)[0].message


def test_a_collection_of_ids_only_is_an_error() -> None:
    assert codes({"_id": 1}, {"_id": 2}) == {"no-fields": ""}


def test_mixed_types_numbers_as_text_and_mere_nulls_are_told() -> None:
    found = codes(
        {"a": 1, "price": "12", "empty": None, "n": 1},
        {"a": "one", "price": "13.5", "empty": None, "n": 1.5},
    )
    assert found == {"mixed-types": "a", "numeric-text": "price", "only-null": "empty"}


def test_dictionaries_and_names_that_differ_in_case_are_told() -> None:
    found = codes(
        {"visits": {"2025-01-01": 1, "2025-01-02": 2}, "Name": "a"},
        {"visits": {"2025-01-03": 1, "2025-01-04": 2}, "name": "b"},
    )
    assert found == {"dictionary": "visits", "same-name": "Name"}


def test_a_rare_field_is_only_worth_a_note() -> None:
    documents: list[dict[str, object]] = [{"a": 1} for _ in range(200)]
    documents[0]["b"] = 1
    assert [(f.severity, f.path) for f in findings(*documents)] == [(Severity.INFO, "b")]


def test_too_many_paths_are_told_and_grave_findings_come_first() -> None:
    documents = [{f"k{n}_{i}": str(i) for i in range(20)} for n in range(40)]
    assert findings(*documents)[0].code == "too-many-paths"
