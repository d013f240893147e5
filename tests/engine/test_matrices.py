"""Books: every row and column of both matrices is zero, and the two agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from cardhouse.engine.chain import KIND, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.matrices import Matrix, balance_sheet, transactions
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.errors import InputError
from strategies import Recipe, rich_recipes


def run(recipe: Recipe, quarters: int = 6) -> Trajectory:
    chain = compile_chain(recipe.world())
    return simulate(chain, neutral(chain, quarters))


def assert_zero(matrix: Matrix) -> None:
    size = np.abs(matrix.values).sum()
    assert np.abs(matrix.values.sum(axis=0)).max() <= 1e-9 * size
    assert np.abs(matrix.values.sum(axis=1)).max() <= 1e-9 * size


@given(rich_recipes())
def test_every_row_and_column_is_zero(recipe: Recipe) -> None:
    found = run(recipe)
    for quarter in range(found.quarters + 1):
        assert_zero(transactions(found, quarter))
        assert_zero(balance_sheet(found, quarter))


@given(rich_recipes())
def test_money_moves_by_what_was_transacted(recipe: Recipe) -> None:
    found = run(recipe)
    firms = len(found.chain.firm_ids)
    for quarter in range(1, found.quarters + 1):
        held = [balance_sheet(found, at).row("money")[:-2] for at in (quarter - 1, quarter)]
        change = -transactions(found, quarter).row("change in money")
        moved = change[:-firms]
        moved[:firms] += change[-firms:]
        size = np.abs(found.records[quarter].flows).sum()
        np.testing.assert_allclose(held[1] - held[0], moved, atol=1e-9 * size)


def test_capital_account_by_hand() -> None:
    found = run(Recipe(firms=1, seed=0, stationary=False), quarters=1)
    matrix = transactions(found, 0)
    capital = dict(zip(matrix.rows, matrix.column("firm0 (capital)"), strict=True))
    amounts = {one.kind.value: 0.0 for one in found.chain.world.contracts}
    for one in found.chain.world.contracts:
        amounts[one.kind.value] += one.amount
    assert capital["debt_drawn"] == pytest.approx(amounts["debt_drawn"])
    assert capital["repayment"] == pytest.approx(-amounts["repayment"])
    assert capital["equity"] == pytest.approx(amounts.get("equity", 0.0))
    assert matrix.column("payers")[matrix.rows.index("sale")] == pytest.approx(-amounts["sale"])


def test_stakes_are_equity_given_to_the_living_at_cost() -> None:
    found = run(Recipe(firms=5, seed=8, stationary=False, extras=True, growing=True), quarters=3)
    given = sum(record.flows[0, KIND["equity"]] for record in found.records[1:])
    alive = found.states[3].alive[0]
    firms = len(alive)
    stakes = given[:, :firms] * alive
    expected = stakes.sum(axis=1)
    expected[:firms] -= stakes.sum(axis=0)
    assert expected.max() > 0.0
    np.testing.assert_allclose(balance_sheet(found, 3).row("stakes")[:-2], expected, atol=1e-12)


@pytest.mark.parametrize("quarter", [-1, 7])
def test_a_quarter_that_is_not_there(quarter: int) -> None:
    found = run(Recipe(firms=1))
    for matrix in (transactions, balance_sheet):
        with pytest.raises(InputError, match=f"quarter {quarter} is not in the run.* 0 to 6"):
            matrix(found, quarter)
