"""Expected growth implied by capex: the value lies in its range, more capex expects more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from cardhouse.analysis.investment import expected_growth
from cardhouse.engine.chain import compile_chain
from cardhouse.model.vocabulary import ContractKind
from strategies import Recipe, recipes


@given(recipes())
@settings(max_examples=20)
def test_the_value_lies_within_its_range(recipe: Recipe) -> None:
    found = expected_growth(compile_chain(recipe.world()))
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    assert np.isfinite(found.high).all()


def test_more_capex_expects_more_growth() -> None:
    world = Recipe(firms=5, seed=2).world()
    doubled = tuple(
        replace(one, amount=2.0 * one.amount)
        if one.kind is ContractKind.CAPEX and one.payee == "energy"
        else one
        for one in world.contracts
    )
    usual = expected_growth(compile_chain(world))
    more = expected_growth(compile_chain(replace(world, contracts=doubled)))
    owners = compile_chain(world).plants.owned
    assert owners.any()
    assert (more.value[owners] > usual.value[owners]).all()
    assert (more.high[owners] - more.low[owners] > 0).all()


def test_a_line_without_plant_expects_nothing() -> None:
    chain = compile_chain(Recipe(firms=5, seed=2).world())
    bare = ~chain.plants.owned
    assert bare.any()
    assert not expected_growth(chain).high[bare].any()
