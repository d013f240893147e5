"""The market pages in a browser: silent, within a phone, readable by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardhouse.facts import load_facts
from cardhouse.report.market_page import market_html
from cardhouse.studies.gauges import gauge_document
from cardhouse.studies.mirror import mirror_document
from report.conftest import PHONE, WIDE, Show
from report.sample import sample_document

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")


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
    name: str, size: tuple[int, int], scheme: str, show: Show, pages: dict[str, Path]
) -> None:
    opened = show(pages[name], size, scheme)
    page = opened.page
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert opened.said == []
    assert opened.asked == [pages[name].as_uri()]
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
