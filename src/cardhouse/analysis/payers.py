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
- ``untraced``: money of a closed set of purses into which nothing came;
- ``own_money``: under the rule of that name, what the seller asked about paid out itself.

Money between firms is never a source, neither a supplier's loan nor a parent's: it is traced on to
whoever paid the investor. Which money of a purse pays which bill is a rule (`rules.RULES`), pro
rata unless another is asked for; under every rule a purse carries what it keeps into the next
quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.books import CUSTOMER_KINDS, Books
from cardhouse.analysis.flow_table import PURSE, IntArray
from cardhouse.analysis.rules import (
    CAPITAL,
    CAPITAL_FIRST,
    CURRENT,
    OWN_MONEY,
    PRO_RATA,
    trace_by_rule,
)
from cardhouse.analysis.tracing import composition, own_money, source_bounds
from cardhouse.engine.chain import FLOW_KINDS, Array, Chain, Index
from cardhouse.engine.matrices import CAPITAL_PAYEE, CAPITAL_PAYER
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.errors import InputError
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
    mixes
        What each node pays current and capital bills with (account, quarter, node, source); rows
        add to 1.
    purse, kept
        All that a purse had to spend, and what it had left (quarter, node, source); rows add to 1.
    rule
        The rule, one of `rules.RULES`.
    """

    books: Books
    sources: tuple[str, ...]
    source_of: IntArray
    flows: Array
    opening: Array
    mixes: Array
    purse: Array
    kept: Array
    rule: str = PRO_RATA

    @property
    def mix(self) -> Array:
        """Return what each node pays current bills with (quarter, node, source)."""
        return np.asarray(self.mixes[CURRENT])

    @property
    def had(self) -> Array:
        """Return what purses had to spend, USD bn (quarter, node)."""
        return np.asarray(self.opening.sum(axis=2) + self.flows.sum(axis=1))

    def shares(self, payments: Array, capital: Array | None = None) -> tuple[Array, Array]:
        """Return what payments (quarter, node, sink) are made of, and their totals.

        Shares are (quarter, sink, source) and add to 1 where the total (quarter, sink) is above 0.
        ``capital`` is the part of the payments that buyers book as capital spending, of the same
        shape; it matters where a rule tells accounts apart.

        Raises
        ------
        InputError
            When the rule tells accounts apart and ``capital`` is missing.
        """
        if capital is None:
            if self.rule == CAPITAL_FIRST:
                raise InputError(f"rule '{self.rule}' needs the capital part of payments.")
            capital = np.zeros_like(payments)
        total = payments.sum(axis=1)
        parts = ((payments - capital, self.mixes[CURRENT]), (capital, self.mixes[CAPITAL]))
        paid = np.stack([_composed(parts, at) for at in range(len(total))])
        return ratio(paid, np.broadcast_to(total[..., None], paid.shape)), np.asarray(total)

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

    def bounds(
        self, firm: int, payments: Array, only: IntArray, quarter: int = 0
    ) -> tuple[Array, Array]:
        """Return least and most share of a quarter's payments (node,) to a firm.

        ``only`` holds the places of the sources asked about; both answers have its length. Cash
        from before the quarter is of the sources that the rule had left in it.
        """
        return source_bounds(
            self.flows[quarter],
            self.source_of,
            firm,
            self.opening[quarter],
            receipts=payments,
            only=only,
        )


def trace_payers(
    books: Books, rule: str = PRO_RATA, own: int | None = None, rows: int | None = None
) -> Payers:
    """Return the composition of every purse in every quarter under a rule.

    Parameters
    ----------
    books
        The books of a path.
    rule
        One of `rules.RULES`.
    own
        The firm whose own payments are a source, the last; for `OWN_MONEY`, and beside others.
    rows
        How many quarters, the base quarter first; none: all.

    Raises
    ------
    InputError
        When there is no such rule, or own money is asked for of nobody.
    """
    if rule == OWN_MONEY and own is None:
        raise InputError("the rule 'own_money' is about one seller: say whose own money.")
    sources, source_of = name_sources(books)
    if own is not None:
        source_of[own], sources = len(sources), (*sources, OWN_MONEY)
    nodes, count = len(source_of), books.rows if rows is None else rows
    flows = [flows_by_account(books, at, nodes) for at in range(count)]
    fresh = fresh_money(books, sources, nodes)
    opening, mixes, purses, left = [], [], [], []
    held = opening_cash(books, sources, nodes)
    for quarter in range(count):
        new = fresh[:, quarter]
        spent = spent_outside(books, quarter, nodes)
        traced = trace_by_rule(flows[quarter], source_of, held, rule, new, spent)
        opening.append(np.where((source_of == PURSE)[:, None], held + new.sum(axis=0), 0.0))
        mixes.append(_with_untraced(sources, traced.mix, traced.mix_untraced))
        purses.append(_with_untraced(sources, traced.purse, traced.purse_untraced))
        kept = _with_untraced(sources, traced.kept, traced.kept_untraced)
        left.append(kept)
        held = np.zeros_like(kept)
        held[: books.firms] = books.cash[quarter][:, None] * kept[: books.firms]
    between = np.stack([one.sum(axis=(0, 1)) for one in flows])
    return Payers(
        books, sources, source_of, between, np.stack(opening), np.stack(mixes, axis=1),
        np.stack(purses), np.stack(left), rule,
    )  # fmt: skip


def pro_rata_shares(books: Books, payments: Array) -> tuple[tuple[str, ...], Array]:
    """Return the sources, and what one seller's receipts are made of (quarter, source), pro rata.

    The same as `trace_payers` and `Payers.shares` give, for a single seller and much faster.

    Parameters
    ----------
    books
        The books of a path.
    payments
        What firms, segments and pools paid the seller, (quarter, node).
    """
    from cardhouse.analysis._pro_rata_kernels import follow

    sources, source_of = name_sources(books)
    nodes, firms = len(source_of), books.firms
    fresh = fresh_money(books, sources, nodes).sum(axis=0)[:, :firms]
    held = opening_cash(books, sources, nodes)[:firms].copy()
    flows = np.ascontiguousarray(books.between(FLOW_KINDS)[:, :nodes, :nodes])
    out = np.zeros((books.rows, len(sources)))
    untraced = sources.index(UNTRACED)
    follow(
        flows, source_of, held, np.ascontiguousarray(fresh), np.ascontiguousarray(books.cash),
        np.ascontiguousarray(payments), untraced, out,
    )  # fmt: skip
    return sources, out


def _with_untraced(sources: tuple[str, ...], mix: Array, untraced: Array) -> Array:
    """Return a composition in which what is untraced stands as a source."""
    out = mix.copy()
    out[..., sources.index(UNTRACED)] += untraced
    return out


def name_sources(books: Books) -> tuple[tuple[str, ...], IntArray]:
    """Return the sources and which node is which; segments and pools follow the firms."""
    chain, firms = books.chain, books.firms
    givers = chain.node_ids[firms : traced_nodes(chain)]
    others = tuple(f"{name}.other_business" for name in _with_other_business(books))
    source_of = np.concatenate([np.full(firms, PURSE), np.arange(len(givers))])
    return (*givers, *others, *COMMON), source_of.astype(np.int64)


def traced_nodes(chain: Chain) -> int:
    """Return how many nodes money is traced through: outside accounts come last among nodes."""
    return len(chain.node_ids) - len(chain.world.of_kind(EntityKind.OUTSIDE))


def _with_other_business(books: Books) -> list[str]:
    """Return the firms that ever receive money from business outside the lines."""
    earned = books.received_of((Kind.OTHER_BUSINESS,)).sum(axis=0)
    return [name for name, sum_ in zip(books.chain.firm_ids, earned, strict=True) if sum_ > 0]


def flows_by_account(books: Books, quarter: int, nodes: int) -> Array:
    """Return payments between firms, segments and pools by account of each side.

    (account of the payer, account of the payee, node, node): current and capital, as the books of
    transactions have them.
    """
    flows = books.flows(quarter)[:, :nodes, :nodes]
    payer = np.isin(FLOW_KINDS, CAPITAL_PAYER)
    payee = np.isin(FLOW_KINDS, CAPITAL_PAYEE)
    return np.stack(
        [[flows[(payer == a) & (payee == b)].sum(axis=0) for b in (0, 1)] for a in (0, 1)]
    )


def spent_outside(books: Books, quarter: int, nodes: int) -> Array:
    """Return what was paid to outside accounts from each account (account, node)."""
    paid = books.flows(quarter)[:, :nodes, nodes:].sum(axis=2)
    capital = np.isin(FLOW_KINDS, CAPITAL_PAYER)
    return np.stack([paid[~capital].sum(axis=0), paid[capital].sum(axis=0)])


def fresh_money(books: Books, sources: tuple[str, ...], nodes: int) -> Array:
    """Return money that outside accounts paid to firms (account, quarter, node, source)."""
    out = np.zeros((2, books.rows, nodes, len(sources)))
    firms = books.firms
    out[CAPITAL, :, :firms, sources.index(SOLD_PLANT)] = books.received_of(("liquidation",))
    out[CURRENT, :, :firms, sources.index(OTHER_CASH)] = books.received_of((Kind.OTHER_CASH,))
    earned = books.received_of((Kind.OTHER_BUSINESS,))
    for name in _with_other_business(books):
        firm = books.chain.firm_ids.index(name)
        out[CURRENT, :, firm, sources.index(f"{name}.other_business")] = earned[:, firm]
    return out


def opening_cash(books: Books, sources: tuple[str, ...], nodes: int) -> Array:
    """Return cash at the start of the base quarter by origin (node, source).

    Cash of a firm whose operations burned money is what it had raised, by the pools of the base
    quarter where there were any; cash of the others is earned before.
    """
    firms = books.firms
    cash = np.maximum(books.cash[0] - books.change_in_cash[0], 0.0)
    earned = operating_cash(books)[0] >= 0.0
    flows = books.between((Kind.EQUITY, Kind.DEBT_DRAWN))[0]
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
    return np.asarray(books.line_receipts[:, :nodes])


def capital_to_lines(books: Books, payments: Array) -> Array:
    """Return the part of payments to lines (quarter, node, line) that buyers book as capital."""
    links, nodes = books.chain.links, payments.shape[1]
    kinds = links.kinds(*(kind for kind in CAPITAL_PAYER if kind in CUSTOMER_KINDS))
    out = np.zeros_like(payments)
    for at in range(len(payments)):
        billed = books.trajectory.records[at].bought[books.path][None]
        capital = links.by_line(billed * kinds)[0, :nodes]
        out[at] = payments[at] * ratio(capital, links.by_line(billed)[0, :nodes])
    return out


def shares_to_firms(books: Books, nodes: int) -> Array:
    """Return revenue shares that each node paid to each firm (quarter, node, firm)."""
    return np.asarray(books.between((Kind.REVENUE_SHARE,))[:, :nodes, : books.firms])


def ai_shares_to_firms(books: Books, lines: NDArray[np.bool_], nodes: int) -> Array:
    """Return revenue shares that each node's chosen lines paid to firms (quarter, node, firm)."""
    out = np.zeros((books.rows, nodes, books.firms))
    for at in range(books.rows):
        chosen = books.shares_received(at) * lines[:, None]
        out[at, : books.firms] = group_sum(chosen.T, books.chain.firm_of_line, books.firms).T
    return out


def _composed(parts: tuple[tuple[Array, Array], ...], quarter: int) -> Array:
    """Return what payments are made of in one quarter, USD bn by source (sink, source)."""
    out = np.zeros((parts[0][0].shape[2], parts[0][1].shape[2]))
    for payments, mix in parts:
        paid = payments[quarter]
        shares, _ = composition(paid, mix[quarter], np.zeros(mix.shape[1]))
        out += shares * paid.sum(axis=0)[:, None]
    return out


def sinks_of(groups: Index, payments: Array, count: int) -> Array:
    """Sum payments to lines (quarter, node, line) over groups of lines: (quarter, node, group)."""
    return np.swapaxes(group_sum(np.swapaxes(payments, 1, 2), groups, count), 1, 2)
