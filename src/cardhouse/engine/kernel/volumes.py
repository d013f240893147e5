"""Compiled laws of volumes: who makes how much, and what capacity allows; see `engine.volumes`.

``edges``, ``final`` and ``backed`` say in which rows the wants lie that are served; ``rows`` tells
whether use of inputs lies in rows, too, or in the table that all paths share.
"""

from __future__ import annotations

import numpy as np

from cardhouse.compiling import allocating, piece
from cardhouse.engine.kernel.anew import all_anew, group_anew, marked
from cardhouse.engine.kernel.costs import add, copy_rows, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.orders import live_end, table_as_rows, wake_groups
from cardhouse.engine.kernel.scalars import any_above, any_below, covered, ratio

SWEEPS = 64
SETTLED = 1e-15
STILL = 1e-12
OVER = 1.0 + 1e-9


@piece
def outside_orders(at: Places, i: Indices, w: Rows, edges: int, final: int, backed: int) -> None:
    """Write what is wanted of each line whatever its buyers sell."""
    for line in range(at.lines):
        if marked(w, at.made_anew + line):
            fill(w, at.outside + line, 1, 0.0)
    for sale in range(at.sales):
        want_of(at, w, i[at.sale_line + sale], final + sale)
    for back in range(at.backs):
        want_of(at, w, i[at.back_seller + back], backed + back)
    for group in range(at.input_groups, at.groups):
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            want_of(at, w, i[at.edge_seller + edge], edges + edge)


@piece
def want_of(at: Places, w: Rows, line: int, wanted: int) -> None:
    """Add what is wanted in a row to what is wanted of a line."""
    if marked(w, at.made_anew + line):
        add(w, at.outside + line, w[wanted])


@piece
def orders_of_line(
    at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int, line: int, made_by: int,
    into: int,
) -> None:  # fmt: skip
    """Write into a row what is ordered from a line by buyers that make what ``made_by`` tells.

    A negative ``edges`` stands for the table of input use. Buyers that make nothing on any path
    (``busy`` is 0) order nothing.
    """
    total, outside = w[into], w[at.outside + line]
    for p in range(total.size):
        total[p] = outside[p]
    for place in range(i[at.orders_first + line], i[at.orders_first + line + 1]):
        edge = i[at.orders_edge + place]
        buyer = i[at.edge_buyer + edge]
        if made_by == at.made and w[at.busy + buyer, 0] <= 0.0:
            continue
        made = w[made_by + buyer]
        if edges >= 0:
            if edge < live_end(at, i, w, i[at.edge_group + edge]):
                use = w[edges + edge]
                for p in range(total.size):
                    total[p] += use[p] * made[p]
        else:
            units = k[at.grown + q * at.inputs + edge]
            if units > 0.0:
                for p in range(total.size):
                    total[p] += units * made[p]


@piece
def solve_volumes(at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int) -> None:
    """Solve Q = outside + A'Q for each path; ``burst`` is 1 where no such volumes exist."""
    pass_on(at, k, i, w, q, edges, at.made)
    judge_volumes(at, k, w)


@piece
def pass_on(at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int, made_by: int) -> None:
    """Pass orders on to sellers: write into rows of volumes what lines make that are made anew.

    Buyers come before their sellers, so that one pass is exact but within a circle.
    """
    for group in range(at.made_groups):
        first = i[at.made_begin + group]
        line = i[at.line_order + first]
        if not marked(w, at.made_anew + line):  # of a circle, all lines are or none is
            continue
        if i[at.made_circle + group] > 0:
            solve_circle(at, k, i, w, q, edges, made_by, group)
        else:
            orders_of_line(at, k, i, w, q, edges, line, made_by, made_by + line)
            note_busy(at, w, line, made_by)


@piece
def solve_circle(
    at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int, made_by: int, group: int
) -> None:
    """Sweep over one circle until each path has settled; finish the slow by elimination."""
    first, end, moving = i[at.made_begin + group], i[at.made_begin + group + 1], w[at.moving]
    for p in range(moving.size):
        moving[p] = 1.0
    for place in range(first, end):
        line = i[at.line_order + place]
        copy_rows(w, made_by + line, at.outside + line, 1)
        note_busy(at, w, line, made_by)
    for _ in range(SWEEPS):
        if not sweep(at, k, i, w, q, edges, made_by, group):
            return
    for p in range(moving.size):
        if moving[p] > 0.0:
            eliminate(at, k, i, w, q, edges, made_by, first, end, p)


