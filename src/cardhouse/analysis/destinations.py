"""Where money ends: a source's dollars followed forwards until somebody outside has or keeps them.

Dollars are followed purse by purse under a rule of spending (`rules.RULES`). They end

- at an outside account: wages, energy, other suppliers, plant from outside, tax, shareholders,
  default costs, other business, by the account's id;
- at a pool, as ``repayment``, ``interest`` or ``lease``;
- in a purse at the end: ``profit_kept`` where the firm's operations and plant brought in more cash
  than they cost over the quarters asked about, ``idle_cash`` where they did not and the money lies
  there unspent;
- where they started: ``comes_back``, what a firm's own payments return to it;
- in a circle that nothing leaves: ``goes_round``.

The ends add to what the source paid in. Over several quarters, what a purse keeps of the source at
the end of one is part of its opening cash in the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.flow_table import PURSE, FloatArray, IntArray
from cardhouse.analysis.payers import (
    EARNED,
    RAISED,
    UNTRACED,
    flows_by_account,
    fresh_money,
    name_sources,
    opening_cash,
    spent_outside,
)
from cardhouse.analysis.rules import CAPITAL, CURRENT, PRO_RATA, RuleTrace, trace_by_rule
from cardhouse.engine.chain import FLOW_KINDS, Array
from cardhouse.engine.matrices import CAPITAL_PAYER
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.vocabulary import EntityKind

PROFIT_KEPT, IDLE_CASH = "profit_kept", "idle_cash"
COMES_BACK, GOES_ROUND = "comes_back", "goes_round"
ROUNDING = 1e-9
"""Share of the dollars below which what is missing at the ends is rounding."""

End = tuple[str, str]
"""As what money ends, and with whom."""


@dataclass(frozen=True)
class Destinations:
    """Where a source's dollars ended: ``dollars`` in all, and USD bn by end."""

    source: str
    dollars: float
    ends: dict[End, float]

    @property
    def shares(self) -> dict[End, float]:
        """Return the share of each end; they add to 1."""
        return {end: amount / self.dollars for end, amount in self.ends.items()}

    def by_sink(self) -> dict[str, float]:
        """Return the share that ends as each kind of thing, whoever has it."""
        sums: dict[str, float] = {}
        for (sink, _), share in self.shares.items():
            sums[sink] = sums.get(sink, 0.0) + share
        return sums


def follow_money(
    books: Books,
    source: str,
    rule: str = PRO_RATA,
    *,
    first: int = 0,
    last: int | None = None,
) -> Destinations:
    """Return where the dollars that a source paid in some quarters are at the end of the last.

    Parameters
    ----------
    books
        The books of a path.
    source
        The id of a segment, a pool or a firm, or a name of money that enters otherwise
        (``microsoft.other_business``, ``cash_earned_before``).
    rule
        One of `rules.RULES`; own money as a source means nothing here.
    first, last
        The quarters in which the dollars are paid, 0 is the base quarter; one alone without
        ``last``.

    Raises
    ------
    InputError
        When there is no such source, or it pays nothing in these quarters.
    """
    known = list_sources(books)
    if source not in known:
        raise InputError(
            f"'{source}' pays nothing in this run.{did_you_mean(source, known)} "
            f"Payers are {', '.join(known)}."
        )
    found = follow_together(books, [source], rule, first=first, last=last)[source]
    if found.dollars <= 0.0:
        raise InputError(f"'{source}' pays nothing in these quarters: there is nothing to follow.")
    return found


def follow_together(
    books: Books,
    sources: Sequence[str],
    rule: str = PRO_RATA,
    *,
    first: int = 0,
    last: int | None = None,
) -> dict[str, Destinations]:
    """Return what `follow_money` does for several sources at once, without its checks.

    A firm is followed alone: its own payments being marked changes what others pay with.
    """
    trail = _Trail(books, tuple(sources))
    stop = first if last is None else last
    held = trail.opening(first)
    dollars = held[:, :-1].sum(axis=0)
    ends: list[dict[End, float]] = [{} for _ in sources]
    for quarter in range(first, stop + 1):
        traced = trail.trace(quarter, held, rule)
        dollars = dollars + trail.paid_in(quarter)
        trail.add_ended(quarter, traced, ends)
        held = trail.kept(quarter, traced)
    profit = books.cash_result[first : stop + 1].sum(axis=0) > 0.0
    found = {}
    for at, source in enumerate(sources):
        for firm in np.flatnonzero(held[: books.firms, at] > 0.0):
            sink = PROFIT_KEPT if profit[firm] else IDLE_CASH
            ends[at][sink, books.chain.firm_ids[firm]] = float(held[firm, at])
        missing = float(dollars[at]) - sum(ends[at].values())
        if missing > ROUNDING * dollars[at]:
            ends[at][GOES_ROUND, ""] = missing
        found[source] = Destinations(source, float(dollars[at]), ends[at])
    return found


def list_sources(books: Books) -> list[str]:
    """Return whose dollars can be followed: whoever pays, and money that enters otherwise."""
    ids = books.chain.node_ids
    paid = sum(books.flows(at).sum(axis=(0, 2)) for at in range(books.rows))
    outside = {one.id for one in books.chain.world.of_kind(EntityKind.OUTSIDE)}
    nodes = [name for name, sum_ in zip(ids, paid, strict=True) if sum_ > 0 and name not in outside]
    others = [name for name in name_sources(books)[0] if name not in ids and name != UNTRACED]
    return [*nodes, *others]


