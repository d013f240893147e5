"""Who gets what when purses run short: classes in order, pro rata within a class.

A block holds many paths side by side. Sums run in a fixed order and every path stops on its own,
so a path's bits do not depend on what else is in the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cardhouse.engine.links import summed

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

# A gap below this share of what is owed is rounding: the purse counts as paying in full.
SHORT_TOLERANCE = 1e-12


class Claims(Protocol):
    """Who is owed: amounts from purse to purse by class, for a block of paths."""

    def inflow(self, ratios: FloatArray) -> FloatArray:
        """Return what purses receive, (path, purse), at paid ratios (path, class, purse)."""

    def rows(self, classes: IntArray, purses: IntArray) -> FloatArray:
        """Return what each purse owes to purses in the class named for it, first path."""

    def take(self, paths: IntArray) -> Claims:
        """Return the claims of some paths."""


@dataclass(frozen=True)
class PathClaims:
    """Claims that differ from path to path: ``owed`` (path, class, purse, purse)."""

    owed: FloatArray

    def inflow(self, ratios: FloatArray) -> FloatArray:
        """See `Claims`."""
        paths, classes, n, _ = self.owed.shape
        flat = self.owed.reshape(paths, classes * n, n)
        # Not a matrix product: a BLAS may change the order of summation with the block.
        return np.einsum("pk,pkj->pj", ratios.reshape(paths, classes * n), flat, optimize=False)

    def rows(self, classes: IntArray, purses: IntArray) -> FloatArray:
        """See `Claims`."""
        return self.owed[0, classes, purses]

    def take(self, paths: IntArray) -> PathClaims:
        """See `Claims`."""
        return PathClaims(self.owed[paths])


@dataclass(frozen=True)
class LinkClaims:
    """Claims that differ from path to path, one by one: who owes whom what in which class.

    For networks in which few of all pairs owe each other anything. Amounts are (path, claim).
    """

    amounts: FloatArray
    place: IntArray  # (claim,): class x purses + payer
    payee: IntArray  # (claim,): a purse
    purses: int

    def inflow(self, ratios: FloatArray) -> FloatArray:
        """See `Claims`."""
        flat = ratios.reshape(len(ratios), -1)
        return summed(self.amounts * flat[:, self.place], self.payee, self.purses)

    def rows(self, classes: IntArray, purses: IntArray) -> FloatArray:
        """See `Claims`."""
        out = np.zeros((len(purses), self.purses))
        for row, place in zip(out, (classes * self.purses + purses).tolist(), strict=True):
            mine = np.flatnonzero(self.place == place)
            np.add.at(row, self.payee[mine], self.amounts[0, mine])
        return out

    def take(self, paths: IntArray) -> LinkClaims:
        """See `Claims`."""
        return LinkClaims(self.amounts[paths], self.place, self.payee, self.purses)


@dataclass(frozen=True)
class SharedClaims:
    """Claims that are the same on every path: classes stacked, (class x purse, purse)."""

    owed: sparse.csr_array
    transposed: sparse.csr_array

    @classmethod
    def stack(cls, classes: list[sparse.csr_array]) -> SharedClaims:
        """Stack one sparse matrix a class, most senior first."""
        owed = sparse.csr_array(sparse.vstack(classes, format="csr"))
        return cls(owed, sparse.csr_array(owed.T))

    def inflow(self, ratios: FloatArray) -> FloatArray:
        """See `Claims`."""
        columns = np.ascontiguousarray(ratios.reshape(ratios.shape[0], -1).T)
        return np.ascontiguousarray((self.transposed @ columns).T)

    def rows(self, classes: IntArray, purses: IntArray) -> FloatArray:
        """See `Claims`."""
        return np.asarray(self.owed[classes * self.owed.shape[1] + purses].toarray())

    def take(self, paths: IntArray) -> SharedClaims:
        """See `Claims`."""
        del paths  # the same for all
        return self


@dataclass(frozen=True)
class Rules:
    """What a purse in default keeps for its creditors, and what counts as default.

    All are (path, purse). ``keep_resources`` and ``keep_inflow`` are shares; the rest is burned
    as default costs. A purse is in default when it has less than ``default_below`` of what it owes,
    or when ``forced`` says so; a smaller gap is an arrear without costs.
    """

    keep_resources: FloatArray
    keep_inflow: FloatArray
    forced: BoolArray
    default_below: FloatArray

    def take(self, paths: IntArray) -> Rules:
        """Return the rules of some paths."""
        return Rules(
            self.keep_resources[paths],
            self.keep_inflow[paths],
            self.forced[paths],
            self.default_below[paths],
        )


@dataclass(frozen=True)
class Dues:
    """What is owed in all: ``due`` (path, class, purse), with running sums over classes."""

    due: FloatArray
    upto: FloatArray
    senior: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, due: FloatArray) -> Dues:
        """Add up classes from the most senior down."""
        upto = np.cumsum(due, axis=1)
        senior = np.concatenate([np.zeros_like(due[:, :1]), upto[:, :-1]], axis=1)
        return cls(due, upto, senior, upto[:, -1])

    def take(self, paths: IntArray) -> Dues:
        """Return the dues of some paths."""
        return Dues(self.due[paths], self.upto[paths], self.senior[paths], self.total[paths])

    def ratios(self, paid: FloatArray, short: BoolArray) -> FloatArray:
        """Return the share paid of each class, (path, class, purse), from what is paid in all."""
        left = paid[:, None, :] - self.senior
        safe = np.where(self.due > 0.0, self.due, 1.0)
        share = np.where(self.due > 0.0, left / safe, 1.0)
        return np.where(short[:, None, :], np.clip(share, 0.0, 1.0), 1.0)


@dataclass(frozen=True)
class Payments:
    """Where a block stands: paid (path, purse), who is short, who bears default costs."""

    paid: FloatArray
    short: BoolArray
    defaulted: BoolArray

    def take(self, paths: IntArray) -> Payments:
        """Return the payments of some paths."""
        return Payments(self.paid[paths], self.short[paths], self.defaulted[paths])

    def put(self, paths: IntArray, new: Payments) -> None:
        """Write the payments of some paths back."""
        self.paid[paths], self.short[paths] = new.paid, new.short
        self.defaulted[paths] = new.defaulted


@dataclass(frozen=True)
class Block:
    """One clearing problem for many paths.

    ``elsewhere`` (path, class, purse) is the part of each due that is owed to no purse;
    ``resources`` (path, purse) is what a purse has without the payments of other purses.
    """

    claims: Claims
    dues: Dues
    elsewhere: FloatArray
    resources: FloatArray
    rules: Rules
    greatest: bool = True

    def take(self, paths: IntArray) -> Block:
        """Return the problem of some paths."""
        return Block(
            self.claims.take(paths),
            self.dues.take(paths),
            self.elsewhere[paths],
            self.resources[paths],
            self.rules.take(paths),
            self.greatest,
        )

    def opening(self) -> Payments:
        """Return where the search starts: all paid in full, or nothing paid for the least."""
        total = self.dues.total
        if self.greatest:
            nobody = np.zeros(total.shape, dtype=bool)
            return Payments(total.copy(), nobody, self.rules.forced.copy())
        return Payments(np.zeros_like(total), total > 0.0, (total > 0.0) | self.rules.forced)

    def ratios(self, now: Payments) -> FloatArray:
        """Return the share paid of each class, (path, class, purse)."""
        return self.dues.ratios(now.paid, now.short)

    def budget(self, inflow: FloatArray, defaulted: BoolArray) -> FloatArray:
        """Return what a purse has for its creditors after default costs, (path, purse)."""
        kept = self.rules.keep_resources * self.resources + self.rules.keep_inflow * inflow
        return np.where(defaulted, kept, self.resources + inflow)

    def standing(self, inflow: FloatArray, now: Payments) -> tuple[BoolArray, BoolArray]:
        """Return who is short and who defaults at an inflow; sets only grow (or only shrink)."""
        due = self.dues.total * (1.0 - SHORT_TOLERANCE)
        poor = self.resources + inflow < self.rules.default_below * due
        if self.greatest:
            defaulted = now.defaulted | poor
            return now.short | (self.budget(inflow, defaulted) < due), defaulted
        defaulted = (now.defaulted & poor) | self.rules.forced
        return now.short & (self.budget(inflow, defaulted) < due), defaulted

    def pay(self, inflow: FloatArray, now: Payments) -> Payments:
        """Return the next payments: everybody pays what the last inflow allows."""
        short, defaulted = self.standing(inflow, now)
        within = np.minimum(self.budget(inflow, defaulted), self.dues.total)
        return Payments(np.where(short, within, self.dues.total), short, defaulted)
