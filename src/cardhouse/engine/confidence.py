"""Confidence: the mood of capital markets, one number per path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import Array
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import ratio

BOUNDS = (0.0, 1.5)


def next_confidence(
    parameters: Parameters,
    state: State,
    growth_surprise: Array,
    failed: NDArray[np.bool_],
    unmet: Array,
) -> Array:
    """Return confidence c (path, 1): it returns to 1, and moves with growth, failure, want.

    ``growth_surprise`` and ``unmet`` are (path, 1); the share of the chain's revenue in default
    is taken at last quarter's revenue.
    """
    revenue = (state.revenue * state.alive).sum(axis=1, keepdims=True)
    lost = ratio((state.revenue * failed).sum(axis=1, keepdims=True), revenue)
    c = state.confidence
    c = c + parameters["confidence_return"] * (1.0 - c)
    c = c + parameters["confidence_growth"] * growth_surprise
    c = c - parameters["confidence_default"] * lost - parameters["confidence_unmet"] * unmet
    return np.asarray(np.clip(c, *BOUNDS))
