"""Bills: every obligation and every receipt of the quarter, by kind, payer and payee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import FLOW_KINDS, KIND, Array, Chain, Index
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.state import State
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.engine.volumes import Deliveries


@dataclass(frozen=True)
class Invoices:
    """Invoices of the quarter before settlement.

    ``flows`` (path, kind, node, node): firms' rows are obligations, other rows are receipts that
    are sure. ``by_line`` (path, node, line): what each purse is billed for each line's output.
    ``capex`` (path, line); ``profit`` (path, firm): operating result of the lines and other
    business before stock pay, tax and interest.
    """

    flows: Array
    by_line: Array
    capex: Array
    profit: Array
    revenue: Array  # (path, firm)
    line_revenue: Array  # (path, line)
    programs: Array  # (path, firm): budget spent


@dataclass(frozen=True)
class Spending:
    """What firms decided to spend at will: shares of plan that go ahead (path, firm)."""

    capex: Array
    programs: Array
    payout: Array


def write_invoices(
    chain: Chain,
    drivers: Drivers,
    state: State,
    deliveries: Deliveries,
    charged: Array,
    capex_plan: Array,
    program_index: Array,
    fixed: Array,
    depreciation: Array,
    spending: Spending,
    quarter: int,
) -> Invoices:
    """Return the invoices that deliveries at `charged` prices cause."""
    book = _Book(chain, state)
    book.sales(deliveries, charged)
    capex = book.capex(deliveries, charged, capex_plan, spending)
    programs = book.programs(deliveries, charged, program_index, spending)
    book.outside_costs(deliveries, fixed)
    book.revenue_shares()
    book.debt_service()
    book.other_business(drivers, quarter)
    profit = book.operating_profit(depreciation)
    book.tax(profit)
    book.arrears()
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

    def __init__(self, chain: Chain, state: State) -> None:
        lines, firms, nodes, _ = chain.shape
        self.chain, self.state = chain, state
        self.firms = firms
        self.flows = np.zeros((state.paths, len(FLOW_KINDS), nodes, nodes))
        self.by_line = np.zeros((state.paths, nodes, lines))
        self.alive_line = state.alive[:, chain.firm_of_line]

    def kind(self, name: str) -> Array:
        """Return the slice of one kind (path, node, node)."""
        return np.asarray(self.flows[:, KIND[name]])

    def sales(self, deliveries: Deliveries, charged: Array) -> None:
        """Write final sales and inputs."""
        sales, of_line = self.chain.sales, self.chain.firm_of_line
        value = deliveries.final * charged[:, sales.line] * sales.pays
        np.add.at(self.by_line, (slice(None), sales.segment, sales.line), value)
        np.add.at(self.kind("sale"), (slice(None), sales.segment, of_line[sales.line]), value)
        bought = deliveries.inputs * charged[:, None, :]
        by_firm = group_sum(bought, of_line, self.firms)
        self.by_line[:, : self.firms] += by_firm
        self._to_firms("input", by_firm)

    def capex(
        self, deliveries: Deliveries, charged: Array, plan: Array, spending: Spending
    ) -> Array:
        """Write purchases of plant; return capex by line (path, line)."""
        chain, plants = self.chain, self.chain.plants
        bought = deliveries.orders * charged[:, None, :]
        by_firm = group_sum(bought, chain.firm_of_line, self.firms)
        self.by_line[:, : self.firms] += by_firm
        self._to_firms("capex", by_firm)
        wanted = plan * spending.capex[:, chain.firm_of_line] * self.alive_line
        inside = plants.from_line.sum(axis=1)
        paid_inside = bought.sum(axis=2)
        index = (plants.from_line * charged[:, None, :]).sum(axis=-1) + (1.0 - inside)
        share_inside = ratio((plants.from_line * charged[:, None, :]).sum(axis=-1), index)
        filled = np.minimum(1.0, ratio(paid_inside, wanted * share_inside, 1.0))
        outside = (wanted * (1.0 - share_inside) * filled)[:, :, None] * _shares(
            plants.from_outside
        )
        self.kind("capex")[:, : self.firms] += group_sum(outside, chain.firm_of_line, self.firms)
        return np.asarray(paid_inside + outside.sum(axis=2))

    def programs(
        self, deliveries: Deliveries, charged: Array, index: Array, spending: Spending
    ) -> Array:
        """Write programs; return what firms spend on them (path, firm)."""
        bought = deliveries.programs * charged[:, None, :]
        self.by_line[:, : self.firms] += bought
        self._to_firms("program", bought)
        scale = (index * spending.programs * self.state.alive)[:, :, None]
        outside = self.chain.program_outside * scale
        self.kind("program")[:, : self.firms] += outside
        return np.asarray(bought.sum(axis=2) + outside.sum(axis=2))

    def outside_costs(self, deliveries: Deliveries, fixed: Array) -> None:
        """Write labour, energy and other suppliers: per unit, and fixed (path, line)."""
        chain = self.chain
        share = ratio(fixed, chain.fixed_cost.sum(axis=1))
        cost = chain.variable_cost * deliveries.volume[:, :, None]
        cost = (cost + chain.fixed_cost * share[:, :, None]) * self.alive_line[:, :, None]
        self.kind("cost")[:, : self.firms] += group_sum(cost, chain.firm_of_line, self.firms)

    def revenue_shares(self) -> None:
        """Write shares of revenue owed to firms that are alive."""
        chain = self.chain
        owed = self.by_line.sum(axis=1)[:, :, None] * chain.revenue_share
        owed = owed * self.state.alive[:, None, :]
        self._to_firms("revenue_share", group_sum(owed, chain.firm_of_line, self.firms), nodes=True)

    def debt_service(self) -> None:
        """Write interest and amortisation to the pools that hold the debt."""
        debt, columns = self.state.debt, self.chain.pool_nodes
        self.kind("interest")[:, : self.firms, columns] += debt * self.state.debt_rate
        self.kind("repayment")[:, : self.firms, columns] += debt / self.chain.debt_maturity

    def other_business(self, drivers: Drivers, quarter: int) -> None:
        """Write the net cash of business outside the lines: a receipt, or a bill."""
        purses = self.chain.purses
        account = self.chain.accounts["other_business"]
        trend = np.exp(purses.other_growth * quarter)
        swing = 1.0 + purses.other_beta * (self.state.confidence - 1.0)
        net = purses.other_business * trend * swing * self.state.alive
        net = net * np.where(net > 0, drivers.other_business[quarter], 1.0)
        self.kind("other_business")[:, account, : self.firms] += np.maximum(net, 0.0)
        self.kind("other_business")[:, : self.firms, account] += np.maximum(-net, 0.0)

    def operating_profit(self, depreciation: Array) -> Array:
        """Return revenue and other business less cash costs, programs and depreciation."""
        worn = group_sum(depreciation, self.chain.firm_of_line, self.firms)
        other = self._net_other()
        return np.asarray(self.revenue() + other - self._costs() - worn)

    def tax(self, profit: Array) -> None:
        """Write tax on the result after interest."""
        interest = self.kind("interest")[:, : self.firms].sum(axis=2)
        due = self.chain.purses.tax_rate * np.maximum(0.0, profit - interest)
        self.kind("tax")[:, : self.firms, self.chain.accounts["tax"]] += due

    def arrears(self) -> None:
        """Write what was left unpaid last quarter."""
        self.kind("arrears")[:, : self.firms] += self.state.arrears

    def revenue(self) -> Array:
        """Return what firms bill: sales of their lines and shares of others' revenue."""
        billed = group_sum(self.by_line.sum(axis=1), self.chain.firm_of_line, self.firms)
        return np.asarray(billed + self.kind("revenue_share")[:, :, : self.firms].sum(axis=1))

    def _costs(self) -> Array:
        names = ("input", "cost", "program", "revenue_share")
        return np.asarray(sum(self.kind(name)[:, : self.firms].sum(axis=2) for name in names))

    def _net_other(self) -> Array:
        flow = self.kind("other_business")
        return np.asarray(flow[:, :, : self.firms].sum(1) - flow[:, : self.firms].sum(2))

    def _to_firms(self, name: str, values: Array, *, nodes: bool = False) -> None:
        """Add (path, firm, line) or, with `nodes`, (path, firm, firm) to a kind."""
        if nodes:
            self.kind(name)[:, : self.firms, : self.firms] += values
            return
        for line, firm in enumerate(self.chain.firm_of_line):
            self.kind(name)[:, : self.firms, firm] += values[:, :, line]


