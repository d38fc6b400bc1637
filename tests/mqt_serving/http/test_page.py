"""The web page in a real browser: ask, look, choose, correct, with keyboard and hostile data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mqt_serving.http.app import STATIC
from mqt_serving.settings import JOURNAL_DATABASE
from tests.browser import Page, needs_browser, open_browser

pytestmark = needs_browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: webdriver.Chrome, client: httpx.Client) -> Iterator[Page]:
    opened = Page(driver, str(client.base_url))
    yield opened
    assert opened.problems_in_console() == []


def test_ask_answer_and_correction(page: Page, mongo_client: MongoClient[dict[str, Any]]) -> None:
    page.ask("Orders by status")
    assert "status" in page.text("meaning")
    assert "shipped" in page.text("result")
    assert page.text("row-count") == "2 rows"
    assert page.text("query-code").startswith("db.orders.aggregate(")
    assert page.text("confidence-text") == "70 %"
    assert "to translate" in page.text("timings")
    assert page.text("answer-release") == "one"

    page.find("thumb-down").click()
    assert page.find("corrected").get_attribute("value").startswith("db.orders.aggregate(")
    page.write("db.orders.countDocuments({status: 'new'})")
    page.find("send-correction").click()
    page.until(lambda: page.sees("confirmation"))
    assert "The correction is kept" in page.text("confirmation")
    assert not page.sees("correction")
    kept = mongo_client[JOURNAL_DATABASE].feedback.find_one(
        {"question": "Orders by status", "verdict": "down"}, sort=[("at", -1)]
    )
    assert kept is not None
    assert "new" in kept["corrected_query"]


def test_a_correction_that_contradicts_another_is_said_to_wait_for_a_reviewer(
    page: Page, client: httpx.Client
) -> None:
    asked = client.post("/v1/query", json={"question": "Orders by status"}).json()["query_id"]
    right = "db.orders.countDocuments({status: 'new'})"
    said = {"query_id": asked, "corrected_query": right, "author": "<i>Ada</i>"}
    first = client.post("/v1/feedback", json=said, headers={"X-MQT-Session": "ada"}).json()
    assert first["status"] == "accepted"

    page.ask("Orders by status")
    assert "corrected by <i>Ada</i>" in page.text("source")
    assert page.text("result").startswith("2")
    page.find("thumb-down").click()
    page.write("db.orders.countDocuments({status: 'shipped'})")
    page.find("send-correction").click()
    page.until(lambda: page.sees("confirmation"))
    told = page.text("confirmation")
    assert "The correction is kept" in told
    assert f"It contradicts correction {first['feedback_id']} by <i>Ada</i>" in told
    assert "a reviewer decides. Until then the accepted one stays." in told
    assert "from now on" not in told
    page.ask("Orders by status")
    assert page.text("result").startswith("2")


def test_a_wrong_query_is_shown_where_it_is_wrong_and_can_be_mended(page: Page) -> None:
    page.ask("Orders by status")
    page.find("thumb-down").click()
    page.write("db.orders.find(\n  {status: })")
    page.find("send-correction").click()
    page.until(lambda: page.sees("corrected-error"))
    assert "line 2" in page.text("corrected-error")
    assert page.find("corrected").get_attribute("aria-invalid") == "true"
    caret = page.driver.execute_script("return document.activeElement.selectionStart")
    assert caret > len("db.orders.find(\n")
    page.write("db.orders.deleteMany({})")
    assert not page.sees("corrected-error")
    page.find("send-correction").click()
    page.until(lambda: page.sees("corrected-error"))
    assert "deleteMany" in page.text("corrected-error")
    page.write("db.orders.countDocuments({status: 'new'})")
    page.find("corrected").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.sees("corrected-result"))
    assert "2" in page.text("corrected-result")
    assert "Runs." in page.text("corrected-meaning")


def test_long_decimals_are_rounded_for_people(page: Page) -> None:
    page.ask("Orders by status")
    page.find("thumb-down").click()
    page.write(
        "db.orders.aggregate([{$match: {total: {$lt: NumberDecimal('26'), $ne: "
        "NumberDecimal('10')}}}, {$group: {_id: null, average: {$avg: '$total'}}}])"
    )
    page.find("corrected").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.sees("corrected-result"))
    assert "14.9167" in page.text("corrected-result")
    assert "14.91666" not in page.text("corrected-result")


def test_another_reading_can_be_chosen_and_approved(page: Page) -> None:
    page.ask("How many orders were shipped?")
    assert page.text("result").startswith("3")
    readings = page.driver.find_elements(By.CSS_SELECTOR, "#candidates input")
    assert len(readings) == 3
    readings[1].click()
    page.until(lambda: page.text("result").startswith("5"))
    assert page.text("confidence-text") == "15 %"
    page.find("thumb-up").click()
    page.until(lambda: "kept as the right one" in page.text("verdict-status"))


def test_which_of_two_readings_is_meant_can_be_said(
    page: Page, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    def kept() -> dict[str, Any] | None:
        return mongo_client[JOURNAL_DATABASE].feedback.find_one(
            {"question": "How many are there?"}, sort=[("at", -1)]
        )

    page.ask("How many are there?")
    assert page.text("result").startswith("5")
    assert page.text("choice-question") == "Count orders or count customers?"
    buttons = page.driver.find_elements(By.CSS_SELECTOR, "#options button")
    assert [button.text.split("\n") for button in buttons] == [
        ["count orders", "50 %"],
        ["count customers", "40 %"],
    ]
    previews = page.driver.find_elements(By.CSS_SELECTOR, "#options .table-wrap")
    assert [preview.text.split()[0] for preview in previews] == ["5", "2"]
    buttons[1].click()
    page.until(lambda: "kept as the right one" in page.text("verdict-status"))
    assert page.text("result").startswith("2")
    assert buttons[1].get_attribute("aria-pressed") == "true"
    assert page.driver.find_elements(By.CSS_SELECTOR, "#candidates input")[1].is_selected()
    first = kept()
    assert first is not None
    assert (first["verdict"], first["status"]) == ("down", "accepted")
    assert "customers" in first["corrected_query"]

    buttons[0].click()  # on second thoughts
    page.until(lambda: page.text("result").startswith("5"))
    page.until(lambda: (kept() or first)["_id"] != first["_id"])
    again = kept()
    assert again is not None
    assert "orders" in again["corrected_query"]

    page.ask("Orders by status")
    assert not page.sees("choice")


def test_approval_is_noted(page: Page) -> None:
    page.ask("Orders by status")
    page.find("thumb-up").click()
    page.until(lambda: "It is noted" in page.text("verdict-status"))
    assert page.find("thumb-up").get_attribute("aria-pressed") == "true"


def said_about(
    mongo_client: MongoClient[dict[str, Any]], question: str, **wanted: Any
) -> list[dict[str, Any]]:
    wanted = {"question": question, **wanted}
    return list(mongo_client[JOURNAL_DATABASE].feedback.find(wanted).sort("at", 1))


def test_stars_reasons_and_words_are_kept(
    page: Page, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})
    page.ask("The two dearest orders")
    page.driver.find_element(By.CSS_SELECTOR, "#stars input[value='2']").send_keys(Keys.SPACE)
    page.until(lambda: "2 of 5" in page.text("verdict-status"))
    page.find("say-more").click()
    for reason in ("missing-field", "unclear"):
        page.driver.find_element(By.CSS_SELECTOR, f"#reasons input[value='{reason}']").click()
    page.find("expected").send_keys("with their customers")
    page.find("remark").send_keys("<b>please</b>")
    page.find("send-opinion").click()
    page.until(lambda: "noted" in page.text("verdict-status"))
    assert not page.sees("opinion")
    rated, explained = said_about(mongo_client, "The two dearest orders")
    assert rated["rating"] == 2
    assert explained["reasons"] == ["missing-field", "unclear"]
    assert explained["expected_answer"] == "with their customers"
    assert explained["comment"] == "<b>please</b>"
    assert rated["client_key"] != explained["client_key"]

    page.ask("Orders by status")  # a new answer begins with nothing said
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#stars :checked, #reasons :checked")


def test_saying_nothing_is_told_what_to_give(page: Page) -> None:
    page.ask("Orders by status")
    page.find("say-more").click()
    page.find("send-opinion").click()
    page.until(lambda: "at least one" in page.text("verdict-status"))
    assert page.sees("opinion")


def test_a_second_click_says_the_same_once(
    page: Page, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})
    page.ask("Orders by status")
    for _ in range(3):
        page.find("thumb-up").click()
        page.until(lambda: "noted" in page.text("verdict-status"))
    page.find("thumb-down").click()
    page.until(lambda: "What is wrong" in page.text("verdict-status"))
    verdicts = [document["verdict"] for document in said_about(mongo_client, "Orders by status")]
    assert verdicts == ["up", "down"]
    assert page.sees("opinion") and page.sees("correction")


def test_a_picked_reading_is_sent_by_its_index(
    page: Page, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})
    page.ask("How many are there?")
    page.driver.find_elements(By.CSS_SELECTOR, "#options button")[1].click()
    page.until(lambda: "kept as the right one" in page.text("verdict-status"))
    (kept,) = said_about(mongo_client, "How many are there?")
    assert (kept["picked_candidate"], kept["status"]) == (1, "accepted")
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})


def test_what_is_done_with_answers_is_told_in_passing(
    page: Page, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].feedback.delete_many({})

    def signals(question: str) -> list[str]:
        found = said_about(mongo_client, question, signals={"$ne": []})
        return sorted(signal for document in found for signal in document["signals"])

    page.ask("Orders by status")
    page.driver.execute_script(
        "document.getElementById('query-code').dispatchEvent(new ClipboardEvent('copy', "
        "{bubbles: true}))"
    )
    page.find("export").click()
    page.find("thumb-down").click()
    page.write("db.orders.find({})")
    page.find("cancel-correction").click()
    page.ask("Orders by status")
    page.until(lambda: signals("Orders by status") == ["copied", "edited", "exported", "rerun"])

    page.ask("How many orders are there?")
    page.ask("How many orders were there, ever?")  # the table does not know it
    page.until(lambda: signals("How many orders are there?") == ["rephrased"])
    page.driver.get("about:blank")
    page.until(lambda: signals("How many orders were there, ever?") == ["abandoned"])


def test_the_export_is_for_spreadsheets_and_runs_nothing_there(page: Page) -> None:
    csv = page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "import('/static/table.js').then(({csvOf}) => done(csvOf({columns: ['a', 'b,c'], rows: ["
        "{a: '=1+1', 'b,c': 'say \"hi\"'}, {a: '-12.50', 'b,c': null}, {a: '-x', 'b,c': [1]},"
        "{a: 3, 'b,c': 'two\\nlines'}]})))"
    )
    assert csv == ('a,"b,c"\r\n\'=1+1,"say ""hi"""\r\n-12.50,\r\n\'-x,[1]\r\n3,"two\nlines"\r\n')


