"""Books: every row and column of both matrices is zero, and the two agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from cardhouse.engine.chain import KIND, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.matrices import Matrix, balance_sheet, transactions
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.errors import InputError
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Debt, Firm, Pool, Stake
from strategies import Recipe, hand_made, rich_recipes


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


def holdings() -> Trajectory:
    """Return two quarters of a shop with two loans and supplier's credit, held by its owner."""
    credit = {"credit_share": 0.5, "credit_quarters": 2.0}
    rows = [
        (K.SALE, "users", "shop", 10.0),
        (K.INPUT, "shop", "parts", 4.0, credit),
        (K.COST, "parts", "labour", 1.0),
    ]
    world = hand_made(
        rows,
        lines={"shop": "firm", "parts": "maker"},
        firms=[Firm("firm", 5.0), Firm("maker", 5.0)],
        pools=[Pool("bank", "debt")],
        debts=[Debt("firm", "bank", 8.0, 0.0, 20.0), Debt("firm", "bank", 2.0, 0.0, 9.0, True)],
    )
    chain = compile_chain(replace(world, stakes=(Stake("maker", "firm", 3.0),)))
    return simulate(chain, neutral(chain, 2))


def test_the_opening_balance_sheet_by_hand() -> None:
    sheet = balance_sheet(holdings(), 0)
    firm, maker = sheet.column("firm"), sheet.column("maker")
    worth = 5.0 - 10.0 - 4.0 - 3.0
    assert firm.tolist() == pytest.approx([5.0, -10.0, 0.0, -4.0, -3.0, 0.0, 0.0, -worth])
    assert maker.tolist() == pytest.approx([5.0, 0.0, 0.0, 4.0, 3.0, 0.0, 0.0, -12.0])
    assert sheet.column("bank")[sheet.rows.index("debt")] == pytest.approx(10.0)


def test_debt_in_the_balance_sheet_is_what_is_left_of_all_loans() -> None:
    found = holdings()
    for quarter, left in enumerate((8.0, 8.0 * 0.95, 8.0 * 0.95**2)):
        debt = balance_sheet(found, quarter).row("debt")
        assert debt[0] == pytest.approx(-(left + 2.0))
        assert_zero(balance_sheet(found, quarter))


@pytest.mark.parametrize("quarter", [-1, 7])
def test_a_quarter_that_is_not_there(quarter: int) -> None:
    found = run(Recipe(firms=1))
    for matrix in (transactions, balance_sheet):
        with pytest.raises(InputError, match=f"quarter {quarter} is not in the run.* 0 to 6"):
            matrix(found, quarter)
