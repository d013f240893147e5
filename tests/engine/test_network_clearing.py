"""Large networks are cleared by compiled sweeps: they agree with the version to read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from cardhouse.engine import network_clearing
from cardhouse.engine._liabilities import read_network
from cardhouse.engine._turn_kernels import Claims, in_turn, listed_by_creditor
from cardhouse.engine.network_clearing import COMPILED_FROM, clear_network
from cardhouse.engine.settlement import _cleared, clear

PARTS = "payments", "equity", "defaulted", "default_costs", "class_payments"


def classes_of(seed: int, firms: int, classes: int, links: float) -> list[sparse.csr_array]:
    """Return random liabilities by class, some firms without any."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(classes):
        owed = np.where(
            rng.random((firms, firms)) < links / firms, rng.lognormal(size=(firms,) * 2), 0
        )
        owed[rng.random(firms) < 0.1] = 0.0
        np.fill_diagonal(owed, 0.0)
        out.append(sparse.csr_array(owed))
    return out


def assets_of(seed: int, due: np.ndarray, paths: int) -> np.ndarray:
    """Return assets that leave some firms short on some paths, and nobody on the first."""
    rng = np.random.default_rng(seed + 1)
    assets = rng.uniform(0.0, 1.2, (paths, due.size)) * due
    assets[0] = 2.0 * due
    return assets


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**16),
    firms=st.integers(COMPILED_FROM, 90),
    classes=st.integers(1, 3),
    links=st.sampled_from([0.5, 4.0, 20.0]),
    keep=st.sampled_from([(1.0, 1.0), (0.7, 0.9), (0.0, 0.3)]),
    external=st.sampled_from(["pari_passu", "senior"]),
    greatest=st.booleans(),
    unit=st.sampled_from([1e-9, 1.0, 1e9]),
)
def test_compiled_sweeps_agree_with_the_version_to_read(
    seed: int,
    firms: int,
    classes: int,
    links: float,
    keep: tuple[float, float],
    external: str,
    greatest: bool,
    unit: float,
) -> None:
    ranks = [unit * one for one in classes_of(seed, firms, classes, links)]
    outside = unit * np.random.default_rng(seed).uniform(0.0, 2.0, firms)
    network = read_network(sum(ranks[1:], ranks[0]), outside, external, ranks)
    assets = assets_of(seed, (network.inside + network.outside).sum(axis=0), 70)
    found, slow = clear_network(network, assets, keep, greatest)
    expected = _cleared(network, assets, keep, greatest)
    settled = np.setdiff1d(np.arange(70), slow)
    assert settled.size > 0
    scale = float((network.inside + network.outside).sum(axis=0).max())
    for name in PARTS:
        np.testing.assert_allclose(
            found[name][settled], expected[name][settled], rtol=1e-9, atol=1e-10 * scale,
            err_msg=name,
        )  # fmt: skip
    assert found["sweeps"][0] == 0


@pytest.mark.parametrize("greatest", [True, False])
@pytest.mark.parametrize("keep", [1.0, 0.9])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_paths_bits_are_its_own(
    greatest: bool, keep: float, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_clearing, "WORTH_A_THREAD", 1 if threads > 1 else 10**12)
    monkeypatch.setattr(network_clearing, "CORES", threads)
    owed = classes_of(5, 60, 1, 6.0)[0]
    assets = assets_of(5, np.asarray(owed.sum(axis=1)) + 0.5, 150)
    how = {"alpha": keep, "beta": keep, "greatest": greatest}
    together = clear(owed, assets, np.full(60, 0.5), **how)
    for some in (slice(0, 1), slice(149, 150), slice(60, 68), slice(31, 65)):
        apart = clear(owed, assets[some], np.full(60, 0.5), **how)
        for name in (*PARTS, "sweeps"):
            np.testing.assert_array_equal(getattr(apart, name), getattr(together, name)[some])


