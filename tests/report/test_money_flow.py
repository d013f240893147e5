"""What holds in every money-flow picture: one dollar is one height, and nothing lies on a box."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cardhouse.errors import InputError
from cardhouse.report._flow_slots import spread
from cardhouse.report.money_flow import (
    Arrangement,
    Flow,
    Frame,
    Node,
    Picture,
    arrange,
    draw,
    fitting_scale,
    gather,
    scale_bar,
    turnover,
)

CLOSE = 1e-9
Graph = tuple[list[Node], list[Flow]]
Interval = tuple[float, float]

WIDE = Frame(2.0)
TALL = Frame(2.0, vertical=True, label_rows=3, heading=16.0, footer=20.0)


@st.composite
def graphs(draw_: st.DrawFn, most: int = 14) -> Graph:
    """Draw nodes in columns with holes, and payments in all directions, to oneself too."""
    count = draw_(st.integers(1, most))
    names = st.sampled_from(["A", "Bond market", "Somebody with a long name", "WWWWWWWWWW"])
    nodes = [
        Node(f"n{number}", tuple(draw_(names).split(" ")), draw_(st.integers(0, 6)))
        for number in range(count)
    ]
    ends = st.sampled_from([node.id for node in nodes])
    amounts = st.one_of(st.just(0.0), st.floats(1e-6, 200.0), st.floats(-50.0, -1e-6))
    flows = draw_(st.lists(st.builds(Flow, ends, ends, amounts), max_size=3 * count))
    return nodes, flows


def pictured(graph: Graph, frame: Frame) -> tuple[Arrangement, Picture]:
    nodes, flows = graph
    arrangement = arrange(nodes, [flows], frame)
    return arrangement, draw(arrangement, flows)


frames = st.sampled_from([WIDE, TALL])
EVERY = given(graph=graphs(), frame=frames)


def across(frame: Frame, x: float, y: float) -> float:
    return x if frame.vertical else y


def overlap(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] - CLOSE and other[0] < one[1] - CLOSE


def rectangles(picture: Picture) -> list[tuple[Interval, Interval]]:
    """Return boxes and labels as intervals of x and y."""
    boxes = [((b.x, b.x + b.width), (b.y, b.y + b.height)) for b in picture.boxes]
    labels = [((one.left, one.right), (one.top, one.bottom)) for one in picture.labels]
    return [*boxes, *labels]


@EVERY
def test_one_dollar_is_one_height_everywhere(graph: Graph, frame: Frame) -> None:
    _, picture = pictured(graph, frame)
    amounts = gather(graph[1])
    assert {(one.payer, one.payee) for one in picture.ribbons} == set(amounts)
    for ribbon in picture.ribbons:
        amount = amounts[ribbon.payer, ribbon.payee]
        assert ribbon.height / amount == pytest.approx(frame.scale, rel=CLOSE)
        for start, end in (ribbon.out_port, ribbon.in_port):
            assert end - start == pytest.approx(ribbon.height, rel=CLOSE, abs=1e-10)


@EVERY
def test_heights_add_up_at_every_box(graph: Graph, frame: Frame) -> None:
    _, picture = pictured(graph, frame)
    for box in picture.boxes:
        paid = sum(one.height for one in picture.ribbons if one.payer == box.id)
        received = sum(one.height for one in picture.ribbons if one.payee == box.id)
        height = box.width if frame.vertical else box.height
        assert paid == pytest.approx(box.paid * frame.scale, rel=CLOSE)
        assert received == pytest.approx(box.received * frame.scale, rel=CLOSE)
        assert height == pytest.approx(max(paid, received), rel=CLOSE)


@EVERY
def test_ports_lie_within_their_box_and_do_not_overlap(graph: Graph, frame: Frame) -> None:
    _, picture = pictured(graph, frame)
    for box in picture.boxes:
        start = across(frame, box.x, box.y)
        end = start + across(frame, box.width, box.height)
        outs = [one.out_port for one in picture.ribbons if one.payer == box.id]
        ins = [one.in_port for one in picture.ribbons if one.payee == box.id]
        for side in (outs, ins):
            assert all(start - CLOSE <= low and high <= end + CLOSE for low, high in side)
            assert not any(overlap(one, other) for one, other in combinations(side, 2))


@EVERY
def test_boxes_and_labels_never_overlap(graph: Graph, frame: Frame) -> None:
    _, picture = pictured(graph, frame)
    for one, other in combinations(rectangles(picture), 2):
        assert not (overlap(one[0], other[0]) and overlap(one[1], other[1]))


@EVERY
def test_passing_ribbons_keep_clear_of_boxes_and_of_each_other(graph: Graph, frame: Frame) -> None:
    arrangement, _ = pictured(graph, frame)
    taken: dict[int, list[Interval]] = {}
    for slot in [*arrangement.slots.values(), *(s for w in arrangement.lanes.values() for s in w)]:
        taken.setdefault(slot.column, []).append((slot.start, slot.start + slot.size))
    for column in taken.values():
        assert not any(overlap(one, other) for one, other in combinations(column, 2))


@EVERY
def test_what_does_not_go_forward_goes_back_beyond_all_boxes(graph: Graph, frame: Frame) -> None:
    arrangement, picture = pictured(graph, frame)
    column = {node.id: node.column for node in graph[0]}
    ends = [across(frame, b.x + b.width, b.y + b.height) for b in picture.boxes]
    for ribbon in picture.ribbons:
        step = column[ribbon.payee] - column[ribbon.payer]
        assert ribbon.way == ("forward" if step > 0 else "back" if step < 0 else "side")
        if ribbon.way != "forward":
            track = arrangement.tracks[ribbon.payer, ribbon.payee]
            assert track.back_at - track.room / 2 > max(ends)
            assert track.in_at < track.out_at


@EVERY
def test_ways_back_never_lie_on_each_other(graph: Graph, frame: Frame) -> None:
    arrangement, _ = pictured(graph, frame)
    for one, other in combinations(arrangement.tracks.values(), 2):
        half = (one.room + other.room) / 2
        level = abs(one.back_at - other.back_at) >= half - CLOSE
        apart = one.out_at < other.in_at or other.out_at < one.in_at
        assert level or apart
        assert abs(one.out_at - other.out_at) >= half - CLOSE
        assert abs(one.in_at - other.in_at) >= half - CLOSE


@EVERY
def test_everything_lies_inside_the_picture(graph: Graph, frame: Frame) -> None:
    _, picture = pictured(graph, frame)
    for x_side, y_side in rectangles(picture):
        assert x_side[0] >= 0
        assert x_side[1] <= picture.width
        assert y_side[0] >= 0
        assert y_side[1] <= picture.height
    for ribbon in picture.ribbons:
        half = 0.0 if ribbon.way == "forward" else ribbon.height / 2
        for x, y in ribbon.points:
            reach = half if across(frame, x, y) > max(ribbon.out_port[1], ribbon.in_port[1]) else 0
            assert reach <= x <= picture.width - reach
            assert reach <= y <= picture.height - reach


@given(graph=graphs(), frame=frames, seed=st.integers(0, 99))
def test_the_order_of_payments_does_not_matter(graph: Graph, frame: Frame, seed: int) -> None:
    nodes, flows = graph
    mixed = list(flows)
    random.Random(seed).shuffle(mixed)
    assert pictured((nodes, mixed), frame) == pictured((nodes, flows), frame)


@EVERY
def test_nodes_keep_the_order_they_are_given_in(graph: Graph, frame: Frame) -> None:
    arrangement, _ = pictured(graph, frame)
    for number in range(len(arrangement.column_at)):
        here = [n for n in arrangement.nodes if n.column == number]
        starts = [arrangement.slots[node.id].start for node in here]
        assert all(one < other for one, other in pairwise(starts))


@given(graph=graphs(), frame=frames, share=st.floats(0.0, 1.0))
def test_a_smaller_state_shrinks_in_its_place(graph: Graph, frame: Frame, share: float) -> None:
    nodes, flows = graph
    less = [Flow(one.payer, one.payee, one.amount * share) for one in flows]
    arrangement = arrange(nodes, [flows, less], frame)
    large, small = draw(arrangement, flows), draw(arrangement, less)
    for before, after in zip(large.boxes, small.boxes, strict=True):
        assert (after.x, after.y) == (before.x, before.y)
        height, was = (across(frame, b.width, b.height) for b in (after, before))
        assert height == pytest.approx(share * was, rel=1e-6, abs=1e-9)


@given(graphs())
@example(([Node("only", ("Only",), 3)], []))
@example(([Node("only", ("Only",), 0)], [Flow("only", "only", 5.0)]))
def test_a_scale_that_fits_is_found_for_every_graph(graph: Graph) -> None:
    nodes, flows = graph
    scale = fitting_scale(nodes, [flows], WIDE, 700.0)
    assert scale > 0
    nothing = arrange(nodes, [[]], WIDE).breadth
    if sum(gather(flows).values()) and nothing < 300:
        fitted = arrange(nodes, [flows], Frame(scale)).breadth
        assert fitted < 800


@pytest.mark.parametrize("frame", [WIDE, TALL])
def test_two_hundred_nodes_in_circles(frame: Frame) -> None:
    chance = random.Random(7)
    nodes = [Node(f"n{number}", (f"Node {number}",), number % 8) for number in range(200)]
    flows = [
        Flow(f"n{chance.randrange(200)}", f"n{chance.randrange(200)}", chance.expovariate(1.0))
        for _ in range(600)
    ]
    _, picture = pictured((nodes, flows), frame)
    for one, other in combinations(rectangles(picture), 2):
        assert not (overlap(one[0], other[0]) and overlap(one[1], other[1]))
    height = sum(ribbon.height for ribbon in picture.ribbons)
    assert height == pytest.approx(frame.scale * sum(flow.amount for flow in flows), rel=CLOSE)


def test_nothing_at_all_is_an_empty_picture() -> None:
    picture = draw(arrange([], [[]], WIDE), [])
    assert picture.boxes == ()
    assert picture.width > 0


def test_a_negative_payment_goes_the_other_way() -> None:
    assert gather([Flow("a", "b", -2.0), Flow("b", "a", 1.0)]) == {("b", "a"): 3.0}
    assert turnover({("b", "a"): 3.0}) == {"a": (3.0, 0.0), "b": (0.0, 3.0)}


def test_ports_are_ordered_by_where_the_other_end_lies() -> None:
    nodes = [Node("a", ("A",), 0), Node("x", ("X",), 1), Node("y", ("Y",), 1)]
    _, picture = pictured((nodes, [Flow("a", "y", 9.0), Flow("a", "x", 5.0)]), WIDE)
    ports = {one.payee: one.out_port for one in picture.ribbons}
    assert ports["x"][1] == pytest.approx(ports["y"][0])


def test_the_inner_way_back_belongs_to_the_lower_port() -> None:
    nodes = [Node("a", ("A",), 0), Node("b", ("B",), 1), Node("c", ("C",), 2)]
    arrangement, picture = pictured((nodes, [Flow("c", "a", 3.0), Flow("c", "b", 3.0)]), WIDE)
    ways = {one.payee: one for one in picture.ribbons}
    assert ways["a"].out_port[1] == pytest.approx(ways["b"].out_port[0])
    assert arrangement.tracks["c", "b"].out_at < arrangement.tracks["c", "a"].out_at
    assert arrangement.tracks["c", "b"].back_at < arrangement.tracks["c", "a"].back_at


@pytest.mark.parametrize(
    ("nodes", "flows", "words"),
    [
        ([Node("a", ("A",), 0)] * 2, [], "twice"),
        ([Node("a", ("A",), 0)], [Flow("a", "b", 1.0)], "'b' is none of its nodes"),
        ([Node("a", ("A",), 0)], [Flow("a", "a", float("nan"))], "finite"),
    ],
)
def test_a_picture_that_cannot_be_drawn_says_why(
    nodes: list[Node], flows: list[Flow], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        arrange(nodes, [flows], WIDE)


@given(
    st.lists(st.tuples(st.floats(-50, 150), st.floats(0.1, 9), st.floats(0, 9)), min_size=1),
    st.floats(0, 100),
)
def test_spreading_keeps_order_distances_and_limits(
    items: list[tuple[float, float, float]], room: float
) -> None:
    wished, weights, steps = (list(column) for column in zip(*items, strict=True))
    placed = spread(wished, weights, steps[:-1], room)
    for (one, other), step in zip(pairwise(placed), steps, strict=False):
        assert other - one >= step - CLOSE
    assert placed[0] >= 0
    assert placed[-1] <= room + sum(steps[:-1]) + CLOSE


@given(st.floats(1e-4, 1e4), st.floats(20, 80))
def test_the_scale_bar_is_round_and_true(scale: float, longest: float) -> None:
    amount, size = scale_bar(scale, longest)
    assert size == pytest.approx(amount * scale)
    assert longest / 5.0001 <= size <= longest * (1 + 1e-6)
    assert f"{amount:e}"[0] in "125"
