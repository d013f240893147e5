"""The report in a browser: quiet, asks nobody, fits a phone, readable by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardhouse.report import write_report
from report.conftest import PHONE, WIDE, Opened, Show
from report.sample import sample_document

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(sample_document(), path)
    return path


@pytest.fixture
def opened(show: Show, report: Path, request: pytest.FixtureRequest) -> Opened:
    size, scheme = request.param
    return show(report, size, scheme)


VIEWS = pytest.mark.parametrize(
    "opened",
    [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")],
    indirect=True,
    ids=["wide-light", "wide-dark", "phone-light", "phone-dark"],
)


@VIEWS
def test_it_is_silent_and_asks_nobody(opened: Opened, report: Path) -> None:
    opened.page.mouse.wheel(0, 20_000)
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith("data:")] == [report.as_uri()]


@VIEWS
def test_nothing_sticks_out_sideways(opened: Opened) -> None:
    opened.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    width = opened.page.evaluate("document.documentElement.scrollWidth")
    assert width == opened.page.viewport_size["width"]


@VIEWS
def test_axe_finds_nothing(opened: Opened) -> None:
    opened.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    found = axe.Axe().run(opened.page)
    assert found.violations_count == 0, found.generate_report()


@VIEWS
def test_one_drawing_of_each_money_flow_is_shown_and_its_words_fit(opened: Opened) -> None:
    """Text is as wide as the layout supposed at most, and inside its drawing."""
    shown = opened.page.locator(".flow .drawing svg:visible")
    assert shown.count() == 2
    outside = opened.page.evaluate(
        """() => [...document.querySelectorAll('.flow .drawing svg')]
            .filter(svg => svg.checkVisibility())
            .flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
                const box = text.getBBox(), room = svg.viewBox.baseVal
                return box.x < -0.5 || box.x + box.width > room.width + 0.5
                    || box.y < -0.5 || box.y + box.height > room.height + 0.5
            }).map(text => text.textContent))"""
    )
    assert outside == []


@VIEWS
def test_labels_do_not_lie_on_boxes_or_on_each_other(opened: Opened) -> None:
    clashes = opened.page.evaluate(
        """() => [...document.querySelectorAll('.flow .drawing svg')]
            .filter(svg => svg.checkVisibility())
            .flatMap(svg => {
                const words = [...svg.querySelectorAll('text.name, text.amount, text.tier')]
                const all = [...words, ...svg.querySelectorAll('rect.box')]
                    .map(one => [one.textContent || 'box', one.getBBox()])
                const found = []
                words.forEach((_, i) => all.forEach(([name, box], k) => {
                    const [mine, own] = all[i]
                    const apart = 1.5  // line boxes are taller than their letters
                    if (k > i && own.x + apart < box.x + box.width
                        && box.x + apart < own.x + own.width
                        && own.y + 3 < box.y + box.height && box.y + 3 < own.y + own.height)
                        found.push(`${mine} / ${name}`)
                }))
                return found
            })"""
    )
    assert clashes == []


@pytest.mark.parametrize("opened", [(WIDE, "light")], indirect=True)
def test_the_theme_can_be_chosen_by_keyboard(opened: Opened) -> None:
    page = opened.page
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.focus("#theme-auto")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("#theme-dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


@pytest.mark.parametrize("opened", [(WIDE, "dark")], indirect=True)
def test_it_prints_light_and_without_the_controls(opened: Opened) -> None:
    page = opened.page
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("nav").is_visible()
    assert not page.locator(".theme").is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize("opened", [(WIDE, "light")], indirect=True)
def test_a_number_leads_to_its_source(opened: Opened) -> None:
    page = opened.page
    page.locator("#claims a.cite").first.click()
    target = page.evaluate("document.querySelector(':target').textContent")
    assert "Invented yearbook, volume 1" in target
