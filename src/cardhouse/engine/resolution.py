"""Settlement and resolution: who can pay, who fails, what creditors get.

Bills are cleared pro rata within classes, out of cash and what others pay. A firm that misses a
maturity, or pays less than the threshold of what it owes, is in default; its debt falls due, its
plant is sold, default costs burn a share of what it has, and everything is cleared again until
nobody new fails. Nobody leaves the set. Equity given moved before bills were settled; payouts
come out of what is left after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import (
    ARREARS,
    CLASSES,
    KIND,
    SECURED,
    TRADE,
    Array,
    Chain,
    Mask,
)
from cardhouse.engine.debts import missed
from cardhouse.engine.moment import Moment
from cardhouse.engine.settlement import ClassPayments, clear_classes
from cardhouse.engine.sums import group_sum, ratio

NO_DEBT = ("payout", "equity", "default_costs")
"""Kinds that are nobody's claim: what is not paid of them is neither loss nor arrear."""


@dataclass(frozen=True)
class Positions:
    """What falls due and what is sold when a firm fails: after this quarter's capex and drawing."""

    debt: Array  # (path, firm, pool)
    plant_worth: Array  # (path, line): net plant at today's price of plant


@dataclass(frozen=True)
class Settled:
    """What was paid, who failed, and what stayed unpaid."""

    flows: Array  # (path, kind, node, node): paid
    failed: Mask  # (path, firm): in default this quarter
    owed: Array  # (path, firm): total owed, debt that fell due included
    unpaid: Array  # (path, firm, node): loss by holder of the failed
    arrears: Array  # (path, firm, node): small gaps of the living, owed next quarter
    cash: Array  # (path, firm): at the end of the quarter
    paid_share: Array  # (path, firm): paid over owed before any debt fell due


@dataclass(frozen=True)
class _Claims:
    """What firms owe (path, firm, node): arrears, the rest, and debt that default calls in."""

    arrears: Array
    other: Array
    called: Array
    proceeds: Array  # (path, firm): what the sale of plant and other assets brings
    collateral: Array  # (path, firm): what secured creditors can look to
    resources: Array  # (path, firm): cash and what is sure to come in


def settle(now: Moment, flows: Array, positions: Positions) -> Settled:
    """Clear the quarter's invoices `flows` (path, kind, node, node); resolve defaults.

    Invoices of the quarter stand. A round adds those that fail to the set, calls their debt in,
    sells their plant and clears again.
    """
    failed = now.drivers.removed[now.quarter] & now.state.alive
    claims = _claims(now, flows, positions, failed)
    first = found = _cleared(now, claims, failed)
    short = found.defaulted | missed(now, _pool_share(now.chain, claims, found))
    for _ in range(len(now.chain.firm_ids) + 1):
        grown = failed | (short & now.state.alive)
        if not grown.any() or (found is not first and (grown == failed).all()):
            break
        failed = grown
        claims = _claims(now, flows, positions, failed)
        found = _cleared(now, claims, failed)
        short = found.defaulted | missed(now, _pool_share(now.chain, claims, found))
    return _closed(now, flows, claims, found, failed, first.paid_ratio)


def _claims(now: Moment, flows: Array, positions: Positions, failed: Mask) -> _Claims:
    """Return what is owed and what there is to pay it, with the debt of the failed called in."""
    chain, firms = now.chain, len(now.chain.firm_ids)
    obligations = flows[:, :, :firms]
    arrears = obligations[:, KIND["arrears"]]
    no_debt = obligations[:, [KIND[name] for name in NO_DEBT]].sum(axis=1)
    called = np.zeros_like(arrears)
    called[:, :, chain.pool_nodes] += positions.debt * failed[:, :, None]
    worth = _sale_value(now, positions, failed)
    proceeds = worth * failed
    equity = flows[:, KIND["equity"], :firms]
    sure = flows[:, :, firms:, :firms].sum(axis=(1, 2)) + equity[:, :, :firms].sum(axis=1)
    means = now.state.cash + sure + proceeds - equity.sum(axis=2)
    return _Claims(
        arrears=arrears,
        other=obligations.sum(axis=1) - arrears - no_debt,
        called=called,
        proceeds=proceeds,
        collateral=worth,
        resources=np.maximum(means, 0.0),
    )


def _sale_value(now: Moment, positions: Positions, failed: Mask) -> Array:
    """Return what plant and other assets of each firm would fetch (path, firm).

    The more is sold at once, the less it brings: recovery falls with the share of all plant that
    the failed put up for sale.
    """
    chain, firms = now.chain, len(now.chain.firm_ids)
    worth = group_sum(positions.plant_worth, chain.firm_of_line, firms)
    total = worth.sum(axis=1, keepdims=True)
    dumped = ratio((worth * failed).sum(axis=1, keepdims=True), total)
    recovery = now.level("recovery", "recovery") * np.exp(-now.parameters["fire_sale"] * dumped)
    return np.asarray(recovery * (worth + chain.purses.other_assets * now.state.alive))


