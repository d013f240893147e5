"""A run of an expanded world told in the words of the world itself: a population is one row again.

Amounts add up over members; prices, rates and stress are means, weighted by what they apply to.
What became of each member is kept beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.links import NONE
from cardhouse.engine.quarter import Record
from cardhouse.engine.runs import Run
from cardhouse.engine.simulate import Trajectory
from cardhouse.engine.state import State
from cardhouse.engine.sums import ratio

WIDE = 4096
"""Items of a row from which it is added up alone: turning many long rows takes longer."""


@dataclass(frozen=True)
class Fates:
    """What became of the members of one population over a run; axes quarter, member."""

    population: str
    members: tuple[str, ...]
    alive: Mask
    failed: Mask
    revenue: Array  # billed
    cash: Array
    stress: Array
    lost: Array  # what the member's creditors lost in the quarter, USD bn


@dataclass(frozen=True)
class Folds:
    """Where each element of the expanded chain stands in the chain itself, axis by axis."""

    firm: Index
    line: Index
    node: Index
    sale: Index
    loan: Index
    share: Index
    arrears: Index
    link: Index

    def summed(self, values: NDArray[Any], axis: str, size: int) -> Array:
        """Sum along the last axis into `size` places of an axis, in the order of the items."""
        rows = math.prod(values.shape[:-1])
        out, items = np.zeros((rows, size)), values.reshape(rows, values.shape[-1])
        if items.shape[1] > WIDE:
            adding = self._adding(axis)
            for row, of in zip(out, items, strict=True):
                row[: adding.shape[0]] = adding @ of
        elif values.size:
            sums = self._adding(axis) @ np.ascontiguousarray(items.T, dtype=np.float64)
            out[:, : len(sums)] = sums.T
        return out.reshape(*values.shape[:-1], size)

    def _adding(self, axis: str) -> sparse.csr_array:
        """Return the matrix that adds up the items of an axis (place, item)."""
        known = self._known
        if axis not in known:
            fold: Index = getattr(self, axis)
            shape = int(fold.max(initial=-1)) + 1, len(fold)
            ones = np.ones(len(fold)), (fold, np.arange(len(fold)))
            known[axis] = sparse.csr_array(ones, shape=shape)
        return known[axis]

    @cached_property
    def _known(self) -> dict[str, sparse.csr_array]:
        """Return the matrices made so far, by axis."""
        return {}

    def members(self, axis: str, size: int) -> Index:
        """Return how many items of an axis fold into each of its `size` places."""
        return np.bincount(getattr(self, axis), minlength=size)

    @cached_property
    def by_firm(self) -> tuple[Index, Index, Mask]:
        """Return members in order of their firms, where each firm's begin, and who has several."""
        firms = int(self.firm.max(initial=-1)) + 1
        order = np.argsort(self.firm, kind="stable")
        first = np.searchsorted(self.firm[order], np.arange(firms))
        return order, first, np.bincount(self.firm, minlength=firms) > 1


SHARED = frozenset(
    (
        "paid_final", "final_value", "confidence", "explosive", "unserved",
        "unmet", "bought", "bound_inputs", "bought_back", "backed_volume", "line_drawn",
        "guarantee_paid", "purchases", "payables",
    )
)  # fmt: skip
"""Fields of a state or a record without an axis along which members stand."""

SUMS: dict[str, tuple[str, ...]] = {
    "line": (
        "volume", "volume_history", "paid_volume", "own_volume", "normal_volume", "capacity",
        "pipeline", "vintages", "net_plant", "plant_worth", "plan", "line_cost", "depreciation",
        "capex",
    ),
    "firm": (
        "revenue", "revenue_history", "profit", "worn", "cash", "programs", "raised", "owed",
    ),
    "loan": ("loans", "leased"),
    "share": ("shares_paid",),
    "arrears": ("arrears",),
}  # fmt: skip

MEANS: dict[str, tuple[str, str]] = {
    "price": ("line", "volume"),
    "charged": ("line", "volume"),
    "expected_growth": ("line", "volume"),
    "program_index": ("firm", "revenue"),
    "stress": ("firm", "revenue"),
    "paid_share": ("firm", "owed"),
    "loan_rate": ("loan", "loans"),
}
"""Means over members, by axis and weight."""

