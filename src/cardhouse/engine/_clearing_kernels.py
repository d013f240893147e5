"""The sweeps of `clearing`, compiled: many paths over one sparse network, a path in each lane.

A purse pays out of what others pay now (Gauss and Seidel), not out of what they paid a round ago:
that takes about half the rounds. Purses take turns in an order in which most of the money flows
forward, which saves a sixth of the rest. A path that has settled leaves its lane to the next one,
so that none is swept for the sake of another, and its bits do not hang on its neighbours. See
`clearing` for the papers and `clearing.search` for the version to read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import allocating, inlined, kernel, piece
from cardhouse.engine._lanes import FEW, LANES, add_up, add_up_few
from cardhouse.engine._turn_kernels import Claims, in_turn, listed_by_creditor
from cardhouse.engine.clearing import STILL
from cardhouse.engine.waterfall import SHORT_TOLERANCE

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
PlaceArray = NDArray[np.uint64]


MOST_SWEEPS = 400
"""More are taken only where money goes round almost for ever; such a path is left to others."""

REST = 5e-14
"""A path has settled when paid shares are not expected to move by more in all sweeps to come."""

AT_ONCE = 64
"""Purses of a path that are copied in one go: their rows stay close until all paths have theirs."""

ENOUGH = 1.0 - SHORT_TOLERANCE
NOBODY = -1


class Web(NamedTuple):
    """Who owes whom: for each turn, what comes in from which (class x turn), in sparse form."""

    turn: PlaceArray  # (purse,): when it is its turn
    income: Claims
    due: FloatArray  # (class, turn): owed to anybody
    total: FloatArray  # (turn,): of all classes
    last: PlaceArray  # (turn,): class x turn of the most junior claim on each
    keep_means: float  # share of its own means, and of its inflow, that a defaulter pays out
    keep_inflow: float


class Desk(NamedTuple):
    """Where the paths in the lanes stand."""

    path: IntArray  # (lane,): which path lies here, or nobody's
    rounds: IntArray  # (lane,): its sweeps so far
    failed: IntArray  # (lane,): how many cannot pay in full
    ended: BoolArray  # (lane,): whether nothing moves any more
    means: FloatArray  # (turn, lane): what a purse has without the payments of others
    worth: FloatArray  # (turn, lane): with them, before it last paid
    ratio: FloatArray  # (class x turn, lane): share paid
    nothing: FloatArray  # (1, lane)
    income: FloatArray  # (1, lane): of the purse at hand
    left: FloatArray  # (lane,): what the purse at hand can pay, without end where that is all
    moved: FloatArray  # (lane,): largest move of a paid share in the sweep
    before: FloatArray  # (lane,): the same in the sweep before, and in the one before that
    earlier: FloatArray  # (lane,)


SINGLE_ROWS = 6  # the last of them


class Answer(NamedTuple):
    """What is told of each purse, (path, purse)."""

    paid: FloatArray
    short: BoolArray
    equity: FloatArray
    costs: FloatArray  # no paths where default burns nothing
    by_class: FloatArray  # (path, class, purse); no paths where there is one class
    rounds: IntArray  # (path,)


@kernel
def woven(
    by_debtor: Claims, rank: IntArray, due: FloatArray, keep_means: float, keep_inflow: float
) -> Web:
    """Return the network as the sweeps read it.

    Parameters
    ----------
    by_debtor
        What each purse owes to which purse, in any class.
    rank
        The class of each claim, (claim,).
    due
        Owed to anybody, (class, purse).
    keep_means, keep_inflow
        Shares of its own means and of its inflow that a defaulter pays out.
    """
    classes, purses = due.shape
    by_creditor, origin = listed_by_creditor(by_debtor)
    order = in_turn(by_debtor, by_creditor)
    turn_of = np.empty_like(order)
    turn_of[order] = np.arange(purses)
    last, total = np.arange(purses), np.zeros(purses)
    for one in range(classes):
        for turn in range(purses):
            if due[one, order[turn]] > 0.0:
                last[turn] = one * purses + turn
            total[turn] += due[one, order[turn]]
    income = turned(by_creditor, rank[origin], order, turn_of)
    places = turn_of.astype(np.uint64), last.astype(np.uint64)
    return Web(places[0], income, due[:, order], total, places[1], keep_means, keep_inflow)


@allocating
def turned(by_creditor: Claims, rank: IntArray, order: IntArray, turn_of: IntArray) -> Claims:
    """Return what comes in to each turn, from which (class x turn)."""
    starts_before, debtors, owed_before = by_creditor
    starts = np.zeros(starts_before.size, dtype=np.int64)
    sources, owed = np.empty_like(debtors), np.empty_like(owed_before)
    at = 0
    for turn in range(order.size):
        for claim in range(starts_before[order[turn]], starts_before[order[turn] + 1]):
            sources[at] = rank[claim] * order.size + turn_of[debtors[claim]]
            owed[at] = owed_before[claim]
            at += 1
        starts[turn + 1] = at
    return Claims(starts, sources, owed)


# Arrays are taken out of their tuples once a sweep: each taking counts the users of the array.
# What is done for each purse is compiled into the sweep, twice: loops of known length are fastest.


@piece
def sweep_plainly(web: Web, desk: Desk, few: bool) -> None:
    """Let every purse pay, one after the other, out of what the others pay now.

    For one class of creditors, default that burns nothing, and the search from above. Where ``few``
    only the first lanes hold paths.
    """
    starts, sources, owed = web.income
    means, worth, ratio, moved = desk.means, desk.worth, desk.ratio, desk.moved
    total = web.total
    moved[:] = 0.0
    for turn in range(total.size):
        first, last, due = starts[turn], starts[turn + 1], total[turn]
        if few:
            add_up_few(ratio, sources, owed, first, last, means, turn, worth, turn)
            pay(worth, ratio, moved, turn, due, FEW)
        else:
            add_up(ratio, sources, owed, first, last, means, turn, worth, turn)
            pay(worth, ratio, moved, turn, due, LANES)


@inlined
def pay(
    worth: FloatArray, ratio: FloatArray, moved: FloatArray, turn: int, due: float, lanes: int
) -> None:
    """Pay all creditors of a purse; note how far the share moved. Who owes nothing has paid."""
    per_dollar = 1.0 / due
    for lane in range(lanes):
        share = worth[turn, lane] * per_dollar
        share = share if share < ENOUGH else 1.0
        moved[lane] = max(moved[lane], abs(share - ratio[turn, lane]))
        ratio[turn, lane] = share


@piece
def sweep_by_class(web: Web, desk: Desk, few: bool, greatest: bool) -> None:
    """Do the same with classes and default costs, from above or below."""
    starts, sources, owed = web.income
    means, worth, ratio, moved = desk.means, desk.worth, desk.ratio, desk.moved
    income, left, nothing = desk.income, desk.left, desk.nothing
    due, total, last = web.due, web.total, web.last
    keep = web.keep_means, web.keep_inflow
    classes, purses = due.shape
    moved[:] = 0.0
    for turn in range(purses):
        begin, end = starts[turn], starts[turn + 1]
        junior, enough = last[turn], total[turn] * ENOUGH
        if few:
            add_up_few(ratio, sources, owed, begin, end, nothing, 0, income, 0)
            weigh(means, income, worth, ratio, left, turn, junior, enough, keep, greatest, FEW)
        else:
            add_up(ratio, sources, owed, begin, end, nothing, 0, income, 0)
            weigh(means, income, worth, ratio, left, turn, junior, enough, keep, greatest, LANES)
        senior = 0.0
        for rank in range(classes):
            row, own = rank * purses + turn, due[rank, turn]
            if own > 0.0 and few:
                share_out(left, ratio, moved, row, senior, own, FEW)
            elif own > 0.0:
                share_out(left, ratio, moved, row, senior, own, LANES)
            senior += own


@inlined
def weigh(  # noqa: PLR0913, PLR0917 - arrays out of their tuples, see above
    means: FloatArray,
    income: FloatArray,
    worth: FloatArray,
    ratio: FloatArray,
    left: FloatArray,
    turn: int,
    last: int,
    enough: float,
    keep: tuple[float, float],
    greatest: bool,
    lanes: int,
) -> None:
    """Work out what a purse can pay; the short stay short, or, from below, the solvent solvent.

    A purse is short if its most junior creditors, in row ``last``, do not get all.
    """
    for lane in range(lanes):
        has, comes = means[turn, lane], income[0, lane]
        worth[turn, lane] = has + comes
        poor = 1.0 if has + comes < enough else 0.0
        before = 1.0 if ratio[last, lane] < 1.0 else 0.0
        fails = max(before, poor) if greatest else min(before, poor)
        left[lane] = keep[0] * has + keep[1] * comes if fails > 0.0 else np.inf


@inlined
def share_out(
    left: FloatArray,
    ratio: FloatArray,
    moved: FloatArray,
    row: int,
    senior: float,
    due: float,
    lanes: int,
) -> None:
    """Pay one class of a purse's creditors after those before it; note how far its share moved."""
    per_dollar = 1.0 / due
    for lane in range(lanes):
        share = min(max((left[lane] - senior) * per_dollar, 0.0), 1.0)
        moved[lane] = max(moved[lane], abs(share - ratio[row, lane]))
        ratio[row, lane] = share


