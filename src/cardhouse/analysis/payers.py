"""Who ultimately pays each seller, quarter by quarter, with cash remembered from before.

Sources, by their stable names:

- the id of a segment: final users of that kind;
- the id of a pool: new money of that part of the capital market;
- ``X.other_business``: what firm X earns outside the lines of this economy;
- ``cash_earned_before``: opening cash of firms whose sales had paid their running costs;
- ``cash_raised_before``: opening cash of firms whose sales had not, where the base quarter does
  not tell from whom they had raised it (where it does, the pools stand for it);
- ``sold_plant``: what outsiders paid for the plant of the dead;
- ``other_cash``: what closes the base quarter's cash accounts;
- ``untraced``: money of a closed set of purses into which nothing came.

Money between firms is never a source, neither a supplier's loan nor a parent's: it is traced on to
whoever paid the investor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.flow_table import PURSE, IntArray
from cardhouse.analysis.tracing import composition, own_money, source_bounds, trace_shares
from cardhouse.engine.chain import KIND, Array, Chain, Index
from cardhouse.engine.sums import group_sum
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.vocabulary import EntityKind

EARNED, RAISED = "cash_earned_before", "cash_raised_before"
SOLD_PLANT, OTHER_CASH, UNTRACED = "sold_plant", "other_cash", "untraced"
COMMON = (EARNED, RAISED, SOLD_PLANT, OTHER_CASH, UNTRACED)

OPERATING_RECEIVED = (
    Kind.SALE, Kind.INPUT, Kind.PROGRAM, Kind.CAPEX, Kind.REVENUE_SHARE, Kind.OTHER_BUSINESS,
)  # fmt: skip
OPERATING_PAID = (
    Kind.INPUT, Kind.COST, Kind.PROGRAM, Kind.REVENUE_SHARE, Kind.INTEREST, Kind.TAX,
    Kind.OTHER_BUSINESS,
)  # fmt: skip


@dataclass(frozen=True)
class Payers:
    """What purses pay with, and what came in, quarter by quarter.

    Attributes
    ----------
    sources
        Names of the sources.
    source_of
        The source whose money a node pays with (node,), -1 for a purse; firms, segments, pools.
    flows
        Payments between those nodes (quarter, node, node).
    opening
        Money of sources that enters a purse otherwise than by a payment between nodes: its cash
        from before, other business, plant sold (quarter, node, source).
    mix
        What each node pays with (quarter, node, source); rows add to 1.
    """

    books: Books
    sources: tuple[str, ...]
    source_of: IntArray
    flows: Array
    opening: Array
    mix: Array

    def shares(self, payments: Array) -> tuple[Array, Array]:
        """Return what payments (quarter, node, sink) are made of, and their totals.

        Shares are (quarter, sink, source) and add to 1 where the total (quarter, sink) is above 0.
        """
        nothing = np.zeros(self.mix.shape[1])
        parts = [
            composition(paid, mix, nothing)[0] for paid, mix in zip(payments, self.mix, strict=True)
        ]
        return np.stack(parts), np.asarray(payments.sum(axis=1))

    def own_share(self, firm: int, payments: Array) -> float:
        """Return the share of base-quarter payments (node,) to a firm that is its own money."""
        whole = payments.sum()
        return float((payments * self._own[firm]).sum() / whole) if whole > 0 else 0.0

    @cached_property
    def _own(self) -> Array:
        """Return the share of each firm's money in what nodes pay with (firm, node)."""
        flows, opening = self.flows[0], self.opening[0]
        every = range(self.books.firms)
        traced = [own_money(flows, self.source_of, firm, opening) for firm in every]
        return np.stack([one.mix[:, -1] for one in traced])

    def bounds(self, firm: int, payments: Array, only: IntArray) -> tuple[Array, Array]:
        """Return least and most share of base-quarter payments (node,) to a firm.

        ``only`` holds the places of the sources asked about; both answers have its length.
        """
        return source_bounds(
            self.flows[0], self.source_of, firm, self.opening[0], receipts=payments, only=only
        )


def trace_payers(books: Books) -> Payers:
    """Return the composition of every purse in every quarter."""
    sources, source_of = _sources(books)
    flows = np.stack([_between(books, at, len(source_of)) for at in range(books.rows)])
    fresh = _fresh_money(books, sources, len(source_of))
    opening, mixes = [], []
    held = opening_cash(books, sources, len(source_of))
    for quarter in range(books.rows):
        money = held + fresh[quarter]
        traced = trace_shares(flows[quarter], source_of, money)
        mix = traced.mix.copy()
        mix[:, sources.index(UNTRACED)] += traced.mix_untraced
        opening.append(money)
        mixes.append(mix)
        held = np.zeros_like(mix)
        held[: books.firms] = books.cash[quarter][:, None] * mix[: books.firms]
    return Payers(books, sources, source_of, flows, np.stack(opening), np.stack(mixes))


