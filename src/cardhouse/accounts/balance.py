"""Balance conflicting observations under identities and signs: the arithmetic, and only that.

Minimise ``sum(((z - H y)/s)^2) + sum(((y - m)/d)^2)`` subject to ``A y = b`` and ``y_j >= 0`` for
the signed unknowns. The unknowns are scaled by their prior sd, the identities are removed by a
basis of their null space, and the rest is a least-distance problem solved by non-negative least
squares (an active-set method); the solution is then solved again on its active set and projected
onto the identities.

References
----------
Stone, Champernowne and Meade (1942), The precision of national income estimates.
Byron (1978), The estimation of large social account matrices.
Lawson and Hanson (1974), Solving Least Squares Problems, chapter 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from cardhouse.errors import AccountsError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
_RANK_TOLERANCE = 1e-11
_FEASIBILITY_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Problem:
    """What is to be balanced; `n` unknowns, `k` observations, `m` identities.

    ``prior``, ``prior_sd``: (n,), the sd positive. ``observe``: (k, n), ``observed`` and
    ``observed_sd``: (k,). ``identities``: (m, n) with right side ``totals``: (m,). ``signed``:
    (n,), True where the unknown may not be negative.
    """

    prior: Vector
    prior_sd: Vector
    observe: Matrix
    observed: Vector
    observed_sd: Vector
    identities: Matrix
    totals: Vector
    signed: NDArray[np.bool_]
    unknown_names: tuple[str, ...] = ()
    identity_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Balanced:
    """The balanced values and how sure they are.

    ``values``: (n,). ``factor``: (n, f), so that ``factor @ factor.T`` is the posterior
    covariance and ``values + factor @ normal(f)`` a draw on the identities. ``active``: (n,), the
    unknowns held at zero by their sign. ``residual``: largest violation of an identity, relative
    to the sum of its absolute terms.
    """

    values: Vector
    factor: Matrix
    active: NDArray[np.bool_]
    residual: float

    @property
    def sd(self) -> Vector:
        """Return the posterior sd of each unknown, (n,)."""
        return np.sqrt((self.factor**2).sum(axis=1))

    @property
    def covariance(self) -> Matrix:
        """Return the posterior covariance of the unknowns, (n, n)."""
        return self.factor @ self.factor.T


def balance(problem: Problem) -> Balanced:
    """Return the values nearest to the observations that obey every identity and sign.

    Raises
    ------
    AccountsError
        When the identities contradict each other or the signs; the message names a smallest
        set of identities that cannot hold together.

    Examples
    --------
    >>> one = Problem(
    ...     prior=np.array([1.0, 1.0]),
    ...     prior_sd=np.array([1.0, 1.0]),
    ...     observe=np.zeros((0, 2)),
    ...     observed=np.zeros(0),
    ...     observed_sd=np.zeros(0),
    ...     identities=np.array([[1.0, 1.0]]),
    ...     totals=np.array([4.0]),
    ...     signed=np.array([True, True]),
    ... )
    >>> balance(one).values.round(12).tolist()
    [2.0, 2.0]
    """
    plane = plane_of(problem)
    active = np.zeros(len(problem.prior), dtype=bool)
    active[np.flatnonzero(problem.signed)] = plane.duals(plane.centre) > 0
    return _solve_on(problem, active, plane.rows, plane.target)


@dataclass(frozen=True)
class Plane:
    """The plane on which all identities hold, in moves from the prior scaled by the prior sd.

    A point is ``start + basis @ w``; ``rows`` and ``target`` are the least-squares problem, and
    ``triangle`` and ``centre`` its QR decomposition on the plane, so that a point's misfit is the
    distance of ``triangle @ w`` from ``centre``.
    """

    problem: Problem
    start: Vector
    basis: Matrix
    rows: Matrix
    target: Vector
    triangle: Matrix
    centre: Vector

    def duals(self, centre: Vector) -> Vector:
        """Return the weights with which signs bind the point nearest to `centre`, (signed,)."""
        return self._nearest(centre)[0]

    def step_to_signs(self, centre: Vector) -> Vector:
        """Return the shortest step from `centre` to a point where no signed flow is negative."""
        return self._nearest(centre)[1]

    def _nearest(self, centre: Vector) -> tuple[Vector, Vector]:
        signed, lowest = self._lowest
        free = self.basis[signed] @ linalg.solve_triangular(self.triangle, centre)
        if (free >= lowest).all():
            return np.zeros(len(signed)), np.zeros(len(centre))
        return _least_distance(self.problem, self._signs, lowest - self._signs.toward @ centre)

    @cached_property
    def _lowest(self) -> tuple[NDArray[np.intp], Vector]:
        """Return the signed unknowns, and how far each may fall along the basis (signed,)."""
        problem = self.problem
        signed = np.flatnonzero(problem.signed)
        return signed, (-problem.prior / problem.prior_sd)[signed] - self.start[signed]

    @cached_property
    def _signs(self) -> _Signs:
        """Return the signs as half-spaces: the same for every centre, so worked out once."""
        signed, _ = self._lowest
        return _Signs.of(linalg.solve_triangular(self.triangle, self.basis[signed].T, trans="T").T)


@dataclass(frozen=True)
class _Signs:
    """Half-spaces ``toward @ w >= needed``, one row a sign, and their rows at length 1.

    ``stuck``: (sign,), rows of no length, which no step moves; ``unit``: (dimension, sign), the
    others divided by ``scale``, their length.
    """

    toward: Matrix
    stuck: NDArray[np.bool_]
    scale: Vector
    unit: Matrix

    @classmethod
    def of(cls, toward: Matrix) -> _Signs:
        norms = np.linalg.norm(toward, axis=1)
        stuck = norms < _RANK_TOLERANCE
        scale = np.where(stuck, 1.0, norms)
        unit = (toward / scale[:, None]).T
        unit[:, stuck] = 0.0
        return cls(toward, stuck, scale, unit)


def plane_of(problem: Problem) -> Plane:
    """Return the plane of a problem's identities; raises AccountsError as `balance` does."""
    _check(problem)
    scaled = problem.identities * problem.prior_sd
    gap = problem.totals - problem.identities @ problem.prior
    start, basis = _solve_identities(scaled, gap)
    if not _holds(problem, start):
        raise AccountsError(_clash(problem))
    rows, target = _stack(problem)
    triangle, centre = _triangle(rows @ basis, target - rows @ start)
    return Plane(problem, start, basis, rows, target, triangle, centre)


