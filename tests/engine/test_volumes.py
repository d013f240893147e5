"""Volumes: loops solved, capacity rationed, excess offered once, nothing counted twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import neutral
from cardhouse.engine.moment import Moment
from cardhouse.engine.simulate import simulate
from cardhouse.engine.volumes import (
    Deliveries,
    Wants,
    _eliminated,
    _swept,
    check_viable,
    deliver,
    in_rings,
    input_intensity,
    output_possible,
    redirect,
)
from cardhouse.errors import EconomyError
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Plant, World
from strategies import Recipe, hand_made, moment_of

PLANT = Plant(gross=0.0, net=0.0, depreciation=0.0, target_utilisation=0.8)


def delivered(
    now: Moment, final: list[float] | None = None, backed: tuple[float, ...] | None = None
) -> Deliveries:
    """Return deliveries of final demand, inputs and buy-backs, without programs and orders."""
    chain = now.chain
    lines, firms, _, _ = chain.shape
    intensity = input_intensity(now)
    inputs = redirect(now, intensity, chain.firm_of_line)
    asked = chain.sales.volume if final is None else np.array(final)
    wants = Wants(
        final=asked[None, :].astype(float),
        intensity=inputs,
        programs=np.zeros((1, firms, lines)),
        orders=np.zeros((1, lines, lines)),
        backed=np.array([backed or [0.0] * len(chain.buy_backs.cap)]),
    )
    return deliver(now, wants, output_possible(now, intensity))


def chain_of_three(essential: float = 1.0, **plants: Any) -> World:
    """Return an app that buys from a lab that buys from two clouds, one of them half idle."""
    rows = [
        (K.SALE, "users", "app", 4.0),
        (K.SALE, "users", "lab", 6.0),
        (K.INPUT, "app", "lab", 2.0, {"essential": essential}),
        (K.INPUT, "lab", "cloud", 4.0, {"essential": essential}),
        (K.SALE, "users", "cloud", 4.0),
        (K.SALE, "users", "spare", 1.0),
    ]
    lines = {name: f"{name}_firm" for name in ("app", "lab", "cloud", "spare")}
    terms = {name: {"plant": plant} for name, plant in plants.items()}
    return hand_made(rows, lines=lines, terms_of_lines=terms, markets={"cloud": "m", "spare": "m"})


# --- the linear system --------------------------------------------------------------------------


def test_a_loop_in_closed_form() -> None:
    rows = [
        (K.SALE, "users", "a", 6.0), (K.SALE, "users", "b", 5.0),
        (K.INPUT, "a", "b", 5.0), (K.INPUT, "b", "a", 4.0),
    ]  # fmt: skip
    now = moment_of(hand_made(rows, lines={"a": "one", "b": "two"}))
    found = delivered(now, [1.0, 0.0]).volume[0]
    a = 1.0 / (1.0 - 0.5 * 0.4)
    np.testing.assert_allclose(found, [a, 0.5 * a], rtol=1e-12)


@given(st.integers(1, 12), st.integers(0, 2**16), st.sampled_from([0.1, 0.5, 0.9, 0.9999]))
def test_sweeps_and_elimination_solve_the_system(size: int, seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    intensity = rng.random((size, size)) * (rng.random((size, size)) < 0.5)
    top = np.abs(np.linalg.eigvals(intensity)).max()
    intensity *= radius / max(top, 1e-9) if top > 1e-6 else 0.0
    outside = rng.random(size)
    expected = np.linalg.solve(np.eye(size) - intensity.T, outside)
    np.testing.assert_allclose(_eliminated(intensity, outside), expected, rtol=1e-8)
    swept, slow = _swept(intensity[None], outside[None])
    if not slow.size:
        np.testing.assert_allclose(swept[0], expected, rtol=1e-8)
    assert slow.size or radius < 0.9999 or top <= 1e-6


def test_what_needs_a_unit_of_itself_has_no_volume() -> None:
    assert np.isnan(_eliminated(np.array([[0.0, 1.25], [0.8, 0.0]]), np.ones(2))).all()


def test_an_economy_of_such_lines_is_refused() -> None:
    chain = compile_chain(chain_of_three())
    check_viable(chain, neutral(chain, 4))
    loop = chain.intensity.copy()
    loop[2, 0] = 4.0
    with pytest.raises(
        EconomyError, match=r"by hand: from quarter t\+0 the lines need more inputs"
    ):
        check_viable(replace(chain, intensity=loop), neutral(chain, 4))


def explosive_world() -> World:
    """Return a world whose lines come to buy in a circle once a supplier dies."""
    rows = [
        (K.SALE, "users", "a", 10.0), (K.SALE, "users", "x1", 1.0), (K.SALE, "users", "x2", 10.0),
        (K.INPUT, "a", "x1", 9.0), (K.INPUT, "x2", "a", 12.0),
        *((K.COST, line, "labour", 1.0) for line in ("a", "x1", "x2")),
    ]  # fmt: skip
    lines = {"a": "buyer", "x1": "first", "x2": "second"}
    return hand_made(rows, lines=lines, markets={"x1": "x", "x2": "x"})


def test_a_path_that_turns_explosive_is_held_and_the_others_go_on() -> None:
    """The first supplier pays a tenth too little: a default on one path, an arrear on the other."""
    world = explosive_world()
    contracts = [
        replace(one, amount=11.1) if one.payer == "x1" and one.kind is K.COST else one
        for one in world.contracts
    ]
    rich = [replace(one, cash=0.0 if one.id == "first" else 1e3) for one in world.firms]
    chain = compile_chain(replace(world, contracts=tuple(contracts), firms=tuple(rich)))
    spread = replace(chain, intensity=chain.intensity * np.array([[1.0], [1.0], [2.6]]))
    drivers, still = neutral(chain, 5), {"price_speed": 0.0, "price_pull": 0.0}
    limits = {"default_threshold": [0.98, 0.3]}
    found = simulate(spread, drivers, parameters={**still, **limits}, paths=2)
    explosive = [state.explosive[:, 0].tolist() for state in found.states]
    when = [one[0] for one in explosive].index(True)
    assert not any(one[1] for one in explosive)
    last = found.states[-1]
    np.testing.assert_array_equal(last.volume[0], found.states[when - 1].volume[0])
    assert found.records[when].flows[0].sum() == 0.0
    assert found.records[when].flows[1].sum() > 0.0
    assert last.volume[1].sum() > 0.0
    alone = simulate(spread, drivers, parameters={**still, "default_threshold": 0.3})
    np.testing.assert_array_equal(alone.states[-1].cash[0], last.cash[1])


# --- capacity -----------------------------------------------------------------------------------


def test_up_to_the_overload_everything_is_served() -> None:
    now = moment_of(chain_of_three(cloud=PLANT))
    found = delivered(now, [4.0, 6.0, 6.4, 1.0])
    assert found.volume[0, 2] == pytest.approx(10.4)
    assert found.unserved[0, 0] == 0.0


def test_beyond_it_orders_are_cut_pro_rata_and_recorded() -> None:
    world = chain_of_three(essential=0.0, cloud=PLANT)
    now = moment_of(world)
    found = delivered(now, [4.0, 6.0, 10.0, 1.0])
    fill = 1.05 * 10.0 / 14.0
    assert found.volume[0, 2] == pytest.approx(10.5)
    assert found.final[0, 2] == pytest.approx(10.0 * fill)
    assert found.inputs[0, 1, 2] == pytest.approx(4.0 * fill)
    assert found.unserved[0, 0] == pytest.approx(1.0 - fill)
    assert found.volume[0, 1] == pytest.approx(8.0), "the input is not essential"


def test_excess_is_offered_once_to_spare_plant_of_the_market() -> None:
    capacity = np.array([[0.0, 0.0, 8.0, 4.0]])
    now = moment_of(chain_of_three(cloud=PLANT, spare=PLANT), state={"capacity": capacity})
    found = delivered(now, [4.0, 6.0, 8.0, 1.0])
    excess, room = 12.0 - 1.05 * 8.0, 1.05 * 4.0 - 1.0
    assert found.volume[0, 2:].tolist() == pytest.approx([8.4, 4.2])
    assert found.inputs[0, 1, 3] == pytest.approx(room * 4.0 / 12.0)
    assert found.final[0, 3] == pytest.approx(1.0 + room * 8.0 / 12.0)
    lab = 1.0 - (excess - room) / 12.0
    assert found.volume[0, :2].tolist() == pytest.approx([4.0 * lab, 8.0 * lab])
    assert found.unserved[0, 0] == pytest.approx((excess - room) / 13.0)


def test_a_firm_never_buys_from_itself() -> None:
    rows = [
        (K.SALE, "users", "lab", 5.0),
        (K.SALE, "users", "own", 1.0),
        (K.SALE, "users", "cloud", 1.0),
        (K.INPUT, "lab", "cloud", 4.0, {"essential": 0.0}),
    ]
    lines = {"lab": "firm", "own": "firm", "cloud": "other"}
    terms = {name: {"plant": PLANT} for name in ("own", "cloud")}
    world = hand_made(rows, lines=lines, terms_of_lines=terms, markets={"own": "m", "cloud": "m"})
    now = moment_of(world, state={"capacity": np.array([[0.0, 50.0, 2.0]])})
    assert delivered(now).inputs[0, 0, 1] == 0.0
    world = replace(world, contracts=tuple(replace(one, terms={}) for one in world.contracts))
    dead = moment_of(world, state={"alive": np.array([[True, False]])})
    found = delivered(dead)
    assert found.inputs[0, 0].sum() == 0.0
    assert found.final[0, 0] == 5.0, "it makes the essential input itself"


def test_want_of_an_essential_input_runs_down_the_chain() -> None:
    now = moment_of(
        chain_of_three(essential=1.0, cloud=PLANT), state={"capacity": np.array([[0, 0, 4.0, 0]])}
    )
    found = delivered(now)
    fill = 1.05 * 4.0 / 8.0
    np.testing.assert_allclose(found.volume[0, :3], [4.0 * fill, 8.0 * fill, 4.2], rtol=1e-9)
    np.testing.assert_allclose(found.inputs[0, 1, 2], 4.0 * fill)
    np.testing.assert_allclose(found.inputs[0, 0, 1], 2.0 * fill)


def test_a_half_essential_input_costs_half_as_much_output() -> None:
    now = moment_of(
        chain_of_three(essential=0.5, cloud=PLANT), state={"capacity": np.array([[0, 0, 4.0, 0]])}
    )
    found = delivered(now)
    missing = 1.0 - 1.05 * 4.0 / 8.0
    lab, app = 1.0 - 0.5 * missing, 1.0 - 0.25 * missing
    assert found.volume[0, :2].tolist() == pytest.approx([4.0 * app, 8.0 * lab])
    assert found.inputs[0, 1, 2] == pytest.approx(4.0 * (1.0 - missing))


def test_a_line_without_any_supplier_left_loses_the_essential_share() -> None:
    now = moment_of(
        chain_of_three(essential=0.6), state={"alive": np.array([[True, True, False, False]])}
    )
    found = delivered(now)
    app = 4.0 * (1.0 - 0.6 * 0.6)
    assert found.final[0, :2].tolist() == pytest.approx([app, 6.0 * 0.4])
    assert found.inputs[0, 0, 1] == pytest.approx(0.4 * 2.0), "it gets what the lab still makes"
    assert found.inputs[0, 1, 2:].sum() == 0.0


def test_inputs_of_a_dead_supplier_move_to_the_survivors_of_its_market() -> None:
    now = moment_of(chain_of_three(), state={"alive": np.array([[True, True, False, True]])})
    moved = redirect(now, input_intensity(now), now.chain.firm_of_line)
    assert moved[0, 1].tolist() == pytest.approx([0.0, 0.0, 0.0, 0.7 * 0.5])


# --- buyers of last resort ----------------------------------------------------------------------


def backed_cloud(essential: float = 1.0, **plants: Any) -> World:
    """Return a cloud that sells 6 and has 2 bought back, and takes a quarter of it in power."""
    rows = [
        (K.SALE, "users", "cloud", 6.0),
        (K.SALE, "users", "power", 1.0),
        (K.SALE, "users", "spare", 1.0),
        (K.SALE, "users", "chips", 9.0),
        (K.INPUT, "cloud", "power", 2.0, {"essential": essential}),
    ]
    lines = {name: f"{name}_firm" for name in ("cloud", "power", "spare", "chips")}
    terms = {name: {"plant": plant} for name, plant in plants.items()}
    markets = {"cloud": "m", "spare": "m"}
    world = hand_made(rows, lines=lines, terms_of_lines=terms, markets=markets)
    promise = Contract(K.BUY_BACK, "chips_firm", "cloud", 2.0, committed=99.0)
    return replace(world, contracts=(*world.contracts, promise))


def test_what_is_bought_back_takes_inputs_like_any_other_sale() -> None:
    now = moment_of(backed_cloud())
    assert now.state.volume[0].tolist() == pytest.approx([8.0, 3.0, 1.0, 9.0])
    found = delivered(now, backed=(4.0,))
    assert found.volume[0].tolist() == pytest.approx([10.0, 1.0 + 10.0 / 4.0, 1.0, 9.0])
    assert found.backed[0].tolist() == pytest.approx([4.0])
    assert found.inputs[0, 0, 1] == pytest.approx(2.5)


def test_what_is_bought_back_is_rationed_with_the_rest() -> None:
    found = delivered(moment_of(backed_cloud(cloud=PLANT)), backed=(8.0,))
    fill = 1.05 * 10.0 / 14.0
    assert found.volume[0, :2].tolist() == pytest.approx([10.5, 1.0 + 10.5 / 4.0])
    assert found.final[0, 0] == pytest.approx(6.0 * fill)
    assert found.backed[0].tolist() == pytest.approx([8.0 * fill])
    assert found.unserved[0, 0] == pytest.approx(1.0 - fill)


def test_what_a_full_seller_cannot_sell_back_goes_to_nobody_else() -> None:
    found = delivered(moment_of(backed_cloud(cloud=PLANT, spare=PLANT)), [0.0, 1, 1, 9], (14.0,))
    assert found.backed[0].tolist() == pytest.approx([10.5])
    assert found.volume[0].tolist() == pytest.approx([10.5, 1.0 + 10.5 / 4.0, 1.0, 9.0])


def test_want_of_an_essential_input_cuts_what_is_bought_back() -> None:
    alive = np.array([[True, False, True, True]])
    found = delivered(moment_of(backed_cloud(essential=0.6), state={"alive": alive}), backed=(4.0,))
    assert found.backed[0].tolist() == pytest.approx([0.4 * 4.0])
    assert found.volume[0, 0] == pytest.approx(0.4 * 10.0)


# --- no world sells more than it can ------------------------------------------------------------


@given(st.integers(0, 2**16), st.floats(0.2, 3.0))
def test_nobody_sells_more_than_its_overload(seed: int, level: float) -> None:
    world = Recipe(firms=6, seed=seed, extras=True).world()
    now = moment_of(world)
    found = delivered(now, list(now.chain.sales.volume * level))
    owned = now.chain.plants.owned
    limit = 1.05 * now.state.capacity[0, owned]
    assert (found.volume[0, owned] <= limit * (1.0 + 1e-8)).all()
    sold = np.zeros(len(owned))
    np.add.at(sold, now.chain.sales.line, found.final[0])
    np.add.at(sold, now.chain.buy_backs.seller, found.backed[0])
    np.testing.assert_allclose(sold + found.inputs[0].sum(axis=0), found.volume[0], atol=1e-9)
    assert 0.0 <= found.unserved[0, 0] <= 1.0


@given(st.integers(1, 9), st.floats(0.05, 0.6), st.integers(0, 2**32 - 1))
def test_only_rings_move_the_spectral_radius(lines: int, dense: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    intensity = rng.exponential(size=(lines, lines)) * (rng.random((lines, lines)) < dense)
    ring = in_rings(intensity)
    whole = np.abs(np.linalg.eigvals(intensity)).max()
    part = np.abs(np.linalg.eigvals(intensity[np.ix_(ring, ring)])).max(initial=0.0)
    # a nilpotent part makes eigenvalues as inexact as its root of rounding
    assert part == pytest.approx(whole, abs=1e-16 ** (1 / lines) * (1 + intensity.max()))
