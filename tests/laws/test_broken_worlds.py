"""A shelf of broken worlds: each ends in one clear sentence, never in a traceback or a NaN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.simulate import simulate
from cardhouse.engine.world_checks import REQUIRED_ACCOUNTS
from cardhouse.errors import CardhouseError, EconomyError, InputError, ScenarioError
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.vocabulary import EntityKind as E
from cardhouse.model.world import Contract, Debt, Entity, Line, PlantPart, Round, World
from strategies import Recipe, rich_recipes

NAN, INF = float("nan"), float("inf")
SOUND = Recipe(firms=3, seed=1, stationary=False, extras=True).world()


def row(world: World, table: str, number: int, **changes: Any) -> World:
    """Return the world with one row of a table changed."""
    rows = list(getattr(world, table))
    rows[number] = replace(rows[number], **changes)
    return replace(world, **{table: tuple(rows)})


def more(world: World, table: str, *rows: Any) -> World:
    return replace(world, **{table: (*getattr(world, table), *rows)})


def without(world: World, name: str) -> World:
    return replace(world, entities=tuple(one for one in world.entities if one.id != name))


def plant(world: World, **changes: Any) -> World:
    number = next(at for at, line in enumerate(world.lines) if line.plant)
    return row(world, "lines", number, plant=replace(world.lines[number].plant, **changes))


def at(world: World, kind: K) -> int:
    return next(at for at, one in enumerate(world.contracts) if one.kind is kind)


def contract(world: World, kind: K, **changes: Any) -> World:
    return row(world, "contracts", at(world, kind), **changes)


def loop(share: float, growth: float = 0.0) -> World:
    """Return a world in which two lines of one volume buy `share` of it from each other."""
    world = Recipe(firms=2, seed=0, plant=False, cycles=False, free_use=False).world()
    gone = (K.INPUT, K.PROGRAM)
    kept = [one for one in world.contracts if one.kind not in gone]
    final = 1.0 - share
    sales = [replace(one, amount=final) if one.kind is K.SALE else one for one in kept]
    terms = {"intensity_growth": growth}
    both = [Contract(K.INPUT, f"line{i}", f"line{1 - i}", share, terms) for i in range(2)]
    return replace(world, contracts=(*sales, *both))


SHELF: dict[str, tuple[Callable[[World], World], str]] = {
    "doubled entity": (lambda w: more(w, "entities", w.entities[2]), "'firm0' is defined 2 times"),
    "unknown parent": (
        lambda w: row(w, "entities", 3, parent="frm0"),
        "'line0' has parent 'frm0', which is not an entity. Did you mean 'firm0'",
    ),
    "own parent": (
        lambda w: more(w, "entities", Entity("a", "A", E.DIVISION, "t", "", "b"),
                       Entity("b", "B", E.DIVISION, "t", "", "a")),
        "'a' is its own parent by way of a -> b -> a",
    ),
    "orphaned line": (
        lambda w: row(w, "entities", 3, parent=""), "line 'line0' belongs to no firm",
    ),
    "line of a pool": (
        lambda w: row(w, "entities", 3, parent="venture"), "parents end at pool 'venture'",
    ),
    "line left out": (lambda w: replace(w, lines=w.lines[1:]), "lines .* differ in line0"),
    "firm listed twice": (lambda w: more(w, "firms", w.firms[0]), "firms .* differ in firm0"),
    "no line at all": (
        lambda _: World("empty", "2025Q2", "2026-01-01", (), (), (), (), ()), "there is no line",
    ),
    "no tax account": (lambda w: without(w, "tax"), "no outside account is labelled 'tax'"),
    "unknown payer": (
        lambda w: contract(w, K.SALE, payer="payrs"),
        "'payrs' is not an entity. Did you mean 'payers'",
    ),
    "sale by a firm": (
        lambda w: contract(w, K.SALE, payee="firm0"),
        "the payee 'firm0' is a firm, expected a line",
    ),
    "cost to a line": (lambda w: contract(w, K.COST, payee="line1"), "expected a outside"),
    "negative amount": (
        lambda w: contract(w, K.SALE, amount=-1.0),
        "payers -> line0: amount is -1.0, expected 0 to",
    ),
    "amount that is no number": (lambda w: contract(w, K.COST, amount=NAN), "amount is nan"),
    "amount in dollars": (lambda w: contract(w, K.COST, amount=1e18), "amount is 1e.18"),
    "unknown term": (
        lambda w: contract(w, K.SALE, terms={"elastcity": 1.0}), "Did you mean 'elasticity'",
    ),
    "term out of range": (
        lambda w: contract(w, K.SALE, terms={"elasticity": 9.0}),
        "'elasticity' is 9.0, expected 0.0",
    ),
    "term that is no number": (
        lambda w: contract(w, K.SALE, terms={"growth": NAN}), "'growth' is nan",
    ),
    "paid free use": (
        lambda w: contract(w, K.SALE, terms={"pays": 0.0}), "is paid for use with pays = 0",
    ),
    "selling to oneself": (
        lambda w: more(w, "contracts", Contract(K.INPUT, "line0", "side0", 1.0)),
        "payer and payee share the purse 'firm0'",
    ),
    "revenue given away": (
        lambda w: contract(w, K.REVENUE_SHARE, amount=50.0), "'side0' owes .* of its revenue",
    ),
    "plant bought without plant": (
        lambda w: more(w, "contracts", Contract(K.CAPEX, "bare", "energy", 1.0)),
        "line 'bare' buys plant but has none",
    ),
    "net above gross": (lambda w: plant(w, net=1e6), "net 1000000.0 exceeds gross"),
    "no lead time": (lambda w: plant(w, lead_quarters=0), "lead_quarters is 0, expected 1 to 40"),
    "no utilisation": (lambda w: plant(w, target_utilisation=0.0), "target_utilisation is 0.0"),
    "capacity for nothing": (lambda w: plant(w, capital_intensity=0.0), "capital_intensity is 0"),
    "plant that never lives": (lambda w: plant(w, life_quarters=NAN), "life_quarters is nan"),
    "net that is no number": (lambda w: plant(w, net=NAN), "net is nan"),
    "volume too small to count": (
        lambda w: contract(w, K.SALE, amount=0.0, terms={"pays": 0.0, "volume": 1e-30}),
        "'volume' is 1e-30 USD bn, expected 0 or at least",
    ),
    "volume too large": (
        lambda w: contract(w, K.SALE, amount=0.0, terms={"pays": 0.0, "volume": 1e30}),
        "'volume' is 1e.30, expected at most",
    ),
    "wild guidance": (lambda w: plant(w, guidance=(0.1, INF)), "guidance is"),
    "cash that is no number": (lambda w: row(w, "firms", 0, cash=NAN), "firm 'firm0': cash is nan"),
    "negative cash": (lambda w: row(w, "firms", 1, cash=-1.0), "firm 'firm1': cash is -1.0"),
    "unknown investor": (
        lambda w: row(w, "firms", 0, access=("ventur",)),
        "access to 'ventur', which is neither .* Did you mean 'venture'",
    ),
    "own investor": (lambda w: row(w, "firms", 0, access=("firm0",)), "access to 'firm0'"),
    "pool of neither kind": (
        lambda w: row(w, "pools", 0, instrument="gift"), "pool 'venture' has instrument 'gift'",
    ),
    "seniority 4": (lambda w: row(w, "pools", 1, seniority=4), "seniority is 4, expected 1 to 3"),
    "debt of nobody": (
        lambda w: more(w, "debts", Debt("firmx", "lender", 1.0, 0.0, 9.0)), "'firmx' is no firm",
    ),
    "debt to a firm": (
        lambda w: more(w, "debts", Debt("firm0", "firm1", 1.0, 0.0, 9.0)), "'firm1' is no pool",
    ),
    "debt due at once": (lambda w: row(w, "debts", 0, maturity_quarters=0.5), "is 0.5, expected 1"),
    "round for nobody": (
        lambda w: more(w, "rounds", Round("r", "venture", "fir0", 1.0, 1)),
        "round 'r' goes to 'fir0', which is no firm. Did you mean 'firm0'",
    ),
    "round from a segment": (
        lambda w: more(w, "rounds", Round("r", "payers", "firm0", 1.0, 1)),
        "round 'r' comes from 'payers'",
    ),
    "certain twice over": (lambda w: row(w, "rounds", 0, probability=2.0), "probability is 2.0"),
    "resolution nobody knows": (
        lambda w: row(w, "firms", 0, on_default="liquidat"),
        "on_default 'liquidat', expected one of liquidate, restructure. Did you mean 'liquidate'",
    ),
    "own rescuer": (
        lambda w: row(w, "firms", 0, rescuers=("firm0",)), "rescuer 'firm0' is not another firm",
    ),
    "rank 7 of a debt": (
        lambda w: row(w, "debts", 0, seniority=7), "seniority is 7, expected 1 .secured.",
    ),
    "collateral of another": (
        lambda w: row(w, "debts", 0, collateral="line1"), "'line1' is not a line of the firm",
    ),
    "earmark at home": (
        lambda w: row(w, "rounds", 0, earmark="line0"), "'line0' is not a line of another firm",
    ),
    "guarantee for nobody": (
        lambda w: contract(w, K.GUARANTEE, party=""), "party '' is not a firm beside the two",
    ),
    "a third party to a sale": (
        lambda w: contract(w, K.SALE, party="firm1"), "only a guarantee has a third party",
    ),
    "credit line from venture": (
        lambda w: contract(w, K.CREDIT_LINE, payer="venture"), "'venture' is not a pool that lends",
    ),
    "drawn on the line itself": (
        lambda w: contract(w, K.CREDIT_LINE, amount=1.0), "amount is 1.0, expected 0",
    ),
    "leased and on credit": (
        lambda w: contract(w, K.CAPEX, terms={"leased": 0.5, "credit_share": 0.5}),
        "both leased and bought on credit",
    ),
    "tax to two accounts": (
        lambda w: more(w, "contracts", Contract(K.TAX, "firm1", "tax", 1.0),
                       Contract(K.TAX, "firm1", "energy", 1.0)),
        "firm 'firm1' pays tax to 'tax' and to 'energy'",
    ),
    "parts that are no whole": (
        lambda w: plant(w, parts=(PlantPart("hall", 0.4, 80.0, 6),)), "parts add up to 0.4",
    ),
    "a part without a life": (
        lambda w: plant(w, parts=(PlantPart("hall", 1.0, 0.0, 6),)),
        "part 'hall': life_quarters is 0.0, expected 1 to 400",
    ),
    "unknown parameter": (
        lambda w: replace(w, parameters={"switchin": 1.0}),
        "'switchin' is not known. Did you mean 'switching'",
    ),
    "parameter that is no number": (
        lambda w: replace(w, parameters={"price_step": NAN}), "'price_step' is nan",
    ),
    "share above one": (
        lambda w: replace(w, parameters={"recovery": 1.5}), "'recovery' is 1.5, expected .* to 1",
    ),
    "a loop that needs all it makes": (lambda _: loop(1.0), "spectral radius .* expected below 1"),
    "a loop that grows": (lambda _: loop(0.5, 0.2), r"from quarter t\+4 the lines need more"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHELF)
def test_a_broken_world_says_what_is_wrong(name: str) -> None:
    breaks, words = SHELF[name]
    world = breaks(more(more(SOUND, "entities", Entity("bare", "Bare", E.LINE, "t", "m", "firm1")),
                        "lines", Line("bare", "api")))  # fmt: skip
    with pytest.raises(EconomyError, match=words):
        simulate(compile_chain(world), neutral(compile_chain(world), 8))


def test_the_unbroken_world_runs() -> None:
    chain = compile_chain(SOUND)
    assert simulate(chain, neutral(chain, 8)).money_residual <= 1e-9


def test_a_rate_next_to_nothing_gives_way_to_the_interest_paid() -> None:
    at = next(n for n, one in enumerate(SOUND.debts) if one.amount > 0.0)
    debt = SOUND.debts[at]
    interest = [c for c in SOUND.contracts_of(K.INTEREST) if c.payer == debt.firm]
    paid = sum(c.amount for c in interest if c.payee == debt.pool)
    loans = compile_chain(row(SOUND, "debts", at, rate=5e-324)).loans
    assert loans.rate[at] * debt.amount == pytest.approx(paid)


# --- one number or name wrong, anywhere ---------------------------------------------------------

TABLES = ("lines", "firms", "pools", "contracts", "debts", "rounds")
ODD = (NAN, INF, -INF, -1.0, 0.0, 0.5, 1e3, 1e300, -1e-300, 5e-324)


def numbers_of(one: Any) -> list[str]:
    return [
        field.name
        for field in fields(one)
        if isinstance(getattr(one, field.name), float | int)
        and not isinstance(getattr(one, field.name), bool)
    ]


@st.composite
def broken(draw: st.DrawFn) -> World:
    """Return a world in which one number of one row is odd."""
    world = draw(rich_recipes(most=4)).world()
    table = draw(st.sampled_from([name for name in TABLES if getattr(world, name)]))
    number = draw(st.integers(0, len(getattr(world, table)) - 1))
    one, odd = getattr(world, table)[number], draw(st.sampled_from(ODD))
    if table == "lines" and one.plant is not None and draw(st.booleans()):
        name = draw(st.sampled_from(numbers_of(one.plant)))
        value = int(odd) if name == "lead_quarters" and np.isfinite(odd) else odd
        return row(world, table, number, plant=replace(one.plant, **{name: value}))
    if table == "contracts" and one.terms and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(one.terms)))
        return row(world, table, number, terms={**one.terms, name: odd})
    return row(world, table, number, **{draw(st.sampled_from(numbers_of(one))): odd})


@given(broken())
@settings(max_examples=300)
def test_any_odd_number_ends_in_an_error_or_in_numbers(world: World) -> None:
    try:
        chain = compile_chain(world)
        found = simulate(chain, neutral(chain, 4))
    except CardhouseError:
        return
    for kept in (*found.states, *found.records):
        for one in fields(kept):
            if one.name != "links":
                assert np.isfinite(getattr(kept, one.name)).all(), one.name
    assert found.money_residual <= 1e-9


def is_named(world: World, name: str) -> bool:
    """Tell whether anything but its own row names an entity."""
    ends = {end for one in world.contracts for end in (one.payer, one.payee)}
    kind = world.entity(name).kind
    return name in ends or kind in (E.LINE, E.FIRM, E.POOL) or name in REQUIRED_ACCOUNTS


@given(rich_recipes(most=3), st.data())
@settings(max_examples=100)
def test_any_wrong_name_is_an_error(recipe: Recipe, data: st.DataObject) -> None:
    world = replace(recipe, extras=True, stationary=False).world()
    table, names = data.draw(
        st.sampled_from(
            [
                ("entities", ("id",)),
                ("lines", ("id",)),
                ("firms", ("id",)),
                ("pools", ("id",)),
                ("contracts", ("payer", "payee")),
                ("rounds", ("investor", "firm")),
            ]
        )
    )
    number = data.draw(st.integers(0, len(getattr(world, table)) - 1))
    name = data.draw(st.sampled_from(names))
    assume(table != "entities" or is_named(world, world.entities[number].id))
    with pytest.raises(EconomyError):
        compile_chain(row(world, table, number, **{name: "nobody"}))


# --- drivers and parameters ---------------------------------------------------------------------


def driven(**changes: Callable[[np.ndarray], Any]) -> None:
    chain = compile_chain(SOUND)
    drivers = neutral(chain, 3)
    moved = {name: change(getattr(drivers, name)) for name, change in changes.items()}
    simulate(chain, replace(drivers, **moved))


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("price", lambda x: x * 0.0, "driver 'price' is 0.0, expected"),
        ("price", lambda x: x * NAN, "driver 'price' is nan"),
        ("demand_level", lambda x: x[:, :1], "driver 'demand_level' has shape"),
        ("pool_supply", lambda x: x - 2.0, "driver 'pool_supply' is -1.0, expected 0 to"),
        ("interest_shift", lambda x: x[:, None], "driver 'interest_shift' has shape"),
        ("recovery", lambda x: np.full_like(x, 2.0), "driver 'recovery' is 2.0, expected 0 to 1"),
        ("plant_life", np.zeros_like, "driver 'plant_life' is 0.0, expected 1"),
        ("letters_paid", lambda x: np.full_like(x, INF), "driver 'letters_paid' is inf"),
    ],
)
def test_wrong_drivers_say_what_is_wrong(
    name: str, change: Callable[[np.ndarray], Any], words: str
) -> None:
    with pytest.raises(ScenarioError, match=words):
        driven(**{name: change})


def test_every_driver_has_a_domain_that_holds_its_neutral_value() -> None:
    chain = compile_chain(SOUND)
    assert simulate(chain, neutral(chain, 0)).quarters == 0
    assert {one.name for one in fields(Drivers)} >= {"price", "window", "removed"}


def test_parameters_for_another_number_of_paths() -> None:
    chain = compile_chain(SOUND)
    with pytest.raises(
        InputError, match="'recovery' has 3 values, expected 1 or one for each of 2"
    ):
        simulate(chain, neutral(chain, 1), parameters={"recovery": [0.1, 0.2, 0.3]}, paths=2)
