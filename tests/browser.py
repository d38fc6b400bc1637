"""A real browser and MQT's page in it, as a person uses it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM = shutil.which("chromium") or ""
CHROMEDRIVER = shutil.which("chromedriver") or ""

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A card that is still fading in has no visible text yet.
    "--force-prefers-reduced-motion",
    "--window-size=1280,1400",
)


class Page:
    """The page as a person uses it."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        driver.get(url)
        self.until(lambda: self.text("release").startswith("release "))

    def until(self, happens: Callable[[], object], seconds: float = 10) -> None:
        WebDriverWait(self.driver, seconds).until(lambda _: happens())

    def find(self, element_id: str) -> WebElement:
        return self.driver.find_element(By.ID, element_id)

    def text(self, element_id: str) -> str:
        return self.find(element_id).text

    def sees(self, element_id: str) -> bool:
        return self.find(element_id).is_displayed()

    def ask(self, question: str) -> None:
        box = self.find("question")
        box.clear()
        box.send_keys(question, Keys.ENTER)
        self.until(lambda: self.sees("answer") or self.sees("problem"))

    def write(self, query: str) -> None:
        editor = self.find("corrected")
        editor.clear()
        editor.send_keys(query)

    def problems_in_console(self) -> list[str]:
        """What the browser complained about, failed requests that the page handles excepted."""
        logged: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [e["message"] for e in logged if "Failed to load resource" not in e["message"]]


needs_browser = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER),
    reason="needs chromium and chromedriver (Debian: apt install chromium chromium-driver)",
)


def open_browser(folder: Path) -> webdriver.Chrome:
    """A headless Chromium with its profile in `folder`; the caller quits it."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*_OPTIONS, f"--user-data-dir={folder}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(CHROMEDRIVER))
