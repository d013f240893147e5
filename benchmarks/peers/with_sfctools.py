"""The model in sfctools: every bill is a flow of the matrix, every quarter moves balance sheets.

A firm's balance sheet is opened once a quarter, when its books close: opening it for each bill
costs ten times as much. Users, other suppliers and the state appear in the flow matrix alone. The
matrix and the world are singletons of the library, so paths follow each other.
"""

from __future__ import annotations

import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, RETREAT, Economy
from sfctools import Accounts, Agent, BalanceEntry, FlowMatrix, World

CURRENT = (Accounts.CA, Accounts.CA)


class Outside(Agent):
    """Somebody who only pays or only receives."""


class Firm(Agent):
    """A firm with a price, a volume and a purse."""

    def __init__(self, economy: Economy, number: int, volume: float) -> None:
        super().__init__()
        self.elasticity = float(economy.elasticity[number])
        self.variable = float(economy.variable[number])
        self.fixed = float(economy.fixed[number])
        self.standing = float(economy.pass_through[number]) * self.fixed
        self.tax_rate = float(economy.tax_rate[number])
        self.price = self.price_before = 1.0
        self.revenue = self.volume = self.normal = volume
        self.spent = self.orders = 0.0
        self.suppliers: list[tuple[Firm, float]] = []
        self.opening_cost = 0.0
        self.move_cash(float(economy.cash[number]))

    def move_cash(self, amount: float) -> None:
        """Book cash against equity."""
        with self.balance_sheet.modify:
            self.balance_sheet.change_item("Cash", BalanceEntry.ASSETS, amount)
            self.balance_sheet.change_item("Equity", BalanceEntry.EQUITY, amount)

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
        self.orders = self.revenue = self.spent = 0.0

    def deliver(self, wanted: float) -> float:
        """Serve firms before it and final users, order what that takes; return users' volume."""
        final = wanted * self.price**-self.elasticity
        self.volume = self.orders + final
        for supplier, share in self.suppliers:
            supplier.orders += share * self.volume
        return final


def pay(amount: float, payer: Agent, payee: Agent, subject: str) -> None:
    """Book one payment in the flow matrix and in the firms' accounts of the quarter."""
    FlowMatrix().log_flow(CURRENT, amount, payer, payee, subject=subject)
    if isinstance(payer, Firm):
        payer.spent += amount
    if isinstance(payee, Firm):
        payee.revenue += amount


class Chain:
    """Firms and outside accounts on one path of shocks (quarter, firm)."""

    def __init__(self, economy: Economy, shocks: np.ndarray) -> None:
        World().reset()
        FlowMatrix().reset()
        self.users, self.others, self.state = Outside(), Outside(), Outside()
        self.sizes = (economy.sizes(len(shocks) - 1) * shocks).tolist()
        volume = economy.volume.tolist()
        self.firms = [Firm(economy, at, volume[at]) for at in range(economy.firms)]
        links = zip(economy.buyer, economy.seller, economy.intensity, strict=True)
        for buyer, seller, share in links:
            self.firms[buyer].suppliers.append((self.firms[seller], float(share)))
        for firm in self.firms:
            firm.opening_cost = firm.unit_cost()

    def step(self, quarter: int) -> None:
        """Live through one quarter."""
        FlowMatrix().reset()
        for firm in self.firms:
            firm.set_price()
        for firm, wanted in zip(self.firms, self.sizes[quarter], strict=True):
            pay(firm.price * firm.deliver(wanted), self.users, firm, "sales")
        for firm in self.firms:
            for supplier, share in firm.suppliers:
                pay(supplier.price * share * firm.volume, firm, supplier, "inputs")
        for firm in self.firms:
            pay(firm.variable * firm.volume, firm, self.others, "other cost")
            pay(firm.fixed, firm, self.others, "fixed cost")
            profit = firm.revenue - firm.spent
            pay(firm.tax_rate * max(0.0, profit), firm, self.state, "tax")
            firm.move_cash(firm.revenue - firm.spent)
            firm.price_before = firm.price


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm)."""
    out = np.empty((2, *shocks.shape))
    for path in range(shocks.shape[1]):
        chain = Chain(economy, shocks[:, path])
        for quarter in range(len(shocks)):
            if quarter:
                chain.step(quarter)
            out[0, quarter, path] = [firm.cash_balance for firm in chain.firms]
            out[1, quarter, path] = [firm.revenue for firm in chain.firms]
    return out[0], out[1]
