"""The facts themselves: what they say, where from, and whether a person's own table can be used."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli.guard import INPUT_IS_WRONG, guarded, help_of, print_json, say
from cardhouse.cli.options import AsOf, Facts, Json, checked_date, existing
from cardhouse.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cardhouse.facts import Fact, FactTable

SHOWN = 40
"""So many facts a list prints unless told otherwise; as JSON, all of them."""


def list_facts(
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="ID|NAME", help="Facts about this one.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", metavar="METRIC", help="Facts of this metric.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"At most so many; {SHOWN} as text."),
    ] = None,
    as_of: AsOf = None,
    facts: Facts = None,
    as_json: Json = False,
) -> None:
    """List facts: who, what, when, how much, how well known.

    For example:
      cardhouse facts list --entity nvidia --metric revenue
      cardhouse facts list --entity "Intelligent Cloud" --as-of 2025-08-21
      cardhouse facts list --json --limit 100
    """
    known = _known(facts, as_of)
    found = _matching(known, entity, metric)
    if as_json:
        print_json(_document(known, found[:limit], len(found)))
        return
    from cardhouse.cli.tables import show

    show(_listed(found, limit or SHOWN))


def show_fact(
    fact_id: Annotated[str, typer.Argument(metavar="ID", help="Ten hex digits: see the list.")],
    facts: Facts = None,
    as_json: Json = False,
) -> None:
    """Show all that is known of one fact: value, range, source, grade, what its metric means.

    For example:
      cardhouse facts show 05285fb730
    """
    known = _known(facts, None)
    fact = known.by_id.get(fact_id)
    if fact is None:
        hint = did_you_mean(fact_id[:40], known.by_id)
        raise InputError(f"there is no fact '{fact_id[:40]}'.{hint} See `cardhouse facts list`.")
    if as_json:
        print_json(_document(known, [fact], 1))
        return
    from cardhouse.cli.tables import show

    show(_shown(fact))


def check_tables(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Tables of your own; none: the shipped ones."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check tables of facts: a sentence for every problem.

    For example:
      cardhouse facts check
      cardhouse facts check my-facts.csv
    """
    from cardhouse.facts import TABLES, check_facts, load_facts

    if files:
        problems = {str(path): check_facts(path) for path in files}
    else:
        load_facts()  # raises where a shipped table breaks its schema
        problems = {name: [] for name in TABLES}
    wrong = [sentence for sentences in problems.values() for sentence in sentences]
    if wrong:
        say("\n".join(wrong))
        raise typer.Exit(INPUT_IS_WRONG)
    if as_json:
        rows = [{"file": name, "problems": []} for name in problems]
        print_json({"schema": "cardhouse/check/1", "files": rows})
        return
    typer.echo("\n".join(f"{name}: fine" for name in problems))


def _known(extra: Sequence[Path] | None, as_of: str | None) -> FactTable:
    from cardhouse.facts import load_facts

    day = checked_date(as_of)
    known = load_facts([existing(path) for path in extra or ()])
    return known if day is None else known.known_at(dt.date.fromisoformat(day))


def _matching(known: FactTable, entity: str | None, metric: str | None) -> list[Fact]:
    """Return the facts of an entity and a metric; None stands for any."""
    from cardhouse.facts import find_entity, find_metric

    wanted_entity = None if entity is None else find_entity(entity).id
    wanted_metric = None if metric is None else find_metric(metric).metric
    return [
        fact
        for fact in known
        if wanted_entity in (None, fact.entity) and wanted_metric in (None, fact.metric)
    ]


def _document(known: FactTable, found: Sequence[Fact], total: int) -> dict[str, Any]:
    """Return the facts found with what their metrics mean and their entities are called."""
    from cardhouse.facts import facts_version, load_dictionaries

    words = load_dictionaries()
    named = {fact.entity for fact in found} | {fact.counterparty for fact in found} - {""}
    metrics = sorted({fact.metric for fact in found})
    return {
        "schema": "cardhouse/facts/1",
        "version": facts_version(),
        "digest": known.digest,
        "total": total,
        "facts": [_row(fact) for fact in found],
        "metrics": {name: dataclasses.asdict(words.metrics[name]) for name in metrics},
        "entities": {name: dataclasses.asdict(words.entities[name]) for name in sorted(named)},
    }


def _row(fact: Fact) -> dict[str, Any]:
    from cardhouse.facts import COLUMNS

    row = {column: getattr(fact, column) for column in COLUMNS}
    return {
        column: cell.isoformat() if isinstance(cell, dt.date) else cell
        for column, cell in row.items()
    }


def _listed(found: Sequence[Fact], limit: int) -> list[RenderableType]:
    from rich.text import Text

    from cardhouse.cli.tables import table

    rows = table("id", "entity", "metric", ">to", ">value", "unit", "")
    for fact in found[:limit]:
        about = " ".join([fact.metric, *filter(None, (fact.item, _towards(fact)))])
        words = (fact.id, fact.entity, about, fact.period_end.isoformat(), _amount(fact))
        rows.add_row(*(Text(word) for word in (*words, fact.unit, fact.grade)))
    left = len(found) - limit
    more = f"{left:,} more: --limit N, --json." if left > 0 else f"{len(found):,} facts."
    return [rows, Text(more, "dim")]


def _shown(fact: Fact) -> list[RenderableType]:
    from rich.text import Text

    from cardhouse.cli.tables import table
    from cardhouse.facts import load_dictionaries

    words = load_dictionaries()
    metric, entity = words.metrics[fact.metric], words.entities[fact.entity]
    rows = table("", "")
    rows.show_header = False
    line = metric.line if not metric.perimeter else f"{metric.line} ({metric.perimeter})"
    told = {**fact.cells(), "means": metric.meaning, "line": line, "about": entity.note}
    for name, cell in _with_names(told, entity.name).items():
        if cell:
            rows.add_row(Text(name, "dim"), Text(cell))
    return [rows]


def _with_names(cells: Mapping[str, str], name: str) -> dict[str, str]:
    return {**cells, "entity": f"{cells['entity']} ({name})"}


def _towards(fact: Fact) -> str:
    return f"-> {fact.counterparty}" if fact.counterparty else ""


def _amount(fact: Fact) -> str:
    return f"{fact.value:,.6g}" if isinstance(fact.value, float) else fact.value.isoformat()


facts = typer.Typer(
    name="facts",
    no_args_is_help=True,
    help="The sourced figures: list them, show one, check a table of your own.",
)
for name, command in (("list", list_facts), ("show", show_fact), ("check", check_tables)):
    facts.command(name, help=help_of(command))(guarded(command))
