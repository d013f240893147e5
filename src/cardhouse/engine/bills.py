"""Bills: every obligation and every receipt of the quarter, by kind, payer and payee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine import contracts
from cardhouse.engine.arrays import Array, Chain
from cardhouse.engine.links import Links
from cardhouse.engine.moment import Moment
from cardhouse.engine.rounds import earmarked
from cardhouse.engine.state import COSTS, State
from cardhouse.engine.sums import covered, group_sum, grown, ratio, shares
from cardhouse.engine.volumes import Deliveries


@dataclass(frozen=True)
class Invoices:
    """Invoices of the quarter before settlement.

    ``due`` (path, link) is what must be paid this quarter: firms' links are obligations, others
    are receipts that are sure. ``bought`` (path, link) is what was delivered or fell due, whether
    paid now or, with supplier's credit, later. ``profit`` (path, firm): operating result of the
    lines and other business before stock pay, tax and interest. ``programs`` (path, firm): budget
    spent.
    """

    links: Links
    due: Array
    bought: Array
    payables: Array  # (path, slot, credit)
    capex: Array  # (path, line)
    capex_due: Array  # (path, firm): of it what is paid this quarter
    profit: Array
    revenue: Array  # (path, firm)
    programs: Array
    in_kind: Array  # (path, firm): of it what signed rounds pay for in kind
    backed: Array  # (path, buy-back): volume bought

    @property
    def own_programs(self) -> Array:
        """Return programs that the firm pays for itself (path, firm)."""
        return np.maximum(0.0, self.programs - self.in_kind)

    @property
    def line_revenue(self) -> Array:
        """Return what is billed for each line's output (path, line)."""
        return self.links.line_revenue(self.bought)

    @property
    def owed(self) -> Array:
        """Return total obligations of each firm (path, firm)."""
        return self.links.paid(self.due)

    @property
    def expected(self) -> Array:
        """Return total receipts expected by each firm (path, firm)."""
        return self.links.received(self.due)

    def paid_in(self, kind: str) -> Array:
        """Return what firms are to pay in one kind (path, firm)."""
        return self.links.paid(self.due, kind)

    @property
    def flows(self) -> Array:
        """Return what is due (path, kind, node, node)."""
        return self.links.dense(self.due)

    @property
    def by_line(self) -> Array:
        """Return what each purse is billed for each line's output (path, node, line)."""
        return self.links.by_line(self.bought)


@dataclass(frozen=True)
class Spending:
    """What firms decided to spend at will, and investors to give: shares that go ahead.

    Shares of plan are (path, firm).
    """

    capex: Array
    programs: Array
    payout: Array
    kept: Array  # (path, node): share of its promises that each investor keeps


@dataclass(frozen=True)
class Terms:
    """What bills of the quarter are written at, decided before trade begins."""

    charged: Array  # (path, line)
    plan: Array  # (path, line): capex
    programs: Array  # (path, firm): budget relative to row 0
    fixed: Array  # (path, line): fixed outside cost
    worn: Array  # (path, line): depreciation
    demand_index: Array  # (path, 1): final demand's drivers against their trend
    maturing: Array  # (path, loan)
    rents: Array  # (path, lease)


def write_invoices(
    now: Moment, deliveries: Deliveries, terms: Terms, spending: Spending
) -> Invoices:
    """Return the invoices that deliveries cause under the quarter's terms."""
    book = _Book(now, terms)
    book.sales(deliveries)
    capex = book.capex(deliveries, spending)
    programs = book.programs(deliveries, spending)
    book.outside_costs(deliveries)
    book.commitments(deliveries)
    book.revenue_shares()
    book.debt_service()
    book.other_business()
    profit = book.operating_profit()
    book.tax(profit)
    book.arrears()
    due, payables = book.on_credit()
    book.payouts(spending, due)
    return Invoices(
        links=now.chain.links,
        due=due,
        bought=book.flows,
        payables=payables,
        capex=capex,
        capex_due=_due_now(now, book.flows),
        profit=profit,
        revenue=book.revenue(),
        programs=programs,
        in_kind=earmarked(now, spending.kept).sum(axis=2) * now.state.alive,
        backed=deliveries.backed,
    )


