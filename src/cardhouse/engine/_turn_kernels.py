"""In which order purses take turns so that most of the money flows forward, compiled.

Whoever owes most to those not yet in order, and is owed least by them, comes next: the greedy rule
of Eades, Lin and Smyth for the feedback arc set. Purses lie in piles by that balance, so that each
claim is looked at twice and nothing is searched; within a pile the last that came is the first.

References
----------
P. Eades, X. Lin and W. F. Smyth (1993), "A fast and effective heuristic for the feedback arc set
problem", Information Processing Letters 47(6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import allocating, kernel, piece

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PILES = 128
"""Sixteen bring less order, a thousand no more."""
NOBODY = -1


class Claims(NamedTuple):
    """Claims between purses, sparse, listed by one of their two ends."""

    starts: IntArray  # (purse + 1,)
    others: IntArray  # (claim,): who is at the other end
    owed: FloatArray  # (claim,)


@kernel
def listed_by_creditor(by_debtor: Claims) -> tuple[Claims, IntArray]:
    """Return the same claims by who is owed, and where each stood among those by debtor."""
    starts_before, creditors, owed_before = by_debtor
    purses = starts_before.size - 1
    starts = np.zeros(purses + 1, dtype=np.int64)
    for creditor in creditors:
        starts[creditor + 1] += 1
    for purse in range(purses):
        starts[purse + 1] += starts[purse]
    free = starts.copy()
    debtors, origin = np.empty_like(creditors), np.empty_like(creditors)
    owed = np.empty_like(owed_before)
    for debtor in range(purses):
        for claim in range(starts_before[debtor], starts_before[debtor + 1]):
            at = free[creditors[claim]]
            free[creditors[claim]] += 1
            debtors[at], origin[at], owed[at] = debtor, claim, owed_before[claim]
    return Claims(starts, debtors, owed), origin


@piece
def pile_of(balance: float, per_pile: float) -> int:
    """Return the pile in which a balance belongs."""
    place = balance * per_pile + 0.5 * PILES
    if place >= PILES - 1:
        return PILES - 1
    return int(place) if place >= 1.0 else 0  # what is no number at all lies in the first


@piece
def lay(
    purse: int, to: int, top: IntArray, pile: IntArray, above: IntArray, below: IntArray
) -> None:
    """Lay a purse on a pile: ``above`` and ``below`` say who lies upon and under each purse."""
    under = top[to]
    if under != NOBODY:
        above[under] = purse
    below[purse], above[purse] = under, NOBODY
    top[to], pile[purse] = purse, to


@piece
def lift(purse: int, top: IntArray, pile: IntArray, above: IntArray, below: IntArray) -> None:
    """Take a purse out of its pile."""
    upon, under = above[purse], below[purse]
    if upon == NOBODY:
        top[pile[purse]] = under
    else:
        below[upon] = under
    if under != NOBODY:
        above[under] = upon
    pile[purse] = NOBODY


@allocating
def balances(by_debtor: Claims) -> FloatArray:
    """Return what each purse owes less what it is owed."""
    starts, creditors, owed = by_debtor
    out = np.zeros(starts.size - 1)
    for debtor in range(out.size):
        for claim in range(starts[debtor], starts[debtor + 1]):
            out[debtor] += owed[claim]
            out[creditors[claim]] -= owed[claim]
    return out


@kernel
def in_turn(by_debtor: Claims, by_creditor: Claims) -> IntArray:
    """Return the purses in order, (turn,).

    A purse whose balance rises goes to a higher pile at once, one whose balance falls goes to a
    lower one when it would be next.
    """
    owes_from, creditors, owes = by_debtor
    owed_from, debtors, owed = by_creditor
    balance = balances(by_debtor)
    purses = balance.size
    per_pile = 0.5 * PILES / max(np.abs(balance).max(), np.finfo(np.float64).tiny)
    top = np.full(PILES, NOBODY)
    pile, above, below = np.full(purses, NOBODY), np.full(purses, NOBODY), np.full(purses, NOBODY)
    for purse in range(purses):
        lay(purse, pile_of(balance[purse], per_pile), top, pile, above, below)
    order, turn, highest = np.empty(purses, dtype=np.int64), 0, PILES - 1
    while turn < purses:
        while top[highest] == NOBODY:
            highest -= 1
        purse = top[highest]
        lift(purse, top, pile, above, below)
        to = pile_of(balance[purse], per_pile)
        if to < highest:
            lay(purse, to, top, pile, above, below)
            continue
        order[turn] = purse
        turn += 1
        for claim in range(owed_from[purse], owed_from[purse + 1]):
            balance[debtors[claim]] -= owed[claim]
        for claim in range(owes_from[purse], owes_from[purse + 1]):
            other = creditors[claim]
            if pile[other] == NOBODY:
                continue
            balance[other] += owes[claim]
            to = pile_of(balance[other], per_pile)
            if to > pile[other]:
                lift(other, top, pile, above, below)
                lay(other, to, top, pile, above, below)
                highest = max(highest, to)
    return order
