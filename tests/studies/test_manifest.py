"""The digest: the same for the same inputs, another for any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cardhouse.model.scenario import Event, Scenario, Shock
from cardhouse.model.world import Move, World
from cardhouse.studies.lever_paths import BASELINE
from cardhouse.studies.manifest import REMEMBERED, Digester, digest_of, manifest_of

MOVED = Scenario("x", "X", "W.", "R.", {"capex_plan": 0.5})


def test_the_same_inputs_have_one_digest(world: World) -> None:
    assert digest_of(world, MOVED, 8) == digest_of(replace(world), MOVED, 8)
    assert len(digest_of(world, MOVED, 8)) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda world, scenario: (world, scenario, 9),
        lambda world, scenario: (world, replace(scenario, levers={"capex_plan": 0.6}), 8),
        lambda world, scenario: (world, replace(scenario, shocks=(Shock("recovery", 0.1, 2),)), 8),
        lambda world, scenario: (world, replace(scenario, events=(Event("default", "a", 1),)), 8),
        lambda world, scenario: (replace(world, facts_digest="f"), scenario, 8),
        lambda world, scenario: (replace(world, as_of="2025-08-21"), scenario, 8),
        lambda world, scenario: (replace(world, parameters={"recovery": 0.2}), scenario, 8),
        lambda world, scenario: (replace(world, contracts=world.contracts[1:]), scenario, 8),
    ],
    ids=["quarters", "lever", "shock", "event", "facts", "as-of", "parameter", "contract"],
)
def test_any_other_input_has_another(
    world: World, change: Callable[[World, Scenario], tuple[World, Scenario, int]]
) -> None:
    assert digest_of(*change(world, MOVED)) != digest_of(world, MOVED, 8)


def test_a_digest_that_was_asked_for_before_is_the_same(world: World) -> None:
    """However many others were asked for in between."""
    digester, levers = Digester(world), range(REMEMBERED + 20)
    moved = [replace(MOVED, levers={**MOVED.levers, "demand_level": 1 + n / 100}) for n in levers]
    once = [digester.of(one, 8) for one in moved]
    assert [digester.of(one, 8) for one in moved] == once
    assert once[::12] == [digest_of(world, one, 8) for one in moved[::12]]
    assert len({*once, digester.of(moved[-1], 9)}) == len(once) + 1


def test_words_and_what_balancing_did_do_not_count(world: World) -> None:
    told = replace(MOVED, title="Another title", words="Other words.")
    moved = replace(world, moves=(Move("f", "what", 1.0, 2.0, 0.5),))
    assert digest_of(moved, told, 8) == digest_of(world, MOVED, 8)


def test_the_last_digits_of_a_platform_do_not_count(world: World) -> None:
    first = world.contracts[0]
    nudged = replace(first, amount=first.amount * (1.0 + 1e-13))
    other = replace(world, contracts=(nudged, *world.contracts[1:]))
    assert digest_of(other, BASELINE, 4) == digest_of(world, BASELINE, 4)


def test_the_manifest_names_everything_that_was_moved(world: World) -> None:
    scenario = replace(MOVED, shocks=(Shock("recovery", 0.1, 2),))
    manifest = manifest_of(world, scenario, 8)
    assert manifest["levers"] == {"capex_plan": 0.5}
    assert manifest["shocks"][0]["lever"] == "recovery"
    assert (manifest["economy"], manifest["base_quarter"]) == (world.economy, world.base)
    assert manifest["quarters"] == 8
