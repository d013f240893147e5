"""Compiled laws of who orders what from whom; `engine.quarter` and `engine.volumes` are readable.

An edge is a seller line that a buyer may buy from: inputs of lines first, then programs of firms,
then plant of lines. Edges of one buyer in one market are a group, and custom moves within it. While
no seller of inputs is dead and none is full, units of input per unit sold are the same on each
path: a table then stands for rows (``row_mode`` is 0). Edges on which nothing flows are left out
until a seller of their market is dead or full; till then their rows stay at nothing.
"""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.anew import group_anew
from cardhouse.engine.kernel.costs import fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import any_above, any_below, covered, ratio


@piece
def mark_dead(at: Places, i: Indices, s: Rows, w: Rows) -> None:
    """Note the firms, and markets of sellers, that are dead on some path of the block."""
    fill(w, at.dead_market, at.markets, 0.0)
    w[at.row_mode, 0] = 0.0
    w[at.any_dead, 0] = 0.0
    for firm in range(at.firms):
        dead = 1.0 if any_below(s[at.alive + firm], 1.0) else 0.0
        w[at.dead_firm + firm, 0] = dead
        w[at.any_dead, 0] = max(w[at.any_dead, 0], dead)
    for line in range(at.lines):
        if w[at.dead_firm + i[at.line_firm + line], 0] > 0.0:
            market = i[at.line_market + line]
            w[at.dead_market + market, 0] = 1.0
            if i[at.market_inputs + market] > 0:
                w[at.row_mode, 0] = 1.0
    wake_groups(at, i, w, at.dead_market)


@piece
def sleep_groups(at: Places, i: Indices, w: Rows) -> None:
    """Leave out edges on which nothing flows in row 0, and that nothing binds."""
    for group in range(at.groups):
        w[at.live_end + group, 0] = float(i[at.group_used + group])


@piece
def wake_groups(at: Places, i: Indices, w: Rows, moves: int) -> None:
    """Look at all sellers of markets in which custom may move, from now to the end of the run."""
    for group in range(at.groups):
        if w[moves + i[at.group_market + group], 0] > 0.0:
            w[at.live_end + group, 0] = float(i[at.group_first + group + 1])


@piece
def live_end(at: Places, i: Indices, w: Rows, group: int) -> int:
    """Return the end of a group's edges: of those on which nothing can flow there are no rows."""
    return int(w[at.live_end + group, 0])


