"""Along the picture: where columns stand, and the tracks of money that does not go forward.

Such a ribbon leaves its payer on the far side, turns beyond all boxes into a level of its own and
comes up on the near side of its payee. Where it turns, lower boxes get the inner tracks, so that
no ribbon cuts through the stub of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardhouse.report._flow_shapes import Frame, Node, Pair, Slot, Track, label_rows


@dataclass(frozen=True)
class Turns:
    """Offsets of tracks from the side of their box: far side (out) and near side (in), px."""

    out: Mapping[Pair, float]
    into: Mapping[Pair, float]
    room_after: tuple[float, ...]
    room_before: tuple[float, ...]


def place_tracks(
    nodes: Sequence[Node],
    slots: Mapping[str, Slot],
    largest: Mapping[Pair, float],
    frame: Frame,
    chain_end: float,
) -> tuple[dict[Pair, Track], tuple[float, ...], float, float]:
    """Return the tracks, where each column starts along, and the picture's length and breadth.

    `largest` holds every flow's largest height in px; only those whose payee's column is not
    beyond the payer's get a track.
    """
    column = {node.id: node.column for node in nodes}
    returning = {pair: size for pair, size in largest.items() if column[pair[1]] <= column[pair[0]]}
    turns = _turns(nodes, slots, returning, frame)
    column_at, length = _columns(turns, frame)
    ways = {
        pair: (
            column_at[column[pair[0]]] + frame.thickness + turns.out[pair],
            column_at[column[pair[1]]] - turns.into[pair],
        )
        for pair in returning
    }
    levels, end = _levels(ways, returning, frame, chain_end)
    tracks = {
        pair: Track(ways[pair][0], levels[pair], ways[pair][1], returning[pair])
        for pair in returning
    }
    breadth = end + frame.margin + (0.0 if frame.vertical else frame.footer)
    return tracks, column_at, length, breadth


def _turns(
    nodes: Sequence[Node], slots: Mapping[str, Slot], returning: Mapping[Pair, float], frame: Frame
) -> Turns:
    out: dict[Pair, float] = {}
    into: dict[Pair, float] = {}
    after, before = [], []
    for number in range(1 + max(node.column for node in nodes)):
        here = [node for node in nodes if node.column == number]
        ids = {node.id for node in here}
        labels = _labels(here, slots, frame) + 2 * frame.track_gap
        leaving = _inner_first([pair for pair in returning if pair[0] in ids], slots, 0)
        coming = _inner_first([pair for pair in returning if pair[1] in ids], slots, 1)
        after.append(_stack(leaving, returning, labels, frame, out))
        before.append(_stack(coming, returning, frame.stub, frame, into) if coming else 0.0)
    return Turns(out, into, tuple(after), tuple(before))


def _labels(here: Sequence[Node], slots: Mapping[str, Slot], frame: Frame) -> float:
    """Return how far the labels of a column reach along."""
    if not frame.vertical:
        return max(map(frame.label_width, here))
    rows = 1 + max(label_rows(here, slots, frame).values())
    return rows * max(map(frame.label_height, here))


def _inner_first(pairs: Sequence[Pair], slots: Mapping[str, Slot], end: int) -> list[Pair]:
    """Return the pairs in the order of their tracks: the lowest box first, short ways first."""

    def order(pair: Pair) -> tuple[float, int, Pair]:
        ways = slots[pair[0]].column - slots[pair[1]].column
        return -slots[pair[end]].start, ways, pair

    return sorted(pairs, key=order)


def _stack(
    pairs: Sequence[Pair],
    heights: Mapping[Pair, float],
    start: float,
    frame: Frame,
    offsets: dict[Pair, float],
) -> float:
    """Put tracks side by side from `start`, note their middles, and return where they end."""
    at = start
    for pair in pairs:
        offsets[pair] = at + heights[pair] / 2
        at += heights[pair] + frame.track_gap
    return at


def _columns(turns: Turns, frame: Frame) -> tuple[tuple[float, ...], float]:
    """Return where each column's boxes start along, and the length of the picture."""
    heading, footer = (frame.heading, frame.footer) if frame.vertical else (0.0, 0.0)
    column_at = [frame.margin + heading + turns.room_before[0]]
    for after, before in zip(turns.room_after[:-1], turns.room_before[1:], strict=True):
        column_at.append(column_at[-1] + frame.thickness + after + frame.curve_room + before)
    length = column_at[-1] + frame.thickness + turns.room_after[-1] + frame.margin + footer
    spare = max(0.0, frame.length - length)
    steps = max(1, len(column_at) - 1)
    moved = tuple(at + spare * number / steps for number, at in enumerate(column_at))
    return moved, length + spare


def _levels(
    ways: Mapping[Pair, tuple[float, float]],
    heights: Mapping[Pair, float],
    frame: Frame,
    chain_end: float,
) -> tuple[dict[Pair, float], float]:
    """Return the middle of each way back, across, and where the last one ends.

    Short ways lie nearest to the boxes; ways that do not meet along share a level.
    """
    levels: list[list[Pair]] = []
    for pair in sorted(ways, key=lambda one: (ways[one][0] - ways[one][1], one)):
        free = (
            level
            for level in levels
            if not any(_meet((pair, other), ways, heights, 2 * frame.stub) for other in level)
        )
        level = next(free, None)
        if level is None:
            levels.append(level := [])
        level.append(pair)
    middles: dict[Pair, float] = {}
    at = chain_end + (2 * frame.stub if levels else 0.0)
    for level in levels:
        size = max(heights[pair] for pair in level)
        middles.update({pair: at + heights[pair] / 2 for pair in level})
        at += size + frame.track_gap
    return middles, at


def _meet(
    pairs: tuple[Pair, Pair],
    ways: Mapping[Pair, tuple[float, float]],
    heights: Mapping[Pair, float],
    apart: float,
) -> bool:
    """Return whether two ways back would come nearer than `apart` px on one level."""
    one, other = pairs
    far = (heights[one] + heights[other]) / 2 + apart
    return ways[one][1] - far < ways[other][0] and ways[other][1] - far < ways[one][0]
