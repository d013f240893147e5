"""Compiled settlement of a block: those paths on which all can pay, and those in trouble."""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bills import bought_on, outside_links
from cardhouse.engine.kernel.clearing import SHORT_TOLERANCE
from cardhouse.engine.kernel.costs import add, copy_rows, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.resolve import settle_path
from cardhouse.engine.kernel.scalars import any_above, ratio


@piece
def add_funding(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write what is due with money raised added: equity, debt drawn, plant paid by lessors.

    Debt after what matured and was drawn, before any default, comes with it.
    """
    keep_bought(at, i, w)
    pay_by_lessors(at, k, i, w)
    for firm in range(at.firms):
        sure, outside, drawn = w[at.sure + firm], w[at.from_outside + firm], w[at.drawn_by + firm]
        for p in range(sure.size):
            sure[p] = outside[p] + drawn[p]
    for equity in range(at.equities):
        add(w, at.sure + i[at.equity_firm + equity], w[at.equity + equity])
    for loan in range(at.loans):
        drawn, owed = w[at.drawn + loan], s[at.loan + loan]
        after, maturing, leased = n[at.loan + loan], w[at.maturing + loan], w[at.leased_loan + loan]
        for p in range(after.size):
            after[p] = max(0.0, owed[p] - maturing[p]) + (drawn[p] + leased[p])
    next_rates(at, k, i, s, n, w, q)


@piece
def keep_bought(at: Places, i: Indices, w: Rows) -> None:
    """Keep what was bought on every link, where it is to be recorded."""
    if at.keep_links == 0:
        return
    copy_rows(w, at.bought_now, at.due, at.links)
    fill(w, at.bought_now + at.equity_link, at.equities, 0.0)
    fill(w, at.bought_now + at.drawn_link, at.loans, 0.0)
    fill(w, at.bought_now + at.leased_link, at.leased, 0.0)
    fill(w, at.bought_now + at.guarantee_link, at.guarantees, 0.0)
    for credit in range(at.credits):
        out, bought = w[at.bought_now + i[at.credit_link + credit]], w[at.credit_bought + credit]
        for p in range(out.size):
            out[p] = bought[p]
    copy_rows(w, at.bought_now + at.payout_link, at.payout, at.firms)


@piece
def pay_by_lessors(at: Places, k: Numbers, i: Indices, w: Rows) -> None:
    """Let lessors pay for plant in their lessees' place; what they pay is new debt."""
    fill(w, at.leased_loan, at.loans, 0.0)
    for place in range(at.leased):
        value, link = w[at.lessor_pays + place], i[at.leased_capex + place]
        bought, share, part = (
            w[bought_on(at, i, link)],
            w[at.leased_share + i[at.leased_facility + place]],
            k[at.leased_part + place],
        )
        for p in range(value.size):
            value[p] = bought[p] * part * share[p]
    for place in range(at.leased):
        link, facility, paid = (
            i[at.leased_capex + place],
            i[at.leased_facility + place],
            at.leased_link + place,
        )
        payee, value = i[at.link_payee + link], w[at.lessor_pays + place]
        due, own, bills = w[at.due + paid], w[at.due + link], w[at.bills + i[at.link_payer + link]]
        for p in range(due.size):
            due[p] = max(value[p], 0.0)
            before = own[p]
            own[p] = max(before - value[p], 0.0)
            bills[p] += own[p] - before
            if payee < at.firms:
                w[at.from_firms + payee, p] += own[p] - before
                w[at.from_outside + payee, p] += due[p]
        add(w, at.leased_loan + i[at.facility_loan + facility], due)


@piece
def next_rates(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write rates: what is drawn costs what its loan did at row 0, plus the shift."""
    shift = k[at.d_interest_shift + q]
    for loan in range(at.loans):
        row, before = n[at.loan_rate + loan], s[at.loan_rate + loan]
        owed, maturing = s[at.loan + loan], w[at.maturing + loan]
        drawn, leased, after = w[at.drawn + loan], w[at.leased_loan + loan], n[at.loan + loan]
        usual = max(0.0, k[at.loan_cost + loan] + shift)
        for p in range(row.size):
            kept = max(0.0, owed[p] - maturing[p]) * before[p]
            row[p] = ratio(kept + (drawn[p] + leased[p]) * usual, after[p], 0.0)


@piece
def settle(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers) -> None:
    """Settle every path: at once where all can pay, with all that default brings elsewhere."""
    if w[at.arrears_before, 0] > 0.0:
        fill(n, at.arrears, at.pairs, 0.0)
    w[at.arrears_new, 0] = 0.0
    if find_trouble(at, s, w) and at.keep_links == 0:
        outside_links(at, k, i, s, w)
    pay_in_full(at, s, n, w)
    keep_paid(at, i, w)
    trouble = w[at.trouble]
    for p in range(trouble.size):
        if trouble[p] > 0.0:
            settle_path(at, k, i, s, n, w, z, p)
    w[at.arrears_before, 0] = w[at.arrears_known, 0]
    w[at.arrears_known, 0] = w[at.arrears_new, 0]
    if at.keep_links > 0:
        copy_rows(w, at.paid + at.payout_link, at.paid_out, at.firms)
        copy_rows(w, at.paid + at.liquidation_link, at.liquidation, at.firms)
        copy_rows(w, at.paid + at.costs_link, at.default_costs_paid, at.firms)


@piece
def find_trouble(at: Places, s: Rows, w: Rows) -> bool:
    """List, on each path, who is short or forced into default; tell whether anybody is."""
    trouble, hit, found = w[at.trouble], w[at.total], False
    for p in range(trouble.size):
        trouble[p] = 0.0
    for firm in range(at.firms):
        cash, sure = s[at.cash + firm], w[at.sure + firm]
        gave, bills = w[at.gave + firm], w[at.bills + firm]
        inside, alive, forced = w[at.from_firms + firm], s[at.alive + firm], w[at.removed + firm, 0]
        for p in range(trouble.size):
            means = max(cash[p] + sure[p] - gave[p], 0.0)
            short = means + inside[p] < bills[p] * (1.0 - SHORT_TOLERANCE)
            hit[p] = 1.0 if short else forced * alive[p]
        if any_above(hit, 0.0):
            found = True
            for p in range(trouble.size):
                if hit[p] > 0.0:
                    w[at.trouble_firm + int(trouble[p]), p] = float(firm)
                    trouble[p] += 1.0
    return found


@piece
def pay_in_full(at: Places, s: Rows, n: Rows, w: Rows) -> None:
    """Book a quarter in which all pay; payouts come out of what is left."""
    for firm in range(at.firms):
        cash, sure = s[at.cash + firm], w[at.sure + firm]
        gave, bills = w[at.gave + firm], w[at.bills + firm]
        inside, planned = w[at.from_firms + firm], w[at.payout + firm]
        out, after = w[at.paid_out + firm], n[at.cash + firm]
        owed, paid = w[at.owed + firm], w[at.paid_share + firm]
        for p in range(cash.size):
            left = cash[p] + (inside[p] + sure[p]) - (bills[p] + gave[p])
            out[p] = min(max(left, 0.0), planned[p])
            after[p] = max(0.0, left - out[p])
            owed[p], paid[p] = bills[p], 1.0
    fill(w, at.failed, at.firms, 0.0)
    fill(w, at.outcome, at.firms, 0.0)
    fill(w, at.cause, at.firms, 0.0)
    fill(w, at.round_of, at.firms, 0.0)
    fill(w, at.liquidation, at.firms, 0.0)
    fill(w, at.default_costs_paid, at.firms, 0.0)
    fill(w, at.guarantee_money, at.guarantees, 0.0)


@piece
def keep_paid(at: Places, i: Indices, w: Rows) -> None:
    """Write what is paid where all pay: on links that later laws look at, or on all of them."""
    copy_rows(w, at.share_money, at.due + at.share_link, at.shares)
    copy_rows(w, at.back_money, at.due + at.back_link, at.backs)
    for place in range(at.strategics):
        fill(w, at.strategic_money + place, 1, 0.0)
        for one in range(i[at.strategic_first + place], i[at.strategic_first + place + 1]):
            add(w, at.strategic_money + place, w[at.due + i[at.strategic_link + one]])
    if at.keep_links > 0:
        copy_rows(w, at.paid, at.due, at.links)
    if at.keep_claims > 0:
        fill(w, at.claims, at.links, 0.0)
        fill(w, at.lost, at.links, 0.0)
        for place in range(at.claim_links):
            link = i[at.claim_link + place]
            copy_rows(w, at.claims + link, at.due + link, 1)
