"""`docs/query-language.md` is what its generator gives, and so what the language is."""

from __future__ import annotations

from docs.query_language import PAGE, page, sample_catalog
from mqt_serving.query.operators import EXPRESSIONS, STAGES


def test_the_page_is_up_to_date() -> None:
    fresh = page(sample_catalog())
    assert PAGE.read_text(encoding="utf-8") == fresh, "run `python -m docs.query_language`"
    assert all(f"| `{name}` |" in fresh for name in (*STAGES, *EXPRESSIONS))
