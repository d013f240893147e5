"""Compiled laws of equity: windows by tier, the better served first; see `engine.equity`.

An ask at a pool lies on the link between the two. Paths are served one by one: who asks at all is
sorted by rank, so that nobody is compared with everybody.
"""

from __future__ import annotations

import numpy as np

from cardhouse.compiling import piece
from cardhouse.engine.kernel.bills import bought_on
from cardhouse.engine.kernel.costs import add, fill
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import any_above, clip, covered, ratio

MARGIN_WEIGHT = 0.5
SAME_RANK = 1e-9
FEW = 16
"""As many who may ask are compared pair by pair, for all paths at once; more are sorted."""


@piece
def rank(at: Places, s: Rows, w: Rows) -> None:
    """Write each firm's score, growth and half the margin, and whom equity serves at all."""
    hurdle = w[at.p_growth_hurdle]
    for firm in range(at.firms):
        score, growth, serves = w[at.score + firm], w[at.growth + firm], w[at.eligible + firm]
        profit, revenue, earns = s[at.profit + firm], s[at.revenue + firm], w[at.earns + firm]
        for p in range(score.size):
            margin = clip(ratio(profit[p], revenue[p], 0.0), -2.0, 1.0)
            score[p] = growth[p] + MARGIN_WEIGHT * margin
            serves[p] = 1.0 if earns[p] > 0.0 or growth[p] >= hurdle[p] else 0.0


@piece
def open_windows(at: Places, k: Numbers, i: Indices, w: Rows) -> None:
    """Write what pools offer to each tier and to anybody, beside what they have signed for."""
    for tier in range(at.tiers):
        for place in range(at.equity_pools):
            row, supply = (
                w[at.offer_tier + tier * at.equity_pools + place],
                w[at.supply + i[at.equity_pool + place]],
            )
            share = k[at.window + place * (at.tiers + 1) + tier]
            for p in range(row.size):
                row[p] = supply[p] * share
    for place in range(at.equity_pools):
        row, supply = w[at.offer_common + place], w[at.supply + i[at.equity_pool + place]]
        share = k[at.window + place * (at.tiers + 1) + at.tiers]
        for p in range(row.size):
            row[p] = supply[p] * share
    close_windows(at, i, w, at.signed)


@piece
def close_windows(at: Places, i: Indices, w: Rows, given: int) -> None:
    """Take what firms were given by pools out of what is on offer."""
    fill(w, at.spent_tier, at.tiers * at.equity_pools, 0.0)
    for equity in range(at.equities):
        place = i[at.equity_place + equity]
        if place >= 0:
            tier = i[at.tier + i[at.equity_firm + equity]]
            row, money = w[at.spent_tier + tier * at.equity_pools + place], w[given + equity]
            for p in range(row.size):
                row[p] += money[p]
    for place in range(at.equity_pools):
        beyond, common = w[at.total], w[at.offer_common + place]
        for p in range(beyond.size):
            beyond[p] = 0.0
        for tier in range(at.tiers):
            offer, spent = (
                w[at.offer_tier + tier * at.equity_pools + place],
                w[at.spent_tier + tier * at.equity_pools + place],
            )
            for p in range(beyond.size):
                beyond[p] += max(0.0, spent[p] - offer[p])
                offer[p] = max(0.0, offer[p] - spent[p])
        for p in range(beyond.size):
            common[p] = max(0.0, common[p] - beyond[p])


@piece
def serve(
    at: Places, k: Numbers, i: Indices, w: Rows, z: Numbers, venture: float, given: int
) -> None:
    """Serve firms by rank until pools are empty: the venture-funded, or all others.

    First a tier's own window, then the common purse and a part of what tiers leave.
    """
    fill(w, given, at.equities, 0.0)
    fill(w, at.first_given, at.equities, 0.0)
    if not write_asks(at, i, w, venture):
        return
    if at.seekers <= FEW:
        serve_few(at, i, w, venture, True, at.first_given)
        spill_windows(at, i, w)
        serve_few(at, i, w, venture, False, given)
        for equity in range(at.equities):
            add(w, given + equity, w[at.first_given + equity])
        return
    for p in range(w.shape[1]):
        count = gather_asks(at, i, w, z, venture, p)
        if count > 0:
            serve_tiers(at, i, w, z, count, p)
    spill_windows(at, i, w)
    for p in range(w.shape[1]):
        count = gather_asks(at, i, w, z, venture, p)
        if count > 0:
            serve_all(at, i, w, z, count, given, p)


