"""One quarter for a block of paths, in the order money moves; `engine.quarter` is the story.

Each law below is compiled on its own, so that a reader finds the order of events in plain tuples
and no compiler has to swallow the quarter whole. All laws take the same arguments:
``at`` (sizes and places), ``k`` (numbers of the run), ``i`` (who and where), ``s`` and ``n`` (rows
of the state before and after), ``w`` (rows of work), ``z`` (the desk of one path), ``q`` (quarter).
"""

from __future__ import annotations

import math
from typing import Any

from cardhouse.compiling import kernel, law, piece
from cardhouse.engine.kernel.after import next_state
from cardhouse.engine.kernel.bills import bills_of_trade, other_bills, standing_bills
from cardhouse.engine.kernel.bits import exponential
from cardhouse.engine.kernel.costs import (
    copy_rows,
    fill,
    firm_burdens,
    input_costs,
    next_prices,
    standing_costs,
    unit_costs,
)
from cardhouse.engine.kernel.equity import close_windows, open_windows, rank, serve, strategic
from cardhouse.engine.kernel.funds import (
    add_up,
    after_rolling,
    borrow,
    equity_to_firms,
    hear,
    roll_over,
    sign,
    spend_all,
    within_means,
)
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.money import (
    by_loan,
    credit_line_draws,
    debt_room,
    earmarks,
    lease_plant,
    lessen,
    mood,
    needs,
    own_programs,
    pool_supply,
    promises,
    promises_kept,
    revenue_growth,
    stress,
    test_cover,
)
from cardhouse.engine.kernel.orders import (
    backed_volumes,
    input_rows,
    mark_dead,
    minimum_purchases,
    output_possible,
    plant_wants,
    program_wants,
    sleep_groups,
)
from cardhouse.engine.kernel.plant import move_plant, next_capex, plant_prices, wear
from cardhouse.engine.kernel.rows import of_many_paths, of_one_path
from cardhouse.engine.kernel.scalars import clip, ratio
from cardhouse.engine.kernel.settle import add_funding, settle
from cardhouse.engine.kernel.volumes import deliver
from cardhouse.engine.kernel.wants import final_demand, paid_demand

LOG_2 = math.log(2.0)


@piece
def keep_rows(at: Places, i: Indices, state: Rows, w: Rows, out: Rows, q: int, first: int) -> None:
    """Copy the rows that are kept to the columns of these paths; what fills vectors is left."""
    paths = min(state.shape[1], out.shape[1] - first)
    for place in range(at.kept_states):
        row, into = i[at.kept_state + place], q * at.kept_rows + place
        for p in range(paths):
            out[into, first + p] = state[row, p]
    for place in range(at.kept_works):
        row, into = i[at.kept_work + place], q * at.kept_rows + at.kept_states + place
        for p in range(paths):
            out[into, first + p] = w[row, p]


@piece
def take_moves(w: Rows, moves: Rows, first: int) -> None:
    """Write the parameters and shocks of these paths into rows of work.

    Where a block is wider than paths are left, its last lanes are filled with the last path.
    """
    last = moves.shape[1] - 1
    for row in range(moves.shape[0]):
        out, values = w[row], moves[row]
        for p in range(out.size):
            out[p] = values[min(first + p, last)]


@piece
def levels(at: Places, k: Numbers, i: Indices, w: Rows, q: int) -> None:
    """Write levels of levers, and which loans fall due in one sum."""
    level(w, at.substitution, at.p_substitution, k[at.d_substitution + q])
    level(w, at.recovery, at.p_recovery, k[at.d_recovery + q])
    level(w, at.default_costs, at.p_default_costs, k[at.d_default_costs + q])
    level(w, at.commitments_enforced, at.p_commitments_enforced, k[at.d_commitments_enforced + q])
    for firm in range(at.firms):
        w[at.removed + firm, 0] = k[at.d_removed + q * at.firms + firm]
        w[at.strategic_lever + firm, 0] = k[at.d_strategic_supply + q * at.firms + firm]
    for place in range(at.bullets):
        loan = i[at.bullet_loan + place]
        w[at.falls_due + loan, 0] = 1.0 if i[at.loan_bullet + loan] == q else 0.0


