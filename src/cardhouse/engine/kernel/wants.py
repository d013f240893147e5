"""Compiled law of final demand; `engine.demand` is its readable form.

Drivers' growth is the same on every path, so ``size`` (demand at base prices) is a table. What
bends with price is worked out once per basket and kind of response, not once per sale.
"""

from __future__ import annotations

import math

from cardhouse.compiling import piece
from cardhouse.engine.kernel.costs import fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import normal_share, ratio

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
    """Write the log of each price that final demand pays, and its power 1 - s."""
    switching = w[at.p_switching]
    for line in range(at.lines):
        if i[at.line_sold + line] > 0:
            price, logs, power = n[at.charged + line], w[at.log_price + line], w[at.ces + line]
            for p in range(price.size):
                logs[p] = math.log(price[p])
                bend = 1.0 - switching[p]
                power[p] = logs[p] if abs(bend) < FLAT else math.exp(bend * logs[p])


@piece
def basket_price(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, basket: int) -> None:
    """Write the log of a basket's price index, and what it would buy of the living."""
    total, index, switching = w[at.basket_size], w[at.basket_log], w[at.p_switching]
    for p in range(total.size):
        total[p], index[p] = 0.0, 0.0
    for place in range(i[at.basket_first + basket], i[at.basket_first + basket + 1]):
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
        if total[p] > 0.0:
            mean = index[p] / total[p]
            index[p] = mean if abs(bend) < FLAT else math.log(mean) / bend


@piece
def response_to(at: Places, k: Numbers, kind: int, log_price: float) -> float:
    """Return demand at a price relative to the base price: elastic, or willingness to pay."""
    conversion = k[at.answer_conversion + kind]
    if conversion > 0.0:
        away = -log_price / k[at.answer_spread + kind] - k[at.answer_middle + kind]
        return normal_share(away) / conversion
    return math.exp(-k[at.answer_elasticity + kind] * log_price)


@piece
def price_response(at: Places, k: Numbers, w: Rows, q: int, basket: int, kind: int) -> None:
    """Write what a basket's price index makes of demand of one kind."""
    row, index, total = w[at.answer + kind], w[at.basket_log], w[at.basket_size]
    will = k[at.log_willingness + q * at.answers + kind]
    for p in range(row.size):
        row[p] = response_to(at, k, kind, index[p] - will) if total[p] > 0.0 else 0.0


@piece
def wanted_sale(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, basket: int, sale: int
) -> None:
    """Write what one link of a basket wants; free use answers to no price."""
    wanted, size = w[at.demand + sale], w[at.sized + sale]
    kind, switching, total = i[at.sale_answer + sale], w[at.p_switching], w[at.basket_size]
    if k[at.size + q * at.sales + sale] <= 0.0 or kind < 0:
        for p in range(wanted.size):
            wanted[p] = size[p]
        return
    logs, index, answer = (
        w[at.log_price + i[at.sale_line + sale]],
        w[at.basket_log],
        w[at.answer + kind],
    )
    for p in range(wanted.size):
        if total[p] > 0.0:
            wanted[p] = size[p] * answer[p] * math.exp(-switching[p] * (logs[p] - index[p]))
        else:  # all its sellers are dead: each is a basket of its own
            will = k[at.log_willingness + q * at.answers + kind]
            wanted[p] = size[p] * response_to(at, k, kind, logs[p] - will)


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
