"""What is read in twenty seconds: the headline, one plain sentence, four numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cardhouse.report._cast import Cast, Document
from cardhouse.report.intervals import billions, bracketed, hundredths
from cardhouse.report.wording import NO_BREAK, UNKNOWN, counted, dollars, listed, percent
from cardhouse.studies.extracts import last_seller

GROUPS = {
    "users": "final customers",
    "investors": "investors and lenders",
    "firms": "other firms",
    "business": "business outside the chain",
    "rest": "earlier cash and the rest",
}
NAMED_CUSTOMERS = 2
USERS_PAY = "ledger.users_pay_per_dollar_of_cost"
_KINDS = {"segment": "users", "pool": "investors", "outside": "business"}


@dataclass(frozen=True)
class Number:
    """One of the four: the figure, what it is, and a line that puts it in place."""

    figure: str
    what: str
    detail: str


def source_group(cast: Cast, source: str) -> str:
    """Return which kind of payer a traced source is, a key of `GROUPS`."""
    if source not in cast.rows:
        return "rest"
    return _KINDS.get(cast.kind(source), "firms")


def by_group(cast: Cast, shares: Mapping[str, float]) -> dict[str, float]:
    """Return traced shares added up by kind of payer."""
    sums = dict.fromkeys(GROUPS, 0.0)
    for source, share in shares.items():
        sums[source_group(cast, source)] += share
    return sums


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
    total = sum(ledger["subsidy_by_source"].values())
    return Number(dollars(total), what, "; ".join(parts) or "customers cover the cost")


def _who_pays(document: Document, cast: Cast) -> Number:
    seller = last_seller(document)
    shares = document["trace"].get(seller["id"], {}) if seller else {}
    if seller is None or not shares:
        return Number(
            UNKNOWN, "of the last seller's sales is paid by final customers", "not traced"
        )
    sums = by_group(cast, shares)
    customers = [
        (cast.name(source), share)
        for source, share in shares.items()
        if source_group(cast, source) == "users"
    ]
    others = customers_told(customers)
    others += [
        f"{GROUPS[group]} {percent(share)}"
        for group, share in sums.items()
        if group != "users" and share > 0
    ]
    what = f"of {seller['name']}'s sales is ultimately paid by final customers"
    return Number(percent(sums["users"]), what, listed(others) or "nobody else pays")


def customers_told(customers: Iterable[tuple[str, float]]) -> list[str]:
    """Return which final customers pay most, each with its share of the seller's sales.

    Examples
    --------
    >>> customers_told([("Users", 0.02), ("Buyers", 0.38), ("Firms", 0.05), ("Others", 0.01)])
    ['Buyers 38%', 'Firms 5%', 'other customers 3%']
    """
    found = sorted((one for one in customers if one[1] > 0), key=lambda one: (-one[1], one[0]))
    told = [f"{name} {percent(share)}" for name, share in found[:NAMED_CUSTOMERS]]
    rest = sum(share for _, share in found[NAMED_CUSTOMERS:])
    return [*told, f"other customers {percent(rest)}"] if rest > 0 else told


def _failures(document: Document) -> Number:
    failed = sorted(document["fragility"]["defaults"], key=lambda one: one["quarter"])
    what = f"until {document['quarters'][-1]}"
    if not failed:
        return Number("No firm fails", what, "no default in this run")
    detail = f"first: {failed[0]['name']}, {failed[0]['quarter']}"
    count = len({one["entity"] for one in failed})
    return Number(f"{counted(count, 'firm fails', 'firms fail')}", what, detail)
