"""One quarter, in the order money moves. Each line below is a law; `run_quarter` is the story.

A decision of quarter t uses states of t-1; no order of entities exists anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.engine import bills, funding, plans, prices, programs, volumes
from cardhouse.engine.chain import KIND, Array, Chain
from cardhouse.engine.confidence import next_confidence
from cardhouse.engine.demand import (
    expected_final_growth,
    final_demand,
    next_log_growth,
    substitution_share,
)
from cardhouse.engine.drivers import Drivers, neutral
from cardhouse.engine.resolution import Settled, settle
from cardhouse.engine.state import HISTORY, Parameters, State
from cardhouse.engine.sums import group_sum, ratio


@dataclass(frozen=True)
class References:
    """What laws measure against: the service cost and means of row 0, growth that was expected."""

    service_cost: Array  # (path, line)
    means: Array  # (firm,)
    expected_growth: Array  # (quarter,)


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
    failed: NDArray[np.bool_]  # (path, firm)
    owed: Array  # (path, firm)
    unpaid: Array  # (path, firm, node)
    paid_share: Array  # (path, firm)
    unmet: Array  # (path, 1)


def references(chain: Chain, state: State, quarters: int) -> References:
    """Return the references of a run from its opening state."""
    still = neutral(chain, 0)
    costs = prices.unit_costs(
        chain,
        state,
        volumes.input_intensity(chain, still, state, 0),
        plans.depreciation(chain, still, state, 0),
        bills.fixed_costs(chain, state),
    )
    return References(
        service_cost=costs.service,
        means=programs.means(state.revenue[0], state.cash[0]),
        expected_growth=expected_final_growth(chain, quarters),
    )


def run_quarter(
    chain: Chain,
    reference: References,
    drivers: Drivers,
    parameters: Parameters,
    state: State,
    quarter: int,
) -> tuple[State, Record]:
    """Return the state and the record after one quarter, t >= 1."""
    log_growth = next_log_growth(chain, drivers, state, quarter)
    intensity = volumes.input_intensity(chain, drivers, state, quarter)
    worn = plans.depreciation(chain, drivers, state, quarter)
    fixed = bills.fixed_costs(chain, state)

    costs = prices.unit_costs(chain, state, intensity, worn, fixed)
    price = prices.next_prices(
        chain, parameters, state, costs, reference.service_cost, drivers.margin_stance[quarter]
    )
    charged = price * drivers.price[quarter]

    demand = final_demand(chain, drivers, parameters, state, log_growth, charged, quarter)
    index = programs.next_program_index(parameters, state, reference.means, chain)
    budget = index * drivers.program[quarter] * programs.stressed(parameters, state.stress)
    capex = plans.next_capex(chain, drivers, parameters, state, charged, quarter)
    plan = capex.plan * drivers.capex_plan[quarter]

    market = _Market(
        chain, drivers, parameters, state, intensity, demand, charged, plan, budget, fixed, worn,
        quarter,
    )
    invoices = market.trade(market.everything())
    asks = funding.needs(
        chain, parameters, state, invoices.flows, invoices.capex, invoices.programs
    )
    raised = funding.raise_funds(
        chain, drivers, parameters, state, asks, invoices.flows, invoices.profit, charged, quarter
    )
    invoices, deliveries = market.trade_within_means(invoices, raised)

    debt = _debt_after(chain, state, raised)
    moves = plans.move_plant(chain, drivers, state, capex, invoices.capex, worn, quarter)
    flows = _with_funding(chain, invoices.flows, raised)
    settled = settle(
        chain, drivers, parameters, state, flows, charged, debt, moves.net, quarter
    )
    surprise = _growth_surprise(reference, state, paid_final(chain, demand), quarter)
    confidence = next_confidence(parameters, state, surprise, settled.failed, deliveries.unmet)
    after = _next_state(
        chain, drivers, state, quarter, price=price, charged=charged, log_growth=log_growth,
        demand=demand, deliveries=deliveries, costs=costs, moves=moves, capex=capex, index=index,
        invoices=invoices, raised=raised, debt=debt, settled=settled, confidence=confidence,
    )
    record = _record(
        chain, invoices, deliveries, charged, fixed, worn, raised, settled, state.alive
    )
    return after, record


class _Market:
    """The quarter's trade, once as planned and once within firms' means."""

    def __init__(
        self,
        chain: Chain,
        drivers: Drivers,
        parameters: Parameters,
        state: State,
        intensity: Array,
        demand: Array,
        charged: Array,
        plan: Array,
        budget: Array,
        fixed: Array,
        worn: Array,
        quarter: int,
    ) -> None:
        self.chain, self.drivers, self.parameters = chain, drivers, parameters
        self.state, self.demand, self.charged, self.quarter = state, demand, charged, quarter
        self.plan, self.budget, self.fixed, self.worn = plan, budget, fixed, worn
        self.substitution = substitution_share(drivers, parameters, quarter)
        self.inputs, self.lost = volumes.want_inputs(
            chain, drivers, parameters, state, intensity, quarter
        )
        self.deliveries: volumes.Deliveries | None = None

    def everything(self) -> bills.Spending:
        """Return spending at will in full."""
        whole = np.ones_like(self.state.cash)
        return bills.Spending(capex=whole, programs=whole, payout=whole)

    def trade(self, spending: bills.Spending) -> bills.Invoices:
        """Deliver what is wanted under `spending` and write the invoices."""
        deliveries = volumes.deliver(
            self.chain, self.parameters, self.state, self._wants(spending)
        )
        invoices = bills.write_invoices(
            self.chain, self.drivers, self.state, deliveries, self.charged, self.plan,
            self.budget, self.fixed, self.worn, spending, self.quarter,
        )
        self.deliveries = deliveries
        return self._with_payouts(invoices, spending)

    def trade_within_means(
        self, invoices: bills.Invoices, raised: funding.Funding
    ) -> tuple[bills.Invoices, volumes.Deliveries]:
        """Trade again after firms short of money cut payouts, orders and programs."""
        firms = len(self.chain.firm_ids)
        given = raised.equity[:, :firms].sum(axis=2)
        payout, orders, spent = funding.spend_at_will(
            self.chain, self.parameters, self.state, invoices.flows, raised.raised, given,
            invoices.capex, invoices.programs,
        )
        if min(payout.min(initial=1.0), orders.min(initial=1.0), spent.min(initial=1.0)) < 1.0:
            invoices = self.trade(bills.Spending(orders, spent, payout))
        assert self.deliveries is not None
        return invoices, self.deliveries

    def _wants(self, spending: bills.Spending) -> volumes.Wants:
        """Return what buyers want in volume."""
        chain, state = self.chain, self.state
        of_line = chain.firm_of_line
        alive = state.alive[:, of_line]
        budget = (self.budget * spending.programs * state.alive)[:, :, None]
        bought = chain.program_line * budget / self.charged[:, None, :]
        firms = np.arange(len(chain.firm_ids))
        plan = self.plan * spending.capex[:, of_line] * alive
        units = ratio(plan, plans.capex_price(chain, self.charged))
        orders = units[:, :, None] * chain.plants.from_line
        return volumes.Wants(
            final=self.demand,
            intensity=self.inputs,
            lost_output=self.lost,
            programs=volumes.redirect(chain, bought, firms, state, self.substitution),
            orders=volumes.redirect(chain, orders, of_line, state, self.substitution),
        )

    def _with_payouts(
        self, invoices: bills.Invoices, spending: bills.Spending
    ) -> bills.Invoices:
        """Add payouts: the firm's own trend, at most what is left above its floor."""
        chain, state, purses = self.chain, self.state, self.chain.purses
        firms = len(chain.firm_ids)
        repaid = invoices.flows[:, KIND["repayment"], :firms].sum(axis=2)
        net = bills.due_to(invoices.flows, firms) - bills.owed_by(invoices.flows, firms) + repaid
        trend = purses.payout * np.exp(purses.payout_growth * self.quarter) * state.alive
        payout = np.minimum(trend, np.maximum(0.0, state.cash + net - purses.floor))
        account = chain.accounts["shareholders"]
        invoices.flows[:, KIND["payout"], :firms, account] += payout * spending.payout
        return invoices


