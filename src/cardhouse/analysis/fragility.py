"""How near to the edge: debt by year, runway, where the profit is, who loses, what is promised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.books import Books
from cardhouse.analysis.parts import Mask
from cardhouse.engine.chain import Array, Chain
from cardhouse.engine.sums import ratio
from cardhouse.model.vocabulary import ContractKind as Kind


def repayments_due(chain: Chain, quarters: int) -> tuple[Array, float]:
    """Return what opening debt falls due in each quarter after the base, and what is left then.

    Debt is repaid as the laws have it: a part of what is left each quarter, or in one sum.

    Returns
    -------
    due, left
        (quarters,) in USD bn, and USD bn after the last of them.
    """
    loans = chain.loans
    at = np.arange(quarters + 1)[:, None]
    part_by_part = loans.amount * (1.0 - 1.0 / loans.life) ** at
    whole = np.where(at < loans.bullet, loans.amount, 0.0)
    totals = np.where(loans.bullet > 0, whole, part_by_part).sum(axis=1)
    return totals[:-1] - totals[1:], float(totals[-1])


def runway(books: Books) -> list[float | None]:
    """Return how many quarters each firm's cash lasts without new money; None without a burn.

    The burn is that of the base quarter: everything before financing and repayments, without
    payouts and what the firm invests in others, which it would stop first.
    """
    invested = books.paid_of((Kind.EQUITY,))[0]
    burn = books.paid_of((Kind.REPAYMENT,))[0] - books.cash_result[0] - invested
    return [
        float(cash / spent) if spent > 0 else None
        for cash, spent in zip(books.cash[0], burn, strict=True)
    ]


def profit_shares(results: Array) -> tuple[Array, float | None]:
    """Return who makes which share of all profit (firm,), and how concentrated it is.

    Losses are no negative shares: profit is that of those who make one. The second value is the
    Herfindahl index, 1 when one firm makes it all; None when nobody makes any.

    Examples
    --------
    >>> import numpy as np
    >>> shares, index = profit_shares(np.array([3.0, -5.0, 1.0]))
    >>> shares.tolist(), index
    ([0.75, 0.0, 0.25], 0.625)
    """
    profit = np.maximum(results, 0.0)
    total = float(profit.sum())
    if total <= 0:
        return np.zeros_like(profit), None
    shares = profit / total
    return shares, float((shares**2).sum())


@dataclass(frozen=True)
class LossMaking:
    """Shares of loss-makers: of firms, of revenue, of final users' spending; None: no such."""

    firms: float | None
    revenue: float | None
    users_spending: float | None


def loss_making(results: Array, revenue: Array, users_spending: Array) -> LossMaking:
    """Return how much of the chain loses money; every array is (firm,).

    Firms that neither earn nor spend are not counted.

    Examples
    --------
    >>> import numpy as np
    >>> loss_making(np.array([-1.0, 2.0]), np.array([3.0, 1.0]), np.array([1.0, 0.0]))
    LossMaking(firms=0.5, revenue=0.75, users_spending=1.0)
    """
    loses = results < 0
    counted = ((results != 0) | (revenue != 0)).astype(np.float64)
    return LossMaking(*(_share_of(loses, weight) for weight in (counted, revenue, users_spending)))


def _share_of(mask: NDArray[np.bool_], weight: Array) -> float | None:
    total = float(weight.sum())
    return float(weight[mask].sum() / total) if total > 0 else None


def users_spending(books: Books, quarter: int, part: Mask) -> Array:
    """Return what final users paid each firm for the lines in `part` (firm,)."""
    paid = books.receipts_by_line(quarter)[books.firms :].sum(axis=0) * part
    return np.asarray(books.per_firm(paid[None, :])[0])


@dataclass(frozen=True)
class Commitments:
    """What firms are bound to pay beyond the base quarter, and what they have (firm,)."""

    committed: Array
    cash: Array
    to_cash: Array  # times the cash; 0 where nothing is committed or there is no cash


def commitments(books: Books) -> Commitments:
    """Return signed commitments to pay beside the cash of those who signed them."""
    chain = books.chain
    number = {name: at for at, name in enumerate(chain.firm_ids)}
    committed = np.zeros(len(number))
    for contract in chain.world.contracts:
        payer = chain.world.purse_of(contract.payer)
        if payer in number:
            committed[number[payer]] += contract.committed
    return Commitments(committed, books.cash[0], ratio(committed, books.cash[0]))
