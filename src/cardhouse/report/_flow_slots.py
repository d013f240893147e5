"""Across the picture: the order and the places of boxes and of ribbons passing between them.

A ribbon that passes a column gets a lane of its own there, so it never runs over a box. Boxes keep
the order they are given in; lanes go between them where a straight line would pass. Places then
follow their neighbours, least squares under order and spacing (isotonic regression).
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from cardhouse.report._flow_shapes import Frame, Node, Pair, Slot

Key = tuple[str, ...]  # (node,) or (payer, payee, column) of a lane
Link = tuple[Key, Key, float]

ROUNDS = 3
SWEEPS = 6


def place_slots(
    nodes: Sequence[Node],
    rooms: Mapping[str, float],
    largest: Mapping[Pair, float],
    frame: Frame,
    rounds: int = ROUNDS,
) -> tuple[dict[str, Slot], dict[Pair, tuple[Slot, ...]], float]:
    """Return a slot for every node, the lanes of every long forward flow, and the size across.

    Parameters
    ----------
    nodes
        The boxes, columns counted 0, 1, 2 ...; their order is kept within a column.
    rooms
        The largest height of every node, px.
    largest
        The largest height of every flow, px.
    rounds
        How often places are drawn towards their neighbours; 0 for a draft.
    """
    column = {node.id: node.column for node in nodes}
    routes = {pair: _route(pair, column) for pair in largest if column[pair[0]] < column[pair[1]]}
    columns = [
        [node for node in nodes if node.column == number]
        for number in range(1 + max(column.values()))
    ]
    size: dict[Key, float] = {
        (node.id,): max(rooms[node.id], frame.label_across(here))
        for here in columns
        for node in here
    }
    for pair, route in routes.items():
        size.update(dict.fromkeys(route[1:-1], largest[pair]))
    orders: list[list[Key]] = [[(node.id,) for node in here] for here in columns]
    starts, total = _settle(orders, routes, size, largest, frame, rounds)
    slots = {
        node.id: Slot(node.column, starts[(node.id,)], size[(node.id,)], rooms[node.id])
        for node in nodes
    }
    lanes = {
        pair: tuple(Slot(int(key[2]), starts[key], size[key], size[key]) for key in route[1:-1])
        for pair, route in routes.items()
    }
    return slots, lanes, total


def _route(pair: Pair, column: Mapping[str, int]) -> list[Key]:
    """Return what a forward flow passes: payer, a lane in each column between, payee."""
    passed = range(column[pair[0]] + 1, column[pair[1]])
    return [(pair[0],), *((*pair, str(number)) for number in passed), (pair[1],)]


def _settle(
    boxes: Sequence[Sequence[Key]],
    routes: Mapping[Pair, list[Key]],
    size: Mapping[Key, float],
    largest: Mapping[Pair, float],
    frame: Frame,
    rounds: int,
) -> tuple[dict[Key, float], float]:
    """Return the start of every box and lane, and the size of the longest column."""
    links = [
        (left, right, largest[pair])
        for pair, route in routes.items()
        for left, right in pairwise(route)
    ]
    total = max(_extent(order, size, frame) for order in boxes)
    starts = _centred(boxes, size, frame, total)
    for turn in range(max(1, rounds)):
        orders = _with_lanes(boxes, routes, starts, size)
        total = max(_extent(order, size, frame) for order in orders)
        starts = _centred(orders, size, frame, total)
        if turn < rounds:
            _relax(orders, links, size, starts, (frame, total))
    return starts, total


def _extent(order: Sequence[Key], size: Mapping[Key, float], frame: Frame) -> float:
    return sum(size[key] for key in order) + sum(_gaps(order, frame))


def _gaps(order: Sequence[Key], frame: Frame) -> list[float]:
    """Return the space after each item but the last: two lanes lie closer than boxes do."""
    both_lanes = (len(one) > 1 and len(other) > 1 for one, other in pairwise(order))
    return [frame.lane_gap if lanes else frame.node_gap for lanes in both_lanes]


def _centred(
    orders: Sequence[Sequence[Key]], size: Mapping[Key, float], frame: Frame, total: float
) -> dict[Key, float]:
    """Return starts with every column packed in the middle of `total`."""
    starts: dict[Key, float] = {}
    for order in orders:
        at = (total - _extent(order, size, frame)) / 2
        for key, gap in zip(order, [*_gaps(order, frame), 0.0], strict=False):
            starts[key] = at
            at += size[key] + gap
    return starts


def _with_lanes(
    boxes: Sequence[Sequence[Key]],
    routes: Mapping[Pair, list[Key]],
    starts: Mapping[Key, float],
    size: Mapping[Key, float],
) -> list[list[Key]]:
    """Return the columns with lanes put between the boxes where a straight line would pass."""
    wishes: list[dict[Key, float]] = [{} for _ in boxes]
    for route in routes.values():
        first, last = (starts[key] + size[key] / 2 for key in (route[0], route[-1]))
        for step, key in enumerate(route[1:-1], start=1):
            share = step / (len(route) - 1)
            wishes[int(key[2])][key] = first + share * (last - first)
    return [
        _merged(order, [starts[key] + size[key] / 2 for key in order], wish)
        for order, wish in zip(boxes, wishes, strict=True)
    ]


def _merged(order: Sequence[Key], middles: Sequence[float], wish: Mapping[Key, float]) -> list[Key]:
    between: list[list[tuple[float, Key]]] = [[] for _ in range(len(order) + 1)]
    for key, middle in wish.items():
        between[bisect(middles, middle)].append((middle, key))
    merged = [key for _, key in sorted(between[0])]
    for box, lanes in zip(order, between[1:], strict=True):
        merged += [box, *(key for _, key in sorted(lanes))]
    return merged


def _relax(
    orders: Sequence[Sequence[Key]],
    links: Sequence[Link],
    size: Mapping[Key, float],
    starts: dict[Key, float],
    limits: tuple[Frame, float],
) -> None:
    """Move every item towards its neighbours, column by column there and back."""
    frame, total = limits
    near: dict[Key, list[tuple[Key, float]]] = defaultdict(list)
    for left, right, weight in links:
        near[left].append((right, weight))
        near[right].append((left, weight))
    there = list(range(len(orders)))
    for sweep in range(SWEEPS):
        for number in there if sweep % 2 else reversed(there):
            order = orders[number]
            wished = [_wish(key, near[key], size, starts) for key in order]
            steps = [size[k] + gap for k, gap in zip(order, _gaps(order, frame), strict=False)]
            room = total - _extent(order, size, frame)
            weights = [1e-3 + sum(weight for _, weight in near[key]) for key in order]
            starts.update(zip(order, spread(wished, weights, steps, room), strict=True))


def _wish(
    key: Key,
    near: Sequence[tuple[Key, float]],
    size: Mapping[Key, float],
    starts: Mapping[Key, float],
) -> float:
    """Return the start that puts an item level with the weighted mean of its neighbours."""
    weight = sum(weight for _, weight in near)
    if weight <= 0:
        return starts[key]
    mean = sum(weight * (starts[one] + size[one] / 2) for one, weight in near) / weight
    return mean - size[key] / 2


def spread(
    wished: Sequence[float], weights: Sequence[float], steps: Sequence[float], room: float
) -> list[float]:
    """Return the places nearest to the wished ones that keep their order and distances.

    Parameters
    ----------
    wished, weights
        Where each item would like to start, px, and how much it counts.
    steps
        The least distance from each start to the next; one shorter than `wished`.
    room
        The first start lies in [0, room], and so do all others less their steps.

    References
    ----------
    Isotonic regression by pooling adjacent violators (Barlow et al. 1972).

    Examples
    --------
    >>> spread([5.0, 5.0], [1.0, 1.0], [4.0], 10.0)
    [3.0, 7.0]
    """
    offsets = [0.0]
    for step in steps:
        offsets.append(offsets[-1] + step)
    pools: list[tuple[float, float, int]] = []
    for wish, weight, offset in zip(wished, weights, offsets, strict=False):
        mean, mass, count = wish - offset, weight, 1
        while pools and pools[-1][0] >= mean:
            other, more, others = pools.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass, count = mass + more, count + others
        pools.append((mean, mass, count))
    fitted = [mean for mean, _, count in pools for _ in range(count)]
    return [
        min(max(mean, 0.0), room) + offset for mean, offset in zip(fitted, offsets, strict=False)
    ]
