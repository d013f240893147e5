"""Supply-loss cascades: what is left of every firm's output when some firms stop.

Two channels run apart from the same initial levels, and the lower level counts (run as one they
feed each other, and the loss of one of two suppliers would take everybody down):

- supply, downstream: a firm that lacks an input makes less. Suppliers of one type substitute for
  one another, so of a type it gets the share of its purchases whose suppliers still deliver. An
  essential type limits output (Leontief); types that are not essential enter linearly, by their
  share of all purchases. The generalised Leontief level is the lowest of these;
- demand, upstream: a firm that loses customers sells less, by their share of its sales. Final
  sales stay as they are. Who sells nothing at all is not touched.

In losses, 1 - level, both read: l = max(initial, worst over a firm's inputs of sum_j share_j l_j),
with shares that add to 1 or less. Repeating this from the initial losses can take for ever where
firms supply one another in a circle, so it is done a few times for all cases at once and then
finished exactly, case by case: each firm that lost follows one of its rows (an input type, or its
sales), these rows are an absorbing chain solved at once, and a firm changes its row only for a
greater loss. No choice of rows comes back, so this ends (Howard's policy iteration). The losses
are the least solution, up to `ROUNDING`: they lie between it and the least solution of a network
whose shares are smaller by that fraction.

The paper also lets suppliers be replaced from outside according to market shares; here they are
not.

Axes: ``firm``, supplier before buyer in matrices; ``case`` numbers shocks; ``type`` of product.

References
----------
C. Diem, A. Borsos, T. Reisch, J. Kertész and S. Thurner (2022), "Quantifying firm-level economic
systemic risk from nation-wide supply networks", Scientific Reports 12:7719.
R. A. Howard (1960), "Dynamic programming and Markov processes", MIT Press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from cardhouse.analysis._networks import (
    BoolArray,
    FloatArray,
    IntArray,
    per_firm,
    shares,
    square,
    weights_of,
)
from cardhouse.engine.absorbing import exit_shares
from cardhouse.errors import InputError, did_you_mean

__all__ = ["Cascade", "SupplyNetwork", "cascade", "read_supply_network", "systemic_importance"]

ROUNDING = 1e-13
"""A loss that grows by a smaller fraction has settled."""

SWEEPS = 128
"""Plain rounds before a case is finished exactly: a chain without circles rarely needs more."""

SALES = ("final", "total")

NOBODY = -1  # in `follows`: the firm's loss is its own


@dataclass(frozen=True)
class SupplyNetwork:
    """Who supplies whom, with what; checked.

    Attributes
    ----------
    flows
        Sales of a firm to another, (supplier, buyer), any currency unit per period.
    type_of
        Number of the product that each firm sells, (firm,), from 0 up.
    final_sales
        Sales to anybody who is no firm of the network, (firm,), unit of the flows.
    essential
        Whether a buyer cannot do without a type, (buyer, type).
    """

    flows: FloatArray
    type_of: IntArray
    final_sales: FloatArray
    essential: BoolArray


@dataclass(frozen=True)
class Cascade:
    """Output of every firm after a cascade as a share of what it was, (firm,) or (case, firm).

    Attributes
    ----------
    supply, demand
        Levels that missing inputs and missing customers leave, each alone, between 0 and 1.
    level
        The lower of the two.
    """

    supply: FloatArray
    demand: FloatArray

    @property
    def level(self) -> FloatArray:
        """Return the lower of the two levels."""
        return np.minimum(self.supply, self.demand)


def read_supply_network(
    flows: Any, type_of: Any, final_sales: Any, essential: Any = None
) -> SupplyNetwork:
    """Return a network of suppliers, or raise.

    Parameters
    ----------
    flows
        Sales of a firm to another, (supplier, buyer), any currency unit per period, not negative,
        0 on the diagonal.
    type_of
        Number of the product that each firm sells, (firm,), from 0 up. Suppliers of one type can
        stand in for one another, in the proportions in which they are bought.
    final_sales
        Sales to anybody who is no firm of the network, (firm,), unit of the flows.
    essential
        Whether a buyer cannot do without a type, (buyer, type), true or false; by default every
        input is essential.

    Returns
    -------
    SupplyNetwork

    Raises
    ------
    InputError
        When an argument has another shape, or a number is negative, missing or infinite.
    """
    sold = square(flows, "flows")
    firms = sold.shape[0]
    types = _types(type_of, firms)
    return SupplyNetwork(
        flows=sold,
        type_of=types,
        final_sales=per_firm(final_sales, "final_sales", firms),
        essential=_essential(essential, firms, int(types.max()) + 1),
    )


def cascade(network: SupplyNetwork, initial: Any) -> Cascade:
    """Return what is left of every firm's output once a shock has run through the network.

    Parameters
    ----------
    network
        From `read_supply_network`.
    initial
        Levels that the shock itself leaves, (firm,) or (case, firm), in [0, 1]: 0 for a firm
        that is gone, 1 for one that is not hit.

    Returns
    -------
    Cascade
        Levels in the shape of ``initial``, at most ``initial``.

    Raises
    ------
    InputError
        When ``initial`` is not as described.

    Examples
    --------
    A lab that buys 6 from a cloud that stops and 4 from another keeps 4/10:

    >>> clouds_and_lab = read_supply_network(
    ...     [[0, 0, 6], [0, 0, 4], [0, 0, 0]], type_of=[0, 0, 1], final_sales=[0, 0, 20]
    ... )
    >>> cascade(clouds_and_lab, [0, 1, 1]).level.tolist()
    [0.0, 1.0, 0.4]
    """
    levels = shares(initial, "initial", network.final_sales.size)
    shock = 1.0 - np.atleast_2d(levels)
    supply, demand = (
        np.minimum(1.0 - _least_losses(channel, shock).reshape(levels.shape), levels)
        for channel in (_supply_channel(network), _demand_channel(network))
    )
    return Cascade(supply, demand)


def systemic_importance(network: SupplyNetwork, sales: str = "final") -> FloatArray:
    """Return the share of all sales that is lost if a firm goes, its own included, (firm,).

    Final customers lose what firms can no longer make, so final sales fall with the supply level
    alone: a firm whose other customers are gone still serves them. Total sales fall with the
    lower level.

    Parameters
    ----------
    network
        From `read_supply_network`.
    sales
        ``"final"``: sales to final customers; ``"total"``: these and sales between firms, as in
        the economic systemic risk index of Diem et al. (2022).

    Returns
    -------
    numpy.ndarray
        One share for each firm that goes, between 0 and 1.

    Raises
    ------
    InputError
        When ``sales`` is another word, or nobody sells anything.

    Examples
    --------
    >>> chain = read_supply_network([[0, 10], [0, 0]], type_of=[0, 1], final_sales=[5, 20])
    >>> systemic_importance(chain).tolist(), systemic_importance(chain, "total").round(4).tolist()
    ([1.0, 0.8], [1.0, 0.8571])
    """
    weights = weights_of(_sales(network, sales), f"{sales} sales", network.final_sales.size)
    left = cascade(network, 1.0 - np.eye(weights.size))
    levels = left.supply if sales == "final" else left.level
    return np.asarray(np.minimum(((1.0 - levels) * weights).sum(axis=1), 1.0))


# --- reading ---------------------------------------------------------------------------------


def _types(values: Any, firms: int) -> IntArray:
    """Return whole numbers from 0 up, (firm,), or raise."""
    numbers = per_firm(values, "type_of", firms)
    broken = np.flatnonzero((numbers != np.floor(numbers)) | (numbers >= np.iinfo(np.int32).max))
    if broken.size:
        at = broken[0]
        raise InputError(f"type_of[{at}] is {numbers[at]:g}; expected the number of a type.")
    return numbers.astype(np.int64)


def _essential(values: Any, firms: int, types: int) -> BoolArray:
    """Return which types a buyer cannot do without, (buyer, type), or raise."""
    if values is None:
        return np.broadcast_to(np.True_, (firms, types))
    given = np.asarray(values)
    if given.dtype != np.bool_:
        raise InputError("essential is not an array of true and false.")
    if given.ndim != 2 or given.shape[0] != firms or given.shape[1] < types:
        raise InputError(f"essential has shape {given.shape}; expected ({firms}, {types} or more).")
    return given


def _sales(network: SupplyNetwork, sales: str) -> FloatArray:
    """Return the sales that are counted, (firm,), or raise."""
    if sales not in SALES:
        raise InputError(
            f"sales is {sales!r}; use one of {', '.join(SALES)}.{did_you_mean(str(sales), SALES)}"
        )
    between = network.flows.sum(axis=1) if sales == "total" else 0.0
    return np.asarray(network.final_sales + between)


# --- the two channels ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Channel:
    """On whose losses a firm's loss depends: rows of shares, one or more for each firm.

    ``shares`` (row, firm) and ``spared`` (row,) add to 1 in each row; rows are sorted by their
    firm ``of``, (row,).
    """

    shares: csr_array
    spared: FloatArray
    of: IntArray

    @property
    def starts(self) -> IntArray:
        """Return the first row of each firm that has any."""
        return np.flatnonzero(np.diff(self.of, prepend=-1))


def _supply_channel(network: SupplyNetwork) -> _Channel:
    """Return a row per buyer and essential type, and one for all other inputs of a buyer."""
    firms, types = network.essential.shape
    supplier, buyer = np.nonzero(network.flows)
    bought, type_ = network.flows[supplier, buyer], network.type_of[supplier]
    limits = network.essential[buyer, type_]
    place = buyer * (types + 1) + np.where(limits, type_ + 1, 0)
    rows, row = np.unique(place, return_inverse=True)
    of, linear = rows // (types + 1), rows % (types + 1) == 0
    needed = np.bincount(buyer, weights=np.where(limits, bought, 0.0), minlength=firms)
    return _channel(firms, (row, supplier, bought), of, np.where(linear, needed[of], 0.0))


def _demand_channel(network: SupplyNetwork) -> _Channel:
    """Return a row per firm that sells to firms."""
    supplier, buyer = np.nonzero(network.flows)
    sold = network.flows[supplier, buyer]
    of, row = np.unique(supplier, return_inverse=True)
    return _channel(network.final_sales.size, (row, buyer, sold), of, network.final_sales[of])


def _channel(
    firms: int, entries: tuple[IntArray, IntArray, FloatArray], of: IntArray, spared: FloatArray
) -> _Channel:
    """Return rows from entries (row, firm, amount) and what each row has beside them."""
    row, firm, amount = entries
    total = np.bincount(row, weights=amount, minlength=of.size) + spared
    matrix = csr_array((amount / total[row], (row, firm)), shape=(of.size, firms))
    return _Channel(matrix, spared / total, of)


# --- the least losses ------------------------------------------------------------------------


def _least_losses(channel: _Channel, initial: FloatArray) -> FloatArray:
    """Return the least losses from the initial ones up that the channel allows, (case, firm)."""
    losses = initial.copy()
    if not channel.of.size:
        return losses
    follows = np.full(losses.shape, NOBODY)
    rising, sweep = np.arange(losses.shape[0]), 0
    while rising.size:
        rising, sweep = rising[_rise(channel, losses, follows, rising)], sweep + 1
        if sweep > SWEEPS:
            for case in rising:
                settled = _followed(channel, follows[case], initial[case])
                losses[case] = np.maximum(losses[case], settled)
    return losses


def _rise(channel: _Channel, losses: FloatArray, follows: IntArray, cases: IntArray) -> BoolArray:
    """Raise losses to the worst row of each firm, noting it; return which cases rose, (case,)."""
    now, starts = losses[cases], channel.starts
    offered = np.minimum((channel.shares @ now.T).T, 1.0)
    worst = np.maximum.reduceat(offered, starts, axis=1)
    firms = channel.of[starts]
    rose = worst > now[:, firms] * (1.0 + ROUNDING)
    case, place = np.nonzero(rose)
    losses[cases[case], firms[place]] = worst[case, place]
    follows[cases[case], firms[place]] = _first_at(offered, worst, starts)[case, place]
    return np.asarray(rose.any(axis=1))


def _first_at(offered: FloatArray, worst: FloatArray, starts: IntArray) -> IntArray:
    """Return the first row of each firm that offers its worst, (case, firm with rows)."""
    rows = offered.shape[1]
    lengths = np.diff(starts, append=rows)
    is_worst = offered == np.repeat(worst, lengths, axis=1)
    return np.minimum.reduceat(np.where(is_worst, np.arange(rows), rows), starts, axis=1)


def _followed(channel: _Channel, follows: IntArray, initial: FloatArray) -> FloatArray:
    """Return losses when each firm follows its row and the others keep theirs, (firm,).

    A loss is the chance that a walk along the rows ends in lost output: an absorbing chain.
    """
    moving, still = np.flatnonzero(follows != NOBODY), np.flatnonzero(follows == NOBODY)
    rows = channel.shares[follows[moving]].toarray()
    beside = rows[:, still]
    lost = (beside * initial[still]).sum(axis=1)
    kept = (beside * (1.0 - initial[still])).sum(axis=1) + channel.spared[follows[moving]]
    ends, _ = exit_shares(rows[:, moving], np.column_stack([lost, kept]))
    losses = initial.copy()
    losses[moving] = np.minimum(ends[:, 0], 1.0)
    return losses
