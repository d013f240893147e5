"""Rows of the document for who pays whom: one per payer, payee and kind, amounts over quarters.

Purses pay; where a firm has divisions, a payment is shown for the division that bought or sold,
in the proportions of the base quarter's contracts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cardhouse.engine.chain import FLOW_KINDS, KIND, Chain
from cardhouse.model.vocabulary import ContractKind, EntityKind
from cardhouse.studies.views import View

Row = dict[str, Any]
Ends = tuple[str, str]
Key = tuple[int, int, int]

MOSTLY = 0.5
"""Share of estimated contracts from which a payment counts as estimated."""


def flow_rows(view: View) -> list[Row]:
    """Return every payment that occurs in some quarter."""
    flows = np.stack([view.books.flows(at) for at in range(view.books.rows)])
    split, estimated = _contracts(view.chain)
    facts, in_ai = _facts_by_payment(view.chain), _ai_shares(view.chain)
    rows = []
    for kind, payer, payee in np.argwhere(flows.any(axis=0)).tolist():
        amounts = flows[:, kind, payer, payee]
        for ends, share in _ends(view.chain, split, (kind, payer, payee)).items():
            rows.append(
                {
                    "payer": ends[0],
                    "payee": ends[1],
                    "kind": FLOW_KINDS[kind],
                    "amount": (amounts * share).tolist(),
                    "estimated": (FLOW_KINDS[kind], *ends) in estimated,
                    "ai_share": in_ai.get((FLOW_KINDS[kind], *ends), 0.0),
                    "facts": facts.get((FLOW_KINDS[kind], *ends), []),
                }
            )
    return rows


def shown_ends(chain: Chain) -> dict[Key, list[Ends]]:
    """Return under which payers and payees the flows along a chain's links are shown.

    Keys are kind, payer and payee of a flow between purses, as places in the chain.
    """
    split, _ = _contracts(chain)
    links = chain.links
    keys = zip(links.kind.tolist(), links.payer.tolist(), links.payee.tolist(), strict=True)
    return {key: list(_ends(chain, split, key)) for key in dict.fromkeys(keys)}


def estimated_share(chain: Chain) -> float:
    """Return the share of the base quarter's flows that no fact covers."""
    contracts = chain.world.contracts
    total = sum(one.amount for one in contracts)
    unknown = sum(one.amount for one in contracts if one.estimated)
    return unknown / total if total > 0 else 0.0


def _ends(chain: Chain, split: dict[Key, dict[Ends, float]], key: Key) -> dict[Ends, float]:
    """Return who is shown as payer and payee of a flow between purses, shares adding to 1."""
    _, payer, payee = key
    whole = {(chain.node_ids[payer], chain.node_ids[payee]): 1.0}
    parts = split.get(key, {})
    total = sum(parts.values())
    return {ends: amount / total for ends, amount in parts.items()} if total > 0 else whole


def _contracts(chain: Chain) -> tuple[dict[Key, dict[Ends, float]], set[tuple[str, str, str]]]:
    """Return the base quarter's flows between purses by unit, and which of them are estimated."""
    node = {name: at for at, name in enumerate(chain.node_ids)}
    ids = {end for one in chain.world.contracts for end in (one.payer, one.payee)}
    purse = {name: node[chain.world.purse_of(name)] for name in ids}
    shown = {name: shown_as(chain, name) for name in ids}
    split: dict[Key, dict[Ends, float]] = {}
    unknown: dict[tuple[str, str, str], float] = {}
    for one in (row for row in chain.world.contracts if row.kind in KIND):  # no line of credit
        ends = (shown[one.payer], shown[one.payee])
        parts = split.setdefault((KIND[one.kind], purse[one.payer], purse[one.payee]), {})
        parts[ends] = parts.get(ends, 0.0) + one.amount
        key = (one.kind.value, *ends)
        weight = one.amount * (float(one.estimated) - MOSTLY)
        unknown[key] = unknown.get(key, 0.0) + weight
    return split, {key for key, weight in unknown.items() if weight > 0}


def _facts_by_payment(chain: Chain) -> dict[tuple[str, str, str], list[str]]:
    """Return the ids of the facts behind the base quarter's payments, by kind, payer and payee."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in chain.world.contracts:
        key = (one.kind.value, shown_as(chain, one.payer), shown_as(chain, one.payee))
        found.setdefault(key, {}).update(dict.fromkeys(one.facts))
    return {key: list(ids) for key, ids in found.items()}


def _ai_shares(chain: Chain) -> dict[tuple[str, str, str], float]:
    """Return the share of each payment of the base quarter that AI lines use up or sell to users.

    A payment belongs to the line that pays it; one by a segment to the line that it pays, unless
    that sells plant.
    """
    world = chain.world
    lines = {one.id for one in world.lines if one.is_ai}
    firms = {world.purse_of(one) for one in lines}
    plant = {one.payee for one in world.contracts_of(ContractKind.CAPEX)}
    sums: dict[tuple[str, str, str], list[float]] = {}
    for one in world.contracts:
        is_sale = one.kind == ContractKind.SALE
        inside = one.payee in lines - plant if is_sale else one.payer in lines | firms
        total = sums.setdefault(
            (one.kind.value, shown_as(chain, one.payer), shown_as(chain, one.payee)), [0.0, 0.0]
        )
        total[0] += one.amount * inside
        total[1] += one.amount
    return {key: part / whole for key, (part, whole) in sums.items() if whole > 0}


def shown_as(chain: Chain, entity_id: str) -> str:
    """Return the id under which an entity's payments are shown: its unit's.

    A line is shown as its division, as itself where a firm with divisions owns it directly, and
    as its firm otherwise.
    """
    world = chain.world
    entity = world.entity(entity_id)
    if entity.kind is not EntityKind.LINE:
        return entity_id
    owner = world.entity(entity.parent)
    has_divisions = any(
        one.parent == owner.id and one.kind is EntityKind.DIVISION for one in world.entities
    )
    return entity_id if owner.kind is EntityKind.FIRM and has_divisions else owner.id