def test_the_query_is_shown_in_every_language_with_colour(page: Page) -> None:
    page.ask("Orders by status")
    shown = {}
    for language in ("mongosh", "pymongo", "node", "extended_json"):
        tab = page.driver.switch_to.active_element if shown else page.find("tab-mongosh")
        assert tab.get_attribute("id") == f"tab-{language}"
        assert tab.get_attribute("aria-selected") == "true"
        assert page.driver.find_elements(By.CSS_SELECTOR, "#query-code .t-operator")
        shown[language] = page.text("query-code")
        tab.send_keys(Keys.ARROW_RIGHT)
    assert len(set(shown.values())) == 4
    assert 'await db.collection("orders").aggregate(' in shown["node"]
    assert '"aggregate": "orders"' in shown["extended_json"]
    assert page.driver.switch_to.active_element.get_attribute("id") == "tab-mongosh"


def test_markup_in_the_data_stays_text(page: Page) -> None:
    page.ask("Show all customers")
    assert "<img src=x onerror=alert(1)>" in page.text("result")
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#result img")
    page.ask("<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in page.text("problem-detail")


def test_a_question_about_nothing_in_the_data_can_be_taught(page: Page) -> None:
    page.ask("How is the weather?")
    assert page.text("problem-title") == "Cannot answer"
    page.find("problem-teach").click()
    page.write("db.orders.countDocuments({})")
    page.find("send-correction").click()
    page.until(lambda: page.sees("confirmation"))


def test_a_follow_up_is_said_to_be_one_and_can_be_asked_anew(page: Page) -> None:
    assert not page.sees("follow-up")
    page.ask("How many orders are there?")
    assert page.text("follow-up-of") == "How many orders are there?"
    assert not page.sees("read-after")
    page.ask("only the shipped ones")
    page.until(lambda: page.text("result").startswith("3"))
    assert page.text("read-after-question") == "How many orders are there?"
    assert page.text("source") == "the question before"
    assert page.text("follow-up-of") == "only the shipped ones"

    page.find("read-alone").click()
    page.until(lambda: page.sees("problem"))
    assert page.text("problem-title") == "Cannot answer"
    assert not page.sees("follow-up")


def test_a_follow_up_can_be_declined_before_asking(page: Page) -> None:
    page.ask("How many orders are there?")
    page.find("ask-anew").click()
    assert not page.sees("follow-up")
    assert page.driver.switch_to.active_element.get_attribute("id") == "question"
    page.ask("only the shipped ones")
    assert page.text("problem-title") == "Cannot answer"


def test_a_follow_up_is_of_the_reading_that_was_chosen(page: Page) -> None:
    page.ask("How many orders were shipped?")
    page.driver.find_elements(By.CSS_SELECTOR, "#candidates input")[1].click()
    page.until(lambda: page.text("result").startswith("5"))
    page.ask("only the new ones")
    page.until(lambda: page.text("result").startswith("2"))


def test_an_empty_question_gets_a_hint(page: Page) -> None:
    page.ask("")
    assert "empty" in page.text("problem-detail")
    assert not page.sees("problem-teach")


def test_an_example_is_asked_with_one_click(page: Page) -> None:
    buttons = page.driver.find_elements(By.CSS_SELECTOR, "#examples button")
    next(b for b in buttons if b.text == "How many orders are there?").click()
    page.until(lambda: page.sees("answer"))
    assert page.text("result").startswith("5")
    assert page.text("asked") == "How many orders are there?"


def test_the_schema_shows_what_can_be_asked_and_can_be_filtered(page: Page) -> None:
    assert "orders" in page.text("schema-tree")
    page.find("schema-filter").send_keys("status")
    assert "customers" not in page.text("schema-tree")
    page.until(lambda: "e.g. shipped, new" in page.text("schema-tree"))
    field = page.driver.find_element(By.CSS_SELECTOR, "#schema-tree li:not([hidden]) button")
    field.click()
    assert page.find("question").get_attribute("value").strip() == "status"
    assert "email" not in page.driver.page_source


def test_the_page_works_by_keyboard_alone(page: Page) -> None:
    body = page.driver.find_element(By.TAG_NAME, "body")
    page.find("schema-filter").click()
    page.driver.execute_script("document.activeElement.blur()")
    body.send_keys("/")
    assert page.driver.switch_to.active_element.get_attribute("id") == "question"
    page.ask("Orders by status")
    assert page.driver.switch_to.active_element.get_attribute("id") == "meaning"
    for _ in range(12):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        if page.driver.switch_to.active_element.get_attribute("id") == "thumb-up":
            break
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.until(lambda: "noted" in page.text("verdict-status"))


def test_every_control_has_a_name(page: Page) -> None:
    page.ask("How many orders were shipped?")
    page.find("thumb-down").click()
    for control in page.driver.find_elements(By.CSS_SELECTOR, "button, input, select, textarea"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")


def test_light_and_dark_can_be_switched(page: Page) -> None:
    def ground() -> str:
        script = "return getComputedStyle(document.body).backgroundColor"
        return str(page.driver.execute_script(script))

    before = ground()
    page.find("toggle-theme").click()
    assert ground() != before
    page.find("toggle-theme").click()
    assert ground() == before


def test_nothing_comes_from_elsewhere(page: Page, client: httpx.Client) -> None:
    page.ask("Orders by status")
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    for name in page.driver.execute_script(script):
        assert name.startswith(str(client.base_url)), name


def test_static_files_hold_no_foreign_addresses_and_no_markup_sinks() -> None:
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, path.name
        for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert sink not in text, (path.name, sink)
