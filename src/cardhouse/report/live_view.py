"""The live picture's numbers of one run: what a page shows while a lever is dragged.

One small document: four headline numbers by quarter, a sentence, the money flow along the ribbons
of a stage, layers, payers, and who fails when. Everything is the same arithmetic as in the result
document, taken from the same arrays, and rounded at the very end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cardhouse.analysis.ledger import sold_use_subsidy
from cardhouse.analysis.use_cost import own_use_shares, use_cost
from cardhouse.engine.absorbing import exit_shares_compiled
from cardhouse.engine.arrays import Array
from cardhouse.engine.resolution import OUTCOMES
from cardhouse.model.scenario import Scenario
from cardhouse.report._headline import (
    NETTED,
    NO_OWN_USE,
    ON_ONE_PATH,
    ONE_PATH,
    paid_by_known,
)
from cardhouse.report._payer_groups import BUYERS, GROUPS, KNOWN, buyers_told, users_words
from cardhouse.report.live_stage import LiveStage, Scene, paid_by_link
from cardhouse.report.summary_text import headline
from cardhouse.report.wording import UNKNOWN, counted, dollars, listed, percent
from cardhouse.studies.document_entities import STATUS, status_places, tier_sums, tiers_of
from cardhouse.studies.driving import idle_levers
from cardhouse.studies.run import moves_something
from cardhouse.studies.traces import seller_shares
from cardhouse.studies.views import View

Row = dict[str, Any]

DECIMALS = 4
"""Digits after the point: a hundred thousand dollars, a hundredth of a percent."""
TOLD_FROM = 0.005
"""Share from which a payer is told."""
TIER_SERIES = ("revenue", "full_cost", "operating_result", "raised")
LETTERS = {
    "active": "a",
    "stressed": "s",
    "restructured": "r",
    "rescued": "c",
    "in_default": "d",
    "gone": "g",
}
"""One letter for each way a firm can stand at the end of a quarter."""
OWN_TITLE = "Your levers"


@dataclass(frozen=True)
class Shown:
    """One run beside the baseline of its scene."""

    scene: Scene
    view: View
    scenario: Scenario
    title: str

    @cached_property
    def failures(self) -> list[Row]:
        """Return every default in order of time."""
        failed = self.view.trajectory.of_record("failed")
        outcome = self.view.trajectory.of_record("outcome")
        chain, quarters = self.view.chain, self.view.quarters
        return [
            {
                "entity": chain.firm_ids[firm],
                "name": chain.world.entity(chain.firm_ids[firm]).name,
                "quarter": quarters[at],
                "at": at,
                "outcome": OUTCOMES[outcome[at, firm]],
            }
            for at, firm in np.argwhere(failed).tolist()
        ]

    @cached_property
    def populations(self) -> list[Row]:
        """Return how the members of each population fare."""
        if not self.scene.members or self.view.whole is None:
            return []
        alive = self.view.whole.of_state("alive") > 0
        failed = self.view.whole.of_record("failed") > 0
        return [
            {
                "id": name,
                "name": self.scene.cast.name(name),
                "members": len(places),
                "alive": alive[:, places].sum(axis=1).tolist(),
                "defaults": failed[:, places].sum(axis=1).tolist(),
            }
            for name, places in self.scene.members.items()
        ]

    @cached_property
    def shares(self) -> Array:
        """Return who ultimately pays the seller (quarter, source); zeros where it sells nothing."""
        sink = self.scene.seller_sink
        if sink is None:
            return np.zeros((self.view.books.rows, 0))
        sources, shares = seller_shares(self.view, sink)
        if sources == self.scene.sources:
            return shares
        known = {name: at for at, name in enumerate(self.scene.sources)}
        out = np.zeros((len(shares), len(known)))
        for at, name in enumerate(sources):
            out[:, known[name]] += shares[:, at]
        return out

    @cached_property
    def sales(self) -> Array:
        """Return the seller's revenue (quarter,)."""
        unit, books = self.scene.seller_unit, self.view.books
        if unit is None:
            return np.zeros(books.rows)
        if unit.is_firm:
            return np.asarray(books.revenue[:, unit.firm])
        return np.asarray(books.line_revenue[:, unit.lines].sum(axis=1))

    def sentence(self) -> str:
        """Return what the scenario does, in one sentence."""
        seller, scene = self.scene.seller, self.scene
        rows = [] if seller is None else [{**seller, "revenue": self.sales.tolist()}]
        people = [
            {**one, "kind": "population", "tier": "", "revenue": []} for one in self.populations
        ]
        moved = moves_something(self.scenario)
        return headline(
            {
                "manifest": {"scenario_title": self.title},
                "quarters": self.view.quarters,
                "tiers": scene.document["tiers"],
                "entities": [*rows, *people],
                "fragility": {"defaults": self.failures},
                "baseline": {"entities": [] if seller is None else [seller]} if moved else None,
            }
        )