def _check(problem: Problem) -> None:
    """Refuse sds that are not positive and finite: they would silently drop or fix a number."""
    for name, sd in (("prior", problem.prior_sd), ("observation", problem.observed_sd)):
        if not (np.isfinite(sd).all() and (sd > 0).all()):
            raise AccountsError(f"every {name} needs a standard deviation above zero")
    numbers = (problem.prior, problem.observed, problem.totals)
    if not all(np.isfinite(array).all() for array in numbers):
        raise AccountsError("every prior, observation and total must be a finite number")


def _solve_identities(scaled: Matrix, gap: Vector) -> tuple[Vector, Matrix]:
    """Return the smallest scaled move that closes the identities and their null-space basis."""
    n = scaled.shape[1]
    if scaled.shape[0] == 0:
        return np.zeros(n), np.eye(n)
    norms = np.linalg.norm(scaled, axis=1)
    weights = 1.0 / np.where(norms > 0, norms, 1.0)
    left, values, right = linalg.svd(scaled * weights[:, None], full_matrices=True)
    rank = int((values > _RANK_TOLERANCE * max(values.max(initial=0.0), 1e-300)).sum())
    move = right[:rank].T @ ((left[:, :rank].T @ (gap * weights)) / values[:rank])
    return move, right[rank:].T


def _holds(problem: Problem, move: Vector) -> bool:
    """Return whether the identities can hold at all, signs aside."""
    values = problem.prior + problem.prior_sd * move
    return residual_of(problem, values) <= _FEASIBILITY_TOLERANCE


def residual_of(problem: Problem, values: Vector) -> float:
    """Return the largest violation of an identity relative to the size of its terms."""
    if len(problem.totals) == 0:
        return 0.0
    gap = np.abs(problem.identities @ values - problem.totals)
    size = np.abs(problem.identities) @ np.abs(values) + np.abs(problem.totals)
    return float((gap / np.where(size > 0, size, 1.0)).max())


def _stack(problem: Problem) -> tuple[Matrix, Vector]:
    """Return the rows and targets of the least-squares problem in scaled moves from the prior."""
    n = len(problem.prior)
    weight = 1.0 / problem.observed_sd
    rows = np.vstack([np.eye(n), problem.observe * problem.prior_sd * weight[:, None]])
    misses = (problem.observed - problem.observe @ problem.prior) * weight
    return rows, np.concatenate([np.zeros(n), misses])