@piece
def write_asks(at: Places, i: Indices, w: Rows, venture: float) -> bool:
    """Write what firms ask of equity, and what they do in all; tell whether any does."""
    whole = w[at.asking]
    for p in range(whole.size):
        whole[p] = 0.0
    for place in range(at.seekers):
        firm = i[at.seeker + place]
        if float(i[at.venture_funded + firm]) == venture:
            ask, left = w[at.ask + firm], w[at.left + firm]
            heard, serves = w[at.heard + firm], w[at.eligible + firm]
            for p in range(whole.size):
                ask[p] = left[p] * heard[p] * serves[p]
                whole[p] += ask[p]
            w[at.asks_now + firm, 0] = 1.0 if any_above(ask, 0.0) else 0.0
    return any_above(whole, 0.0)


@piece
def asks_in_turn(at: Places, i: Indices, w: Rows, firm: int, venture: float) -> bool:
    """Tell whether a firm is served in this turn, and asks for anything on any path."""
    return float(i[at.venture_funded + firm]) == venture and w[at.asks_now + firm, 0] > 0.0


@piece
def serve_few(at: Places, i: Indices, w: Rows, venture: float, tiered: bool, given: int) -> None:
    """Serve firms by rank on all paths, each compared with each: tiers first, or what is left."""
    for place in range(at.seekers):
        firm = i[at.seeker + place]
        if asks_in_turn(at, i, w, firm, venture):
            spread_ask(at, i, w, firm, tiered)
    for pool in range(at.equity_pools):
        for place in range(i[at.asked_first + pool], i[at.asked_first + pool + 1]):
            equity = i[at.asked_equity + place]
            firm = i[at.equity_firm + equity]
            if not asks_in_turn(at, i, w, firm, venture):
                continue
            who_stands_ahead(at, i, w, pool, firm, venture, tiered)
            supply = w[offered(at, i, firm, pool, tiered)]
            wanted, out = w[at.wanted_equity + equity], w[given + equity]
            ahead, level = w[at.stands_ahead], w[at.stands_level]
            for p in range(out.size):
                left = max(0.0, supply[p] - ahead[p])
                out[p] = wanted[p] * covered(left, level[p], 1.0)


@piece
def offered(at: Places, i: Indices, firm: int, pool: int, tiered: bool) -> int:
    """Return the row of what a pool offers to a firm's tier, or to anybody."""
    own = at.offer_tier + i[at.tier + firm] * at.equity_pools
    return int((own if tiered else at.shared_offer) + pool)


@piece
def spread_ask(at: Places, i: Indices, w: Rows, firm: int, tiered: bool) -> None:
    """Spread one firm's ask over the pools that it may ask, by their supply to it."""
    ask, asked, total = w[at.ask + firm], w[at.moved], w[at.total]
    first, end = i[at.seek_first + firm], i[at.seek_first + firm + 1]
    for p in range(asked.size):
        asked[p], total[p] = ask[p], 0.0
    for one in range(first, end):
        equity = i[at.seek_equity + one]
        add(w, at.total, w[offered(at, i, firm, i[at.equity_place + equity], tiered)])
        if not tiered:
            got = w[at.first_given + equity]
            for p in range(asked.size):
                asked[p] -= got[p]
    for one in range(first, end):
        equity = i[at.seek_equity + one]
        wanted = w[at.wanted_equity + equity]
        supply = w[offered(at, i, firm, i[at.equity_place + equity], tiered)]
        for p in range(wanted.size):
            wanted[p] = max(0.0, asked[p]) * ratio(supply[p], total[p], 0.0)


