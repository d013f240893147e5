"""Shocks: what differs from path to path and quarter to quarter, as factors on drivers.

Drivers say what a scenario moves, the same on every path; shocks multiply some of them path by
path. The engine draws nothing itself: who calls it hands them in.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cardhouse.engine.arrays import Array, Chain
from cardhouse.errors import InputError


@dataclass(frozen=True)
class Shocks:
    """Factors from 0, neutral at 1; row 0 is the base quarter, which is history and never moves."""

    demand: Array  # (quarter, path, sale): on the level of final demand
    supply: Array  # (quarter, path, pool): on what pools have to give
    price: Array  # (quarter, path, line): on the price charged


def calm(chain: Chain, quarters: int, paths: int) -> Shocks:
    """Return shocks of `quarters` simulated quarters that change nothing."""
    return Shocks(
        **{name: np.ones((quarters + 1, paths, size)) for name, size in _sizes(chain).items()}
    )


def _sizes(chain: Chain) -> dict[str, int]:
    """Return how many entities each kind of shock moves."""
    lines, _, _, pools = chain.shape
    return {"demand": len(chain.sales.line), "supply": pools, "price": lines}


def check_shocks(chain: Chain, shocks: Shocks, quarters: int, paths: int) -> None:
    """Refuse shocks whose shapes or values the laws cannot take.

    Raises
    ------
    InputError
        The first that is wrong, with what was found and expected.
    """
    sizes = _sizes(chain)
    for one in fields(Shocks):
        values, usual = getattr(shocks, one.name), (quarters + 1, paths, sizes[one.name])
        if values.shape != usual:
            raise InputError(
                f"shocks of '{one.name}' have shape {values.shape}, expected {usual}: "
                f"{quarters} quarters and the base quarter, {paths} paths."
            )
        wrong = ~(np.isfinite(values) & (values >= 0.0))
        if wrong.any():
            raise InputError(
                f"a shock of '{one.name}' is {values[wrong][0]}, expected a factor from 0."
            )
