"""Same-quarter discretion: what a firm short of money cuts before bills are settled."""

from __future__ import annotations

import numpy as np

from cardhouse.engine.arrays import Array
from cardhouse.engine.bills import Invoices, Spending
from cardhouse.engine.funding import Funding
from cardhouse.engine.leasing import leased_by_firm
from cardhouse.engine.moment import Moment
from cardhouse.engine.programs import loose_share
from cardhouse.engine.sums import ratio


def everything(now: Moment) -> Spending:
    """Return spending at will in full."""
    whole = np.ones_like(now.state.cash)
    kept = np.ones((now.state.paths, now.chain.links.nodes))
    return Spending(capex=whole, programs=whole, payout=whole, kept=kept)


def within_means(now: Moment, invoices: Invoices, raised: Funding) -> Spending:
    """Return the shares of payout, capex and programs that go ahead (path, firm).

    Short of bills with a margin, a firm cuts payouts first, then new orders, then programs to
    their floor. Money given to other firms is part of its bills; what is bought on credit, leased
    or paid for in kind would save nothing now.
    """
    firms = len(now.chain.firm_ids)
    leased = leased_by_firm(now, invoices.bought, raised.leased)
    bills = invoices.owed - leased + raised.equity[:, :firms].sum(axis=2)
    means = now.state.cash + raised.raised + invoices.expected
    short = np.maximum(0.0, now.parameters["payment_margin"] * bills - means)
    payout = invoices.paid_in("payout")
    orders = np.maximum(0.0, invoices.capex_due - leased)
    programs = invoices.own_programs * loose_share(now)
    cut_payout = np.minimum(payout, short)
    cut_orders = np.minimum(orders, short - cut_payout)
    cut_programs = np.minimum(programs, short - cut_payout - cut_orders)
    return Spending(
        payout=_kept(cut_payout, payout),
        capex=_kept(cut_orders, orders),
        programs=_kept(cut_programs, invoices.own_programs),
        kept=raised.kept,
    )


def _kept(cut: Array, planned: Array) -> Array:
    return np.asarray(np.clip(1.0 - ratio(cut, planned), 0.0, 1.0))


def cuts_anything(spending: Spending) -> bool:
    """Tell whether any firm on any path cuts something, or an investor breaks its word."""
    parts = (spending.capex, spending.programs, spending.payout, spending.kept)
    return any(bool((part < 1.0).any()) for part in parts)
