"""Policies by principal, read from the JSON file that `MQT_POLICY_FILE` names.

    {"default": {"collections": {"orders": {"allowed": ["_id", "total"], "denied": [],
                                            "mandatory": {"tenant": "a"}}},
                 "others": false,
                 "limits": {"max_rows": 100}}}

`mandatory` is a MongoDB filter in Extended JSON. `others` says whether collections that are not
named may be read (default: they may not). `limits` are fields of `Limits`; what is left out is
as the settings say. Who is not named gets `default`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from mqt_serving.errors import MqtError, SettingError
from mqt_serving.query.dialects.parsing import parse_query
from mqt_serving.query.guarding.limits import Limits
from mqt_serving.query.guarding.policy import CollectionPolicy, Policy
from mqt_serving.query.pipeline import AllOf, Filter, Find

DEFAULT = "default"


class _Collection(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allowed: tuple[str, ...] | None = None
    denied: tuple[str, ...] = ()
    mandatory: dict[str, object] = {}


class _Principal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    collections: dict[str, _Collection] = {}
    others: bool = False
    limits: dict[str, int] = {}


_FILE = TypeAdapter(dict[str, _Principal])


@dataclass(frozen=True, slots=True)
class Policies:
    by_principal: Mapping[str, Policy]

    def of(self, principal: str = DEFAULT) -> Policy:
        return self.by_principal.get(principal) or self.by_principal[DEFAULT]


def load_policies(file: Path | None, base: Policy) -> Policies:
    """The policies of the file on top of `base` (limits and private fields of the settings).

    Raises `SettingError` naming the principal and collection that is wrong.
    """
    if file is None:
        return Policies({DEFAULT: base})
    try:
        found = _FILE.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise SettingError(f"MQT_POLICY_FILE={file}: {error}") from error
    if DEFAULT not in found:
        raise SettingError(
            f"MQT_POLICY_FILE={file}: there is no principal {DEFAULT!r}, which holds for everybody "
            "who is not named. Add it."
        )
    try:
        return Policies({name: _policy(name, one, base) for name, one in found.items()})
    except (MqtError, ValueError) as error:
        raise SettingError(f"MQT_POLICY_FILE={file}: {error}") from error


def _policy(name: str, principal: _Principal, base: Policy) -> Policy:
    known = {field.name for field in fields(Limits)}
    if unknown := sorted(set(principal.limits) - known):
        raise ValueError(
            f"{name}: there is no limit {unknown[0]}. Known are {', '.join(sorted(known))}."
        )
    return Policy(
        limits=replace(base.limits, **principal.limits),
        collections=tuple(
            (collection, _collection(f"{name}.{collection}", one))
            for collection, one in principal.collections.items()
        ),
        others=CollectionPolicy() if principal.others else None,
        private=base.private,
    )


def _collection(where: str, one: _Collection) -> CollectionPolicy:
    try:
        return CollectionPolicy(
            allowed=None if one.allowed is None else frozenset(one.allowed),
            denied=frozenset(one.denied),
            mandatory=_filter(one.mandatory),
        )
    except (MqtError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _filter(document: Mapping[str, object]) -> Filter:
    command = parse_query(json.dumps({"find": "c", "filter": document}))
    return command.filter if isinstance(command, Find) else AllOf(())
