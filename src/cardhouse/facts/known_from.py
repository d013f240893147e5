"""When a figure was first public, for rows that do not say so."""

from __future__ import annotations

import datetime as dt

DAYS_AFTER_QUARTER = 35
DAYS_AFTER_YEAR = 60
DAYS_AFTER_YEAR_EARLY = 90
EARLY = 2003
DAYS_REPORTED = 90
DAYS_ESTIMATED = 120
DAYS_ESTIMATED_POINT = 60
LONGEST_PART_YEAR = 330


def known_from_by_rule(
    basis: str, start: dt.date, end: dt.date, published: dt.date | None
) -> dt.date:
    """Return the first day on which a figure can have been public, by its basis and period.

    Filings come 35 days after a quarter or a balance-sheet date and 60 after a fiscal year (90
    before 2003), company statements likewise; press reports 90 days after a period and never later
    than the page. What was announced for one day was known on it. Estimates, leaks and derived
    figures are often made much later: they count from their page, else 120 days after the period
    (60 after a day). Guidance counts from its page, else from the start of its period.

    Parameters
    ----------
    basis
        How the figure came about.
    start, end
        The period; the same day for a point in time.
    published
        Last day that the publication date can mean; None when it is not known.
    """
    if basis in ("filing", "company_statement", "reported"):
        ruled = end + dt.timedelta(days=_days_after(basis, start, end))
        return min(ruled, published) if basis == "reported" and published else ruled
    if published:
        return published
    if basis == "guidance":
        return start
    return end + dt.timedelta(days=DAYS_ESTIMATED_POINT if start == end else DAYS_ESTIMATED)


def _days_after(basis: str, start: dt.date, end: dt.date) -> int:
    """Return the days from a period's end to a filing, a statement or a press report."""
    if start == end and basis != "filing":
        return 0
    if basis == "reported":
        return DAYS_REPORTED
    if (end - start).days < LONGEST_PART_YEAR:
        return DAYS_AFTER_QUARTER
    return DAYS_AFTER_YEAR_EARLY if end.year < EARLY else DAYS_AFTER_YEAR
