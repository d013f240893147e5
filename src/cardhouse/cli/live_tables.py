"""What services say as tables: proposals beside what is known, and what was taken in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.tables import table
from cardhouse.report.wording import counted

Row = Mapping[str, Any]

FEW = 6
"""So many gaps are listed."""
SHOWN = 24
"""So many statements are listed; as JSON, all of them."""
WORDS = {
    "changes": ("says otherwise than its source did before", "say otherwise than their source did"),
    "differs": ("says otherwise than other sources", "say otherwise than other sources"),
    "new": ("says what nobody said yet", "say what nobody said yet"),
    "agrees": ("agrees with another source", "agree with other sources"),
    "known": ("is known already", "are known already"),
}


def service_tables() -> list[RenderableType]:
    """Return the services, what each has and needs."""
    from cardhouse.facts.live.asked import load_services

    rows = table("service", "has", "needs")
    for one in load_services().values():
        rows.add_row(Text(one.service, "bold"), Text(one.words), Text(one.needs))
    return [rows, Text(), Text("Ask some of them: cardhouse facts pull shiller fred", "dim")]


def pull_tables(document: Row) -> list[RenderableType]:
    """Return what services were asked, what they say beside what is known, and where it stands."""
    parts: list[RenderableType] = []
    for service in document["services"]:
        answers = service["answers"]
        new = sum(one["new"] for one in answers)
        size = sum(one["bytes"] for one in answers) / 1024**2
        parts.append(
            Text(
                f"{service['service']}: {service['facts']} facts out of {len(answers)} answers "
                f"({size:.1f} MiB, {new} new)"
            )
        )
    parts += [Text(), *statement_tables(document)]
    return [*parts, *_gaps(document["gaps"]), *_where(document)]


def _gaps(gaps: Sequence[str]) -> list[RenderableType]:
    if not gaps:
        return []
    more = f"; and {len(gaps) - FEW} more, with --json" if len(gaps) > FEW else ""
    return [Text(f"Not there: {'; '.join(gaps[:FEW])}{more}.", "dim"), Text()]


def _where(document: Row) -> list[RenderableType]:
    path = document["file"]
    if path is None:
        return [Text("No figure since that day: no table was written.")]
    return [
        Text(f"Proposed in {path}; nothing is accepted.", "bold"),
        Text(f"All of it: cardhouse facts diff {path}", "dim"),
        Text(f"Take it into a table of your own: cardhouse facts accept {path}", "dim"),
    ]


def statement_tables(document: Row, limit: int = SHOWN) -> list[RenderableType]:
    """Return statements beside what is known, those that matter most first."""
    counts = document["counts"]
    told = [counted(number, *WORDS[says]) for says, number in counts.items() if number]
    rows = table("", "what", "period", ">says", ">known", ">")
    for one in document["statements"][:limit]:
        rows.add_row(*_cells(one))
    total = len(document["statements"])
    parts: list[RenderableType] = [Text(f"{'; '.join(told) or 'nothing'}.", "bold")]
    if total:
        parts.append(rows)
    if total > limit:
        parts.append(Text(f"{total - limit:,} more: see them with --json or --limit.", "dim"))
    return [*parts, Text()]


def _cells(one: Row) -> list[Text]:
    fact = one["fact"]
    other = one["before"] or (one["beside"][0] if one["beside"] else None)
    named = f"{fact['entity']} {fact['metric']}" + (f" {fact['item']}" if fact["item"] else "")
    style = "bold" if one["says"] in ("changes", "differs") else ""
    cells = (
        one["says"], named, _period(fact), _figure(fact["value"]),
        "-" if other is None else _figure(other["value"]),
        "" if one["distance"] is None else f"{100 * one['distance']:+.1f} %",
    )  # fmt: skip
    return [Text(cell, style) for cell in cells]


def _period(fact: Row) -> str:
    """Return a period in its shortest form: a day, month, quarter or year, else its months.

    Examples
    --------
    >>> _period({"period_start": "2026-01-01", "period_end": "2026-03-31"})
    '2026Q1'
    >>> _period({"period_start": "2026-01-26", "period_end": "2026-04-26"})
    '2026-01 to 2026-04'
    """
    start, end = (dt.date.fromisoformat(fact[name]) for name in ("period_start", "period_end"))
    if start == end:
        return end.isoformat()
    whole = start.day == 1 and (end + dt.timedelta(days=1)).day == 1
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if whole and months == 1:
        return f"{end:%Y-%m}"
    if whole and months == 3 and end.month % 3 == 0:
        return f"{end.year}Q{end.month // 3}"
    if whole and months == 12 and end.month == 12:
        return f"{end.year}"
    return f"{start:%Y-%m} to {end:%Y-%m}"


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.6g}"


def accept_tables(document: Row) -> list[RenderableType]:
    """Return what a person's own table took in."""
    counts = {part: len(document[part]) for part in ("added", "replaced", "left")}
    rows = table("replaced", "period", ">before", ">now")
    for one in document["replaced"]:
        fact = one["after"]
        rows.add_row(
            Text(f"{fact['entity']} {fact['metric']}"),
            _period(fact),
            _figure(one["before"]["value"]),
            _figure(fact["value"]),
        )
    if not counts["added"] and not counts["replaced"]:
        return [Text(f"Nothing new: {document['into']} stays as it is.", "bold")]
    words = (
        f"{document['into']}: {counted(counts['added'], 'row', 'rows')} added, "
        f"{counts['replaced']} replaced, "
        f"{counts['left']} left out."
    )
    use = f"Use it: cardhouse run --facts {document['into']}"
    shown: Sequence[RenderableType] = [rows, Text()] if document["replaced"] else []
    return [*shown, Text(words, "bold"), Text(use, "dim")]
