"""The compiled engine: equal to the readable one, whatever runs beside a path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cardhouse as ch
from cardhouse import compiling
from cardhouse.engine.arrays import Chain
from cardhouse.engine.chain import compile_chain
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.kernel.chain_tables import buyers_first, circles_apart
from cardhouse.engine.kernel.simulate import FIELDS, plan_run, run_compiled, simulate_compiled
from cardhouse.engine.kernel.tables import Tables
from cardhouse.engine.populations import expand
from cardhouse.engine.quarter import Record
from cardhouse.engine.simulate import Trajectory, simulate
from cardhouse.engine.state import State
from cardhouse.errors import EconomyError, InputError, ScenarioError
from cardhouse.studies.driving import drivers_of
from cardhouse.studies.scenario_files import list_scenarios, load_scenario
from cardhouse.studies.simulation import WATCHED
from engines import assert_same
from strategies import Recipe

RICH = Recipe(firms=5, seed=3, stationary=False, extras=True, growing=True)
SPREAD = {
    "recovery": [0.1, 0.3, 0.6, 0.3, 0.2],
    "price_speed": [0.1, 0.25, 0.6, 0.3, 0.2],
    "switching": [0.5, 1.0, 1.5, 0.7, 0.2],
    "overload": [1.0, 1.05, 1.2, 1.1, 1.3],
}


def stormy(chain: Chain, quarters: int = 12) -> Drivers:
    drivers = neutral(chain, quarters)
    level, removed = drivers.demand_level.copy(), drivers.removed.copy()
    level[3:6], level[6:] = 2.5, 0.6
    removed[2, 0] = True
    return replace(drivers, demand_level=level, removed=removed)


def scenarios() -> list[str]:
    return [one.id for one in list_scenarios()]


@pytest.fixture(scope="module")
def ai() -> Chain:
    return compile_chain(ch.open("ai", base="2026Q1"))


@pytest.mark.parametrize("name", scenarios())
def test_a_shipped_scenario_runs_as_in_the_readable_engine(ai: Chain, name: str) -> None:
    drivers = drivers_of(ai, load_scenario(name, base="2026Q1"), 20)
    assert_same(simulate(ai, drivers), simulate_compiled(ai, drivers))


def told(kind: type) -> list[str]:
    """Return what a state or a record tells: its fields, and what it works out."""
    worked_out = [name for name, one in vars(kind).items() if isinstance(one, property)]
    return [*(one.name for one in fields(kind) if one.name != "links"), *worked_out]


def test_a_run_that_kept_little_tells_all_that_a_readable_one_does() -> None:
    chain = compile_chain(RICH.world())
    drivers = stormy(chain)
    whole = simulate(chain, drivers)
    part = simulate_compiled(chain, drivers, keep=WATCHED)
    assert "record.claims" not in part.kept.spans
    near = 1e-9 * max(float(record.paid.max()) for record in whole.records)
    for name in (one for one in told(State) if one != "paths"):
        found, expected = part.of_state(name), whole.of_state(name)
        if name == "loan_rate":  # of a loan of nothing there is none
            found, expected = (one * whole.of_state("loans") for one in (found, expected))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=near, err_msg=name)
    for name in told(Record):
        found = part.of_record(name)
        np.testing.assert_allclose(found, whole.of_record(name), rtol=1e-9, atol=near, err_msg=name)
    assert part.quarters == whole.quarters
    assert part.money_residual == pytest.approx(whole.money_residual, abs=1e-12)
    np.testing.assert_array_equal(part.default_quarters(), whole.default_quarters())


def test_the_earlier_base_quarter_runs_as_in_the_readable_engine() -> None:
    chain = compile_chain(ch.open("ai", base="2025Q2"))
    drivers = drivers_of(chain, load_scenario("capital-freeze", base="2025Q2"), 20)
    paths = {"recovery": [0.2, 0.5, 0.3]}
    expected = simulate(chain, drivers, parameters=paths, paths=3)
    assert_same(expected, simulate_compiled(chain, drivers, parameters=paths, paths=3))


def test_populations_run_as_in_the_readable_engine() -> None:
    chain = compile_chain(expand(ch.open("ai", base="2026Q1")))
    drivers = drivers_of(chain, load_scenario("venture-drought", base="2026Q1"), 8)
    assert_same(simulate(chain, drivers), simulate_compiled(chain, drivers))


def test_the_second_economy_runs_as_in_the_readable_engine() -> None:
    chain = compile_chain(ch.open("ride-hailing"))
    drivers = stormy(chain)
    assert_same(simulate(chain, drivers), simulate_compiled(chain, drivers))


@pytest.mark.parametrize(("threads", "block"), [(1, 1), (2, 1), (2, 8), (3, 3), (1, 16), (2, 24)])
def test_bits_hang_on_neither_threads_nor_blocks(threads: int, block: int) -> None:
    chain = compile_chain(RICH.world())
    drivers = stormy(chain)
    many = {name: values * 4 for name, values in SPREAD.items()}
    whole = simulate_compiled(chain, drivers, parameters=many, paths=20, threads=1, block=64)
    parts = simulate_compiled(
        chain, drivers, parameters=many, paths=20, threads=threads, block=block
    )
    assert_identical(whole, parts)


def assert_alone_as_among_others(chain: Chain, drivers: Drivers) -> None:
    among = run_compiled(chain, drivers, parameters=SPREAD, paths=5, keep=FIELDS)
    for path in range(5):
        mine = {name: values[path] for name, values in SPREAD.items()}
        alone = run_compiled(chain, drivers, parameters=mine, keep=FIELDS)
        for name in FIELDS:
            np.testing.assert_array_equal(alone[name][0], among[name][path], err_msg=name)


@pytest.mark.parametrize("seed", range(4))
def test_a_path_runs_alone_as_among_others(seed: int) -> None:
    chain = compile_chain(replace(RICH, seed=seed, cycles=seed > 1).world())
    assert_alone_as_among_others(chain, stormy(chain))


@pytest.mark.parametrize("name", ["capital-freeze", "accelerator-price-collapse"])
def test_a_scenario_of_failures_runs_alone_as_among_others(ai: Chain, name: str) -> None:
    drivers = drivers_of(ai, load_scenario(name, base="2026Q1"), 12)
    assert_alone_as_among_others(ai, drivers)


def test_what_is_kept_is_what_the_whole_run_holds() -> None:
    chain = compile_chain(RICH.world())
    drivers = stormy(chain)
    whole = simulate_compiled(chain, drivers, parameters=SPREAD, paths=5)
    kept = run_compiled(chain, drivers, parameters=SPREAD, paths=5, keep=FIELDS)
    for name in FIELDS:
        part, _, field = name.rpartition(".")
        rows = whole.records if part else whole.states
        expected = np.stack([np.asarray(getattr(row, field), dtype=float) for row in rows], axis=1)
        np.testing.assert_array_equal(kept[name].reshape(expected.shape), expected)


def test_what_cannot_be_kept_is_refused() -> None:
    chain = compile_chain(RICH.world())
    with pytest.raises(InputError, match=r"'csh' cannot be kept\. Did you mean 'cash'"):
        run_compiled(chain, neutral(chain, 1), keep=["csh"])
    with pytest.raises(InputError, match="block is 0"):
        run_compiled(chain, neutral(chain, 1), keep=["cash"], block=0)


def test_bad_input_is_refused_as_by_the_readable_engine() -> None:
    chain = compile_chain(RICH.world())
    drivers = neutral(chain, 2)
    with pytest.raises(EconomyError, match="'recovery' is 7"):
        simulate_compiled(chain, drivers, parameters={"recovery": 7.0})
    with pytest.raises(InputError, match="has 3 values"):
        simulate_compiled(chain, drivers, parameters={"recovery": [0.1, 0.2, 0.3]}, paths=2)
    with pytest.raises(ScenarioError, match="'price'"):
        simulate_compiled(chain, replace(drivers, price=drivers.price[:, :1]))


def test_no_quarters_leave_row_0() -> None:
    chain = compile_chain(RICH.world())
    assert_same(simulate(chain, neutral(chain, 0)), simulate_compiled(chain, neutral(chain, 0)))


def test_buyers_come_before_their_sellers() -> None:
    order, circles = buyers_first(4, np.array([2, 3, 0]), np.array([0, 0, 1]))
    assert not circles
    assert order.index(2) < order.index(0) < order.index(1)
    order, circles = buyers_first(3, np.array([0, 1]), np.array([1, 0]))
    assert circles
    assert sorted(order) == [0, 1, 2]


def test_circles_stand_together_with_buyers_before_sellers() -> None:
    buyer, seller = np.array([4, 0, 1, 2, 3, 5]), np.array([0, 1, 2, 1, 0, 5])
    order, first, circles = circles_apart(6, buyer, seller)
    ends = zip(first[:-1], first[1:], circles, strict=True)
    groups = {tuple(sorted(order[a:b].tolist())): c for a, b, c in ends}
    assert groups == {(0,): 0, (1, 2): 1, (3,): 0, (4,): 0, (5,): 1}
    place = np.argsort(order)
    assert max(place[3], place[4]) < place[0] < min(place[1], place[2])


MOVED: dict[str, float] = {
    "input_use": 0.02,
    "use_as_input": -0.03,
    "plant_life": 9.0,
    "letters_paid": 0.7,
    "willingness": 1.4,
    "demand_level": 0.8,
    "demand_growth": 1.5,
    "demand_ceiling": 3.0,
    "price": 1.1,
}


@given(
    st.lists(
        st.tuples(st.integers(3, 4), st.sets(st.sampled_from(sorted(MOVED)), max_size=3)),
        min_size=2,
        max_size=6,
    )
)
@settings(max_examples=15)
def test_what_earlier_runs_left_behind_changes_no_bit(runs: list[tuple[int, set[str]]]) -> None:
    """Tables are partly those of earlier runs of the chain; a chain nobody ran has none."""
    world = RICH.world()
    used = compile_chain(world)
    for quarters, names in runs:
        for links in (True, False):
            found, fresh = (
                plan_run(chain, _moved(chain, quarters, names), ("cash",), links=links)
                for chain in (used, compile_chain(world))
            )
            assert found.at == fresh.at
            assert found.sizes == fresh.sizes
            np.testing.assert_array_equal(found.numbers, fresh.numbers)
            np.testing.assert_array_equal(found.indices, fresh.indices)


def _moved(chain: Chain, quarters: int, names: set[str]) -> Drivers:
    """Return drivers of which some stand elsewhere in the last quarter."""
    drivers = neutral(chain, quarters)
    for name in names:
        getattr(drivers, name)[quarters] = MOVED[name]
    return drivers


def test_drivers_changed_in_place_are_other_drivers() -> None:
    chain = compile_chain(RICH.world())
    drivers = neutral(chain, 4)
    before = run_compiled(chain, drivers, keep=["cash"])["cash"]
    drivers.plant_life[2:] = 5.0
    after = run_compiled(chain, drivers, keep=["cash"])["cash"]
    fresh = run_compiled(compile_chain(RICH.world()), drivers, keep=["cash"])["cash"]
    assert not np.array_equal(before, after)
    np.testing.assert_array_equal(after, fresh)


def test_a_name_stands_for_one_place() -> None:
    tables = Tables()
    tables.number("cost", [1.0, 2.0])
    with pytest.raises(KeyError):
        tables.index("cost", [1])
    assert tables.numbers_of("cost").tolist() == [1.0, 2.0]


def test_a_change_of_any_law_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numba looks at the file of a law alone, not at those of the parts that it calls."""
    package = tmp_path / "cardhouse"
    shutil.copytree(Path(ch.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiling.resources, "files", lambda _: package)
    before = compiling._digest()
    law = package / "engine" / "kernel" / "scalars.py"
    law.write_text(law.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert compiling._digest() != before


def test_another_process_finds_the_machine_code_and_says_nothing() -> None:
    """One process compiles, where none has, and tells; later ones load."""
    chain = compile_chain(RICH.world())
    expected = run_compiled(chain, neutral(chain, 2), keep=["cash"])["cash"]
    code = (
        "from cardhouse.engine.chain import compile_chain\n"
        "from cardhouse.engine.drivers import neutral\n"
        "from cardhouse.engine.kernel.simulate import run_compiled\n"
        "from strategies import Recipe\n"
        f"chain = compile_chain({RICH!r}.world())\n"
        "print(run_compiled(chain, neutral(chain, 2), keep=['cash'])['cash'].tobytes().hex())"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert bytes.fromhex(done.stdout.strip()) == expected.tobytes()
    assert done.stderr == ""


def assert_identical(one: Trajectory, other: Trajectory) -> None:
    for mine, theirs in zip(
        (*one.states, *one.records), (*other.states, *other.records), strict=True
    ):
        for field in (each.name for each in fields(mine) if each.name != "links"):
            np.testing.assert_array_equal(getattr(mine, field), getattr(theirs, field), field)
