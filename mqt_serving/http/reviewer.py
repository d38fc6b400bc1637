"""Who may review: the proof of the role, until there is a login.

With `MQT_REVIEW_TOKEN` set, whoever sends it as a bearer token. Without it, requests from this
machine alone, and only while MQT listens on it alone: then nobody else can send any. A request that
came through a proxy, or under a foreign host name (a page of another site that points its name
here), is from elsewhere.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from ipaddress import ip_address

from mqt_serving.settings import Settings

_PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Reviewers:
    def __init__(self, settings: Settings) -> None:
        self._token = settings.review_token.get_secret_value()
        self._local_only = is_loopback(settings.host)

    def proof(self, headers: Mapping[str, str], address: str) -> str:
        """How the request proves the role: `token`, `local`, or empty for not at all."""
        if self._token:
            given = headers.get("authorization", "").removeprefix("Bearer ").strip()
            return "token" if hmac.compare_digest(given.encode(), self._token.encode()) else ""
        if not self._local_only or any(name in headers for name in _PROXIED):
            return ""
        host = _name_of(headers.get("host", ""))
        return "local" if is_loopback(address) and is_loopback(host) else ""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    """Without the port: `[::1]:8000` is `::1`."""
    if host.startswith("["):
        return host[1:].split("]")[0]
    return host.rsplit(":", 1)[0] if ":" in host else host
