"""The sweeps of `clearing`, compiled: a block of paths side by side over one sparse network.

A purse pays out of what others pay now (Gauss and Seidel), not out of what they paid a round ago:
that takes about half the rounds. A path that has settled is left as it is, so that its bits do not
hang on its neighbours. See `clearing` for the papers and `clearing.search` for the version to read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cardhouse.compiling import inlined, kernel
from cardhouse.engine.clearing import STILL
from cardhouse.engine.waterfall import SHORT_TOLERANCE

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


MOST_SWEEPS = 400
"""More are taken only where money goes round almost for ever; such a path is left to others."""


class Web(NamedTuple):
    """Who owes whom: for each purse, what comes in from which (class x purse), in sparse form.

    Claims of a purse come in fours, the last of them filled up with claims on nothing.
    """

    starts: IntArray  # (purse + 1,)
    sources: IntArray  # (claim,)
    owed: FloatArray  # (claim,)
    inside: FloatArray  # (class, purse): owed to purses
    due: FloatArray  # (class, purse): owed to anybody
    total: FloatArray  # (purse,): of all classes
    last: IntArray  # (purse,): class x purse of the most junior claim on each
    keep_means: float  # share of its own means, and of its inflow, that a defaulter pays out
    keep_inflow: float


class Desk(NamedTuple):
    """Where a block of paths stands, paths side by side."""

    place: IntArray  # (path,): which path of the block lies here
    means: FloatArray  # (purse, path): what a purse has without the payments of others
    ratio: FloatArray  # (class x purse, path): share paid; all else follows from it
    income: FloatArray  # (path,): of the purse at hand
    left: FloatArray  # (path,): what the purse at hand can pay, without end where that is all
    moved: FloatArray  # (path,): largest move of a paid share in the sweep
    before: FloatArray  # (path,): the same in the sweep before
    ended: FloatArray  # (path,): 1 where nothing moves any more


class Answer(NamedTuple):
    """What is told of each purse, (purse, path); paths of all blocks side by side."""

    paid: FloatArray
    short: BoolArray
    interfirm: FloatArray
    external: FloatArray
    equity: FloatArray
    costs: FloatArray
    by_class: FloatArray  # (class x purse, path)
    rounds: IntArray  # (path,)


@inlined
def receive(web: Web, desk: Desk, purse: int, count: int) -> None:
    """Add up what a purse receives on the first ``count`` paths, four claims at a time."""
    ratio, income = desk.ratio, desk.income
    for path in range(count):
        income[path] = 0.0
    for at in range(web.starts[purse], web.starts[purse + 1], 4):
        a, b, c, d = web.owed[at], web.owed[at + 1], web.owed[at + 2], web.owed[at + 3]
        i, j = web.sources[at], web.sources[at + 1]
        k, m = web.sources[at + 2], web.sources[at + 3]
        for path in range(count):
            two = a * ratio[i, path] + b * ratio[j, path]
            income[path] += two + (c * ratio[k, path] + d * ratio[m, path])


@inlined
def weigh(web: Web, desk: Desk, purse: int, greatest: bool, count: int) -> None:
    """Work out what a purse can pay; the short stay short, or, from below, the solvent solvent.

    A purse is short if its most junior creditors do not get all.
    """
    total, last = web.total[purse], web.last[purse]
    enough = total * (1.0 - SHORT_TOLERANCE)
    means, ratio, income, left = desk.means, desk.ratio, desk.income, desk.left
    of_means, of_inflow = web.keep_means, web.keep_inflow
    for path in range(count):
        comes, has = income[path], means[purse, path]
        poor = 1.0 if has + comes < enough else 0.0
        before = 1.0 if ratio[last, path] < 1.0 else 0.0
        fails = max(before, poor) if greatest else min(before, poor)
        left[path] = of_means * has + of_inflow * comes if fails > 0.0 else np.inf


@inlined
def share_out(desk: Desk, row: int, senior: float, due: float, count: int) -> None:
    """Pay one class of a purse's creditors after those before it; note how far its share moved."""
    left, ratio, moved, ended = desk.left, desk.ratio, desk.moved, desk.ended
    per_dollar = 1.0 / due
    for path in range(count):
        before = ratio[row, path]
        share = min(max((left[path] - senior) * per_dollar, 0.0), 1.0)
        share = before if ended[path] > 0.0 else share
        moved[path] = max(moved[path], abs(share - before))
        ratio[row, path] = share


@inlined
def sweep_once(web: Web, desk: Desk, greatest: bool, count: int) -> None:
    """Let every purse pay, one after the other, out of what the others pay now."""
    classes, purses = web.due.shape
    for path in range(count):
        desk.moved[path] = 0.0
    for purse in range(purses):
        if web.total[purse] == 0.0:
            continue
        receive(web, desk, purse, count)
        weigh(web, desk, purse, greatest, count)
        senior = 0.0
        for rank in range(classes):
            due = web.due[rank, purse]
            if due > 0.0:
                share_out(desk, rank * purses + purse, senior, due, count)
            senior += due


