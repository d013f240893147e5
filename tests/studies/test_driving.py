"""Every lever: neutral changes nothing, a move pushes its figure the way the theory says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np
import pytest

from cardhouse.engine.chain import KIND, Chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.errors import ScenarioError
from cardhouse.model.scenario import Event, Lever, Scenario, Shock
from cardhouse.model.world import World
from cardhouse.studies.driving import ATTRIBUTES, AXIS_OF, check_reach, drivers_of, reaches
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.levers import load_levers, parse_selector

QUARTERS = 6
LEVERS = list(load_levers().values())
FAILURE = Event("default", "firm0", 2)
Measure = Callable[[Trajectory], float]


def scenario(events: tuple[Event, ...] = (), shocks: tuple[Shock, ...] = (), **levers: float):  # type: ignore[no-untyped-def]
    return Scenario("moved", "Moved", "A lever.", "A test.", levers, shocks, events)


def same(one: Drivers, other: Drivers) -> bool:
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Drivers))
    return all(np.array_equal(a, b, equal_nan=a.dtype != bool) for a, b in pairs)


def first_row(drivers: Drivers) -> Drivers:
    return Drivers(**{one.name: getattr(drivers, one.name)[:1] for one in fields(Drivers)})


# --- what is measured ------------------------------------------------------------------------


def from_node(name: str, *kinds: str) -> Measure:
    def measure(run: Trajectory) -> float:
        node = run.chain.node_ids.index(name)
        flows = run.of_record("flows")[1:]
        return float(sum(flows[:, KIND[kind], node].sum() for kind in kinds))

    return measure


def given_by(name: str) -> Measure:
    return from_node(name, "equity", "debt_drawn")


def all_of(kind: str) -> Measure:
    return lambda run: float(run.of_record("flows")[1:, KIND[kind]].sum())


def first_inputs(run: Trajectory) -> float:
    """Return inputs bought in the first quarter, before prices and demand answer."""
    return float(run.of_record("flows")[1, KIND["input"]].sum())


def charged(product: str) -> Measure:
    def measure(run: Trajectory) -> float:
        lines = [line.product == product for line in run.chain.world.lines]
        return float(run.of_state("charged")[1, lines].mean())

    return measure


def depreciation(run: Trajectory) -> float:
    return float(run.of_record("depreciation")[1:].sum())


def capacity_ordered(run: Trajectory) -> float:
    owned = run.chain.plants.owned
    return float(run.of_state("pipeline")[1:, :, owned].sum() / run.of_record("capex")[1:].sum())


def demand(run: Trajectory) -> float:
    return float(run.of_state("paid_final")[1:].sum())


def raised_by_losers(run: Trajectory) -> float:
    loses = run.of_state("profit")[:-1] < 0
    nodes = run.chain.pool_nodes
    flows = run.of_record("flows")[1:][:, [KIND["equity"], KIND["debt_drawn"]]]
    given = flows[:, :, nodes, : loses.shape[1]].sum(axis=(1, 2))
    return float((given * loses).sum())


def sold_by_survivors(run: Trajectory) -> float:
    return float(run.of_record("revenue")[FAILURE.at + 1, 1:].sum())


@dataclass(frozen=True)
class Move:
    """A lever's move, what it should push, and which way."""

    value: float
    measure: Measure
    sign: int
    events: tuple[Event, ...] = ()


MOVES: dict[str, Move] = {
    "venture_supply": Move(0.1, given_by("venture"), -1),
    "public_equity_supply": Move(0.0, given_by("shares"), -1),
    "bond_supply": Move(0.1, given_by("lender"), -1),
    "private_credit_supply": Move(0.0, given_by("lenders"), -1),
    "strategic_supply": Move(0.0, given_by("partners"), -1),
    "parent_supply": Move(0.5, from_node("other_business", "other_business"), -1),
    "vendor_finance": Move(0.0, given_by("firm3"), -1),
    "cloud_finance": Move(0.0, given_by("firm0"), -1),
    "new_names_open": Move(0.0, raised_by_losers, -1),
    "interest_shift": Move(5.0, all_of("interest"), 1),
    "demand_level": Move(0.5, demand, -1),
    "demand_growth": Move(0.0, demand, -1),
    "demand_ceiling": Move(1.0, demand, -1),
    "ai_demand_growth": Move(0.0, demand, -1),
    "model_demand": Move(0.5, demand, -1),
    "compute_demand": Move(0.5, demand, -1),
    "willingness": Move(2.0, demand, 1),
    "user_price": Move(2.0, charged("subscription"), 1),
    "api_price": Move(0.5, charged("api"), -1),
    "compute_price": Move(2.0, charged("compute"), 1),
    "accelerator_price": Move(0.5, charged("accelerator"), -1),
    "margin_stance": Move(-1.0, charged("api"), -1),
    "user_margin_stance": Move(1.0, charged("app"), 1),
    "api_margin_stance": Move(-1.0, charged("api"), -1),
    "compute_margin_stance": Move(-1.0, charged("compute"), -1),
    "token_efficiency": Move(1.0, first_inputs, -1),
    "usage_per_user": Move(0.3, first_inputs, 1),
    "accelerator_life": Move(8.0, depreciation, 1),
    "performance_growth": Move(5.0, capacity_ordered, 1),
    "capex_plan": Move(0.5, all_of("capex"), -1),
    "owner_capex_plan": Move(0.5, all_of("capex"), -1),
    "training_budget": Move(0.5, all_of("program"), -1),
    "letters_paid": Move(1.0, given_by("partners"), 1),
    "commitments_enforced": Move(0.0, all_of("shortfall"), -1),
    "substitution": Move(0.0, sold_by_survivors, -1, (FAILURE,)),
    "recovery": Move(1.0, all_of("liquidation"), 1, (FAILURE,)),
    "default_costs": Move(0.3, all_of("default_costs"), 1, (FAILURE,)),
}


