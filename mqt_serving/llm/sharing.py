"""What may be sent to an endpoint. Pure.

No document leaves the owner's machines: values of documents, and corrections (which may quote
them), go to an endpoint on this machine only, unless the owner says otherwise. Private fields are
never sent, not even their names.
"""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from typing import Literal
from urllib.parse import urlsplit


class Sharing(IntEnum):
    """Each level includes those before it."""

    SCHEMA = 0  # names and types of collections and fields
    EXAMPLES = 1  # corrections: questions and queries that people wrote
    VALUES = 2  # sample values of documents, and what MongoDB says of a failed query


def sharing_of(url: str, setting: Literal["", "schema", "examples", "values"]) -> Sharing:
    if setting:
        return Sharing[setting.upper()]
    return Sharing.VALUES if is_loopback(url) else Sharing.SCHEMA


def is_loopback(url: str) -> bool:
    """Whether the address can only be this machine. A name other than `localhost` is not."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
