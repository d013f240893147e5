"""A thousand draws from the accounts: every identity holds, and the covariance is theirs.

Run: ``python validation/draws.py [QUARTER]``; ends with 1 when something is off.
"""

from __future__ import annotations

import sys

import numpy as np

from cardhouse.accounts import open_accounts
from cardhouse.accounts.draws import draw

COUNT = 1000
LARGEST_GAP = 1e-9
FAR_FROM_ZERO = 3.0
"""Unknowns this many sd above zero are not touched by their sign."""


def main() -> int:
    """Print what was seen and return the exit code."""
    base = sys.argv[1] if len(sys.argv) > 1 else "2025Q2"
    accounts = open_accounts("ai", base=base)
    problem, balanced = accounts.solution.problem, accounts.solution.balanced
    drawn = np.array(list(draw(problem, COUNT, seed=1)))
    size = np.abs(drawn) @ np.abs(problem.identities).T
    gap = (np.abs(drawn @ problem.identities.T - problem.totals) / np.maximum(size, 1e-12)).max()
    lowest = drawn[:, problem.signed].min()
    free = (balanced.values > FAR_FROM_ZERO * balanced.sd) & (balanced.sd > 0)
    ratio = drawn[:, free].std(axis=0) / balanced.sd[free]
    print(f"{base}: {COUNT} draws of {len(problem.prior)} unknowns, {free.sum()} far from zero")
    print(
        f"largest gap of an identity {gap:.1e}, lowest flow that may not be negative {lowest:.1e}"
    )
    print(f"sd drawn over posterior sd: median {np.median(ratio):.3f}, "
          f"from {ratio.min():.3f} to {ratio.max():.3f}")  # fmt: skip
    return 0 if gap < LARGEST_GAP and lowest >= 0 and abs(np.median(ratio) - 1) < 0.05 else 1


if __name__ == "__main__":
    sys.exit(main())
