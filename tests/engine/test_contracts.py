"""Standing contracts: minima, notice, shares of revenue, rents, credit, buyers of last resort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.chain_contracts import minimum_by_quarter
from cardhouse.engine.contracts import (
    backed_volumes,
    committed_ahead,
    due_after_credit,
    minimum_purchases,
    rents,
    rents_by_line,
    share_rates,
    shares_owed,
    shortfalls,
    towards_commitments,
)
from cardhouse.engine.drivers import neutral
from cardhouse.engine.moment import Moment
from cardhouse.engine.plans import next_capex, wear
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Contract, Firm, Plant, World
from strategies import hand_made, moment_of

STILL = {"price_speed": 0.0, "price_pull": 0.0, "program_speed": 0.0}
"""Prices and programs keep still."""

LASTING = Plant(gross=0.0, net=0.0, depreciation=0.0, target_utilisation=0.8)
"""Plant that never wears: capacity stays what it is."""


def ran(
    world: World,
    quarters: int,
    *,
    demand: Mapping[int, float] | None = None,
    removed: tuple[int, int] | None = None,
    parameters: Mapping[str, float] | None = None,
    **levels: float,
) -> Trajectory:
    """Run with prices that keep still.

    ``demand`` maps quarters to the level of final demand from then on; ``removed`` is a quarter
    and the firm that fails in it; ``levels`` are drivers that hold in every quarter.
    """
    chain = compile_chain(world)
    drivers = neutral(chain, quarters)
    level, gone = drivers.demand_level.copy(), drivers.removed.copy()
    for quarter, value in (demand or {}).items():
        level[quarter:] = value
    if removed is not None:
        gone[removed] = True
    moved: dict[str, Any] = {
        name: np.full_like(getattr(drivers, name), value) for name, value in levels.items()
    }
    drivers = replace(drivers, demand_level=level, removed=gone, **moved)
    return simulate(chain, drivers, parameters={**STILL, **(parameters or {})})


def series(found: Trajectory, group: str, name: str = "paid") -> np.ndarray:
    """Return what was paid (or billed) in all in one group of links (quarter,)."""
    values = found.of_record(name)[:, found.chain.links.of(group)]
    return np.asarray(values.sum(axis=1))


# --- minima -------------------------------------------------------------------------------------


def customer(
    committed: float = 0.0, growth: float = 0.0, kind: K = K.INPUT, **terms: float
) -> World:
    """Return a lab that sells 10 a quarter and buys compute for 4 under terms, as input or not."""
    rows = [
        (K.SALE, "users", "chat", 10.0, {"growth": growth, "growth_end": growth}),
        (K.SALE, "others", "compute", 1.0),
        (K.COST, "compute", "labour", 0.5),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "compute": "cloud"},
        firms=[Firm("lab", 99.0), Firm("cloud", 9.0)],
    )
    buyer = "chat" if kind is K.INPUT else "lab"
    usual = {"essential": 0.0} if kind is K.INPUT else {}
    deal = Contract(kind, buyer, "compute", 4.0, {**usual, **terms}, committed=committed)
    return replace(world, contracts=(*world.contracts, deal))


def test_the_share_of_a_shortfall_that_is_owed_grows_as_use_falls() -> None:
    found = ran(customer(committed=80.0, growth=-0.1, take_or_pay=0.8), 8)
    used = 4.0 * np.exp(-0.1 * np.arange(9))
    short = 0.8 * (4.0 - used)
    np.testing.assert_allclose(series(found, "input"), used, rtol=1e-12)
    np.testing.assert_allclose(series(found, "shortfall"), short, rtol=1e-12, atol=1e-14)
    sold = 10.0 * np.exp(-0.1 * np.arange(9))
    lab, cloud = np.diff(found.of_state("cash"), axis=0).T
    np.testing.assert_allclose(lab, (sold - used - short)[1:], rtol=1e-12)
    others, wages = np.ones(9), 0.5 * (used + 1.0) / 5.0
    np.testing.assert_allclose(cloud, (others + used + short - wages)[1:], rtol=1e-12)
    np.testing.assert_allclose(found.of_record("revenue")[:, 1], others + used + short)
    np.testing.assert_allclose(found.of_state("profit")[1:, 0], lab)
    assert found.money_residual <= 1e-12


@pytest.mark.parametrize("kind", [K.INPUT, K.PROGRAM])
def test_a_minimum_starts_grows_and_ends_as_written(kind: K) -> None:
    terms = {"commit_start": 2.0, "commit_quarters": 3.0, "commit_growth": 1.0}
    now = moment_of(customer(committed=7.0, kind=kind, **terms))
    found = [float(minimum_purchases(replace(now, quarter=at))[0, 0]) for at in range(1, 9)]
    assert found == pytest.approx([0.0, 1.0, 2.0, 4.0, 0.0, 0.0, 0.0, 0.0])


def test_a_minimum_is_paid_by_who_buys_nothing() -> None:
    terms = {"commit_start": 2.0, "commit_quarters": 3.0, "commit_growth": 1.0}
    found = ran(customer(committed=7.0, **terms), 7, demand={1: 0.0})
    expected = [0.0, 0.0, 1.0, 2.0, 4.0, 0.0, 0.0, 0.0]
    assert series(found, "shortfall").tolist() == pytest.approx(expected)


@pytest.mark.parametrize("growth", [-0.5, 0.0, 0.03, 1.0])
@pytest.mark.parametrize(("start", "count"), [(1, 1), (1, 20), (7, 3)])
def test_a_minimum_adds_up_to_what_is_committed(growth: float, start: int, count: int) -> None:
    terms = {"commit_start": start, "commit_quarters": count, "commit_growth": growth}
    deal = Contract(K.INPUT, "lab", "cloud", 0.0, terms, committed=5.0)
    found = minimum_by_quarter(deal, start + count + 2)
    assert found.sum() == pytest.approx(5.0)
    assert np.flatnonzero(found).tolist() == list(range(start, start + count))
    np.testing.assert_allclose(found[start + 1 : start + count] / found[start:-3], 1.0 + growth)


@pytest.mark.parametrize(("lever", "share"), [(np.nan, 0.6), (0.0, 0.0), (0.25, 0.25), (1.0, 1.0)])
def test_a_supplier_collects_as_far_as_commitments_are_enforced(lever: float, share: float) -> None:
    found = ran(
        customer(committed=80.0),
        3,
        demand={1: 0.5},
        parameters={"commitments_enforced": 0.6},
        commitments_enforced=lever,
    )
    assert series(found, "shortfall")[1:].tolist() == pytest.approx([share * 2.0] * 3)


def test_who_buys_more_than_its_minimum_owes_nothing() -> None:
    found = ran(customer(committed=80.0), 4, demand={1: 1.5, 3: 1.0})
    assert series(found, "shortfall").tolist() == pytest.approx([0.0] * 5, abs=1e-12)
    assert series(found, "input").tolist() == pytest.approx([4.0, 6.0, 6.0, 4.0, 4.0])


@pytest.mark.parametrize(("letters", "owed"), [(np.nan, 0.0), (0.0, 0.0), (0.25, 0.6), (1.0, 3.6)])
def test_a_letter_of_intent_binds_only_as_far_as_letters_pay(letters: float, owed: float) -> None:
    found = ran(customer(committed=80.0, letter=1.0), 2, demand={1: 0.1}, letters_paid=letters)
    assert series(found, "shortfall")[1:].tolist() == pytest.approx([owed] * 2)


def test_a_commitment_is_no_letter() -> None:
    found = ran(customer(committed=80.0), 2, demand={1: 0.1}, letters_paid=0.0)
    assert series(found, "shortfall")[1:].tolist() == pytest.approx([3.6] * 2)


def test_a_price_that_falls_leaves_a_shortfall_in_money() -> None:
    found = ran(customer(committed=80.0), 2, price=(1.0, 0.75))
    assert series(found, "input")[1:].tolist() == pytest.approx([3.0] * 2)
    assert series(found, "shortfall")[1:].tolist() == pytest.approx([1.0] * 2)


def owed(now: Moment, *bought: float, volume: float = 0.0, price: float = 1.0) -> list[float]:
    """Return shortfalls of those who bought so much of a seller that delivers a volume."""
    lines = len(now.chain.line_ids)
    found = shortfalls(
        now, np.array([bought]), np.full((1, lines), volume), np.full((1, lines), price)
    )
    return [float(one) for one in found[0]]


def two_customers(**terms: float) -> World:
    """Return two labs that are bound to buy 4 each of a cloud of capacity 10."""
    deal = customer(committed=80.0, **terms).contracts[-1]
    world = hand_made(
        [(K.SALE, "users", "chat", 10.0), (K.SALE, "users", "agent", 10.0)],
        lines={"chat": "lab", "compute": "cloud", "agent": "start_up"},
        terms_of_lines={"compute": {"plant": LASTING}},
        firms=[Firm("lab", 99.0), Firm("cloud", 9.0), Firm("start_up", 99.0)],
    )
    return replace(world, contracts=(*world.contracts, deal, replace(deal, payer="agent")))


def test_each_buyer_has_a_minimum_of_its_own() -> None:
    now = moment_of(two_customers())
    assert owed(now, 1.0, 9.0) == pytest.approx([3.0, 0.0]), "an excess fills no other's minimum"


@pytest.mark.parametrize(
    ("volume", "price", "share"),
    [(0.0, 1.0, 1.0), (6.0, 1.0, 1.0), (8.0, 1.0, 0.5), (8.0, 1.5, 0.75), (12.0, 1.0, 0.0)],
)
def test_nobody_owes_for_what_was_not_there(volume: float, price: float, share: float) -> None:
    """Of the 10 that the cloud can make it sold a volume; 3 and 1 were not taken."""
    now = moment_of(two_customers(), parameters={"overload": 1.0})
    found = owed(now, 1.0, 3.0, volume=volume, price=price)
    assert found == pytest.approx([3.0 * share, 1.0 * share])


def test_contracts_of_one_buyer_and_seller_are_one_obligation() -> None:
    world = customer(committed=80.0, take_or_pay=1.0, notice=1.0)
    training = {"commit_quarters": 2.0, "take_or_pay": 0.5, "notice": 3.0}
    deals = (
        Contract(K.PROGRAM, "lab", "compute", 1.0, training, committed=40.0),
        Contract(K.PROGRAM, "lab", "compute", 0.0, {"letter": 1.0}, committed=60.0),
    )
    moved = replace(world, contracts=(*world.contracts, *deals))
    now = moment_of(moved, drivers={"letters_paid": np.full(13, 0.5)})
    bindings = now.chain.bindings
    assert bindings.count == 1
    assert bindings.notice.tolist() == [3]
    rate = (80.0 * 1.0 + 40.0 * 0.5 + 60.0 * 1.0) / 180.0
    assert bindings.take_or_pay.tolist() == pytest.approx([rate])
    asked = [4.0 + 20.0 + 0.5 * 3.0, 4.0 + 20.0 + 0.5 * 3.0, 4.0 + 0.5 * 3.0]
    found = [minimum_purchases(replace(now, quarter=at))[0, 0] for at in (1, 2, 3)]
    assert found == pytest.approx(asked)
    assert now.state.bought[0, :, 0].tolist() == pytest.approx([5.0] * 4)
    assert now.state.bound_inputs[0].tolist() == pytest.approx([4.0])
    assert owed(now, 6.0) == pytest.approx([rate * (asked[0] - 6.0)])


def test_what_programs_buy_counts_towards_a_commitment_of_a_line() -> None:
    world = customer(committed=100.0)
    training = Contract(K.PROGRAM, "lab", "compute", 1.0)
    found = ran(replace(world, contracts=(*world.contracts, training)), 3, demand={1: 0.5})
    assert series(found, "input")[1:].tolist() == pytest.approx([2.0] * 3)
    assert series(found, "program")[1:].tolist() == pytest.approx([1.0] * 3)
    assert series(found, "shortfall")[1:].tolist() == pytest.approx([5.0 - 3.0] * 3)


def trainer(committed: float, **terms: float) -> World:
    """Return a lab that trains for 2 at one cloud and 6 at another, bound to the first."""
    rows = [
        (K.SALE, "users", "chat", 10.0),
        (K.PROGRAM, "lab", "other", 6.0),
        (K.PROGRAM, "lab", "labour", 1.0),
    ]
    world = hand_made(
        rows,
        lines={"chat": "lab", "bound": "first", "other": "second"},
        markets={"bound": "compute", "other": "compute"},
        firms=[Firm("lab", 99.0), Firm("first", 9.0), Firm("second", 9.0)],
    )
    deal = Contract(K.PROGRAM, "lab", "bound", 2.0, terms, committed=committed)
    return replace(world, contracts=(*world.contracts, deal))


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        (0.0, (2.0, 6.0)),
        (1.0, (1.0 + 2.0 * 7.0 / 8.0, 6.0 * 7.0 / 8.0)),
        (4.0, (4.0 + 2.0 * 0.5, 6.0 * 0.5)),
        (8.0, (8.0, 0.0)),
        (20.0, (8.0, 0.0)),
    ],
)
def test_programs_go_first_to_where_the_firm_is_bound(
    minimum: float, expected: tuple[float, float]
) -> None:
    now = moment_of(trainer(20.0 * minimum))
    found = towards_commitments(now, now.chain.program_line[None])
    assert found[0, 0].tolist() == pytest.approx([0.0, *expected])
    assert found[0, 1:].sum() == 0.0


def test_programs_move_as_far_as_the_commitment_can_be_collected() -> None:
    now = moment_of(
        trainer(80.0, take_or_pay=0.5), drivers={"commitments_enforced": np.full(13, 0.5)}
    )
    found = towards_commitments(now, now.chain.program_line[None])
    assert found[0, 0, 1] == pytest.approx(1.0 + 2.0 * 7.0 / 8.0)
    inputs = moment_of(trainer(80.0), state={"bound_inputs": np.array([[3.0]])})
    found = towards_commitments(inputs, inputs.chain.program_line[None])
    assert found[0, 0, 1] == pytest.approx(1.0 + 2.0 * 7.0 / 8.0), "inputs fill the rest"


def test_programs_moved_to_a_commitment_are_bought_and_paid_there() -> None:
    found = ran(trainer(80.0), 3)
    links = found.chain.links
    assert found.chain.line_ids == ("chat", "bound", "other")
    paid = found.of_record("paid")[1:, links.of("program")]
    seller = links.seller_line[links.of("program")]
    assert paid[:, seller == 1][:, 0].tolist() == pytest.approx([5.0] * 3)
    assert paid[:, seller == 2][:, 0].tolist() == pytest.approx([3.0] * 3)
    assert series(found, "shortfall").sum() == 0.0


# --- notice -------------------------------------------------------------------------------------


@pytest.mark.parametrize("notice", [0, 1, 2, 3, 4])
def test_less_use_must_be_paid_for_until_it_has_been_noticed(notice: int) -> None:
    demand = {1: 1.5, 2: 0.5, 3: 1.0, 4: 0.75, 5: 0.25, 8: 0.0}
    found = ran(customer(notice=float(notice), take_or_pay=0.5), 12, demand=demand)
    used = series(found, "input")
    level = [1.0, 1.5, 0.5, 1.0, 0.75, *[0.25] * 3, *[0.0] * 5]
    assert used.tolist() == pytest.approx([4.0 * one for one in level])
    before = [4.0] * 4 + used.tolist()
    expected = [
        0.5 * max(0.0, max(before[quarter + 4 - notice : quarter + 4], default=0.0) - used[quarter])
        for quarter in range(1, 13)
    ]
    if notice == 0:
        assert found.chain.bindings.count == 0
        return
    assert series(found, "shortfall")[1:].tolist() == pytest.approx(expected)
    assert sum(expected) > 0.0


def test_the_larger_of_minimum_and_notice_binds() -> None:
    world = customer(committed=40.0, notice=2.0)
    bought = np.array([[[1.0], [3.0], [9.0], [9.0]]])
    assert minimum_purchases(moment_of(world, state={"bought": bought}))[0, 0] == 3.0
    bought = np.array([[[1.0], [0.5], [9.0], [9.0]]])
    assert minimum_purchases(moment_of(world, state={"bought": bought}))[0, 0] == 2.0


@pytest.mark.parametrize("alive", [(True, False), (False, True)])
def test_with_either_side_a_commitment_dies(alive: tuple[bool, bool]) -> None:
    world = customer(committed=80.0, notice=3.0)
    assert minimum_purchases(moment_of(world))[0, 0] == 4.0
    now = moment_of(world, state={"alive": np.array([alive])})
    assert minimum_purchases(now)[0, 0] == 0.0
    assert owed(now, 0.0) == [0.0]


@pytest.mark.parametrize("firm", [0, 1])
def test_what_lapsed_is_billed_in_the_quarter_of_death_for_the_last_time(firm: int) -> None:
    found = ran(customer(committed=80.0), 6, demand={1: 0.5}, removed=(3, firm))
    billed = series(found, "shortfall", "bought")
    assert billed.tolist() == pytest.approx([0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0])
    assert series(found, "shortfall")[4:].sum() == 0.0


# --- shares of revenue --------------------------------------------------------------------------


def sharer(**terms: float) -> World:
    """Return a lab that owes a fifth of its revenue of 10 to a partner."""
    rows = [
        (K.SALE, "users", "chat", 10.0),
        (K.SALE, "users", "search", 1.0),
        (K.REVENUE_SHARE, "chat", "partner", 2.0, terms),
    ]
    return hand_made(rows, lines={"chat": "lab", "search": "partner"}, firms=[Firm("lab", 9.0)])


def test_a_share_of_revenue_ends_when_its_cap_is_paid() -> None:
    found = ran(sharer(cap=5.0), 5)
    paid = [2.0, 2.0, 2.0, 1.0, 0.0, 0.0]
    assert series(found, "revenue_share").tolist() == pytest.approx(paid)
    assert found.of_state("shares_paid")[:, 0].tolist() == pytest.approx([0, 2, 4, 5, 5, 5])
    assert found.of_record("revenue")[:, 1].tolist() == pytest.approx([1.0 + one for one in paid])


@pytest.mark.parametrize("quarters", [0, 1, 3])
def test_a_share_of_revenue_ends_after_its_last_quarter(quarters: int) -> None:
    found = ran(sharer(quarters=float(quarters)), 4)
    expected = [2.0 if quarter <= quarters else 0.0 for quarter in range(1, 5)]
    assert series(found, "revenue_share")[1:].tolist() == pytest.approx(expected)


def test_a_share_of_revenue_follows_revenue_and_its_receivers_life() -> None:
    now = moment_of(sharer(), state={"shares_paid": np.array([[7.0]])})
    assert shares_owed(now, np.array([[25.0, 1.0]]))[0].tolist() == pytest.approx([5.0])
    capped = moment_of(sharer(cap=8.0), state={"shares_paid": np.array([[7.0]])})
    assert shares_owed(capped, np.array([[25.0, 1.0]]))[0].tolist() == pytest.approx([1.0])
    dead = moment_of(sharer(), state={"alive": np.array([[True, False]])})
    assert shares_owed(dead, np.array([[25.0, 1.0]])).sum() == 0.0
    assert share_rates(dead.chain, dead.state, 1).sum() == 0.0


def test_shares_of_one_line_add_up() -> None:
    world = sharer(cap=5.0)
    again = Contract(K.REVENUE_SHARE, "chat", "partner", 1.0, {"quarters": 2.0})
    found = ran(replace(world, contracts=(*world.contracts, again)), 4)
    paid = found.of_record("paid")[1:, found.chain.links.of("revenue_share")]
    assert paid[:, 0].tolist() == pytest.approx([2.0, 2.0, 1.0, 0.0])
    assert paid[:, 1].tolist() == pytest.approx([1.0, 1.0, 0.0, 0.0])


# --- rents --------------------------------------------------------------------------------------


def tenant(**terms: float) -> World:
    """Return a line with plant that pays a rent of 1.5, and one without that pays 0.5."""
    rows = [
        (K.SALE, "users", "hall", 8.0),
        (K.SALE, "users", "desk", 2.0),
        (K.LEASE, "hall", "energy", 1.5, terms),
        (K.LEASE, "hall", "labour", 0.25),
        (K.LEASE, "desk", "energy", 0.5, terms),
    ]
    return hand_made(
        rows,
        lines={"hall": "owner", "desk": "office"},
        terms_of_lines={"hall": {"plant": LASTING}},
        firms=[Firm("owner", 9.0), Firm("office", 9.0)],
    )


@pytest.mark.parametrize("quarter", [1, 3, 4])
def test_a_rent_is_fixed_until_its_lease_ends_then_moves_with_capacity(quarter: int) -> None:
    state = {"capacity": np.array([[15.0, 0.0]])}
    now = moment_of(tenant(quarters=3.0), quarter=quarter, state=state)
    factor = 1.0 if quarter <= 3 else 15.0 / 10.0
    found = rents(now.chain, now.state, quarter)
    assert found[0].tolist() == pytest.approx([1.5 * factor, 0.25, 0.5])
    by_line = rents_by_line(now.chain, now.state, quarter)
    assert by_line[0].tolist() == pytest.approx([1.5 * factor + 0.25, 0.5])


def test_the_dead_pay_no_rent() -> None:
    now = moment_of(tenant(), state={"alive": np.array([[False, True]])})
    assert rents(now.chain, now.state, 1)[0].tolist() == [0.0, 0.0, 0.5]


def test_rents_follow_plant_as_it_wears_after_they_end() -> None:
    world = tenant(quarters=2.0)
    worn = Plant(gross=24.0, net=12.5, depreciation=1.0, target_utilisation=0.8)
    lines = (replace(world.lines[0], plant=worn), world.lines[1])
    found = ran(replace(world, lines=lines), 6)
    capacity = found.of_state("capacity")[:, 0]
    assert (np.diff(capacity) < 0.0).all()
    size = np.where(np.arange(1, 7) <= 2, 1.0, capacity[:-1] / 10.0)
    lease = found.of_record("paid")[1:, found.chain.links.of("lease")]
    np.testing.assert_allclose(lease[:, 0], 1.5 * size, rtol=1e-12)
    np.testing.assert_allclose(lease[:, 1], 0.25, rtol=1e-12)
    assert np.diff(found.of_state("cash")[:, 0]).tolist() == pytest.approx(
        (8.0 - 1.5 * size - 0.25).tolist()
    )


# --- supplier's credit --------------------------------------------------------------------------


@pytest.mark.parametrize("quarters", [1, 2, 5])
@pytest.mark.parametrize("growth", [0.0, 0.1, -0.1])
def test_what_is_bought_on_credit_is_paid_quarters_later(quarters: int, growth: float) -> None:
    terms = {"credit_share": 0.6, "credit_quarters": float(quarters)}
    found = ran(customer(growth=growth, **terms), 8)
    bought = 4.0 * np.exp(growth * np.arange(9))
    earlier = np.array([4.0] * quarters + bought.tolist())[:9]
    np.testing.assert_allclose(series(found, "input", "bought"), bought, rtol=1e-12)
    np.testing.assert_allclose(
        series(found, "input")[1:], (0.4 * bought + 0.6 * earlier)[1:], rtol=1e-12
    )
    np.testing.assert_allclose(found.of_record("revenue")[:, 1], 1.0 + bought, rtol=1e-12)
    standing = [0.6 * np.array([4.0] * 9 + bought.tolist())[9 + t + 1 - quarters : 9 + t + 1].sum()
                for t in range(9)]  # fmt: skip
    np.testing.assert_allclose(found.of_state("payables").sum(axis=(1, 2)), standing, rtol=1e-12)


def test_credit_of_one_contract_leaves_others_of_the_pair_as_they_are() -> None:
    """Of 4 a quarter, 1 is paid two quarters later and 3 at once."""
    world = customer()
    plain = replace(world.contracts[-1], amount=3.0)
    terms = {"essential": 0.0, "credit_share": 1.0, "credit_quarters": 2.0}
    lent = replace(plain, amount=1.0, terms=terms)
    found = ran(replace(world, contracts=(*world.contracts[:-1], plain, lent)), 4, demand={1: 1.5})
    assert series(found, "input", "bought").tolist() == pytest.approx([4.0, *[6.0] * 4])
    assert series(found, "input").tolist() == pytest.approx([4.0, 5.5, 5.5, 6.0, 6.0])
    assert found.of_state("payables").sum(axis=(1, 2)).tolist() == pytest.approx(
        [2.0, 2.5, 3.0, 3.0, 3.0]
    )


def test_plant_can_be_bought_on_credit() -> None:
    rows = [
        (K.SALE, "users", "hall", 8.0),
        (K.SALE, "users", "chips", 2.0),
        (K.CAPEX, "hall", "chips", 1.0, {"credit_share": 0.5, "credit_quarters": 2.0}),
    ]
    plant = Plant(gross=24.0, net=12.5, depreciation=1.0)
    world = hand_made(
        rows,
        lines={"hall": "owner", "chips": "maker"},
        terms_of_lines={"hall": {"plant": plant}},
        firms=[Firm("owner", 99.0)],
    )
    chain = compile_chain(world)
    drivers = neutral(chain, 5)
    plan = drivers.capex_plan.copy()
    plan[2] = 2.0
    found = simulate(chain, replace(drivers, capex_plan=plan), parameters=STILL)
    bought = found.of_record("capex")[:, 0]
    assert bought[2] == pytest.approx(2.0 * bought[1])
    due = 0.5 * bought[1:] + 0.5 * np.array([1.0, *bought])[:5]
    np.testing.assert_allclose(series(found, "capex")[1:], due, rtol=1e-12)
    np.testing.assert_allclose(found.of_record("revenue")[:, 1], 2.0 + bought, rtol=1e-12)


@pytest.mark.parametrize(
    ("alive", "change", "later"),
    [
        ((True, True), -0.6 * 5.0 + 1.0, (2.0, 3.0)),
        ((False, True), -0.6 * 5.0, (0.0, 0.0)),
        ((True, False), -0.6 * 5.0, (0.0, 0.0)),
    ],
)
def test_what_is_payable_ends_with_either_side(
    alive: tuple[bool, bool], change: float, later: tuple[float, float]
) -> None:
    terms = {"credit_share": 0.6, "credit_quarters": 2.0}
    state = {"payables": np.array([[[1.0], [2.0]]]), "alive": np.array([alive])}
    now = moment_of(customer(**terms), state=state)
    found, payables = due_after_credit(now, np.array([[5.0]]))
    assert found[0].tolist() == pytest.approx([change])
    assert payables[0, :, 0].tolist() == pytest.approx(list(later))


@pytest.mark.parametrize("firm", [0, 1])
def test_nothing_is_payable_after_a_death(firm: int) -> None:
    terms = {"credit_share": 0.6, "credit_quarters": 2.0}
    found = ran(customer(**terms), 5, removed=(2, firm))
    assert series(found, "input")[3:].sum() == 0.0
    assert found.of_state("payables")[3:].sum() == 0.0
    assert found.money_residual <= 1e-12


# --- buyers of last resort ----------------------------------------------------------------------


def backed(committed: float = 99.0, **terms: float) -> World:
    """Return a cloud of capacity 10 and target 8 that sells 8, and its buyer of last resort."""
    rows = [(K.SALE, "users", "compute", 8.0), (K.SALE, "users", "chips", 5.0)]
    world = hand_made(
        rows,
        lines={"compute": "cloud", "chips": "maker"},
        terms_of_lines={"compute": {"plant": LASTING}},
        firms=[Firm("cloud", 1.0), Firm("maker", 50.0)],
    )
    deal = Contract(K.BUY_BACK, "maker", "compute", 0.0, terms, committed=committed)
    return replace(world, contracts=(*world.contracts, deal))


def test_what_nobody_buys_is_bought_back_up_to_the_target_and_the_cap() -> None:
    found = ran(backed(5.0), 6, demand={1: 0.75})
    bought = [0.0, 0.0, 2.0, 2.0, 1.0, 0.0, 0.0]
    assert series(found, "buy_back").tolist() == pytest.approx(bought)
    assert found.of_state("backed_volume")[:, 0].tolist() == pytest.approx(bought)
    assert found.of_state("bought_back")[:, 0].tolist() == pytest.approx(np.cumsum(bought).tolist())
    assert found.of_state("volume")[1:, 0].tolist() == pytest.approx(
        [6.0 + one for one in bought[1:]]
    )
    assert found.of_record("revenue")[1:, 0].tolist() == pytest.approx(
        [6.0 + one for one in bought[1:]]
    )
    maker = np.diff(found.of_state("cash")[:, 1])
    assert maker.tolist() == pytest.approx([5.0 * 0.75 - one for one in bought[1:]])


def test_a_buy_back_ends_after_its_last_quarter() -> None:
    found = ran(backed(quarters=3.0), 5, demand={1: 0.5})
    assert series(found, "buy_back").tolist() == pytest.approx([0.0, 0.0, 4.0, 4.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("volume", "own", "price", "cap", "expected"),
    [
        (6.0, 0.0, 1.0, 99.0, 2.0),
        (8.0, 2.0, 1.0, 99.0, 2.0),  # what it took itself nobody else bought
        (8.0, 0.0, 1.0, 99.0, 0.0),
        (9.5, 0.0, 1.0, 99.0, 0.0),
        (0.0, 0.0, 1.0, 99.0, 8.0),
        (6.0, 0.0, 0.5, 0.8, 1.6),  # a cap in money goes farther when prices are low
    ],
)
def test_unsold_capacity_is_what_use_leaves_of_the_target(
    volume: float, own: float, price: float, cap: float, expected: float
) -> None:
    state = {"volume": np.array([[volume, 5.0]]), "backed_volume": np.array([[own]])}
    now = moment_of(backed(cap), state=state)
    assert backed_volumes(now, np.array([[price, 1.0]]))[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("alive", [(True, False), (False, True)])
def test_the_dead_neither_buy_back_nor_are_bought_from(alive: tuple[bool, bool]) -> None:
    state = {"volume": np.array([[6.0, 5.0]]), "alive": np.array([alive])}
    now = moment_of(backed(), state=state)
    assert backed_volumes(now, np.ones((1, 2)))[0, 0] == 0.0


def test_two_buyers_of_last_resort_share_what_is_unsold() -> None:
    world = backed()
    again = replace(world.contracts[-1], committed=0.25)
    state = {"volume": np.array([[6.0, 5.0]])}
    now = moment_of(replace(world, contracts=(*world.contracts, again)), state=state)
    assert backed_volumes(now, np.ones((1, 2)))[0].tolist() == pytest.approx([1.0, 0.25])


# --- what is promised ahead ---------------------------------------------------------------------


def promised(lead: int = 3, **terms: float) -> World:
    """Return a cloud with plant that sells 4 to each of two labs, one of them committed."""
    rows = [
        (K.SALE, "users", "chat", 10.0),
        (K.SALE, "users", "agent", 10.0),
        (K.INPUT, "agent", "compute", 4.0),
    ]
    plant = replace(LASTING, lead_quarters=lead, capital_intensity=5.0)
    world = hand_made(
        rows,
        lines={"chat": "lab", "agent": "start_up", "compute": "cloud"},
        terms_of_lines={"compute": {"plant": plant}},
    )
    usual = {"commit_quarters": 4.0, "commit_growth": 1.0}
    deal = Contract(K.INPUT, "chat", "compute", 4.0, {**usual, **terms}, committed=60.0)
    return replace(world, contracts=(*world.contracts, deal))


@pytest.mark.parametrize(("lead", "ahead"), [(1, 8.0), (2, 16.0), (3, 32.0), (4, 0.0)])
def test_sellers_look_ahead_by_their_lead(lead: int, ahead: float) -> None:
    now = moment_of(promised(lead))
    under, wanted = committed_ahead(now)
    if ahead == 0.0:
        assert under.sum() == wanted.sum() == 0.0, "the commitment has ended by then"
        return
    assert under[0].tolist() == pytest.approx([0.0, 0.0, 4.0])
    assert wanted[0].tolist() == pytest.approx([0.0, 0.0, ahead])


def test_promises_are_in_volume_at_the_price_charged() -> None:
    now = moment_of(promised(), state={"charged": np.array([[1.0, 1.0, 0.5]])})
    under, wanted = committed_ahead(now)
    assert (under[0, 2], wanted[0, 2]) == pytest.approx((8.0, 64.0))


@pytest.mark.parametrize(
    ("terms", "options", "ahead"),
    [
        ({"take_or_pay": 0.5}, {}, 16.0),
        ({}, {"parameters": {"commitments_enforced": 0.25}}, 8.0),
        ({}, {"drivers": {"commitments_enforced": np.full(13, 0.75)}}, 24.0),
        ({"letter": 1.0}, {"drivers": {"letters_paid": np.ones(13)}}, 0.0),
        ({}, {"state": {"alive": np.array([[False, True, True]])}}, 0.0),
        ({}, {"state": {"bought": np.full((1, 4, 1), 40.0)}}, 32.0),
    ],
)
def test_only_what_can_be_collected_counts_as_promised(
    terms: dict[str, float], options: dict[str, Any], ahead: float
) -> None:
    now = moment_of(promised(**terms), **options)
    assert committed_ahead(now)[1][0, 2] == pytest.approx(ahead)


def test_a_minimum_is_a_floor_and_no_ceiling() -> None:
    """Of the 40 that are bought 4 are the minimum; the other 36 grow as the rest does."""
    now = moment_of(promised(), state={"bought": np.full((1, 4, 1), 40.0)})
    under, wanted = committed_ahead(now)
    assert (under[0, 2], wanted[0, 2]) == pytest.approx((4.0, 32.0))


def planned(now: Moment) -> float:
    return float(next_capex(now, np.ones((1, 3)), wear(now)).plan[0, 2])


def test_owners_build_for_what_is_promised() -> None:
    """The other buyer's 4 are expected to stay; 32 are promised in the quarter orders serve."""
    parameters = {"plan_momentum": 0.0, "order_speed": 1.0, "performance_growth": 0.0}
    state = {"plan": np.array([[0.0, 0.0, 500.0]])}
    now = moment_of(promised(), state=state, parameters={**parameters, "plan_cut": 1.0})
    wanted = (4.0 + 32.0) / 0.8
    assert planned(now) == pytest.approx(5.0 * (wanted - 10.0))
    free = moment_of(promised(letter=1.0), state=state, parameters={**parameters, "plan_cut": 1.0})
    assert planned(free) == pytest.approx(0.0, abs=1e-12)
