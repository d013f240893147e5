"""What moves: the state of every path at the end of a quarter, and the opening state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine.arrays import HISTORY, Array, Chain, Mask
from cardhouse.engine.sums import ratio

COSTS = ("input", "cost", "program", "revenue_share", "lease", "buy_back", "shortfall")
"""What a firm pays for running its lines and programs, in cash."""

Parameters = dict[str, Array]
"""Behavioural parameters by name, each (path, 1)."""


@dataclass(frozen=True)
class State:
    """State at the end of a quarter; leading axis path throughout."""

    price: Array  # (path, line): law-driven price, before a lever's factor
    charged: Array  # (path, line): price that buyers paid, lever included
    volume: Array  # (path, line)
    volume_history: Array  # (path, quarter back, line): newest first
    paid_volume: Array  # (path, line): volume that somebody pays for
    own_volume: Array  # (path, line): volume used by the seller's own parent
    paid_final: Array  # (path, 1): paid final demand in volume
    final_value: Array  # (path, 1): the same at the prices charged
    normal_volume: Array  # (path, line): Qn of the last quarter
    log_growth: Array  # (path, sale): ln G of demand drivers
    capacity: Array  # (path, line): 0 for lines without plant, which have no limit
    pipeline: Array  # (path, slot, line): capacity that enters service in 1, 2 ... quarters
    vintages: Array  # (path, part, age, line): historical cost of plant by age, newest first
    net_plant: Array  # (path, part, line): what is left of historical cost
    plant_worth: Array  # (path, part, line): net plant at what the same plant costs today
    plan: Array  # (path, line): capex planned last quarter
    expected_growth: Array  # (path, line): g
    program_index: Array  # (path, firm): budget relative to row 0
    revenue: Array  # (path, firm)
    revenue_history: Array  # (path, quarter back, firm): newest first
    profit: Array  # (path, firm): operating result of the last quarter, before stock pay
    worn: Array  # (path, firm): depreciation of the last quarter
    cash: Array  # (path, firm)
    loans: Array  # (path, loan): what is owed on each
    loan_rate: Array  # (path, loan)
    arrears: Array  # (path, arrears link)
    payables: Array  # (path, slot, credit): bought on credit, due in 1, 2 ... quarters
    bought: Array  # (path, quarter back, binding): purchases under what binds, newest first
    bound_inputs: Array  # (path, binding): of it, what lines bought as inputs last quarter
    shares_paid: Array  # (path, share): of revenue, since row 0
    bought_back: Array  # (path, buy-back): paid since row 0
    backed_volume: Array  # (path, buy-back): bought in the last quarter
    line_drawn: Array  # (path, credit line): drawn since row 0
    guarantee_paid: Array  # (path, guarantee): since row 0
    purchases: Array  # (path, strategic): what the firm paid its investor last quarter
    stakes: Array  # (path, node, firm): equity held in firms, at cost; of pools since row 0
    stress: Array  # (path, firm): x
    alive: Mask  # (path, firm)
    restructured: Mask  # (path, firm): lives on after its creditors gave up a part
    confidence: Array  # (path, 1)
    explosive: Mask  # (path, 1): needs more of itself than it makes; held where it was

    @property
    def paths(self) -> int:
        """Return the number of paths."""
        return int(self.cash.shape[0])


def opening_state(chain: Chain, paths: int, ages: int = 1) -> State:
    """Return the state at the end of row 0, the accounts, for `paths` equal paths.

    ``ages`` is the number of vintages to keep, at least those of row 0.
    """
    sales, plants = chain.sales, chain.plants
    lines, firms, _, _ = chain.shape

    def spread(values: Array) -> Array:
        return np.broadcast_to(values, (paths, *values.shape)).copy()

    free, own = np.zeros(lines), np.zeros(lines)
    np.add.at(free, sales.line, np.where(sales.pays > 0, 0.0, sales.volume))
    np.add.at(own, sales.line, sales.volume * sales.own_use)
    back = np.arange(HISTORY)[:, None]
    revenue, worn = opening_revenue(chain), np.zeros(firms)
    np.add.at(worn, chain.firm_of_line, plants.depreciation)
    paid = np.full((paths, 1), sales.volume[sales.pays > 0].sum())
    parts, kept, _ = plants.vintages.shape
    vintages = np.zeros((parts, max(ages, kept), lines))
    vintages[:, :kept] = plants.vintages
    net = _net_by_part(chain)
    return State(
        price=np.ones((paths, lines)),
        charged=np.ones((paths, lines)),
        volume=spread(chain.volume),
        volume_history=spread(chain.volume * (1.0 + chain.opening_growth) ** -back),
        paid_volume=spread(chain.volume - free),
        own_volume=spread(own),
        paid_final=paid,
        final_value=paid,
        normal_volume=spread(chain.volume),
        log_growth=np.zeros((paths, len(sales.line))),
        capacity=spread(plants.capacity),
        pipeline=spread(_opening_pipeline(chain)),
        vintages=spread(vintages),
        net_plant=spread(net),
        plant_worth=spread(net),
        plan=spread(plants.plan),
        expected_growth=spread(implied_expected_growth(chain)),
        program_index=np.ones((paths, firms)),
        revenue=spread(revenue),
        revenue_history=spread(revenue * (1.0 + opening_firm_growth(chain)) ** -back),
        profit=spread(opening_operating_profit(chain)),
        worn=spread(worn),
        cash=spread(chain.purses.cash),
        loans=spread(chain.loans.amount),
        loan_rate=spread(chain.loans.rate),
        arrears=spread(np.zeros(chain.opening[chain.links.of("arrears")].shape)),
        payables=spread(_opening_payables(chain)),
        bought=spread(np.tile(chain.bindings.purchases(chain.opening[None]), (HISTORY - 1, 1))),
        bound_inputs=spread(bound_inputs(chain, chain.opening[None])[0]),
        shares_paid=np.zeros((paths, len(chain.shares.line))),
        bought_back=np.zeros((paths, len(chain.buy_backs.cap))),
        backed_volume=spread(chain.buy_backs.volume),
        line_drawn=np.zeros((paths, len(chain.credit_lines.limit))),
        guarantee_paid=np.zeros((paths, len(chain.guarantees.cap))),
        purchases=spread(purchases_from_investors(chain, chain.opening[None])[0]),
        stakes=spread(chain.stakes),
        stress=np.zeros((paths, firms)),
        alive=np.ones((paths, firms), dtype=bool),
        restructured=np.zeros((paths, firms), dtype=bool),
        confidence=np.ones((paths, 1)),
        explosive=np.zeros((paths, 1), dtype=bool),
    )


def opening_revenue(chain: Chain) -> Array:
    """Return each firm's receipts from its lines' sales and revenue shares at row 0 (firm,)."""
    firms = len(chain.firm_ids)
    revenue = np.zeros(firms)
    np.add.at(revenue, chain.firm_of_line, chain.sales_by_line.sum(axis=0))
    return np.asarray(revenue + chain.links.received(chain.opening[None], "revenue_share")[0])


def opening_firm_growth(chain: Chain) -> Array:
    """Return firms' opening growth a quarter, weighted by the revenue of their lines (firm,)."""
    growth = np.zeros(len(chain.firm_ids))
    weight = np.zeros(len(chain.firm_ids))
    line_revenue = chain.sales_by_line.sum(axis=0)
    np.add.at(growth, chain.firm_of_line, line_revenue * chain.opening_growth)
    np.add.at(weight, chain.firm_of_line, line_revenue)
    return ratio(growth, weight)


