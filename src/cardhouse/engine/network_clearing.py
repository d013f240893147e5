"""One large network cleared for many cases of assets at once, by compiled sweeps."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from cardhouse.engine._liabilities import Network
from cardhouse.engine.waterfall import FloatArray, IntArray

if TYPE_CHECKING:
    from cardhouse.engine._clearing_kernels import Answer, Web
    from cardhouse.engine._turn_kernels import Claims

COMPILED_FROM = 40  # firms; for fewer a machine that has compiled nothing yet would only wait
CORES = os.cpu_count() or 1
WORTH_A_THREAD = 500_000  # claims times paths, about a millisecond: starting one takes a tenth
LINE = 8  # numbers on a line of the cache: vectors that lie across two take twice as long
LARGE_PAGES = 2**22 // 8  # numbers; for a piece of this size numpy asks the system for large pages
WORTH_LARGE_PAGES = 2**16  # numbers; fewer lie on few pages anyway


def clear_network(
    network: Network, assets: FloatArray, keep: tuple[float, float], greatest: bool
) -> tuple[dict[str, Any], IntArray]:
    """Return the parts of a `settlement.Clearing`, and the paths that did not settle.

    ``keep`` holds the shares of its own means and of its inflow that a defaulter pays out.
    ``assets`` is (path, firm), and so are the results. A path's bits hang on nothing but its own
    assets and the network.
    """
    from cardhouse.engine._clearing_kernels import SINGLE_ROWS, clear_some
    from cardhouse.engine._lanes import LANES

    paths, firms = assets.shape
    classes, burns = len(network.classes), min(keep) < 1.0
    answer = _nothing_yet(classes, firms, paths, burns)
    web = _web(network, keep)
    *others, own = _parts(paths, web.income.owed.size, LANES)

    def clear_part(part: tuple[int, int]) -> None:
        rows = (2 + classes) * firms + SINGLE_ROWS
        space = _room(rows * LANES).reshape(rows, LANES)
        clear_some(web, assets, answer, space, *part, greatest)

    if others:
        with ThreadPoolExecutor(len(others)) as threads:
            waiting = threads.map(clear_part, others)
            clear_part(own)
            list(waiting)
    else:
        clear_part(own)
    results = {
        "payments": answer.paid,
        "equity": answer.equity,
        "defaulted": answer.short,
        "default_costs": answer.costs if burns else np.broadcast_to(0.0, assets.shape),
        "class_payments": answer.by_class if classes > 1 else answer.paid[:, None],
        "sweeps": answer.rounds,
    }
    return results, np.flatnonzero(answer.rounds < 0)


def _parts(paths: int, claims: int, lanes: int) -> list[tuple[int, int]]:
    """Return the paths that each thread takes, whole rows of lanes; few threads for little."""
    threads = max(1, min(CORES, paths * claims // WORTH_A_THREAD))
    rows = -(-paths // lanes)
    size = max(1, -(-rows // threads)) * lanes
    return [(first, min(first + size, paths)) for first in range(0, max(paths, 1), size)]


def _room(numbers: int) -> FloatArray:
    """Return room for numbers, at the start of a cache line.

    Large pieces lie on large pages, which a system hands out faster; the rest of their 4 MiB costs
    nothing as long as nobody touches it.
    """
    wanted = numbers + LINE
    whole = np.empty(max(wanted, LARGE_PAGES) if wanted >= WORTH_LARGE_PAGES else wanted)
    first = -(whole.ctypes.data // whole.itemsize) % LINE
    return whole[first : first + numbers]


def _nothing_yet(classes: int, firms: int, paths: int, burns: bool) -> Answer:
    """Return room for the answer, none for what follows from the rest of it."""
    from cardhouse.engine._clearing_kernels import Answer

    whole = paths * firms
    sizes = whole, whole, whole * burns, whole * (classes if classes > 1 else 0), -(-whole // 8)
    room = _room(sum(sizes))
    ends = np.cumsum(sizes).tolist()
    paid, equity, costs, by_class, short = (
        room[end - size : end] for end, size in zip(ends, sizes, strict=True)
    )
    return Answer(
        paid=paid.reshape(-1, firms),
        short=short.view(np.bool_)[:whole].reshape(-1, firms),
        equity=equity.reshape(-1, firms),
        costs=costs.reshape(-1, firms),
        by_class=by_class.reshape(-1, classes, firms),
        rounds=np.zeros(paths, dtype=np.int64),
    )


def _web(network: Network, keep: tuple[float, float]) -> Web:
    """Return the network as the kernel reads it."""
    from cardhouse.engine._clearing_kernels import woven

    due = network.inside + network.outside
    if len(network.classes) == 1:
        (whole,) = network.classes
        by_debtor = _claims(whole.indptr, whole.indices, whole.data)
        return woven(by_debtor, np.zeros(whole.nnz, dtype=np.int64), due, *keep)
    ranks = np.repeat(np.arange(len(due)), [one.nnz for one in network.classes])
    debtors, creditors, owed = (
        np.concatenate([getattr(one, part) for one in map(sparse.coo_array, network.classes)])
        for part in ("row", "col", "data")
    )
    by_hand = np.argsort(debtors, kind="stable")
    starts = np.concatenate([[0], np.bincount(debtors, minlength=network.firms).cumsum()])
    by_debtor = _claims(starts, creditors[by_hand], owed[by_hand])
    return woven(by_debtor, ranks[by_hand], due, *keep)


def _claims(starts: Any, others: Any, owed: FloatArray) -> Claims:
    """Return sparse claims with the integers that the kernel takes."""
    from cardhouse.engine._turn_kernels import Claims

    return Claims(starts.astype(np.int64), others.astype(np.int64), owed)
