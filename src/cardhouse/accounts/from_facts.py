"""Facts as figures of the accounts: numbers in USD billion, or shares and ratios."""

from __future__ import annotations

import datetime as dt

from cardhouse.accounts.figures import Figure, Figures
from cardhouse.facts import Fact, FactTable, to_accounts_unit

IN_ACCOUNTS = ("usd_bn", "share", "ratio")


def figures_of(table: FactTable) -> Figures:
    """Return the facts that the accounts can read; evidence in other units is left out."""
    rates = tuple(table.find("fx", "exchange_rate"))
    found = (_figure(fact, rates) for fact in table if not isinstance(fact.value, dt.date))
    return Figures(figure for figure in found if figure is not None)


def _figure(fact: Fact, rates: tuple[Fact, ...]) -> Figure | None:
    """Return a fact in the accounts' unit, None when it has none."""
    value, low, high, kind = to_accounts_unit(fact, rates)
    if kind not in IN_ACCOUNTS:
        return None
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
