"""The two matrices of the opening position: transactions flow, and balance sheets.

Both follow Godley and Lavoie: every row and every column adds to zero. Receipts and assets are
positive, payments and liabilities negative. A unit has a current and a capital column; what it
earns on the current one is carried to the capital one. The column ``money`` is the other side of
every change in cash, outside accounts included: what they put in is drawn from there.

References
----------
W. Godley and M. Lavoie (2007), Monetary Economics, chapters 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import World

CURRENT, CAPITAL = "current", "capital"
MONEY = "money"
OUTSIDE = "outside"
CURRENT_KINDS = (
    K.SALE, K.INPUT, K.COST, K.PROGRAM, K.REVENUE_SHARE, K.OTHER_BUSINESS, K.INTEREST, K.TAX,
    K.PAYOUT,
)  # fmt: skip
CAPITAL_KINDS = (K.CAPEX, K.EQUITY, K.DEBT_DRAWN, K.REPAYMENT, K.OTHER_CASH)
"""Kinds paid out of the capital column; capex is received on the seller's current one."""
CARRIED, CHANGE = "carried to capital", "change in cash"
CASH, PLANT, NET_WORTH, STAKES = "cash", "plant", "net worth", "stakes at cost"
ITEMS = {"receivables": 1.0, "payables": -1.0, "deferred revenue": -1.0}
"""Items of firms against everybody else, with their sign for the firm."""
WAYS = ("tier", "entity")


@dataclass(frozen=True)
class Matrix:
    """A matrix with names: ``values`` (row, column) in USD bn, ``zero_rows`` those that add to 0.

    Every column adds to zero; a row of real assets, and net worth, add to the wealth there is.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]  # unit and account
    values: NDArray[np.float64]
    zero_rows: tuple[str, ...]

    @property
    def row_sums(self) -> NDArray[np.float64]:
        """Return the sum of each row, (row,)."""
        return np.asarray(self.values.sum(axis=1))

    @property
    def column_sums(self) -> NDArray[np.float64]:
        """Return the sum of each column, (column,)."""
        return np.asarray(self.values.sum(axis=0))

    @property
    def residual(self) -> float:
        """Return the largest sum that should be zero, over the largest amount."""
        zero = [name in self.zero_rows for name in self.rows]
        off = max(
            np.abs(self.row_sums[zero]).max(initial=0.0), np.abs(self.column_sums).max(initial=0.0)
        )
        largest = np.abs(self.values).max(initial=0.0)
        return float(off / largest) if largest > 0 else 0.0


def as_document(matrix: Matrix) -> dict[str, Any]:
    """Return a matrix as JSON: columns with unit and account, a row with its name and amounts."""
    return {
        "title": matrix.title,
        "columns": [{"unit": unit, "account": account} for unit, account in matrix.columns],
        "rows": [
            {"name": name, "amounts": row.tolist(), "adds_to_zero": name in matrix.zero_rows}
            for name, row in zip(matrix.rows, matrix.values, strict=True)
        ],
        "residual": matrix.residual,
    }


def transactions_flow(world: World, by: str = "tier") -> Matrix:
    """Return the transactions-flow matrix of the base quarter, columns by tier or by entity."""
    unit_of, units = _units(world, by)
    columns = [*((unit, account) for unit in units for account in (CURRENT, CAPITAL))]
    columns.append((MONEY, CAPITAL))
    place = {column: number for number, column in enumerate(columns)}
    kinds = [kind for kind in (*CURRENT_KINDS, *CAPITAL_KINDS) if any(world.contracts_of(kind))]
    rows = [*(kind.value for kind in kinds), CARRIED, CHANGE]
    values = np.zeros((len(rows), len(columns)))
    for number, kind in enumerate(kinds):
        paid, received = _accounts_of(kind)
        for contract in world.contracts_of(kind):
            values[number, place[unit_of[contract.payer], paid]] -= contract.amount
            values[number, place[unit_of[contract.payee], received]] += contract.amount
    _carry_over(values, [place[unit, CURRENT] for unit in units])
    change = values.sum(axis=0)
    values[-1] -= change
    values[-1, -1] += change.sum()
    title = f"Transactions flow of {world.base}, USD bn"
    return Matrix(title, tuple(rows), tuple(columns), values, tuple(rows))


def balance_sheets(world: World, by: str = "tier") -> Matrix:
    """Return the balance-sheet matrix at the end of the base quarter, columns by tier or entity."""
    unit_of, units = _units(world, by)
    columns = [(unit, "") for unit in units] + [(MONEY, "")]
    place = {unit: number for number, (unit, _) in enumerate(columns)}
    pools = [pool.id for pool in world.pools if any(debt.pool == pool.id for debt in world.debts)]
    rows = [CASH, PLANT, *(f"debt: {pool}" for pool in pools), STAKES, *ITEMS, NET_WORTH]
    values = np.zeros((len(rows), len(columns)))
    for firm in world.firms:
        values[0, place[unit_of[firm.id]]] += firm.cash
        values[0, -1] -= firm.cash
        for item, sign in ITEMS.items():
            amount = sign * float(getattr(firm, item.replace(" ", "_")))
            values[rows.index(item), place[unit_of[firm.id]]] += amount
            values[rows.index(item), -1] -= amount
    for stake in world.stakes:
        values[rows.index(STAKES), place[unit_of[stake.investor]]] += stake.cost
        values[rows.index(STAKES), place[unit_of[stake.firm]]] -= stake.cost
    for line in world.lines:
        if line.plant is not None:
            values[1, place[unit_of[line.id]]] += line.plant.net
    for debt in world.debts:
        row = rows.index(f"debt: {debt.pool}")
        values[row, place[unit_of[debt.firm]]] -= debt.amount
        values[row, place[unit_of[debt.pool]]] += debt.amount
    values[-1] -= values.sum(axis=0)
    financial = tuple(name for name in rows if name not in (PLANT, NET_WORTH))
    title = f"Balance sheets at the end of {world.base}, USD bn"
    return Matrix(title, tuple(rows), tuple(columns), values, financial)


def _accounts_of(kind: K) -> tuple[str, str]:
    """Return the columns that a kind of flow is paid from and received on."""
    if kind == K.CAPEX:
        return CAPITAL, CURRENT
    account = CURRENT if kind in CURRENT_KINDS else CAPITAL
    return account, account


def _carry_over(values: NDArray[np.float64], current: Iterable[int]) -> None:
    """Carry what is left on each current column (capital is the next) to the capital one."""
    for column in current:
        left = values[:, column].sum()
        values[-2, column] -= left
        values[-2, column + 1] += left


def _units(world: World, by: str) -> tuple[dict[str, str], list[str]]:
    """Return the unit whose column each entity is in, and the units in the world's order.

    A line and a division stand in the column of the firm whose purse they share.
    """
    if by not in WAYS:
        raise InputError(f"by '{by}' is not known.{did_you_mean(by, WAYS)} Use tier or entity.")
    purses = {entity.id: world.purse_of(entity.id) for entity in world.entities}
    if by == "entity":
        return purses, list(dict.fromkeys(purses.values()))
    tiers = {entity.id: _tier(entity.kind, entity.tier) for entity in world.entities}
    of = {entity: tiers[purse] for entity, purse in purses.items()}
    return of, list(dict.fromkeys(of.values()))


def _tier(kind: EntityKind, tier: str) -> str:
    return OUTSIDE if kind == EntityKind.OUTSIDE or not tier else tier
