"""Quarters out of filings: year-to-date sums taken apart give back the quarters that made them."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.facts.live.filings import Figure, Filed, figures_of

STARTS = st.dates(dt.date(2010, 1, 1), dt.date(2026, 12, 31))
AMOUNTS = st.lists(st.integers(-(10**12), 10**12), min_size=4, max_size=4)
LENGTHS = st.lists(st.sampled_from([84, 91, 98]), min_size=4, max_size=4)
DAY = dt.timedelta(days=1)


def ends(start: dt.date, lengths: list[int]) -> list[dt.date]:
    """Return the last days of quarters of some lengths, one after another."""
    return [start + dt.timedelta(days=total) - DAY for total in itertools.accumulate(lengths)]


def filed(start: dt.date | None, end: dt.date, value: int, **more: object) -> Filed:
    told: dict[str, object] = {"filed": end + 30 * DAY, "form": "10-Q", "accession": "a", **more}
    return Filed(start, end, Decimal(value), **told)  # type: ignore[arg-type]


def quarters(found: list[Figure]) -> dict[dt.date, Figure]:
    return {
        one.end: one for one in found if one.start is not None and (one.end - one.start).days < 101
    }


@given(STARTS, AMOUNTS, LENGTHS)
def test_sums_from_the_year_s_start_give_the_quarters_back(
    start: dt.date, amounts: list[int], lengths: list[int]
) -> None:
    days = ends(start, lengths)
    sums = itertools.accumulate(amounts)
    found = quarters(
        figures_of(filed(start, end, total) for end, total in zip(days, sums, strict=True))
    )
    assert [int(found[end].value) for end in days] == amounts
    assert [found[end].derived for end in days] == [False, True, True, True]
    firsts = [start, *(end + DAY for end in days[:-1])]
    assert [found[end].start for end in days] == firsts


@given(STARTS, AMOUNTS, LENGTHS)
def test_the_last_quarter_is_what_the_year_has_beyond_three(
    start: dt.date, amounts: list[int], lengths: list[int]
) -> None:
    days = ends(start, lengths)
    firsts = [start, *(end + DAY for end in days[:-1])]
    rows = [
        filed(first, end, value) for first, end, value in zip(firsts, days, amounts, strict=True)
    ]
    year = filed(start, days[-1], sum(amounts), form="10-K")
    found = quarters(figures_of([*rows[:3], year]))
    if 350 <= (days[-1] - start).days + 1 <= 380:
        assert int(found[days[-1]].value) == amounts[3]
        assert found[days[-1]].derived
        assert found[days[-1]].known == year.filed


@given(STARTS, AMOUNTS, LENGTHS, st.permutations(range(4)))
def test_the_order_of_filings_changes_nothing(
    start: dt.date, amounts: list[int], lengths: list[int], order: list[int]
) -> None:
    rows = [
        filed(start, end, value) for end, value in zip(ends(start, lengths), amounts, strict=True)
    ]
    assert figures_of(rows) == figures_of([rows[at] for at in order])


@given(STARTS, st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_the_newest_filing_counts_and_older_figures_are_told(
    start: dt.date, values: list[int]
) -> None:
    end = start + 90 * DAY
    rows = [
        filed(start, end, value, filed=end + (30 + at) * DAY, accession=f"{at}")
        for at, value in enumerate(values)
    ]
    (found,) = figures_of(rows)
    assert int(found.value) == values[-1]
    assert {int(one.value) for one in found.earlier} == set(values) - {values[-1]}
    since = max((at for at, value in enumerate(values) if value != values[-1]), default=-1) + 1
    assert found.known == rows[since].filed  # repeating a figure makes it no younger


def test_a_filed_quarter_is_not_taken_from_sums() -> None:
    start, half = dt.date(2025, 1, 1), dt.date(2025, 6, 30)
    second = filed(dt.date(2025, 4, 1), half, 7)
    found = quarters(
        figures_of([filed(start, dt.date(2025, 3, 31), 5), filed(start, half, 11), second])
    )
    assert (found[half].value, found[half].derived) == (7, False)


def test_half_years_alone_are_no_quarter_and_a_day_is_a_position() -> None:
    half = filed(dt.date(2025, 1, 1), dt.date(2025, 6, 30), 11)
    day = filed(None, dt.date(2025, 6, 30), 3)
    assert [(one.start, one.value) for one in figures_of([half, day])] == [(None, 3)]


def test_nothing_filed_is_nothing() -> None:
    assert figures_of([]) == []
    with pytest.raises(AttributeError):
        figures_of([filed(None, dt.date(2025, 6, 30), 3)])[0].value = Decimal(1)  # type: ignore[misc]