def opening_operating_profit(chain: Chain) -> Array:
    """Return revenue and other business less cash costs, programs and depreciation (firm,)."""
    spent = chain.links.paid(chain.opening[None], *COSTS)[0]
    np.add.at(spent, chain.firm_of_line, chain.plants.depreciation)
    return np.asarray(opening_revenue(chain) + chain.purses.other_business - spent)


def implied_expected_growth(chain: Chain) -> Array:
    """Return the growth that opening capex implies, solved with order speed 1 (line,).

    ``1 + g* = [u (K + pipeline + I0) / Q]^(1/lead)`` with ``I0 = (capex - replacement)/kappa``;
    zero for lines without plant.
    """
    plants = chain.plants
    have = plants.capacity + plants.under_way + _ordered_at_row_0(chain)
    needed = ratio(plants.utilisation * have, chain.volume, 1.0)
    growth = np.maximum(needed, 1e-6) ** (1.0 / plants.mean_lead) - 1.0
    return np.asarray(np.where(plants.owned & (chain.volume > 0), growth, 0.0))


def _ordered_at_row_0(chain: Chain) -> Array:
    """Return the capacity that capex of row 0 added or, below replacement, took away (line,)."""
    plants = chain.plants
    replacement = (plants.gross_by_part / plants.opening_life).sum(axis=0)
    ordered = (plants.plan - replacement) / plants.capital_intensity
    return np.asarray(np.where(plants.owned, ordered, 0.0))


def _opening_pipeline(chain: Chain) -> Array:
    """Return capacity by quarters until it is in service (quarter ahead, line).

    What is in slot k enters service at the end of quarter k + 1. Older orders are spread evenly
    over the slots they can still be in; what row 0 ordered comes last.
    """
    lead, share = chain.plants.lead, chain.plants.share
    slot = np.arange(max(int(lead.max(initial=1)) - 1, 1))[:, None, None]
    may_hold = np.where(slot < np.maximum(lead - 2, 1), 1.0, 0.0)
    older = chain.plants.under_way * share * may_hold / may_hold.sum(axis=0)
    ordered = np.maximum(_ordered_at_row_0(chain), 0.0) * share
    newest = np.where(slot == np.maximum(lead - 2, 0), ordered, 0.0)
    return np.asarray((older + newest).sum(axis=1))


def _net_by_part(chain: Chain) -> Array:
    """Return what is left of historical cost by part of plant (part, line)."""
    plants = chain.plants
    ages = np.arange(plants.vintages.shape[1])[None, :, None]
    left = np.clip(1.0 - ages / plants.opening_life[:, None, :], 0.0, 1.0)
    found = (plants.vintages * left).sum(axis=1)
    return np.asarray(found * ratio(plants.net, found.sum(axis=0)))


def _opening_payables(chain: Chain) -> Array:
    """Return what was bought on credit before and is due in 1, 2 ... quarters (slot, credit)."""
    credit = chain.credit
    slot = np.arange(int(credit.quarters.max(initial=1)))[:, None]
    return np.where(slot < credit.quarters, credit.share * chain.opening[credit.link], 0.0)


def bound_inputs(chain: Chain, bought: Array) -> Array:
    """Return what lines buy as inputs under each binding (path, binding) of (path, link)."""
    inputs = np.where(chain.links.kinds("input"), bought, 0.0)
    return chain.bindings.purchases(inputs)


def purchases_from_investors(chain: Chain, paid: Array) -> Array:
    """Return what firms paid the investors that finance their purchases (path, strategic)."""
    links, strategic = chain.links, chain.strategic
    bought = np.where(links.kinds("input", "program", "capex"), paid, 0.0)
    out = np.zeros((len(paid), len(strategic.firm)))
    for number in range(len(strategic.firm)):
        mine = (links.payer == strategic.firm[number]) & (links.payee == strategic.investor[number])
        out[:, number] = bought[:, mine].sum(axis=1)
    return out
