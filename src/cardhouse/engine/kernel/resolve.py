"""Compiled settlement of one path in trouble: rescues, default, guarantees, round by round.

See `engine.resolution`. ``due`` holds what is owed, and grows by what default calls in.
"""

from __future__ import annotations

import math

from cardhouse.compiling import piece
from cardhouse.engine.kernel.clearing import clear_path, link_share, paid_ratio, pays_less, reach
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import clip, covered, ratio

RENT_CLAIM = 4.0
LIQUIDATED, RESTRUCTURED, RESCUED = 1.0, 2.0, 3.0
SHORT, MISSED, FORCED = 1.0, 2.0, 3.0
SAME = 1e-12
EVERYTHING = -1


@piece
def settle_path(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int
) -> None:
    """Clear one path; rescue, resolve, and clear until nobody new fails; close its books."""
    open_case(at, i, s, w, z, p)
    guaranteed(at, k, i, s, n, w, z, p)
    if rescue(at, k, i, s, w, z, p):
        for guarantee in range(at.guarantees):
            call_guarantee(at, i, s, w, z, guarantee, 0.0, p)
        guaranteed(at, k, i, s, n, w, z, p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        w[at.paid_share + firm, p] = paid_ratio(at, z, firm)
    for number in range(1, at.firms + 2):
        if not new_failures(at, i, s, w, z, number, p):
            break
        guaranteed(at, k, i, s, n, w, z, p)
    close_path(at, i, s, n, w, z, p)
    for one in range(int(z[at.z_reached_count])):
        z[at.z_is_reached + int(z[at.z_reached + one])] = 0.0


@piece
def open_case(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Lay out who is short or forced into default on a path; all others as trouble reaches them."""
    z[at.z_keep] = 1.0 - w[at.default_costs, p]
    z[at.z_below] = w[at.p_default_threshold, p]
    z[at.z_valued], z[at.z_reached_count], z[at.z_short_count] = 0.0, 0.0, 0.0
    for one in range(int(w[at.trouble, p])):
        firm = int(w[at.trouble_firm + one, p])
        reach(at, i, s, w, z, firm, p)
        if w[at.removed + firm, 0] * z[at.z_alive + firm] > 0.0:
            z[at.z_failed + firm], z[at.z_forced + firm] = 1.0, 1.0
            z[at.z_cause + firm] = FORCED
    for guarantee in range(at.guarantees):
        z[at.z_guaranteed + guarantee] = 0.0


@piece
def value_plant(at: Places, i: Indices, n: Rows, z: Numbers, p: int) -> None:
    """Write what plant is worth, of all firms and lines; once a path."""
    if z[at.z_valued] > 0.0:
        return
    z[at.z_valued], z[at.z_worth_all] = 1.0, 0.0
    for firm in range(at.firms):
        z[at.z_worth + firm] = 0.0
    for own in range(at.owned):
        worth = 0.0
        for part in range(at.parts):
            worth += n[at.plant_worth + part * at.owned + own, p]
        z[at.z_line_worth + own] = worth
        z[at.z_worth + i[at.line_firm + i[at.owned_line + own]]] += worth
    for firm in range(at.firms):
        z[at.z_worth_all] += z[at.z_worth + firm]


@piece
def new_failures(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, number: int, p: int) -> bool:
    """Add who fails by the last clearing to the set; tell whether anybody is new."""
    found = False
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        if z[at.z_now + firm] > 0.0 and z[at.z_cause + firm] == 0.0 and z[at.z_alive + firm] > 0.0:
            z[at.z_cause + firm] = z[at.z_now + firm]
            z[at.z_failed + firm] = 1.0
            z[at.z_stays + firm] = 1.0 if goes_on(at, i, s, w, firm, p) else 0.0
            found = True
        if z[at.z_cause + firm] > 0.0 and z[at.z_order + firm] == 0.0:
            z[at.z_order + firm] = float(number)
    return found


@piece
def goes_on(at: Places, i: Indices, s: Rows, w: Rows, firm: int, p: int) -> bool:
    """Tell whether a firm that fails is restructured: once, where its business earns or grows."""
    if i[at.restructures + firm] <= 0 or s[at.restructured + firm, p] > 0.0:
        return False
    earns = s[at.profit + firm, p] + s[at.worn + firm, p] >= 0.0
    return bool(earns or w[at.growth + firm, p] >= w[at.p_restructure_growth, p])


@piece
def guaranteed(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int
) -> None:
    """Clear with some firms in default until guarantors are asked for all they owe."""
    clear_once(at, k, i, s, n, w, z, p)
    if at.guarantees == 0:
        return
    for _ in range(at.firms + 1):
        if not guarantors_owe(at, k, i, s, w, z, p):
            break
        for guarantee in range(at.guarantees):
            call_guarantee(at, i, s, w, z, guarantee, z[at.z_asked + guarantee], p)
        clear_once(at, k, i, s, n, w, z, p)


@piece
def clear_once(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int
) -> None:
    """Clear once with some firms in default; write why each is in default by this clearing."""
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        if is_sold(at, z, firm) and z[at.z_called + firm] <= 0.0:
            call_in(at, k, i, s, n, w, z, firm, p)
    sale_values(at, k, i, s, n, w, z, p)
    for place in range(at.secured):
        loan = i[at.secured_loan + place]
        owed = w[at.due + at.interest_link + loan, p] + w[at.due + at.repay_link + loan, p]
        z[at.z_asked_loan + loan] = owed
    cover_loans(at, i, z)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        z[at.z_means + firm] = max(z[at.z_sure + firm] + z[at.z_proceeds + firm], 0.0)
    clear_path(at, i, s, w, z, p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        fails = z[at.z_default + firm] > 0.0 and z[at.z_alive + firm] > 0.0
        z[at.z_now + firm] = SHORT if fails else 0.0
    for place in range(at.bullets):
        missed_maturity(at, i, s, w, z, i[at.bullet_loan + place], p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        if z[at.z_failed + firm] > 0.0 and z[at.z_now + firm] == 0.0:
            z[at.z_now + firm] = SHORT


@piece
def is_sold(at: Places, z: Numbers, firm: int) -> bool:
    """Tell whether a firm that trouble reached is in liquidation."""
    return bool(z[at.z_failed + firm] > z[at.z_stays + firm])


@piece
def is_in_default(at: Places, z: Numbers, firm: int) -> bool:
    """Tell whether a firm is in default by the last clearing."""
    return bool(z[at.z_is_reached + firm] > 0.0 and z[at.z_now + firm] > 0.0)


@piece
def missed_maturity(
    at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, loan: int, p: int
) -> None:
    """Note the debtor of a bullet that falls due now and is not paid in full."""
    firm = i[at.loan_firm + loan]
    if w[at.falls_due + loan, 0] <= 0.0 or not pays_less(at, z, firm):
        return
    if s[at.loan + loan, p] <= 0.0 or z[at.z_alive + firm] <= 0.0:
        return
    late = link_share(at, i, w, z, at.repay_link + loan, p) < 1.0 - 1e-9
    if late and z[at.z_now + firm] == 0.0:
        z[at.z_now + firm] = MISSED


@piece
def call_in(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, firm: int, p: int
) -> None:
    """Add what a liquidation calls in: loans, supplier's credit, a year of rents."""
    z[at.z_called + firm] = 1.0
    for loan in range(at.loans):
        if i[at.loan_firm + loan] == firm:
            owe_more(at, i, s, w, z, at.repay_link + loan, n[at.loan + loan, p], p)
    for credit in range(at.credits):
        link = i[at.credit_link + credit]
        if i[at.link_payer + link] == firm:
            for slot in range(at.credit_slots):
                owe_more(at, i, s, w, z, link, n[at.payables + slot * at.credits + credit, p], p)
    for lease in range(at.leases):
        if i[at.line_firm + i[at.lease_line + lease]] == firm:
            left = min(max(k[at.lease_last + lease] - w[at.quarter_now, 0], 0.0), RENT_CLAIM)
            owe_more(at, i, s, w, z, at.lease_link + lease, k[at.lease_rent + lease] * left, p)


@piece
def owe_more(
    at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, link: int, amount: float, p: int
) -> None:
    """Add an amount to what is owed on a link."""
    payer, payee = i[at.link_payer + link], i[at.link_payee + link]
    w[at.due + link, p] += amount
    if payer < at.firms:
        reach(at, i, s, w, z, payer, p)
        z[at.z_owed + payer] += amount
    if payee < at.firms:
        reach(at, i, s, w, z, payee, p)
        z[at.z_expected + payee] += amount


@piece
def sale_values(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int
) -> None:
    """Write what plant and all assets would fetch: the more is sold at once, the less."""
    dumped, sold = 0.0, False
    for one in range(int(z[at.z_reached_count])):
        sold = sold or is_sold(at, z, int(z[at.z_reached + one]))
    if at.secured == 0 and not sold:
        return
    value_plant(at, i, n, z, p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        dumped += z[at.z_worth + firm] if is_sold(at, z, firm) else 0.0
    dumped = ratio(dumped, z[at.z_worth_all], 0.0)
    z[at.z_recovery] = w[at.recovery, p] * math.exp(-w[at.p_fire_sale, p] * dumped)
    for place in range(at.pledging):
        firm = i[at.pledging_firm + place]
        z[at.z_whole + firm] = whole_value(at, k, s, z, firm, p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        z[at.z_proceeds + firm] = whole_value(at, k, s, z, firm, p) if is_sold(at, z, firm) else 0.0


@piece
def whole_value(at: Places, k: Numbers, s: Rows, z: Numbers, firm: int, p: int) -> float:
    """Return what all assets of a firm would fetch."""
    other = k[at.other_assets + firm] * s[at.alive + firm, p]
    return float(z[at.z_recovery] * (z[at.z_worth + firm] + other))


@piece
def cover_loans(at: Places, i: Indices, z: Numbers) -> None:
    """Write the share of each secured loan that its collateral covers.

    Loans on one line's plant share it pro rata; loans on everything share what those leave.
    """
    for place in range(at.pledging):
        firm = i[at.pledging_firm + place]
        z[at.z_rest + firm], z[at.z_unpledged + firm] = 0.0, z[at.z_whole + firm]
    for place in range(at.pledged):
        z[at.z_pledged + i[at.pledged_line + place]] = 0.0
    for place in range(at.secured):
        loan = i[at.secured_loan + place]
        line = i[at.loan_collateral + loan]
        if line == EVERYTHING:
            z[at.z_rest + i[at.loan_firm + loan]] += z[at.z_asked_loan + loan]
        else:
            z[at.z_pledged + line] += z[at.z_asked_loan + loan]
    for place in range(at.pledged):
        line = i[at.pledged_line + place]
        own = i[at.owned_of_line + line]
        fetched = z[at.z_recovery] * z[at.z_line_worth + own] if own >= 0 else 0.0
        z[at.z_unpledged + i[at.line_firm + line]] -= min(z[at.z_pledged + line], fetched)
        z[at.z_pledged + line] = covered(fetched, z[at.z_pledged + line], 1.0)
    for place in range(at.secured):
        loan = i[at.secured_loan + place]
        line, firm = i[at.loan_collateral + loan], i[at.loan_firm + loan]
        if line == EVERYTHING:
            left = max(0.0, z[at.z_unpledged + firm])
            z[at.z_cover + loan] = covered(left, z[at.z_rest + firm], 1.0)
        else:
            z[at.z_cover + loan] = z[at.z_pledged + line]


@piece
def call_guarantee(
    at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, guarantee: int, asked: float, p: int
) -> None:
    """Set what a guarantor owes."""
    more, link = asked - z[at.z_guaranteed + guarantee], at.guarantee_link + guarantee
    if more != 0.0:
        owe_more(at, i, s, w, z, link, more, p)
        w[at.due + link, p] = asked
        z[at.z_guaranteed + guarantee] = asked


@piece
def guarantors_owe(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, z: Numbers, p: int
) -> bool:
    """Write what guarantors are asked for; tell whether it is more than before.

    Those of one debt share its gap by what is left of their caps.
    """
    for guarantee in range(at.guarantees):
        guarantor, creditor = i[at.guarantor + guarantee], i[at.creditor + guarantee]
        runs = s[at.alive + guarantor, p] > 0.0
        if creditor < at.firms:
            runs = runs and s[at.alive + creditor, p] > 0.0
        left = max(0.0, k[at.guarantee_cap + guarantee] - s[at.guarantee_paid + guarantee, p])
        z[at.z_capped + guarantee] = left if runs else 0.0
    more = False
    for guarantee in range(at.guarantees):
        debtor, creditor, before = (
            i[at.debtor + guarantee],
            i[at.creditor + guarantee],
            z[at.z_guaranteed + guarantee],
        )
        unpaid = 0.0
        if is_in_default(at, z, debtor):
            unpaid = gap_between(at, i, w, z, debtor, creditor, p)
        together = 0.0
        for other in range(at.guarantees):
            if i[at.debtor + other] == debtor and i[at.creditor + other] == creditor:
                together += z[at.z_capped + other]
        left = z[at.z_capped + guarantee]
        asked = max(before, min(left, unpaid * ratio(left, together, 0.0)))
        z[at.z_asked + guarantee] = asked
        more = more or not abs(asked - before) <= SAME * abs(before)
    return more


@piece
def gap_between(
    at: Places, i: Indices, w: Rows, z: Numbers, debtor: int, creditor: int, p: int
) -> float:
    """Return what one firm leaves unpaid to one node."""
    gap = 0.0
    if not pays_less(at, z, debtor):
        return gap
    for place in range(i[at.pays_first + debtor], i[at.pays_first + debtor + 1]):
        link = i[at.pays_link + place]
        if i[at.link_payee + link] == creditor:
            gap += w[at.due + link, p] * (1.0 - link_share(at, i, w, z, link, p))
    return gap


@piece
def paid_claims(at: Places, i: Indices, w: Rows, z: Numbers, firm: int, p: int) -> float:
    """Return what a firm pays of all claims on it."""
    if z[at.z_short + firm] <= 0.0:
        return z[at.z_owed + firm]
    paid = 0.0
    for place in range(i[at.pays_first + firm], i[at.pays_first + firm + 1]):
        link = i[at.pays_link + place]
        paid += w[at.due + link, p] * link_share(at, i, w, z, link, p)
    return paid


@piece
def default_cost(at: Places, z: Numbers, firm: int) -> float:
    """Return what default burns of a firm's means."""
    if z[at.z_default + firm] <= 0.0:
        return 0.0
    means, inflow = z[at.z_means + firm], z[at.z_inflow + firm]
    return means + inflow - (z[at.z_keep] * means + z[at.z_keep] * inflow)


@piece
def rescue(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> bool:
    """Let owners rescue firms whose whole gap they can close together; tell whether any did."""
    wanted = False
    for place in range(at.rescues):
        firm, owner = i[at.rescued + place], i[at.rescuer + place]
        wants = is_in_default(at, z, firm) and z[at.z_forced + firm] <= 0.0
        both = s[at.alive + firm, p] > 0.0 and s[at.alive + owner, p] > 0.0
        z[at.z_may + place] = 1.0 if wants and both else 0.0
        wanted = wanted or (wants and both)
    if not wanted:
        return False
    for place in range(at.rescues):
        if z[at.z_may + place] > 0.0:
            reach(at, i, s, w, z, i[at.rescuer + place], p)
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        z[at.z_offered + firm], z[at.z_together + firm] = 0.0, 0.0
        paid = paid_claims(at, i, w, z, firm, p)
        gap = z[at.z_owed + firm] - paid - default_cost(at, z, firm)
        wants = z[at.z_now + firm] > 0.0 and z[at.z_forced + firm] <= 0.0
        z[at.z_gap + firm] = gap if wants else 0.0
        z[at.z_able + firm] = rescue_means(at, k, w, z, firm, p)
    for place in range(at.rescues):
        if z[at.z_may + place] > 0.0:
            firm, owner = i[at.rescued + place], i[at.rescuer + place]
            z[at.z_may + place] = z[at.z_gap + firm] if z[at.z_able + owner] > 0.0 else 0.0
            z[at.z_offered + owner] += z[at.z_may + place]
    for place in range(at.rescues):
        if z[at.z_may + place] == 0.0:
            continue
        firm, owner = i[at.rescued + place], i[at.rescuer + place]
        z[at.z_may + place] *= covered(z[at.z_able + owner], z[at.z_offered + owner], 1.0)
        z[at.z_together + firm] += z[at.z_may + place]
    return give_rescues(at, i, w, z, p)


@piece
def rescue_means(at: Places, k: Numbers, w: Rows, z: Numbers, firm: int, p: int) -> float:
    """Return what a firm can put into rescues: a share of what its own bills leave."""
    if z[at.z_now + firm] != 0.0:
        return 0.0
    means = z[at.z_means + firm]
    surplus = means + z[at.z_inflow + firm] - z[at.z_owed + firm] - k[at.floor + firm]
    able = w[at.p_rescue_share, p] * min(1.0, w[at.strategic_lever + firm, 0]) * max(0.0, surplus)
    return min(able, means)


@piece
def give_rescues(at: Places, i: Indices, w: Rows, z: Numbers, p: int) -> bool:
    """Move what rescues bring, where together they close the whole gap."""
    given = False
    for place in range(at.rescues):
        if z[at.z_may + place] == 0.0:
            continue
        firm, owner, link = i[at.rescued + place], i[at.rescuer + place], i[at.rescue_link + place]
        gap, together = z[at.z_gap + firm], z[at.z_together + firm]
        money = z[at.z_may + place] * ratio(gap, together, 0.0) if together >= gap > 0.0 else 0.0
        if money > 0.0:
            w[at.due + link, p] += money
            z[at.z_sure + firm] += money
            z[at.z_sure + owner] -= money
            w[at.gave + owner, p] += money
            if at.keep_links > 0:
                w[at.paid + link, p] += money
            w[at.sure + firm, p] += money
            z[at.z_helped + firm] = 1.0
            given = True
    return given


@piece
def close_path(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Book what was paid and who is left with what; sort the unpaid into losses and arrears.

    The books of those whom trouble did not reach stand already: they paid, and were paid, in full.
    """
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        failed = z[at.z_cause + firm] > 0.0
        gone = failed and z[at.z_stays + firm] <= 0.0
        z[at.z_gone + firm] = 1.0 if gone else 0.0
        costs = default_cost(at, z, firm) * z[at.z_alive + firm]
        w[at.default_costs_paid + firm, p], w[at.liquidation + firm, p] = (
            costs,
            z[at.z_proceeds + firm],
        )
        inflow = z[at.z_inflow + firm] + w[at.sure + firm, p] + z[at.z_proceeds + firm]
        outflow = paid_claims(at, i, w, z, firm, p) + w[at.gave + firm, p] + costs
        left = s[at.cash + firm, p] + inflow - outflow
        payout = clip(left, 0.0, w[at.payout + firm, p])
        if gone:
            payout = max(left, 0.0)
        elif failed:
            payout = 0.0
        w[at.paid_out + firm, p] = payout
        n[at.cash + firm, p] = max(0.0, left - payout)
        w[at.owed + firm, p] = z[at.z_owed + firm]
        close_firm(at, z, w, firm, failed, gone, p)
    back_guarantees(at, i, w, z, p)
    note_paid(at, i, w, z, p)
    leave_unpaid(at, i, s, n, w, z, p)
    give_up_debt(at, i, n, w, z, p)


@piece
def close_firm(
    at: Places, z: Numbers, w: Rows, firm: int, failed: bool, gone: bool, p: int
) -> None:
    """Write how the quarter ended for a firm."""
    outcome = 0.0
    if gone:
        outcome = LIQUIDATED
    elif failed:
        outcome = RESTRUCTURED
    elif z[at.z_helped + firm] > 0.0:
        outcome = RESCUED
    w[at.failed + firm, p] = 1.0 if failed else 0.0
    w[at.outcome + firm, p], w[at.cause + firm, p] = outcome, z[at.z_cause + firm]
    w[at.round_of + firm, p] = z[at.z_order + firm] if failed else 0.0


@piece
def back_guarantees(at: Places, i: Indices, w: Rows, z: Numbers, p: int) -> None:
    """Write what guarantors paid, and the share of each gap that stays after it."""
    for guarantee in range(at.guarantees):
        share = link_share(at, i, w, z, at.guarantee_link + guarantee, p)
        w[at.guarantee_money + guarantee, p] = z[at.z_guaranteed + guarantee] * share
    for guarantee in range(at.guarantees):
        debtor, creditor, paid = i[at.debtor + guarantee], i[at.creditor + guarantee], 0.0
        for other in range(at.guarantees):
            if i[at.debtor + other] == debtor and i[at.creditor + other] == creditor:
                paid += w[at.guarantee_money + other, p]
        missing = real_gap_between(at, i, w, z, debtor, creditor, p)
        z[at.z_unbacked + guarantee] = 1.0 - covered(paid, missing, 0.0)


@piece
def note_paid(at: Places, i: Indices, w: Rows, z: Numbers, p: int) -> None:
    """Write what was paid on the links that laws of later quarters look at, or on all of them.

    Whom trouble did not reach pays what was written before; see `settle.keep_paid`.
    """
    for share in range(at.shares):
        link = at.share_link + share
        if pays_less(at, z, i[at.link_payer + link]):
            w[at.share_money + share, p] = w[at.due + link, p] * link_share(at, i, w, z, link, p)
    for back in range(at.backs):
        link = at.back_link + back
        if pays_less(at, z, i[at.link_payer + link]):
            w[at.back_money + back, p] = w[at.due + link, p] * link_share(at, i, w, z, link, p)
    for place in range(at.strategics):
        money = 0.0
        for one in range(i[at.strategic_first + place], i[at.strategic_first + place + 1]):
            link = i[at.strategic_link + one]
            money += w[at.due + link, p] * link_share(at, i, w, z, link, p)
        w[at.strategic_money + place, p] = money
    if at.keep_links > 0:
        for place in range(at.claim_links):
            link = i[at.claim_link + place]
            payer = i[at.link_payer + link]
            if payer >= at.firms or z[at.z_is_reached + payer] > 0.0:
                owed = w[at.due + link, p]
                w[at.claims + link, p] = owed
                w[at.paid + link, p] = owed * link_share(at, i, w, z, link, p)


@piece
def real_gap(at: Places, i: Indices, w: Rows, z: Numbers, link: int, p: int) -> float:
    """Return what is left unpaid on a link, rounding apart."""
    owed = w[at.due + link, p]
    gap = owed * (1.0 - link_share(at, i, w, z, link, p))
    return gap if gap > SAME * owed else 0.0


@piece
def real_gap_between(
    at: Places, i: Indices, w: Rows, z: Numbers, debtor: int, creditor: int, p: int
) -> float:
    """Return what one firm leaves unpaid to one node, rounding apart."""
    gap = 0.0
    if not pays_less(at, z, debtor):
        return gap
    for place in range(i[at.pays_first + debtor], i[at.pays_first + debtor + 1]):
        link = i[at.pays_link + place]
        if i[at.link_payee + link] == creditor:
            gap += real_gap(at, i, w, z, link, p)
    return gap


@piece
def leave_unpaid(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Write what the failed leave unpaid as lost, small gaps of the living as arrears."""
    for loan in range(at.loans):
        z[at.z_late + loan] = 0.0
    for one in range(int(z[at.z_short_count])):
        firm = int(z[at.z_shorts + one])
        for place in range(i[at.pays_first + firm], i[at.pays_first + firm + 1]):
            link = i[at.pays_link + place]
            gap = real_gap(at, i, w, z, link, p)
            if gap > 0.0:
                book_gap(at, i, s, n, w, z, firm, link, gap, p)


@piece
def book_gap(
    at: Places, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, firm: int, link: int,
    gap: float, p: int,
) -> None:  # fmt: skip
    """Book one gap: lost where its debtor failed, else an arrear to a creditor that lives on."""
    payee = i[at.link_payee + link]
    if z[at.z_cause + firm] > 0.0:
        for guarantee in range(at.guarantees):
            if i[at.debtor + guarantee] == firm and i[at.creditor + guarantee] == payee:
                gap *= z[at.z_unbacked + guarantee]
                break
        if at.keep_links > 0:
            w[at.lost + link, p] = gap
        loan = link - at.repay_link
        if 0 <= loan < at.loans:
            z[at.z_late + loan] = gap
        return
    lives = payee >= at.firms or (z[at.z_alive + payee] > 0.0 and z[at.z_gone + payee] <= 0.0)
    if lives and z[at.z_alive + firm] > 0.0 and i[at.link_pair + link] >= 0:
        n[at.arrears + i[at.link_pair + link], p] += gap
        w[at.arrears_new, 0] = 1.0


@piece
def give_up_debt(at: Places, i: Indices, n: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Write the debt that stands: none of the liquidated, less of the restructured.

    Creditors keep secured loans as far as collateral covers them, and give up a share of the rest.
    """
    failed = False
    for one in range(int(z[at.z_reached_count])):
        failed = failed or z[at.z_cause + int(z[at.z_reached + one])] > 0.0
    if not failed:
        return
    for place in range(at.secured):
        loan = i[at.secured_loan + place]
        z[at.z_asked_loan + loan] = n[at.loan + loan, p] + z[at.z_late + loan]
    cover_loans(at, i, z)
    for loan in range(at.loans):
        firm = i[at.loan_firm + loan]
        if z[at.z_is_reached + firm] <= 0.0:
            continue
        if z[at.z_gone + firm] > 0.0:
            n[at.loan + loan, p] = 0.0
        elif z[at.z_cause + firm] > 0.0:
            owed = n[at.loan + loan, p] + z[at.z_late + loan]
            secured = z[at.z_cover + loan] if i[at.loan_secured + loan] > 0 else 0.0
            given_up = owed * w[at.p_restructure_haircut, p] * (1.0 - secured)
            n[at.loan + loan, p] = max(owed - given_up, 0.0)
            if at.keep_links > 0:
                w[at.lost + at.repay_link + loan, p] = given_up
