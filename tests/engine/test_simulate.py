"""A run: row 0, parameters by path, what a trajectory answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cardhouse.engine.chain import compile_chain, parameters_of
from cardhouse.engine.drivers import neutral
from cardhouse.engine.links import KIND
from cardhouse.engine.resolution import CAUSES, OUTCOMES
from cardhouse.engine.simulate import as_paths, money_residual, simulate
from cardhouse.errors import EconomyError
from cardhouse.model.parameters import PARAMETERS
from cardhouse.model.world import World
from strategies import Recipe

RICH = Recipe(firms=5, seed=3, stationary=False, extras=True, growing=True)


def test_no_quarters_leave_row_0() -> None:
    chain = compile_chain(RICH.world())
    found = simulate(chain, neutral(chain, 0))
    assert (found.quarters, len(found.states), len(found.records)) == (0, 1, 1)
    assert found.money_residual == 0.0


def test_row_0_is_what_the_accounts_paid() -> None:
    chain = compile_chain(RICH.world())
    record = simulate(chain, neutral(chain, 0)).records[0]
    node = {name: number for number, name in enumerate(chain.node_ids)}
    expected = np.zeros_like(record.flows[0])
    for one in (one for one in chain.world.contracts if one.amount > 0):
        ends = [node[chain.world.purse_of(name)] for name in (one.payer, one.payee)]
        expected[KIND[one.kind.value], ends[0], ends[1]] += one.amount
    np.testing.assert_allclose(record.flows[0], expected, rtol=1e-12, atol=1e-15)
    for values in (record.failed, record.outcome, record.cause, record.round, record.unpaid):
        assert not values.any()


def test_series_of_one_path() -> None:
    chain = compile_chain(RICH.world())
    found = simulate(chain, neutral(chain, 4), paths=2)
    assert found.of_state("cash", 1).shape == (5, len(chain.firm_ids))
    np.testing.assert_array_equal(found.of_record("revenue", 0), found.of_record("revenue", 1))


def test_quarters_of_default() -> None:
    chain = compile_chain(RICH.world())
    drivers = neutral(chain, 5)
    removed = drivers.removed.copy()
    removed[3, 1] = True
    found = simulate(chain, replace(drivers, removed=removed))
    assert found.default_quarters()[1] == 3
    assert (found.default_quarters() >= 0).tolist() == (~found.states[-1].alive[0]).tolist()
    outcome, cause = found.of_record("outcome")[3], found.of_record("cause")[3]
    assert (OUTCOMES[outcome[1]], CAUSES[cause[1]]) == ("liquidated", "forced by the scenario")
    assert found.of_record("round")[3, 1] == 1


def test_a_worlds_own_parameters_rule_until_a_run_changes_them() -> None:
    world = replace(RICH.world(), parameters={"recovery": 0.2, "overload": 1.1})
    values = parameters_of(world, {"recovery": 0.5})
    assert (values["recovery"], values["overload"]) == (0.5, 1.1)
    assert values.keys() == {parameter.name for parameter in PARAMETERS}


def test_parameters_become_columns() -> None:
    found = as_paths({"one": 2.0, "each": [1.0, 3.0]}, 2)
    assert found["one"].tolist() == [[2.0], [2.0]]
    assert found["each"].tolist() == [[1.0], [3.0]]


def test_every_value_of_a_parameter_is_checked() -> None:
    chain = compile_chain(RICH.world())
    with pytest.raises(EconomyError, match="'recovery' is 7"):
        simulate(chain, neutral(chain, 1), parameters={"recovery": [0.1, 7.0]}, paths=2)
    with pytest.raises(EconomyError, match="Did you mean 'recovery'"):
        simulate(chain, neutral(chain, 1), parameters={"recovry": 0.1})


def test_the_residual_finds_money_that_came_from_nowhere() -> None:
    chain = compile_chain(RICH.world())
    found = simulate(chain, neutral(chain, 1))
    before, after = found.states
    forged = replace(after, cash=after.cash + np.array([[0.5, *[0.0] * 4]]))
    assert money_residual(chain, before, forged, found.records[1]) > 0.01


@pytest.mark.parametrize("name", sorted(parameter.name for parameter in PARAMETERS))
def test_every_parameter_moves_some_run(name: str) -> None:
    """No parameter is taken and forgotten."""
    parameter = next(one for one in PARAMETERS if one.name == name)
    recipe = replace(RICH, firms=8)
    chain = compile_chain(_with_plans(recipe))
    moved = []
    for change in ("fall", "squeeze", "slow"):
        drivers = neutral(chain, 10)
        level = drivers.demand_level.copy()
        supply = drivers.pool_supply.copy()
        removed = drivers.removed.copy()
        if change == "fall":
            level[3:] = 0.6
            removed[4, 0] = True
        elif change == "squeeze":
            supply[2:] = 0.2
            level[2:] = 2.5
        else:
            level[2:] = 0.8
        drivers = replace(drivers, demand_level=level, pool_supply=supply, removed=removed)
        ends = [
            simulate(chain, drivers, parameters={name: value}).states[-1]
            for value in (parameter.low, min(parameter.high, 50.0))
        ]
        moved.append(not np.allclose(ends[0].cash, ends[1].cash, rtol=1e-12, atol=1e-12))
        moved.append(not np.allclose(ends[0].confidence, ends[1].confidence, rtol=1e-12))
    assert any(moved)


def _with_plans(recipe: Recipe) -> World:
    """Return a world whose owners plan to grow and whose pools give more than they did."""
    world = recipe.world()
    lines = tuple(
        replace(line, plant=replace(line.plant, plan_growth=0.1, guidance=()))
        if line.plant
        else line
        for line in world.lines
    )
    pools = tuple(replace(pool, base_supply=0.3) for pool in world.pools)
    return replace(world, lines=lines, pools=pools)
