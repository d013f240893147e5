"""Confidence: the mood of capital markets, one number per path."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Mask
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import ratio

BOUNDS = (0.0, 1.5)


def next_confidence(now: Moment, surprise: Array, failed: Mask, unmet: Array) -> Array:
    """Return confidence c (path, 1): it returns to 1, and moves with growth, failure, want.

    ``surprise`` is growth less expected growth of the same quarter, ``unmet`` the share of firms'
    essential money that nobody gave, both (path, 1). The share of the chain's revenue in default
    is taken at last quarter's revenue.
    """
    state, parameters = now.state, now.parameters
    revenue = (state.revenue * state.alive).sum(axis=1, keepdims=True)
    lost = ratio((state.revenue * failed).sum(axis=1, keepdims=True), revenue)
    c = state.confidence
    c = c + parameters["confidence_return"] * (1.0 - c)
    c = c + parameters["confidence_growth"] * surprise
    c = c - parameters["confidence_default"] * lost - parameters["confidence_unmet"] * unmet
    return np.asarray(np.clip(c, *BOUNDS))