BOOKED = ("paid", "claims", "bought", "lost")
"""What a record holds link by link."""

ENDINGS = ("failed", "outcome", "cause", "round")
"""What a record holds of a firm that fails: a population's stands when its last members do."""

LIVING = ("alive", "restructured")
"""What a state holds of firms that is true of a population where it is of a member."""

APART = ("log_growth", "stakes")
"""Fields of a state with a rule of their own."""

AXIS_OF = {name: axis for axis, listed in SUMS.items() for name in listed}


def collapse(run: Run, chain: Chain, folds: Folds | None = None) -> Run:
    """Return a run of the expanded world on the world's own `chain`.

    A population lives while a member does; it is in default when its last members fail. ``folds``
    of the two chains may be given where they are known.
    """
    if not run.chain.world.members:
        return run
    return FoldedRun(run, chain, folds or folds_between(run.chain, chain))


@dataclass(frozen=True)
class FoldedRun:
    """A run of an expanded world told on the world's own chain: what is asked for is folded."""

    whole: Run
    chain: Chain
    folds: Folds

    @property
    def money_residual(self) -> float:
        """Return the largest gap between a purse's change in cash and its flows."""
        return self.whole.money_residual

    @property
    def quarters(self) -> int:
        """Return the number of simulated quarters."""
        return self.whole.quarters

    @cached_property
    def states(self) -> tuple[State, ...]:
        """Return the states at the ends of quarters, all paths."""
        return tuple(_state(state, self.chain, self.folds) for state in self.whole.states)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Return what quarters left for the books, all paths."""
        alive = [_lives(state.alive, self.chain, self.folds) for state in self.whole.states]
        return tuple(
            _record(record, before, after, self.chain, self.folds)
            for record, before, after in zip(
                self.whole.records, [alive[0], *alive[:-1]], alive, strict=True
            )
        )

    @cached_property
    def _known(self) -> dict[tuple[str, int], Array]:
        """Return what was folded already, by name and path."""
        return {}

    def of_state(self, name: str, path: int = 0) -> Array:
        """Return one state variable over quarters of one path (quarter, ...)."""
        key = f"state.{name}", path
        if key not in self._known:
            self._known[key] = self._of_state(name, path)
        return self._known[key]

    def _of_state(self, name: str, path: int) -> Array:
        values = self.whole.of_state(name, path)
        if name in LIVING:
            return _lives(values, self.chain, self.folds).astype(values.dtype)
        if name in APART:
            return np.stack([np.asarray(getattr(state, name))[path] for state in self.states])
        return self._folded(name, values, lambda other: self.whole.of_state(other, path))

    def of_record(self, name: str, path: int = 0) -> Array:
        """Return one recorded variable over quarters of one path (quarter, ...)."""
        key = f"record.{name}", path
        if key not in self._known:
            self._known[key] = self._of_record(name, path)
        return self._known[key]

    def _of_record(self, name: str, path: int) -> Array:
        values = self.whole.of_record(name, path)
        if name in BOOKED:
            return self.folds.summed(values, "link", self.chain.links.count)
        if name in ENDINGS:
            alive = self.of_state("alive", path) > 0
            before = np.concatenate([alive[:1], alive[:-1]])
            return _ending(values, before & ~alive, self.folds)
        if name in SHARED or name in MEANS or name in AXIS_OF:
            return self._folded(name, values, lambda other: self.whole.of_record(other, path))
        return np.stack([np.asarray(getattr(record, name))[path] for record in self.records])

    def _folded(self, name: str, values: Array, other: Callable[[str], Array]) -> Array:
        return _folded(name, values, other, self.chain, self.folds)

    def default_quarters(self, path: int = 0) -> Index:
        """Return the quarter in which each firm failed, -1 for those alive (firm,)."""
        failed = self.of_record("failed", path)
        return np.where(failed.any(axis=0), failed.argmax(axis=0), -1)


def behind(names: Iterable[str]) -> tuple[str, ...]:
    """Return what a folded run reads for some arrays: they, and what their means are weighted by.

    Names are those of a state, and of a record with ``record.`` before them.

    Examples
    --------
    >>> behind(["cash", "charged", "record.failed"])
    ('cash', 'charged', 'volume', 'record.failed', 'alive')
    """
    read: dict[str, None] = {}
    for name in names:
        read[name] = None
        room, _, field = name.rpartition(".")
        if field in MEANS:
            read[f"{room}.{MEANS[field][1]}".lstrip(".")] = None
        if field in ENDINGS:
            read["alive"] = None
    return tuple(read)


def base_only(run: Run) -> Run:
    """Return the base quarter of a run alone."""
    if isinstance(run, FoldedRun):
        return replace(run, whole=_first_row(run.whole))
    return _first_row(run)


def _first_row(run: Run) -> Trajectory:
    first = tuple(run.states[:1]), tuple(run.records[:1])
    return Trajectory(run.chain, *first, run.money_residual)


def fates(run: Run, path: int = 0) -> tuple[Fates, ...]:
    """Return what became of the members of each population of an expanded run."""
    members = run.chain.world.members
    out = []
    for population in dict.fromkeys(members.values()):
        names = tuple(name for name, whole in members.items() if whole == population)
        at = [run.chain.firm_ids.index(name) for name in names]
        lost = np.stack([run.chain.links.paid(record.lost)[path] for record in run.records])
        out.append(
            Fates(
                population=population,
                members=names,
                alive=run.of_state("alive", path)[:, at] > 0,
                failed=run.of_record("failed", path)[:, at] > 0,
                revenue=run.of_record("revenue", path)[:, at],
                cash=run.of_state("cash", path)[:, at],
                stress=run.of_state("stress", path)[:, at],
                lost=lost[:, at],
            )
        )
    return tuple(out)


def folds_between(big: Chain, small: Chain) -> Folds:
    """Return where each element of the expanded chain stands in the small one."""
    members = big.world.members
    firm = _places((members.get(name, name) for name in big.firm_ids), small.firm_ids)
    node = _places((members.get(name, name) for name in big.node_ids), small.node_ids)
    line = _lines(big, small, firm)
    sale = _matched(_sale_keys(big, node, line), _sale_keys(small))
    loan = _matched(_loan_keys(big, firm), _loan_keys(small))
    share = _matched(
        zip(line[big.shares.line], firm[big.shares.firm], strict=True),
        zip(small.shares.line, small.shares.firm, strict=True),
    )
    link = _matched(_link_keys(big, node, line, loan), _link_keys(small))
    arrears = link[big.links.of("arrears")] - small.links.of("arrears").start
    return Folds(firm, line, node, sale, loan, share, arrears, link)


def _places(names: Iterable[str], known: tuple[str, ...]) -> Index:
    number = {name: at for at, name in enumerate(known)}
    return np.array([number[name] for name in names], dtype=np.int64)


def _lines(big: Chain, small: Chain, firm: Index) -> Index:
    """Return the line of the population that each member's line is a copy of."""
    number = {name: at for at, name in enumerate(small.line_ids)}
    out = []
    for at, name in enumerate(big.line_ids):
        whole = name if name in number else name.rpartition("_")[0]  # <line>_<member number>
        out.append(number[whole])
        if small.firm_of_line[out[-1]] != firm[big.firm_of_line[at]]:
            raise RuntimeError(f"line {big.line_ids[at]} does not fold into a line of its firm")
    return np.array(out, dtype=np.int64)


