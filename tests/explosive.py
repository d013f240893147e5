"""Series for the tests of explosive roots, and the Shiller file where it is at hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads(
        (ROOT / "tests" / "oracles" / "explosive_root_cases.json").read_text(encoding="utf-8")
    )["cases"]
}


def congruential_series(T: int, seed: int, a: int, b: int, rho: float) -> NDArray[np.float64]:
    """Return the made-up series of the cases, with noise from a congruential generator."""
    state, values = seed, [100.0]
    for time in range(T):
        state = (1103515245 * state + 12345) % 2**31
        if time:
            root = rho if a <= time < b else 1.0
            values.append(root * values[-1] + state / 2**31 - 0.5)
    return np.array(values)


def data_file(name: str) -> Path:
    """Return a file of series that the project does not ship; skips the test without it."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand: it is for tests alone and not part of the project")
    return path


def price_dividend() -> tuple[list[str], NDArray[np.float64]]:
    """Return months and real price over real dividend of the S&P 500, 1871 to 2010."""
    with data_file("sp500_shiller_monthly.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Date"] < "2011"]
    ratios = [float(row["Real Price"]) / float(row["Real Dividend"]) for row in rows]
    return [row["Date"][:7] for row in rows], np.array(ratios)
