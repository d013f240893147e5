"""Reading a network of liabilities: shapes, signs and classes checked before any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from cardhouse.engine.waterfall import FloatArray
from cardhouse.errors import InputError, did_you_mean

RANKS = ("pari_passu", "senior")


@dataclass(frozen=True)
class Network:
    """Liabilities by class: sparse matrices, and row sums inside and outside, (class, firm)."""

    classes: tuple[sparse.csr_array, ...]
    inside: FloatArray
    outside: FloatArray

    @property
    def firms(self) -> int:
        """Return the number of firms."""
        return int(self.inside.shape[1])

    @property
    def inside_share(self) -> FloatArray:
        """Return the part of each class that is owed to firms, (class, firm); 0 of nothing."""
        due = self.inside + self.outside
        return np.divide(self.inside, due, out=np.zeros_like(due), where=due > 0.0)


def numbers(values: Any, name: str) -> FloatArray:
    """Return a float array, or raise when it holds anything but finite numbers from 0 up."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is not an array of numbers.") from None
    _not_negative(array, name)
    return array


def share(value: ArrayLike, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Return shares in [0, 1] that broadcast to a shape, or raise."""
    shares = numbers(value, name)
    if (shares > 1.0).any():
        raise InputError(f"{name} is {shares.max():g}; a share lies between 0 and 1.")
    if shares.ndim == 0:
        return shares
    try:
        np.broadcast_to(shares, shape)
    except ValueError:
        raise InputError(
            f"{name} has shape {shares.shape}; expected one number"
            + (f", {shape[1:]} or {shape}." if shape else ".")
        ) from None
    return shares


def read_network(
    liabilities: Any,
    external_liabilities: ArrayLike | None,
    external: str,
    seniority: Sequence[Any] | None,
) -> Network:
    """Return the liabilities by class, external creditors placed where they rank."""
    if external not in RANKS:
        raise InputError(
            f"external is {external!r}; use one of {', '.join(RANKS)}."
            + did_you_mean(str(external), RANKS)
        )
    whole = _matrix(liabilities, "liabilities")
    classes = [whole] if seniority is None else _classes(whole, seniority)
    outside = _outside(external_liabilities, len(classes), whole.shape[0], seniority is not None)
    if external == "senior":
        classes = [sparse.csr_array(whole.shape, dtype=np.float64), *classes]
        outside = np.concatenate([outside.sum(axis=0)[None], np.zeros_like(outside)])
    inside = np.stack([np.asarray(one.sum(axis=1), dtype=np.float64) for one in classes])
    return Network(tuple(classes), inside, outside)


def _classes(whole: sparse.csr_array, seniority: Sequence[Any]) -> list[sparse.csr_array]:
    """Return the class matrices, or raise when they do not add up to the whole."""
    classes = [_matrix(one, f"seniority[{rank}]") for rank, one in enumerate(seniority)]
    if not classes:
        raise InputError("seniority is empty; give at least one class, or None.")
    for rank, one in enumerate(classes):
        if one.shape != whole.shape:
            raise InputError(
                f"seniority[{rank}] has shape {one.shape}; liabilities have {whole.shape}."
            )
    total = classes[0]
    for one in classes[1:]:
        total = total + one
    gap = abs(total - whole)
    if gap.max() > 1e-9 * whole.max():
        raise InputError(
            "the classes in seniority do not add up to liabilities: "
            f"the largest difference is {gap.max():g}."
        )
    return classes


def _matrix(values: Any, name: str) -> sparse.csr_array:
    """Return a square sparse matrix without debts to oneself, or raise."""
    matrix = values if sparse.issparse(values) else np.asarray(numbers(values, name))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InputError(f"{name} has shape {matrix.shape}; expected as many rows as columns.")
    csr = sparse.csr_array(matrix, dtype=np.float64)
    _not_negative(csr.data, name)
    own = np.flatnonzero(csr.diagonal())
    if own.size:
        raise InputError(f"{name}[{own[0]}, {own[0]}] is not 0; no firm owes itself.")
    csr.eliminate_zeros()
    return csr


def _outside(values: ArrayLike | None, classes: int, firms: int, by_class: bool) -> FloatArray:
    """Return external liabilities as (class, firm)."""
    given = np.zeros(firms) if values is None else numbers(values, "external_liabilities")
    if given.shape == (firms,):
        out = np.zeros((classes, firms))
        out[0] = given
        return out
    if by_class and given.shape == (classes, firms):
        return given
    raise InputError(
        f"external_liabilities has shape {given.shape}; expected ({firms},)"
        + (f" or ({classes}, {firms})." if by_class else ".")
    )


def _not_negative(array: FloatArray, name: str) -> None:
    """Raise when something is negative, missing or infinite."""
    if not array.size or (array.min() >= 0.0 and array.max() < np.inf):
        return
    wrong = ~(array >= 0.0) | ~np.isfinite(array)
    if wrong.any():
        place = ", ".join(str(int(index)) for index in np.argwhere(wrong)[0])
        found = array[tuple(np.argwhere(wrong)[0])]
        where = f"{name}[{place}]" if array.ndim and place else name
        raise InputError(f"{where} is {found:g}; expected a finite number, not negative.")
