"""Rows of the document for who there is: entities and tiers, series over quarters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.parts import ai_lines
from cardhouse.engine.chain import Array, Mask
from cardhouse.engine.resolution import OUTCOMES
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import Entity
from cardhouse.studies.views import PARENT, Unit, View, numbers

Row = dict[str, Any]

STRESSED_FROM = 0.1
"""Stress from which a firm counts as stressed: a tenth of what it needs did not come."""

MONEY = ("revenue", "full_cost", "operating_result", "cash_result")
SUMMED = ("revenue", "full_cost", "operating_result", "capex")
POSITIONS = ("cash", "debt", "raised")


def entity_rows(view: View) -> list[Row]:
    """Return a row for every entity that the document shows, in the world's order."""
    rows: list[Row] = []
    for entity in view.chain.world.entities:
        if entity.kind is EntityKind.FIRM:
            units = [unit for unit in view.units if view.chain.firm_ids[unit.firm] == entity.id]
            rows += [_unit_row(view, unit) for unit in units]
        elif entity.kind in (EntityKind.SEGMENT, EntityKind.POOL, EntityKind.OUTSIDE):
            rows.append(_account_row(view, entity))
    return [*rows, *_other_businesses(view)]


def tier_rows(view: View) -> list[Row]:
    """Return sums by tier, tiers in the order in which the world first names them.

    Lines count in the tier of their division, or of their firm where it has none; what a firm has
    beside its lines, and its purse, count in the tier of the firm.
    """
    order = dict.fromkeys(
        entity.tier
        for entity in view.chain.world.entities
        if entity.tier and entity.kind is not EntityKind.OUTSIDE
    )
    return [{"tier": tier, **_tier_series(view, tier)} for tier in order]


def _tier_series(view: View, tier: str) -> Row:
    zero = np.zeros(view.books.rows)
    flows: dict[str, Array] = dict.fromkeys(
        ("revenue", "full_cost", "operating_result", "capex"), zero
    )
    for unit in view.units:
        sign = _counts(view, unit, tier)
        if sign:
            series = _operations(view, unit)
            flows = {name: flows[name] + sign * series[name] for name in flows}
    inside = np.array([view.tier_of(firm) == tier for firm in range(view.books.firms)], dtype=bool)
    return {
        **{name: numbers(values) for name, values in flows.items()},
        "cash_result": numbers(view.books.cash_result[:, inside].sum(axis=1)),
        "raised": numbers(view.books.raised[:, inside].sum(axis=1)),
        "loss_making_firms": (view.result[:, inside] < 0).sum(axis=1).astype(float).tolist(),
    }


def _counts(view: View, unit: Unit, tier: str) -> int:
    """Return how a unit enters a tier: a parent counts, and its divisions move to their own."""
    home = view.tier_of(unit.firm)
    if unit.is_firm:
        return int(home == tier)
    return int(unit.entity.tier == tier) - int(home == tier)


def _operations(view: View, unit: Unit) -> dict[str, Array]:
    """Return revenue, costs, results and capex of a unit (quarter,)."""
    books, costs, lines = view.books, view.costs, unit.lines
    capex = books.capex[:, lines].sum(axis=1)
    if unit.is_firm:
        return {
            "revenue": books.revenue[:, unit.firm],
            "full_cost": view.ledger.full_cost[:, unit.firm],
            "operating_result": view.operating_result[:, unit.firm],
            "cash_result": books.cash_result[:, unit.firm],
            "capex": capex,
        }
    revenue = books.line_revenue[:, lines].sum(axis=1)
    cash_cost = costs.cash_cost[:, lines].sum(axis=1)
    full_cost = cash_cost + costs.noncash_cost[:, lines].sum(axis=1)
    return {
        "revenue": revenue,
        "full_cost": full_cost,
        "operating_result": revenue - full_cost + costs.interest[:, lines].sum(axis=1),
        "cash_result": revenue - cash_cost - capex,
        "capex": capex,
    }


def _unit_row(view: View, unit: Unit) -> Row:
    """Return the row of a firm, a consolidated parent or a division."""
    entity = unit.entity
    parent = "" if unit.is_firm else view.chain.firm_ids[unit.firm]
    row = {**_words(entity, unit.kind, parent), "ai": bool(ai_lines(view.chain)[unit.lines].any())}
    if unit.kind == PARENT:
        row["includes"] = list(unit.includes)
    row |= {name: numbers(values) for name, values in _operations(view, unit).items()}
    row |= {name: numbers(values) for name, values in _purse(view, unit).items()}
    row["price"] = numbers(_price(view, unit))
    row["status"] = _status(view, unit.firm)
    row["default_quarter"] = default_quarter(view, unit.firm)
    return row | _members(view, entity)


