"""The table of laws in docs/method: each row names a function and a test that exist."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from cardhouse.analysis.journal import LAWS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "method" / "quarter.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `([a-z_.]+)` \| `([a-z_/]+\.py)::([a-z0-9_]+)` \|$")


def table() -> list[tuple[str, str, str, str, str]]:
    """Return step, law, function, file and test of each row."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("| step | law |"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        found = ROW.match(line)
        assert found, f"not a row of step, law, function and test: {line}"
        rows.append(found.groups())
    return rows  # type: ignore[return-value]


@cache
def functions_of_file(file: str) -> frozenset[str]:
    """Return the names of the test functions of a file."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def function_of(name: str) -> object:
    """Return a function under ``cardhouse.engine``."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(f"cardhouse.engine.{module}"), function)


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_each_law_has_a_function_and_a_test(row: tuple[str, str, str, str, str]) -> None:
    _, law, function, file, test = row
    assert law
    assert callable(function_of(function))
    assert test in functions_of_file(file)


def test_every_step_is_listed_once() -> None:
    steps = [row[0] for row in table()]
    assert len(steps) == len(set(steps)) >= 30


@pytest.mark.parametrize("kind", sorted(LAWS))
def test_the_law_behind_each_kind_of_payment_exists(kind: str) -> None:
    if LAWS[kind] != "accounts":
        assert callable(function_of(LAWS[kind]))
