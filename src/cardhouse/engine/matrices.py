"""The two matrices of the books: who holds what, and who paid what; every row and column is zero.

Columns are all nodes: firms, segments, pools, outside accounts. Firms keep a current and a capital
account in the transactions. In the balance sheet two columns close what no node of the economy
owes: ``money`` issues what is held in cash, ``things`` stands against plant and other assets.

References
----------
W. Godley and M. Lavoie (2007), "Monetary Economics", chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array
from cardhouse.engine.links import FLOW_KINDS
from cardhouse.engine.runs import Run
from cardhouse.engine.sums import group_sum
from cardhouse.errors import InputError

CAPITAL_PAYER = ("capex", "equity", "repayment")
"""Kinds that a paying firm books in its capital account."""

CAPITAL_PAYEE = ("equity", "debt_drawn", "liquidation")
"""Kinds that a receiving firm books there."""

SAVED, MONEY = "saving", "change in money"
SHEET_ROWS = (
    "money",
    "debt",
    "arrears",
    "payables",
    "stakes",
    "plant",
    "other assets",
    "net worth",
)


@dataclass(frozen=True)
class Matrix:
    """A matrix of the books in USD bn: ``values`` (row, column)."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Array

    def row(self, name: str) -> Array:
        """Return one row (column,)."""
        return np.asarray(self.values[self.rows.index(name)])

    def column(self, name: str) -> Array:
        """Return one column (row,)."""
        return np.asarray(self.values[:, self.columns.index(name)])


def transactions(run: Run, quarter: int, path: int = 0) -> Matrix:
    """Return the transactions-flow matrix of a quarter: receipts positive, payments negative.

    Rows are kinds of flow, then what firms move from current to capital account, then the change
    in money. Row 0 is the base quarter.

    Raises
    ------
    InputError
        When the run has no such quarter.
    """
    _check_quarter(run, quarter)
    chain, firms = run.chain, len(run.chain.firm_ids)
    flows = run.records[quarter].flows[path]
    received, paid = flows.sum(axis=1), flows.sum(axis=2)
    current, capital = received - paid, np.zeros((len(FLOW_KINDS), firms))
    for names, side, sign in ((CAPITAL_PAYER, paid, -1.0), (CAPITAL_PAYEE, received, 1.0)):
        for kind in (FLOW_KINDS.index(name) for name in names):
            capital[kind] += sign * side[kind, :firms]
            current[kind, :firms] -= sign * side[kind, :firms]
    saved = current[:, :firms].sum(axis=0)
    rest = np.zeros((2, current.shape[1] + firms))
    rest[0, :firms], rest[0, -firms:] = -saved, saved
    rest[1, firms:-firms] = -current[:, firms:].sum(axis=0)
    rest[1, -firms:] = -saved - capital.sum(axis=0)
    capitals = tuple(f"{name} (capital)" for name in chain.firm_ids)
    return Matrix(
        rows=(*FLOW_KINDS, SAVED, MONEY),
        columns=(*chain.node_ids, *capitals),
        values=np.concatenate([np.concatenate([current, capital], axis=1), rest]),
    )


def balance_sheet(run: Run, quarter: int, path: int = 0) -> Matrix:
    """Return the balance-sheet matrix at the end of a quarter: assets positive, debts negative.

    Money of nodes without a purse is what they took in, less what they paid, since row 0. Stakes
    are equity at cost; those in firms that failed are gone. Plant stands at what is
    left of historical cost.

    Raises
    ------
    InputError
        When the run has no such quarter.
    """
    _check_quarter(run, quarter)
    chain, state = run.chain, run.states[quarter]
    _, firms, nodes, _ = chain.shape
    sheet = np.zeros((len(SHEET_ROWS), nodes + 2))
    money, debt, arrears, payables, stakes, plant, other, worth = sheet
    money[:nodes] = _money(run, quarter, path)
    money[-2] = -money[:nodes].sum()
    owed = chain.debt_by_pool(state.loans)[path]
    debt[:firms] -= owed.sum(axis=1)
    debt[chain.pool_nodes] += owed.sum(axis=0)
    for things, at, amounts in (
        (arrears, np.arange(chain.links.count)[chain.links.of("arrears")], state.arrears[path]),
        (payables, chain.credit.link, state.payables[path].sum(axis=0)),
    ):
        np.add.at(things, chain.links.payer[at], -amounts)
        np.add.at(things, chain.links.payee[at], amounts)
    stakes[:nodes] += state.stakes[path].sum(axis=1)
    stakes[:firms] -= state.stakes[path].sum(axis=0)
    plant[:firms] = group_sum(
        state.net_plant[path : path + 1].sum(axis=1), chain.firm_of_line, firms
    )[0]
    other[:firms] = chain.purses.other_assets * state.alive[path]
    for things in (plant, other):
        things[-1] = -things[:firms].sum()
    worth[:] = -sheet[:-1].sum(axis=0)
    return Matrix(SHEET_ROWS, (*chain.node_ids, "money", "things"), sheet)


def _money(run: Run, quarter: int, path: int) -> Array:
    """Return money held: firms' cash, and what others took in since row 0 (node,)."""
    firms = len(run.chain.firm_ids)
    out = np.zeros(len(run.chain.node_ids))
    for record in run.records[1 : quarter + 1]:
        flows = record.flows[path]
        out += flows.sum(axis=(0, 1)) - flows.sum(axis=(0, 2))
    out[:firms] = run.states[quarter].cash[path]
    return out


def _check_quarter(run: Run, quarter: int) -> None:
    if not 0 <= quarter <= run.quarters:
        raise InputError(
            f"quarter {quarter} is not in the run: it has quarters 0 to {run.quarters}."
        )
