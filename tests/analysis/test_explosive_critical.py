"""Critical values: the kernels are the tests', seeds decide alone, errors are what they say."""

from __future__ import annotations

import os

import numpy as np
import pytest

import cardhouse as ch
from cardhouse.analysis import explosive_critical
from cardhouse.analysis.explosive_critical import BLOCK, CriticalValues
from cardhouse.errors import InputError


def same(one: CriticalValues, other: CriticalValues) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("adf", "sadf", "gsadf", "bsadf")
    )


def test_the_statistics_of_a_replication_are_those_of_the_test() -> None:
    walks = explosive_critical._walks(80, slice(0, 5), 3, None)
    full, forward, best, backward = explosive_critical._simulate(80, 17, 5, 3, None)
    for one, walk in enumerate(walks):
        found = ch.gsadf(walk, min_window=17)
        assert full[one] == pytest.approx(found.adf, rel=1e-9, abs=1e-9)
        assert forward[one] == pytest.approx(found.sadf, rel=1e-9, abs=1e-9)
        assert best[one] == pytest.approx(found.gsadf, rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(backward[one], found.bsadf, rtol=1e-8, atol=1e-8)


def test_the_statistics_of_a_bootstrap_keep_their_digits_in_wild_times() -> None:
    steps = np.where(np.arange(79) < 40, 1e-6, 1e3)
    walks = explosive_critical._walks(80, slice(0, 3), 3, steps)
    _, _, _, backward = explosive_critical._simulate(80, 17, 3, 3, steps)
    for one, walk in enumerate(walks):
        np.testing.assert_allclose(
            backward[one], ch.gsadf(walk, min_window=17).bsadf, rtol=1e-6, atol=1e-6
        )


def test_a_seed_decides_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ch.gsadf_critical_values(50, replications=300, seed=5)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert same(first, ch.gsadf_critical_values(50, replications=300, seed=5))
    assert not same(first, ch.gsadf_critical_values(50, replications=300, seed=6))


def test_more_replications_keep_the_first_ones() -> None:
    few = explosive_critical._simulate(40, 11, 2 * BLOCK + 3, 9, None)
    many = explosive_critical._simulate(40, 11, 4 * BLOCK, 9, None)
    for one, other in zip(few, many, strict=True):
        assert np.array_equal(one, other[: len(one)])


def test_values_rise_with_the_level_and_the_windows() -> None:
    found = ch.gsadf_critical_values(60, replications=2000)
    assert (np.diff([found.adf, found.sadf, found.gsadf], axis=1) > 0).all()
    assert (found.adf < found.sadf).all()
    assert (found.sadf < found.gsadf).all()
    assert found.bsadf.shape == (3, 60 - found.min_window)


def test_standard_errors_are_the_spread_over_seeds() -> None:
    runs = [ch.gsadf_critical_values(40, replications=1000, seed=seed) for seed in range(30)]
    for name in ("adf", "sadf", "gsadf"):
        spread = np.std([getattr(run, name) for run in runs], axis=0, ddof=1)
        told = np.mean([run.standard_errors[name] for run in runs], axis=0)
        assert (np.abs(np.log(spread / told)) < np.log(2)).all()


def test_a_true_random_walk_is_refused_as_often_as_the_level_says() -> None:
    values = ch.gsadf_critical_values(50, replications=4000, seed=1)
    generator = np.random.default_rng(11)
    walks = np.cumsum(generator.standard_normal((600, 50)), axis=1)
    refused = np.mean([ch.gsadf(walk).gsadf > values.gsadf[1] for walk in walks])
    assert abs(refused - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 600)


def test_a_bootstrap_allows_for_changing_volatility() -> None:
    """Steps that grow look explosive to a random walk's values, not to the bootstrap's."""
    generator = np.random.default_rng(8)
    steps = generator.standard_normal(99) * np.linspace(0.2, 6.0, 99)
    series = np.concatenate([[0.0], np.cumsum(steps)])
    plain = ch.gsadf_critical_values(100, replications=1000)
    wild = ch.gsadf_critical_values(100, replications=1000, series=series)
    assert wild.method == "wild_bootstrap"
    assert (wild.gsadf > plain.gsadf).all()
    scaled = ch.gsadf_critical_values(100, replications=1000, series=7.0 + 1e3 * series)
    np.testing.assert_allclose(scaled.gsadf, wild.gsadf, rtol=1e-6)


def test_p_values_tell_how_rare_a_statistic_is() -> None:
    values = ch.gsadf_critical_values(60, replications=999)
    generator = np.random.default_rng(3)
    calm = ch.gsadf(np.cumsum(generator.standard_normal(60)))
    boom = ch.gsadf(100 * 1.1 ** np.arange(60) + generator.standard_normal(60))
    assert values.p_values(boom)["gsadf"] == 1 / 1000
    assert values.p_values(calm)["gsadf"] > 0.01
    share = (values.draws["gsadf"] >= calm.gsadf).sum()
    assert values.p_values(calm)["gsadf"] == (1 + share) / 1000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"length": 5}, "length is 5"),
        ({"length": 50, "replications": 10}, "replications is 10"),
        ({"length": 50, "replications": 2_000_000}, "replications is 2000000"),
        ({"length": 2000, "replications": 200_000}, "fit into memory"),
        ({"length": 50, "seed": -1}, "seed is -1"),
        ({"length": 50, "min_window": 50}, "has 49 observations"),
        ({"length": 50, "series": [1.0, 2.0, 3.0]}, "series has 3 values"),
        ({"length": 3, "series": [1.0, 2.0, 3.0]}, "length is 3"),
        ({"length": 60, "series": [0.0] * 40 + [1.0, 3.0] * 10}, "stands still"),
    ],
)
def test_bad_arguments_are_told(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        ch.gsadf_critical_values(**arguments)  # type: ignore[arg-type]
