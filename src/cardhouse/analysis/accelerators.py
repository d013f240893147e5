"""What an hour of an accelerator costs its owner, and what would have to be so for it to pay.

Cost per hour sold = [capital charge of accelerator, server and network + capital charge of the
site + power + other] / utilisation. Every function is pure: USD, kilowatts, years, shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

HOURS = 8760.0
"""Hours of a year."""

NO_RATE = 1e-12
"""A rate below this is none: the formulas lose their digits there before the limit does."""

MOST_RATE = 10.0
"""A rate earned is looked for up to 1,000 % a year."""

FAVOURS_COST = frozenset({"life", "site_life", "utilisation"})
"""Inputs of which more makes an hour cheaper; more of any other makes it dearer."""


@dataclass(frozen=True)
class Accelerator:
    """One accelerator with what it takes to run it.

    Attributes
    ----------
    price
        Purchase price, USD, above 0.
    server_share
        Server and network that come with it, USD per USD of price, at least 0.
    site_per_kw
        Building, cooling and power plant, USD per kW that the machine draws.
    power_kw
        What it draws with its share of server and network, kW.
    pue
        Power of the site over power of the machines, at least 1.
    power_price
        USD per kWh.
    other
        Staff, repairs, software, insurance: USD per hour that it stands, sold or not.
    life, site_life
        Years over which accelerator, server and network, and the site, are earned back.
    rate
        Cost of capital, share a year, at least 0.
    utilisation
        Share of its hours that are sold, above 0.
    """

    price: float
    server_share: float
    site_per_kw: float
    power_kw: float
    pue: float
    power_price: float
    other: float
    life: float
    site_life: float
    rate: float
    utilisation: float

    @property
    def outlay(self) -> float:
        """Return what is spent before the first hour, USD."""
        return self.price * (1.0 + self.server_share) + self.site_per_kw * self.power_kw


INPUTS = tuple(one.name for one in fields(Accelerator))
"""The names of the inputs, in order."""


@dataclass(frozen=True)
class Cost:
    """Cost of one hour sold by its parts, USD."""

    accelerator: float
    server: float
    site: float
    power: float
    other: float

    @property
    def total(self) -> float:
        """Return the whole."""
        return self.accelerator + self.server + self.site + self.power + self.other


def capital_recovery(rate: float, life: float) -> float:
    """Return the capital recovery factor: the yearly sum that pays back 1 with interest.

    Parameters
    ----------
    rate
        Interest, share a year, above -1.
    life
        Years, above 0.

    References
    ----------
    E. L. Grant (1930), *Principles of Engineering Economy*: r / (1 - (1 + r)^-n), 1/n at r = 0.

    Examples
    --------
    >>> round(capital_recovery(0.08, 5), 4), capital_recovery(0.0, 4)
    (0.2505, 0.25)
    """
    if abs(rate) < NO_RATE:
        return 1.0 / life
    return rate / -math.expm1(-life * math.log1p(rate))


def cost_per_hour(one: Accelerator) -> Cost:
    """Return the cost of an hour sold.

    Examples
    --------
    >>> card = Accelerator(35_040, 0.5, 0, 1, 1, 0.1, 0.05, 4, 10, 0.0, 0.5)
    >>> cost_per_hour(card)
    Cost(accelerator=2.0, server=1.0, site=0.0, power=0.2, other=0.1)
    """
    charge = capital_recovery(one.rate, one.life) / HOURS
    site = one.site_per_kw * one.power_kw * capital_recovery(one.rate, one.site_life) / HOURS
    sold = one.utilisation
    return Cost(
        accelerator=one.price * charge / sold,
        server=one.price * one.server_share * charge / sold,
        site=site / sold,
        power=one.power_kw * one.pue * one.power_price / sold,
        other=one.other / sold,
    )


def extreme_cost(values: Mapping[str, tuple[float, float]], *, dearest: bool) -> float:
    """Return the least or the most that an hour may cost when each input may lie in a range.

    Cost is monotone in every input, so all inputs at their favourable, or unfavourable, ends
    give the bound: no pair of inputs has to be tried.

    Parameters
    ----------
    values
        Least and most of each input by name.
    dearest
        Whether the most is asked for.
    """
    ends = {
        name: pair[1] if dearest != (name in FAVOURS_COST) else pair[0]
        for name, pair in values.items()
    }
    return cost_per_hour(Accelerator(**ends)).total


def dearest_change(
    one: Accelerator, values: Mapping[str, tuple[float, float]]
) -> tuple[str, float, float]:
    """Return the input that alone can make an hour dearest: its name, its value there, the cost.

    Parameters
    ----------
    one
        The accelerator at its usual inputs.
    values
        Least and most of each input by name.
    """
    tried = []
    for name, (low, high) in values.items():
        end = low if name in FAVOURS_COST else high
        tried.append((cost_per_hour(replace(one, **{name: end})).total, name, end))
    cost, name, end = max(tried)
    return name, end, cost


def breakeven_price(one: Accelerator, rent: float) -> float | None:
    """Return the purchase price at which an hour costs what it is rented for; None: no such price.

    There is none where the rent does not pay for site, power and the rest.
    """
    cost = cost_per_hour(one)
    left = rent - cost.site - cost.power - cost.other
    if left <= 0:
        return None
    per_dollar = (1.0 + one.server_share) * capital_recovery(one.rate, one.life)
    return left * one.utilisation * HOURS / per_dollar


def breakeven_life(one: Accelerator, rent: float) -> float | None:
    """Return the years that machine and network must last; None: no life is long enough.

    There is none where the rent leaves less than the interest on their price.
    """
    cost = cost_per_hour(one)
    left = (rent - cost.site - cost.power - cost.other) * one.utilisation * HOURS
    factor = left / (one.price * (1.0 + one.server_share))
    if factor <= one.rate or factor <= 0.0:
        return None
    if one.rate < NO_RATE:
        return 1.0 / factor
    return -math.log1p(-one.rate / factor) / math.log1p(one.rate)


def breakeven_utilisation(one: Accelerator, rent: float) -> float | None:
    """Return the share of hours that must be sold; None: even all hours are too few."""
    whole = cost_per_hour(replace(one, utilisation=1.0)).total
    if rent <= 0.0 or whole > rent:
        return None
    return whole / rent


def rate_earned(one: Accelerator, rent: float) -> float | None:
    """Return the yearly return on all capital at a rent; None where it is not even paid back.

    The rate at which an hour costs what it is rented for, found by bisection: cost rises with it.
    A return above `MOST_RATE` is told as `MOST_RATE`.
    """

    def short(rate: float) -> bool:
        return cost_per_hour(replace(one, rate=rate)).total > rent

    if short(0.0):
        return None
    if not short(MOST_RATE):
        return MOST_RATE
    return _bisect(short, 0.0, MOST_RATE)


def _bisect(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Return where a condition that fails at `low` and holds at `high` begins to hold."""
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return low


def payback_years(one: Accelerator, rent: float) -> float | None:
    """Return the years until what is left of the rent has paid the outlay, without interest.

    None where running it costs more than it brings.
    """
    cost = cost_per_hour(one)
    left = (rent - cost.power - cost.other) * one.utilisation * HOURS
    return one.outlay / left if left > 0.0 else None


def units_bought(spending_usd_bn: float, price: float) -> float:
    """Return how many accelerators a spending buys, millions.

    Examples
    --------
    >>> units_bought(35.0, 35_000.0)
    1.0
    """
    return spending_usd_bn * 1e3 / price


def tokens_per_second_needed(cost: float, price_per_million: float) -> float:
    """Return the tokens a second that an accelerator must give for tokens to pay its hour.

    Examples
    --------
    >>> tokens_per_second_needed(3.6, 10.0)
    100.0
    """
    return cost / price_per_million * 1e6 / 3600.0


def cost_per_million_tokens(cost: float, tokens_per_second: float) -> float:
    """Return what a million tokens cost at a speed, USD.

    Examples
    --------
    >>> cost_per_million_tokens(3.6, 1000.0)
    1.0
    """
    return cost * 1e6 / (3600.0 * tokens_per_second)