@pytest.fixture(scope="module")
def simulated(chain: Chain) -> Callable[..., Trajectory]:
    @cache
    def run(lever: str = "", value: float = 1.0, events: tuple[Event, ...] = ()) -> Trajectory:
        moved = scenario(events, **({lever: value} if lever else {}))
        return simulate(chain, drivers_of(chain, moved, QUARTERS))

    return run


class TestEveryLever:
    def test_is_tried(self) -> None:
        assert sorted(MOVES) == sorted(load_levers())

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_finds_something_to_move(self, chain: Chain, lever: Lever) -> None:
        assert reaches(chain, lever)

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_neutral_changes_no_driver(self, chain: Chain, lever: Lever) -> None:
        still = drivers_of(chain, scenario(**{lever.id: lever.default}), QUARTERS)
        assert same(still, neutral(chain, QUARTERS))

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_leaves_the_base_quarter_alone(self, chain: Chain, lever: Lever) -> None:
        moved = drivers_of(chain, scenario(**{lever.id: MOVES[lever.id].value}), QUARTERS)
        still = neutral(chain, QUARTERS)
        assert not same(moved, still)
        first = [
            (getattr(moved, one.name)[0], getattr(still, one.name)[0]) for one in fields(moved)
        ]
        assert all(np.array_equal(a, b, equal_nan=a.dtype != bool) for a, b in first)

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_pushes_the_way_it_should(
        self, simulated: Callable[..., Trajectory], lever: Lever
    ) -> None:
        move = MOVES[lever.id]
        before = move.measure(simulated(events=move.events))
        after = move.measure(simulated(lever.id, move.value, move.events))
        assert abs(before) > 0
        assert (after - before) * move.sign > 0

    @pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: lever.id)
    def test_selects_by_what_its_axis_has(self, lever: Lever) -> None:
        attribute, _ = parse_selector(lever)
        assert attribute in ("", *ATTRIBUTES.get(AXIS_OF.get(lever.channel, ""), ()))


def products(chain: Chain) -> np.ndarray:
    return np.array([line.product for line in chain.world.lines])


