"""Gauges and explosive episodes as tables and small drawings for the terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table
from cardhouse.studies.gauges import shown

SAYS = {"yes": "yes", "no": "no", "undetermined": "-"}
BLOCKS = "▁▂▃▄▅▆▇█"
METHODS = {"monte_carlo": "Gaussian random walks", "wild_bootstrap": "wild bootstrap"}
WIDTH = 72
"""Characters of a drawing."""


def panel(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return all gauges, the pairs that started the question, and what they say together."""
    rows = table("", ">latest", "on", ">2000", ">over 2000", ">years below", "as dear?")
    proposed = frozenset(document.get("proposals", {"facts": ()})["facts"])
    group = ""
    for row in document["gauges"]:
        if row["group"] != group:
            group = row["group"]
            rows.add_row(Text(group, "bold"))
        rows.add_row(*_cells(row, proposed))
    heading = f"Gauges by the facts known on {document['as_of']}: as dear as at the dot-com peak?"
    return [
        Text(heading, "bold"),
        rows,
        Text(),
        *_pairs(document),
        *_backwards(document),
        *_summary(document),
        *proposals_note(document),
    ]


def proposals_note(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return where readings stand that were fetched for this panel, and are not accepted."""
    told = document.get("proposals")
    if told is None:
        return []
    path = told["file"]
    words = f"{PROPOSED} proposed in {path}, not accepted. Look: cardhouse facts diff {path}"
    failed = [f"Not fetched: {one['service']}. {one['words']}" for one in told["failed"]]
    return [Text(line, "bold") for line in (*([words] if path else []), *failed)]


PROPOSED = "+"


def _cells(row: Mapping[str, Any], proposed: Collection[str] = ()) -> list[Text]:
    peak, unit = row["peak"], row["unit"]
    then = "-" if peak is None else shown(peak["value"], unit)
    cells = (
        f"  {row['title']}",
        shown(row["latest"]["value"], unit),
        row["latest"]["date"][:7] + (PROPOSED if row["latest"]["fact"] in proposed else ""),
        then + ("*" if row["peak_is_anothers"] else ""),
        _percent(row["distance"], signed=True),
        _percent(row["percentile"]),
        SAYS[row["verdict"]],
    )
    return [Text(cell) for cell in cells]


def _percent(share: float | None, *, signed: bool = False) -> str:
    if share is None:
        return "-"
    return f"{100 * share:+.0f} %" if signed else f"{100 * share:.0f} %"


def _pairs(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return price/book at the day of the bank's note beside 2000, each definition's own source."""
    pairs = [row for row in document["gauges"] if row["group"] == "price/book" and row["at_note"]]
    if not pairs:
        return []
    rows = table("price/book", f">{document['note_date'][:7]}", ">2000", ">record", "source")
    for row in pairs:
        peak, record = row["peak"], row["record"]
        rows.add_row(
            Text(row["title"]),
            shown(row["at_note"]["value"], row["unit"]),
            "-" if peak is None else shown(peak["value"], row["unit"]),
            f"{shown(record['value'], row['unit'])} ({record['date'][:7]})",
            Text(document["facts"][row["at_note"]["fact"]]["source"], "dim"),
        )
    return [rows, Text()]


def _backwards(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return what fall of the AI firms would bring price/book back."""
    firms = document["ai_firms"]
    if firms is None or not document["backwards"]:
        return []
    titles = {row["id"]: row["title"] for row in document["gauges"]}
    rows = table(
        "price/book", ">now", "would be back at its", ">", ">AI firms fall", ">index falls"
    )
    for one in document["backwards"]:
        rows.add_row(
            Text(titles[one["gauge"]]),
            f"{one['price_to_book']:.2f}",
            "peak of 2000" if one["to"] == "peak" else "median year",
            f"{one['target']:.2f}",
            _fall(one["fall"]),
            _percent(one["index_fall"]) if one["fall"] is not None and one["fall"] <= 1 else "-",
        )
    note = (
        f"The {len(firms['names'])} listed AI firms ({', '.join(firms['names'])}) were "
        f"{100 * firms['weight']:.1f} % of the index on {firms['date']}; books and other firms "
        "stand still."
    )
    return [rows, Text(note, "dim"), Text()]


def _fall(fall: float | None) -> str:
    if fall is None or fall > 1:
        return "more than all"
    return "is below" if fall < 0 else _percent(fall)


def overlay_tables(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return what a scenario does to the index, firm by firm."""
    worst = document["worst"]
    rows = table(
        "", ">USD bn", ">weight", f">value {worst['quarter']}", f">{document['quarter']}",
        ">book, USD bn", ">index",
    )  # fmt: skip
    lowest = {one["id"]: one for one in worst["firms"]}
    for one in document["firms"]:
        rows.add_row(
            Text(one["id"]),
            f"{one['market_value']:,.0f}",
            f"{100 * one['weight']:.1f} %",
            _percent(lowest[one["id"]]["value_change"], signed=True),
            _percent(one["value_change"], signed=True),
            f"{one['book_change']:+,.1f}",
            f"{100 * one['contribution']:+.2f} %",
        )
    note = (
        "Value moves with the last four quarters' operating result against the baseline, book with "
        "all results; the rest of the index stands still. "
        f"Multiples of the AI firms change by {_percent(document['rerating'], signed=True)}. Book "
        f"and index: by {document['quarter']}."
    )
    heading = (
        f"The index of {document['snapshot']} if {document['manifest']['scenario']} holds, against "
        f"the baseline: at its lowest, and by {document['quarter']}"
    )
    told = [Text(_index_words(one), "bold") for one in (worst, document)]
    return [Text(heading, "bold"), rows, *told, Text(note, "dim")]


def _index_words(at: Mapping[str, Any]) -> str:
    """Return what has become of the index by a quarter."""
    index, weight, largest = at["price_to_book"], at["weight"], at["largest_weight"]
    return (
        f"{at['quarter']}: index {100 * at['price_change']:+.1f} %, price/book "
        f"{_ratio(index['before'])} to {_ratio(index['after'])}; AI firms "
        f"{100 * weight['before']:.1f} to {100 * weight['after']:.1f} % of it, the largest of them "
        f"{100 * largest['before']:.1f} to {100 * largest['after']:.1f} %."
    )


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def constituents_tables(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return an index's ratios by definition, and its largest firms."""
    rows = table("", ">")
    told = {
        "price/book, negative books included": _ratio(document["price_to_book"]),
        "price/book, positive books only": _ratio(document["price_to_book_positive"]),
        "price/book, median firm": _ratio(document["price_to_book_median"]),
        "price/sales": _ratio(document["price_to_sales"]),
        "price/earnings, firms that earn": _ratio(document["price_to_earnings"]),
        "ten largest firms": f"{100 * document['top_share']:.1f} %",
        "firms with a market value": f"{document['firms']}",
        "of these with a book value": f"{document['firms_with_book']}",
        "of these below zero": f"{document['negative_books']}",
    }
    for name, value in told.items():
        rows.add_row(name, value)
    largest = ", ".join(f"{one['name']} {100 * one['share']:.1f} %" for one in document["largest"])
    return [Text(f"Added up from {document['file']}", "bold"), rows, Text(f"Largest: {largest}.")]


def _summary(document: Mapping[str, Any]) -> list[RenderableType]:
    counts = [len(document[key]) for key in ("for", "against", "undetermined")]
    words = (
        f"{counts[0]} of {sum(counts)} gauges are at least as high as then, {counts[1]} are lower, "
        f"{counts[2]} have no reading of 2000."
    )
    notes = (
        "* the peak is from another series. Years below: earlier years that closed under the "
        "latest reading. These are the latest, which the claims take, too; --mirror shows the "
        "readings nearest to a run's quarters.\nDefinition, caveats, sources, history: cardhouse "
        "gauge price_to_book (or cape, forward_pe, ...)."
    )
    return [Text(words, "bold"), Text(notes, "dim")]


def card(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return one gauge: what it means, what to beware of, its readings with sources."""
    (row,) = document["gauges"]
    parts: list[RenderableType] = [
        Text(f"{row['group']}: {row['title']} ({row['id']})", "bold"),
        Text(row["definition"]),
        Text(f"Beware: {row['caveat']}"),
        Text(),
        *_drawn(row),
    ]
    rows = table("", ">value", "on", "source")
    for name, key in (("latest", "latest"), ("peak of 2000", "peak"), ("record", "record")):
        if (reading := row[key]) is not None:
            told = document["facts"][reading["fact"]]
            source = f"{told['source']} (grade {told['grade']}, fact {reading['fact']})"
            value = shown(reading["value"], row["unit"])
            rows.add_row(Text(name), value, reading["date"], Text(source))
    below = (
        f"{_percent(row['percentile'])} of {row['years']} earlier years closed below the latest."
        if row["percentile"] is not None
        else f"{row['years']} earlier years have a reading, too few for a percentile."
    )
    said = [*document["for"], *document["against"], *document["undetermined"]][0]["words"]
    return [*parts, rows, Text(), Text(below), Text(f"As dear? {SAYS[row['verdict']]}: {said}.")]


def _drawn(row: Mapping[str, Any]) -> list[RenderableType]:
    """Return the last reading of each year as blocks, the peak's year marked."""
    years = {reading["date"][:4]: reading["value"] for reading in row["history"]}
    if len(years) < 3:
        return []
    first, last = int(min(years)), int(max(years))
    span = [str(year) for year in range(max(first, last - WIDTH + 1), last + 1)]
    drawn = blocks([years.get(year) for year in span])
    marks = "".join("^" if year == "2000" else " " for year in span)
    scale = f"{span[0]} to {span[-1]}, last reading of each year; ^ is 2000"
    return [Text(drawn), Text(marks), Text(scale, "dim"), Text()]


def blocks(values: Sequence[float | None]) -> str:
    """Return values as block characters from the lowest to the highest; a blank for none.

    Examples
    --------
    >>> blocks([1.0, None, 2.0, 8.0])
    '▁ ▂█'
    """
    known = [value for value in values if value is not None]
    low, spread = min(known), (max(known) - min(known)) or 1.0
    steps = len(BLOCKS) - 1
    return "".join(
        " " if value is None else BLOCKS[round(steps * (value - low) / spread)] for value in values
    )


def explosive_tables(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return how a series was tested, its statistics, and its episodes, drawn and listed."""
    tested, points = document["tested"], document["points"]
    how = (
        f"{tested['length']} values, {points['dates'][0]} to {points['dates'][-1]}; "
        f"{tested['form']}, lag {tested['lag']}, shortest window {tested['window']} observations. "
        f"Critical values: {METHODS[tested['critical_values']]}, "
        f"{tested['replications']} replications, seed {tested['seed']}."
    )
    return [
        Text(f"Explosive roots of {document['series']}", "bold"),
        Text(how, "dim"),
        _statistics(document),
        Text(_verdict(document)),
        Text(),
        *_strip(document),
        *_episodes(document),
    ]


def _statistics(document: Mapping[str, Any]) -> RenderableType:
    rows = table("", ">statistic", ">90 %", ">95 %", ">99 %", ">p", "window")
    for one in document["statistics"]:
        values = [f"{value:.2f}" for value in one["critical"]]
        window = f"{one['from']} to {one['to']}"
        chance = "<0.001" if one["p_value"] < 0.001 else f"{one['p_value']:.3f}"
        cells = (one["name"].upper(), f"{one['value']:.3f}", *values, chance)
        rows.add_row(*cells, Text(window))
    return rows


def _verdict(document: Mapping[str, Any]) -> str:
    if document["explosive"]:
        return "GSADF lies above its 95 % value: somewhere growth fed on itself."
    return "GSADF lies below its 95 % value: a random walk could look like this."


def _strip(document: Mapping[str, Any]) -> list[RenderableType]:
    """Return the series as blocks, with the points of lasting episodes marked below."""
    points = document["points"]
    count = len(points["dates"])
    width = min(WIDTH, count)
    inside = _inside(document)
    edges = [round(count * at / width) for at in range(width + 1)]
    parts = [range(first, stop) for first, stop in pairwise(edges)]
    drawn = blocks([max(points["values"][at] for at in part) for part in parts])
    marks = "".join("^" if any(at in inside for at in part) else " " for part in parts)
    return [Text(drawn), Text(marks), Text("^ explosive episodes that last", "dim"), Text()]


def _inside(document: Mapping[str, Any]) -> set[int]:
    """Return the positions within episodes that last."""
    dates = document["points"]["dates"]
    at = {date: position for position, date in enumerate(dates)}
    return {
        position
        for one in document["episodes"]
        if one["lasts"]
        for position in range(at[one["start"]], at[one["end"] or dates[-1]] + 1)
    }


def _episodes(document: Mapping[str, Any]) -> list[RenderableType]:
    tested = document["tested"]
    lasting = [one for one in document["episodes"] if one["lasts"]]
    rows = table("episode", "to", ">points", "peak", ">BSADF")
    for one in lasting:
        end = one["end"] or "still on"
        statistic = f"{one['statistic']:.2f}"
        rows.add_row(one["start"], end, str(one["points"]), one["peak"], statistic)
    short = len(document["episodes"]) - len(lasting)
    note = (
        f"{short} shorter than {tested['minimum_duration']} points (the logarithm of the length) "
        f"are left out here. An episode starts above the {100 * tested['starts_at']:.0f} % value "
        f"and ends below the {100 * tested['ends_at']:.0f} % value."
    )
    return [rows if lasting else Text("No episode lasts."), Text(note, "dim")]
