"""What is asked when nothing else is said, and words that every door checks alike."""

from __future__ import annotations

import datetime as dt

from cardhouse.errors import InputError

DEFAULT_ECONOMY = "ai"
DEFAULT_QUARTERS = 20


def checked_date(text: str | None) -> str | None:
    """Return an ISO date as given; raises InputError when it is none.

    Examples
    --------
    >>> checked_date("2025-08-21")
    '2025-08-21'
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(
            f"--as-of is '{text}', which is not a date. Write it like 2025-08-21."
        ) from None