def _cleared(now: Moment, claims: _Claims, failed: Mask) -> ClassPayments:
    """Clear once: firms' obligations by class, out of cash and what others surely pay."""
    return clear_classes(
        _by_class(now.chain, claims),
        claims.resources,
        np.broadcast_to(now.level("default_costs", "default_costs"), failed.shape),
        in_default=failed,
        default_below=np.broadcast_to(now.parameters["default_threshold"], failed.shape),
    )


def _by_class(chain: Chain, claims: _Claims) -> Array:
    """Sort obligations into classes (path, class, firm, node).

    Secured creditors stand before others up to the collateral, beside trade for the rest.
    """
    owed = claims.other + claims.called
    out = np.zeros((owed.shape[0], CLASSES, *owed.shape[1:]))
    for number in range(CLASSES):
        members = np.flatnonzero(chain.class_of_node == number)
        out[:, number][:, :, members] = owed[:, :, members]
    covered = _covered(chain, claims)[:, :, None]
    out[:, TRADE] += out[:, SECURED] * (1.0 - covered)
    out[:, SECURED] *= covered
    out[:, ARREARS] += claims.arrears
    return out


def _covered(chain: Chain, claims: _Claims) -> Array:
    """Return the share of secured claims that collateral covers (path, firm)."""
    secured = np.flatnonzero(chain.class_of_node == SECURED)
    owed = (claims.other + claims.called)[:, :, secured].sum(axis=2)
    return np.minimum(1.0, ratio(claims.collateral, owed, 1.0))


def _node_share(chain: Chain, claims: _Claims, found: ClassPayments) -> Array:
    """Return the share paid of what each firm owes to each node, arrears apart."""
    share = found.class_ratio
    by_node = np.moveaxis(share[:, chain.class_of_node], 1, 2)
    covered = _covered(chain, claims)
    secured = covered * share[:, SECURED] + (1.0 - covered) * share[:, TRADE]
    return np.where(chain.class_of_node == SECURED, secured[:, :, None], by_node)


def _pool_share(chain: Chain, claims: _Claims, found: ClassPayments) -> Array:
    """Return the share paid of what each firm owes to each pool (path, firm, pool)."""
    return _node_share(chain, claims, found)[:, :, chain.pool_nodes]


def _paid(now: Moment, flows: Array, claims: _Claims, found: ClassPayments) -> Array:
    """Return flows with firms' obligations scaled by the share paid; payouts not yet."""
    chain, firms = now.chain, len(now.chain.firm_ids)
    paid = flows.copy()
    owing = paid[:, :, :firms]
    owing[:, KIND["repayment"]] += claims.called
    equity = owing[:, KIND["equity"]].copy()
    owing *= _node_share(chain, claims, found)[:, None]
    owing[:, KIND["arrears"]] = claims.arrears * found.class_ratio[:, ARREARS][:, :, None]
    owing[:, KIND["equity"]] = equity
    owing[:, KIND["payout"]] = 0.0
    paid[:, KIND["liquidation"], chain.accounts["other_business"], :firms] += claims.proceeds
    paid[:, KIND["default_costs"], :firms, chain.accounts["default_costs"]] += found.default_costs
    return paid


def _closed(
    now: Moment,
    flows: Array,
    claims: _Claims,
    found: ClassPayments,
    failed: Mask,
    first_paid: Array,
) -> Settled:
    """Book what was paid and who is left with what; sort the unpaid into losses and arrears."""
    chain, firms = now.chain, len(now.chain.firm_ids)
    paid = _paid(now, flows, claims, found)
    left = now.state.cash + _net_receipts(paid, firms)
    # A failed firm hands what is left, after all creditors, to its shareholders.
    planned = flows[:, KIND["payout"], :firms, chain.accounts["shareholders"]]
    payout = np.where(failed, np.maximum(left, 0.0), np.clip(left, 0.0, planned))
    paid[:, KIND["payout"], :firms, chain.accounts["shareholders"]] = payout
    owed = claims.other + claims.called + claims.arrears
    gap = _gap(owed, paid[:, :, :firms])
    living = now.state.alive & ~failed
    creditor_lives = np.ones_like(gap[:, 0])
    creditor_lives[:, :firms] = living
    return Settled(
        flows=paid,
        failed=failed,
        owed=owed.sum(axis=2),
        unpaid=gap * failed[:, :, None],
        arrears=gap * living[:, :, None] * creditor_lives[:, None, :],
        cash=np.maximum(0.0, left - payout),
        paid_share=first_paid,
    )


def _net_receipts(paid: Array, firms: int) -> Array:
    """Return receipts less payments of firms (path, firm)."""
    return np.asarray(paid[:, :, :, :firms].sum(axis=(1, 2)) - paid[:, :, :firms].sum(axis=(1, 3)))


def _gap(owed: Array, paid: Array) -> Array:
    """Return what stayed unpaid by holder (path, firm, node); rounding is not a gap."""
    debts = paid.sum(axis=1) - paid[:, [KIND[name] for name in NO_DEBT]].sum(axis=1)
    gap = owed - debts
    return np.where(gap > 1e-12 * owed, gap, 0.0)
