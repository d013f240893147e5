"""Reading a network of firms: shapes, signs and shares checked before any arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.flow_table import FloatArray, IntArray
from cardhouse.errors import InputError

BoolArray = NDArray[np.bool_]

__all__ = ["BoolArray", "FloatArray", "IntArray", "per_firm", "shares", "square", "weights_of"]


def square(values: Any, name: str) -> FloatArray:
    """Return amounts between firms, (firm, firm), or raise; no firm deals with itself."""
    matrix = _amounts(values, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InputError(f"{name} has shape {matrix.shape}; expected as many rows as columns.")
    own = np.flatnonzero(matrix.diagonal())
    if own.size:
        at, found = own[0], matrix[own[0], own[0]]
        raise InputError(f"{name}[{at}, {at}] is {found:g}; expected 0: no firm deals with itself.")
    return matrix


def per_firm(values: Any, name: str, firms: int) -> FloatArray:
    """Return one amount for each firm, (firm,), or raise."""
    amounts = _amounts(values, name)
    if amounts.shape != (firms,):
        raise InputError(f"{name} has shape {amounts.shape}; expected ({firms},).")
    return amounts


def shares(values: Any, name: str, firms: int | None = None) -> FloatArray:
    """Return shares between 0 and 1, (firm,) or (case, firm), or raise."""
    given = _amounts(values, name)
    if given.ndim not in {1, 2} or given.shape[-1] != (firms or given.shape[-1]):
        one = "firm" if firms is None else firms
        raise InputError(f"{name} has shape {given.shape}; expected ({one},) or (cases, {one}).")
    if (given > 1.0).any():
        raise InputError(f"{_place(given, given > 1.0, name)}; a share lies between 0 and 1.")
    return given


def weights_of(values: Any, name: str, firms: int) -> FloatArray:
    """Return weights of the firms scaled to add to 1, (firm,), or raise when all are 0."""
    weights = per_firm(values, name, firms)
    if not weights.any():
        raise InputError(f"{name} are all 0; at least one firm has to count.")
    scaled = weights / weights.max()
    return np.asarray(scaled / scaled.sum())


def _amounts(values: Any, name: str) -> FloatArray:
    """Return an array of numbers from 0 up whose sum is finite, or raise."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} is not an array of numbers.") from None
    wrong = ~((array >= 0.0) & np.isfinite(array))
    if wrong.any():
        found = _place(array, wrong, name)
        raise InputError(f"{found}; expected a finite number, not negative.")
    with np.errstate(over="ignore"):
        if not np.isfinite(array.sum()):
            raise InputError(f"{name} adds up to more than a number can hold; use a larger unit.")
    return array


def _place(array: FloatArray, wrong: BoolArray, name: str) -> str:
    """Return ``name[place] is value`` for the first element that is wrong."""
    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    where = f"{name}[{', '.join(map(str, first))}]" if first else name
    return f"{where} is {array[first]:g}"
