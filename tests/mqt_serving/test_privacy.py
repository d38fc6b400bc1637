"""Private fields are marked by setting and taken out of whatever is shown."""

from __future__ import annotations

from mqt_serving.privacy import (
    covers,
    private_paths,
    readable,
    visible,
    with_private_fields,
    without_paths,
)
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import FieldTest
from mqt_serving.schema import BsonType, Catalog, CollectionSchema, FieldSchema, IndexSchema


def field(path: str) -> FieldSchema:
    return FieldSchema(path=path, types={BsonType.STRING: 1.0}, presence=1.0, samples=("x",))


STAFF = CollectionSchema(
    database="shop",
    collection="staff",
    document_count=1,
    sampled=1,
    fields=(field("name"), field("home"), field("home.city"), field("homepage")),
    indexes=(
        IndexSchema(name="city", keys=(("home.city", "1"),)),
        IndexSchema(name="name", keys=(("name", "1"),)),
    ),
)
CATALOG = Catalog(database="shop", collections=(STAFF,))


def test_a_setting_covers_everything_below_its_path_and_nothing_beside_it() -> None:
    for setting in ("staff.home", "shop.staff.home"):
        (staff,) = with_private_fields(CATALOG, [setting]).collections
        assert private_paths(staff) == {"home", "home.city"}
        assert staff.by_path["home.city"].samples == ()
        assert staff.by_path["homepage"].samples == ("x",)


def test_settings_of_other_places_change_nothing() -> None:
    assert with_private_fields(CATALOG, ["other.staff.home", "orders.home"]) == CATALOG


def test_looked_up_fields_are_those_of_the_marked_schema() -> None:
    assert CATALOG.by_name["staff"].by_path["home"].private is False  # fills the cached properties
    marked = with_private_fields(CATALOG, ["staff.home"])
    assert marked.by_name["staff"].by_path["home"].private is True


def test_what_is_visible_has_neither_the_fields_nor_indexes_over_them() -> None:
    (staff,) = with_private_fields(CATALOG, ["staff.home"]).collections
    assert [f.path for f in visible(staff).fields] == ["name", "homepage"]
    assert [i.name for i in visible(staff).indexes] == ["name"]


def test_values_are_taken_out_of_nested_objects_and_arrays() -> None:
    row = {"a": [{"b": 1, "c": 2}, {"b": 3}], "b": 4, "d": {"e": {"f": 5, "g": 6}}}
    assert without_paths(row, {"a.b", "d.e.f"}) == {
        "a": [{"c": 2}, {}],
        "b": 4,
        "d": {"e": {"g": 6}},
    }


def test_a_path_is_covered_by_itself_and_its_parents() -> None:
    assert covers({"a.b"}, "a.b.c")
    assert covers({"a.b"}, "a.b")
    assert not covers({"a.b"}, "a.bc")
    assert not covers({"a.b"}, "a")


def _left(own: CollectionPolicy | None) -> CollectionSchema | None:
    policy = Policy(collections=(("staff", own),) if own else (), others=None)
    return readable(CATALOG, policy).by_name.get("staff")


def test_a_collection_that_may_not_be_read_is_not_shown() -> None:
    assert _left(None) is None


def test_denied_fields_and_those_that_are_not_allowed_are_private() -> None:
    denied = _left(CollectionPolicy(denied=frozenset({"home"})))
    assert denied is not None and private_paths(denied) == {"home", "home.city"}
    allowed = _left(CollectionPolicy(allowed=frozenset({"name", "home.city"})))
    assert allowed is not None and private_paths(allowed) == {"homepage"}
    assert allowed.by_path["homepage"].samples == ()
    assert allowed.by_path["name"].samples == ("x",)


def test_values_that_may_be_of_other_documents_are_not_shown() -> None:
    own = _left(CollectionPolicy(mandatory=FieldTest("tenant", "$eq", "acme")))
    assert own is not None
    assert private_paths(own) == frozenset()
    assert all(field.samples == () for field in own.fields)


def test_a_policy_that_hides_nothing_changes_nothing() -> None:
    assert readable(CATALOG, Policy()) == CATALOG
