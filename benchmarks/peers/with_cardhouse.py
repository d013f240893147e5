"""The model as a cardhouse world: the same chain in contracts, run by all of the engine's laws.

Nothing is left out of the engine: laws of plant, programs, funding, settlement, default and
confidence run and find nothing to do. Few peers do as much.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from chain_model import PRICE_SPEED, PRICE_STEP, Economy

from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.shocks import Shocks, calm
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Entity, Firm, Line, World

OUTSIDE = ("labour", "energy", "tax", "shareholders", "default_costs", "other_business")
PARAMETERS = {"price_speed": PRICE_SPEED, "price_step": PRICE_STEP, "price_pull": 0.0}


def world_of(economy: Economy) -> World:
    """Return the economy as entities and contracts."""
    firms, lines = ([f"{kind}{at}" for at in range(economy.firms)] for kind in ("firm", "line"))
    entities = [Entity("users", "Users", E.SEGMENT, "users")]
    entities += [Entity(name, name, E.FIRM, "firms") for name in firms]
    entities += [
        Entity(line, line, E.LINE, "firms", line, firm)
        for firm, line in zip(firms, lines, strict=True)
    ]
    entities += [Entity(name, name, E.OUTSIDE, "outside") for name in OUTSIDE]
    return World(
        economy="chain",
        base="2025Q2",
        as_of="2026-11-01",
        entities=tuple(entities),
        lines=tuple(
            Line(line, "goods", fixed_pass_through=float(share))
            for line, share in zip(lines, economy.pass_through, strict=True)
        ),
        firms=tuple(
            Firm(firm, cash=float(cash)) for firm, cash in zip(firms, economy.cash, strict=True)
        ),
        pools=(),
        contracts=(*_trade(economy, lines), *_costs(economy, firms, lines)),
        parameters=PARAMETERS,
    )


def _trade(economy: Economy, lines: list[str]) -> list[Contract]:
    """Return sales to users and purchases from each other."""
    sales = []
    for at, line in enumerate(lines):
        terms = {
            name: float(getattr(economy, name)[at])
            for name in ("elasticity", "growth", "growth_end", "half_life")
        }
        sales.append(Contract(K.SALE, "users", line, float(economy.demand[at]), terms))
    bought = economy.intensity * economy.volume[economy.buyer]
    links = zip(economy.buyer, economy.seller, bought, strict=True)
    return sales + [
        Contract(K.INPUT, lines[buyer], lines[seller], float(amount))
        for buyer, seller, amount in links
    ]


def _costs(economy: Economy, firms: list[str], lines: list[str]) -> list[Contract]:
    """Return other cost, fixed cost and tax of the base quarter."""
    volume = economy.volume
    per_unit = economy.inputs.sum(axis=1) + economy.variable
    tax = economy.tax_rate * (volume - per_unit * volume - economy.fixed)
    out = []
    for at, (firm, line) in enumerate(zip(firms, lines, strict=True)):
        out += [
            Contract(K.COST, line, "labour", float(economy.variable[at] * volume[at])),
            Contract(K.COST, line, "energy", float(economy.fixed[at]), {"fixed": 1.0}),
            Contract(K.TAX, firm, "tax", float(tax[at])),
        ]
    return out


@cache
def _chain_of(economy: Economy) -> Chain:
    """Return the economy compiled to arrays, once: a study compiles a world once, too."""
    return compile_chain(world_of(economy))


def setting(economy: Economy, shocks: np.ndarray) -> tuple[Chain, Drivers, Shocks]:
    """Return the chain, drivers that change nothing, and the shocks."""
    chain = _chain_of(economy)
    quarters, paths, _ = shocks.shape
    still = calm(chain, quarters - 1, paths)
    return (
        chain,
        neutral(chain, quarters - 1),
        Shocks(demand=shocks, supply=still.supply, price=still.price),
    )


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm), from the readable numpy engine."""
    chain, drivers, moved = setting(economy, shocks)
    found = simulate(chain, drivers, shocks=moved, paths=shocks.shape[1])
    cash = np.stack([state.cash for state in found.states])
    return cash, np.stack([record.revenue for record in found.records])


def run_compiled(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the same from the compiled engine on one thread."""
    return _compiled(economy, shocks, threads=1)


def run_threads(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the same from the compiled engine on two threads."""
    return _compiled(economy, shocks, threads=2)


def _compiled(
    economy: Economy, shocks: np.ndarray, *, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return cash and revenue, each (quarter, path, firm), from the compiled engine."""
    from cardhouse.engine.kernel.simulate import run_compiled as compiled

    chain, drivers, moved = setting(economy, shocks)
    kept = compiled(
        chain,
        drivers,
        keep=("cash", "revenue"),
        shocks=moved,
        paths=shocks.shape[1],
        threads=threads,
    )
    return np.swapaxes(kept["cash"], 0, 1), np.swapaxes(kept["revenue"], 0, 1)
