"""A population run as single firms and told as one row: sums, means, and its members' fate."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cardhouse.engine.collapse
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.collapse import WIDE, base_only, collapse, fates, folds_between
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.populations import expand
from cardhouse.engine.quarter import Record
from cardhouse.engine.runs import Run
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.engine.state import State
from cardhouse.model.vocabulary import ContractKind as K
from cardhouse.model.world import Firm, Pool, Population, World
from strategies import hand_made

QUARTERS = 8
EVEN = {"size_spread": 0.0, "margin_sd": 0.0, "runway_spread": 0.0, "growth_sd": 0.0}


def world(count: int = 6, **spreads: float) -> World:
    """Return apps that buy from a lab and burn cash, a lab, and a rival app of another firm."""
    rows = [
        (K.SALE, "users", "app", 6.0, {"growth": 0.05}),
        (K.SALE, "users", "rival", 2.0),
        (K.INPUT, "app", "api", 3.0),
        (K.COST, "app", "labour", 4.0),
        (K.COST, "rival", "labour", 1.5),
        (K.COST, "api", "labour", 2.5),
        (K.EQUITY, "fund", "apps", 0.5),
    ]
    made = hand_made(
        rows,
        lines={"app": "apps", "rival": "other", "api": "lab"},
        firms=[Firm("apps", 4.0, access=("fund",), venture_funded=True)],
        markets={"app": "apps", "rival": "apps"},
        pools=[Pool("fund", "equity")],
    )
    return replace(made, populations=(Population("apps", count, **{**EVEN, **spreads}),))


def played(one: World, drivers: Drivers | None = None) -> tuple[Trajectory, Run]:
    """Return the run member by member, and told as the world's own rows."""
    chain = compile_chain(expand(one))
    whole = simulate(chain, neutral(chain, QUARTERS) if drivers is None else drivers)
    return whole, collapse(whole, compile_chain(one))


FOLDS = folds_between(compile_chain(expand(world())), compile_chain(world()))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([1, WIDE]))
def test_sums_are_taken_in_the_order_of_the_items(seed: int, rows: int, wide: int) -> None:
    """To the bit, whatever the sizes of the numbers, and whichever way long rows go."""
    rng, folds = np.random.default_rng(seed), FOLDS
    for axis in ("firm", "line", "link", "arrears"):
        at = getattr(folds, axis)
        size = int(at.max(initial=-1)) + 2
        values = rng.normal(size=(rows, 2, len(at))) * 10.0 ** rng.integers(-9, 9, len(at))
        expected = np.zeros((rows, 2, size))
        for item, place in enumerate(at):
            expected[:, :, place] += values[:, :, item]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cardhouse.engine.collapse, "WIDE", wide)
            np.testing.assert_array_equal(folds.summed(values, axis, size), expected)


SPREADS = st.fixed_dictionaries(
    {
        "size_spread": st.floats(0.0, 2.0),
        "margin_sd": st.floats(0.0, 0.4),
        "runway_spread": st.floats(0.0, 1.0),
        "growth_sd": st.floats(0.0, 0.1),
    }
)


def test_even_members_do_together_what_the_population_does_as_one() -> None:
    one = world()
    _, told = played(one)
    chain = compile_chain(one)
    alone = simulate(chain, neutral(chain, QUARTERS))
    for mine, yours in zip(told.records, alone.records, strict=True):
        np.testing.assert_allclose(mine.paid, yours.paid, rtol=1e-9, atol=1e-12)
    for mine, yours in zip(told.states, alone.states, strict=True):
        for field in fields(State):
            a, b = getattr(mine, field.name), getattr(yours, field.name)
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12, err_msg=field.name)


@given(st.integers(2, 30), SPREADS)
@settings(max_examples=25)
def test_what_is_told_adds_up_to_what_members_did(count: int, spreads: dict[str, float]) -> None:
    whole, told = played(world(count, **spreads))
    links = told.chain.links
    for quarter, (record, states) in enumerate(zip(told.records, told.states, strict=True)):
        member_by_member = whole.records[quarter]
        assert record.paid.sum() == pytest.approx(member_by_member.paid.sum(), rel=1e-12)
        assert record.lost.sum() == pytest.approx(member_by_member.lost.sum(), rel=1e-12)
        assert states.cash.sum() == pytest.approx(whole.states[quarter].cash.sum(), rel=1e-12)
        if quarter:
            change = links.received(record.paid) - links.paid(record.paid)
            before = told.states[quarter - 1].cash
            np.testing.assert_allclose(states.cash - before, change, atol=1e-9)


