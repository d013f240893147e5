"""Rules of spending beside pro rata: which money of a purse pays which of its bills.

A rule puts the money of a purse into pockets. Each pocket is mixed and pays pro rata; the rule says
where money enters, what each pocket pays, and what moves between pockets. The network of pockets is
again an absorbing Markov chain, so every rule is solved exactly, circles included, and what every
rule gives is one way of following the same payments: with a seller's own money as a source its
shares lie within the bounds of maximum flow.

Purses keep two accounts, as books of transactions do: current (sales, running bills, interest, tax,
payouts) and capital (new equity and debt; plant, stakes and repayments).

References
----------
W. Godley and M. Lavoie (2007), "Monetary Economics", chapter 2, for current and capital accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cardhouse.analysis.flow_table import PURSE, FloatArray, IntArray
from cardhouse.analysis.tracing import trace_shares
from cardhouse.engine.sums import ratio
from cardhouse.errors import InputError, did_you_mean

PRO_RATA, OWN_MONEY = "pro_rata", "own_money"
INCOME_FIRST, CASH_FIRST, CAPITAL_FIRST = "income_first", "cash_first", "capital_first"
RULES: dict[str, str] = {
    PRO_RATA: "everything in a purse is mixed, and every payment carries the mix",
    OWN_MONEY: "pro rata, with the seller's own payments as a source: not looked through",
    INCOME_FIRST: "a purse pays from what came in this quarter, then from the cash it had",
    CASH_FIRST: "a purse pays from the cash it had, then from what came in this quarter",
    CAPITAL_FIRST: "sales pay running bills first, new money pays plant, stakes and repayments "
    "first; what is left of both pays the rest with the cash it had",
}
"""The rules by name, each in one clause."""

CURRENT, CAPITAL = 0, 1
"""The accounts of a purse, along the first two axes of `trace_by_rule`'s flows."""


@dataclass(frozen=True)
class Pockets:
    """What a rule makes of purses.

    Attributes
    ----------
    entry
        The pocket into which each account's receipts go.
    cash
        The pocket in which opening cash lies.
    paid
        What each pocket pays of each account's bills, (pocket, account, node).
    moved
        What moves from pocket to pocket, (pocket, pocket, node).
    """

    entry: tuple[int, int]
    cash: int
    paid: FloatArray
    moved: FloatArray


@dataclass(frozen=True)
class RuleTrace:
    """Where the money of purses comes from under a rule.

    Attributes
    ----------
    mix, mix_untraced
        What a node pays with from each account, (account, node, source) and (account, node);
        each row and its untraced part add to 1, whether the account pays anything or not.
    purse, purse_untraced
        All that a purse had to spend: its opening cash and what came in, (node, source), (node,).
    kept, kept_untraced
        What it had left, (node, source) and (node,); the purse's where nothing was left.
    """

    mix: FloatArray
    mix_untraced: FloatArray
    purse: FloatArray
    purse_untraced: FloatArray
    kept: FloatArray
    kept_untraced: FloatArray


def check_rule(rule: str) -> str:
    """Return the name of a rule that exists; raises InputError otherwise."""
    if rule not in RULES:
        raise InputError(
            f"there is no rule '{rule}'.{did_you_mean(rule, RULES)} Use one of {', '.join(RULES)}."
        )
    return rule


def trace_by_rule(
    flows: FloatArray,
    source_of: IntArray,
    opening: FloatArray,
    rule: str,
    fresh: FloatArray | None = None,
    spent: FloatArray | None = None,
) -> RuleTrace:
    """Return what purses pay with, had and kept under a rule.

    Parameters
    ----------
    flows
        Payments, (account of the payer, account of the payee, payer, payee), not negative; what a
        node pays itself has no bearing.
    source_of
        The source whose money a node pays with, (node,); -1 for a purse.
    opening
        Money already in purses by source, (node, source), not negative.
    rule
        One of `RULES`. `OWN_MONEY` asks for a source of its own in ``source_of``; beyond that it
        is pro rata.
    fresh
        Money of sources without a node that came in, (account, node, source); none by default.
    spent
        What was paid to payees without a node, (account, node); nothing by default.

    Raises
    ------
    InputError
        When there is no such rule, or arrays do not fit.

    Examples
    --------
    A cloud had 30 of users (source 0) and borrows 20 from funds (source 1); it pays 40 for plant.

    >>> import numpy as np
    >>> flows = np.zeros((2, 2, 4, 4))
    >>> flows[CAPITAL, CAPITAL, 1, 2], flows[CAPITAL, CURRENT, 2, 3] = 20.0, 40.0
    >>> had = np.zeros((4, 2))
    >>> had[2, 0] = 30.0
    >>> for rule in (PRO_RATA, INCOME_FIRST, CASH_FIRST):
    ...     print(trace_by_rule(flows, np.array([0, 1, -1, -1]), had, rule).mix[CAPITAL, 2])
    [0.6 0.4]
    [0.5 0.5]
    [0.75 0.25]
    """
    purse = source_of == PURSE
    between = flows * ~np.eye(flows.shape[-1], dtype=bool)
    cash = np.where(purse[:, None], opening, 0.0)
    new = np.zeros((2, *cash.shape)) if fresh is None else np.where(purse[:, None], fresh, 0.0)
    outside = np.zeros((2, len(purse))) if spent is None else spent
    inflow = between.sum(axis=(0, 2)) + new.sum(axis=2)
    bills = between.sum(axis=(1, 3)) + outside
    pockets = POCKETS[check_rule(rule)](Means(inflow, bills, cash.sum(axis=1)))
    count, nodes = pockets.paid.shape[0], len(source_of)
    share = ratio(pockets.paid, np.broadcast_to(bills, pockets.paid.shape))
    share[:, :, ~purse] = (np.arange(count) == 0)[:, None, None]
    network = _network(between, pockets, share)
    owner = np.tile(source_of, count)
    owner[nodes:] = PURSE
    held = np.zeros((count, *cash.shape))
    held[pockets.cash] += cash
    for account, entry in enumerate(pockets.entry):
        held[entry] += new[account]
    held = held.reshape(count * nodes, -1)
    traced = trace_shares(network, owner, held)
    left = network.sum(axis=0) + held.sum(axis=1) - network.sum(axis=1)
    left -= (share * outside).sum(axis=1).ravel()
    return _per_purse(traced.mix, traced.mix_untraced, share, left, (network, held))


