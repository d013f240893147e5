"""Who is a known final customer: users of the business, and of other business, but no plant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from cardhouse.accounts import open_world
from cardhouse.analysis.buyers import BOUGHT, bought_by_segments
from cardhouse.engine.chain import compile_chain
from cardhouse.model.vocabulary import EntityKind
from strategies import Recipe, recipes


@given(recipes())
@settings(max_examples=25)
def test_every_segment_and_nobody_else_is_told(recipe: Recipe) -> None:
    world = recipe.world()
    found = bought_by_segments(compile_chain(world))
    assert set(found) == {one.id for one in world.of_kind(EntityKind.SEGMENT)}
    assert set(found.values()) <= set(BOUGHT)


@given(recipes())
@settings(max_examples=25)
def test_an_economy_without_its_own_business_has_no_users(recipe: Recipe) -> None:
    world = recipe.world()
    lines = tuple(replace(line, is_ai=False) for line in world.lines)
    chain = compile_chain(replace(world, lines=lines))
    buys = {chain.node_ids[at] for at in chain.sales.segment.tolist()}
    assert not any(bought_by_segments(chain)[name] == "use" for name in buys)


@pytest.mark.parametrize(
    ("segment", "bought"),
    [
        ("consumers", "use"),
        ("enterprises", "use"),
        ("ai_cloud_customers", "use"),
        ("other_cloud_customers", "other"),
        ("other_chip_buyers", "plant"),
    ],
)
def test_in_the_shipped_economy(segment: str, bought: str) -> None:
    chain = compile_chain(open_world("ai", base="2025Q2"))
    assert bought_by_segments(chain)[segment] == bought
