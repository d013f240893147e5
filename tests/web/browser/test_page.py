"""The page as a whole: quiet, asks only its own server, fits, keeps its policy."""

from __future__ import annotations

from typing import Any

import pytest

WIDE, PHONE = (1440, 900), (390, 844)
EVERYWHERE = pytest.mark.parametrize(
    "opened",
    [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")],
    indirect=True,
    ids=["wide-light", "wide-dark", "phone-light", "phone-dark"],
)


@EVERYWHERE
def test_it_opens_silently_and_asks_only_its_own_server(opened: Any) -> None:
    opened.go()
    opened.page.mouse.wheel(0, 20_000)
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(f"{opened.address}/")] == []


@EVERYWHERE
def test_nothing_sticks_out_sideways(opened: Any) -> None:
    opened.go()
    assert (
        opened.page.evaluate("document.documentElement.scrollWidth")
        == opened.page.viewport_size["width"]
    )


def test_the_policy_forbids_everything_but_the_server(opened: Any) -> None:
    answer = opened.page.goto(opened.address)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy


def test_four_numbers_come_first_then_a_sentence_then_pictures(opened: Any) -> None:
    opened.go()
    order = opened.page.evaluate(
        """() => ['.numbers', '.lede', '.figure']
            .map(name => document.querySelector(`main ${name}`).getBoundingClientRect().top)"""
    )
    assert order == sorted(order)
    assert opened.page.locator("main .numbers li").count() == 4
