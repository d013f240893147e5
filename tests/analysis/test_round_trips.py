"""Round trips: loops of generated payments add up, finance is told apart, circles by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.analysis.books import Books
from cardhouse.analysis.loops import circular_part
from cardhouse.analysis.round_trips import (
    FINANCING,
    RoundTrips,
    by_firm,
    find_round_trips,
    round_trips,
)
from cardhouse.engine.chain import FLOW_KINDS, compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.simulate import simulate
from strategies import Recipe, recipes

KINDS = ("equity", "input", "capex")


@st.composite
def networks(draw: st.DrawFn) -> np.ndarray:
    """Random payments by kind between 2 to 7 firms."""
    n = draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dense = draw(st.sampled_from([0.1, 0.3, 0.6]))
    return rng.random((3, n, n)) * (rng.random((3, n, n)) < dense)


def found_in(flows: np.ndarray) -> RoundTrips:
    return find_round_trips(flows, KINDS, firms_of(flows), ["equity"])


def firms_of(flows: np.ndarray) -> tuple[str, ...]:
    return tuple(f"f{at}" for at in range(flows.shape[1]))


@given(networks())
def test_loops_add_up_to_the_circular_part(flows: np.ndarray) -> None:
    whole = flows.sum(axis=0) * ~np.eye(flows.shape[1], dtype=bool)
    circular = circular_part(whole)
    rebuilt, names = np.zeros_like(whole), firms_of(flows)
    found = found_in(flows)
    for trip in found.trips:
        for leg in trip.legs:
            rebuilt[names.index(leg.payer), names.index(leg.payee)] += trip.amount
    np.testing.assert_allclose(rebuilt, circular, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.received, circular.sum(axis=0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.received, circular.sum(axis=1), rtol=0, atol=1e-9)


@given(networks())
def test_finance_that_runs_round_is_all_in_financial_loops(flows: np.ndarray) -> None:
    whole = flows.sum(axis=0) * ~np.eye(flows.shape[1], dtype=bool)
    circular, names = circular_part(whole), firms_of(flows)
    expected = np.where(whole > 0, flows[0] / np.where(whole > 0, whole, 1.0), 0.0) * circular
    got = np.zeros_like(expected)
    for trip in found_in(flows).trips:
        assert trip.is_financial == any(leg.is_financing for leg in trip.legs)
        for leg in trip.legs:
            assert leg.is_financing == (set(leg.kinds) == {"equity"})
            got[names.index(leg.payer), names.index(leg.payee)] += leg.kinds.get("equity", 0.0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


@given(networks())
def test_a_loop_is_a_closed_chain_of_different_firms(flows: np.ndarray) -> None:
    for trip in found_in(flows).trips:
        payees = [leg.payee for leg in trip.legs]
        assert payees == [*trip.entities[1:], trip.entities[0]]
        assert len(set(payees)) == len(payees) >= 2
        assert trip.amount > 0.0
        for leg in trip.legs:
            assert sum(leg.kinds.values()) == pytest.approx(trip.amount)
    amounts = [(not trip.is_financial, -trip.amount) for trip in found_in(flows).trips]
    assert amounts == sorted(amounts)


@given(networks(), st.randoms(use_true_random=False))
def test_order_of_firms_and_scale_change_nothing(flows: np.ndarray, rng: Any) -> None:
    n, names = flows.shape[1], firms_of(flows)
    order = rng.sample(range(n), n)
    plain = found_in(flows)
    moved = find_round_trips(
        flows[:, order][:, :, order], KINDS, [names[at] for at in order], ["equity"]
    )
    scaled = found_in(1e6 * flows)
    for name, (whole, money) in by_firm(plain).items():
        assert by_firm(moved)[name] == pytest.approx((whole, money), abs=1e-9)
        assert by_firm(scaled)[name] == pytest.approx(
            (1e6 * whole, 1e6 * money), rel=1e-6, abs=1e-3
        )


def test_the_vendor_loop_by_hand() -> None:
    """NVIDIA -> OpenAI -> Microsoft -> NVIDIA, 10 round; Microsoft and OpenAI trade 3 both ways."""
    flows = np.zeros((3, 3, 3))
    flows[0, 0, 1] = 10.0  # equity
    flows[1, 1, 2] = 13.0  # compute
    flows[1, 2, 1] = 3.0  # models
    flows[2, 2, 0] = 10.0  # accelerators
    found = find_round_trips(flows, KINDS, ("nvidia", "openai", "microsoft"), ["equity"])
    first, second = found.trips
    assert first.entities == ("nvidia", "openai", "microsoft")
    assert [leg.kinds for leg in first.legs] == [
        {"equity": pytest.approx(10.0)},
        {"input": pytest.approx(10.0)},
        {"capex": pytest.approx(10.0)},
    ]
    assert first.is_financial
    assert second.entities == ("microsoft", "openai")
    assert second.amount == pytest.approx(3.0)
    assert not second.is_financial
    assert by_firm(found)["openai"] == (pytest.approx(13.0), pytest.approx(10.0))
    assert found.through("nvidia") == (first,)


def test_a_chain_has_no_loops() -> None:
    flows = np.zeros((3, 3, 3))
    flows[0, 0, 1], flows[1, 1, 2] = 10.0, 5.0
    flows[2, 1, 1] = 4.0  # what a firm pays itself is no loop
    found = find_round_trips(flows, KINDS, ("a", "b", "c"), ["equity"])
    assert found.trips == ()
    assert by_firm(found) == {}


@given(recipes(most=6))
@settings(max_examples=15)
def test_an_economy_runs_round_no_more_than_it_pays(recipe: Recipe) -> None:
    chain = compile_chain(recipe.world())
    books = Books(simulate(chain, neutral(chain, 2)))
    for quarters in ((0,), range(books.rows)):
        found = round_trips(books, quarters)
        flows = sum(books.flows(at)[:, : books.firms, : books.firms] for at in quarters)
        assert (found.received <= flows.sum(axis=(0, 1)) * (1 + 1e-9)).all()
        assert (found.financial <= found.received).all()


def test_kinds_of_finance_are_kinds_of_flow() -> None:
    assert set(FINANCING) - {"credit_line"} <= set(FLOW_KINDS)
