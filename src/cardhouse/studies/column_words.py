"""What the columns of an economy's tables mean, as Markdown: for a README and for the docs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from importlib import resources

from cardhouse.accounts.definition import OPTIONAL, TABLES
from cardhouse.facts import COLUMNS, REPLACES
from cardhouse.model.vocabulary import ContractKind, Term, terms_of

FACT_COLUMNS = {
    "id": "leave it empty: it follows from the row",
    "entity": "of whom it tells: an entity of `entities.csv`",
    "tier": "its tier",
    "metric": "what it tells: revenue, cash, debt, capex, cash_burn ... (`cardhouse facts list`)",
    "item": "a part, a plan or a model, where it is not the whole",
    "counterparty": "the other side, where there is one",
    "unit": "usd_bn, usd_mn, share ... as published",
    "period_start": "the first day it speaks of, like 2025-04-01; of a stock, its day",
    "period_end": "the last day",
    "value": "the figure",
    "low": "the least that it may be, where the source tells; else empty",
    "high": "the most",
    "basis": "filing, reported, leak, company_statement, estimate, guidance or derived",
    "grade": "A audited filing or regulator, B reputable press or company, C estimate or leak",
    "published": "the day, month or year it was published",
    "known_from": "the day it was first public; empty: by rule from basis and period",
    "known_from_basis": "stated or rule; empty with an empty day",
    "source": "who says so: never empty",
    "url": "where, starting with https://",
    "note": "anything that a reader must know",
    REPLACES: "may be left out: the id of the fact whose place the row takes",
}


def columns_text() -> str:
    """Return a section for each table of an economy: its columns and what they mean."""
    words = {(row["table"], row["column"]): row["words"] for row in _rows("columns.csv")}
    parts = []
    for table, columns in TABLES.items():
        optional = " (may be left out)" if table in OPTIONAL else ""
        rows = ((f"`{one}`", words[table, one]) for one in columns if one != "note")
        parts.append(f"### {table}{optional}\n\n" + _table(("column", "meaning"), rows))
    return "\n\n".join(parts)


def kinds_text() -> str:
    """Return the kinds of contract with what they mean and the terms that they may carry."""
    rows = (
        (f"`{row['kind']}`", row["words"], "; ".join(_term(one) for one in _terms(row["kind"])))
        for row in _rows("contract_kinds.csv")
    )
    return _table(("kind", "meaning", "terms"), rows)


def facts_text() -> str:
    """Return the rows of a table on the columns of facts."""
    return "\n".join(f"| `{name}` | {FACT_COLUMNS[name]} |" for name in (*COLUMNS, REPLACES))


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("cardhouse.accounts") / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _terms(kind: str) -> list[Term]:
    return list(terms_of(ContractKind(kind)).values())


def _term(one: Term) -> str:
    default = "none" if math.isinf(one.default) else f"{one.default:g}"
    return f"`{one.name}` {one.meaning} ({one.unit}; {default})"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |"]
    lines += [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join(lines)
