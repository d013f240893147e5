"""By keyboard alone: everything can be reached, seen, closed, and left again."""

from __future__ import annotations

from typing import Any

import pytest

LINK = "/?quarters=4&scenario=capital-freeze&set=interest_shift%3D1"
WALK = 700
"""Presses of Tab that are more than enough for a view with all its levers."""
FOCUSED = """() => {
    const one = document.activeElement
    return one === document.body ? '' : one.id || one.dataset.node
        || one.getAttribute('href') || one.textContent.trim().slice(0, 40)
}"""
LEVERS = """() => [...document.querySelectorAll('.levers [id^=lever-]')]
    .filter(one => one.matches('input, select') && !one.disabled).map(one => one.id)"""
NAMES = """() => [...document.querySelectorAll('.flow .node')].map(
    one => [one.dataset.node, one.getAttribute('aria-label')])"""
REACHED = """() => {
    const reached = new Set(), waiting = [document.querySelector('.flow .node[tabindex="0"]')]
    while (waiting.length) {
        const from = waiting.pop()
        if (reached.has(from.dataset.node)) continue
        reached.add(from.dataset.node)
        for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']) {
            from.focus()
            from.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))
            waiting.push(document.activeElement)
        }
    }
    return [...reached].sort()
}"""


@pytest.fixture
def page(opened: Any) -> Any:
    opened.go(f"{LINK}#flows")
    opened.page.eval_on_selector_all("details.group", "all => all.forEach(one => one.open = true)")
    return opened.page


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_tab_reaches_every_lever_and_leaves_the_page_again(page: Any, key: str) -> None:
    levers = set(page.evaluate(LEVERS))
    assert len(levers) > 30
    met: list[str] = []
    for _ in range(WALK):
        page.keyboard.press(key)
        met.append(page.evaluate(FOCUSED))
        if not met[-1]:
            break
    assert met[-1] == "", "the focus never left the page"
    assert levers <= set(met)
    assert {"quarter", "scenario"} <= set(met)


@pytest.mark.parametrize(
    "what",
    [
        "#lever-bond_supply",
        "#lever-new_names_open",
        "#scenario",
        "#quarter",
        ".levers .row .button:not(.open-levers)",
        ".views a",
        ".numbers .figure-number",
        ".switch input",
        ".flow .node[tabindex='0']",
        ".group summary",
        ".lever .reset",
    ],
)
def test_focus_is_seen(page: Any, what: str) -> None:
    """Pictures without and with the focus differ around the control."""
    page.locator(what).first.scroll_into_view_if_needed()
    page.keyboard.press("Tab")  # from now on the browser shows the focus
    page.evaluate("document.activeElement.blur()")
    box = page.locator(what).first.evaluate(
        "one => { const b = (one.closest('.switch') ?? one).getBoundingClientRect();"
        " return {x: b.x - 6, y: b.y - 6, width: b.width + 12, height: b.height + 12} }"
    )
    before = page.screenshot(clip=box)
    page.locator(what).first.focus()
    page.wait_for_timeout(60)
    assert page.screenshot(clip=box) != before


@pytest.mark.parametrize(
    ("button", "what"),
    [
        ("text=Tour", ".tour"),
        ("text=Glossary", "dialog[open]"),
        ("text=Downloads", "dialog[open]"),
        ("text=All scenarios", "dialog[open]"),
        (".numbers .figure-number", "dialog[open]"),
        ("#flows .menu summary", "#flows .menu[open]"),
        (".flow .node[tabindex='0']", ".picked-panel"),
    ],
)
def test_escape_closes_what_opens_and_the_focus_is_where_it_was(
    page: Any, button: str, what: str
) -> None:
    page.locator(button).first.focus()
    page.keyboard.press("Enter")
    page.locator(what).first.wait_for()
    before = page.evaluate(FOCUSED)
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    page.locator(what).first.wait_for(state="detached" if what != "dialog[open]" else "hidden")
    assert page.evaluate(FOCUSED), "the focus was lost"
    if what != "dialog[open]":
        assert page.evaluate(FOCUSED) == before


def test_in_the_list_of_payments_escape_goes_back_to_the_box(page: Any) -> None:
    node = page.locator(".flow .node[tabindex='0']")
    node.focus()
    page.keyboard.press("Enter")
    page.locator(".picked-panel .figure-number").first.focus()
    page.keyboard.press("Escape")
    assert page.locator(".picked-panel").count() == 0
    assert page.evaluate(FOCUSED) == node.get_attribute("data-node")


def test_reset_leaves_the_focus_on_the_lever(page: Any) -> None:
    page.get_by_role("button", name="Reset: Added to the interest rate of all new debt").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED) == "lever-interest_shift"


@pytest.mark.parametrize("opened", [((390, 844), "dark")], indirect=True)
def test_escape_closes_the_levers_where_they_lie_over_the_page(opened: Any) -> None:
    opened.go("/?quarters=4")
    opened.page.click(".open-levers")
    opened.page.focus("#scenario")
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#scenario").is_hidden()
    assert opened.page.evaluate("document.activeElement.matches('.open-levers')")


def test_arrows_reach_every_box_and_each_says_what_it_gets_and_pays(page: Any) -> None:
    names = dict(page.evaluate(NAMES))
    assert len(names) > 20
    assert page.evaluate(REACHED) == sorted(names)
    assert all(": received " in name and ", paid " in name for name in names.values())
    page.locator("#flows details.twin > summary").click()
    rows = page.locator("#flows details.twin tbody tr")
    rows.first.wait_for()
    assert rows.count() >= page.locator(".flow path[data-amount]").count()