@piece
def see_who_settled(desk: Desk) -> None:
    """Count a sweep, and mark the paths that move no more, or of which little is left to move.

    Moves that shrink by the same factor from sweep to sweep have a geometric rest. The larger
    factor of the last two sweeps counts.
    """
    rounds, ended = desk.rounds, desk.ended
    moved, before, earlier = desk.moved, desk.before, desk.earlier
    for lane in range(LANES):
        now = moved[lane]
        factor = max(now / before[lane], before[lane] / earlier[lane])
        little = factor <= 0.5 and now * factor <= REST * (1.0 - factor)
        ended[lane] = now <= STILL or little
        rounds[lane] += 1
        earlier[lane], before[lane] = before[lane], now


@piece
def who_goes(desk: Desk, lanes: IntArray) -> int:
    """List the lanes whose paths have settled, or have taken too long; return how many they are."""
    gone = 0
    for lane in range(LANES):
        if desk.path[lane] == NOBODY:
            continue
        if not desk.ended[lane] and desk.rounds[lane] == MOST_SWEEPS:
            desk.rounds[lane], desk.ended[lane] = -MOST_SWEEPS, True
        if desk.ended[lane]:
            lanes[gone] = lane
            gone += 1
    return gone


@piece
def close_ranks(desk: Desk) -> None:
    """Bring the paths that still move into the first lanes."""
    to = 0
    for lane in range(LANES):
        if desk.path[lane] == NOBODY:
            continue
        for rows in (desk.means, desk.ratio):
            for row in range(len(rows)):
                rows[row, to] = rows[row, lane]
        for single in (desk.before, desk.earlier):
            single[to] = single[lane]
        desk.rounds[to] = desk.rounds[lane]
        path = desk.path[lane]
        desk.path[lane] = NOBODY
        desk.path[to] = path
        to += 1