@given(SPREADS)
@settings(max_examples=15)
def test_row_0_is_the_accounts_whoever_the_members_are(spreads: dict[str, float]) -> None:
    _, told = played(world(12, **spreads))
    np.testing.assert_allclose(told.records[0].paid[0], told.chain.opening, rtol=1e-12)


def test_a_population_lives_while_a_member_does_and_its_fate_is_told() -> None:
    one = world(20, size_spread=1.0, margin_sd=0.4, runway_spread=1.0)
    chain = compile_chain(expand(one))
    drivers = neutral(chain, QUARTERS)
    dry = replace(drivers, pool_supply=np.where(np.arange(QUARTERS + 1)[:, None] > 1, 0.0, 1.0))
    whole, told = played(one, dry)
    (found,) = fates(whole)
    assert found.population == "apps"
    assert len(found.members) == 20
    assert 0 < found.alive[-1].sum() < 20, "some die, some live"
    np.testing.assert_array_equal(found.alive[0].sum() - found.alive.sum(axis=1),
                                  np.cumsum(found.failed.sum(axis=1)))  # fmt: skip
    assert (found.lost.sum(axis=1) > 0).any()
    assert not found.lost[~found.failed].any()
    apps = told.chain.firm_ids.index("apps")
    assert told.of_state("alive")[:, apps].all()
    assert not told.of_record("failed")[:, apps].any()


def test_it_is_in_default_when_its_last_members_fail() -> None:
    one = world(5)
    chain = compile_chain(expand(one))
    removed = np.zeros((QUARTERS + 1, len(chain.firm_ids)), dtype=bool)
    removed[3] = [name in chain.world.members for name in chain.firm_ids]
    _, told = played(one, replace(neutral(chain, QUARTERS), removed=removed))
    apps = told.chain.firm_ids.index("apps")
    assert told.default_quarters()[apps] == 3
    assert told.of_state("alive")[:, apps].tolist() == [1.0] * 3 + [0.0] * 6


def test_prices_of_members_are_told_as_their_mean_by_volume() -> None:
    whole, told = played(world(8, size_spread=1.0, margin_sd=0.3))
    members = [at for at, name in enumerate(whole.chain.line_ids) if name.startswith("app_")]
    app = told.chain.line_ids.index("app")
    for mine, yours in zip(told.states, whole.states, strict=True):
        weight = yours.volume[0, members]
        mean = (yours.price[0, members] * weight).sum() / weight.sum()
        assert mine.price[0, app] == pytest.approx(mean)


def test_a_world_without_populations_is_told_as_it_is() -> None:
    one = replace(world(), populations=())
    chain = compile_chain(one)
    found = simulate(chain, neutral(chain, 2))
    assert collapse(found, chain) is found
    assert fates(found) == ()


def test_custom_of_dead_members_moves_within_the_population_and_to_rivals() -> None:
    one = world(4)
    chain = compile_chain(expand(one))
    removed = np.zeros((QUARTERS + 1, len(chain.firm_ids)), dtype=bool)
    removed[2, chain.firm_ids.index("apps_1")] = True
    _, told = played(one, replace(neutral(chain, QUARTERS), removed=removed))
    _, usual = played(one)
    at = {name: number for number, name in enumerate(told.chain.line_ids)}
    sold = told.of_record("line_revenue")[3], usual.of_record("line_revenue")[3]
    assert sold[0][at["rival"]] > sold[1][at["rival"]]
    assert 0.75 * sold[1][at["app"]] < sold[0][at["app"]] < sold[1][at["app"]]


@given(SPREADS)
@settings(max_examples=8)
def test_a_variable_asked_for_alone_is_that_of_the_states(spreads: dict[str, float]) -> None:
    """What is folded on request stands in the states and records that are folded whole."""
    _, told = played(world(**spreads))
    for name in (one.name for one in fields(State)):
        whole = np.stack([np.asarray(getattr(state, name))[0] for state in told.states])
        np.testing.assert_array_equal(told.of_state(name), whole, err_msg=name)
    for name in (one.name for one in fields(Record) if one.name != "links"):
        whole = np.stack([np.asarray(getattr(record, name))[0] for record in told.records])
        np.testing.assert_array_equal(told.of_record(name), whole, err_msg=name)


def test_the_base_quarter_alone_is_the_first_row() -> None:
    _, told = played(world())
    first = base_only(told)
    assert len(first.states) == len(first.records) == 1
    for name in ("revenue", "paid", "failed"):
        np.testing.assert_array_equal(first.of_record(name), told.of_record(name)[:1])
