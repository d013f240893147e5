"""People behind a flow: counts between dates, their ranges, and a person's year."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.people import Counted, counted, people_on, per_person_year, share_of
from cardhouse.errors import InputError

days = st.integers(0, 4000)
counts = st.builds(
    lambda day, value: counted(day, value, None, None, "B", f"f{day}"), days, st.floats(0.01, 1e4)
)


class TestBetweenCounts:
    def test_growth_is_even(self) -> None:
        told = [Counted(0, 100.0, 100.0, 100.0, ("a",)), Counted(200, 400.0, 400.0, 400.0, ("b",))]
        found = people_on(100, told)
        assert found.value == pytest.approx(200.0)
        assert found.facts == ("a", "b")

    def test_on_its_day_a_count_is_itself(self) -> None:
        told = [counted(0, 100.0, 90.0, 120.0, "B", "a"), counted(91, 300.0, None, None, "A", "b")]
        found = people_on(0, told)
        assert (found.value, found.facts) == (pytest.approx(100.0), ("a",))
        assert (found.low, found.high) == (pytest.approx(90.0), pytest.approx(120.0))

    @given(st.lists(counts, min_size=1, max_size=6), days)
    def test_it_lies_between_the_counts_and_in_its_range(
        self, told: list[Counted], day: int
    ) -> None:
        found = people_on(day, told)
        values = [one.value for one in told]
        assert min(values) * (1 - 1e-9) <= found.value <= max(values) * (1 + 1e-9)
        assert found.low <= found.value * (1 + 1e-12)
        assert found.high >= found.value * (1 - 1e-12)

    @given(counts, st.integers(1, 2000), st.integers(1, 2000))
    def test_the_farther_the_wider(self, one: Counted, near: int, more: int) -> None:
        first, second = (people_on(one.day + off, [one]) for off in (near, near + more))
        assert second.high > first.high
        assert second.low < first.low
        assert first.value == second.value == one.value

    @pytest.mark.parametrize("told", [[], [Counted(0, 0.0, 0.0, 0.0)]])
    def test_nobody_is_no_count(self, told: list[Counted]) -> None:
        with pytest.raises(InputError, match="at least one number above 0"):
            people_on(0, told)


class TestRanges:
    @pytest.mark.parametrize(("grade", "high"), [("A", 1.0064), ("B", 1.0661), ("C", 1.2918)])
    def test_a_grade_stands_in_for_a_range(self, grade: str, high: float) -> None:
        assert counted(0, 1.0, None, None, grade, "f").high == pytest.approx(high, abs=1e-4)

    def test_a_stated_range_always_holds_the_value(self) -> None:
        told = counted(0, 1800.0, 1700.0, 1800.0, "B", "f")
        assert (told.low, told.value, told.high) == (1700.0, 1800.0, 1800.0)

    def test_a_share_of_people_is_as_uncertain_as_both(self) -> None:
        everybody = Counted(0, 1800.0, 1800.0, 1800.0, ("a",))
        paying = Counted(0, 0.03, 0.02, 0.045, ("b",))
        found = share_of(everybody, paying)
        assert found.value == pytest.approx(54.0)
        assert (found.low, found.high) == (pytest.approx(36.0), pytest.approx(81.0))
        assert found.facts == ("a", "b")


def test_a_year_of_a_person_by_hand() -> None:
    """12 bn a year over 1.8 bn people are 6.67 dollars each; over 54 million payers 222."""
    assert per_person_year(3.0, 1800.0) == pytest.approx(6.6667, abs=1e-4)
    assert per_person_year(3.0, 54.0) == pytest.approx(222.22, abs=1e-2)
