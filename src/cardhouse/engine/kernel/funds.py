"""Compiled story of funding, and what a firm short of money cuts; see `engine.discretion`, too."""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.anew import all_anew, reached
from cardhouse.engine.kernel.bills import bought_on
from cardhouse.engine.kernel.costs import add, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.money import by_firm, lend, less_room, lessen, spread, take_room
from cardhouse.engine.kernel.scalars import any_above, any_below, clip, ratio


@piece
def sign(at: Places, i: Indices, w: Rows) -> None:
    """Write what investors pay of what they promised, by link and by firm."""
    fill(w, at.given_to, at.firms, 0.0)
    for equity in range(at.equities):
        signed, promised, kept = (
            w[at.signed + equity],
            w[at.promised_equity + equity],
            w[at.new_kept + i[at.equity_giver + equity]],
        )
        for p in range(signed.size):
            signed[p] = promised[p] * kept[p]
        add(w, at.given_to + i[at.equity_firm + equity], signed)
    for firm in range(at.firms):
        row, given = w[at.signed_to + firm], w[at.given_to + firm]
        for p in range(row.size):
            row[p] = given[p]


@piece
def hear(at: Places, k: Numbers, s: Rows, w: Rows, q: int) -> None:
    """Write the share of each firm's asks that pools hear."""
    names = k[at.d_open_to_new_names + q]
    for firm in range(at.firms):
        row, earns, alive = w[at.heard + firm], w[at.earns + firm], s[at.alive + firm]
        window = k[at.d_window + q * at.firms + firm]
        for p in range(row.size):
            row[p] = (1.0 if earns[p] > 0.0 else names) * window * alive[p]


@piece
def roll_over(at: Places, i: Indices, w: Rows) -> None:
    """Write what pools lend again of what matures, and what firms then still ask for."""
    for facility in range(at.facilities):
        row, due, heard = (
            w[at.asked + facility],
            w[at.due_pool + facility],
            w[at.heard + i[at.facility_firm + facility]],
        )
        lends = 1.0 if i[at.lends + facility] > 0 else 0.0
        for p in range(row.size):
            row[p] = due[p] * heard[p] * lends
    lend(at, i, w, at.asked, at.rolled)
    by_firm(at, i, w, at.rolled, at.rolled_to)
    for firm in range(at.firms):
        left, signed, rolled = w[at.left + firm], w[at.signed_to + firm], w[at.rolled_to + firm]
        for p in range(left.size):
            left[p] = max(0.0, left[p] - (signed[p] + rolled[p]))


@piece
def after_rolling(at: Places, i: Indices, w: Rows) -> None:
    """Take what was lent again, and drawn on lines, out of supply and of room."""
    take_room(at, i, w, at.rolled)
    for firm in range(at.firms):
        row, rolled, lines = w[at.borrowed + firm], w[at.rolled_to + firm], w[at.from_lines + firm]
        for p in range(row.size):
            row[p] = rolled[p] + lines[p]
    less_room(at, i, w, at.borrowed)


@piece
def borrow(at: Places, i: Indices, w: Rows) -> None:
    """Write new debt."""
    for firm in range(at.firms):
        row, left, heard = w[at.asks + firm], w[at.left + firm], w[at.heard + firm]
        for p in range(row.size):
            row[p] = left[p] * heard[p]
    spread(at, i, w, at.asks, at.asked, False)
    lend(at, i, w, at.asked, at.new_debt)
    by_firm(at, i, w, at.new_debt, at.borrowed)
    lessen(at, w, at.borrowed)


@piece
def equity_to_firms(at: Places, i: Indices, w: Rows, given: int) -> None:
    """Sum equity by the firm that gets it."""
    fill(w, at.given_to, at.firms, 0.0)
    for equity in range(at.equities):
        if i[at.equity_place + equity] >= 0:
            add(w, at.given_to + i[at.equity_firm + equity], w[given + equity])


