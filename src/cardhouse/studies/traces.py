"""The traces of a run, under any rule: sellers, what they were paid, and what that is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.analysis.parts import Mask, ai_lines
from cardhouse.analysis.payers import (
    Payers,
    ai_shares_to_firms,
    capital_to_lines,
    payments_to_lines,
    pro_rata_shares,
    shares_to_firms,
    trace_payers,
    traced_nodes,
)
from cardhouse.analysis.rules import OWN_MONEY
from cardhouse.engine.chain import Array, Index
from cardhouse.studies.views import Unit, View


@dataclass(frozen=True)
class Sink:
    """A seller whose receipts are followed back: its lines, and whether shares of others' too."""

    id: str
    firm: int
    lines: Index
    is_firm: bool


@dataclass(frozen=True)
class Paid:
    """What nodes paid some sellers (quarter, node, sink), and the part booked as capital."""

    all: Array
    capital: Array

    def of(self, sink: int) -> Paid:
        """Return what was paid to one of them."""
        return Paid(self.all[:, :, sink : sink + 1], self.capital[:, :, sink : sink + 1])

    def until(self, rows: int) -> Paid:
        """Return the first quarters alone."""
        return Paid(self.all[:rows], self.capital[:rows])


@dataclass(frozen=True)
class Traced:
    """The trace of a run: sellers with their payments, and what these are made of."""

    view: View

    @cached_property
    def payers(self) -> Payers:
        """Return the composition of every purse, pro rata."""
        return trace_payers(self.view.books)

    @cached_property
    def ai(self) -> Mask:
        """Return which lines are AI business (line,)."""
        return ai_lines(self.view.chain)

    @cached_property
    def sinks(self) -> list[Sink]:
        """Return firms, their divisions, and lines where a unit has several."""
        units = self.view.units
        sinks = [Sink(one.entity.id, one.firm, one.lines, one.is_firm) for one in units]
        known = {one.id for one in sinks}
        lines = [self._line_sink(unit, int(at)) for unit in units for at in _several(unit)]
        return [*sinks, *(one for one in lines if one.id not in known)]

    def _line_sink(self, unit: Unit, line: int) -> Sink:
        name = self.view.chain.line_ids[line]
        return Sink(name, unit.firm, np.array([line]), is_firm=False)

    @cached_property
    def paid(self) -> Paid:
        """Return what sellers were paid."""
        to_firms = shares_to_firms(self.view.books, self._nodes)
        return self._paid(np.ones(len(self.ai), dtype=bool), to_firms)

    @cached_property
    def paid_ai(self) -> Paid:
        """Return what sellers were paid for their AI lines."""
        return self._paid(self.ai, ai_shares_to_firms(self.view.books, self.ai, self._nodes))

    def _paid(self, lines: Mask, to_firms: Array) -> Paid:
        """Return payments to sellers for some lines, with the shares that firms received."""
        every, capital = self._to_lines
        sums = [_of_sink(one, every * lines, to_firms) for one in self.sinks]
        capitals = [(capital * lines)[:, :, one.lines].sum(axis=2) for one in self.sinks]
        return Paid(np.stack(sums, axis=2), np.stack(capitals, axis=2))

    @cached_property
    def _to_lines(self) -> tuple[Array, Array]:
        every = payments_to_lines(self.view.books, self._nodes)
        return every, capital_to_lines(self.view.books, every)

    @property
    def _nodes(self) -> int:
        return len(self.payers.source_of)

    @cached_property
    def shares(self) -> tuple[Array, Array]:
        """Return pro rata shares (quarter, sink, source) and receipts (quarter, sink)."""
        return self.payers.shares(self.paid.all)

    def under(self, rule: str, firm: int | None = None, rows: int | None = None) -> Payers:
        """Return the composition of purses under a rule; ``firm`` is the seller for own money."""
        own = firm if rule == OWN_MONEY else None
        return trace_payers(self.view.books, rule, own, rows)

    def with_own_money(self, rule: str, firm: int, rows: int) -> Payers:
        """Return the composition of purses with a firm's own payments as a source, the last."""
        return trace_payers(self.view.books, rule, firm, rows)


def seller_shares(view: View, sink: Sink) -> tuple[tuple[str, ...], Array]:
    """Return the sources, and one seller's pro rata shares in them over quarters (quarter, source).

    The same as `Traced.shares` has for it, without the traces of all others.
    """
    nodes = traced_nodes(view.chain)
    to_lines, to_firms = payments_to_lines(view.books, nodes), shares_to_firms(view.books, nodes)
    return pro_rata_shares(view.books, _of_sink(sink, to_lines, to_firms))


def cumulated(shares: Array, receipts: Array) -> tuple[Array, Array]:
    """Return shares of receipts added up over quarters.

    Parameters
    ----------
    shares
        By quarter, (quarter, ..., source).
    receipts
        By quarter, (quarter, ...).

    Returns
    -------
    shares, receipts
        (..., source) and (...,): each dollar of receipts weighs the same.
    """
    dollars = (shares * receipts[..., None]).sum(axis=0)
    total = receipts.sum(axis=0)
    return dollars / np.where(total > 0.0, total, 1.0)[..., None], np.asarray(total)


def _several(unit: Unit) -> Index:
    """Return the lines of a unit that has more than one and no divisions of its own."""
    return unit.lines if len(unit.lines) > 1 and not unit.includes else unit.lines[:0]


def _of_sink(sink: Sink, to_lines: Array, to_firms: Array) -> Array:
    """Return payments to one seller (quarter, node)."""
    sold = to_lines[:, :, sink.lines].sum(axis=2)
    return np.asarray(sold + to_firms[:, :, sink.firm] if sink.is_firm else sold)
