"""Facts as linear observations of the unknowns, by the economy's table of what observes what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.expressions import Reader
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.readings import (
    Reading,
    read_dated,
    read_flow,
    read_growth,
    read_level,
    read_rate,
    read_share,
    read_stock,
)
from cardhouse.accounts.signed_rounds import TRANCHES, read_tranches
from cardhouse.accounts.tables import Row
from cardhouse.errors import EconomyError

READINGS = (
    "flow", "dated", "stock", "stock_before", "rate", "level", "share", "growth", *TRANCHES,
)  # fmt: skip
REACH = 4.0


@dataclass(frozen=True)
class Observation:
    """One fact read against the accounts: ``of @ y = value`` or ``of @ y = value * (per @ y)``.

    ``target_text`` is the expression that was read as ``of``. ``of`` and ``per`` have shape
    (unknown,); ``per`` is None unless the fact is a ratio. ``moved`` is how many quarters the fact
    was moved.
    """

    what: str
    target_text: str
    figure: Figure
    value: float
    sd: float
    moved: float
    of: NDArray[np.float64]
    per: NDArray[np.float64] | None

    def row(self) -> NDArray[np.float64]:
        """Return the coefficients of the observation with its ratio multiplied out."""
        return self.of if self.per is None else self.of - self.value * self.per

    def target(self) -> float:
        """Return the right side that belongs to `row`."""
        return self.value if self.per is None else 0.0

    def sd_at(self, values: NDArray[np.float64]) -> float:
        """Return the sd that belongs to `row`; a ratio's is scaled by its base at `values`."""
        if self.per is None:
            return self.sd
        return max(self.sd * abs(float(self.per @ values)), 1e-6)

    def at(self, values: NDArray[np.float64]) -> float:
        """Return what the accounts say where the fact said `value`."""
        amount = float(self.of @ values)
        if self.per is None:
            return amount
        base = float(self.per @ values)
        return amount / base if abs(base) > 1e-12 else self.value


def observe(
    definition: Definition, reader: Reader, figures: Figures, base: int
) -> list[Observation]:
    """Return every observation of the base quarter that the known figures allow."""
    found: list[Observation] = []
    for row in definition.rows("observations"):
        of = reader.read(row.needed("of"), row.place)
        per = reader.read(row.text("per"), row.place) if row.text("per") else None
        readings = read_row(definition, row, figures, base)
        shared = Counter(reading.figure.source for reading in readings)
        found += [
            Observation(
                row.text("id"),
                row.text("of"),
                reading.figure,
                reading.value,
                reading.sd * math.sqrt(shared[reading.figure.source]),
                reading.moved,
                of,
                per,
            )
            for reading in readings
        ]
    return found


def read_row(definition: Definition, row: Row, figures: Figures, base: int) -> list[Reading]:
    """Return what the figures that a row selects say about the base quarter."""
    kind = row.one_of("reading", READINGS)
    if (kind == "share") != bool(row.text("per")):
        raise EconomyError(f"{row.place}: a share needs 'per', and nothing else may have it.")
    if kind in TRANCHES:
        return read_tranches(definition, row, figures, base)
    chosen = picked(row, figures)
    growth, reach = row.number_of("growth", 0.0), row.number_of("reach", REACH)
    read: dict[str, Callable[[], list[Reading]]] = {
        "flow": lambda: read_flow(chosen, base, growth, reach),
        "dated": lambda: read_dated(chosen, base),
        "stock": lambda: read_stock(chosen, base, growth, reach),
        "stock_before": lambda: read_stock(chosen, base - 1, growth, reach),
        "rate": lambda: read_rate(chosen, base, growth, reach),
        "level": lambda: read_level(chosen, base, growth, reach),
        "share": lambda: read_share(chosen, base, reach),
        "growth": lambda: read_growth(chosen, levels_of(row, figures), base, growth),
    }
    return read[kind]()


def picked(row: Row, figures: Figures) -> list[Figure]:
    """Return the figures that a row is about, whatever their time."""
    return figures.find(
        row.needed("entity"), row.needed("metric"), row.text("item"), row.text("counterparty")
    )


def levels_of(row: Row, figures: Figures) -> list[Figure]:
    """Return the amounts that a row's growth starts from; none where it reads no growth."""
    if row.text("reading") != "growth":
        return []
    return figures.find(row.needed("entity"), row.needed("level"), "*", "")