def _per_purse(
    mix: FloatArray,
    untraced: FloatArray,
    share: FloatArray,
    left: FloatArray,
    money: tuple[FloatArray, FloatArray],
) -> RuleTrace:
    """Return the trace of purses from that of their pockets."""
    network, held = money
    count, _, nodes = share.shape
    every = np.column_stack([mix, untraced]).reshape(count, nodes, -1)
    came = held.reshape(count, nodes, -1).sum(axis=0)
    outside = network.reshape(count, nodes, count, nodes).sum(axis=2)
    for pocket in range(count):  # money that moves between pockets of one purse is not new to it
        np.fill_diagonal(outside[pocket], 0.0)
    inflow = np.einsum("pij,pis->js", outside, every, optimize=False)
    had = inflow.copy()
    had[:, :-1] += came
    total = had.sum(axis=1, keepdims=True)
    nothing = np.zeros(every.shape[-1])
    nothing[-1] = 1.0
    purse = np.where(total > 0.0, ratio(had, np.broadcast_to(total, had.shape)), nothing)
    paying = np.einsum("pan,pns->ans", share, every, optimize=False)
    paying = np.where(paying.any(axis=2, keepdims=True), paying, purse)
    rest = np.maximum(left, 0.0).reshape(count, nodes)
    stays = np.einsum("pn,pns->ns", rest, every, optimize=False)
    sum_ = stays.sum(axis=1, keepdims=True)
    kept = np.where(sum_ > 0.0, ratio(stays, np.broadcast_to(sum_, stays.shape)), purse)
    return RuleTrace(
        paying[..., :-1], paying[..., -1], purse[:, :-1], purse[:, -1], kept[:, :-1], kept[:, -1]
    )


def _network(flows: FloatArray, pockets: Pockets, share: FloatArray) -> FloatArray:
    """Return payments between pockets, (pocket and node, pocket and node)."""
    count, _, nodes = share.shape
    network = np.zeros((count, nodes, count, nodes))
    for account, entry in enumerate(pockets.entry):
        for payer in range(flows.shape[0]):
            paid = share[:, payer, :, None] * flows[payer, account]
            network[:, :, entry, :] += paid
    every = np.arange(nodes)
    for start in range(count):
        for end in range(count):
            network[start, every, end, every] += pockets.moved[start, end]
    return network.reshape(count * nodes, count * nodes)


# --- the rules -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Means:
    """Receipts and bills by account, (account, node), and cash from before, (node,)."""

    inflow: FloatArray
    bills: FloatArray
    cash: FloatArray


def _mixed(means: Means) -> Pockets:
    """Put all into one pocket."""
    return Pockets((0, 0), 0, means.bills[None], np.zeros((1, 1, means.cash.size)))


def _income_first(means: Means) -> Pockets:
    """Pay from this quarter's inflow as far as it goes, the same part of every bill."""
    reach = ratio(means.inflow.sum(axis=0), means.bills.sum(axis=0), 1.0)
    return _two_pockets(means.bills, np.minimum(reach, 1.0))


def _cash_first(means: Means) -> Pockets:
    """Pay from opening cash as far as it goes, the same part of every bill."""
    reach = ratio(means.cash, means.bills.sum(axis=0))
    return _two_pockets(means.bills, 1.0 - np.minimum(reach, 1.0))


def _two_pockets(bills: FloatArray, from_income: FloatArray) -> Pockets:
    """Return a pocket of income, which pays a part of all bills (node,), and one of cash."""
    paid = np.stack([bills * from_income, bills * (1.0 - from_income)])
    return Pockets((0, 0), 1, paid, np.zeros((2, 2, bills.shape[1])))


def _capital_first(means: Means) -> Pockets:
    """Pay each account's bills from its own receipts, what is open from all that is left."""
    inflow, bills, nodes = means.inflow, means.bills, means.cash.size
    own = np.minimum(inflow, bills)
    paid, moved = np.zeros((3, 2, nodes)), np.zeros((3, 3, nodes))
    for account in (CURRENT, CAPITAL):
        paid[account, account] = own[account]
        moved[account, 2] = inflow[account] - own[account]
    paid[2] = bills - own
    return Pockets((CURRENT, CAPITAL), 2, paid, moved)


POCKETS: dict[str, Callable[[Means], Pockets]] = {
    PRO_RATA: _mixed,
    OWN_MONEY: _mixed,
    INCOME_FIRST: _income_first,
    CASH_FIRST: _cash_first,
    CAPITAL_FIRST: _capital_first,
}
"""What each rule makes of the means of purses."""
