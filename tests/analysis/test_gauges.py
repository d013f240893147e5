"""Gauges: the peak is that of 2000, years count once, and the verdict follows."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.gauges import FEWEST_YEARS, Reading, standing

days = st.dates(dt.date(1985, 1, 1), dt.date(2026, 12, 31))
readings = st.builds(Reading, days, st.floats(0.1, 100), st.just("f"))
histories = st.lists(readings, min_size=1, max_size=60, unique_by=lambda one: one.day)


def on(day: str, value: float, fact: str = "f") -> Reading:
    return Reading(dt.date.fromisoformat(day), value, fact)


@given(histories)
def test_a_standing_is_what_its_readings_say(history: list[Reading]) -> None:
    found = standing(history)
    assert found.latest.day == max(one.day for one in history)
    assert found.highest.value == max(one.value for one in history)
    then = [one for one in history if dt.date(1999, 7, 1) <= one.day <= dt.date(2000, 12, 31)]
    assert (found.peak is None) == (not then)
    assert (found.verdict == "undetermined") == (not then)
    if found.peak is not None:
        assert found.peak.value == max(one.value for one in then)
        assert (found.verdict == "yes") == (found.latest.value >= found.peak.value)
        assert found.distance == pytest.approx(found.latest.value / found.peak.value - 1)
    assert (found.percentile is None) == (found.years < FEWEST_YEARS)


@given(histories, st.randoms())
def test_order_does_not_matter(history: list[Reading], random: object) -> None:
    turned = list(history)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert standing(turned) == standing(history)


def test_a_year_counts_once_by_its_last_reading() -> None:
    early = [on(f"{year}-12-31", float(year - 1999)) for year in range(2001, 2013)]
    crowd = [on(f"2012-{month:02}-01", 99.0) for month in range(1, 12)]
    found = standing([*early, *crowd, on("2013-03-01", 7.5)])
    assert found.years == 12
    assert found.percentile == 6 / 12  # closes of 2001 to 2006 are 2 to 7


def test_a_later_high_is_no_peak_of_2000() -> None:
    found = standing([on("2000-03-31", 30.0), on("2001-12-31", 46.5), on("2026-02-13", 31.0)])
    assert found.peak == on("2000-03-31", 30.0)
    assert found.verdict == "yes"
    assert found.highest.value == 46.5


def test_another_series_stands_in_only_where_there_is_no_own_peak() -> None:
    others = [on("2000-03-24", 9.0, "other")]
    assert standing([on("2026-01-01", 8.0)], others).peak == others[0]
    own = [on("2000-03-31", 5.0), on("2026-01-01", 8.0)]
    assert standing(own, others).peak == own[0]
