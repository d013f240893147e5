"""Compiled law of final demand; `engine.demand` is its readable form.

Drivers' growth is the same on every path, so ``size`` (demand at base prices) is a table. What
bends with price is worked out once per basket and kind of response, not once per sale.
"""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bits import exponential, logarithm, normal_share
from cardhouse.engine.kernel.costs import fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import ratio

FLAT = 1e-9


@piece
def final_demand(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write volumes wanted by final demand at the prices of the quarter, sale by sale."""
    base_sizes(at, k, w, q)
    log_prices(at, i, n, w)
    for basket in range(at.baskets):
        first, end = i[at.basket_first + basket], i[at.basket_first + basket + 1]
        if k[at.sale_pays + i[at.basket_sale + first]] > 0.0:
            basket_price(at, k, i, s, w, q, basket)
            for group in range(i[at.basket_answer + basket], i[at.basket_answer + basket + 1]):
                price_response(at, k, w, q, basket, group)
        for place in range(first, end):
            wanted_sale(at, k, i, s, w, q, basket, i[at.basket_sale + place])
        if has_dead(at, i, w, first, end):
            move_custom(at, k, i, s, w, basket)


@piece
def base_sizes(at: Places, k: Numbers, w: Rows, q: int) -> None:
    """Write demand at base prices, and what is paid for of it over its trend."""
    index, expected = w[at.demand_index], k[at.expected_demand + q]
    for p in range(index.size):
        index[p] = 0.0
    for sale in range(at.sales):
        row, size = w[at.sized + sale], k[at.size + q * at.sales + sale]
        for p in range(row.size):
            row[p] = size
        if at.shocked > 0:
            shock = w[at.shock_demand + q * at.sales + sale]
            for p in range(row.size):
                row[p] *= shock[p]
        if k[at.sale_pays + sale] > 0.0:
            for p in range(row.size):
                index[p] += row[p]
    for p in range(index.size):
        index[p] = index[p] / expected if expected > 0.0 else 1.0


@piece
def log_prices(at: Places, i: Indices, n: Rows, w: Rows) -> None:
    """Write the log of each price that final demand pays, and its powers 1 - s and -s."""
    switching = w[at.p_switching]
    for line in range(at.lines):
        if i[at.line_sold + line] > 0:
            price, logs = n[at.charged + line], w[at.log_price + line]
            power, leaning = w[at.ces + line], w[at.leaning + line]
            for p in range(price.size):
                logs[p] = logarithm(price[p])
            if i[at.line_competes + line] == 0:
                continue
            for p in range(price.size):
                bend = 1.0 - switching[p]
                bent = exponential(bend * logs[p])
                flat = abs(bend) < FLAT
                power[p] = logs[p] if flat else bent
                leaning[p] = (1.0 if flat else bent) / price[p]


@piece
def basket_price(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, basket: int) -> None:
    """Write the log of a basket's price index, its power s, and what it would buy of the living."""
    total, index, switching = w[at.basket_size], w[at.basket_log], w[at.p_switching]
    pull, first = w[at.basket_pull], i[at.basket_first + basket]
    if i[at.basket_first + basket + 1] == first + 1:
        only_price(at, i, s, w, i[at.basket_sale + first])
        return
    for p in range(total.size):
        total[p], index[p] = 0.0, 0.0
    for place in range(first, i[at.basket_first + basket + 1]):
        sale = i[at.basket_sale + place]
        line = i[at.sale_line + sale]
        if k[at.size + q * at.sales + sale] > 0.0:
            size = w[at.sized + sale]
            alive, power = s[at.alive + i[at.line_firm + line]], w[at.ces + line]
            for p in range(total.size):
                total[p] += size[p] * alive[p]
                index[p] += size[p] * alive[p] * power[p]
    for p in range(total.size):
        bend = 1.0 - switching[p]
        mean = ratio(index[p], total[p], 1.0)
        curved = logarithm(mean) / bend
        index[p] = mean if abs(bend) < FLAT else curved
    for p in range(total.size):
        pull[p] = exponential(switching[p] * index[p])


@piece
def only_price(at: Places, i: Indices, s: Rows, w: Rows, sale: int) -> None:
    """Write as the log of a basket's price index that of its only seller."""
    total, index, pull = w[at.basket_size], w[at.basket_log], w[at.basket_pull]
    line, size = i[at.sale_line + sale], w[at.sized + sale]
    logs, alive = w[at.log_price + line], s[at.alive + i[at.line_firm + line]]
    for p in range(total.size):
        total[p] = size[p] * alive[p]
        index[p] = logs[p]
        pull[p] = 1.0


@piece
def respond(at: Places, k: Numbers, kind: int, will: float, logs: Numbers, out: Numbers) -> None:
    """Write demand at prices relative to base prices: elastic, or willingness to pay."""
    conversion, elasticity = k[at.answer_conversion + kind], k[at.answer_elasticity + kind]
    spread, middle = k[at.answer_spread + kind], k[at.answer_middle + kind]
    if conversion > 0.0:
        for p in range(out.size):
            out[p] = normal_share(-(logs[p] - will) / spread - middle) / conversion
    else:
        for p in range(out.size):
            out[p] = exponential(-elasticity * (logs[p] - will))


@piece
def price_response(at: Places, k: Numbers, w: Rows, q: int, basket: int, kind: int) -> None:
    """Write what a basket's price index makes of demand of one kind, for a price of 1."""
    row, index, total = w[at.answer + kind], w[at.basket_log], w[at.basket_size]
    pull = w[at.basket_pull]
    respond(at, k, kind, k[at.log_willingness + q * at.answers + kind], index, row)
    for p in range(row.size):
        row[p] = row[p] * pull[p] if total[p] > 0.0 else 0.0


@piece
def wanted_sale(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, basket: int, sale: int
) -> None:
    """Write what one link of a basket wants; free use answers to no price."""
    wanted, size = w[at.demand + sale], w[at.sized + sale]
    kind, total = i[at.sale_answer + sale], w[at.basket_size]
    if k[at.size + q * at.sales + sale] <= 0.0 or kind < 0:
        for p in range(wanted.size):
            wanted[p] = size[p]
        return
    leaning, answer = w[at.leaning + i[at.sale_line + sale]], w[at.answer + kind]
    for p in range(wanted.size):
        wanted[p] = size[p] * answer[p]
    if i[at.basket_first + basket + 1] > i[at.basket_first + basket] + 1:
        for p in range(wanted.size):
            wanted[p] *= leaning[p]
    if w[at.any_dead, 0] > 0.0:  # where all its sellers are dead, each is a basket of its own
        alone, will = w[at.moved], k[at.log_willingness + q * at.answers + kind]
        respond(at, k, kind, will, w[at.log_price + i[at.sale_line + sale]], alone)
        for p in range(wanted.size):
            wanted[p] = wanted[p] if total[p] > 0.0 else size[p] * alone[p]


@piece
def has_dead(at: Places, i: Indices, w: Rows, first: int, end: int) -> bool:
    """Tell whether any seller of a basket is dead on any path."""
    for place in range(first, end):
        line = i[at.sale_line + i[at.basket_sale + place]]
        if w[at.dead_firm + i[at.line_firm + line], 0] > 0.0:
            return True
    return False


@piece
def move_custom(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, basket: int) -> None:
    """Move the share `substitution` of dead sellers' custom to the survivors of their market."""
    first, end = i[at.basket_first + basket], i[at.basket_first + basket + 1]
    orphaned, served, total = w[at.orphaned], w[at.basket_size], w[at.basket_log]
    moved, share = w[at.moved], w[at.substitution]
    for p in range(served.size):
        orphaned[p], served[p], total[p] = 0.0, 0.0, 0.0
    for place in range(first, end):
        sale = i[at.basket_sale + place]
        alive = s[at.alive + i[at.line_firm + i[at.sale_line + sale]]]
        wanted, movable = w[at.demand + sale], 1.0 - k[at.sale_own + sale]
        for p in range(served.size):
            orphaned[p] += (wanted[p] - wanted[p] * alive[p]) * movable
            wanted[p] *= alive[p]
            served[p] += wanted[p]
    for place in range(first, end):
        sale = i[at.basket_sale + place]
        line = i[at.sale_line + sale]
        alive, volume = s[at.alive + i[at.line_firm + line]], s[at.volume + line]
        wanted = w[at.demand + sale]
        for p in range(served.size):
            total[p] += wanted[p] if served[p] > 0.0 else volume[p] * alive[p]
    for p in range(served.size):
        moved[p] = share[p] * ratio(orphaned[p], total[p], 0.0)
    for place in range(first, end):
        sale = i[at.basket_sale + place]
        line = i[at.sale_line + sale]
        alive, volume = s[at.alive + i[at.line_firm + line]], s[at.volume + line]
        wanted = w[at.demand + sale]
        for p in range(served.size):
            wanted[p] += moved[p] * (wanted[p] if served[p] > 0.0 else volume[p] * alive[p])


@piece
def paid_demand(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows) -> None:
    """Write what final users want and pay for, in volume and at the prices charged."""
    fill(n, at.paid_final, 1, 0.0)
    fill(n, at.final_value, 1, 0.0)
    volume, value = n[at.paid_final], n[at.final_value]
    for sale in range(at.sales):
        if k[at.sale_pays + sale] > 0.0:
            wanted, price = w[at.demand + sale], n[at.charged + i[at.sale_line + sale]]
            for p in range(volume.size):
                volume[p] += wanted[p]
                value[p] += wanted[p] * price[p]
