"""The second trade of a quarter, worked out only where a cut reaches: bit for bit the whole one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import types

import cardhouse as ch
from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.kernel import quarter as story
from cardhouse.engine.kernel.chain_tables import chain_tables
from cardhouse.engine.kernel.machine import Law, run_blocks, signature_for
from cardhouse.engine.kernel.rows import of_many_paths
from cardhouse.engine.kernel.run_tables import run_tables
from cardhouse.engine.kernel.simulate import in_lanes, plan_run
from cardhouse.engine.simulate import all_parameters, as_paths
from cardhouse.model.parameters import PARAMETERS
from cardhouse.model.vocabulary import ContractKind
from cardhouse.model.world import World
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.scenario_files import load_scenario
from strategies import Recipe, rich_recipes

MARKS = (
    "programs_anew", "capex_anew", "payout_anew", "made_anew", "billed_anew", "bound_anew",
    "summed_anew", "part_anew",
)  # fmt: skip
PASSING = (
    "total", "moved", "orphaned", "moving", "change", "largest", "unread", "burst", "most",
    "bursts_again", "outside", "made_first", "made_offered", "busy", "over", "offer", "excess",
    "room_left", "full_market", "filled", "found", "further", "makes", "asked_group", "asked_of",
    "asked_all",
)  # fmt: skip
"""Rows that a law writes for itself, and no later one reads."""

RIVAL_OF_A_FULL_SELLER, WITHOUT_INPUTS = 46, 70
"""Seeds of economies in which a cut reaches such a line; found by taking the guard away."""

SPREAD = ("price_speed", "overload", "program_speed", "plan_cut", "payment_margin")


@numba.njit(error_model="numpy")
def do(law: Any, at: Any, k: Any, i: Any, rows: Any, z: Any, q: int) -> None:
    s, n, w = rows
    law(at, k, i, of_many_paths(s), of_many_paths(n), of_many_paths(w), z, q)


class Played:
    """A run of which a test sees the rows of every quarter."""

    def __init__(self, chain: Chain, drivers: Drivers, moves: np.ndarray, *, links: bool) -> None:
        keep = ("record.paid", "record.bought") if links else ("cash",)
        self.plan = plan_run(chain, drivers, keep, links=links)
        run_blocks(self.plan.at)  # compiles the laws, where nobody has
        signature = signature_for(tuple(self.plan.at.dtype.names))
        laws = {one for step in (story.OPENING, *self.steps()) for one in step}
        self.laws = {one: Law(one, signature) for one in laws}
        rows: Any = numba.typeof((np.zeros((1, 1)),) * 3)
        at, k, i, _, _, _, z, q = signature.args
        whole = types.none(types.FunctionType(signature), at, k, i, rows, z, q)
        do.compile(whole)
        self.do = do.get_overload(whole)
        width = moves.shape[1]
        self.s, self.n = (np.zeros((self.plan.sizes["state"], width)) for _ in range(2))
        self.w = np.zeros((self.plan.sizes["work"], width))
        self.w[: len(moves)] = moves
        self.z = np.zeros(self.plan.sizes["desk"] + 1)
        self.spans = run_tables(chain_tables(chain), chain, drivers, links=links).spans

    @staticmethod
    def steps() -> tuple[Sequence[Any], ...]:
        return story.DECIDE, story.TRADE, story.FUND, story.SETTLE

    def play(self, laws: Sequence[Any], quarter: int) -> None:
        at, k, i = self.plan.at, self.plan.numbers, self.plan.indices
        for one in laws:
            self.do(self.laws[one], at, k, i, (self.s, self.n, self.w), self.z, quarter)

    def rows(self, name: str) -> np.ndarray:
        """Return the rows of work that go by a name, of which a view can be written."""
        _, first, count = self.spans[name]
        return self.w[first : first + count]

    def second_trades(self) -> Iterator[tuple[int, bool]]:
        """Play all quarters; at each second trade do it in part, compare, and do it whole.

        Yields the quarter, and whether no law fell back on the whole.
        """
        self.play(story.OPENING, 0)
        for quarter in range(1, self.plan.quarters + 1):
            self.play((*story.DECIDE, *story.TRADE, *story.FUND), quarter)
            if self.rows("cuts")[0, 0] > 0.0:
                before = self.n.copy(), self.w.copy()
                self.play(story.TRADE, quarter)
                in_part = bool(self.rows("part_anew")[0, 0] > 0.0)
                n, w = self.n.copy(), self.w.copy()
                self.n[:], self.w[:] = before
                for name in MARKS:
                    self.rows(name)[:, 0] = name != "part_anew"
                self.play(story.TRADE, quarter)
                np.testing.assert_array_equal(self.n, n)
                for name, (kind, first, count) in self.spans.items():
                    if kind == "work" and name not in (*MARKS, *PASSING):
                        place = slice(first, first + count)
                        where = f"{name}, quarter {quarter}"
                        np.testing.assert_array_equal(w[place], self.w[place], err_msg=where)
                self.n[:], self.w[:] = n, w
                yield quarter, in_part
            self.play(story.SETTLE, quarter)
            self.s, self.n = self.n, self.s


def spread(chain: Chain, paths: int, seed: int) -> np.ndarray:
    """Return parameters (row, path), of which some differ from path to path."""
    rng = np.random.default_rng(seed)
    ranges = {one.name: (one.low, one.high) for one in PARAMETERS}
    drawn = {name: rng.uniform(*ranges[name], paths).tolist() for name in SPREAD}
    columns = as_paths(all_parameters(chain, drawn), paths)
    return np.array([columns[one.name][:, 0] for one in PARAMETERS])


def squeezed(chain: Chain, quarters: int, seed: int) -> Drivers:
    """Return drivers under which firms run short of money: demand moves, windows close."""
    rng, drivers = np.random.default_rng(seed), neutral(chain, quarters)
    level, window = drivers.demand_level.copy(), drivers.window.copy()
    level[2:] *= rng.uniform(0.3, 1.6, level[2:].shape)
    window[2:] *= rng.uniform(0.0, 1.0, window[2:].shape) < 0.6
    return replace(drivers, demand_level=level, window=window)


def world_of(recipe: Recipe, *, credit: bool = True, few_markets: bool = False) -> World:
    """Return the economy of a recipe, with shares of the revenue of lines that firms buy from.

    In a few markets, lines have several rivals, to whom custom may move.
    """
    world = recipe.world()
    entities = tuple(
        replace(one, market="market0") if few_markets and one.market.startswith("market") else one
        for one in world.entities
    )
    contracts = []
    for one in world.contracts:
        terms = {name: term for name, term in one.terms.items() if credit or "credit" not in name}
        shared = one.kind is ContractKind.REVENUE_SHARE
        payer = one.payer.replace("side", "line") if shared else one.payer
        contracts.append(replace(one, payer=payer, terms=terms))
    return replace(world, entities=entities, contracts=tuple(contracts))


@given(rich_recipes(), st.integers(0, 2**16), st.booleans())
@settings(max_examples=30)
def test_what_a_cut_does_not_reach_would_come_out_the_same(
    recipe: Recipe, seed: int, links: bool
) -> None:
    chain = compile_chain(world_of(recipe))
    played = Played(chain, squeezed(chain, 6, seed), spread(chain, 16, seed), links=links)
    for _ in played.second_trades():
        pass


@pytest.mark.parametrize("seed", [*range(24), RIVAL_OF_A_FULL_SELLER, WITHOUT_INPUTS])
def test_bills_under_every_kind_of_contract_would_come_out_the_same(seed: int) -> None:
    recipe = Recipe(
        firms=3 + seed % 6,
        seed=seed,
        cycles=False,
        stationary=False,
        extras=True,
        growing=True,
    )
    chain = compile_chain(world_of(recipe, credit=seed % 4 == 3, few_markets=seed % 3 == 0))
    links = seed % 2 == 0
    played = Played(chain, squeezed(chain, 6, seed), spread(chain, 16, seed), links=links)
    for _ in played.second_trades():
        pass


@pytest.mark.parametrize("name", ["baseline", "capital-freeze", "accelerator-price-collapse"])
def test_of_the_shipped_economy_most_second_trades_are_done_in_part(name: str) -> None:
    chain = compile_chain(ch.open("ai", base="2026Q1"))
    drivers = drivers_of(chain, load_scenario(name, base="2026Q1"), 16)
    played = Played(chain, drivers, spread(chain, in_lanes(24), 5), links=name == "baseline")
    done = [in_part for _, in_part in played.second_trades()]
    assert len(done) > 8
    assert np.mean(done) > 0.5
