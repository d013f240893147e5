"""An ensemble as tables for the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table

Document = Mapping[str, Any]

SHOWN_FIRMS, SHOWN_PAIRS, SHOWN_HOLDERS = 12, 5, 6
NAME = 24
"""Characters of a name."""


def ensemble_tables(document: Document) -> list[RenderableType]:
    """Return what an ensemble says: who fails, how far figures spread, who loses."""
    return [
        *_heading(document),
        *_defaults(document),
        *_fans(document),
        *_together(document),
        *_losses(document),
        *_exceedances(document),
        *_notes(document),
    ]


def _heading(document: Document) -> list[RenderableType]:
    made, quarters = document["manifest"], document["quarters"]
    words = (
        f"{made['economy_title']}, {made['scenario_title']}: {made['paths']:,} paths "
        f"from {quarters[0]} to {quarters[-1]}, seed {made['seed']}"
    )
    return [Text(words, "bold"), Text(_drawn(made), "dim"), Text()]


def _drawn(made: Document) -> str:
    kinds = {
        "accounts": "the accounts", "term": "terms of demand and capacity",
        "parameter": "the laws' parameters", "shock": "shocks quarter by quarter",
    }  # fmt: skip
    drawn = [words for kind, words in kinds.items() if kind not in made["certain"]]
    said = f"Drawn: {', '.join(drawn)}." if drawn else "Nothing is drawn: all paths are the same."
    if {"accounts", "term"} <= set(made["certain"]):
        return said
    return f"{said} Accounts and terms {made['leaves']:,} times."


def _defaults(document: Document) -> list[RenderableType]:
    found = [row for row in document["defaults"] if row["probability"] > 0]
    found.sort(key=lambda row: -row["probability"])
    if not found:
        return [Text("No firm fails in any path."), Text()]
    quarters = document["quarters"]
    rows = table("Has failed by", *(f">{quarters[at]}" for at in _marks(quarters)))
    for row in found[:SHOWN_FIRMS]:
        cells = [
            _share(row["by_quarter"][at], row["by_quarter_error"][at]) for at in _marks(quarters)
        ]
        rows.add_row(Text(_short(row["name"])), *cells)
    more = len(found) - SHOWN_FIRMS
    others = len(document["defaults"]) - len(found)
    said = f"{others} firms fail in no path." if others else "Every firm fails in some path."
    if more > 0:
        said = f"{more} more fail in fewer paths. {said}"
    return [rows, Text(said, "dim"), Text()]


def _marks(quarters: Sequence[str]) -> list[int]:
    """Return the quarters told: the ends of years, at most four, and the last."""
    last = len(quarters) - 1
    step = max(-(-last // 4), 1)
    return sorted({*range(last, 0, -step)})


def _share(share: float, error: float) -> str:
    if share == 0.0:
        return "0"
    return f"{100 * share:.1f} ± {100 * error:.1f} %"


def _fans(document: Document) -> list[RenderableType]:
    last = document["quarters"][-1]
    rows = table(f"USD bn in {last}", ">5 %", ">25 %", ">half", ">75 %", ">95 %", ">mean")
    for row in _chosen(document):
        cells = [_money(row["quantiles"][at][-1]) for at in ("0.05", "0.25", "0.5", "0.75", "0.95")]
        mean = f"{_money(row['mean'][-1])} ± {_money(row['error'][-1])}"
        rows.add_row(Text(f"{_short(row['name'])}, {WORDS[row['variable']]}"), *cells, mean)
    return [rows, Text()] if rows.row_count else []


WORDS = {
    "revenue": "revenue",
    "result": "result",
    "capex": "capex",
    "raised": "raised",
    "cash": "cash",
    "debt": "debt",
    "users_pay": "paid by users",
}


def _chosen(document: Document) -> list[Mapping[str, Any]]:
    """Return the series told: the chain's, and the revenue of the largest firms."""
    by_key = {(row["entity"], row["variable"]): row for row in document["series"]}
    chain = [by_key[key] for key in _CHAIN if key in by_key]
    firms = [
        row
        for row in document["series"]
        if row["variable"] == "revenue" and row["entity"] != "chain"
    ]
    firms.sort(key=lambda row: -row["mean"][0])
    return [*chain, *firms[:4]]


_CHAIN = [("chain", name) for name in ("users_pay", "revenue", "capex", "raised", "debt")]


def _money(amount: float | None) -> str:
    if amount is None:
        return "-"
    if abs(amount) >= 100:
        return f"{amount:,.0f}"
    return f"{amount:.1f}" if abs(amount) >= 10 else f"{amount:.2f}"


def _together(document: Document) -> list[RenderableType]:
    found = sorted(document["together"], key=lambda row: -row["probability"])
    if not found:
        return []
    names = {row["entity"]: row["name"] for row in document["defaults"]}
    rows = table("Fail in the same path", ">probability", ">if independent")
    for row in found[:SHOWN_PAIRS]:
        pair = f"{_short(names[row['first']])} and {_short(names[row['second']])}"
        rows.add_row(
            Text(pair),
            _share(row["probability"], row["error"]),
            f"{100 * row['if_independent']:.1f} %",
        )
    return [rows, Text()]


def _losses(document: Document) -> list[RenderableType]:
    if not document["losses"]:
        return [Text("Nobody loses what a failed firm owed."), Text()]
    heading = f"Lost by {document['quarters'][-1]}, USD bn"
    rows = table(heading, ">mean", ">half", ">95 %", ">99 %", ">worst 5 %", ">any")
    for row in document["losses"][: SHOWN_HOLDERS + 1]:
        cells = [_money(row["quantiles"][at]) for at in ("0.5", "0.95", "0.99")]
        mean = f"{_money(row['mean'])} ± {_money(row['error'])}"
        any_ = f"{100 * row['probability']:.0f} %"
        rows.add_row(Text(_short(row["name"])), mean, *cells, _money(row["mean_of_worst"]), any_)
    return [rows, Text()]


def _exceedances(document: Document) -> list[RenderableType]:
    if not document["exceedances"]:
        return []
    quarters = document["quarters"]
    rows = table("Holds in", *(f">{quarters[at]}" for at in _marks(quarters)), ">ever")
    for row in document["exceedances"]:
        cells = [
            _share(row["by_quarter"][at], row["by_quarter_error"][at]) for at in _marks(quarters)
        ]
        rows.add_row(Text(row["event"]), *cells, _share(row["probability"], row["error"]))
    return [rows, Text()]


def _notes(document: Document) -> list[RenderableType]:
    ended, made = document["endings"], document["manifest"]
    said = "± is one Monte Carlo standard error: more paths make it smaller, the model no truer."
    if document["quantile_rank_error"]:
        said += (
            f" Ranks of quantiles are right within {100 * document['quantile_rank_error']:.1f} %."
        )
    if ended["explosive"]:
        said += f" {ended['explosive']:,} paths ended early, explosive, and are left out."
    if ended["refused"]:
        said += f" {ended['refused']:,} paths could not be begun: {document['refusal']}"
    if not made["members"]:
        said += " A population runs as one firm; --members runs its firms one by one."
    assumed = sum(one["assumption"] for one in document["inputs"])
    said += (
        f" {assumed} of {len(document['inputs'])} uncertain inputs rest on assumptions (--json)."
    )
    return [Text(said, "dim")]


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"
