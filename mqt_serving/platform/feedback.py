"""Feedback about an answer, sent to a running MQT over HTTP, and its receipt in a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from rich.console import Console
from rich.markup import escape

from mqt_serving.platform.asking import call


def send(base: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt as the API gives it, for `said` as the API takes it.

    Without a `client_key` it gets one that its content gives: the same again is kept once, so that
    whoever does not know whether it arrived can send it again. Raises what `call` raises.
    """
    key = uuid5(NAMESPACE_URL, f"mqt:said:{json.dumps(said, sort_keys=True)}")
    return call(base, "POST", "/v1/feedback", {"client_key": str(key), **said})


def show(receipt: Mapping[str, Any], console: Console) -> None:
    """What became of it, and of a correction what it means."""
    console.print(f"[bold]Feedback[/]  {receipt['status']}: {escape(receipt['reason'])}")
    if corrected := receipt.get("corrected"):
        console.print(f"[bold]Meaning[/]   {escape(corrected['meaning'])}")
        for note in corrected.get("notes", ()):
            console.print(f"[bold]Note[/]      {escape(note)}")
        console.print(f"[bold]Query[/]     {escape(corrected['mongosh'])}")
    console.print(f"[dim]          id {escape(receipt['feedback_id'])}[/]")
