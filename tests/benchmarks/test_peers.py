"""The model of the speed comparison is one and the same in every library that it is written for."""

from __future__ import annotations

import importlib
from dataclasses import replace

import numpy as np
import pytest
import with_cardhouse
import with_numpy
import with_numpy_batch
from chain_model import Economy, invented, shaken

QUARTERS, PATHS = 8, 3
SAME = 1e-9


def compare(found: tuple[np.ndarray, np.ndarray], economy: Economy, shocks: np.ndarray) -> None:
    """Compare cash and revenue of every quarter, path and firm with plain numpy."""
    expected = with_numpy.run(economy, shocks)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape == shocks.shape
        np.testing.assert_allclose(mine, theirs, rtol=SAME)


@pytest.fixture(params=[(2, 0), (12, 0), (12, 5), (50, 0)], ids=str)
def economy(request: pytest.FixtureRequest) -> Economy:
    return invented(*request.param)


def test_the_readable_engine_runs_the_model(economy: Economy) -> None:
    shocks = shaken(economy, QUARTERS, PATHS)
    compare(with_cardhouse.run(economy, shocks), economy, shocks)


@pytest.mark.parametrize("kind", ["compiled", "threads"])
def test_the_compiled_engine_runs_the_model(kind: str) -> None:
    pytest.importorskip("cardhouse.engine.kernel")
    economy = invented(12)
    shocks = shaken(economy, QUARTERS, PATHS)
    compare(getattr(with_cardhouse, f"run_{kind}")(economy, shocks), economy, shocks)


def test_batched_numpy_runs_the_model(economy: Economy) -> None:
    shocks = shaken(economy, QUARTERS, PATHS)
    compare(with_numpy_batch.run(economy, shocks), economy, shocks)


@pytest.mark.parametrize("name", ["mesa", "jax", "sfctools"])
def test_a_peer_runs_the_model_where_it_is_installed(name: str) -> None:
    pytest.importorskip(name)
    peer = importlib.import_module(f"with_{name}")
    economy = invented(12)
    shocks = shaken(economy, QUARTERS, PATHS)
    compare(peer.run(economy, shocks), economy, shocks)


def test_nobody_fails_and_prices_move_so_that_the_laws_are_at_work() -> None:
    economy = invented(50)
    shocks = shaken(economy, 20, PATHS)
    cash, revenue = with_numpy.run(economy, shocks)
    assert (cash > 0.0).all()
    still = replace(economy, pass_through=np.zeros(50))
    assert np.abs(with_numpy.run(still, shocks)[1] / revenue - 1.0).max() > 1e-3


def test_a_paths_shocks_do_not_depend_on_how_many_are_drawn() -> None:
    economy = invented(12)
    np.testing.assert_array_equal(shaken(economy, 4, 2), shaken(economy, 4, 5)[:, :2])
