"""The shapes of the money-flow picture, in flow coordinates.

`along` is the direction in which money goes, `across` the one in which dollars are measured. A
wide picture maps (along, across) to (x, y); a tall one, for phones, to (y, x).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[str, str]
Point = tuple[float, float]

NARROW = frozenset("fijlrtI.,:;'|!()[] ")
WIDE = frozenset("mwMW@%")
AMOUNT_SAMPLE = "$8,888.8 bn"


@dataclass(frozen=True)
class Node:
    """A box: who it is, the lines of its name, and the column of its tier."""

    id: str
    name: tuple[str, ...]
    column: int


@dataclass(frozen=True)
class Flow:
    """A payment in USD bn; a negative amount is a payment the other way."""

    payer: str
    payee: str
    amount: float


@dataclass(frozen=True)
class Frame:
    """Sizes in px. ``scale`` is px per USD bn, the same in every picture that is compared."""

    scale: float
    length: float = 0.0  # wished size along; grows when labels and tracks need more
    vertical: bool = False
    thickness: float = 9.0  # of a box, along
    node_gap: float = 9.0
    lane_gap: float = 1.5
    curve_room: float = 40.0
    track_gap: float = 4.0
    stub: float = 8.0  # from a box to the nearest track on its near side
    margin: float = 8.0
    label_rows: int = 1  # of a tall picture: labels of neighbours stand in turns
    heading: float = 26.0  # for the names of columns, before the boxes
    footer: float = 0.0  # for the scale bar, after everything
    font: float = 11.5
    line: float = 13.5

    def label_width(self, node: Node) -> float:
        """Return the width in px that the label of `node` may need."""
        return max(text_width(line, self.font) for line in (*node.name, AMOUNT_SAMPLE))

    def label_height(self, node: Node) -> float:
        """Return the height in px of the label of `node`: its name and a line for the amount."""
        return (len(node.name) + 1) * self.line

    def label_across(self, column: Sequence[Node]) -> float:
        """Return the room across that the slot of each label of a column has at least.

        In a tall picture it is a share of the widest label: neighbours then stand in rows.
        """
        if self.vertical:
            return max(map(self.label_width, column)) / self.label_rows
        return max(map(self.label_height, column))

    def overhang(self, nodes: Sequence[Node]) -> float:
        """Return how far a label may reach beyond the first and the last slot of its column."""
        if not self.vertical:
            return 0.0
        width = max(self.label_width(node) for node in nodes)
        return width * (1 - 1 / self.label_rows) / 2


@dataclass(frozen=True)
class Slot:
    """Room kept for a box or a passing ribbon: `size` px across from `start`.

    ``room`` is the largest height that any of the compared states needs in it.
    """

    column: int
    start: float
    size: float
    room: float

    @property
    def middle(self) -> float:
        """Return the middle across."""
        return self.start + self.size / 2

    @property
    def top(self) -> float:
        """Return where the largest height starts, centred in the slot."""
        return self.start + (self.size - self.room) / 2


def label_rows(column: Sequence[Node], slots: Mapping[str, Slot], frame: Frame) -> dict[str, int]:
    """Return in which row each label of a tall column stands: the first where it is free.

    Labels count as wide as the widest, so that slots of their share of it never need more rows
    than ``frame.label_rows``.
    """
    width = max(map(frame.label_width, column))
    ends: list[float] = []
    rows: dict[str, int] = {}
    for node in sorted(column, key=lambda one: slots[one.id].start):
        left = slots[node.id].middle - width / 2
        row = next((number for number, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + width]
        rows[node.id] = row
    return rows


@dataclass(frozen=True)
class Track:
    """The way of a ribbon that does not go forward: out, back beyond the boxes, and in again.

    ``out_at`` and ``in_at`` are middles along, ``back_at`` the middle across.
    """

    out_at: float
    back_at: float
    in_at: float
    room: float


@dataclass(frozen=True)
class Arrangement:
    """Where everything is, the same for every state that is drawn in it.

    Payments in ``unseen`` count in the boxes but are not drawn.
    """

    frame: Frame
    nodes: tuple[Node, ...]
    slots: Mapping[str, Slot]
    lanes: Mapping[Pair, tuple[Slot, ...]]
    tracks: Mapping[Pair, Track]
    column_at: tuple[float, ...]
    chain_end: float
    length: float
    breadth: float
    unseen: frozenset[Pair] = frozenset()


@dataclass(frozen=True)
class Box:
    """A drawn node: a rectangle in picture coordinates and the USD bn in and out."""

    id: str
    x: float
    y: float
    width: float
    height: float
    received: float
    paid: float

    @property
    def amount(self) -> float:
        """Return the USD bn that the box is as long as: the larger of received and paid."""
        return max(self.received, self.paid)


@dataclass(frozen=True)
class Ribbon:
    """A drawn payment. ``way`` is ``forward``, ``side`` (same column) or ``back``.

    ``height`` is its size across in px; forward ribbons are filled outlines, the others a line
    of that width. The ports are the across intervals at the payer's and the payee's box.
    """

    payer: str
    payee: str
    amount: float
    height: float
    way: str
    path: str
    points: tuple[Point, ...]
    out_port: tuple[float, float]
    in_port: tuple[float, float]


@dataclass(frozen=True)
class Label:
    """The lines of a node's name, the place of the first baseline, and the box they may fill.

    ``x`` is where lines start in a wide picture, and their middle in a tall one, where ``away``
    is the distance from the box in px: a leader bridges it.
    """

    id: str
    lines: tuple[str, ...]
    x: float
    y: float
    left: float
    top: float
    right: float
    bottom: float
    away: float


@dataclass(frozen=True)
class Picture:
    """One drawn state: all positions in px inside ``width`` x ``height``."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]
    labels: tuple[Label, ...]


def text_width(text: str, font: float) -> float:
    """Return a width in px that `text` keeps within in the usual sans-serif fonts.

    Examples
    --------
    >>> text_width("ill", 10.0) < text_width("mow", 10.0)
    True
    """
    return font * sum(_character_width(character) for character in text)


def _character_width(character: str) -> float:
    if character in NARROW:
        return 0.44
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.1
    if character in WIDE:
        return 1.0
    return 0.72 if character.isupper() else 0.65
