"""Experiments over HTTP and in a real browser: the one that runs, and how others came out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from mqt_serving.experiment_reports import (
    FOLDER,
    Arm,
    Bounds,
    Ending,
    ExperimentReport,
    OutcomeFigures,
    Point,
    write_report,
)
from mqt_serving.releases import change_pointer
from mqt_serving.settings import Settings
from tests.browser import needs_browser, open_browser

START = datetime(2026, 1, 1, tzinfo=UTC)


def report(name: str, day: int, ended: str = "") -> ExperimentReport:
    at = START + timedelta(days=day)
    bounds = Bounds(estimate=0.031, low=-0.012, high=0.074)
    outcomes = {"satisfied": 0.8, "success": 0.9}
    return ExperimentReport(
        experiment=name,
        champion="one",
        challenger="two",
        share=0.2,
        started_at=at,
        looked_at=at,
        arms=(
            Arm(variant="champion", units=800, questions=900, p95_ms=41.0, outcomes=outcomes),
            Arm(variant="challenger", units=200, questions=220, p95_ms=None, outcomes=outcomes),
        ),
        outcomes=(
            OutcomeFigures(name="satisfied", better="more", decides=True, difference=bounds),
            OutcomeFigures(name="success", better="more", decides=False, difference=None),
        ),
        mismatch_p=0.43,
        level=0.05,
        action="continue",
        reason="not clear yet",
        points=tuple(
            Point(
                at=at + timedelta(minutes=minute),
                share=0.2,
                units=(4 * minute + 4, minute + 1),
                satisfied=bounds if minute else None,
                mismatch_p=1.0,
            )
            for minute in range(4)
        ),
        ended=Ending(at=at, move=ended, reason="<b>guardrail</b>") if ended else None,
    )


@pytest.fixture
def running(client: httpx.Client, settings: Settings) -> httpx.Client:
    """`e2` runs, `e1` is over."""
    root = settings.releases_folder
    write_report(root, report("e1", 0, "withdraw"))
    write_report(root, report("e2", 3))
    change_pointer(root, lambda pointer: pointer.model_copy(update={"experiment": "e2"}))
    return client


def test_the_page_is_asked_for_again_rather_than_never_kept(client: httpx.Client) -> None:
    assert client.get("/experiments").headers["Cache-Control"] == "no-cache"


def test_without_an_experiment_there_is_nothing_to_report(client: httpx.Client) -> None:
    assert client.get("/v1/experiment").json() == {"running": None, "current": None, "past": []}
    missing = client.get("/v1/experiment/e1")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown-experiment")


def test_the_running_experiment_and_the_past_ones_are_reported(
    running: httpx.Client, settings: Settings
) -> None:
    body = running.get("/v1/experiment").json()
    assert (body["running"], body["current"]["experiment"]) == ("e2", "e2")
    assert len(body["current"]["points"]) == 4
    assert [(past["experiment"], past["ended"]["move"]) for past in body["past"]] == [
        ("e1", "withdraw")
    ]
    assert body["past"][0]["points"] == []
    assert len(running.get("/v1/experiment/e1").json()["points"]) == 4
    for wrong in ("..%2F..%2Fpointer", "e1.json", "e9"):
        assert running.get(f"/v1/experiment/{wrong}").status_code == 404
    (settings.releases_folder / FOLDER / "e1.json").write_text("{")
    assert running.get("/v1/experiment").json()["past"] == []
    assert running.get("/v1/experiment/e1").json()["code"] == "release-corrupt"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = open_browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


def _text(driver: webdriver.Chrome, element: str) -> str:
    return driver.find_element(By.ID, element).text


def _until(driver: webdriver.Chrome, element: str, text: str) -> None:
    WebDriverWait(driver, 10).until(lambda _: text in _text(driver, element))


@needs_browser
def test_the_page_shows_what_runs_and_opens_what_is_over(
    driver: webdriver.Chrome, running: httpx.Client
) -> None:
    driver.get(f"{running.base_url}/experiments")
    _until(driver, "experiment-title", "e2")
    assert _text(driver, "state") == "is running"
    assert "not clear yet" in _text(driver, "verdict")
    assert "+3.1" in _text(driver, "outcomes") and "too little yet" in _text(driver, "outcomes")
    assert "800" in _text(driver, "arms")
    assert driver.find_elements(By.CSS_SELECTOR, "#effect svg .band")
    assert driver.find_elements(By.CSS_SELECTOR, "#exposure svg .planned")
    driver.find_element(By.CSS_SELECTOR, "#past button").click()
    _until(driver, "experiment-title", "e1")
    assert _text(driver, "state") == "is over"
    assert "withdraw: <b>guardrail</b>" in _text(driver, "verdict")
    for control in driver.find_elements(By.CSS_SELECTOR, "button, a, [role=img]"):
        assert control.accessible_name
    logged = driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert [entry["message"] for entry in logged] == []


@needs_browser
def test_without_an_experiment_the_page_says_how_to_start_one(
    driver: webdriver.Chrome, client: httpx.Client
) -> None:
    driver.get(f"{client.base_url}/experiments")
    _until(driver, "none", "mqt experiment start")
    assert _text(driver, "past").endswith("None yet.")
    driver.get(str(client.base_url))
    assert driver.find_element(By.LINK_TEXT, "Experiments").is_displayed()
