"""The report's section on accelerators: the same numbers in figures, tables and words."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Any

import pytest

from cardhouse.accounts import economy_facts
from cardhouse.report._accelerators import accelerators, frame_of
from cardhouse.report._sources import Sources
from cardhouse.report.page import report_html
from cardhouse.studies.accelerator_classes import accelerator_classes
from cardhouse.studies.accelerator_market import Market, price_all
from cardhouse.studies.document_accelerators import accelerators_row, cited_facts
from report.sample import sample_document

Document = dict[str, Any]


@cache
def part() -> Document:
    known = economy_facts("ai").known_at(dt.date(2026, 10, 31))
    market = Market(known, "2025Q2", {"nvidia_accelerators": 41.1})
    found = accelerators_row(price_all(accelerator_classes("ai"), market), market)
    assert found is not None
    return found


def document() -> Document:
    facts = economy_facts("ai").by_id
    made = sample_document()
    told = {
        one: {**facts[one].cells(), "value": facts[one].value, "low": None, "high": None}
        for one in cited_facts(part())
    }
    return {**made, "accelerators": part(), "facts": {**made["facts"], **told}}


@cache
def page() -> str:
    return report_html(document())


def test_a_document_without_accelerators_has_no_section() -> None:
    assert 'id="accelerators"' not in report_html(sample_document())
    assert 'id="accelerators"' in page()


def test_figures_have_a_table_twin_with_the_same_numbers() -> None:
    for one in part()["classes"]:
        assert f"${one['cost']['value']:.2f} ({one['cost']['low']:.2f} to" in page()
        for rental in one["rentals"]:
            day = f"{dt.date.fromisoformat(rental['day']):%b %Y}"
            rent = f'<td class="number">${rental["value"]:.2f}<'
            assert f"<td>{day}</td><td>{rental['kind']}</td>{rent}" in page(), rental


def test_every_drawing_says_what_it_shows() -> None:
    section = page().partition('id="accelerators"')[2].partition("</section>")[0]
    for drawn in re.findall(r"<svg[^>]*>", section):
        assert 'role="img"' in drawn or 'aria-hidden="true"' in drawn
    assert "H100, rents by date: Apr 2023 open market $8.00 against a cost of" in section


def test_rents_are_cited() -> None:
    section = page().partition('id="accelerators"')[2].partition("</section>")[0]
    rents = [rental for one in part()["classes"] for rental in one["rentals"]]
    assert all(f'href="#fact-{rental["fact"]}"' in section for rental in rents)


def test_what_a_price_means_is_told() -> None:
    sources = Sources({}, {})
    found = accelerators(document(), sources)
    assert found is not None
    assert found.meaning is not None
    assert [head for head, _ in found.meaning.heads][1:] == [
        "At $30,000",
        "At $35,000",
        "At $40,000",
    ]
    assert "costs $2.34 to $2.87 for each hour sold" in found.sentence


def test_a_class_without_a_cost_is_named() -> None:
    without = {**part()["classes"][1], "cost": None, "left_out": "No price is known."}
    bare = {**part(), "classes": [part()["classes"][0], without], "prices": []}
    found = accelerators({**document(), "accelerators": bare}, Sources({}, {}))
    assert found is not None
    assert found.left_out == ("B200: No price is known.",)


@pytest.mark.parametrize("value", [0.0, 0.3, 2.0, 900.0])
def test_a_frame_holds_every_amount(value: float) -> None:
    rental = {"day": "2025-05-01", "value": value, "cost": None}
    frame = frame_of([rental])
    assert 0 < frame.y(value) < 220
    assert 0 < frame.x(dt.date(2025, 5, 1)) < 430
