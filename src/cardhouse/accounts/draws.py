"""Draws from the posterior of the accounts: each obeys every identity and every sign.

A draw balances figures that were moved by their own sd ("randomise, then optimise"): where no sign
binds this is the exact Gaussian posterior, and where one binds the draw lies on it.

References
----------
Bardsley, Solonen, Haario and Laine (2014), Randomize-then-optimize.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import linalg

from cardhouse.accounts.balance import Plane, Problem, Vector, plane_of, project


def draw(problem: Problem, count: int, seed: int, first: int = 0) -> Iterator[Vector]:
    """Yield `count` draws of the unknowns, (unknown,), from number `first` on.

    Draw i depends on the problem, the seed and i alone, not on how many are asked for.
    """
    plane = plane_of(problem)
    narrow = plane.rows @ plane.basis
    still = plane.target - plane.rows @ plane.start
    for number in range(first, first + count):
        noise = np.random.default_rng((seed, number)).normal(size=len(still))
        centre = linalg.solve_triangular(plane.triangle, narrow.T @ (still + noise), trans="T")
        yield _drawn(problem, plane, centre)


def _drawn(problem: Problem, plane: Plane, centre: Vector) -> Vector:
    """Return the draw with this centre, moved by the least distance that its signs need."""
    step = centre + plane.step_to_signs(centre)
    move = plane.start + plane.basis @ linalg.solve_triangular(plane.triangle, step)
    values = problem.prior + problem.prior_sd * move
    nothing = np.abs(values) <= NOTHING * problem.prior_sd
    return project(problem, values, problem.signed & nothing)


NOTHING = 1e-9
"""A signed flow below this share of its prior sd is a zero that the signs hold."""
