"""One quarter, in the order money moves. Each line below is a law; `run_quarter` is the story.

A decision of quarter t uses states of t-1; no order of entities exists anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cardhouse.engine import debts, discretion, funding, plans, prices, programs, volumes
from cardhouse.engine.arrays import HISTORY, KIND, Array, Chain, Mask
from cardhouse.engine.bills import Invoices, Spending, Terms, fixed_costs, write_invoices
from cardhouse.engine.confidence import next_confidence
from cardhouse.engine.demand import (
    expected_final_demand,
    final_demand,
    next_log_growth,
    paid_final,
    wanted_size,
)
from cardhouse.engine.moment import Moment
from cardhouse.engine.resolution import Positions, Settled, settle
from cardhouse.engine.state import State
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.engine.volumes import Deliveries, Wants


@dataclass(frozen=True)
class References:
    """What laws measure against: the service cost and means of row 0, demand that was expected."""

    service_cost: Array  # (path, line)
    means: Array  # (firm,)
    final_demand: Array  # (quarter,): paid final demand at base prices on trend


@dataclass(frozen=True)
class Record:
    """Everything a quarter leaves behind for the books; leading axis path."""

    flows: Array  # (path, kind, node, node): paid
    by_line: Array  # (path, node, line): billed for each line's output
    revenue: Array  # (path, firm): billed
    line_revenue: Array  # (path, line)
    line_cost: Array  # (path, line): inputs, outside cost, revenue share
    programs: Array  # (path, firm)
    depreciation: Array  # (path, line)
    capex: Array  # (path, line)
    raised: Array  # (path, firm)
    failed: Mask  # (path, firm)
    owed: Array  # (path, firm)
    unpaid: Array  # (path, firm, node)
    paid_share: Array  # (path, firm)
    unserved: Array  # (path, 1): share of what was asked of capacity owners
    unmet: Array  # (path, 1): share of essential money that nobody gave


@dataclass(frozen=True)
class Decided:
    """What is settled before trade begins: prices, demand, plans and budgets."""

    costs: prices.UnitCosts
    price: Array  # (path, line)
    log_growth: Array  # (path, sale)
    demand: Array  # (path, sale)
    inputs: Array  # (path, buyer, seller): intensities after the dead have gone
    possible: Array  # (path, line): share of its output that a line can make
    index: Array  # (path, firm)
    capex: plans.CapexPlan
    wear: plans.Wear
    terms: Terms


@dataclass(frozen=True)
class Happened:
    """What trade, funding and settlement brought."""

    deliveries: Deliveries
    invoices: Invoices
    raised: funding.Funding
    moves: plans.PlantMoves
    debt: Array  # (path, firm, pool): before any default
    settled: Settled
    confidence: Array


def references(chain: Chain, state: State, quarters: int) -> References:
    """Return the references of a run from its opening state."""
    intensity = np.broadcast_to(chain.intensity, (state.paths, *chain.intensity.shape))
    costs = prices.unit_costs(
        chain, state, intensity, chain.plants.depreciation, fixed_costs(chain, state)
    )
    return References(
        service_cost=costs.service,
        means=programs.means(state.revenue[0], state.cash[0]),
        final_demand=expected_final_demand(chain, quarters),
    )


def run_quarter(now: Moment, reference: References) -> tuple[State, Record]:
    """Return the state and the record after one quarter, t >= 1."""
    decided = _decide(now, reference)
    invoices, deliveries = _trade(now, decided, discretion.everything(now))
    asks = funding.needs(now, invoices, decided.terms.maturing)
    raised = funding.raise_funds(now, asks, invoices)
    spending = discretion.within_means(now, invoices, raised)
    if discretion.cuts_anything(spending):
        invoices, deliveries = _trade(now, decided, spending)
    happened = _settled(now, reference, decided, invoices, deliveries, raised)
    return _next_state(now, decided, happened), _record(now, decided, happened)


def _decide(now: Moment, reference: References) -> Decided:
    """Return prices, demand, plans and budgets of the quarter."""
    chain, state = now.chain, now.state
    grown = volumes.input_intensity(now)
    inputs = volumes.redirect(now, grown, chain.firm_of_line)
    wear, fixed = plans.wear(now), fixed_costs(chain, state)
    costs = prices.unit_costs(chain, state, inputs, wear.worn, fixed)
    price = prices.next_prices(now, costs, reference.service_cost)
    charged = price * now.drivers.price[now.quarter]
    log_growth = next_log_growth(now)
    size = wanted_size(now, log_growth)
    index = programs.next_program_index(now, reference.means)
    capex = plans.next_capex(now, charged, wear)
    terms = Terms(
        charged=charged,
        plan=capex.plan * now.drivers.capex_plan[now.quarter],
        programs=index * now.drivers.program[now.quarter] * programs.stressed(now),
        fixed=fixed,
        worn=wear.worn,
        demand_index=_demand_index(now, reference, size),
        maturing=debts.maturing(now),
    )
    return Decided(
        costs=costs,
        price=price,
        log_growth=log_growth,
        demand=final_demand(now, size, charged),
        inputs=inputs,
        possible=volumes.output_possible(now, grown),
        index=index,
        capex=capex,
        wear=wear,
        terms=terms,
    )


def _demand_index(now: Moment, reference: References, size: Array) -> Array:
    """Return paid final demand at base prices over its trend (path, 1)."""
    expected = reference.final_demand[now.quarter]
    paid = paid_final(now.chain, size)
    return np.asarray(paid / expected if expected > 0 else np.ones_like(paid))


def _trade(now: Moment, decided: Decided, spending: Spending) -> tuple[Invoices, Deliveries]:
    """Deliver what is wanted under `spending` and write the invoices."""
    wants = _wants(now, decided, spending)
    deliveries = volumes.deliver(now, wants, decided.possible)
    return write_invoices(now, deliveries, decided.terms, spending), deliveries


def _wants(now: Moment, decided: Decided, spending: Spending) -> Wants:
    """Return what buyers want in volume."""
    chain, state, terms = now.chain, now.state, decided.terms
    of_line = chain.firm_of_line
    budget = terms.programs * spending.programs * state.alive
    bought = chain.program_line * budget[:, :, None] / terms.charged[:, None, :]
    plan = terms.plan * spending.capex[:, of_line] * now.line_alive
    units = ratio(plan, plans.capex_price(chain, terms.charged))
    orders = units[:, :, None] * chain.plants.from_line
    return Wants(
        final=decided.demand,
        intensity=decided.inputs,
        programs=volumes.redirect(now, bought, np.arange(len(chain.firm_ids))),
        orders=volumes.redirect(now, orders, of_line),
    )


def _settled(
    now: Moment,
    reference: References,
    decided: Decided,
    invoices: Invoices,
    deliveries: Deliveries,
    raised: funding.Funding,
) -> Happened:
    """Settle the quarter's bills and return all that happened."""
    charged, due = decided.terms.charged, decided.terms.maturing
    moves = plans.move_plant(now, decided.capex, invoices.capex, decided.wear, charged)
    debt = debts.debt_after(now, due, raised.debt)
    settled = settle(now, _with_funding(now, invoices.flows, raised), Positions(debt, moves.worth))
    surprise = _growth_surprise(now, reference, decided)
    return Happened(
        deliveries=deliveries,
        invoices=invoices,
        raised=raised,
        moves=moves,
        debt=debt,
        settled=settled,
        confidence=next_confidence(now, surprise, settled.failed, raised.unmet),
    )


