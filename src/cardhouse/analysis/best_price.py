"""The price at which users pay most, and whether even that covers what serving them costs.

Willingness to pay is lognormal, as in the law of demand: a share ``D(P) = 1 - Phi((ln P - mu)/s)``
of people pays a price P, with mu such that the base price meets the base share. Takings per person,
``P D(P)``, have one greatest value: the hazard of the standard normal rises, and at the best price
it equals s. With a cost m of serving a payer, what is left, ``(P - m) D(P)``, has one too, at a
higher price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr, ndtri

from cardhouse.errors import InputError

LOWEST = -38.0
"""Standard scores below this are nobody's: the normal density there is the least double."""


@dataclass(frozen=True)
class Willingness:
    """Lognormal willingness to pay: the share that pays `price`, and the spread of logs.

    ``conversion`` is a share in (0, 1), ``price`` in USD a year, ``spread`` in log points.

    Raises
    ------
    InputError
        When one of them is out of its range.
    """

    conversion: float
    price: float
    spread: float

    def __post_init__(self) -> None:
        """Refuse what no lognormal has."""
        if not 0.0 < self.conversion < 1.0:
            raise InputError(f"conversion is {self.conversion:g}; it must lie between 0 and 1.")
        for name in ("price", "spread"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise InputError(f"{name} is {value:g}; it must be a number above 0.")

    @property
    def base_score(self) -> float:
        """Return the standard score of the base price."""
        return float(ndtri(1.0 - self.conversion))

    def score(self, price: float) -> float:
        """Return the standard score of a price."""
        return self.base_score + (math.log(price) - math.log(self.price)) / self.spread

    def paying(self, price: float) -> float:
        """Return the share of people that pays a price.

        Examples
        --------
        >>> round(Willingness(0.05, 240.0, 1.0).paying(240.0), 12)
        0.05
        """
        return float(ndtr(-self.score(price)))


def best_price(people: Willingness, unit_cost: float = 0.0) -> float:
    """Return the price with the greatest ``(price - unit_cost) x share that pays`` (USD a year).

    Parameters
    ----------
    people
        Their willingness to pay.
    unit_cost
        What serving a payer costs, USD a year; 0: the price at which takings are greatest.

    Returns
    -------
    float
        The one root of ``hazard(z) (1 - m/P) = spread``; its left side rises in z.

    Raises
    ------
    InputError
        When `unit_cost` is negative or not finite.

    References
    ----------
    Tirole, J. (1988), The Theory of Industrial Organization, section 1.1: the price of a seller
    alone in its market; the hazard of demand decides.

    Examples
    --------
    >>> round(best_price(Willingness(0.05, 240.0, 1.0)), 2)
    62.7
    """
    if not (math.isfinite(unit_cost) and unit_cost >= 0.0):
        raise InputError(f"unit_cost is {unit_cost:g}; it must be a number of at least 0.")
    low, high = _bracket(people, unit_cost)
    root = brentq(_excess, low, high, args=(people, unit_cost), xtol=1e-13, rtol=1e-14)
    return float(people.price * math.exp(people.spread * (root - people.base_score)))


def _excess(score: float, people: Willingness, unit_cost: float) -> float:
    """Return the log of the left side of the first-order condition over the right side."""
    kept = 0.0
    if unit_cost > 0.0:
        ahead = people.spread * (score - people.score(unit_cost))  # log of price over cost
        kept = float(np.log(-np.expm1(-ahead)))
    return _log_hazard(score) + kept - math.log(people.spread)


def _log_hazard(score: float) -> float:
    """Return the log of density over upper tail of the standard normal."""
    return -0.5 * score * score - 0.5 * math.log(2.0 * math.pi) - float(log_ndtr(-score))


def _bracket(people: Willingness, unit_cost: float) -> tuple[float, float]:
    """Return scores on both sides of the root: the hazard grows without bound, as the score."""
    least = LOWEST if unit_cost == 0.0 else max(LOWEST, people.score(unit_cost))
    step = 1.0
    while _excess(least + step, people, unit_cost) > 0.0:
        step /= 2.0
    low, step = least + step, 1.0
    while _excess(low + step, people, unit_cost) < 0.0:
        step *= 2.0
    return low, low + step


@dataclass(frozen=True)
class Service:
    """What serving a segment brings in and costs in a quarter at the base price, USD bn.

    Parameters
    ----------
    revenue
        What those who pay are billed.
    with_use
        Cost of paid use that moves with its volume: compute, hosting.
    share_paid
        Share of revenue passed on to partners and resellers, in [0, 1).
    held
        Cost of service that stays as it is: free use, staff, wear of plant.
    programs
        The rest of full cost: training, research, interest, pay in shares.
    """

    revenue: float
    with_use: float
    share_paid: float
    held: float
    programs: float


@dataclass(frozen=True)
class AtPrice:
    """A quarter at another price: USD a year, share that pays, USD bn a quarter."""

    price: float
    paying_share: float
    revenue: float
    cost_of_service: float
    full_cost: float

    @property
    def covers_service(self) -> bool:
        """Tell whether takings are at least what serving costs."""
        return self.revenue >= self.cost_of_service

    @property
    def covers_full_cost(self) -> bool:
        """Tell whether takings are at least the full cost."""
        return self.revenue >= self.full_cost


def at_price(people: Willingness, service: Service, price: float) -> AtPrice:
    """Return takings and costs when all of a segment's payers are asked another price.

    Volume of paid use moves with the number of payers, revenue shares with revenue. Free use and
    its cost, staff, plant and programs are held: who stops paying leaves.

    Examples
    --------
    >>> people = Willingness(0.05, 240.0, 1.0)
    >>> moved = at_price(people, Service(1.5, 0.9, 0.0, 0.5, 2.0), best_price(people))
    >>> round(moved.revenue, 2), round(moved.cost_of_service, 2), moved.covers_service
    (2.99, 7.36, False)
    """
    share = people.paying(price)
    volume = share / people.conversion
    revenue = service.revenue * volume * price / people.price
    cost = service.with_use * volume + service.share_paid * revenue + service.held
    return AtPrice(price, share, revenue, cost, cost + service.programs)


def kept_price(people: Willingness, service: Service) -> float:
    """Return the price at which most is left after the cost of service (USD a year).

    A dollar of price leaves ``1 - share_paid``, so the cost of a payer counts for that much more.
    """
    payer = people.price * service.with_use / service.revenue
    return best_price(people, payer / (1.0 - service.share_paid))


def elastic_revenue(price: float, elasticity: float) -> float:
    """Return takings relative to the base at `price` times the base price, demand being elastic.

    Takings are ``price^(1 - elasticity)``: below an elasticity of 1 they rise with every price,
    at 1 they never move, above 1 they fall with every price. No price brings the most.

    Examples
    --------
    >>> elastic_revenue(2.0, 1.0), elastic_revenue(4.0, 0.5)
    (1.0, 2.0)
    """
    return float(price ** (1.0 - elasticity))
