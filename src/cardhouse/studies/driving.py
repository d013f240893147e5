"""From a scenario to the engine's drivers: which arrays a lever moves, for whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.per_chain import PerChain
from cardhouse.errors import ScenarioError
from cardhouse.model.scenario import Event, Lever, Scenario
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import World
from cardhouse.studies.lever_paths import check_entities, lever_paths
from cardhouse.studies.levers import driver_values, find_lever, load_levers, parse_selector

Mask = NDArray[np.bool_]

RATES = {"input_use": ("input_use", 1.0), "efficiency": ("use_as_input", -1.0)}
"""Channels of growth rates: the driver that they add to, and the sign.

More inputs per unit sold, or more use out of a unit of a seller's output.
"""

_AXES: dict[str, tuple[str, ...]] = {
    "pool": ("pool_supply",),
    "firm": ("strategic_supply", "other_business", "program"),
    "line": ("price", "margin_stance", "plant_life", "capex_plan", "input_use", "efficiency"),
    "sale": ("demand_level", "demand_growth", "demand_ceiling", "willingness"),
}
AXIS_OF = {channel: axis for axis, channels in _AXES.items() for channel in channels}
"""The axis beside the quarter of each channel; channels that are not listed have none."""


def drivers_of(chain: Chain, scenario: Scenario, quarters: int) -> Drivers:
    """Return the drivers of `quarters` simulated quarters that a scenario asks for.

    Parameters
    ----------
    chain
        The compiled world: levers find their entities by its labels and products.
    scenario
        What is moved and what happens; the baseline gives neutral drivers.
    quarters
        Number of simulated quarters, 1 to 400.

    Raises
    ------
    ScenarioError
        When a lever or value is not valid, or an event names something that is no firm.
    """
    drivers = neutral(chain, quarters)
    for name, path in lever_paths(scenario, quarters).items():
        lever = load_levers()[name]
        _move(drivers, chain, lever, driver_values(lever, path))
    _check_events(chain.world, scenario)
    for event in scenario.events:
        drivers.removed[event.at, _firms_named(chain, event.entity)] = True
    return drivers


def _firms_named(chain: Chain, name: str) -> list[int]:
    """Return the firm of this name, or in an expanded world the members of this population."""
    members = chain.world.members
    return [at for at, firm in enumerate(chain.firm_ids) if name in (firm, members.get(firm, firm))]


def check_reach(chain: Chain, levers: Iterable[str]) -> None:
    """Refuse levers that would move nothing because the economy has no such entity.

    Raises
    ------
    ScenarioError
        The first such lever, with what it looks for.
    """
    for name in levers:
        lever = find_lever(name)
        if not reaches(chain, lever):
            raise ScenarioError(
                f"lever '{name}' moves nothing in economy '{chain.world.economy}': it has nothing "
                f"with {lever.selector.replace('=', ' ')}. Leave the lever out."
            )


def idle_levers(chain: Chain, scenario: Scenario) -> list[str]:
    """Return the levers that a scenario moves and that find nothing to move in an economy.

    A scenario may be written for many economies, so that this is told and not refused.
    """
    moved = dict.fromkeys([*scenario.levers, *(shock.lever for shock in scenario.shocks)])
    return [name for name in moved if not reaches(chain, find_lever(name))]


def reaches(chain: Chain, lever: Lever) -> bool:
    """Tell whether the economy has anything that the lever moves."""
    mask = _selected(chain, lever)
    return mask is None or bool(mask.any())


def _move(drivers: Drivers, chain: Chain, lever: Lever, values: Array) -> None:
    """Apply one lever's values over quarters (quarter,) to the driver that it moves."""
    mask = _selected(chain, lever)
    whole = values if mask is None else values[:, None]
    places = (slice(None),) if mask is None else (slice(None), mask)
    if lever.channel in RATES:
        # The engine adds log rates: a gain of e a quarter divides what a use takes by 1 + e.
        driver, sign = RATES[lever.channel]
        getattr(drivers, driver)[places] += sign * np.log1p(whole)
        return
    array: Array = getattr(drivers, lever.channel)
    array[places] = array[places] * whole if lever.kind == "factor" else _over(array[places], whole)


def _over(standing: Array, level: Array) -> Array:
    """Return a level where it has moved from the base quarter's, and what stands elsewhere.

    Several levers may set one driver, a narrow one after a wide one.
    """
    base = np.broadcast_to(level[:1], level.shape)
    still = (level == base) | (np.isnan(level) & np.isnan(base))
    return np.asarray(np.where(still, standing, level))


def _selected(chain: Chain, lever: Lever) -> Mask | None:
    """Return whom a lever moves along its channel's axis; None where there is no axis."""
    axis = AXIS_OF.get(lever.channel)
    if axis is None:
        return None
    known, key = _found.of(chain), (axis, lever.selector)
    if key not in known:
        attribute, wanted = parse_selector(lever)
        names = _NAMES[axis]
        found = names[attribute or next(iter(names))](chain)
        known[key] = np.array([not wanted or name in wanted for name in found], dtype=bool)
    return known[key]


_found: PerChain[dict[tuple[str, str], Mask]] = PerChain(lambda _: {})
"""Whom selectors find along an axis, by axis and selector."""


def _pool_labels(chain: Chain) -> list[str]:
    return [chain.world.by_id[pool.id].label or pool.id for pool in chain.world.pools]


def _firm_labels(chain: Chain) -> list[str]:
    by_id = chain.world.by_id
    return [by_id[name].label for name in chain.firm_ids]


def _line_products(chain: Chain) -> list[str]:
    return [line.product for line in chain.world.lines]


def _owner_labels(chain: Chain) -> list[str]:
    labels = _firm_labels(chain)
    return [labels[firm] for firm in chain.firm_of_line]


def _sale_labels(chain: Chain) -> list[str]:
    by_id = chain.world.by_id
    return [by_id[chain.node_ids[node]].label for node in chain.sales.segment]


def _sold_products(chain: Chain) -> list[str]:
    products = _line_products(chain)
    return [products[line] for line in chain.sales.line]


_NAMES: Mapping[str, Mapping[str, Callable[[Chain], list[str]]]] = {
    "pool": {"label": _pool_labels},
    "firm": {"label": _firm_labels},
    "line": {"product": _line_products, "label": _owner_labels},
    "sale": {"label": _sale_labels, "product": _sold_products},
}
"""What a lever's selector is held against, by axis and attribute.

Labels of entities (of a line: its firm; of a sale: the segment), products of lines.
"""

ATTRIBUTES = {axis: tuple(names) for axis, names in _NAMES.items()}
"""By what a lever may select along each axis."""


def _check_events(world: World, scenario: Scenario) -> None:
    """Refuse events that name nobody, or a part of a firm: the parent is the purse."""
    if not scenario.events:
        return
    populations = set(world.members.values())
    check_entities(scenario, [*(entity.id for entity in world.entities), *populations])
    for event in scenario.events:
        entity = world.by_id.get(event.entity)
        if entity is not None and entity.kind is not EntityKind.FIRM:
            raise ScenarioError(_not_a_firm(world, scenario, event))


def _not_a_firm(world: World, scenario: Scenario, event: Event) -> str:
    kind = world.by_id[event.entity].kind
    purse = world.purse_of(event.entity)
    advice = f"Name the firm that owns it, '{purse}'." if purse != event.entity else "Name a firm."
    return (
        f"scenario '{scenario.id}': event '{event.event}' at t+{event.at} names "
        f"'{event.entity}', which is a {kind.value}; only a firm has a purse to fail. {advice}"
    )
