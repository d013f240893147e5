"""The market pages in a browser: silent, within a phone, readable by everybody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cardhouse.facts import load_facts
from cardhouse.report.market_page import market_html
from cardhouse.studies.gauges import gauge_document
from cardhouse.studies.mirror import mirror_document
from report.sample import sample_document

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = (1400, 900), (390, 844)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser found; looked for {', '.join(BROWSERS)}")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages of the mirror, of an invented run, and of the gauges."""
    folder = tmp_path_factory.mktemp("market")
    documents = {
        "mirror": mirror_document(sample_document(), load_facts()),
        "gauges": gauge_document(),
    }
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(market_html(document), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in documents}


@pytest.mark.parametrize("name", ["mirror", "gauges"])
@pytest.mark.parametrize(
    ("size", "scheme"),
    [(WIDE, "light"), (PHONE, "dark")],
    ids=["wide-light", "phone-dark"],
)
def test_a_page_is_silent_fits_and_is_readable_by_everybody(
    name: str, size: tuple[int, int], scheme: str, browser: Any, pages: dict[str, Path]
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda one: asked.append(one.url))
    page.goto(pages[name].as_uri())
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert said == []
    assert asked == [pages[name].as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    words = page.evaluate(
        """() => [...document.querySelectorAll('svg.series text')].filter(text => {
            const box = text.getBBox(), room = text.ownerSVGElement.viewBox.baseVal
            return box.x < -1 || box.x + box.width > room.width + 1
        }).map(text => text.textContent)"""
    )
    assert words == []
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()
