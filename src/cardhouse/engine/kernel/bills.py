"""Compiled laws of bills: every obligation and receipt of the quarter; see `engine.bills`.

What is due on a link is written once and added, as it is written, to what the buyer's line owes and
the seller's line is paid; firms add up their lines. Nothing is summed over all links again.
"""

from __future__ import annotations

import numpy as np

from cardhouse.compiling import piece
from cardhouse.engine.kernel.anew import group_anew, marked
from cardhouse.engine.kernel.costs import add, copy_rows, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import any_above, covered, ratio


@piece
def enter(at: Places, i: Indices, w: Rows, link: int, is_cost: bool) -> None:
    """Add what is due on a link to the sums of its payer, its payee and its seller's line."""
    due, payer, payee = w[at.due + link], i[at.link_payer + link], i[at.link_payee + link]
    seller = i[at.link_seller + link]
    if payer < at.firms and marked(w, at.summed_anew + payer):
        add(w, at.bills + payer, due)
        if is_cost:
            add(w, at.costs + payer, due)
    if payee < at.firms and marked(w, at.summed_anew + payee):
        add(w, (at.from_firms if payer < at.firms else at.from_outside) + payee, due)
    if seller >= 0 and marked(w, at.billed_anew + seller):
        add(w, at.line_revenue + seller, due)


@piece
def bought_on(at: Places, i: Indices, link: int) -> int:
    """Return the row of what was bought on a link, paid now or later."""
    credit = i[at.credit_of_link + link]
    return int(at.credit_bought + credit if credit >= 0 else at.due + link)


