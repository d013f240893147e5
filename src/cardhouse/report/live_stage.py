"""The stage of a live picture: who stands where, and which payments can occur, whatever is moved.

A page that redraws while a lever is dragged asks for numbers many times and for places once. All
that depends on the opening position alone is here; `live_view` fills in the numbers of one run.
The accounts, their order and their columns are those of the report's picture; small accounts of a
column may be folded into one, decided on the baseline, so that nothing jumps between scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.promises import Promise, list_promises
from cardhouse.engine.arrays import Array, Index
from cardhouse.engine.chain_contracts import minimum_by_quarter
from cardhouse.engine.links import FLOW_KINDS, summed
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.report._cast import OUTSIDE, Cast
from cardhouse.report._flow_stage import PAYS_IN, Stage, folded, stage_of
from cardhouse.report._payer_groups import BUYERS, GROUPS, USERS, source_group
from cardhouse.report.money_flow import Flow
from cardhouse.report.wording import sentence_case, words
from cardhouse.studies.document_entities import entity_rows, tier_rows
from cardhouse.studies.document_flows import flow_rows, shown_ends
from cardhouse.studies.extracts import last_seller
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.manifest import Digester, manifest_of
from cardhouse.studies.traces import Sink, Traced
from cardhouse.studies.views import Unit, View, numbers

Row = dict[str, Any]

TRADE, CAPITAL, RETURN, COST, OTHER = "trade", "capital", "return", "cost", "other"
GROUP_OF: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "sale", "input", "program", "capex", "revenue_share", "lease", "buy_back", "shortfall",
            "arrears",
        ),
        TRADE,
    ),
    **dict.fromkeys(("debt_drawn", "equity", "guarantee"), CAPITAL),
    **dict.fromkeys(("interest", "repayment", "payout"), RETURN),
    **dict.fromkeys(("cost", "tax", "default_costs"), COST),
    **dict.fromkeys(("other_business", "other_cash", "liquidation"), OTHER),
}  # fmt: skip
"""What each kind of flow is in the picture."""

MANIFEST = (
    "version", "facts_version", "facts_digest", "economy", "economy_title", "subject", "caution",
    "base_quarter", "as_of", "digest",
)  # fmt: skip
"""What a stage tells of where it comes from."""

POSSIBLE = 1e-12
"""USD bn that stand for a payment which may occur in some scenario and does not in the baseline."""
NAME_WIDTH = 200
"""Names are broken by whoever draws them."""
SPREAD = (
    "A promise is spread over its quarters as the run counts it; a signed round falls due in its "
    "quarter; letters of intent stand at their full amount."
)


@dataclass(frozen=True)
class Ribbon:
    """What one account may pay another for one group of reasons.

    ``keys`` are those of the payments in a result document that it adds up.
    """

    payer: int
    payee: int
    group: str
    kinds: tuple[str, ...]
    way: str
    red: bool
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """An opening position with its baseline run: everything that no lever changes."""

    baseline: View
    digester: Digester

    @cached_property
    def document(self) -> Row:
        """Return the parts of the baseline's result document that names and places follow from."""
        view = self.baseline
        return {
            "quarters": view.quarters,
            "entities": entity_rows(view),
            "tiers": tier_rows(view),
            "flows": flow_rows(view),
        }

    @cached_property
    def cast(self) -> Cast:
        """Return who is who."""
        return Cast(self.document)

    @cached_property
    def manifest(self) -> Row:
        """Return the manifest of the baseline."""
        quarters = self.baseline.books.rows - 1
        return manifest_of(self.baseline.chain.world, BASELINE, quarters)

    @cached_property
    def seller(self) -> Mapping[str, Any] | None:
        """Return the row of the seller whose sales the headline follows."""
        return last_seller(self.document)

    @cached_property
    def seller_unit(self) -> Unit | None:
        """Return the seller as a unit of the view."""
        name = None if self.seller is None else self.seller["id"]
        return next((unit for unit in self.baseline.units if unit.entity.id == name), None)

    @cached_property
    def seller_sink(self) -> Sink | None:
        """Return the seller as the end of a trace."""
        name = None if self.seller is None else self.seller["id"]
        return next((sink for sink in Traced(self.baseline).sinks if sink.id == name), None)

    @cached_property
    def members(self) -> dict[str, Index]:
        """Return which firms of the expanded world are members of each population."""
        chain = self.baseline.chains.expanded
        whole = [chain.world.members.get(name) for name in chain.firm_ids]
        return {
            name: np.flatnonzero([one == name for one in whole])
            for name in dict.fromkeys(chain.world.members.values())
        }

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Return the sources of the trace, the same in every run of this opening position."""
        return Traced(self.baseline).payers.sources

    @cached_property
    def source_groups(self) -> NDArray[np.str_]:
        """Return the kind of payer that each source is (source,), a key of `GROUPS`."""
        return np.array([self.group_of(one) for one in self.sources])

    def group_of(self, source: str) -> str:
        """Return which kind of payer a traced source is, a key of `GROUPS`."""
        return source_group(self.cast, source)

    @cached_property
    def flow_keys(self) -> dict[tuple[int, int, int], list[str]]:
        """Return the keys in a result document of each flow (kind, payer, payee) of the chain."""
        return {
            key: [f"flows.{payer}>{payee}>{FLOW_KINDS[key[0]]}.amount" for payer, payee in ends]
            for key, ends in shown_ends(self.baseline.chain).items()
        }

    @cached_property
    def ends(self) -> tuple[tuple[str, str], ...]:
        """Return the ids of payer and payee of every link as the picture tells them apart."""
        chain = self.baseline.chain
        names = chain.node_ids
        pairs = zip(chain.links.payer.tolist(), chain.links.payee.tolist(), strict=True)
        return tuple((self._paying(names[payer]), names[payee]) for payer, payee in pairs)

    def _paying(self, name: str) -> str:
        """Return the id under which an account pays: outside accounts have one of their own."""
        return f"{name}{PAYS_IN}" if self.cast.kind(name) == OUTSIDE else name

    @cached_property
    def paid(self) -> Array:
        """Return what the baseline pays along each link (quarter, link)."""
        return paid_by_link(self.baseline)

    @cached_property
    def whole(self) -> Stage:
        """Return every account that may pay or be paid, in its column."""
        return stage_of(self.cast, [*self._states(), self._possible()])

    def _states(self) -> list[tuple[Flow, ...]]:
        return [tuple(_between(self.ends, row)) for row in self.paid]

    def _possible(self) -> tuple[Flow, ...]:
        return tuple(_between(self.ends, np.full(len(self.ends), POSSIBLE)))

    def stage(self, kept: int) -> LiveStage:
        """Return the stage with at most `kept` accounts of a column told apart; 0: all of them."""
        shown = folded(self.whole, kept or len(self.whole.nodes), NAME_WIDTH)
        return LiveStage(self, shown, kept)


def _between(ends: Sequence[tuple[str, str]], amounts: Array) -> Iterable[Flow]:
    """Yield payments along links, those of a purse to itself and zeros left out."""
    for (payer, payee), amount in zip(ends, amounts.tolist(), strict=True):
        if amount and payer != payee:
            yield Flow(payer, payee, amount)


def paid_by_link(view: View) -> Array:
    """Return what a run pays along each link (quarter, link)."""
    return view.books.along_links


@dataclass(frozen=True)
class LiveStage:
    """Nodes, columns and ribbons of one look at a scene."""

    scene: Scene
    shown: Stage
    kept: int

    @cached_property
    def place(self) -> dict[str, int]:
        """Return the position of each account, folded ones under the node that stands for them."""
        at = {node.id: number for number, node in enumerate(self.shown.nodes)}
        return {**at, **{one: at[node] for one, node in self.folds.items()}}

    @cached_property
    def folds(self) -> dict[str, str]:
        """Return the node that stands for each folded account."""
        kept = {node.id for node in self.shown.nodes}
        columns = {node.id: node.column for node in self.scene.whole.nodes}
        return {one: f"others {at}" for one, at in columns.items() if one not in kept}

    @cached_property
    def _keys(self) -> list[tuple[int, int, str] | None]:
        """Return payer, payee and group of every link; None for payments inside one node."""
        kinds = self.scene.baseline.chain.links.kind.tolist()
        return [
            self._key(payer, payee, FLOW_KINDS[kind])
            for (payer, payee), kind in zip(self.scene.ends, kinds, strict=True)
        ]

    def _key(self, payer: str, payee: str, kind: str) -> tuple[int, int, str] | None:
        ends = self.place[payer], self.place[payee]
        return None if ends[0] == ends[1] or payer == payee else (*ends, GROUP_OF[kind])

    @cached_property
    def ribbons(self) -> tuple[Ribbon, ...]:
        """Return every payment that may occur in some scenario, by payer, payee and group."""
        kinds: dict[tuple[int, int, str], dict[str, None]] = {}
        keys: dict[tuple[int, int, str], dict[str, None]] = {}
        links = self.scene.baseline.chain.links
        ends = zip(links.kind.tolist(), links.payer.tolist(), links.payee.tolist(), strict=True)
        for key, (kind, payer, payee) in zip(self._keys, ends, strict=True):
            if key is not None:
                kinds.setdefault(key, {})[FLOW_KINDS[kind]] = None
                told = self.scene.flow_keys[kind, payer, payee]
                keys.setdefault(key, {}).update(dict.fromkeys(told))
        return tuple(
            self._ribbon(key, tuple(kinds[key]), tuple(keys[key])) for key in sorted(kinds)
        )

    def _ribbon(
        self, key: tuple[int, int, str], kinds: tuple[str, ...], keys: tuple[str, ...]
    ) -> Ribbon:
        payer, payee, group = key
        nodes = self.shown.nodes
        start, end = nodes[payer].column, nodes[payee].column
        way = "forward" if start < end else "side" if start == end else "back"
        giver = self.shown.roles[nodes[payer].id]
        red = group == CAPITAL and way == "back" and giver == "firm"
        return Ribbon(payer, payee, group, kinds, way, red, keys)

    @cached_property
    def of_link(self) -> tuple[Index, Index]:
        """Return the links that are drawn, and the ribbon of each."""
        at = {(one.payer, one.payee, one.group): n for n, one in enumerate(self.ribbons)}
        found = [(link, at[key]) for link, key in enumerate(self._keys) if key is not None]
        table = np.array(found, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def by_ribbon(self, paid: Array) -> Array:
        """Return payments along links (quarter, link) as payments along ribbons."""
        links, ribbons = self.of_link
        return summed(paid[:, links], ribbons, len(self.ribbons))

    def by_node(self, amounts: Array) -> tuple[Array, Array]:
        """Return what nodes receive and pay (quarter, node) of amounts (quarter, ribbon)."""
        payer, payee = self._ends
        count = len(self.shown.nodes)
        return summed(amounts, payee, count), summed(amounts, payer, count)

    @cached_property
    def _ends(self) -> tuple[Index, Index]:
        """Return the nodes that pay and receive each ribbon (ribbon,) each."""
        ends = np.array([(one.payer, one.payee) for one in self.ribbons], dtype=np.int64)
        payer, payee = ends.reshape(-1, 2).T
        return payer.copy(), payee.copy()

    @cached_property
    def red(self) -> Index:
        """Return the places of the red ribbons."""
        return np.flatnonzero([one.red for one in self.ribbons])


def stage_document(stage: LiveStage) -> Row:
    """Return a stage as a document (``cardhouse/stage/1``)."""
    scene, cast = stage.scene, stage.scene.cast
    seller = scene.seller
    return {
        "schema": "cardhouse/stage/1",
        **{name: scene.manifest[name] for name in MANIFEST},
        "kept": stage.kept,
        "quarters": scene.baseline.quarters,
        "tiers": [{"id": tier, "name": sentence_case(words(tier))} for tier in cast.tiers],
        "columns": [
            {"column": column, "heading": stage.shown.headings.get(column, "")}
            for column in sorted({node.column for node in stage.shown.nodes})
        ],
        "nodes": [_node(stage, node.id) for node in stage.shown.nodes],
        "ribbons": [_ribbon_row(one) for one in stage.ribbons],
        "committed": _committed(stage),
        "largest": _largest(stage),
        "seller": None if seller is None else {"id": seller["id"], "name": seller["name"]},
        "sources": source_rows(scene),
        "groups": _colours(),
        "firms": list(scene.baseline.chain.firm_ids),
    }


def source_rows(scene: Scene) -> list[Row]:
    """Return the sources of the trace with their names and groups."""
    return [
        {"id": one, "name": scene.cast.name(one), **_groups_of(scene, one)} for one in scene.sources
    ]


def _groups_of(scene: Scene, source: str) -> Row:
    """Return a source's colour in the picture; of a buyer outside the chain also which it is."""
    group = scene.group_of(source)
    return {"group": USERS, "buyer": group} if group in BUYERS else {"group": group}


