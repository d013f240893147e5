"""Settlement and resolution: who can pay, who is rescued, who fails, what creditors get.

Bills are cleared pro rata within classes, out of cash and what others pay. Owners may rescue a firm
that would fail, if together they can close its whole gap. Who misses a maturity, or pays less than
the threshold of what it owes, is in default. A liquidated firm's debt falls due and its plant is
sold; a restructured one keeps its plant and lives on with less debt. Guarantors step in for what
stays unpaid. Everything is cleared again until nobody new fails; nobody leaves the set. Equity
given moved before bills were settled; payouts come out of what is left after them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cardhouse.engine.arrays import (
    EVERYTHING,
    NO_CLAIM,
    SECURED,
    TRADE,
    Array,
    Chain,
    Index,
    Mask,
)
from cardhouse.engine.debts import missed
from cardhouse.engine.links import Links, summed
from cardhouse.engine.moment import Moment
from cardhouse.engine.settlement import PaidShares, clear_links
from cardhouse.engine.sums import covered, group_sum, ratio

RENT_CLAIM = 4.0
"""Quarters of rent that a lessor can claim of an estate: the year of 11 U.S.C. 502(b)(6)."""

LIQUIDATED, RESTRUCTURED, RESCUED = 1, 2, 3
OUTCOMES = ("", "liquidated", "restructured", "rescued")
"""How the quarter ended for a firm that could not pay; nothing for the others."""

SHORT, MISSED, FORCED = 1, 2, 3
CAUSES = ("", "paid too little", "missed a maturity", "forced by the scenario")
"""Why a firm is in default."""

SAME = 1e-12
"""Guarantors who are asked for no more than this share more than before are asked for the same."""


@dataclass(frozen=True)
class Positions:
    """What falls due and what is sold when a firm fails: after this quarter's capex and drawing."""

    loans: Array  # (path, loan)
    plant_worth: Array  # (path, part, line): net plant at what the same plant costs today
    payables: Array  # (path, slot, credit)


@dataclass(frozen=True)
class Settled:
    """What was paid, who failed, and what stayed unpaid."""

    links: Links
    paid: Array  # (path, link)
    claims: Array  # (path, link): owed, with what default called in
    failed: Mask  # (path, firm): in default this quarter
    outcome: Index  # (path, firm): place in OUTCOMES
    cause: Index  # (path, firm): place in CAUSES
    round: Index  # (path, firm): in which round of clearing it failed; 0: it did not
    lost: Array  # (path, link): unpaid by those that failed, debt given up included
    loans: Array  # (path, loan): debt that stands after what failed
    arrears: Array  # (path, arrears link): small gaps of the living, owed next quarter
    cash: Array  # (path, firm): at the end of the quarter
    paid_share: Array  # (path, firm): paid over owed before any debt fell due
    guarantee_paid: Array  # (path, guarantee)

    @property
    def owed(self) -> Array:
        """Return total owed by firms, debt that fell due included (path, firm)."""
        return self.links.paid(np.where(self.links.seniority == NO_CLAIM, 0.0, self.claims))

    @property
    def flows(self) -> Array:
        """Return what was paid (path, kind, node, node)."""
        return self.links.dense(self.paid)

    @property
    def unpaid(self) -> Array:
        """Return losses by holder (path, firm, node)."""
        return losses_by_holder(self.links, self.lost)


def losses_by_holder(links: Links, lost: Array) -> Array:
    """Return what each firm left unpaid to each node (path, firm, node) of (path, link)."""
    mine = np.flatnonzero(links.by_firm)
    place = links.payer[mine] * links.nodes + links.payee[mine]
    flat = summed(lost[:, mine], place, links.firms * links.nodes)
    return flat.reshape(len(lost), links.firms, links.nodes)


@dataclass(frozen=True)
class _Claims:
    """What is owed on each link, and what there is to pay it."""

    owed: Array  # (path, link): firms' obligations, called debt and guarantees included
    covered: Array  # (path, loan): share of secured loans that collateral covers
    by_line: Array  # (path, line): what plant would fetch
    whole: Array  # (path, firm): what all that a firm owns would
    proceeds: Array  # (path, firm): what the sale of plant and other assets brings
    resources: Array  # (path, firm): cash and what is sure to come in


@dataclass(frozen=True)
class _Found:
    """One clearing: the claims, what is paid of each class, and who comes short by it."""

    claims: _Claims
    cleared: PaidShares
    share: Array  # (path, link): paid of what is owed
    cause: Index  # (path, firm): why a firm is in default by this clearing; 0: it is not


