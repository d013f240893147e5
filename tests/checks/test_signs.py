"""What economics says of a scenario, written before the runs: the signs in `signs.yaml`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cardhouse.accounts import open_world
from cardhouse.model.scenario import Scenario
from cardhouse.studies.document_entities import entity_rows, tier_rows
from cardhouse.studies.document_ledger import use_cost_of
from cardhouse.studies.scenario_files import load_scenario
from cardhouse.studies.simulation import Chains
from cardhouse.studies.views import View
from cardhouse.studies.yaml_text import read_yaml

Series = NDArray[np.float64]
Outputs = Mapping[str, Series]

TABLE = Path(__file__).with_name("signs.yaml")
BASES = ("2025Q2", "2026Q1")
QUARTERS = 12
BASELINE = "baseline"

SIGNS = ("up", "down", "same", "not_up", "not_down")
NOTHING = 1e-9
"""Relative change up to which a figure has not moved."""
SAME_WITHIN = 1e-3
STRONG = 0.01
"""Relative change from which a move is strong."""
COUNTS = ("alive", "defaults", "loss_making_firms")
"""Figures of which one more or less is a strong change."""
SUMMED = ("raised", "capex", "spending", "lost", "defaults", "creditors_lose")
"""Figures that come in lumps: summed from t+1 on."""


@dataclass(frozen=True)
class Cell:
    """One expectation: an output, a quarter, a sign, whether strong, why, and the law in doubt."""

    output: str
    at: int
    sign: str
    strong: bool
    why: str
    base: str = ""
    doubt: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Cell:
        output, at, sign, *strong = row["cell"]
        assert strong in ([], ["strong"]), row
        return cls(
            output=output,
            at=int(at.removeprefix("t+")),
            sign=sign,
            strong=bool(strong),
            why=row["why"],
            base=row.get("base", ""),
            doubt=row.get("doubt", ""),
        )


@cache
def table() -> dict[str, dict[str, Any]]:
    """Return the scenarios of the table by id."""
    return {one["id"]: one for one in read_yaml(TABLE).data["scenarios"]}


def cells_of(name: str) -> list[Cell]:
    return [Cell.of(row) for row in table()[name]["cells"]]


# --- runs -----------------------------------------------------------------------------------------


@cache
def chains(base: str) -> Chains:
    return Chains.of(open_world("ai", base=base))


@cache
def outputs(name: str, base: str) -> Outputs:
    """Return every output of a scenario of the table, or of the baseline, by its name."""
    scenario = None if name == BASELINE else scenario_of(table()[name], base)
    view = View.of(chains(base), scenario, QUARTERS)
    return {name: tidied(name, values) for name, values in every_output(view)}


def scenario_of(entry: Mapping[str, Any], base: str) -> Scenario:
    """Return a scenario of the table, read as a scenario file is."""
    if "shipped" in entry:
        return load_scenario(entry["shipped"], base)
    words = {"schema": "cardhouse/scenario/1", "title": entry["id"], "reason": "A test."}
    told = {key: entry[key] for key in ("id", "words", "levers", "shocks") if key in entry}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(json.dumps(words | told), encoding="utf-8")
        return load_scenario(path, base)


# --- outputs --------------------------------------------------------------------------------------


def every_output(view: View) -> Iterator[tuple[str, Any]]:
    """Yield every figure as ``who figure``: lines, firms, tiers, segments, pools, the chain."""
    yield from line_outputs(view)
    for row in (*entity_rows(view), *tier_rows(view)):
        who = row.get("id", row.get("tier"))
        yield from ((f"{who} {name}", values) for name, values in row.items() if series(values))
    interest = view.books.paid_of(("interest",))
    yield from ((f"{who} interest", column) for who, column in by_name(view, interest))
    yield from ((f"chain {name}", values) for name, values in chain_outputs(view).items())


def by_name(view: View, values: Series) -> Iterator[tuple[str, Series]]:
    return zip(view.chain.firm_ids, values.T, strict=True)


def line_outputs(view: View) -> Iterator[tuple[str, Any]]:
    run = view.trajectory
    figures = {
        "price": run.of_state("charged"),
        "volume": run.of_state("volume"),
        "capacity": run.of_state("capacity"),
        "revenue": run.of_record("line_revenue"),
    }
    for number, line in enumerate(view.chain.line_ids):
        yield from ((f"{line} {name}", values[:, number]) for name, values in figures.items())


def chain_outputs(view: View) -> dict[str, Any]:
    run, use = view.trajectory, use_cost_of(view)
    return {
        "confidence": run.of_state("confidence")[:, 0],
        "unserved": run.of_record("unserved")[:, 0],
        "defaults": run.of_record("failed").sum(axis=1),
        "creditors_lose": run.of_record("lost").sum(axis=1),
        "users_pay": use.paid_per_dollar("without_programs"),
        "users_pay_with_programs": use.paid_per_dollar("with_programs"),
        "users_pay_cash": use.paid_per_dollar("cash"),
    }


def series(values: Any) -> bool:
    """Tell whether a cell of a row is numbers by quarter."""
    whole = isinstance(values, list) and len(values) == QUARTERS + 1
    return whole and not any(isinstance(one, str | bool) for one in values)


def tidied(name: str, values: Any) -> Series:
    """Return numbers by quarter, from t+1 on summed where they come in lumps."""
    found = np.array(values, dtype=float)
    if name.rsplit(maxsplit=1)[-1] in SUMMED:
        found[1:] = np.cumsum(found[1:])
    return found


# --- judging --------------------------------------------------------------------------------------


def wrong_on(name: str, base: str) -> list[str]:
    """Return a sentence for every cell of a scenario that its run on a base does not meet."""
    cells = [cell for cell in cells_of(name) if cell.base in ("", base) and not cell.doubt]
    return wrong_cells(outputs(name, base), usual_of(name, base), cells)


def usual_of(name: str, base: str) -> Outputs:
    """Return what a scenario is held against."""
    return outputs(table()[name].get("against", BASELINE), base)


def wrong_cells(found: Outputs, usual: Outputs, cells: Iterable[Cell]) -> list[str]:
    """Return a sentence for every cell that a run does not meet."""
    return [words(cell, found, usual) for cell in cells if not meets(cell, found, usual)]


def meets(cell: Cell, found: Outputs, usual: Outputs) -> bool:
    value, before = found[cell.output][cell.at], usual[cell.output][cell.at]
    moved = change(value, before)
    if cell.strong and not is_strong(cell, value, before):
        return False
    return {
        "up": moved > NOTHING,
        "down": moved < -NOTHING,
        "same": abs(moved) <= SAME_WITHIN,
        "not_up": moved <= NOTHING,
        "not_down": moved >= -NOTHING,
    }[cell.sign]


def change(value: float, before: float) -> float:
    """Return the change relative to the size of what stood before; NaN where there is no value."""
    if value == before:
        return 0.0
    return float((value - before) / abs(before)) if before else float(np.sign(value) * np.inf)


def is_strong(cell: Cell, value: float, before: float) -> bool:
    if cell.output.split()[-1] in COUNTS:
        return abs(value - before) >= 1
    return abs(change(value, before)) > STRONG


def words(cell: Cell, found: Outputs, usual: Outputs) -> str:
    value, before = found[cell.output][cell.at], usual[cell.output][cell.at]
    wanted = f"{cell.sign} by more than 1 %" if cell.strong else cell.sign
    return (
        f"{cell.output} at t+{cell.at}: {change(value, before):+.2%} against baseline "
        f"({value:.4g} against {before:.4g}), expected {wanted}: {cell.why}"
    )


# --- tests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", table())
def test_signs_are_what_economics_says(name: str, base: str) -> None:
    wrong = wrong_on(name, base)
    if wrong:
        pytest.fail("\n".join([f"{name} on {base}:", *wrong]), pytrace=False)


@pytest.mark.parametrize(
    ("name", "cell"),
    [(name, cell) for name in table() for cell in cells_of(name) if cell.doubt],
    ids=lambda one: one if isinstance(one, str) else one.output.replace(" ", "-"),
)
def test_what_is_doubted_is_still_wrong(name: str, cell: Cell) -> None:
    """A law that was mended takes its marks with it."""
    bases = [base for base in BASES if cell.base in ("", base)]
    met = [meets(cell, outputs(name, base), usual_of(name, base)) for base in bases]
    assert not all(met), f"{name}: {cell.output} is as economics says now; drop its `doubt`."


def test_the_table_says_enough() -> None:
    strong = {name: [cell for cell in cells_of(name) if cell.strong] for name in table()}
    assert sum(map(len, strong.values())) >= 60
    assert sum(bool(cells) for cells in strong.values()) >= 8
    assert len(table()) >= 11
    assert sum(len(cells_of(name)) for name in table()) >= 90


def test_every_cell_names_an_output() -> None:
    known = set(outputs(BASELINE, BASES[0]))
    named = {cell.output for name in table() for cell in cells_of(name)}
    unknown = sorted(named - known)
    assert not unknown


@pytest.mark.parametrize("name", table())
def test_every_cell_has_a_quarter_a_sign_and_a_reason(name: str) -> None:
    for cell in cells_of(name):
        assert cell.sign in SIGNS, cell
        assert 1 <= cell.at <= QUARTERS, cell
        assert cell.why, cell
        assert cell.base in ("", *BASES), cell
        assert not cell.strong or cell.sign in ("up", "down"), cell


def test_no_cell_stands_twice() -> None:
    for name in table():
        places = [(cell.output, cell.at) for cell in cells_of(name)]
        assert len(places) == len(set(places)), name


@pytest.mark.parametrize(
    ("value", "before", "sign", "strong", "met"),
    [
        (1.02, 1.0, "up", True, True),
        (1.005, 1.0, "up", True, False),
        (1.005, 1.0, "up", False, True),
        (-3.0, -2.0, "down", True, True),
        (0.9995, 1.0, "same", False, True),
        (0.99, 1.0, "same", False, False),
        (1.0, 1.0, "not_up", False, True),
        (0.1, 0.0, "not_up", False, False),
        (0.1, 0.0, "up", True, True),
        (float("nan"), 1.0, "not_down", False, False),
    ],
)
def test_a_cell_is_judged(value: float, before: float, sign: str, strong: bool, met: bool) -> None:
    cell = Cell("nvidia revenue", 0, sign, strong, "")
    found, usual = ({cell.output: np.array([one])} for one in (value, before))
    assert meets(cell, found, usual) is met


def test_one_more_failure_is_a_strong_change() -> None:
    cell = Cell("other_apps defaults", 0, "up", strong=True, why="")
    usual = {cell.output: np.array([300.0])}
    assert meets(cell, {cell.output: np.array([301.0])}, usual)
