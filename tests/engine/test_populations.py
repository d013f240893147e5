"""Populations: members add up to the firm they replace, and each is drawn by its own id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import fields, replace
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardhouse.accounts import definition, open_world
from cardhouse.engine import populations
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.populations import (
    AMOUNTS,
    EXTENSIVE,
    around,
    check_populations,
    expand,
    split,
    standard_draws,
)
from cardhouse.engine.world_checks import check_world
from cardhouse.errors import EconomyError
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import (
    Contract,
    Debt,
    Entity,
    Firm,
    Line,
    Plant,
    Population,
    Round,
    Stake,
    World,
)
from strategies import Recipe, rich_recipes

INF, NAN = float("inf"), float("nan")
EVEN = {"size_spread": 0.0, "margin_sd": 0.0, "runway_spread": 0.0, "growth_sd": 0.0}


# --- worlds with a population -------------------------------------------------------------------


def _line_rows(line: str, rng: np.random.Generator, scale: float) -> list[Contract]:
    """Return what a line of wrappers sells and buys: everything that a population may."""
    rows = [
        (K.SALE, "payers", line, {"growth": 0.15, "conversion": 0.04, "people_mn": 3.0}),
        (K.INPUT, line, "line0", {"intensity_growth": 0.01}),
        (K.COST, line, "labour", {"fixed": 1.0}),
        (K.COST, line, "energy", {}),
        (K.REVENUE_SHARE, line, "firm0", {"cap": 4.0 * scale}),
    ]
    amounts = rng.uniform(0.1, 1.0, len(rows)) * scale
    amounts[0] += scale
    free = {"pays": 0.0, "volume": 0.3 * scale}
    return [
        *(Contract(kind, payer, payee, x, terms, sd=0.1 * x)
          for (kind, payer, payee, terms), x in zip(rows, amounts.tolist(), strict=True)),
        Contract(K.SALE, "guests", line, 0.0, free),
    ]  # fmt: skip


def _firm_rows(rng: np.random.Generator, scale: float) -> list[Contract]:
    ends = [
        (K.PROGRAM, "apps", "line0"),
        (K.PROGRAM, "apps", "labour"),
        (K.TAX, "apps", "tax"),
        (K.PAYOUT, "apps", "shareholders"),
        (K.INTEREST, "apps", "lender"),
        (K.EQUITY, "venture", "apps"),
        (K.EQUITY, "firm0", "apps"),
        (K.OTHER_BUSINESS, "other_business", "apps"),
        (K.OTHER_CASH, "apps", "other_business"),
    ]
    amounts = (rng.uniform(0.01, 0.2, len(ends)) * scale).tolist()
    return [Contract(*end, amount) for end, amount in zip(ends, amounts, strict=True)]


def with_apps(recipe: Recipe, population: Population, lines: int = 1) -> World:
    """Return an invented economy with a firm `apps` that stands for many."""
    world = recipe.world()
    rng, scale = np.random.default_rng(recipe.seed), recipe.scale
    names = [f"app{number}" for number in range(lines)]
    rows = [row for name in names for row in _line_rows(name, rng, scale)]
    drawn = (rng.uniform(size=len(AMOUNTS)) * scale).tolist()
    positions = dict(zip(AMOUNTS, drawn, strict=True))
    firm = Firm("apps", cash=5.0 * scale, access=("venture", "firm0"), venture_funded=True,
                runway_target_quarters=6.0, **positions)  # fmt: skip
    entities = [Entity("apps", "Apps", E.FIRM, "tier0")]
    entities += [Entity(name, "App", E.LINE, "tier0", "market_of_apps", "apps") for name in names]
    return replace(
        world,
        entities=(*entities[:1], *world.entities, *entities[1:]),
        lines=(*world.lines, *(Line(name, "app", opening_growth=0.15) for name in names)),
        firms=(firm, *world.firms),
        contracts=(*_firm_rows(rng, scale), *world.contracts, *rows),
        rounds=(*world.rounds, Round("seed", "venture", "apps", 0.2 * scale, 2)),
        populations=(population,),
    )


def apps(count: int = 12, **changes: float) -> Population:
    return Population("apps", count, **changes)


@st.composite
def populated(draw: st.DrawFn) -> World:
    spreads = {
        name: draw(st.floats(0.0, most))
        for name, most in (
            ("size_spread", 2.0), ("margin_sd", 1.0), ("runway_spread", 1.5), ("growth_sd", 1.5),
        )
    }  # fmt: skip
    population = Population("apps", draw(st.integers(2, 40)), **spreads)
    return with_apps(draw(rich_recipes(most=3)), population, draw(st.integers(0, 2)))


WORLD = with_apps(Recipe(firms=3, seed=5, stationary=False, extras=True), apps(), lines=2)


def head(world: World, name: str) -> str:
    """Return the entity that a member stands for, itself if it is none."""
    firm = name if name in world.members else world.entity(name).parent
    return name.rpartition("_")[0] if firm in world.members else name


Sums = dict[tuple[str, ...], list[float]]


def sums_of(world: World) -> Sums:
    """Return amounts, sds and shared terms by kind, payer and payee, members taken together."""
    found: Sums = defaultdict(list)
    for one in world.contracts:
        key = one.kind.value, head(world, one.payer), head(world, one.payee)
        found[(*key, "amount")].append(one.amount)
        found[(*key, "sd")].append(one.sd)
        for name, value in one.terms.items():
            if (one.kind, name) in EXTENSIVE:
                found[(*key, name)].append(value)
    return found


# --- laws ---------------------------------------------------------------------------------------


@given(populated())
def test_contracts_of_members_add_up_to_the_population_s(world: World) -> None:
    whole, parts = sums_of(world), sums_of(expand(world))
    assert whole.keys() == parts.keys()
    for key, amounts in whole.items():
        assert fsum(parts[key]) == pytest.approx(fsum(amounts), rel=1e-12, abs=0.0), key


@given(populated())
def test_positions_and_rounds_add_up(world: World) -> None:
    expanded = expand(world)
    whole = world.firms[0]
    members = [firm for firm in expanded.firms if firm.id in expanded.members]
    assert len(members) == world.populations[0].count
    for name in ("cash", *AMOUNTS):
        parts = [getattr(firm, name) for firm in members]
        assert min(parts) >= 0.0
        assert fsum(parts) == pytest.approx(getattr(whole, name), rel=1e-12, abs=0.0), name
    raised = [item.amount for item in expanded.rounds if item.firm in expanded.members]
    assert fsum(raised) == pytest.approx(world.rounds[-1].amount, rel=1e-12)


@given(populated())
def test_the_size_weighted_growth_is_the_population_s_and_stays_in_range(world: World) -> None:
    expanded = expand(world)
    for line in world.lines:
        if world.entity(line.id).parent != "apps":
            continue
        sales = [
            one for one in expanded.contracts_of(K.SALE)
            if one.payer == "payers" and head(expanded, one.payee) == line.id
        ]  # fmt: skip
        rates = {one.payee: one.terms["growth"] for one in sales}
        amount = fsum(one.amount for one in sales)
        mean = fsum(one.amount * rates[one.payee] for one in sales) / amount
        assert mean == pytest.approx(0.15, abs=1e-12)
        assert all(-1.0 <= rate <= 3.0 for rate in rates.values())
        lines = {one.id: one.opening_growth for one in expanded.lines}
        mean = fsum(one.amount * lines[one.payee] for one in sales) / amount
        assert mean == pytest.approx(0.15, abs=1e-12)
        assert all(-0.99 <= lines[name] <= 10.0 for name in rates)


@given(populated())
def test_an_expanded_world_is_sound_and_nobody_else_changes(world: World) -> None:
    expanded = expand(world)
    check_world(expanded)
    own = {"apps", *(one.id for one in world.entities if one.parent == "apps")}
    for table in ("entities", "lines", "firms"):
        kept = [one for one in getattr(expanded, table) if head(expanded, one.id) == one.id]
        assert kept == [one for one in getattr(world, table) if one.id not in own]
    kept = [one for one in expanded.contracts if {one.payer, one.payee} <= set(world.by_id)]
    assert kept == [one for one in world.contracts if not own & {one.payer, one.payee}]
    untouched = {field.name for field in fields(World)} - {
        "entities", "lines", "firms", "contracts", "rounds", "members",
    }  # fmt: skip
    assert all(getattr(expanded, name) == getattr(world, name) for name in untouched)


@given(populated(), st.randoms(use_true_random=False))
def test_the_order_of_contracts_changes_no_number(world: World, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(world.contracts)
    random.shuffle(shuffled)
    plain, other = expand(world), expand(replace(world, contracts=tuple(shuffled)))
    assert Counter(map(repr, other.contracts)) == Counter(map(repr, plain.contracts))
    assert replace(other, contracts=()) == replace(plain, contracts=())


@given(populated())
def test_expanding_is_repeatable_and_done_once(world: World) -> None:
    once = expand(world)
    assert expand(world) == once
    assert expand(once) is once


def test_a_world_without_populations_is_itself() -> None:
    world = Recipe().world()
    assert expand(world) is world


# --- draws --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fewer", "more"), [(10, 11), (9, 10), (99, 100), (2, 5000)])
def test_one_member_more_changes_no_other_s_draw(fewer: int, more: int) -> None:
    for stream in ("size", "margin", "runway", "growth"):
        few, many = (standard_draws("apps", count, stream) for count in (fewer, more))
        assert np.array_equal(few, many[:fewer])


def test_each_population_and_stream_has_draws_of_its_own() -> None:
    names = [("apps", "size"), ("apps", "margin"), ("shops", "size"), ("shops", "growth")]
    drawn = np.array([standard_draws(who, 4000, stream) for who, stream in names])
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.06
    assert np.abs(drawn.mean(axis=1)).max() < 0.06
    assert drawn.std(axis=1) == pytest.approx(np.ones(4), abs=0.04)


def test_a_draw_is_the_same_on_every_day() -> None:
    """SHA-256 of apps, 1 and size begins with 0x182c1129: .0944 of the way, 1.314 sd below."""
    found = standard_draws("apps", 2, "size")
    assert found == pytest.approx([-1.3140041156542277, -1.3811996904624644], rel=1e-9)


def test_members_differ_by_the_stated_spreads() -> None:
    spreads = {"size_spread": 1.2, "margin_sd": 0.5, "runway_spread": 0.3, "growth_sd": 0.05}
    expanded = expand(with_apps(Recipe(seed=2), apps(3000, **spreads)))
    flow: dict[K, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for one in expanded.contracts:
        who = expanded.purse_of(one.payee if one.kind is K.SALE else one.payer)
        if who in expanded.members:
            flow[one.kind][who] += one.amount
    members = [firm for firm in expanded.firms if firm.id in expanded.members]

    def of(*kinds: K) -> np.ndarray:
        return np.array([sum(flow[kind][firm.id] for kind in kinds) for firm in members])

    sales, unit_cost = of(K.SALE), of(K.INPUT, K.COST)
    spent = of(K.INPUT, K.COST, K.PROGRAM, K.REVENUE_SHARE)
    cash = np.array([firm.cash for firm in members])
    assert np.log(sales).std() == pytest.approx(1.2, rel=0.05)
    assert np.log(unit_cost / sales).std() == pytest.approx(0.5, rel=0.05)
    assert np.log(cash / spent).std() == pytest.approx(0.3, rel=0.05)
    growth = [line.opening_growth for line in expanded.lines if line.id.startswith("app0_")]
    assert np.std(growth) == pytest.approx(0.05, rel=0.05)


# --- shape --------------------------------------------------------------------------------------


def test_members_stand_where_the_population_stood() -> None:
    expanded = expand(replace(WORLD, populations=(apps(3),)))
    names = [entity.id for entity in expanded.entities]
    assert names[:4] == ["apps_1", "apps_2", "apps_3", WORLD.entities[1].id]
    assert [entity.id for entity in expanded.entities if entity.parent == "apps_2"] == [
        "app0_2",
        "app1_2",
    ]
    assert expanded.entity("app1_2").market == "market_of_apps"
    assert [line.id for line in expanded.lines][-6:] == [
        f"app{line}_{number}" for line in range(2) for number in (1, 2, 3)
    ]
    assert [firm.id for firm in expanded.firms][:3] == ["apps_1", "apps_2", "apps_3"]
    assert [one.payer for one in expanded.contracts][:3] == ["apps_1", "apps_2", "apps_3"]
    assert expanded.members == dict.fromkeys(("apps_1", "apps_2", "apps_3"), "apps")
    assert [one.id for one in expanded.rounds][-3:] == ["seed_1", "seed_2", "seed_3"]


def test_ids_are_padded_to_the_width_of_the_count() -> None:
    expanded = expand(replace(WORLD, populations=(apps(120),)))
    assert [*expanded.members][:2] == ["apps_001", "apps_002"]
    assert expanded.entity("apps_120").name == "Apps 120"


def test_what_is_no_amount_is_the_same_for_each_member() -> None:
    expanded = expand(replace(WORLD, populations=(apps(3, **EVEN),)))
    for firm in expanded.firms[:3]:
        assert firm.access == ("venture", "firm0")
        assert firm.runway_target_quarters == 6.0
        assert firm.venture_funded
    (first, *_) = (one for one in expanded.contracts if one.payee == "app0_1")
    assert first.terms == {"growth": 0.15, "conversion": 0.04, "people_mn": pytest.approx(1.0)}


def test_even_members_are_the_population_cut_into_equal_parts() -> None:
    whole = compile_chain(WORLD)
    even = compile_chain(expand(replace(WORLD, populations=(apps(5, **EVEN),))))
    for name in ("app0", "app1"):
        line = whole.line_ids.index(name)
        parts = [even.line_ids.index(f"{name}_{number}") for number in range(1, 6)]
        assert even.volume[parts] == pytest.approx(whole.volume[line] / 5)
        bought = [even.intensity[part].sum() for part in parts]
        assert bought == pytest.approx([whole.intensity[line].sum()] * 5)
        owed = [even.revenue_share[part].sum() for part in parts]
        assert owed == pytest.approx([whole.revenue_share[line].sum()] * 5)


@given(populated())
def test_an_expanded_world_compiles_to_the_same_totals(world: World) -> None:
    whole, many = compile_chain(world), compile_chain(expand(world))
    assert many.flows.sum(axis=(1, 2)) == pytest.approx(whole.flows.sum(axis=(1, 2)), rel=1e-12)
    others = [name for name in whole.node_ids if name != "apps"]
    left = [whole.node_ids.index(name) for name in others]
    right = [many.node_ids.index(name) for name in others]
    for axis in (1, 2):
        paid = whole.flows.sum(axis=axis)[:, left]
        assert many.flows.sum(axis=axis)[:, right] == pytest.approx(paid, rel=1e-11, abs=1e-300)
    assert many.volume.sum() == pytest.approx(whole.volume.sum(), rel=1e-12)


def test_two_populations_are_expanded_side_by_side() -> None:
    """Money that one pays the other outside their lines is cut along both."""
    first = with_apps(Recipe(seed=3), apps(4))
    shops = [Entity("shops", "Shops", E.FIRM, "tier0")]
    passed = Contract(K.OTHER_BUSINESS, "shops", "apps", 2.0)
    both = replace(
        first,
        entities=(*first.entities, *shops),
        firms=(*first.firms, Firm("shops", 1.0)),
        contracts=(*first.contracts, passed),
        populations=(apps(4), Population("shops", 3)),
    )
    expanded = expand(both)
    check_world(expanded)
    assert Counter(expanded.members.values()) == {"apps": 4, "shops": 3}
    cut = [one for one in expanded.contracts if one.payer.startswith("shops_")]
    assert len(cut) == 12
    assert fsum(one.amount for one in cut) == pytest.approx(2.0, rel=1e-12)
    turned = expand(replace(both, populations=both.populations[::-1]))
    assert Counter(map(repr, turned.firms)) == Counter(map(repr, expanded.firms))


def test_the_widest_population_is_still_a_world() -> None:
    widest = Population("apps", 5000, 5.0, 5.0, 5.0, 5.0)
    expanded = expand(with_apps(Recipe(seed=1), widest))
    check_world(expanded)
    assert fsum(firm.cash for firm in expanded.firms if firm.id in expanded.members) == (
        pytest.approx(5.0, rel=1e-12)
    )


# --- small functions ----------------------------------------------------------------------------


def test_what_has_no_end_has_none_for_any_member() -> None:
    assert split(INF, np.array([0.5, 0.5])).tolist() == [INF, INF]
    assert split(0.0, np.array([0.5, 0.5])).tolist() == [0.0, 0.0]


@given(
    st.lists(st.floats(-20.0, 20.0), min_size=2, max_size=30),
    st.floats(-1.0, 3.0),
    st.integers(0, 2**16),
)
def test_values_around_a_mean_keep_it_within_bounds(
    deviations: list[float], mean: float, seed: int
) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(deviations)))
    found = around(mean, np.array(deviations), weights, -1.0, 3.0)
    assert found.min() >= -1.0
    assert found.max() <= 3.0
    assert float(weights @ found) == pytest.approx(mean, abs=1e-12)
    order = np.argsort(deviations)
    assert (np.diff(found[order]) >= 0.0).all(), "whoever is drawn faster is not slower"


def test_a_mean_that_is_no_growth_is_left_for_others_to_refuse() -> None:
    weights = np.array([0.5, 0.5])
    assert around(9.0, np.array([1.0, 2.0]), weights, -1.0, 3.0).tolist() == [9.0, 9.0]
    assert np.isnan(around(NAN, np.array([1.0, 2.0]), weights, -1.0, 3.0)).all()


# --- nothing is forgotten -----------------------------------------------------------------------


RATES = {
    "runway_target_quarters", "cash_per_capex", "other_growth", "other_beta", "payout_growth",
    "strategic_share", "strategic_of_revenue", "strategic_of_purchases",
}  # fmt: skip
WORDS = {"id", "access", "venture_funded", "on_default", "rescuers"}


def test_every_field_of_a_firm_is_shared_or_the_same_for_each_member() -> None:
    """A new field has to be placed: an amount is shared, a rate or a word is not."""
    assert {field.name for field in fields(Firm)} == {"cash", *AMOUNTS} | RATES | WORDS


def test_every_table_of_a_world_is_known_here() -> None:
    """A new table that names firms has to be expanded, or refused."""
    tables = {field.name for field in fields(World) if "tuple" in str(field.type)}
    assert tables == {
        "entities", "lines", "firms", "pools", "contracts", "debts", "rounds", "stakes",
        "populations", "moves",
    }  # fmt: skip


def test_every_kind_of_contract_is_split_or_refused() -> None:
    refused = {"capex", "lease", "buy_back", "guarantee", "credit_line"}
    taken = {kind.value for kind in (*populations.PAID, *populations.RECEIVED)}
    assert taken | refused == {kind.value for kind in K}
    assert not taken & refused


def test_amounts_among_the_terms_are_shared() -> None:
    shared = {(K.SALE, "volume"), (K.SALE, "people_mn"), (K.REVENUE_SHARE, "cap")}
    assert shared == EXTENSIVE


def test_tables_of_an_economy_allow_what_can_be_expanded() -> None:
    assert definition.MEMBERS == populations.COUNTS
    assert definition.WIDEST == populations.WIDEST
    names = {field.name for field in fields(Population)} - {"firm", "count"}
    assert set(definition.SPREADS) == names


# --- what cannot be a population ----------------------------------------------------------------


def more(world: World, table: str, *rows: object) -> World:
    return replace(world, **{table: (*getattr(world, table), *rows)})


def firm(world: World, name: str, **changes: object) -> World:
    firms = [replace(one, **changes) if one.id == name else one for one in world.firms]  # type: ignore[arg-type]
    return replace(world, firms=tuple(firms))


def told(**changes: object) -> Callable[[World], World]:
    population = replace(apps(), **changes)  # type: ignore[arg-type]
    return lambda world: replace(world, populations=(population,))


def contract(kind: K, payer: str, payee: str, **changes: object) -> Callable[[World], World]:
    row = Contract(kind, payer, payee, 1.0, **changes)  # type: ignore[arg-type]
    return lambda world: more(world, "contracts", row)


SHELF: dict[str, tuple[Callable[[World], World], str]] = {
    "unknown firm": (told(firm="aps"), "population 'aps' is no firm. Did you mean 'apps'"),
    "a line": (told(firm="app0"), "population 'app0' is no firm"),
    "told twice": (lambda w: more(w, "populations", apps()), "'apps' is told twice"),
    "one member": (told(count=1), "count is 1, expected a whole number from 2 to 5000"),
    "too many": (told(count=5001), "count is 5001"),
    "half a member": (told(count=2.5), "count is 2.5"),
    "a count that is no number": (told(count=NAN), "count is nan"),
    "negative spread": (told(size_spread=-0.1), "size_spread is -0.1, expected 0 to 5"),
    "endless spread": (told(runway_spread=INF), "runway_spread is inf"),
    "spread that is no number": (told(growth_sd=NAN), "growth_sd is nan"),
    "wide margins": (told(margin_sd=5.1), "margin_sd is 5.1"),
    "a division": (
        lambda w: more(w, "entities", Entity("unit", "Unit", E.DIVISION, "t", "", "apps")),
        "'apps' cannot be told as 12 firms: it has the division 'unit'. Give that to a firm",
    ),
    "plant": (
        lambda w: replace(w, lines=(*w.lines[:-1], replace(w.lines[-1], plant=Plant(1, 1, 0.1)))),
        "its line 'app1' has plant",
    ),
    "an id that is taken": (
        lambda w: more(w, "entities", Entity("app1_07", "Seven", E.SEGMENT, "users")),
        "'app1_07' already has the id of a member",
    ),
    "a debt": (
        lambda w: more(w, "debts", Debt("apps", "lender", 3.0, 0.02, 8.0)),
        "it owes 3 to 'lender'",
    ),
    "a stake in it": (
        lambda w: more(w, "stakes", Stake("firm1", "apps", 1.0)), "'firm1' holds a stake in it",
    ),
    "a stake of its own": (
        lambda w: more(w, "stakes", Stake("apps", "firm1", 1.0)), "it holds a stake in 'firm1'",
    ),
    "a customer among the firms": (
        contract(K.INPUT, "line0", "app0"), "the contract input line0 -> app0 is paid to it",
    ),
    "a program bought from it": (
        contract(K.PROGRAM, "firm1", "app0"), "program firm1 -> app0 is paid to it",
    ),
    "plant bought from it": (contract(K.CAPEX, "side0", "app1"), "capex side0 -> app1 is paid to"),
    "plant bought by it": (contract(K.CAPEX, "app1", "energy"), "app1 -> energy is paid by it"),
    "a share of revenue for it": (
        contract(K.REVENUE_SHARE, "line0", "apps"), "revenue_share line0 -> apps is paid to it",
    ),
    "strategic money from it": (contract(K.EQUITY, "apps", "firm1"), "equity apps -> firm1 is pai"),
    "a guarantee for it": (
        contract(K.GUARANTEE, "firm1", "lender", party="apps"), "firm1 -> lender is a promise abou",
    ),
    "a commitment": (
        contract(K.INPUT, "app0", "line1", committed=7.0), "app0 -> line1 binds it for 7",
    ),
    "an investor": (
        lambda w: firm(w, "firm1", access=("venture", "apps")), "'firm1' may ask it for money",
    ),
    "a rescuer": (lambda w: firm(w, "firm1", rescuers=("apps",)), "'firm1' may be rescued by it"),
    "a round from it": (
        lambda w: more(w, "rounds", Round("gift", "apps", "firm1", 1.0, 1)),
        "the round 'gift' comes from it",
    ),
    "a round spent at it": (
        lambda w: more(w, "rounds", Round("kind", "venture", "firm1", 1.0, 1, earmark="app0")),
        "the round 'kind' must be spent at its line 'app0'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHELF)
def test_what_cannot_be_a_population_is_told_in_one_sentence(name: str) -> None:
    breaks, words = SHELF[name]
    with pytest.raises(EconomyError, match=words) as caught:
        expand(breaks(WORLD))
    assert str(caught.value).startswith("invented: population ")
    assert "\n" not in str(caught.value)


def test_the_unbroken_population_is_fine() -> None:
    check_populations(WORLD)
    check_populations(expand(WORLD))


# --- the shipped economy ------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["2025Q2", "2026Q1"])
def test_the_shipped_population_expands(base: str) -> None:
    world = open_world("ai", base=base)
    expanded = expand(world)
    check_world(expanded)
    assert len(expanded.members) == world.populations[0].count
    whole, parts = sums_of(world), sums_of(expanded)
    for key, amounts in whole.items():
        assert fsum(parts[key]) == pytest.approx(fsum(amounts), rel=1e-12, abs=1e-300), key
