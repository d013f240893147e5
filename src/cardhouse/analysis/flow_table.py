"""Payments between named entities as arrays: read once, checked at the door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.errors import InputError, did_you_mean

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Flows = Iterable[tuple[str, str, float]]

PURSE = -1  # in `source_of`: no source


@dataclass(frozen=True)
class FlowTable:
    """Payments between entities in one period.

    Attributes
    ----------
    entities
        Names in order of first appearance.
    amounts
        Payer to payee, (entity, entity), any one currency unit.
    sources
        Names of the entities whose money is outside money, in the order given.
    source_of
        For each entity the place of its name in ``sources``, or -1, (entity,).
    """

    entities: tuple[str, ...]
    amounts: FloatArray
    sources: tuple[str, ...]
    source_of: IntArray

    def place(self, entity: str) -> int:
        """Return the position of an entity, or raise when nobody has that name."""
        if entity not in self.entities:
            hint = did_you_mean(str(entity), self.entities)
            raise InputError(f"{entity!r} neither pays nor is paid in these flows.{hint}")
        return self.entities.index(entity)


def read_flows(flows: Flows, sources: Iterable[str] = ()) -> FlowTable:
    """Return payments as a table; several payments between the same two are added.

    Raises
    ------
    InputError
        When a row is no (payer, payee, amount), an amount is negative or not finite, an entity
        pays itself, or sources are repeated or no list of names.
    """
    rows = [_row(row, number) for number, row in enumerate(flows)]
    names = _sources(sources)
    entities = tuple(dict.fromkeys(name for payer, payee, _ in rows for name in (payer, payee)))
    place = {name: index for index, name in enumerate(entities)}
    amounts = np.zeros((len(entities), len(entities)))
    for payer, payee, amount in rows:
        amounts[place[payer], place[payee]] += amount
    source_of = [names.index(name) if name in names else PURSE for name in entities]
    return FlowTable(entities, amounts, names, np.array(source_of, dtype=np.int64))


def _row(row: object, number: int) -> tuple[str, str, float]:
    """Return one payment, or raise naming its row."""
    parts = tuple(row) if isinstance(row, tuple | list) else ()
    if len(parts) != 3 or not (isinstance(parts[0], str) and isinstance(parts[1], str)):
        raise InputError(f"flows[{number}] is {row!r}; expected (payer, payee, amount).")
    payer, payee = parts[0], parts[1]
    if payer == payee:
        raise InputError(f"flows[{number}]: {payer!r} pays itself; leave such rows out.")
    return payer, payee, _amount(parts[2], f"flows[{number}]: {payer!r} pays {payee!r}")


def _amount(value: object, where: str) -> float:
    """Return a finite amount that is not negative, or raise."""
    try:
        amount = float(value)  # type: ignore[arg-type]  # whatever cannot be a float is caught
    except (TypeError, ValueError):
        raise InputError(f"{where} {value!r}; expected a number.") from None
    if not (np.isfinite(amount) and amount >= 0.0):
        raise InputError(
            f"{where} {amount:g}; expected a finite amount, not negative. "
            "A refund is a payment the other way."
        )
    return amount


def _sources(sources: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the sources, or raise."""
    if isinstance(sources, str):
        raise InputError(f"sources is the text {sources!r}; expected a list of names.")
    names = tuple(sources)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"sources names {', '.join(repeated)} more than once.")
    return names
