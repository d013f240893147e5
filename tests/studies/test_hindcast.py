"""The baseline of an earlier quarter held against what was published after it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cardhouse.accounts import Accounts, open_accounts
from cardhouse.errors import CardhouseError
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World
from cardhouse.studies.hindcast import (
    CAPEX,
    REVENUE,
    Published,
    Row,
    beyond,
    compare,
    goes_on,
    hindcast,
    mean_errors,
    published_in,
    simulated_figure,
)
from cardhouse.studies.run import Study
from cardhouse.studies.views import View

BASE, KNOWN, LAST = "2025Q2", "2025-08-21", "2026Q1"
WITHIN = 0.35

EXCEPTIONS: dict[tuple[str, str, str], str] = {}
"""Rows of the shipped economy that may lie beyond `WITHIN`, and why; a mended one leaves."""


def published(filed: float, beyond_lines: float = 0.0) -> Published:
    return Published(filed, beyond_lines, 0.0, "A", "a fact")


def row(figure: str, value: float, simulated: float, *guesses: float | None) -> Row:
    trend, still = guesses or (None, None)
    return Row("one", "One", "2025Q3", figure, published(value), simulated, trend, still)


@pytest.fixture(scope="module")
def view(world: World) -> View:
    return baseline_of(world, 2)


@pytest.fixture(scope="module")
def opening() -> Accounts:
    return open_accounts("ai", base=BASE)


@pytest.fixture(scope="module", params=[None, KNOWN])
def rows(request: pytest.FixtureRequest) -> list[Row]:
    """Return the rows of an opening that knows all facts, and of one that knew what was known."""
    return hindcast("ai", base=BASE, quarters=3, as_of=request.param)


def baseline_of(world: World, quarters: int) -> View:
    return Study(world, Scenario("still", "Still", "", "", {}), quarters).baseline


class TestArithmetic:
    def test_a_gap_is_relative_to_what_was_published(self) -> None:
        one = row(REVENUE, 120.0, 90.0, 150.0, 96.0)
        assert one.gap == pytest.approx(-0.25)
        assert one.trend_gap == pytest.approx(0.25)
        assert one.still_gap == pytest.approx(-0.2)

    def test_what_lies_beyond_the_lines_is_taken_off(self) -> None:
        assert published(44.0, 8.0).value == 36.0
        assert published(30.0, -4.0).value == 34.0

    def test_last_years_growth_is_compounded_quarter_by_quarter(self) -> None:
        now, before = published(100.0), published(64.0)  # 25/16 a year: 5/4 in two quarters
        assert goes_on(now, before, 2) == pytest.approx(125.0)
        assert goes_on(now, before, 4) == pytest.approx(156.25)

    def test_no_guess_without_both_figures(self) -> None:
        assert goes_on(None, published(64.0), 1) is None
        assert goes_on(published(100.0), None, 1) is None
        assert goes_on(published(100.0), published(0.0), 1) is None

    def test_means_are_of_sizes_and_compared_on_the_same_rows(self) -> None:
        rows = [
            row(REVENUE, 100.0, 90.0, 120.0, 80.0),
            row(REVENUE, 100.0, 130.0, 100.0, 60.0),
            row(REVENUE, 100.0, 50.0),
            row(CAPEX, 100.0, 0.0),
        ]
        means = mean_errors(rows, REVENUE)
        assert (means.count, means.beside) == (3, 2)
        assert means.ours == pytest.approx(0.3)
        assert means.ours_beside == pytest.approx(0.2)
        assert means.trend == pytest.approx(0.1)
        assert means.still == pytest.approx(0.3)

    def test_no_rows_have_no_mean(self) -> None:
        means = mean_errors([row(CAPEX, 100.0, 90.0)], CAPEX)
        assert means.ours == pytest.approx(0.1)
        assert math.isnan(means.trend)
        assert math.isnan(mean_errors([], REVENUE).ours)

    def test_far_rows_come_farthest_first(self) -> None:
        near, low, high = (row(REVENUE, 100.0, one) for one in (65.1, 60.0, 150.0))
        assert beyond([near, low, high], 0.35) == [high, low]


class TestCompare:
    def test_rows_are_the_runs_own_figures_in_order(self, view: View) -> None:
        capex, revenue = ("firm0", CAPEX), ("firm0", REVENUE)
        rows = compare(
            view,
            [{capex: published(4.0), revenue: published(2.0)}, {revenue: published(3.0)}],
            {revenue: published(1.21)},
            {revenue: published(1.0)},
        )
        assert [(one.figure, one.quarter) for one in rows] == [
            (REVENUE, view.quarters[1]),
            (REVENUE, view.quarters[2]),
            (CAPEX, view.quarters[1]),
        ]
        assert [one.simulated for one in rows[:2]] == list(simulated_figure(view, revenue)[1:])
        assert rows[0].still == 1.21
        assert rows[1].trend == pytest.approx(1.331)
        assert (rows[2].trend, rows[2].still) == (None, None)

    def test_a_firm_has_the_figures_of_its_lines(self, view: View) -> None:
        lines = [line.id for line in view.chain.world.lines]
        owner = {line: view.chain.world.purse_of(line) for line in lines}
        for figure in (REVENUE, CAPEX):
            own = [simulated_figure(view, (line, figure)) for line in lines]
            for firm in set(owner.values()):
                total = sum(
                    (one for line, one in zip(lines, own, strict=True) if owner[line] == firm),
                    np.zeros(3),
                )
                assert simulated_figure(view, (firm, figure)) == pytest.approx(total)


class TestShipped:
    def test_row_0_of_a_run_is_what_was_published(self, opening: Accounts) -> None:
        """Else the two sides would be drawn around different things."""
        shipped = baseline_of(opening.world, 1)
        found = published_in(opening)
        assert {("nvidia", REVENUE), ("aws", REVENUE), ("meta", CAPEX)} <= set(found)
        for key, one in found.items():
            assert simulated_figure(shipped, key)[0] == pytest.approx(one.value, rel=0.01)

    def test_only_filed_quarters_count(self, opening: Accounts) -> None:
        """XAI filed capex of the year 2025 alone; the labs' revenue is no filing."""
        found = published_in(opening)
        assert ("xai", CAPEX) not in found
        assert ("openai", REVENUE) not in found
        assert {one.grade for one in found.values()} == {"A"}
        assert ("amd", REVENUE) in published_in(opening, "AB")

    def test_the_rows_reach_from_the_next_quarter_to_the_last(self, rows: list[Row]) -> None:
        assert {one.quarter for one in rows} == {"2025Q3", "2025Q4", LAST}
        assert len(rows) > 30

    def test_filed_figures_lie_near_or_are_excepted(self, rows: list[Row]) -> None:
        far = {(one.entity, one.figure, one.quarter): one.gap for one in beyond(rows, WITHIN)}
        assert set(far) == set(EXCEPTIONS), far

    def test_the_run_does_better_than_no_change(self, rows: list[Row]) -> None:
        for figure in (REVENUE, CAPEX):
            means = mean_errors(rows, figure)
            assert means.ours_beside < means.still

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"base": "2025-Q2"}, "is not a quarter"),
            ({"quarters": 0}, "a run has 1 to 400 quarters"),
            ({"base": "2026Q1", "quarters": 2}, "2026Q3 cannot be opened"),
        ],
    )
    def test_wrong_input_is_told(self, given: dict[str, object], said: str) -> None:
        with pytest.raises(CardhouseError, match=said):
            hindcast("ai", **given)  # type: ignore[arg-type]
