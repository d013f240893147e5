"""Arithmetic of single numbers that laws share, as in `engine.sums`."""

from __future__ import annotations

import math

from cardhouse.compiling import piece
from cardhouse.engine.kernel.kinds import Numbers


@piece
def ratio(top: float, bottom: float, empty: float) -> float:
    """Return top / bottom, and `empty` where bottom is not positive."""
    return top / bottom if bottom > 0.0 else empty


@piece
def covered(have: float, wanted: float, empty: float) -> float:
    """Return the share of what is wanted that there is, at most 1; `empty` where nothing is."""
    return min(have, wanted) / wanted if wanted > 0.0 else empty


@piece
def clip(value: float, low: float, high: float) -> float:
    """Return the value within bounds."""
    return min(max(value, low), high)


@piece
def any_above(values: Numbers, bound: float) -> bool:
    """Tell whether any value is above a bound: counted, since a count may be made in any order."""
    count = 0
    for p in range(values.size):
        count += 1 if values[p] > bound else 0
    return count > 0


@piece
def any_below(values: Numbers, bound: float) -> bool:
    """Tell whether any value is below a bound."""
    count = 0
    for p in range(values.size):
        count += 1 if values[p] < bound else 0
    return count > 0


@piece
def fourth_root(value: float) -> float:
    """Return the growth a quarter of what grew to `value` in a year, plus 1."""
    return math.sqrt(math.sqrt(value))
