"""From a result document to money-flow pictures: who stands where, which payments, which states.

Columns: money from outside (pools, and outside accounts that pay in on balance), the tiers in the
document's order, what is paid to the outside. A division is shown with the purse that pays for it.
A firm that mostly sells inside its own tier stands one step behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from cardhouse.report._cast import OUTSIDE, Cast, Document
from cardhouse.report._marks import Mark, line, path, rect, svg, text
from cardhouse.report.money_flow import (
    Arrangement,
    Box,
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
from cardhouse.report.wording import counted, dollars, lines_of, sentence_case, words

POOL, SEGMENT = "pool", "segment"
HAIRLINE = 0.8  # px: thinner ribbons are drawn this thick
BAR = 56.0  # the longest scale bar, px
INSIDE_TIER = 0.5  # of its sales inside its own tier put a firm one step behind it
TABLE_ROWS = 250


@dataclass(frozen=True)
class Look:
    """One way to draw: a frame, the room across, the boxes kept in a column, the name's width."""

    css: str
    frame: Frame
    room: float
    kept: int
    name_width: int


LOOKS = (
    Look(
        "flow-wide",
        Frame(1.0, length=1280.0, footer=BAR + 12, curve_room=32.0, font=11.0, line=13.0),
        720.0, 12, 14,
    ),
    Look(
        "flow-tall",
        Frame(1.0, vertical=True, font=10.0, line=11.5, margin=4.0, curve_room=46.0, footer=26.0, label_rows=2,
              node_gap=4.0, lane_gap=1.0, track_gap=2.0, heading=16.0),
        358.0, 4, 10,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class FlowPicture:
    """One state: its drawings for wide and narrow screens, its sentence, its notes, its table."""

    quarter: str
    drawings: tuple[Markup, ...]
    sentence: str
    notes: tuple[str, ...]
    rows: tuple[tuple[str, str, str, float, float | None], ...]
    rest: tuple[int, float]
    has_ghost: bool


@dataclass(frozen=True)
class Stage:
    """The accounts of a picture in their columns, and what each state pays between them."""

    nodes: tuple[Node, ...]
    roles: Mapping[str, str]
    headings: Mapping[int, str]
    states: tuple[tuple[Flow, ...], ...]
    folded: int = 0


def flow_pictures(document: Document) -> list[FlowPicture]:
    """Return the base quarter, and the last quarter over the baseline's when there is one.

    All pictures have one arrangement and one scale.
    """
    cast = Cast(document)
    ghost = (document.get("baseline") or {}).get("flows") or None
    shown = [(document["flows"], 0)]
    if len(document["quarters"]) > 1:
        shown.append((document["flows"], -1))
    compared = [*shown, (ghost, -1)] if ghost else shown
    stage = _stage(cast, [_state(cast, flows, row) for flows, row in compared])
    drawings = [_drawings(stage, look, len(shown), cast) for look in LOOKS]
    return [
        _described(document, cast, number, tuple(look[number] for look in drawings), ghost)
        for number in range(len(shown))
    ]


# --- who stands where --------------------------------------------------------------------------


def _state(cast: Cast, flows: Iterable[Mapping[str, Any]], row: int) -> tuple[Flow, ...]:
    """Return the payments of one quarter between purses; a purse's payments to itself stay out."""
    between = (Flow(cast.purse(f["payer"]), cast.purse(f["payee"]), f["amount"][row]) for f in flows)
    return tuple(flow for flow in between if flow.payer != flow.payee and flow.amount)


def _stage(cast: Cast, states: Sequence[tuple[Flow, ...]]) -> Stage:
    amounts = [gather(state) for state in states]
    used = {end for state in amounts for pair in state for end in pair}
    members: dict[str, list[str]] = defaultdict(list)
    for flow in cast.document["flows"]:
        for end in (flow["payer"], flow["payee"]):
            members[cast.purse(end)].append(end)
    order = {entity: number for number, entity in enumerate(cast.rows)}
    ids = sorted(used, key=lambda one: (order.get(one, len(order)), one))
    roles = {one: _role(cast, one, amounts) for one in ids}
    columns = {one: _column(cast, one, roles[one]) for one in ids}
    columns.update(_behind(columns, roles, amounts))
    names = {one: cast.purse_name(one, members[one]) for one in ids}
    nodes = sorted(
        (Node(one, (names[one],), columns[one]) for one in ids),
        key=lambda node: roles[node.id] == "source",
    )
    return Stage(tuple(nodes), roles, _headings(cast, columns, roles), tuple(states))


def _role(cast: Cast, entity: str, amounts: Sequence[Mapping[tuple[str, str], float]]) -> str:
    """Return ``segment``, ``pool``, ``firm``, or which way an outside account pays on balance."""
    kind = cast.kind(entity)
    if kind in (POOL, SEGMENT):
        return kind
    if kind != OUTSIDE:
        return "firm"
    sides = [turnover(state).get(entity, (0.0, 0.0)) for state in amounts]
    return "source" if sum(paid - received for received, paid in sides) > 0 else "sink"


def _column(cast: Cast, entity: str, role: str) -> int:
    """Return the column: outside money first, two for each tier, payments to the outside last."""
    if role in (POOL, "source"):
        return 0
    return 2 * len(cast.tiers) + 1 if role == "sink" else 2 * cast.tiers.index(cast.tier(entity)) + 1


def _behind(
    columns: Mapping[str, int],
    roles: Mapping[str, str],
    amounts: Sequence[Mapping[tuple[str, str], float]],
) -> dict[str, int]:
    """Return the columns of firms that sell mostly inside their own tier: one step on."""
    sold: dict[str, float] = defaultdict(float)
    inside: dict[str, float] = defaultdict(float)
    for state in amounts:
        for (payer, payee), amount in state.items():
            if roles[payer] in ("firm", SEGMENT) and roles[payee] == "firm":
                sold[payee] += amount
                inside[payee] += amount if columns[payer] == columns[payee] else 0.0
    return {one: columns[one] + 1 for one in sold if inside[one] > INSIDE_TIER * sold[one]}


def _headings(cast: Cast, columns: Mapping[str, int], roles: Mapping[str, str]) -> dict[int, str]:
    told = {0: "Outside money in", 2 * len(cast.tiers) + 1: "Paid to outside"}
    for one, column in columns.items():
        if roles[one] in ("firm", SEGMENT):
            told.setdefault(column - (column + 1) % 2, sentence_case(words(cast.tier(one))))
    return {column: name for column, name in told.items() if column in columns.values()}


def _folded(stage: Stage, look: Look) -> Stage:
    """Return the stage with each column's smallest accounts as one, and names broken into lines."""
    largest: dict[str, float] = defaultdict(float)
    for state in stage.states:
        for one, sides in turnover(gather(state)).items():
            largest[one] = max(largest[one], *sides)
    into: dict[str, str] = {}
    nodes: list[Node] = []
    for column in sorted({node.column for node in stage.nodes}):
        here = [node for node in stage.nodes if node.column == column]
        small = _smallest(here, largest, look.kept)
        other = f"others {column}"
        into.update(dict.fromkeys(small, other))
        nodes += [
            replace(node, name=lines_of(node.name[0], look.name_width))
            for node in here
            if node.id not in small
        ]
        if small:
            nodes.append(Node(other, (f"{len(small)} others",), column))
    roles = {into.get(one, one): role for one, role in stage.roles.items()}
    states = tuple(tuple(_renamed(state, into)) for state in stage.states)
    return Stage(tuple(nodes), roles, stage.headings, states, len(into))


def _smallest(nodes: Sequence[Node], largest: Mapping[str, float], kept: int) -> set[str]:
    if len(nodes) <= kept + 1:
        return set()
    ranked = sorted(nodes, key=lambda node: -largest[node.id])
    return {node.id for node in ranked[kept:]}


def _renamed(state: Iterable[Flow], into: Mapping[str, str]) -> Iterable[Flow]:
    for flow in state:
        ends = into.get(flow.payer, flow.payer), into.get(flow.payee, flow.payee)
        if ends[0] != ends[1]:
            yield Flow(*ends, flow.amount)


# --- drawing -----------------------------------------------------------------------------------


def _drawings(stage: Stage, look: Look, count: int, cast: Cast) -> list[Markup]:
    """Return the first `count` states of a stage; a further state is the last one's ghost."""
    folded = _folded(stage, look)
    scale = _rounded(fitting_scale(folded.nodes, folded.states, look.frame, look.room))
    arrangement = arrange(folded.nodes, folded.states, replace(look.frame, scale=scale))
    pictures = [draw(arrangement, state) for state in folded.states]
    ghost = pictures[count] if len(pictures) > count else None
    return [
        svg(
            (picture.width, picture.height),
            _marks(folded, arrangement, picture, ghost if number == count - 1 else None),
            css=f"flow {look.css}",
            label=_sentence(cast, number, stage.states[number]),
        )
        for number, picture in enumerate(pictures[:count])
    ]


def _rounded(scale: float) -> float:
    """Return a scale with two digits, not above the one given."""
    digits = f"{scale:.1e}"
    rounded = float(digits)
    return rounded if rounded <= scale else rounded - 10.0 ** (int(digits.split("e")[1]) - 1)


def _marks(
    stage: Stage, arrangement: Arrangement, picture: Picture, ghost: Picture | None
) -> list[Mark]:
    names = {node.id: " ".join(node.name) for node in stage.nodes}
    boxes = {box.id: box for box in picture.boxes}
    marks = [_ribbon_mark(stage, ribbon, names) for ribbon in _bottom_first(picture)]
    if ghost:
        marks += [_outline(box) for box in ghost.boxes if box.amount]
    marks += [
        rect(box.x, box.y, box.width, box.height, f"box {stage.roles[box.id]}", _told(box, names))
        for box in picture.boxes
        if box.amount
    ]
    before = {box.id: box for box in ghost.boxes} if ghost else {}
    for label in picture.labels:
        if boxes[label.id].amount or (label.id in before and before[label.id].amount):
            marks += _label_marks(arrangement, label.lines, (label.x, label.y), boxes[label.id])
    return [*marks, *_heading_marks(stage, arrangement), *_scale_marks(arrangement, picture)]


def _bottom_first(picture: Picture) -> list[Any]:
    """Return ribbons with thin ones on top of thick ones, and ways back on top of all."""
    return sorted(picture.ribbons, key=lambda one: (one.way == "back", -one.height))


def _ribbon_mark(stage: Stage, ribbon: Any, names: Mapping[str, str]) -> Mark:
    title = f"{names[ribbon.payer]} to {names[ribbon.payee]}: {dollars(ribbon.amount)}"
    role = stage.roles[ribbon.payer] if ribbon.way == "forward" else ribbon.way
    if ribbon.way == "forward":
        css = f"ribbon from-{role}" + (" hairline" if ribbon.height < HAIRLINE else "")
        return path(ribbon.path, css, title=title)
    return path(ribbon.path, f"way {ribbon.way}", stroke=max(ribbon.height, HAIRLINE), title=title)


def _outline(box: Box) -> Mark:
    return rect(box.x - 1, box.y, box.width + 2, box.height, "ghost")


def _told(box: Box, names: Mapping[str, str]) -> str:
    return f"{names[box.id]}: received {dollars(box.received)}, paid {dollars(box.paid)}"


def _label_marks(
    arrangement: Arrangement, lines: Sequence[str], at: tuple[float, float], box: Box
) -> list[Mark]:
    step, (x, y) = arrangement.frame.line, at
    named = [text(x, y + step * number, one, "name") for number, one in enumerate(lines)]
    return [*named, text(x, y + step * len(lines), dollars(box.amount), "amount")]


def _heading_marks(stage: Stage, arrangement: Arrangement) -> list[Mark]:
    frame = arrangement.frame
    columns = sorted({node.column for node in stage.nodes})
    marks = []
    for column, at in zip(columns, arrangement.column_at, strict=True):
        if column in stage.headings:
            x, y = (frame.margin, at - 6) if frame.vertical else (at, frame.margin + 10)
            marks.append(text(x, y, stage.headings[column], "tier"))
    return marks


def _scale_marks(arrangement: Arrangement, picture: Picture) -> list[Mark]:
    """Return a bar that says how large a round amount is, in the corner below."""
    frame = arrangement.frame
    amount, size = scale_bar(frame.scale, BAR)
    x, y = frame.margin + 1, picture.height - frame.margin
    if frame.vertical:
        ends = (x, y), (x + size, y)
        ticks = [((at, y - 4), (at, y + 4)) for at in (x, x + size)]
        words_at = x + size + 8, y + 4
    else:
        ends = (x + 4, y - size), (x + 4, y)
        ticks = [((x, at), (x + 8, at)) for at in (y - size, y)]
        words_at = x + 14, y - size / 2 + 4
    bars = [line(*ends, "scale"), *(line(*tick, "scale") for tick in ticks)]
    side = "wide" if frame.vertical else "high"
    return [*bars, text(*words_at, f"{dollars(amount)} a quarter is this {side}", "scale-words")]


# --- words -------------------------------------------------------------------------------------


def _sentence(cast: Cast, number: int, state: Sequence[Flow]) -> str:
    quarter = cast.document["quarters"][-1 if number else 0]
    amounts = gather(state)
    if not amounts:
        return f"Money flow in {quarter}: nobody pays anybody."
    (payer, payee), most = max(amounts.items(), key=lambda one: one[1])
    accounts = {end for pair in amounts for end in pair}
    return (
        f"Money flow in {quarter}: {counted(len(accounts), 'account', 'accounts')}, "
        f"{dollars(sum(amounts.values()))} paid between them in the quarter. The largest payment "
        f"is {dollars(most)}, {cast.name(payer)} to {cast.name(payee)}."
    )


def _described(
    document: Document,
    cast: Cast,
    number: int,
    drawings: tuple[Markup, ...],
    ghost: Sequence[Mapping[str, Any]] | None,
) -> FlowPicture:
    row = -1 if number else 0
    compared = ghost if number else None
    rows = _rows(cast, document["flows"], row, compared)
    shown, rest = rows[:TABLE_ROWS], rows[TABLE_ROWS:]
    return FlowPicture(
        document["quarters"][row],
        drawings,
        _sentence(cast, number, _state(cast, document["flows"], row)),
        (),
        tuple(shown),
        (len(rest), sum(one[3] for one in rest)),
        compared is not None,
    )


def _rows(
    cast: Cast,
    flows: Iterable[Mapping[str, Any]],
    row: int,
    ghost: Sequence[Mapping[str, Any]] | None,
) -> list[tuple[str, str, str, float, float | None]]:
    """Return payer, payee, kind, USD bn and the baseline's USD bn, largest first."""
    before: dict[tuple[str, str, str], float] = defaultdict(float)
    for flow in ghost or ():
        before[flow["payer"], flow["payee"], flow["kind"]] += flow["amount"][row]
    rows = [
        (
            cast.name(flow["payer"]),
            cast.name(flow["payee"]),
            words(flow["kind"]),
            flow["amount"][row],
            before[flow["payer"], flow["payee"], flow["kind"]] if ghost else None,
        )
        for flow in flows
    ]
    kept = [one for one in rows if one[3] or one[4]]
    return sorted(kept, key=lambda one: (-abs(one[3]), -abs(one[4] or 0.0), one[:3]))
