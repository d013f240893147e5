"""Generated payments between sources and purses, in which no dollar comes from nowhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st


@dataclass(frozen=True)
class Payments:
    """Sources first, then purses; nobody pays more than came in or was there."""

    flows: np.ndarray
    source_of: np.ndarray
    opening: np.ndarray

    @property
    def sources(self) -> int:
        return int((self.source_of >= 0).sum())


@st.composite
def payments(draw: st.DrawFn, with_cash: bool = True) -> Payments:
    """Random circles, chains and idle purses in which no dollar comes from nowhere.

    Flows are drawn, then each purse's shortfall is made up by outside money or opening cash.
    """
    sources, purses = draw(st.integers(1, 3)), draw(st.integers(1, 7))
    n = sources + purses
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    flows = rng.random((n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.1, 0.4, 0.9])))
    flows[:sources, :sources] = 0.0
    np.fill_diagonal(flows, 0.0)
    source_of = np.r_[np.arange(sources), np.full(purses, -1)]
    opening = np.zeros((n, sources))
    short = np.maximum(flows.sum(axis=1) - flows.sum(axis=0), 0.0)
    for purse in range(sources, n):
        giver = rng.integers(sources)
        if with_cash and rng.random() < 0.5:
            opening[purse, giver] += short[purse] * (1 + rng.integers(2) * rng.random())
        else:
            flows[giver, purse] += short[purse]
    return Payments(flows, source_of, opening)
