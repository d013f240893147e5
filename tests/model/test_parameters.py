"""The table of behavioural parameters: no gaps, no word used twice, sources, and who reads them."""

from __future__ import annotations

import importlib
import inspect
import re
from types import FunctionType
from typing import Any

import pytest

from cardhouse.model.parameters import PARAMETERS, Parameter

YEAR = re.compile(r"\b(?:19|20)\d\d(?!\d)")
ASSUMED = "assumption: "

each = pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)


def reader(parameter: Parameter) -> Any:
    """Return what `used_in` points to, None where its module has no such name."""
    module, _, function = parameter.used_in.partition(".")
    return getattr(importlib.import_module(f"cardhouse.engine.{module}"), function, None)


def test_names_are_used_once() -> None:
    names = [parameter.name for parameter in PARAMETERS]
    assert len(names) == len(set(names))


def test_symbols_are_used_once() -> None:
    symbols = [parameter.symbol for parameter in PARAMETERS if parameter.symbol]
    assert len(symbols) == len(set(symbols))


@each
def test_the_default_is_plausible(parameter: Parameter) -> None:
    assert parameter.low <= parameter.default <= parameter.high
    assert parameter.low < parameter.high


@each
def test_a_share_is_a_share(parameter: Parameter) -> None:
    assert parameter.unit
    if parameter.unit.startswith("share"):
        assert parameter.low >= 0.0
        assert parameter.high <= 1.0


@each
def test_the_meaning_is_one_sentence(parameter: Parameter) -> None:
    assert parameter.meaning[0].isupper()
    assert parameter.meaning.endswith(".")
    assert ". " not in parameter.meaning


@each
def test_the_source_is_dated_or_an_assumption_with_a_reason(parameter: Parameter) -> None:
    if parameter.source.startswith(ASSUMED):
        assert parameter.source.removeprefix(ASSUMED).strip()
    else:
        assert YEAR.search(parameter.source)


@each
def test_used_in_names_a_function_of_the_engine(parameter: Parameter) -> None:
    assert isinstance(reader(parameter), FunctionType), parameter.used_in


@each
def test_that_function_reads_the_parameter(parameter: Parameter) -> None:
    function = reader(parameter)
    assert function is not None, f"cardhouse.engine.{parameter.used_in} does not exist"
    assert f'"{parameter.name}"' in inspect.getsource(function)
