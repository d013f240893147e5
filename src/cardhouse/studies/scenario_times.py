"""Quarters in scenario files: ``t+2`` or ``2026Q1``, relative to the base quarter."""

from __future__ import annotations

import re

from cardhouse.errors import ScenarioError

MAX_QUARTERS = 400
_QUARTER = re.compile(r"(\d{4})Q([1-4])")
_RELATIVE = re.compile(r"t\+(\d{1,3})")


def quarter_number(quarter: str) -> int:
    """Return a running number of a quarter such as ``2025Q2``; later quarters are larger.

    Raises
    ------
    ScenarioError
        When the text is not a quarter.

    Examples
    --------
    >>> quarter_number("2026Q1") - quarter_number("2025Q2")
    3
    """
    match = _QUARTER.fullmatch(quarter)
    if not match:
        raise ScenarioError(f"'{quarter}' is not a quarter: write it like 2025Q2.")
    return int(match.group(1)) * 4 + int(match.group(2)) - 1


def later(quarter: str, number: int) -> str:
    """Return the quarter that comes `number` quarters after one, or before it when negative.

    Examples
    --------
    >>> later("2025Q2", 3)
    '2026Q1'
    """
    year, part = divmod(quarter_number(quarter) + number, 4)
    return f"{year:04d}Q{part + 1}"


def before(quarter: str) -> str:
    """Return the quarter before a quarter.

    Examples
    --------
    >>> before("2026Q1")
    '2025Q4'
    """
    return later(quarter, -1)


def resolve_time(text: str, base: str, where: str) -> int:
    """Return the number of quarters from the base quarter to `text`; 1 is the first simulated.

    Raises
    ------
    ScenarioError
        When `text` is not a quarter, lies at or before the base, or beyond the longest run.

    Examples
    --------
    >>> resolve_time("2026Q1", "2025Q2", "a.yaml:3"), resolve_time("t+2", "2025Q2", "a.yaml:4")
    (3, 2)
    """
    relative = _RELATIVE.fullmatch(text)
    if relative:
        number = int(relative.group(1))
    elif _QUARTER.fullmatch(text):
        number = quarter_number(text) - quarter_number(base)
    else:
        raise ScenarioError(f"{where}: '{text}' is not a quarter: write t+N or one like 2026Q1.")
    if number < 1:
        raise ScenarioError(
            f"{where}: {text} is not after the base quarter {base}, which is history. "
            "The first quarter that can move is t+1."
        )
    if number > MAX_QUARTERS:
        raise ScenarioError(
            f"{where}: {text} is {number} quarters after the base {base}; "
            f"a run has at most {MAX_QUARTERS}."
        )
    return number