def _shares(weights: Array) -> Array:
    """Return rows scaled to add to 1; rows of zeros stay zero."""
    return ratio(weights, np.broadcast_to(weights.sum(axis=1, keepdims=True), weights.shape))


def fixed_costs(chain: Chain, state: State) -> Array:
    """Return fixed outside cost (path, line): it moves with capacity where a line owns plant."""
    opening = np.where(chain.plants.owned, chain.volume / chain.plants.utilisation, 1.0)
    with np.errstate(invalid="ignore"):
        size = np.where(chain.plants.owned, ratio(state.capacity, opening, 1.0), 1.0)
    return np.asarray(chain.fixed_cost.sum(axis=1) * size)


def owed_by(invoices: Array, firms: int) -> Array:
    """Return total obligations of each firm over kinds and payees (path, firm)."""
    return np.asarray(invoices[:, :, :firms].sum(axis=(1, 3)))


def due_to(invoices: Array, firms: int) -> Array:
    """Return total receipts expected by each firm over kinds and payers (path, firm)."""
    return np.asarray(invoices[:, :, :, :firms].sum(axis=(1, 2)))


def one_hot(index: Index, size: int) -> NDArray[np.bool_]:
    """Return membership (item, group)."""
    return np.asarray(index[:, None] == np.arange(size))