def _with_funding(chain: Chain, flows: Array, raised: funding.Funding) -> Array:
    """Add money raised to the invoices: equity and debt drawn."""
    firms = len(chain.firm_ids)
    out = flows.copy()
    out[:, KIND["equity"], :, :firms] += raised.equity
    out[:, KIND["debt_drawn"], chain.pool_nodes, :firms] += raised.debt
    return out


def _debt_after(chain: Chain, state: State, raised: funding.Funding) -> Array:
    """Return debt after amortisation and drawing, before any default (path, firm, pool)."""
    kept = state.debt * (1.0 - 1.0 / chain.debt_maturity)
    return np.asarray(kept + np.swapaxes(raised.debt, 1, 2))


def _rates_after(
    chain: Chain, drivers: Drivers, state: State, raised: funding.Funding, debt: Array, quarter: int
) -> Array:
    """Return the average rate on debt, new debt at the pool's rate plus the shift."""
    drawn = np.swapaxes(raised.debt, 1, 2)
    refinanced = np.minimum(drawn, state.debt / chain.debt_maturity)
    shift = drivers.interest_shift[quarter]
    fresh_rate = np.where(chain.debt > 0, chain.debt_rate, chain.pools.rate) + shift
    kept = state.debt * (1.0 - 1.0 / chain.debt_maturity) * state.debt_rate
    cost = kept + refinanced * fresh_rate + (drawn - refinanced) * (chain.pools.rate + shift)
    return ratio(cost, debt, 0.0)


