"""Shocks: calm ones change nothing, each moves what it names on its own path alone."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.shocks import Shocks, calm
from cardhouse.engine.simulate import simulate
from cardhouse.engine.state import State
from cardhouse.errors import InputError
from strategies import Recipe, rich_recipes

RICH = Recipe(firms=5, seed=3, stationary=False, extras=True, growing=True)


def same(one: State, other: State, path: int) -> bool:
    return all(
        np.array_equal(getattr(one, name.name)[path], getattr(other, name.name)[path])
        for name in fields(State)
    )


@given(rich_recipes())
@settings(max_examples=15)
def test_calm_changes_no_bit(recipe: Recipe) -> None:
    chain = compile_chain(recipe.world())
    drivers = neutral(chain, 5)
    plain = simulate(chain, drivers, paths=2)
    shocked = simulate(chain, drivers, shocks=calm(chain, 5, 2), paths=2)
    for one, other in zip(plain.states, shocked.states, strict=True):
        assert same(one, other, 0)
        assert same(one, other, 1)


@given(rich_recipes(), st.sampled_from(["demand", "supply", "price"]), st.integers(0, 2**16))
@settings(max_examples=15)
def test_a_path_feels_its_own_shocks_alone(recipe: Recipe, name: str, seed: int) -> None:
    chain = compile_chain(recipe.world())
    drivers, still = neutral(chain, 5), calm(chain, 5, 3)
    moved = getattr(still, name).copy()
    moved[1:, 1] *= np.random.default_rng(seed).uniform(0.5, 1.5, moved[1:, 1].shape)
    run = simulate(chain, drivers, shocks=replace(still, **{name: moved}), paths=3)
    alone = Shocks(**{one.name: getattr(still, one.name)[:, :1] for one in fields(Shocks)})
    single = simulate(chain, drivers, shocks=replace(alone, **{name: moved[:, 1:2]}))
    plain = simulate(chain, drivers)
    for state, own, calm_state in zip(run.states, single.states, plain.states, strict=True):
        for one in fields(State):
            values = getattr(state, one.name)
            assert np.array_equal(values[1], getattr(own, one.name)[0])
            assert np.array_equal(values[0], getattr(calm_state, one.name)[0])
            assert np.array_equal(values[2], values[0])
    assert run.money_residual <= 1e-9


def test_less_demand_is_less_revenue_and_less_supply_less_money() -> None:
    chain = compile_chain(RICH.world())
    still = calm(chain, 4, 2)
    demand = still.demand.copy()
    demand[2:, 1] = 0.7
    run = simulate(chain, neutral(chain, 4), shocks=replace(still, demand=demand), paths=2)
    revenue = run.records[2].revenue.sum(axis=1)
    assert revenue[1] < revenue[0]
    supply = still.supply.copy()
    supply[1:, 1] = 0.0
    run = simulate(chain, neutral(chain, 4), shocks=replace(still, supply=supply), paths=2)
    raised = sum(record.raised.sum(axis=1) for record in run.records[1:])
    assert raised[1] < raised[0]
    price = still.price.copy()
    price[1:, 1] = 1.2
    run = simulate(chain, neutral(chain, 4), shocks=replace(still, price=price), paths=2)
    assert (run.states[1].charged[1] > run.states[1].charged[0]).all()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda one: one[:, :1], "expected"),
        (lambda one: one * np.nan, "expected a factor from 0"),
        (lambda one: one - 2.0, "expected a factor from 0"),
    ],
    ids=["too few paths", "no number", "below zero"],
)
def test_what_does_not_fit_is_refused(broken, said: str) -> None:  # type: ignore[no-untyped-def]
    chain = compile_chain(RICH.world())
    still = calm(chain, 3, 2)
    shocks = replace(still, supply=broken(still.supply))
    with pytest.raises(InputError, match=said):
        simulate(chain, neutral(chain, 3), shocks=shocks, paths=2)
