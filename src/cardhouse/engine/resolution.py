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
    ARREARS,
    CLASSES,
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
from cardhouse.engine.funding import revenue_growth
from cardhouse.engine.links import Links, summed
from cardhouse.engine.moment import Moment
from cardhouse.engine.settlement import ClassPayments, clear_classes
from cardhouse.engine.sums import group_sum, ratio

RENT_CLAIM = 4.0
"""Quarters of rent that a lessor can claim of an estate: the year of 11 U.S.C. 502(b)(6)."""

LIQUIDATED, RESTRUCTURED, RESCUED = 1, 2, 3
OUTCOMES = ("", "liquidated", "restructured", "rescued")
"""How the quarter ended for a firm that could not pay; nothing for the others."""

SHORT, MISSED, FORCED = 1, 2, 3
CAUSES = ("", "paid too little", "missed a maturity", "forced by the scenario")
"""Why a firm is in default."""


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
    proceeds: Array  # (path, firm): what the sale of plant and other assets brings
    resources: Array  # (path, firm): cash and what is sure to come in


@dataclass(frozen=True)
class _Found:
    """One clearing: the claims, what is paid of each class, and who comes short by it."""

    claims: _Claims
    cleared: ClassPayments
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
    first = _clear(case, forced, nothing)
    rescued = np.zeros_like(forced)
    saved = _rescued(case, first)
    if saved is not None:
        case = replace(case, due=saved)
        again = _clear(case, forced, nothing)
        rescued = (first.cause > 0) & (again.cause == 0)
        first = again
    return _closed(case, *_resolved(case, first), first, rescued)


def _resolved(case: _Case, first: _Found) -> tuple[_Found, Index, Index, Array]:
    """Clear round by round; return the last clearing, causes, rounds and guarantors' bills."""
    now, found = case.now, first
    firms = len(now.chain.firm_ids)
    cause = np.where(case.forced, FORCED, 0)
    order = np.zeros_like(cause)
    called = np.zeros((now.state.paths, len(now.chain.guarantees.cap)))
    for number in range(1, 2 * firms + 2):
        new = (found.cause > 0) & (cause == 0) & now.state.alive
        cause = np.where(new, found.cause, cause)
        order = np.where((cause > 0) & (order == 0), number, order)
        asked = _guarantors_owe(case, found, cause > 0, called)
        still = np.allclose(asked, called, rtol=1e-12, atol=0.0)
        if not new.any() and still:
            break
        called = asked
        found = _clear(case, cause > 0, called)
    return found, cause, order, called


def _kept_alive(now: Moment, forced: Mask) -> Mask:
    """Tell which firms creditors would keep as going concerns (path, firm).

    A firm that may be restructured is, if it earns before interest and depreciation or still
    grows; what a scenario forces into default is liquidated.
    """
    state = now.state
    earns = state.profit + state.worn >= 0.0
    grows = revenue_growth(now) >= now.parameters["restructure_growth"]
    return np.asarray(now.chain.purses.restructures & (earns | grows) & ~forced)


# --- clearing ------------------------------------------------------------------------------------


