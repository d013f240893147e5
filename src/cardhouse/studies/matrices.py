"""The two matrices of the opening position: transactions flow, and balance sheets.

Both follow Godley and Lavoie: every row and every column adds to zero. Receipts and assets are
positive, payments and liabilities negative. A unit has a current and a capital column; what it
earns on the current one is carried over to the capital one. Segments, pools and outside accounts
have no purse: their change in cash is what they put into the economy or take out of it. In the
balance sheets two columns close what no entity of the world owes: ``money`` keeps all cash,
``others`` owe what firms are owed by nobody in particular.

References
----------
W. Godley and M. Lavoie (2007), Monetary Economics, chapters 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind
from cardhouse.model.world import World

CURRENT, CAPITAL = "current", "capital"
MONEY, OTHERS = "money", "others"
OUTSIDE = "outside"
CURRENT_KINDS = (
    K.SALE, K.INPUT, K.COST, K.PROGRAM, K.REVENUE_SHARE, K.LEASE, K.BUY_BACK,
    K.GUARANTEE, K.OTHER_BUSINESS, K.INTEREST, K.TAX, K.PAYOUT,
)  # fmt: skip
CAPITAL_KINDS = (K.CAPEX, K.EQUITY, K.DEBT_DRAWN, K.REPAYMENT, K.OTHER_CASH)
"""Kinds paid out of the capital column; capex is received on the seller's current one."""
CARRIED, CHANGE = "carried over", "change in cash"
CASH, PLANT, OTHER_ASSETS = "cash", "plant", "other assets"
STAKES, NET_WORTH = "stakes at cost", "net worth"
ITEMS = {"receivables": 1.0, "payables": -1.0, "deferred revenue": -1.0}
"""Items of firms against everybody else, with their sign for the firm."""
REAL = (PLANT, OTHER_ASSETS, NET_WORTH)
"""Rows that are nobody's debt: they do not add to zero one by one, but together."""
WAYS = ("tier", "entity")

FLOWS_NOTE = (
    "Receipts are positive, payments negative. Capex is income of the seller and investment of the "
    "buyer: it crosses from one account to the other, as does what is carried over. Cash that is "
    "added to a purse is a use, so it has a minus; where there is no purse it is what is taken out "
    "of the economy."
)
SHEETS_NOTE = (
    "Assets are positive, liabilities negative. Net worth closes each column, so a positive worth "
    "has a minus: -100 there are 100 that owners have. Plant and other assets are nobody's "
    "debt: their rows and net worth add to zero together, all other rows each."
)


@dataclass(frozen=True)
class Matrix:
    """A matrix with names: ``values`` (row, column) in USD bn, ``zero_rows`` those that add to 0.

    Every column adds to zero; rows of real assets add up to the wealth that net worth shows.
    ``name`` is a short one for sheets and labels, ``note`` says how to read it.
    """

    name: str
    title: str
    note: str
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

    def columns_of(self, account: str) -> list[int]:
        """Return the places of an account's columns that hold anything."""
        used = np.abs(self.values).max(axis=0, initial=0.0) > 0
        return [at for at, (_, own) in enumerate(self.columns) if own == account and used[at]]

    @property
    def accounts(self) -> tuple[str, ...]:
        """Return the accounts among the columns, in their order."""
        return tuple(dict.fromkeys(account for _, account in self.columns))


def as_document(matrix: Matrix) -> dict[str, Any]:
    """Return a matrix as JSON: columns with unit and account, a row with its name and amounts."""
    return {
        "title": matrix.title,
        "note": matrix.note,
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
    columns = [(unit, account) for unit in units for account in (CURRENT, CAPITAL)]
    place = {column: at for at, column in enumerate(columns)}
    kinds = [kind for kind in (*CURRENT_KINDS, *CAPITAL_KINDS) if any(world.contracts_of(kind))]
    rows = [*(kind.value for kind in kinds), CARRIED, CHANGE]
    values = np.zeros((len(rows), len(columns)))
    for row, kind in enumerate(kinds):
        paid, received = _accounts_of(kind)
        for contract in world.contracts_of(kind):
            values[row, place[unit_of[contract.payer], paid]] -= contract.amount
            values[row, place[unit_of[contract.payee], received]] += contract.amount
    _carry_over(values, [place[unit, CURRENT] for unit in units])
    values[-1] -= values.sum(axis=0)
    return Matrix(
        "flows",
        f"Transactions flow of {world.base}, USD bn",
        FLOWS_NOTE,
        tuple(rows),
        tuple(columns),
        values,
        tuple(rows),
    )


def balance_sheets(world: World, by: str = "tier") -> Matrix:
    """Return the balance-sheet matrix at the end of the base quarter, columns by tier or entity."""
    unit_of, units = _units(world, by)
    place = {unit: at for at, unit in enumerate(units)}
    money, others = len(units), len(units) + 1
    entries = [
        (row, column if column in (money, others) else place[unit_of[str(column)]], amount)
        for row, column, amount in _positions(world, money, others)
        if amount
    ]
    found = dict.fromkeys(row for row, _, _ in entries)
    debts = [row for row in found if row.startswith(DEBT)]
    order = (CASH, PLANT, OTHER_ASSETS, *debts, STAKES, *ITEMS)
    rows = [*(row for row in order if row in found), NET_WORTH]
    values = np.zeros((len(rows), len(units) + 2))
    for row, at, amount in entries:
        values[rows.index(row), at] += amount
    values[-1] -= values.sum(axis=0)
    return Matrix(
        "balance",
        f"Balance sheets at the end of {world.base}, USD bn",
        SHEETS_NOTE,
        tuple(rows),
        tuple((unit, "") for unit in (*units, MONEY, OTHERS)),
        values,
        tuple(row for row in rows if row not in REAL),
    )


DEBT = "debt: "
Entry = tuple[str, str | int, float]
"""An entry of a balance sheet: row, entity (or place of a closing column), USD bn."""


def _positions(world: World, money: int, others: int) -> Iterator[Entry]:
    """Yield every position twice, with its holder and with who owes it; real assets once."""
    for firm in world.firms:
        yield from _claim(CASH, firm.id, money, firm.cash)
        yield OTHER_ASSETS, firm.id, firm.other_assets
        for item, sign in ITEMS.items():
            amount = sign * float(getattr(firm, item.replace(" ", "_")))
            yield from _claim(item, firm.id, others, amount)
    for line in world.lines:
        if line.plant is not None:
            yield PLANT, line.id, line.plant.net
    for debt in world.debts:
        yield from _claim(f"{DEBT}{debt.pool}", debt.pool, debt.firm, debt.amount)
    for stake in world.stakes:
        yield from _claim(STAKES, stake.investor, stake.firm, stake.cost)


def _claim(row: str, holder: str, debtor: str | int, amount: float) -> Iterator[Entry]:
    yield row, holder, amount
    yield row, debtor, -amount


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
