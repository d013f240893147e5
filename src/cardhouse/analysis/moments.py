"""Count, mean and spread of many numbers, in parts that merge.

References
----------
Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance: analysis and
recommendations", The American Statistician 37.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import Array


@dataclass(frozen=True)
class Moments:
    """Of each cell: how many numbers, their mean, and the sum of squared distances from it."""

    count: int
    mean: Array  # (cell, ...)
    squares: Array  # (cell, ...)

    @classmethod
    def of(cls, values: Array) -> Moments:
        """Return the moments of values (cell, ..., number) along their last axis."""
        count = values.shape[-1]
        if not count:
            nothing = np.zeros(values.shape[:-1])
            return cls(0, nothing, nothing)
        mean = values.mean(axis=-1)
        return cls(count, mean, np.square(values - mean[..., None]).sum(axis=-1))

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both together; the numbers of `other` come after."""
        count = self.count + other.count
        if not count:
            return self
        share, gap = other.count / count, other.mean - self.mean
        squares = self.squares + other.squares + gap * gap * (self.count * share)
        return Moments(count, self.mean + gap * share, squares)

    @property
    def sd(self) -> Array:
        """Return the standard deviation of each cell; NaN below two numbers."""
        if self.count < 2:
            return np.full_like(self.mean, np.nan)
        return np.sqrt(self.squares / (self.count - 1))

    @property
    def error(self) -> Array:
        """Return the standard error of each mean, the numbers being independent."""
        return np.asarray(self.sd / np.sqrt(max(self.count, 1)))
