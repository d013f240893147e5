"""Quarters as whole numbers, and where a dated period falls among them."""

from __future__ import annotations

import datetime as dt
import re

from cardhouse.errors import AccountsError

_QUARTER = re.compile(r"(\d{4})Q([1-4])")
FIRST_YEAR, LAST_YEAR = 1800, 2100
"""As far as facts may be dated."""


def quarter_number(name: str) -> int:
    """Return a running number for a quarter's name; numbers of neighbours differ by one.

    Raises
    ------
    AccountsError
        When `name` is not of the form ``2025Q2``, or lies beyond what facts may be dated.

    Examples
    --------
    >>> quarter_number("2025Q3") - quarter_number("2024Q3")
    4
    """
    match = _QUARTER.fullmatch(name)
    if match is None:
        raise AccountsError(f"base quarter '{name}' is not a quarter. Write it like 2025Q2.")
    if not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise AccountsError(
            f"base quarter '{name}' is not of the years {FIRST_YEAR} to {LAST_YEAR}. Write it like "
            "2025Q2."
        )
    return int(match[1]) * 4 + int(match[2]) - 1


def quarter_name(number: int) -> str:
    """Return the name of a quarter's number, such as ``2025Q2``."""
    return f"{number // 4}Q{number % 4 + 1}"


def quarter_of(day: dt.date) -> int:
    """Return the number of the calendar quarter that holds a day."""
    return day.year * 4 + (day.month - 1) // 3


def first_day(number: int) -> dt.date:
    """Return the first day of a quarter."""
    return dt.date(number // 4, number % 4 * 3 + 1, 1)


def last_day(number: int) -> dt.date:
    """Return the last day of a quarter.

    Examples
    --------
    >>> last_day(quarter_number("2025Q2")).isoformat()
    '2025-06-30'
    """
    return first_day(number + 1) - dt.timedelta(days=1)


def span_in_quarters(start: dt.date, end: dt.date) -> int:
    """Return how many quarters a period of days lasts, rounded; 0 for less than half of one.

    Examples
    --------
    >>> span_in_quarters(dt.date(2025, 4, 28), dt.date(2025, 7, 27))
    1
    >>> span_in_quarters(dt.date(2025, 12, 1), dt.date(2025, 12, 31))
    0
    """
    return round(((end - start).days + 1) / 91.3125)


def first_quarter(start: dt.date, end: dt.date) -> int:
    """Return the first of the calendar quarters that a period of whole quarters is booked in.

    A period of one quarter belongs to the calendar quarter that holds its midpoint; a longer one
    to the run of quarters whose middle is nearest its own.
    """
    span = max(span_in_quarters(start, end), 1)
    quarter_days = ((end - start).days + 1) / span
    middle_of_first = start + dt.timedelta(days=int(quarter_days / 2))
    return quarter_of(middle_of_first)
