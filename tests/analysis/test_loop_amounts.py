"""Dollars along given loops: those of the decomposition itself, and of other payments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.analysis.loops import circular_part, loop_amounts, loops_of

NAMES = tuple("abcdefg")


def network(nodes: int, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    flows = rng.lognormal(size=(nodes, nodes)) * (rng.random((nodes, nodes)) < 0.5)
    np.fill_diagonal(flows, 0.0)
    return np.asarray(flows)


@given(st.integers(2, 7), st.integers(0, 2**16))
def test_the_loops_of_some_payments_come_out_with_their_amounts(nodes: int, seed: int) -> None:
    flows, names = network(nodes, seed), NAMES[:nodes]
    found = loops_of(flows, names).loops
    amounts = loop_amounts(circular_part(flows), names, [loop.entities for loop in found])
    assert amounts == pytest.approx([loop.amount for loop in found], rel=1e-6, abs=1e-9)


@given(st.integers(2, 7), st.integers(0, 2**16), st.integers(0, 2**16))
def test_loops_of_other_payments_never_carry_more_than_there_is(
    nodes: int, seed: int, other: int
) -> None:
    names = NAMES[:nodes]
    loops = [loop.entities for loop in loops_of(network(nodes, seed), names).loops]
    circular = circular_part(network(nodes, other))
    amounts = loop_amounts(circular, names, loops)
    assert min(amounts, default=0.0) >= 0.0
    carried = sum(amount * len(loop) for amount, loop in zip(amounts, loops, strict=True))
    assert carried <= circular.sum() * (1.0 + 1e-9)


def test_a_loop_that_is_not_there_is_nothing() -> None:
    circular = np.array([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert loop_amounts(circular, ("a", "b", "c"), [("a", "c"), ("b", "a")]) == [0.0, 2.0]
