"""The page of insights in a real browser, and the route behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from mqt_serving.insights import (
    INSIGHTS,
    Cluster,
    DayFigures,
    InsightsReport,
    Pattern,
    Remark,
    Sentiment,
    document_of,
)
from mqt_serving.schema import Catalog
from mqt_serving.settings import JOURNAL_DATABASE
from tests.browser import needs_browser, open_browser

LAST = date(2026, 11, 20)
MARKUP = "<img src=x onerror=alert(1)>"


def figures(day: date, failed: int) -> DayFigures:
    return DayFigures(
        day=day,
        asked=100,
        failed=failed,
        low=failed / 100 - 0.05,
        high=failed / 100 + 0.05,
        errors=2,
        comments=3,
        sentiment=-0.2,
    )


def report(database: str, failed: int = 20) -> InsightsReport:
    return InsightsReport(
        figures=figures(LAST, failed),
        clusters=(
            Cluster(
                label="late deliveries, carrier",
                asked=12,
                questions=3,
                share=0.6,
                databases=(database,),
                why={"voted down": 9, "query-failed": 3},
                examples=("Late deliveries by carrier", MARKUP),
            ),
        ),
        alone=8,
        patterns=(
            Pattern(
                dimension="field",
                value="orders.total",
                database=database,
                collection="orders",
                path="total",
                asked=30,
                failed=15,
                rate=0.5,
                low=0.33,
                high=0.67,
                rest=0.07,
                lift=7.0,
                excess=7.8,
                stands_out=True,
            ),
            Pattern(
                dimension="release",
                value="r7",
                asked=50,
                failed=11,
                rate=0.22,
                low=0.13,
                high=0.35,
                rest=0.18,
                lift=1.22,
                excess=-2,
                stands_out=False,
            ),
        ),
        sentiment=Sentiment(
            comments=3,
            positive=1,
            negative=2,
            mean=-0.2,
            worst=(Remark(text="terribly wrong", sentiment=-0.7),),
        ),
        reasons={"wrong-filter": 4},
        signals={"copied": 6},
        notes=("The newest 100 of 700 queries were looked at.",),
        hidden=(f"{database}.customers.email",),
    )


@pytest.fixture
def kept(mongo_client: MongoClient[dict[str, Any]], catalog: Catalog) -> Iterator[None]:
    """Ten days of insights, one of them missing."""
    insights = mongo_client[JOURNAL_DATABASE][INSIGHTS]
    insights.drop()
    for before in (0, 1, 2, 3, 5, 6, 7, 8, 9):
        day = LAST - timedelta(days=before)
        one = report(catalog.database).model_copy(update={"figures": figures(day, 20 - before)})
        insights.insert_one(document_of(one, "run"))
    yield
    insights.drop()


def test_the_route_gives_the_trend_and_one_report(client: httpx.Client, kept: None) -> None:
    body = client.get("/v1/insights", params={"days": 4}).json()
    assert [day["day"] for day in body["trend"]] == [
        "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20",
    ]  # fmt: skip
    assert body["report"]["figures"]["day"] == "2026-11-20"
    assert body["report"]["clusters"][0]["label"] == "late deliveries, carrier"
    earlier = client.get("/v1/insights", params={"day": "2026-11-18"}).json()
    assert earlier["report"]["figures"]["failed"] == 18


@pytest.mark.parametrize("days", ["0", "91", "many"])
def test_the_route_is_bounded(client: httpx.Client, days: str) -> None:
    assert client.get("/v1/insights", params={"days": days}).status_code == 422


def test_a_day_without_insights_is_a_problem_that_says_what_to_do(
    client: httpx.Client, kept: None
) -> None:
    reply = client.get("/v1/insights", params={"day": "2020-01-01"})
    assert reply.status_code == 404
    assert reply.json()["code"] == "unknown-day"
    assert "materialize" in reply.json()["detail"]


class InsightsPage:
    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        driver.get(url)

    def until_sees(self, element_id: str) -> None:
        WebDriverWait(self.driver, 10).until(lambda _: self.sees(element_id))

    def until(self, element_id: str, text: str) -> None:
        WebDriverWait(self.driver, 10).until(lambda _: text in self.text(element_id))

    def sees(self, element_id: str) -> bool:
        return self.driver.find_element(By.ID, element_id).is_displayed()

    def text(self, element_id: str) -> str:
        return self.driver.find_element(By.ID, element_id).text


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: webdriver.Chrome, client: httpx.Client) -> Iterator[InsightsPage]:
    yield InsightsPage(driver, f"{client.base_url}/insights")
    logged: list[dict[str, Any]] = driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert [e["message"] for e in logged if "Failed to load resource" not in e["message"]] == []


@needs_browser
def test_the_page_shows_a_day(kept: None, page: InsightsPage, catalog: Catalog) -> None:
    page.until_sees("report")
    assert page.text("figures-title") == "2026-11-20 in numbers"
    assert "15 % to 25 %" in page.text("figures")
    assert "late deliveries, carrier" in page.text("clusters")
    assert "9 voted down, 3 query-failed" in page.text("clusters")
    assert page.text("alone") == "8 failures are in no cluster."
    assert f"{catalog.database}.orders.total" in page.text("patterns")
    assert "15 of 30" in page.text("patterns")
    assert "7.0×" in page.text("patterns")
    bold = page.driver.find_elements(By.CSS_SELECTOR, "#patterns .stands-out")
    assert len(bold) == 1
    assert "1 positive, 0 neutral, 2 negative" in page.text("sentiment")
    assert "terribly wrong" in page.text("remarks")
    assert "wrong-filter" in page.text("said")
    assert "newest 100 of 700" in page.text("notes")


@needs_browser
def test_the_trend_has_a_point_a_day_and_no_line_over_days_without_a_report(
    kept: None, page: InsightsPage
) -> None:
    page.until_sees("report")
    find = page.driver.find_elements
    assert len(find(By.CSS_SELECTOR, "#trend .point")) == 9
    assert len(find(By.CSS_SELECTOR, "#trend .line")) == 2
    chosen = find(By.CSS_SELECTOR, "#trend [aria-pressed=true]")
    assert [each.get_attribute("aria-label") for each in chosen] == [
        "2026-11-20: 20 of 100 questions failed"
    ]


@needs_browser
def test_another_day_by_list_or_in_the_plot(kept: None, page: InsightsPage) -> None:
    page.until_sees("report")
    Select(page.driver.find_element(By.ID, "day")).select_by_value("2026-11-18")
    page.until("figures-title", "2026-11-18")
    first = page.driver.find_elements(By.CSS_SELECTOR, "#trend [role=button]")[0]
    first.send_keys(Keys.ENTER)
    page.until("figures-title", "2026-11-11")
    Select(page.driver.find_element(By.ID, "days")).select_by_value("7")
    page.until("figures-title", "2026-11-20")
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "#trend .point")) == 7


@needs_browser
def test_markup_in_questions_stays_text(kept: None, page: InsightsPage) -> None:
    page.until_sees("report")
    assert MARKUP in page.text("clusters")
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#clusters img")


@needs_browser
def test_without_insights_the_page_says_how_to_get_them(
    page: InsightsPage, mongo_client: MongoClient[dict[str, Any]]
) -> None:
    page.until_sees("empty")
    assert "feedback_insights" in page.text("empty")
    assert not page.sees("report")


@needs_browser
def test_every_control_has_a_name_and_the_pages_lead_to_each_other(
    kept: None, page: InsightsPage
) -> None:
    page.until_sees("report")
    find = page.driver.find_elements
    for control in find(By.CSS_SELECTOR, "button, select, a, summary, [role=button]"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")
    find(By.LINK_TEXT, "Ask a question")[0].click()
    page.until_sees("insights-link")
    find(By.ID, "insights-link")[0].click()
    page.until_sees("report")