@piece
def who_stands_ahead(
    at: Places, i: Indices, w: Rows, pool: int, firm: int, venture: float, tiered: bool
) -> None:
    """Write what those ahead of a firm want of a pool, and those level with it, itself included."""
    ahead, level, score = w[at.stands_ahead], w[at.stands_level], w[at.score + firm]
    for p in range(ahead.size):
        ahead[p], level[p] = 0.0, 0.0
    for place in range(i[at.asked_first + pool], i[at.asked_first + pool + 1]):
        equity = i[at.asked_equity + place]
        other = i[at.equity_firm + equity]
        if not asks_in_turn(at, i, w, other, venture):
            continue
        if tiered and i[at.tier + other] != i[at.tier + firm]:
            continue
        wanted, theirs = w[at.wanted_equity + equity], w[at.score + other]
        for p in range(ahead.size):
            lead = theirs[p] - score[p]
            ahead[p] += wanted[p] if lead > SAME_RANK else 0.0
            level[p] += wanted[p] if abs(lead) <= SAME_RANK else 0.0


@piece
def gather_asks(at: Places, i: Indices, w: Rows, z: Numbers, venture: float, p: int) -> int:
    """Write who asks for equity on a path, best first (scores, then firms); return how many."""
    count = 0
    if w[at.asking, p] <= 0.0:
        return 0
    for place in range(at.seekers):
        firm = i[at.seeker + place]
        if float(i[at.venture_funded + firm]) == venture and w[at.ask + firm, p] > 0.0:
            z[at.z_firm + count] = float(firm)
            z[at.z_score + count] = w[at.score + firm, p]
            count += 1
    sort_down(at, z, count)
    return count


@piece
def sort_down(at: Places, z: Numbers, count: int) -> None:
    """Sort scores from the highest down, firms with them (by merging; equal scores keep order)."""
    width = 1
    while width < count:
        for start in range(0, count, 2 * width):
            merge(at, z, start, min(start + width, count), min(start + 2 * width, count))
        for place in range(count):
            z[at.z_score + place] = z[at.z_spare + place]
            z[at.z_firm + place] = z[at.z_other + place]
        width *= 2


@piece
def merge(at: Places, z: Numbers, first: int, middle: int, end: int) -> None:
    """Merge two sorted runs into the spare."""
    left, right = first, middle
    for out in range(first, end):
        take_left = right >= end or (
            left < middle and z[at.z_score + left] >= z[at.z_score + right]
        )
        source = left if take_left else right
        z[at.z_spare + out], z[at.z_other + out] = z[at.z_score + source], z[at.z_firm + source]
        if take_left:
            left += 1
        else:
            right += 1


@piece
def pool_asks(
    at: Places, i: Indices, w: Rows, z: Numbers, place: int, tiered: bool, p: int
) -> None:
    """Spread one firm's ask over the pools that it may ask, by their supply to it."""
    firm = int(z[at.z_firm + place])
    tier, total = i[at.tier + firm], 0.0
    first, end = i[at.seek_first + firm], i[at.seek_first + firm + 1]
    for one in range(first, end):
        pool = i[at.equity_place + i[at.seek_equity + one]]
        total += (
            w[at.offer_tier + tier * at.equity_pools + pool, p]
            if tiered
            else w[at.shared_offer + pool, p]
        )
    ask = w[at.ask + firm, p]
    if not tiered:
        ask = max(0.0, ask - z[at.z_got + firm])
    for one in range(first, end):
        equity = i[at.seek_equity + one]
        pool = i[at.equity_place + equity]
        supply = (
            w[at.offer_tier + tier * at.equity_pools + pool, p]
            if tiered
            else w[at.shared_offer + pool, p]
        )
        z[at.z_wanted + equity] = ask * ratio(supply, total, 0.0)


@piece
def serve_tiers(at: Places, i: Indices, w: Rows, z: Numbers, count: int, p: int) -> None:
    """Serve each tier from its own window, on one path."""
    for place in range(count):
        pool_asks(at, i, w, z, place, True, p)
    for tier in range(at.tiers):
        queue(at, i, w, z, count, tier, at.first_given, p)