@dataclass(frozen=True)
class _Case:
    """The quarter's bills and positions, as everybody knows them before settlement."""

    now: Moment
    due: Array  # (path, link)
    positions: Positions
    kept: Mask  # (path, firm): restructured rather than liquidated when in default
    forced: Mask  # (path, firm)


def settle(now: Moment, due: Array, positions: Positions) -> Settled:
    """Clear what is `due` (path, link); rescue, resolve, and clear until nobody new fails."""
    forced = now.drivers.removed[now.quarter] & now.state.alive
    case = _Case(now, due, positions, _kept_alive(now, forced), forced)
    nothing = np.zeros((now.state.paths, len(now.chain.guarantees.cap)))
    first, called = _guaranteed(case, forced, nothing)
    given = _rescues(case, first)
    if given.any():
        case = replace(case, due=due + given)
        first, called = _guaranteed(case, forced, nothing)
    helped = now.chain.links.received(given) > 0
    return _closed(case, *_resolved(case, first, called), first, helped)


def _resolved(case: _Case, first: _Found, called: Array) -> tuple[_Found, Index, Index, Array]:
    """Clear round by round; return the last clearing, causes, rounds and guarantors' bills.

    Guarantors are asked before a creditor is given up: who is made whole does not fail.
    """
    found = first
    cause = np.where(case.forced, FORCED, 0)
    order = np.zeros_like(cause)
    for number in range(1, len(case.now.chain.firm_ids) + 2):
        new = (found.cause > 0) & (cause == 0) & case.now.state.alive
        cause = np.where(new, found.cause, cause)
        order = np.where((cause > 0) & (order == 0), number, order)
        if not new.any():
            break
        found, called = _guaranteed(case, cause > 0, called)
    return found, cause, order, called


def _guaranteed(case: _Case, failed: Mask, called: Array) -> tuple[_Found, Array]:
    """Clear with some firms in default until guarantors are asked for all they owe.

    Each path stops by itself, so that its bits do not hang on those beside it.
    """
    found = _clear(case, failed, called)
    for _ in range(len(case.now.chain.firm_ids) + 1):
        asked = _guarantors_owe(case, found, called)
        moved = np.asarray((np.abs(asked - called) > SAME * np.abs(called)).any(axis=1))
        if not moved.any():
            break
        called = np.where(moved[:, None], asked, called)
        found = _clear(case, failed, called)
    return found, called


def _kept_alive(now: Moment, forced: Mask) -> Mask:
    """Tell which firms creditors would keep as going concerns (path, firm).

    A firm that may be restructured is, if it earns before interest and depreciation or still
    grows. What a scenario forces into default is liquidated, and so is who fails again before it
    makes a profit: there is one second chance.
    """
    state = now.state
    earns = state.profit + state.worn >= 0.0
    grows = now.revenue_growth >= now.parameters["restructure_growth"]
    going = now.chain.purses.restructures & (earns | grows)
    return np.asarray(going & ~forced & ~state.restructured)


# --- clearing ------------------------------------------------------------------------------------


def _clear(case: _Case, failed: Mask, guaranteed: Array) -> _Found:
    """Clear once with some firms in default and guarantors' bills (path, guarantee)."""
    now, chain = case.now, case.now.chain
    claims = _claims(case, failed, guaranteed)
    cleared = clear_links(
        *_obligations(chain, claims),
        claims.resources,
        np.broadcast_to(now.level("default_costs", "default_costs"), failed.shape),
        in_default=failed,
        default_below=np.broadcast_to(now.parameters["default_threshold"], failed.shape),
    )
    share = _share_paid(chain, claims, cleared)
    late = missed(now, share[:, chain.links.of("repayment")])
    cause = np.where(cleared.defaulted & now.state.alive, SHORT, np.where(late, MISSED, 0))
    return _Found(claims, cleared, share, np.where(failed & (cause == 0), SHORT, cause))


def _claims(case: _Case, failed: Mask, guaranteed: Array) -> _Claims:
    """Return what is owed and what there is to pay it, with debt of the liquidated called in."""
    now, links = case.now, case.now.chain.links
    liquidated = failed & ~case.kept
    owed = np.where(links.seniority == NO_CLAIM, 0.0, case.due) + _called(case, liquidated)
    owed[:, links.of("guarantee")] += guaranteed
    by_line, whole = _sale_values(case, liquidated)
    proceeds = np.where(liquidated, whole, 0.0)
    outside = np.where(links.by_firm, 0.0, case.due)
    equity = np.where(links.kinds("equity") & links.by_firm, case.due, 0.0)
    sure = links.received(outside) + links.received(equity)
    means = now.state.cash + sure + proceeds - links.paid(equity)
    due = owed[:, links.of("interest")] + owed[:, links.of("repayment")]
    return _Claims(
        owed=owed,
        covered=_covered(now.chain, due, by_line, whole),
        by_line=by_line,
        whole=whole,
        proceeds=proceeds,
        resources=np.maximum(means, 0.0),
    )


