"""Finance leases: a lessor pays the supplier of plant, debt and service follow, no cash moves.

``leased`` (path, firm, pool) is the share of plant that may be leased which each lessor pays for.
"""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array
from cardhouse.engine.moment import Moment
from cardhouse.engine.sums import group_sum


def leasable(now: Moment, bought: Array) -> Array:
    """Return what lessors may pay for of plant bought (path, leased link)."""
    leased = now.chain.leased
    return np.asarray(bought[:, leased.capex] * leased.share)


def with_leases(now: Moment, due: Array, bought: Array, leased: Array) -> Array:
    """Return what is due with lessors paying their shares in their lessees' place (path, link)."""
    plant = now.chain.leased
    if not len(plant.link):
        return due
    value = leasable(now, bought) * leased[:, plant.firm, plant.pool]
    out = due.copy()
    out[:, plant.link] = value
    np.subtract.at(out.T, plant.capex, value.T)
    return np.maximum(out, 0.0)


def leased_by_firm(now: Moment, bought: Array, leased: Array) -> Array:
    """Return what lessors pay for of each firm's plant (path, firm)."""
    plant, firms = now.chain.leased, len(now.chain.firm_ids)
    value = leasable(now, bought) * leased[:, plant.firm, plant.pool]
    return group_sum(value, plant.firm, firms)


def leased_by_loan(now: Moment, due: Array) -> Array:
    """Return new lease debt on each loan (path, loan): what lessors paid for plant."""
    plant, loans = now.chain.leased, now.chain.loans
    out = np.zeros((len(due), len(loans.amount)))
    np.add.at(out.T, loans.new_of[plant.firm, plant.pool], due[:, plant.link].T)
    return out
