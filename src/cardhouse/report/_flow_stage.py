"""Who stands where in the money-flow picture of a result document.

Columns: money from outside (pools, and outside accounts where they pay in), the tiers in the
document's order, what is paid to the outside. A division is shown with the purse that pays for it.
A firm that mostly sells inside its own tier stands one step behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cardhouse.report._cast import OUTSIDE, Cast, Row
from cardhouse.report.money_flow import Flow, Node, gather, turnover
from cardhouse.report.wording import counted, lines_of, sentence_case, words

POOL, SEGMENT, FIRM, SOURCE, SINK = "pool", "segment", "firm", "source", "sink"
MONEY_IN, MONEY_OUT = "Outside money in", "Paid to outside"
PAYS_IN = " (in)"  # ends the id of the node at which an outside account pays in
INSIDE_TIER = 0.5  # of its sales inside its own tier put a firm one step behind it

Amounts = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Stage:
    """The accounts of a picture in their columns, and what each state pays between them.

    ``roles`` says what a node is: pool, segment, firm, source or sink (an outside account where
    it pays in, and where it is paid). ``folded`` counts the accounts shown as part of others.
    """

    nodes: tuple[Node, ...]
    roles: Mapping[str, str]
    headings: Mapping[int, str]
    states: tuple[tuple[Flow, ...], ...]
    names: Mapping[str, str] = field(default_factory=dict)
    folded: int = 0


def state_of(cast: Cast, flows: Iterable[Row], row: int) -> tuple[Flow, ...]:
    """Return the payments of one quarter between purses; a purse's own are left out."""
    between = (_between(cast, flow, flow["amount"][row]) for flow in flows)
    return tuple(flow for flow in between if flow.payer != flow.payee and flow.amount)


def _between(cast: Cast, flow: Row, amount: float) -> Flow:
    """Return a payment between purses; an outside account that pays in is a node of its own."""
    payer, payee = cast.purse(flow["payer"]), cast.purse(flow["payee"])
    if amount < 0:
        payer, payee, amount = payee, payer, -amount
    return Flow(f"{payer}{PAYS_IN}" if cast.kind(payer) == OUTSIDE else payer, payee, amount)


def stage_of(cast: Cast, states: Sequence[tuple[Flow, ...]]) -> Stage:
    """Return every account that pays or is paid in one of the states, in its column."""
    amounts = [gather(state) for state in states]
    used = {end for state in amounts for pair in state for end in pair}
    order = {entity: number for number, entity in enumerate(cast.rows)}
    ids = sorted(used, key=lambda one: (order.get(_account(one), len(order)), one))
    roles = {one: _role(cast, one) for one in ids}
    columns = {one: _column(cast, one, roles[one]) for one in ids}
    headings = _headings(cast, columns, roles)
    columns.update(_behind(columns, roles, amounts))
    names = _names(cast, ids)
    nodes = [Node(one, (names[one],), columns[one]) for one in ids]
    nodes.sort(key=lambda node: roles[node.id] == SOURCE)
    return Stage(tuple(nodes), roles, headings, tuple(states), names)


def _account(node: str) -> str:
    """Return the id of the account that a node stands for."""
    return node.removesuffix(PAYS_IN)


def _names(cast: Cast, ids: Iterable[str]) -> dict[str, str]:
    members: dict[str, set[str]] = defaultdict(set)
    for flow in cast.document["flows"]:
        for end in (flow["payer"], flow["payee"]):
            members[cast.purse(end)].add(end)
    return {one: cast.purse_name(_account(one), members[_account(one)]) for one in ids}


def _role(cast: Cast, node: str) -> str:
    kind = cast.kind(_account(node))
    if kind in (POOL, SEGMENT):
        return kind
    if kind != OUTSIDE:
        return FIRM
    return SOURCE if node.endswith(PAYS_IN) else SINK


