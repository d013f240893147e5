"""Answers taken out of a run's document: the opening position, and traces either way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cardhouse.analysis.tracing import forward_trace
from cardhouse.errors import InputError, did_you_mean

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


def trace_to(document: Document, entity: str) -> dict[str, Any]:
    """Return who ultimately paid an entity's receipts in the base quarter."""
    traced = document["trace"]
    if entity not in traced:
        raise InputError(
            f"there is no trace to '{entity}': no such entity sells anything in this economy."
            f"{did_you_mean(entity, traced)} Known are {', '.join(sorted(traced))}."
        )
    receipts = _receipts(document, entity)
    bounds = document.get("trace_bounds", {}).get(entity, {})
    parts = [
        _part(source, share, share * receipts, bounds.get(source))
        for source, share in sorted(traced[entity].items(), key=lambda item: -item[1])
    ]
    returned = document.get("trace_round_trip_usd_bn", {}).get(entity, 0.0)
    quarter = document["manifest"]["base_quarter"]
    return {
        "schema": "cardhouse/trace/1",
        "manifest": dict(document["manifest"]),
        "direction": "to",
        "entity": entity,
        "usd_bn": receipts,
        "round_trip_usd_bn": returned,
        "parts": parts,
        "sentence": f"Who ultimately pays {entity}'s {receipts:.1f} bn of sales in {quarter}",
        "note": (
            "Money in a purse is mixed and followed pro rata; least and most are what any other "
            f"way of following it allows. Of its own money {returned:.2f} bn come back to it."
        ),
    }


def _receipts(document: Document, entity: str) -> float:
    """Return what an entity received from sales in the base quarter."""
    traced: Mapping[str, float] = document.get("trace_receipts_usd_bn", {})
    revenue = {one["id"]: _first(one["revenue"]) or 0.0 for one in document["entities"]}
    return traced.get(entity, revenue.get(entity, 0.0))


def _part(
    who: str, share: float, dollars: float, bounds: Sequence[float] | None = None
) -> dict[str, Any]:
    least, most = bounds or (None, None)
    return {"who": who, "share": share, "usd_bn": dollars, "least": least, "most": most}


def trace_from(document: Document, source: str) -> dict[str, Any]:
    """Return where the dollars that a source paid in the base quarter end."""
    flows = list(_purse_flows(document))
    kinds = {one["id"]: one["kind"] for one in document["entities"]}
    payers = sorted({payer for payer, _, _ in flows})
    if source not in payers:
        raise InputError(
            f"'{source}' pays nothing in the base quarter.{did_you_mean(source, payers)} "
            f"Payers are {', '.join(payers)}."
        )
    outside = [payer for payer in payers if kinds.get(payer, OUTSIDE) not in PURSES]
    ends = forward_trace(flows, source, [one for one in outside if one != source])
    shares = {**ends.paid, **{f"{who} (kept)": share for who, share in ends.kept.items()}}
    if ends.circling > 0.0:
        shares["goes round in a circle"] = ends.circling
    parts = [
        _part(who, share, share * ends.dollars)
        for who, share in sorted(shares.items(), key=lambda item: -item[1])
    ]
    quarter = document["manifest"]["base_quarter"]
    return {
        "schema": "cardhouse/trace/1",
        "manifest": dict(document["manifest"]),
        "direction": "from",
        "entity": source,
        "usd_bn": ends.dollars,
        "round_trip_usd_bn": None,
        "parts": parts,
        "sentence": f"Where the {ends.dollars:.1f} bn that {source} paid in {quarter} end",
        "note": "Every purse that money passes pays it on pro rata; what it keeps ends there.",
    }


def _purse_flows(document: Document) -> Iterator[tuple[str, str, float]]:
    """Yield row 0's payments between purses; a division's purse is its parent's."""
    purse = {
        one["id"]: one["parent"] or one["id"] if one["kind"] == "division" else one["id"]
        for one in document["entities"]
    }
    for payer, payee, amount in _base_flows(document):
        giver, taker = purse.get(payer, payer), purse.get(payee, payee)
        if amount < 0.0:
            giver, taker = taker, giver
        if giver != taker:
            yield giver, taker, abs(amount)
