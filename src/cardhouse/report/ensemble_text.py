"""What an ensemble says, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

LARGEST = 4
CHANGES = ("users_pay", "revenue", "capex", "raised", "debt")
"""Variables of all firms together whose changes are told."""
NAMED = 3
"""Firms that the headline names."""


def headline(document: Document) -> str:
    """Return who is most likely to fail, and what that costs, in two sentences or three."""
    parts = [*_spread(document), *_losses(document), *_against(document)]
    return " ".join([_failures(document), *parts])


def share(value: float, error: float) -> str:
    """Return a share of paths with its error.

    Examples
    --------
    >>> share(0.5703, 0.038), share(0.0, 0.001)
    ('57.0 ± 3.8 %', 'none')
    """
    return f"{100 * value:.1f} ± {100 * error:.1f} %" if value else "none"


def amount(value: float | None) -> str:
    """Return an amount with three digits.

    Examples
    --------
    >>> [amount(one) for one in (1234.5, 12.34, 0.456, None)]
    ['1,234', '12.3', '0.46', '-']
    """
    if value is None:
        return "-"
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"


def drawn_words(document: Document) -> str:
    """Return what is drawn, and how often the accounts are."""
    made = document["manifest"]
    kinds = {
        "accounts": "the accounts", "term": "terms of demand and capacity",
        "parameter": "the laws' parameters", "shock": "shocks quarter by quarter",
    }  # fmt: skip
    drawn = [words for kind, words in kinds.items() if kind not in made["certain"]]
    if not drawn:
        return "Nothing is drawn: all paths are the same."
    said = f"Drawn: {', '.join(drawn)}."
    if {"accounts", "term"} <= set(made["certain"]):
        return said
    return f"{said} Accounts and terms {made['leaves']:,} times."


def caution(document: Document) -> str:
    """Return how to read the figures: errors, paths left out, populations, assumptions."""
    ended, made, inputs = document["endings"], document["manifest"], document["inputs"]
    said = "± is one Monte Carlo standard error: more paths make it smaller, the model no truer."
    rank = document["quantile_rank_error"]
    if rank:
        said += f" Ranks of quantiles are right within {100 * rank:.1f} %."
    if ended["explosive"]:
        said += f" {ended['explosive']:,} paths ended early, explosive, and are left out."
    if ended["refused"]:
        said += f" {ended['refused']:,} paths could not be begun: {document['refusal']}"
    if made["populations"] and not made["members"]:
        said += " A population runs as one firm; --members runs its firms one by one."
    assumed = sum(one["assumption"] for one in inputs)
    return f"{said} {assumed} of {len(inputs)} uncertain inputs rest on assumptions."


def change_rows(document: Document) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return the changes that are told: whose, of what, and the series; none without another."""
    if document["manifest"]["against"] is None:
        return []
    rows = {(row["entity"], row["variable"]): row for row in document["series"]}
    firms = [row for (who, what), row in rows.items() if what == "revenue" and who != "chain"]
    largest = sorted(firms, key=lambda row: -row["mean"][0])[:LARGEST]
    keys = [("chain", name) for name in CHANGES] + [(row["entity"], "revenue") for row in largest]
    found = [(rows[who, f"{what}_change"], what) for who, what in keys if (who, what) in rows]
    return [(row["name"], what, row) for row, what in found]


def failure_changes(document: Document) -> list[Mapping[str, Any]]:
    """Return by how much more often firms fail than under the other scenario, largest first."""
    found = [row for row in document["series"] if row["variable"] == "failed_change"]
    moved = [row for row in found if row["mean"][-1]]
    return sorted(moved, key=lambda row: -abs(row["mean"][-1]))


def _against(document: Document) -> list[str]:
    """Return the largest firm's change against the other scenario."""
    told = [row for _, what, row in change_rows(document) if what == "revenue"]
    firms = [row for row in told if row["entity"] != "chain"]
    if not firms:
        return []
    most = max(firms, key=lambda row: abs(row["mean"][-1]))
    change = f"{signed(most['mean'][-1])} ± {amount(most['error'][-1])} USD bn a quarter"
    title = document["manifest"]["against_title"]
    return [f"Against '{title}', path by path, {most['name']}'s revenue changes by {change}."]


def signed(value: float | None) -> str:
    """Return an amount with its sign.

    Examples
    --------
    >>> signed(-12.34), signed(0.5), signed(0.0)
    ('-12.3', '+0.50', '0.00')
    """
    return f"+{amount(value)}" if value is not None and value > 0 else amount(value)


def _failures(document: Document) -> str:
    last = document["quarters"][-1]
    found = sorted(document["defaults"], key=lambda row: -row["probability"])
    named = [row for row in found if row["probability"] > 0][:NAMED]
    if not named:
        return f"No firm fails in any path by {last}."
    first, *rest = named
    said = f"{first['name']} fails in {share(first['probability'], first['error'])} of paths"
    said = f"{said} by {last}"
    for row in rest:
        said += f", {row['name']} in {share(row['probability'], row['error'])}"
    none = document["failures"]["probability"][0]
    return f"{said}; in {100 * none:.0f} % nobody does."


def _spread(document: Document) -> list[str]:
    rows = {(row["entity"], row["variable"]): row for row in document["series"]}
    row = rows.get(("chain", "users_pay"))
    if row is None:
        return []
    ends = [row["quantiles"][at][-1] for at in ("0.1", "0.5", "0.9")]
    low, half, high = (amount(one) for one in ends)
    last = document["quarters"][-1]
    said = f"Final customers pay ${half} bn in {last} in the middle path, {low} to {high} in eight"
    return [f"{said} of ten."]


def _losses(document: Document) -> list[str]:
    rows = {row["holder"]: row for row in document["losses"]}
    row = rows.get("chain")
    if row is None:
        return []
    mean = f"${amount(row['mean'])} ± {amount(row['error'])} bn in the mean"
    worst = f"${amount(row['mean_of_worst'])} bn in the worst twentieth of paths"
    return [f"Creditors lose {mean} and {worst}."]
