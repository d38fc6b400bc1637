"""The page of reviewers in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from mqt_serving.settings import JOURNAL_DATABASE
from tests.browser import Page, needs_browser, open_browser
from tests.mqt_serving.http.test_reviewing import NEW, SHIPPED, ask, correct

pytestmark = needs_browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


def test_a_contradiction_is_decided_on_the_page(
    driver: webdriver.Chrome, client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].queries.delete_many({})
    correct(client, "ada", NEW)
    held = correct(client, "bob", SHIPPED)["feedback_id"]
    driver.get(str(client.base_url))
    driver.find_element(By.ID, "to-review").click()
    wait = WebDriverWait(driver, 10)
    item = wait.until(lambda d: d.find_element(By.CSS_SELECTOR, f"li[data-id='{held}']"))
    assert "Orders by status" in item.text
    assert "new" in item.find_element(By.CLASS_NAME, "instead-of").text
    item.find_element(By.CLASS_NAME, "accept").click()
    wait.until(lambda _: "reason" in item.find_element(By.CLASS_NAME, "error").text)
    driver.find_element(By.ID, "by").send_keys("grace")
    item.find_element(By.CSS_SELECTOR, "label input").send_keys("sales say so")
    item.find_element(By.CLASS_NAME, "accept").click()
    wait.until(lambda _: "accepted" in item.find_element(By.CLASS_NAME, "decided").text)
    assert ask(client)["rows"] == [{"count": 3}]
    logged = driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert [e for e in logged if "Failed to load resource" not in e["message"]] == []


def test_accepted_corrections_that_disagree_are_shown_beside_each_other(
    driver: webdriver.Chrome, client: httpx.Client, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    mongo_client[JOURNAL_DATABASE].queries.delete_many({})
    correct(client, "ada", NEW)
    same_rows = "db.orders.countDocuments({status: {$in: ['new', 'nowhere']}})"
    disputed = correct(client, "bob", same_rows)["feedback_id"]
    driver.get(f"{client.base_url}/review")
    wait = WebDriverWait(driver, 10)
    item = wait.until(lambda d: d.find_element(By.CSS_SELECTOR, f"li[data-id='{disputed}']"))
    shown = item.find_element(By.CLASS_NAME, "eyebrow").text
    assert shown.casefold() == "people disagree, so it is not learned"
    assert "Also accepted:" in item.text
    assert "Answers now, by somebody:" in item.text
    assert "nowhere" not in item.find_element(By.CLASS_NAME, "instead-of").text
    assert "nowhere" in str(item.find_element(By.TAG_NAME, "textarea").get_attribute("value"))
    driver.find_element(By.ID, "by").send_keys("grace")
    item.find_element(By.CSS_SELECTOR, "label input").send_keys("nowhere is no status")
    item.find_element(By.CLASS_NAME, "reject").click()
    wait.until(lambda _: "revoked" in item.find_element(By.CLASS_NAME, "decided").text)
    assert 'status: "new" ' in ask(client)["mongosh"]


def test_an_answer_from_a_correction_can_be_taken_back_where_it_is_shown(
    driver: webdriver.Chrome, client: httpx.Client
) -> None:
    correct(client, "ada", NEW)
    page = Page(driver, str(client.base_url))
    page.ask("Orders by status")
    assert "corrected by" in page.text("source")
    page.find("revoke").click()
    prompt = WebDriverWait(driver, 10).until(lambda d: d.switch_to.alert)
    prompt.send_keys("it counts only new ones")
    prompt.accept()
    page.until(lambda: page.text("revoke") == "taken back")
    assert ask(client)["source"] == "model"