def _sources(books: Books) -> tuple[tuple[str, ...], IntArray]:
    """Return the sources and which node is which; segments and pools follow the firms."""
    chain, firms = books.chain, books.firms
    givers = chain.node_ids[firms : _outside_from(chain)]
    others = tuple(f"{name}.other_business" for name in _with_other_business(books))
    source_of = np.concatenate([np.full(firms, PURSE), np.arange(len(givers))])
    return (*givers, *others, *COMMON), source_of.astype(np.int64)


def _outside_from(chain: Chain) -> int:
    """Return the position of the first outside account: they come last among nodes."""
    return len(chain.node_ids) - len(chain.world.of_kind(EntityKind.OUTSIDE))


def _with_other_business(books: Books) -> list[str]:
    """Return the firms that ever receive money from business outside the lines."""
    earned = books.received_of((Kind.OTHER_BUSINESS,)).sum(axis=0)
    return [name for name, sum_ in zip(books.chain.firm_ids, earned, strict=True) if sum_ > 0]


def _between(books: Books, quarter: int, nodes: int) -> Array:
    """Return payments of all kinds between firms, segments and pools (node, node)."""
    return np.asarray(books.flows(quarter)[:, :nodes, :nodes].sum(axis=0))


def _fresh_money(books: Books, sources: tuple[str, ...], nodes: int) -> Array:
    """Return money that outside accounts paid to firms by source (quarter, node, source)."""
    out = np.zeros((books.rows, nodes, len(sources)))
    firms = books.firms
    out[:, :firms, sources.index(SOLD_PLANT)] = books.received_of(("liquidation",))
    out[:, :firms, sources.index(OTHER_CASH)] = books.received_of((Kind.OTHER_CASH,))
    earned = books.received_of((Kind.OTHER_BUSINESS,))
    for name in _with_other_business(books):
        firm = books.chain.firm_ids.index(name)
        out[:, firm, sources.index(f"{name}.other_business")] = earned[:, firm]
    return out


def opening_cash(books: Books, sources: tuple[str, ...], nodes: int) -> Array:
    """Return cash at the start of the base quarter by origin (node, source).

    Cash of a firm whose operations burned money is what it had raised, by the pools of the base
    quarter where there were any; cash of the others is earned before.
    """
    firms = books.firms
    cash = np.maximum(books.cash[0] - books.change_in_cash[0], 0.0)
    earned = operating_cash(books)[0] >= 0.0
    flows = books.flows(0)[[KIND[Kind.EQUITY], KIND[Kind.DEBT_DRAWN]]].sum(axis=0)
    given = flows[books.chain.pool_nodes, :firms].T
    total = given.sum(axis=1)
    known = ~earned & (total > 0)
    out = np.zeros((nodes, len(sources)))
    places = np.array([sources.index(books.chain.node_ids[at]) for at in books.chain.pool_nodes])
    shares = given / np.where(known, total, 1.0)[:, None]
    out[:firms, places.astype(np.int64)] = np.where(known, cash, 0.0)[:, None] * shares
    out[:firms, sources.index(EARNED)] = np.where(earned, cash, 0.0)
    out[:firms, sources.index(RAISED)] = np.where(~earned & ~known, cash, 0.0)
    return out


def operating_cash(books: Books) -> Array:
    """Return cash from operations: before capex and financing, after tax (quarter, firm)."""
    return books.received_of(OPERATING_RECEIVED) - books.paid_of(OPERATING_PAID)


def payments_to_lines(books: Books, nodes: int) -> Array:
    """Return what each node paid for each line's output (quarter, node, line)."""
    return np.stack([books.receipts_by_line(at)[:nodes] for at in range(books.rows)])


def shares_to_firms(books: Books, nodes: int) -> Array:
    """Return revenue shares that each node paid to each firm (quarter, node, firm)."""
    return np.stack(
        [
            books.flows(at)[KIND[Kind.REVENUE_SHARE], :nodes, : books.firms]
            for at in range(books.rows)
        ]
    )


def sinks_of(groups: Index, payments: Array, count: int) -> Array:
    """Sum payments to lines (quarter, node, line) over groups of lines: (quarter, node, group)."""
    return np.swapaxes(group_sum(np.swapaxes(payments, 1, 2), groups, count), 1, 2)
