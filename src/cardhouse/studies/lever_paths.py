"""From a scenario to what each lever does in each quarter: overlap, order and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import InputError, ScenarioError, did_you_mean
from cardhouse.model.scenario import Lever, Scenario, Shock
from cardhouse.studies.levers import (
    REMOVE,
    Setting,
    check_value,
    describe_range,
    find_lever,
    is_automatic,
    is_switch,
    load_levers,
    removed,
)
from cardhouse.studies.scenario_times import MAX_QUARTERS

Values = NDArray[np.float64]

SHOWN_SETTINGS = 3

BASELINE = Scenario("baseline", "Baseline", "Nothing is moved.", "The reference of every other.")


def combine(
    scenarios: Sequence[Scenario], settings: Mapping[str, Setting] | None = None
) -> Scenario:
    """Return one scenario that applies several in order and single lever settings last.

    Overlapping factors multiply; of overlapping levels the last wins.

    Parameters
    ----------
    scenarios
        In the order in which they apply; none: the baseline.
    settings
        Lever values for the whole run, each in the lever's own unit.

    Raises
    ------
    ScenarioError
        When a setting names no lever or is out of its range, or a product of factors is.
    """
    parts = tuple(scenarios) or (BASELINE,)
    named = [part for part in parts if part.id != BASELINE.id] or [parts[-1]]
    combined = parts[0]
    for part in parts[1:]:
        combined = _then(combined, part)
    if settings:
        events = removed(settings[REMOVE], "--set") if REMOVE in settings else ()
        checked = {
            lever: check_value(find_lever(lever, "--set"), value, "--set")
            for lever, value in settings.items()
            if lever != REMOVE
        }
        combined = _then(combined, Scenario("", "", "", "", checked, events=events))
    return Scenario(
        id="+".join(part.id for part in named),
        title=_titled(", then ".join(part.title for part in named), settings or {}),
        words=" ".join(part.words for part in named),
        reason=" ".join(part.reason for part in named),
        levers=combined.levers,
        shocks=combined.shocks,
        events=combined.events,
    )


def _titled(title: str, settings: Mapping[str, Setting]) -> str:
    """Return a title with what single settings move beside it.

    Examples
    --------
    >>> _titled("Baseline", {"remove": ("openai",), "venture_supply": 0.4})
    'Baseline with remove=openai, venture_supply=0.4'
    """
    told = [f"{name}={_setting(value)}" for name, value in settings.items()]
    more = f" and {len(told) - SHOWN_SETTINGS} more" if len(told) > SHOWN_SETTINGS else ""
    return f"{title} with {', '.join(told[:SHOWN_SETTINGS])}{more}" if told else title


def _setting(value: Setting) -> str:
    return f"{value:g}" if isinstance(value, int | float) else ",".join(value)


def _then(first: Scenario, second: Scenario) -> Scenario:
    """Apply `second` after `first`; a level set for the whole run overrides every earlier move."""
    constants = dict(first.levers)
    overridden: set[str] = set()
    for lever_id, value in second.levers.items():
        lever = find_lever(lever_id, f"scenario '{second.id}'")
        if lever.kind == "factor":
            product = constants.get(lever_id, 1.0) * value
            constants[lever_id] = check_value(lever, product, "the scenarios together")
        else:
            constants[lever_id] = value
            overridden.add(lever_id)
    kept = tuple(shock for shock in first.shocks if shock.lever not in overridden)
    return Scenario(
        second.id,
        second.title,
        second.words,
        second.reason,
        constants,
        kept + second.shocks,
        first.events + second.events,
    )


def lever_paths(
    scenario: Scenario, quarters: int, levers: Mapping[str, Lever] | None = None
) -> dict[str, Values]:
    """Return the path of every lever that moves, in its own unit; the base quarter is neutral.

    Constants act from t = 1. Factors start from 1 and multiply. A level starts from its default
    and each move overwrites the quarters it covers; a ramp starts from where the level stood.

    Parameters
    ----------
    scenario
        What is moved.
    quarters
        Number of simulated quarters, 1 to 400.
    levers
        The lever table by id; none: the shipped table.

    Returns
    -------
    dict
        Lever id -> values over quarters, (quarters + 1,).

    Raises
    ------
    ScenarioError
        When a lever is unknown, a value out of range, or a move starts after the last quarter.
    """
    check_quarters(quarters)
    table = load_levers() if levers is None else levers
    where = f"scenario '{scenario.id}'"
    _check_horizon(scenario, quarters, where)
    moves = [Shock(lever, value, 1) for lever, value in scenario.levers.items()]
    paths: dict[str, Values] = {}
    for shock in (*moves, *scenario.shocks):
        lever = find_lever(shock.lever, where, table)
        check_shock(lever, shock, where)
        path = paths.setdefault(lever.id, np.full(quarters + 1, lever.default))
        paths[lever.id] = _moved(lever, path, shock)
    for name, path in paths.items():
        _check_path(table[name], path, where)
    return {name: path for name, path in paths.items() if (path != table[name].default).any()}


def check_quarters(quarters: int) -> int:
    """Return the number of quarters when a run may have it; raises InputError otherwise."""
    if not 1 <= quarters <= MAX_QUARTERS:
        raise InputError(f"--quarters is {quarters}: a run has 1 to {MAX_QUARTERS} quarters.")
    return quarters


def check_shock(lever: Lever, shock: Shock, where: str) -> None:
    """Raise ScenarioError unless the lever may take the shock's value in its shape and time."""
    check_value(lever, shock.value, where)
    if shock.end is not None and shock.end < shock.start:
        raise ScenarioError(
            f"{where}: {lever.id} moves from t+{shock.start} to t+{shock.end}, which is earlier. "
            "Exchange `from` and `to`."
        )
    if shock.shape == "pulse" and shock.end not in (None, shock.start):
        raise ScenarioError(
            f"{where}: a pulse of {lever.id} lasts one quarter, so `to` says nothing. "
            "Remove `to`, or use `shape: step`."
        )
    if shock.shape == "ramp" and (is_automatic(lever) or is_switch(lever)):
        raise ScenarioError(
            f"{where}: {lever.id} has no values between its default and {shock.value:g} to pass "
            "through. Use `shape: step`."
        )


