"""Round trips: money that firms send round in circles, told as loops a person can read.

The circular part of the payments between firms (`loops.circular_part`) balances at every firm, so
it is a sum of loops. A leg of a loop has two strands: financing (equity, a guarantee called, a
buy-back) and trade (inputs, programs, plant, shares of revenue). Loops with a financing leg are
taken out first, the widest first, and what is left is read as loops of trade alone. Amounts by
firm and by payment are unique; which loops share a payment is this reading's choice.

References
----------
M. Homs-Dones, R. S. MacKay, B. Sansom and Y. Zhou (2025), "Circular directional flow
decomposition of networks", arXiv:2506.12546.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.flow_table import FloatArray
from cardhouse.analysis.loops import ROUNDING, circular_part, components
from cardhouse.analysis.parts import Mask
from cardhouse.engine.chain import FLOW_KINDS
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind as Kind

FINANCING: tuple[str, ...] = (
    Kind.EQUITY,
    Kind.DEBT_DRAWN,
    Kind.CREDIT_LINE,
    Kind.GUARANTEE,
    Kind.BUY_BACK,
    Kind.INTEREST,
    Kind.REPAYMENT,
)
"""Kinds that finance another firm or pay for such finance; all others are trade."""

TRADE, MONEY = 0, 1
"""The strands of a leg."""


@dataclass(frozen=True)
class Leg:
    """One payment of a loop: who pays whom, and its amount by kind."""

    payer: str
    payee: str
    kinds: dict[str, float]
    is_financing: bool


@dataclass(frozen=True)
class Trip:
    """Money that runs round: each firm pays the next, the last the first.

    ``amount`` runs along every leg. A loop starts with its first financing leg, else with the firm
    whose name comes first.
    """

    legs: tuple[Leg, ...]
    amount: float

    @property
    def entities(self) -> tuple[str, ...]:
        """Return the firms in the order in which they pay."""
        return tuple(leg.payer for leg in self.legs)

    @property
    def is_financial(self) -> bool:
        """Tell whether some leg is financing."""
        return any(leg.is_financing for leg in self.legs)


@dataclass(frozen=True)
class RoundTrips:
    """The loops among firms, financial ones first, each group the widest first.

    ``received`` is what ran round through each firm's receipts, (firm,): what it paid out of it, it
    got back. ``financial`` is the part of it in loops with a financing leg.
    """

    trips: tuple[Trip, ...]
    firms: tuple[str, ...]
    received: FloatArray = field(repr=False)
    financial: FloatArray = field(repr=False)

    def through(self, firm: str) -> tuple[Trip, ...]:
        """Return the loops that a firm takes part in."""
        return tuple(trip for trip in self.trips if firm in trip.entities)


def find_round_trips(
    flows: FloatArray, kinds: Sequence[str], firms: Sequence[str], financing: Sequence[str]
) -> RoundTrips:
    """Return the loops of some payments between firms.

    Parameters
    ----------
    flows
        Payments by kind, (kind, firm, firm), any one currency unit; what a firm pays itself is no
        loop.
    kinds, firms
        Names along the axes.
    financing
        The kinds that count as financing.

    Examples
    --------
    A chip maker gives a lab 10 of equity, the lab rents for 12, the cloud buys chips for 30:

    >>> import numpy as np
    >>> flows = np.zeros((2, 3, 3))
    >>> flows[0, 0, 1], flows[1, 1, 2], flows[1, 2, 0] = 10.0, 12.0, 30.0
    >>> found = find_round_trips(flows, ["equity", "input"], ["chips", "lab", "cloud"], ["equity"])
    >>> [(trip.entities, trip.amount, trip.is_financial) for trip in found.trips]
    [(('chips', 'lab', 'cloud'), 10.0, True)]
    """
    order = np.argsort(np.array(firms, dtype=np.str_), kind="stable")
    names = tuple(firms[at] for at in order)
    sorted_flows = flows[:, order][:, :, order] * ~np.eye(len(firms), dtype=bool)
    is_money = np.isin(kinds, financing)
    strands = np.stack([sorted_flows[~is_money].sum(axis=0), sorted_flows[is_money].sum(axis=0)])
    total = strands.sum(axis=0)
    circular = circular_part(total)
    left = strands * ratio(circular, total)
    found = [*_taken_out(left, financial=True), *_taken_out(left, financial=False)]
    trips = tuple(
        _trip(nodes, strand, amount, names, (sorted_flows, kinds, is_money))
        for nodes, strand, amount in found
    )
    financial = np.zeros(len(firms))
    for trip in trips:
        if trip.is_financial:
            for name in trip.entities:
                financial[firms.index(name)] += trip.amount
    received = np.zeros(len(firms))
    received[order] = circular.sum(axis=0)
    return RoundTrips(trips, tuple(firms), received, np.minimum(financial, received))


def round_trips(books: Books, quarters: Sequence[int] = (0,)) -> RoundTrips:
    """Return the loops among firms in some quarters of a run, their payments added up."""
    firms = books.firms
    flows = sum(books.flows(at)[:, :firms, :firms] for at in quarters)
    return find_round_trips(np.asarray(flows), FLOW_KINDS, books.chain.firm_ids, FINANCING)


Found = tuple[list[int], list[int], float]
"""Nodes of a loop, the strand of each leg, and the amount."""


def _taken_out(left: FloatArray, *, financial: bool) -> list[Found]:
    """Take loops out of a balanced flow by strands (strand, firm, firm), the widest first."""
    whole = left.copy()
    found: list[Found] = []
    while (loop := _widest(left, financial=financial)) is not None:
        nodes, strands, width = loop
        payees = [*nodes[1:], nodes[0]]
        left[strands, nodes, payees] -= width
        left[left <= ROUNDING * whole] = 0.0
        found.append(loop)
    return sorted(found, key=lambda loop: (-loop[2], loop[0]))


def _widest(left: FloatArray, *, financial: bool) -> Found | None:
    """Return the loop along which most can run, through a financing leg where asked for."""
    starts = left[MONEY] if financial else left.max(axis=0)
    widths = np.unique(left[left > 0.0])
    low, high = 0, widths.size  # a loop exists at widths[low - 1], none at widths[high]
    while low < high:
        middle = (low + high) // 2
        if _starts_of(left, starts, widths[middle]).any():
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    return _shortest(left, starts, float(widths[low - 1]), financial=financial)


def _starts_of(left: FloatArray, starts: FloatArray, width: float) -> FloatArray:
    """Return the legs, of those that may start a loop, that lie on one of this width."""
    label = components(np.where(left.max(axis=0) >= width, 1.0, 0.0))
    return np.where((starts >= width) & (label[:, None] == label), 1.0, 0.0)


def _shortest(left: FloatArray, starts: FloatArray, width: float, *, financial: bool) -> Found:
    """Return a loop of this width with as few legs as any."""
    open_ = left.max(axis=0) >= width
    loops = []
    for payer, payee in np.argwhere(_starts_of(left, starts, width) > 0.0).tolist():
        way = _way(open_, payee, payer)
        loops.append((len(way), [payer, *way[:-1]]))
    nodes = min(loops)[1]
    legs = list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))
    strands = [TRADE if left[TRADE, a, b] >= width else MONEY for a, b in legs]
    if financial:
        strands[0] = MONEY
    return nodes, strands, width


def _way(open_: Mask, start: int, end: int) -> list[int]:
    """Return the nodes of a shortest way along open payments, both ends included."""
    came_from = {start: start}
    queue = deque([start])
    while end not in came_from:
        here = queue.popleft()
        for there in np.flatnonzero(open_[here]).tolist():
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]


Kinds = tuple[FloatArray, Sequence[str], Mask]


def _trip(
    nodes: list[int], strands: list[int], amount: float, names: tuple[str, ...], by_kind: Kinds
) -> Trip:
    """Return a loop with its legs, turned so that it starts where a reader would."""
    flows, kinds, is_money = by_kind
    legs = []
    for payer, payee, strand in zip(nodes, [*nodes[1:], nodes[0]], strands, strict=True):
        part = np.where(is_money == bool(strand), flows[:, payer, payee], 0.0)
        shares = part / part.sum()
        told = {
            kinds[at]: amount * float(shares[at]) for at in np.flatnonzero(shares > 0.0).tolist()
        }
        legs.append(Leg(names[payer], names[payee], told, bool(strand)))
    money = [at for at, leg in enumerate(legs) if leg.is_financing]
    first = money[0] if money else min(range(len(legs)), key=lambda at: legs[at].payer)
    return Trip(tuple(legs[first:] + legs[:first]), amount)


def by_firm(found: RoundTrips) -> Mapping[str, tuple[float, float]]:
    """Return what ran round through each firm's receipts, and the part with a financing leg."""
    rows = zip(found.firms, found.received.tolist(), found.financial.tolist(), strict=True)
    return {name: (whole, money) for name, whole, money in rows if whole > 0.0}
