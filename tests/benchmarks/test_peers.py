"""The models of the speed comparison are the same in every library that they are written for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace

import fragile_cardhouse
import fragile_model
import fragile_numpy
import numpy as np
import peers
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


# --- the second model: some fail -----------------------------------------------------------------

Results = tuple[np.ndarray, ...]


def compare_fragile(run: Callable[..., Results], economy: fragile_model.Economy) -> None:
    """Compare a contender with batched numpy, as the benchmark does."""
    shocks = fragile_model.shaken(economy, 16, 6)
    found, expected = (
        dict(zip(fragile_model.KEPT, results, strict=True))
        for results in (run(economy, shocks), fragile_numpy.run(economy, shocks))
    )
    assert found["cash"].shape == shocks.shape
    assert expected["failed"].any()
    assert peers.gap_between("a contender", found, expected) <= SAME


@pytest.fixture(params=[(12, 0), (12, 5), (7, 2), (50, 0)], ids=str)
def fragile(request: pytest.FixtureRequest) -> fragile_model.Economy:
    return fragile_model.invented(*request.param)


def test_the_readable_engine_runs_the_fragile_model(fragile: fragile_model.Economy) -> None:
    compare_fragile(fragile_cardhouse.run, fragile)


@pytest.mark.parametrize("kind", ["compiled", "threads"])
def test_the_compiled_engine_runs_the_fragile_model(kind: str) -> None:
    pytest.importorskip("cardhouse.engine.kernel")
    compare_fragile(getattr(fragile_cardhouse, f"run_{kind}"), fragile_model.invented(12))


def test_a_path_alone_runs_as_among_others(fragile: fragile_model.Economy) -> None:
    compare_fragile(fragile_numpy.run_single, fragile)


@pytest.mark.parametrize("name", ["mesa", "jax"])
def test_a_peer_runs_the_fragile_model_where_it_is_installed(
    name: str, fragile: fragile_model.Economy
) -> None:
    pytest.importorskip(name)
    compare_fragile(importlib.import_module(f"fragile_{name}").run, fragile)


def test_every_law_of_the_fragile_model_is_at_work() -> None:
    economy = fragile_model.invented(12)
    shocks = fragile_model.shaken(economy, 20, 60)
    chain = fragile_numpy.Chain(economy, 20)
    state, states, failed = chain.start(60), [], []
    for quarter in range(1, 21):
        state, gone = fragile_numpy.run_quarter(chain, state, quarter, shocks[quarter])
        states.append(state)
        failed.append(gone)
    assert 0.05 < np.any(failed, axis=0).mean() < 0.5
    assert sum(bool(gone.any()) for gone in failed) > 5
    assert (states[-1].drawn > 0.0).any()
    assert max(one.stress.max() for one in states) > 0.1
    assert min(one.confidence.min() for one in states) < economy.closes_below
    assert any(len(one.late.amount) for one in states)
    assert any((one.late_outside > 0.0).any() for one in states)


def test_failures_spread_from_buyers_to_sellers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In some quarter a firm fails that would have lived had others paid."""
    economy = fragile_model.invented(12)
    shocks = fragile_model.shaken(economy, 20, 60)
    chain = fragile_numpy.Chain(economy, 20)
    state, seen, clear = chain.start(60), [], fragile_numpy.clear

    def watched(case: fragile_numpy.Case, gone: np.ndarray) -> fragile_numpy.Cleared:
        found = clear(case, gone)
        full = np.ones_like(case.made)
        everybody_pays = case.resources + case.inflow(full, full)
        enough = fragile_model.LAWS.default_threshold * sum(case.dues)
        seen.append(int((found.failed & ~gone & (everybody_pays >= enough)).sum()))
        return found

    monkeypatch.setattr(fragile_numpy, "clear", watched)
    for quarter in range(1, 21):
        state, _ = fragile_numpy.run_quarter(chain, state, quarter, shocks[quarter])
    assert sum(seen) > 0