@piece
def note_busy(at: Places, w: Rows, line: int, made_by: int) -> None:
    """Note whether a line makes anything on any path, where that is what it makes in the end."""
    if made_by != at.made:
        return
    made, count = w[at.made + line], 0
    for p in range(made.size):
        count += 1 if made[p] != 0.0 else 0
    w[at.busy + line, 0] = 1.0 if count > 0 else 0.0


@piece
def sweep(
    at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int, made_by: int, group: int
) -> bool:
    """Pass orders on once on paths that move; tell whether any still does."""
    moving, change = w[at.moving], w[at.change]
    largest, total = w[at.largest], w[at.total]
    for p in range(moving.size):
        change[p], largest[p] = 0.0, 0.0
    for place in range(i[at.made_begin + group], i[at.made_begin + group + 1]):
        line = i[at.line_order + place]
        orders_of_line(at, k, i, w, q, edges, line, made_by, at.total)
        made = w[made_by + line]
        for p in range(moving.size):
            new = total[p] if moving[p] > 0.0 else made[p]
            change[p] = max(change[p], abs(new - made[p]))
            made[p] = new
        for p in range(moving.size):
            largest[p] = max(largest[p], made[p])
        note_busy(at, w, line, made_by)
    for p in range(moving.size):
        settled = change[p] <= SETTLED * largest[p]
        moving[p] = 0.0 if settled else moving[p]
    return any_above(moving, 0.0)


@allocating
def eliminate(
    at: Places, k: Numbers, i: Indices, w: Rows, q: int, edges: int, made_by: int, first: int,
    end: int, p: int,
) -> None:  # fmt: skip
    """Write volumes of a circle on one path; NaN where a unit needs a unit of itself."""
    count = end - first
    system = np.zeros((count, count))
    for row in range(count):
        system[row, row] = 1.0
        line = i[at.line_order + first + row]
        ordered = w[at.outside + line, p]
        for place in range(i[at.orders_first + line], i[at.orders_first + line + 1]):
            edge = i[at.orders_edge + place]
            units = w[edges + edge, p] if edges >= 0 else k[at.grown + q * at.inputs + edge]
            buyer = i[at.edge_buyer + edge]
            column = i[at.line_place + buyer] - first
            if 0 <= column < count:
                system[row, column] -= units
            else:
                ordered += units * w[made_by + buyer, p]
        w[made_by + line, p] = ordered
    for c in range(count):
        pivot = w[made_by + i[at.line_order + first + c], p]
        if not system[c, c] > 0.0:
            for row in range(count):
                w[made_by + i[at.line_order + first + row], p] = np.nan
            return
        for row in range(c + 1, count):
            if system[row, c] != 0.0:
                factor = system[row, c] / system[c, c]
                for column in range(c + 1, count):
                    system[row, column] -= factor * system[c, column]
                w[made_by + i[at.line_order + first + row], p] -= factor * pivot
    for c in range(count - 1, -1, -1):
        known, line = 0.0, i[at.line_order + first + c]
        for column in range(c + 1, count):
            known += system[c, column] * w[made_by + i[at.line_order + first + column], p]
        w[made_by + line, p] = (w[made_by + line, p] - known) / system[c, c]


@piece
def judge_volumes(at: Places, k: Numbers, w: Rows) -> None:
    """Mark paths whose volumes do not exist, and set them to nothing."""
    burst, most = w[at.burst], k[at.most_volume]
    for p in range(burst.size):
        burst[p] = 0.0
    for line in range(at.lines):
        made = w[at.made + line]
        for p in range(burst.size):
            fits = made[p] >= 0.0 and made[p] <= most
            burst[p] = burst[p] if fits else 1.0
    if any_above(burst, 0.0):
        for line in range(at.lines):
            made = w[at.made + line]
            for p in range(burst.size):
                made[p] = 0.0 if burst[p] > 0.0 else made[p]
            note_busy(at, w, line, at.made)


