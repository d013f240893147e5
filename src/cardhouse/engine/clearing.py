"""The search for clearing payments: sweeps for whole blocks, then an exact finish path by path.

Sweeps from above settle a layered network in a few rounds. Where money runs in circles they only
creep towards the answer (a ring that leaks a billionth would take billions of rounds), so after a
few of them a path is finished by following the piecewise linear solution itself: as long as the
same purses are short and each stops paying in the same class, payments solve one linear system;
the path walks towards that solution until a purse falls through a class or another one fails.
This is the fictitious default algorithm carried over to classes of creditors.

References
----------
L. Eisenberg and T. H. Noe (2001), "Systemic risk in financial systems", Management Science 47(2).
L. C. G. Rogers and L. A. M. Veraart (2013), "Failure and rescue in an interbank network",
Management Science 59(4).
H. Elsinger (2009), "Financial networks, cross holdings, and limited liability", OeNB Working
Paper 156.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.absorbing import visits
from cardhouse.engine.waterfall import Block, BoolArray, FloatArray, IntArray, Payments

SWEEPS = 16
STILL = 1e-15  # a sweep that moves no paid share by more than this has settled
ROUNDING = 1e-14  # smaller mismatches, as a share of what is owed, are rounding


def search(block: Block) -> tuple[Payments, IntArray]:
    """Return clearing payments of a block and the rounds each path took, (path,).

    The greatest payments are searched from above, the least from below.
    """
    now = block.opening()
    rounds = np.zeros(block.resources.shape[0], dtype=np.int64)
    inflow = block.claims.inflow(block.ratios(now))
    short, defaulted = block.standing(inflow, now)
    now = Payments(np.where(short, now.paid, block.dues.total), short, defaulted)
    moving = np.flatnonzero(short.any(axis=1))
    for path in _sweep(block, now, moving, rounds):
        one = np.array([path])
        ended, steps = _finish(block.take(one), now.take(one))
        now.put(one, ended)
        rounds[path] += steps
    return now, rounds


def _sweep(block: Block, now: Payments, moving: IntArray, rounds: IntArray) -> IntArray:
    """Sweep the moving paths, writing into ``now`` and ``rounds``; return those still moving."""
    part, held = block.take(moving), now.take(moving)
    ratios = part.ratios(held)
    for _ in range(SWEEPS):
        if not moving.size:
            break
        held = part.pay(part.claims.inflow(ratios), held)
        after = part.ratios(held)
        rounds[moving] += 1
        still = np.abs(after - ratios).max(axis=(1, 2), initial=0.0) <= STILL
        now.put(moving, held)
        ratios = after
        if still.any():
            go = np.flatnonzero(~still)
            part, held, ratios, moving = part.take(go), held.take(go), ratios[go], moving[go]
    return moving


@dataclass(frozen=True)
class _Regime:
    """Short purses that can still move, the class in which each stops paying, and its span."""

    who: IntArray
    classes: IntArray
    senior: FloatArray
    due: FloatArray


def _finish(block: Block, now: Payments) -> tuple[Payments, int]:
    """Return the exact payments of a single path, reached from where sweeps left it."""
    _, classes, n = block.dues.due.shape
    settled = False
    most = 2 * n * (classes + 2) + 4  # every step drops a class, adds a failure or settles
    for step in range(most):
        inflow = block.claims.inflow(block.ratios(now))
        short, defaulted = block.standing(inflow, now)
        same = bool((short == now.short).all() and (defaulted == now.defaulted).all())
        if settled and same:
            return now, step
        now = Payments(np.where(short, now.paid, block.dues.total), short, defaulted)
        now, settled = _walk(block, now)
    raise RuntimeError(f"clearing did not end after {most} steps on {n} purses")


def _walk(block: Block, now: Payments) -> tuple[Payments, bool]:
    """Go to the solution of the present regime, or to where the regime ends on the way."""
    regime = _regime(block, now)
    if not regime.who.size:
        return now, True
    move, target, closed = _solve(block, now, regime)
    paid = now.paid[0, regime.who]
    if block.greatest:
        end, sign = regime.senior, -1.0
    else:
        end, sign = regime.senior + regime.due, 1.0
    room = np.abs(end - paid)
    reach = np.where(move > 0.0, room / np.where(move > 0.0, move, 1.0), np.inf)
    share = min(1.0, float(reach.min()))
    if share < 1.0:
        arrived = np.where(reach <= share * (1.0 + ROUNDING), end, paid + sign * share * move)
    elif closed:
        arrived = paid + sign * move
    else:
        arrived = target
    new = now.paid.copy()
    new[0, regime.who] = arrived
    return Payments(new, now.short, now.defaulted), share >= 1.0


def _regime(block: Block, now: Payments) -> _Regime:
    """Return the class through which each short purse is about to fall (or rise)."""
    dues, paid = block.dues, now.paid[0]
    if block.greatest:
        who = np.flatnonzero(now.short[0] & (paid > 0.0))
        below = (dues.senior[0][:, who] < paid[who]) & (dues.due[0][:, who] > 0.0)
        classes = below.shape[0] - 1 - np.argmax(below[::-1], axis=0)
    else:
        who = np.flatnonzero(now.short[0] & (paid < dues.total[0]))
        above = dues.upto[0][:, who] > paid[who]
        classes = np.argmax(above, axis=0)
    return _Regime(who, classes, dues.senior[0][classes, who], dues.due[0][classes, who])


def _solve(block: Block, now: Payments, regime: _Regime) -> tuple[FloatArray, FloatArray, bool]:
    """Return the step to the regime's solution, the solution, and whether a set is closed.

    The step is solved from the present mismatch and is right on any path; the solution itself is
    solved from money that comes from outside the short purses, which is more exact.
    """
    who = regime.who
    defaulted = now.defaulted[0, who]
    kept = np.where(defaulted, block.rules.keep_inflow[0, who], 1.0)
    moves, exits = _leaks(block, regime, kept)
    mismatch = (now.paid - _budget(block, now, block.ratios(now)))[0, who]
    gap = mismatch if block.greatest else -mismatch
    gap = np.where(gap > ROUNDING * block.dues.total[0, who], gap, 0.0)
    fixed = _budget(block, now, _without_marginal(block, now, regime))[0, who] - regime.senior
    starts = np.stack([gap, np.maximum(fixed, 0.0), np.maximum(-fixed, 0.0)])
    answers, closed = visits(moves, exits, starts)
    target = regime.senior + np.clip(answers[1] - answers[2], 0.0, regime.due)
    return answers[0], target, bool(closed.any())


def _leaks(block: Block, regime: _Regime, kept: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return of a marginal dollar paid what reaches other short purses, and what does not."""
    owed = block.claims.rows(regime.classes, regime.who)
    among = owed[:, regime.who]
    elsewhere = owed.copy()
    elsewhere[:, regime.who] = 0.0
    outside = block.elsewhere[0, regime.classes, regime.who]
    lost = elsewhere.sum(axis=1) + (among * (1.0 - kept)).sum(axis=1) + outside
    return among * kept / regime.due[:, None], lost / regime.due


def _budget(block: Block, now: Payments, ratios: FloatArray) -> FloatArray:
    """Return what each purse has for its creditors at paid ratios, (1, purse)."""
    return block.budget(block.claims.inflow(ratios), now.defaulted)


def _without_marginal(block: Block, now: Payments, regime: _Regime) -> FloatArray:
    """Return paid ratios with classes senior to the marginal one in full and the rest unpaid."""
    ratios = block.dues.ratios(now.paid, now.short)
    order: BoolArray = np.arange(ratios.shape[1])[:, None] < regime.classes
    ratios[0][:, regime.who] = order.astype(np.float64)
    return ratios
