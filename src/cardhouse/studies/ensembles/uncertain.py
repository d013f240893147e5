"""What an ensemble does not know, input by input: its distribution, and where that comes from.

Four kinds: ``accounts`` (the posterior of the opening position), ``term`` (growth, elasticities and
capital intensities of the tables, drawn with the accounts, once a leaf), ``parameter`` (the laws'
parameters within their ranges, path by path) and ``shock`` (period by period).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import parameters_of
from cardhouse.errors import InputError, did_you_mean
from cardhouse.model.parameters import PARAMETERS, Parameter
from cardhouse.model.vocabulary import ContractKind, terms_of
from cardhouse.model.world import Contract, Line, World
from cardhouse.studies.ensembles.plan import Plan
from cardhouse.studies.ensembles.streams import Streams

Array = NDArray[np.float64]

ACCOUNTS, TERM, PARAMETER, SHOCK = KINDS = ("accounts", "term", "parameter", "shock")
KIND_OPTIONS = {"accounts": ACCOUNTS, "terms": TERM, "parameters": PARAMETER, "shocks": SHOCK}
"""What can be taken as certain, by the word for it."""

ASSUMPTION = "assumption"
UNBOUNDED = 100.0
"""A range whose ends lie further apart than this ratio is drawn on the scale of its reciprocal."""


@dataclass(frozen=True)
class Uncertain:
    """One uncertain input.

    A range (``low``, ``middle``, ``high``) is drawn from a triangle with its peak in the middle;
    a shock is exp of an autoregression with sd ``middle`` a quarter and mean 1.
    """

    id: str
    kind: str
    across: str
    distribution: str
    low: float | None
    middle: float
    high: float | None
    persistence: float | None
    words: str
    source: str

    @property
    def is_assumption(self) -> bool:
        """Tell whether nobody measured it."""
        return self.source.startswith(ASSUMPTION)


@cache
def listed_inputs() -> tuple[Uncertain, ...]:
    """Return the terms and shocks of the table."""
    import csv

    text = files("cardhouse.studies.ensembles").joinpath("uncertain_inputs.csv").read_text("utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


def _read(row: Mapping[str, str]) -> Uncertain:
    numbers = {name: float(row[name]) for name in ("low", "high", "persistence") if row[name]}
    return Uncertain(
        id=row["id"],
        kind=row["kind"],
        across=row["across"],
        distribution="triangular factor" if row["kind"] == TERM else "autoregressive factor",
        low=numbers.get("low"),
        middle=float(row["middle"]),
        high=numbers.get("high"),
        persistence=numbers.get("persistence"),
        words=row["words"],
        source=row["source"],
    )


def uncertain_inputs(world: World, certain: Collection[str] = ()) -> list[Uncertain]:
    """Return every input that an ensemble on a world draws, without the kinds taken as certain."""
    accounts = Uncertain(
        id="accounts",
        kind=ACCOUNTS,
        across="flow and position",
        distribution="posterior of the balanced accounts",
        low=None,
        middle=0.0,
        high=None,
        persistence=None,
        words="Flows and positions of the base quarter, as sure as the facts about them",
        source=f"facts {world.facts_version}, as of {world.as_of}",
    )
    every = [accounts, *listed_inputs(), *_parameter_inputs(world)]
    return [one for one in every if one.kind not in certain]


def _parameter_inputs(world: World) -> list[Uncertain]:
    middles = parameters_of(world)
    return [
        Uncertain(
            id=one.name,
            kind=PARAMETER,
            across="chain",
            distribution="triangular",
            low=_range(one, middles[one.name])[0],
            middle=middles[one.name],
            high=_range(one, middles[one.name])[1],
            persistence=None,
            words=one.meaning,
            source=one.source,
        )
        for one in PARAMETERS
    ]


def _range(parameter: Parameter, middle: float) -> tuple[float, float]:
    """Return the range of a parameter, widened to hold an economy's own value."""
    return min(parameter.low, middle), max(parameter.high, middle)


def read_certain(words: Collection[str]) -> frozenset[str]:
    """Return the kinds that words name; raises InputError for others."""
    for word in words:
        if word not in KIND_OPTIONS:
            raise InputError(
                f"--certain '{word}' is not known.{did_you_mean(word, KIND_OPTIONS)} Use one of "
                f"{', '.join(KIND_OPTIONS)}."
            )
    return frozenset(KIND_OPTIONS[word] for word in words)


def triangular(at: Array, low: float, middle: float, high: float) -> Array:
    """Return the quantiles `at` (0 to 1) of a triangle from low to high with its peak at middle.

    Examples
    --------
    >>> triangular(np.array([0.0, 0.5, 1.0]), 0.0, 1.0, 2.0).tolist()
    [0.0, 1.0, 2.0]
    """
    width = high - low
    if width <= 0:
        return np.full_like(at, middle)
    peak = (middle - low) / width
    rising = low + np.sqrt(at * width * (middle - low))
    falling = high - np.sqrt((1.0 - at) * width * (high - middle))
    return np.asarray(np.where(at < peak, rising, falling))


