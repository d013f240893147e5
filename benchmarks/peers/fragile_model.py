"""A second model: a chain of firms that compete, owe debt and bills, and can fail.

Firms lie in markets, markets in a chain: a firm buys inputs from some firms of later markets.
Every quarter, in this order:

1. Prices. A unit costs inputs at last quarter's prices, other cost, and a part of fixed cost over
   normal volume. A price moves towards that cost with its opening margin, under stress towards full
   cost with interest, at most a step; then it is pulled to the mean of its market.
2. Demand of final users grows, is shaken, bends with the price of the market's basket, and splits
   over sellers by their prices. A part of the custom of the dead moves to survivors; firms that
   bought inputs from them buy all of it from survivors, by last volumes, where there are any.
3. Bills: inputs, other and fixed cost, tax, interest, a part of the debt, and arrears.
4. Funding. One pool of lenders, whose supply follows confidence and which may shut, rolls over what
   matures and lends anew within a multiple of income and to those who earn their interest, pro
   rata; between the two, firms draw committed lines. What is missing of essential money is stress.
5. Settlement. Wages and tax come first, then arrears, then all others, pro rata within a class; a
   firm pays out of what others pay it. Who cannot pay 98 % of its bills fails; a tenth of what it
   has is burnt, its debt falls due, and all is cleared again until nobody new fails. Smaller gaps
   are arrears for a quarter. The dead are gone.
6. Confidence of lenders falls with failure and want, moves with growth, and returns.

These are laws of cardhouse; its laws of plant, programs, equity, owners, leases and commitments
find nothing to do here. Arithmetic alone is here: this module needs numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace

import numpy as np

KEPT = "cash", "revenue", "failed"
"""What a contender returns: arrays (quarter, path, firm), at the end of each quarter."""

SPREAD = 0.25  # sd of the log of a shock
SUPPLIERS = 3

LAWS = SimpleNamespace(
    price_speed=0.25,
    price_step=0.06,
    price_pull=0.07,
    retreat=0.9,  # share of last normal volume below which normal volume does not fall
    lowest_price=1e-6,
    switching=1.2,
    substitution=0.7,
    essential_burn=0.35,
    stress_memory=0.5,
    supply_exponent=1.5,
    cover_limit=1.0,
    default_threshold=0.98,
    default_costs=0.1,
    rounding=1e-12,  # a smaller gap, as a share of what is owed, is none
    confidence_return=0.1,
    confidence_growth=0.5,
    confidence_default=2.0,
    confidence_unmet=0.3,
    most_confidence=1.5,
)
"""Parameters of the laws; numbers are cardhouse's defaults."""


@dataclass(frozen=True, eq=False)
class Economy:
    """The firms at the base quarter, where every price is 1; arrays are (firm,) or (link,)."""

    market: np.ndarray  # of each firm, in order: 0 ... 0, 1 ... 1, ...
    demand: np.ndarray  # final demand, value = volume
    growth: np.ndarray  # opening growth of final demand, log a quarter
    growth_end: np.ndarray
    half_life: np.ndarray  # quarters
    elasticity: np.ndarray
    buyer: np.ndarray  # (link,), sorted; a seller lies in a later market than its buyer
    seller: np.ndarray  # (link,)
    intensity: np.ndarray  # (link,): units bought per unit sold
    variable: np.ndarray  # other cost per unit
    fixed: np.ndarray  # cost a quarter
    pass_through: np.ndarray  # share of fixed cost that prices carry
    tax_rate: np.ndarray
    cash: np.ndarray
    floor: np.ndarray  # cash that a firm wants to keep
    runway: np.ndarray  # and quarters of what it burns
    debt: np.ndarray
    line: np.ndarray  # committed credit
    rate: float  # interest a quarter
    life: float  # quarters: 1/life of the debt falls due in each
    supply: float  # of the pool, a quarter
    income_leverage: float  # most debt, in years of operating result
    closes_below: float  # confidence under which the pool gives nothing

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return len(self.demand)

    @property
    def markets(self) -> list[slice]:
        """Return the firms of each market, first buyers first."""
        ends = np.searchsorted(self.market, np.arange(self.market[-1] + 2)).tolist()
        return [slice(*pair) for pair in pairwise(ends)]

    @property
    def inputs(self) -> np.ndarray:
        """Return units bought per unit sold as a matrix (buyer, seller)."""
        out = np.zeros((self.firms, self.firms))
        out[self.buyer, self.seller] = self.intensity
        return out

    @property
    def volume(self) -> np.ndarray:
        """Return volumes of the base quarter (firm,)."""
        return np.linalg.solve(np.eye(self.firms) - self.inputs.T, self.demand)

    @property
    def profit(self) -> np.ndarray:
        """Return operating results of the base quarter (firm,)."""
        per_unit = self.inputs.sum(axis=1) + self.variable
        return self.volume - per_unit * self.volume - self.fixed

    def log_growth(self, quarter: int) -> np.ndarray:
        """Return the log growth of final demand since the base quarter (firm,)."""
        reach = self.half_life / np.log(2.0) * -np.expm1(-quarter * np.log(2.0) / self.half_life)
        return self.growth_end * quarter + (self.growth - self.growth_end) * reach

    def sizes(self, quarters: int) -> np.ndarray:
        """Return final demand on trend at base prices (quarter, firm), the base quarter first."""
        growth = [np.exp(self.log_growth(quarter)) for quarter in range(quarters + 1)]
        return self.demand * np.array(growth)