@piece
def input_rows(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write use of inputs per unit sold, path by path, moved from the dead to survivors."""
    if w[at.row_mode, 0] > 0.0:
        table_as_rows(at, k, i, w, q)
        for group in range(at.input_groups):
            redirect(at, i, s, w, group, 1.0)


@piece
def table_as_rows(at: Places, k: Numbers, i: Indices, w: Rows, q: int) -> None:
    """Write the table of input use into rows."""
    for group in range(at.input_groups):
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            row, units = w[at.want + edge], k[at.grown + q * at.inputs + edge]
            for p in range(row.size):
                row[p] = units


@piece
def redirect(at: Places, i: Indices, s: Rows, w: Rows, group: int, needed: float) -> None:
    """Move what a buyer took from dead sellers of a market to survivors, by their last volumes.

    Survivors get all of it where it is ``needed``, else the share `substitution`.
    """
    if w[at.dead_market + i[at.group_market + group], 0] <= 0.0:
        return
    first, end = i[at.group_first + group], i[at.group_first + group + 1]
    orphaned, total, share = w[at.orphaned], w[at.moved], w[at.substitution]
    for p in range(total.size):
        orphaned[p], total[p] = 0.0, 0.0
    for edge in range(first, end):
        seller = i[at.edge_seller + edge]
        alive, volume = s[at.alive + i[at.line_firm + seller]], s[at.volume + seller]
        row = w[at.want + edge]
        for p in range(total.size):
            orphaned[p] += row[p] - row[p] * alive[p]
            total[p] += volume[p] * alive[p]
    for edge in range(first, end):
        seller = i[at.edge_seller + edge]
        alive, volume = s[at.alive + i[at.line_firm + seller]], s[at.volume + seller]
        row = w[at.want + edge]
        for p in range(total.size):
            moved = max(needed, share[p]) * orphaned[p]
            row[p] = row[p] * alive[p] + moved * ratio(volume[p] * alive[p], total[p], 0.0)


@piece
def output_possible(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write the share of its output that a line can make, and whether any makes less than all.

    It loses the essential share of an input of which no seller survives.
    """
    fill(w, at.possible, at.lines, 1.0)
    fill(w, at.living, at.markets, 0.0)
    fill(w, at.lessened, 1, 0.0)
    w[at.anything_lessened, 0] = 0.0
    if w[at.row_mode, 0] <= 0.0:
        return
    for line in range(at.lines):
        living, alive = (
            w[at.living + i[at.line_market + line]],
            s[at.alive + i[at.line_firm + line]],
        )
        for p in range(living.size):
            living[p] += alive[p]
    for group in range(at.input_groups):
        needs = 0.0
        for edge in range(i[at.group_first + group], i[at.group_first + group + 1]):
            needs += k[at.grown + q * at.inputs + edge]
        if needs > 0.0 and k[at.essential + group] > 0.0:
            living = w[at.living + i[at.group_market + group]]
            row = w[at.possible + i[at.group_buyer + group]]
            for p in range(row.size):
                if living[p] <= 0.0:
                    row[p] = min(row[p], 1.0 - k[at.essential + group])
                    w[at.lessened, p] = 1.0
    w[at.anything_lessened, 0] = 1.0 if any_above(w[at.lessened], 0.0) else 0.0


@piece
def minimum_purchases(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what buyers must buy or pay for under what binds them, by binding."""
    for binding in range(at.bindings):
        row, asked = w[at.minimum + binding], k[at.minimum_asked + q * at.bindings + binding]
        buyer = s[at.alive + i[at.binding_buyer + binding]]
        seller = s[at.alive + i[at.line_firm + i[at.binding_seller + binding]]]
        for p in range(row.size):
            row[p] = asked
        for back in range(i[at.notice + binding]):
            bought = s[at.bought + back * at.bindings + binding]
            for p in range(row.size):
                row[p] = max(row[p], bought[p])
        for p in range(row.size):
            row[p] *= buyer[p] * seller[p]


@piece
def program_wants(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows) -> None:
    """Write what programs want in volume: committed suppliers first, earmarks on top."""
    for group in range(at.input_groups, at.input_groups + at.program_groups):
        firm = i[at.group_firm + group]
        if not group_anew(at, i, w, group):
            continue
        budget, cut, alive = (
            w[at.program_terms + firm],
            w[at.spend_programs + firm],
            s[at.alive + firm],
        )
        first, end = i[at.group_first + group], live_end(at, i, w, group)
        for edge in range(first, end):
            row, opening = w[at.want + edge], k[at.edge_opening + edge]
            for p in range(row.size):
                row[p] = opening * (budget[p] * cut[p] * alive[p])
        if i[at.group_bound + group] > 0:
            towards_commitments(at, k, i, s, w, group)
        for edge in range(first, end):
            row, extra = w[at.want + edge], w[at.earmarked + edge - at.inputs]
            charged = n[at.charged + i[at.edge_seller + edge]]
            for p in range(row.size):
                row[p] = (row[p] + extra[p]) / charged[p]
        redirect(at, i, s, w, group, 0.0)


@piece
def towards_commitments(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, group: int) -> None:
    """Move program spending in one market to sellers that the firm must buy from."""
    first, end = i[at.group_first + group], live_end(at, i, w, group)
    total, asked, enforced = w[at.orphaned], w[at.moved], w[at.commitments_enforced]
    for p in range(total.size):
        total[p], asked[p] = 0.0, 0.0
    for edge in range(first, end):
        row, due, binding = (
            w[at.want + edge],
            w[at.still_bound + edge - at.inputs],
            i[at.edge_binding + edge],
        )
        for p in range(row.size):
            total[p] += row[p]
            due[p] = 0.0
        if binding >= 0:
            pays, minimum, had = (
                k[at.take_or_pay + binding],
                w[at.minimum + binding],
                s[at.bound_inputs + binding],
            )
            for p in range(row.size):
                due[p] = max(0.0, minimum[p] * pays * enforced[p] - had[p])
                asked[p] += due[p]
    for edge in range(first, end):
        row, due = w[at.want + edge], w[at.still_bound + edge - at.inputs]
        for p in range(row.size):
            rest = 1.0 - covered(asked[p], total[p], 0.0)
            row[p] = due[p] * covered(total[p], asked[p], 0.0) + row[p] * rest


@piece
def plant_wants(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write orders of plant in volume."""
    first_group = at.input_groups + at.program_groups
    for group in range(first_group, at.groups):
        own, firm = i[at.owned_of_line + i[at.group_buyer + group]], i[at.group_firm + group]
        if own < 0 or not group_anew(at, i, w, group):
            continue
        plan, price = w[at.plan_terms + own], w[at.plant_price + own]
        cut, alive = w[at.spend_capex + firm], s[at.alive + firm]
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            row, share = w[at.want + edge], k[at.edge_opening + edge]
            for p in range(row.size):
                wanted = plan[p] * cut[p] * alive[p]
                row[p] = ratio(wanted, price[p], 0.0) * share
        redirect(at, i, s, w, group, 0.0)


@piece
def backed_volumes(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write the capacity that buyers of last resort must take, in volume."""
    for back in range(at.backs):
        seller = i[at.back_seller + back]
        own, row, taken = i[at.owned_of_line + seller], w[at.backed + back], w[at.moved]
        for p in range(row.size):
            taken[p] = 0.0
        sharing = 0.0
        for other in range(at.backs):
            if i[at.back_seller + other] == seller:
                sharing += 1.0
                before = s[at.backed_volume + other]
                for p in range(row.size):
                    taken[p] += before[p]
        buyer, alive = s[at.alive + i[at.back_buyer + back]], s[at.alive + i[at.line_firm + seller]]
        volume, charged, paid = (
            s[at.volume + seller],
            n[at.charged + seller],
            s[at.bought_back + back],
        )
        runs = 1.0 if float(q) <= k[at.back_last + back] else 0.0
        capacity = s[at.capacity + max(own, 0)]
        use, cap = k[at.utilisation + own] if own >= 0 else 0.0, k[at.back_cap + back]
        for p in range(row.size):
            unsold = max(0.0, capacity[p] * use - (volume[p] - taken[p])) / max(sharing, 1.0)
            left = max(0.0, cap - paid[p]) / charged[p]
            row[p] = min(unsold, left) * (runs * buyer[p] * alive[p])