def _called(case: _Case, liquidated: Mask) -> Array:
    """Return what default calls in (path, link): loans, supplier's credit, a year of rents."""
    chain, links, now = case.now.chain, case.now.chain.links, case.now
    out = links.empty(now.state.paths)
    if not liquidated.any():
        return out
    out[:, links.of("repayment")] = case.positions.loans * liquidated[:, chain.loans.firm]
    credit, leases = chain.credit, chain.leases
    out[:, credit.link] += (
        case.positions.payables.sum(axis=1) * liquidated[:, links.payer[credit.link]]
    )
    lessee = chain.firm_of_line[leases.line]
    left = np.minimum(np.maximum(leases.last - now.quarter, 0.0), RENT_CLAIM)
    out[:, links.of("lease")] += leases.rent * left * liquidated[:, lessee]
    return out


def _sale_values(case: _Case, liquidated: Mask) -> tuple[Array, Array]:
    """Return what the plant of each line (path, line), and all assets of a firm, would fetch.

    The more is sold at once, the less it brings: recovery falls with the share of all plant that
    the liquidated put up for sale.
    """
    now, chain = case.now, case.now.chain
    firms = len(chain.firm_ids)
    lines = case.positions.plant_worth.sum(axis=1)
    worth = group_sum(lines, chain.firm_of_line, firms)
    total = worth.sum(axis=1, keepdims=True)
    dumped = ratio((worth * liquidated).sum(axis=1, keepdims=True), total)
    recovery = now.level("recovery", "recovery") * np.exp(-now.parameters["fire_sale"] * dumped)
    whole = recovery * (worth + chain.purses.other_assets * now.state.alive)
    return np.asarray(recovery * lines), np.asarray(whole)


def _covered(chain: Chain, due: Array, by_line: Array, whole: Array) -> Array:
    """Return the share of each secured loan that its collateral covers (path, loan).

    ``due`` (path, loan) is what is asked on each. Loans on one line's plant share it pro rata;
    loans on everything share what those leave.
    """
    loans, firms = chain.loans, len(chain.firm_ids)
    secured = np.where(loans.seniority == SECURED, due, 0.0)
    on_line = np.where(loans.collateral != EVERYTHING, secured, 0.0)
    line = np.maximum(loans.collateral, 0)
    asked = group_sum(on_line, line, len(chain.line_ids))
    taken = np.minimum(asked, by_line)
    left = np.maximum(0.0, whole - group_sum(taken, chain.firm_of_line, firms))
    rest = group_sum(secured - on_line, loans.firm, firms)
    by_firm = covered(left, rest)[:, loans.firm]
    by_plant = covered(by_line, asked)[:, line]
    return np.where(loans.collateral == EVERYTHING, by_firm, by_plant)


def _parts(chain: Chain, claims: _Claims) -> tuple[Array, Array, Index]:
    """Return each link's claim in its own class, the part that falls to trade, and its class."""
    links = chain.links
    secured = _secured(links)
    covered = np.ones_like(claims.owed)
    covered[:, secured] = claims.covered[:, links.loan[secured]]
    return claims.owed * covered, claims.owed * (1.0 - covered), links.seniority


def _secured(links: Links) -> Mask:
    """Tell which links pay on loans with collateral (link,)."""
    return np.asarray((links.seniority == SECURED) & (links.loan >= 0))


def _obligations(chain: Chain, claims: _Claims) -> tuple[Array, Index, Index, Index]:
    """Return obligations one by one (path, claim): amounts, class, payer, payee.

    Secured creditors stand before others up to the collateral, beside trade for the rest.
    """
    links = chain.links
    own, rest, seniority = _parts(chain, claims)
    at = np.flatnonzero(links.seniority != NO_CLAIM)
    beyond = np.flatnonzero(_secured(links))
    both = np.concatenate([at, beyond])
    return (
        np.concatenate([own[:, at], rest[:, beyond]], axis=1),
        np.concatenate([seniority[at], np.full(len(beyond), TRADE)]),
        links.payer[both],
        links.payee[both],
    )


