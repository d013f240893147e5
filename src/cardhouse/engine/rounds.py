"""Signed rounds and other promises of equity: what is paid at its date, and what it binds."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array, Mask, SignedRound
from cardhouse.engine.moment import Moment


def signed_rounds(now: Moment) -> Array:
    """Return signed rounds due this quarter (path, investor node, firm)."""
    _, firms, nodes, _ = now.chain.shape
    out = np.zeros((now.state.paths, nodes, firms))
    for item in now.chain.rounds:
        if item.quarter == now.quarter:
            out[:, item.investor, item.firm] += item.amount * _share_paid(now, item)
    return out


def earmarked(now: Moment, kept: Array) -> Array:
    """Return money that signed rounds of the quarter bind to a supplier (path, firm, line).

    ``kept`` (path, node) is the share of its promises that each investor keeps.
    """
    lines, firms, _, _ = now.chain.shape
    out = np.zeros((now.state.paths, firms, lines))
    for item in now.chain.rounds:
        if item.quarter == now.quarter and item.earmark >= 0:
            alive = now.state.alive[:, now.chain.firm_of_line[item.earmark]]
            share = _share_paid(now, item) * kept[:, item.investor] * alive
            out[:, item.firm, item.earmark] += item.amount * share
    return out


def in_step(now: Moment) -> Array:
    """Return money that goes in step with purchases of last quarter (path, node, firm)."""
    strategic, state = now.chain.strategic, now.state
    _, firms, nodes, _ = now.chain.shape
    out = np.zeros((state.paths, nodes, firms))
    for number in range(len(strategic.firm)):
        investor, firm = int(strategic.investor[number]), int(strategic.firm[number])
        given = strategic.in_step[number] * state.purchases[:, number] * state.alive[:, firm]
        out[:, investor, firm] += given * _investor_lever(now, investor)
    return out


def _investor_lever(now: Moment, investor: int) -> Array:
    """Return what an investor's lever leaves of what it promised (path,); nothing of the dead."""
    firms = len(now.chain.firm_ids)
    if investor < firms:
        lever = now.drivers.strategic_supply[now.quarter, investor]
        return np.asarray(min(1.0, float(lever)) * now.state.alive[:, investor])
    pool = int(np.flatnonzero(now.chain.pool_nodes == investor)[0])
    lever = now.drivers.pool_supply[now.quarter, pool]
    return np.full(now.state.paths, min(1.0, float(lever)))


def _share_paid(now: Moment, item: SignedRound) -> Array:
    """Return the share of a signed round that is paid at its date (path,).

    A letter of intent (probability below one half) pays the share that the lever or its
    probability says. The investor's lever scales it, too: a line can be refused.
    """
    letters = now.drivers.letters_paid[now.quarter]
    is_letter = item.probability < 0.5 and not np.isnan(letters)
    share = float(letters) if is_letter else item.probability
    pays = now.state.alive[:, item.firm] & _condition_holds(now, item)
    return np.asarray(share * _investor_lever(now, item.investor) * pays)


def _condition_holds(now: Moment, item: SignedRound) -> Mask:
    """Tell whether the firm's last quarter meets the round's condition (path,)."""
    if item.condition is None:
        return np.ones(now.state.paths, dtype=bool)
    measures = {
        "revenue": now.state.revenue[:, item.firm],
        "growth": now.revenue_growth[:, item.firm],
        "cash": now.state.cash[:, item.firm],
        "stress": now.state.stress[:, item.firm],
        "confidence": now.state.confidence[:, 0],
    }
    value, bound = measures[item.condition.measure], item.condition.bound
    return np.asarray(value >= bound if item.condition.at_least else value <= bound)