def _with_funding(now: Moment, flows: Array, raised: funding.Funding) -> Array:
    """Return the invoices with money raised added: equity and debt drawn."""
    firms = len(now.chain.firm_ids)
    out = flows.copy()
    out[:, KIND["equity"], :, :firms] += raised.equity
    out[:, KIND["debt_drawn"], now.chain.pool_nodes, :firms] += np.swapaxes(raised.debt, 1, 2)
    return out


def _final_value(now: Moment, decided: Decided) -> Array:
    """Return what final users are asked to pay, at the prices charged (path, 1)."""
    price = decided.terms.charged[:, now.chain.sales.line]
    return paid_final(now.chain, decided.demand * price)


def _growth_surprise(now: Moment, reference: References, decided: Decided) -> Array:
    """Return growth of what final users pay less the growth on trend of the same quarter."""
    realised = ratio(_final_value(now, decided), now.state.final_value, 1.0)
    before, after = reference.final_demand[now.quarter - 1 : now.quarter + 1]
    return np.asarray(realised - (after / before if before > 0 else 1.0))


def _next_state(now: Moment, decided: Decided, happened: Happened) -> State:
    """Return the state at the end of the quarter; the dead keep nothing."""
    chain, state, settled = now.chain, now.state, happened.settled
    deliveries, moves, invoices = happened.deliveries, happened.moves, happened.invoices
    alive = state.alive & ~settled.failed
    of_line = alive[:, chain.firm_of_line]
    lender_lives = alive[:, :, None]
    firms = len(chain.firm_ids)
    volume = deliveries.volume * of_line
    revenue = invoices.revenue * alive
    worn = group_sum(decided.wear.worn, chain.firm_of_line, firms)
    own, free = _unpaid_use(now, deliveries)
    due, drawn = decided.terms.maturing, happened.raised.debt
    return State(
        price=decided.price,
        charged=decided.terms.charged,
        volume=volume,
        volume_history=_shifted(state.volume_history, volume),
        paid_volume=np.maximum(deliveries.volume - own - free, 0.0) * of_line,
        own_volume=own * of_line,
        paid_final=paid_final(chain, decided.demand),
        final_value=_final_value(now, decided),
        normal_volume=decided.costs.normal_volume * of_line,
        log_growth=decided.log_growth,
        log_intensity=state.log_intensity + now.drivers.input_use[now.quarter],
        capacity=moves.capacity * of_line,
        pipeline=moves.pipeline * of_line[:, None, :],
        vintages=moves.vintages * of_line[:, None, :],
        net_plant=moves.net * of_line,
        plant_worth=moves.worth * of_line,
        plan=decided.capex.plan * of_line,
        expected_growth=decided.capex.expected_growth * of_line,
        program_index=decided.index,
        revenue=revenue,
        revenue_history=_shifted(state.revenue_history, revenue),
        profit=invoices.profit * alive,
        worn=worn * alive,
        cash=settled.cash,
        debt=happened.debt * lender_lives,
        debt_rate=debts.rates_after(now, due, drawn, happened.debt) * lender_lives,
        arrears=settled.arrears,
        stakes=(state.stakes + settled.flows[:, KIND["equity"], :, :firms]) * alive[:, None, :],
        stress=happened.raised.stress * alive,
        alive=alive,
        confidence=happened.confidence,
        explosive=state.explosive | deliveries.explosive,
    )


