"""Ratios of an index added up from its constituents, each in more than one definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.index_overlay import LARGEST
from cardhouse.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Aggregates:
    """An index's ratios, by definition.

    Attributes
    ----------
    firms, firms_with_book, negative_books
        Firms with a market value; of these with a price/book, and with one below 0.
    market_value
        Sum, the unit of the values.
    price_to_book
        Sum of values over sum of books, negative ones included.
    price_to_book_positive
        The same over firms whose book value is positive.
    price_to_book_median
        Of the firm in the middle.
    price_to_sales, price_to_earnings
        Sums over sums, of firms with sales, and of firms that earn.
    top_share
        Part of the ten largest firms.

    A ratio is None where no firm allows it.
    """

    firms: int
    firms_with_book: int
    negative_books: int
    market_value: float
    price_to_book: float | None
    price_to_book_positive: float | None
    price_to_book_median: float | None
    price_to_sales: float | None
    price_to_earnings: float | None
    top_share: float


def add_up(
    values: FloatArray, book: FloatArray, sales: FloatArray, earnings: FloatArray
) -> Aggregates:
    """Return the ratios of an index from its constituents.

    Parameters
    ----------
    values
        Market value of each firm, (firm,); not a number where it is missing.
    book, sales, earnings
        Price over book value, sales and earnings of each, (firm,); not a number where missing.

    Raises
    ------
    InputError
        When no firm has a market value.

    Examples
    --------
    >>> import numpy as np
    >>> one, two = np.array([90.0, 60.0]), np.array([9.0, -3.0])
    >>> found = add_up(one, two, two, two)
    >>> found.price_to_book, found.price_to_book_positive, found.price_to_book_median
    (-15.0, 9.0, 3.0)
    """
    known = values > 0
    if not known.any():
        raise InputError("no constituent has a market value above 0.")
    with_book = known & np.isfinite(book) & (book != 0)
    positive = with_book & (book > 0)
    whole = float(values[known].sum())
    return Aggregates(
        firms=int(known.sum()),
        firms_with_book=int(with_book.sum()),
        negative_books=int((with_book & (book < 0)).sum()),
        market_value=whole,
        price_to_book=_together(values, book, with_book),
        price_to_book_positive=_together(values, book, positive),
        price_to_book_median=float(np.median(book[with_book])) if with_book.any() else None,
        price_to_sales=_together(values, sales, known & (sales > 0)),
        price_to_earnings=_together(values, earnings, known & (earnings > 0)),
        top_share=float(np.sort(values[known])[::-1][:LARGEST].sum()) / whole,
    )


def _together(values: FloatArray, ratios: FloatArray, which: NDArray[np.bool_]) -> float | None:
    """Return the sum of values over the sum of what they are compared with; None for nothing."""
    compared = float((values[which] / ratios[which]).sum())
    return float(values[which].sum()) / compared if compared else None
