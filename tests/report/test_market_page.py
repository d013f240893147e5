"""The market page: charts of any series are whole, and what is drawn is also told."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.report._mirror_chart import mirror_chart
from cardhouse.report._series_chart import Line, chart, ticks
from cardhouse.report.market_page import market_html
from cardhouse.studies.explosive import Settings, explosive_document
from cardhouse.studies.gauges import gauge_document
from cardhouse.studies.series_files import Series

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values)
def test_a_chart_of_any_values_stays_within_its_frame(drawn: list[float]) -> None:
    made = str(chart([Line("curve", [1995.0 + at for at in range(len(drawn))], drawn)], "a"))
    assert "nan" not in made
    assert "inf" not in made
    route = re.search(r' d="M([^"]*)"', made)
    assert route is not None
    for point in route[1].split("L"):
        x, y = map(float, point.split())
        assert 0 <= x <= 640
        assert 0 <= y <= 220


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_even_and_within(low: float, spread: float) -> None:
    found = ticks(low, low + spread)
    assert 2 <= len(found) <= 8
    assert np.allclose(np.diff(found), found[1] - found[0])
    assert low - 1e-6 * spread <= found[0] <= found[-1] <= low + spread * (1 + 1e-6)


@pytest.mark.parametrize(("first", "marked"), [(1995.0, True), (2005.0, False)])
def test_the_year_2000_is_marked_where_it_is_shown(first: float, marked: bool) -> None:
    line = Line("curve", [first, first + 20], [1.0, 2.0])
    assert ('class="then"' in str(chart([line], "a", year=2000.0))) == marked


def test_every_gauge_has_its_sources_definition_and_a_sentence_for_its_chart() -> None:
    document = gauge_document()
    page = market_html(document)
    for row in document["gauges"]:
        assert f'id="{row["id"]}"' in page
        assert document["facts"][row["latest"]["fact"]]["url"] in page.replace("&amp;", "&")
    drawings = page.count("<svg")
    assert drawings == sum(len(row["history"]) > 1 for row in document["gauges"])
    assert page.count('role="img"') == drawings


spans = st.tuples(st.integers(-12, 18), st.integers(0, 5), st.floats(0.0, 1e5))


def side(drawn: list[tuple[int, int, float]], zero: float | None) -> dict[str, Any]:
    points = [
        {
            "first": first, "last": first + more, "value": value, "low": None, "high": None,
            "relative": None if zero is None else value / zero, "facts": ["<fact>"],
        }
        for first, more, value in drawn
    ]  # fmt: skip
    return {"zero": None, "points": points, "columns": []}


@given(
    st.lists(spans, max_size=6), st.lists(spans, max_size=6), st.sampled_from(["level", "start"]),
    st.sampled_from(["ratio", "share"]), st.none() | st.lists(st.floats(0, 1e5), min_size=1),
    st.none() | st.floats(0.1, 10),
)  # fmt: skip
def test_a_drawing_of_the_mirror_stays_within_its_frame(
    then: list[tuple[int, int, float]],
    now: list[tuple[int, int, float]],
    scale: str,
    unit: str,
    run: list[float] | None,
    zero: float | None,
) -> None:
    values = None if run is None else run[:17]
    row = {
        "words": "a <b> & c", "scale": scale, "unit": unit, "then": side(then, zero),
        "now": side(now, zero),
        "run": None if values is None else {"values": values, "relative": values},
    }  # fmt: skip
    made = mirror_chart(row, {"first": -9, "last": 16})
    shown = [one for one in then + now if one[0] <= 16 and one[0] + one[1] >= -9]
    told = [] if scale == "start" and zero is None else shown
    assert (made is None) == (not values and not told)
    if made is None:
        return
    text = str(made)
    assert "nan" not in text
    assert "<b>" not in text
    assert "<fact>" not in text
    bars = re.findall(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)"', text)
    assert len(bars) == len(told)
    for x, y, width in bars:
        assert 49 <= float(x) <= float(x) + float(width) <= 629
        assert -3 <= float(y) <= 220


def test_an_episode_is_shaded_and_listed() -> None:
    noise = np.random.default_rng(3).standard_normal(90)
    growth = np.where((np.arange(90) >= 50) & (np.arange(90) < 70), 1.06, 1.0)
    series: list[float] = [100.0]
    for rate, one in zip(growth[1:], noise[1:], strict=True):
        series.append(float(series[-1] * rate + one))
    dates = tuple(f"{2000 + at // 12}-{at % 12 + 1:02}" for at in range(90))
    document: dict[str, Any] = explosive_document(
        Series("<made> & up", dates, tuple(series)), Settings(replications=200)
    )
    page = market_html(document)
    lasting = [one for one in document["episodes"] if one["lasts"]]
    assert page.count('class="episode"') == 2 * len(lasting) > 0
    assert all(f">{one['start']}<" in page for one in document["episodes"])
    assert "<made>" not in page
