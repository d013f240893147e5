"""A world answers whose purse pays, what is of a kind, and how far a fact was moved."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from cardhouse.model.vocabulary import ContractKind, EntityKind
from cardhouse.model.world import Move, World
from strategies import Recipe


@pytest.fixture
def world() -> World:
    return Recipe(firms=3, seed=1, extras=True).world()


@pytest.mark.parametrize(
    ("entity", "purse"),
    [
        ("side0", "firm0"), ("division0", "firm0"), ("line2", "firm2"), ("firm1", "firm1"),
        ("payers", "payers"), ("venture", "venture"), ("tax", "tax"),
    ],
)  # fmt: skip
def test_the_parent_is_the_purse(world: World, entity: str, purse: str) -> None:
    assert world.purse_of(entity) == purse


def test_entities_by_id_and_kind(world: World) -> None:
    assert world.entity("line1").kind is EntityKind.LINE
    assert [one.id for one in world.of_kind(EntityKind.FIRM)] == ["firm0", "firm1", "firm2"]
    assert {one.kind for one in world.contracts_of(ContractKind.TAX)} == {ContractKind.TAX}
    with pytest.raises(KeyError):
        world.entity("nobody")


def test_a_changed_copy_knows_its_own_entities(world: World) -> None:
    assert "tax" in world.by_id
    fewer = replace(world, entities=tuple(one for one in world.entities if one.id != "tax"))
    assert "tax" not in fewer.by_id
    assert "tax" in world.by_id


def test_a_world_does_not_change(world: World) -> None:
    with pytest.raises(FrozenInstanceError):
        world.base = "2026Q1"  # type: ignore[misc]


def test_a_move_in_standard_deviations() -> None:
    assert Move("f", "revenue", 10.0, 13.0, 2.0).in_sd == pytest.approx(1.5)
    assert Move("f", "revenue", 10.0, 13.0, 0.0).in_sd == 0.0
