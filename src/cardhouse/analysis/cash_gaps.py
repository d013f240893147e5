"""Who covers the cash that a part of a firm's business lacks, capital spending included."""

from __future__ import annotations

import numpy as np

from cardhouse.analysis.books import Books
from cardhouse.analysis.ledger import Ledger, sources_of_money
from cardhouse.analysis.parts import LineCosts, Mask
from cardhouse.engine.chain import Array
from cardhouse.engine.sums import ratio


def gaps_by_source(books: Books, costs: LineCosts, part: Mask, ledger: Ledger) -> Array:
    """Return who covered what each firm's lines in `part` spent beyond their receipts.

    Parameters
    ----------
    books, costs
        The books of a path and the costs of its lines.
    part
        Which lines count (line,).
    ledger
        The ledger of these lines; its sources name the last axis.

    Returns
    -------
    Array
        (quarter, firm, source), USD bn: cash costs and capex less receipts, where positive, each
        source covering it pro rata as it does every use of money. A firm that nobody gave any
        shows no gap: its gap is in bills unpaid elsewhere.
    """
    spent = books.per_firm((costs.cash_cost + books.capex) * part)
    gap = np.maximum(0.0, spent - ledger.receipts)
    running = books.per_firm(books.line_cost) + books.programs + books.promises + books.interest
    own_cost = books.per_firm(costs.cash_cost * part)
    elsewhere = (_all_receipts(books) - ledger.receipts) - (running - own_cost)
    _, money = sources_of_money(books, running, elsewhere)
    total = money.sum(axis=2, keepdims=True)
    return np.asarray(gap[:, :, None] * ratio(money, np.broadcast_to(total, money.shape)))


def _all_receipts(books: Books) -> Array:
    """Return what customers paid the firms, revenue shares with it (quarter, firm)."""
    rows = []
    for quarter in range(books.rows):
        sold = books.per_firm(books.receipts_by_line(quarter).sum(axis=0)[None, :])[0]
        rows.append(sold + books.shares_received(quarter).sum(axis=0))
    return np.array(rows)
