"""Reducers: merging loses nothing, bounds hold, and a fixed tree gives the same bits in any order.

The laws of moments, quantile sketches and the tree in which they merge.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cardhouse.analysis.moments import Moments
from cardhouse.analysis.quantile_sketch import Sketch
from cardhouse.analysis.tree_fold import TreeFold

NUMBERS = st.floats(-1e6, 1e6)


def cuts(count: int) -> st.SearchStrategy[list[int]]:
    """Return where `count` numbers are cut into parts, empty ones among them."""
    inner = st.lists(st.integers(0, count), max_size=6)
    return inner.map(lambda found: sorted([0, *found, count]))


@st.composite
def parted(draw: st.DrawFn, most: int = 300) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return values (cell, number), and the same in parts."""
    count = draw(st.integers(1, most))
    values = draw(arrays(float, (2, count), elements=NUMBERS))
    return values, [values[:, a:b] for a, b in pairwise(draw(cuts(count)))]


class TestMoments:
    @given(parted())
    def test_of_parts_are_those_of_the_whole(
        self, case: tuple[np.ndarray, list[np.ndarray]]
    ) -> None:
        values, parts = case
        found = Moments.of(parts[0])
        for part in parts[1:]:
            found = found.merge(Moments.of(part))
        scale = np.abs(values).max() + 1.0
        assert found.count == values.shape[1]
        np.testing.assert_allclose(found.mean, values.mean(axis=1), rtol=1e-9, atol=1e-9 * scale)
        if found.count > 1:
            expected = values.std(axis=1, ddof=1)
            np.testing.assert_allclose(found.sd, expected, rtol=1e-6, atol=1e-6 * scale)

    @given(parted())
    def test_merging_is_associative_in_value(
        self, case: tuple[np.ndarray, list[np.ndarray]]
    ) -> None:
        values, _ = case
        one, two, three = (Moments.of(values[:, at::3]) for at in range(3))
        left, right = one.merge(two).merge(three), one.merge(two.merge(three))
        scale = np.abs(values).max() + 1.0
        np.testing.assert_allclose(left.mean, right.mean, rtol=1e-9, atol=1e-9 * scale)
        assert left.count == right.count == values.shape[1]

    def test_one_number_has_no_spread(self) -> None:
        assert np.isnan(Moments.of(np.ones((1, 1))).sd).all()
        assert (Moments.of(np.full((1, 9), 1e15)).sd == 0).all()


def rank_gap(values: np.ndarray, found: float, at: float) -> float:
    """Return by how much a number misses rank `at` among values: 0 where it sits on it."""
    below, up_to = (values < found).mean(), (values <= found).mean()
    return float(max(below - at, at - up_to, 0.0))


class TestSketch:
    @given(parted(), st.integers(0, 3))
    def test_few_numbers_are_kept_exactly(
        self, case: tuple[np.ndarray, list[np.ndarray]], spare: int
    ) -> None:
        values, parts = case
        found = Sketch.of(parts[0], values.shape[1] + spare)
        for part in parts[1:]:
            found = found.merge(Sketch.of(part, values.shape[1] + spare))
        assert found.is_exact
        assert found.rank_error == 0.0
        np.testing.assert_array_equal(found.points, np.sort(values, axis=1))

    @given(
        st.integers(0, 2**32 - 1),
        st.sampled_from(["normal", "zeros", "integers", "heavy", "sorted"]),
        st.integers(1, 24),
        st.integers(20, 400),
        st.booleans(),
    )
    def test_ranks_are_right_within_the_bound(
        self, seed: int, shape: str, leaves: int, size: int, uneven: bool
    ) -> None:
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, size, leaves) if uneven else np.full(leaves, size)
        values = SHAPES[shape](rng, int(sizes.sum()))
        edges = np.concatenate([[0], np.cumsum(sizes)])
        fold: TreeFold[Sketch] = TreeFold(Sketch.merge, leaves)
        for at, (a, b) in enumerate(pairwise(edges.tolist())):
            fold.add(at, Sketch.of(values[None, a:b], 64))
        found = fold.result()
        assert found.count == len(values)
        asked = np.linspace(0.0, 1.0, 41)
        for at, number in zip(asked, found.quantiles(asked)[0], strict=True):
            assert number in values
            assert rank_gap(values, number, at) <= found.rank_error + 1e-12
        assert found.quantiles(np.array([0.0, 1.0]))[0].tolist() == [values.min(), values.max()]
        assert abs(found.share_above(0.0)[0] - (values > 0).mean()) <= found.rank_error + 1e-12

    def test_a_large_ensemble_is_within_a_hundredth(self) -> None:
        rng = np.random.default_rng(5)
        values = np.stack([rng.lognormal(sigma=2.0, size=65_536), rng.normal(size=65_536)])
        fold: TreeFold[Sketch] = TreeFold(Sketch.merge, 512)
        for at in range(512):
            fold.add(at, Sketch.of(values[:, at * 128 : (at + 1) * 128], 550))
        found = fold.result()
        assert found.rank_error <= 0.01
        asked = np.linspace(0.01, 0.99, 99)
        for cell in range(2):
            for at, number in zip(asked, found.quantiles(asked)[cell], strict=True):
                assert rank_gap(values[cell], number, at) <= 0.01
            exact = np.quantile(values[cell], [0.05, 0.5, 0.95])
            near = found.quantiles(np.array([0.05, 0.5, 0.95]))[cell]
            np.testing.assert_allclose(near, exact, rtol=0.05, atol=0.02)

    def test_weights_count_when_parts_are_uneven(self) -> None:
        many, few = np.zeros((1, 9_000)), np.ones((1, 1_000))
        found = Sketch.of(many, 64).merge(Sketch.of(few, 64))
        assert found.share_above(0.5)[0] == pytest.approx(0.1, abs=found.rank_error)

    def test_nothing_has_no_quantiles(self) -> None:
        nothing = Sketch.of(np.zeros((2, 0)), 16)
        assert np.isnan(nothing.quantiles(np.array([0.5]))).all()
        one = Sketch.of(np.full((2, 1), 3.0), 16)
        assert nothing.merge(one).quantiles(np.array([0.5])).tolist() == [[3.0], [3.0]]

    def test_the_worst_are_averaged(self) -> None:
        found = Sketch.of(np.arange(100.0)[None], 200)
        assert found.mean_beyond(0.95)[0] == pytest.approx(np.arange(95, 100).mean())