@dataclass(frozen=True)
class _Trail:
    """The dollars of some sources in some books: one kind of money each, and the last unmarked."""

    books: Books
    marked: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of all sources."""
        return name_sources(self.books)[0]

    @cached_property
    def nodes(self) -> int:
        """Return how many nodes have money: firms, segments, pools."""
        return len(name_sources(self.books)[1])

    @cached_property
    def payers(self) -> dict[int, int]:
        """Return the place among the marked of each node that is one."""
        ids = self.books.chain.node_ids
        return {ids.index(name): at for at, name in enumerate(self.marked) if name in ids}

    @cached_property
    def owner(self) -> IntArray:
        """Return whose money a node pays with (node,): purses, marked sources, everybody else."""
        owner = np.where(np.arange(self.nodes) < self.books.firms, PURSE, len(self.marked))
        for node, at in self.payers.items():
            owner[node] = at
        return owner.astype(np.int64)

    @cached_property
    def fresh(self) -> Array:
        """Return money from outside accounts (account, quarter, node, marked and the rest)."""
        return self._marked(fresh_money(self.books, self.names, self.nodes), self.marked)

    def _marked(self, money: Array, which: Sequence[str]) -> Array:
        """Return money by source (..., source) as marked, for those named, and the rest."""
        out = np.zeros((*money.shape[:-1], len(self.marked) + 1))
        for at, name in enumerate(self.marked):
            if name in which and name not in self.books.chain.node_ids:
                out[..., at] = money[..., self.names.index(name)]
        out[..., -1] = np.maximum(money.sum(axis=-1) - out.sum(axis=-1), 0.0)
        return out

    def opening(self, quarter: int) -> Array:
        """Return cash before a quarter (node, marked and the rest).

        Cash from before the base quarter is marked only where it is itself what is followed.
        """
        if quarter == 0:
            cash = opening_cash(self.books, self.names, self.nodes)
            return self._marked(cash, (EARNED, RAISED))
        held = np.zeros((self.nodes, len(self.marked) + 1))
        held[: self.books.firms, -1] = self.books.cash[quarter - 1]
        return held

    def trace(self, quarter: int, held: Array, rule: str) -> RuleTrace:
        """Return the part of each purse's money that is marked."""
        flows = flows_by_account(self.books, quarter, self.nodes)
        spent = spent_outside(self.books, quarter, self.nodes)
        return trace_by_rule(flows, self.owner, held, rule, self.fresh[:, quarter], spent)

    def paid_in(self, quarter: int) -> Array:
        """Return what each marked source paid in a quarter (marked,)."""
        paid = self.fresh[:, quarter, :, :-1].sum(axis=(0, 1))
        for node, at in self.payers.items():
            given = self.books.flows(quarter)[:, node].sum(axis=0)
            paid[at] = given.sum() - given[node]
        return np.asarray(paid)

    def add_ended(self, quarter: int, traced: RuleTrace, ends: list[dict[End, float]]) -> None:
        """Add marked dollars that left all purses in a quarter to their ends."""
        firms, ids = self.books.firms, self.books.chain.node_ids
        flows = self.books.flows(quarter)
        account = np.where(np.isin(FLOW_KINDS, CAPITAL_PAYER), CAPITAL, CURRENT)
        share = np.zeros((*flows.shape[:2], len(self.marked)))
        share[:, :firms] = traced.mix[account, :firms, :-1]
        for node, at in self.payers.items():
            share[:, node] = 0.0
            share[:, node, at] = 1.0
            if node < firms:
                others = np.arange(len(ids)) != node
                back = (flows[:, others, node] * share[:, others, at]).sum()
                _add(ends[at], (COMES_BACK, self.marked[at]), float(back))
        left = np.einsum("kij,kis->skj", flows[:, :, firms:], share, optimize=False)
        for at, kind, payee in np.argwhere(left > 0.0).tolist():
            _add(ends[at], self._end(FLOW_KINDS[kind], ids[firms + payee]), left[at, kind, payee])

    def _end(self, kind: str, payee: str) -> End:
        """Return as what a payment to somebody without a purse ends."""
        entity = self.books.chain.world.entity(payee)
        return (kind if entity.kind is EntityKind.POOL else payee, payee)

    def kept(self, quarter: int, traced: RuleTrace) -> FloatArray:
        """Return cash at the end of a quarter (node, marked and the rest)."""
        firms = self.books.firms
        share = traced.kept[:firms].copy()
        for node in self.payers:
            if node < firms:
                share[node, :-1] = 0.0
        share[:, -1] = np.maximum(1.0 - share[:, :-1].sum(axis=1), 0.0)
        held = np.zeros((self.nodes, share.shape[1]))
        held[:firms] = self.books.cash[quarter][:, None] * share
        return held


def _add(ends: dict[End, float], end: End, amount: float) -> None:
    if amount > 0.0:
        ends[end] = ends.get(end, 0.0) + float(amount)
