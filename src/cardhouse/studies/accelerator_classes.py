"""Classes of accelerators in an economy's tables: their inputs, from facts or assumed.

``accelerators.csv`` has a row for each input of each class (``*``: of all), ``figure`` over facts
and ``value``, ``low``, ``high`` as the assumption where no fact is known, or as the range where a
fact gives none. ``accelerator_rentals.csv`` says which facts are rental prices, and of what kind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cardhouse.accounts import Definition, read_definition
from cardhouse.accounts.tables import Row
from cardhouse.analysis.accelerators import INPUTS, Accelerator
from cardhouse.errors import EconomyError, InputError, did_you_mean
from cardhouse.studies.accelerator_figures import Expression, FigureReader, parse_figure

FACT, ASSUMPTION, ASKED = "fact", "assumption", "asked"
EVERY = "*"

UNITS = {
    "price": "USD",
    "server_share": "USD per USD of price",
    "site_per_kw": "USD per kW",
    "power_kw": "kW",
    "pue": "ratio",
    "power_price": "USD per kWh",
    "other": "USD an hour",
    "life": "years",
    "site_life": "years",
    "rate": "share a year",
    "utilisation": "share",
    "seller_price": "USD",
    "sales": "USD bn a quarter",
    "all_sales": "USD bn a quarter",
    "counted": "mn",
    "published_cost": "USD an hour",
    "asked_price": "USD",
    "tokens_per_second": "tokens a second",
    "token_price": "USD per mn tokens",
    "plan_price": "USD a month",
    "use_per_month": "USD a month",
    "full_use_per_month": "USD a month",
}
"""Every input that a class may have, and its unit."""

WORDS = {
    "price": "purchase price",
    "server_share": "share of server and network",
    "site_per_kw": "price of the site per kW",
    "power_kw": "power draw",
    "pue": "power overhead",
    "power_price": "price of power",
    "other": "other cost",
    "life": "life",
    "site_life": "life of the site",
    "rate": "cost of capital",
    "utilisation": "share of hours sold",
}
"""What the inputs of a cost are called in a sentence."""

OF_THE_QUARTER = ("sales", "all_sales", "counted")
"""Inputs that only facts of the base quarter itself tell."""

POSITIVE = (
    "price", "life", "site_life", "utilisation", "seller_price", "asked_price",
    "tokens_per_second", "token_price", "plan_price",
)  # fmt: skip
MOST = {"utilisation": 1.0, "rate": 1.0, "life": 100.0, "site_life": 100.0}
SHARES = ("utilisation", "rate")
"""Inputs that people write in percent by mistake."""
LEAST = {"pue": 1.0}


@dataclass(frozen=True)
class InputRow:
    """A row of the table: how one input is known."""

    name: str
    figure: tuple[Expression, ...]
    value: float | None
    low: float | None
    high: float | None
    note: str
    place: str


@dataclass(frozen=True)
class RentalRow:
    """A row of the table of rentals: which facts are prices of an hour, of what kind.

    ``utilisation`` is the share of hours sold at such prices, where it is not that of the class.
    """

    kind: str
    figure: tuple[Expression, ...]
    utilisation: InputRow | None
    note: str
    place: str


@dataclass(frozen=True)
class AcceleratorClass:
    """A class of accelerators as the tables describe it."""

    id: str
    name: str
    inputs: Mapping[str, InputRow]
    rentals: tuple[RentalRow, ...]


@dataclass(frozen=True)
class Input:
    """An input as it is known: value with range, and what it rests on."""

    name: str
    value: float
    low: float
    high: float
    basis: str
    range_basis: str
    facts: tuple[str, ...]
    day: dt.date | None
    note: str


def accelerator_classes(economy: str) -> tuple[AcceleratorClass, ...]:
    """Return the classes of an economy, none where it has no such table; raises EconomyError."""
    return classes_of(read_definition(economy))


def classes_of(definition: Definition) -> tuple[AcceleratorClass, ...]:
    """Return the classes that a definition describes.

    Raises
    ------
    EconomyError
        When an input is not known, stands twice or is out of its domain, or a class lacks a name.
    """
    rows = definition.rows("accelerators")
    ids = [one for one in dict.fromkeys(row.needed("class") for row in rows) if one != EVERY]
    for row in definition.rows("accelerator_rentals"):
        row.one_of("class", tuple(ids))
    shared = _inputs(row for row in rows if row.text("class") == EVERY)
    return tuple(
        AcceleratorClass(
            one,
            _name(one, rows),
            {**shared, **_inputs(row for row in rows if row.text("class") == one)},
            _rentals(one, definition.rows("accelerator_rentals")),
        )
        for one in ids
    )


def _name(one: str, rows: Iterable[Row]) -> str:
    return next((row.text("name") for row in rows if row.text("class") == one), "") or one


def _inputs(rows: Iterable[Row]) -> dict[str, InputRow]:
    found: dict[str, InputRow] = {}
    for row in rows:
        name = row.one_of("input", tuple(UNITS))
        if name in found:
            raise EconomyError(f"{row.place}: input '{name}' also stands in {found[name].place}.")
        found[name] = _input(name, row)
    return found


def _input(name: str, row: Row) -> InputRow:
    if not row.text("figure") and not row.text("value"):
        raise EconomyError(f"{row.place}: figure and value are empty. Give one of them.")
    figure = parse_figure(row.text("figure"), row.place)
    return replace(_assumed(name, row, "value"), figure=figure)


def _assumed(name: str, row: Row, column: str = "utilisation") -> InputRow:
    """Return an input as it is assumed: a value in `column` and its range."""
    numbers = {one: row.maybe(one) for one in (column, "low", "high")}
    for one, number in numbers.items():
        if number is not None:
            check_domain(name, number, f"{row.place}: {one} of {name}")
    value, low, high = numbers.values()
    known = [one for one in (low, value, high) if one is not None]
    if known != sorted(known):
        raise EconomyError(f"{row.place}: expected low <= {column} <= high, found {known}.")
    return InputRow(name, (), value, low, high, row.text("note"), row.place)


def check_domain(name: str, number: float, place: str) -> None:
    """Refuse a value that an input cannot have."""
    least = LEAST.get(name, 0.0)
    most = MOST.get(name, float("inf"))
    if number < least or number > most or (name in POSITIVE and number == 0.0):
        bound = "above 0" if name in POSITIVE else f"at least {least:g}"
        more = f" and at most {most:g}" if most < float("inf") else ""
        meant = number / 100.0
        percent = name in SHARES and most < number <= 100.0
        hint = f" Did you mean {meant:g}, which is {number:g} %?" if percent else ""
        raise EconomyError(f"{place} is {number:g}. It must be {bound}{more}.{hint}")


def _rentals(one: str, rows: Iterable[Row]) -> tuple[RentalRow, ...]:
    return tuple(_rental(row) for row in rows if row.text("class") == one)


def _rental(row: Row) -> RentalRow:
    sold = _assumed("utilisation", row) if row.text("utilisation") else None
    figure = parse_figure(row.needed("figure"), row.place)
    return RentalRow(row.needed("kind"), figure, sold, row.text("note"), row.place)


def read_inputs(
    one: AcceleratorClass,
    reader: FigureReader,
    asked: Mapping[str, float] | None = None,
    rental: RentalRow | None = None,
) -> dict[str, Input]:
    """Return the inputs of a class that are known or assumed on a day; others are missing.

    Parameters
    ----------
    one
        The class.
    reader
        The facts known, the day to which the nearest facts are taken, and its quarter.
    asked
        Inputs that somebody gives himself: they stand for value and range.
    rental
        The kind of rental for which hours are sold; none: as the class says.
    """
    found = {}
    rows = dict(one.inputs)
    if rental is not None:  # only a cost is asked for
        rows = {name: row for name, row in rows.items() if name in INPUTS}
        rows |= {"utilisation": rental.utilisation} if rental.utilisation else {}
    for name, row in rows.items():
        of = reader if name in OF_THE_QUARTER else replace(reader, within=None)
        known = _known(row, of)
        if known is not None:
            found[name] = known
    given = {
        name: Input(name, value, value, value, ASKED, ASKED, (), None, "as asked")
        for name, value in (asked or {}).items()
    }
    return {**found, **given}


def _known(row: InputRow, reader: FigureReader) -> Input | None:
    read = reader.read(row.figure, row.place)
    if read is None:
        if row.value is None:
            return None
        low = row.value if row.low is None else row.low
        high = row.value if row.high is None else row.high
        return Input(row.name, row.value, low, high, ASSUMPTION, ASSUMPTION, (), None, row.note)
    check_domain(row.name, read.value, f"{row.place}: the figure of {row.name}")
    ends, basis = (read.low, read.high), FACT
    if read.low is None or read.high is None:
        ends, basis = (row.low, row.high), ASSUMPTION
    low = read.value if ends[0] is None else min(ends[0], read.value)
    high = read.value if ends[1] is None else max(ends[1], read.value)
    for end in (low, high):
        check_domain(row.name, end, f"{row.place}: the range of {row.name}")
    return Input(row.name, read.value, low, high, FACT, basis, read.facts, read.day, row.note)


def machine_of(inputs: Mapping[str, Input]) -> Accelerator | None:
    """Return the accelerator that inputs describe at their values, None where one is missing."""
    if missing(inputs):
        return None
    return Accelerator(**{name: inputs[name].value for name in INPUTS})


def missing(inputs: Mapping[str, Input]) -> list[str]:
    """Return the names of the inputs of a cost that are not known."""
    return [name for name in INPUTS if name not in inputs]


def ranges_of(inputs: Mapping[str, Input]) -> dict[str, tuple[float, float]]:
    """Return the least and the most of each input of a cost."""
    return {name: (inputs[name].low, inputs[name].high) for name in INPUTS}


def choose_classes(
    classes: tuple[AcceleratorClass, ...], ids: Iterable[str]
) -> tuple[AcceleratorClass, ...]:
    """Return some classes by id, all where none is named; raises InputError for one not known.

    Capitals do not count: an H100 is h100.
    """
    known = {one.id: one for one in classes}
    wanted = [name if name in known else name.lower() for name in ids]
    for name in wanted:
        if name not in known:
            raise InputError(
                f"there is no class of accelerators '{name}'.{did_you_mean(name, known)} "
                f"Known: {', '.join(known) or 'none in this economy'}."
            )
    return tuple(known[name] for name in wanted) if wanted else classes