@kernel
def swap(desk: Desk, one: int, other: int) -> None:
    """Let two paths of a block change places."""
    for row in range(desk.ratio.shape[0]):
        held = desk.ratio[row, one]
        desk.ratio[row, one] = desk.ratio[row, other]
        desk.ratio[row, other] = held
    for purse in range(desk.means.shape[0]):
        held = desk.means[purse, one]
        desk.means[purse, one] = desk.means[purse, other]
        desk.means[purse, other] = held
    place = desk.place[one]
    desk.place[one], desk.place[other] = desk.place[other], place
    for values in (desk.moved, desk.before, desk.ended):
        now = values[one]
        values[one], values[other] = values[other], now


@kernel
def close_ranks(desk: Desk, count: int) -> int:
    """Bring the paths that still move to the front; return how many they are."""
    kept = 0
    for path in range(count):
        if desk.ended[path] == 0.0:
            if path > kept:
                swap(desk, path, kept)
            kept += 1
    return kept


@kernel
def see_who_settled(desk: Desk, count: int, rounds: IntArray) -> int:
    """Mark the paths that have settled, count the sweep; return how many move.

    A path has settled when it moves no more, or hardly, and half as much as before.
    """
    moving = 0
    for path in range(count):
        if desk.ended[path] == 0.0:
            rounds[desk.place[path]] += 1
            now, before = desk.moved[path], desk.before[path]
            desk.before[path] = now
            if now <= STILL or (now <= 100.0 * STILL and now <= 0.5 * before):
                desk.ended[path] = 1.0
            else:
                moving += 1
    return moving


@kernel
def settle_block(web: Web, desk: Desk, greatest: bool, rounds: IntArray) -> None:
    """Sweep a block until every path has settled; ``rounds`` (path,) counts the sweeps of each."""
    count = desk.place.size
    for sweep in range(1, MOST_SWEEPS + 1):
        sweep_once(web, desk, greatest, count)
        moving = see_who_settled(desk, count, rounds)
        if moving == 0:
            break
        if sweep % 32 == 0 and 2 * moving <= count:  # moving them costs a few sweeps
            count = close_ranks(desk, count)


@kernel
def open_desk(web: Web, desk: Desk, greatest: bool) -> None:
    """Lay a block out as the search begins: all paid in full, or, from below, nothing."""
    classes, purses = web.due.shape
    for purse in range(purses):
        for rank in range(classes):
            nothing = greatest or web.due[rank, purse] == 0.0
            desk.ratio[rank * purses + purse] = 1.0 if nothing else 0.0


@kernel
def tell(web: Web, desk: Desk, answer: Answer, first: int) -> None:
    """Write down what each purse pays, to whom, and what it is left with; paths from ``first``.

    ``moved`` tells afterwards on which paths anybody is short.
    """
    classes, purses = web.due.shape
    width, income = desk.moved.size, desk.income
    for path in range(width):
        while desk.place[path] != path:
            swap(desk, path, desk.place[path])
    desk.moved[:] = 0.0
    for purse in range(purses):
        total, last = web.total[purse], web.last[purse]
        receive(web, desk, purse, width)
        for path in range(width):
            at = first + path
            has, comes = desk.means[purse, path], income[path]
            left = web.keep_means * has + web.keep_inflow * comes
            fails = desk.ratio[last, path] < 1.0
            desk.moved[path] = max(desk.moved[path], 1.0 if fails else 0.0)
            answer.paid[purse, at] = min(left, total) if fails else total
            answer.short[purse, at] = fails
            answer.equity[purse, at] = has + comes - total
            answer.costs[purse, at] = has + comes - left if fails else 0.0
        for rank in range(classes):
            row, due = rank * purses + purse, web.due[rank, purse]
            inside = web.inside[rank, purse]
            for path in range(width):
                share, at = desk.ratio[row, path], first + path
                before = answer.interfirm[purse, at] if rank > 0 else 0.0
                answer.interfirm[purse, at] = before + share * inside
                before = answer.external[purse, at] if rank > 0 else 0.0
                answer.external[purse, at] = before + share * (due - inside)
                answer.by_class[row, at] = share * due


@kernel
def clear_blocks(
    web: Web,
    means: FloatArray,
    answer: Answer,
    first_path: int,
    last_path: int,
    width: int,
    greatest: bool,
) -> None:
    """Clear the paths from ``first_path`` up to ``last_path``, ``width`` at a time.

    ``means`` is (path, purse), the answer (purse, path). Rounds are 0 where nobody is short, and
    negative where `MOST_SWEEPS` were not enough.
    """
    rows = web.due.size
    for first in range(first_path, last_path, width):
        count = min(width, last_path - first)
        desk = Desk(
            np.arange(count),
            means[first : first + count].T.copy(),
            np.empty((rows, count)),
            np.empty(count),
            np.empty(count),
            np.empty(count),
            np.zeros(count),
            np.zeros(count),
        )
        open_desk(web, desk, greatest)
        rounds = np.zeros(count, dtype=np.int64)
        settle_block(web, desk, greatest, rounds)
        tell(web, desk, answer, first)
        for path in range(count):
            sweeps = rounds[path] if desk.moved[path] > 0.0 else 0
            answer.rounds[first + path] = sweeps if desk.ended[path] > 0.0 else -rounds[path]
