"""Links: who may pay whom for what. A quarter's book is one number a link, billed and paid.

A link is a kind of flow from one purse to another, told apart by the lines that buy and sell, by
the loan, and by the contract behind it; so a payment can be followed to its contract and law.
Axes: ``link``, and ``node`` (firms first, then segments, pools and outside accounts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cardhouse.model.vocabulary import ContractKind

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FLOW_KINDS: tuple[str, ...] = (
    *(kind.value for kind in ContractKind if kind is not ContractKind.CREDIT_LINE),
    "shortfall",
    "arrears",
    "liquidation",
    "default_costs",
)
"""Kinds of flow in the books: every contract kind, and what only a crisis knows.

What is drawn on a credit line is debt drawn.
"""

KIND: dict[str, int] = {kind: number for number, kind in enumerate(FLOW_KINDS)}

NONE = -1
"""No line, no loan, no contract."""


@dataclass(frozen=True)
class Links:
    """The links of a chain, sorted by group; each group is written by one law.

    ``groups`` names slices: a group is a kind of flow, with a suffix where one kind has several
    (``program`` and ``program_outside``).
    """

    kind: Index
    payer: Index  # node
    payee: Index  # node
    buyer_line: Index
    seller_line: Index
    loan: Index
    contract: Index  # place in the world's contracts
    seniority: Index  # class in settlement; NO_CLAIM where nobody can claim it
    groups: Mapping[str, slice]
    nodes: int
    firms: int
    lines: int

    @property
    def count(self) -> int:
        """Return the number of links."""
        return len(self.kind)

    def of(self, group: str) -> slice:
        """Return where a group stands."""
        return self.groups[group]

    def empty(self, paths: int) -> Array:
        """Return a book without entries (path, link)."""
        return np.zeros((paths, self.count))

    @cached_property
    def by_firm(self) -> Mask:
        """Tell which links a firm pays (link,)."""
        return np.asarray(self.payer < self.firms)

    @cached_property
    def to_firm(self) -> Mask:
        """Tell which links a firm receives (link,)."""
        return np.asarray(self.payee < self.firms)

    def kinds(self, *names: str) -> Mask:
        """Tell which links are of these kinds (link,)."""
        return np.isin(self.kind, [KIND[name] for name in names])

    def paid(self, values: Array, *names: str) -> Array:
        """Sum what firms pay (path, firm) of (path, link), in all kinds or in those named."""
        return self._summed(values, "payer", names)

    def received(self, values: Array, *names: str) -> Array:
        """Sum what firms receive (path, firm), in all kinds or in those named."""
        return self._summed(values, "payee", names)

    def _summed(self, values: Array, end: str, names: tuple[str, ...]) -> Array:
        at, firm = self._firms_at(end, names)
        return summed(values[:, at], firm, self.firms)

    def _firms_at(self, end: str, names: tuple[str, ...]) -> tuple[Index, Index]:
        """Return the links with a firm at one end, of some kinds or of all, and those firms."""
        found = self._known_ends.get((end, names))
        if found is None:
            node: Index = getattr(self, end)
            chosen = node < self.firms
            at = np.flatnonzero(chosen & self.kinds(*names) if names else chosen)
            found = self._known_ends[end, names] = at, node[at]
        return found

    def pairs(self, *names: str) -> tuple[Index, Index]:
        """Return the links of some kinds, and the place of each (payer, payee), flattened."""
        found = self._known_ends.get(("pair", names))
        if found is None:
            at = np.flatnonzero(self.kinds(*names))
            place = self.payer[at] * self.nodes + self.payee[at]
            found = self._known_ends["pair", names] = at, place
        return found

    @cached_property
    def _known_ends(self) -> dict[tuple[str, tuple[str, ...]], tuple[Index, Index]]:
        return {}

    def by_line(self, values: Array) -> Array:
        """Return what each purse is billed for each line's output (path, node, line)."""
        at = self._customers
        place = self.payer[at] * self.lines + self.seller_line[at]
        flat = summed(values[:, at], place, self.nodes * self.lines)
        return flat.reshape(len(values), self.nodes, self.lines)

    def line_revenue(self, values: Array) -> Array:
        """Return what is billed for each line's output (path, line)."""
        at = self._customers
        return summed(values[:, at], self.seller_line[at], self.lines)

    @cached_property
    def _customers(self) -> Index:
        return np.flatnonzero(self.seller_line >= 0)

    def dense(self, values: Array) -> Array:
        """Return (path, kind, node, node) of (path, link)."""
        place = (self.kind * self.nodes + self.payer) * self.nodes + self.payee
        flat = summed(values, place, len(FLOW_KINDS) * self.nodes * self.nodes)
        return flat.reshape(len(values), len(FLOW_KINDS), self.nodes, self.nodes)


Mask = NDArray[np.bool_]


def summed(values: Array, place: Index, places: int) -> Array:
    """Sum (path, item) into (path, place), in the order of the items."""
    paths = values.shape[0]
    flat = (np.arange(paths)[:, None] * places + place).ravel()
    out = np.bincount(flat, values.ravel(), minlength=paths * places)
    return np.asarray(out.reshape(paths, places), dtype=float)
