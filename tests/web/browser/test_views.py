"""Every view: readable by everybody, in both colour schemes, and on a phone."""

from __future__ import annotations

from typing import Any

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

VIEWS = ("flows", "who", "ledger", "fragility", "futures", "then", "claims", "facts", "compare")
STICKS_OUT = """() => [...document.querySelectorAll('main *, header *')].filter(one => {
    const box = one.getBoundingClientRect()
    return box.right > innerWidth + 1 && one.checkVisibility()
        && !one.closest('.scroll, .views, .flow, .sr, pre')
}).map(one => `${one.tagName} ${one.textContent.trim().slice(0, 60)}`)"""


@pytest.fixture(scope="module")
def short() -> str:
    """Return a question with few quarters whose shocks lie inside them."""
    return "/?quarters=4&set=venture_supply%3D0.2&pin=venture_supply%3D0.1"


def _ready(opened: Any, link: str) -> None:
    opened.go(link)
    opened.page.wait_for_function("() => !document.querySelector('.waiting')", timeout=90_000)


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_and_nothing_sticks_out(opened: Any, view: str, short: str) -> None:
    _ready(opened, f"{short}#{view}")
    page = opened.page
    page.eval_on_selector_all("details.twin", "all => all.slice(0, 3).forEach(d => d.open = true)")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(STICKS_OUT) == []
    assert opened.said == []


@pytest.mark.parametrize("view", ["flows", "who", "ledger", "fragility"])
def test_every_figure_has_a_sentence_and_a_table(opened: Any, view: str, short: str) -> None:
    _ready(opened, f"{short}#{view}")
    figures = opened.page.locator("main .figure")
    assert figures.count() >= 1
    for number in range(figures.count()):
        figure = figures.nth(number)
        assert figure.locator("svg").first.get_attribute("aria-label")
        figure.locator("details.twin > summary").click()
        figure.locator("details.twin tbody tr").first.wait_for()


@pytest.mark.parametrize(
    ("button", "what"),
    [
        ("text=Tour", ".tour"),
        ("text=Glossary", "dialog .glossary"),
        ("text=Downloads", "dialog table"),
        ("text=All scenarios", "dialog .scenario"),
        (".numbers .figure-number", "dialog.why .passport"),
    ],
)
def test_what_opens_above_the_page_is_readable_too(
    opened: Any, button: str, what: str, short: str
) -> None:
    _ready(opened, f"{short}#flows")
    page = opened.page
    page.locator(button).first.click()
    page.wait_for_selector(what, timeout=90_000)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert opened.said == []
