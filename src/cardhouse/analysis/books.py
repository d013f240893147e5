"""The books of one path: what each firm and line received, cost and held, quarter by quarter.

A thin view of a trajectory that every answer reads from. Axes: ``quarter`` (0 is the base
quarter), ``line``, ``firm``, ``node`` (firms first, then segments, pools, outside accounts),
``pool``, ``kind`` of flow. USD bn a quarter; positions in USD bn at the end of the quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.engine.chain import FLOW_KINDS, KIND, Array, Chain, Index
from cardhouse.engine.links import summed
from cardhouse.engine.runs import Run
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.model.vocabulary import ContractKind as Kind

CUSTOMER_KINDS = (
    Kind.SALE,
    Kind.INPUT,
    Kind.PROGRAM,
    Kind.CAPEX,
    Kind.BUY_BACK,
    "shortfall",
)
"""What customers pay a line for its output."""

COST_KINDS = (
    Kind.INPUT,
    Kind.COST,
    Kind.PROGRAM,
    Kind.REVENUE_SHARE,
    Kind.LEASE,
    Kind.BUY_BACK,
    "shortfall",
    Kind.INTEREST,
)
"""What a firm pays for running its lines, its programs and its debt."""

FINANCING_RECEIVED = (Kind.EQUITY, Kind.DEBT_DRAWN, Kind.OTHER_CASH)
FINANCING_PAID = (Kind.REPAYMENT, Kind.PAYOUT, Kind.OTHER_CASH)
"""What stands below the line "change in cash before financing"."""


@dataclass(frozen=True)
class Books:
    """One path of a trajectory."""

    trajectory: Run
    path: int = 0

    @property
    def chain(self) -> Chain:
        """Return the compiled world."""
        return self.trajectory.chain

    @property
    def rows(self) -> int:
        """Return the number of quarters, the base quarter included."""
        return self.trajectory.quarters + 1

    @property
    def firms(self) -> int:
        """Return the number of firms: the first nodes."""
        return len(self.chain.firm_ids)

    def flows(self, quarter: int) -> Array:
        """Return what was paid in a quarter (kind, node, node)."""
        return np.asarray(self.trajectory.records[quarter].flows[self.path])

    @cached_property
    def along_links(self) -> Array:
        """Return what was paid along each link (quarter, link)."""
        return self.trajectory.of_record("paid", self.path)

    @cached_property
    def bought(self) -> Array:
        """Return what was delivered or fell due along each link (quarter, link)."""
        return self.trajectory.of_record("bought", self.path)

    def between(self, kinds: Sequence[str]) -> Array:
        """Return what nodes paid each other in some kinds (quarter, node, node)."""
        links = self.chain.links
        at, place = links.pairs(*kinds)
        flat = summed(self.along_links[:, at], place, links.nodes**2)
        return flat.reshape(self.rows, links.nodes, links.nodes)

    @cached_property
    def received(self) -> Array:
        """Return receipts (quarter, kind, firm)."""
        return self._by_kind(self.chain.links.payee)

    @cached_property
    def paid(self) -> Array:
        """Return payments (quarter, kind, firm)."""
        return self._by_kind(self.chain.links.payer)

    def _by_kind(self, end: Index) -> Array:
        """Return payments by kind and by the firm at one end (quarter, kind, firm)."""
        at = np.flatnonzero(end < self.firms)
        place = self.chain.links.kind[at] * self.firms + end[at]
        flat = summed(self.along_links[:, at], place, len(FLOW_KINDS) * self.firms)
        return flat.reshape(self.rows, len(FLOW_KINDS), self.firms)

    def received_of(self, kinds: Sequence[str]) -> Array:
        """Return receipts of some kinds (quarter, firm)."""
        return np.asarray(self.received[:, [KIND[kind] for kind in kinds]].sum(axis=1))

    def paid_of(self, kinds: Sequence[str]) -> Array:
        """Return payments of some kinds (quarter, firm)."""
        return np.asarray(self.paid[:, [KIND[kind] for kind in kinds]].sum(axis=1))

    @cached_property
    def change_in_cash(self) -> Array:
        """Return receipts less payments (quarter, firm)."""
        return np.asarray(self.received.sum(axis=1) - self.paid.sum(axis=1))

    @cached_property
    def cash_result(self) -> Array:
        """Return the change in cash before financing (quarter, firm)."""
        financing = self.received_of(FINANCING_RECEIVED) - self.paid_of(FINANCING_PAID)
        return np.asarray(self.change_in_cash - financing)

    @cached_property
    def line_revenue(self) -> Array:
        """Return what customers were billed (quarter, line)."""
        return self.chain.links.line_revenue(self.bought)

    @cached_property
    def line_cost(self) -> Array:
        """Return inputs, outside cost and revenue share of the lines (quarter, line)."""
        return self.trajectory.of_record("line_cost", self.path)

    @cached_property
    def depreciation(self) -> Array:
        """Return depreciation of the lines' plant (quarter, line)."""
        return self.trajectory.of_record("depreciation", self.path)

    @cached_property
    def capex(self) -> Array:
        """Return purchases of plant (quarter, line)."""
        return self.trajectory.of_record("capex", self.path)

    @cached_property
    def revenue(self) -> Array:
        """Return what firms billed: sales and shares of others' revenue (quarter, firm)."""
        return self.trajectory.of_record("revenue", self.path)

    @cached_property
    def programs(self) -> Array:
        """Return what was billed for programs (quarter, firm)."""
        return self.trajectory.of_record("programs", self.path)

    @cached_property
    def promises(self) -> Array:
        """Return what was billed for committed use not taken, and bought back (quarter, firm)."""
        return self.chain.links.paid(self.bought, "shortfall", Kind.BUY_BACK)

    @cached_property
    def raised(self) -> Array:
        """Return new equity and debt drawn (quarter, firm)."""
        return self.received_of((Kind.EQUITY, Kind.DEBT_DRAWN))

    @cached_property
    def cash(self) -> Array:
        """Return cash (quarter, firm)."""
        return self.trajectory.of_state("cash", self.path)

    @cached_property
    def debt(self) -> Array:
        """Return debt (quarter, firm, pool)."""
        return self.chain.debt_by_pool(self.trajectory.of_state("loans", self.path))

    @cached_property
    def alive(self) -> Array:
        """Return 1 while a firm lives at the end of the quarter, else 0 (quarter, firm)."""
        return self.trajectory.of_state("alive", self.path).astype(np.float64)

    @cached_property
    def interest(self) -> Array:
        """Return interest billed (quarter, firm): paid in row 0, on the opening debt after it."""
        loans = self.trajectory.of_state("loans", self.path)
        rate = self.trajectory.of_state("loan_rate", self.path)
        billed = group_sum(loans * rate, self.chain.loans.firm, self.firms)
        first = self.paid_of((Kind.INTEREST,))[:1]
        return np.concatenate([first, billed[:-1]])

    @cached_property
    def stock_pay(self) -> Array:
        """Return pay in shares (quarter, firm): its base amount, moving with the firm's revenue."""
        size = ratio(self.revenue, np.broadcast_to(self.revenue[0], self.revenue.shape), 1.0)
        lived = np.concatenate([self.alive[:1], self.alive[:-1]])
        return np.asarray(self.chain.purses.stock_pay * size * lived)

    @cached_property
    def value(self) -> Array:
        """Return output at the price charged, free use included (quarter, line)."""
        made = self.trajectory.of_state("volume", self.path)
        made = made * self.trajectory.of_state("charged", self.path)
        return np.maximum(made, self.line_revenue)

    def per_firm(self, values: Array) -> Array:
        """Sum (quarter, line) over the lines of each firm: (quarter, firm)."""
        return group_sum(values, self.chain.firm_of_line, self.firms)

    @cached_property
    def billed(self) -> Array:
        """Return what each purse was billed for each line's output (quarter, node, line)."""
        return self.chain.links.by_line(self.bought)

    @cached_property
    def line_receipts(self) -> Array:
        """Return what customers paid for each line's output (quarter, node, line).

        Bills that a failing customer left open are not in it.
        """
        by_firm = self._over_lines(self.billed)
        paid = self.between(CUSTOMER_KINDS)[:, :, : self.firms]
        return np.asarray(self.billed * ratio(paid, by_firm)[:, :, self.chain.firm_of_line])

    def receipts_by_line(self, quarter: int) -> Array:
        """Return what customers paid for each line's output in a quarter (node, line)."""
        return np.asarray(self.line_receipts[quarter])

    @cached_property
    def line_shares(self) -> Array:
        """Return revenue shares that firms received from each line (quarter, line, firm)."""
        owed = self.line_revenue[:, :, None] * self.chain.revenue_share
        by_firm = np.swapaxes(self._over_lines(np.swapaxes(owed, 1, 2)), 1, 2)
        paid = self.between((Kind.REVENUE_SHARE,))[:, : self.firms, : self.firms]
        return np.asarray(owed * ratio(paid, by_firm)[:, self.chain.firm_of_line])

    def shares_received(self, quarter: int) -> Array:
        """Return revenue shares that firms received from each line in a quarter (line, firm)."""
        return np.asarray(self.line_shares[quarter])

    def _over_lines(self, values: Array) -> Array:
        """Sum (quarter, item, line) over the lines of each firm: (quarter, item, firm)."""
        flat = self.per_firm(values.reshape(-1, values.shape[2]))
        return flat.reshape(*values.shape[:2], self.firms)
