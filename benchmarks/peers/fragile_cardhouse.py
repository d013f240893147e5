"""The second model as a cardhouse world: run by all of the engine's laws, unchanged."""

from __future__ import annotations

from functools import cache

import numpy as np
from fragile_model import KEPT, Economy

from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.funding import NO_LIMIT
from cardhouse.engine.shocks import Shocks, calm
from cardhouse.engine.simulate import simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Debt, Entity, Firm, Line, Pool, World

OUTSIDE = ("labour", "energy", "tax", "shareholders", "default_costs", "other_business")


def world_of(economy: Economy) -> World:
    """Return the economy as entities and contracts."""
    firms, lines = ([f"{kind}{at}" for at in range(economy.firms)] for kind in ("firm", "line"))
    entities = [Entity("users", "Users", E.SEGMENT, "users")]
    entities += [Entity(name, name, E.FIRM, "firms") for name in firms]
    entities += [
        Entity(line, line, E.LINE, "firms", f"market{market}", firm)
        for firm, line, market in zip(firms, lines, economy.market, strict=True)
    ]
    entities.append(Entity("bonds", "Bonds", E.POOL, "capital", label="bonds"))
    entities += [Entity(name, name, E.OUTSIDE, "outside") for name in OUTSIDE]
    pool = Pool(
        "bonds",
        "debt",
        rate=economy.rate,
        maturity_quarters=economy.life,
        base_supply=economy.supply,
        asset_leverage=NO_LIMIT,
        income_leverage=economy.income_leverage,
        closes_below=economy.closes_below,
    )
    return World(
        economy="fragile",
        base="2025Q2",
        as_of="2026-11-01",
        entities=tuple(entities),
        lines=tuple(
            Line(line, "goods", fixed_pass_through=float(share))
            for line, share in zip(lines, economy.pass_through, strict=True)
        ),
        firms=tuple(_firm(economy, at, firm) for at, firm in enumerate(firms)),
        pools=(pool,),
        debts=tuple(
            Debt(firm, "bonds", float(amount), economy.rate, economy.life)
            for firm, amount in zip(firms, economy.debt, strict=True)
        ),
        contracts=(
            *_sales(economy, lines),
            *_inputs(economy, lines),
            *_bills(economy, firms, lines),
        ),
    )


def _firm(economy: Economy, at: int, name: str) -> Firm:
    """Return a purse that may ask the pool."""
    return Firm(
        name,
        cash=float(economy.cash[at]),
        access=("bonds",),
        runway_target_quarters=float(economy.runway[at]),
        cash_floor=float(economy.floor[at]),
    )


def _sales(economy: Economy, lines: list[str]) -> list[Contract]:
    """Return sales to users."""
    names = "elasticity", "growth", "growth_end", "half_life"
    return [
        Contract(
            K.SALE,
            "users",
            line,
            float(economy.demand[at]),
            {name: float(getattr(economy, name)[at]) for name in names},
        )
        for at, line in enumerate(lines)
    ]


def _inputs(economy: Economy, lines: list[str]) -> list[Contract]:
    """Return purchases from each other; what nobody makes any more is done without."""
    bought = economy.intensity * economy.volume[economy.buyer]
    return [
        Contract(K.INPUT, lines[buyer], lines[seller], float(amount), {"essential": 0.0})
        for buyer, seller, amount in zip(economy.buyer, economy.seller, bought, strict=True)
    ]


def _bills(economy: Economy, firms: list[str], lines: list[str]) -> list[Contract]:
    """Return other and fixed cost, tax and committed credit of the base quarter."""
    other, tax = economy.variable * economy.volume, economy.tax_rate * economy.profit
    out = []
    for at, (firm, line) in enumerate(zip(firms, lines, strict=True)):
        out += [
            Contract(K.COST, line, "labour", float(other[at])),
            Contract(K.COST, line, "energy", float(economy.fixed[at]), {"fixed": 1.0}),
            Contract(K.TAX, firm, "tax", float(tax[at])),
            Contract(K.CREDIT_LINE, "bonds", firm, 0.0, committed=float(economy.line[at])),
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
    moved = Shocks(demand=shocks, supply=still.supply, price=still.price)
    return chain, neutral(chain, quarters - 1), moved


def run(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return cash, revenue and failures from the readable numpy engine."""
    chain, drivers, moved = setting(economy, shocks)
    found = simulate(chain, drivers, shocks=moved, paths=shocks.shape[1])
    return (
        np.stack([state.cash for state in found.states]),
        np.stack([state.revenue for state in found.states]),
        np.stack([record.failed for record in found.records]),
    )


def run_compiled(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the same from the compiled engine on one thread."""
    return _compiled(economy, shocks, threads=1)


def run_threads(economy: Economy, shocks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the same from the compiled engine on two threads."""
    return _compiled(economy, shocks, threads=2)


def _compiled(economy: Economy, shocks: np.ndarray, *, threads: int) -> tuple[np.ndarray, ...]:
    """Return the same from the compiled engine."""
    from cardhouse.engine.kernel.simulate import run_compiled as compiled

    chain, drivers, moved = setting(economy, shocks)
    names = [f"record.{name}" if name == "failed" else name for name in KEPT]
    kept = compiled(
        chain, drivers, keep=names, shocks=moved, paths=shocks.shape[1], threads=threads
    )
    return tuple(np.swapaxes(kept[name], 0, 1) for name in names)
