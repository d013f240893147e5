"""Who ultimately pays: money followed backwards to its sources and forwards to its ends.

Money in a purse is mixed: every payment carries the composition of the purse it leaves,
mix_i = (cash_i mix_i(t-1) + sum_j flow_ji mix_j) / (cash_i + sum_j flow_ji).
This is an absorbing Markov chain and is solved exactly, circles included. What traces to no
source (nothing came in, or a closed set of purses without outside money) is reported as untraced,
never as a zero share.

Pro rata is a choice; `payment_bounds` says what any other choice could give, and
`decompose_loops` takes the circles out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.bounds import PaymentBounds, max_flow, payment_bounds, source_bounds
from cardhouse.analysis.flow_table import (
    PURSE,
    FloatArray,
    Flows,
    FlowTable,
    IntArray,
    read_flows,
)
from cardhouse.analysis.loops import Loop, Loops, circular_part, decompose_loops, loops_of
from cardhouse.engine.absorbing import exit_shares
from cardhouse.errors import InputError, did_you_mean

__all__ = [
    "ForwardTrace",
    "Loop",
    "Loops",
    "PaymentBounds",
    "RoundTrip",
    "ShareTrace",
    "TracedFlows",
    "circular_part",
    "composition",
    "decompose_loops",
    "forward_trace",
    "loops_of",
    "max_flow",
    "own_money",
    "own_money_round_trip",
    "payment_bounds",
    "source_bounds",
    "trace_ends",
    "trace_payments",
    "trace_shares",
]


# --- arrays in, arrays out -------------------------------------------------------------------


@dataclass(frozen=True)
class ShareTrace:
    """Where money comes from, node by node. Each row and its untraced part add to 1.

    Attributes
    ----------
    mix, mix_untraced
        Composition of what a node pays with, (node, source) and (node,): a source pays with
        itself, a purse with its cash and inflow.
    receipts, receipts_untraced
        Composition of what came in, (node, source) and (node,); all untraced where nothing did.
    inflow
        What came in, (node,), in the unit of the flows.
    """

    mix: FloatArray
    mix_untraced: FloatArray
    receipts: FloatArray
    receipts_untraced: FloatArray
    inflow: FloatArray

    @property
    def undefined(self) -> NDArray[np.bool_]:
        """Return whose receipts cannot be attributed in full, (node,)."""
        return np.asarray(self.receipts_untraced > 0.0)


def trace_shares(
    flows: FloatArray, source_of: IntArray, opening: FloatArray | None = None
) -> ShareTrace:
    """Return the composition by source of what each node receives and pays with.

    Parameters
    ----------
    flows
        Payer to payee, (node, node), not negative.
    source_of
        The source whose money a node pays with, (node,); -1 for a purse. What a source receives
        is composed like anybody's, but is not what it pays with.
    opening
        Money already in purses by source, (node, source), not negative; rows of sources are not
        read. It may know sources that have no node ("earned before").

    Returns
    -------
    ShareTrace

    Examples
    --------
    Users (source 0) and investors (source 1) pay 20 and 30 to apps, which pay labs:

    >>> import numpy as np
    >>> flows = np.zeros((4, 4))
    >>> flows[0, 2], flows[1, 2], flows[2, 3] = 20.0, 30.0, 50.0
    >>> trace_shares(flows, np.array([0, 1, -1, -1])).receipts[3].tolist()
    [0.4, 0.6]
    """
    cash = _opening(flows, source_of, opening)
    purses = np.flatnonzero(source_of == PURSE)
    givers = np.flatnonzero(source_of != PURSE)
    exits = cash[purses]
    for giver in givers:
        exits[:, source_of[giver]] += flows[giver, purses]
    shares, lost = exit_shares(flows[np.ix_(purses, purses)].T, exits)
    mix, untraced = np.zeros_like(cash), np.zeros(flows.shape[0])
    mix[purses], untraced[purses] = shares, lost
    mix[givers, source_of[givers]] = 1.0
    receipts, receipts_untraced = composition(flows, mix, untraced)
    return ShareTrace(mix, untraced, receipts, receipts_untraced, flows.sum(axis=0))


def composition(
    payments: FloatArray, mix: FloatArray, untraced: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what some payments are made of: shares (payee, source) and untraced (payee,).

    ``payments`` (node, payee) may be any part of the flows (sales only, one product only);
    ``mix`` and ``untraced`` come from `trace_shares`. Where nothing is paid all is untraced.
    """
    total = payments.sum(axis=0)
    paid = total > 0.0
    weights = payments.T / np.where(paid, total, 1.0)[:, None]
    return _weighted(weights, mix), np.where(paid, _weighted(weights, untraced), 1.0)