class TestUnits:
    def test_a_doubling_of_efficiency_in_a_year_halves_inputs_after_four_quarters(
        self, chain: Chain
    ) -> None:
        gain = drivers_of(chain, scenario(token_efficiency=1.0), QUARTERS).use_as_input
        compute = products(chain) == "compute"
        assert np.exp(gain[:5, compute].sum(axis=0)) == pytest.approx(0.5, rel=1e-12)
        np.testing.assert_array_equal(gain[:, ~compute], 0.0)

    def test_usage_moves_what_sellers_to_users_buy(self, chain: Chain) -> None:
        use = drivers_of(chain, scenario(usage_per_user=0.5), QUARTERS).input_use
        sellers = np.isin(products(chain), ["subscription", "app"])
        assert np.exp(use[:5, sellers].sum(axis=0)) == pytest.approx(1.5, rel=1e-12)
        np.testing.assert_array_equal(use[:, ~sellers], 0.0)

    def test_usage_undoes_efficiency_where_a_subscription_buys_compute(self, chain: Chain) -> None:
        moved = scenario(token_efficiency=0.5, usage_per_user=0.5)
        drivers = drivers_of(chain, moved, QUARTERS)
        buyer = int(np.flatnonzero(products(chain) == "subscription")[0])
        seller = int(np.flatnonzero(products(chain) == "compute")[0])
        both = drivers.input_use[:, buyer] + drivers.use_as_input[:, seller]
        np.testing.assert_allclose(both, 0.0, atol=1e-15)

    def test_a_price_is_charged_in_full_the_same_quarter(
        self, simulated: Callable[..., Trajectory]
    ) -> None:
        usual, doubled = (charged("subscription")(run) for run in (
            simulated(), simulated("user_price", 2.0)
        ))  # fmt: skip
        assert doubled == pytest.approx(2.0 * usual, rel=1e-12)

    def test_only_the_selected_move(self, chain: Chain) -> None:
        drivers = drivers_of(chain, scenario(venture_supply=0.25), QUARTERS)
        moved = {
            pool.id
            for pool, supply in zip(chain.world.pools, drivers.pool_supply.T, strict=True)
            if (supply != 1.0).any()
        }
        assert moved == {"venture"}

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_narrow_level_stands_over_a_wide_one_where_it_moves(
        self, chain: Chain, order: int
    ) -> None:
        shocks = (Shock("margin_stance", 1.0, 1), Shock("api_margin_stance", -0.5, 2, 3))[::order]
        stance = drivers_of(chain, scenario(shocks=shocks), 4).margin_stance
        api = np.array([line.product == "api" for line in chain.world.lines])
        assert stance[:, ~api].min(axis=1).tolist() == [0.0, 1.0, 1.0, 1.0, 1.0]
        expected = [0.0, 1.0, -0.5, -0.5, 1.0] if order == 1 else [0.0, 1.0, 1.0, 1.0, 1.0]
        assert stance[:, api].min(axis=1).tolist() == expected

    def test_demand_by_product_moves_what_is_sold_of_it(self, chain: Chain) -> None:
        level = drivers_of(chain, scenario(compute_demand=0.5), QUARTERS).demand_level
        products = [chain.world.lines[line].product for line in chain.sales.line]
        moved = (level[1:] != 1.0).all(axis=0)
        assert moved.tolist() == [product == "compute" for product in products]

    def test_plans_by_owner_move_the_lines_of_parents_alone(self, chain: Chain) -> None:
        plan = drivers_of(chain, scenario(owner_capex_plan=0.5), QUARTERS).capex_plan
        owner = [chain.firm_ids[firm] for firm in chain.firm_of_line]
        assert (plan[1] != 1.0).tolist() == [firm == "firm0" for firm in owner]

    def test_shocks_have_their_quarters(self, chain: Chain) -> None:
        shock = Shock("capex_plan", 0.5, 2, 3)
        drivers = drivers_of(chain, scenario(shocks=(shock,)), 4)
        assert drivers.capex_plan[:, 0].tolist() == [1.0, 1.0, 0.5, 0.5, 1.0]


class TestEvents:
    def test_a_default_removes_the_firm_in_its_quarter(self, chain: Chain) -> None:
        drivers = drivers_of(chain, scenario((FAILURE,)), QUARTERS)
        assert np.argwhere(drivers.removed).tolist() == [[FAILURE.at, 0]]

    def test_the_firm_fails_then(self, simulated: Callable[..., Trajectory]) -> None:
        failed = simulated(events=(FAILURE,)).of_record("failed")[:, 0]
        assert np.flatnonzero(failed).tolist() == [FAILURE.at]

    def test_a_line_has_no_purse(self, chain: Chain) -> None:
        with pytest.raises(ScenarioError, match="Name the firm that owns it, 'firm2'"):
            drivers_of(chain, scenario((Event("default", "line2", 1),)), QUARTERS)

    def test_a_segment_cannot_fail(self, chain: Chain) -> None:
        with pytest.raises(ScenarioError, match="which is a segment; only a firm"):
            drivers_of(chain, scenario((Event("default", "payers", 1),)), QUARTERS)

    def test_an_unknown_name_is_mended(self, chain: Chain) -> None:
        with pytest.raises(ScenarioError, match="Did you mean 'firm0'"):
            drivers_of(chain, scenario((Event("default", "frim0", 1),)), QUARTERS)


class TestReach:
    def test_a_lever_without_a_target_is_refused(self, invented: Callable[..., World]) -> None:
        from cardhouse.engine.chain import compile_chain

        bare = compile_chain(replace(invented(firms=2), economy="bare"))
        with pytest.raises(ScenarioError, match=r"'vendor_finance' moves nothing .* label vendor"):
            check_reach(bare, ["bond_supply", "vendor_finance"])

    def test_all_of_a_full_world_is_within_reach(self, chain: Chain) -> None:
        check_reach(chain, load_levers())


def test_the_baseline_is_neutral(chain: Chain) -> None:
    assert same(drivers_of(chain, BASELINE, QUARTERS), neutral(chain, QUARTERS))


def test_neutral_levers_repeat_the_baseline_bit_by_bit(
    chain: Chain, simulated: Callable[..., Trajectory]
) -> None:
    still = scenario(**{lever.id: lever.default for lever in LEVERS})
    run, usual = simulate(chain, drivers_of(chain, still, QUARTERS)), simulated()
    for name in ("cash", "price", "volume", "loans", "capacity"):
        np.testing.assert_array_equal(run.of_state(name), usual.of_state(name))
    np.testing.assert_array_equal(run.of_record("flows"), usual.of_record("flows"))
