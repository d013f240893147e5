"""The levers a person may move: the table ``levers.csv``, its checks, its way into the engine.

A ``factor`` is neutral at 1 and a ``level`` at its default. A level whose default lies outside its
range is automatic until moved: the accounts or the parameters decide (``accelerator_life`` 0).
"""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import ScenarioError, did_you_mean
from cardhouse.model.scenario import Event, Lever

TABLE = Path(__file__).with_name("levers.csv")
REMOVE = "remove"
REMOVE_WORDS = (
    "Firms that are taken out at once: each defaults in the first quarter (later: an event in a "
    "scenario file)"
)
REMOVE_GROUP = "Defaults"
REMOVE_RANGE = "ids of firms, such as openai,xai"
"""The one lever that takes names, not a number: `removed` makes events of it."""
EVENT_HINT = (
    "It takes firms out at once and moves no number: write it under `levers`, with --set, or add "
    "an event `{event: default, entity: ..., at: t+N}`."
)
PARAMETER_CHANNELS = frozenset(
    {"commitments_enforced", "substitution", "recovery", "default_costs"}
)
NO_LIMIT_CHANNELS = frozenset({"demand_ceiling"})
QUARTERS_A_YEAR = 4


Setting = float | tuple[str, ...]
"""A lever's value; ids of firms for `remove`."""


@cache
def load_levers() -> Mapping[str, Lever]:
    """Return every lever by id, in the order of the table.

    Examples
    --------
    >>> load_levers()["venture_supply"].high
    3.0
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [_lever(row) for row in csv.DictReader(file)]
    return MappingProxyType({lever.id: lever for lever in rows})


def _lever(row: Mapping[str, str]) -> Lever:
    numbers = {name: float(row[name]) for name in ("default", "low", "high")}
    words = {name: text for name, text in row.items() if name not in numbers}
    return Lever(**words, **numbers)  # type: ignore[arg-type]


def find_lever(lever_id: str, where: str = "", levers: Mapping[str, Lever] | None = None) -> Lever:
    """Return the lever with this id; `where` (file, line, option) starts the error's sentence.

    Raises
    ------
    ScenarioError
        When no lever has this id; the nearest known id is offered.
    """
    known = load_levers() if levers is None else levers
    if lever_id in known:
        return known[lever_id]
    if lever_id == REMOVE:
        raise ScenarioError(f"{_prefix(where)}`{REMOVE}` cannot stand here. {EVENT_HINT}")
    hint = did_you_mean(lever_id, [*known, REMOVE])
    raise ScenarioError(
        f"{_prefix(where)}there is no lever '{lever_id}'.{hint} `cardhouse levers` lists them all."
    )


def lever_rows() -> list[dict[str, Any]]:
    """Return every lever as a row for a list; `remove` has no numbers."""
    rows = [dataclasses.asdict(lever) for lever in load_levers().values()]
    remove = {
        **dict.fromkeys(rows[0], None),
        "id": REMOVE,
        "words": REMOVE_WORDS,
        "group": REMOVE_GROUP,
        "kind": "entities",
        "unit": "ids of firms",
        "channel": "removed",
        "selector": "",
    }
    return [*rows, remove]


def removed(value: object, where: str = "") -> tuple[Event, ...]:
    """Return the events by which `remove` takes firms out in the first quarter.

    Raises
    ------
    ScenarioError
        When the value is neither a list of ids nor ids joined by commas.

    Examples
    --------
    >>> removed("openai,xai")
    (Event(event='default', entity='openai', at=1), Event(event='default', entity='xai', at=1))
    """
    parts = value.split(",") if isinstance(value, str) else value
    names = [str(one).strip() for one in parts] if isinstance(parts, list | tuple) else []
    if not names or not all(names):
        raise ScenarioError(f"{_prefix(where)}{REMOVE} is {value!r}: use {REMOVE_RANGE}.")
    return tuple(Event("default", name, 1) for name in dict.fromkeys(names))


def is_automatic(lever: Lever) -> bool:
    """Tell whether the default stands for "as in the accounts" and is no value of its own."""
    return not lever.low <= lever.default <= lever.high


def is_switch(lever: Lever) -> bool:
    """Tell whether the lever is either 0 or 1."""
    return lever.unit == "0 or 1"


def check_value(lever: Lever, value: object, where: str = "") -> float:
    """Return `value` when the lever may take it.

    Raises
    ------
    ScenarioError
        When it is not a finite number or lies outside the lever's range.
    """
    number = _number(lever, value, where)
    within = lever.low <= number <= lever.high or number == lever.default
    if within and (number in (0.0, 1.0) or not is_switch(lever)):
        return number
    raise ScenarioError(
        f"{_prefix(where)}{lever.id} is {number:g}, which is out of its range: "
        f"use {describe_range(lever)}."
    )


def _number(lever: Lever, value: object, where: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = _finite(value)
        if number is not None:
            return number
    raise ScenarioError(
        f"{_prefix(where)}{lever.id} is {value!r}, which is not a finite number: "
        f"use {describe_range(lever)}."
    )


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return None
    return number if math.isfinite(number) else None


def describe_range(lever: Lever) -> str:
    """Return the lever's range in words: ``0 to 3`` or ``4 to 40 quarters, or 0 as it is``."""
    if is_switch(lever):
        return "0 or 1"
    unit = "" if lever.unit in ("factor", "stance") else f" ({lever.unit})"
    automatic = f", or {lever.default:g} for as it is" if is_automatic(lever) else ""
    return f"{lever.low:g} to {lever.high:g}{unit}{automatic}"


