"""Quarters are numbers that run on, within what facts may be dated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts.periods import (
    FIRST_YEAR,
    LAST_YEAR,
    first_day,
    last_day,
    quarter_name,
    quarter_number,
    quarter_of,
)
from cardhouse.errors import AccountsError


@given(st.integers(FIRST_YEAR, LAST_YEAR), st.integers(1, 4))
def test_a_quarter_is_its_name_and_its_days(year: int, quarter: int) -> None:
    number = quarter_number(f"{year}Q{quarter}")
    assert quarter_name(number) == f"{year}Q{quarter}"
    assert quarter_of(first_day(number)) == quarter_of(last_day(number)) == number


@pytest.mark.parametrize("name", ["0000Q1", "1799Q4", "2101Q1", "9999Q4"])
def test_what_no_fact_can_be_of_is_refused(name: str) -> None:
    with pytest.raises(AccountsError, match="1800 to 2100"):
        quarter_number(name)
