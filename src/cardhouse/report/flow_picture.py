"""The money-flow figures of a report: the base quarter, and the last over the baseline's ghost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from cardhouse.report._cast import Cast, Document, Row
from cardhouse.report._figures import Cell, Figure, Key, Table
from cardhouse.report._flow_stage import (
    Stage,
    folded,
    folded_words,
    stage_of,
    state_of,
    unseen,
    upstream,
)
from cardhouse.report._marks import Mark, line, path, rect, svg, text
from cardhouse.report._sources import Sources
from cardhouse.report.money_flow import (
    Arrangement,
    Box,
    Flow,
    Frame,
    Label,
    Picture,
    Ribbon,
    arrange,
    draw,
    fitting_scale,
    gather,
    scale_bar,
)
from cardhouse.report.wording import counted, dollars, money, words

HAIRLINE = 0.8  # px: thinner ribbons are drawn this thick
BAR = 56.0  # the longest scale bar, px
TABLE_ROWS = 250

WIDE = Frame(
    1.0,
    length=1280.0,
    curve_room=32.0,
    node_gap=8.0,
    lane_gap=1.0,
    track_gap=3.0,
    footer=BAR + 12,
    font=11.0,
    line=13.0,
)
TALL = Frame(
    1.0,
    vertical=True,
    label_rows=3,
    node_gap=4.0,
    lane_gap=0.3,
    curve_room=40.0,
    track_gap=1.5,
    stub=4.0,
    margin=3.0,
    heading=16.0,
    footer=26.0,
    font=10.0,
    line=11.5,
)


@dataclass(frozen=True)
class Look:
    """One way to draw: a frame, the room across, accounts kept in a column, a name's width.

    ``smallest`` is the share of the turnover below which a payment may be left to the table.
    """

    css: str
    frame: Frame
    room: float
    kept: int
    name_width: int
    smallest: float


LOOKS = (
    Look("flow-wide", WIDE, 820.0, 12, 16, 0.0005),
    Look("flow-tall", TALL, 356.0, 5, 10, 0.002),
)

KEYS = (
    Key("segment", "paid by customers outside the chain"),
    Key("pool", "from investors and lenders"),
    Key("source", "from business outside the chain"),
    Key("firm", "between firms"),
    Key("sink", "paid to outside"),
    Key("back", "back up the chain"),
)
GHOST = Key("ghost-key", "the baseline in the same quarter")
HELP = (
    "The thickness of a ribbon is dollars a quarter, on one scale in all pictures. A box is as "
    "thick as the larger of what it received and what it paid."
)
UPSTREAM = (
    "runs back up the chain, as interest and repayments, or as money that suppliers put into their "
    "own customers."
)
HELP_LAST = "Same places, same scale as in the picture above."


def flow_figures(document: Document, sources: Sources) -> list[Figure]:
    """Return the base quarter, and the last quarter over the baseline's when there is one.

    Both have one arrangement and one scale, so they compare by eye.
    """
    cast = Cast(document)
    ghost = (document.get("baseline") or {}).get("flows") or None
    rows = [0, -1] if len(document["quarters"]) > 1 else [0]
    states = [state_of(cast, document["flows"], row) for row in rows]
    stage = stage_of(cast, [*states, state_of(cast, ghost, -1)] if ghost else states)
    if not stage.nodes:
        return []
    looks = [_drawings(stage, look, [_label(cast, stage, row) for row in rows]) for look in LOOKS]
    return [
        Figure(
            f"flow-{'last' if row else 'base'}",
            _title(document, row),
            HELP_LAST if row else HELP,
            _label(cast, stage, row),
            _table(cast, row, ghost if row else None, sources),
            KEYS + ((GHOST,) if ghost and row else ()),
            drawings=tuple(drawings[number] for drawings in looks),
            notes=_notes(stage, states[number]),
            layout="flow",
        )
        for number, row in enumerate(rows)
    ]


def _title(document: Document, row: int) -> str:
    quarter = document["quarters"][row]
    if row == 0:
        return f"Where the money goes in {quarter}"
    return f"Where the money goes in {quarter}: {document['manifest']['scenario_title']}"


def _notes(stage: Stage, state: Sequence[Flow]) -> tuple[str, ...]:
    back = upstream(stage, state)
    return (f"Red, below: {dollars(back)} {UPSTREAM}",) if back else ()


def _label(cast: Cast, stage: Stage, row: int) -> str:
    """Return what a picture shows in one or two sentences."""
    quarter = cast.document["quarters"][row]
    amounts = gather(stage.states[1 if row else 0])
    if not amounts:
        return f"Money flow in {quarter}: nobody pays anybody."
    (payer, payee), most = max(amounts.items(), key=lambda one: one[1])
    accounts = {end for pair in amounts for end in pair}
    return (
        f"Money flow in {quarter}: {counted(len(accounts), 'account', 'accounts')}, "
        f"{dollars(sum(amounts.values()))} paid between them in the quarter. The largest payment "
        f"is {dollars(most)}, {stage.names[payer]} to {stage.names[payee]}."
    )


# --- drawing -----------------------------------------------------------------------------------


def _drawings(stage: Stage, look: Look, labels: Sequence[str]) -> list[Markup]:
    """Return one drawing for each label; a further state is the ghost in the last one."""
    shown = folded(stage, look.kept, look.name_width)
    small = unseen(shown, look.smallest)
    fitting = fitting_scale(shown.nodes, shown.states, look.frame, look.room, small)
    frame = replace(look.frame, scale=_two_digits(fitting))
    arrangement = arrange(shown.nodes, shown.states, frame, unseen=small)
    pictures = [draw(arrangement, state) for state in shown.states]
    ghosts = [None] * (len(labels) - 1) + [*pictures[len(labels) :], None][:1]
    return [
        Markup('<div class="{}">{}<p class="note">{}</p></div>').format(
            look.css,
            svg(
                (picture.width, picture.height),
                _marks(shown, arrangement, picture, ghost),
                css="flow",
                label=label,
            ),
            _note(shown, state, arrangement),
        )
        for picture, state, label, ghost in zip(
            pictures, shown.states, labels, ghosts, strict=False
        )
    ]


def _note(stage: Stage, state: Sequence[Flow], arrangement: Arrangement) -> str:
    """Return what a drawing leaves out or cannot draw true, in words."""
    thin = dollars(HAIRLINE / arrangement.frame.scale)
    hidden = [amount for pair, amount in gather(state).items() if pair in arrangement.unseen]
    told = f"Payments under {thin} are drawn as hairlines."
    if hidden:
        number = counted(len(hidden), "small payment", "small payments")
        told += f" {number}, {dollars(sum(hidden))} in all, are left to the table."
    return f"{told} {folded_words(stage)}".rstrip()


def _two_digits(scale: float) -> float:
    """Return a scale with two digits, not above the one given.

    Examples
    --------
    >>> _two_digits(0.9999), _two_digits(1.25)
    (0.99, 1.2)
    """
    rounded = float(f"{scale:.1e}")
    if rounded <= scale:
        return rounded
    return float(f"{rounded - 10.0 ** (int(f'{scale:e}'.split('e')[1]) - 1):.1e}")


def _marks(
    stage: Stage, arrangement: Arrangement, picture: Picture, ghost: Picture | None
) -> list[Mark]:
    """Return everything to draw, from the bottom: ribbons, ghost, boxes, words."""
    before = {box.id: box for box in ghost.boxes if box.amount} if ghost else {}
    boxes = {box.id: box for box in picture.boxes}
    ribbons = sorted(picture.ribbons, key=lambda one: (one.way == "back", -one.height))
    marks = [_ribbon(stage, ribbon) for ribbon in ribbons]
    marks += [_outline(one) for one in before.values() if _differs(one, boxes[one.id])]
    marks += [_box(stage, box) for box in picture.boxes if box.amount]
    for label in picture.labels:
        if boxes[label.id].amount or label.id in before:
            marks += _words(arrangement, label, boxes[label.id])
    return [*marks, *_headings(stage, arrangement), *_scale(arrangement, picture)]


def _ribbon(stage: Stage, ribbon: Ribbon) -> Mark:
    ends = f"{stage.names[ribbon.payer]} to {stage.names[ribbon.payee]}"
    title = f"{ends}: {dollars(ribbon.amount)}"
    if ribbon.way != "forward":
        return path(
            ribbon.path, f"way {ribbon.way}", stroke=max(ribbon.height, HAIRLINE), title=title
        )
    giver, taker = stage.roles[ribbon.payer], stage.roles[ribbon.payee]
    css = f"ribbon {taker if giver == 'firm' and taker == 'sink' else giver}"
    return path(ribbon.path, css + (" thin" if ribbon.height < HAIRLINE else ""), title=title)


def _box(stage: Stage, box: Box) -> Mark:
    title = f"{stage.names[box.id]}: received {dollars(box.received)}, paid {dollars(box.paid)}"
    return rect(box.x, box.y, box.width, box.height, f"box {stage.roles[box.id]}", title)


def _outline(box: Box) -> Mark:
    return rect(box.x - 1, box.y - 1, box.width + 2, box.height + 2, "ghost")


def _differs(ghost: Box, box: Box) -> bool:
    """Return whether a ghost is to be seen beside its box."""
    return abs(ghost.width - box.width) + abs(ghost.height - box.height) >= 1.0


def _words(arrangement: Arrangement, label: Label, box: Box) -> list[Mark]:
    step = arrangement.frame.line
    marks = [text(label.x, label.y + step * n, one, "name") for n, one in enumerate(label.lines)]
    if label.away:
        marks.append(line((label.x, label.top - label.away), (label.x, label.top), "leader"))
    under = label.y + step * len(label.lines)
    return [*marks, text(label.x, under, dollars(box.amount), "amount")]


def _headings(stage: Stage, arrangement: Arrangement) -> list[Mark]:
    frame = arrangement.frame
    columns = sorted({node.column for node in stage.nodes})
    marks = []
    for column, at in zip(columns, arrangement.column_at, strict=True):
        if column in stage.headings:
            x, y = (frame.margin, at - 6) if frame.vertical else (at, frame.margin + 10)
            marks.append(text(x, y, stage.headings[column], "tier"))
    return marks


def _scale(arrangement: Arrangement, picture: Picture) -> list[Mark]:
    """Return a bar that says how large a round amount is, in the corner below."""
    frame = arrangement.frame
    amount, size = scale_bar(frame.scale, BAR)
    x, y = frame.margin + 1, picture.height - frame.margin
    told = (
        f"${amount:,g}\N{NO-BREAK SPACE}bn a quarter is this {'wide' if frame.vertical else 'high'}"
    )
    if frame.vertical:
        y -= 4
        ends = [((x, y), (x + size, y)), *(((at, y - 4), (at, y + 4)) for at in (x, x + size))]
        words_at = x + size + 8, y + 4
    else:
        ends = [((x + 4, y - size), (x + 4, y)), *(((x, at), (x + 8, at)) for at in (y - size, y))]
        words_at = x + 14, y - size / 2 + 4
    return [*(line(*one, "scale") for one in ends), text(*words_at, told, "scale-words")]


# --- table -------------------------------------------------------------------------------------


def _table(cast: Cast, row: int, ghost: Sequence[Row] | None, sources: Sources) -> Table:
    """Return the payments of a quarter, largest first.

    Beside them stands what each rests on (base quarter), or the baseline's when there is one.
    """
    before: dict[tuple[str, str, str], float] = defaultdict(float)
    for flow in ghost or ():
        before[_what(flow)] += flow["amount"][row]
    flows = [f for f in cast.document["flows"] if f["amount"][row] or before.get(_what(f))]
    flows.sort(key=lambda flow: (-abs(flow["amount"][row]), -abs(before[_what(flow)]), _what(flow)))
    rows: list[tuple[Cell, ...]] = [
        (
            cast.name(flow["payer"]),
            cast.name(flow["payee"]),
            words(flow["kind"]),
            money(flow["amount"][row]),
            *((money(before[_what(flow)]),) if ghost else ()),
            *(() if row else (_basis(flow, sources),)),
        )
        for flow in flows[:TABLE_ROWS]
    ]
    beside = (*((">Baseline",) if ghost else ()), *(() if row else ("Basis",)))
    rows += _rest(flows[TABLE_ROWS:], row, len(beside))
    heads = ("Payer", "Payee", "For", ">USD bn", *beside)
    quarter = cast.document["quarters"][row]
    return Table(f"Payments in {quarter}, paid and not only promised, USD bn", heads, tuple(rows))


def _what(flow: Row) -> tuple[str, str, str]:
    return flow["payer"], flow["payee"], flow["kind"]


def _basis(flow: Row, sources: Sources) -> Cell:
    cited = sources.cite(flow.get("facts") or ())
    told = "estimated" if flow.get("estimated") else "balanced"
    return Markup("{} {}").format(told, cited) if cited else told


def _rest(flows: Sequence[Row], row: int, beside: int) -> Iterable[tuple[Cell, ...]]:
    if flows:
        total = money(sum(flow["amount"][row] for flow in flows))
        name = counted(len(flows), "smaller payment", "smaller payments")
        yield (name, "", "", total, *[""] * beside)


__all__ = ["LOOKS", "Look", "flow_figures"]
