"""From a fact's published unit to the accounts': USD billion, shares and ratios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache

from cardhouse.errors import FactError
from cardhouse.facts.dictionaries import load_dictionaries
from cardhouse.facts.load import load_facts
from cardhouse.facts.schema import Fact, Value

EXCHANGE_RATE = ("fx", "exchange_rate")
EVIDENCE = "evidence"


def to_accounts_unit(
    fact: Fact, rates: Iterable[Fact] | None = None
) -> tuple[float, float | None, float | None, str]:
    """Return a fact's value, low and high in the accounts' unit, and which that is.

    Parameters
    ----------
    fact
        Any fact.
    rates
        Facts of exchange rates (`exchange_rates`), for instance those known at a vintage; the
        shipped ones when None.

    Returns
    -------
    tuple
        Value, low, high and kind: ``usd_bn`` for amounts, ``share`` and ``ratio`` as published,
        ``evidence`` for everything else, as published (a date as its running day).

    Raises
    ------
    FactError
        When the fact's currency has no rate.
    """
    unit = load_dictionaries().units[fact.unit]
    factor = 1.0 if unit.usd_bn is None else unit.usd_bn
    if unit.currency:
        known = shipped_rates() if rates is None else rates
        factor *= nearest_rate(unit.currency, fact, known).number
    low, high = (None if side is None else _number(side) * factor for side in (fact.low, fact.high))
    return _number(fact.value) * factor, low, high, unit.kind


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


def _number(value: Value) -> float:
    """Return a number as it is, and a date as its running day."""
    return float(value.toordinal()) if isinstance(value, dt.date) else value
