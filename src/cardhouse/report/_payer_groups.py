"""Kinds of payers that a trace ends at: known final customers, buyers of unknown means, others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cardhouse.report._cast import Cast, Document
from cardhouse.report.wording import listed, percent

USERS, CUSTOMERS, UNKNOWN_BUYERS = "users", "customers", "unknown"
GROUPS = {
    USERS: "users of the chain's own business",
    CUSTOMERS: "customers of other business",
    UNKNOWN_BUYERS: "buyers outside the chain, their own money unknown",
    "investors": "investors and lenders",
    "firms": "other firms",
    "business": "business outside the chain",
    "rest": "earlier cash and the rest",
}
KNOWN = (USERS, CUSTOMERS)
"""Those who pay out of their own pockets for what they use: known final customers."""
BUYERS = (*KNOWN, UNKNOWN_BUYERS)
_BY_PURCHASE = {"use": USERS, "other": CUSTOMERS, "plant": UNKNOWN_BUYERS}
_KINDS = {"pool": "investors", "outside": "business"}
ONE_DIGIT_BELOW = 0.0995
"""Share below which small payers are told with one digit after the point."""


def source_group(cast: Cast, source: str) -> str:
    """Return which kind of payer a traced source is, a key of `GROUPS`."""
    row = cast.rows.get(source)
    if row is None:
        return "rest"
    if row["kind"] == "segment":
        return _BY_PURCHASE[row.get("buys", "use")]
    return _KINDS.get(row["kind"], "firms")


def by_group(cast: Cast, shares: Mapping[str, float]) -> dict[str, float]:
    """Return traced shares added up by kind of payer."""
    sums = dict.fromkeys(GROUPS, 0.0)
    for source, share in shares.items():
        sums[source_group(cast, source)] += share
    return sums


def users_words(document: Document) -> str:
    """Return what users of the business that a document is about are called."""
    subject = document.get("manifest", {}).get("subject")
    return f"users of {subject}" if subject else GROUPS[USERS]


def small_percent(share: float) -> str:
    """Return a share as a percentage, with one digit after the point where it is small.

    Examples
    --------
    >>> [small_percent(share) for share in (0.0194, 0.0004, 0.384, 0.02)]
    ['1.9%', '<0.1%', '38%', '2%']
    """
    if 0 < share < 0.0005:
        return "<0.1%"
    if share < ONE_DIGIT_BELOW:
        return f"{100 * share:.1f}".removesuffix(".0") + "%"
    return percent(share)


def buyers_told(users: str, buyers: Iterable[tuple[str, str, float]]) -> list[str]:
    """Return what buyers outside the chain pay of a seller's sales, known and unknown apart.

    Parameters
    ----------
    users
        What users of the chain's own business are called.
    buyers
        Name, group and share of each.

    Examples
    --------
    >>> paid = [("People", "users", 0.02), ("Renters", "users", 0.03), ("Rest", "unknown", 0.4)]
    >>> buyers_told("users of AI", paid)
    ['users of AI 5% (Renters 3%, the rest 2%)', 'Rest 40%, whose own money is unknown']
    """
    by_kind: dict[str, list[tuple[str, float]]] = {kind: [] for kind in BUYERS}
    for name, kind, share in buyers:
        if share > 0:
            by_kind[kind].append((name, share))
    for found in by_kind.values():
        found.sort(key=lambda one: (-one[1], one[0]))
    told = [users_told(users, by_kind[USERS])] if by_kind[USERS] else []
    told += [f"{name} {small_percent(share)}" for name, share in by_kind[CUSTOMERS]]
    unknown = [f"{name} {small_percent(share)}" for name, share in by_kind[UNKNOWN_BUYERS]]
    return [*told, f"{listed(unknown)}, whose own money is unknown"] if unknown else told


def users_told(users: str, found: list[tuple[str, float]]) -> str:
    """Return what users pay together, and apart from the largest of them; largest first."""
    whole = small_percent(sum(share for _, share in found))
    rest = sum(share for _, share in found[1:])
    if not rest:
        return f"{users} {whole}"
    name, share = found[0]
    return f"{users} {whole} ({name} {small_percent(share)}, the rest {small_percent(rest)})"
