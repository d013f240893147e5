"""What any way of attributing payments could give: bounds by maximum flow.

Which dollar of a purse paid which bill is a convention. Without one, the most of X's receipts
that a source can have paid is the maximum flow from the source to X, the least is what all other
sources together cannot have paid. X's own payments count as one of the sources.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cardhouse.analysis.flow_table import PURSE, FloatArray, Flows, IntArray, read_flows
from cardhouse.errors import InputError


@dataclass(frozen=True)
class PaymentBounds:
    """Least and most share of an entity's receipts that each source can have paid.

    ``own`` is the range of its own money, ``unexplained`` that of money which purses paid out
    without having received it. Ranges are (least, most).
    """

    entity: str
    receipts: float
    sources: dict[str, tuple[float, float]]
    own: tuple[float, float]
    unexplained: tuple[float, float]


def payment_bounds(flows: Flows, sink: str, sources: Iterable[str]) -> PaymentBounds:
    """Return the range of what each source can have paid of an entity's receipts.

    Parameters
    ----------
    flows
        (payer, payee, amount) of one period.
    sink
        The entity whose receipts are asked about.
    sources
        Entities whose money is outside money.

    Raises
    ------
    InputError
        When the sink is unknown or receives nothing, or the flows are not as described.

    Examples
    --------
    >>> flows = [("users", "labs", 30), ("investors", "labs", 50), ("chips", "labs", 20)]
    >>> payment_bounds([*flows, ("labs", "chips", 80)], "chips", ["users", "investors"]).sources
    {'users': (0.125, 0.375), 'investors': (0.375, 0.625)}
    """
    table = read_flows(flows, sources)
    node = table.place(sink)
    if table.amounts[:, node].sum() == 0.0:
        raise InputError(f"{sink!r} receives nothing in these flows.")
    opening = np.zeros((len(table.entities), len(table.sources)))
    least, most = source_bounds(table.amounts, table.source_of, node, opening)
    ranges = list(zip(least.tolist(), most.tolist(), strict=True))
    return PaymentBounds(
        entity=sink,
        receipts=float(table.amounts[:, node].sum()),
        sources=dict(zip(table.sources, ranges[:-2], strict=True)),
        own=ranges[-2],
        unexplained=ranges[-1],
    )


def source_bounds(
    flows: FloatArray,
    source_of: IntArray,
    node: int,
    opening: FloatArray,
    receipts: FloatArray | None = None,
    only: IntArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return least and most share of a node's receipts that each source can have paid.

    Parameters
    ----------
    flows
        Payer to payee, (node, node), not negative.
    source_of
        The source whose money a node pays with, (node,); -1 for a purse.
    node
        Whose receipts are asked about.
    opening
        Money already in purses by source, (node, source).
    receipts
        The part of its inflow asked about by payer, (node,), such as sales; all by default.
    only
        The places of the sources asked about; all by default.

    Returns
    -------
    least, most
        Each (source + 2,): the sources, then the node's own payments, then money that purses
        paid out beyond what they had; or one for each place in ``only``.
    """
    asked = flows[:, node] if receipts is None else receipts
    entries = _entries(flows, source_of, node, opening, asked)
    network = np.where((source_of == PURSE)[:, None], flows, 0.0)
    network[:, source_of != PURSE] = 0.0  # what a source receives ends there
    network[:, node] = np.where(source_of == PURSE, asked, 0.0)
    network[node] = 0.0  # its own payments enter as a source of their own
    total = float(asked.sum())
    inside = (source_of == PURSE) | (np.arange(source_of.size) == node)  # the rest only enters
    network, entries = network[np.ix_(inside, inside)], entries[:, inside]
    node = int(inside[:node].sum())
    everything = entries.sum(axis=0)
    asked_about = entries if only is None else entries[only]
    most = np.array([_reaching(network, one, node) for one in asked_about]) / total
    rest = np.array([_reaching(network, everything - one, node) for one in asked_about]) / total
    return np.clip(1.0 - rest, 0.0, 1.0), np.clip(most, 0.0, 1.0)


