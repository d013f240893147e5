"""Answers taken out of a run's document: the opening position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PURSES = frozenset({"firm", "division", "parent", "population"})
OUTSIDE = "outside"
Document = Mapping[str, Any]


def last_seller(document: Document) -> Mapping[str, Any] | None:
    """Return the largest seller of the layer farthest from the users, by base revenue."""
    layers = [tier["tier"] for tier in document["tiers"] if any(tier["revenue"])]
    sellers = [
        one
        for one in document["entities"]
        if layers and one["tier"] == layers[-1] and one["kind"] in ("firm", "parent", "division")
    ]
    return max(sellers, key=lambda one: one["revenue"][0] or 0.0, default=None)


def opening_document(document: Document) -> dict[str, Any]:
    """Return the opening position: entities at row 0, conflicts, the matrix by layer."""
    capex = _paid_by_entity(document, "capex")
    entities = [
        _opening_row(entity, capex.get(entity["id"], 0.0))
        for entity in document["entities"]
        if entity["kind"] in PURSES
    ]
    moves = sorted(document["accounts"]["moves"], key=lambda move: -abs(move["in_sd"]))
    return {
        "schema": "cardhouse/accounts/1",
        "manifest": dict(document["manifest"]),
        "entities": entities,
        "conflicts": moves,
        "estimated_share_of_flows": document["accounts"]["estimated_share_of_flows"],
        "matrix": flow_matrix(document),
        "warnings": list(document["warnings"]),
    }


def _opening_row(entity: Mapping[str, Any], capex: float) -> dict[str, Any]:
    words = {name: entity.get(name, "") for name in ("id", "name", "tier", "kind", "parent")}
    series = ("revenue", "full_cost", "operating_result", "cash_result", "cash", "debt", "raised")
    return {**words, **{name: _first(entity.get(name)) for name in series}, "capex": capex}


def _first(series: Sequence[float | None] | None) -> float | None:
    return series[0] if series else None


def _paid_by_entity(document: Document, kind: str) -> dict[str, float]:
    """Return what entities paid in row 0; a parent's row includes those of its divisions."""
    paid: dict[str, float] = {}
    for payer, _, amount in _base_flows(document, kind):
        paid[payer] = paid.get(payer, 0.0) + amount
    own = dict(paid)
    for entity in document["entities"]:
        for part in entity.get("includes") or ():
            if part != entity["id"]:
                paid[entity["id"]] = paid.get(entity["id"], 0.0) + own.get(part, 0.0)
    return paid


def _base_flows(document: Document, kind: str = "") -> Iterator[tuple[str, str, float]]:
    for flow in document["flows"]:
        if flow["amount"][0] and (not kind or flow["kind"] == kind):
            yield flow["payer"], flow["payee"], flow["amount"][0]


def flow_matrix(document: Document) -> dict[str, Any]:
    """Return receipts less payments of row 0 by kind of flow and layer; every row adds to 0."""
    layer_of = {one["id"]: one["tier"] or OUTSIDE for one in document["entities"]}
    net: dict[str, dict[str, float]] = {}
    for flow in document["flows"]:
        row = net.setdefault(flow["kind"], {})
        for side, sign in (("payee", 1.0), ("payer", -1.0)):
            layer = layer_of.get(flow[side], OUTSIDE)
            row[layer] = row.get(layer, 0.0) + sign * flow["amount"][0]
    order = [tier["tier"] for tier in document["tiers"]]
    used = {layer for row in net.values() for layer in row}
    layers = [layer for layer in order if layer in used]
    layers += sorted(used - set(layers) - {OUTSIDE})
    layers += [OUTSIDE] if OUTSIDE in used else []
    rows: list[dict[str, Any]] = [
        {"kind": kind, "net": [row.get(layer, 0.0) for layer in layers]}
        for kind, row in net.items()
        if any(amount != 0.0 for amount in row.values())
    ]
    total = [sum(row["net"][column] for row in rows) for column in range(len(layers))]
    return {"layers": layers, "rows": rows, "total": total}
