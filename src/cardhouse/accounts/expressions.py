"""Sums of unknowns, written as people write them: ``revenue(aws) - 0.5 * cash:amazon``.

A word is the name of one unknown, or one of `FUNCTIONS` of an entity (with the divisions and
lines below it) and, where it says so, of a kind of contract and of the other side.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.unknowns import Flow, Unknowns
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import ContractKind as Kind
from cardhouse.model.vocabulary import EntityKind

Coefficients = NDArray[np.float64]
_TERM = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?:(?P<number>\d+\.?\d*)\s*\*\s*)?"
    r"(?P<word>[a-z][a-z0-9_:]*)(?:\((?P<arguments>[a-z0-9_, ]*)\))?\s*"
)
_RECEIPTS = (Kind.SALE, Kind.INPUT, Kind.PROGRAM, Kind.CAPEX)
_COSTS = (Kind.COST, Kind.INPUT, Kind.PROGRAM, Kind.REVENUE_SHARE)
_OPERATING_OUT = (*_COSTS, Kind.INTEREST, Kind.TAX)


class Reader:
    """Turns expressions over one economy's unknowns into coefficient vectors, shape (unknown,)."""

    def __init__(self, definition: Definition, unknowns: Unknowns) -> None:
        self._unknowns = unknowns
        self._place = unknowns.place
        self._entities = definition.ids()
        self._lines = set(definition.ids(EntityKind.LINE))
        self._within = {entity: set(definition.within(entity)) for entity in self._entities}

    def read(self, expression: str, place: str) -> Coefficients:
        """Return the coefficients of an expression; `place` is named in errors."""
        total = np.zeros(len(self._unknowns.names))
        position = 0
        while position < len(expression):
            match = _TERM.match(expression, position)
            if match is None or (position and not match["sign"]):
                raise EconomyError(
                    f"{place}: cannot read '{expression[position:]}' in '{expression}'. "
                    "Write terms like revenue(x) + 0.5 * cash:y."
                )
            factor = float(match["number"] or 1.0) * (-1.0 if match["sign"] == "-" else 1.0)
            total += factor * self._term(match["word"], match["arguments"], place)
            position = match.end()
        return total

    def _term(self, word: str, arguments: str | None, place: str) -> Coefficients:
        """Return the coefficients of one term."""
        if arguments is None:
            return self._unknown(word, place)
        if word not in FUNCTIONS:
            raise EconomyError(
                f"{place}: '{word}' is no function of entities.{did_you_mean(word, FUNCTIONS)}"
            )
        names = [argument.strip() for argument in arguments.split(",")]
        return FUNCTIONS[word](self, names, place)

    def _unknown(self, name: str, place: str) -> Coefficients:
        """Return one unknown's unit vector."""
        if name not in self._place:
            raise EconomyError(
                f"{place}: '{name}' is no flow or position.{did_you_mean(name, self._place)}"
            )
        unit = np.zeros(len(self._unknowns.names))
        unit[self._place[name]] = 1.0
        return unit

    def below(self, entity: str, place: str) -> set[str]:
        """Return an entity and all below it."""
        if entity not in self._within:
            raise EconomyError(
                f"{place}: there is no entity '{entity}'.{did_you_mean(entity, self._entities)}"
            )
        return self._within[entity]

    def flows(self, chosen: Callable[[Flow], bool]) -> Coefficients:
        """Return the sum of the flows that are chosen."""
        total = np.zeros(len(self._unknowns.names))
        for position, flow in enumerate(self._unknowns.flows):
            total[position] = float(chosen(flow))
        return total

    def positions(self, word: str, entities: set[str]) -> Coefficients:
        """Return the sum of one kind of position over entities that have it."""
        total = np.zeros(len(self._unknowns.names))
        for entity in entities:
            if f"{word}:{entity}" in self._place:
                total[self._place[f"{word}:{entity}"]] = 1.0
        return total

    def is_line(self, entity: str) -> bool:
        """Return whether an entity is a line."""
        return entity in self._lines


