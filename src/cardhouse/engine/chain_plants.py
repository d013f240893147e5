"""Plant at row 0: gross, net and life as filed, and the vintages that they imply."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Plants
from cardhouse.engine.names import Names, Rows
from cardhouse.engine.sums import per_unit, ratio
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import Plant, World

BISECTIONS = 200
STEEPEST = 600.0  # log growth over a life beyond which all plant is of one age


def compile_plants(world: World, names: Names, rows: Rows, volume: Array) -> Plants:
    """Return the plant of all lines (line,); zeros where a line owns none."""
    plants = [line.plant for line in world.lines]

    def of(name: str, empty: float) -> Array:
        values = [empty if plant is None else float(getattr(plant, name)) for plant in plants]
        return np.array(values, dtype=float)

    from_line = rows.matrix(ContractKind.CAPEX, names.line, names.line)
    from_outside = rows.matrix(ContractKind.CAPEX, names.line, names.node)
    plan = from_line.sum(axis=1) + from_outside.sum(axis=1)
    owned = np.array([plant is not None for plant in plants], dtype=bool)
    gross, net, worn = of("gross", 0.0), of("net", 0.0), of("depreciation", 0.0)
    life = of("life_quarters", 24.0)
    opening_life = _opening_life(gross, worn, life)
    utilisation = of("target_utilisation", 1.0)
    return Plants(
        owned=owned,
        gross=gross,
        net=net,
        depreciation=worn,
        life=life,
        opening_life=opening_life,
        vintages=_vintages(gross, net, opening_life),
        lead=of("lead_quarters", 1.0).astype(np.int64),
        capital_intensity=of("capital_intensity", 1.0),
        utilisation=utilisation,
        capacity=np.where(owned, volume / utilisation, 0.0),
        under_way=of("orders_under_way", 0.0),
        plan=plan,
        plan_growth=of("plan_growth", 0.0),
        guidance=_guidance(plants),
        from_line=per_unit(from_line, plan),
        from_outside=per_unit(from_outside, plan),
    )


def _opening_life(gross: Array, worn: Array, life: Array) -> Array:
    """Return quarters over which plant of row 0 is written off: gross over depreciation."""
    known = (gross > 0) & (worn > 0)
    implied = np.where(known, gross, 1.0) / np.where(known, worn, 1.0)
    return np.asarray(np.where(known, np.clip(implied, 1.0, 400.0), life))


def _vintages(gross: Array, net: Array, life: Array) -> Array:
    """Return cost by age (age, line), as if plant had been bought at a steady rate of growth.

    The rate is the one at which net over gross comes out as filed; plant of life L that was
    bought in equal amounts stands at (L + 1)/2L. Where no rate gives so little net, cost is cut.
    """
    ages = np.minimum(np.arange(np.ceil(life.max(initial=1.0)), dtype=float)[:, None], life)
    in_service = np.clip(life - ages, 0.0, 1.0)
    left = np.clip(1.0 - ages / life, 0.0, 1.0)
    bought = np.exp(-_steady_growth(ages, in_service, left, ratio(net, gross), life) * ages)
    bought = bought * (in_service > 0)
    cost = bought * gross / (bought * in_service).sum(axis=0)
    return np.asarray(cost * np.minimum(1.0, ratio(net, (cost * left).sum(axis=0))))


def _steady_growth(
    ages: Array, in_service: Array, left: Array, wanted: Array, life: Array
) -> Array:
    """Return the growth rate of past purchases at which net over gross is as wanted (line,)."""
    low, high = -STEEPEST / life, STEEPEST / life
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        bought = np.exp(-middle * ages) * (in_service > 0)
        short = (bought * left).sum(axis=0) < wanted * (bought * in_service).sum(axis=0)
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(0.5 * (low + high))


def _guidance(plants: list[Plant | None]) -> Array:
    """Return guided growth of capex by quarter ahead (quarter, line); NaN where there is none."""
    longest = max((len(plant.guidance) for plant in plants if plant), default=0)
    out = np.full((longest, len(plants)), np.nan)
    for number, plant in enumerate(plants):
        if plant is not None:
            out[: len(plant.guidance), number] = plant.guidance
    return out
