"""Settlement and resolution: who can pay, who fails, what creditors get.

Bills are cleared pro rata within classes. A firm that pays less than the threshold of what it
owes is in default; its debt falls due, its plant is sold, default costs burn a share of what it
has, and everything is cleared again until nobody new fails. Nobody leaves the set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine.chain import CLASSES, KIND, Array, Chain
from cardhouse.engine.drivers import Drivers
from cardhouse.engine.plans import capex_price
from cardhouse.engine.settlement import ClassPayments, clear_classes
from cardhouse.engine.state import Parameters, State
from cardhouse.engine.sums import group_sum


@dataclass(frozen=True)
class Settled:
    """What was paid, who failed, and what stayed unpaid."""

    flows: Array  # (path, kind, node, node): paid
    failed: NDArray[np.bool_]  # (path, firm): in default this quarter
    owed: Array  # (path, firm): total owed, debt that fell due included
    unpaid: Array  # (path, firm, node): loss by holder of the failed
    arrears: Array  # (path, firm, node): small gaps of the living, owed next quarter
    cash: Array  # (path, firm): at the end of the quarter
    paid_share: Array  # (path, firm): paid over owed before any debt fell due


def settle(
    chain: Chain,
    drivers: Drivers,
    parameters: Parameters,
    state: State,
    flows: Array,
    charged: Array,
    debt: Array,
    net_plant: Array,
    quarter: int,
) -> Settled:
    """Clear the quarter's invoices `flows`; resolve defaults until nobody new fails.

    ``debt`` (path, firm, pool) and ``net_plant`` (path, line) are positions after this quarter's
    amortisation and capex: what falls due, and what is sold, when a firm fails.
    """
    firms = len(chain.firm_ids)
    due, sold = _on_default(chain, drivers, parameters, flows, charged, debt, net_plant, quarter)
    cost_rate = _level(drivers.default_costs[quarter], parameters["default_costs"])
    failed = drivers.removed[quarter] & state.alive
    first = _cleared(chain, parameters, state, flows, cost_rate, failed)
    found = first
    called = flows
    for _ in range(firms + 1):
        grown = failed | (found.defaulted & state.alive)
        if not grown.any() or (called is not flows and (grown == failed).all()):
            break
        failed = grown
        called = _called(chain, flows, due, sold, failed)
        found = _cleared(chain, parameters, state, called, cost_rate, failed)
    return _closed(chain, state, called, found, failed, first.paid_ratio)


def _called(
    chain: Chain, flows: Array, due: Array, sold: Array, failed: NDArray[np.bool_]
) -> Array:
    """Return invoices with the debt of the failed fallen due and their plant sold."""
    firms = len(chain.firm_ids)
    called = flows.copy()
    called[:, :, :firms] += due * failed[:, None, :, None]
    account = chain.accounts["other_business"]
    called[:, KIND["liquidation"], account, :firms] += sold * failed
    return called


def _level(lever: float, parameter: Array) -> Array:
    return parameter if np.isnan(lever) else np.full_like(parameter, lever)


def _on_default(
    chain: Chain,
    drivers: Drivers,
    parameters: Parameters,
    flows: Array,
    charged: Array,
    debt: Array,
    net_plant: Array,
    quarter: int,
) -> tuple[Array, Array]:
    """Return debt that falls due (path, kind, node, node) and what plant would fetch (path, firm)."""
    due = np.zeros_like(flows[:, :, : len(chain.firm_ids)])
    due[:, KIND["repayment"], :, chain.pool_nodes] += np.moveaxis(debt, 2, 0)
    recovery = _level(drivers.recovery[quarter], parameters["recovery"])
    worth = net_plant * recovery * np.minimum(1.0, capex_price(chain, charged))
    return due, group_sum(worth, chain.firm_of_line, len(chain.firm_ids))


def _cleared(
    chain: Chain,
    parameters: Parameters,
    state: State,
    flows: Array,
    cost_rate: Array,
    failed: NDArray[np.bool_],
) -> ClassPayments:
    """Clear once: firms' obligations by class, out of cash and what others surely pay."""
    firms = len(chain.firm_ids)
    sure = flows[:, :, firms:, :firms].sum(axis=(1, 2))
    return clear_classes(
        _by_class(chain, flows[:, :, :firms]),
        np.maximum(state.cash, 0.0) + sure,
        np.broadcast_to(cost_rate, state.cash.shape),
        in_default=failed,
        default_below=float(parameters["default_threshold"].flat[0]),
    )


def _paid_flows(chain: Chain, flows: Array, share: Array) -> Array:
    """Return flows with firms' obligations scaled by the share paid of their class."""
    firms = len(chain.firm_ids)
    paid = flows.copy()
    for number in range(CLASSES):
        member = (chain.class_of == number)[:, None, :]
        paid[:, :, :firms] *= np.where(member, share[:, None, number, :, None], 1.0)
    return paid


def _by_class(chain: Chain, owed: Array) -> Array:
    """Sort obligations (path, kind, firm, node) into classes (path, class, firm, node)."""
    out = np.zeros((owed.shape[0], CLASSES, *owed.shape[2:]))
    for number in range(CLASSES):
        member = (chain.class_of == number)[:, None, :]
        out[:, number] = (owed * member).sum(axis=1)
    return out


def _closed(
    chain: Chain,
    state: State,
    called: Array,
    found: ClassPayments,
    failed: NDArray[np.bool_],
    share: Array,
) -> Settled:
    """Book default costs, hand what a failed firm has left to its shareholders, sort the unpaid."""
    firms = len(chain.firm_ids)
    paid = _paid_flows(chain, called, found.class_ratio)
    account = chain.accounts["default_costs"]
    paid[:, KIND["default_costs"], :firms, account] += found.default_costs
    cash = state.cash + paid[:, :, :, :firms].sum(axis=(1, 2)) - paid[:, :, :firms].sum(axis=(1, 3))
    cash = np.maximum(cash, 0.0)
    left = np.where(failed, cash, 0.0)
    paid[:, KIND["payout"], :firms, chain.accounts["shareholders"]] += left
    gap = np.maximum(called[:, :, :firms] - paid[:, :, :firms], 0.0)
    gap[:, [KIND["payout"], KIND["equity"], KIND["default_costs"]]] = 0.0
    unpaid = gap.sum(axis=1)
    creditor_lives = np.ones((state.paths, unpaid.shape[2]))
    creditor_lives[:, :firms] = state.alive & ~failed
    lives = (state.alive & ~failed)[:, :, None]
    return Settled(
        flows=paid,
        failed=failed,
        owed=called[:, :, :firms].sum(axis=(1, 3)),
        unpaid=unpaid * failed[:, :, None],
        arrears=unpaid * lives * creditor_lives[:, None, :],
        cash=cash - left,
        paid_share=share,
    )