SHAPES = {
    "normal": lambda rng, count: rng.normal(size=count),
    "zeros": lambda rng, count: np.where(rng.random(count) < 0.9, 0.0, rng.lognormal(size=count)),
    "integers": lambda rng, count: rng.integers(-2, 3, count).astype(float),
    "heavy": lambda rng, count: rng.standard_cauchy(count),
    "sorted": lambda rng, count: np.sort(rng.normal(size=count)),
}


class TestTree:
    @given(st.integers(1, 40), st.data())
    def test_gives_the_same_tree_in_any_order_and_grouping(
        self, leaves: int, data: st.DataObject
    ) -> None:
        expected = told(leaves, [(at, 1) for at in range(leaves)])
        size = data.draw(st.sampled_from([1, 2, 4, 8]))
        groups = [(at, min(size, leaves - at)) for at in range(0, leaves, size)]
        assert told(leaves, data.draw(st.permutations(groups))) == expected

    @given(st.integers(1, 30), st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
    def test_gives_moments_and_sketches_to_the_bit(self, leaves: int, seed: int, random) -> None:  # type: ignore[no-untyped-def]
        values = np.random.default_rng(seed).normal(size=(leaves, 3, 50))
        order = list(range(leaves))
        plain, mixed = [], []
        for result, places in ((plain, order), (mixed, random.sample(order, leaves))):
            moments: TreeFold[Moments] = TreeFold(Moments.merge, leaves)
            sketches: TreeFold[Sketch] = TreeFold(Sketch.merge, leaves)
            for at in places:
                moments.add(at, Moments.of(values[at]))
                sketches.add(at, Sketch.of(values[at], 32))
            result += [moments.result(), sketches.result()]
        assert plain[0].mean.tobytes() == mixed[0].mean.tobytes()
        assert plain[0].squares.tobytes() == mixed[0].squares.tobytes()
        assert plain[1].points.tobytes() == mixed[1].points.tobytes()

    def test_refuses_what_is_no_subtree_or_missing(self) -> None:
        fold: TreeFold[str] = TreeFold(lambda a, b: a + b, 5)
        with pytest.raises(ValueError, match="no subtree"):
            fold.add(1, "x", 2)
        with pytest.raises(ValueError, match="no subtree"):
            fold.add(0, "x", 3)
        fold.add(0, "a", 4)
        with pytest.raises(ValueError, match="leaf 4 has not come"):
            fold.result()


def told(leaves: int, groups: list[tuple[int, int]]) -> str:
    """Return the tree as brackets, parts coming in this order."""
    fold: TreeFold[str] = TreeFold(lambda left, right: f"({left}{right})", leaves)
    for first, count in groups:
        inner: TreeFold[str] = TreeFold(lambda left, right: f"({left}{right})", count)
        for at in range(count):
            inner.add(at, f"[{first + at}]")
        fold.add(first, inner.result(), count)
    return fold.result()
