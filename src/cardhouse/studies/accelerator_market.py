"""What accelerators cost an hour, and what their hours are rented for, quarter and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cardhouse.accounts.periods import first_day, last_day, quarter_number
from cardhouse.analysis.accelerators import (
    INPUTS,
    Accelerator,
    cost_per_hour,
    dearest_change,
    extreme_cost,
)
from cardhouse.facts import Fact, FactTable
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.world import World
from cardhouse.studies.accelerator_classes import (
    AcceleratorClass,
    Input,
    RentalRow,
    machine_of,
    missing,
    ranges_of,
    read_inputs,
)
from cardhouse.studies.accelerator_figures import FigureReader, Leaf, Reading

TOO_FAR_AHEAD = dt.timedelta(days=366)
"""How long after the base quarter the nearest price may be of: a class not sold yet has none."""

SOLD = (Kind.SALE, Kind.INPUT, Kind.CAPEX, Kind.PROGRAM)


@dataclass(frozen=True)
class Span:
    """A number with its range."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Rental:
    """A rental price of a day, and the accelerator that one could have bought then.

    ``dearest`` is the one input that could make its hour dearest, its value there, and the cost.
    """

    kind: str
    day: dt.date
    price: Span
    facts: tuple[str, ...]
    note: str
    machine: Accelerator | None
    cost: Span | None
    dearest: tuple[str, float, float]
    cost_facts: tuple[str, ...] = ()
    is_nearest: bool = False


@dataclass(frozen=True)
class Priced:
    """A class as it is known: its inputs in the base quarter, its cost, its rental prices.

    ``left_out`` says why there is no cost, where there is none.
    """

    id: str
    name: str
    inputs: Mapping[str, Input]
    machine: Accelerator | None
    cost: Span | None
    rentals: tuple[Rental, ...]
    left_out: str = ""

    def nearest_rentals(self) -> Iterator[Rental]:
        """Yield the price nearest to the base quarter of each kind."""
        return (one for one in self.rentals if one.is_nearest)


@dataclass(frozen=True)
class Market:
    """What figures are read from: facts known, base quarter, sales of lines, inputs as asked."""

    facts: FactTable
    base: str
    sales: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)
    found: dict[Leaf, list[Fact]] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World, facts: FactTable, asked: Mapping[str, float] | None = None) -> Market:
        """Return the market of a world; `facts` are all facts, those known by its date are used."""
        known = facts.known_at(dt.date.fromisoformat(world.as_of))
        return cls(known, world.base, sales_of(world), asked or {})

    @property
    def quarter(self) -> tuple[dt.date, dt.date]:
        """Return the first and the last day of the base quarter."""
        number = quarter_number(self.base)
        return first_day(number), last_day(number)

    @property
    def day(self) -> dt.date:
        """Return the middle of the base quarter."""
        first, last = self.quarter
        return first + (last - first) / 2

    def reader(self, day: dt.date | None = None) -> FigureReader:
        """Return a reader of facts nearest to a day: the middle of the base quarter."""
        return FigureReader(self.facts, day or self.day, self.sales, self.quarter, self.found)


def sales_of(world: World) -> dict[str, float]:
    """Return what each line sold in the base quarter, USD bn."""
    sales = {line.id: 0.0 for line in world.lines}
    for one in world.contracts:
        if one.kind in SOLD and one.payee in sales and one.terms.get("pays", 1.0):
            sales[one.payee] += one.amount
    return sales


def price_all(classes: Sequence[AcceleratorClass], market: Market) -> tuple[Priced, ...]:
    """Return all classes with their costs and rental prices."""
    return tuple(price_class(one, market) for one in classes)


def price_class(one: AcceleratorClass, market: Market) -> Priced:
    """Return a class with its cost in the base quarter and its dated rental prices."""
    inputs = read_inputs(one, market.reader(), market.asked)
    left_out = _left_out(inputs, market)
    machine = None if left_out else machine_of(inputs)
    rentals = () if left_out else _rentals(one, market)
    return Priced(one.id, one.name, inputs, machine, cost_span(inputs), rentals, left_out)


def _left_out(inputs: Mapping[str, Input], market: Market) -> str:
    lacking = missing(inputs)
    if lacking:
        return f"No {' and no '.join(name.replace('_', ' ') for name in lacking)} is known."
    day = inputs["price"].day
    if day is not None and day > market.quarter[1] + TOO_FAR_AHEAD:
        return f"The first price known is of {day}, long after {market.base}."
    return ""


def cost_span(inputs: Mapping[str, Input]) -> Span | None:
    """Return the cost of an hour sold with its extremes, None where an input is missing."""
    machine = machine_of(inputs)
    if machine is None:
        return None
    ranges = ranges_of(inputs)
    low, high = (extreme_cost(ranges, dearest=dearest) for dearest in (False, True))
    return Span(cost_per_hour(machine).total, low, high)


def _rentals(one: AcceleratorClass, market: Market) -> tuple[Rental, ...]:
    """Return the prices by day; a fact that several rows ask for counts for the first."""
    reader = market.reader()
    found: dict[str, tuple[RentalRow, Reading]] = {}
    for row in one.rentals:
        for read in reader.every(row.figure, row.place):
            found.setdefault(read.facts[0], (row, read))
    nearest = _nearest([(row.kind, read) for row, read in found.values()], market.day)
    rentals = [
        _rental(one, market, row, read, is_nearest=fact in nearest)
        for fact, (row, read) in found.items()
    ]
    return tuple(sorted(rentals, key=lambda rental: (rental.day, rental.kind, rental.facts)))


def _nearest(found: Sequence[tuple[str, Reading]], day: dt.date) -> set[str]:
    """Return the fact of each kind whose day is nearest; of two as near, the first."""
    best: dict[str, tuple[int, str]] = {}
    for kind, read in found:
        distance = (abs(((read.day or day) - day).days), read.facts[0])
        if kind not in best or distance < best[kind]:
            best[kind] = distance
    return {fact for _, fact in best.values()}


def _rental(
    one: AcceleratorClass, market: Market, row: RentalRow, read: Reading, *, is_nearest: bool
) -> Rental:
    day = read.day or market.day
    inputs = read_inputs(one, market.reader(day), market.asked, row)
    machine = machine_of(inputs)
    low = read.value if read.low is None else read.low
    high = read.value if read.high is None else read.high
    return Rental(
        row.kind,
        day,
        Span(read.value, low, high),
        read.facts,
        row.note,
        machine,
        cost_span(inputs),
        ("", 0.0, 0.0) if machine is None else dearest_change(machine, ranges_of(inputs)),
        tuple(facts_behind(inputs)),
        is_nearest,
    )


def facts_behind(inputs: Mapping[str, Input]) -> list[str]:
    """Return the facts behind a cost, each once."""
    rows = [inputs[name] for name in INPUTS if name in inputs]
    return list(dict.fromkeys(fact for one in rows for fact in one.facts))
