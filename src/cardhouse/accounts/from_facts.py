"""Facts as figures of the accounts: USD billion, shares and ratios, and counts as published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from cardhouse.accounts.figures import Figure, Figures
from cardhouse.facts import Fact, FactTable, Metric, load_metrics, to_accounts_unit

PRICE = "price"


def figures_of(table: FactTable) -> Figures:
    """Return the facts that the accounts can read: all that are numbers."""
    rates = tuple(table.find("fx", "exchange_rate"))
    natures = load_metrics()
    numbers = (fact for fact in table if not isinstance(fact.value, dt.date))
    return Figures(_figure(fact, rates, natures) for fact in numbers)


def _figure(fact: Fact, rates: tuple[Fact, ...], natures: Mapping[str, Metric]) -> Figure:
    """Return a fact in the accounts' unit: a price as published, an amount in USD billion."""
    if natures[fact.metric].nature == PRICE:
        value, low, high = fact.number, _as_number(fact.low), _as_number(fact.high)
    else:
        value, low, high, _ = to_accounts_unit(fact, rates)
    return Figure(
        id=fact.id,
        entity=fact.entity,
        metric=fact.metric,
        item=fact.item,
        counterparty=fact.counterparty,
        start=fact.period_start,
        end=fact.period_end,
        value=value,
        low=low,
        high=high,
        basis=fact.basis,
        grade=fact.grade,
        known_from=fact.known_from,
        source=fact.source,
    )


def _as_number(value: float | dt.date | None) -> float | None:
    """Return a bound of a fact whose value is a number."""
    return None if isinstance(value, dt.date) else value