@piece
def level(w: Rows, row: int, parameter: int, lever: float) -> None:
    """Write a driver's level of the quarter; where it is NaN, the parameter."""
    out, usual = w[row], w[parameter]
    for p in range(out.size):
        out[p] = usual[p] if math.isnan(lever) else lever


@piece
def powers_of_time(at: Places, k: Numbers, w: Rows, q: int) -> None:
    """Write what time alone does: cheaper performance, fading momentum, falling worth."""
    cheaper, fade, fall = w[at.cheaper], w[at.fade], w[at.fall]
    better, half, old = w[at.p_performance_growth], w[at.p_plan_half_life], w[at.p_obsolescence]
    elapsed, now = k[at.performance_time + q], k[at.d_performance_growth + q]
    for p in range(cheaper.size):
        cheaper[p] = exponential(-better[p] * elapsed)
    for p in range(fade.size):
        fade[p] = exponential(-LOG_2 * float(q) / half[p])
    for p in range(fall.size):
        fall[p] = exponential(-old[p] * (better[p] * now))


@piece
def budgets(at: Places, k: Numbers, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write program budgets relative to row 0, and what of them is spent under stress."""
    weight, speed, floor = w[at.p_program_cash_weight], w[at.p_program_speed], w[at.p_program_floor]
    for firm in range(at.firms):
        index, before = n[at.program_index + firm], s[at.program_index + firm]
        terms, left = w[at.program_terms + firm], w[at.stressed + firm]
        revenue, cash = s[at.revenue + firm], s[at.cash + firm]
        stress, again = s[at.stress + firm], s[at.restructured + firm]
        opening_revenue, opening_cash = k[at.opening_revenues + firm], k[at.opening_cash + firm]
        runs, lever = k[at.program_budget + firm] > 0.0, k[at.d_program + q * at.firms + firm]
        for p in range(index.size):
            means, opening = (
                revenue[p] + weight[p] * cash[p],
                opening_revenue + weight[p] * opening_cash,
            )
            change = ratio(ratio(means, opening, 1.0), before[p], 1.0) - 1.0
            index[p] = before[p] * clip(1.0 + speed[p] * change, 0.75, 1.25) if runs else 1.0
            left[p] = 1.0 - (1.0 if again[p] > 0.0 else stress[p]) * (1.0 - floor[p])
            terms[p] = index[p] * lever * left[p]


@piece
def plan_terms(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows, q: int) -> None:
    """Write capex as planned, a lever's factor included."""
    for own in range(at.owned):
        terms, plan = w[at.plan_terms + own], n[at.plan + own]
        lever = k[at.d_capex_plan + q * at.lines + i[at.owned_line + own]]
        for p in range(terms.size):
            terms[p] = plan[p] * lever


@piece
def maturing(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what falls due of each loan, parts and bullets, and its interest."""
    for loan in range(at.loans):
        out, interest = w[at.maturing + loan], w[at.loan_interest + loan]
        owed, rate = s[at.loan + loan], s[at.loan_rate + loan]
        bullet, part = i[at.loan_bullet + loan], 1.0 / k[at.loan_life + loan]
        if bullet > 0:
            part = 1.0 if bullet == q else 0.0
        for p in range(out.size):
            interest[p] = owed[p] * rate[p]
        for p in range(out.size):
            out[p] = owed[p] * part


@piece
def line_costs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write what each line costs: inputs, outside cost, rent, shares of revenue."""
    for line in range(at.lines):
        out, inputs, made = w[at.line_cost + line], w[at.line_inputs + line], w[at.made + line]
        fixed, rent, alive = (
            w[at.fixed + line],
            w[at.line_rent + line],
            s[at.alive + i[at.line_firm + line]],
        )
        per_unit = k[at.variable_cost + line]
        for p in range(out.size):
            out[p] = inputs[p] + per_unit * made[p] + fixed[p] * alive[p] + rent[p]
    for share in range(at.shares):
        out, owed = w[at.line_cost + i[at.share_line + share]], w[at.due + at.share_link + share]
        for p in range(out.size):
            out[p] += owed[p]


@law
def open_rows(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write row 0: the accounts on every path."""
    for row in range(s.shape[0]):
        fill(s, row, 1, k[at.opening_state + row])
        fill(n, row, 1, 0.0)
    fill(w, at.first_work, w.shape[0] - at.first_work, 0.0)
    for row in range(5 * at.owned):
        fill(w, at.volume_then + row, 1, k[at.opening_volumes + row])
    for row in range(5 * at.firms):
        fill(w, at.revenue_then + row, 1, k[at.opening_revenues + row])
    fill(w, at.new_kept, at.firms + 1, 1.0)
    sleep_groups(at, i, w)
    mark_dead(at, i, s, w)


@law
def open_references(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what laws measure against, and the record of row 0: the flows of the accounts."""
    copy_rows(w, at.opening_service, at.service, at.lines)
    plant_prices(at, k, i, s, w)
    copy_rows(w, at.plant_price_then, at.plant_price, at.owned)
    for row in range(at.records):
        fill(w, at.first_record + row, 1, k[at.opening_record + row])


@law
def begin(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what the whole quarter reads: levels of levers, powers of time, who is dead."""
    w[at.quarter_now, 0] = float(q)
    levels(at, k, i, w, q)
    powers_of_time(at, k, w, q)
    mood(at, s, w)
    mark_dead(at, i, s, w)
    revenue_growth(at, s, w, q)
    input_rows(at, k, i, s, w, q)


@law
def count_costs(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write wear of plant, and what a paid unit of each line costs."""
    wear(at, k, i, s, w, q)
    standing_costs(at, k, i, s, w, q)
    input_costs(at, k, i, s, w, q)
    firm_burdens(at, k, i, s, w)
    unit_costs(at, k, i, s, w)


@law
def set_prices(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write prices."""
    next_prices(at, k, i, s, n, w, q)


@law
def want(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write what final users want."""
    final_demand(at, k, i, s, n, w, q)
    paid_demand(at, k, i, n, w)


@law
def plan(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write budgets of programs and plans of capex."""
    budgets(at, k, s, n, w, q)
    plant_prices(at, k, i, n, w)
    next_capex(at, k, i, s, n, w, q)
    plan_terms(at, k, i, n, w, q)


@law
def fall_due(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what contracts bring due, whatever is traded; all may be spent as planned."""
    spend_all(at, w)
    maturing(at, k, i, s, w, q)
    minimum_purchases(at, k, i, s, w, q)
    promises(at, k, i, s, w, q)
    output_possible(at, k, i, s, w, q)
    standing_bills(at, k, i, s, w, q)


@law
def order(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what is ordered for programs, of plant, and of last resort."""
    earmarks(at, k, i, s, w, q)
    program_wants(at, k, i, s, n, w)
    plant_wants(at, k, i, s, w)
    backed_volumes(at, k, i, s, n, w, q)


@law
def make(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write what is made and delivered."""
    deliver(at, k, i, s, w, q)


@law
def bill_trade(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what is billed for what was delivered."""
    bills_of_trade(at, k, i, s, n, w, q)


@law
def bill_rest(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write all other bills."""
    other_bills(at, k, i, s, n, w, q)


@law
def ask(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write who needs how much money, and what there is to give."""
    promises_kept(at, i, s, w)
    sign(at, i, w)
    hear(at, k, s, w, q)
    pool_supply(at, k, s, w, q)
    rank(at, s, w)
    open_windows(at, k, i, w)
    debt_room(at, k, i, s, w)
    lease_plant(at, k, i, s, w)
    own_programs(at, w)
    needs(at, k, i, s, w)


@law
def lend_again(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what is lent again of what matures, and drawn on lines."""
    roll_over(at, i, w)
    credit_line_draws(at, k, i, s, w, q)
    lessen(at, w, at.from_lines)
    after_rolling(at, i, w)
    test_cover(at, k, i, s, w)


@law
def give(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write who gives what: equity to the venture-funded, new debt, equity to others, owners."""
    for turn in range(2):
        venture = 1.0 - float(turn)
        given = at.first_equity if turn == 0 else at.late_equity
        serve(at, k, i, w, z, venture, given)
        equity_to_firms(at, i, w, given)
        lessen(at, w, at.given_to)
        if turn == 0:
            borrow(at, i, w)
            close_windows(at, i, w, given)
    strategic(at, k, i, s, w, q)


@law
def cut(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int) -> None:
    """Write what was raised, the stress that remains, and what the short do not spend."""
    by_loan(at, i, w)
    add_up(at, i, w)
    stress(at, s, w)
    within_means(at, k, i, s, w, q)


@law
def build(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write what lines cost, plant after the quarter, and what is due with funding added."""
    line_costs(at, k, i, s, w)
    move_plant(at, k, i, s, n, w, q)
    add_funding(at, k, i, s, n, w, q)


@law
def clear(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Settle all bills; resolve who cannot pay."""
    settle(at, k, i, s, n, w, z)


@law
def close(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, q: int
) -> None:
    """Write the state at the end of the quarter."""
    next_state(at, k, i, s, n, w, q)


OPENING = (open_rows, count_costs, open_references)
DECIDE = (begin, count_costs, set_prices, want, plan, fall_due)
TRADE = (order, make, bill_trade, bill_rest)
FUND = (ask, lend_again, give, cut)
SETTLE = (build, clear, close)
"""Laws in the order of the quarter. Where anybody cuts his spending, TRADE is done once more,
for all that the cuts reach (`anew`)."""


@kernel
def run_blocks(
    opening: Any, decide: Any, trade: Any, fund: Any, settle_: Any, at: Places, k: Numbers,
    i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, moves: Rows, out: Rows, first: int,
    end: int,
) -> None:  # fmt: skip
    """Run blocks of paths one after the other, each quarter after quarter.

    Parameters
    ----------
    opening, decide, trade, fund, settle_
        The tuples of laws above, compiled.
    at, k, i
        The chain and its drivers in tables.
    s, n, w, z
        Rows of two states and of work, and the desk of one path: as wide as a block.
    moves
        Parameters and shocks, (row, path).
    out
        Rows that are kept, (quarter x kept row, path), row 0 of the run first.
    first, end
        The paths to run: whole blocks, and what is left at the end of all.
    """
    for start in range(first, end, s.shape[1]):
        take_moves(w, moves, start)
        for law_ in range(len(opening)):
            opening[law_](at, k, i, s, n, w, z, 0)
        keep_rows(at, i, s, w, out, 0, start)
        for q in range(1, at.quarters + 1):
            for law_ in range(len(decide)):
                decide[law_](at, k, i, s, n, w, z, q)
            for law_ in range(len(trade)):
                trade[law_](at, k, i, s, n, w, z, q)
            for law_ in range(len(fund)):
                fund[law_](at, k, i, s, n, w, z, q)
            if w[at.cuts, 0] > 0.0:
                for law_ in range(len(trade)):
                    trade[law_](at, k, i, s, n, w, z, q)
            for law_ in range(len(settle_)):
                settle_[law_](at, k, i, s, n, w, z, q)
            keep_rows(at, i, n, w, out, q, start)
            s, n = n, s


@kernel
def run_side_by_side(
    opening: Any, decide: Any, trade: Any, fund: Any, settle_: Any, at: Places, k: Numbers,
    i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, moves: Rows, out: Rows, first: int,
    end: int,
) -> None:  # fmt: skip
    """Run blocks by laws compiled for `rows.SIDE_BY_SIDE`; arrays are a multiple of 8 wide."""
    rows, after, work = of_many_paths(s), of_many_paths(n), of_many_paths(w)
    run_blocks(
        opening, decide, trade, fund, settle_, at, k, i, rows, after, work, z, moves, out, first,
        end,
    )  # fmt: skip


@kernel
def run_one_by_one(
    opening: Any, decide: Any, trade: Any, fund: Any, settle_: Any, at: Places, k: Numbers,
    i: Indices, s: Rows, n: Rows, w: Rows, z: Numbers, moves: Rows, out: Rows, first: int,
    end: int,
) -> None:  # fmt: skip
    """Run paths one at a time by laws compiled for `rows.ONE_PATH`; arrays are 1 wide."""
    rows, after, work = of_one_path(s), of_one_path(n), of_one_path(w)
    run_blocks(
        opening, decide, trade, fund, settle_, at, k, i, rows, after, work, z, moves, out, first,
        end,
    )  # fmt: skip
