"""Growth stated at an economy's reference quarter, as it stands at another base quarter.

The driver's rate fades: ``g(t) = g_end + (g_0 - g_end) 2^(-t/H)``. After the reference quarter it
has faded by then; before it nothing is known of a faster past, so the stated rate is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

HALF_LIFE = 8.0


def aged(terms: Mapping[str, float], quarters: int) -> dict[str, float]:
    """Return terms as they stand some quarters after the reference quarter.

    Growth has faded; of a term in quarters what is left remains, at least one.
    """
    if "quarters" in terms:
        terms = {**terms, "quarters": max(terms["quarters"] - quarters, 1.0)}
    if "growth" not in terms:
        return dict(terms)
    end, half_life = terms.get("growth_end", 0.0), terms.get("half_life", HALF_LIFE)
    faded = end + (terms["growth"] - end) * fading(quarters, half_life)
    return {**terms, "growth": faded}


def fading(quarters: int, half_life: float = HALF_LIFE) -> float:
    """Return the share of a growth gap that is left after some quarters; 1 before any.

    Examples
    --------
    >>> fading(8), fading(-3)
    (0.5, 1.0)
    """
    return float(2.0 ** (-max(quarters, 0) / half_life))


def log_growth(terms: Mapping[str, float], quarters: int) -> float:
    """Return ln of what a flow has grown by, some quarters after the reference quarter."""
    growth = terms.get("growth", 0.0)
    if quarters <= 0:
        return growth * quarters
    end, half_life = terms.get("growth_end", 0.0), terms.get("half_life", HALF_LIFE)
    reach = half_life / math.log(2.0) * (1.0 - fading(quarters, half_life))
    return end * quarters + (growth - end) * reach
