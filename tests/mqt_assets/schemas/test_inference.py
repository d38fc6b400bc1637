"""What a schema says of documents: every type, nesting, presence, bounds, privacy, stability."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from bson import Binary, Decimal128, Int64, ObjectId, Regex
from bson.datetime_ms import DatetimeMS
from hypothesis import given
from hypothesis import strategies as st

from mqt_assets.schemas.inference import MAX_PATHS, infer, infer_collection, private_paths_for
from mqt_serving.schema import GEOJSON, BsonType, CollectionSchema, FieldSchema, IndexSchema


def schema_of(*documents: dict[str, object], private: tuple[str, ...] = ()) -> CollectionSchema:
    return infer_collection(documents, "shop", "things", len(documents), (), private)


def field_of(*values: object) -> FieldSchema:
    return schema_of(*({"x": value} for value in values)).by_path["x"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", BsonType.STRING),
        (3, BsonType.INT),
        (Int64(3), BsonType.INT),
        (3.0, BsonType.DOUBLE),
        (Decimal128("3.10"), BsonType.DECIMAL),
        (True, BsonType.BOOL),
        (datetime(2025, 1, 2), BsonType.DATE),
        (ObjectId(), BsonType.OBJECT_ID),
        ({"a": 1}, BsonType.OBJECT),
        ([], BsonType.ARRAY),
        (None, BsonType.NULL),
        (b"bytes", BsonType.BINARY),
        (Binary(b"0" * 16, 4), BsonType.BINARY),
        (Regex("a"), BsonType.REGEX),
    ],
)
def test_every_value_has_its_bson_type(value: object, kind: BsonType) -> None:
    assert field_of(value).types == {kind: 1.0}


def test_the_id_is_a_field_like_any_other() -> None:
    identifier = ObjectId()
    assert schema_of({"_id": identifier}).by_path["_id"].samples == (str(identifier),)


def test_mixed_types_keep_their_shares() -> None:
    field = field_of("urgent", "high", 1, None)
    assert field.types == {BsonType.STRING: 0.5, BsonType.INT: 0.25, BsonType.NULL: 0.25}
    assert field.main_type is BsonType.STRING


def test_null_is_present_and_missing_is_not() -> None:
    schema = schema_of({"a": None}, {"a": 1}, {}, {})
    assert schema.by_path["a"].presence == 0.5
    assert schema.by_path["a"].types == {BsonType.INT: 0.5, BsonType.NULL: 0.5}


def test_presence_inside_an_array_is_per_element() -> None:
    schema = schema_of({"items": [{"a": 1}, {"a": 2, "b": 1}]}, {"items": [{"a": 1}, {"a": 4}]})
    assert schema.by_path["items"].presence == 1.0
    assert schema.by_path["items.a"].presence == 1.0
    assert schema.by_path["items.b"].presence == 0.25


def test_an_array_of_objects_is_only_an_array_and_its_fields_name_it() -> None:
    schema = schema_of({"orders": [{"items": [{"sku": "A"}]}]}, {"orders": []})
    assert schema.by_path["orders"].types == {BsonType.ARRAY: 1.0}
    assert not schema.by_path["orders"].is_scalar
    assert schema.by_path["orders.items.sku"].arrays == ("orders", "orders.items")
    assert schema.array_paths == ("orders", "orders.items")


def test_an_array_of_scalars_has_the_types_and_values_of_its_elements() -> None:
    field = field_of(["red", "blue"], ["red"])
    assert field.types == {BsonType.ARRAY: 0.4, BsonType.STRING: 0.6}
    assert field.arrays == ("x",)
    assert field.is_scalar
    assert (field.samples, field.distinct) == (("red", "blue"), 2)


def test_a_field_that_is_sometimes_an_array_counts_as_one() -> None:
    assert field_of("red", ["red", "blue"]).arrays == ("x",)


def test_arrays_in_arrays_have_no_values_since_no_path_reaches_them() -> None:
    schema = schema_of(
        {"area": {"type": "Polygon", "coordinates": [[[0.5, 1.0], [2.0, 3.0]]]}},
        {"area": {"type": "Polygon", "coordinates": [[[0.5, 1.0], [2.0, 3.0]]]}},
    )
    assert schema.by_path["area"].types == {BsonType.OBJECT: 1.0}
    assert not schema.by_path["area.coordinates"].is_scalar
    assert schema.by_path["area.coordinates"].samples == ()


def test_a_geojson_point_has_numbers() -> None:
    schema = schema_of({"at": {"type": "Point", "coordinates": [13.4, 52.5]}})
    assert schema.by_path["at.type"].samples == ("Point",)
    assert schema.by_path["at.coordinates"].main_type is BsonType.DOUBLE


def test_ranges_are_numeric_whatever_the_number_type() -> None:
    field = field_of(10, 9.5, Decimal128("100.25"), float("nan"))
    assert (field.minimum, field.maximum) == ("9.5", "100.25")


def test_dates_read_as_iso_in_utc() -> None:
    aware = datetime(2025, 1, 1, 12, tzinfo=UTC)
    field = field_of(datetime(2024, 5, 6, 7, 8, 9, 500_000), aware)
    assert (field.minimum, field.maximum) == ("2024-05-06T07:08:09.500Z", "2025-01-01T12:00:00Z")


def test_dates_beyond_python_are_dates_without_text() -> None:
    field = field_of(DatetimeMS(10**16), datetime(2025, 1, 1))
    assert field.types == {BsonType.DATE: 1.0}
    assert field.samples == (field.maximum,) == ("2025-01-01T00:00:00Z",)


def test_whole_doubles_stay_doubles_in_text() -> None:
    assert field_of(3.0).samples == ("3.0",)


def test_equal_numbers_of_different_types_are_one_value() -> None:
    assert field_of(3, 3.0, Int64(3)).distinct == 1


def test_true_is_not_one() -> None:
    assert field_of(True, 1).distinct == 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2.5", "-3", " 4 ", "1e3"], True),
        (["1"] * 19 + ["n/a"], True),
        (["1"] * 9 + ["n/a"], False),
        (["1,370 lb", "2 lb"], False),
        ([1, 2], False),
        (["12", "12-34"], False),
    ],
)
def test_text_that_reads_as_numbers_is_marked(values: list[object], expected: bool) -> None:
    assert field_of(*values).numeric_text is expected


def test_samples_are_the_most_frequent_values_bounded_in_number_and_length() -> None:
    rare = [f"value {number}" for number in range(1_200)]
    field = field_of(*rare, "often", "often", "often", "x" * 81, "x" * 81, "  ", "  ")
    assert field.samples[0] == "often"
    assert len(field.samples) == 1_000
    assert all(len(sample) <= 80 and sample.strip() for sample in field.samples)
    assert field.distinct == 1_203
    assert len(field_of(*range(200)).samples) == 50  # questions name no ids and no measurements


def test_private_fields_keep_types_and_presence_but_no_trace_of_values() -> None:
    inferred = infer(
        [{"person": {"ssn": 123456789, "tags": ["secret"]}, "name": "Ada"}] * 3,
        "hr",
        "staff",
        private_paths=["person"],
    )
    private = [field for field in inferred.schema.fields if field.private]
    assert [field.path for field in private] == ["person", "person.ssn", "person.tags"]
    assert {field.presence for field in private} == {1.0}
    assert "123456789" not in inferred.schema.model_dump_json()
    assert "secret" not in inferred.schema.model_dump_json()
    assert set(inferred.values) == {"name"}


def test_settings_name_private_fields_by_collection_or_by_database() -> None:
    entries = ["staff.salary", "hr.staff.person.ssn", "orders.total", "other.staff.x", "staff"]
    assert private_paths_for(entries, "hr", "staff") == ("person.ssn", "salary")
    assert private_paths_for(["a.b.c"], "hr", "a.b") == ("c",)


def test_an_object_used_as_a_dictionary_has_no_children() -> None:
    by_day = [{"visits": {f"2025-01-{day:02}": day for day in range(1, 9)}} for _ in range(5)]
    by_user = [{"visits": {str(ObjectId()): 1 for _ in range(3)}} for _ in range(50)]
    by_word = [{"visits": {f"w{n:x}q": 1, f"w{n + 1:x}q": 1}} for n in range(100)]
    for documents in (by_day, by_user, by_word):
        assert [f.path for f in schema_of(*documents).fields] == ["visits"]


def test_an_object_with_many_fixed_fields_is_no_dictionary() -> None:
    document = {"answers": {f"question_{number}": "yes" for number in range(60)}}
    assert len(schema_of(*[document] * 3).fields) == 61


def test_keys_that_no_query_can_name_are_left_out() -> None:
    assert [f.path for f in schema_of({"a.b": 1, "$c": 1, "": 1, "ok": 1}).fields] == ["ok"]


def test_the_number_of_paths_is_bounded_and_the_common_ones_stay() -> None:
    documents = [{"common": {"name": 1}, **{f"k{n}_{i}": 1 for i in range(20)}} for n in range(60)]
    schema = schema_of(*documents)
    assert len(schema.fields) == MAX_PATHS
    assert {"common", "common.name"} <= set(schema.by_path)


def test_strange_documents_cost_little() -> None:
    deep: dict[str, object] = {}
    for _ in range(90):
        deep = {"d": deep}
    documents = [
        {"vector": [0.1] * 1536, "deep": deep, "log": [{"e": [{"n": i}] * 50} for i in range(200)],
         "map": {f"{n}:{i}": 1 for i in range(500)}}
        for n in range(300)
    ]  # fmt: skip
    started = time.perf_counter()
    schema = schema_of(*documents)
    assert time.perf_counter() - started < 15
    assert "map" in schema.by_path
    assert not any(path.startswith("map.") for path in schema.by_path)


def test_two_thousand_documents_take_well_under_two_seconds() -> None:
    source = random.Random(1)
    documents = [
        {
            "_id": ObjectId(),
            "customer": {"name": f"n{source.randrange(500)}", "city": source.choice("abc")},
            "placed": datetime(2025, 1, 1) + timedelta(hours=n),
            "total": Decimal128(f"{source.randrange(10_000)}.50"),
            "items": [{"sku": f"s{i}", "price": 1.5 * i, "tags": ["x"]} for i in range(n % 6)],
        }
        for n in range(2_000)
    ]
    started = time.process_time()
    schema_of(*documents)
    assert time.process_time() - started < 2


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-2, 2)
    | st.text("ab1.$", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab.$", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.text("abc", max_size=2), _VALUES, max_size=4), max_size=6))
def test_any_documents_give_a_schema_that_survives_json_and_reordering(
    documents: list[dict[str, object]],
) -> None:
    schema = schema_of(*documents)
    assert CollectionSchema.model_validate_json(schema.model_dump_json()) == schema
    assert schema_of(*reversed(documents)).digest == schema.digest
    paths = [field.path for field in schema.fields]
    assert paths == sorted(paths)
    for field in schema.fields:
        parent = field.path.rpartition(".")[0]
        assert not parent or parent in schema.by_path
        assert abs(sum(field.types.values()) - 1) < 0.01
        assert 0 < field.presence <= 1


def test_the_digest_follows_content_and_indexes_but_not_counts() -> None:
    documents = [{"a": 1}, {"a": 2}]
    index = IndexSchema(name="a_1", keys=(("a", "1"),))
    plain = infer_collection(documents, "d", "c", 2)
    assert infer_collection(documents, "d", "c", 99).digest == plain.digest
    assert infer_collection(documents, "d", "c", 2, [index]).digest != plain.digest
    assert infer_collection([{"a": 1}, {"a": 3}], "d", "c", 2).digest != plain.digest


def test_no_documents_give_an_empty_schema() -> None:
    schema = schema_of()
    assert (schema.fields, schema.sampled, schema.document_count) == ((), 0, 0)


def _place(longitude: float, latitude: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


@pytest.mark.parametrize(
    ("values", "point"),
    [
        ([_place(16.4, 48.2), _place(-2, 51.5), None], GEOJSON),
        ([{"lat": 48.2, "lng": 16.4}, {"lat": -2, "lng": 5}], ("lng", "lat")),
        ([{"longitude": 16.4, "latitude": 48.2}], ("longitude", "latitude")),
        ([{"lat": 148.2, "lng": 16.4}], None),
        ([{"lat": "48.2", "lng": "16.4"}], None),
        ([{"lat": 48.2, "lng": 16.4, "street": "Ring"}], None),
        ([_place(16.4, 48.2), {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}], None),
        ([{"type": "Point", "coordinates": ["16.4", "48.2"]}], None),
        ([[_place(16.4, 48.2)]], None),
        (["here"], None),
    ],
)
def test_points_on_the_earth_are_recognised(
    values: list[object], point: tuple[str, str] | None
) -> None:
    assert field_of(*values).point == point


def test_what_is_inside_a_point_is_nothing_by_itself() -> None:
    schema = schema_of({"_id": 1, "site": {"at": _place(16.4, 48.2), "name": "Depot"}})
    assert [field.path for field in schema.values] == ["_id", "site.at", "site.name"]
    assert CollectionSchema.model_validate_json(schema.model_dump_json()) == schema


def test_points_are_not_looked_for_in_private_fields() -> None:
    schema = schema_of({"at": _place(16.4, 48.2)}, private=("at.coordinates",))
    assert schema.by_path["at"].point is None


def test_fields_that_are_no_points_are_written_as_before_there_were_points() -> None:
    assert "point" not in schema_of({"at": 3}).model_dump_json()
