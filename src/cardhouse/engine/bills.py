"""Bills: every obligation and every receipt of the quarter, by kind, payer and payee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import FLOW_KINDS, KIND, Array, Chain
from cardhouse.engine.moment import Moment
from cardhouse.engine.state import State
from cardhouse.engine.sums import group_sum, grown, ratio, shares
from cardhouse.engine.volumes import Deliveries


@dataclass(frozen=True)
class Invoices:
    """Invoices of the quarter before settlement.

    ``flows`` (path, kind, node, node): firms' rows are obligations, other rows are receipts that
    are sure. ``by_line`` (path, node, line): what each purse is billed for each line's output.
    ``profit`` (path, firm): operating result of the lines and other business before stock pay,
    tax and interest. ``programs`` (path, firm): budget spent.
    """

    flows: Array
    by_line: Array
    capex: Array  # (path, line)
    profit: Array
    revenue: Array  # (path, firm)
    line_revenue: Array  # (path, line)
    programs: Array

    def owed(self, firms: int) -> Array:
        """Return total obligations of each firm over kinds and payees (path, firm)."""
        return np.asarray(self.flows[:, :, :firms].sum(axis=(1, 3)))

    def due(self, firms: int) -> Array:
        """Return total receipts expected by each firm over kinds and payers (path, firm)."""
        return np.asarray(self.flows[:, :, :, :firms].sum(axis=(1, 2)))

    def paid_in(self, kind: str, firms: int) -> Array:
        """Return what firms are to pay in one kind (path, firm)."""
        return np.asarray(self.flows[:, KIND[kind], :firms].sum(axis=2))


@dataclass(frozen=True)
class Spending:
    """What firms decided to spend at will: shares of plan that go ahead (path, firm)."""

    capex: Array
    programs: Array
    payout: Array


@dataclass(frozen=True)
class Terms:
    """What bills of the quarter are written at, decided before trade begins."""

    charged: Array  # (path, line)
    plan: Array  # (path, line): capex
    programs: Array  # (path, firm): budget relative to row 0
    fixed: Array  # (path, line): fixed outside cost
    worn: Array  # (path, line): depreciation
    demand_index: Array  # (path, 1): final demand's drivers against their trend
    maturing: Array  # (path, firm, pool)


def write_invoices(
    now: Moment, deliveries: Deliveries, terms: Terms, spending: Spending
) -> Invoices:
    """Return the invoices that deliveries cause under the quarter's terms."""
    book = _Book(now, terms)
    book.sales(deliveries)
    capex = book.capex(deliveries, spending)
    programs = book.programs(deliveries, spending)
    book.outside_costs(deliveries)
    book.revenue_shares()
    book.debt_service()
    book.other_business()
    profit = book.operating_profit()
    book.tax(profit)
    book.arrears()
    book.payouts(spending)
    return Invoices(
        flows=book.flows,
        by_line=book.by_line,
        capex=capex,
        profit=profit,
        revenue=book.revenue(),
        line_revenue=book.by_line.sum(axis=1),
        programs=programs,
    )


