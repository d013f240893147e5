"""A picture's documents are those that the page asks the API for, and hold for one world alone."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardhouse as ch
from cardhouse.errors import InputError
from cardhouse.model.world import World
from cardhouse.notebook.drawn import Drawn, module_text
from serving import Client

OPENING = {"economy": "ride-hailing", "quarters": 4}
MOVED = {**OPENING, "scenario": "capital-freeze", "set": "demand_level=0.7"}


@pytest.fixture(scope="module")
def world() -> World:
    return ch.open("ride-hailing")


@pytest.mark.parametrize("kept", [0, 3, 12])
def test_it_draws_what_the_page_draws_to_the_last_digit(world: World, kept: int) -> None:
    run = ch.run(world, "capital-freeze", quarters=4, levers={"demand_level": 0.7})
    drawn = Drawn(run, kept)
    with Client() as client:
        stage = client.get("/api/v1/stage", params={**OPENING, "kept": kept}).json()
        still = client.get("/api/v1/view", params={**OPENING, "kept": kept}).json()
        moved = client.get("/api/v1/view", params={**MOVED, "kept": kept}).json()
    assert drawn.stage == stage
    assert drawn.baseline == still
    assert drawn.view(run) == moved


def test_the_baseline_has_no_numbers_of_its_own(world: World) -> None:
    run = ch.run(world, quarters=2)
    assert Drawn(run, 12).view(run) is None


@pytest.mark.parametrize(
    ("economy", "quarters"), [("ride-hailing", 3), ("ai", 2)], ids=["quarters", "world"]
)
def test_a_run_that_has_no_places_here_is_refused(
    world: World, economy: str, quarters: int
) -> None:
    drawn = Drawn(ch.run(world, quarters=2), 12)
    with pytest.raises(InputError, match=r"money_flow\(run\)"):
        drawn.view(ch.run(ch.open(economy), quarters=quarters))


def test_a_picture_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make web"):
        module_text(tmp_path / "money-flow.js")
