"""DebtRank: how far the loss of one firm's equity eats into the equity of those who hold its debt.

A firm loses, relative to its equity, what its assets against others lose: with leverage
L[i, j] = exposures[i, j] / equity[i] the relative loss h[i] in [0, 1] grows by
sum_j L[i, j] x (growth of h[j]), up to 1. Two rules say how often a loss is passed on:

- ``differential`` (Bardoscia et al. 2015): every further loss is passed on, once;
- ``single_hit`` (Battiston et al. 2012): a firm passes on the loss it has when it is first hit
  and nothing later. More exposure or a larger shock can therefore give a smaller loss.

Neither is cut off after some number of rounds. Under the single-hit rule each firm passes on once,
so there are as many rounds as firms at most. The differential rule with shock s is
h(t+1) = min(1, s + L h(t)) from 0 and its limit the least solution of h = min(1, s + L h). Firms
that no shock reaches keep 0. Among those it reaches the solution is unique, because the right side
is concave and positive there after a few rounds, so a guess of who is wiped out is right as soon
as the losses of the others, a linear system, confirm it. Failing that the solution is found from
above: all are taken as wiped out, firms whose losses turn out smaller are freed, the losses of the
free solve a linear system, and so on. A freed firm stays free (I - L is a Z-matrix, Chandrasekaran
1970), so there are as many systems as firms at most.

Axes: ``firm``; ``case`` numbers shocks. Losses and shocks are shares of a firm's equity.

References
----------
S. Battiston, M. Puliga, R. Kaushik, P. Tasca and G. Caldarelli (2012), "DebtRank: too central to
fail? Financial networks, the FED and systemic risk", Scientific Reports 2:541.
M. Bardoscia, S. Battiston, F. Caccioli and G. Caldarelli (2015), "DebtRank: a microscopic
foundation for shock propagation", PLoS ONE 10(6): e0130406.
R. Chandrasekaran (1970), "A special case of the complementary pivot problem", Opsearch 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from cardhouse.analysis._networks import (
    BoolArray,
    FloatArray,
    per_firm,
    shares,
    square,
    weights_of,
)
from cardhouse.errors import InputError, did_you_mean

__all__ = [
    "DebtRanks",
    "added_loss",
    "leverage_of",
    "linear_limit",
    "rank_firms",
    "relative_losses",
    "spectral_radius",
]

ROUNDING = 1e-13
"""A firm that would keep less than this share of its equity is counted as wiped out."""

SWEEPS = 64
"""Plain rounds from below that guess who is wiped out; a wrong guess costs time, not accuracy."""

CONFIRMED = 1e-10
"""A guess is right when its losses solve the equation to this fraction of each loss."""


@dataclass(frozen=True)
class DebtRanks:
    """What follows when each firm in turn loses all its equity.

    Attributes
    ----------
    rule
        ``"differential"`` or ``"single_hit"``.
    losses
        Relative loss of each firm, (failed firm, firm), between 0 and 1; 1 on the diagonal.
    ranks
        DebtRank: the share of all weight that is lost beside the failed firm's own, (failed
        firm,), between 0 and 1.
    """

    rule: str
    losses: FloatArray
    ranks: FloatArray


def leverage_of(exposures: Any, equity: Any) -> FloatArray:
    """Return what a firm loses, relative to its equity, when another loses all of its own.

    Parameters
    ----------
    exposures
        Asset of a firm against another, (firm, firm), any currency unit, not negative, 0 on the
        diagonal.
    equity
        Equity of each firm before the shock, (firm,), same unit, more than 0.

    Returns
    -------
    numpy.ndarray
        Exposure in units of the holder's equity, (firm, firm); may exceed 1.

    Raises
    ------
    InputError
        When an array has another shape, or a number is negative, missing or infinite.

    Examples
    --------
    >>> leverage_of([[0, 1], [10, 0]], [2, 5]).tolist()
    [[0.0, 0.5], [2.0, 0.0]]
    """
    held = square(exposures, "exposures")
    own = per_firm(equity, "equity", held.shape[0])
    empty = np.flatnonzero(own == 0.0)
    if empty.size:
        raise InputError(
            f"equity[{empty[0]}] is 0; expected more: a firm without equity has nothing to lose, "
            "so leave it out."
        )
    with np.errstate(over="ignore"):
        leverage = held / own[:, None]
        excessive = np.flatnonzero(~np.isfinite(leverage.sum(axis=1)))
    if excessive.size:
        at = excessive[0]
        raise InputError(f"equity[{at}] is {own[at]:g}; that is too little beside its exposures.")
    return np.asarray(leverage)


def relative_losses(
    exposures: Any, equity: Any, shocks: Any, rule: str = "differential"
) -> FloatArray:
    """Return the share of its equity that each firm has lost in the end, the shock included.

    Parameters
    ----------
    exposures, equity
        As in `leverage_of`.
    shocks
        Share of its equity that each firm loses at first, (firm,) or (case, firm), in [0, 1].
    rule
        ``"differential"`` or ``"single_hit"``.

    Returns
    -------
    numpy.ndarray
        Relative losses in the shape of ``shocks``, in [0, 1] and at least the shock.

    Raises
    ------
    InputError
        When an argument is not as described.

    Examples
    --------
    A firm with 4 of equity has lent 1 to a firm that is wiped out:

    >>> relative_losses([[0, 0], [1, 0]], [2, 4], [1, 0]).tolist()
    [1.0, 0.25]
    """
    leverage = leverage_of(exposures, equity)
    hit = shares(shocks, "shocks", leverage.shape[0])
    return _rule(rule)(leverage, np.atleast_2d(hit)).reshape(hit.shape)


def rank_firms(exposures: Any, equity: Any, weights: Any, rule: str = "differential") -> DebtRanks:
    """Return the DebtRank of every firm and the losses that its failure brings.

    Parameters
    ----------
    exposures, equity, rule
        As in `relative_losses`.
    weights
        Economic weight of each firm (its assets, say), (firm,), any unit, not negative and not
        all 0.

    Returns
    -------
    DebtRanks

    Raises
    ------
    InputError
        When an argument is not as described.

    Examples
    --------
    >>> rank_firms([[0, 0], [1, 0]], [2, 4], [1, 3]).ranks.tolist()
    [0.1875, 0.0]
    """
    leverage = leverage_of(exposures, equity)
    failures = np.eye(leverage.shape[0])
    losses = _rule(rule)(leverage, failures)
    return DebtRanks(rule, losses, added_loss(losses, failures, weights))


def added_loss(losses: Any, shocks: Any, weights: Any) -> FloatArray:
    """Return the share of all weight that is lost beyond the shock itself, a number per case.

    ``losses`` and ``shocks`` are shares, (firm,) or (case, firm); ``weights`` are (firm,) in any
    unit. With one firm's failure as the shock this is its DebtRank.

    Examples
    --------
    >>> float(added_loss([1.0, 0.25], [1.0, 0.0], [1, 3]))
    0.1875
    """
    lost, hit = shares(losses, "losses"), shares(shocks, "shocks")
    if lost.shape != hit.shape:
        raise InputError(f"losses has shape {lost.shape}; expected that of shocks, {hit.shape}.")
    parts = weights_of(weights, "weights", lost.shape[-1])
    return np.asarray(((lost - hit) * parts).sum(axis=-1))


# --- without the cap -------------------------------------------------------------------------


def spectral_radius(leverage: Any) -> float:
    """Return the largest eigenvalue of a leverage matrix, (firm, firm), by size.

    Below 1 losses die out on their way, from 1 up they grow until equity is gone.

    Examples
    --------
    >>> round(spectral_radius([[0.0, 4.0], [1.0, 0.0]]), 12)
    2.0
    """
    matrix = square(leverage, "leverage")
    _, label = connected_components(csr_array(matrix), directed=True, connection="strong")
    circles = [np.flatnonzero(label == one) for one in np.unique(label)]
    return float(max(np.abs(np.linalg.eigvals(matrix[np.ix_(c, c)])).max() for c in circles))


def linear_limit(leverage: Any, shocks: Any) -> FloatArray:
    """Return (I - L)^-1 s: where differential losses end as long as nobody is wiped out.

    Parameters
    ----------
    leverage
        Exposure in units of the holder's equity, (firm, firm), with spectral radius below 1.
    shocks
        Share of its equity that each firm loses at first, (firm,) or (case, firm), in [0, 1].

    Returns
    -------
    numpy.ndarray
        Relative losses in the shape of ``shocks``. They are not capped: where one exceeds 1 the
        limit does not apply and `relative_losses` does.

    Raises
    ------
    InputError
        When losses grow without bound, or an argument is not as described.

    Examples
    --------
    >>> linear_limit([[0.0, 0.5], [0.5, 0.0]], [0.3, 0.0]).round(12).tolist()
    [0.4, 0.2]
    """
    matrix = square(leverage, "leverage")
    hit = shares(shocks, "shocks", matrix.shape[0])
    if not _dies_out(matrix):
        raise InputError(
            f"leverage has spectral radius {spectral_radius(matrix):g}; expected less than 1: "
            "losses grow until equity is gone, so use relative_losses."
        )
    return _inverse_times(matrix, hit.T).T


def _dies_out(leverage: FloatArray) -> bool:
    """Return whether the spectral radius is below 1: I - L has an inverse without a minus."""
    try:
        passed_on = _inverse_times(leverage, np.ones(leverage.shape[0]))
    except np.linalg.LinAlgError:
        return False
    return bool((passed_on > 0.0).all() and np.isfinite(passed_on).all())


def _inverse_times(leverage: FloatArray, right: FloatArray) -> FloatArray:
    """Return (I - L)^-1 times something."""
    return np.asarray(np.linalg.solve(np.eye(leverage.shape[0]) - leverage, right))


# --- the two rules ---------------------------------------------------------------------------


def _differential(leverage: FloatArray, shocks: FloatArray) -> FloatArray:
    """Return the losses after all further losses were passed on, (case, firm)."""
    reached = _reached(leverage > 0.0, shocks > 0.0)
    losses = shocks.copy()
    for _ in range(SWEEPS):
        losses = np.minimum(1.0, shocks + losses @ leverage.T)
    for case, shock in enumerate(shocks):
        confirmed = _guessed(leverage, shock, reached[case], losses[case] >= 1.0)
        if confirmed is None:
            losses[case] = _from_above(leverage, shock, reached[case])
        else:
            losses[case] = confirmed
    return losses


def _reached(holds: BoolArray, hit: BoolArray) -> BoolArray:
    """Return whom a shock reaches over holders of holders, (case, firm)."""
    reached = hit
    for _ in range(holds.shape[0]):  # no way is longer than there are firms
        wider = reached | (reached @ holds.T)
        if (wider == reached).all():
            break
        reached = wider
    return reached


def _from_above(leverage: FloatArray, shock: FloatArray, reached: BoolArray) -> FloatArray:
    """Return the solution of h = min(1, s + L h) for one shock, (firm,), freeing firm by firm."""
    losses, wiped_out = reached.astype(np.float64), reached.copy()
    while (freed := wiped_out & (shock + leverage @ losses < 1.0 - ROUNDING)).any():
        wiped_out &= ~freed  # one firm fewer each time, so this ends
        solved = _with_wiped_out(leverage, shock, reached, wiped_out)
        losses = np.clip(solved, shock, losses)
    return losses


def _with_wiped_out(
    leverage: FloatArray, shock: FloatArray, reached: BoolArray, wiped_out: BoolArray
) -> FloatArray:
    """Return the losses, (firm,), when these firms lose all and the others are not capped."""
    losses = wiped_out.astype(np.float64)
    alive = np.flatnonzero(reached & ~wiped_out)
    outside = shock[alive] + leverage[alive] @ losses
    losses[alive] = _inverse_times(leverage[np.ix_(alive, alive)], outside)
    return losses


def _guessed(
    leverage: FloatArray, shock: FloatArray, reached: BoolArray, wiped_out: BoolArray
) -> FloatArray | None:
    """Return the losses, (firm,), when just these firms are wiped out; None if that is wrong."""
    try:
        losses = _with_wiped_out(leverage, shock, reached, wiped_out)
    except np.linalg.LinAlgError:
        return None
    if not ((losses >= 0.0) & (losses <= 1.0)).all():
        return None
    again = np.minimum(1.0, shock + leverage @ losses)
    return losses if (np.abs(again - losses) <= CONFIRMED * losses).all() else None


def _single_hit(leverage: FloatArray, shocks: FloatArray) -> FloatArray:
    """Return the losses when each firm passes on its first loss alone, (case, firm)."""
    losses = shocks.copy()
    passing, done = losses > 0.0, np.zeros(losses.shape, dtype=bool)
    while passing.any():
        sent = np.where(passing, losses, 0.0)
        losses = np.minimum(1.0, losses + sent @ leverage.T)
        done |= passing  # for good, so there are as many rounds as firms at most
        passing = (losses > 0.0) & ~done
    return losses


_RULES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "differential": _differential,
    "single_hit": _single_hit,
}


def _rule(name: str) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """Return the rule of that name, or raise."""
    if name not in _RULES:
        known = ", ".join(_RULES)
        raise InputError(f"rule is {name!r}; use one of {known}.{did_you_mean(str(name), _RULES)}")
    return _RULES[name]
