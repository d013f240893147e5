"""Compiled laws of the second trade of a quarter: what a cut reaches is worked out anew, no more.

Where anybody cuts his spending, orders, deliveries and bills are written again. A cut reaches the
sellers of what is not bought, their own sellers in turn, and the sums of whoever pays or is paid by
them. Every other row would get the number that it holds, but for bills that credit of suppliers has
moved; those are written anew as well. Marks tell what is reached on any path of a block:
``programs_anew``, ``capex_anew`` and ``payout_anew`` (firms), ``made_anew`` and ``billed_anew``
(lines), ``bound_anew`` (what binds buyers), ``summed_anew`` (firms). The first trade has all of
them. So has the second wherever a cut may move others' custom: in full markets, where inputs lack.
"""

from __future__ import annotations

from cardhouse.compiling import piece
from cardhouse.engine.kernel.kinds import Indices, Places, Rows
from cardhouse.engine.kernel.scalars import any_below


@piece
def all_anew(at: Places, w: Rows) -> None:
    """Mark everything."""
    w[at.part_anew, 0] = 0.0
    mark_all(w, at.programs_anew, at.firms, 1.0)
    mark_all(w, at.capex_anew, at.firms, 1.0)
    mark_all(w, at.payout_anew, at.firms, 1.0)
    mark_all(w, at.summed_anew, at.firms, 1.0)
    mark_all(w, at.made_anew, at.lines, 1.0)
    mark_all(w, at.billed_anew, at.lines, 1.0)
    mark_all(w, at.bound_anew, at.bindings, 1.0)


@piece
def mark_all(w: Rows, first: int, count: int, mark: float) -> None:
    """Write marks of some entities."""
    for row in range(first, first + count):
        w[row, 0] = mark


@piece
def marked(w: Rows, row: int) -> bool:
    """Tell whether what a row stands for is worked out anew."""
    return bool(w[row, 0] > 0.0)


@piece
def reached(at: Places, i: Indices, w: Rows, q: int) -> None:
    """Mark what the cuts of the quarter reach."""
    w[at.part_anew, 0] = 1.0
    who_cuts(at, i, w, q)
    sellers_of_cuts(at, i, w)
    sellers_of_sellers(at, i, w)
    billed_to(at, i, w)


@piece
def who_cuts(at: Places, i: Indices, w: Rows, q: int) -> None:
    """Mark firms that spend less, or get less money that is bound to suppliers."""
    for firm in range(at.firms):
        w[at.programs_anew + firm, 0] = 1.0 if any_below(w[at.spend_programs + firm], 1.0) else 0.0
        w[at.capex_anew + firm, 0] = 1.0 if any_below(w[at.spend_capex + firm], 1.0) else 0.0
        w[at.payout_anew + firm, 0] = 1.0 if any_below(w[at.spend_payout + firm], 1.0) else 0.0
    for place in range(at.rounds):
        edge, investor = i[at.round_edge + place], i[at.round_investor + place]
        paid_now = edge >= 0 and i[at.round_quarter + place] == q
        if paid_now and any_below(w[at.kept + min(investor, at.firms)], 1.0):
            w[at.programs_anew + i[at.group_firm + i[at.edge_group + edge]], 0] = 1.0


@piece
def group_anew(at: Places, i: Indices, w: Rows, group: int) -> bool:
    """Tell whether a buyer's orders in one market are written anew: of programs, or of plant."""
    of_plant = group >= at.input_groups + at.program_groups
    return marked(w, (at.capex_anew if of_plant else at.programs_anew) + i[at.group_firm + group])


@piece
def mark_sellers(at: Places, i: Indices, w: Rows, group: int) -> None:
    """Mark the sellers that a buyer may order from in one market."""
    for edge in range(i[at.group_first + group], int(w[at.live_end + group, 0])):
        w[at.made_anew + i[at.edge_seller + edge], 0] = 1.0


@piece
def sellers_of_cuts(at: Places, i: Indices, w: Rows) -> None:
    """Mark whoever sells programs or plant to a firm that cuts."""
    mark_all(w, at.made_anew, at.lines, 0.0)
    for group in range(at.input_groups, at.groups):
        if group_anew(at, i, w, group):
            mark_sellers(at, i, w, group)


@piece
def sellers_of_sellers(at: Places, i: Indices, w: Rows) -> None:
    """Mark who sells inputs to lines that are marked; one of a circle marks it whole."""
    for group in range(at.made_groups):
        first, end = i[at.made_begin + group], i[at.made_begin + group + 1]
        found = False
        for place in range(first, end):
            found = found or marked(w, at.made_anew + i[at.line_order + place])
        if found:
            for place in range(first, end):
                line = i[at.line_order + place]
                w[at.made_anew + line, 0] = 1.0
                for inputs in range(i[at.line_groups + line], i[at.line_groups + line + 1]):
                    mark_sellers(at, i, w, inputs)


@piece
def billed_to(at: Places, i: Indices, w: Rows) -> None:
    """Mark firms whose sums hold a changed bill, and the lines that are billed anew with them."""
    for firm in range(at.firms):
        mark = max(w[at.programs_anew + firm, 0], w[at.capex_anew + firm, 0])
        w[at.summed_anew + firm, 0] = mark
    for line in range(at.lines):
        if marked(w, at.made_anew + line):
            w[at.summed_anew + i[at.line_firm + line], 0] = 1.0
    for share in range(at.shares):
        if marked(w, at.made_anew + i[at.share_line + share]):
            mark_parties(at, i, w, at.share_link + share)
    for binding in range(at.bindings):
        found = marked(w, at.made_anew + i[at.binding_seller + binding])
        for place in range(i[at.binding_first + binding], i[at.binding_first + binding + 1]):
            seller = i[at.link_seller + i[at.binding_link + place]]
            found = found or (seller >= 0 and marked(w, at.made_anew + seller))
        w[at.bound_anew + binding, 0] = 1.0 if found else 0.0
        if found:
            mark_parties(at, i, w, at.shortfall_link + binding)
    for credit in range(at.credits):
        mark_parties(at, i, w, i[at.credit_link + credit])
    for line in range(at.lines):
        made, summed = at.made_anew + line, at.summed_anew + i[at.line_firm + line]
        w[at.billed_anew + line, 0] = max(w[made, 0], w[summed, 0])


@piece
def mark_parties(at: Places, i: Indices, w: Rows, link: int) -> None:
    """Mark who pays on a link, and who is paid."""
    payer, payee = i[at.link_payer + link], i[at.link_payee + link]
    if payer < at.firms:
        w[at.summed_anew + payer, 0] = 1.0
    if payee < at.firms:
        w[at.summed_anew + payee, 0] = 1.0