def _column(cast: Cast, entity: str, role: str) -> int:
    """Return the column: outside money, two for each tier (the second one behind), outside."""
    if role in (POOL, SOURCE):
        return 0
    last = 2 * len(cast.tiers) + 1
    return last if role == SINK else 2 * cast.tiers.index(cast.tier(entity)) + 1


def _headings(cast: Cast, columns: Mapping[str, int], roles: Mapping[str, str]) -> dict[int, str]:
    told: dict[int, str] = {}
    for one, column in columns.items():
        tier = sentence_case(words(cast.tier(one)))
        told[column] = {POOL: MONEY_IN, SOURCE: MONEY_IN, SINK: MONEY_OUT}.get(roles[one], tier)
    return told


def _behind(
    columns: Mapping[str, int], roles: Mapping[str, str], amounts: Sequence[Amounts]
) -> dict[str, int]:
    """Return the columns of firms that sell mostly inside their own tier."""
    sold: dict[str, float] = defaultdict(float)
    inside: dict[str, float] = defaultdict(float)
    for state in amounts:
        for (payer, payee), amount in state.items():
            if roles[payer] in (FIRM, SEGMENT) and roles[payee] == FIRM:
                sold[payee] += amount
                inside[payee] += amount if columns[payer] == columns[payee] else 0.0
    return {one: columns[one] + 1 for one in sold if inside[one] > INSIDE_TIER * sold[one]}


def folded(stage: Stage, kept: int, name_width: int) -> Stage:
    """Return the stage with only the `kept` largest accounts of a column, the others as one.

    Names are broken into lines of about `name_width` characters.
    """
    largest = _largest(stage)
    into: dict[str, str] = {}
    nodes: list[Node] = []
    for column in sorted({node.column for node in stage.nodes}):
        here = [node for node in stage.nodes if node.column == column]
        small = _smallest(here, largest, kept)
        into.update(dict.fromkeys(small, f"others {column}"))
        nodes += [
            replace(node, name=lines_of(node.name[0], name_width))
            for node in here
            if node.id not in small
        ]
        if small:
            nodes.append(Node(f"others {column}", (f"{len(small)} others",), column))
    roles = {into.get(one, one): role for one, role in stage.roles.items()}
    names = {node.id: " ".join(node.name) for node in nodes}
    states = tuple(tuple(_renamed(state, into)) for state in stage.states)
    return Stage(tuple(nodes), roles, stage.headings, states, names, len(into))


def _largest(stage: Stage) -> dict[str, float]:
    largest: dict[str, float] = defaultdict(float)
    for state in stage.states:
        for one, sides in turnover(gather(state)).items():
            largest[one] = max(largest[one], *sides)
    return largest


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


def unseen(stage: Stage, smallest: float) -> frozenset[tuple[str, str]]:
    """Return the payments too small to draw in any state, as a share of the largest turnover.

    Every account keeps its largest payment in and its largest out.
    """
    largest: dict[tuple[str, str], float] = {}
    for state in map(gather, stage.states):
        for pair, amount in state.items():
            largest[pair] = max(largest.get(pair, 0.0), amount)
    limit = smallest * max((sum(gather(state).values()) for state in stage.states), default=0.0)
    kept: set[tuple[str, str]] = set()
    for end in (0, 1):
        ordered = sorted(largest, key=lambda pair: (largest[pair], pair))
        kept.update({pair[end]: pair for pair in ordered}.values())
    return frozenset(p for p, amount in largest.items() if amount < limit and p not in kept)


def upstream(stage: Stage, state: Iterable[Flow]) -> float:
    """Return the USD bn that a state pays to accounts in an earlier column."""
    column = {node.id: node.column for node in stage.nodes}
    return sum(
        amount for (payer, payee), amount in gather(state).items() if column[payee] < column[payer]
    )


def folded_words(stage: Stage) -> str:
    """Return how many accounts were put together, in words; empty when none were."""
    if not stage.folded:
        return ""
    return f"{counted(stage.folded, 'small account is', 'small accounts are')} shown as others."
