"""One small model for all: a chain of firms that set prices, buy from each other and keep cash.

Every quarter a firm (1) works out what a unit costs: inputs at last quarter's prices, other cost,
and a part of its fixed cost; (2) moves its price towards that cost, at most a step; (3) meets
final demand, which grows ever more slowly, is shaken, and bends with the price; (4) delivers, and
orders from firms further down the chain; (5) books sales, inputs, other and fixed cost, and tax
on its profit. Nobody needs funding and nobody fails.

Arithmetic alone is here: this module needs numpy only, so that it runs in a peer's environment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

KEPT = "cash", "revenue"
"""What a contender returns: arrays (quarter, path, firm), at the end of each quarter."""

PRICE_SPEED = 0.25  # share of the gap between price and target that closes in a quarter
PRICE_STEP = 0.06  # largest move of a price in a quarter
RETREAT = 0.9  # share of last quarter's normal volume below which normal volume does not fall
SUPPLIERS = 3
SPREAD = 0.05  # sd of the log of a shock


@dataclass(frozen=True, eq=False)
class Economy:
    """The firms at the base quarter, where every price is 1; arrays are (firm,) or (link,)."""

    demand: np.ndarray  # final demand, value = volume
    growth: np.ndarray  # opening growth of final demand, log a quarter
    growth_end: np.ndarray
    half_life: np.ndarray  # quarters
    elasticity: np.ndarray
    buyer: np.ndarray  # (link,): buyers come before sellers, links are sorted by buyer
    seller: np.ndarray  # (link,)
    intensity: np.ndarray  # (link,): units bought per unit sold
    variable: np.ndarray  # other cost per unit
    fixed: np.ndarray  # cost a quarter
    pass_through: np.ndarray  # share of fixed cost that prices carry
    tax_rate: np.ndarray
    cash: np.ndarray

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return len(self.demand)

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

    def log_growth(self, quarter: int) -> np.ndarray:
        """Return the log growth of final demand since the base quarter (firm,)."""
        reach = self.half_life / np.log(2.0) * -np.expm1(-quarter * np.log(2.0) / self.half_life)
        return self.growth_end * quarter + (self.growth - self.growth_end) * reach

    def sizes(self, quarters: int) -> np.ndarray:
        """Return final demand on trend at base prices (quarter, firm), the base quarter first."""
        growth = [np.exp(self.log_growth(quarter)) for quarter in range(quarters + 1)]
        return self.demand * np.array(growth)


def invented(firms: int, seed: int = 0) -> Economy:
    """Return an economy in which everybody earns money; numbers are drawn, none is a fact."""
    rng = np.random.default_rng(seed)
    links = [
        (buyer, seller)
        for buyer in range(firms - 1)
        for seller in sorted(
            rng.choice(
                np.arange(buyer + 1, firms), min(SUPPLIERS, firms - 1 - buyer), replace=False
            )
        )
    ]
    buyer, seller = (np.array(ends, dtype=np.int64) for ends in zip(*links, strict=True))
    intensity = rng.uniform(0.05, 0.12, len(links))
    bought = np.bincount(buyer, intensity, firms)
    margin = 1.0 - bought
    draft = Economy(
        demand=rng.uniform(0.5, 2.0, firms),
        growth=rng.uniform(0.02, 0.10, firms),
        growth_end=np.full(firms, 0.01),
        half_life=np.full(firms, 8.0),
        elasticity=rng.uniform(0.6, 1.4, firms),
        buyer=buyer,
        seller=seller,
        intensity=intensity,
        variable=margin * rng.uniform(0.3, 0.5, firms),
        fixed=np.zeros(firms),
        pass_through=rng.uniform(0.0, 0.3, firms),
        tax_rate=np.full(firms, 0.2),
        cash=np.zeros(firms),
    )
    volume = draft.volume
    return Economy(
        **{
            **draft.__dict__,
            "fixed": margin * rng.uniform(0.1, 0.2, firms) * volume,
            "cash": 2.0 * volume,
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