class _Book:
    """Collects invoices; each method writes one kind."""

    def __init__(self, now: Moment, terms: Terms) -> None:
        lines, firms, nodes, _ = now.chain.shape
        self.now, self.terms = now, terms
        self.chain, self.state = now.chain, now.state
        self.firms = firms
        self.flows = np.zeros((now.state.paths, len(FLOW_KINDS), nodes, nodes))
        self.by_line = np.zeros((now.state.paths, nodes, lines))
        self.line_alive = now.line_alive

    def kind(self, name: str) -> Array:
        """Return the slice of one kind (path, node, node)."""
        return np.asarray(self.flows[:, KIND[name]])

    def sales(self, deliveries: Deliveries) -> None:
        """Write final sales and inputs."""
        sales, of_line = self.chain.sales, self.chain.firm_of_line
        value = deliveries.final * self.terms.charged[:, sales.line] * sales.pays
        lines, nodes = len(of_line), self.by_line.shape[1]
        place = sales.segment * lines + sales.line
        by_line = group_sum(value, place, nodes * lines).reshape(-1, nodes, lines)
        self.by_line += by_line
        self._to_firms("sale", by_line)
        bought = deliveries.inputs * self.terms.charged[:, None, :]
        self._bought("input", group_sum(bought, of_line, self.firms))

    def capex(self, deliveries: Deliveries, spending: Spending) -> Array:
        """Write purchases of plant; return capex by line (path, line).

        What a seller could not deliver is not bought from outside suppliers, either.
        """
        plants, of_line = self.chain.plants, self.chain.firm_of_line
        bought = deliveries.orders * self.terms.charged[:, None, :]
        self._bought("capex", group_sum(bought, of_line, self.firms))
        inside = (plants.from_line * self.terms.charged[:, None, :]).sum(axis=-1)
        share_inside = ratio(inside, inside + plants.from_outside.sum(axis=1))
        wanted = self.terms.plan * spending.capex[:, of_line] * self.line_alive
        paid_inside = bought.sum(axis=2)
        filled = np.minimum(1.0, ratio(paid_inside, wanted * share_inside, 1.0))
        outside = (wanted * (1.0 - share_inside) * filled)[:, :, None]
        outside = outside * shares(plants.from_outside, axis=1)
        self.kind("capex")[:, : self.firms] += group_sum(outside, of_line, self.firms)
        return np.asarray(paid_inside + outside.sum(axis=2))

    def programs(self, deliveries: Deliveries, spending: Spending) -> Array:
        """Write programs; return what firms spend on them (path, firm)."""
        bought = deliveries.programs * self.terms.charged[:, None, :]
        self._bought("program", bought)
        scale = self.terms.programs * spending.programs * self.state.alive
        outside = self.chain.program_outside * scale[:, :, None]
        self.kind("program")[:, : self.firms] += outside
        return np.asarray(bought.sum(axis=2) + outside.sum(axis=2))

    def outside_costs(self, deliveries: Deliveries) -> None:
        """Write labour, energy and other suppliers: per unit, and fixed."""
        chain = self.chain
        index = ratio(self.terms.fixed, chain.fixed_cost.sum(axis=1))
        cost = chain.variable_cost * deliveries.volume[:, :, None]
        cost = (cost + chain.fixed_cost * index[:, :, None]) * self.line_alive[:, :, None]
        self.kind("cost")[:, : self.firms] += group_sum(cost, chain.firm_of_line, self.firms)

    def revenue_shares(self) -> None:
        """Write shares of revenue owed to firms that are alive."""
        owed = self.by_line.sum(axis=1)[:, :, None] * self.chain.revenue_share
        owed = owed * self.state.alive[:, None, :]
        by_firm = group_sum(owed, self.chain.firm_of_line, self.firms)
        self.kind("revenue_share")[:, : self.firms, : self.firms] += by_firm

    def debt_service(self) -> None:
        """Write interest and what matures to the pools that hold the debt."""
        debt, columns = self.state.debt, self.chain.pool_nodes
        self.kind("interest")[:, : self.firms, columns] += debt * self.state.debt_rate
        self.kind("repayment")[:, : self.firms, columns] += self.terms.maturing

    def other_business(self) -> None:
        """Write the net cash of business outside the lines: a receipt, or a bill."""
        purses, account = self.chain.purses, self.chain.accounts["other_business"]
        swing = np.maximum(0.0, 1.0 + purses.other_beta * (self.terms.demand_index - 1.0))
        trend = grown(purses.other_growth * self.now.quarter)
        net = purses.other_business * trend * swing * self.state.alive
        net = net * np.where(net > 0, self.now.drivers.other_business[self.now.quarter], 1.0)
        self.kind("other_business")[:, account, : self.firms] += np.maximum(net, 0.0)
        self.kind("other_business")[:, : self.firms, account] += np.maximum(-net, 0.0)

    def operating_profit(self) -> Array:
        """Return revenue and other business less cash costs, programs and depreciation."""
        worn = group_sum(self.terms.worn, self.chain.firm_of_line, self.firms)
        other = self.kind("other_business")
        net = other[:, :, : self.firms].sum(axis=1) - other[:, : self.firms].sum(axis=2)
        return np.asarray(self.revenue() + net - self._costs() - worn)

    def tax(self, profit: Array) -> None:
        """Write tax on the result after interest."""
        interest = self.kind("interest")[:, : self.firms].sum(axis=2)
        due = self.chain.purses.tax_rate * np.maximum(0.0, profit - interest)
        self.kind("tax")[:, : self.firms, self.chain.accounts["tax"]] += due

    def arrears(self) -> None:
        """Write what was left unpaid last quarter."""
        self.kind("arrears")[:, : self.firms] += self.state.arrears

    def payouts(self, spending: Spending) -> None:
        """Write payouts: the firm's own trend, at most what is left above its floor.

        What matures is left out of what must be paid: it is asked of debt pools first.
        """
        purses, firms = self.chain.purses, self.firms
        owed = self.flows[:, :, :firms].sum(axis=(1, 3)) - self.terms.maturing.sum(axis=2)
        net = self.flows[:, :, :, :firms].sum(axis=(1, 2)) - owed
        trend = purses.payout * grown(purses.payout_growth * self.now.quarter) * self.state.alive
        payout = np.minimum(trend, np.maximum(0.0, self.state.cash + net - purses.floor))
        account = self.chain.accounts["shareholders"]
        self.kind("payout")[:, :firms, account] += payout * spending.payout

    def revenue(self) -> Array:
        """Return what firms bill: sales of their lines and shares of others' revenue."""
        billed = group_sum(self.by_line.sum(axis=1), self.chain.firm_of_line, self.firms)
        return np.asarray(billed + self.kind("revenue_share")[:, :, : self.firms].sum(axis=1))

    def _costs(self) -> Array:
        names = ("input", "cost", "program", "revenue_share")
        return np.asarray(sum(self.kind(name)[:, : self.firms].sum(axis=2) for name in names))

    def _bought(self, name: str, bought: Array) -> None:
        """Write what firms buy from lines (path, firm, line)."""
        self.by_line[:, : self.firms] += bought
        self._to_firms(name, bought)

    def _to_firms(self, name: str, values: Array) -> None:
        """Add (path, payer, line) to a kind, line by line to the firm that owns it."""
        kind = self.kind(name)
        for line, firm in enumerate(self.chain.firm_of_line.tolist()):
            kind[:, : values.shape[1], firm] += values[:, :, line]


def fixed_costs(chain: Chain, state: State) -> Array:
    """Return fixed outside cost (path, line): it moves with capacity where a line owns plant."""
    size = ratio(state.capacity, chain.plants.capacity, 1.0)
    return np.asarray(chain.fixed_cost.sum(axis=1) * np.where(chain.plants.owned, size, 1.0))