@piece
def add_up(at: Places, i: Indices, w: Rows) -> None:
    """Write equity by link, and what each firm raised and gave."""
    fill(w, at.raised, at.firms, 0.0)
    fill(w, at.gave, at.firms + 1, 0.0)
    for equity in range(at.equities):
        row, signed, owner = (
            w[at.equity + equity],
            w[at.signed + equity],
            w[at.strategic_given + equity],
        )
        first, late = w[at.first_equity + equity], w[at.late_equity + equity]
        for p in range(row.size):
            row[p] = signed[p] + owner[p] + (first[p] + late[p])
        add(w, at.raised + i[at.equity_firm + equity], row)
        add(w, at.gave + i[at.equity_giver + equity], row)
    fill(w, at.drawn_by, at.firms, 0.0)
    for loan in range(at.loans):
        add(w, at.drawn_by + i[at.loan_firm + loan], w[at.drawn + loan])
    for firm in range(at.firms):
        add(w, at.raised + firm, w[at.drawn_by + firm])


@piece
def spend_all(at: Places, w: Rows) -> None:
    """Let all spending at will go ahead, and all be worked out."""
    all_anew(at, w)
    fill(w, at.spend_capex, at.firms, 1.0)
    fill(w, at.spend_programs, at.firms, 1.0)
    fill(w, at.spend_payout, at.firms, 1.0)
    fill(w, at.kept, at.firms + 1, 1.0)


@piece
def kept_share(cut: float, planned: float) -> float:
    """Return the share of what was planned that is left after a cut."""
    return clip(1.0 - ratio(cut, planned, 0.0), 0.0, 1.0)


@piece
def leased_by_firm(at: Places, k: Numbers, i: Indices, w: Rows) -> None:
    """Write what lessors pay for of each firm's plant."""
    fill(w, at.leased_value, at.firms, 0.0)
    for place in range(at.leased):
        firm = i[at.facility_firm + i[at.leased_facility + place]]
        row, bought, share = (
            w[at.leased_value + firm],
            w[bought_on(at, i, i[at.leased_capex + place])],
            w[at.leased_share + i[at.leased_facility + place]],
        )
        for p in range(row.size):
            row[p] += bought[p] * k[at.leased_part + place] * share[p]


@piece
def within_means(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write the shares of payout, capex and programs that go ahead, and whom a cut reaches."""
    leased_by_firm(at, k, i, w)
    cuts = False
    for firm in range(at.firms):
        cut_of(at, s, w, firm)
        payout, capex, least = w[at.spend_payout + firm], w[at.spend_capex + firm], w[at.total]
        programs, kept, kept_now = (
            w[at.spend_programs + firm],
            w[at.kept + firm],
            w[at.new_kept + firm],
        )
        for p in range(kept.size):
            kept[p] = kept_now[p]
        for p in range(kept.size):
            least[p] = min(min(payout[p], capex[p]), min(programs[p], kept[p]))
        cuts = cuts or any_below(least, 1.0)
    w[at.cuts, 0] = 1.0 if cuts else 0.0
    if cuts:
        reached(at, i, w, q)


@piece
def cut_of(at: Places, s: Rows, w: Rows, firm: int) -> None:
    """Write what one firm cuts: payouts first, then new orders, then programs to their floor."""
    bills, planned = w[at.bills + firm], w[at.payout + firm]
    leased, gave = w[at.leased_value + firm], w[at.gave + firm]
    cash, raised = s[at.cash + firm], w[at.raised + firm]
    inside, outside = w[at.from_firms + firm], w[at.from_outside + firm]
    short, margin = w[at.total], w[at.p_payment_margin]
    for p in range(short.size):
        owed = bills[p] + planned[p] - leased[p] + gave[p]
        means = cash[p] + raised[p] + (inside[p] + outside[p])
        short[p] = max(0.0, margin[p] * owed - means)
    if not any_above(short, 0.0):
        return  # all goes ahead, as `spend_all` wrote
    spent, later = w[at.capex_spent + firm], w[at.capex_later + firm]
    own, loose = w[at.own_programs + firm], w[at.loose + firm]
    payout, capex, programs = (
        w[at.spend_payout + firm],
        w[at.spend_capex + firm],
        w[at.spend_programs + firm],
    )
    for p in range(short.size):
        orders = max(0.0, spent[p] - later[p] - leased[p])
        cut_payout = min(planned[p], short[p])
        cut_orders = min(orders, short[p] - cut_payout)
        cut_programs = min(own[p] * loose[p], short[p] - cut_payout - cut_orders)
        payout[p] = kept_share(cut_payout, planned[p])
        capex[p] = kept_share(cut_orders, orders)
        programs[p] = kept_share(cut_programs, own[p])