def drawn_from(one: Uncertain, at: Array) -> Array:
    """Return values of a range at shares `at` (0 to 1) of its probability."""
    low, high = float(one.low or 0.0), float(one.high or 0.0)
    if low > 0 and high / low > UNBOUNDED:
        return 1.0 / triangular(1.0 - at, 1.0 / high, 1.0 / one.middle, 1.0 / low)
    return triangular(at, low, one.middle, high)


SOBOL_BLOCK = 1024
"""Points of the design that are made at a time: scrambling costs more than they do."""

# --- parameters, path by path --------------------------------------------------------------------


def drawn_parameters(world: World, plan: Plan, first: int, count: int) -> dict[str, list[float]]:
    """Return the laws' parameters of paths ``first`` to ``first + count - 1``, by name."""
    inputs = _parameter_inputs(world)
    shares = _design(plan, [one.id for one in inputs], first, count)
    return {
        one.id: drawn_from(one, column).tolist()
        for one, column in zip(inputs, shares.T, strict=True)
    }


def _design(plan: Plan, names: list[str], first: int, count: int) -> Array:
    """Return places in the unit cube of some paths (path, input)."""
    if plan.design == "random":
        streams = Streams(plan.seed)
        return streams.uniforms_of(PARAMETER, names, range(1), first, count)[:, 0].T
    last = first + count - 1
    blocks = range(first // SOBOL_BLOCK, last // SOBOL_BLOCK + 1)
    whole = np.concatenate([_sobol(plan.seed, len(names), block) for block in blocks])
    return whole[first - blocks[0] * SOBOL_BLOCK :][:count]


@lru_cache(maxsize=16)
def _sobol(seed: int, inputs: int, block: int) -> Array:
    """Return a block of points of the scrambled Sobol sequence (path, input)."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(inputs, seed=np.random.default_rng((seed, 0)))
    if block:
        sampler.fast_forward(block * SOBOL_BLOCK)
    points: Array = sampler.random(SOBOL_BLOCK)
    points.setflags(write=False)
    return points


# --- terms, leaf by leaf -------------------------------------------------------------------------


def with_terms(world: World, plan: Plan, leaf: int) -> World:
    """Return a world with terms of its contracts and lines drawn for a leaf."""
    who = [line.id for line in world.lines]
    drawn = _factors(_of_kind(TERM), who, Streams(plan.seed), leaf)
    lines = tuple(_with_intensity(line, drawn["capital_intensity"]) for line in world.lines)
    contracts = tuple(_with_demand(one, drawn) for one in world.contracts)
    return replace(world, lines=lines, contracts=contracts)


def _of_kind(kind: str) -> list[Uncertain]:
    return [one for one in listed_inputs() if one.kind == kind]


Factors = Mapping[str, float]
"""The factors of one term in one leaf, by line."""


def _factors(
    inputs: Sequence[Uncertain], lines: Sequence[str], streams: Streams, leaf: int
) -> dict[str, Factors]:
    """Return the factors of each input; one for all lines where it is drawn across the chain."""
    whose = [(one, name) for one in inputs for name in _entities(one, lines)]
    places = [(TERM, f"{one.id}:{name}") for one, name in whose]
    shares = streams.uniforms_at(places, range(1), leaf, 1)[:, 0, 0]
    out: dict[str, Factors] = {}
    place = 0
    for one in inputs:
        names = _entities(one, lines)
        at = shares[place : place + len(names)]
        known = dict(zip(names, drawn_from(one, at).tolist(), strict=True))
        out[one.id] = known if one.across == "line" else dict.fromkeys(lines, known[CHAIN])
        place += len(names)
    return out


CHAIN = "chain"


def _entities(one: Uncertain, lines: Sequence[str]) -> Sequence[str]:
    """Return those who have a factor of their own."""
    return lines if one.across == "line" else (CHAIN,)


def _with_intensity(line: Line, factors: Factors) -> Line:
    if line.plant is None:
        return line
    intensity = line.plant.capital_intensity * factors[line.id]
    return replace(line, plant=replace(line.plant, capital_intensity=intensity))


SALE_FACTORS = {
    "growth": "demand_growth",
    "half_life": "demand_half_life",
    "elasticity": "demand_elasticity",
    "spread": "willingness_spread",
}
"""Terms of a sale that are drawn, and by which input."""


def _with_demand(contract: Contract, drawn: Mapping[str, Factors]) -> Contract:
    if contract.kind is not ContractKind.SALE:
        return contract
    known = terms_of(ContractKind.SALE)
    terms = dict(contract.terms)
    for term, name in SALE_FACTORS.items():
        value = terms.get(term, known[term].default)
        moved = value * drawn[name][contract.payee]
        terms[term] = min(max(moved, known[term].low), known[term].high)
    return replace(contract, terms=terms)
