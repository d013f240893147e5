"""An invented economy in which every lever finds something to move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cardhouse.engine.chain import Chain, compile_chain
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Entity, Firm, Line, Pool, Round, World
from strategies import Recipe

PRODUCTS = ("subscription", "api", "compute", "accelerator", "app")
MORE_POOLS = {
    "shares": ("equity", "public_equity"),
    "lenders": ("debt", "private_credit"),
    "partners": ("equity", "strategic"),
}
PARENT, VENDOR = "firm0", "firm3"
SEEKERS = ("firm1", "firm4", "firm5")
LAWS = {"growth": 0.05, "growth_end": 0.01}


def full_world() -> World:
    """Return a burning economy with every label, product, pool and kind of promise."""
    world = Recipe(firms=8, seed=3, stationary=False).world()
    entities = [_labelled(entity) for entity in world.entities]
    entities += [
        Entity(name, name.title(), E.POOL, "capital", label=label)
        for name, (_, label) in MORE_POOLS.items()
    ]
    pools = [replace(pool, base_supply=0.4) for pool in world.pools]
    pools += [
        Pool(name, kind, rate=0.03, base_supply=0.2, asset_leverage=9.0, income_leverage=1e9)
        for name, (kind, _) in MORE_POOLS.items()
    ]
    return replace(
        world,
        entities=tuple(entities),
        lines=tuple(_line(number, line) for number, line in enumerate(world.lines)),
        firms=tuple(_firm(firm) for firm in world.firms),
        pools=tuple(pools),
        contracts=(
            *(_committed(_growing(one)) for one in world.contracts),
            Contract(K.OTHER_BUSINESS, "other_business", PARENT, 0.3),
        ),
        rounds=(*world.rounds, Round("letter", "partners", "firm5", 0.5, 2, probability=0.3)),
    )


def _labelled(entity: Entity) -> Entity:
    label = {PARENT: "parent", VENDOR: "vendor"}.get(entity.id, entity.label)
    return replace(entity, label=label)


def _line(number: int, line: Line) -> Line:
    plant = line.plant and replace(line.plant, plan_growth=0.2)
    return replace(line, product=PRODUCTS[number % len(PRODUCTS)], plant=plant)


def _firm(firm: Firm) -> Firm:
    access = (*firm.access, *MORE_POOLS)
    if firm.id in (PARENT, VENDOR):
        return replace(firm, access=access, cash=20.0, strategic_share=0.5)
    if firm.id in SEEKERS:
        return replace(firm, access=(*access, PARENT, VENDOR), cash=0.1, cash_floor=2.0)
    return replace(firm, access=access)


def _committed(contract: Contract) -> Contract:
    """Return research bought from a line with three times as much of it committed."""
    if contract.kind is not K.PROGRAM or not contract.payee.startswith("line"):
        return contract
    return replace(contract, committed=60.0 * contract.amount)


def _growing(contract: Contract) -> Contract:
    if contract.kind is K.SALE:
        return replace(contract, terms={**contract.terms, **LAWS})
    return contract


@pytest.fixture(scope="session")
def world() -> World:
    return full_world()


@pytest.fixture(scope="session")
def chain(world: World) -> Chain:
    return compile_chain(world)


@pytest.fixture(scope="session")
def invented() -> Callable[..., World]:
    """Return the function that invents worlds."""
    return lambda **recipe: Recipe(**recipe).world()
