"""The compiled engine equals the readable one in every economy a generator can invent."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.kernel.simulate import simulate_compiled
from cardhouse.engine.shocks import Shocks, calm
from cardhouse.engine.simulate import simulate
from cardhouse.errors import CardhouseError
from engines import assert_same
from strategies import Recipe, rich_recipes

QUARTERS = 10


def shocked(drivers: Drivers, shock: str) -> Drivers:
    level, supply = drivers.demand_level.copy(), drivers.pool_supply.copy()
    removed, price = drivers.removed.copy(), drivers.price
    if shock == "half demand":
        level[2:] = 0.5
    elif shock == "no demand":
        level[:] = 0.0
    elif shock == "boom":
        level[2:] = 4.0
    elif shock == "no capital":
        supply[2:] = 0.0
    elif shock == "first firm gone":
        removed[2, 0] = True
    elif shock == "everybody gone":
        removed[1] = True
    elif shock == "levels":
        return replace(
            drivers,
            recovery=np.full_like(drivers.recovery, 0.1),
            letters_paid=np.full_like(drivers.letters_paid, 0.8),
            plant_life=np.full_like(drivers.plant_life, 9.0),
            margin_stance=np.full_like(drivers.margin_stance, -0.7),
            input_use=np.full_like(drivers.input_use, 0.02),
        )
    return replace(drivers, demand_level=level, pool_supply=supply, removed=removed, price=price)


SHOCKS = (
    "none", "half demand", "no demand", "boom", "no capital", "first firm gone", "everybody gone",
    "levels",
)  # fmt: skip


@settings(max_examples=25)
@given(
    recipe=rich_recipes(),
    shock=st.sampled_from(SHOCKS),
    recovery=st.lists(st.floats(0.05, 0.6), min_size=1, max_size=3),
    switching=st.sampled_from([0.2, 0.5, 1.0, 1.5]),
    moved=st.none() | st.integers(0, 2**16),
)
def test_engines_are_equal(
    recipe: Recipe, shock: str, recovery: list[float], switching: float, moved: int | None
) -> None:
    try:
        chain = compile_chain(recipe.world())
    except CardhouseError:
        return
    drivers = shocked(neutral(chain, QUARTERS), shock)
    given_ = {"recovery": recovery, "switching": switching}
    paths = len(recovery)
    shocks = None if moved is None else period_shocks(chain, paths, moved)
    expected = simulate(chain, drivers, parameters=given_, shocks=shocks, paths=paths)
    found = simulate_compiled(
        chain, drivers, parameters=given_, shocks=shocks, paths=paths, block=8
    )
    assert_same(expected, found)


def period_shocks(chain: Chain, paths: int, seed: int) -> Shocks:
    rng = np.random.default_rng(seed)
    plain = calm(chain, QUARTERS, paths)
    moved = {
        one.name: getattr(plain, one.name)
        * np.exp(rng.normal(0.0, 0.2, getattr(plain, one.name).shape))
        for one in fields(plain)
    }
    return Shocks(**moved)