def _only(names: list[str], counts: tuple[int, ...], word: str, place: str) -> list[str]:
    """Return the arguments if there are as many as the function takes."""
    if len(names) not in counts:
        wanted = " or ".join(str(count) for count in counts)
        raise EconomyError(f"{place}: {word}() takes {wanted} arguments, found {len(names)}.")
    return names


def _revenue(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return sales of an entity's lines to anybody."""
    inside = reader.below(_only(names, (1,), "revenue", place)[0], place)
    return reader.flows(
        lambda flow: flow.payee in inside and reader.is_line(flow.payee) and flow.kind in _RECEIPTS
    )


def _cash_costs(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return what an entity pays for costs, inputs, programs and revenue shares."""
    inside = reader.below(_only(names, (1,), "cash_costs", place)[0], place)
    return reader.flows(lambda flow: flow.payer in inside and flow.kind in _COSTS)


def _depreciation(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return the depreciation of an entity's lines."""
    inside = reader.below(_only(names, (1,), "depreciation", place)[0], place)
    return reader.positions("depreciation", inside)


def _operating_income(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return revenue less cash costs and depreciation (stock pay is to be subtracted)."""
    return (
        _revenue(reader, names, place)
        - _cash_costs(reader, names, place)
        - _depreciation(reader, names, place)
    )


def _operating_cash(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return operating cash flow of a firm, before plant and financing."""
    inside = reader.below(_only(names, (1,), "operating_cash", place)[0], place)
    received = (*_RECEIPTS, Kind.REVENUE_SHARE, Kind.OTHER_BUSINESS)
    return reader.flows(lambda flow: flow.payee in inside and flow.kind in received) - reader.flows(
        lambda flow: flow.payer in inside and flow.kind in _OPERATING_OUT
    )


def _cash_flow(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return everything a firm receives less everything it pays."""
    inside = reader.below(_only(names, (1,), "cash_flow", place)[0], place)
    return reader.flows(lambda flow: flow.payee in inside) - reader.flows(
        lambda flow: flow.payer in inside
    )


def _paid(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return ``paid(entity, kind[, payee])``: payments of one kind, to anybody or to one."""
    return _of_kind(reader, _only(names, (2, 3), "paid", place), place, pays=True)


def _received(reader: Reader, names: list[str], place: str) -> Coefficients:
    """Return ``received(entity, kind[, payer])``: receipts of one kind, from anybody or one."""
    return _of_kind(reader, _only(names, (2, 3), "received", place), place, pays=False)


def _of_kind(reader: Reader, names: list[str], place: str, *, pays: bool) -> Coefficients:
    """Return flows of one kind on one side of an entity."""
    kinds = tuple(kind.value for kind in Kind)
    if names[1] not in (*kinds, "any"):
        raise EconomyError(f"{place}: '{names[1]}' is no kind.{did_you_mean(names[1], kinds)}")
    own = reader.below(names[0], place)
    other = reader.below(names[2], place) if len(names) == 3 else None

    def chosen(flow: Flow) -> bool:
        """Return whether a flow has the kind and the two sides."""
        mine, theirs = (flow.payer, flow.payee) if pays else (flow.payee, flow.payer)
        kind_fits = names[1] in ("any", flow.kind.value)
        return kind_fits and mine in own and (other is None or theirs in other)

    return reader.flows(chosen)


FUNCTIONS: dict[str, Callable[[Reader, list[str], str], Coefficients]] = {
    "revenue": _revenue,
    "cash_costs": _cash_costs,
    "depreciation": _depreciation,
    "operating_income": _operating_income,
    "operating_cash": _operating_cash,
    "cash_flow": _cash_flow,
    "paid": _paid,
    "received": _received,
}
"""The functions an expression may use; each takes the id of an entity first."""
