"""The accounting identities: every purse's cash, and what the economy's own table adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.expressions import Reader
from cardhouse.accounts.unknowns import Unknowns
from cardhouse.model.vocabulary import EntityKind


def list_identities(
    definition: Definition, unknowns: Unknowns, reader: Reader
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Return names, coefficients (identity, unknown) and right sides (identity,).

    For each firm: cash at the end = cash before + all receipts - all payments. Payer pays = payee
    receives needs no row, since a flow is one number. The table ``identities.csv`` adds sums that
    must be zero.
    """
    named = [
        (f"change in cash of {firm} = receipts - payments", _cash(reader, firm))
        for firm in definition.ids(EntityKind.FIRM)
    ]
    named += [
        (row.needed("id"), reader.read(row.needed("expression"), row.place))
        for row in definition.rows("identities")
    ]
    names = tuple(name for name, _ in named)
    rows = np.vstack([row for _, row in named]) if named else np.zeros((0, len(unknowns.names)))
    return names, rows, np.zeros(len(names))


def _cash(reader: Reader, firm: str) -> NDArray[np.float64]:
    """Return the coefficients of a firm's cash identity."""
    place = f"cash of {firm}"
    return reader.read(f"cash:{firm} - cash_before:{firm} - cash_flow({firm})", place)
