"""A browser to open pages in, and all that a page said and asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = (1400, 900), (390, 844)


@dataclass
class Opened:
    """A page with everything it said and asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Show = Callable[[Path, tuple[int, int], str], Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a browser to one module: its driver keeps a loop running that others would meet."""
    reason = "playwright is not installed"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser found; looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Show]:
    """Return what opens a file in a window of a size and a colour scheme."""
    made: list[Any] = []

    def open_file(path: Path, size: tuple[int, int], scheme: str) -> Opened:
        width, height = size
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        made.append(page)
        one = Opened(page)
        page.on("console", lambda message: one.said.append(message.text))
        page.on("pageerror", lambda error: one.said.append(str(error)))
        page.on("request", lambda asked: one.asked.append(asked.url))
        page.goto(path.as_uri())
        return one

    yield open_file
    for page in made:
        page.close()