def paid_final(chain: Chain, demand: Array) -> Array:
    """Return the volume of final demand that somebody pays for (path, 1)."""
    return np.asarray((demand * (chain.sales.pays > 0)).sum(axis=1, keepdims=True))


def _growth_surprise(reference: References, state: State, paid: Array, quarter: int) -> Array:
    """Return realised growth of paid final demand less what drivers led to expect (path, 1)."""
    realised = ratio(paid, state.paid_final, 1.0) - 1.0
    return np.asarray(realised - reference.expected_growth[quarter])


def _paid_volume(chain: Chain, deliveries: volumes.Deliveries) -> Array:
    """Return volume less free use and own use (path, line)."""
    unpaid = deliveries.final * (chain.sales.pays <= 0)
    free = group_sum(unpaid, chain.sales.line, len(chain.line_ids))
    return np.asarray(np.maximum(deliveries.volume - free, 0.0))


def _next_state(
    chain: Chain,
    drivers: Drivers,
    state: State,
    quarter: int,
    *,
    price: Array,
    charged: Array,
    log_growth: Array,
    demand: Array,
    deliveries: volumes.Deliveries,
    costs: prices.UnitCosts,
    moves: plans.PlantMoves,
    capex: plans.CapexPlan,
    index: Array,
    invoices: bills.Invoices,
    raised: funding.Funding,
    debt: Array,
    settled: Settled,
    confidence: Array,
) -> State:
    """Return the state at the end of the quarter; the dead keep nothing."""
    alive = state.alive & ~settled.failed
    of_line = alive[:, chain.firm_of_line]
    firms = len(chain.firm_ids)
    given = settled.flows[:, KIND["equity"], :firms, :firms]
    in_service = np.where(of_line, moves.capacity, 0.0)
    capacity = np.where(chain.plants.owned, in_service, np.inf)
    return State(
        price=price,
        charged=charged,
        volume=deliveries.volume * of_line,
        volume_history=_shifted(state.volume_history, deliveries.volume * of_line),
        paid_volume=_paid_volume(chain, deliveries) * of_line,
        paid_final=paid_final(chain, demand),
        normal_volume=costs.normal_volume * of_line,
        log_growth=log_growth,
        log_intensity=state.log_intensity + drivers.input_use[quarter],
        capacity=capacity,
        pipeline=moves.pipeline * of_line[:, None, :],
        gross_plant=moves.gross * of_line,
        net_plant=moves.net * of_line,
        plan=capex.plan * of_line,
        expected_growth=capex.expected_growth,
        program_index=index,
        revenue=invoices.revenue * alive,
        revenue_history=_shifted(state.revenue_history, invoices.revenue * alive),
        profit=invoices.profit * alive,
        cash=settled.cash,
        debt=debt * alive[:, :, None],
        debt_rate=_rates_after(chain, drivers, state, raised, debt, quarter) * alive[:, :, None],
        arrears=settled.arrears,
        stakes=state.stakes + given,
        stress=raised.stress * alive,
        alive=alive,
        confidence=confidence,
    )


def _shifted(history: Array, newest: Array) -> Array:
    """Put the newest quarter in front of a history (path, quarter back, ...)."""
    return np.concatenate([newest[:, None], history[:, : HISTORY - 1]], axis=1)


def _record(
    chain: Chain,
    invoices: bills.Invoices,
    deliveries: volumes.Deliveries,
    charged: Array,
    fixed: Array,
    worn: Array,
    raised: funding.Funding,
    settled: Settled,
    alive: NDArray[np.bool_],
) -> Record:
    """Return what the books need of the quarter."""
    line_cost = (deliveries.inputs * charged[:, None, :]).sum(axis=2)
    line_cost = line_cost + chain.variable_cost.sum(axis=1) * deliveries.volume
    line_cost = line_cost + fixed * alive[:, chain.firm_of_line]
    shared = invoices.line_revenue * (chain.revenue_share * alive[:, None, :]).sum(axis=2)
    return Record(
        flows=settled.flows,
        by_line=invoices.by_line,
        revenue=invoices.revenue,
        line_revenue=invoices.line_revenue,
        line_cost=line_cost + shared,
        programs=invoices.programs,
        depreciation=worn,
        capex=invoices.capex,
        raised=raised.raised,
        failed=settled.failed,
        owed=settled.owed,
        unpaid=settled.unpaid,
        paid_share=settled.paid_share,
        unmet=deliveries.unmet,
    )