def own_money(
    flows: FloatArray, source_of: IntArray, node: int, opening: FloatArray | None = None
) -> ShareTrace:
    """Return the trace with a node's own payments as one more source, the last column.

    In row ``node`` of its receipts that column is the share of its receipts that it paid itself.
    """
    cash = _opening(flows, source_of, opening)
    own = source_of.copy()
    own[node] = cash.shape[1]
    return trace_shares(flows, own, np.column_stack([cash, np.zeros(flows.shape[0])]))


def trace_ends(
    flows: FloatArray,
    source_of: IntArray,
    starts: FloatArray,
    opening: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where money ends: paid to, kept by, and circling for ever, each (case, node).

    Parameters
    ----------
    flows, source_of, opening
        As in `trace_shares`.
    starts
        Money as it enters each node, (case, node); it adds up to what comes back.

    Returns
    -------
    paid, kept, circling
        ``paid``: money that ends with a source or with somebody who pays nobody. ``kept``: what
        stays in a purse that pays out less than it has. ``circling``: what entered a closed set
        of purses that keep nothing, by node of entry.
    """
    nodes = flows.shape[0]
    outflow = flows.sum(axis=1)
    means = flows.sum(axis=0) + _opening(flows, source_of, opening).sum(axis=1)
    purses = np.flatnonzero((source_of == PURSE) & (outflow > 0.0))
    ends = np.setdiff1d(np.arange(nodes), purses)
    left = np.maximum(means - outflow, 0.0)
    exits = np.column_stack([flows[np.ix_(purses, ends)], np.diag(left[purses])])
    shares, lost = exit_shares(flows[np.ix_(purses, purses)], exits)
    paid, kept, circling = (np.zeros(starts.shape) for _ in range(3))
    paid[:, ends] = starts[:, ends] + _weighted(starts[:, purses], shares[:, : ends.size])
    kept[:, purses] = _weighted(starts[:, purses], shares[:, ends.size :])
    circling[:, purses] = starts[:, purses] * lost
    return paid, kept, circling


def _weighted(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Return weights times values, summed in a fixed order whatever the threads of a BLAS do."""
    return np.einsum("ij,j...->i...", weights, values, optimize=False)


def _opening(flows: FloatArray, source_of: IntArray, opening: FloatArray | None) -> FloatArray:
    """Return opening cash by source with rows of sources empty, or raise when it does not fit."""
    sources = int(source_of.max(initial=PURSE)) + 1
    cash = np.zeros((flows.shape[0], sources)) if opening is None else opening
    if cash.ndim != 2 or cash.shape[0] != flows.shape[0] or cash.shape[1] < sources:
        raise InputError(
            f"opening has shape {cash.shape}; expected ({flows.shape[0]}, {sources} or more)."
        )
    for name, array in (("flows", flows), ("opening", cash)):
        if not (np.isfinite(array) & (array >= 0.0)).all():
            raise InputError(f"{name} holds amounts that are negative or not finite.")
    return np.where((source_of == PURSE)[:, None], cash, 0.0)


# --- named entities --------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class TracedFlows:
    """Who paid each entity's receipts in the end.

    Attributes
    ----------
    entities
        Everybody who receives money, and purses that pay although nothing came in.
    sources
        The sources, in the order given.
    shares
        Share of an entity's receipts that a source paid, (entity, source). Rows of entities
        listed in `undefined` hold the part that can be traced and do not add to 1.
    untraced
        The part of an entity's receipts that comes from no source, (entity,).
    inflow
        Receipts, (entity,).
    table
        The payments.
    """

    entities: tuple[str, ...]
    sources: tuple[str, ...]
    shares: FloatArray
    untraced: FloatArray
    inflow: FloatArray
    table: FlowTable = field(compare=False)

    @property
    def undefined(self) -> tuple[str, ...]:
        """Return the entities whose receipts cannot be attributed in full."""
        return tuple(
            name for name, lost in zip(self.entities, self.untraced, strict=True) if lost > 0.0
        )

    def share(self, entity: str, source: str) -> float:
        """Return the share of an entity's receipts that a source paid."""
        row, column = _find(entity, self.entities), _find(source, self.sources)
        if self.untraced[row] > 0.0:
            raise InputError(
                f"the money of {entity!r} is undefined: {self.untraced[row]:.3g} of it comes "
                "from no named source. Name the missing source."
            )
        return float(self.shares[row, column])

    def round_trip(self, entity: str) -> float:
        """Return the share of an entity's receipts that it paid itself."""
        return _round_trip(self.table, entity).own

    def __repr__(self) -> str:
        """Say what was traced in one line."""
        lost = f", undefined: {', '.join(self.undefined)}" if self.undefined else ""
        return f"TracedFlows({len(self.entities)} entities x {len(self.sources)} sources{lost})"


@dataclass(frozen=True)
class RoundTrip:
    """An entity's own money among its receipts.

    ``own`` is the share of its receipts that it paid itself; ``sources`` what each source paid
    (share by name) beside it, own money counted as a source; ``looked_through`` what each source
    paid once own money is traced on to whoever paid for it.
    """

    entity: str
    own: float
    sources: dict[str, float]
    looked_through: dict[str, float]
    untraced: float


@dataclass(frozen=True)
class ForwardTrace:
    """Where a source's dollars end, as shares of all it paid in.

    ``paid`` by final receiver, ``kept`` by purse that did not pay them on, ``circling`` the share
    that ran into a closed set of purses which keep nothing. All add to 1.
    """

    source: str
    dollars: float
    paid: dict[str, float]
    kept: dict[str, float]
    circling: float


def trace_payments(flows: Flows, sources: Iterable[str]) -> TracedFlows:
    """Return who ultimately paid each entity's receipts.

    Parameters
    ----------
    flows
        (payer, payee, amount) of one period, any one currency unit.
    sources
        Entities whose money is outside money: it is traced to them and no further.

    Returns
    -------
    TracedFlows

    Raises
    ------
    InputError
        When a payment or the list of sources is not as described.

    Examples
    --------
    A chip maker's own 20 in the labs' money is looked through:

    >>> flows = [("users", "labs", 30), ("investors", "labs", 50), ("chips", "labs", 20)]
    >>> traced = trace_payments([*flows, ("labs", "chips", 80)], ["users", "investors"])
    >>> round(traced.share("chips", "users"), 12), round(traced.round_trip("chips"), 12)
    (0.375, 0.2)
    """
    table = read_flows(flows, sources)
    trace = trace_shares(table.amounts, table.source_of, _no_cash(table))
    rows = np.flatnonzero((trace.inflow > 0.0) | (table.source_of == PURSE))
    return TracedFlows(
        entities=tuple(table.entities[row] for row in rows),
        sources=table.sources,
        shares=trace.receipts[rows],
        untraced=trace.receipts_untraced[rows],
        inflow=trace.inflow[rows],
        table=table,
    )


def own_money_round_trip(flows: Flows, entity: str, sources: Iterable[str]) -> RoundTrip:
    """Return how much of an entity's receipts are its own payments come back.

    Examples
    --------
    >>> flows = [("users", "labs", 30), ("investors", "labs", 50), ("chips", "labs", 20)]
    >>> trip = own_money_round_trip(
    ...     [*flows, ("labs", "chips", 80)], "chips", ["users", "investors"]
    ... )
    >>> round(trip.own, 12), round(trip.sources["users"], 12)
    (0.2, 0.3)
    """
    return _round_trip(read_flows(flows, sources), entity)


def forward_trace(flows: Flows, source: str, sources: Iterable[str] = ()) -> ForwardTrace:
    """Return where the dollars of a source end, each purse paying on pro rata.

    Parameters
    ----------
    flows
        (payer, payee, amount) of one period.
    source
        Whose dollars are followed.
    sources
        The other sources: a dollar paid to one of them ends there.

    Examples
    --------
    >>> ends = forward_trace([("users", "labs", 30), ("labs", "clouds", 20)], "users")
    >>> {name: round(share, 4) for name, share in {**ends.paid, **ends.kept}.items()}
    {'clouds': 0.6667, 'labs': 0.3333}
    """
    names = tuple(sources)
    table = read_flows(flows, names if source in names else (source, *names))
    giver = table.place(source)
    starts = table.amounts[giver]
    dollars = float(starts.sum())
    if dollars == 0.0:
        raise InputError(f"{source!r} pays nothing in these flows.")
    paid, kept, circling = trace_ends(table.amounts, table.source_of, starts[None] / dollars)
    return ForwardTrace(
        source, dollars, _named(table, paid[0]), _named(table, kept[0]), float(circling.sum())
    )


def _round_trip(table: FlowTable, entity: str) -> RoundTrip:
    """Return the round trip of one entity of a table."""
    node, cash = table.place(entity), _no_cash(table)
    own = own_money(table.amounts, table.source_of, node, cash)
    through = trace_shares(table.amounts, table.source_of, cash)
    return RoundTrip(
        entity=entity,
        own=float(own.receipts[node, -1]),
        sources=dict(zip(table.sources, own.receipts[node, :-1].tolist(), strict=True)),
        looked_through=dict(zip(table.sources, through.receipts[node].tolist(), strict=True)),
        untraced=float(own.receipts_untraced[node]),
    )


def _no_cash(table: FlowTable) -> FloatArray:
    """Return empty opening cash with a column for every named source."""
    return np.zeros((len(table.entities), len(table.sources)))


def _named(table: FlowTable, shares: FloatArray) -> dict[str, float]:
    """Return positive shares by name of entity."""
    return {table.entities[i]: float(shares[i]) for i in np.flatnonzero(shares > 0.0)}


def _find(name: str, known: tuple[str, ...]) -> int:
    """Return the place of a name, or raise."""
    if name not in known:
        raise InputError(f"{name!r} is not among {', '.join(known)}.{did_you_mean(name, known)}")
    return known.index(name)
