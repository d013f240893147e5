"""Levers beside a scenario: what it does is told on each, and what a hand adds or replaces."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cardhouse.studies.lever_paths import lever_paths
from cardhouse.studies.levers import load_levers
from cardhouse.studies.scenario_files import list_scenarios, load_scenario

FREEZE = "/?quarters=12&scenario=capital-freeze"
DESCRIBED = """id => {
    const lever = document.getElementById(id)
    const about = document.getElementById(lever.getAttribute('aria-describedby') ?? '')
    return about ? about.textContent.replace(/\\s+/g, ' ').trim() : ''
}"""
SET = "text => new URLSearchParams(location.search).getAll('set').join(' ') === text"


def _open(opened: Any, link: str) -> Any:
    opened.go(link)
    opened.page.wait_for_load_state("networkidle")  # levers and scenarios come after the picture
    ids = [f"lever-{lever}" for lever in load_levers()]
    opened.page.wait_for_function("ids => ids.every(id => document.getElementById(id))", arg=ids)
    opened.page.eval_on_selector_all("details.group", "all => all.forEach(one => one.open = true)")
    return opened.page


def _told(page: Any, lever: str) -> str:
    return str(page.evaluate(DESCRIBED, f"lever-{lever}"))


@pytest.mark.parametrize("name", [one.id for one in list_scenarios() if one.id != "baseline"])
def test_every_lever_that_a_scenario_moves_says_so_and_no_other_does(
    opened: Any, name: str
) -> None:
    page = _open(opened, f"/?quarters=12&scenario={name}")
    scenario = load_scenario(name, "2026Q1")
    moved = lever_paths(scenario, 12).keys()
    for lever in load_levers():
        assert bool(_told(page, lever)) == (lever in moved), lever
    assert bool(_told(page, "remove")) == bool(scenario.events)
    counts = page.locator(".group .count.by").all_text_contents()
    assert sum(int(re.findall(r"\d+", one)[0]) for one in counts) == len(moved) + bool(
        scenario.events
    )


def test_a_freeze_is_told_in_numbers_and_quarters(opened: Any) -> None:
    page = _open(opened, FREEZE)
    assert "× 0.1, 2026Q3 to 2028Q2" in _told(page, "venture_supply")
    assert "× 0.5, 2026Q3 to 2028Q2" in _told(page, "bond_supply")
    assert "+3 points a year, 2026Q3 to 2028Q2" in _told(page, "interest_shift")
    assert "as it is" not in page.locator("output[for=lever-venture_supply]").text_content()
    assert page.locator("#lever-parent_supply + .stops .scenario-mark").count() == 0
    assert page.locator("#lever-venture_supply + .stops .scenario-mark").is_visible()
    assert not page.locator("#lever-new_names_open").is_checked()
    assert page.evaluate("document.querySelector('#lever-venture_supply').ariaValueText")


def test_a_factor_multiplies_what_the_scenario_does(opened: Any) -> None:
    page = _open(opened, f"{FREEZE}&set=venture_supply%3D0.5")
    assert "With yours × 0.05" in _told(page, "venture_supply")
    assert "× 0.5 on top" in page.locator("output[for=lever-venture_supply]").text_content()
    page.get_by_role("button", name="Reset: New venture money on offer").click()
    page.wait_for_function(SET, arg="")
    assert "With yours" not in _told(page, "venture_supply")


def test_a_level_replaces_it_even_with_its_default_and_can_be_given_back(opened: Any) -> None:
    page = _open(opened, FREEZE)
    box = page.locator("#lever-new_names_open")
    box.check()
    page.wait_for_function(SET, arg="new_names_open=1")
    assert "replaces it for the whole run" in _told(page, "new_names_open")
    page.get_by_role("button", name="Reset: Firms that lose money find new money").click()
    page.wait_for_function(SET, arg="")
    assert not box.is_checked()
    box.check()
    page.select_option("#scenario", "price-war")
    page.wait_for_function("() => location.search.includes('scenario=price-war')")
    page.wait_for_function(SET, arg="")
    assert box.is_checked()
    assert opened.said == []


def test_a_switch_is_labelled_for_people(opened: Any) -> None:
    page = _open(opened, "/?quarters=4")
    label = page.locator("label[for=lever-new_names_open]").text_content()
    assert label.startswith("Firms that lose money find new money")
    assert "Not ticked: only firms that earn money do." in label
    assert not re.search(r"\b[01]:", label)