def _clear(case: _Case, failed: Mask, guaranteed: Array) -> _Found:
    """Clear once with some firms in default and guarantors' bills (path, guarantee)."""
    now, chain = case.now, case.now.chain
    claims = _claims(case, failed, guaranteed)
    classes = _classes(chain, claims)
    cleared = clear_classes(
        classes,
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
    firms = len(now.chain.firm_ids)
    liquidated = failed & ~case.kept
    owed = np.where(links.seniority == NO_CLAIM, 0.0, case.due) + _called(case, liquidated)
    owed[:, links.of("guarantee")] += guaranteed
    by_line, whole = _sale_values(case, liquidated)
    proceeds = np.where(liquidated, whole, 0.0)
    outside = np.where(links.by_firm, 0.0, case.due)
    equity = np.where(links.kinds("equity") & links.by_firm, case.due, 0.0)
    sure = links.received(outside) + links.received(equity)
    means = now.state.cash + sure + proceeds - links.paid(equity)
    return _Claims(
        owed=owed,
        covered=_covered(now.chain, owed, by_line, whole, firms),
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


def _covered(chain: Chain, owed: Array, by_line: Array, whole: Array, firms: int) -> Array:
    """Return the share of each secured loan that its collateral covers (path, loan).

    Loans on one line's plant share it pro rata; loans on everything share what those leave.
    """
    loans, links = chain.loans, chain.links
    due = owed[:, links.of("interest")] + owed[:, links.of("repayment")]
    secured = np.where(loans.seniority == SECURED, due, 0.0)
    on_line = np.where(loans.collateral != EVERYTHING, secured, 0.0)
    line = np.maximum(loans.collateral, 0)
    asked = group_sum(on_line, line, len(chain.line_ids))
    taken = np.minimum(asked, by_line)
    left = np.maximum(0.0, whole - group_sum(taken, chain.firm_of_line, firms))
    rest = group_sum(secured - on_line, loans.firm, firms)
    by_firm = np.minimum(1.0, ratio(left, rest, 1.0))[:, loans.firm]
    by_plant = np.minimum(1.0, ratio(by_line, asked, 1.0))[:, line]
    return np.where(loans.collateral == EVERYTHING, by_firm, by_plant)


def _parts(chain: Chain, claims: _Claims) -> tuple[Array, Array, Index]:
    """Return each link's claim in its own class, the part that falls to trade, and its class."""
    links = chain.links
    secured = (links.seniority == SECURED) & (links.loan >= 0)
    covered = np.where(secured, claims.covered[:, np.maximum(links.loan, 0)], 1.0)
    if not len(chain.loans.amount):
        covered = np.ones_like(claims.owed)
    return claims.owed * covered, claims.owed * (1.0 - covered), links.seniority


def _classes(chain: Chain, claims: _Claims) -> Array:
    """Sort obligations into classes (path, class, firm, payee); all outside payees are one.

    Secured creditors stand before others up to the collateral, beside trade for the rest.
    """
    links, firms = chain.links, len(chain.firm_ids)
    at = np.flatnonzero(links.seniority != NO_CLAIM)
    own, rest, seniority = _parts(chain, claims)
    payee = np.minimum(links.payee[at], firms)

    def place(rank: Index | int) -> Index:
        return np.asarray((rank * firms + links.payer[at]) * (firms + 1) + payee)

    size = CLASSES * firms * (firms + 1)
    flat = summed(own[:, at], place(seniority[at]), size)
    flat = flat + summed(rest[:, at], place(TRADE), size)
    return flat.reshape(len(own), CLASSES, firms, firms + 1)


def _share_paid(chain: Chain, claims: _Claims, cleared: ClassPayments) -> Array:
    """Return the share paid of what is owed on each link (path, link); 1 where nothing is."""
    links = chain.links
    firm = np.minimum(links.payer, len(chain.firm_ids) - 1)
    own, rest, seniority = _parts(chain, claims)
    first = cleared.class_ratio[:, np.maximum(seniority, 0), firm]
    trade = cleared.class_ratio[:, TRADE, firm]
    share = ratio(own * first + rest * trade, claims.owed, 1.0)
    return np.where(seniority == NO_CLAIM, 1.0, share)


# --- rescues and guarantees ----------------------------------------------------------------------


def _rescued(case: _Case, found: _Found) -> Array | None:
    """Return what is due with rescues added (path, link); None where nobody is rescued.

    A rescuer gives at most a share of what its own bills leave, and what it has at hand. A firm is
    rescued only if its rescuers together can close its whole gap: half a rescue is money lost.
    """
    now, chain, links = case.now, case.now.chain, case.now.chain.links
    may = chain.purses.rescuers & now.state.alive[:, :, None] & now.state.alive[:, None, :]
    wanting = (found.cause > 0) & ~case.forced
    if not (may & wanting[:, :, None]).any():
        return None
    owed = links.paid(found.claims.owed)
    paid = links.paid(found.claims.owed * found.share)
    inflow = links.received(np.where(links.by_firm, found.claims.owed * found.share, 0.0))
    gap = np.where(wanting, owed - paid - found.cleared.default_costs, 0.0)
    surplus = found.claims.resources + inflow - owed - chain.purses.floor
    lever = np.minimum(1.0, now.drivers.strategic_supply[now.quarter])
    able = now.parameters["rescue_share"] * lever * np.maximum(0.0, surplus)
    able = np.minimum(able, found.claims.resources) * ~wanting
    offers = may * np.where(wanting, gap, 0.0)[:, :, None] * (able[:, None, :] > 0)
    asked = offers.sum(axis=1)
    offers = offers * np.minimum(1.0, ratio(able, asked, 1.0))[:, None, :]
    together = offers.sum(axis=2)
    enough = (together >= gap) & (gap > 0)
    given = offers * (enough * ratio(gap, together))[:, :, None]
    if not enough.any():
        return None
    out = case.due.copy()
    at = links.of("equity")
    firm_pays = links.payer[at] < len(chain.firm_ids)
    investor = np.where(firm_pays, links.payer[at], 0)
    out[:, at] += np.where(firm_pays, given[:, links.payee[at], investor], 0.0)
    return out


def _guarantors_owe(case: _Case, found: _Found, failed: Mask, called: Array) -> Array:
    """Return what guarantors owe (path, guarantee) for what failed debtors leave unpaid.

    It never falls from round to round: a guarantor's payment is not taken back.
    """
    now, links, guarantees = case.now, case.now.chain.links, case.now.chain.guarantees
    if not len(guarantees.cap):
        return called
    gap = losses_by_holder(links, found.claims.owed * (1.0 - found.share))
    unpaid = gap[:, guarantees.debtor, guarantees.creditor] * failed[:, guarantees.debtor]
    left = np.maximum(0.0, guarantees.cap - now.state.guarantee_paid)
    alive = now.state.alive[:, guarantees.guarantor]
    creditors = np.ones((now.state.paths, links.nodes), dtype=bool)
    creditors[:, : links.firms] = now.state.alive
    runs = alive & creditors[:, guarantees.creditor]
    return np.maximum(called, np.minimum(left, unpaid) * runs)


# --- closing the books ---------------------------------------------------------------------------


def _closed(
    case: _Case,
    found: _Found,
    cause: Index,
    order: Index,
    called: Array,
    first: _Found,
    rescued: Mask,
) -> Settled:
    """Book what was paid and who is left with what; sort the unpaid into losses and arrears."""
    now, links = case.now, case.now.chain.links
    failed = cause > 0
    paid = _paid(case, found)
    left = now.state.cash + links.received(paid) - links.paid(paid)
    planned = case.due[:, links.of("payout")]
    # A liquidated firm hands what is left, after all creditors, to its shareholders.
    gone = failed & ~case.kept
    payout = np.where(gone, np.maximum(left, 0.0), np.clip(left, 0.0, planned))
    payout = np.where(failed & case.kept, 0.0, payout)
    paid[:, links.of("payout")] = payout
    gap = np.where(links.seniority == NO_CLAIM, 0.0, found.claims.owed * (1.0 - found.share))
    gap = np.where(gap > 1e-12 * found.claims.owed, gap, 0.0)
    lost = gap * _of_payer(links, failed)
    given_up = _given_up(case, found, failed)
    repaid = links.of("repayment")
    lost[:, repaid] = np.where(_of_payer(links, gone)[:, repaid] > 0, lost[:, repaid], given_up)
    outcome = np.where(gone, LIQUIDATED, np.where(failed, RESTRUCTURED, 0))
    outcome = np.where(rescued & ~failed, RESCUED, outcome)
    return Settled(
        links=links,
        paid=paid,
        claims=found.claims.owed,
        failed=failed,
        outcome=outcome,
        cause=cause,
        round=np.where(failed, order, 0),
        lost=lost,
        loans=_standing(case, found, failed, given_up),
        arrears=_arrears(now, gap, failed),
        cash=np.maximum(0.0, left - payout),
        paid_share=first.cleared.paid_ratio,
        guarantee_paid=called * found.share[:, links.of("guarantee")],
    )


def _paid(case: _Case, found: _Found) -> Array:
    """Return what is paid on each link, payouts not yet (path, link)."""
    now, links = case.now, case.now.chain.links
    claim = links.seniority != NO_CLAIM
    paid = np.where(claim, found.claims.owed * found.share, case.due)
    paid[:, links.of("payout")] = 0.0
    paid[:, links.of("liquidation")] = found.claims.proceeds
    paid[:, links.of("default_costs")] = found.cleared.default_costs * now.state.alive
    return paid


def _late(case: _Case, found: _Found) -> Array:
    """Return repayments due and not paid (path, loan)."""
    at = case.now.chain.links.of("repayment")
    return np.asarray(found.claims.owed[:, at] * (1.0 - found.share[:, at]))


def _given_up(case: _Case, found: _Found, failed: Mask) -> Array:
    """Return debt that creditors of the restructured give up for shares (path, loan).

    Secured loans are kept as far as collateral covers them; of the rest a share is given up.
    """
    now, loans = case.now, case.now.chain.loans
    owed = case.positions.loans + _late(case, found)
    secured = np.where(loans.seniority == SECURED, found.claims.covered, 0.0)
    cut = now.parameters["restructure_haircut"] * (1.0 - secured)
    return np.asarray(owed * cut * (failed & case.kept)[:, loans.firm])


def _standing(case: _Case, found: _Found, failed: Mask, given_up: Array) -> Array:
    """Return debt after the quarter (path, loan); what a restructured firm repaid late is owed."""
    firm = case.now.chain.loans.firm
    kept = (failed & case.kept)[:, firm]
    gone = (failed & ~case.kept)[:, firm]
    owed = case.positions.loans + np.where(kept, _late(case, found), 0.0) - given_up
    return np.where(gone, 0.0, np.maximum(owed, 0.0))


def _of_payer(links: Links, firms: Mask) -> Array:
    """Return 1 on links that these firms pay, else 0 (path, link)."""
    payer = np.minimum(links.payer, links.firms - 1)
    return np.asarray((firms[:, payer] & links.by_firm).astype(float))


def _arrears(now: Moment, gap: Array, failed: Mask) -> Array:
    """Return what the living owe next quarter to the living (path, arrears link)."""
    links = now.chain.links
    living = now.state.alive & ~failed
    lives = np.ones((now.state.paths, links.nodes), dtype=bool)
    lives[:, : links.firms] = living
    at = links.of("arrears")
    by_pair = losses_by_holder(links, gap)[:, links.payer[at], links.payee[at]]
    return np.asarray(by_pair * living[:, links.payer[at]] * lives[:, links.payee[at]])


__all__ = ["ARREARS", "CAUSES", "OUTCOMES", "Positions", "Settled", "settle"]
