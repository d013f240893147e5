"""Compiled clearing of one path: who pays what share of each class; see `engine.clearing`.

Where nobody is short nothing is swept: all sums are known from writing the bills. Where somebody
is, only firms that trouble reaches are looked at - the short, and whom they owe -, since all others
pay and are paid in full. ``z`` is the desk on which one path is worked out; a firm is laid out on
it when trouble reaches it.
"""

from __future__ import annotations

import numpy as np

from cardhouse.compiling import allocating, piece
from cardhouse.engine.kernel.kinds import Indices, Numbers, Places, Rows
from cardhouse.engine.kernel.scalars import clip, ratio

CLASSES = 5
TRADE = 3
SWEEPS = 6
STILL = 1e-15
ROUNDING = 1e-14
SHORT_TOLERANCE = 1e-12
NO_EXIT = 1e-150


@piece
def reach(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, firm: int, p: int) -> None:
    """Lay out a firm that trouble reaches, as it stands where everybody pays."""
    if z[at.z_is_reached + firm] > 0.0:
        return
    z[at.z_is_reached + firm] = 1.0
    z[at.z_reached + int(z[at.z_reached_count])] = float(firm)
    z[at.z_reached_count] += 1.0
    alive, owed, expected = s[at.alive + firm, p], w[at.bills + firm, p], w[at.from_firms + firm, p]
    sure = s[at.cash + firm, p] + w[at.sure + firm, p] - w[at.gave + firm, p]
    z[at.z_alive + firm], z[at.z_owed + firm], z[at.z_paid + firm] = alive, owed, owed
    z[at.z_expected + firm], z[at.z_inflow + firm] = expected, expected
    z[at.z_sure + firm], z[at.z_means + firm] = sure, max(sure, 0.0)
    z[at.z_short + firm], z[at.z_default + firm] = 0.0, 0.0
    z[at.z_failed + firm], z[at.z_stays + firm], z[at.z_forced + firm] = 0.0, 0.0, 0.0
    z[at.z_cause + firm], z[at.z_order + firm], z[at.z_now + firm] = 0.0, 0.0, 0.0
    z[at.z_called + firm], z[at.z_helped + firm], z[at.z_gone + firm] = 0.0, 0.0, 0.0
    z[at.z_proceeds + firm] = 0.0
    for rank in range(CLASSES):
        z[at.z_ratio + rank * at.firms + firm] = 1.0


@piece
def link_share(at: Places, i: Indices, w: Rows, z: Numbers, link: int, p: int) -> float:
    """Return the share paid of what is owed on a link; 1 where nothing is."""
    payer = i[at.link_payer + link]
    if not pays_less(at, z, payer) or w[at.due + link, p] <= 0.0:
        return 1.0
    first = z[at.z_ratio + i[at.link_class + link] * at.firms + payer]
    secured = i[at.link_secured + link]
    if secured < 0:
        return first
    part = z[at.z_cover + secured]
    return part * first + (1.0 - part) * z[at.z_ratio + TRADE * at.firms + payer]


@piece
def pays_less(at: Places, z: Numbers, payer: int) -> bool:
    """Tell whether a payer is short; outside nodes and firms that trouble does not reach are not.

    Pools and other nodes that stand after firms have no place on the desk.
    """
    return payer < at.firms and z[at.z_is_reached + payer] > 0.0 and z[at.z_short + payer] > 0.0


@piece
def fall_short(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, firm: int, p: int) -> None:
    """Add a firm to the short: write what it owes by class, and reach those whom it owes.

    The uncovered part of secured loans stands with trade. Claims of other firms are laid out, too:
    they are looked at again and again.
    """
    z[at.z_short + firm] = 1.0
    z[at.z_shorts + int(z[at.z_short_count])] = float(firm)
    z[at.z_short_count] += 1.0
    for rank in range(CLASSES):
        z[at.z_due + rank * at.firms + firm] = 0.0
    end = 2 * i[at.pays_first + firm]
    for place in range(i[at.pays_first + firm], i[at.pays_first + firm + 1]):
        link = i[at.pays_link + place]
        owed = w[at.due + link, p]
        if owed <= 0.0:
            continue
        rank, secured, payee = (
            i[at.link_class + link],
            i[at.link_secured + link],
            i[at.link_payee + link],
        )
        if payee < at.firms:
            reach(at, i, s, w, z, payee, p)
        part = z[at.z_cover + secured] if secured >= 0 else 1.0
        end = lay_out(at, z, firm, payee, rank, owed * part, end)
        if secured >= 0:
            end = lay_out(at, z, firm, payee, TRADE, owed * (1.0 - part), end)
    z[at.z_claims_end + firm] = float(end)