@settings(max_examples=10)
@given(seed=st.integers(0, 2**16), outside=st.sampled_from([0.01, 0.1, 1.0]))
def test_sweeps_end_within_a_few_ten_trillionths_of_the_exact_answer(
    seed: int, outside: float
) -> None:
    owed = classes_of(seed, 60, 1, 6.0)[0]
    elsewhere = outside * (np.asarray(owed.sum(axis=1)) + 0.1)
    network = read_network(owed, elsewhere, "pari_passu", None)
    due = (network.inside + network.outside).sum(axis=0)
    assets = assets_of(seed, due, 40)
    found, slow = clear_network(network, assets, (1.0, 1.0), greatest=True)
    exact = _cleared(network, assets, (1.0, 1.0), greatest=True)
    settled = np.setdiff1d(np.arange(40), slow)
    gap = np.abs(found["payments"] - exact["payments"])[settled] / due
    assert gap.max() <= 2e-13
    assert (gap > 0.0).any() or not exact["defaulted"].any()


def test_a_layered_network_settles_in_one_sweep_and_a_look() -> None:
    """Whoever is owed by nobody who comes later is settled by the first sweep."""
    firms = 80
    order = np.random.default_rng(3).permutation(firms)
    owed = np.zeros((firms, firms))
    owed[order[:-1], order[1:]] = 1.0
    owed[order[:-2], order[2:]] = 0.5
    found = clear(owed, np.full(firms, 0.1), np.full(firms, 0.2))
    assert found.defaulted.sum() > firms / 2
    assert int(found.sweeps) <= 3


@given(seed=st.integers(0, 2**16), firms=st.integers(1, 60), links=st.sampled_from([0.0, 1.0, 5.0]))
@settings(max_examples=15)
def test_every_purse_takes_one_turn_and_most_money_flows_forward(
    seed: int, firms: int, links: float
) -> None:
    owed = classes_of(seed, firms, 1, links)[0]
    owed.sort_indices()
    by_debtor = Claims(owed.indptr.astype(np.int64), owed.indices.astype(np.int64), owed.data)
    by_creditor, origin = listed_by_creditor(by_debtor)
    np.testing.assert_array_equal(by_creditor.owed, owed.T.tocsr().data)
    np.testing.assert_array_equal(owed.data[origin], by_creditor.owed)
    turns = in_turn(by_debtor, by_creditor)
    assert sorted(turns) == list(range(firms))
    in_order = owed.toarray()[np.ix_(turns, turns)]
    assert np.triu(in_order).sum() >= np.tril(in_order).sum()


@pytest.mark.parametrize("amount", [1e-308, 1e300])
def test_the_order_of_turns_survives_the_smallest_and_largest_amounts(amount: float) -> None:
    owed = amount * (classes_of(1, 50, 1, 5.0)[0] > 0.0)
    found = clear(owed, np.zeros(50))
    due = np.asarray(owed.sum(axis=1))
    assert ((found.payments >= 0.0) & (found.payments <= due)).all()


@pytest.mark.parametrize("leak", [1e-3, 1e-9])
def test_money_that_goes_round_almost_for_ever_is_left_to_the_exact_search(leak: float) -> None:
    """A ring in which everybody owes 1 to the next and a leak outside, and has half the leak."""
    firms = 50
    ring = sparse.csr_array(np.roll(np.eye(firms), 1, axis=1))
    mixed = np.stack([np.full(firms, 0.5 * leak), np.full(firms, 2.0)])
    found = clear(ring, mixed, np.full(firms, leak))
    np.testing.assert_allclose(found.payments[0], 0.5 * (1.0 + leak), rtol=1e-9)
    np.testing.assert_array_equal(found.payments[1], 1.0 + leak)
    assert found.defaulted[0].all()
    assert not found.defaulted[1].any()
    assert found.sweeps[1] == 0


def test_firms_that_owe_nothing_and_networks_without_debts() -> None:
    nothing = sparse.csr_array((COMPILED_FROM, COMPILED_FROM))
    found = clear(nothing, np.ones(COMPILED_FROM))
    np.testing.assert_array_equal(found.payments, 0.0)
    np.testing.assert_array_equal(found.equity, 1.0)
    assert int(found.sweeps) == 0
