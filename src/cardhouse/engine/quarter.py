"""One quarter, in the order money moves. Each line below is a law; `run_quarter` is the story.

A decision of quarter t uses states of t-1; no order of entities exists anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cardhouse.engine import (
    contracts,
    debts,
    discretion,
    funding,
    plans,
    prices,
    programs,
    volumes,
)
from cardhouse.engine.arrays import Array, Chain, Index, Mask
from cardhouse.engine.bills import Invoices, Spending, Terms, fixed_costs, write_invoices
from cardhouse.engine.confidence import next_confidence
from cardhouse.engine.demand import (
    expected_final_demand,
    final_demand,
    next_log_growth,
    paid_final,
    wanted_size,
)
from cardhouse.engine.leasing import leased_by_loan, with_leases
from cardhouse.engine.links import Links
from cardhouse.engine.moment import Moment
from cardhouse.engine.resolution import (
    LIQUIDATED,
    RESTRUCTURED,
    Positions,
    Settled,
    losses_by_holder,
    settle,
)
from cardhouse.engine.rounds import earmarked
from cardhouse.engine.state import Parameters, State, bound_inputs, purchases_from_investors
from cardhouse.engine.sums import group_sum, ratio
from cardhouse.engine.volumes import Deliveries, Wants


@dataclass(frozen=True)
class References:
    """What laws measure against: the service cost and means of row 0, demand that was expected."""

    service_cost: Array  # (path, line)
    means: Array  # (path, firm)
    final_demand: Array  # (quarter,): paid final demand at base prices on trend


@dataclass(frozen=True)
class Record:
    """Everything a quarter leaves behind for the books; leading axis path."""

    links: Links
    paid: Array  # (path, link)
    claims: Array  # (path, link): owed by firms, with what default called in
    bought: Array  # (path, link): delivered or fell due, paid now or later
    lost: Array  # (path, link): left unpaid by firms that failed
    revenue: Array  # (path, firm): billed
    line_cost: Array  # (path, line): inputs, outside cost, rent, revenue share
    programs: Array  # (path, firm)
    depreciation: Array  # (path, line)
    capex: Array  # (path, line)
    leased: Array  # (path, loan): new debt for plant that lessors paid for
    raised: Array  # (path, firm)
    failed: Mask  # (path, firm)
    outcome: Index  # (path, firm): place in resolution.OUTCOMES
    cause: Index  # (path, firm): place in resolution.CAUSES
    round: Index  # (path, firm): in which round of clearing a firm failed; 0: it did not
    owed: Array  # (path, firm)
    paid_share: Array  # (path, firm)
    unserved: Array  # (path, 1): share of what was asked of capacity owners
    unmet: Array  # (path, 1): share of essential money that nobody gave

    @cached_property
    def flows(self) -> Array:
        """Return what was paid (path, kind, node, node)."""
        return self.links.dense(self.paid)

    @cached_property
    def by_line(self) -> Array:
        """Return what each purse was billed for each line's output (path, node, line)."""
        return self.links.by_line(self.bought)

    @property
    def line_revenue(self) -> Array:
        """Return what was billed for each line's output (path, line)."""
        return self.links.line_revenue(self.bought)

    @property
    def unpaid(self) -> Array:
        """Return losses by holder (path, firm, node)."""
        return losses_by_holder(self.links, self.lost)


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
    drawn: Array  # (path, loan): in cash and in leased plant
    leased: Array  # (path, loan)
    loans: Array  # (path, loan): before any default
    settled: Settled
    confidence: Array


def references(chain: Chain, state: State, quarters: int, parameters: Parameters) -> References:
    """Return the references of a run from its opening state."""
    intensity = np.broadcast_to(chain.intensity, (state.paths, *chain.intensity.shape))
    fixed = fixed_costs(chain, state) + contracts.rents_by_line(chain, state, 0)
    costs = prices.unit_costs(chain, state, intensity, chain.plants.depreciation, fixed)
    return References(
        service_cost=costs.service,
        means=programs.means(state.revenue, state.cash, parameters["program_cash_weight"]),
        final_demand=expected_final_demand(chain, quarters),
    )


