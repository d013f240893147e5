"""From a fact's published unit to the accounts': USD billion, shares and ratios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from cardhouse.errors import FactError
from cardhouse.facts.dictionaries import load_dictionaries
from cardhouse.facts.load import load_facts
from cardhouse.facts.schema import Fact

EXCHANGE_RATE = ("fx", "exchange_rate")
EVIDENCE = "evidence"


def to_accounts_unit(
    fact: Fact, rates: Iterable[Fact] | None = None
) -> tuple[float, float | None, float | None, str]:
    """Return a fact's value, low and high in the accounts' unit, and which that is.

    Parameters
    ----------
    fact
        A fact whose unit is no date.
    rates
        Facts of exchange rates (`exchange_rates`), for instance those known at a vintage; the
        shipped ones when None.

    Returns
    -------
    tuple
        Value, low, high and kind: ``usd_bn`` for amounts, ``share`` and ``ratio`` as published,
        ``evidence`` for everything else, as published.

    Raises
    ------
    FactError
        When the fact is a date, or its currency has no rate.
    """
    unit = load_dictionaries().units[fact.unit]
    factor = 1.0 if unit.usd_bn is None else unit.usd_bn
    if unit.currency:
        known = shipped_rates() if rates is None else rates
        factor *= nearest_rate(unit.currency, fact, known).number
    return fact.number * factor, _scaled(fact.low, factor), _scaled(fact.high, factor), unit.kind


@cache
def shipped_rates() -> tuple[Fact, ...]:
    """Return the exchange rates of the shipped tables; read once, a few rows."""
    return tuple(load_facts().find(*EXCHANGE_RATE))


def nearest_rate(currency: str, fact: Fact, rates: Iterable[Fact]) -> Fact:
    """Return the rate of a currency whose period's middle is nearest that of a fact's period.

    Raises
    ------
    FactError
        When there is none of the currency.
    """
    middle = _middle(fact)
    candidates = [rate for rate in rates if rate.item == currency]
    if not candidates:
        entity, metric = EXCHANGE_RATE
        raise FactError(
            f"{fact.place}: fact {fact.id} is in {currency}, and no rate of it is known. Add a row "
            f"with entity '{entity}', metric '{metric}', item '{currency}'."
        )
    return min(candidates, key=lambda rate: (abs(_middle(rate) - middle), rate.key))


def _middle(fact: Fact) -> dt.timedelta:
    """Return twice the middle of a period, as time since day one; no half day is lost."""
    return (fact.period_start - dt.date.min) + (fact.period_end - dt.date.min)


def _scaled(value: float | dt.date | None, factor: float) -> float | None:
    return None if value is None or isinstance(value, dt.date) else value * factor