def parse_settings(
    texts: Iterable[str], levers: Mapping[str, Lever] | None = None
) -> dict[str, Setting]:
    """Return lever values from texts such as ``venture_supply=0.4``, checked.

    The value of ``remove`` is a tuple of ids.

    Raises
    ------
    ScenarioError
        When a text has another form, names an unknown lever or a lever twice, or its value is no
        number in the lever's range.

    Examples
    --------
    >>> parse_settings(["venture_supply=0.4", "interest_shift=2"])
    {'venture_supply': 0.4, 'interest_shift': 2.0}
    """
    settings: dict[str, Setting] = {}
    for text in texts:
        where = f"--set {text}"
        name, equals, number = (part.strip() for part in text.partition("="))
        if not (name and equals):
            raise ScenarioError(f"{where}: write LEVER=VALUE, for example venture_supply=0.4.")
        if name in settings:
            raise ScenarioError(f"{where}: {name} is set twice; set it once.")
        if name == REMOVE:
            settings[name] = tuple(event.entity for event in removed(number, where))
            continue
        settings[name] = check_value(find_lever(name, where, levers), _as_number(number), where)
    return settings


def _as_number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # check_value says what was found


def parse_selector(lever: Lever) -> tuple[str, frozenset[str]]:
    """Return the attribute a lever selects entities by and the labels it takes; ``("", ...)``: all.

    Examples
    --------
    >>> attribute, labels = parse_selector(load_levers()["user_price"])
    >>> attribute, sorted(labels)
    ('product', ['app', 'subscription'])
    """
    attribute, _, labels = lever.selector.partition("=")
    return attribute, frozenset(label for label in labels.split(",") if label)


def driver_values(lever: Lever, path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a lever's path in the engine's units, neutral where the lever stands at its default.

    Parameters
    ----------
    lever
        The lever that moves.
    path
        Its values over quarters (quarter,), in the lever's own unit.

    Returns
    -------
    NDArray
        Values over quarters (quarter,): yearly rates and points become rates a quarter; a default
        that stands for "as in the accounts, the parameters" becomes NaN, "no ceiling" infinity.
    """
    if lever.unit == "rate a year":
        return np.asarray((1.0 + path) ** (1.0 / QUARTERS_A_YEAR) - 1.0)
    if lever.unit == "points a year":
        return path / (100.0 * QUARTERS_A_YEAR)
    if lever.channel in NO_LIMIT_CHANNELS:
        return np.where(path == lever.default, np.inf, path)
    if is_automatic(lever) or lever.channel in PARAMETER_CHANNELS:
        return np.where(path == lever.default, np.nan, path)
    return path.copy()


def _prefix(where: str) -> str:
    return f"{where}: " if where else ""
