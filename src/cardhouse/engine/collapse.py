"""A run of an expanded world told in the words of the world itself: a population is one row again.

Amounts add up over members; prices, rates and stress are means, weighted by what they apply to.
What became of each member is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.links import NONE
from cardhouse.engine.quarter import Record
from cardhouse.engine.simulate import Trajectory
from cardhouse.engine.state import State
from cardhouse.engine.sums import ratio


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
class _Folds:
    """Where each element of the expanded chain stands in the chain itself, axis by axis."""

    firm: Index
    line: Index
    node: Index
    sale: Index
    loan: Index
    share: Index
    arrears: Index
    link: Index


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


def collapse(run: Trajectory, chain: Chain) -> Trajectory:
    """Return a run of the expanded world on the world's own `chain`.

    A population lives while a member does; it is in default when its last members fail.
    """
    if not run.chain.world.members:
        return run
    folds = _folds(run.chain, chain)
    states = [_state(state, chain, folds) for state in run.states]
    records = [
        _record(record, before.alive, after.alive, chain, folds)
        for record, before, after in zip(
            run.records, [states[0], *states[:-1]], states, strict=True
        )
    ]
    return Trajectory(chain, tuple(states), tuple(records), run.money_residual)


def fates(run: Trajectory, path: int = 0) -> tuple[Fates, ...]:
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


def _folds(big: Chain, small: Chain) -> _Folds:
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
    return _Folds(firm, line, node, sale, loan, share, arrears, link)


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


def _summed(values: NDArray[Any], fold: Index, size: int) -> Array:
    """Sum along the last axis into `size` places."""
    out = np.zeros((size, *values.shape[:-1]))
    np.add.at(out, fold, np.moveaxis(values, -1, 0))
    return np.moveaxis(out, 0, -1)


def _mean(values: Array, weight: Array, fold: Index, size: int) -> Array:
    """Return weighted means along the last axis; plain ones where nothing has weight."""
    heavy = _summed(weight, fold, size)
    plain = ratio(_summed(values, fold, size), _summed(np.ones_like(values), fold, size))
    return np.where(heavy > 0, ratio(_summed(values * weight, fold, size), heavy), plain)


def _sizes(chain: Chain) -> Mapping[str, int]:
    links = chain.links
    return {
        "firm": len(chain.firm_ids),
        "line": len(chain.line_ids),
        "loan": len(chain.loans.amount),
        "share": len(chain.shares.line),
        "arrears": links.of("arrears").stop - links.of("arrears").start,
    }


def _amounts(source: Any, names: Iterable[str], chain: Chain, folds: _Folds) -> dict[str, Any]:
    """Return those fields of a state or record that add up, or are means, or are shared."""
    sizes = _sizes(chain)
    axis_of = {name: axis for axis, listed in SUMS.items() for name in listed}
    out: dict[str, Any] = {}
    for name in names:
        values = getattr(source, name)
        if name in SHARED:
            out[name] = values
        elif name in axis_of:
            axis = axis_of[name]
            out[name] = _summed(values, getattr(folds, axis), sizes[axis])
        elif name in MEANS:
            axis, weight = MEANS[name]
            fold = getattr(folds, axis)
            out[name] = _mean(values, getattr(source, weight), fold, sizes[axis])
    return out


def _state(state: State, chain: Chain, folds: _Folds) -> State:
    """Return a state on the world's own chain."""
    names = [one.name for one in fields(State)]
    out = _amounts(state, names, chain, folds)
    firms, nodes = len(chain.firm_ids), len(chain.node_ids)
    weight = np.ones_like(state.log_growth)
    out["log_growth"] = _mean(state.log_growth, weight, folds.sale, len(chain.sales.line))
    by_firm = _summed(state.stakes, folds.firm, firms)
    out["stakes"] = np.swapaxes(_summed(np.swapaxes(by_firm, 1, 2), folds.node, nodes), 1, 2)
    for name in ("alive", "restructured"):
        out[name] = _summed(getattr(state, name), folds.firm, firms) > 0
    return State(**out)


def _record(record: Record, before: Mask, after: Mask, chain: Chain, folds: _Folds) -> Record:
    """Return a record on the world's own chain."""
    names = [one.name for one in fields(Record) if one.name not in BOOKED]
    out = _amounts(record, names, chain, folds)
    firms = len(chain.firm_ids)
    for name in BOOKED:
        out[name] = _summed(getattr(record, name), folds.link, chain.links.count)
    many = np.bincount(folds.firm, minlength=firms) > 1
    single = np.searchsorted(np.sort(folds.firm), np.arange(firms))
    of_firm = np.argsort(folds.firm, kind="stable")[single]
    last = before & ~after
    for name in ("failed", "outcome", "cause", "round"):
        values = getattr(record, name)
        alone = values[:, of_firm]
        most = np.zeros((len(values), firms), dtype=np.int64)
        np.maximum.at(most.T, folds.firm, values.T.astype(np.int64))
        told = np.where(many, np.where(last, most, 0), alone)
        out[name] = told.astype(values.dtype)
    return Record(links=chain.links, **out)
