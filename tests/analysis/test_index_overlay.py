"""An index is the sum of its firms: arithmetic that holds for every index, and one by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.index_overlay import Index, fall_to_reach, index_of, move_index
from cardhouse.errors import InputError

amounts = st.floats(0.1, 1e4)
changes = st.floats(-1.0, 2.0)


@st.composite
def moves(draw: st.DrawFn) -> tuple[Index, list[float], list[float]]:
    """Draw an index with positive books, and changes that leave something of it."""
    count = draw(st.integers(1, 12))
    many = st.lists(amounts, min_size=count, max_size=count)
    index = index_of(tuple(f"f{at}" for at in range(count)), draw(many), draw(many))
    value = draw(st.lists(changes, min_size=count, max_size=count))
    value[0] = max(value[0], -0.9)
    shares = draw(st.lists(st.floats(-0.5, 0.5), min_size=count, max_size=count))
    return index, value, (np.array(shares) * index.books).tolist()


FIVE = index_of(
    ("chips", "cloud", "lab", "bank", "oil"),
    [400.0, 300.0, 100.0, 120.0, 80.0],
    [20.0, 60.0, -10.0, 80.0, 50.0],
)
"""Worth 1,000 over a book of 200: price/book 5."""


class TestByHand:
    def test_five_firms_before(self) -> None:
        assert FIVE.price_to_book == 5.0
        assert FIVE.weights.tolist() == [0.4, 0.3, 0.1, 0.12, 0.08]
        assert FIVE.weight_of(frozenset({"chips", "lab"})) == pytest.approx(0.5, abs=1e-15)
        assert FIVE.top_share(2) == pytest.approx(0.7, abs=1e-15)
        assert FIVE.top_share() == pytest.approx(1.0, abs=1e-15)

    def test_five_firms_after_a_fall(self) -> None:
        """Chips lose half of 400 and 5 of book, the cloud a tenth of 300, the lab everything."""
        moved = move_index(FIVE, [-0.5, -0.1, -1.0, 0.0, 0.0], [-5.0, 0.0, 10.0, 0.0, 0.0])
        assert moved.after.values.tolist() == [200.0, 270.0, 0.0, 120.0, 80.0]
        assert moved.price_change == pytest.approx(-0.33, abs=1e-15)
        assert moved.contributions.tolist() == pytest.approx([-0.2, -0.03, -0.1, 0, 0], abs=1e-15)
        assert moved.after.price_to_book == pytest.approx(670 / 205, abs=1e-15)
        assert moved.after.top_share(2) == pytest.approx(470 / 670, abs=1e-15)

    def test_the_fall_that_brings_price_to_book_to_four(self) -> None:
        """800 over 200 is 4: chips and lab, half of the index, must lose 200 of their 500."""
        assert fall_to_reach(5.0, 4.0, 0.5) == pytest.approx(0.4, abs=1e-15)
        moved = move_index(FIVE, [-0.4, 0.0, -0.4, 0.0, 0.0], np.zeros(5))
        assert moved.after.price_to_book == pytest.approx(4.0, abs=1e-12)

    def test_a_book_that_falls_too_makes_it_longer(self) -> None:
        assert fall_to_reach(5.0, 4.0, 0.5, book_share=0.1) == pytest.approx(0.4 / 0.6, abs=1e-15)
        assert fall_to_reach(5.0, 4.0, 0.5, book_share=0.25) is None


class TestArithmetic:
    @given(moves())
    def test_nothing_is_lost_between_firms_and_index(
        self, drawn: tuple[Index, list[float], list[float]]
    ) -> None:
        index, value, book = drawn
        moved = move_index(index, value, book)
        assert moved.after.weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert moved.contributions.sum() == pytest.approx(moved.price_change, abs=1e-12)
        whole = index.values.sum() * (1 + moved.price_change)
        assert moved.after.values.sum() == pytest.approx(whole, rel=1e-12)
        ratio = (1 + moved.price_change) / (1 + sum(book) / index.books.sum())
        assert index.price_to_book is not None
        assert moved.after.price_to_book == pytest.approx(index.price_to_book * ratio, rel=1e-9)

    @given(moves())
    def test_no_change_changes_nothing(self, drawn: tuple[Index, list[float], list[float]]) -> None:
        index, _, _ = drawn
        moved = move_index(index, np.zeros(len(index.names)), np.zeros(len(index.names)))
        assert moved.price_change == 0.0
        assert moved.after.price_to_book == index.price_to_book

    @given(moves(), st.sampled_from([1e-3, 1e3]))
    def test_units_do_not_matter(
        self, drawn: tuple[Index, list[float], list[float]], unit: float
    ) -> None:
        index, value, book = drawn
        other = index_of(index.names, index.values * unit, index.books * unit)
        one, two = move_index(index, value, book), move_index(other, value, np.array(book) * unit)
        assert two.price_change == pytest.approx(one.price_change, rel=1e-9, abs=1e-12)
        assert two.after.price_to_book == pytest.approx(one.after.price_to_book, rel=1e-9)

    @given(moves())
    def test_order_does_not_matter(self, drawn: tuple[Index, list[float], list[float]]) -> None:
        index, value, book = drawn
        turned = index_of(index.names[::-1], index.values[::-1], index.books[::-1])
        one, two = move_index(index, value, book), move_index(turned, value[::-1], book[::-1])
        assert two.price_change == pytest.approx(one.price_change, rel=1e-9, abs=1e-12)
        assert two.after.top_share(3) == pytest.approx(one.after.top_share(3), rel=1e-12)

    @given(moves(), st.floats(0.3, 0.99), st.floats(0.0, 0.1))
    def test_backwards_undoes_forwards(
        self, drawn: tuple[Index, list[float], list[float]], part: float, share: float
    ) -> None:
        index, _, _ = drawn
        assert index.price_to_book is not None
        target, fallen = part * index.price_to_book, frozenset(index.names[:1])
        fall = fall_to_reach(index.price_to_book, target, index.weight_of(fallen), share)
        if fall is None or not 0 <= fall <= 1 or share * fall * index.values[0] > index.books.sum():
            return
        value = np.where(np.arange(len(index.names)) == 0, -fall, 0.0)
        moved = move_index(index, value, share * value * index.values)
        assert moved.after.price_to_book == pytest.approx(target, rel=1e-6)


@pytest.mark.parametrize(
    ("names", "values", "books", "words"),
    [
        (("a",), [1.0, 2.0], [1.0], "1 names, 2 values"),
        (("a", "a"), [1.0, 2.0], [1.0, 1.0], "stands in the index twice"),
        (("a",), [-1.0], [1.0], "at least 0"),
        (("a",), [float("nan")], [1.0], "finite"),
        (("a",), [0.0], [1.0], "no firm"),
    ],
)
def test_what_is_no_index_is_refused(
    names: tuple[str, ...], values: list[float], books: list[float], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        index_of(names, values, books)


def test_books_that_add_to_nothing_leave_no_ratio() -> None:
    assert index_of(("a", "b"), [1.0, 1.0], [1.0, -1.0]).price_to_book is None


def test_a_firm_cannot_lose_more_than_all() -> None:
    with pytest.raises(InputError, match="less than -1"):
        move_index(FIVE, [-1.1, 0, 0, 0, 0], np.zeros(5))