@piece
def deliver(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write deliveries, in a second trade only what a cut has reached where that can be."""
    if w[at.part_anew, 0] > 0.0:
        if delivered_anew(at, k, i, s, w, q):
            return
        all_anew(at, w)
    deliver_all(at, k, i, s, w, q)


@piece
def deliver_all(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write deliveries: volumes solved with circles, rationed by capacity, offered on once.

    Which rows of wants were served (as wanted, or after cuts) is noted in ``served``; what is made
    lies in ``made``.
    """
    lessened = w[at.anything_lessened, 0] > 0.0
    rows, served = w[at.row_mode, 0] > 0.0, 0
    bursts, unserved = w[at.bursts], w[at.unserved]
    for p in range(bursts.size):
        bursts[p], unserved[p] = 0.0, 0.0
    edges, final, backed = at.want, at.demand, at.backed
    if lessened:
        fit_to_inputs(at, k, i, w)
        edges, final = at.serve, at.serve_final
        backed, served = at.serve_final + at.sales, 1
    outside_orders(at, i, w, edges, final, backed)
    solve_volumes(at, k, i, w, q, edges if rows else -1)
    note_bursts(w, at.bursts, at.burst)
    over = over_capacity(at, i, s, w)
    if lessened or over:
        asked_of_owners(at, k, i, w, q, rows)
    if over:
        if not rows:
            table_as_rows(at, k, i, w, q)
            w[at.row_mode, 0] = 1.0
        ration(at, k, i, s, w, q, served)
        served = 2
    if served > 0:
        count_unserved(at, i, w)
    w[at.served_rows, 0] = float(at.again if served == 2 else edges)


@piece
def delivered_anew(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> bool:
    """Write what lines make that a cut has reached; tell whether that is all that it changes.

    Where wants were rationed in the first trade, they are solved as they were then: as they are,
    with offers, and with what offers pushed over limits cut. See `may_part` for where that will do.
    """
    if not some_marked(w, at.made_anew, at.lines):
        return True
    rationed = w[at.served_rows, 0] == float(at.again)
    if not may_part(at, i, w, rationed):
        return False
    edges = at.want if w[at.row_mode, 0] > 0.0 else -1
    base = at.made_first if rationed else at.made
    outside_orders(at, i, w, at.want, at.demand, at.backed)
    pass_on(at, k, i, w, q, edges, base)
    if not within_limits(at, k, i, s, w, base, 1.0):
        return False
    if rationed:
        ask_anew(at, i, w)
        ration_anew(at, i, w)
        outside_orders(at, i, w, at.again, at.again_final, at.again_final + at.sales)
        pass_on_rationed(at, k, i, w, q, at.made_offered)
        pass_on_rationed(at, k, i, w, q, at.made)
        if not within_limits(at, k, i, s, w, at.made_offered, OVER):
            return False
        count_unserved(at, i, w)
    return True


@piece
def some_marked(w: Rows, first: int, count: int) -> bool:
    """Tell whether anything of a kind is worked out anew."""
    found = False
    for row in range(first, first + count):
        found = found or marked(w, row)
    return found


@piece
def may_part(at: Places, i: Indices, w: Rows, rationed: bool) -> bool:
    """Tell whether lines that a cut reaches can be solved without the rest.

    Not where output is limited by inputs or volumes burst, and where wants were rationed not in a
    full market, or where orders of one were cut.
    """
    if w[at.anything_lessened, 0] > 0.0 or any_above(w[at.bursts], 0.0):
        return False
    if not rationed:
        return True
    for line in range(at.lines):
        if marked(w, at.made_anew + line):
            full = w[at.full_market + i[at.line_market + line], 0] > 0.0
            if full or any_below(w[at.filled + line], 1.0):
                return False
    return True


@piece
def pass_on_rationed(at: Places, k: Numbers, i: Indices, w: Rows, q: int, made_by: int) -> None:
    """Write what lines make of rationed wants, on paths where somebody was over his limit.

    On others it is what they make of the wants themselves, which lies in ``made_first``.
    """
    pass_on(at, k, i, w, q, at.again, made_by)
    over = w[at.over]
    for line in range(at.lines):
        if marked(w, at.made_anew + line):
            made, first = w[made_by + line], w[at.made_first + line]
            for p in range(made.size):
                made[p] = made[p] if over[p] > 0.0 else first[p]
            note_busy(at, w, line, made_by)


@piece
def within_limits(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, made_by: int, factor: float
) -> bool:
    """Tell whether lines that a cut has reached make what exists, and what their plant can make."""
    most, overload, beyond = k[at.most_volume], w[at.p_overload], 0
    for line in range(at.lines):
        if marked(w, at.made_anew + line):
            made = w[made_by + line]
            for p in range(made.size):
                beyond += 0 if made[p] >= 0.0 and made[p] <= most else 1
    for own in range(at.owned):
        line = i[at.owned_line + own]
        if marked(w, at.made_anew + line):
            made, capacity = w[made_by + line], s[at.capacity + own]
            for p in range(made.size):
                beyond += 1 if made[p] > overload[p] * capacity[p] * factor else 0
    return beyond == 0


@piece
def ration_anew(at: Places, i: Indices, w: Rows) -> None:
    """Write orders of buyers who cut as they are served: in full.

    A seller that lacks inputs would have a full supplier, whom the cut would reach, too.
    """
    for group in range(at.input_groups, at.groups):
        if group_anew(at, i, w, group):
            first = i[at.group_first + group]
            copy_rows(w, at.again + first, at.want + first, live_end(at, i, w, group) - first)


@piece
def ask_anew(at: Places, i: Indices, w: Rows) -> None:
    """Write what is ordered from owners of plant: anew for those that a cut has reached."""
    fill(w, at.asked_all, 1, 0.0)
    for own in range(at.owned):
        line = i[at.owned_line + own]
        if marked(w, at.made_anew + line):
            copy_rows(w, at.asked_of + own, at.made_first + line, 1)
        add(w, at.asked_all, w[at.asked_of + own])


@piece
def note_bursts(w: Rows, into: int, row: int) -> None:
    """Add the paths marked in one row to another."""
    for p in range(w.shape[1]):
        w[into, p] = max(w[into, p], w[row, p])


@piece
def over_capacity(at: Places, i: Indices, s: Rows, w: Rows) -> bool:
    """Tell whether any owner sells more than its plant can make; mark the paths in ``over``."""
    over, overload = w[at.over], w[at.p_overload]
    for p in range(over.size):
        over[p] = 0.0
    for own in range(at.owned):
        capacity, made = s[at.capacity + own], w[at.made + i[at.owned_line + own]]
        for p in range(over.size):
            exceeds = made[p] > overload[p] * capacity[p] * OVER
            over[p] = 1.0 if exceeds else over[p]
    return any_above(over, 0.0)


@piece
def asked_of_owners(at: Places, k: Numbers, i: Indices, w: Rows, q: int, rows: bool) -> None:
    """Write what is ordered from owners of plant by buyers that make what they made so far.

    Where no output was cut to what inputs allow, that is what they make.
    """
    lessened = w[at.anything_lessened, 0] > 0.0
    if lessened:
        outside_orders(at, i, w, at.want, at.demand, at.backed)
    fill(w, at.asked_all, 1, 0.0)
    for own in range(at.owned):
        line, edges = i[at.owned_line + own], at.want if rows else -1
        if lessened:
            orders_of_line(at, k, i, w, q, edges, line, at.made, at.asked_of + own)
        else:
            copy_rows(w, at.asked_of + own, at.made + line, 1)
        add(w, at.asked_all, w[at.asked_of + own])


@piece
def count_unserved(at: Places, i: Indices, w: Rows) -> None:
    """Write the share of what was asked of owners of plant that nobody served."""
    got, asked, unserved = w[at.total], w[at.asked_all], w[at.unserved]
    for p in range(got.size):
        got[p] = 0.0
    for own in range(at.owned):
        made = w[at.made + i[at.owned_line + own]]
        for p in range(got.size):
            got[p] += made[p]
    lessened, over = w[at.lessened], w[at.over]
    for p in range(got.size):
        missing = max(0.0, 1.0 - ratio(got[p], asked[p], 1.0))
        unserved[p] = missing if lessened[p] + over[p] > 0.0 else unserved[p]


@piece
def fit_to_inputs(at: Places, k: Numbers, i: Indices, w: Rows) -> None:
    """Cut wants to what lines can make at all without inputs that nobody sells any more."""
    copy_scaled(at, i, w, at.want, at.serve, at.possible)
    for line in range(at.lines):
        share, possible = w[at.filled + line], w[at.possible + line]
        for p in range(share.size):
            share[p] = possible[p]
    fitted(at, k, i, w, at.want, at.serve)


@piece
def copy_scaled(at: Places, i: Indices, w: Rows, base: int, to: int, share: int) -> None:
    """Write wants of which sellers serve only a share; ``base`` and ``to`` are edge rows."""
    for group in range(at.groups):
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            out, wanted, part = w[to + edge], w[base + edge], w[share + i[at.edge_seller + edge]]
            for p in range(out.size):
                out[p] = wanted[p] * part[p]
    final, to_final = final_of(at, base), final_of(at, to)
    for sale in range(at.sales):
        out, wanted, part = w[to_final + sale], w[final + sale], w[share + i[at.sale_line + sale]]
        for p in range(out.size):
            out[p] = wanted[p] * part[p]
    for back in range(at.backs):
        out, wanted = w[to_final + at.sales + back], w[final + at.sales + back]
        part = w[share + i[at.back_seller + back]]
        for p in range(out.size):
            out[p] = wanted[p] * part[p]


@piece
def final_of(at: Places, edges: int) -> int:
    """Return where final demand lies that goes with these edge rows; buy-backs follow it."""
    if edges == at.want:
        return at.demand
    return at.serve_final if edges == at.serve else at.again_final


@piece
def ration(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, served: int) -> None:
    """Cut what exceeds capacity pro rata, offer it once to spare plant, and solve again.

    Buyers short of essential inputs make less. Offers may push a seller over its limit; that is
    cut without a further offer. Paths on which nobody is over keep what they had.
    """
    base = at.want if served == 0 else at.serve
    for line in range(at.lines):
        before, made = w[at.made_first + line], w[at.made + line]
        for p in range(made.size):
            before[p] = made[p]
    offer_on(at, k, i, s, w, base)
    fitted(at, k, i, w, base, at.again)
    final = final_of(at, at.again)
    outside_orders(at, i, w, at.again, final, final + at.sales)
    solve_volumes(at, k, i, w, q, at.again)
    note_bursts(w, at.bursts_again, at.burst)
    copy_rows(w, at.made_offered, at.made, at.lines)
    if cut_again(at, i, s, w, base):
        outside_orders(at, i, w, at.again, final, final + at.sales)
        solve_volumes(at, k, i, w, q, at.again)
    over, first, again = w[at.over], w[at.burst], w[at.bursts_again]
    for p in range(over.size):
        if over[p] > 0.0:
            w[at.bursts, p] = max(w[at.bursts, p], max(first[p], again[p]))
        again[p] = 0.0
    for line in range(at.lines):
        before, made = w[at.made_first + line], w[at.made + line]
        for p in range(over.size):
            made[p] = made[p] if over[p] > 0.0 else before[p]
        note_busy(at, w, line, at.made)


@piece
def offer_on(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, base: int) -> None:
    """Write what sellers fill, and wants with the excess cut and offered to spare plant."""
    measure_excess(at, i, s, w)
    find_full_markets(at, w)
    wake_groups(at, i, w, at.full_market)
    for group in range(at.groups):
        first, end = i[at.group_first + group], live_end(at, i, w, group)
        if w[at.full_market + i[at.group_market + group], 0] > 0.0:
            offer_group(at, i, w, base, first, end)
        else:
            copy_rows(w, at.again + first, base + first, end - first)
    offer_final(at, k, i, w, base)


@piece
def find_full_markets(at: Places, w: Rows) -> None:
    """Note the markets in which a seller gets more orders than it can fill, on some path."""
    for market in range(at.markets):
        w[at.full_market + market, 0] = 1.0 if any_above(w[at.excess + market], 0.0) else 0.0


@piece
def measure_excess(at: Places, i: Indices, s: Rows, w: Rows) -> None:
    """Write the share of orders that each line fills, and what spare plant is offered."""
    fill(w, at.filled, at.lines, 1.0)
    fill(w, at.offer, at.lines, 0.0)
    fill(w, at.excess, at.markets, 0.0)
    fill(w, at.room_left, at.markets, 0.0)
    overload = w[at.p_overload]
    for own in range(at.owned):
        line = i[at.owned_line + own]
        market = i[at.line_market + line]
        capacity, made = s[at.capacity + own], w[at.made + line]
        filled, spare = w[at.filled + line], w[at.offer + line]
        excess, room = w[at.excess + market], w[at.room_left + market]
        for p in range(made.size):
            limit = overload[p] * capacity[p]
            filled[p] = covered(limit, made[p], 1.0)
            spare[p] = max(limit - made[p], 0.0)
            excess[p] += made[p] * (1.0 - filled[p])
            room[p] += spare[p]
    for own in range(at.owned):
        line = i[at.owned_line + own]
        market = i[at.line_market + line]
        offer, excess, room = w[at.offer + line], w[at.excess + market], w[at.room_left + market]
        for p in range(offer.size):
            offer[p] = covered(room[p], excess[p], 0.0) * ratio(offer[p], room[p], 0.0)


@piece
def offer_group(at: Places, i: Indices, w: Rows, base: int, first: int, end: int) -> None:
    """Cut a buyer's wants in one market, and offer what is cut to the market's spare plant."""
    cut = w[at.total]
    for p in range(cut.size):
        cut[p] = 0.0
    for edge in range(first, end):
        wanted, filled = w[base + edge], w[at.filled + i[at.edge_seller + edge]]
        for p in range(cut.size):
            cut[p] += wanted[p] * (1.0 - filled[p])
    for edge in range(first, end):
        seller = i[at.edge_seller + edge]
        wanted, filled = w[base + edge], w[at.filled + seller]
        offer, out = w[at.offer + seller], w[at.again + edge]
        for p in range(cut.size):
            out[p] = wanted[p] - wanted[p] * (1.0 - filled[p]) + cut[p] * offer[p]


@piece
def offer_final(at: Places, k: Numbers, i: Indices, w: Rows, base: int) -> None:
    """Ration final demand; what is cut moves within its basket, own use never."""
    final, to, cut = final_of(at, base), at.again_final, w[at.total]
    for basket in range(at.baskets):
        first, end = i[at.basket_first + basket], i[at.basket_first + basket + 1]
        for p in range(cut.size):
            cut[p] = 0.0
        for place in range(first, end):
            sale = i[at.basket_sale + place]
            wanted, filled = w[final + sale], w[at.filled + i[at.sale_line + sale]]
            movable = 1.0 - k[at.sale_own + sale]
            for p in range(cut.size):
                cut[p] += wanted[p] * (1.0 - filled[p]) * movable
        for place in range(first, end):
            sale = i[at.basket_sale + place]
            line, movable = i[at.sale_line + sale], 1.0 - k[at.sale_own + sale]
            wanted, filled = w[final + sale], w[at.filled + line]
            offer, out = w[at.offer + line], w[to + sale]
            for p in range(cut.size):
                out[p] = wanted[p] - wanted[p] * (1.0 - filled[p]) + cut[p] * offer[p] * movable
    for back in range(at.backs):
        wanted, out = w[final + at.sales + back], w[to + at.sales + back]
        filled = w[at.filled + i[at.back_seller + back]]
        for p in range(cut.size):
            out[p] = wanted[p] * filled[p]


@piece
def fitted(at: Places, k: Numbers, i: Indices, w: Rows, base: int, to: int) -> None:
    """Cut wants in ``to`` to what sellers that fill only a share of their orders can make.

    A buyer makes what its scarcest essential input allows, so its own buyers get less, and it
    needs less of the rest.
    """
    further_cuts(at, k, i, w, base, to)
    for group in range(at.input_groups):
        buyer = i[at.group_buyer + group]
        filled, further, found = w[at.filled + buyer], w[at.further + buyer], w[at.found + group]
        for p in range(found.size):
            made = filled[p] * further[p]
            found[p] = min(
                1.0 / (made if made > 0.0 else 1.0), 1.0 / (found[p] if found[p] > 0.0 else 1.0)
            )
        if any_above(found, 1.0):
            for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
                row = w[to + edge]
                for p in range(found.size):
                    row[p] *= found[p]
    if some_less(w, at.further, at.lines):
        copy_scaled(at, i, w, to, to, at.further)


@piece
def some_less(w: Rows, first: int, count: int) -> bool:
    """Tell whether any share in some rows is less than 1."""
    found = False
    for row in range(first, first + count):
        found = found or any_below(w[row], 1.0)
    return found


@piece
def further_cuts(at: Places, k: Numbers, i: Indices, w: Rows, base: int, to: int) -> None:
    """Write what want of inputs cuts beyond what is filled, and the share of inputs found.

    The search from above ends with the greatest shares, each path on its own.
    """
    fill(w, at.further, at.lines, 1.0)
    moving = w[at.moving]
    for p in range(moving.size):
        moving[p] = 1.0
    for group in range(at.input_groups):
        asked = w[at.asked_group + group]
        for p in range(asked.size):
            asked[p] = 0.0
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            wanted = w[base + edge]
            for p in range(asked.size):
                asked[p] += wanted[p]
    for _ in range(at.lines + 1):
        if not search_cuts(at, k, i, w, to):
            break


@piece
def search_cuts(at: Places, k: Numbers, i: Indices, w: Rows, to: int) -> bool:
    """Take one step of the search on paths that move; tell whether any still does."""
    moving, change, got = w[at.moving], w[at.change], w[at.total]
    fill(w, at.makes, at.lines, 1.0)
    for group in range(at.input_groups):
        asked, found, makes = (
            w[at.asked_group + group],
            w[at.found + group],
            w[at.makes + i[at.group_buyer + group]],
        )
        for p in range(got.size):
            got[p] = 0.0
        for edge in range(i[at.group_first + group], live_end(at, i, w, group)):
            wanted, further = w[to + edge], w[at.further + i[at.edge_seller + edge]]
            for p in range(got.size):
                got[p] += wanted[p] * further[p]
        essential = k[at.essential + group]
        for p in range(got.size):
            share = covered(got[p], asked[p], 1.0)
            found[p] = share if moving[p] > 0.0 else found[p]
            makes[p] = min(makes[p], 1.0 - (1.0 - found[p]) * essential)
    for p in range(got.size):
        change[p] = 0.0
    for line in range(at.lines):
        further, makes, filled = w[at.further + line], w[at.makes + line], w[at.filled + line]
        for p in range(got.size):
            least = min(further[p], ratio(makes[p], filled[p], 1.0))
            new = least if moving[p] > 0.0 else further[p]
            change[p] = max(change[p], abs(new - further[p]))
            further[p] = new
    for p in range(got.size):
        moving[p] = 0.0 if change[p] <= STILL else moving[p]
    return any_above(moving, 0.0)


@piece
def cut_again(at: Places, i: Indices, s: Rows, w: Rows, base: int) -> bool:
    """Cut what offers pushed over the limit; on paths where nobody was over take the wants back.

    Tell whether anything was cut.
    """
    fill(w, at.filled, at.lines, 1.0)
    overload = w[at.p_overload]
    for own in range(at.owned):
        line = i[at.owned_line + own]
        capacity, made, filled = s[at.capacity + own], w[at.made + line], w[at.filled + line]
        for p in range(made.size):
            limit = overload[p] * capacity[p]
            share = covered(limit, made[p], 1.0)
            filled[p] = share if made[p] > limit * OVER else 1.0
    cut = some_less(w, at.filled, at.lines)
    if cut:
        copy_scaled(at, i, w, at.again, at.again, at.filled)
    if any_below(w[at.over], 1.0):
        for group in range(at.groups):
            first, end = i[at.group_first + group], live_end(at, i, w, group)
            take_back(w, base + first, at.again + first, end - first, at.over)
        take_back(w, final_of(at, base), at.again_final, at.sales + at.backs, at.over)
    return cut


@piece
def take_back(w: Rows, base: int, to: int, count: int, over: int) -> None:
    """Write the wants of the base into rows on paths where nobody was over."""
    mark = w[over]
    for row in range(count):
        out, wanted = w[to + row], w[base + row]
        for p in range(out.size):
            out[p] = out[p] if mark[p] > 0.0 else wanted[p]
