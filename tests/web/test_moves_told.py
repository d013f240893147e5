"""What the list of scenarios says that each does to levers and firms is what it does."""

from __future__ import annotations

import numpy as np
import pytest

from cardhouse.model.scenario import Event, Scenario, Shock
from cardhouse.studies.lever_paths import lever_paths
from cardhouse.studies.scenario_files import list_scenarios, load_scenario
from cardhouse.web.shapes import PREFIX
from serving import Client

QUARTERS = 24
SHIPPED = [one.id for one in list_scenarios()]


@pytest.mark.parametrize("name", SHIPPED)
def test_told_moves_give_the_same_paths_and_events(client: Client, name: str) -> None:
    rows = client.get(f"{PREFIX}/scenarios").json()["scenarios"]
    row = next(one for one in rows if one["id"] == name)
    told = Scenario(
        name,
        "",
        "",
        "",
        shocks=tuple(Shock(**shock) for shock in row["shocks"]),
        events=tuple(Event(**event) for event in row["events"]),
    )
    base = client.get(f"{PREFIX}/stage?quarters=1").json()["quarters"][0]
    meant = load_scenario(name, base)
    assert told.events == meant.events
    one, other = lever_paths(told, QUARTERS), lever_paths(meant, QUARTERS)
    assert one.keys() == other.keys()
    for lever, path in one.items():
        np.testing.assert_array_equal(path, other[lever])
    assert bool(row["shocks"] or row["events"]) == (name != "baseline")
