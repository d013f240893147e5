"""The page of an ensemble: whole, told in words and tables, and safe whatever names say."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.report._series_chart import Band, Line, chart
from cardhouse.report.ensemble_page import ensemble_html
from cardhouse.report.ensemble_text import caution, headline
from cardhouse.studies.ensembles import plan as planning
from cardhouse.studies.ensembles.document import ensemble_document
from cardhouse.studies.ensembles.running import run_ensemble
from ensembling import small_study

QUARTERS = ["2026Q1", "2026Q2", "2026Q3"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "LEAVES", (8, 512))
        return ensemble_document(run_ensemble(small_study(), None))


@pytest.fixture
def failing(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a firm that fails in some paths, and a loss."""
    found = copy.deepcopy(document)
    row = found["defaults"][0]
    row |= {"name": "<b>Acme & sons</b>", "probability": 0.25, "error": 0.05}
    row |= {"by_quarter": [0.0, 0.1, 0.25], "by_quarter_error": [0.01, 0.03, 0.05]}
    found["failures"]["probability"] = [0.75, 0.25, 0.0, 0.0]
    at = {"0.5": 0.0, "0.9": 1.5, "0.95": 2.0, "0.99": 3.0}
    found["losses"] = [
        {
            "holder": "chain", "name": "all firms", "mean": 0.5, "error": 0.1, "probability": 0.2,
            "quantiles": at, "quantile_errors": at, "mean_of_worst": 2.5,
        }
    ]  # fmt: skip
    return found


def test_every_drawing_says_what_it_shows_and_has_its_table(failing: dict[str, Any]) -> None:
    page = ensemble_html(failing)
    drawings = page.count('class="series"')
    assert drawings == page.count('role="img"') == page.count("As a table") >= 8
    assert "<b>Acme" not in page
    assert "&lt;b&gt;Acme &amp; sons&lt;/b&gt;" in page
    assert "25.0 ± 5.0 %" in page
    assert "2.50" in page
    assert not re.search(r"\bnan\b|\binf\b|None", page)


def test_the_page_asks_nobody_for_anything(document: dict[str, Any]) -> None:
    page = ensemble_html(document)
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="http', page)


def test_every_uncertain_input_stands_with_its_source(document: dict[str, Any]) -> None:
    page = ensemble_html(document).replace("&#39;", "'").replace("&amp;", "&")
    for one in document["inputs"]:
        assert f">{one['id']}<" in page
        assert one["source"].partition("'")[0][:40] in page


def test_the_headline_names_who_fails_and_who_loses(failing: dict[str, Any]) -> None:
    said = headline(failing)
    assert "Acme & sons</b> fails in 25.0 ± 5.0 % of paths by" in said
    assert "in 75 % nobody does" in said
    assert "Creditors lose $0.50 ± 0.10 bn in the mean" in said
    for row in failing["defaults"]:
        row["probability"] = 0.0
    assert headline(failing).startswith("No firm fails in any path by ")


def test_paths_left_out_are_told(document: dict[str, Any]) -> None:
    found = copy.deepcopy(document)
    found["endings"] |= {"explosive": 3, "refused": 2}
    found["refusal"] = "the lines need more."
    assert "3 paths ended early, explosive" in caution(found)
    assert "2 paths could not be begun: the lines need more." in caution(found)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6)), min_size=1, max_size=20))
def test_bands_stay_within_the_frame(drawn: list[tuple[float, float]]) -> None:
    times = [2026.0 + at / 4 for at in range(len(drawn))]
    lows, highs = [low for low, _ in drawn], [low + wide for low, wide in drawn]
    made = str(chart([Line("curve", times, lows)], "a", bands=[Band("band", times, lows, highs)]))
    area = re.search(r' d="M([^"]*)Z"', made)
    assert area is not None
    points = [tuple(map(float, point.split())) for point in area[1].split("L")]
    assert len(points) == 2 * len(drawn)
    assert all(0 <= x <= 640 and 0 <= y <= 220 for x, y in points)
