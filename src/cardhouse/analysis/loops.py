"""Circles taken out of a network of payments.

A network splits into a circular part, in which every node receives what it pays, and a
directional part without any circle. The split is not unique; balanced flow forwarding is the
one that treats all circles alike: within each set of nodes that reach one another money is passed
on in the proportions of the network, as much as the first node to be exhausted allows; what is
left is treated the same way until no circle remains. No order of nodes enters.

The circular part is then read as a list of loops, the widest first: as many dollars as can run
round one loop, then the next. Amounts per node and per payment are unique; which loops share a
payment is this reading's choice.

References
----------
M. Homs-Dones, R. S. MacKay, B. Sansom and Y. Zhou (2025), "Circular directional flow
decomposition of networks", arXiv:2506.12546.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from cardhouse.analysis.flow_table import FloatArray, Flows, IntArray, read_flows
from cardhouse.engine.absorbing import stationary

BoolArray = NDArray[np.bool_]

ROUNDING = 1e-12  # what is left of a payment below this share of it is rounding


@dataclass(frozen=True)
class Loop:
    """Money that runs in a circle: each entity pays the next, the last the first."""

    entities: tuple[str, ...]
    amount: float


@dataclass(frozen=True)
class Loops:
    """A network of payments taken apart.

    Attributes
    ----------
    loops
        Circles, largest amount first.
    entities
        Names, in the order of the arrays.
    circular, directional
        The two parts of the payments, (payer, payee): they add up to the payments; the circular
        part balances at every node and the directional part has no circle.
    """

    loops: tuple[Loop, ...]
    entities: tuple[str, ...]
    circular: FloatArray = field(repr=False)
    directional: FloatArray = field(repr=False)

    @property
    def circularity(self) -> float:
        """Return the share of all payments that runs in circles."""
        total = float(self.circular.sum() + self.directional.sum())
        return float(self.circular.sum()) / total if total else 0.0

    def through(self, entity: str) -> tuple[Loop, ...]:
        """Return the loops an entity takes part in."""
        return tuple(loop for loop in self.loops if entity in loop.entities)

    def round_trip(self, entity: str) -> float:
        """Return what an entity pays and gets back, in the unit of the payments."""
        return float(self.circular[self.entities.index(entity)].sum())


def decompose_loops(flows: Flows) -> Loops:
    """Return the loops of some payments and what is left without them.

    Examples
    --------
    >>> found = decompose_loops(
    ...     [("chips", "labs", 20), ("users", "labs", 60), ("labs", "chips", 80)]
    ... )
    >>> found.loops, found.directional.sum()
    ((Loop(entities=('chips', 'labs'), amount=20.0),), np.float64(120.0))
    """
    table = read_flows(flows)
    return loops_of(table.amounts, table.entities)


def loops_of(flows: FloatArray, entities: tuple[str, ...]) -> Loops:
    """Return the loops of payments (payer, payee) between named entities."""
    circular = circular_part(flows)
    order = np.argsort(np.array(entities, dtype=np.str_), kind="stable")
    found = [
        Loop(tuple(entities[order[i]] for i in nodes), amount)
        for nodes, amount in _widest_first(circular[np.ix_(order, order)])
    ]
    return Loops(tuple(found), entities, circular, flows - circular)


def loop_amounts(
    circular: FloatArray, entities: tuple[str, ...], loops: Iterable[tuple[str, ...]]
) -> list[float]:
    """Return what runs round each of some given loops, taken out of a circular part in turn.

    The loops that `loops_of` finds in some payments come out of these payments with the amounts
    that it gives; in other payments they say how much runs round the same loops, wherever the
    widest loops of those payments are. A loop with no money left on one of its payments is 0.

    Parameters
    ----------
    circular
        The circular part of payments, (payer, payee), from `circular_part`.
    entities
        The names of its rows.
    loops
        Each loop by its entities in order; the first are taken out first.

    Examples
    --------
    >>> import numpy as np
    >>> circular = np.array([[0.0, 5.0, 0.0], [2.0, 0.0, 3.0], [3.0, 0.0, 0.0]])
    >>> loop_amounts(circular, ("a", "b", "c"), [("a", "b", "c"), ("a", "b"), ("b", "c")])
    [3.0, 2.0, 0.0]
    """
    left, place = circular.copy(), {name: at for at, name in enumerate(entities)}
    amounts = []
    for loop in loops:
        nodes = [place[name] for name in loop]
        onwards = (nodes, [*nodes[1:], nodes[0]])
        amounts.append(float(left[onwards].min()))
        left[onwards] -= amounts[-1]
    return amounts


def circular_part(flows: FloatArray) -> FloatArray:
    """Return the part of the payments, (payer, payee), that balanced flow forwarding circulates."""
    circular = np.diag(np.diagonal(flows)).astype(np.float64)
    left = flows - circular
    while (inside := _within_circles(left)).any():
        for members in _groups(inside):
            block = np.ix_(members, members)
            circular[block] += _circulation(inside[block])
        left = flows - circular
        spent = left <= ROUNDING * flows
        left[spent], circular[spent] = 0.0, flows[spent]
    return circular


def _circulation(flows: FloatArray) -> FloatArray:
    """Return the largest flow in these proportions that balances; all nodes reach one another."""
    paid = flows.sum(axis=1)
    often = stationary(flows)
    size = (paid / often).min()
    share = np.minimum(size * often / paid, 1.0)
    return np.asarray(share[:, None] * flows)


def _components(flows: FloatArray) -> IntArray:
    """Return a number for each node: nodes that reach one another share theirs."""
    _, label = connected_components(csr_array(flows), directed=True, connection="strong")
    return np.asarray(label, dtype=np.int64)


def _within_circles(flows: FloatArray) -> FloatArray:
    """Return the payments that lie on some circle, the others as 0."""
    label = _components(flows)
    return np.where(label[:, None] == label, flows, 0.0)


def _groups(inside: FloatArray) -> list[IntArray]:
    """Return the sets of nodes that reach one another along the given payments."""
    label = _components(inside)
    active = np.flatnonzero(inside.any(axis=1))
    return [active[label[active] == one] for one in np.unique(label[active])]


def _widest_first(circular: FloatArray) -> list[tuple[list[int], float]]:
    """Return loops of a balanced flow as nodes and amount, each the widest still there."""
    left, found = circular.copy(), []
    np.fill_diagonal(left, 0.0)
    while left.any():
        width = _widest(left)
        if width == 0.0:
            break
        nodes = _circle(left >= width)
        onwards = (nodes, [*nodes[1:], nodes[0]])
        left[onwards] -= width
        left[left <= ROUNDING * circular] = 0.0
        found.append((nodes, width))
    return sorted(found, key=lambda loop: (-loop[1], loop[0]))


def _widest(flows: FloatArray) -> float:
    """Return the largest amount that fits round some circle, 0 when there is none."""
    widths = np.unique(flows[flows > 0.0])
    low, high = 0, widths.size  # a circle exists at widths[low - 1], none at widths[high]
    while low < high:
        middle = (low + high) // 2
        if _within_circles(np.where(flows >= widths[middle], flows, 0.0)).any():
            low = middle + 1
        else:
            high = middle
    return float(widths[low - 1]) if low else 0.0


def _circle(open_: BoolArray) -> list[int]:
    """Return a shortest circle through the first node that is on any."""
    on_circles = _within_circles(open_.astype(np.float64))
    first = int(np.flatnonzero(on_circles.any(axis=1))[0])
    came_from: dict[int, int] = {}
    queue = deque([first])
    while first not in came_from:
        here = queue.popleft()
        for there in np.flatnonzero(on_circles[here]).tolist():
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
    nodes = [came_from[first]]
    while nodes[-1] != first:
        nodes.append(came_from[nodes[-1]])
    return nodes[::-1]