def invented(firms: int, seed: int = 0) -> Economy:
    """Return an economy in which some fail; numbers are drawn, none is a fact."""
    rng = np.random.default_rng(seed)
    market = np.arange(firms) // (3 if firms < 20 else 5)
    links = []
    for buyer in range(firms):
        later = np.flatnonzero(market > market[buyer])
        chosen = rng.choice(later, min(SUPPLIERS, len(later)), replace=False)
        links += [(buyer, seller) for seller in sorted(chosen)]
    buyer, seller = (np.array(ends, dtype=np.int64) for ends in zip(*links, strict=True))
    intensity = rng.uniform(0.12, 0.24, len(links))
    margin = 1.0 - np.bincount(buyer, intensity, firms)
    draft = Economy(
        market=market,
        demand=rng.uniform(0.5, 2.0, firms),
        growth=rng.uniform(-0.03, 0.03, firms),
        growth_end=np.full(firms, 0.005),
        half_life=np.full(firms, 8.0),
        elasticity=rng.uniform(0.6, 1.4, firms),
        buyer=buyer,
        seller=seller,
        intensity=intensity,
        variable=margin * rng.uniform(0.35, 0.5, firms),
        fixed=np.zeros(firms),
        pass_through=rng.uniform(0.0, 0.3, firms),
        tax_rate=np.full(firms, 0.2),
        cash=np.zeros(firms),
        floor=np.zeros(firms),
        runway=np.ones(firms),
        debt=np.zeros(firms),
        line=np.zeros(firms),
        rate=0.025,
        life=10.0,
        supply=0.0,
        income_leverage=2.5,
        closes_below=0.6,
    )
    volume = draft.volume
    debt = rng.uniform(0.3, 1.5, firms) * volume
    return Economy(
        **{
            **draft.__dict__,
            "fixed": margin * rng.uniform(0.35, 0.47, firms) * volume,
            "cash": rng.uniform(0.05, 0.35, firms) * volume,
            "floor": 0.05 * volume,
            "debt": debt,
            "line": rng.uniform(0.0, 0.2, firms) * volume,
            "supply": 0.08 * float(debt.sum()),
        }
    )


def shaken(economy: Economy, quarters: int, paths: int, seed: int = 1) -> np.ndarray:
    """Return factors on final demand (quarter, path, firm), 1 in the base quarter.

    A path's factors do not depend on how many others are drawn, so that a slow peer may run fewer.
    """
    draws = [
        np.random.default_rng((seed, path)).standard_normal((quarters + 1, economy.firms))
        for path in range(paths)
    ]
    factors = np.exp(SPREAD * np.stack(draws, axis=1))
    factors[0] = 1.0
    return factors
