"""The web page says when a language model wrote the query, and when it was of no use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mqt_serving.settings import Settings
from tests.browser import Page, needs_browser, open_browser
from tests.mqt_serving.http.running import serve, wait_for_release
from tests.mqt_serving.llm.chat_server import chat_server, refused

pytestmark = needs_browser
ASKED = "How many orders were shipped?"


def test_the_page_names_the_source_and_shows_the_warning(
    settings: Settings, release: Callable[..., str], tmp_path: Path
) -> None:
    release("one")
    right = 'db.orders.countDocuments({status: "shipped"})'
    with chat_server(right, refused(500, "oops")) as server:
        changes = {"llm_url": server.url, "llm_model": "tiny"}
        with serve(settings.model_copy(update=changes)) as client:
            wait_for_release(client, "one")
            browser = open_browser(tmp_path)
            try:
                page = Page(browser, str(client.base_url))
                page.ask(ASKED)
                assert page.text("source") == "a language model"
                assert page.text("confidence-text") == "50 %"
                assert "language model" not in page.text("notes")
                page.ask(ASKED)
                page.until(lambda: page.text("source") == "model")
                assert "tiny failed; the local translator answered" in page.text("notes")
                assert page.problems_in_console() == []
            finally:
                browser.quit()