@piece
def lay_out(at: Places, z: Numbers, firm: int, payee: int, rank: int, owed: float, end: int) -> int:
    """Add a claim to its class, and to those of firms where it is one; return their end."""
    cell = rank * at.firms + firm
    z[at.z_due + cell] += owed
    if payee >= at.firms:
        return end
    z[at.z_claimant + end], z[at.z_claim_cell + end] = float(payee), float(cell)
    z[at.z_claim + end] = owed
    return end + 1


@piece
def class_ratios(at: Places, z: Numbers, firm: int) -> float:
    """Write the share of each class that a short firm pays; return the largest change."""
    senior, change, paid = 0.0, 0.0, z[at.z_paid + firm]
    for rank in range(CLASSES):
        cell = rank * at.firms + firm
        due, share = z[at.z_due + cell], 1.0
        if due > 0.0:
            share = clip((paid - senior) / due, 0.0, 1.0)
        change = max(change, abs(share - z[at.z_ratio + cell]))
        z[at.z_ratio + cell] = share
        senior += due
    return change


@piece
def inflows(at: Places, i: Indices, z: Numbers) -> None:
    """Write what firms receive from firms: all that is owed, less what the short leave unpaid."""
    reached, short = int(z[at.z_reached_count]), int(z[at.z_short_count])
    for one in range(reached):
        firm = int(z[at.z_reached + one])
        z[at.z_inflow + firm] = z[at.z_expected + firm]
    for one in range(short):
        firm = int(z[at.z_shorts + one])
        for place in range(2 * i[at.pays_first + firm], int(z[at.z_claims_end + firm])):
            unpaid = 1.0 - z[at.z_ratio + int(z[at.z_claim_cell + place])]
            z[at.z_inflow + int(z[at.z_claimant + place])] -= z[at.z_claim + place] * unpaid
    for one in range(reached):
        firm = int(z[at.z_reached + one])
        z[at.z_inflow + firm] = max(0.0, z[at.z_inflow + firm])


@piece
def budget(at: Places, z: Numbers, firm: int) -> float:
    """Return what a firm has for its creditors after default costs."""
    means, inflow = z[at.z_means + firm], z[at.z_inflow + firm]
    if z[at.z_default + firm] > 0.0:
        return z[at.z_keep] * means + z[at.z_keep] * inflow
    return means + inflow


