"""Rows of the document for who there is: entities and tiers, series over quarters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.buyers import bought_by_segments
from cardhouse.analysis.parts import ai_lines
from cardhouse.engine.chain import Array, Chain, Index, Mask
from cardhouse.engine.links import summed
from cardhouse.engine.per_chain import PerChain
from cardhouse.engine.resolution import OUTCOMES
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import Entity
from cardhouse.studies.views import PARENT, Unit, View, numbers, units_in

Row = dict[str, Any]

STRESSED_FROM = 0.1
"""Stress from which a firm counts as stressed: a tenth of what it needs did not come."""

STATUS = ("active", "stressed", "restructured", "rescued", "in_default", "gone")
"""How a firm can stand at the end of a quarter."""

MONEY = ("revenue", "full_cost", "operating_result", "cash_result")
TIER_SERIES = ("revenue", "full_cost", "operating_result", "capex", "cash_result", "raised")
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
    sums = tier_sums(view)
    losing = _home_sums(view, (view.result < 0).astype(float))
    return [
        {
            "tier": tier,
            **{name: numbers(sums[name][:, at]) for name in TIER_SERIES},
            "loss_making_firms": losing[:, at].tolist(),
        }
        for at, tier in enumerate(tiers_of(view))
    ]


def tiers_of(view: View) -> tuple[str, ...]:
    """Return the tiers of a run, in the order in which its world first names them."""
    return _tier_parts.of(view.chain).tiers


def tier_sums(view: View) -> dict[str, Array]:
    """Return the series of `TIER_SERIES` (quarter, tier), tiers in the order of `tier_rows`."""
    books, costs, full = view.books, view.costs, view.ledger.full_cost
    of_lines = costs.cash_cost + costs.noncash_cost
    result = books.line_revenue - of_lines + costs.interest
    firm_capex = books.per_firm(books.capex)
    return {
        "revenue": _sums(view, books.revenue, books.line_revenue),
        "full_cost": _sums(view, full, of_lines),
        "operating_result": _sums(view, view.operating_result, result),
        "capex": _sums(view, firm_capex, books.capex),
        "cash_result": _home_sums(view, books.cash_result),
        "raised": _home_sums(view, books.raised),
    }


def _sums(view: View, of_firms: Array, of_lines: Array) -> Array:
    """Add up what units have (quarter, tier), given for firms and for lines (quarter, ...)."""
    parts = _tier_parts.of(view.chain)
    lines, division = parts.lines
    divisions = summed(of_lines[:, lines], division, len(parts.division_at))
    units = np.empty((len(of_firms), len(view.units)))
    units[:, parts.firm_at], units[:, parts.division_at] = of_firms[:, parts.firms], divisions
    unit, sign, tier = parts.entries
    return summed(units[:, unit] * sign, tier, len(parts.tiers))


def _home_sums(view: View, of_firms: Array) -> Array:
    """Add up what firms have (quarter, firm) over the tiers that they belong to (quarter, tier)."""
    parts = _tier_parts.of(view.chain)
    firms = np.flatnonzero(parts.home >= 0)
    return summed(of_firms[:, firms], parts.home[firms], len(parts.tiers))


@dataclass(frozen=True)
class TierParts:
    """Which units count in which tier, by place.

    Attributes
    ----------
    tiers
        In the order in which the world first names them.
    home
        The tier of each firm (firm,), -1 where it has none.
    firm_at, firms
        The units that are purses, and the firm of each.
    division_at, lines
        The units that are divisions; their lines, and which of the divisions each line is of.
    entries
        Units that count in a tier: unit, sign, tier; in the order of the units.
    """

    tiers: tuple[str, ...]
    home: Index
    firm_at: Index
    firms: Index
    division_at: Index
    lines: tuple[Index, Index]
    entries: tuple[Index, Array, Index]


def _parts_of(chain: Chain) -> TierParts:
    """Return which units of a chain count in which tier."""
    world = chain.world
    order = dict.fromkeys(
        entity.tier
        for entity in world.entities
        if entity.tier and entity.kind is not EntityKind.OUTSIDE
    )
    tiers, units = tuple(order), units_in(chain)
    homes = [world.entity(name).tier for name in chain.firm_ids]
    own = [at for at, unit in enumerate(units) if unit.is_firm]
    divisions = [at for at, unit in enumerate(units) if not unit.is_firm]
    of_division = [units[at].lines for at in divisions]
    counts = [
        (at, _counts(homes[unit.firm], unit, tier), number)
        for at, unit in enumerate(units)
        for number, tier in enumerate(tiers)
    ]
    unit, sign, tier_at = np.array([one for one in counts if one[1]]).reshape(-1, 3).T
    return TierParts(
        tiers,
        np.array([tiers.index(one) if one in order else -1 for one in homes], dtype=np.int64),
        np.array(own, dtype=np.int64),
        np.array([units[at].firm for at in own], dtype=np.int64),
        np.array(divisions, dtype=np.int64),
        (
            np.concatenate([np.zeros(0, dtype=np.int64), *of_division]),
            np.repeat(np.arange(len(divisions)), [len(one) for one in of_division]),
        ),
        (unit.astype(np.int64), sign.astype(float), tier_at.astype(np.int64)),
    )


_tier_parts: PerChain[TierParts] = PerChain(_parts_of)


def _counts(home: str, unit: Unit, tier: str) -> int:
    """Return how a unit enters a tier: a parent counts, and its divisions move to their own."""
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
    return np.asarray(np.array(STATUS)[status_places(view)[:, firms]])


def status_places(view: View) -> Index:
    """Return how firms stand at the ends of quarters (quarter, firm), as places in `STATUS`."""
    of_state, of_record = view.trajectory.of_state, view.trajectory.of_record
    outcome = np.array([STATUS.index(one) if one in STATUS else 0 for one in OUTCOMES])[
        of_record("outcome")
    ]
    places = np.where(of_state("stress") >= STRESSED_FROM, STATUS.index("stressed"), 0)
    places = np.where(of_state("restructured"), STATUS.index("restructured"), places)
    places = np.where(outcome > 0, outcome, places)
    ended = np.where(of_record("failed"), STATUS.index("in_default"), STATUS.index("gone"))
    return np.where(of_state("alive"), places, ended)


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
    if entity.kind is EntityKind.SEGMENT:
        row["buys"] = bought_by_segments(view.chain)[entity.id]
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
