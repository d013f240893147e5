"""What is read in twenty seconds: the headline, one plain sentence, four numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cardhouse.report._cast import Cast, Document
from cardhouse.report._payer_groups import (
    BUYERS,
    GROUPS,
    KNOWN,
    buyers_told,
    by_group,
    source_group,
    users_words,
)
from cardhouse.report.intervals import billions, bracketed, hundredths
from cardhouse.report.wording import NO_BREAK, UNKNOWN, counted, dollars, listed, percent
from cardhouse.studies.extracts import last_seller

USERS_PAY = "ledger.users_pay_per_dollar_of_cost"
ONE_PATH = "one path of many: cardhouse ensemble tells how likely failures are"
ON_ONE_PATH = "on the central path"


NO_OWN_USE = "without groups' own use"
NETTED = "counted firm by firm, where a group's other sales cover its own use"
"""Why what customers do not pay is not what users fall short of the chain's cost."""


def has_own_use(ledger: Mapping[str, Any]) -> bool:
    """Tell whether sellers' own parents use any of what the chain makes."""
    cost = ledger.get("use_cost_usd_bn") or {}
    return bool(cost.get("sold_use", 0.0) < (1.0 - ROUNDING) * cost.get("with_programs", 0.0))


ROUNDING = 1e-9


@dataclass(frozen=True)
class Number:
    """One of the four: the figure, what it is, and a line that puts it in place."""

    figure: str
    what: str
    detail: str


def headline_numbers(document: Document, cast: Cast) -> list[Number]:
    """Return the four numbers."""
    return [
        _users_pay(document),
        _subsidy(document, cast),
        _who_pays(document, cast),
        _failures(document),
    ]


def _cents(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.0f}¢"


def _users_pay(document: Document) -> Number:
    pays = document["ledger"]["users_pay_per_dollar_of_cost"]
    detail = f"{_cents(pays['without_programs'])}{_span(document, 'without_programs')}"
    detail += " without training and research"
    if pays.get("cash") is not None:
        detail += f", {_cents(pays['cash'])}{_span(document, 'cash')} counted in cash"
    if has_own_use(document["ledger"]):
        detail += f", {_cents(pays['sold_use'])}{_span(document, 'sold_use')} {NO_OWN_USE}"
    span = hundredths(document, f"{USERS_PAY}.with_programs")
    detail = f"{span}¢ in 80% of draws; {detail}" if span else detail
    return Number(
        _cents(pays["with_programs"]), "of each dollar the chain costs is paid by its users", detail
    )


def _span(document: Document, measure: str) -> str:
    return bracketed(hundredths(document, f"{USERS_PAY}.{measure}"))


def _subsidy(document: Document, cast: Cast) -> Number:
    """Return the cost that customers did not pay, and who paid most of it."""
    ledger = document["ledger"]
    what = f"of cost in {document['quarters'][0]} not paid by customers"
    payers = {one: paid for one, paid in ledger["subsidy_by_source"].items() if one in cast.rows}
    unpaid = sum(max(firm["noncash_part"], 0.0) for firm in ledger["subsidy_by_firm"])
    span = billions(document, "ledger.subsidy_usd_bn")
    parts = [f"${span}{NO_BREAK}bn in 80% of draws"] if span else []
    if payers:
        payer, most = max(payers.items(), key=lambda one: (one[1], one[0]))
        parts.append(f"most of the cash from: {cast.name(payer)}, {dollars(most)}")
    if unpaid > 0:
        parts.append(f"{dollars(unpaid)} of it is wear, shares and credits, not cash")
    if has_own_use(ledger) and ledger.get("subsidy_sold_use_usd_bn") is not None:
        parts.append(f"{dollars(ledger['subsidy_sold_use_usd_bn'])} {NO_OWN_USE}; {NETTED}")
    total = sum(ledger["subsidy_by_source"].values())
    return Number(dollars(total), what, "; ".join(parts) or "customers cover the cost")


def _who_pays(document: Document, cast: Cast) -> Number:
    seller = last_seller(document)
    shares = document["trace"].get(seller["id"], {}) if seller else {}
    if seller is None or not shares:
        return Number(
            UNKNOWN, "of the last seller's sales is paid by known final customers", "not traced"
        )
    sums = by_group(cast, shares)
    buyers = [
        (cast.name(source), group, share)
        for source, share in shares.items()
        if (group := source_group(cast, source)) in BUYERS
    ]
    others = buyers_told(users_words(document), buyers)
    others += [
        f"{GROUPS[group]} {percent(share)}"
        for group, share in sums.items()
        if group not in BUYERS and share > 0
    ]
    known = sum(sums[group] for group in KNOWN)
    return Number(percent(known), paid_by_known(seller["name"]), listed(others))


def paid_by_known(seller: str) -> str:
    """Return what the share of known final customers in a seller's sales is."""
    return f"of {seller}'s sales is ultimately paid by known final customers"


def _failures(document: Document) -> Number:
    failed = sorted(document["fragility"]["defaults"], key=lambda one: one["quarter"])
    what = f"{ON_ONE_PATH}, until {document['quarters'][-1]}"
    if not failed:
        return Number("No firm fails", what, ONE_PATH)
    detail = f"first: {failed[0]['name']}, {failed[0]['quarter']}; {ONE_PATH}"
    count = len({one["entity"] for one in failed})
    return Number(f"{counted(count, 'firm fails', 'firms fail')}", what, detail)