@piece
def standing(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> int:
    """Add to the sets who is short and who defaults at the present inflow; return what changed.

    Whom trouble does not reach has what it has where everybody pays, and is neither.
    """
    changed = 0
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        owed = z[at.z_owed + firm] * (1.0 - SHORT_TOLERANCE)
        if z[at.z_means + firm] + z[at.z_inflow + firm] < z[at.z_below] * owed:
            changed += 1 if z[at.z_default + firm] <= 0.0 else 0
            z[at.z_default + firm] = 1.0
        if z[at.z_short + firm] <= 0.0 and budget(at, z, firm) < owed:
            fall_short(at, i, s, w, z, firm, p)
            changed += 1
    return changed


@piece
def clear_path(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Find the greatest payments of one path, with some firms in default from the start."""
    z[at.z_short_count] = 0.0
    for one in range(int(z[at.z_reached_count])):
        firm = int(z[at.z_reached + one])
        for rank in range(CLASSES):
            z[at.z_ratio + rank * at.firms + firm] = 1.0
        z[at.z_short + firm], z[at.z_default + firm] = 0.0, z[at.z_failed + firm]
        z[at.z_paid + firm], z[at.z_inflow + firm] = z[at.z_owed + firm], z[at.z_expected + firm]
    standing(at, i, s, w, z, p)
    if z[at.z_short_count] > 0.0:
        settled = False
        for _ in range(SWEEPS):
            if sweep_payments(at, i, s, w, z, p) <= STILL:
                settled = True
                break
        if not settled:
            finish(at, i, s, w, z, p)
        inflows(at, i, z)


@piece
def sweep_payments(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> float:
    """Let everybody pay what the last inflow allows; return the largest change of a paid share."""
    inflows(at, i, z)
    standing(at, i, s, w, z, p)
    change = 0.0
    for one in range(int(z[at.z_short_count])):
        firm = int(z[at.z_shorts + one])
        z[at.z_paid + firm] = min(budget(at, z, firm), z[at.z_owed + firm])
        change = max(change, class_ratios(at, z, firm))
    return change


@piece
def all_ratios(at: Places, z: Numbers) -> None:
    """Write the share of each class that each short firm pays."""
    for one in range(int(z[at.z_short_count])):
        class_ratios(at, z, int(z[at.z_shorts + one]))


@piece
def finish(at: Places, i: Indices, s: Rows, w: Rows, z: Numbers, p: int) -> None:
    """Follow the piecewise linear solution to its end; see `engine.clearing`."""
    settled = False
    for _ in range(2 * at.firms * (CLASSES + 2) + 4):
        all_ratios(at, z)
        inflows(at, i, z)
        changed = standing(at, i, s, w, z, p)
        if settled and changed == 0:
            return
        settled = walk(at, i, w, z, p)


@allocating
def walk(at: Places, i: Indices, w: Rows, z: Numbers, p: int) -> bool:
    """Go to the solution of the present regime, or to where it ends on the way."""
    count = regime(at, z)
    if count == 0:
        return True
    moves, exits = np.zeros((count, count)), np.zeros(count)
    starts, answers = np.zeros((3, count)), np.zeros((3, count))
    leaks(at, i, w, z, moves, exits, p)
    gaps(at, i, w, z, starts, p)
    closed = visits(moves, exits, starts, answers)
    share = 1.0
    for one in range(count):
        firm = int(z[at.z_who + one])
        if answers[0, one] > 0.0:
            reach = abs(z[at.z_senior + one] - z[at.z_paid + firm]) / answers[0, one]
            share = min(share, reach)
    for one in range(count):
        firm = int(z[at.z_who + one])
        paid, senior, step = z[at.z_paid + firm], z[at.z_senior + one], answers[0, one]
        reach = abs(senior - paid) / step if step > 0.0 else np.inf
        due = z[at.z_due + int(z[at.z_marginal + one]) * at.firms + firm]
        if share < 1.0:
            z[at.z_paid + firm] = (
                senior if reach <= share * (1.0 + ROUNDING) else paid - share * step
            )
        elif closed:
            z[at.z_paid + firm] = paid - step
        else:
            z[at.z_paid + firm] = senior + clip(answers[1, one] - answers[2, one], 0.0, due)
    return share >= 1.0


@piece
def regime(at: Places, z: Numbers) -> int:
    """Write who is short and can still fall, and through which class; return how many."""
    count = 0
    for one in range(int(z[at.z_short_count])):
        firm = int(z[at.z_shorts + one])
        paid = z[at.z_paid + firm]
        z[at.z_place + firm] = -1.0
        if paid > 0.0:
            senior, marginal, below = 0.0, CLASSES - 1, 0.0
            found = False
            for rank in range(CLASSES):
                due = z[at.z_due + rank * at.firms + firm]
                if senior < paid and due > 0.0:
                    marginal, below, found = rank, senior, True
                senior += due
            if not found:
                below = senior - z[at.z_due + marginal * at.firms + firm]
            z[at.z_who + count], z[at.z_marginal + count] = float(firm), float(marginal)
            z[at.z_senior + count] = below
            z[at.z_place + firm] = float(count)
            count += 1
    return count


@piece
def owed_in(at: Places, i: Indices, w: Rows, z: Numbers, link: int, rank: int, p: int) -> float:
    """Return what a link owes in one class."""
    owed, secured, total = w[at.due + link, p], i[at.link_secured + link], 0.0
    part = z[at.z_cover + secured] if secured >= 0 else 1.0
    if i[at.link_class + link] == rank:
        total += owed * part
    if rank == TRADE:
        total += owed * (1.0 - part)
    return total


@piece
def leaks(at: Places, i: Indices, w: Rows, z: Numbers, moves: Rows, exits: Numbers, p: int) -> None:
    """Write what of a marginal dollar paid reaches other short firms, and what does not."""
    for one in range(exits.size):
        firm, rank = int(z[at.z_who + one]), int(z[at.z_marginal + one])
        due = z[at.z_due + rank * at.firms + firm]
        for place in range(i[at.pays_first + firm], i[at.pays_first + firm + 1]):
            link = i[at.pays_link + place]
            owed, payee = owed_in(at, i, w, z, link, rank, p), i[at.link_payee + link]
            other = int(z[at.z_place + payee]) if pays_less(at, z, payee) else -1
            if other >= 0:
                kept = z[at.z_keep] if z[at.z_default + payee] > 0.0 else 1.0
                moves[one, other] += owed * kept / due
                exits[one] += owed * (1.0 - kept) / due
            else:
                exits[one] += owed / due


@piece
def gaps(at: Places, i: Indices, w: Rows, z: Numbers, starts: Rows, p: int) -> None:
    """Write what enters the regime: the present mismatch, and money from outside the short."""
    count = starts.shape[1]
    all_ratios(at, z)
    inflows(at, i, z)
    for one in range(count):
        firm = int(z[at.z_who + one])
        gap = z[at.z_paid + firm] - budget(at, z, firm)
        starts[0, one] = gap if gap > ROUNDING * z[at.z_owed + firm] else 0.0
    for one in range(count):
        firm, marginal = int(z[at.z_who + one]), int(z[at.z_marginal + one])
        for rank in range(CLASSES):
            z[at.z_ratio + rank * at.firms + firm] = 1.0 if rank < marginal else 0.0
    inflows(at, i, z)
    for one in range(count):
        fixed = budget(at, z, int(z[at.z_who + one])) - z[at.z_senior + one]
        starts[1, one], starts[2, one] = max(fixed, 0.0), max(-fixed, 0.0)
    all_ratios(at, z)


@allocating
def visits(moves: Rows, exits: Numbers, starts: Rows, answers: Rows) -> bool:
    """Write how much passes each firm in all; tell whether a set lets nothing out.

    Elimination with the rule of Grassmann, Taksar and Heyman; see `engine.absorbing`.
    """
    count, closed = exits.size, False
    pivots = np.zeros(count)
    for c in range(count - 1, -1, -1):
        pivot = exits[c]
        for other in range(c):
            pivot += moves[c, other]
        pivots[c] = pivot
        if pivot == 0.0:
            pivots[c] = NO_EXIT
            closed = True
            continue
        for feeding in range(c):
            if moves[feeding, c] != 0.0:
                weight = moves[feeding, c] / pivot
                for other in range(c):
                    moves[feeding, other] += weight * moves[c, other]
                exits[feeding] += weight * exits[c]
    for case in range(starts.shape[0]):
        for c in range(count - 1, 0, -1):
            for other in range(c):
                starts[case, other] += starts[case, c] * (moves[c, other] / pivots[c])
        for c in range(count):
            passed = starts[case, c]
            for other in range(c):
                passed += answers[case, other] * moves[other, c]
            answers[case, c] = passed / pivots[c]
    return closed


@piece
def paid_ratio(at: Places, z: Numbers, firm: int) -> float:
    """Return the share paid of all that a firm owes; 1 where it pays all or owes nothing."""
    if z[at.z_short + firm] > 0.0:
        return ratio(z[at.z_paid + firm], z[at.z_owed + firm], 1.0)
    return 1.0
