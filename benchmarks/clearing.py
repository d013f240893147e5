"""Clearing of 50, 500 and 5,000 firms: `ch.clear` beside a plain loop and scipy, in turns.

    python benchmarks/clearing.py [--firms 50 500 5000]

The plain loop is of the kind of NEVA (Barucca et al., not kept up since 2020), written by us: an
object a bank, and the iteration of the paper (all equities from those of the last round) until
nothing moves. scipy is one sparse product a round, for all cases at once. All three clear the same
cases and must agree to 1e-9 of what is owed. Times are medians of five turns, of the processors
(all threads together), ratios also by the clock: `ch.clear` may use all cores, the others use one.
Targets are 1,000 times the loop and 5 times scipy.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

import cardhouse as ch

ROUNDS = 5
TURN = 0.2  # seconds: a contender is called until they are over, or once
LINKS = 8  # debts a firm owes to others
STILL = 1e-11  # of what is owed: where the peers stop, a hundredth of what is compared
SAME = 1e-9
CASES = {50: 2000, 500: 500, 5000: 100}
LOOP_CASES = {50: 10, 500: 2, 5000: 1}


@dataclass(frozen=True)
class Case:
    """One network, and what firms have besides in many cases (case, firm)."""

    owed: sparse.csr_array
    outside: np.ndarray
    assets: np.ndarray

    @property
    def due(self) -> np.ndarray:
        """Return all that each firm owes (firm,)."""
        return np.asarray(self.owed.sum(axis=1)) + self.outside


def invented(firms: int, cases: int, seed: int = 0) -> Case:
    """Return a random network in which about four in ten firms cannot pay."""
    rng = np.random.default_rng(seed)
    debtor = np.repeat(np.arange(firms), LINKS)
    creditor = rng.integers(0, firms - 1, debtor.size)
    creditor += creditor >= debtor
    amounts = rng.lognormal(0.0, 1.0, debtor.size)
    owed = sparse.csr_array((amounts, (debtor, creditor)), shape=(firms, firms))
    owed.sum_duplicates()
    outside = 0.5 * np.asarray(owed.sum(axis=1))
    due = np.asarray(owed.sum(axis=1)) + outside
    needed = due - np.asarray(owed.sum(axis=0))
    assets = np.maximum(0.0, needed) + rng.uniform(-0.3, 0.3, (cases, firms)) * due
    return Case(owed, outside, np.maximum(0.0, assets))


class Bank:
    """A bank of the plain loop: what it has, owes, and is owed by whom."""

    def __init__(self, assets: float, due: float) -> None:
        self.assets, self.due = assets, due
        self.claims: list[tuple[Bank, float]] = []
        self.equity = 0.0

    def value(self) -> float:
        """Return the share that this bank pays of a dollar it owes."""
        if self.equity >= 0.0 or self.due == 0.0:
            return 1.0
        return max(0.0, (self.equity + self.due) / self.due)

    def revalued(self) -> float:
        """Return its equity when what others owe to it is worth what they could pay so far."""
        worth = sum(amount * debtor.value() for debtor, amount in self.claims)
        return self.assets + worth - self.due


def plain_loop(case: Case, count: int) -> np.ndarray:
    """Return payments of the first cases (case, firm), each by a loop over banks."""
    due = case.due.tolist()
    entries = case.owed.tocoo()
    out = []
    for assets in case.assets[:count].tolist():
        banks = [Bank(*one) for one in zip(assets, due, strict=True)]
        for debtor, creditor, amount in zip(
            entries.row.tolist(), entries.col.tolist(), entries.data.tolist(), strict=True
        ):
            banks[creditor].claims.append((banks[debtor], amount))
        near = STILL * max(due)
        moved = np.inf
        while moved > near:
            equities = [bank.revalued() for bank in banks]
            moved = max(abs(new - bank.equity) for new, bank in zip(equities, banks, strict=True))
            for new, bank in zip(equities, banks, strict=True):
                bank.equity = new
        out.append([bank.value() * bank.due for bank in banks])
    return np.array(out)


def batched_scipy(case: Case) -> np.ndarray:
    """Return payments of all cases (case, firm), one sparse product a round."""
    due = case.due[:, None]
    shares = sparse.csr_array((case.owed / due).T)
    assets = np.ascontiguousarray(case.assets.T)
    paid = np.broadcast_to(due, assets.shape)
    while True:
        after = np.minimum(due, assets + shares @ paid)
        if (np.abs(after - paid) <= STILL * due).all():
            return after.T
        paid = after


def ours(case: Case) -> np.ndarray:
    """Return payments of all cases (case, firm)."""
    return ch.clear(case.owed, case.assets, case.outside).payments


def seconds(what: Callable[[], np.ndarray]) -> tuple[float, float]:
    """Return the seconds of a call: of the processors, and of the clock; the mean of a turn."""
    start, then = time.process_time(), time.perf_counter()
    calls = 0
    while time.perf_counter() - then < TURN:
        what()
        calls += 1
    return (time.process_time() - start) / calls, (time.perf_counter() - then) / calls


def check_same(case: Case, loops: int) -> float:
    """Return the largest difference between the three, as a share of what is owed."""
    reference, due = ours(case), case.due
    gaps = [
        float((np.abs(found - reference[: len(found)]) / due).max())
        for found in (batched_scipy(case), plain_loop(case, loops))
    ]
    if not max(gaps) <= SAME:
        sys.exit(f"{len(due)} firms: payments differ by {max(gaps):.1e} of what is owed.")
    return max(gaps)


def measure(firms: int) -> str:
    """Return a row of the table."""
    cases, loops = CASES[firms], LOOP_CASES[firms]
    case = invented(firms, cases)
    gap = check_same(case, loops)
    kinds = {
        "ours": (lambda: ours(case), cases),
        "scipy": (lambda: batched_scipy(case), cases),
        "loop": (lambda: plain_loop(case, loops), loops),
    }
    taken: dict[str, list[np.ndarray]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, (what, count) in kinds.items():
            taken[name].append(1e6 * np.array(seconds(what)) / count)
    (own, clock), (other, other_clock), (loop, loop_clock) = (
        np.median(taken[name], axis=0) for name in kinds
    )
    return (
        f"| {firms:,} | {cases:,} | {own:,.1f} | {other:,.1f} | {loop:,.0f} "
        f"| {other / own:.1f} | {loop / own:,.0f} | {other_clock / clock:.1f} "
        f"| {loop_clock / clock:,.0f} | {gap:.0e} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firms", type=int, nargs="+", default=list(CASES), choices=list(CASES))
    asked = parser.parse_args()
    print("### Clearing, microseconds a case\n")
    print(
        "| firms | cases | cardhouse | scipy, all cases at once | plain loop "
        "| times scipy | times loop | by the clock: scipy | loop | largest difference |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for firms in asked.firms:
        print(measure(firms), flush=True)


if __name__ == "__main__":
    main()
