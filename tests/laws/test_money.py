"""Money in every economy a generator can invent: booked once, never negative, nobody's twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from math import fsum

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cardhouse.analysis.books import CUSTOMER_KINDS
from cardhouse.engine.arrays import SECURED, TRADE
from cardhouse.engine.chain import FLOW_KINDS, KIND, compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.engine.state import State
from cardhouse.model.vocabulary import TERMS, ContractKind
from cardhouse.model.world import World
from strategies import Recipe, rich_recipes

QUARTERS = 12
Shock = Callable[[Drivers], Drivers]


def no_capital(drivers: Drivers) -> Drivers:
    return replace(drivers, pool_supply=drivers.pool_supply * 0.0)


def half_demand(drivers: Drivers) -> Drivers:
    level = drivers.demand_level.copy()
    level[2:] = 0.5
    return replace(drivers, demand_level=level)


def no_demand(drivers: Drivers) -> Drivers:
    return replace(drivers, demand_level=drivers.demand_level * 0.0)


def first_firm_gone(drivers: Drivers) -> Drivers:
    removed = drivers.removed.copy()
    removed[2, 0] = True
    return replace(drivers, removed=removed)


def everybody_gone(drivers: Drivers) -> Drivers:
    removed = drivers.removed.copy()
    removed[1] = True
    return replace(drivers, removed=removed)


def dear_inputs(drivers: Drivers) -> Drivers:
    return replace(drivers, price=drivers.price * 3.0, input_use=drivers.input_use + 0.02)


def boom(drivers: Drivers) -> Drivers:
    level = drivers.demand_level.copy()
    level[2:] = 4.0
    return replace(drivers, demand_level=level, capex_plan=drivers.capex_plan * 1.5)


SHOCKS: list[Shock] = [
    lambda drivers: drivers,
    no_capital,
    half_demand,
    no_demand,
    first_firm_gone,
    everybody_gone,
    dear_inputs,
    boom,
]
shocks = st.sampled_from(SHOCKS)


def run(world: World, shock: Shock | None = None, quarters: int = QUARTERS) -> Trajectory:
    chain = compile_chain(world)
    drivers = neutral(chain, quarters)
    return simulate(chain, drivers if shock is None else shock(drivers))


def gaps(run_: Trajectory, quarter: int) -> np.ndarray:
    """Return |change in cash - inflow + outflow| over turnover of each firm, summed exactly."""
    before, after = run_.states[quarter - 1].cash[0], run_.states[quarter].cash[0]
    flows = run_.records[quarter].flows[0]
    out = []
    for firm in range(len(before)):
        inflow, outflow = fsum(flows[:, :, firm].ravel()), fsum(flows[:, firm].ravel())
        gap = abs(after[firm] - before[firm] - inflow + outflow)
        out.append(gap / max(inflow + outflow + before[firm], 1e-300) if gap else 0.0)
    return np.array(out)


# --- one number for both sides ------------------------------------------------------------------


@given(rich_recipes(), shocks)
@settings(max_examples=60)
def test_cash_moves_by_what_is_paid_and_is_never_negative(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    for quarter in range(1, QUARTERS + 1):
        flows = found.records[quarter].flows[0]
        assert flows.min() >= 0.0
        assert np.trace(flows.sum(axis=0)) == 0.0
        assert found.states[quarter].cash.min() >= 0.0
        assert gaps(found, quarter).max() <= 1e-9
    assert found.money_residual <= 1e-9


@given(rich_recipes(), shocks)
def test_what_is_billed_is_what_buyers_pay_until_somebody_fails(
    recipe: Recipe, shock: Shock
) -> None:
    found = run(recipe.world(), shock)
    chain, links = found.chain, found.chain.links
    for record in found.records:
        if (record.paid_share < 1.0 - 1e-12).any():
            return
        # What is leased is paid by the lessor; what is bought on credit is paid later.
        now = np.ones(links.count)
        now[links.of("leased")] = now[links.of("leased_outside")] = 0.0
        for group in ("capex", "capex_outside"):
            now[links.of(group)] = chain.leased.share.max(initial=0.0) == 0.0
        now[chain.credit.link] = 0.0
        now *= links.kinds(*CUSTOMER_KINDS, "cost")
        tight = {"rtol": 1e-10, "atol": 1e-12 * recipe.scale}
        np.testing.assert_allclose(record.paid[0] * now, record.bought[0] * now, **tight)


@given(rich_recipes(), shocks)
def test_plant_is_paid_by_its_buyer_or_by_a_lessor(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    chain, links = found.chain, found.chain.links
    outside = links.of("capex_outside")
    for record in found.records[1:]:
        if (record.paid_share < 1.0 - 1e-12).any():
            return
        paid = record.paid[0].copy()
        np.add.at(paid, chain.leased.capex, paid[chain.leased.link])
        np.testing.assert_allclose(
            paid[outside], record.bought[0][outside], rtol=1e-10, atol=1e-12 * recipe.scale
        )
        assert record.leased.sum() == pytest.approx(record.paid[0, chain.leased.link].sum())


@given(rich_recipes(), shocks)
def test_what_was_bought_on_credit_is_paid_when_it_falls_due(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    chain, credit = found.chain, found.chain.credit
    for number, link in enumerate(credit.link.tolist()):
        share, wait = credit.share[number], int(credit.quarters[number])
        bought = [record.bought[0, link] for record in found.records]
        for quarter, record in enumerate(found.records[1:], start=1):
            if (record.paid_share < 1.0 - 1e-12).any() or record.failed.any():
                return
            if chain.leased.share.any() and link in chain.leased.capex:
                continue
            due = (1.0 - share) * bought[quarter] + share * bought[max(quarter - wait, 0)]
            assert record.paid[0, link] == pytest.approx(due, rel=1e-9, abs=1e-12 * recipe.scale)


@given(rich_recipes(), shocks)
def test_results_are_numbers(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    for kept in (*found.states, *found.records):
        for one in fields(kept):
            if one.name != "links":
                assert np.isfinite(getattr(kept, one.name)).all(), one.name


@given(rich_recipes(), shocks)
@settings(max_examples=60)
def test_nobody_is_paid_after_its_default(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    for before, record in zip(found.states[:-1], found.records[1:], strict=True):
        dead = np.flatnonzero(~before.alive[0])
        assert record.flows[0][:, :, dead].sum() == 0.0
        assert record.flows[0][:, dead].sum() == 0.0
        assert record.by_line[0][:, np.isin(found.chain.firm_of_line, dead)].sum() == 0.0


@given(rich_recipes(), shocks)
def test_the_dead_stay_dead_and_hold_nothing(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    for before, after in zip(found.states[:-1], found.states[1:], strict=True):
        assert not (after.alive & ~before.alive).any()
        dead = ~after.alive[0]
        of_line = dead[found.chain.firm_of_line]
        assert after.cash[0, dead].sum() == 0.0
        assert after.loans[0, dead[found.chain.loans.firm]].sum() == 0.0
        assert after.net_plant[0][:, of_line].sum() == 0.0
        assert after.volume[0, of_line].sum() == 0.0


def test_shocks_do_kill() -> None:
    recipe = Recipe(firms=6, seed=4, stationary=False, extras=True, growing=True)
    dead = [(~run(recipe.world(), shock).states[-1].alive).sum() for shock in SHOCKS]
    assert dead[0] < 6
    assert max(dead) == 6
    assert len(set(dead)) > 2


# --- row 0 is the accounts, and a still economy stands still ------------------------------------


@given(rich_recipes())
def test_row_0_is_the_accounts(recipe: Recipe) -> None:
    world = recipe.world()
    found = run(world, quarters=1)
    flows = found.records[0].flows[0]
    expected = np.zeros_like(flows)
    at = {name: number for number, name in enumerate(found.chain.node_ids)}
    for contract in world.contracts:
        payer, payee = at[world.purse_of(contract.payer)], at[world.purse_of(contract.payee)]
        if contract.kind is not ContractKind.CREDIT_LINE:
            expected[KIND[contract.kind.value], payer, payee] += contract.amount
    np.testing.assert_allclose(flows, expected, rtol=1e-12)
    assert found.states[0].cash[0].tolist() == [firm.cash for firm in world.firms]
    debt = fsum(debt.amount for debt in world.debts)
    assert found.states[0].loans.sum() == pytest.approx(debt, rel=1e-12)
    net = fsum(line.plant.net for line in world.lines if line.plant)
    assert found.states[0].net_plant.sum() == pytest.approx(net, rel=1e-12)


def assert_stands_still(found: Trajectory) -> None:
    first = found.records[0].flows
    for record in found.records[1:]:
        np.testing.assert_allclose(record.flows, first, rtol=1e-10, atol=1e-10 * first.max())
    start, end = found.states[0], found.states[-1]
    for name in ("cash", "capacity", "net_plant", "plant_worth", "volume", "price"):
        one, other = getattr(start, name), getattr(end, name)
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-10 * np.abs(one).max(initial=0))
    assert end.confidence == pytest.approx(1.0, abs=1e-10)
    assert end.stress.max(initial=0.0) == 0.0


@given(rich_recipes(stationary=True))
@settings(max_examples=60)
def test_an_economy_built_stationary_repeats_row_0(recipe: Recipe) -> None:
    assert_stands_still(run(recipe.world(), quarters=40))


@pytest.mark.parametrize("cycles", [False, True])
@pytest.mark.parametrize("plant", [False, True])
@pytest.mark.parametrize("debt", [False, True])
@pytest.mark.parametrize("extras", [False, True])
def test_every_part_stands_still(cycles: bool, plant: bool, debt: bool, extras: bool) -> None:
    recipe = Recipe(firms=7, seed=11, cycles=cycles, plant=plant, debt=debt, extras=extras)
    assert_stands_still(run(recipe.world(), quarters=40))


@pytest.mark.parametrize("life", [20.0, 22.5, 13.25])
def test_plant_of_any_life_stands_still(life: float) -> None:
    world = Recipe(firms=4, seed=3).world()
    counted = np.clip(life - np.arange(np.ceil(life)), 0.0, 1.0)
    left = 1.0 - np.arange(np.ceil(life)) / life
    share = left.sum() / counted.sum()
    lines = []
    for line in world.lines:
        if line.plant is None:
            lines.append(line)
            continue
        gross = line.plant.depreciation * life
        plant = replace(line.plant, gross=gross, net=gross * share, life_quarters=life)
        lines.append(replace(line, plant=plant))
    assert_stands_still(run(replace(world, lines=tuple(lines)), quarters=60))


# --- size, order, company -----------------------------------------------------------------------

NO_MONEY = {"alive", "confidence", "explosive", "stress", "price", "charged", "log_growth"}
NO_MONEY |= {"expected_growth", "program_index", "restructured"}


def assert_same(one: Trajectory, other: Trajectory, scale: float = 1.0) -> None:
    for mine, yours in zip(one.states, other.states, strict=True):
        for field in fields(State):
            if field.name == "loan_rate":  # of what is left of a loan by rounding it says nothing
                continue
            factor = 1.0 if field.name in NO_MONEY else scale
            a, b = getattr(mine, field.name), getattr(yours, field.name)
            np.testing.assert_allclose(
                a, b * factor, rtol=1e-9, atol=1e-9 * factor, err_msg=field.name
            )
    for mine, yours in zip(one.records, other.records, strict=True):
        flows, usual = yours.flows * scale, other.records[0].flows.max() * scale
        np.testing.assert_allclose(
            mine.flows, flows, rtol=1e-9, atol=1e-9 * max(flows.max(), 1e-6 * usual)
        )


@given(rich_recipes(), shocks, st.sampled_from([1e-6, 1e-3, 7.0, 1e9]))
def test_scaling_all_money_scales_money_results(
    recipe: Recipe, shock: Shock, factor: float
) -> None:
    small = run(replace(recipe, scale=1.0).world(), shock)
    large = run(replace(recipe, scale=factor).world(), shock)
    assert_same(large, small, factor)


def shuffled(world: World, seed: int) -> World:
    rng = np.random.default_rng(seed)

    def mixed(rows: tuple) -> tuple:
        return tuple(rows[place] for place in rng.permutation(len(rows)))

    tables = ("entities", "lines", "firms", "pools", "contracts", "debts", "rounds")
    return replace(world, **{name: mixed(getattr(world, name)) for name in tables})


def by_name(found: Trajectory, record: int) -> dict[tuple[str, str, str], float]:
    names, flows = found.chain.node_ids, found.records[record].flows[0]
    return {
        (kind, names[payer], names[payee]): float(flows[number, payer, payee])
        for number, kind in enumerate(FLOW_KINDS)
        for payer, payee in np.argwhere(flows[number])
    }


@given(rich_recipes(), st.integers(0, 99), st.sampled_from([0, 1, 2, 6, 7]))
def test_reordering_entities_changes_nothing(recipe: Recipe, seed: int, shock: int) -> None:
    world = recipe.world()
    one, other = run(world, SHOCKS[shock]), run(shuffled(world, seed), SHOCKS[shock])
    most = max(by_name(one, 0).values(), default=0.0)  # once all are dead, what moves is rounding
    for quarter in range(QUARTERS + 1):
        mine, yours = by_name(one, quarter), by_name(other, quarter)
        for key in mine.keys() | yours.keys():
            assert mine.get(key, 0.0) == pytest.approx(
                yours.get(key, 0.0), rel=1e-9, abs=1e-9 * most
            )


@given(rich_recipes(), shocks, st.integers(0, 2**16))
@example(
    Recipe(5, scale=1e-6, cycles=False, plant=False, free_use=False, extras=True),
    everybody_gone,
    0,
)
@settings(max_examples=25)
def test_a_paths_bits_are_its_own(recipe: Recipe, shock: Shock, seed: int) -> None:
    chain = compile_chain(recipe.world())
    drivers = shock(neutral(chain, 6))
    rng = np.random.default_rng(seed)
    ranges = {
        "price_speed": (0.1, 0.6), "switching": (1.0, 3.0), "order_speed": (0.15, 0.5),
        "essential_burn": (0.2, 0.6), "growth_hurdle": (0.0, 0.15), "recovery": (0.05, 0.6),
        "default_threshold": (0.9, 1.0), "default_costs": (0.0, 0.3), "overload": (1.0, 1.2),
        "supply_exponent": (0.5, 3.0), "payment_margin": (1.0, 1.2), "substitution": (0.3, 0.95),
    }  # fmt: skip
    drawn = {name: rng.uniform(low, high, 5).tolist() for name, (low, high) in ranges.items()}
    together = simulate(chain, drivers, parameters=drawn, paths=5)
    for path in range(5):
        own = {name: values[path] for name, values in drawn.items()}
        alone = simulate(chain, drivers, parameters=own)
        for state, single in zip(together.states, alone.states, strict=True):
            for one in fields(State):
                a, b = getattr(state, one.name)[path], getattr(single, one.name)[0]
                assert np.array_equal(a, b), one.name
        for record, single_record in zip(together.records, alone.records, strict=True):
            assert np.array_equal(record.paid[path], single_record.paid[0])


# --- who is paid first --------------------------------------------------------------------------


def shares_by_class(found: Trajectory, quarter: int, firm: int) -> dict[int, list[float]]:
    """Return the shares paid of what a failed firm owed, by class of creditor."""
    record, links = found.records[quarter], found.chain.links
    owed, paid = record.claims[0], record.paid[0]
    mine = (links.payer == firm) & (links.seniority >= 0)
    out: dict[int, list[float]] = {}
    for link in np.flatnonzero(mine & (owed > 1e-9 * owed[mine].max(initial=0.0))):
        out.setdefault(int(links.seniority[link]), []).append(float(paid[link] / owed[link]))
    return out


@given(rich_recipes(stationary=False), st.sampled_from(SHOCKS[1:]))
@settings(max_examples=60)
def test_classes_of_creditors_are_paid_in_order(recipe: Recipe, shock: Shock) -> None:
    found = run(recipe.world(), shock)
    for quarter, firm in np.argwhere(found.of_record("failed")):
        shares = shares_by_class(found, int(quarter), int(firm))
        secured = shares.pop(SECURED, [])
        for rank, paid in shares.items():
            assert max(paid) - min(paid) <= 1e-9, "pro rata within a class"
            if min(paid) < 1.0 - 1e-9:
                junior = [share for lower, all_ in shares.items() if lower > rank for share in all_]
                assert max(junior, default=0.0) <= 1e-9, "nothing before those above are paid"
        if secured and TRADE in shares:
            assert min(secured) >= min(shares[TRADE]) - 1e-9
        if min((share for all_ in shares.values() for share in all_), default=1.0) < 1.0 - 1e-9:
            owed = max(found.records[quarter].owed[0, firm], 1e-300)
            paid_out = found.chain.links.paid(found.records[quarter].paid, "payout")[0, firm]
            assert paid_out <= 1e-9 * owed


# --- more cash, cheaper chips -------------------------------------------------------------------

FROZEN = {
    "price_speed": 0.0, "price_pull": 0.0, "program_speed": 0.0, "program_floor": 1.0,
    "stress_memory": 1.0,
}  # fmt: skip
"""Prices and programs keep still, and stress stays at zero."""


@given(rich_recipes(stationary=False), st.integers(0, 7), st.floats(0.01, 3.0))
@settings(max_examples=60)
def test_more_cash_never_brings_a_firms_own_default_earlier(
    recipe: Recipe, firm: int, more: float
) -> None:
    world = replace(recipe, plant=False, extras=False).world()
    assume(firm < recipe.firms)
    world = replace(world, rounds=())
    richer = list(world.firms)
    cash = richer[firm].cash + more * recipe.scale
    richer[firm] = replace(richer[firm], cash=cash, runway_target_quarters=4.0, cash_per_capex=1.0)
    poorer = [replace(one, runway_target_quarters=4.0, cash_per_capex=1.0) for one in world.firms]

    def quarter_of_default(firms: list) -> float:
        chain = compile_chain(replace(world, firms=tuple(firms)))
        found = simulate(chain, no_capital(neutral(chain, QUARTERS)), parameters=FROZEN)
        quarter = int(found.default_quarters()[firm])
        return np.inf if quarter < 0 else quarter

    assert quarter_of_default(richer) >= quarter_of_default(poorer)


@given(rich_recipes(stationary=True))
def test_cheaper_plant_lowers_depreciation_of_new_vintages_only(recipe: Recipe) -> None:
    chain = compile_chain(replace(recipe, firms=6, plant=True, idle=0).world())
    drivers = neutral(chain, 8)
    only_replacement = {"plan_momentum": 0.0, "order_speed": 0.0, "growth_learning": 0.0}
    frozen = {**FROZEN, **only_replacement}
    usual = simulate(chain, drivers, parameters=frozen)
    sellers = chain.plants.from_line.sum(axis=0) > 0
    cheap = drivers.price.copy()
    cheap[1:, sellers] = 0.5
    moved = simulate(chain, replace(drivers, price=cheap), parameters=frozen)
    one, other = usual.of_record("depreciation"), moved.of_record("depreciation")
    np.testing.assert_allclose(one[:2], other[:2], rtol=1e-12)
    for quarter in range(9):
        states = usual.states[quarter], moved.states[quarter]
        living = states[1].alive[0, chain.firm_of_line]
        old, new = (state.vintages[0][:, quarter:, living] for state in states)
        np.testing.assert_array_equal(old, new)
    assert (other <= one * (1.0 + 1e-12)).all()
    assert not chain.plants.owned.any() or (other[4:] < one[4:])[:, chain.plants.owned].any()


# --- sizes --------------------------------------------------------------------------------------


def test_one_firm_alone() -> None:
    recipe = Recipe(firms=1, cycles=False, plant=False, debt=False, free_use=False)
    assert_stands_still(run(recipe.world(), quarters=40))


def test_two_hundred_firms() -> None:
    found = run(Recipe(firms=200, seed=1, stationary=False, extras=True, growing=True).world())
    assert found.money_residual <= 1e-9
    assert 0 < found.states[-1].alive.sum() < 200


def test_a_world_of_idle_firms() -> None:
    world = Recipe(firms=1, idle=3).world()
    idle = replace(world, contracts=(), debts=(), rounds=())
    found = run(idle)
    assert found.of_record("flows")[1:].sum() == 0.0
    assert found.states[-1].alive.all()


def test_firms_without_cash_that_break_even_live_on() -> None:
    world = Recipe(firms=4, seed=2, debt=False).world()
    broke = replace(world, firms=tuple(replace(firm, cash=0.0) for firm in world.firms))
    found = run(broke)
    assert found.states[-1].alive.all()


@pytest.mark.parametrize("shock", SHOCKS)
def test_demand_of_zero_in_row_0(shock: Shock) -> None:
    world = Recipe(firms=3, seed=5).world()
    contracts = tuple(
        replace(one, amount=0.0) if one.kind is ContractKind.SALE else one
        for one in world.contracts
    )
    found = run(replace(world, contracts=contracts), shock)
    assert found.money_residual <= 1e-9


# --- the generator keeps up ---------------------------------------------------------------------


def test_every_kind_of_contract_and_every_term_has_a_generator() -> None:
    rich = [
        Recipe(firms=6, seed=seed, stationary=False, extras=True, growing=True) for seed in range(3)
    ]
    contracts = [contract for recipe in rich for contract in recipe.world().contracts]
    assert {contract.kind for contract in contracts} == set(ContractKind)
    used = {(contract.kind, name) for contract in contracts for name in contract.terms}
    assert used == {(term.kind, term.name) for term in TERMS}


def test_every_kind_of_flow_happens(recwarn: pytest.WarningsRecorder) -> None:
    seen = np.zeros(len(FLOW_KINDS), dtype=bool)
    for seed in range(6):
        recipe = Recipe(firms=6, seed=seed, stationary=False, extras=True, growing=True)
        for shock in (no_capital, first_firm_gone):
            seen |= run(recipe.world(), shock).of_record("flows").any(axis=(0, 2, 3))
    assert [kind for kind, found in zip(FLOW_KINDS, seen, strict=True) if not found] == []
    assert not recwarn.list
