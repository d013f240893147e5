"""The mirror's arithmetic: figures of any period keep their place, their value and their facts."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.mirror import (
    Point,
    Reading,
    a_year,
    added,
    closing_quarter,
    complement,
    covering,
    divided,
    finest,
    last_day,
    one_each,
    quarter_of,
    quarters_of,
    reading_at,
    scaled,
    shifted,
    within,
)

days = st.dates(dt.date(1995, 1, 1), dt.date(2035, 12, 31))
places = st.integers(-12, 20)
values = st.floats(0.01, 1e6)


@st.composite
def points(draw: st.DrawFn) -> Point:
    first, length = draw(places), draw(st.integers(0, 4))
    return Point(first, first + length, draw(values), facts=(draw(st.text("abcdef", min_size=3)),))


many = st.lists(points(), max_size=12)


def quarters(found: list[Point]) -> set[int]:
    return {quarter for one in found for quarter in range(one.first, one.last + 1)}


@given(days)
def test_a_day_stands_at_the_nearest_quarter_s_end(day: dt.date) -> None:
    found = closing_quarter(day)
    away = abs((day - last_day(found)).days)
    for other in (found - 1, found + 1):
        assert away <= abs((day - last_day(other)).days)


@given(st.integers(1990 * 4, 2040 * 4), st.integers(1, 12), st.integers(-40, 40))
def test_a_period_moved_by_less_than_half_a_quarter_keeps_its_place(
    first: int, count: int, moved: int
) -> None:
    start = last_day(first - 1) + dt.timedelta(days=1 + moved)
    end = last_day(first + count - 1) + dt.timedelta(days=moved)
    assert quarters_of(start, end) == (first, first + count - 1)


@given(days, st.integers(0, 75))
def test_a_month_or_two_are_no_quarter(start: dt.date, length: int) -> None:
    assert quarters_of(start, start + dt.timedelta(days=length)) is None


@given(days, st.integers(80, 2000), values)
def test_a_steady_stream_is_the_same_a_year_however_long_it_was_watched(
    start: dt.date, length: int, pace: float
) -> None:
    end = start + dt.timedelta(days=length - 1)
    assert a_year(pace * length, start, end) == pytest.approx(pace * 365.25)


@given(many)
def test_the_finest_figures_leave_no_quarter_out_and_none_twice_for_longer(
    drawn: list[Point],
) -> None:
    found = finest(drawn)
    assert quarters(found) == quarters(drawn)
    assert all(one in drawn for one in found)
    assert finest(found) == found
    assert set(finest(drawn[::-1])) == set(found)
    for one in found:
        shorter = [other for other in found if other.quarters < one.quarters]
        assert not quarters([one]) <= quarters(shorter)


readings = st.builds(
    Reading,
    first=st.just(0),
    last=st.just(0),
    value=values,
    low=st.none(),
    high=st.none(),
    fact=st.uuids().map(str),
    rank=st.tuples(st.floats(-90, 0), st.floats(0, 2)),
    period=st.sampled_from(
        [(dt.date(2000, 1, 1), dt.date(2000, 3, 31)), (dt.date(2000, 1, 29), dt.date(2000, 4, 28))]
    ),
)


@given(st.lists(readings, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_several_sources_become_one_figure_with_their_range(
    drawn: list[Reading], random: object
) -> None:
    (found,) = one_each(drawn)
    mixed = list(drawn)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert one_each(mixed) == [found]
    best = max(drawn, key=lambda one: (one.rank, one.fact))
    same = [one for one in drawn if one.period == best.period]
    assert found.facts[0] == best.fact
    assert set(found.facts) == {one.fact for one in same}
    assert found.value == best.value
    if found.low is not None:
        assert found.high is not None
        assert (found.low, found.high) == (
            min(one.value for one in same), max(one.value for one in same)
        )  # fmt: skip
    else:
        assert len({one.value for one in same}) == 1


@given(many, st.floats(0.1, 10))
def test_ratios_do_not_change_with_the_unit(drawn: list[Point], factor: float) -> None:
    usual = divided(drawn, drawn)
    other = divided(scaled(drawn, factor), scaled(drawn, factor))
    assert [one.value for one in usual] == pytest.approx([one.value for one in other])
    alone = finest(drawn)
    if len(quarters(alone)) == sum(one.quarters for one in alone):
        assert [one.value for one in divided(alone, alone)] == pytest.approx([1.0] * len(alone))


@given(many, many)
def test_a_sum_is_of_figures_that_all_speak_of_its_quarters(
    first: list[Point], second: list[Point]
) -> None:
    for one in added([first, second]):
        other = covering(second, one.first, one.last)
        assert other is not None
        sums = [anchor.value + other.value for anchor in first
                if (anchor.first, anchor.last) == (one.first, one.last)]  # fmt: skip
        assert one.value in sums
        assert set(other.facts) <= set(one.facts)


@given(many, st.integers(-50, 50))
def test_places_are_relative(drawn: list[Point], origin: int) -> None:
    moved = shifted(drawn, origin)
    assert shifted(moved, -origin) == drawn
    assert within(moved, -9 - origin, 16 - origin) == shifted(within(drawn, -9, 16), origin)


@given(many, places, st.integers(0, 3))
def test_the_reading_of_a_quarter_is_the_nearest_one_within_reach(
    drawn: list[Point], quarter: int, reach: int
) -> None:
    def apart(one: Point) -> int:
        return min(abs(quarter - at) for at in range(one.first, one.last + 1))

    found = reading_at(drawn, quarter, reach)
    near = [one for one in drawn if apart(one) <= reach]
    assert (found is None) == (not near)
    if found is not None:
        assert apart(found) == min(map(apart, near))


def test_the_opposite_of_a_share_turns_its_range_round() -> None:
    (found,) = complement([Point(0, 0, 0.25, 0.1, 0.3)])
    assert (found.value, found.low, found.high) == pytest.approx((0.75, 0.7, 0.9))


def test_nothing_is_divided_by_nothing() -> None:
    assert divided([Point(0, 0, 1.0)], [Point(0, 0, 0.0)]) == []
    assert added([]) == []
    assert quarter_of(dt.date(2000, 3, 31)) == 8000
