"""Compiled laws of funding: who asks whom for money, who is served; see `engine.funding`.

A facility is a firm and a pool that lends to it or leases to it: the loan that takes new debt. Who
may ask whom for equity is a link. Nothing else of the table of firms by pools is ever touched.
"""

from __future__ import annotations

import numpy as np

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bills import bought_on
from cardhouse.engine.kernel.bits import power
from cardhouse.engine.kernel.costs import add, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import covered, fourth_root, ratio

SAME_RANK = 1e-9
REVENUE, GROWTH, CASH, STRESS, CONFIDENCE = range(5)


@piece
def revenue_growth(at: Places, s: Rows, w: Rows, q: int) -> None:
    """Write firms' growth of revenue a quarter over the last four quarters, and who earns."""
    for firm in range(at.firms):
        row, earns = w[at.growth + firm], w[at.earns + firm]
        latest, oldest = s[at.revenue + firm], w[at.revenue_then + (q % 5) * at.firms + firm]
        profit = s[at.profit + firm]
        for p in range(row.size):
            row[p] = fourth_root(ratio(latest[p], oldest[p], 1.0)) - 1.0
            earns[p] = 1.0 if profit[p] >= -SAME_RANK * latest[p] else 0.0


@piece
def promises(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what investors have promised for this quarter, by link: signed, and in step."""
    fill(w, at.promised_equity, at.equities, 0.0)
    for place in range(at.rounds):
        if i[at.round_quarter + place] == q:
            signed_round(at, k, i, s, w, q, place)
    for place in range(at.strategics):
        equity, firm = i[at.strategic_equity + place], i[at.strategic_firm + place]
        row, bought = w[at.promised_equity + equity], s[at.purchases + place]
        alive, lever = s[at.alive + firm], w[at.moved]
        investor_lever(at, k, i, s, w, q, i[at.strategic_investor + place])
        for p in range(row.size):
            row[p] += k[at.in_step + place] * bought[p] * alive[p] * lever[p]


@piece
def investor_lever(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, investor: int
) -> None:
    """Write into ``moved`` what an investor's lever leaves of what it promised."""
    lever = w[at.moved]
    if investor < at.firms:
        alive, share = (
            s[at.alive + investor],
            min(1.0, k[at.d_strategic_supply + q * at.firms + investor]),
        )
        for p in range(lever.size):
            lever[p] = share * alive[p]
        return
    share = min(1.0, k[at.d_pool_supply + q * at.pools + i[at.pool_of_node + investor]])
    for p in range(lever.size):
        lever[p] = share


@piece
def signed_round(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, place: int) -> None:
    """Write what a signed round pays at its date: by its condition, its odds and its lever."""
    firm, share = i[at.round_firm + place], k[at.round_share + q * at.rounds + place]
    investor_lever(at, k, i, s, w, q, i[at.round_investor + place])
    lever, paid, alive = w[at.moved], w[at.round_paid + place], s[at.alive + firm]
    row = w[at.promised_equity + i[at.round_equity + place]]
    for p in range(row.size):
        pays = alive[p] if meets_condition(at, k, i, s, w, place, p) else 0.0
        paid[p] = share * lever[p] * pays
        row[p] += k[at.round_amount + place] * paid[p]


@piece
def meets_condition(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, place: int, p: int
) -> bool:
    """Tell whether the firm's last quarter meets the round's condition."""
    measure, firm = i[at.round_measure + place], i[at.round_firm + place]
    if measure < 0:
        return True
    if measure == REVENUE:
        value = s[at.revenue + firm, p]
    elif measure == GROWTH:
        value = w[at.growth + firm, p]
    elif measure == CASH:
        value = s[at.cash + firm, p]
    elif measure == STRESS:
        value = s[at.stress + firm, p]
    else:
        value = s[at.confidence, p]
    bound = k[at.round_bound + place]
    return value >= bound if i[at.round_at_least + place] > 0 else value <= bound


@piece
def earmarks(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write money that signed rounds of the quarter bind to suppliers, by edge and by firm."""
    fill(w, at.earmarked, at.program_edges, 0.0)
    fill(w, at.in_kind, at.firms, 0.0)
    for place in range(at.rounds):
        edge = i[at.round_edge + place]
        if edge >= 0 and i[at.round_quarter + place] == q:
            row, paid = w[at.earmarked + edge - at.inputs], w[at.round_paid + place]
            alive, in_kind = (
                s[at.alive + i[at.line_firm + i[at.edge_seller + edge]]],
                w[at.in_kind + i[at.round_firm + place]],
            )
            lives, kept = (
                s[at.alive + i[at.round_firm + place]],
                w[at.kept + min(i[at.round_investor + place], at.firms)],
            )
            for p in range(row.size):
                bound = k[at.round_amount + place] * (paid[p] * kept[p] * alive[p])
                row[p] += bound
                in_kind[p] += bound * lives[p]


@piece
def promises_kept(at: Places, i: Indices, s: Rows, w: Rows) -> None:
    """Write the share of what each firm promised that it pays, out of cash its own bills leave.

    Pools pay in full.
    """
    total = w[at.total]
    for firm in range(at.firms):
        kept = w[at.new_kept + firm]
        for p in range(kept.size):
            kept[p] = 1.0
        if i[at.gives_first + firm + 1] > i[at.gives_first + firm]:
            for p in range(kept.size):
                total[p] = 0.0
            for place in range(i[at.gives_first + firm], i[at.gives_first + firm + 1]):
                add(w, at.total, w[at.promised_equity + i[at.gives_equity + place]])
            owed, cash = w[at.bills + firm], s[at.cash + firm]
            payout, inside, outside = (
                w[at.payout + firm],
                w[at.from_firms + firm],
                w[at.from_outside + firm],
            )
            for p in range(kept.size):
                bills = max(0.0, owed[p] + payout[p] - (inside[p] + outside[p]))
                kept[p] = covered(max(0.0, cash[p] - bills), total[p], 1.0)


@piece
def pool_supply(at: Places, k: Numbers, s: Rows, w: Rows, q: int) -> None:
    """Write what each pool will give this quarter; nothing where it has shut."""
    mood, confidence = w[at.mood], s[at.confidence]
    for pool in range(at.pools):
        row, shuts, given = (
            w[at.supply + pool],
            k[at.closes_below + pool],
            k[at.pool_trend + q * at.pools + pool],
        )
        lever = k[at.d_pool_supply + q * at.pools + pool]
        for p in range(row.size):
            supply = given * lever * mood[p]
            row[p] = supply if confidence[p] >= shuts else 0.0
        if at.shocked > 0:
            shock = w[at.shock_supply + q * at.pools + pool]
            for p in range(row.size):
                row[p] *= shock[p]


@piece
def debt_room(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write how much each pool would still lend to each firm, and what matures there.

    The smaller of a share of collateral and a multiple of a year's EBITDA, less debt after what
    matures now; a multiple without end is no test.
    """
    fill(w, at.collateral, at.firms, 0.0)
    fill(w, at.owing, at.firms, 0.0)
    fill(w, at.due_pool, at.facilities, 0.0)
    for own in range(at.owned):
        for part in range(at.parts):
            add(
                w,
                at.collateral + i[at.line_firm + i[at.owned_line + own]],
                s[at.plant_worth + part * at.owned + own],
            )
    for loan in range(at.loans):
        owing, owed, maturing = (
            w[at.owing + i[at.loan_firm + loan]],
            s[at.loan + loan],
            w[at.maturing + loan],
        )
        for p in range(owing.size):
            owing[p] += owed[p] - maturing[p]
        add(w, at.due_pool + i[at.loan_facility + loan], maturing)
    for facility in range(at.facilities):
        firm, pool = i[at.facility_firm + facility], i[at.facility_pool + facility]
        room, collateral, owing = w[at.room + facility], w[at.collateral + firm], w[at.owing + firm]
        profit, worn, alive = s[at.profit + firm], s[at.worn + firm], s[at.alive + firm]
        by_assets, by_income, other = (
            k[at.asset_leverage + pool],
            k[at.income_leverage + pool],
            k[at.other_assets + firm],
        )
        for p in range(room.size):
            assets = (
                by_assets * (collateral[p] + other * alive[p]) if by_assets < np.inf else np.inf
            )
            income = np.inf
            if by_income < np.inf:
                income = by_income * max(0.0, 4.0 * (profit[p] + worn[p]))
            room[p] = max(0.0, min(assets, income) - owing[p])


@piece
def lend(at: Places, i: Indices, w: Rows, asks: int, lent: int) -> None:
    """Serve asks at facilities within room, pro rata when a pool runs short.

    What several pools lend together stays within what the most generous of those asked would.
    """
    fill(w, at.lent_by_pool, at.pools, 0.0)
    most, total = w[at.most], w[at.total]
    for place in range(at.borrowers):
        first, end = i[at.borrower_first + place], i[at.borrower_first + place + 1]
        for p in range(most.size):
            most[p], total[p] = 0.0, 0.0
        for facility in range(first, end):
            within, asked, room = w[lent + facility], w[asks + facility], w[at.room + facility]
            for p in range(most.size):
                within[p] = min(asked[p], room[p])
                total[p] += within[p]
                if asked[p] > 0.0:
                    most[p] = max(most[p], room[p])
        for facility in range(first, end):
            within, pool = w[lent + facility], w[at.lent_by_pool + i[at.facility_pool + facility]]
            for p in range(most.size):
                limit = total[p] if most[p] == np.inf else most[p]
                within[p] *= min(1.0, ratio(limit, total[p], 1.0))
                pool[p] += within[p]
    for facility in range(at.facilities):
        pool = i[at.facility_pool + facility]
        within, wanted, supply = w[lent + facility], w[at.lent_by_pool + pool], w[at.supply + pool]
        for p in range(most.size):
            within[p] *= covered(supply[p], wanted[p], 1.0)


@piece
def take_room(at: Places, i: Indices, w: Rows, lent: int) -> None:
    """Take what was lent out of the supply of pools."""
    for facility in range(at.facilities):
        pool = w[at.total_by_pool + i[at.facility_pool + facility]]
        given = w[lent + facility]
        for p in range(pool.size):
            pool[p] += given[p]
    for pool in range(at.pools):
        supply, given = w[at.supply + pool], w[at.total_by_pool + pool]
        for p in range(supply.size):
            supply[p] = max(0.0, supply[p] - given[p])
            given[p] = 0.0


@piece
def spread(at: Places, i: Indices, w: Rows, asks: int, into: int, leases: bool) -> None:
    """Spread what firms ask over the debt pools, or the lessors, that they may ask, by supply."""
    total = w[at.total]
    for place in range(at.borrowers):
        first, end = i[at.borrower_first + place], i[at.borrower_first + place + 1]
        wanted = w[asks + i[at.facility_firm + first]]
        for p in range(total.size):
            total[p] = 0.0
        for facility in range(first, end):
            if i[(at.may_lease if leases else at.may_borrow) + facility] > 0:
                add(w, at.total, w[at.supply + i[at.facility_pool + facility]])
        for facility in range(first, end):
            row, supply = w[into + facility], w[at.supply + i[at.facility_pool + facility]]
            may = 1.0 if i[(at.may_lease if leases else at.may_borrow) + facility] > 0 else 0.0
            for p in range(total.size):
                row[p] = wanted[p] * ratio(may * supply[p], total[p], 0.0)


@piece
def lease_plant(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write what lessors pay for of the plant that may be leased, and the shares of it."""
    fill(w, at.leasable, at.facilities, 0.0)
    fill(w, at.lent, at.facilities, 0.0)
    fill(w, at.lent_to, at.firms, 0.0)
    fill(w, at.leased_share, at.facilities, 0.0)
    if at.leased == 0:
        return
    for place in range(at.leased):
        row, bought = (
            w[at.leasable + i[at.leased_facility + place]],
            w[bought_on(at, i, i[at.leased_capex + place])],
        )
        for p in range(row.size):
            row[p] += bought[p] * k[at.leased_part + place]
    fill(w, at.asks, at.firms, 0.0)
    for facility in range(at.facilities):
        firm = i[at.facility_firm + facility]
        wanted, most, alive = w[at.asks + firm], w[at.leasable + facility], s[at.alive + firm]
        for p in range(wanted.size):
            wanted[p] = max(wanted[p], most[p] * alive[p])
    spread(at, i, w, at.asks, at.asked, True)
    lend(at, i, w, at.asked, at.lent)
    for facility in range(at.facilities):
        share, lent, most = (
            w[at.leased_share + facility],
            w[at.lent + facility],
            w[at.leasable + facility],
        )
        for p in range(share.size):
            share[p] = ratio(lent[p], most[p], 0.0)
        add(w, at.lent_to + i[at.facility_firm + facility], lent)
    take_room(at, i, w, at.lent)
    less_room(at, i, w, at.lent_to)


@piece
def less_room(at: Places, i: Indices, w: Rows, borrowed: int) -> None:
    """Take what a firm borrowed out of what each pool would still lend to it."""
    for facility in range(at.facilities):
        room, given = w[at.room + facility], w[borrowed + i[at.facility_firm + facility]]
        for p in range(room.size):
            room[p] = max(0.0, room[p] - given[p])


@piece
def needs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write wanted and essential new money of each firm."""
    for firm in range(at.firms):
        need_of(at, k, i, s, w, firm)


@piece
def need_of(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, firm: int) -> None:
    """Write what one firm wants, and what it cannot do without."""
    owed, lent = w[at.bills + firm], w[at.lent_to + firm]
    inside, outside = w[at.from_firms + firm], w[at.from_outside + firm]
    spent, later = w[at.capex_spent + firm], w[at.capex_later + firm]
    service, cash = w[at.repaid + firm], s[at.cash + firm]
    wanted, essential, burn_row = w[at.left + firm], w[at.essential_need + firm], w[at.burn_row]
    tau, per_capex, floor = k[at.runway + firm], k[at.cash_per_capex + firm], k[at.floor + firm]
    trigger, venture = w[at.p_round_trigger], i[at.venture_funded + firm] > 0
    for p in range(wanted.size):
        bills, receipts = owed[p] - lent[p], inside[p] + outside[p]
        burn = tau * max(0.0, bills - service[p] - receipts)
        gap = bills - cash[p] - receipts
        capex = max(0.0, spent[p] - later[p] - lent[p])
        if venture:
            wanted[p] = max(burn, gap) if cash[p] < trigger[p] * burn else gap
        else:
            wanted[p] = max(max(burn, per_capex * capex), floor) + gap
        burn_row[p] = burn
        essential[p] = gap - capex
    alive, safe = s[at.alive + firm], w[at.p_essential_burn]
    loose, own = w[at.loose + firm], w[at.own_programs + firm]
    for p in range(wanted.size):
        safety = max(safe[p] * burn_row[p], floor)
        wanted[p] = max(wanted[p], 0.0) * alive[p]
        essential[p] = max(safety + essential[p] - own[p] * loose[p], 0.0) * alive[p]


@piece
def own_programs(at: Places, w: Rows) -> None:
    """Write programs that firms pay for themselves, and the share of them that can be cut."""
    floor = w[at.p_program_floor]
    for firm in range(at.firms):
        own, spent, in_kind = (
            w[at.own_programs + firm],
            w[at.program_spent + firm],
            w[at.in_kind + firm],
        )
        loose, stressed = w[at.loose + firm], w[at.stressed + firm]
        for p in range(own.size):
            own[p] = max(0.0, spent[p] - in_kind[p])
            loose[p] = 1.0 - floor[p] / stressed[p]


@piece
def lessen(at: Places, w: Rows, given: int) -> None:
    """Take what firms were given out of what they still ask for."""
    for firm in range(at.firms):
        left, got = w[at.left + firm], w[given + firm]
        for p in range(left.size):
            left[p] = max(0.0, left[p] - got[p])


@piece
def by_firm(at: Places, i: Indices, w: Rows, lent: int, into: int) -> None:
    """Sum what facilities give by firm."""
    fill(w, into, at.firms, 0.0)
    for facility in range(at.facilities):
        add(w, into + i[at.facility_firm + facility], w[lent + facility])


@piece
def credit_line_draws(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what firms draw on committed lines, within limit and asks; by firm, too."""
    fill(w, at.from_lines, at.firms, 0.0)
    for place in range(at.credit_lines):
        firm, pool = i[at.line_of_firm + place], i[at.line_of_pool + place]
        row, drawn = w[at.line_draw + place], s[at.line_drawn + place]
        alive, mood = s[at.alive + firm], s[at.confidence]
        lever = min(1.0, k[at.d_pool_supply + q * at.pools + pool])
        runs, shuts = float(q) <= k[at.line_last + place], k[at.closes_below + pool]
        for p in range(row.size):
            open_ = alive[p] if runs and mood[p] >= shuts else 0.0
            row[p] = max(0.0, k[at.line_limit + place] - drawn[p]) * lever * open_
        add(w, at.from_lines + firm, row)
    for place in range(at.credit_lines):
        firm = i[at.line_of_firm + place]
        row, total, asks = w[at.line_draw + place], w[at.from_lines + firm], w[at.left + firm]
        for p in range(row.size):
            row[p] *= covered(asks[p], total[p], 0.0)
    fill(w, at.from_lines, at.firms, 0.0)
    for place in range(at.credit_lines):
        add(w, at.from_lines + i[at.line_of_firm + place], w[at.line_draw + place])


@piece
def test_cover(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Shut the room of pools to firms that earn too little over their interest."""
    limit = w[at.p_cover_limit]
    for facility in range(at.facilities):
        firm = i[at.facility_firm + facility]
        if k[at.income_leverage + i[at.facility_pool + facility]] < np.inf:
            room, interest = w[at.room + facility], w[at.interest + firm]
            profit, worn = s[at.profit + firm], s[at.worn + firm]
            for p in range(room.size):
                covers = profit[p] + worn[p] >= limit[p] * interest[p]
                room[p] = room[p] if covers else 0.0


@piece
def by_loan(at: Places, i: Indices, w: Rows) -> None:
    """Write what is drawn on each loan in cash: rolled over, new, and on committed lines."""
    fill(w, at.drawn, at.loans, 0.0)
    for loan in range(at.loans):
        facility = i[at.loan_facility + loan]
        into = i[at.facility_loan + facility] if i[at.loan_bullet + loan] > 0 else loan
        row, maturing = w[at.drawn + into], w[at.maturing + loan]
        rolled, due = w[at.rolled + facility], w[at.due_pool + facility]
        for p in range(row.size):
            row[p] += maturing[p] * ratio(rolled[p], due[p], 0.0)
    for facility in range(at.facilities):
        add(w, at.drawn + i[at.facility_loan + facility], w[at.new_debt + facility])
    for place in range(at.credit_lines):
        add(
            w, at.drawn + i[at.facility_loan + i[at.line_facility + place]], w[at.line_draw + place]
        )


@piece
def stress(at: Places, s: Rows, w: Rows) -> None:
    """Write x: last quarter's stress blended with essential money not raised; and the unmet."""
    memory, unmet, whole = w[at.p_stress_memory], w[at.unmet], w[at.total]
    for p in range(unmet.size):
        unmet[p], whole[p] = 0.0, 0.0
    for firm in range(at.firms):
        row, essential, raised = (
            w[at.new_stress + firm],
            w[at.essential_need + firm],
            w[at.raised + firm],
        )
        before, alive = s[at.stress + firm], s[at.alive + firm]
        for p in range(unmet.size):
            short = min(max(ratio(essential[p] - raised[p], essential[p], 0.0), 0.0), 1.0)
            row[p] = (memory[p] * before[p] + (1.0 - memory[p]) * short) * alive[p]
            unmet[p] += max(0.0, essential[p] - raised[p])
            whole[p] += max(essential[p], raised[p])
    for p in range(unmet.size):
        unmet[p] = ratio(unmet[p], whole[p], 0.0)


@piece
def mood(at: Places, s: Rows, w: Rows) -> None:
    """Write the power of confidence that the supply of pools follows."""
    row, confidence, bend = w[at.mood], s[at.confidence], w[at.p_supply_exponent]
    for p in range(row.size):
        row[p] = power(confidence[p], bend[p])