def live_view(
    stage: LiveStage,
    view: View,
    scenario: Scenario,
) -> Row:
    """Return the numbers of a run in the places of a stage (``cardhouse/view/1``).

    Parameters
    ----------
    stage
        The stage that the run's ribbons and nodes refer to.
    view
        The run, on the stage's own world and over as many quarters.
    scenario
        What was moved in it.
    """
    scene = stage.scene
    told = Shown(scene, view, scenario, title_of(scenario))
    amounts = stage.by_ribbon(paid_by_link(view))
    received, paid = stage.by_node(amounts)
    used = np.flatnonzero(amounts.any(axis=0))
    return {
        "schema": "cardhouse/view/1",
        "digest": scene.digester.of(scenario, view.books.rows - 1),
        "stage": scene.manifest["digest"],
        "scenario": scenario.id,
        "title": told.title,
        "levers": dict(scenario.levers),
        "idle_levers": idle_levers(view.chain, scenario),
        "sentence": told.sentence(),
        "numbers": headline_series(told),
        "ribbons": {"at": used, "paid": rounded(amounts[:, used].T)},
        "nodes": {"received": rounded(received.T), "paid": rounded(paid.T)},
        "upstream": rounded(amounts[:, stage.red].sum(axis=1)),
        "tiers": _tiers(view),
        "payers": _payers(told),
        "failures": told.failures,
        "populations": told.populations,
        "status": _statuses(view),
        "changes_nothing": moves_something(scenario) and _as_baseline(stage.scene, view),
    }


def title_of(scenario: Scenario) -> str:
    """Return what a run is called: by its scenario, or by what a person has moved alone."""
    if scenario.id == "baseline" and moves_something(scenario):
        return OWN_TITLE
    return scenario.title


def rounded(values: Any) -> Array:
    """Return numbers as they are sent: finite, rounded, and 0 without a sign.

    Examples
    --------
    >>> rounded([1.234567, -1e-9]).tolist()
    [1.2346, 0.0]
    """
    return np.ascontiguousarray(np.round(np.asarray(values, dtype=float), DECIMALS) + 0.0)


def _maybe(values: Sequence[float | None]) -> list[float | None]:
    return [None if one is None else round(one, DECIMALS) + 0.0 for one in values]


def _as_baseline(scene: Scene, view: View) -> bool:
    """Tell whether every payment and purse of a run is the baseline's."""
    base = scene.baseline
    if not np.array_equal(paid_by_link(view), scene.paid):
        return False
    return np.array_equal(view.books.revenue, base.books.revenue)


def _tiers(view: View) -> list[Row]:
    """Return some series of each tier."""
    sums = tier_sums(view)
    series = {name: rounded(sums[name].T) for name in TIER_SERIES}
    return [
        {"tier": tier, **{name: rows[at] for name, rows in series.items()}}
        for at, tier in enumerate(tiers_of(view))
    ]


def _payers(told: Shown) -> Row:
    used = np.flatnonzero((told.shares >= TOLD_FROM).any(axis=0))
    return {"at": used, "share": rounded(told.shares[:, used].T)}


def _statuses(view: View) -> dict[str, str]:
    """Return a letter a quarter for each firm that is ever in trouble."""
    places = status_places(view)
    letters = np.array([LETTERS[word] for word in STATUS])[places]
    firms = np.flatnonzero((places != STATUS.index("active")).any(axis=0)).tolist()
    names = view.chain.firm_ids
    return {names[firm]: "".join(letters[:, firm].tolist()) for firm in firms}


# --- the four numbers --------------------------------------------------------------------------


def headline_series(told: Shown) -> list[Row]:
    """Return the four headline numbers by quarter, as figures and as they are shown."""
    return [_users_pay(told), _subsidy(told), _users_share(told), _failures(told)]


def _users_pay(told: Shown) -> Row:
    use = use_cost(told.view.books, told.view.costs, exit_shares_compiled)
    whole, narrow, cash, sold = (
        use.paid_per_dollar(name)
        for name in ("with_programs", "without_programs", "cash", "sold_use")
    )
    own = own_use(told)
    return {
        "id": "users_pay",
        "key": "ledger_by_quarter.users_pay_per_dollar_of_cost.with_programs",
        "unit": "share",
        "what": "of each dollar the chain costs is paid by its users",
        "values": _maybe(whole),
        "shown": [_cents(one) for one in whole],
        "detail": [
            f"{_cents(one)} without training and research, {_cents(other)} counted in cash"
            + (f", {_cents(third)} {NO_OWN_USE}" if is_own else "")
            for one, other, third, is_own in zip(narrow, cash, sold, own, strict=True)
        ],
    }


