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

COMPILED_FROM = 40  # firms; for fewer a machine that has compiled nothing yet would only wait
NUMBERS_AT_ONCE = 2**18  # paid shares that a block of paths holds: what a core keeps close
WIDTHS = 16, 64  # least and most paths side by side
WORTH_A_THREAD = 100_000  # claims times paths, about half a millisecond of work
TOGETHER = 4  # claims that the kernel adds up at a time


def clear_network(
    network: Network, assets: FloatArray, keep: tuple[float, float], greatest: bool
) -> tuple[dict[str, Any], IntArray]:
    """Return the parts of a `settlement.Clearing`, and the paths that did not settle.

    ``keep`` holds the shares of its own means and of its inflow that a defaulter pays out.
    ``assets`` is (path, firm), and so are the results. A path's bits hang on nothing but its own
    assets and the network.
    """
    from cardhouse.engine._clearing_kernels import clear_blocks

    paths, firms = assets.shape
    classes = len(network.classes)
    answer = _nothing_yet(classes, firms, paths)
    width = int(np.clip(NUMBERS_AT_ONCE // (classes * firms), *WIDTHS))
    web = _web(network, keep)

    def clear_some(first: int, last: int) -> None:
        clear_blocks(web, assets, answer, first, last, width, greatest)

    parts = _parts(paths, width, web.owed.size)
    if len(parts) == 1:
        clear_some(0, paths)
    else:
        with ThreadPoolExecutor(len(parts)) as threads:
            list(threads.map(clear_some, *zip(*parts, strict=True)))
    by_class = answer.by_class.reshape(classes, firms, paths)
    results = {
        "payments": answer.paid.T,
        "interfirm": answer.interfirm.T,
        "external": answer.external.T,
        "equity": answer.equity.T,
        "defaulted": answer.short.T,
        "default_costs": answer.costs.T,
        "class_payments": by_class.transpose(2, 0, 1),
        "sweeps": answer.rounds,
    }
    return results, np.flatnonzero(answer.rounds < 0)


def _parts(paths: int, width: int, claims: int) -> list[tuple[int, int]]:
    """Return the paths that each thread takes, whole blocks of them; few threads for little."""
    threads = min(os.cpu_count() or 1, paths * claims // WORTH_A_THREAD, -(-paths // width))
    blocks = -(-paths // (width * max(threads, 1)))
    return [
        (first, min(first + blocks * width, paths)) for first in range(0, paths, blocks * width)
    ]


def _nothing_yet(classes: int, firms: int, paths: int) -> Answer:
    """Return room for the answer."""
    from cardhouse.engine._clearing_kernels import Answer

    # One piece of memory: a system hands out a few large pages faster than many small ones.
    paid, interfirm, external, equity, costs, by_class = np.split(
        np.empty(((5 + classes) * firms, paths)), np.arange(1, 6) * firms
    )
    return Answer(
        paid=paid,
        short=np.empty((firms, paths), dtype=np.bool_),
        interfirm=interfirm,
        external=external,
        equity=equity,
        costs=costs,
        by_class=by_class,
        rounds=np.zeros(paths, dtype=np.int64),
    )


def _web(network: Network, keep: tuple[float, float]) -> Web:
    """Return the network as the kernel reads it: what each firm is owed, in fours."""
    from cardhouse.engine._clearing_kernels import Web

    into = sparse.csr_array(sparse.vstack(network.classes, format="csr").T)
    have = np.diff(into.indptr)
    starts = np.concatenate([[0], np.cumsum(-(-have // TOGETHER) * TOGETHER)]).astype(np.int64)
    firm = np.repeat(np.arange(network.firms), have)
    at = starts[firm] + np.arange(into.nnz) - into.indptr[firm]
    sources, owed = np.zeros(starts[-1], dtype=np.int64), np.zeros(starts[-1])
    sources[at], owed[at] = into.indices, into.data
    due = np.ascontiguousarray(network.inside + network.outside)
    rank = np.arange(len(due))[:, None]
    return Web(
        starts=starts,
        sources=sources,
        owed=owed,
        inside=np.ascontiguousarray(network.inside),
        due=due,
        total=due.cumsum(axis=0)[-1],
        last=np.where(due > 0.0, rank, 0).max(axis=0) * network.firms + np.arange(network.firms),
        keep_means=keep[0],
        keep_inflow=keep[1],
    )