def _unpaid_use(now: Moment, deliveries: Deliveries) -> tuple[Array, Array]:
    """Return use by the sellers' own parents, and other use that is free (path, line)."""
    sales, lines = now.chain.sales, len(now.chain.line_ids)
    unpaid = deliveries.final * (sales.pays <= 0)
    own = group_sum(unpaid * sales.own_use, sales.line, lines)
    return own, group_sum(unpaid * (1.0 - sales.own_use), sales.line, lines)


def _shifted(history: Array, newest: Array) -> Array:
    """Put the newest quarter in front of a history (path, quarter back, ...)."""
    return np.concatenate([newest[:, None], history[:, : HISTORY - 1]], axis=1)


def _record(now: Moment, decided: Decided, happened: Happened) -> Record:
    """Return what the books need of the quarter."""
    chain, invoices, settled = now.chain, happened.invoices, happened.settled
    bought = (happened.deliveries.inputs * decided.terms.charged[:, None, :]).sum(axis=2)
    outside = chain.variable_cost.sum(axis=1) * happened.deliveries.volume
    shared = (chain.revenue_share * now.state.alive[:, None, :]).sum(axis=2)
    cost = bought + outside + decided.terms.fixed * now.line_alive
    return Record(
        flows=settled.flows,
        by_line=invoices.by_line,
        revenue=invoices.revenue,
        line_revenue=invoices.line_revenue,
        line_cost=cost + invoices.line_revenue * shared,
        programs=invoices.programs,
        depreciation=decided.wear.worn,
        capex=invoices.capex,
        raised=happened.raised.raised,
        failed=settled.failed,
        owed=settled.owed,
        unpaid=settled.unpaid,
        paid_share=settled.paid_share,
        unserved=happened.deliveries.unserved,
        unmet=happened.raised.unmet,
    )
