"""`mqt ask` says who wrote the query, and warns when the language model was of no use."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from mqt_serving.platform.asking import show

ANSWER: dict[str, Any] = {
    "question": "How many?",
    "meaning": "Count orders",
    "mongosh": "db.orders.countDocuments()",
    "confidence": 0.5,
    "database": "shop",
    "release_id": "one",
}


def shown(**more: Any) -> str:
    text = StringIO()
    show({**ANSWER, **more}, Console(file=text, width=200))
    return text.getvalue()


def test_an_answer_names_the_model_that_wrote_it() -> None:
    assert "by tiny" in shown(source="llm", llm={"model": "tiny", "warning": ""})
    assert "by tiny" not in shown(source="model", llm=None)


def test_a_warning_is_shown() -> None:
    warning = "The language model tiny took too long; the local translator answered."
    assert warning in shown(source="model", llm={"model": "tiny", "warning": warning})
    assert "Warning" not in shown(source="llm", llm={"model": "tiny", "warning": ""})