def check_entities(scenario: Scenario, entities: Iterable[str]) -> None:
    """Raise ScenarioError when an event names an entity that the economy does not have."""
    known = list(entities)
    for event in scenario.events:
        if event.entity not in known:
            raise ScenarioError(
                f"scenario '{scenario.id}': event '{event.event}' at t+{event.at} names "
                f"'{event.entity}', which this economy does not have."
                f"{did_you_mean(event.entity, known)} `cardhouse accounts` lists its firms."
            )


def _check_horizon(scenario: Scenario, quarters: int, where: str) -> None:
    starts = [(shock.start, shock.lever) for shock in scenario.shocks]
    starts += [(event.at, f"{event.event} of {event.entity}") for event in scenario.events]
    for start, what in starts:
        if start > quarters:
            raise ScenarioError(
                f"{where}: {what} starts at t+{start}, after the run's last quarter t+{quarters}. "
                f"Simulate at least {start} quarters (--quarters {start}) or start it earlier."
            )


def _moved(lever: Lever, path: Values, shock: Shock) -> Values:
    """Return the path after one more move."""
    last = len(path) - 1
    end = shock.start if shock.shape == "pulse" else shock.end or last
    moved = path.copy()
    if lever.kind == "factor":
        moved[shock.start :] *= _shape(shock, end, np.ones(1), last)
        return moved
    values = _shape(shock, end, path[shock.start - 1 : shock.start], last)
    covered = last if shock.shape == "ramp" else min(end, last)
    moved[shock.start : covered + 1] = values[: covered + 1 - shock.start]
    return moved


def _shape(shock: Shock, end: int, before: Values, last: int) -> Values:
    """Return values over quarters start .. last, coming from `before` and neutral (1) outside."""
    quarter = np.arange(shock.start, last + 1)
    if shock.shape == "ramp":
        done = np.minimum((quarter - shock.start + 1) / (end - shock.start + 1), 1.0)
        return np.asarray(np.where(done < 1.0, before + (shock.value - before) * done, shock.value))
    return np.where(quarter <= end, shock.value, 1.0)


def _check_path(lever: Lever, path: Values, where: str) -> None:
    outside = ~((path >= lever.low) & (path <= lever.high) | (path == lever.default))
    if outside.any():
        quarter = int(outside.argmax())
        raise ScenarioError(
            f"{where}: moves of {lever.id} overlap and multiply to {path[quarter]:g} at "
            f"t+{quarter}, out of its range. Keep the product within {describe_range(lever)}."
        )
