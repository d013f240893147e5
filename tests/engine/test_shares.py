"""Paths are shared out over threads in whole blocks, each path once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cardhouse.engine.kernel import simulate
from cardhouse.engine.kernel.kinds import LANES


@given(st.integers(1, 5000), st.integers(1, 100), st.integers(1, 16))
def test_each_path_is_run_once_in_blocks_no_wider_than_asked(
    paths: int, block: int, workers: int
) -> None:
    shares = simulate._shares(paths, block, workers)
    assert [path for _, first, end in shares for path in range(first, end)] == list(range(paths))
    for width, first, end in shares:
        assert width == 1 if block == 1 else width % LANES == 0
        assert width < block + LANES
        assert (end - first) % width == 0 or (end == paths and end - first < width)


def test_few_paths_are_shared_out_evenly_in_whole_vectors() -> None:
    assert simulate._shares(95, 72, 2) == [(48, 0, 48), (48, 48, 95)]
    assert simulate._shares(1, 72, 2) == [(8, 0, 1)]
    assert simulate._shares(2, 1, 2) == [(1, 0, 1), (1, 1, 2)]