def _members(view: View, entity: Entity) -> Row:
    """Return how many members a population has, and how they fare."""
    found = view.fates.get(entity.id)
    if found is None:
        return {}
    return {
        "members": len(found.members),
        "alive": found.alive.sum(axis=1).tolist(),
        "defaults": found.failed.sum(axis=1).tolist(),
        "lost": numbers(found.lost.sum(axis=1)),
    }


def member_rows(view: View) -> list[Row]:
    """Return a row for each member of each population; they stand in no sum."""
    return [
        {
            "id": name,
            "population": found.population,
            "revenue": numbers(found.revenue[:, at]),
            "cash": numbers(found.cash[:, at]),
            "alive": found.alive[:, at].tolist(),
            "default_quarter": _first(view, found.failed[:, at]),
        }
        for found in view.fates.values()
        for at, name in enumerate(found.members)
    ]


def _first(view: View, failed: Mask) -> str | None:
    """Return the first quarter in which something happened, None when it did not."""
    at = np.flatnonzero(failed)
    return view.quarters[int(at[0])] if at.size else None


def _purse(view: View, unit: Unit) -> Mapping[str, Array]:
    """Return the purse's series; a division has none, its parent is the purse."""
    if not unit.is_firm:
        return {name: np.zeros(0) for name in POSITIONS}
    books, firm = view.books, unit.firm
    other = books.received_of((Kind.OTHER_BUSINESS,)) - books.paid_of((Kind.OTHER_BUSINESS,))
    return {
        "cash": books.cash[:, firm],
        "debt": books.debt[:, firm].sum(axis=1),
        "raised": books.raised[:, firm],
        "other_business": other[:, firm],
    }


def _price(view: View, unit: Unit) -> Array:
    """Return the price index of a unit's output, 1 in the base quarter; NaN without output."""
    made = view.trajectory.of_state("volume")[:, unit.lines]
    value = (made * view.trajectory.of_state("charged")[:, unit.lines]).sum(axis=1)
    made = made.sum(axis=1)
    return np.where(made > 0, value / np.where(made > 0, made, 1.0), np.nan)


def _status(view: View, firm: int) -> list[str]:
    """Return how a firm stands at the end of each quarter."""
    return [str(word) for word in status_words(view, firm)]


def status_words(view: View, firms: int | slice) -> NDArray[np.str_]:
    """Return how a firm (quarter,), or several (quarter, firm), stand at the ends of quarters."""
    failed = view.trajectory.of_record("failed")[:, firms]
    alive = view.trajectory.of_state("alive")[:, firms]
    stressed = view.trajectory.of_state("stress")[:, firms] >= STRESSED_FROM
    held = view.trajectory.of_state("restructured")[:, firms]
    outcome = np.array(OUTCOMES)[view.trajectory.of_record("outcome")[:, firms]]
    words = np.where(stressed, "stressed", "active").astype("U16")
    words = np.where(held, "restructured", words)
    words = np.where(np.isin(outcome, ("restructured", "rescued")), outcome, words)
    return np.where(alive, words, np.where(failed, "in_default", "gone"))


def default_quarter(view: View, firm: int) -> str | None:
    """Return the quarter in which a firm fails, None when it does not."""
    return _first(view, view.trajectory.of_record("failed")[:, firm] > 0)


def _account_row(view: View, entity: Entity) -> Row:
    """Return the row of a segment, a pool or an outside account, with all that it pays."""
    row = _words(entity, entity.kind.value, "")
    node = view.chain.node_ids.index(entity.id)
    paid = np.array([view.books.flows(at)[:, node].sum() for at in range(view.books.rows)])
    nothing = [] if entity.kind is EntityKind.OUTSIDE else [0.0] * view.books.rows
    row |= {name: list(nothing) for name in MONEY}
    row |= {name: [] for name in POSITIONS}
    return {**row, "default_quarter": None, "spending": numbers(paid)}


def _other_businesses(view: View) -> list[Row]:
    """Return a row for each firm's business outside the lines: a source of its own in the trace."""
    earned = view.books.received_of((Kind.OTHER_BUSINESS,))
    rows = []
    for firm in np.flatnonzero(earned.sum(axis=0) > 0):
        owner = view.chain.world.entity(view.chain.firm_ids[firm])
        entity = Entity(
            f"{owner.id}.other_business", f"{owner.name}, other business", EntityKind.OUTSIDE, ""
        )
        row = _words(entity, entity.kind.value, "")
        row |= {name: [] for name in (*MONEY, *POSITIONS)}
        rows.append({**row, "default_quarter": None, "spending": numbers(earned[:, firm])})
    return rows


def _words(entity: Entity, kind: str, parent: str) -> Row:
    return {
        "id": entity.id,
        "name": entity.name,
        "tier": entity.tier,
        "market": entity.market or entity.tier,
        "kind": kind,
        "parent": parent,
    }
