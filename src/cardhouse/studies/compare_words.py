"""The main difference between runs in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardhouse.studies.compare_figures import ALL_SALES, PLANT, RAISED, RESULT, SALES, differ

Comparison = Mapping[str, Any]

MOVED = 0.005
"""Relative change below which a figure is told as the same."""
GROUPS_IN_DOLLARS = {
    PLANT: "what {} spend on plant",
    RAISED: "what {} raise",
    RESULT: "the result of {}",
}
"""Amounts over the whole run among which the largest difference is told."""
COVERAGE = "ledger_by_quarter.users_pay_per_dollar_of_cost.with_programs"


def main_difference(comparison: Comparison) -> str:
    """Return what tells the other columns from the first, a sentence or two for each."""
    others = range(1, len(comparison["columns"]))
    return " ".join(_against_the_first(comparison, at) for at in others)


def _against_the_first(comparison: Comparison, at: int) -> str:
    first, other = comparison["columns"][0], comparison["columns"][at]
    who = f"{_name(other, first)} against {_name(first, other)}"
    if not _differ(comparison, at):
        return f"{who}: nothing differs."
    parts = [_seller(comparison, at), _largest(comparison, at)]
    money = "; ".join(part for part in parts if part) or "sales and money are the same"
    told = [f"{who}: {money}.", _coverage(comparison, at), _failures(comparison, at)]
    return " ".join(part for part in told if part)


def _name(column: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return a column's title, with what tells it from another of the same title."""
    name = f"{column['label']} ({column['title']}"
    for part, words in (("base_quarter", "from"), ("as_of", "known on")):
        if column[part] != other[part]:
            name += f", {words} {column[part]}"
    if column["own_facts"] != other["own_facts"]:
        name += f", {own_figures(column['own_facts'])}"
    return name + ")"


def own_figures(count: int) -> str:
    """Return how many figures of a person's own a column stands on.

    Examples
    --------
    >>> own_figures(0), own_figures(1), own_figures(12)
    ('without figures of your own', 'with 1 figure of your own', 'with 12 figures of your own')
    """
    if count == 0:
        return "without figures of your own"
    return f"with {count} figure{'' if count == 1 else 's'} of your own"


def _differ(comparison: Comparison, at: int) -> bool:
    return any(differ([row["values"][0], row["values"][at]]) for row in comparison["outcomes"])


def _values(comparison: Comparison, figure: str, at: int, group: str = "") -> tuple[Any, Any]:
    for row in comparison["outcomes"]:
        if row["figure"] == figure and group in ("", row["group"]):
            return row["values"][0], row["values"][at]
    return None, None


def _seller(comparison: Comparison, at: int) -> str:
    """Return how the sales of the last seller stand, over the run and at its end."""
    payers = comparison["payers"]
    if payers is None:
        return ""
    figure = f"entities.{payers['of']}.revenue"
    told = [_change(*_values(comparison, figure, at, group)) for group in (ALL_SALES, SALES)]
    if not all(told):
        return ""
    return f"{payers['name']} sells {told[0]} over the run, {told[1]} in its last quarter"


def _change(before: float | None, after: float | None) -> str:
    """Return a change in words; empty where there is nothing to compare."""
    if not before or after is None:
        return ""
    change = after / before - 1.0
    if abs(change) < MOVED:
        return "as much"
    return f"{abs(change):.0%} {'more' if change > 0 else 'less'}"


def _largest(comparison: Comparison, at: int) -> str:
    """Return the largest difference in dollars over the whole run."""
    rows = [row for row in comparison["outcomes"] if row["group"] in GROUPS_IN_DOLLARS]
    gaps = [((row["values"][at] or 0.0) - (row["values"][0] or 0.0), row) for row in rows]
    if not gaps:
        return ""
    gap, row = max(gaps, key=lambda one: abs(one[0]))
    if not gap:
        return ""
    what = GROUPS_IN_DOLLARS[row["group"]].format(row["words"])
    amount = f"{abs(gap):,.0f}" if abs(gap) >= 1 else f"{abs(gap):.2g}"
    size = f"${amount} bn {'more' if gap > 0 else 'less'}"
    return f"the largest difference in dollars is {what}, {size} in all"


def _coverage(comparison: Comparison, at: int) -> str:
    before, after = _values(comparison, COVERAGE, at)
    if before is None or after is None:
        return ""
    cents, usual = f"{100 * after:.0f}", f"{100 * before:.0f}"
    than = "as before" if cents == usual else f"not {usual}"
    return f"At the end users pay {cents} cents of each dollar of cost, {than}."


def _failures(comparison: Comparison, at: int) -> str:
    """Return who fails in one of the two columns alone."""
    alone: tuple[list[str], list[str]] = ([], [])
    for row in comparison["defaults"]:
        fails = [bool(row["quarters"][column]) for column in (0, at)]
        if fails[0] != fails[1]:
            alone[fails.index(True)].append(row["name"])
    if not any(alone):
        return (
            "The same firms fail."
            if comparison["defaults"]
            else "On the central paths no firm fails."
        )
    told = [
        f"{_listed(names)} {'fails' if len(names) == 1 else 'fail'} in "
        f"{comparison['columns'][column]['label']} alone"
        for names, column in zip(alone, (0, at), strict=True)
        if names
    ]
    return f"{'; '.join(told)}."


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
