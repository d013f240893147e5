"""What each fact does to the accounts: influence on a headline, and what the rest says of it.

Closed forms of the linear posterior; ratios and products at the solution, active signs held.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.solving import Solution

Vector = NDArray[np.float64]
SURE = 1.0 - 1e-9
"""Leverage from which a fact alone decides its figure: the others say nothing about it."""


@dataclass(frozen=True)
class LeftOut:
    """What all other facts say where a fact was left out; each array has shape (observation,).

    ``value`` and ``sd`` are in the unit of the observation's row; NaN sd where nothing else speaks.
    """

    value: Vector
    sd: Vector


def leverage(solution: Solution) -> Vector:
    """Return the share of each observation's own figure that it decides itself, (observation,)."""
    problem = solution.problem
    spread = problem.observe @ solution.balanced.factor
    return np.asarray((spread**2).sum(axis=1) / problem.observed_sd**2)


def influence(solution: Solution, headline: Vector) -> Vector:
    """Return how much a headline moves when each observation is believed, (observation,).

    Parameters
    ----------
    solution
        The balanced accounts.
    headline
        Coefficients of the headline figure, (unknown,).

    Returns
    -------
    NDArray
        The headline with all observations less the headline without this one, in its unit; an
        observation that alone decides its figure has the influence of its gap to the prior.
    """
    problem, balanced = solution.problem, solution.balanced
    spread = problem.observe @ balanced.factor
    toward = spread @ (balanced.factor.T @ headline)
    gap = problem.observed - problem.observe @ balanced.values
    free = problem.observed_sd**2 * np.maximum(1.0 - leverage(solution), 1.0 - SURE)
    return np.asarray(toward * gap / free)


def left_out(solution: Solution) -> LeftOut:
    """Return what the accounts say of each observation without it.

    ``m = (a y - L z)/(1 - L)`` with leverage ``L``; its variance is the posterior's, raised by the
    lost precision, plus the observation's own.
    """
    problem, balanced = solution.problem, solution.balanced
    share = np.minimum(leverage(solution), SURE)
    fitted = problem.observe @ balanced.values
    with np.errstate(over="ignore", invalid="ignore"):  # of an absurd own figure, refused later
        value = (fitted - share * problem.observed) / (1.0 - share)
    variance = problem.observed_sd**2 / (1.0 - share)
    return LeftOut(value, np.sqrt(variance))