def run_quarter(now: Moment, reference: References) -> tuple[State, Record]:
    """Return the state and the record after one quarter, t >= 1."""
    decided = _decide(now, reference)
    invoices, deliveries = _trade(now, decided, discretion.everything(now))
    raised = funding.raise_funds(now, invoices, decided.terms.maturing)
    spending = discretion.within_means(now, invoices, raised)
    if discretion.cuts_anything(spending):
        invoices, deliveries = _trade(now, decided, spending)
    happened = _settled(now, reference, decided, invoices, deliveries, raised)
    return _next_state(now, decided, happened), _record(now, decided, happened)


def _decide(now: Moment, reference: References) -> Decided:
    """Return prices, demand, plans and budgets of the quarter."""
    chain, state = now.chain, now.state
    grown = volumes.input_intensity(now)
    inputs = volumes.redirect(now, grown, chain.firm_of_line, needed=True)
    wear, fixed = plans.wear(now), fixed_costs(chain, state)
    rent = contracts.rents_by_line(chain, state, now.quarter)
    costs = prices.unit_costs(chain, state, inputs, wear.worn, fixed + rent, now.quarter)
    price = prices.next_prices(now, costs, reference.service_cost)
    charged = price * now.price_factor
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
        rents=contracts.rents(chain, state, now.quarter),
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
    spent = contracts.towards_commitments(now, chain.program_line * budget[:, :, None])
    spent = spent + earmarked(now, spending.kept)
    bought = spent / terms.charged[:, None, :]
    plan = terms.plan * spending.capex[:, of_line] * now.line_alive
    units = ratio(plan, plans.capex_price(chain, terms.charged))
    orders = units[:, :, None] * chain.plants.from_line
    return Wants(
        final=decided.demand,
        intensity=decided.inputs,
        programs=volumes.redirect(now, bought, np.arange(len(chain.firm_ids))),
        orders=volumes.redirect(now, orders, of_line),
        backed=contracts.backed_volumes(now, terms.charged),
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
    charged, maturing = decided.terms.charged, decided.terms.maturing
    moves = plans.move_plant(now, decided.capex, invoices.capex, decided.wear, charged)
    due = _with_funding(now, invoices, raised)
    leased = leased_by_loan(now, due)
    drawn = raised.drawn + leased
    loans = debts.loans_after(now, maturing, drawn)
    settled = settle(now, due, Positions(loans, moves.worth, invoices.payables))
    surprise = _growth_surprise(now, reference, decided)
    return Happened(
        deliveries=deliveries,
        invoices=invoices,
        raised=raised,
        moves=moves,
        drawn=drawn,
        leased=leased,
        loans=loans,
        settled=settled,
        confidence=next_confidence(now, surprise, settled.failed, raised.unmet),
    )


def _with_funding(now: Moment, invoices: Invoices, raised: funding.Funding) -> Array:
    """Return what is due with money raised added: equity, debt drawn, plant paid by lessors."""
    links = now.chain.links
    out = with_leases(now, invoices.due, invoices.bought, raised.leased).copy()
    at = links.of("equity")
    out[:, at] += raised.equity[:, links.payer[at], links.payee[at]]
    out[:, links.of("debt_drawn")] += raised.drawn
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
    gone = settled.outcome == LIQUIDATED
    alive = state.alive & ~gone
    of_line = alive[:, chain.firm_of_line]
    flat, deep = of_line[:, None, :], of_line[:, None, None, :]
    links, firms = chain.links, len(chain.firm_ids)
    volume = deliveries.volume * of_line
    revenue = invoices.revenue * alive
    profit = invoices.profit * alive
    worn = group_sum(decided.wear.worn, chain.firm_of_line, firms)
    own, free = _unpaid_use(now, deliveries)
    rates = debts.rates_after(now, decided.terms.maturing, happened.drawn, happened.loans)
    loans, rates = debts.stretched(now, settled.loans, rates)
    restructured = state.restructured | (settled.outcome == RESTRUCTURED)
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
        capacity=moves.capacity * of_line,
        pipeline=moves.pipeline * flat,
        vintages=moves.vintages * deep,
        net_plant=moves.net * flat,
        plant_worth=moves.worth * flat,
        plan=decided.capex.plan * of_line,
        expected_growth=decided.capex.expected_growth * of_line,
        program_index=decided.index,
        revenue=revenue,
        revenue_history=_shifted(state.revenue_history, revenue),
        profit=profit,
        worn=worn * alive,
        cash=settled.cash,
        loans=loans,
        loan_rate=rates * alive[:, chain.loans.firm],
        arrears=settled.arrears,
        payables=_payables_after(now, invoices.payables, alive),
        bought=_shifted(state.bought, chain.bindings.purchases(invoices.bought)),
        bound_inputs=bound_inputs(chain, invoices.bought),
        shares_paid=state.shares_paid + settled.paid[:, links.of("revenue_share")],
        bought_back=state.bought_back + settled.paid[:, links.of("buy_back")],
        backed_volume=deliveries.backed,
        line_drawn=state.line_drawn + happened.raised.line_drawn,
        guarantee_paid=state.guarantee_paid + settled.guarantee_paid,
        purchases=purchases_from_investors(chain, settled.paid),
        stakes=_stakes_after(now, settled, alive),
        stress=happened.raised.stress * alive,
        alive=alive,
        restructured=restructured & (profit < 0) & alive,
        confidence=happened.confidence,
        explosive=state.explosive | deliveries.explosive,
    )


