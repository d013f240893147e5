"""What a fact says about one quarter: exact quarters, halves, run rates, stocks, shares."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.periods import (
    first_day,
    first_quarter,
    last_day,
    quarter_name,
    quarter_number,
)
from cardhouse.accounts.readings import (
    read_dated,
    read_flow,
    read_growth,
    read_level,
    read_rate,
    read_share,
    read_stock,
)
from cardhouse.errors import AccountsError

BASE = quarter_number("2025Q2")


def figure(start: str, end: str, value: float, **more: object) -> Figure:
    words: dict[str, object] = {
        "id": "0123456789",
        "entity": "a",
        "metric": "revenue",
        "item": "",
        "counterparty": "",
        "low": None,
        "high": None,
        "basis": "reported",
        "grade": "B",
        "known_from": dt.date(2025, 9, 1),
        "source": "somewhere",
    }
    words.update(more)
    return Figure(
        start=dt.date.fromisoformat(start), end=dt.date.fromisoformat(end), value=value, **words
    )  # type: ignore[arg-type]


class TestPeriods:
    def test_a_fiscal_quarter_belongs_to_the_quarter_of_its_middle(self) -> None:
        assert first_quarter(dt.date(2025, 4, 28), dt.date(2025, 7, 27)) == BASE

    def test_a_fiscal_year_is_a_run_of_quarters(self) -> None:
        number = first_quarter(dt.date(2024, 7, 1), dt.date(2025, 6, 30))
        assert quarter_name(number) == "2024Q3"

    def test_quarters_have_their_days(self) -> None:
        assert first_day(BASE) == dt.date(2025, 4, 1)
        assert last_day(BASE) == dt.date(2025, 6, 30)

    @pytest.mark.parametrize("word", ["2025", "2025Q5", "Q2 2025", "", "2025q2"])
    def test_other_words_are_no_quarter(self, word: str) -> None:
        with pytest.raises(AccountsError, match="Write it like 2025Q2"):
            quarter_number(word)


class TestFlows:
    def test_the_quarter_itself_is_taken_as_it_is(self) -> None:
        (reading,) = read_flow([figure("2025-04-28", "2025-07-27", 46.743)], BASE, 0.1, 4)
        assert (reading.value, reading.moved) == (46.743, 0.0)

    def test_a_half_year_is_split_along_its_growth(self) -> None:
        (reading,) = read_flow([figure("2025-01-01", "2025-06-30", 4.3)], BASE, 0.29, 4)
        assert reading.value == pytest.approx(4.3 * math.exp(0.29) / (1 + math.exp(0.29)))
        assert reading.sd > 0.05 * reading.value

    def test_a_filed_quarter_makes_longer_periods_redundant(self) -> None:
        filed = figure("2025-04-01", "2025-06-30", 30.873, grade="A", basis="filing")
        year = figure("2025-01-01", "2025-12-31", 128.0, grade="B")
        assert [one.figure for one in read_flow([year, filed], BASE, 0.0, 4)] == [filed]

    def test_guidance_counts_only_where_there_is_nothing_else(self) -> None:
        hoped = figure("2025-04-01", "2025-06-30", 3.0, basis="guidance")
        happened = figure("2025-07-01", "2025-09-30", 2.0)
        assert [one.figure for one in read_flow([hoped, happened], BASE, 0.0, 4)] == [happened]
        assert [one.figure for one in read_flow([hoped], BASE, 0.0, 4)] == [hoped]

    def test_what_lies_out_of_reach_says_nothing(self) -> None:
        assert read_flow([figure("2023-01-01", "2023-03-31", 1.0)], BASE, 0.0, 4) == []


class TestDated:
    def test_rounds_of_the_quarter_are_added(self) -> None:
        rounds = [figure("2025-05-12", "2025-05-12", 0.5), figure("2025-06-05", "2025-06-05", 0.9)]
        (reading,) = read_dated(rounds, BASE)
        assert reading.value == pytest.approx(1.4)
        assert reading.figure.value == 0.9

    def test_a_quarter_without_a_round_had_none(self) -> None:
        (reading,) = read_dated([figure("2025-09-10", "2025-09-10", 2.0)], BASE)
        assert (reading.value, reading.sd) == (0.0, pytest.approx(0.04))

    def test_a_period_is_no_date(self) -> None:
        assert read_dated([figure("2025-01-01", "2025-12-31", 2.0)], BASE) == []


class TestOthers:
    def test_a_run_rate_is_four_times_the_quarter_along_its_path(self) -> None:
        points = [figure("2025-03-31", "2025-03-31", 8.0), figure("2025-06-30", "2025-06-30", 8.0)]
        (reading,) = read_rate(points, BASE, 0.0, 4)
        assert reading.value == pytest.approx(2.0)

    def test_a_rising_run_rate_is_averaged_over_the_quarter(self) -> None:
        points = [figure("2025-04-01", "2025-04-01", 8.0), figure("2025-06-30", "2025-06-30", 16.0)]
        (reading,) = read_rate(points, BASE, 0.0, 4)
        mean = (8.0 / math.log(2.0)) / 4.0  # of 8 x 2^t over t in 0..1, a quarter of a year
        assert reading.value == pytest.approx(mean, rel=0.01)

    def test_a_stock_half_a_quarter_off_counts_as_there(self) -> None:
        (reading,) = read_stock([figure("2025-07-27", "2025-07-27", 56.8)], BASE, 0.1, 1)
        assert reading.value == 56.8

    def test_a_stock_of_another_quarter_moves_with_growth(self) -> None:
        (reading,) = read_stock([figure("2025-03-31", "2025-03-31", 10.0)], BASE, 0.1, 2)
        assert reading.value == pytest.approx(10.0 * math.exp(0.1 * 91 / 91.3125))

    def test_a_level_is_the_mean_of_its_path(self) -> None:
        points = [
            figure("2025-04-01", "2025-04-01", 20.0),
            figure("2025-06-30", "2025-06-30", 40.0),
        ]
        (reading,) = read_level(points, BASE, 0.0, 4)
        assert reading.value == pytest.approx(20.0 / math.log(2.0), rel=0.01)

    def test_growth_over_a_year_starts_from_the_amount_of_the_year_before(self) -> None:
        rate = figure("2025-04-01", "2025-06-30", 0.39, grade="A")
        before = figure("2024-04-01", "2024-06-30", 16.0, grade="A")
        (reading,) = read_growth([rate], [before], BASE, 0.0)
        assert reading.value == pytest.approx(16.0 * 1.39)
        assert reading.sd == pytest.approx(
            16.0 * 1.39 * math.hypot(0.005, 0.005 * 0.39 / 1.39), rel=0.2
        )

    def test_growth_without_the_year_before_says_nothing(self) -> None:
        rate = figure("2025-04-01", "2025-06-30", 0.39)
        assert read_growth([rate], [], BASE, 0.0) == []

    def test_a_share_of_another_year_is_widened(self) -> None:
        near = read_share([figure("2025-01-01", "2025-12-31", 0.4)], BASE, 4)[0]
        far = read_share([figure("2024-01-01", "2024-12-31", 0.4)], BASE, 4)[0]
        assert (near.value, far.value) == (0.4, 0.4)
        assert far.sd > near.sd


class TestFigures:
    def test_sd_is_the_range_as_eighty_per_cent(self) -> None:
        assert figure("2025-01-01", "2025-01-01", 10.0, low=8.0, high=12.0).sd == pytest.approx(
            4 / 2.56
        )

    def test_a_narrow_range_does_not_make_a_leak_an_audit(self) -> None:
        leak = figure("2025-01-01", "2025-01-01", 5.0, low=4.99, high=5.01, grade="C")
        assert leak.sd == pytest.approx(0.5 * 0.2 * 5.0)

    def test_known_at_keeps_what_was_public(self) -> None:
        early = figure("2025-01-01", "2025-03-31", 1.0, known_from=dt.date(2025, 5, 1))
        late = figure("2025-04-01", "2025-06-30", 2.0, known_from=dt.date(2025, 8, 28))
        known = Figures([early, late]).known_at(dt.date(2025, 8, 21))
        assert [one.value for one in known.find("a", "revenue")] == [1.0]

    def test_without_facts_nothing_opens(self) -> None:
        with pytest.raises(AccountsError, match="no facts"):
            Figures([]).newest()