def _colours() -> dict[str, str]:
    """Return what the colours of a picture are called: buyers outside the chain have one."""
    others = {name: told for name, told in GROUPS.items() if name not in BUYERS}
    return {USERS: "customers outside the chain", **others}


def _node(stage: LiveStage, name: str) -> Row:
    cast, shown = stage.scene.cast, stage.shown
    account = name.removesuffix(PAYS_IN)
    node = next(one for one in shown.nodes if one.id == name)
    inside = [one for one, into in stage.folds.items() if into == name]
    row: Row = {
        "id": name,
        "name": " ".join(node.name),
        "role": shown.roles[name],
        "tier": cast.tier(inside[0].removesuffix(PAYS_IN) if inside else account),
        "column": node.column,
    }
    if inside:
        row["folds"] = inside
    members = (cast.rows.get(account) or {}).get("members")
    return row if members is None else {**row, "members": members}


def _ribbon_row(one: Ribbon) -> Row:
    return {
        "payer": one.payer,
        "payee": one.payee,
        "group": one.group,
        "kinds": list(one.kinds),
        "way": one.way,
        "red": one.red,
        "keys": list(one.keys),
    }


def _largest(stage: LiveStage) -> Row:
    """Return the largest amounts of the baseline, from which whoever draws fixes the scale."""
    amounts = stage.by_ribbon(stage.scene.paid)
    sides = np.maximum(*stage.by_node(amounts))
    columns = np.array([node.column for node in stage.shown.nodes])
    return {
        "node_usd_bn": float(sides.max(initial=0.0)),
        "ribbon_usd_bn": float(amounts.max(initial=0.0)),
        "column_usd_bn": [
            float(sides[:, columns == column].sum(axis=1).max(initial=0.0))
            for column in sorted(set(columns.tolist()))
        ],
    }


