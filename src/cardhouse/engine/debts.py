"""Debt, loan by loan: what matures in a quarter, what is left, what it costs."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Chain, Mask
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import ratio


def maturing(now: Moment) -> Array:
    """Return what falls due in the quarter (path, loan): parts, and bullets as a whole."""
    loans, state = now.chain.loans, now.state
    parts = state.loans / loans.life
    whole = np.where(loans.bullet == now.quarter, state.loans, 0.0)
    return np.asarray(np.where(loans.bullet > 0, whole, parts))


def rolled_into(chain: Chain, rolled: Array) -> Array:
    """Return new debt by loan (path, loan) of what is rolled over (path, loan).

    A loan that is repaid bit by bit takes back what is rolled over; a bullet that is, becomes new
    debt to its pool.
    """
    loans = chain.loans
    out = np.where(loans.bullet > 0, 0.0, rolled)
    for loan in np.flatnonzero(loans.bullet > 0).tolist():
        out[:, loans.new_of[loans.firm[loan], loans.pool[loan]]] += rolled[:, loan]
    return out


def loans_after(now: Moment, due: Array, drawn: Array) -> Array:
    """Return debt after what matured and what was drawn (path, loan), before any default."""
    return np.asarray(np.maximum(0.0, now.state.loans - due) + drawn)


def rates_after(now: Moment, due: Array, drawn: Array, loans: Array) -> Array:
    """Return the rate on each loan (path, loan).

    What is drawn costs what its loan did at row 0, plus the shift; what stands keeps its rate.
    """
    shift = now.drivers.interest_shift[now.quarter]
    kept = np.maximum(0.0, now.state.loans - due) * now.state.loan_rate
    usual = np.maximum(0.0, now.chain.loans.rate + shift)
    return ratio(kept + drawn * usual, loans)


def stretched(now: Moment, loans: Array, rates: Array) -> tuple[Array, Array]:
    """Return debt and rates (path, loan) with bullets past due turned into debt without a date.

    Only who was restructured still owes one: its creditors take what is left bit by bit, at the
    rate of the bullet.
    """
    terms = now.chain.loans
    out, cost = loans.copy(), rates.copy()
    for loan in np.flatnonzero((terms.bullet > 0) & (terms.bullet <= now.quarter)).tolist():
        into = terms.new_of[terms.firm[loan], terms.pool[loan]]
        whole = out[:, into] + out[:, loan]
        paid = out[:, into] * cost[:, into] + out[:, loan] * terms.rate[loan]
        cost[:, into] = np.where(out[:, loan] > 0, ratio(paid, whole), cost[:, into])
        out[:, into], out[:, loan] = whole, 0.0
    return out, cost


def missed(now: Moment, paid_share: Array) -> Mask:
    """Return the firms that missed a maturity: a bullet not paid in full (path, firm).

    ``paid_share`` (path, loan) is the share paid of what falls due on each loan.
    """
    loans = now.chain.loans
    due = (loans.bullet == now.quarter) & (now.state.loans > 0)
    late = due & (paid_share < 1.0 - 1e-9) & now.state.alive[:, loans.firm]
    out = np.zeros_like(now.state.alive)
    for loan in np.flatnonzero(loans.bullet == now.quarter).tolist():
        out[:, loans.firm[loan]] |= late[:, loan]
    return out
