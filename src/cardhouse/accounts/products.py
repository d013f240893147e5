"""Products: a flow that is a price times a number of payers, both of them unknowns too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.expressions import Reader

Vector = NDArray[np.float64]
LEAST_SD = 1e-6


@dataclass(frozen=True)
class Product:
    """A relation ``of @ y = scale x (left @ y) x (right @ y)``, true up to a relative sd.

    ``of``, ``left`` and ``right`` have shape (unknown,).
    """

    id: str
    of: Vector
    left: Vector
    right: Vector
    scale: float
    relative_sd: float

    def row(self, values: Vector) -> Vector:
        """Return the coefficients of the relation linearised at `values`."""
        a, b = float(self.left @ values), float(self.right @ values)
        return self.of - self.scale * (b * self.left + a * self.right)

    def target(self, values: Vector) -> float:
        """Return the right side that belongs to `row`."""
        return -self.scale * float(self.left @ values) * float(self.right @ values)

    def sd_at(self, values: Vector) -> float:
        """Return the sd of the relation at `values`."""
        amount = self.scale * float(self.left @ values) * float(self.right @ values)
        return max(self.relative_sd * abs(amount), LEAST_SD)


def list_products(definition: Definition, reader: Reader) -> list[Product]:
    """Return the products of ``products.csv``."""
    return [
        Product(
            id=row.needed("id"),
            of=reader.read(row.needed("of"), row.place),
            left=reader.read(row.needed("price"), row.place),
            right=reader.read(row.needed("payers"), row.place),
            scale=row.number_of("scale"),
            relative_sd=row.number_of("sd"),
        )
        for row in definition.rows("products")
    ]
