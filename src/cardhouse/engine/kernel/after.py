"""Compiled state at the end of a quarter; the dead keep nothing. See `engine.quarter`."""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bills import final_of
from cardhouse.engine.kernel.costs import add, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import any_above, any_below, clip, ratio

LIQUIDATED, RESTRUCTURED = 1.0, 2.0


@piece
def next_state(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write the state at the end of the quarter."""
    edges = int(w[at.served_rows, 0])
    next_confidence(at, k, s, n, w, q)
    next_firms(at, i, s, n, w, q)
    next_lines(at, k, i, n, w, edges)
    next_plant(at, k, i, s, n, w, q)
    next_loans(at, k, i, n, w, q)
    next_contracts(at, i, s, n, w, edges)
    hold_explosive(at, s, n, w)


@piece
def next_confidence(at: Places, k: Numbers, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write confidence: it returns to 1, and moves with growth, failure, want."""
    out, before = n[at.confidence], s[at.confidence]
    whole, lost = w[at.total], w[at.most]
    for p in range(out.size):
        whole[p], lost[p] = 0.0, 0.0
    for firm in range(at.firms):
        revenue, alive, failed = s[at.revenue + firm], s[at.alive + firm], w[at.failed + firm]
        for p in range(out.size):
            whole[p] += revenue[p] * alive[p]
            lost[p] += revenue[p] * failed[p]
    value, then = n[at.final_value], s[at.final_value]
    returns, grows, unmet = w[at.p_confidence_return], w[at.p_confidence_growth], w[at.unmet]
    defaults, wants = w[at.p_confidence_default], w[at.p_confidence_unmet]
    trend = k[at.trend_growth + q]
    for p in range(out.size):
        surprise = ratio(value[p], then[p], 1.0) - trend
        c = before[p] + returns[p] * (1.0 - before[p])
        c = c + grows[p] * surprise
        c = c - defaults[p] * ratio(lost[p], whole[p], 0.0) - wants[p] * unmet[p]
        out[p] = clip(c, 0.0, 1.5)


@piece
def next_firms(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write firms at the end of the quarter: who lives, what they made, their stress."""
    fill(n, at.worn, at.firms, 0.0)
    for own in range(at.owned):
        add(n, at.worn + i[at.line_firm + i[at.owned_line + own]], w[at.line_worn + own])
    gone = False
    for firm in range(at.firms):
        alive, before, outcome = n[at.alive + firm], s[at.alive + firm], w[at.outcome + firm]
        revenue, made = n[at.revenue + firm], w[at.revenue_now + firm]
        profit, result, worn = n[at.profit + firm], w[at.profit_now + firm], n[at.worn + firm]
        then = w[at.revenue_then + (q % 5) * at.firms + firm]
        for p in range(alive.size):
            alive[p] = 0.0 if outcome[p] == LIQUIDATED else before[p]
        gone = gone or any_below(alive, 1.0)
        for p in range(alive.size):
            revenue[p] = made[p] * alive[p]
            then[p] = revenue[p]
            profit[p] = result[p] * alive[p]
            worn[p] *= alive[p]
        stress, felt = n[at.stress + firm], w[at.new_stress + firm]
        again, was = n[at.restructured + firm], s[at.restructured + firm]
        for p in range(alive.size):
            stress[p] = felt[p] * alive[p]
            held = was[p] > 0.0 or outcome[p] == RESTRUCTURED
            again[p] = alive[p] if held and profit[p] < 0.0 else 0.0
    w[at.any_gone, 0] = 1.0 if gone else 0.0


@piece
def next_lines(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows, edges: int) -> None:
    """Write volumes of lines: made, paid for, and used by the seller's own parent."""
    final = final_of(at, edges)
    fill(n, at.own_volume, at.lines, 0.0)
    fill(n, at.paid_volume, at.lines, 0.0)
    for sale in range(at.sales):
        if k[at.sale_pays + sale] <= 0.0:
            own, free, used = (
                n[at.own_volume + i[at.sale_line + sale]],
                n[at.paid_volume + i[at.sale_line + sale]],
                w[final + sale],
            )
            part = k[at.sale_own + sale]
            for p in range(own.size):
                own[p] += used[p] * part
                free[p] += used[p] * (1.0 - part)
    for line in range(at.lines):
        alive, made, volume = (
            n[at.alive + i[at.line_firm + line]],
            w[at.made + line],
            n[at.volume + line],
        )
        own, paid = n[at.own_volume + line], n[at.paid_volume + line]
        normal, now = n[at.normal_volume + line], w[at.normal + line]
        for p in range(made.size):
            volume[p] = made[p] * alive[p]
            paid[p] = max(made[p] - own[p] - paid[p], 0.0) * alive[p]
            own[p] *= alive[p]
            normal[p] = now[p] * alive[p]


@piece
def next_plant(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Take plant from the dead; keep what the laws of later quarters look back at."""
    for own in range(at.owned):
        line = i[at.owned_line + own]
        if w[at.any_gone, 0] > 0.0:
            take_plant(at, n, own, n[at.alive + i[at.line_firm + line]])
        then, volume = w[at.volume_then + (q % 5) * at.owned + own], n[at.volume + line]
        price, before = w[at.plant_price_then + own], w[at.plant_price + own]
        for p in range(then.size):
            then[p] = volume[p]
            price[p] = before[p]


@piece
def take_plant(at: Places, n: Rows, own: int, alive: Numbers) -> None:
    """Take an owner's plant on paths where its firm is dead."""
    mask(n, at.capacity + own, alive)
    mask(n, at.plan + own, alive)
    mask(n, at.expected_growth + own, alive)
    for slot in range(at.slots):
        mask(n, at.pipeline + slot * at.owned + own, alive)
    for part in range(at.parts):
        mask(n, at.net_plant + part * at.owned + own, alive)
        mask(n, at.plant_worth + part * at.owned + own, alive)


@piece
def mask(rows: Rows, row: int, alive: Numbers) -> None:
    """Set a row to nothing on paths where its firm is dead."""
    one = rows[row]
    for p in range(one.size):
        one[p] *= alive[p]


@piece
def next_loans(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows, q: int) -> None:
    """Write loans and rates with bullets past due turned into debt without a date."""
    for place in range(at.bullets):
        loan = i[at.bullet_loan + place]
        if i[at.loan_bullet + loan] <= q:
            into = i[at.facility_loan + i[at.loan_facility + loan]]
            owed, left, rate = n[at.loan + into], n[at.loan + loan], n[at.loan_rate + into]
            for p in range(owed.size):
                whole = owed[p] + left[p]
                paid = owed[p] * rate[p] + left[p] * k[at.loan_cost + loan]
                rate[p] = ratio(paid, whole, 0.0) if left[p] > 0.0 else rate[p]
                owed[p], left[p] = whole, 0.0
    if w[at.any_gone, 0] > 0.0:
        for loan in range(at.loans):
            mask(n, at.loan_rate + loan, n[at.alive + i[at.loan_firm + loan]])


@piece
def next_contracts(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, edges: int) -> None:
    """Write what contracts remember: purchases, payables, caps used up."""
    for credit in range(at.credits):
        link = i[at.credit_link + credit]
        buyer, seller = n[at.alive + i[at.link_payer + link]], n[at.alive + i[at.link_payee + link]]
        for slot in range(at.credit_slots):
            mask(n, at.payables + slot * at.credits + credit, buyer)
            mask(n, at.payables + slot * at.credits + credit, seller)
    for binding in range(at.bindings):
        next_binding(at, i, s, n, w, binding)
    move_on(n, s, w, at.shares_paid, at.share_money, at.shares)
    move_on(n, s, w, at.bought_back, at.back_money, at.backs)
    move_on(n, s, w, at.line_drawn, at.line_draw, at.credit_lines)
    move_on(n, s, w, at.guarantee_paid, at.guarantee_money, at.guarantees)
    backed = final_of(at, edges) + at.sales
    for back in range(at.backs):
        out, now = n[at.backed_volume + back], w[backed + back]
        for p in range(out.size):
            out[p] = now[p]
    for place in range(at.strategics):
        out, now = n[at.purchases + place], w[at.strategic_money + place]
        for p in range(out.size):
            out[p] = now[p]


@piece
def move_on(n: Rows, s: Rows, w: Rows, state: int, money: int, count: int) -> None:
    """Write running sums with what the quarter adds."""
    for row in range(count):
        after, before, now = n[state + row], s[state + row], w[money + row]
        for p in range(after.size):
            after[p] = before[p] + now[p]


@piece
def next_binding(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, binding: int) -> None:
    """Write what was bought under a binding: the quarters before move back by one."""
    for back in range(1, at.backs_kept):
        after, before = (
            n[at.bought + back * at.bindings + binding],
            s[at.bought + (back - 1) * at.bindings + binding],
        )
        for p in range(after.size):
            after[p] = before[p]
    after, inputs = n[at.bought + binding], n[at.bound_inputs + binding]
    for p in range(after.size):
        after[p], inputs[p] = 0.0, 0.0
    for place in range(i[at.binding_first + binding], i[at.binding_first + binding + 1]):
        link = i[at.binding_link + place]
        credit = i[at.credit_of_link + link]
        bought = w[at.credit_bought + credit] if credit >= 0 else w[at.due + link]
        for p in range(after.size):
            after[p] += bought[p]
            if i[at.binding_is_input + place] > 0:
                inputs[p] += bought[p]


@piece
def hold_explosive(at: Places, s: Rows, n: Rows, w: Rows) -> None:
    """Hold paths that need more of themselves than they make where they were, without flows."""
    explosive, before, bursts = n[at.explosive], s[at.explosive], w[at.bursts]
    for p in range(explosive.size):
        explosive[p] = max(before[p], bursts[p])
    if not any_above(explosive, 0.0):
        return
    for row in range(n.shape[0]):
        if row != at.explosive:
            for p in range(explosive.size):
                if explosive[p] > 0.0:
                    n[row, p] = s[row, p]
    for row in range(at.first_record, at.first_record + at.records):
        for p in range(explosive.size):
            if explosive[p] > 0.0:
                w[row, p] = 0.0
