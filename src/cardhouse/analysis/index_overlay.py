"""An index as the sum of its firms: its price, price/book and concentration when firms fall.

The index weighs firms by full market value and nothing is bought or sold in between, so its price
moves with the sum of values: every dollar a firm loses is a dollar the index loses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cardhouse.errors import InputError

FloatArray = NDArray[np.float64]

LARGEST = 10
"""Firms whose share of the whole is called concentration."""


@dataclass(frozen=True)
class Index:
    """Firms of an index.

    Attributes
    ----------
    names
        Firms, in any order, each once.
    values, books
        Market and book value of each, one currency unit, (firm,). Books may be negative.
    """

    names: tuple[str, ...]
    values: FloatArray
    books: FloatArray

    @property
    def price_to_book(self) -> float | None:
        """Return the sum of values over the sum of books; None where books add to nothing."""
        book = float(self.books.sum())
        return float(self.values.sum()) / book if book > 0 else None

    @property
    def weights(self) -> FloatArray:
        """Return each firm's part of the index, (firm,); they add to 1."""
        return np.asarray(self.values / self.values.sum())

    def weight_of(self, names: frozenset[str]) -> float:
        """Return the part of the index in some firms."""
        return float(sum(self.weights[at] for at, one in enumerate(self.names) if one in names))

    def top_share(self, count: int = LARGEST) -> float:
        """Return the part of the index in its largest firms."""
        return float(np.sort(self.weights)[::-1][:count].sum())


@dataclass(frozen=True)
class IndexMove:
    """What a change of firms does to their index.

    Attributes
    ----------
    before, after
        The index.
    price_change
        Relative change of the index's price.
    contributions
        Part of it by firm, (firm,); they add to ``price_change``.
    """

    before: Index
    after: Index
    price_change: float
    contributions: FloatArray


def index_of(names: tuple[str, ...], values: ArrayLike, books: ArrayLike) -> Index:
    """Return an index, checked; raises InputError where numbers are not those of one.

    Examples
    --------
    >>> index_of(("a", "b"), [90.0, 60.0], [10.0, 20.0]).price_to_book
    5.0
    """
    value, book = np.asarray(values, dtype=np.float64), np.asarray(books, dtype=np.float64)
    if value.shape != (len(names),) or book.shape != value.shape:
        raise InputError(
            f"there are {len(names)} names, {value.size} values and {book.size} books; one of each "
            "is needed for every firm."
        )
    if len(set(names)) != len(names):
        raise InputError("a firm stands in the index twice. Keep one.")
    if not (np.isfinite(value).all() and np.isfinite(book).all() and (value >= 0).all()):
        raise InputError("market values must be at least 0, and all values and books finite.")
    if value.sum() <= 0:
        raise InputError("no firm of the index has a market value above 0.")
    return Index(tuple(names), value, book)


def move_index(index: Index, value_changes: ArrayLike, book_changes: ArrayLike) -> IndexMove:
    """Return what an index becomes when its firms' values and books change.

    Parameters
    ----------
    index
        The index before.
    value_changes
        Relative change of each market value, at least -1, (firm,).
    book_changes
        Change of each book value, the index's currency unit, (firm,).

    Raises
    ------
    InputError
        When a change is not finite or takes more than the whole value.

    Examples
    --------
    >>> index = index_of(("a", "b"), [90.0, 60.0], [10.0, 20.0])
    >>> moved = move_index(index, [-0.5, 0.0], [-5.0, 0.0])
    >>> round(moved.price_change, 3), moved.after.price_to_book, moved.after.weights.round(3)
    (-0.3, 4.2, array([0.429, 0.571]))
    """
    change = np.asarray(value_changes, dtype=np.float64)
    if not np.isfinite(change).all() or (change < -1).any():
        raise InputError("a firm's value cannot change by less than -1 (all of it).")
    after = index_of(
        index.names,
        index.values * (1 + change),
        index.books + np.asarray(book_changes, dtype=np.float64),
    )
    contributions = (after.values - index.values) / index.values.sum()
    return IndexMove(index, after, float(contributions.sum()), contributions)


def fall_to_reach(
    price_to_book: float, target: float, weight: float, book_share: float = 0.0
) -> float | None:
    """Return the fall of some firms' value that brings an index's price/book to a target.

    With V, B the index's value and book and a fall f of firms worth w V that takes k of book with
    each dollar of value, ``(V - f w V) / (B - k f w V) = target``, so
    ``f = (1 - target/P) / (w (1 - k target))`` at P = V/B.

    Parameters
    ----------
    price_to_book, target
        Of the index, now and wanted, above 0.
    weight
        Part of the index in the firms that fall, above 0.
    book_share
        Book value lost with each dollar of market value, 0 to 1.

    Returns
    -------
    float or None
        Above 1 where even their loss would not do; below 0 where they would have to rise; None
        where book falls so fast with value that price/book does not fall.

    Examples
    --------
    >>> round(fall_to_reach(5.0, 4.0, 0.4), 9)
    0.5
    """
    left = 1 - book_share * target
    if left <= 0:
        return None
    return (1 - target / price_to_book) / (weight * left)
