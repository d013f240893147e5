"""What a run was made of, and one digest over all of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from enum import Enum
from importlib.metadata import version
from typing import Any

from cardhouse.engine.chain import parameters_of
from cardhouse.model.scenario import Scenario
from cardhouse.model.world import World

DIGITS = 9
"""Significant digits of the opening position that count: the rest may differ between platforms."""

CLOSE = 1e-9
"""Numbers of two positions that differ by less, as a share or in USD bn, are the same."""


def manifest_of(world: World, scenario: Scenario, quarters: int) -> dict[str, Any]:
    """Return the manifest of a run: versions, vintage, scenario and the digest of all inputs."""
    return {
        "version": version("cardhouse"),
        "facts_version": world.facts_version,
        "facts_digest": world.facts_digest,
        "economy": world.economy,
        "economy_title": world.about.title,
        "subject": world.about.subject,
        "caution": world.about.caution,
        "base_quarter": world.base,
        "as_of": world.as_of,
        "scenario": scenario.id,
        "scenario_title": scenario.title,
        "scenario_words": scenario.words,
        "levers": dict(scenario.levers),
        "shocks": [dataclasses.asdict(shock) for shock in scenario.shocks],
        "events": [dataclasses.asdict(event) for event in scenario.events],
        "quarters": quarters,
        "seed": None,
        "digest": digest_of(world, scenario, quarters),
    }


def with_draws(manifest: Mapping[str, Any], draws: int, seed: int) -> dict[str, Any]:
    """Return the manifest of a run with draws: their seed, and a digest that knows of them."""
    digest = hashlib.sha256(f"{manifest['digest']} {draws} {seed}".encode()).hexdigest()
    return {**manifest, "seed": seed, "draws": draws, "digest": digest}


def digest_of(world: World, scenario: Scenario, quarters: int) -> str:
    """Return a SHA-256 over everything that a run's numbers follow from.

    Facts and economy enter by the opening position that they give, beside the facts' own digest;
    words of an economy and of a scenario do not count, its moves do.
    """
    return Digester(world).of(scenario, quarters)


REMEMBERED = 64
"""Digests that are remembered: one answer asks for the same one several times."""


class Digester:
    """Digests of many runs on one world, which is written out once."""

    def __init__(self, world: World) -> None:
        self._world = _text(_position(world)).encode()
        self._parameters = _text(parameters_of(world))
        self._version = _text(version("cardhouse"))
        self._known: dict[str, str] = {}

    def of(self, scenario: Scenario, quarters: int) -> str:
        """Return the digest of a run: of all inputs as one JSON object, names in order."""
        moves = {"levers": scenario.levers, "shocks": scenario.shocks, "events": scenario.events}
        before = (
            f'{{"parameters": {self._parameters}, "quarters": {quarters}, '
            f'"scenario": {_text(moves)}, "version": {self._version}, "world": '
        )
        found = self._known.get(before)
        if found is None:
            found = hashlib.sha256(before.encode() + self._world + b"}").hexdigest()
            kept = list(self._known.items())[1 - REMEMBERED :]
            self._known = {**dict(kept), before: found}
        return found


def _text(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True, allow_nan=False)


def _position(world: World) -> dict[str, Any]:
    """Return a world without what is no input: what balancing did, and words."""
    names = (one.name for one in dataclasses.fields(world))
    whole = {name: getattr(world, name) for name in names if name != "about"}
    return {**whole, "moves": (), "residual": 0.0}


def same_position(one: World, other: World) -> bool:
    """Tell whether two worlds are the same opening position but for rounding.

    Balancing leaves other last digits with another number of threads. What balancing did and left,
    and words, do not count.
    """
    return _alike(_position(one), _position(other))


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two values of the model are equal, numbers up to rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        names = (field.name for field in dataclasses.fields(one))
        return all(_alike(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def _plain(value: Any) -> Any:
    """Return values as JSON can hold them, numbers as text with a fixed number of digits."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (one.name for one in dataclasses.fields(value))
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value