def _committed(stage: LiveStage) -> Row:
    """Return what is promised, quarter by quarter, in the places of the picture."""
    world = stage.scene.baseline.chain.world
    rows = stage.scene.baseline.books.rows
    ribbons, loose = [], []
    for one in list_promises(world):
        row = _promised(stage, one)
        if row is None:
            continue
        by_quarter = _schedule(stage, one, rows)
        if by_quarter is None:
            loose.append({**row, "condition": one.condition})
        else:
            ribbons.append({**row, "amount": numbers(by_quarter)})
    received, paid = _committed_sides(stage, ribbons, rows)
    return {
        "ribbons": ribbons,
        "nodes": {"received": received, "paid": paid},
        "unscheduled": loose,
        "note": SPREAD,
    }


def _promised(stage: LiveStage, one: Promise) -> Row | None:
    """Return a promise between nodes; None where both ends are one node."""
    world, scene = stage.scene.baseline.chain.world, stage.scene
    payer, payee = world.purse_of(one.payer), world.purse_of(one.payee)
    giver = f"{payer}{PAYS_IN}" if scene.cast.kind(payer) == OUTSIDE else payer
    if giver not in stage.place or payee not in stage.place:
        return None
    ends = stage.place[giver], stage.place[payee]
    if ends[0] == ends[1]:
        return None
    return {
        "id": one.id,
        "key": f"committed.promises.{one.id}.promised",
        "payer": ends[0],
        "payee": ends[1],
        "group": GROUP_OF[one.kind],
        "kind": one.kind,
        "strength": one.strength,
        "usd_bn": one.amount,
    }


def _schedule(stage: LiveStage, one: Promise, rows: int) -> Array | None:
    """Return a promise by quarter (quarter,); None where it has no dates of its own."""
    world = stage.scene.baseline.chain.world
    if one.last is None or one.kind in (Kind.BUY_BACK, Kind.GUARANTEE):
        return None
    for contract in world.contracts:
        bound = contract.committed == one.amount and contract.kind == one.kind
        if bound and (contract.payer, contract.payee) == (one.payer, one.payee):
            return minimum_by_quarter(contract, rows)
    out = np.zeros(max(rows, one.last + 1))
    out[one.first : one.last + 1] = one.amount / (one.last - one.first + 1)
    return out[:rows]


def _committed_sides(
    stage: LiveStage, ribbons: Sequence[Row], rows: int
) -> tuple[list[list[float]], list[list[float]]]:
    """Return what nodes are promised and have promised, [node][quarter]."""
    received, paid = np.zeros((2, len(stage.shown.nodes), rows))
    for one in ribbons:
        received[one["payee"]] += one["amount"]
        paid[one["payer"]] += one["amount"]
    return received.tolist(), paid.tolist()
