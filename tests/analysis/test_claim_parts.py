"""Parts of claims: definitions, prices over time, sums over reports, ratios then and now."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.claims import (
    FAILS,
    HOLDS,
    IN_PART,
    UNDETERMINED,
    Figure,
    Finding,
    as_extreme,
)
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.price_courses import Course, Point, fell, lately, priced_below_cost
from cardhouse.analysis.spans import Span, completed, cover, days_missing

verdicts = st.sampled_from([HOLDS, IN_PART, FAILS, UNDETERMINED])


class TestDefinitions:
    @pytest.mark.parametrize(
        ("told", "verdict"),
        [
            ([HOLDS, HOLDS], HOLDS),
            ([FAILS, FAILS], FAILS),
            ([HOLDS, FAILS], IN_PART),
            ([HOLDS, IN_PART], IN_PART),
            ([HOLDS, UNDETERMINED], HOLDS),
            ([UNDETERMINED], UNDETERMINED),
            ([], UNDETERMINED),
        ],
    )
    def test_together(self, told: list[str], verdict: str) -> None:
        found = {str(number): Finding(one) for number, one in enumerate(told)}
        assert by_definition(found).verdict == verdict

    @given(st.lists(verdicts, max_size=5))
    def test_each_stands_with_its_verdict(self, told: list[str]) -> None:
        found = {str(number): Finding(one) for number, one in enumerate(told)}
        assert [verdict for _, verdict in by_definition(found).by_definition] == told

    def test_what_two_say_stands_once(self) -> None:
        figure = Figure("a", 1.0, "USD", ("f",))
        one = Finding(HOLDS, (figure,), ("It is.",), ("It is not.",))
        both = by_definition({"a": one, "b": one})
        assert both.figures == (figure,)
        assert (both.supports, both.opposes) == (("It is.",), ("It is not.",))


def course(*prices: float) -> Course:
    points = tuple(Point(100 * at, str(at), one, f"f{at}") for at, one in enumerate(prices))
    return Course("An hour", "USD", points)


class TestPrices:
    @pytest.mark.parametrize(
        ("courses", "verdict"),
        [
            ([course(3.0, 2.0), course(5.0, 4.0)], HOLDS),
            ([course(3.0, 2.0), course(4.0, 5.0)], IN_PART),
            ([course(3.0, 3.1)], FAILS),
            ([course(3.0, 2.97)], FAILS),
            ([course(3.0)], UNDETERMINED),
        ],
    )
    def test_from_first_to_last(self, courses: list[Course], verdict: str) -> None:
        assert fell(courses).verdict == verdict

    def test_the_last_change_is_told_apart_from_the_whole(self) -> None:
        """A rent that fell for two years and rose in the third."""
        rent = course(3.0, 2.2, 1.7, 2.35)
        assert fell([rent]).verdict == HOLDS
        late = lately([rent, course(5.0, 4.0)], since=300)
        assert [one.points for one in late] == [rent.points[-2:]]
        found = fell(late)
        assert found.verdict == FAILS
        assert found.opposes == ("An hour: 1.7 (2), 2.35 (3) USD.",)
        assert found.figures[0].facts == ("f2", "f3")

    def test_the_nearest_price_is_held_against_each_cost(self) -> None:
        owning, payback = (Figure(one, 2.0, "USD") for one in ("cost of owning", "payback"))
        rent = Course("An hour", "USD", course(3.0, 1.7).points, ((10, owning), (90, payback)))
        found = priced_below_cost([rent])
        assert found.verdict == IN_PART
        assert found.supports == ("An hour: 1.7 (1) against a payback of 2 USD.",)
        assert found.opposes == ("An hour: 3 (0) against a cost of owning of 2 USD.",)
        assert priced_below_cost([course(1.0, 2.0)]).verdict == UNDETERMINED


spans = st.lists(
    st.builds(
        lambda first, days, amount: Span(first, first + days, amount),
        st.integers(0, 400), st.integers(0, 200), st.floats(-10.0, 10.0),
    ),
    max_size=8,
)  # fmt: skip


class TestSpans:
    @given(spans)
    def test_no_day_counts_twice_and_none_is_left_out_for_nothing(self, told: list[Span]) -> None:
        chosen = cover(told)
        assert all(one.last < other.first for one, other in pairwise(chosen))
        for one in told:
            free = all(one.last < other.first or other.last < one.first for other in chosen)
            assert one in chosen or not free

    @given(spans)
    def test_it_covers_as_many_days_as_any_choice(self, told: list[Span]) -> None:
        def most(left: list[Span], after: int) -> int:
            days = [one.days + most(left, one.last) for one in left if one.first > after]
            return max(days, default=0)

        assert sum(one.days for one in cover(told)) == most(told, -1)

    def test_a_year_less_three_quarters_gives_the_fourth(self) -> None:
        year = Span(1, 365, 96.676, ("year",))
        told = [Span(92, 182, 13.45), Span(183, 273, 22.089), Span(274, 365, 34.904)]
        found = cover(completed([year, *told])[1:])
        assert (found[0].first, found[0].last) == (1, 91)
        assert found[0].amount == pytest.approx(26.233)
        assert found[0].facts == ("year",)
        assert days_missing(found) == 0

    def test_two_holes_cannot_be_told_apart(self) -> None:
        told = [Span(1, 365, 10.0), Span(92, 182, 2.0)]
        assert completed(told) == told

    @given(spans)
    def test_what_follows_adds_up_to_what_was_told(self, told: list[Span]) -> None:
        found = completed(told)
        assert found[: len(told)] == told
        for rest in found[len(told) :]:
            assert not any((one.first, one.last) == (rest.first, rest.last) for one in told)
            assert any(one.first <= rest.first and rest.last <= one.last for one in told)


class TestThenAndNow:
    def ratio(self, value: float | None) -> Figure:
        return Figure("a ratio", value, "ratio")

    @pytest.mark.parametrize(
        ("higher", "then", "now", "verdict"),
        [(True, 1.0, 1.0, HOLDS), (True, 1.0, 0.9, FAILS), (False, 0.2, 0.1, HOLDS),
         (False, 0.2, 0.3, FAILS), (True, 1.0, None, UNDETERMINED)],
    )  # fmt: skip
    def test_extreme_is_up_or_down(
        self, higher: bool, then: float, now: float | None, verdict: str
    ) -> None:
        pair = ("loans", higher, self.ratio(then), self.ratio(now))
        assert as_extreme([pair], 0.25).verdict == verdict

    def test_from_a_quarter_in_part(self) -> None:
        reached = ("a", True, self.ratio(1.0), self.ratio(2.0))
        short = ("b", True, self.ratio(1.0), self.ratio(0.5))
        assert as_extreme([reached, short, short, short], 0.25).verdict == IN_PART
        assert as_extreme([reached, *[short] * 4], 0.25).verdict == FAILS
