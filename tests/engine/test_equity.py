"""Equity by tier: windows, what is left of them, and who is served first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardhouse.engine.equity import Offers, equity_offers, serve
from cardhouse.engine.moment import Moment
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Pool, World
from strategies import hand_made, moment_of

NAMES = ("small", "weak", "large")
TIERS = {"small": "apps", "weak": "apps", "large": "labs"}


def two_tiers(*given: float, supply: float | None = None) -> World:
    """Return two apps and a lab that a fund gave some equity in row 0."""
    rows: list[tuple[Any, ...]] = [(K.SALE, "users", f"line_{name}", 2.0) for name in NAMES]
    rows += [
        (K.EQUITY, "fund", name, amount)
        for name, amount in zip(NAMES, given, strict=False)
        if amount
    ]
    world = hand_made(
        rows,
        lines={f"line_{name}": name for name in NAMES},
        firms=[Firm(name, 1.0, access=("fund",), venture_funded=True) for name in NAMES],
        pools=[Pool("fund", "equity", base_supply=supply)],
    )
    entities = tuple(replace(one, tier=TIERS.get(one.id, one.tier)) for one in world.entities)
    return replace(world, entities=entities)


def the_moment(world: World, **parameters: float) -> Moment:
    """Return a moment in which the first app stands above the second."""
    growth = np.array([[[2.0 * rate**-back for rate in (1.3, 1.1, 1.2)] for back in range(5)]])
    state = {"profit": np.full((1, 3), 0.2), "revenue_history": growth}
    return moment_of(world, state=state, parameters=parameters)


def served(now: Moment, supply: float, *asks: float, signed: tuple[float, ...] = ()) -> np.ndarray:
    paid = np.zeros((1, len(now.chain.node_ids), 3))
    paid[0, now.chain.pool_nodes[0], : len(signed)] = signed
    offers = equity_offers(now, np.array([[supply]]), paid)
    return np.asarray(serve(now, offers, np.array([asks]))[0, :, 0])


@pytest.mark.parametrize("lab", [3.0, 30.0, 3e4])
def test_a_tier_is_served_from_its_own_window_first(lab: float) -> None:
    now = the_moment(two_tiers(1.0, 0.0, 3.0))
    assert served(now, 4.0, 1.0, 0.0, lab).tolist() == pytest.approx([1.0, 0.0, 3.0])


def test_within_a_tier_the_better_goes_first() -> None:
    now = the_moment(two_tiers(1.0, 0.0, 3.0), tier_spillover=0.0)
    assert served(now, 4.0, 0.7, 0.7, 0.0).tolist() == pytest.approx([0.7, 0.3, 0.0])


@pytest.mark.parametrize(("share", "more"), [(0.0, 0.0), (0.25, 0.5), (1.0, 2.0)])
def test_a_part_of_what_a_tier_leaves_is_offered_to_others(share: float, more: float) -> None:
    now = the_moment(two_tiers(1.0, 0.0, 3.0), tier_spillover=share)
    assert served(now, 4.0, 9.0, 0.0, 1.0).tolist() == pytest.approx([1.0 + more, 0.0, 1.0])


def test_signed_rounds_come_out_of_what_is_on_offer() -> None:
    now = the_moment(two_tiers(1.0, 0.0, 3.0), tier_spillover=0.0)
    found = served(now, 4.0, 9.0, 0.0, 9.0, signed=(0.25, 0.0, 5.0))
    assert found.tolist() == pytest.approx([0.75, 0.0, 0.0])


def test_a_fund_whose_row_0_tells_no_tier_is_one_purse() -> None:
    now = the_moment(two_tiers(supply=4.0))
    assert served(now, 4.0, 3.0, 3.0, 3.0).tolist() == pytest.approx([3.0, 0.0, 1.0])


def test_what_goes_beyond_a_window_comes_out_of_the_common_purse() -> None:
    now = the_moment(two_tiers(1.0, 0.0, 3.0))
    offers = Offers(np.array([[[1.0], [3.0]]]), np.array([[2.0]]))
    left = offers.less(now, np.array([[[1.0], [0.5], [1.0]]]))
    assert left.by_tier[0, :, 0].tolist() == pytest.approx([0.0, 2.0])
    assert left.common[0, 0] == pytest.approx(1.5)


AMOUNT = st.just(0.0) | st.floats(1e-6, 9.0)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(AMOUNT, AMOUNT, AMOUNT),
    st.tuples(AMOUNT, AMOUNT, AMOUNT),
    AMOUNT,
    st.floats(0.0, 1.0),
)
def test_nobody_gets_more_than_asked_and_no_fund_gives_more_than_it_has(
    opening: tuple[float, ...], asks: tuple[float, ...], supply: float, share: float
) -> None:
    now = the_moment(two_tiers(*opening), tier_spillover=share)
    found = served(now, supply, *asks)
    assert np.all(found >= 0.0)
    assert np.all(found <= np.array(asks) + 1e-12)
    assert found.sum() <= supply + 1e-9
