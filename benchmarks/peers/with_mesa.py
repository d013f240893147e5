"""The model in mesa: firms are agents, a quarter is a sequence of things that each of them does."""

from __future__ import annotations

import mesa
import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, RETREAT, Economy


class Firm(mesa.Agent):
    """A firm; it buys from suppliers that come after it in the chain."""

    def __init__(self, model: Chain, number: int) -> None:
        super().__init__(model)
        economy = model.economy
        self.number = number
        self.elasticity = float(economy.elasticity[number])
        self.variable = float(economy.variable[number])
        self.fixed = float(economy.fixed[number])
        self.standing = float(economy.pass_through[number]) * self.fixed
        self.tax_rate = float(economy.tax_rate[number])
        self.cash = float(economy.cash[number])
        self.price = self.price_before = 1.0
        self.revenue = self.volume = self.normal = float(model.opening_volume[number])
        self.orders = 0.0
        self.suppliers: list[tuple[Firm, float]] = []
        self.opening_cost = 0.0

    def buy_from(self, suppliers: list[tuple[Firm, float]]) -> None:
        """Make the firm's contracts, and remember what a unit costs at the base quarter."""
        self.suppliers = suppliers
        self.opening_cost = self.unit_cost()

    def unit_cost(self) -> float:
        """Return what a unit costs at last quarter's prices."""
        bought = sum(share * supplier.price_before for supplier, share in self.suppliers)
        return bought + self.variable + self.standing / self.normal

    def set_price(self) -> None:
        """Move the price towards cost with the opening margin."""
        self.normal = max(self.volume, RETREAT * self.normal)
        target = self.unit_cost() / self.opening_cost
        move = 1.0 + PRICE_SPEED * (target / self.price_before - 1.0)
        self.price = self.price_before * min(max(move, 1.0 - PRICE_STEP), 1.0 + PRICE_STEP)
        self.orders = 0.0

    def meet_demand(self) -> None:
        """Sell to final users and to firms before it, and order what that takes."""
        wanted = self.model.wanted(self.number)
        self.volume = self.orders + wanted * self.price**-self.elasticity
        for supplier, share in self.suppliers:
            supplier.orders += share * self.volume

    def settle(self) -> None:
        """Book the quarter's sales, costs and tax."""
        self.revenue = self.price * self.volume
        bought = sum(share * supplier.price for supplier, share in self.suppliers)
        profit = self.revenue - (bought + self.variable) * self.volume - self.fixed
        self.cash += profit - self.tax_rate * max(0.0, profit)

    def close(self) -> None:
        """Let the price become last quarter's."""
        self.price_before = self.price


class Chain(mesa.Model):
    """The chain of firms on one path of shocks (quarter, firm)."""

    def __init__(self, economy: Economy, shocks: np.ndarray) -> None:
        super().__init__()
        self.economy = economy
        self.opening_volume = economy.volume
        self.sizes = (economy.sizes(len(shocks) - 1) * shocks).tolist()
        self.quarter = 0
        firms = [Firm(self, number) for number in range(economy.firms)]
        contracts: list[list[tuple[Firm, float]]] = [[] for _ in firms]
        links = zip(economy.buyer, economy.seller, economy.intensity, strict=True)
        for buyer, seller, share in links:
            contracts[buyer].append((firms[seller], float(share)))
        for firm, suppliers in zip(firms, contracts, strict=True):
            firm.buy_from(suppliers)

    def wanted(self, number: int) -> float:
        """Return what final users want of a firm at base prices."""
        return self.sizes[self.quarter][number]

    def step(self) -> None:
        """Live through one quarter."""
        self.quarter += 1
        for deed in ("set_price", "meet_demand", "settle", "close"):
            self.agents.do(deed)


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm)."""
    out = np.empty((2, *shocks.shape))
    for path in range(shocks.shape[1]):
        model = Chain(economy, shocks[:, path])
        for quarter in range(len(shocks)):
            if quarter:
                model.step()
            out[0, quarter, path] = model.agents.get("cash")
            out[1, quarter, path] = model.agents.get("revenue")
    return out[0], out[1]
