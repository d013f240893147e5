"""What a reader does: by keyboard alone, on a phone, with a link, taking things along."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

PHONE = pytest.mark.parametrize("opened", [((390, 844), "light")], indirect=True)
SHORT = "/?quarters=4"
TITLE = "document.querySelector('.lede').textContent"


def _focus_by_tab(page: Any, what: str, most: int = 120) -> None:
    """Press Tab until the focus matches a selector."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    pytest.fail(f"Tab never reached {what}")


def _moved(page: Any) -> None:
    page.wait_for_function("() => new URLSearchParams(location.search).get('set') !== null")
    page.wait_for_function("() => !document.querySelector('.lede').textContent.startsWith('Base')")


def test_by_keyboard_alone(opened: Any) -> None:
    """Move a lever, look at a later quarter, a firm, another view, a number's source."""
    opened.go(SHORT)
    page = opened.page
    _focus_by_tab(page, "#lever-venture_supply")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    _moved(page)
    assert "as it is" not in page.locator("output[for=lever-venture_supply]").text_content()
    _focus_by_tab(page, ".views a[href='#flows']")
    _focus_by_tab(page, "#quarter")
    page.keyboard.press("End")
    assert page.locator("output[for=quarter]").text_content() == "2027Q1"
    _focus_by_tab(page, ".node")
    first = page.evaluate("document.activeElement.dataset.node")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.node") != first
    page.keyboard.press("Enter")
    assert page.locator(".picked-panel").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".picked-panel").count() == 0
    page.focus(".numbers .figure-number")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.why .passport")
    assert "receipts from final users" in page.locator("dialog.why").text_content()
    page.keyboard.press("Escape")
    assert page.locator("dialog.why").is_hidden()
    page.focus(".views a[href='#claims']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".claim", timeout=90_000)


def _ended(job: str, patience: float = 60.0) -> dict[str, Any]:
    """Return a job that has ended: it notices at its next step that it was cancelled."""
    until = time.monotonic() + patience
    while True:
        told = httpx.get(job, timeout=60).json()
        if told["state"] not in ("waiting", "running") or time.monotonic() > until:
            return told
        time.sleep(0.1)


@PHONE
def test_on_a_phone_a_lever_moves_the_picture_above_it(opened: Any) -> None:
    opened.go(SHORT)
    page = opened.page
    assert page.locator(".flow svg.tall").is_visible()
    page.click(".open-levers")
    lever = page.locator("#lever-venture_supply")
    lever.scroll_into_view_if_needed()
    box = lever.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    _moved(page)
    page.click(".open-levers")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_link_holds_what_was_moved_and_opens_the_same(opened: Any) -> None:
    opened.go(SHORT)
    page = opened.page
    page.focus("#lever-bond_supply")
    page.keyboard.press("ArrowLeft")
    _moved(page)
    page.wait_for_function("() => location.search.includes('bond_supply')")
    link = page.evaluate("location.pathname + location.search + location.hash")
    query = parse_qs(urlsplit(link).query)
    assert set(query) == {"quarters", "set", "model", "facts"}
    assert query["set"] == ["bond_supply=0.95"]
    told = page.evaluate(TITLE)
    opened.go(link)
    page.wait_for_function(f"told => {TITLE} === told", arg=told)
    assert page.evaluate("location.pathname + location.search + location.hash") == link


def test_an_old_link_says_that_facts_have_moved_on(opened: Any) -> None:
    opened.go(f"{SHORT}&set=venture_supply%3D0.5&facts=2020.01&model=0.0.1")
    opened.page.wait_for_selector(".notice")
    assert "facts have moved on" in opened.page.locator(".notice").first.text_content()


def test_a_broken_link_gets_the_sentence_of_the_command_line(opened: Any) -> None:
    opened.page.goto(f"{opened.address}{SHORT}&set=venture_suply%3D0.5")
    opened.page.wait_for_selector(".notice.bad")
    assert "venture_supply" in opened.page.locator(".notice.bad").text_content()


@pytest.mark.parametrize("form", ["PNG", "SVG", "CSV"])
def test_a_figure_can_be_taken_along(opened: Any, form: str, tmp_path: Any) -> None:
    opened.go(SHORT)
    page = opened.page
    page.click("#flows .menu summary")
    with page.expect_download() as waiting:
        page.click(f"#flows .menu >> text={form}")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    content = path.read_bytes()
    starts = {"PNG": b"\x89PNG", "SVG": b"<svg", "CSV": b"Payer,Payee"}
    assert content.startswith(starts[form])
    if form == "SVG":
        assert b"class=" not in content
    if form == "CSV":
        assert content.count(b"\r\n") > 50
    assert opened.said == []


def test_embedded_it_is_one_figure_alone(opened: Any) -> None:
    opened.go("/?quarters=4&embed=flows")
    page = opened.page
    assert page.locator(".levers, .numbers, .views").count() == 0
    assert page.locator(".figure").count() == 1


def test_axes_hold_still_while_a_lever_is_dragged(opened: Any) -> None:
    """The scale is px per dollar of the opening, whatever happens; so are a chart's ticks."""
    opened.go(f"{SHORT}#ledger")
    page = opened.page
    ticks = "[...document.querySelectorAll('#tier-chips .tick')].map(one => one.textContent)"
    before = page.evaluate(ticks)
    page.focus("#lever-venture_supply")
    for key in ("Home", "End"):
        page.keyboard.press(key)
    _moved(page)
    assert page.evaluate(ticks) == before


def test_only_one_view_is_asked_for_at_a_time_and_the_last_one_is_shown(opened: Any) -> None:
    opened.go(SHORT)
    page = opened.page
    in_flight: list[int] = [0, 0]

    def started(asked: Any) -> None:
        if "/view" in asked.url:
            in_flight[0] += 1
            in_flight[1] = max(in_flight)

    def ended(asked: Any) -> None:
        if "/view" in asked.url:
            in_flight[0] -= 1

    page.on("request", started)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    page.focus("#lever-venture_supply")
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(15)
    page.wait_for_function(
        "() => document.querySelector('.flow svg').dataset.moves === 'venture_supply=0.25'"
    )
    assert in_flight[1] == 1


def test_futures_are_drawn_followed_and_cancelled(opened: Any) -> None:
    """A small fan is drawn unasked; a large one shows how far it is, and stops when told."""
    opened.go("/?quarters=24#futures")
    page = opened.page
    page.wait_for_selector("#fan svg .band", timeout=120_000)
    medians = "document.querySelector('#fan svg .curve').getAttribute('d')"
    small = page.evaluate(medians)
    page.select_option("#draws", "10000")
    page.get_by_role("button", name="Draw again").click()
    page.wait_for_function("() => document.querySelector('progress')?.value > 0", timeout=120_000)
    followed = [url for url in opened.asked if url.endswith("/events")]
    assert len(followed) == 2
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("progress", state="detached")
    job = _ended(followed[-1].removesuffix("/events"))
    assert (job["state"], job["result"]) == ("cancelled", None)
    assert page.evaluate(medians) == small
    assert page.get_by_role("button", name="Draw again").is_enabled()


def test_what_is_promised_can_be_followed_too(opened: Any) -> None:
    opened.go(f"{SHORT}#who//openai")
    page = opened.page
    page.wait_for_selector("#who-pays svg", timeout=90_000)
    page.locator("label[for=who-committed]").click()
    page.wait_for_selector("#promised-firm svg", timeout=90_000)
    assert page.locator("#who-pays").count() == 0
    page.locator("#promised-firm details.twin > summary").click()
    rows = page.locator("#promised-firm tbody tr")
    rows.first.wait_for()
    asked = f"{opened.address}/api/v1/promises?quarters=4&entity=openai"
    told = httpx.get(asked, timeout=60).json()
    assert rows.count() == len(told["promises"]) > 5
    assert "Oracle" in rows.first.text_content()


def test_theme_can_be_chosen(opened: Any) -> None:
    opened.go(SHORT)
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.click("label[for=theme-dark]")
    assert page.evaluate(ground) != before
    assert json.loads(page.evaluate("JSON.stringify(localStorage)"))["cardhouse-theme"] == "dark"