def _triangle(matrix: Matrix, right: Vector) -> tuple[Matrix, Vector]:
    """Return the triangle of a QR decomposition and the rotated right side; Q is never formed."""
    columns = matrix.shape[1]
    whole = np.asarray(np.linalg.qr(np.column_stack([matrix, right]), mode="r"))
    return whole[:columns, :columns], whole[:columns, columns]


def _least_distance(problem: Problem, signs: _Signs, needed: Vector) -> tuple[Vector, Vector]:
    """Return the duals and the solution of ``min |w|`` subject to ``toward w >= needed``."""
    if (needed[signs.stuck] > _FEASIBILITY_TOLERANCE).any():
        raise AccountsError(_clash(problem))
    system = np.vstack([signs.unit, np.where(signs.stuck, 0.0, needed / signs.scale)])
    goal = np.zeros(system.shape[0])
    goal[-1] = 1.0
    duals, distance = optimize.nnls(system, goal)
    if distance < _FEASIBILITY_TOLERANCE:
        raise AccountsError(_clash(problem))
    gap = system @ duals - goal
    return duals, -gap[:-1] / gap[-1]


def _solve_on(
    problem: Problem, active: NDArray[np.bool_], rows: Matrix, target: Vector
) -> Balanced:
    """Solve with the active signs as identities, project, and return the posterior."""
    held = np.flatnonzero(active)
    at_zero = np.zeros((len(held), len(active)))
    at_zero[np.arange(len(held)), held] = problem.prior_sd[held]
    scaled = np.vstack([problem.identities * problem.prior_sd, at_zero])
    gap = np.concatenate(
        [problem.totals - problem.identities @ problem.prior, -problem.prior[held]]
    )
    start, basis = _solve_identities(scaled, gap)
    r, centre = _triangle(rows @ basis, target - rows @ start)
    move = start + basis @ linalg.solve_triangular(r, centre)
    values = project(problem, problem.prior + problem.prior_sd * move, active)
    factor = (
        linalg.solve_triangular(r, (problem.prior_sd[:, None] * basis).T, trans="T").T
        if basis.shape[1]
        else np.zeros((len(values), 0))
    )
    return Balanced(values, factor, active, residual_of(problem, values))


def project(problem: Problem, values: Vector, active: NDArray[np.bool_]) -> Vector:
    """Move values by the last digits onto the identities, leaving zeros at zero."""
    values = np.where(active | (problem.signed & (values < 0)), 0.0, values)
    movable = np.where(problem.signed & (values == 0), 0.0, np.abs(values))
    for _ in range(3):
        values = values + movable * _smallest_move(
            problem.identities * movable, problem.totals - problem.identities @ values
        )
    return values


def _smallest_move(matrix: Matrix, gap: Vector) -> Vector:
    """Return the smallest move that closes a gap, by the pseudo-inverse of the normal matrix."""
    norms = np.linalg.norm(matrix, axis=1)
    rows = matrix / np.where(norms > 0, norms, 1.0)[:, None]
    right = gap / np.where(norms > 0, norms, 1.0)
    return np.asarray(rows.T @ (np.linalg.pinv(rows @ rows.T, rcond=1e-12) @ right))


def _clash(problem: Problem) -> str:
    """Return a sentence that names a smallest set of identities that cannot hold together."""
    kept = list(range(len(problem.totals)))
    for row in list(kept):
        without = [other for other in kept if other != row]
        if not _feasible(problem, without):
            kept = without
    names = [_name(problem.identity_names, row, "identity") for row in kept]
    return (
        "these identities cannot all hold, with flows that are not negative: "
        + "; ".join(names)
        + ". Correct one of them or the sign of a flow in it."
    )


def _feasible(problem: Problem, rows: list[int]) -> bool:
    """Return whether some identities can hold together with the signs (a linear programme)."""
    if not rows:
        return True
    bounds = [(0.0, None) if sign else (None, None) for sign in problem.signed]
    answer = optimize.linprog(
        np.zeros(len(problem.prior)),
        A_eq=problem.identities[rows],
        b_eq=problem.totals[rows],
        bounds=bounds,
        method="highs",
    )
    return bool(answer.status == 0)


def _name(names: tuple[str, ...], row: int, word: str) -> str:
    """Return the name of a row, or its number when it has none."""
    return names[row] if row < len(names) else f"{word} {row}"
