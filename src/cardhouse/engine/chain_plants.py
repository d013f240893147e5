"""Plant at row 0: gross, net and life as filed, and the vintages that they imply."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Mask, Plants
from cardhouse.engine.names import Names, Rows
from cardhouse.engine.sums import covered, per_unit, ratio
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import Plant, PlantPart, World

BISECTIONS = 200
DIGITS = 10
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
    parts = _parts(plants)
    share, life = parts["share"], parts["life"]
    opening_life, stock = _opening_lives(gross, worn, share, life)
    utilisation = of("target_utilisation", 1.0)
    return Plants(
        owned=owned,
        gross=gross,
        net=net,
        depreciation=worn,
        share=share,
        life=life,
        opening_life=opening_life,
        vintages=_vintages_of_owners(owned, stock, net, opening_life),
        lead=parts["lead"].astype(np.int64),
        ages_fast=parts["ages_fast"],
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


def _parts(plants: list[Plant | None]) -> dict[str, Array]:
    """Return the mix of each line's plant (part, line); one part where none is told apart."""
    mixes = [_mix(plant) for plant in plants]
    most = max(len(mix) for mix in mixes)
    shape = most, len(plants)
    out = {"share": np.zeros(shape), "ages_fast": np.zeros(shape)}
    out |= {"life": np.ones(shape), "lead": np.ones(shape)}
    for line, mix in enumerate(mixes):
        for number, part in enumerate(mix):
            out["share"][number, line] = part.share
            out["life"][number, line] = part.life_quarters
            out["lead"][number, line] = part.lead_quarters
            out["ages_fast"][number, line] = part.ages_fast
    return out


def _mix(plant: Plant | None) -> tuple[PlantPart, ...]:
    """Return the parts of a plant, or the whole as one part."""
    if plant is None:
        return (PlantPart("", 1.0, 24.0, 1),)
    whole = PlantPart("", 1.0, plant.life_quarters, plant.lead_quarters)
    return plant.parts or (whole,)


def _opening_lives(gross: Array, worn: Array, share: Array, life: Array) -> tuple[Array, Array]:
    """Return lives of the plant of row 0, and its gross cost, by part (part, line).

    Gross is split as a steady stream of capex would leave it: by share times life. All lives are
    then stretched alike, so that depreciation of row 0 comes out as filed.
    """
    weight = share * life
    stock = gross * weight / weight.sum(axis=0)
    known = (gross > 0) & (worn > 0)
    steady = (stock / life).sum(axis=0)
    stretch = np.where(known, steady, 1.0) / np.where(known, worn, 1.0)
    # A life that is whole but for rounding must not keep one vintage more in another currency.
    stretched = np.round(np.clip(life * stretch, 1.0, 400.0), DIGITS)
    return np.asarray(np.where(known, stretched, life)), stock


def _vintages_of_owners(owned: Mask, stock: Array, net: Array, life: Array) -> Array:
    """Return cost by age (part, age, line), worked out of the lines that own plant alone.

    Sums run over rows in order where several lines lie side by side; of one line alone they would
    be taken in another order, and leave other last digits.
    """
    oldest = np.ceil(life.max(initial=1.0))
    if owned.sum() < 2:
        return _vintages(stock, net, life, oldest)
    out = np.zeros((len(life), int(oldest), len(net)))
    stock, net, life = (np.ascontiguousarray(one[..., owned]) for one in (stock, net, life))
    out[..., owned] = _vintages(stock, net, life, oldest)
    return out


def _vintages(stock: Array, net: Array, life: Array, oldest: float) -> Array:
    """Return cost by age (part, age, line), as if plant had been bought at a steady growth rate.

    The rate is the one at which net over gross comes out as filed; plant of life L that was
    bought in equal amounts stands at (L + 1)/2L. Where no rate gives so little net, cost is cut.
    """
    span = life[:, None, :]
    ages = np.minimum(np.arange(oldest)[None, :, None], span)
    in_service = np.clip(span - ages, 0.0, 1.0)
    serves, left = in_service > 0, np.clip(1.0 - ages / span, 0.0, 1.0)
    low, high = -STEEPEST / life.max(axis=0), STEEPEST / life.max(axis=0)
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        short = (_bought(stock, ages, in_service, serves, middle) * left).sum(axis=(0, 1)) < net
        after = np.where(short, middle, low), np.where(short, high, middle)
        if (after[0] == low).all() and (after[1] == high).all():
            break  # there is no number between them: further halving changes nothing
        low, high = after
    cost = _bought(stock, ages, in_service, serves, 0.5 * (low + high))
    return np.asarray(cost * covered(net, (cost * left).sum(axis=(0, 1)), 0.0))


def _bought(stock: Array, ages: Array, in_service: Array, serves: Mask, growth: Array) -> Array:
    """Return cost by age of plant whose cost in service is `stock` (part, age, line)."""
    bought = np.exp(-growth * ages) * serves
    return np.asarray(bought * ratio(stock, (bought * in_service).sum(axis=1))[:, None, :])


def _guidance(plants: list[Plant | None]) -> Array:
    """Return guided growth of capex by quarter ahead (quarter, line); NaN where there is none."""
    longest = max((len(plant.guidance) for plant in plants if plant), default=0)
    out = np.full((longest, len(plants)), np.nan)
    for number, plant in enumerate(plants):
        if plant is not None:
            out[: len(plant.guidance), number] = plant.guidance
    return out
