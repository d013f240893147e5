"""Fetched figures as proposed facts, each with its passport, and the dated table they stand in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from pathlib import Path

from cardhouse.errors import LiveError
from cardhouse.facts.dictionaries import load_dictionaries
from cardhouse.facts.live.filings import Figure, Filed
from cardhouse.facts.rows import read_fact
from cardhouse.facts.schema import COLUMNS, Fact
from cardhouse.facts.text import CsvRow

BILLION = Decimal(10) ** 9
ARCHIVE = "https://www.sec.gov/Archives/edgar/data"
MOST_EARLIER = 3
"""So many figures of older filings a note tells."""


def proposed(place: str, **cells: str) -> Fact:
    """Return a fact of some cells, read as strictly as a row of a table.

    Parameters
    ----------
    place
        Where the figure comes from, for messages.
    **cells
        Cells by column; those left out are empty.

    Raises
    ------
    LiveError
        When the cells make no fact.
    """
    row = CsvRow(place, {**dict.fromkeys(COLUMNS, ""), **cells})
    fact, problems = read_fact(row, load_dictionaries())
    if fact is None:
        raise LiveError(f"{problems[0]} The service's figures have changed.")
    return fact


@cache
def tier_of(entity: str) -> str:
    """Return the tier of an entity of the dictionary."""
    return load_dictionaries().entities[entity].tier


def filed_fact(
    figure: Figure, *, entity: str, metric: str, source: str, cik: int, fetched: dt.date
) -> Fact:
    """Return a filed figure as a fact: of the newest filing, older ones told in its note.

    Its source names the service and not the filing, so that a figure that is filed anew takes the
    place of the old one, and only where that is asked for.
    """
    newest = figure.sources[0]
    known = figure.known
    return proposed(
        f"{source}, {entity} {metric} {figure.end}",
        entity=entity,
        tier=tier_of(entity),
        metric=metric,
        unit="usd_bn",
        period_start=(figure.start or figure.end).isoformat(),
        period_end=figure.end.isoformat(),
        value=_billions(figure.value),
        basis="derived" if figure.derived else "filing",
        grade="A",
        published="" if known is None else known.isoformat(),
        known_from="" if known is None else known.isoformat(),
        known_from_basis="" if known is None else "stated",
        source=source,
        url=filing_address(cik, newest.accession),
        note=_note(figure, fetched),
    )


def filing_address(cik: int, accession: str) -> str:
    """Return where a filing lies, for people.

    Examples
    --------
    >>> filing_address(1045810, "0001045810-26-000012")
    'https://www.sec.gov/Archives/edgar/data/1045810/000104581026000012/0001045810-26-000012-index.htm'
    """
    return f"{ARCHIVE}/{cik}/{accession.replace('-', '')}/{accession}-index.htm"


def _note(figure: Figure, fetched: dt.date) -> str:
    parts = [f"fetched {fetched}"]
    if figure.derived:
        parts.append("derived: " + " less ".join(_named(one) for one in figure.sources[:2]))
    else:
        parts.append(_named(figure.sources[0]))
    if figure.earlier:
        told = [
            f"{_billions(one.value)} in {_named(one)}" for one in figure.earlier[-MOST_EARLIER:]
        ]
        parts.append(f"restated, before {' and '.join(told)}")
    return "; ".join(parts)


def _named(one: Filed) -> str:
    day = f" of {one.filed}" if one.filed is not None else ""
    return f"{one.form or 'filing'} {one.accession}{day}"


def _billions(value: Decimal) -> str:
    number = (value / BILLION).normalize()
    return format(number, "f")


def place_for(folder: Path, day: dt.date, text: str) -> Path:
    """Return where a table of a day goes: beside those that are there, unless it is one of them.

    Examples
    --------
    >>> place_for(Path("nowhere"), dt.date(2026, 11, 30), "").name
    'facts-proposed-2026-11-30.csv'
    """
    stem = f"facts-proposed-{day.isoformat()}"
    number = 1
    while True:
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.csv"
        if not path.exists() or path.read_bytes() == text.encode():
            return path
        number += 1