def _share_paid(chain: Chain, claims: _Claims, cleared: PaidShares) -> Array:
    """Return the share paid of what is owed on each link (path, link); 1 where nothing is."""
    links = chain.links
    firm = np.minimum(links.payer, len(chain.firm_ids) - 1)
    own, rest, seniority = _parts(chain, claims)
    first = cleared.class_ratio[:, np.maximum(seniority, 0), firm]
    trade = cleared.class_ratio[:, TRADE, firm]
    share = ratio(own * first + rest * trade, claims.owed, 1.0)
    return np.where(seniority == NO_CLAIM, 1.0, share)


# --- rescues and guarantees ----------------------------------------------------------------------


def _rescues(case: _Case, found: _Found) -> Array:
    """Return the money that rescues bring (path, link).

    A rescuer gives at most a share of what its own bills leave, and what it has at hand. A firm is
    rescued only if its rescuers together can close its whole gap: half a rescue is money lost.
    """
    now, chain, links = case.now, case.now.chain, case.now.chain.links
    out = links.empty(now.state.paths)
    may = chain.purses.rescuers & now.state.alive[:, :, None] & now.state.alive[:, None, :]
    wanting = (found.cause > 0) & ~case.forced
    if not (may & wanting[:, :, None]).any():
        return out
    owed = links.paid(found.claims.owed)
    settled = found.claims.owed * found.share
    gap = np.where(wanting, owed - links.paid(settled) - found.cleared.default_costs, 0.0)
    inflow = links.received(np.where(links.by_firm, settled, 0.0))
    surplus = found.claims.resources + inflow - owed - chain.purses.floor
    lever = np.minimum(1.0, now.drivers.strategic_supply[now.quarter])
    able = now.parameters["rescue_share"] * lever * np.maximum(0.0, surplus)
    able = np.minimum(able, found.claims.resources) * (found.cause == 0)
    offers = may * gap[:, :, None] * (able[:, None, :] > 0)
    offers = offers * covered(able, offers.sum(axis=1))[:, None, :]
    together = offers.sum(axis=2)
    enough = (together >= gap) & (gap > 0)
    given = offers * (enough * ratio(gap, together))[:, :, None]
    at = links.of("equity")
    firm_pays = links.payer[at] < len(chain.firm_ids)
    investor = np.where(firm_pays, links.payer[at], 0)
    out[:, at] = np.where(firm_pays, given[:, links.payee[at], investor], 0.0)
    return out


def _guarantors_owe(case: _Case, found: _Found, called: Array) -> Array:
    """Return what guarantors owe (path, guarantee) for what debtors in default leave unpaid.

    Those of one debt share its gap by what is left of their caps. What is asked never falls from
    one clearing to the next: a guarantor's payment is not taken back.
    """
    now, links, guarantees = case.now, case.now.chain.links, case.now.chain.guarantees
    if not len(guarantees.cap):
        return called
    gap = losses_by_holder(links, found.claims.owed * (1.0 - found.share))
    failed = found.cause > 0
    unpaid = gap[:, guarantees.debtor, guarantees.creditor] * failed[:, guarantees.debtor]
    creditors = np.ones((now.state.paths, links.nodes), dtype=bool)
    creditors[:, : links.firms] = now.state.alive
    runs = now.state.alive[:, guarantees.guarantor] & creditors[:, guarantees.creditor]
    left = np.maximum(0.0, guarantees.cap - now.state.guarantee_paid) * runs
    together = _of_same_debt(now.chain, left)
    return np.maximum(called, np.minimum(left, unpaid * ratio(left, together)))


def _of_same_debt(chain: Chain, values: Array) -> Array:
    """Return for each guarantee the sum over those of the same debt (path, guarantee)."""
    guarantees, nodes = chain.guarantees, len(chain.node_ids)
    place = guarantees.debtor * nodes + guarantees.creditor
    return summed(values, place, nodes * nodes)[:, place]


# --- closing the books ---------------------------------------------------------------------------


