"""The subsidy ledger: what customers do not pay, and whose money covers it.

A firm's subsidy in a quarter is its full cost less what its customers paid it, at least 0: a
non-cash part (depreciation, pay in shares) and a cash part. The cash part is one of the uses of
money that did not come from customers; every source of such money covers every use pro rata, so
the cash part splits over its sources exactly. Subsidies of firms add up over the chain: each is
measured on the prices that the firm itself pays, and nothing is counted twice.

Words of the split: the id of a pool or of an investing firm; ``other_business`` of the firm
itself, outside its lines; ``other_lines``, the surplus of lines outside the part looked at;
``unpaid_bills``, what suppliers, lenders and staff were left without; ``late_payments``, old bills
paid to it; ``plant_sold`` after a default; ``other_cash``, what closes the base quarter; ``cash``,
the fall of its own cash.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cardhouse.analysis.books import COST_KINDS, Books
from cardhouse.analysis.parts import LineCosts, Mask
from cardhouse.analysis.use_cost import own_use_shares
from cardhouse.engine.chain import Array
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind as Kind

OWN_SOURCES = (
    "other_business",
    "other_lines",
    "unpaid_bills",
    "late_payments",
    "plant_sold",
    "other_cash",
    "cash",
)
"""Sources beside pools and investing firms."""


ROUNDING = 1e-12
"""Relative difference between what was billed and what was paid that is no unpaid bill."""


@dataclass(frozen=True)
class Ledger:
    """Subsidies of every firm, or of a part of its lines, over quarters.

    Arrays are (quarter, firm); ``by_source`` is (quarter, firm, source) and adds up to
    ``cash_part`` over sources.
    """

    revenue: Array
    receipts: Array
    full_cost: Array
    subsidy: Array
    cash_part: Array
    noncash_part: Array
    by_source: Array
    sources: tuple[str, ...]

    def cumulated(self) -> Ledger:
        """Return the ledger with every quarter added to those before it."""
        added: dict[str, Any] = {name: np.cumsum(getattr(self, name), axis=0) for name in SERIES}
        return replace(self, **added)


SERIES = (
    "revenue",
    "receipts",
    "full_cost",
    "subsidy",
    "cash_part",
    "noncash_part",
    "by_source",
)
"""The arrays of a ledger, quarter first."""


def subsidy_ledger(books: Books, costs: LineCosts, part: Mask | None = None) -> Ledger:
    """Return the ledger of all firms as a whole, or of the lines in `part` alone.

    Parameters
    ----------
    books, costs
        The books of a path and the costs of its lines.
    part
        Which lines count (line,); none: everything that the firms do.
    """
    whole_receipts = _customers_paid(books, np.ones(len(books.chain.line_ids), dtype=bool))
    running = books.per_firm(books.line_cost) + books.programs + books.promises
    whole_cost = running + books.interest
    if part is None:
        receipts, revenue, cash_cost = whole_receipts, books.revenue, whole_cost
        noncash = books.per_firm(books.depreciation) + books.stock_pay
    else:
        receipts, revenue = _customers_paid(books, part), _billed(books, part)
        cash_cost = books.per_firm(costs.cash_cost * part)
        noncash = books.per_firm(costs.noncash_cost * part)
    full_cost = cash_cost + noncash
    subsidy = np.maximum(0.0, full_cost - receipts)
    noncash_part = np.minimum(subsidy, noncash)
    cash_part = subsidy - noncash_part
    rest = (whole_receipts - receipts) - (whole_cost - cash_cost)
    names, money = sources_of_money(books, whole_cost, rest)
    total = money.sum(axis=2, keepdims=True)
    split = cash_part[:, :, None] * ratio(money, np.broadcast_to(total, money.shape))
    return Ledger(revenue, receipts, full_cost, subsidy, cash_part, noncash_part, split, names)


def sold_use_subsidy(books: Books, costs: LineCosts) -> Array:
    """Return each firm's subsidy with the cost of its parent's own use left out (quarter, firm).

    Own use has no customers, so its whole cost is a subsidy by the parent; this is what stays.
    """
    ledger = subsidy_ledger(books, costs)
    own = (costs.cash_cost + costs.noncash_cost) * own_use_shares(books)
    return np.maximum(0.0, ledger.full_cost - books.per_firm(own) - ledger.receipts)


def sources_of_money(
    books: Books, cash_cost: Array, surplus_elsewhere: Array
) -> tuple[tuple[str, ...], Array]:
    """Return who gave money that no customer paid: names and amounts (quarter, firm, source).

    ``cash_cost`` (quarter, firm) is what the firm was billed in all; what it did not pay of it is
    money of those who sent the bills. ``surplus_elsewhere`` (quarter, firm) is what lines outside
    the part looked at have over.
    """
    chain = books.chain
    other = books.received_of((Kind.OTHER_BUSINESS,)) - books.paid_of((Kind.OTHER_BUSINESS,))
    own = {
        "other_business": other,
        "other_lines": surplus_elsewhere,
        "unpaid_bills": _beyond_rounding(cash_cost - books.paid_of(COST_KINDS), cash_cost),
        "late_payments": books.received_of(("arrears",)),
        "plant_sold": books.received_of(("liquidation",)),
        "other_cash": books.received_of((Kind.OTHER_CASH,)) - books.paid_of((Kind.OTHER_CASH,)),
        "cash": -books.change_in_cash,
    }
    pools = [chain.node_ids[node] for node in chain.pool_nodes]
    given = _given(books)
    kept = np.stack([np.maximum(own[name], 0.0) for name in OWN_SOURCES], axis=2)
    return (*pools, *chain.firm_ids, *OWN_SOURCES), np.concatenate([given, kept], axis=2)


def _beyond_rounding(gap: Array, of: Array) -> Array:
    """Return a difference of two sums, 0 where it is no more than the rounding in them."""
    return np.where(np.abs(gap) > ROUNDING * np.abs(of), gap, 0.0)


def _given(books: Books) -> Array:
    """Return new money by giver, pools first, then investing firms (quarter, firm, giver)."""
    flows = books.between((Kind.EQUITY, Kind.DEBT_DRAWN))
    givers = np.concatenate([books.chain.pool_nodes, np.arange(books.firms)])
    return np.swapaxes(flows[:, givers, : books.firms], 1, 2)


def _customers_paid(books: Books, part: Mask) -> Array:
    """Return what customers paid for the lines in `part`, revenue shares with them."""
    sold = books.per_firm(books.line_receipts.sum(axis=1) * part)
    return np.asarray(sold + (books.line_shares * part[:, None]).sum(axis=1))


def _billed(books: Books, part: Mask) -> Array:
    """Return what the lines in `part` and revenue shares in them were billed (quarter, firm)."""
    lived = np.concatenate([books.alive[:1], books.alive[:-1]])
    shares = (books.line_revenue * part) @ books.chain.revenue_share
    return np.asarray(books.per_firm(books.line_revenue * part) + shares * lived)
