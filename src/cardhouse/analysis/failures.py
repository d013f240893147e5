"""Who failed, why, who lost by it, and through whom the loss travelled on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.analysis.books import CUSTOMER_KINDS, Books
from cardhouse.engine.chain import KIND, Array
from cardhouse.model.vocabulary import ContractKind as Kind

TO_OWNERS = (Kind.PAYOUT, Kind.EQUITY)
"""Payments that are no debt to anybody: what a firm in default hands its owners, or invests."""

SMALL = 0.005
"""Amounts (USD bn) and shares below this are left out of sentences."""


@dataclass(frozen=True)
class Failure:
    """One default.

    ``owed`` and ``paid`` are to creditors, debt that fell due by the default included; ``losses``
    holds what each creditor (node) was left without and adds up to their difference. ``stakes``
    holds what investors (node) had put into it as owners since the base quarter, at cost.
    """

    firm: int
    quarter: int
    owed: float
    paid: float
    losses: Mapping[int, float]
    stakes: Mapping[int, float]
    cause: str


@dataclass(frozen=True)
class Link:
    """A loss that one holder took from one failure; ``fails`` is the holder's own default, if any.

    ``fails`` counts only from the failure's quarter on: the loss may have been its cause.
    """

    failed: int
    holder: int
    loss: float
    fails: int | None


def failures(books: Books, removed: NDArray[np.bool_]) -> list[Failure]:
    """Return the defaults of a run in order of time.

    Parameters
    ----------
    books
        The books of a path.
    removed
        Firms that the scenario removes (quarter, firm).
    """
    failed = books.trajectory.of_record("failed", books.path)
    return [
        _failure(books, int(quarter), int(firm), by_scenario=bool(removed[quarter, firm]))
        for quarter, firm in np.argwhere(failed)
    ]


def _failure(books: Books, quarter: int, firm: int, *, by_scenario: bool) -> Failure:
    record = books.trajectory.records[quarter]
    losses = np.asarray(record.unpaid[books.path, firm])
    flows = books.flows(quarter)[:, firm]
    owners = [KIND[kind] for kind in (*TO_OWNERS, "default_costs")]
    paid = float(flows.sum() - flows[owners].sum())
    before = books.trajectory.states[quarter - 1]
    stakes = np.asarray(before.stakes[books.path, :, firm])
    return Failure(
        firm=firm,
        quarter=quarter,
        owed=paid + float(losses.sum()),
        paid=paid,
        losses=_positive(losses),
        stakes=_positive(stakes),
        cause=_cause(books, quarter, firm, by_scenario=by_scenario),
    )


def _positive(values: Array) -> dict[int, float]:
    return {int(at): float(values[at]) for at in np.flatnonzero(values > 0)}


def _cause(books: Books, quarter: int, firm: int, *, by_scenario: bool) -> str:
    """Return in words what the firm had, what it could not pay, and who had not paid it."""
    record, before = books.trajectory.records[quarter], books.trajectory.states[quarter - 1]
    if by_scenario:
        return "The scenario removes it."
    share = float(record.paid_share[books.path, firm])
    cash = float(before.cash[books.path, firm])
    sales = float(books.received_of(CUSTOMER_KINDS)[quarter, firm])
    raised = float(books.raised[quarter, firm])
    words = (
        f"It could pay {share:.0%} of its bills out of {_dollars(cash)} in cash, "
        f"{_dollars(sales)} from customers and {_dollars(raised)} of new money."
    )
    more = [*_short_of_money(books, quarter, firm), *_unpaid(books, quarter, firm)]
    return " ".join([words, *more])


def _short_of_money(books: Books, quarter: int, firm: int) -> list[str]:
    """Return that investors stayed away, where a firm's stress rose before it failed."""
    before = books.trajectory.states[quarter - 1]
    stress = float(before.stress[books.path, firm])
    if stress < SMALL:
        return []
    words = (
        f"Investors had stayed away before: over the last quarters about {stress:.0%} of the money "
        "that it could not do without was not found."
    )
    return [words]


def _unpaid(books: Books, quarter: int, firm: int) -> list[str]:
    """Return which customers in default left it unpaid in the same quarter."""
    unpaid = books.trajectory.records[quarter].unpaid[books.path, :, firm]
    owing = [int(at) for at in np.argsort(-unpaid, kind="stable") if unpaid[at] >= SMALL]
    if not owing:
        return []
    by_id = books.chain.world.by_id
    names = [
        f"{by_id[books.chain.firm_ids[at]].name} ({_dollars(float(unpaid[at]))})" for at in owing
    ]
    return [f"Left unpaid by {', '.join(names)}."]


def _dollars(amount: float) -> str:
    """Return an amount of USD bn as sentences have it.

    Examples
    --------
    >>> _dollars(0.731), _dollars(12.0), _dollars(-0.2)
    ('$0.73 bn', '$12.00 bn', '-$0.20 bn')
    """
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f} bn"


def links_from(first: Failure, all_: Sequence[Failure]) -> list[Link]:
    """Return the losses that start with one failure and go on through holders that fail after it.

    Each holder that fails is followed once, so rings end.
    """
    by_firm = {one.firm: one for one in all_}
    out: list[Link] = []
    waiting, seen = [first], {first.firm}
    while waiting:
        here = waiting.pop(0)
        for holder, loss in sorted(here.losses.items(), key=lambda item: -item[1]):
            after = by_firm.get(holder)
            fails = after is not None and after.quarter >= here.quarter
            out.append(Link(here.firm, holder, loss, after.quarter if after and fails else None))
            if after is not None and fails and holder not in seen:
                seen.add(holder)
                waiting.append(after)
    return out