@piece
def standing_bills(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what falls due whatever is traded: debt, rents, other business, arrears; and keep it.

    Trade is billed twice in a quarter in which somebody cuts his spending; this is not.
    """
    fill(w, at.bills, at.sums, 0.0)
    fill(w, at.repaid, at.firms, 0.0)
    fill(w, at.other_net, at.firms, 0.0)
    debt_bills(at, i, w)
    rents(at, i, w)
    other_business(at, k, i, s, w, q)
    arrears_bills(at, i, s, w)
    copy_rows(w, at.standing, at.bills, at.sums)


@piece
def bills_of_trade(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write the invoices of what was delivered: sales, inputs, programs, plant."""
    edges = int(w[at.served_rows, 0])
    open_books(at, i, w)
    final_sales(at, k, i, n, w, edges)
    input_bills(at, k, i, n, w, q, edges)
    program_bills(at, k, i, s, n, w, edges)
    plant_bills(at, k, i, s, n, w, edges)
    add_up_trade(at, i, w)


@piece
def other_bills(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write all other bills of the quarter, and what is paid out to owners."""
    outside_bills(at, k, i, s, w)
    back_bills(at, i, n, w, int(w[at.served_rows, 0]))
    shortfall_bills(at, k, i, s, n, w)
    share_bills(at, k, i, s, w)
    operating_profit(at, k, i, s, w)
    credit_bills(at, k, i, s, n, w)
    payouts(at, k, s, w, q)


@piece
def open_books(at: Places, i: Indices, w: Rows) -> None:
    """Set the sums of the quarter to what stands already."""
    for firm in range(at.firms):
        if marked(w, at.summed_anew + firm):
            for row in range(firm, at.sums, at.firms):
                copy_rows(w, at.bills + row, at.standing + row, 1)
            fill(w, at.capex_spent + firm, 1, 0.0)
        if marked(w, at.programs_anew + firm):
            fill(w, at.program_spent + firm, 1, 0.0)
    for line in range(at.lines):
        if marked(w, at.billed_anew + line):
            fill(w, at.line_revenue + line, 1, 0.0)
            fill(w, at.line_sales + line, 1, 0.0)
        if marked(w, at.made_anew + line):
            fill(w, at.line_inputs + line, 1, 0.0)
        if marked(w, at.capex_anew + i[at.line_firm + line]):
            fill(w, at.capex + line, 1, 0.0)
    if at.shares > 0:
        fill(w, at.shared, at.firms, 0.0)
    if at.credits > 0:
        fill(w, at.capex_later, at.firms, 0.0)
    fill(w, at.due + at.guarantee_link, at.guarantees, 0.0)  # asked again from nothing


@piece
def add_up_trade(at: Places, i: Indices, w: Rows) -> None:
    """Add what lines were billed and paid, and what programs took, to the sums of their firms."""
    for firm in range(at.firms):
        if not marked(w, at.summed_anew + firm):
            continue
        bills, costs, spent = w[at.bills + firm], w[at.costs + firm], w[at.total]
        inside, outside = w[at.from_firms + firm], w[at.from_outside + firm]
        programs, capex = w[at.program_spent + firm], w[at.capex_spent + firm]
        for p in range(spent.size):
            spent[p] = programs[p]
        for place in range(i[at.firm_first + firm], i[at.firm_first + firm + 1]):
            line = i[at.firm_line + place]
            revenue, sales = w[at.line_revenue + line], w[at.line_sales + line]
            inputs, built = w[at.line_inputs + line], w[at.capex + line]
            for p in range(revenue.size):
                spent[p] += inputs[p]
                capex[p] += built[p]
                inside[p] += revenue[p]
                outside[p] += sales[p]
                revenue[p] += sales[p]
        for p in range(spent.size):
            bills[p] += spent[p] + capex[p]
            costs[p] += spent[p]


@piece
def final_of(at: Places, edges: int) -> int:
    """Return where final demand lies that goes with these edge rows; buy-backs follow it."""
    if edges == at.want:
        return at.demand
    return at.serve_final if edges == at.serve else at.again_final


@piece
def final_sales(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows, edges: int) -> None:
    """Write what final users are billed: line by line, and link by link where that is kept."""
    final = final_of(at, edges)
    for sale in range(at.sales):
        pays, line = k[at.sale_pays + sale], i[at.sale_line + sale]
        if pays > 0.0 and marked(w, at.billed_anew + line):
            wanted, charged, sales = w[final + sale], n[at.charged + line], w[at.line_sales + line]
            for p in range(sales.size):
                sales[p] += wanted[p] * charged[p] * pays
            if at.keep_links > 0:
                due = w[at.due + at.sale_link + sale]
                for p in range(due.size):
                    due[p] = wanted[p] * charged[p] * pays


@piece
def input_bills(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows, q: int, edges: int) -> None:
    """Write what lines are billed for inputs; edges that nothing can flow on are left out."""
    rows = w[at.row_mode, 0] > 0.0
    for group in range(at.input_groups):
        end, buyer = int(w[at.live_end + group, 0]), i[at.group_buyer + group]
        made = w[at.made + buyer]
        inputs = w[at.line_inputs + buyer if marked(w, at.made_anew + buyer) else at.unread]
        for edge in range(i[at.group_first + group], end):
            if not marked(w, at.billed_anew + i[at.edge_seller + edge]):
                continue
            link = i[at.edge_link + edge]
            due, charged = w[at.due + link], n[at.charged + i[at.edge_seller + edge]]
            revenue = w[at.line_revenue + i[at.edge_seller + edge]]
            if rows:
                use = w[edges + edge]
                for p in range(due.size):
                    due[p] = use[p] * made[p] * charged[p]
                    inputs[p] += due[p]
                    revenue[p] += due[p]
            else:
                units = k[at.grown + q * at.inputs + edge]
                for p in range(due.size):
                    due[p] = units * made[p] * charged[p]
                    inputs[p] += due[p]
                    revenue[p] += due[p]


@piece
def program_bills(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, edges: int
) -> None:
    """Write what firms are billed for programs, by lines and by outside suppliers."""
    for group in range(at.input_groups, at.input_groups + at.program_groups):
        anew = group_anew(at, i, w, group)
        spent = w[at.program_spent + i[at.group_firm + group] if anew else at.unread]
        for edge in range(i[at.group_first + group], int(w[at.live_end + group, 0])):
            if not marked(w, at.billed_anew + i[at.edge_seller + edge]):
                continue
            due, bought = w[at.due + i[at.edge_link + edge]], w[edges + edge]
            charged = n[at.charged + i[at.edge_seller + edge]]
            revenue = w[at.line_revenue + i[at.edge_seller + edge]]
            for p in range(due.size):
                due[p] = bought[p] * charged[p]
                spent[p] += due[p]
                revenue[p] += due[p]
    for place in range(at.outside_programs):
        link = at.outside_program_link + place
        firm = i[at.link_payer + link]
        if not marked(w, at.programs_anew + firm):
            continue
        due, budget = w[at.due + link], w[at.program_terms + firm]
        cut, alive = w[at.spend_programs + firm], s[at.alive + firm]
        part = k[at.outside_program + place]
        for p in range(due.size):
            due[p] = part * (budget[p] * cut[p] * alive[p])
        add(w, at.program_spent + firm, due)


@piece
def plant_bills(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, edges: int) -> None:
    """Write purchases of plant, and capex by line.

    What a seller could not deliver is not bought from outside suppliers, either.
    """
    for group in range(at.input_groups + at.program_groups, at.groups):
        anew = group_anew(at, i, w, group)
        capex = w[at.capex + i[at.group_buyer + group] if anew else at.unread]
        for edge in range(i[at.group_first + group], int(w[at.live_end + group, 0])):
            if not marked(w, at.billed_anew + i[at.edge_seller + edge]):
                continue
            due, bought = w[at.due + i[at.edge_link + edge]], w[edges + edge]
            charged = n[at.charged + i[at.edge_seller + edge]]
            revenue = w[at.line_revenue + i[at.edge_seller + edge]]
            for p in range(due.size):
                due[p] = bought[p] * charged[p]
                capex[p] += due[p]
                revenue[p] += due[p]
    for own in range(at.owned):
        if marked(w, at.capex_anew + i[at.line_firm + i[at.owned_line + own]]):
            bought_outside(at, k, i, s, w, own)
    for place in range(at.outside_plants):
        link = at.outside_plant_link + place
        own = i[at.outside_plant_owner + place]
        if own >= 0 and marked(w, at.capex_anew + i[at.line_firm + i[at.owned_line + own]]):
            due, outside = w[at.due + link], w[at.plant_outside_paid + own]
            part = k[at.outside_plant_mix + place]
            for p in range(due.size):
                due[p] = outside[p] * part


@piece
def bought_outside(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, own: int) -> None:
    """Write what an owner buys of plant from outside suppliers; add it to its capex."""
    line = i[at.owned_line + own]
    firm, outside_share = i[at.line_firm + line], k[at.plant_outside + own]
    outside, capex, plan = (
        w[at.plant_outside_paid + own],
        w[at.capex + line],
        w[at.plan_terms + own],
    )
    cut, alive, inside = w[at.spend_capex + firm], s[at.alive + firm], w[at.plant_inside + own]
    for p in range(outside.size):
        inside_share = ratio(inside[p], inside[p] + outside_share, 0.0)
        wanted = plan[p] * cut[p] * alive[p]
        filled = covered(capex[p], wanted * inside_share, 1.0)
        outside[p] = wanted * (1.0 - inside_share) * filled
        if outside_share > 0.0:
            capex[p] += outside[p]


@piece
def outside_bills(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write what each line pays for labour, energy and other suppliers, per unit and fixed."""
    for line in range(at.lines):
        firm = i[at.line_firm + line]
        if not marked(w, at.summed_anew + firm):
            continue
        bills, costs = w[at.bills + firm], w[at.costs + firm]
        made, fixed = w[at.made + line], w[at.fixed + line]
        alive, per_unit = s[at.alive + i[at.line_firm + line]], k[at.variable_cost + line]
        for p in range(bills.size):
            cost = (per_unit * made[p] + fixed[p]) * alive[p]
            bills[p] += cost
            costs[p] += cost
    if at.keep_links > 0:
        outside_links(at, k, i, s, w)


@piece
def outside_links(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write what is due to each outside supplier: where links are kept, or some are not paid."""
    for place in range(at.outside_costs):
        link = at.outside_cost_link + place
        line = i[at.link_buyer + link]
        due, made, alive = w[at.due + link], w[at.made + line], s[at.alive + i[at.line_firm + line]]
        per_unit, fixed = k[at.cost_per_unit + place], k[at.cost_fixed + place]
        row, opening = w[at.fixed + line], k[at.fixed_cost + line]
        for p in range(due.size):
            cost = per_unit * made[p] + fixed * ratio(row[p], opening, 0.0)
            due[p] = cost * alive[p]


@piece
def rents(at: Places, i: Indices, w: Rows) -> None:
    """Write rents."""
    for lease in range(at.leases):
        due, rent = w[at.due + at.lease_link + lease], w[at.rent + lease]
        for p in range(due.size):
            due[p] = rent[p]
        enter(at, i, w, at.lease_link + lease, True)


@piece
def back_bills(at: Places, i: Indices, n: Rows, w: Rows, edges: int) -> None:
    """Write what buyers of last resort are billed."""
    backed = final_of(at, edges) + at.sales
    for back in range(at.backs):
        due, bought, charged = (
            w[at.due + at.back_link + back],
            w[backed + back],
            n[at.charged + i[at.back_seller + back]],
        )
        for p in range(due.size):
            due[p] = bought[p] * charged[p]
        enter(at, i, w, at.back_link + back, True)


@piece
def shortfall_bills(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows) -> None:
    """Write what buyers owe for committed use that they did not take."""
    enforced = w[at.commitments_enforced]
    for binding in range(at.bindings):
        if not marked(w, at.bound_anew + binding):
            continue
        owed, minimum = w[at.shortfall + binding], w[at.minimum + binding]
        for p in range(owed.size):
            owed[p] = 0.0
        for place in range(i[at.binding_first + binding], i[at.binding_first + binding + 1]):
            add(w, at.shortfall + binding, w[at.due + i[at.binding_link + place]])
        pays = k[at.take_or_pay + binding]
        for p in range(owed.size):
            owed[p] = max(0.0, minimum[p] - owed[p]) * pays * enforced[p]
    for binding in range(at.bindings):
        fill(w, at.short_of + i[at.binding_seller + binding], 1, 0.0)
    for binding in range(at.bindings):
        add(w, at.short_of + i[at.binding_seller + binding], w[at.shortfall + binding])
    for binding in range(at.bindings):
        if marked(w, at.bound_anew + binding):
            collect(at, i, s, n, w, binding)
        enter(at, i, w, at.shortfall_link + binding, True)


@piece
def collect(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, binding: int) -> None:
    """Write what a seller collects of a shortfall: for spare capacity, which its buyers share."""
    seller, overload = i[at.binding_seller + binding], w[at.p_overload]
    own, asked = i[at.owned_of_line + seller], w[at.short_of + seller]
    due, owed = w[at.due + at.shortfall_link + binding], w[at.shortfall + binding]
    made, charged = w[at.made + seller], n[at.charged + seller]
    capacity, least = s[at.capacity + max(own, 0)], 0.0 if own >= 0 else np.inf
    for p in range(asked.size):
        spare = max(least, max(0.0, overload[p] * capacity[p] - made[p]) * charged[p])
        share = ratio(spare, asked[p], 0.0)
        due[p] = owed[p] * (share if asked[p] > spare else 1.0)


@piece
def share_bills(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write shares of revenue owed to firms that are alive: at most what the cap leaves.

    Shares do not count as sales of a line, so no share hangs on another.
    """
    for share in range(at.shares):
        link, cap = at.share_link + share, k[at.share_cap + share]
        due, rate = w[at.due + link], w[at.share_rate + share]
        revenue, paid = w[at.line_revenue + i[at.share_line + share]], s[at.shares_paid + share]
        for p in range(due.size):
            left = max(cap - paid[p], 0.0) if cap < np.inf else np.inf
            due[p] = min(rate[p] * revenue[p], left)
        enter(at, i, w, link, True)
        add(w, at.shared + i[at.link_payee + link], due)


@piece
def debt_bills(at: Places, i: Indices, w: Rows) -> None:
    """Add interest and what matures: each was written where it is due."""
    for loan in range(at.loans):
        add(w, at.repaid + i[at.loan_firm + loan], w[at.maturing + loan])
    for firm in range(at.firms):
        bills, interest, repaid = (
            w[at.bills + firm],
            w[at.interest + firm],
            w[at.repaid + firm],
        )
        for p in range(bills.size):
            bills[p] += interest[p] + repaid[p]


@piece
def other_business(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write the net cash of business outside the lines: a receipt, or a bill."""
    index = w[at.demand_index]
    for place in range(at.others):
        link = at.other_link + place
        payer, payee = i[at.link_payer + link], i[at.link_payee + link]
        earns = payee < at.firms
        firm = payee if earns else payer
        due, alive, net = w[at.due + link], s[at.alive + firm], w[at.other_net + firm]
        trend, beta = k[at.other_trend + q * at.others + place], k[at.other_beta + place]
        lever, part = k[at.d_other_business + q * at.firms + firm], k[at.other_part + place]
        sign = 1.0 if earns else -1.0
        for p in range(due.size):
            value = trend * max(0.0, 1.0 + beta * (index[p] - 1.0)) * alive[p]
            value *= lever if value > 0.0 else 1.0
            due[p] = max(sign * value, 0.0) * part
            net[p] += sign * due[p]
        enter(at, i, w, link, False)


@piece
def operating_profit(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write revenue, the operating result, and the tax on it after interest."""
    for firm in range(at.firms):
        if not marked(w, at.summed_anew + firm):
            continue
        revenue, profit, shared = (
            w[at.revenue_now + firm],
            w[at.profit_now + firm],
            w[at.shared + firm],
        )
        for p in range(revenue.size):
            revenue[p], profit[p] = 0.0, 0.0
        for place in range(i[at.firm_first + firm], i[at.firm_first + firm + 1]):
            line = i[at.firm_line + place]
            add(w, at.revenue_now + firm, w[at.line_revenue + line])
            if i[at.owned_of_line + line] >= 0:
                add(w, at.profit_now + firm, w[at.line_worn + i[at.owned_of_line + line]])
        net, costs = w[at.other_net + firm], w[at.costs + firm]
        interest, tax = w[at.interest + firm], w[at.due + at.tax_link + firm]
        rate = k[at.tax_rate + firm]
        for p in range(revenue.size):
            revenue[p] += shared[p]
            profit[p] = revenue[p] + net[p] - costs[p] - profit[p]
            tax[p] = rate * max(0.0, profit[p] - interest[p])
        enter(at, i, w, at.tax_link + firm, False)


@piece
def arrears_bills(at: Places, i: Indices, s: Rows, w: Rows) -> None:
    """Write what was left unpaid last quarter; nothing is touched while nobody ever was late."""
    if w[at.arrears_known, 0] + w[at.arrears_billed, 0] > 0.0:
        w[at.arrears_billed, 0] = w[at.arrears_known, 0]
        for pair in range(at.pairs):
            due, late = w[at.due + at.arrears_link + pair], s[at.arrears + pair]
            if any_above(late, 0.0) or any_above(due, 0.0):
                for p in range(due.size):
                    due[p] = late[p]
                enter(at, i, w, at.arrears_link + pair, False)


@piece
def credit_bills(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows) -> None:
    """Write what credit changes of what is due this quarter, and payables after it."""
    for credit in range(at.credits):
        bought, due = w[at.credit_bought + credit], w[at.due + i[at.credit_link + credit]]
        for p in range(due.size):
            bought[p] = due[p]
    for credit in range(at.credits):
        buy_on_credit(at, k, i, s, n, w, credit)
    for credit in range(at.credits):
        if i[at.credit_leads + credit] > 0:
            link = i[at.credit_link + credit]
            payer, payee = i[at.link_payer + link], i[at.link_payee + link]
            due, bought = w[at.due + link], w[at.credit_bought + credit]
            bills, receives = w[at.bills + payer], w[at.from_firms + payee]
            for p in range(due.size):
                due[p] = max(due[p], 0.0)
                bills[p] += due[p] - bought[p]
                receives[p] += due[p] - bought[p]


@piece
def buy_on_credit(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, credit: int
) -> None:
    """Move what one contract puts off out of what is due, and older purchases in."""
    link, quarters, part = (
        i[at.credit_link + credit],
        i[at.credit_quarters + credit],
        k[at.credit_share + credit],
    )
    payer, payee = i[at.link_payer + link], i[at.link_payee + link]
    due, bought, first = w[at.due + link], w[at.credit_bought + credit], s[at.payables + credit]
    buyer, seller = s[at.alive + payer], s[at.alive + payee]
    later = w[at.put_off + credit]
    for p in range(due.size):
        later[p] = part * bought[p]
        due[p] += first[p] * (buyer[p] * seller[p]) - later[p]
    if i[at.credit_is_plant + credit] > 0:
        spent = w[at.capex_later + payer]
        for p in range(due.size):
            spent[p] += later[p]
    for slot in range(at.credit_slots):
        row = n[at.payables + slot * at.credits + credit]
        for p in range(due.size):
            row[p] = later[p] if slot == quarters - 1 else 0.0
        if slot + 1 < at.credit_slots:
            add(
                n,
                at.payables + slot * at.credits + credit,
                s[at.payables + (slot + 1) * at.credits + credit],
            )
        for p in range(due.size):
            row[p] *= buyer[p] * seller[p]


@piece
def payouts(at: Places, k: Numbers, s: Rows, w: Rows, q: int) -> None:
    """Write payouts: the firm's own trend, at most what is left above its floor.

    What matures is left out of what must be paid: it is asked of debt pools first.
    """
    for firm in range(at.firms):
        if not (marked(w, at.summed_anew + firm) or marked(w, at.payout_anew + firm)):
            continue
        row, bills, repaid = w[at.payout + firm], w[at.bills + firm], w[at.repaid + firm]
        inside, outside, cash = (
            w[at.from_firms + firm],
            w[at.from_outside + firm],
            s[at.cash + firm],
        )
        alive, cut = s[at.alive + firm], w[at.spend_payout + firm]
        trend, floor = k[at.payout_trend + q * at.firms + firm], k[at.floor + firm]
        for p in range(row.size):
            net = inside[p] + outside[p] - (bills[p] - repaid[p])
            row[p] = min(trend * alive[p], max(0.0, cash[p] + net - floor)) * cut[p]
