"""Policies are read from a file, or the error says what is wrong in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mqt_serving.errors import QueryRefused, SettingError
from mqt_serving.policies import load_policies
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.guard import check
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import FieldTest, Find

BASE = Policy(Limits(max_rows=500), private=("orders.card",))


def written(folder: Path, content: Any) -> Path:
    file = folder / "policies.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_without_a_file_the_settings_hold_for_everybody() -> None:
    policies = load_policies(None, BASE)
    assert policies.of() == policies.of("anybody") == BASE


def test_a_principal_gets_what_the_file_says_and_others_the_default(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {
            "default": {"collections": {"orders": {"denied": ["cost"]}}, "others": True},
            "acme": {
                "collections": {
                    "orders": {"allowed": ["_id", "total"], "mandatory": {"tenant": "acme"}}
                },
                "limits": {"max_rows": 10},
            },
        },
    )
    policies = load_policies(file, BASE)
    assert policies.of("nobody").of("anything") == CollectionPolicy()
    assert policies.of("nobody").limits == BASE.limits
    acme = policies.of("acme")
    assert acme.of("anything") is None
    assert acme.limits.max_rows == 10
    command = check(parse_query("db.orders.find({total: 5})"), policy=acme)
    assert isinstance(command, Find)
    assert FieldTest("tenant", "$eq", "acme") in command.filter.items  # type: ignore[union-attr]
    with pytest.raises(QueryRefused, match="card of orders is private"):
        check(parse_query("db.orders.find({card: 5})"), policy=policies.of())


def test_a_mandatory_filter_is_extended_json(tmp_path: Path) -> None:
    owner = {"owner": {"$oid": "64b7f0a1c2d3e4f5a6b7c8d9"}, "year": {"$gte": 2024}}
    file = written(tmp_path, {"default": {"collections": {"orders": {"mandatory": owner}}}})
    own = load_policies(file, BASE).of().of("orders")
    assert own is not None
    assert "ObjectId('64b7f0a1c2d3e4f5a6b7c8d9')" in str(own.mandatory)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "Invalid JSON"),
        ({}, "no principal 'default'"),
        ({"default": {"colections": {}}}, "colections"),
        ({"default": {"collections": {"a": {"allow": []}}}}, "allow"),
        ({"default": {"collections": {"a": {"allowed": []}}}}, "default.a: name at least one"),
        ({"default": {"collections": {"a": {"mandatory": {"$where": "1"}}}}}, "default.a: .*where"),
        ({"default": {"collections": {"a": {"mandatory": {"x": {"$gth": 1}}}}}}, r"\$gth"),
        ({"default": {"limits": {"max_cows": 1}}}, "default: there is no limit max_cows"),
    ],
)
def test_a_wrong_file_is_an_error_that_says_where(content: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=words):
        load_policies(written(tmp_path, content), BASE)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="MQT_POLICY_FILE"):
        load_policies(tmp_path / "nothing.json", BASE)