@piece
def take_in(
    web: Web, desk: Desk, means: FloatArray, first: int, lanes: IntArray, greatest: bool
) -> None:
    """Lay the paths from ``first`` on into lanes, one in each, as their search begins.

    All is paid in full then, or, from below, nothing.
    """
    turn_of, due, has, ratio = web.turn, web.due, desk.means, desk.ratio
    classes, purses = due.shape
    for at in range(lanes.size):
        lane = lanes[at]
        desk.path[lane], desk.rounds[lane] = first + at, 0
        desk.before[lane] = desk.earlier[lane] = 1.0
    for begin in range(0, purses, AT_ONCE):
        for at in range(lanes.size):
            lane, own = lanes[at], means[first + at]
            for purse in range(begin, min(begin + AT_ONCE, purses)):
                has[turn_of[purse], lane] = own[purse]
    for rank in range(classes):
        for turn in range(purses):
            nothing = greatest or due[rank, turn] == 0.0
            for lane in lanes:
                ratio[rank * purses + turn, lane] = 1.0 if nothing else 0.0


@piece
def tell(web: Web, desk: Desk, answer: Answer, lanes: IntArray) -> None:
    """Write down what each purse of the paths in some lanes pays, and what it is left with."""
    turn_of, total, last = web.turn, web.total, web.last
    worth, ratio, failed = desk.worth, desk.ratio, desk.failed
    failed[:] = 0
    for begin in range(0, turn_of.size, AT_ONCE):
        for lane in lanes:
            path, count = desk.path[lane], 0
            paid, short, equity = answer.paid[path], answer.short[path], answer.equity[path]
            for purse in range(begin, min(begin + AT_ONCE, turn_of.size)):
                turn = turn_of[purse]
                due, share = total[turn], ratio[last[turn], lane]
                paid[purse] = share * due
                short[purse] = share < 1.0
                equity[purse] = worth[turn, lane] - due
                count += share < 1.0
            failed[lane] += count
    for lane in lanes:
        answer.rounds[desk.path[lane]] = desk.rounds[lane] if failed[lane] > 0 else 0
    if answer.costs.size > 0:
        tell_costs(web, desk, answer, lanes)
    if answer.by_class.size > 0:
        tell_classes(web, desk, answer, lanes)