Key = tuple[Any, ...]


def _matched(keys: Iterable[Key], known: Iterable[Key]) -> Index:
    """Return the place of each key among those known: the first where there are several.

    Keys that stand several times in both are matched in their order.
    """
    places: dict[Key, list[int]] = {}
    for at, key in enumerate(known):
        places.setdefault(tuple(key), []).append(at)
    seen: dict[Key, int] = {}
    out = []
    for key in map(tuple, keys):
        found = places[key]
        turn = seen.get(key, 0)
        seen[key] = turn + 1
        out.append(found[turn % len(found)])
    return np.array(out, dtype=np.int64)


def _sale_keys(chain: Chain, node: Index | None = None, line: Index | None = None) -> list[Key]:
    sales = chain.sales
    segment = sales.segment if node is None else node[sales.segment]
    of_line = sales.line if line is None else line[sales.line]
    return list(zip(segment, of_line, sales.pays > 0, sales.own_use > 0, strict=True))


def _loan_keys(chain: Chain, firm: Index | None = None) -> list[Key]:
    loans = chain.loans
    debtor = loans.firm if firm is None else firm[loans.firm]
    return list(zip(debtor, loans.pool, loans.is_new, strict=True))


def _link_keys(
    chain: Chain,
    node: Index | None = None,
    line: Index | None = None,
    loan: Index | None = None,
) -> list[Key]:
    """Return what tells links apart: kind, purses, lines, loan."""
    links = chain.links

    def at(places: Index, fold: Index | None) -> Index:
        if fold is None or not len(fold):
            return places
        return np.where(places == NONE, NONE, fold[np.maximum(places, 0)])

    columns = (
        links.kind,
        at(links.payer, node),
        at(links.payee, node),
        at(links.buyer_line, line),
        at(links.seller_line, line),
        at(links.loan, loan),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


# --- folding ---------------------------------------------------------------------------------


def _mean(values: Array, weight: Array, folds: Folds, axis: str, size: int) -> Array:
    """Return weighted means along the last axis; plain ones where nothing has weight."""
    heavy = folds.summed(weight, axis, size)
    members = np.broadcast_to(folds.members(axis, size).astype(np.float64), heavy.shape)
    plain = ratio(folds.summed(values, axis, size), members)
    return np.where(heavy > 0, ratio(folds.summed(values * weight, axis, size), heavy), plain)


def _sizes(chain: Chain) -> Mapping[str, int]:
    links = chain.links
    return {
        "firm": len(chain.firm_ids),
        "line": len(chain.line_ids),
        "loan": len(chain.loans.amount),
        "share": len(chain.shares.line),
        "arrears": links.of("arrears").stop - links.of("arrears").start,
    }


def _amounts(source: Any, names: Iterable[str], chain: Chain, folds: Folds) -> dict[str, Any]:
    """Return those fields of a state or record that add up, or are means, or are shared."""
    other = partial(getattr, source)
    return {
        name: _folded(name, other(name), other, chain, folds)
        for name in names
        if name in SHARED or name in AXIS_OF or name in MEANS
    }


def _folded(
    name: str, values: Any, other: Callable[[str], Any], chain: Chain, folds: Folds
) -> Array:
    """Return a field that adds up, is a mean weighted by another field, or is shared."""
    if name in SHARED:
        return np.asarray(values)
    axis, weight = MEANS[name] if name in MEANS else (AXIS_OF[name], "")
    size = _sizes(chain)[axis]
    if weight:
        return _mean(values, other(weight), folds, axis, size)
    return folds.summed(values, axis, size)


def _state(state: State, chain: Chain, folds: Folds) -> State:
    """Return a state on the world's own chain."""
    names = [one.name for one in fields(State)]
    out = _amounts(state, names, chain, folds)
    firms, nodes = len(chain.firm_ids), len(chain.node_ids)
    weight = np.ones_like(state.log_growth)
    out["log_growth"] = _mean(state.log_growth, weight, folds, "sale", len(chain.sales.line))
    by_firm = np.swapaxes(folds.summed(state.stakes, "firm", firms), 1, 2)
    out["stakes"] = np.swapaxes(folds.summed(by_firm, "node", nodes), 1, 2)
    for name in LIVING:
        out[name] = _lives(getattr(state, name), chain, folds)
    return State(**out)


def _lives(values: NDArray[Any], chain: Chain, folds: Folds) -> Mask:
    """Return what is true of firms (..., firm): of a population where it is of a member."""
    return np.asarray(folds.summed(values, "firm", len(chain.firm_ids)) > 0)


def _record(record: Record, before: Mask, after: Mask, chain: Chain, folds: Folds) -> Record:
    """Return a record on the world's own chain."""
    names = [one.name for one in fields(Record) if one.name not in BOOKED]
    out = _amounts(record, names, chain, folds)
    for name in BOOKED:
        out[name] = folds.summed(getattr(record, name), "link", chain.links.count)
    for name in ENDINGS:
        out[name] = _ending(getattr(record, name), before & ~after, folds)
    return Record(links=chain.links, **out)


def _ending(values: NDArray[Any], last: Mask, folds: Folds) -> NDArray[Any]:
    """Return how firms ended (row, firm): a population where its ``last`` members did."""
    order, first, many = folds.by_firm
    alone = values[:, order[first]]
    most = np.maximum.reduceat(values[:, order].astype(np.int64), first, axis=1)
    return np.where(many, np.where(last, most, 0), alone).astype(values.dtype)
