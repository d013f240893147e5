"""Compiled laws of unit costs and prices; `engine.prices` is their readable form."""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bits import exponential, logarithm
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import clip, ratio

SLOWEST_RETREAT = 0.9
LOWEST_PRICE = 1e-6
LEAST_KEPT = 0.01


@piece
def fill(rows: Rows, first: int, count: int, value: float) -> None:
    """Set rows to one value."""
    width = rows.shape[1]
    for row in range(first, first + count):  # no view of a row: for one path it would cost most
        for p in range(width):
            rows[row, p] = value


@piece
def copy_rows(rows: Rows, to: int, base: int, count: int) -> None:
    """Copy rows."""
    width = rows.shape[1]
    for row in range(count):
        for p in range(width):
            rows[to + row, p] = rows[base + row, p]


@piece
def add(into: Rows, row: int, values: Numbers) -> None:
    """Add values of paths to a row."""
    one = into[row]
    for p in range(one.size):
        one[p] += values[p]


@piece
def standing_costs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write fixed outside cost, rents, and shares of revenue given away, by line."""
    paths = w.shape[1]
    for line in range(at.lines):
        fixed, rent, given = w[at.fixed + line], w[at.line_rent + line], w[at.given + line]
        cost, own = k[at.fixed_cost + line], i[at.owned_of_line + line]
        for p in range(paths):
            fixed[p], rent[p], given[p] = cost, 0.0, 0.0
        if own >= 0:
            capacity, opening = s[at.capacity + own], k[at.opening_capacity + own]
            for p in range(paths):
                fixed[p] = cost * ratio(capacity[p], opening, 1.0)
    for lease in range(at.leases):
        line = i[at.lease_line + lease]
        own = i[at.owned_of_line + line]
        alive, rent = s[at.alive + i[at.line_firm + line]], w[at.rent + lease]
        total, moves = w[at.line_rent + line], float(q) > k[at.lease_last + lease]
        for p in range(paths):
            size = 1.0
            if moves and own >= 0:
                size = ratio(s[at.capacity + own, p], k[at.opening_capacity + own], 1.0)
            rent[p] = k[at.lease_rent + lease] * size * alive[p]
            total[p] += rent[p]
    for share in range(at.shares):
        given, rate = w[at.given + i[at.share_line + share]], w[at.share_rate + share]
        alive, paid = s[at.alive + i[at.share_firm + share]], s[at.shares_paid + share]
        cap, part = k[at.share_cap + share], k[at.share_part + share]
        if float(q) > k[at.share_last + share]:
            part = 0.0
        for p in range(paths):
            due = part * alive[p]
            rate[p] = due if paid[p] < cap else 0.0
            given[p] += rate[p]


@piece
def input_costs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write the cost per unit of inputs and of what is bought outside, by line."""
    paths = w.shape[1]
    for line in range(at.lines):
        row, outside = w[at.variable + line], k[at.variable_cost + line]
        for p in range(paths):
            row[p] = 0.0
        for group in range(i[at.line_groups + line], i[at.line_groups + line + 1]):
            add_inputs(at, k, i, s, w, q, group)
        for p in range(paths):
            row[p] += outside


@piece
def add_inputs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, group: int) -> None:
    """Add what a unit of output takes of one market's sellers, at last quarter's prices."""
    paths, rows = w.shape[1], w[at.row_mode, 0] > 0.0
    row = w[at.variable + i[at.group_buyer + group]]
    end = int(w[at.live_end + group, 0]) if rows else i[at.group_used + group]
    for edge in range(i[at.group_first + group], end):
        charged = s[at.charged + i[at.edge_seller + edge]]
        if rows:
            use = w[at.want + edge]
            for p in range(paths):
                row[p] += use[p] * charged[p]
        else:
            units = k[at.grown + q * at.inputs + edge]
            for p in range(paths):
                row[p] += units * charged[p]