@piece
def tell_costs(web: Web, desk: Desk, answer: Answer, lanes: IntArray) -> None:
    """Write down what default burns."""
    for purse in range(web.turn.size):
        turn = web.turn[purse]
        for lane in lanes:
            has = desk.means[turn, lane]
            comes = desk.worth[turn, lane] - has
            lost = (1.0 - web.keep_means) * has + (1.0 - web.keep_inflow) * comes
            fails = desk.ratio[web.last[turn], lane] < 1.0
            answer.costs[desk.path[lane], purse] = lost if fails else 0.0


@piece
def tell_classes(web: Web, desk: Desk, answer: Answer, lanes: IntArray) -> None:
    """Write down what each class is paid, and what all are."""
    classes, purses = web.due.shape
    for purse in range(purses):
        turn = web.turn[purse]
        for lane in lanes:
            path, paid = desk.path[lane], 0.0
            for rank in range(classes):
                part = desk.ratio[rank * purses + turn, lane] * web.due[rank, turn]
                answer.by_class[path, rank, purse] = part
                paid += part
            answer.paid[path, purse] = paid


@allocating
def open_desk(web: Web, space: FloatArray) -> Desk:
    """Return a desk in ``space`` with nobody's paths, on which all is paid out of nothing."""
    purses = web.due.shape[1]
    means, worth = space[:purses], space[purses : 2 * purses]
    ratio, rows = space[2 * purses : -SINGLE_ROWS], space[-SINGLE_ROWS:]
    means[:], ratio[:], rows[:] = 0.0, 1.0, 0.0
    return Desk(
        np.full(LANES, NOBODY),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.int64),
        np.zeros(LANES, dtype=np.bool_),
        means,
        worth,
        ratio,
        rows[0:1],
        rows[1:2],
        rows[2],
        rows[3],
        rows[4],
        rows[5],
    )


@kernel
def clear_some(
    web: Web,
    means: FloatArray,
    answer: Answer,
    space: FloatArray,
    first: int,
    last: int,
    greatest: bool,
) -> None:
    """Clear the paths from ``first`` up to ``last``.

    Parameters
    ----------
    web
        The network, from `woven`.
    means
        What each purse has, (path, purse).
    answer
        Room for the answer. Rounds are 0 where nobody is short, and negative where `MOST_SWEEPS`
        were not enough.
    space
        Room to work in, (2 x purse + class x purse + `SINGLE_ROWS`, `LANES`).
    first, last
        The paths.
    greatest
        Whether to search from above.
    """
    burns = min(web.keep_means, web.keep_inflow) < 1.0
    plain = greatest and not burns and len(web.due) == 1
    desk = open_desk(web, space)
    lanes = np.arange(LANES)
    fresh = min(LANES, last - first)
    take_in(web, desk, means, first, lanes[:fresh], greatest)
    waiting, busy = first + fresh, fresh
    few = busy <= FEW
    while busy > 0:
        if plain:
            sweep_plainly(web, desk, few)
        else:
            sweep_by_class(web, desk, few, greatest)
        see_who_settled(desk)
        gone = who_goes(desk, lanes)
        if gone == 0:
            continue
        tell(web, desk, answer, lanes[:gone])
        fresh = min(gone, last - waiting)
        take_in(web, desk, means, waiting, lanes[:fresh], greatest)
        waiting += fresh
        busy -= gone - fresh
        desk.path[lanes[fresh:gone]] = NOBODY
        if busy <= FEW and not few:
            close_ranks(desk)
            few = True
