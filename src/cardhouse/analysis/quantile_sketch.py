"""Quantiles of many numbers in little memory, in parts that merge, with a bound that is proved.

A sketch of a cell is at most `most` of its numbers in order, each standing for the same share of
them. Two sketches merge by laying their points side by side, each with its weight, and keeping
those in the middle of ``most`` equal slices; where a slice's middle falls between two points, the
lower and the upper are taken in turn from merge to merge. A point then stands at most half a slice
from where it should: one merge adds at most ``1 / (2 most)`` to the error of a rank, and the error
of a tree is a mean of its branches' plus that. `bound` keeps the sum. Numbers are kept exactly
until there are more than `most` of them.

All cells have the same count of numbers, so that one sort does for all.

References
----------
Munro and Paterson (1980), "Selection and sorting with limited storage"; Agarwal et al. (2013),
"Mergeable summaries", ACM Transactions on Database Systems 38.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cardhouse.engine.arrays import Array, Index

ROUNDING = 1e-9
"""What a share times a number of points may be off by rounding."""


@dataclass(frozen=True)
class Sketch:
    """Of each cell: points in order, least and most; ``bound`` on the error of a rank (0 to 1)."""

    most: int
    count: int
    points: Array  # (cell, point), each for count / points numbers
    low: Array  # (cell,)
    high: Array  # (cell,)
    bound: float = 0.0
    depth: int = 0

    @classmethod
    def of(cls, values: Array, most: int) -> Sketch:
        """Return the sketch of values (cell, number); `most` points a cell."""
        cells, count = values.shape
        if not count:
            empty = np.zeros((cells, 0))
            return cls(most, 0, empty, np.full(cells, np.inf), np.full(cells, -np.inf))
        points = np.sort(values, axis=1)
        low, high = points[:, 0].copy(), points[:, -1].copy()
        if count <= most:
            return cls(most, count, points, low, high)
        kept = points[:, _middles(count, most, upper=False)]
        return cls(most, count, kept, low, high, 0.5 / most, 1)

    @property
    def is_exact(self) -> bool:
        """Tell whether the points are all the numbers there are."""
        return self.points.shape[1] == self.count

    def merge(self, other: Sketch) -> Sketch:
        """Return the sketch of both together."""
        if not self.count or not other.count:
            return other if other.count else self
        count = self.count + other.count
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        bound = (self.count * self.bound + other.count * other.bound) / count
        depth = max(self.depth, other.depth)
        both = np.concatenate([self.points, other.points], axis=1)
        if self.is_exact and other.is_exact and count <= self.most:
            return Sketch(self.most, count, np.sort(both, axis=1), low, high, bound, depth)
        upper = depth % 2 == 1
        if self._weight == other._weight:
            both.sort(axis=1)
            kept = both[:, _middles(both.shape[1], self.most, upper=upper)]
        else:
            weights = np.repeat(
                [self._weight, other._weight], [self.points.shape[1], other.points.shape[1]]
            )
            kept = _weighted(both, weights, self.most, upper=upper)
        return Sketch(self.most, count, kept, low, high, bound + 0.5 / self.most, depth + 1)

    def quantiles(self, at: Array) -> Array:
        """Return the numbers below which shares of all lie (cell, quantile).

        ``at`` is (quantile,) or (cell, quantile). 0 and 1 are the least and the most, exactly; the
        others are right within `rank_error`.
        """
        cells, size = self.points.shape
        shares = np.broadcast_to(np.asarray(at, dtype=float), (cells, np.shape(at)[-1]))
        if not size:
            return np.full(shares.shape, np.nan)
        place = np.clip(np.ceil(shares * size - ROUNDING).astype(int) - 1, 0, size - 1)
        found = np.take_along_axis(self.points, place, axis=1)
        found = np.where(shares <= 0, self.low[:, None], found)
        return np.asarray(np.where(shares >= 1, self.high[:, None], found))

    def share_above(self, level: float) -> Array:
        """Return the share of numbers above a level, within `rank_error` (cell,)."""
        return np.asarray((self.points > level).mean(axis=1))

    def mean_beyond(self, at: float) -> Array:
        """Return the mean of the numbers beyond the quantile `at` (cell,): the expected worst."""
        size = self.points.shape[1]
        worst = min(int(np.ceil(at * size - ROUNDING)), size - 1)
        return np.asarray(self.points[:, worst:].mean(axis=1))

    @property
    def rank_error(self) -> float:
        """Return the most by which the rank of a quantile may be off, as a share; 0: exact."""
        return 0.0 if self.is_exact else self.bound + 0.5 / self.most

    @property
    def _weight(self) -> float:
        """Return how many numbers a point stands for."""
        return self.count / self.points.shape[1]


def _middles(size: int, most: int, *, upper: bool) -> Index:
    """Return the places of the points in the middle of `most` slices of `size` equal ones."""
    if size <= most:
        return np.arange(size)
    middle = (np.arange(most) * 2 + 1) * size  # in units of 1 / (2 most) of a point
    place = middle // (2 * most)
    between = middle % (2 * most) == 0
    return np.asarray(np.where(between & (not upper), place - 1, place))


def _weighted(points: Array, weights: Array, most: int, *, upper: bool) -> Array:
    """Return the points in the middle of `most` slices of equal weight (cell, most)."""
    order = np.argsort(points, axis=1, kind="stable")
    ordered = np.take_along_axis(points, order, axis=1)
    reached = np.cumsum(weights[order], axis=1)
    middle = (np.arange(most) + 0.5) * (weights.sum() / most)
    side: Literal["left", "right"] = "right" if upper else "left"
    kept = np.empty((len(points), most))
    for cell in range(len(points)):
        place = np.searchsorted(reached[cell], middle, side=side)
        kept[cell] = ordered[cell, np.minimum(place, points.shape[1] - 1)]
    return kept