def _payables_after(now: Moment, payables: Array, alive: Mask) -> Array:
    """Return what was bought on credit (path, slot, credit) between two that live."""
    links, credit = now.chain.links, now.chain.credit.link
    return np.asarray(
        payables * (alive[:, links.payer[credit]] & alive[:, links.payee[credit]])[:, None]
    )


def _stakes_after(now: Moment, settled: Settled, alive: Mask) -> Array:
    """Return equity at cost (path, node, firm); old owners lose theirs in any default."""
    links = now.chain.links
    out = now.state.stakes.copy()
    at = links.of("equity")
    np.add.at(out.T, (links.payee[at], links.payer[at]), settled.paid[:, at].T)
    kept = alive & (settled.outcome != RESTRUCTURED)
    return np.asarray(out * kept[:, None, :])


def _unpaid_use(now: Moment, deliveries: Deliveries) -> tuple[Array, Array]:
    """Return use by the sellers' own parents, and other use that is free (path, line)."""
    sales, lines = now.chain.sales, len(now.chain.line_ids)
    unpaid = deliveries.final * (sales.pays <= 0)
    own = group_sum(unpaid * sales.own_use, sales.line, lines)
    return own, group_sum(unpaid * (1.0 - sales.own_use), sales.line, lines)


def _shifted(history: Array, newest: Array) -> Array:
    """Put the newest quarter in front of a history (path, quarter back, ...)."""
    return np.concatenate([newest[:, None], history[:, :-1]], axis=1)


def _record(now: Moment, decided: Decided, happened: Happened) -> Record:
    """Return what the books need of the quarter."""
    chain, invoices, settled = now.chain, happened.invoices, happened.settled
    links, lines = chain.links, len(chain.line_ids)
    bought = (happened.deliveries.inputs * decided.terms.charged[:, None, :]).sum(axis=2)
    outside = chain.variable_cost.sum(axis=1) * happened.deliveries.volume
    shared = group_sum(invoices.bought[:, links.of("revenue_share")], chain.shares.line, lines)
    rent = group_sum(decided.terms.rents, chain.leases.line, lines)
    cost = bought + outside + decided.terms.fixed * now.line_alive + shared + rent
    return Record(
        links=links,
        paid=settled.paid,
        claims=settled.claims,
        bought=invoices.bought,
        lost=settled.lost,
        revenue=invoices.revenue,
        line_cost=cost,
        programs=invoices.programs,
        depreciation=decided.wear.worn,
        capex=invoices.capex,
        leased=happened.leased,
        raised=happened.raised.raised,
        failed=settled.failed,
        outcome=settled.outcome,
        cause=settled.cause,
        round=settled.round,
        owed=settled.owed,
        paid_share=settled.paid_share,
        unserved=happened.deliveries.unserved,
        unmet=happened.raised.unmet,
    )
