"""The real server in front of the small shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from mqt_serving.settings import Settings
from tests.mqt_serving.http.running import serve, wait_for_release


@pytest.fixture
def client(settings: Settings, release: Callable[..., str]) -> Iterator[httpx.Client]:
    """With release `one` live."""
    release("one")
    with serve(settings) as client:
        wait_for_release(client, "one")
        yield client
