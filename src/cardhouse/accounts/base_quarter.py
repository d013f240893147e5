"""Which quarter opens: the one asked for if enough is known of it, else the newest that can."""

from __future__ import annotations

import datetime as dt

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import Figures
from cardhouse.accounts.observations import read_row
from cardhouse.accounts.periods import last_day, quarter_name, quarter_number, quarter_of
from cardhouse.errors import AccountsError

NEWEST_SHARE = 0.8
"""Share of core entities with a revenue fact of the quarter or the one before: opens unasked."""
LEAST_SHARE = 0.4
"""The same for a quarter that was asked for: what is missing is extrapolated, widened, marked."""
NEAR = 1.5
"""Quarters that such a fact may lie from the base quarter, by the middle of its period."""


def choose_base(definition: Definition, figures: Figures, date: dt.date, asked: str | None) -> str:
    """Return the base quarter.

    Parameters
    ----------
    definition, figures
        The economy, and what was known of it on `date`.
    date
        The date of knowledge.
    asked
        A quarter such as ``2025Q2``; None: the newest ended by `date`, up to the economy's
        ``base_until``, in which at least 80 % of the core entities have a revenue fact of that
        quarter or the one before.

    Raises
    ------
    AccountsError
        When the quarter asked for had not ended or too little was known of it, or none can open.
    """
    if asked is not None:
        _check(definition, figures, date, asked)
        return asked
    newest = min(quarter_of(date), quarter_number(definition.about("base_until")))
    oldest = min((quarter_of(figure.end) for figure in figures), default=newest + 1)
    for number in range(newest, oldest - 1, -1):
        core, missing = _core(definition, figures, number)
        if last_day(number) <= date and len(missing) <= (1.0 - NEWEST_SHARE) * len(core) + 1e-9:
            return quarter_name(number)
    _, missing = _core(definition, figures, newest)
    without = f": in {quarter_name(newest)} {', '.join(missing)} have none" if missing else ""
    raise AccountsError(
        f"no quarter can open with what was known on {date}: too few of the core entities have a "
        f"revenue fact{without}. Choose a later as_of, or name a base quarter."
    )


def _check(definition: Definition, figures: Figures, date: dt.date, base: str) -> None:
    """Refuse a base quarter that had not ended, or of which too little was known."""
    number = quarter_number(base)
    end = last_day(number)
    if end > date:
        raise AccountsError(
            f"the base quarter {base} ends on {end}, after the date of knowledge {date}. "
            "Choose an earlier base or a later as_of."
        )
    core, missing = _core(definition, figures, number)
    if len(missing) > (1.0 - LEAST_SHARE) * len(core) + 1e-9:
        raise AccountsError(
            f"{base} cannot be opened with what was known on {date}: no revenue fact of that "
            f"quarter or the one before for {', '.join(missing)}. Choose a quarter with more facts."
        )


def _core(definition: Definition, figures: Figures, number: int) -> tuple[list[str], list[str]]:
    """Return the core entities, and those without a revenue fact near a quarter."""
    core = [row.text("id") for row in definition.rows("entities") if row.flag("core")]
    told = {
        row.text("of")
        for row in definition.rows("observations")
        if row.text("of").startswith("revenue(")
        and any(reading.moved <= NEAR for reading in read_row(definition, row, figures, number))
    }
    return core, [entity for entity in core if f"revenue({entity})" not in told]