class _Book:
    """Collects invoices; each method writes one kind."""

    def __init__(self, now: Moment, terms: Terms) -> None:
        self.now, self.terms = now, terms
        self.chain, self.state, self.links = now.chain, now.state, now.chain.links
        self.firms = len(now.chain.firm_ids)
        self.flows = self.links.empty(now.state.paths)
        self.line_alive = now.line_alive

    def sales(self, deliveries: Deliveries) -> None:
        """Write final sales and inputs, and what buyers of last resort take."""
        sales, charged = self.chain.sales, self.terms.charged
        self._write("sale", deliveries.final * charged[:, sales.line] * sales.pays)
        bought = deliveries.inputs * charged[:, None, :]
        self._write("input", self._pairs(bought, "input"))
        backs = self.chain.buy_backs
        self._write("buy_back", deliveries.backed * charged[:, backs.seller])

    def capex(self, deliveries: Deliveries, spending: Spending) -> Array:
        """Write purchases of plant; return capex by line (path, line).

        What a seller could not deliver is not bought from outside suppliers, either.
        """
        plants, of_line = self.chain.plants, self.chain.firm_of_line
        bought = deliveries.orders * self.terms.charged[:, None, :]
        self._write("capex", self._pairs(bought, "capex"))
        inside = (plants.from_line * self.terms.charged[:, None, :]).sum(axis=-1)
        share_inside = ratio(inside, inside + plants.from_outside.sum(axis=1))
        wanted = self.terms.plan * spending.capex[:, of_line] * self.line_alive
        paid_inside = bought.sum(axis=2)
        filled = covered(paid_inside, wanted * share_inside)
        outside = wanted * (1.0 - share_inside) * filled
        at = self.links.of("capex_outside")
        line = self.links.buyer_line[at]
        mix = shares(plants.from_outside, axis=1)[line, self.links.payee[at]]
        self._write("capex_outside", outside[:, line] * mix)
        total = outside * (plants.from_outside.sum(axis=1) > 0)
        return np.asarray(paid_inside + total)

    def programs(self, deliveries: Deliveries, spending: Spending) -> Array:
        """Write programs; return what firms spend on them (path, firm)."""
        bought = deliveries.programs * self.terms.charged[:, None, :]
        at = self.links.of("program")
        self._write("program", bought[:, self.links.payer[at], self.links.seller_line[at]])
        scale = self.terms.programs * spending.programs * self.state.alive
        at = self.links.of("program_outside")
        firm, payee = self.links.payer[at], self.links.payee[at]
        self._write("program_outside", self.chain.program_outside[firm, payee] * scale[:, firm])
        return self.links.paid(self.flows, "program")

    def outside_costs(self, deliveries: Deliveries) -> None:
        """Write labour, energy and other suppliers, per unit and fixed; and rents."""
        chain, at = self.chain, self.links.of("cost")
        line, payee = self.links.buyer_line[at], self.links.payee[at]
        index = ratio(self.terms.fixed, chain.fixed_cost.sum(axis=1))
        cost = chain.variable_cost[line, payee] * deliveries.volume[:, line]
        cost = cost + chain.fixed_cost[line, payee] * index[:, line]
        self._write("cost", cost * self.line_alive[:, line])
        self._write("lease", self.terms.rents)

    def commitments(self, deliveries: Deliveries) -> None:
        """Write what buyers owe for committed use that they did not take."""
        purchases = self.chain.bindings.purchases(self.flows)
        charged = self.terms.charged
        owed = contracts.shortfalls(self.now, purchases, deliveries.volume, charged)
        self._write("shortfall", owed)

    def revenue_shares(self) -> None:
        """Write shares of revenue owed to firms that are alive."""
        revenue = self.links.line_revenue(self.flows)
        self._write("revenue_share", contracts.shares_owed(self.now, revenue))

    def debt_service(self) -> None:
        """Write interest and what matures, loan by loan."""
        self._write("interest", self.state.loans * self.state.loan_rate)
        self._write("repayment", self.terms.maturing)

    def other_business(self) -> None:
        """Write the net cash of business outside the lines: a receipt, or a bill."""
        purses, links = self.chain.purses, self.links
        swing = np.maximum(0.0, 1.0 + purses.other_beta * (self.terms.demand_index - 1.0))
        trend = grown(purses.other_growth * self.now.quarter)
        net = purses.other_business * trend * swing * self.state.alive
        net = net * np.where(net > 0, self.now.drivers.other_business[self.now.quarter], 1.0)
        at = links.of("other_business")
        earns = links.to_firm[at]
        firm = np.where(earns, links.payee[at], links.payer[at])
        opening = self.chain.opening[at]
        side = firm + self.firms * earns
        part = ratio(opening, np.bincount(side, opening, 2 * self.firms)[side])
        value = np.where(earns, np.maximum(net, 0.0)[:, firm], np.maximum(-net, 0.0)[:, firm])
        self._write("other_business", value * part)

    def operating_profit(self) -> Array:
        """Return revenue and other business less cash costs, programs and depreciation."""
        links = self.links
        worn = group_sum(self.terms.worn, self.chain.firm_of_line, self.firms)
        net = links.received(self.flows, "other_business") - links.paid(
            self.flows, "other_business"
        )
        return np.asarray(self.revenue() + net - links.paid(self.flows, *COSTS) - worn)

    def tax(self, profit: Array) -> None:
        """Write tax on the result after interest."""
        interest = self.links.paid(self.flows, "interest")
        self._write("tax", self.chain.purses.tax_rate * np.maximum(0.0, profit - interest))

    def arrears(self) -> None:
        """Write what was left unpaid last quarter."""
        self._write("arrears", self.state.arrears)

    def on_credit(self) -> tuple[Array, Array]:
        """Return what is due of all that was bought, and what is payable later."""
        credit = self.chain.credit.link
        due = self.flows.copy()
        change, payables = contracts.due_after_credit(self.now, self.flows[:, credit])
        np.add.at(due.T, credit, change.T)
        return np.maximum(due, 0.0), payables

    def payouts(self, spending: Spending, due: Array) -> None:
        """Write payouts: the firm's own trend, at most what is left above its floor.

        What matures is left out of what must be paid: it is asked of debt pools first.
        """
        purses, links = self.chain.purses, self.links
        owed = links.paid(due) - links.paid(due, "repayment")
        net = links.received(due) - owed
        trend = purses.payout * grown(purses.payout_growth * self.now.quarter) * self.state.alive
        payout = np.minimum(trend, np.maximum(0.0, self.state.cash + net - purses.floor))
        self._write("payout", payout * spending.payout)
        due[:, links.of("payout")] = self.flows[:, links.of("payout")]

    def revenue(self) -> Array:
        """Return what firms bill: sales of their lines and shares of others' revenue."""
        billed = group_sum(self.links.line_revenue(self.flows), self.chain.firm_of_line, self.firms)
        return np.asarray(billed + self.links.received(self.flows, "revenue_share"))

    def _pairs(self, bought: Array, group: str) -> Array:
        """Return (path, buyer line, seller line) on the links of a group."""
        at = self.links.of(group)
        return bought[:, self.links.buyer_line[at], self.links.seller_line[at]]

    def _write(self, group: str, values: Array) -> None:
        self.flows[:, self.links.of(group)] = values


def _due_now(now: Moment, bought: Array) -> Array:
    """Return what firms pay for plant in the quarter in which they buy it (path, firm)."""
    credit, links = now.chain.credit, now.chain.links
    later = credit.share * bought[:, credit.link] * links.kinds("capex")[credit.link]
    on_credit = group_sum(later, links.payer[credit.link], links.firms)
    return np.asarray(links.paid(bought, "capex") - on_credit)


def fixed_costs(chain: Chain, state: State) -> Array:
    """Return fixed outside cost (path, line): it moves with capacity where a line owns plant."""
    size = ratio(state.capacity, chain.plants.capacity, 1.0)
    return np.asarray(chain.fixed_cost.sum(axis=1) * np.where(chain.plants.owned, size, 1.0))
