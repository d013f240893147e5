"""Philox for many streams at once: the words of `numpy.random.Philox`, side by side.

numpy makes one generator a key; an ensemble looks up a few numbers of each of thousands of
streams, and would spend most of its time on making generators.

References
----------
Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

WORDS = 4
"""Random words that Philox gives for one value of its counter."""

_ROUNDS = 10
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_FACTORS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_STEPS = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B


def philox(keys: Words, counters: Words) -> Words:
    """Return the words that `numpy.random.Philox(key=, counter=)` gives first.

    Parameters
    ----------
    keys
        (..., 2): each key, its low half first.
    counters
        (..., 4): each counter, its low quarter first; axes before the last broadcast with those
        of the keys.

    Returns
    -------
    words
        (..., 4)

    Examples
    --------
    >>> words = philox(np.array([7, 0], dtype=np.uint64), np.array([5, 0, 2, 0], dtype=np.uint64))
    >>> numpys = np.random.Philox(key=7, counter=2 * 2**128 + 5).random_raw(4)
    >>> bool((words == numpys).all())
    True
    """
    keys, counters = np.asarray(keys, dtype=np.uint64), _next(counters)
    shape = np.broadcast_shapes(keys.shape[:-1], counters.shape[:-1])
    one, two, three, four = (np.broadcast_to(counters[..., n], shape) for n in range(WORDS))
    left, right = keys[..., 0], keys[..., 1]
    with np.errstate(over="ignore"):  # numpy warns of single numbers that wrap, not of arrays
        for _ in range(_ROUNDS):
            high, low = _product(_FACTORS[0], one)
            other_high, other_low = _product(_FACTORS[1], three)
            one, two = other_high ^ two ^ left, other_low
            three, four = high ^ four ^ right, low
            left, right = left + np.uint64(_STEPS[0]), right + np.uint64(_STEPS[1])
    return np.stack([one, two, three, four], axis=-1)


def _next(counters: Words) -> Words:
    """Return counters plus 1, carried over: numpy counts before it draws."""
    out = np.array(counters, dtype=np.uint64)
    carry = np.ones(out.shape[:-1], dtype=bool)
    for place in range(WORDS):
        out[..., place] += carry
        carry &= out[..., place] == 0
    return out


def _product(factor: int, values: Words) -> tuple[Words, Words]:
    """Return the high and the low half of products of 64 by 64 bits."""
    low_factor, high_factor = np.uint64(factor & 0xFFFFFFFF), np.uint64(factor >> 32)
    low, high = values & _LOW, values >> _HALF
    middle = low * low_factor
    middle >>= _HALF
    middle += high * low_factor
    low *= high_factor
    low += middle & _LOW
    low >>= _HALF
    high *= high_factor
    high += low
    high += middle >> _HALF
    return high, values * np.uint64(factor)
