"""What every law of a quarter may read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.shocks import Shocks
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import ratio


@dataclass(frozen=True)
class Moment:
    """A quarter about to happen: chain, drivers, parameters, last quarter's state, number.

    ``shocks`` are what differs from path to path; none: nothing does.
    """

    chain: Chain
    drivers: Drivers
    parameters: Parameters
    state: State
    quarter: int
    shocks: Shocks | None = None

    @property
    def demand_level(self) -> Array:
        """Return the factor on final demand (sale,), with shocks (path, sale)."""
        lever = self.drivers.demand_level[self.quarter]
        return lever if self.shocks is None else lever * self.shocks.demand[self.quarter]

    @property
    def pool_supply(self) -> Array:
        """Return the factor on what pools have to give (pool,), with shocks (path, pool)."""
        lever = self.drivers.pool_supply[self.quarter]
        return lever if self.shocks is None else lever * self.shocks.supply[self.quarter]

    @property
    def price_factor(self) -> Array:
        """Return the factor on the price charged (line,), with shocks (path, line)."""
        lever = self.drivers.price[self.quarter]
        return lever if self.shocks is None else lever * self.shocks.price[self.quarter]

    @property
    def line_alive(self) -> Array:
        """Return 1 for lines whose firm is alive, else 0 (path, line)."""
        return self.state.alive[:, self.chain.firm_of_line].astype(float)

    @property
    def revenue_growth(self) -> Array:
        """Return firms' growth of revenue a quarter over the last four quarters (path, firm)."""
        history = self.state.revenue_history
        rate = 1.0 / (history.shape[1] - 1)
        return np.asarray(ratio(history[:, 0], history[:, -1], 1.0) ** rate - 1.0)

    def level(self, driver: str, parameter: str) -> Array:
        """Return a driver's level of the quarter; where it is NaN, the parameter (path, 1)."""
        lever = getattr(self.drivers, driver)[self.quarter]
        usual = self.parameters[parameter]
        return usual if np.isnan(lever) else np.full_like(usual, lever)