def _closed(
    case: _Case,
    found: _Found,
    cause: Index,
    order: Index,
    called: Array,
    first: _Found,
    helped: Mask,
) -> Settled:
    """Book what was paid and who is left with what; sort the unpaid into losses and arrears."""
    now, links = case.now, case.now.chain.links
    failed = cause > 0
    gone = failed & ~case.kept
    paid = _paid(case, found)
    left = now.state.cash + links.received(paid) - links.paid(paid)
    planned = case.due[:, links.of("payout")]
    # A liquidated firm hands what is left, after all creditors, to its shareholders.
    payout = np.where(gone, np.maximum(left, 0.0), np.clip(left, 0.0, planned))
    payout = np.where(failed & case.kept, 0.0, payout)
    paid[:, links.of("payout")] = payout
    gap = np.where(links.seniority == NO_CLAIM, 0.0, found.claims.owed * (1.0 - found.share))
    gap = np.where(gap > 1e-12 * found.claims.owed, gap, 0.0)
    backed = called * found.share[:, links.of("guarantee")]
    lost = gap * _of_payer(links, failed) * _not_made_good(now.chain, gap, backed)
    late = lost[:, links.of("repayment")]
    owed = case.positions.loans + late
    given_up = _given_up(case, found, owed) * (failed & case.kept)[:, now.chain.loans.firm]
    stays = (failed & case.kept)[:, now.chain.loans.firm]
    lost[:, links.of("repayment")] = np.where(stays, given_up, late)
    standing = np.where(stays, np.maximum(owed - given_up, 0.0), case.positions.loans)
    outcome = np.where(gone, LIQUIDATED, np.where(failed, RESTRUCTURED, 0))
    return Settled(
        links=links,
        paid=paid,
        claims=found.claims.owed,
        failed=failed,
        outcome=np.where(helped & ~failed, RESCUED, outcome),
        cause=cause,
        round=np.where(failed, order, 0),
        lost=lost,
        loans=np.where(gone[:, now.chain.loans.firm], 0.0, standing),
        arrears=_arrears(now, gap, failed, gone),
        cash=np.maximum(0.0, left - payout),
        paid_share=first.cleared.paid_ratio,
        guarantee_paid=backed,
    )


def _not_made_good(chain: Chain, gap: Array, backed: Array) -> Array:
    """Return the share of what a creditor lacks that no guarantor made good (path, link)."""
    links, guarantees = chain.links, chain.guarantees
    out = np.ones_like(gap)
    if not len(guarantees.cap):
        return out
    paid = _of_same_debt(chain, backed)
    missing = losses_by_holder(links, gap)[:, guarantees.debtor, guarantees.creditor]
    share = 1.0 - covered(paid, missing, 0.0)
    for number in range(len(guarantees.cap)):
        mine = (links.payer == guarantees.debtor[number]) & (
            links.payee == guarantees.creditor[number]
        )
        out[:, mine] = share[:, number, None]
    return out


def _paid(case: _Case, found: _Found) -> Array:
    """Return what is paid on each link, payouts not yet (path, link)."""
    now, links = case.now, case.now.chain.links
    claim = links.seniority != NO_CLAIM
    paid = np.where(claim, found.claims.owed * found.share, case.due)
    paid[:, links.of("payout")] = 0.0
    paid[:, links.of("liquidation")] = found.claims.proceeds
    paid[:, links.of("default_costs")] = found.cleared.default_costs * now.state.alive
    return paid


def _given_up(case: _Case, found: _Found, owed: Array) -> Array:
    """Return debt that creditors give up for shares where they restructure (path, loan).

    ``owed`` (path, loan) is what stands and what is late. Secured loans are kept as far as
    collateral covers them; of the rest a share is given up.
    """
    chain = case.now.chain
    covered = _covered(chain, owed, found.claims.by_line, found.claims.whole)
    secured = np.where(chain.loans.seniority == SECURED, covered, 0.0)
    return np.asarray(owed * case.now.parameters["restructure_haircut"] * (1.0 - secured))


def _of_payer(links: Links, firms: Mask) -> Array:
    """Return 1 on links that these firms pay, else 0 (path, link)."""
    payer = np.minimum(links.payer, links.firms - 1)
    return np.asarray((firms[:, payer] & links.by_firm).astype(float))


def _arrears(now: Moment, gap: Array, failed: Mask, gone: Mask) -> Array:
    """Return what the living owe next quarter to those that live on (path, arrears link)."""
    links = now.chain.links
    owes = now.state.alive & ~failed
    lives = np.ones((now.state.paths, links.nodes), dtype=bool)
    lives[:, : links.firms] = now.state.alive & ~gone
    at = links.of("arrears")
    by_pair = losses_by_holder(links, gap)[:, links.payer[at], links.payee[at]]
    return np.asarray(by_pair * owes[:, links.payer[at]] * lives[:, links.payee[at]])


__all__ = ["CAUSES", "OUTCOMES", "Positions", "Settled", "settle"]
