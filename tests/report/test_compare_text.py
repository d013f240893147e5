"""A comparison on a screen of 80 columns: everything told, nothing cut, changes against A."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cardhouse.report.compare_text import comparison_text

AMOUNTS = st.none() | st.floats(-99_999, 99_999).map(lambda value: round(value, 4))


def outcome(
    words: str, values: list[float | None], unit: str = "USD bn", group: str = "Sales, in all"
) -> dict[str, Any]:
    return {
        "figure": f"tiers.{words}", "how": "sum", "group": group, "words": words, "unit": unit,
        "values": values, "differs": True,
    }  # fmt: skip


def comparison(*outcomes: dict[str, Any], count: int = 2, **more: Any) -> dict[str, Any]:
    titles = ["Baseline", "Labs and apps fight for users at variable cost", "Capital stops"]
    columns = [
        {
            "label": label, "title": title, "words": "W.", "scenario": "s", "as_of": "2026-10-31",
            "base_quarter": "2025Q2", "last_quarter": "2030Q2", "facts_version": "1", "digest": "d",
            "own_facts": 0,
        }
        for label, title in zip("ABC", titles, strict=True)
    ]  # fmt: skip
    found = {
        "schema": "cardhouse/compare/1", "economy": "ai", "quarters": 20,
        "columns": columns[:count], "sentence": "B against A: more.", "inputs": [],
        "outcomes": list(outcomes), "defaults": [], "payers": None,
    }  # fmt: skip
    return {**found, **more}


def told(found: dict[str, Any]) -> str:
    screen = Console(file=io.StringIO(), width=80, highlight=False)
    for part in comparison_text(found):
        screen.print(part)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=5))
def test_three_columns_of_any_size_fit_a_screen(rows: list[tuple[float | None, ...]]) -> None:
    name = "Private credit and asset-backed loans"
    text = told(comparison(*(outcome(name, list(row)) for row in rows), count=3))
    assert max(map(len, text.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100.0, 95.0], "95.0  -5.0%"),
        ([100.0, 50.0], "50.0   -50%"),
        ([-100.0, -50.0], "-50.0   +50%"),
        ([100.0, 100.01], "100.0"),
        ([0.0, 3.0], "3.0"),
        ([0.01, 30.0], "30.0"),
        ([None, 3.0], "3.0"),
    ],
)
def test_a_change_is_against_a(values: list[float | None], expected: str) -> None:
    line = next(one for one in told(comparison(outcome("x", values))).splitlines() if " x " in one)
    assert line.rstrip().endswith(expected)


def test_cents_and_counts_have_no_decimals_and_no_change() -> None:
    text = told(comparison(
        outcome("all costs", [0.75, 0.84], "USD per USD"), outcome("fail", [0.0, 2.0], "firms")
    ))  # fmt: skip
    assert ["all", "costs", "75¢", "84¢"] in [line.split() for line in text.splitlines()]
    assert ["fail", "0", "2"] in [line.split() for line in text.splitlines()]
    assert "%" not in text


def test_inputs_are_told_where_they_differ() -> None:
    moves = [[], [{"words": "0.1 from t+2 (2025Q4) to t+9 (2027Q3)"}]]
    base = {"words": "New bonds", "unit": "factor", "moves": moves}
    text = told(comparison(inputs=[
        {"input": "bond_supply", "differs": True, **base},
        {"input": "capex_plan", "differs": False, **base},
    ]))  # fmt: skip
    assert "B: 0.1 from t+2 (2025Q4) to t+9 (2027Q3)" in text
    assert "    A: " not in text
    assert "Moved alike in all: capex_plan." in text
    assert "Nothing is moved in one" in told(comparison())


def test_failures_and_payers_stand_beside_each_other() -> None:
    source = {"source": "venture", "name": "Venture capital", "shares": [0.25, 0.1]}
    failed = {"quarters": [[], ["2026Q4", "2027Q1"]],
              "outcomes": [[], ["restructured", "liquidated"]]}  # fmt: skip
    text = told(comparison(
        defaults=[{"entity": "x", "name": "xAI", **failed}],
        payers={"of": "nvidia", "name": "NVIDIA", "sources": [source]},
    ))  # fmt: skip
    assert "2026Q4 (restructured), 2027Q1" in text
    assert "Venture capital" in text
    assert "others" in text
    assert "No firm fails on the central path of any of them." in told(comparison())


def test_own_figures_are_told_first_ones_first_and_counted() -> None:
    words = [{"words": f"figure {at} of my own"} for at in range(9)]
    own = {
        "input": "own_facts", "words": "Your own figures", "unit": "", "moves": [[], words],
        "differs": True,
    }  # fmt: skip
    found = comparison(inputs=[own])
    found["columns"][1]["own_facts"] = len(words)
    text = " ".join(told(found).split())
    assert "facts known on 2026-10-31, with 9 figures of your own)" in text
    assert "B: figure 0 of my own; figure 1 of my own" in text
    assert "figure 5" not in text
    assert "4 more" in text
