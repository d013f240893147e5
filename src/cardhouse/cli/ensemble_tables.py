"""An ensemble as tables for the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table
from cardhouse.report.ensemble_text import (
    amount,
    caution,
    change_rows,
    drawn_words,
    failure_changes,
    headline,
    signed,
)

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
        *_changes(document),
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
    said = Text(headline(document))
    return [Text(words, "bold"), Text(), said, Text(), Text(drawn_words(document), "dim"), Text()]


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
    return f"{100 * share:.1f} ± {100 * error:.1f} %" if share else "0"


def _fans(document: Document) -> list[RenderableType]:
    last = document["quarters"][-1]
    rows = table(f"USD bn in {last}", ">5 %", ">25 %", ">half", ">75 %", ">95 %", ">mean")
    for row in _chosen(document):
        cells = [amount(row["quantiles"][at][-1]) for at in ("0.05", "0.25", "0.5", "0.75", "0.95")]
        mean = f"{amount(row['mean'][-1])} ± {amount(row['error'][-1])}"
        rows.add_row(Text(f"{_short(row['name'])}, {WORDS[row['variable']]}"), *cells, mean)
    return [rows, Text()] if rows.row_count else []


WORDS = {
    "revenue": "revenue",
    "result": "result",
    "capex": "capex",
    "raised": "raised",
    "cash": "cash",
    "debt": "debt",
    "users_pay": "paid by customers",
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


def _changes(document: Document) -> list[RenderableType]:
    """Return changes against the other scenario, path by path."""
    told = change_rows(document)
    if not told:
        return []
    last, title = document["quarters"][-1], document["manifest"]["against_title"]
    rows = table(f"Change against '{title}' in {last}", ">5 %", ">half", ">95 %", ">mean")
    for name, what, row in told:
        cells = [signed(row["quantiles"][at][-1]) for at in ("0.05", "0.5", "0.95")]
        mean = f"{signed(row['mean'][-1])} ± {amount(row['error'][-1])}"
        rows.add_row(Text(f"{_short(name)}, {WORDS[what]}"), *cells, mean)
    for row in failure_changes(document)[:SHOWN_PAIRS]:
        mean = f"{100 * row['mean'][-1]:+.1f} ± {100 * (row['error'][-1] or 0.0):.1f} points"
        rows.add_row(Text(f"{_short(row['name'])} has failed"), "", "", "", mean)
    return [rows, Text()]


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
        cells = [amount(row["quantiles"][at]) for at in ("0.5", "0.95", "0.99")]
        mean = f"{amount(row['mean'])} ± {amount(row['error'])}"
        any_ = f"{100 * row['probability']:.0f} %"
        rows.add_row(Text(_short(row["name"])), mean, *cells, amount(row["mean_of_worst"]), any_)
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
    return [Text(caution(document), "dim")]


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"
