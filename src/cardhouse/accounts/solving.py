"""Balance an economy's unknowns: identities, observations, and products by Gauss-Newton.

Ratios are multiplied out, so they stay linear and only their sd follows the balanced base.
Products (price times payers) are linearised at the last solution. Both are solved again until
the values rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.balance import Balanced, Problem, balance
from cardhouse.accounts.definition import Definition
from cardhouse.accounts.expressions import Reader
from cardhouse.accounts.identities import list_identities
from cardhouse.accounts.observations import Observation
from cardhouse.accounts.products import Product
from cardhouse.accounts.unknowns import Unknowns
from cardhouse.errors import AccountsError

MOST_ROUNDS = 30
RESTS = 1e-5
"""Largest move of any unknown, in its prior sd, at which the rounds end."""


@dataclass(frozen=True)
class Solution:
    """Balanced unknowns with the linear problem of the last round.

    ``problem`` holds the observations' rows first, in order, then those of the products.
    """

    balanced: Balanced
    problem: Problem
    rounds: int


def solve(
    definition: Definition,
    unknowns: Unknowns,
    reader: Reader,
    observations: Sequence[Observation],
    products: Sequence[Product],
) -> Solution:
    """Return the values nearest to all observations that obey every identity and sign.

    Raises
    ------
    AccountsError
        When identities and signs contradict each other, or products do not come to rest.
    """
    problem = _linear(definition, unknowns, reader, observations, products)
    found = balance(problem)
    curved = bool(products) or any(one.per is not None for one in observations)
    for rounds in range(1, MOST_ROUNDS + 1):
        if not curved:
            return Solution(found, problem, rounds)
        problem = _around(problem, observations, products, found.values)
        after = balance(problem)
        move = np.abs(after.values - found.values) / problem.prior_sd
        found = after
        if move.max(initial=0.0) < RESTS:
            return Solution(found, problem, rounds)
    raise AccountsError(
        f"balancing does not come to rest in {MOST_ROUNDS} rounds: the products of "
        f"{', '.join(one.id for one in products)} and the ratios pull against each other. Widen "
        "the sd of one of them."
    )


def _linear(
    definition: Definition,
    unknowns: Unknowns,
    reader: Reader,
    observations: Sequence[Observation],
    products: Sequence[Product],
) -> Problem:
    """Return the problem linearised at the priors."""
    names, rows, totals = list_identities(definition, unknowns, reader)
    n = len(unknowns.names)
    empty = Problem(
        prior=np.array(unknowns.priors),
        prior_sd=np.array(unknowns.sds),
        observe=np.zeros((0, n)),
        observed=np.zeros(0),
        observed_sd=np.zeros(0),
        identities=rows,
        totals=totals,
        signed=np.array(unknowns.signed),
        unknown_names=unknowns.names,
        identity_names=names,
    )
    return _around(empty, observations, products, empty.prior)


def _around(
    problem: Problem,
    observations: Sequence[Observation],
    products: Sequence[Product],
    values: NDArray[np.float64],
) -> Problem:
    """Return the problem with observations and products taken at some values."""
    rows = [one.row() for one in observations] + [one.row(values) for one in products]
    targets = [one.target() for one in observations] + [one.target(values) for one in products]
    sds = [one.sd_at(values) for one in observations] + [one.sd_at(values) for one in products]
    stacked = np.vstack(rows) if rows else np.zeros((0, len(values)))
    return replace(problem, observe=stacked, observed=np.array(targets), observed_sd=np.array(sds))