def own_use(told: Shown) -> list[bool]:
    """Tell in which quarters sellers' own parents use any of what the chain makes."""
    shares = own_use_shares(told.view.books)
    return [bool(row.max(initial=0.0) > 0) for row in shares]


def _cents(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.0f}¢"


def _subsidy(told: Shown) -> Row:
    ledger, cast = told.view.ledger, told.scene.cast
    total = ledger.subsidy.sum(axis=1)
    unpaid = np.maximum(ledger.noncash_part, 0.0).sum(axis=1)
    sold = sold_use_subsidy(told.view.books, told.view.costs).sum(axis=1)
    known = np.array([one in cast.rows for one in ledger.sources])
    given = np.where(known, ledger.by_source.sum(axis=1), 0.0)
    return {
        "id": "subsidy",
        "key": "ledger_by_quarter.subsidy",
        "unit": "usd_bn",
        "what": "of cost in the quarter not paid by customers",
        "values": rounded(total),
        "shown": [dollars(one) for one in total.tolist()],
        "detail": [
            _who_gave(told, row, float(wear))
            + (f"; {dollars(float(left))} {NO_OWN_USE}; {NETTED}" if is_own else "")
            for row, wear, left, is_own in zip(given, unpaid, sold, own_use(told), strict=True)
        ],
    }


def _who_gave(told: Shown, given: Array, unpaid: float) -> str:
    """Return who paid most of a quarter's subsidy, and how much of it is no cash."""
    parts = []
    most = int(given.argmax())
    if given[most] > 0:
        name = told.scene.cast.name(told.view.ledger.sources[most])
        parts.append(f"most of the cash from: {name}, {dollars(float(given[most]))}")
    if unpaid > 0:
        parts.append(f"{dollars(unpaid)} of it is wear, shares and credits, not cash")
    return "; ".join(parts) or "customers cover the cost"


def _users_share(told: Shown) -> Row:
    seller = told.scene.seller
    sums = _by_group(told)
    sells = told.shares.sum(axis=1) > 0
    known = sum((sums[group] for group in KNOWN), start=np.zeros(len(sells)))
    users = list(zip(known.tolist(), sells.tolist(), strict=True))
    return {
        "id": "users_share",
        "key": "" if seller is None else f"trace_by_quarter.{seller['id']}",
        "unit": "share",
        "what": paid_by_known(seller["name"] if seller else "the last seller"),
        "values": [round(one, DECIMALS) if ok else None for one, ok in users],
        "shown": [percent(one) if ok else UNKNOWN for one, ok in users],
        "detail": _others_told(told, sums),
    }


def _by_group(told: Shown) -> Mapping[str, Array]:
    """Return the traced shares by kind of payer (quarter,)."""
    groups = told.scene.source_groups
    return {
        name: told.shares[:, groups == name].sum(axis=1) if told.shares.size else told.shares.sum(1)
        for name in GROUPS
    }


def _others_told(told: Shown, sums: Mapping[str, Array]) -> list[str]:
    """Return who else pays the seller, a text a quarter."""
    scene = told.scene
    kinds = scene.source_groups[: told.shares.shape[1]]  # none: nothing is sold
    places = np.flatnonzero(np.isin(kinds, BUYERS))
    names = [scene.cast.name(scene.sources[place]) for place in places]
    groups = [(GROUPS[name], share.tolist()) for name, share in sums.items() if name not in BUYERS]
    users = users_words({"manifest": scene.manifest})
    texts = []
    for at, shares in enumerate(told.shares[:, places].tolist()):
        parts = buyers_told(users, zip(names, kinds[places].tolist(), shares, strict=True))
        parts += [f"{name} {percent(share[at])}" for name, share in groups if share[at] > 0]
        texts.append(listed(parts) or "nobody else pays")
    return texts


def _failures(told: Shown) -> Row:
    """Return how many firms have failed by the end of each quarter, each counted once."""
    first: dict[str, Row] = {}
    for one in told.failures:
        first.setdefault(one["entity"], one)
    counts = np.zeros(told.view.books.rows, dtype=np.int64)
    for one in first.values():
        counts[one["at"] :] += 1
    return {
        "id": "failures",
        "key": "fragility.defaults",
        "unit": "count",
        "what": f"{ON_ONE_PATH}, until the quarter's end",
        "values": counts,
        "shown": [
            counted(n, "firm fails", "firms fail") if n else "No firm fails"
            for n in counts.tolist()
        ],
        "detail": [_first_words(list(first.values()), at) for at in range(len(counts))],
    }


def _first_words(failed: Sequence[Row], at: int) -> str:
    by_then = [one for one in failed if one["at"] <= at]
    if not by_then:
        return ONE_PATH
    return f"first: {by_then[0]['name']}, {by_then[0]['quarter']}; {ONE_PATH}"


__all__ = ["DECIMALS", "LETTERS", "Shown", "headline_series", "live_view", "rounded", "title_of"]