@piece
def serve_all(at: Places, i: Indices, w: Rows, z: Numbers, count: int, given: int, p: int) -> None:
    """Serve everybody from what is left for anybody, on one path; add what tiers gave."""
    for place in range(count):
        firm, got = int(z[at.z_firm + place]), 0.0
        for one in range(i[at.seek_first + firm], i[at.seek_first + firm + 1]):
            got += w[at.first_given + i[at.seek_equity + one], p]
        z[at.z_got + firm] = got
        pool_asks(at, i, w, z, place, False, p)
    queue(at, i, w, z, count, -1, given, p)
    for place in range(count):
        firm = int(z[at.z_firm + place])
        for one in range(i[at.seek_first + firm], i[at.seek_first + firm + 1]):
            equity = i[at.seek_equity + one]
            w[given + equity, p] += w[at.first_given + equity, p]


@piece
def queue(
    at: Places, i: Indices, w: Rows, z: Numbers, count: int, tier: int, given: int, p: int
) -> None:
    """Serve a queue from the best down; those of one rank share what is left (tier -1: all).

    A firm stands behind all whose score is higher by more than rounding, level with those near.
    """
    for pool in range(at.equity_pools):
        z[at.z_ahead + pool] = 0.0
    ahead, level, seen = 0, 0, -1
    for place in range(count):
        if tier >= 0 and i[at.tier + int(z[at.z_firm + place])] != tier:
            continue
        score = z[at.z_score + place]
        while level < count and score - z[at.z_score + level] <= SAME_RANK:
            level += 1
        while z[at.z_score + ahead] - score > SAME_RANK:
            count_ask(at, i, z, ahead, tier, at.z_ahead)
            ahead += 1
        if ahead * (count + 1) + level != seen:
            seen = ahead * (count + 1) + level
            sum_rank(at, i, z, ahead, level, tier)
        hand_out(at, i, w, z, place, tier, given, p)


@piece
def count_ask(at: Places, i: Indices, z: Numbers, place: int, tier: int, into: int) -> None:
    """Add what a firm of the queue wants of each pool to a sum."""
    firm = int(z[at.z_firm + place])
    if tier >= 0 and i[at.tier + firm] != tier:
        return
    for one in range(i[at.seek_first + firm], i[at.seek_first + firm + 1]):
        equity = i[at.seek_equity + one]
        z[into + i[at.equity_place + equity]] += z[at.z_wanted + equity]


@piece
def sum_rank(at: Places, i: Indices, z: Numbers, first: int, end: int, tier: int) -> None:
    """Sum what the firms of one rank want of each pool, afresh: a difference would lose digits."""
    for pool in range(at.equity_pools):
        z[at.z_level + pool] = 0.0
    for place in range(first, end):
        count_ask(at, i, z, place, tier, at.z_level)


@piece
def hand_out(
    at: Places, i: Indices, w: Rows, z: Numbers, place: int, tier: int, given: int, p: int
) -> None:
    """Write what a firm gets of each pool: its share of what those ahead of it leave."""
    firm = int(z[at.z_firm + place])
    for one in range(i[at.seek_first + firm], i[at.seek_first + firm + 1]):
        equity = i[at.seek_equity + one]
        pool = i[at.equity_place + equity]
        own = i[at.tier + firm] * at.equity_pools + pool
        supply = w[at.offer_tier + own, p] if tier >= 0 else w[at.shared_offer + pool, p]
        left = max(0.0, supply - z[at.z_ahead + pool])
        w[given + equity, p] = z[at.z_wanted + equity] * covered(left, z[at.z_level + pool], 1.0)


@piece
def spill_windows(at: Places, i: Indices, w: Rows) -> None:
    """Write what is left for anybody after tiers were served: the common purse, and what spills.

    What is on offer itself stays; it is closed by the caller when all is given.
    """
    fill(w, at.spent_tier, at.tiers * at.equity_pools, 0.0)
    for equity in range(at.equities):
        place = i[at.equity_place + equity]
        if place >= 0:
            tier = i[at.tier + i[at.equity_firm + equity]]
            row, money = (
                w[at.spent_tier + tier * at.equity_pools + place],
                w[at.first_given + equity],
            )
            for p in range(row.size):
                row[p] += money[p]
    spill = w[at.p_tier_spillover]
    for place in range(at.equity_pools):
        out, beyond, left = w[at.shared_offer + place], w[at.total], w[at.most]
        for p in range(out.size):
            beyond[p], left[p] = 0.0, 0.0
        for tier in range(at.tiers):
            offer, spent = (
                w[at.offer_tier + tier * at.equity_pools + place],
                w[at.spent_tier + tier * at.equity_pools + place],
            )
            for p in range(out.size):
                beyond[p] += max(0.0, spent[p] - offer[p])
                left[p] += max(0.0, offer[p] - spent[p])
        common = w[at.offer_common + place]
        for p in range(out.size):
            out[p] = max(0.0, common[p] - beyond[p]) + spill[p] * left[p]


