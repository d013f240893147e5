"""Facts as tables for the terminal and as rows of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from cardhouse.cli.fact_documents import corrections_of
from cardhouse.cli.tables import table
from cardhouse.facts import Comparison, Fact, load_dictionaries, load_reasons


def fact_list(found: Sequence[Fact], limit: int) -> list[RenderableType]:
    """Return the first facts of a list, a row each, and how many there are."""
    rows = table("id", "entity", "metric", ">to", ">value", "unit", "")
    for fact in found[:limit]:
        words = (fact.id, fact.entity, _about(fact), fact.period_end.isoformat(), _amount(fact))
        rows.add_row(*(Text(word) for word in (*words, fact.unit, fact.grade)))
    left = len(found) - limit
    more = f"{left:,} more: --limit N, --json." if left > 0 else f"{len(found):,} facts."
    return [rows, Text(more, "dim")]


def fact_card(fact: Fact) -> list[RenderableType]:
    """Return a fact's passport: every cell, and what its metric and entity mean."""
    words = load_dictionaries()
    metric, entity = words.metrics[fact.metric], words.entities[fact.entity]
    rows = table("", "")
    rows.show_header = False
    line = metric.line if not metric.perimeter else f"{metric.line} ({metric.perimeter})"
    told = {
        **fact.cells(),
        "grade": fact.grade_in_words,
        "means": metric.meaning,
        "line": line,
        "about": entity.note,
    }
    for name, cell in _with_names(told, entity.name).items():
        if cell:
            rows.add_row(Text(name, "dim"), Text(cell))
    return [rows]


def fact_reasons(
    fact: Fact, reasons: Mapping[str, Sequence[Fact]], uses: Sequence[Mapping[str, str]]
) -> list[RenderableType]:
    """Return what follows a fact's passport: one paragraph for each kind of reason."""
    why = load_reasons()
    told = {
        "Corrected": [
            f"{one['column']} '{one['published']}' to '{one['corrected']}': {one['reason']}"
            for one in corrections_of(fact)
        ],
        "Counts as": [f"{_short(one)}: {why[fact.id]}" for one in reasons["counts_as"]],
        "Counts for": [f"{_short(one)}: {why[one.id]}" for one in reasons["duplicates"]],
        "Others say": [f"{_short(one)}, {one.source}" for one in reasons["others"]],
        "Used by": [f"{use['economy']}/{use['table']} {use['row']}: {use['tells']}" for use in uses]
        or ["no row of a shipped economy"],
    }
    parts: list[RenderableType] = []
    for heading, sentences in told.items():
        if sentences:
            parts += [Text(), Text(heading, "bold"), *(Text(f"  {one}") for one in sentences)]
    return parts


def fact_changes(found: Comparison, limit: int) -> list[RenderableType]:
    """Return the first differences between two sets of facts, and how many there are."""
    rows = table("", "id", "entity", "metric", ">to", ">value", "")
    for mark, fact, what in _marked(found)[:limit]:
        words = (mark, fact.id, fact.entity, _about(fact), fact.period_end.isoformat())
        rows.add_row(*(Text(word) for word in (*words, _amount(fact), what)))
    counts = f"{len(found.added):,} added, {len(found.dropped):,} dropped"
    left = len(found) - limit
    more = f" {left:,} more: --limit N, --json." if left > 0 else ""
    return [rows, Text(f"{counts}, {len(found.changed):,} changed.{more}", "dim")]


def _marked(found: Comparison) -> list[tuple[str, Fact, str]]:
    """Return every difference with its sign: + added, - dropped, ~ changed in some columns."""
    return [
        *(("~", one.after, ", ".join(one.columns)) for one in found.changed),
        *(("-", fact, "") for fact in found.dropped),
        *(("+", fact, "") for fact in found.added),
    ]


def _short(fact: Fact) -> str:
    return f"{fact.id} {fact.entity} {_about(fact)} {_amount(fact)} {fact.unit} {fact.grade}"


def _about(fact: Fact) -> str:
    return " ".join([fact.metric, *filter(None, (fact.item, _towards(fact)))])


def _towards(fact: Fact) -> str:
    return f"-> {fact.counterparty}" if fact.counterparty else ""


def _amount(fact: Fact) -> str:
    return f"{fact.value:,.6g}" if isinstance(fact.value, float) else fact.value.isoformat()


def _with_names(cells: Mapping[str, str], name: str) -> dict[str, str]:
    return {**cells, "entity": f"{cells['entity']} ({name})"}
