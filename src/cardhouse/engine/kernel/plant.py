"""Compiled laws of plant: wear, plans, orders, what enters service; `engine.plans` is readable.

``owned`` counts the lines that own plant; the others have none of these rows. What plant of row 0
writes off is the same on every path, so only plant bought since then is followed path by path.
"""

from __future__ import annotations

import math

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bits import power
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import clip, covered, fourth_root, ratio

FASTEST_MOMENTUM = 0.2
USED_UP = 1e-9
HISTORY = 5


@piece
def wear(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what is written off by part of plant and by line, and the share that retires."""
    for own in range(at.owned):
        total, retired, serving = w[at.line_worn + own], w[at.retired + own], w[at.serving]
        ends, serves = k[at.ending_0 + q * at.owned + own], k[at.serving_0 + q * at.owned + own]
        for p in range(total.size):
            total[p], retired[p], serving[p] = 0.0, ends, serves
        for part in range(at.parts):
            wear_part(at, k, w, q, own, part)
        alive = s[at.alive + i[at.line_firm + i[at.owned_line + own]]]
        for part in range(at.parts):
            worn = w[at.part_worn + part * at.owned + own]
            for p in range(total.size):
                worn[p] *= alive[p]
        for p in range(total.size):
            total[p] *= alive[p]
            retired[p] = ratio(retired[p] * alive[p], serving[p], 0.0)


@piece
def wear_part(at: Places, k: Numbers, w: Rows, q: int, own: int, part: int) -> None:
    """Write what is written off of one part; add to what retires and what serves."""
    cell = part * at.owned + own
    worn, total, retired = w[at.part_worn + cell], w[at.line_worn + own], w[at.retired + own]
    serving, mix = w[at.serving], k[at.part_share + cell]
    opening = k[at.worn_0 + q * at.cells + cell]
    for p in range(worn.size):
        worn[p] = opening
    if q > 1 and lasts(at, k, q, cell):
        tick = k[at.clock + q * at.cells + cell] - k[at.clock + (q - 1) * at.cells + cell]
        so_far = w[at.bought_so_far + own]
        for p in range(worn.size):
            worn[p] += mix * tick * so_far[p]
        for p in range(worn.size):
            serving[p] += mix * so_far[p]
            total[p] += worn[p]
        return
    for bought in range(1, q):
        before = k[at.clock + (q - 1) * at.cells + cell] - k[at.clock + bought * at.cells + cell]
        after = k[at.clock + q * at.cells + cell] - k[at.clock + bought * at.cells + cell]
        share = min(after, 1.0) - min(before, 1.0)
        serves = 1.0 if before < 1.0 - USED_UP else 0.0
        ends = serves if after >= 1.0 - USED_UP else 0.0
        if serves > 0.0 or share > 0.0:
            capex = w[at.capex_then + bought * at.owned + own]
            for p in range(worn.size):
                cost = mix * capex[p]
                worn[p] += cost * share
                retired[p] += cost * ends
                serving[p] += cost * serves
    for p in range(worn.size):
        total[p] += worn[p]


@piece
def lasts(at: Places, k: Numbers, q: int, cell: int) -> bool:
    """Tell whether nothing that was bought of one part since row 0 is used up yet."""
    used = k[at.clock + q * at.cells + cell] - k[at.clock + at.cells + cell]
    return bool(used < 1.0 - USED_UP)


@piece
def plant_prices(at: Places, k: Numbers, i: Indices, n: Rows, w: Rows) -> None:
    """Write the price index of each owner's mix of plant, and what lines sell of it."""
    for own in range(at.owned):
        inside, row, outside = (
            w[at.plant_inside + own],
            w[at.plant_price + own],
            k[at.plant_outside + own],
        )
        for p in range(row.size):
            inside[p] = 0.0
        for place in range(i[at.plant_first + own], i[at.plant_first + own + 1]):
            share, charged = k[at.plant_share + place], n[at.charged + i[at.plant_line + place]]
            for p in range(row.size):
                inside[p] += share * charged[p]
        opened = k[at.opening_plan + own] > 0.0
        for p in range(row.size):
            row[p] = inside[p] + outside if opened else 1.0


@piece
def committed_ahead(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write what owners sell under commitments now, and will after their lead, in volume."""
    for own in range(at.owned):
        under, promised = w[at.under + own], w[at.promised + own]
        for p in range(under.size):
            under[p], promised[p] = 0.0, 0.0
    enforced = w[at.commitments_enforced]
    for binding in range(at.bindings):
        seller = i[at.binding_seller + binding]
        own = i[at.owned_of_line + seller]
        if own >= 0:
            under, promised, price = w[at.under + own], w[at.promised + own], s[at.charged + seller]
            buyer, other = (
                s[at.alive + i[at.binding_buyer + binding]],
                s[at.alive + i[at.line_firm + seller]],
            )
            bought, pays = s[at.bought + binding], k[at.take_or_pay + binding]
            ahead = k[at.ahead + q * at.bindings + binding]
            today = k[at.today + q * at.bindings + binding]
            for p in range(under.size):
                lives = buyer[p] * other[p]
                later = ahead * pays * enforced[p] * lives
                now = min(bought[p] * lives, today * pays * enforced[p]) if later > 0.0 else 0.0
                under[p] += now / price[p]
                promised[p] += max(now, later) / price[p]


@piece
def next_capex(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write the capex that each owner plans: momentum, blended with the order law."""
    committed_ahead(at, k, i, s, w, q)
    for own in range(at.owned):
        learn_growth(at, i, s, n, w, q, own)
        order_law(at, k, i, s, n, w, own)
        blend_plan(at, k, i, s, n, w, q, own)


@piece
def learn_growth(at: Places, i: Indices, s: Rows, n: Rows, w: Rows, q: int, own: int) -> None:
    """Write expected growth: g <- (1 - theta) g + theta x realised four-quarter rate."""
    latest, oldest = (
        s[at.volume + i[at.owned_line + own]],
        w[at.volume_then + ((q % HISTORY) * at.owned + own)],
    )
    growth, before, theta = (
        n[at.expected_growth + own],
        s[at.expected_growth + own],
        w[at.p_growth_learning],
    )
    for p in range(growth.size):
        realised = fourth_root(ratio(latest[p], oldest[p], 1.0)) - 1.0
        growth[p] = (1.0 - theta[p]) * before[p] + theta[p] * realised


@piece
def order_law(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, own: int) -> None:
    """Write replacement, cost of a unit, and what the order law asks for."""
    price, worn, law = w[at.plant_price + own], w[at.line_worn + own], w[at.law + own]
    replacement, unit_cost, have = w[at.replacement + own], w[at.unit_cost + own], w[at.have]
    capacity, growth, volume = (
        s[at.capacity + own],
        n[at.expected_growth + own],
        s[at.volume + i[at.owned_line + own]],
    )
    lead, use, heavy = k[at.mean_lead + own], k[at.utilisation + own], k[at.capital_intensity + own]
    for p in range(law.size):
        have[p] = capacity[p]
    for slot in range(at.slots):
        waiting = s[at.pipeline + slot * at.owned + own]
        for p in range(law.size):
            have[p] += waiting[p]
    under, promised = w[at.under + own], w[at.promised + own]
    speed, cheaper = w[at.p_order_speed], w[at.cheaper]
    for p in range(law.size):
        replacement[p] = worn[p] * price[p]
        unit_cost[p] = heavy * cheaper[p] * price[p]
        free = max(0.0, volume[p] - under[p])
        want = (free * power(max(1.0 + growth[p], 0.0), lead) + promised[p]) / use
        ordered = growth[p] * have[p] + speed[p] * (want - have[p])
        law[p] = max(0.0, ordered * unit_cost[p] + replacement[p])


@piece
def blend_plan(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int, own: int
) -> None:
    """Write the plan: momentum and law, less what stress takes, within its steps."""
    plan, before, law = n[at.plan + own], s[at.plan + own], w[at.law + own]
    replacement, weight, fade = w[at.replacement + own], w[at.p_plan_momentum], w[at.fade]
    stress = s[at.stress + i[at.line_firm + i[at.owned_line + own]]]
    cut, rise, mood = w[at.p_plan_cut], w[at.p_plan_rise], s[at.confidence]
    opening, guided = (
        min(k[at.plan_growth + own], FASTEST_MOMENTUM),
        k[at.guided + q * at.owned + own],
    )
    for p in range(plan.size):
        momentum = opening * fade[p] if math.isnan(guided) else guided
        momentum *= min(1.0, mood[p])
        wanted = weight[p] * before[p] * (1.0 + momentum) + (1.0 - weight[p]) * law[p]
        wanted *= 1.0 - stress[p]
        lowest = (1.0 - cut[p]) * before[p]
        plan[p] = clip(wanted, lowest, max((1.0 + rise[p]) * before[p], replacement[p]))


@piece
def move_plant(at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, q: int) -> None:
    """Write plant after the quarter's capex: wear, replacement, deliveries."""
    for own in range(at.owned):
        capex, ordered = w[at.capex + i[at.owned_line + own]], w[at.ordered]
        then = w[at.capex_then + q * at.owned + own]
        replacement, unit_cost, capacity = (
            w[at.replacement + own],
            w[at.unit_cost + own],
            n[at.capacity + own],
        )
        before, retired, entering = s[at.capacity + own], w[at.retired + own], s[at.pipeline + own]
        at_once = k[at.at_once + own]
        so_far = w[at.bought_so_far + own]
        for p in range(capex.size):
            then[p] = capex[p]
            so_far[p] += capex[p]
        for p in range(capex.size):
            skipped = 1.0 - covered(capex[p], replacement[p], 1.0)
            ordered[p] = ratio(max(0.0, capex[p] - replacement[p]), unit_cost[p], 0.0)
            lost = before[p] * retired[p] * skipped
            capacity[p] = before[p] - lost + (entering[p] + at_once * ordered[p])
        move_pipeline(at, k, s, n, w, own)
        for part in range(at.parts):
            revalue_part(at, k, i, s, n, w, own, part)


@piece
def move_pipeline(at: Places, k: Numbers, s: Rows, n: Rows, w: Rows, own: int) -> None:
    """Move orders under way a quarter on, and add the new ones by their lead times."""
    ordered = w[at.ordered]
    for slot in range(at.slots):
        after, share = (
            n[at.pipeline + slot * at.owned + own],
            k[at.slot_share + slot * at.owned + own],
        )
        for p in range(after.size):
            after[p] = 0.0
        if slot + 1 < at.slots:
            waiting = s[at.pipeline + (slot + 1) * at.owned + own]
            for p in range(after.size):
                after[p] = waiting[p]
        for p in range(after.size):
            after[p] += share * ordered[p]


@piece
def revalue_part(
    at: Places, k: Numbers, i: Indices, s: Rows, n: Rows, w: Rows, own: int, part: int
) -> None:
    """Write what is left of a part's cost, and what the same plant costs today."""
    cell = part * at.owned + own
    mix, fast, fall = k[at.part_share + cell], k[at.ages_fast + cell], w[at.fall]
    worn, net, net_before = w[at.part_worn + cell], n[at.net_plant + cell], s[at.net_plant + cell]
    worth, worth_before = n[at.plant_worth + cell], s[at.plant_worth + cell]
    capex, dearer, before = (
        w[at.capex + i[at.owned_line + own]],
        w[at.plant_price + own],
        w[at.plant_price_then + own],
    )
    for p in range(net.size):
        bought = mix * capex[p]
        left = 1.0 - covered(worn[p], net_before[p], 1.0)
        revalued = dearer[p] / before[p] * (fast * fall[p] + (1.0 - fast))
        net[p] = max(0.0, net_before[p] - worn[p]) + bought
        worth[p] = worth_before[p] * left * revalued + bought