@piece
def strategic(at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int) -> None:
    """Write money from strategic investors, from surplus after their own bills, by link.

    An investor places at most a share of its surplus and a multiple of its revenue; in one firm no
    more than its purchases warrant, or what it gave in row 0.
    """
    fill(w, at.strategic_given, at.equities, 0.0)
    for place in range(at.investors):
        investor_limit(at, k, i, s, w, q, i[at.investor + place], place)
    for place in range(at.courters):
        court(at, k, i, w, place)
    for place in range(at.investors):
        limit, total = w[at.invest_limit + place], w[at.total]
        for p in range(total.size):
            total[p] = 0.0
        for one in range(i[at.invest_first + place], i[at.invest_first + place + 1]):
            wanted = w[at.strategic_given + i[at.invest_equity + one]]
            for p in range(total.size):
                total[p] += wanted[p]
        for one in range(i[at.invest_first + place], i[at.invest_first + place + 1]):
            wanted = w[at.strategic_given + i[at.invest_equity + one]]
            for p in range(total.size):
                wanted[p] *= covered(limit[p], total[p], 1.0)


@piece
def investor_limit(
    at: Places, k: Numbers, i: Indices, s: Rows, w: Rows, q: int, firm: int, place: int
) -> None:
    """Write what a firm would place in others this quarter in all."""
    promised, limit = w[at.total], w[at.invest_limit + place]
    for p in range(limit.size):
        promised[p] = 0.0
    for one in range(i[at.gives_first + firm], i[at.gives_first + firm + 1]):
        row = w[at.signed + i[at.gives_equity + one]]
        for p in range(limit.size):
            promised[p] += row[p]
    cash, bills = s[at.cash + firm], w[at.bills + firm]
    payout, alive = w[at.payout + firm], s[at.alive + firm]
    revenue = s[at.revenue + firm]
    lever, multiple = (
        k[at.d_strategic_supply + q * at.firms + firm],
        k[at.strategic_of_revenue + firm],
    )
    share, floor = min(k[at.strategic_share + firm] * lever, 1.0), k[at.floor + firm]
    for p in range(limit.size):
        surplus = max(0.0, cash[p] - floor - (bills[p] + payout[p]) - promised[p])
        limit[p] = share * surplus
    if multiple < np.inf:
        for p in range(limit.size):
            limit[p] = min(limit[p], multiple * revenue[p] * lever)
    for p in range(limit.size):
        limit[p] *= alive[p]


@piece
def court(at: Places, k: Numbers, i: Indices, w: Rows, place: int) -> None:
    """Write what one firm wants of its strategic investors, by what each would give it at most."""
    first, end, total = i[at.court_first + place], i[at.court_first + place + 1], w[at.total]
    asks = w[at.left + i[at.courter + place]]
    for p in range(total.size):
        total[p] = 0.0
    for one in range(first, end):
        equity = i[at.court_equity + one]
        most, limit = (
            w[at.strategic_given + equity],
            w[at.invest_limit + i[at.court_investor + one]],
        )
        multiple, gave = k[at.court_multiple + one], k[at.court_gave + one]
        for p in range(total.size):
            most[p] = 0.0
        for link in range(i[at.court_links + one], i[at.court_links + one + 1]):
            bought = w[bought_on(at, i, i[at.court_link + link])]
            for p in range(total.size):
                most[p] += bought[p]
        for p in range(total.size):
            warranted = max(most[p] * multiple, gave) if multiple < np.inf else np.inf
            most[p] = min(limit[p], warranted)
            total[p] += most[p]
    for one in range(first, end):
        most = w[at.strategic_given + i[at.court_equity + one]]
        for p in range(total.size):
            most[p] = min(asks[p] * ratio(most[p], total[p], 0.0), most[p])