@piece
def firm_burdens(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write each firm's interest, its programs and interest, and what its lines were paid."""
    paths = w.shape[1]
    fill(w, at.interest, at.firms, 0.0)
    fill(w, at.line_value, at.firms, 0.0)
    for loan in range(at.loans):
        interest = w[at.interest + i[at.loan_firm + loan]]
        owed, rate = s[at.loan + loan], s[at.loan_rate + loan]
        for p in range(paths):
            interest[p] += owed[p] * rate[p]
    for firm in range(at.firms):
        burden, interest = w[at.burden + firm], w[at.interest + firm]
        index, budget = s[at.program_index + firm], k[at.program_budget + firm]
        for p in range(paths):
            burden[p] = budget * index[p] + interest[p]
    for line in range(at.lines):
        value = w[at.line_value + i[at.line_firm + line]]
        volume, charged = s[at.paid_volume + line], s[at.charged + line]
        for p in range(paths):
            value[p] += volume[p] * charged[p]


@piece
def unit_costs(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows) -> None:
    """Write costs per paid unit of every line: variable, service and full; and normal volume."""
    for line in range(at.lines):
        normal_volume(at, k, i, s, w, line)
        service_cost(at, k, i, s, w, line)
        full_cost(at, k, i, s, w, line)


@piece
def normal_volume(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, line: int) -> None:
    """Write Qn: target use of capacity for owners, else recent volume that retreats slowly."""
    normal, own = w[at.normal + line], i[at.owned_of_line + line]
    if own >= 0:
        capacity, use = s[at.capacity + own], k[at.utilisation + own]
        for p in range(normal.size):
            normal[p] = capacity[p] * use
        return
    volume, before = s[at.volume + line], s[at.normal_volume + line]
    for p in range(normal.size):
        normal[p] = max(volume[p], SLOWEST_RETREAT * before[p])


@piece
def service_cost(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, line: int) -> None:
    """Write the cost of a paid unit with depreciation and the share phi of fixed cost."""
    phi, variable, normal = k[at.pass_through + line], w[at.variable + line], w[at.normal + line]
    fixed, rent, given = w[at.fixed + line], w[at.line_rent + line], w[at.given + line]
    volume, own_use, paid = s[at.volume + line], s[at.own_volume + line], s[at.paid_volume + line]
    service, served, mark = w[at.service + line], w[at.served + line], w[at.markup + line]
    own, per_sale = i[at.owned_of_line + line], w[at.total]
    worn = w[at.line_worn + own if own >= 0 else at.nothing]
    for p in range(service.size):
        served[p] = max(volume[p] - own_use[p], 0.0)
        mark[p] = max(1.0 - given[p], LEAST_KEPT)
    for p in range(service.size):
        # max(served / paid, 1) / mark, in one division
        sold = paid[p] > 0.0
        per_sale[p] = (max(served[p], paid[p]) if sold else 1.0) / (
            paid[p] * mark[p] if sold else mark[p]
        )
    for p in range(service.size):
        standing = worn[p] + phi * (fixed[p] + rent[p])
        service[p] = (variable[p] + ratio(standing, normal[p], 0.0)) * per_sale[p]
    for p in range(service.size):
        variable[p] *= per_sale[p]


@piece
def full_cost(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, line: int) -> None:
    """Write the cost of a paid unit with programs, interest and the rest of fixed cost."""
    firm, phi = i[at.line_firm + line], k[at.pass_through + line]
    burden, total = w[at.burden + firm], w[at.line_value + firm]
    fixed, rent, kept = w[at.fixed + line], w[at.line_rent + line], w[at.markup + line]
    volume, paid, charged = s[at.volume + line], s[at.paid_volume + line], s[at.charged + line]
    service, served, full = w[at.service + line], w[at.served + line], w[at.full + line]
    for p in range(full.size):
        share = ratio(paid[p] * charged[p], total[p], 0.0)
        unpassed = (1.0 - phi) * (fixed[p] + rent[p]) * ratio(served[p], volume[p], 1.0)
        full[p] = service[p] + ratio(burden[p] * share + unpassed, paid[p] * kept[p], 0.0)


@piece
def next_prices(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write law-driven prices, and what is charged under a lever's factor."""
    fill(w, at.market_weight, at.markets, 0.0)
    fill(w, at.market_logs, at.markets, 0.0)
    for line in range(at.lines):
        if k[at.price_follows + line] > 0.0:
            target_price(at, k, i, s, w, q, line)
            moved_price(at, s, n, w, line)
            if i[at.priced_alone + line] == 0:
                join_mean(at, k, i, s, n, w, line)
    for market in range(at.markets):
        weight, mean = w[at.market_weight + market], w[at.market_logs + market]
        for p in range(weight.size):
            mean[p] = ratio(mean[p], weight[p], 0.0)
    for line in range(at.lines):
        if k[at.price_follows + line] <= 0.0:
            same_price(at, s, n, line)
        elif i[at.priced_alone + line] == 0:
            pulled_price(at, i, n, w, line)
        price, charged = n[at.price + line], n[at.charged + line]
        factor = k[at.d_price + q * at.lines + line]
        for p in range(price.size):
            charged[p] = price[p] * factor
        if at.shocked > 0:
            shock = w[at.shock_price + q * at.lines + line]
            for p in range(price.size):
                charged[p] = price[p] * (factor * shock[p])


@piece
def target_price(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, line: int) -> None:
    """Write a line's target: cost with the opening margin, tightness, stress and stance."""
    own, stance = i[at.owned_of_line + line], k[at.d_margin_stance + q * at.lines + line]
    stress = s[at.stress + i[at.line_firm + line]]
    service, full, least = w[at.service + line], w[at.full + line], w[at.variable + line]
    opening, target = w[at.opening_service + line], w[at.target + line]
    volume, tight = s[at.volume + line], w[at.p_price_utilisation]
    war, tightness = max(-stance, 0.0), w[at.total]
    for p in range(target.size):
        tightness[p] = 1.0
    if own >= 0:
        capacity, use = s[at.capacity + own], k[at.utilisation + own]
        for p in range(target.size):
            used = ratio(volume[p], capacity[p] * use, 1.0)
            tightness[p] = clip(1.0 + tight[p] * (used - 1.0), 0.4, 1.8)
    for p in range(target.size):
        wanted = ratio(service[p], opening[p], 1.0) * tightness[p]
        wanted = wanted + max(stress[p], max(stance, 0.0)) * max(full[p] - wanted, 0.0)
        target[p] = wanted + war * min(least[p] - wanted, 0.0)


@piece
def moved_price(at: Places, s: Rows, n: Rows, w: Rows, line: int) -> None:
    """Move a price a step towards its target."""
    speed, step, target = w[at.p_price_speed], w[at.p_price_step], w[at.target + line]
    price, before = n[at.price + line], s[at.price + line]
    for p in range(price.size):
        move = 1.0 + speed[p] * (target[p] / before[p] - 1.0)
        moved = before[p] * clip(move, 1.0 - step[p], 1.0 + step[p])
        price[p] = max(moved, LOWEST_PRICE)


@piece
def join_mean(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, line: int) -> None:
    """Add the log of a price to its market's mean, weighted by volume."""
    market = i[at.line_market + line]
    price, logs, volume = n[at.price + line], w[at.logs + line], s[at.volume + line]
    alive = s[at.alive + i[at.line_firm + line]]
    weight, mean = w[at.market_weight + market], w[at.market_logs + market]
    follows = k[at.price_follows + line]
    for p in range(price.size):
        logs[p] = logarithm(price[p])
    for p in range(price.size):
        heavy = volume[p] * alive[p] * follows
        weight[p] += heavy
        mean[p] += heavy * logs[p]


@piece
def same_price(at: Places, s: Rows, n: Rows, line: int) -> None:
    """Keep a price that does not follow cost."""
    price, before = n[at.price + line], s[at.price + line]
    for p in range(price.size):
        price[p] = before[p]


@piece
def pulled_price(at: Places, i: Indices, n: Rows, w: Rows, line: int) -> None:
    """Pull a price towards its market's mean; one without rivals is its market's mean."""
    price, market = n[at.price + line], i[at.line_market + line]
    logs, pull = w[at.logs + line], w[at.p_price_pull]
    weight, mean = w[at.market_weight + market], w[at.market_logs + market]
    for p in range(price.size):
        share = pull[p] if weight[p] > 0.0 else 0.0
        price[p] = max(exponential((1.0 - share) * logs[p] + share * mean[p]), LOWEST_PRICE)