def _entries(
    flows: FloatArray, source_of: IntArray, node: int, opening: FloatArray, asked: FloatArray
) -> FloatArray:
    """Return where the money of each source enters purses, (source + 2, node)."""
    sources = opening.shape[1]
    purse = source_of == PURSE
    into = flows.copy()
    into[:, node] = asked
    into[:, ~purse & (np.arange(purse.size) != node)] = 0.0
    entries = np.zeros((sources + 2, flows.shape[0]))
    for giver in np.flatnonzero(~purse):
        if giver != node:
            entries[source_of[giver]] += into[giver]
    others = purse & (np.arange(purse.size) != node)
    entries[:sources, others] += opening[others].T
    entries[sources] = np.where(np.arange(purse.size) == node, 0.0, into[node])
    missing = flows.sum(axis=1) - flows.sum(axis=0) - opening.sum(axis=1)
    entries[sources + 1, others] = np.maximum(missing[others], 0.0)
    return entries


def _reaching(network: FloatArray, entries: FloatArray, node: int) -> float:
    """Return the most that can reach a node of money entering as given, (node,)."""
    n = network.shape[0]
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n] = network
    whole[n, :n] = np.maximum(entries, 0.0)
    return max_flow(whole, n, node)


def max_flow(capacity: FloatArray, start: int, end: int) -> float:
    """Return the maximum flow between two nodes of a network of real capacities.

    Only sums, differences and comparisons of capacities occur, and each augmentation empties an
    edge to exactly 0: the answer is as exact as adding up the numbers. This is Dinic's algorithm.

    Parameters
    ----------
    capacity
        (node, node), not negative.
    start, end
        Two different nodes.

    References
    ----------
    E. A. Dinic (1970), "Algorithm for solution of a problem of maximum flow in networks with power
    estimation", Soviet Mathematics Doklady 11.

    Examples
    --------
    >>> import numpy as np
    >>> max_flow(np.array([[0.0, 3.0, 1.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]), 0, 2)
    3.0
    """
    residual = np.array(capacity, dtype=np.float64)
    np.fill_diagonal(residual, 0.0)
    rows, columns = np.nonzero((residual > 0.0) | (residual.T > 0.0))
    starts = np.searchsorted(rows, np.arange(residual.shape[0] + 1)).tolist()
    there = columns.tolist()
    linked = [there[first:last] for first, last in pairwise(starts)]
    left: list[list[float]] = residual.tolist()
    total = 0.0
    while True:
        level = _levels(left, linked, start)
        if level[end] < 0:
            return total
        tried = [0] * len(linked)
        while (pushed := _push(left, linked, level, tried, (start, end))) > 0.0:
            total += pushed


def _levels(left: list[list[float]], linked: list[list[int]], start: int) -> list[int]:
    """Return how many open edges each node is away from the start; -1 when out of reach."""
    level = [-1] * len(linked)
    level[start] = 0
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in linked[here]:
            if level[there] < 0 and left[here][there] > 0.0:
                level[there] = level[here] + 1
                queue.append(there)
    return level


def _push(
    left: list[list[float]],
    linked: list[list[int]],
    level: list[int],
    tried: list[int],
    ends: tuple[int, int],
) -> float:
    """Send what fits along one shortest open way; return it, 0 when there is no way left."""
    start, end = ends
    way = [start]
    while way[-1] != end:
        here = way[-1]
        if tried[here] == len(linked[here]):
            if len(way) == 1:
                return 0.0
            way.pop()
            tried[way[-1]] += 1
            continue
        there = linked[here][tried[here]]
        if level[there] == level[here] + 1 and left[here][there] > 0.0:
            way.append(there)
        else:
            tried[here] += 1
    edges = list(pairwise(way))
    pushed = min(left[a][b] for a, b in edges)
    for a, b in edges:
        left[a][b] -= pushed
        left[b][a] += pushed
    return pushed
