"""The money-flow picture: where every box and ribbon lies when one dollar is one height.

A pure function from payments to positions and SVG paths. The scale (px per USD bn) comes from
outside and is never changed here, so pictures of different quarters or scenarios compare by eye: a
collapse looks like one. Nothing assumes that money goes round no circle: a payment whose payee
stands in no later column is led back beyond the boxes, on a track of its own.

Two steps: `arrange` keeps room for the largest of several states, so that boxes stay where they are
from one state to the next; `draw` puts one state into it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cardhouse.errors import InputError
from cardhouse.report._flow_paths import (
    Step,
    Stop,
    band,
    in_picture,
    points_of,
    svg_path,
    turn_back,
)
from cardhouse.report._flow_shapes import (
    Arrangement,
    Box,
    Flow,
    Frame,
    Label,
    Node,
    Pair,
    Picture,
    Ribbon,
    Slot,
    label_rows,
)
from cardhouse.report._flow_slots import ROUNDS, place_slots
from cardhouse.report._flow_tracks import place_tracks

LABEL_AWAY = 4.0  # from a box to its label, px
SCALE_STEPS = 12  # halvings of the interval in which a fitting scale is sought
NICE = (1.0, 2.0, 5.0)


def gather(flows: Iterable[Flow]) -> dict[Pair, float]:
    """Return the USD bn that each payer pays each payee: positive, in an order of its own.

    A negative amount is a payment the other way; zeros are left out.
    """
    parts: dict[Pair, list[float]] = defaultdict(list)
    for flow in flows:
        ends = (flow.payer, flow.payee) if flow.amount >= 0 else (flow.payee, flow.payer)
        parts[ends].append(abs(flow.amount))
    sums = {pair: math.fsum(parts[pair]) for pair in sorted(parts)}
    return {pair: amount for pair, amount in sums.items() if amount > 0}


def turnover(amounts: Mapping[Pair, float]) -> dict[str, tuple[float, float]]:
    """Return what each node received and paid in USD bn."""
    received: dict[str, list[float]] = defaultdict(list)
    paid: dict[str, list[float]] = defaultdict(list)
    for (payer, payee), amount in amounts.items():
        paid[payer].append(amount)
        received[payee].append(amount)
    return {one: (math.fsum(received[one]), math.fsum(paid[one])) for one in {*received, *paid}}


def arrange(
    nodes: Sequence[Node],
    states: Sequence[Iterable[Flow]],
    frame: Frame,
    *,
    unseen: frozenset[Pair] = frozenset(),
    draft: bool = False,
) -> Arrangement:
    """Return the places of nodes, lanes and tracks with room for every one of the states.

    Parameters
    ----------
    nodes
        In the order in which they shall stand in their columns; column numbers may have holes.
    states
        The payments of each state that will be drawn in this arrangement.
    unseen
        Payments that count in the boxes and are not drawn: they need no lane and no track.
    draft
        Only about the size: boxes are not yet drawn towards those they deal with.

    Raises
    ------
    InputError
        When a node is named twice, or a payment names none of them or is no finite number.
    """
    gathered = [_checked(nodes, list(state)) for state in states]
    numbers = {column: number for number, column in enumerate(sorted({n.column for n in nodes}))}
    placed = tuple(replace(node, column=numbers[node.column]) for node in nodes)
    if not placed:
        return Arrangement(frame, (), {}, {}, {}, (), 0.0, 2 * frame.margin, 2 * frame.margin)
    largest, rooms = _largest(gathered, frame.scale)
    rooms = {node.id: rooms.get(node.id, 0.0) for node in placed}
    largest = {pair: size for pair, size in largest.items() if pair not in unseen}
    rounds = 0 if draft else ROUNDS
    slots, lanes, size = place_slots(placed, rooms, largest, frame, rounds)
    overhang = frame.overhang(placed)
    start = frame.margin + (overhang if frame.vertical else frame.heading)
    slots = {key: replace(slot, start=slot.start + start) for key, slot in slots.items()}
    lanes = {
        pair: tuple(replace(slot, start=slot.start + start) for slot in way)
        for pair, way in lanes.items()
    }
    end = start + size + overhang
    tracks, column_at, length, breadth = place_tracks(placed, slots, largest, frame, end)
    return Arrangement(frame, placed, slots, lanes, tracks, column_at, end, length, breadth, unseen)


def _checked(nodes: Sequence[Node], flows: Sequence[Flow]) -> dict[Pair, float]:
    known = {node.id for node in nodes}
    if len(known) < len(nodes):
        raise InputError("The money-flow picture was given one node twice. Name every node once.")
    for flow in flows:
        lost = [end for end in (flow.payer, flow.payee) if end not in known]
        if lost:
            raise InputError(
                f"The money-flow picture has a payment of '{flow.payer}' to '{flow.payee}', but "
                f"'{lost[0]}' is none of its nodes. Add a node with this id."
            )
        if not math.isfinite(flow.amount):
            raise InputError(
                f"The payment of '{flow.payer}' to '{flow.payee}' is {flow.amount}, not a finite "
                "number of USD bn."
            )
    return gather(flows)


def _largest(
    states: Sequence[Mapping[Pair, float]], scale: float
) -> tuple[dict[Pair, float], dict[str, float]]:
    """Return the largest height over the states, px, of every flow and of every node."""
    flows: dict[Pair, float] = {}
    nodes: dict[str, float] = {}
    for amounts in states:
        for pair, amount in amounts.items():
            flows[pair] = max(flows.get(pair, 0.0), amount * scale)
        for node, sides in turnover(amounts).items():
            nodes[node] = max(nodes.get(node, 0.0), max(sides) * scale)
    return {pair: flows[pair] for pair in sorted(flows)}, nodes


def draw(arrangement: Arrangement, flows: Iterable[Flow]) -> Picture:
    """Return one state drawn in an arrangement that was made with room for it."""
    frame = arrangement.frame
    amounts = _checked(arrangement.nodes, list(flows))
    sides = turnover(amounts)
    ports = _ports(arrangement, amounts)
    size = in_picture((arrangement.length, arrangement.breadth), vertical=frame.vertical)
    boxes = [_box(arrangement, node, sides.get(node.id, (0.0, 0.0))) for node in arrangement.nodes]
    return Picture(
        size[0],
        size[1],
        tuple(boxes),
        tuple(
            _ribbon(arrangement, pair, amount, ports)
            for pair, amount in amounts.items()
            if pair not in arrangement.unseen
        ),
        tuple(_labels(arrangement, boxes)),
    )


def _box(arrangement: Arrangement, node: Node, sides: tuple[float, float]) -> Box:
    frame = arrangement.frame
    at = arrangement.column_at[node.column], arrangement.slots[node.id].top
    x, y = in_picture(at, vertical=frame.vertical)
    extent = frame.thickness, max(sides) * frame.scale
    width, height = in_picture(extent, vertical=frame.vertical)
    return Box(node.id, x, y, width, height, *sides)


Ports = Mapping[tuple[Pair, str], float]


def _ports(arrangement: Arrangement, amounts: Mapping[Pair, float]) -> Ports:
    """Return where each flow starts across at its payer (``out``) and its payee (``in``)."""
    leaving: dict[str, list[Pair]] = defaultdict(list)
    coming: dict[str, list[Pair]] = defaultdict(list)
    for pair in amounts:
        leaving[pair[0]].append(pair)
        coming[pair[1]].append(pair)
    starts: dict[tuple[Pair, str], float] = {}
    for side, pairs_at in (("out", leaving), ("in", coming)):
        for node, pairs in pairs_at.items():
            at = arrangement.slots[node].top
            for pair in sorted(pairs, key=lambda one: _port_order(arrangement, one, side)):
                starts[pair, side] = at
                at += amounts[pair] * arrangement.frame.scale
    return starts


def _port_order(arrangement: Arrangement, pair: Pair, side: str) -> tuple[int, float, float, Pair]:
    """Return the place of a flow among the ports of one side, by where its other end lies.

    Forward flows come first, by the place that they go through next, then the ones that turn back,
    the outer tracks first, then what is not drawn.
    """
    if pair in arrangement.unseen:
        return 2, 0.0, 0.0, pair
    track = arrangement.tracks.get(pair)
    if track is not None:
        return 1, (-track.out_at if side == "out" else track.in_at), 0.0, pair
    end = arrangement.slots[pair[1] if side == "out" else pair[0]]
    way = arrangement.lanes[pair]
    near: Slot = end if not way else way[0 if side == "out" else -1]
    return 0, near.middle, end.middle, pair


def _ribbon(arrangement: Arrangement, pair: Pair, amount: float, ports: Ports) -> Ribbon:
    vertical = arrangement.frame.vertical
    height = amount * arrangement.frame.scale
    start, end = ports[pair, "out"], ports[pair, "in"]
    if pair in arrangement.tracks:
        steps = _way_back(arrangement, pair, height, (start, end))
    else:
        steps = band(_stops(arrangement, pair, height, (start, end)), height)
    return Ribbon(
        *pair,
        amount,
        height,
        _way(arrangement, pair),
        svg_path(steps, vertical=vertical),
        points_of(steps, vertical=vertical),
        (start, start + height),
        (end, end + height),
    )


def _way(arrangement: Arrangement, pair: Pair) -> str:
    if pair not in arrangement.tracks:
        return "forward"
    payer, payee = (arrangement.slots[one].column for one in pair)
    return "side" if payer == payee else "back"


def _stops(
    arrangement: Arrangement, pair: Pair, height: float, ports: tuple[float, float]
) -> list[Stop]:
    """Return where a forward ribbon runs level: at its payer, in its lanes, at its payee."""
    thickness = arrangement.frame.thickness
    payer, payee = (arrangement.column_at[arrangement.slots[one].column] for one in pair)
    lanes = [
        (at, at + thickness, lane.middle - height / 2)
        for lane in arrangement.lanes[pair]
        for at in [arrangement.column_at[lane.column]]
    ]
    return [(payer + thickness,) * 2 + (ports[0],), *lanes, (payee, payee, ports[1])]


def _way_back(
    arrangement: Arrangement, pair: Pair, height: float, ports: tuple[float, float]
) -> list[Step]:
    track = arrangement.tracks[pair]
    payer, payee = (arrangement.column_at[arrangement.slots[one].column] for one in pair)
    out, into = (port + height / 2 for port in ports)
    corners = [
        (payer + arrangement.frame.thickness, out),
        (track.out_at, out),
        (track.out_at, track.back_at),
        (track.in_at, track.back_at),
        (track.in_at, into),
        (payee, into),
    ]
    return turn_back(corners, height)


def _labels(arrangement: Arrangement, boxes: Sequence[Box]) -> Iterable[Label]:
    """Yield the labels: beyond their boxes, each in the room that its slot gives it."""
    frame = arrangement.frame
    known = {node.id: node for node in arrangement.nodes}
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in arrangement.nodes:
        columns[node.column].append(node)
    if frame.vertical:
        for here in columns.values():
            step = max(map(frame.label_height, here))
            for one, row in label_rows(here, arrangement.slots, frame).items():
                yield _label_under(arrangement, known[one], row * step)
    else:
        for node, box in zip(arrangement.nodes, boxes, strict=True):
            yield _label_beside(arrangement, node, box)


def _label_beside(arrangement: Arrangement, node: Node, box: Box) -> Label:
    """Return the label of a wide picture: level with the box, inside its slot."""
    frame, slot = arrangement.frame, arrangement.slots[node.id]
    width, height = frame.label_width(node), frame.label_height(node)
    left = arrangement.column_at[node.column] + frame.thickness + LABEL_AWAY
    top = min(max(box.y + (box.height - height) / 2, slot.start), slot.start + slot.size - height)
    baseline = top + 0.8 * frame.line
    return Label(node.id, node.name, left, baseline, left, top, left + width, top + height, 0.0)


def _label_under(arrangement: Arrangement, node: Node, away: float) -> Label:
    """Return the label of a tall picture: under the middle of the slot, `away` px farther down."""
    frame, x = arrangement.frame, arrangement.slots[node.id].middle
    half, height = frame.label_width(node) / 2, frame.label_height(node)
    top = arrangement.column_at[node.column] + frame.thickness + LABEL_AWAY + away
    baseline = top + 0.8 * frame.line
    return Label(node.id, node.name, x, baseline, x - half, top, x + half, top + height, away)


def fitting_scale(
    nodes: Sequence[Node],
    states: Sequence[Iterable[Flow]],
    frame: Frame,
    room: float,
    unseen: frozenset[Pair] = frozenset(),
) -> float:
    """Return the largest scale, px per USD bn, at which the picture is about `room` px across.

    When even the labels need more than `room`, a scale at which all boxes together would fill a
    quarter of it, so that the picture stays readable and grows instead.
    """
    kept = [list(state) for state in states]
    most = max((sum(gather(state).values()) for state in kept), default=0.0)
    if most <= 0:
        return 1.0
    low, high = room / (4 * most), 4 * room / most
    for _ in range(SCALE_STEPS):
        middle = (low + high) / 2
        tried = replace(frame, scale=middle)
        if arrange(nodes, kept, tried, unseen=unseen, draft=True).breadth <= room:
            low = middle
        else:
            high = middle
    return low


def scale_bar(scale: float, longest: float) -> tuple[float, float]:
    """Return a round amount in USD bn and its height in px, at most `longest` px.

    Examples
    --------
    >>> scale_bar(2.0, 45.0)
    (20.0, 40.0)
    """
    power = 10.0 ** math.floor(math.log10(longest / scale))
    amount = max(nice * power for nice in NICE if nice * power * scale <= longest * (1 + 1e-9))
    return amount, amount * scale


__all__ = [
    "Arrangement",
    "Box",
    "Flow",
    "Frame",
    "Label",
    "Node",
    "Picture",
    "Ribbon",
    "arrange",
    "draw",
    "fitting_scale",
    "gather",
    "scale_bar",
    "turnover",
]
