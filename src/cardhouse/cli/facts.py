"""The facts themselves: what they say, where from, and whether a person's own table can be used."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import INPUT_IS_WRONG, guarded, help_of, print_json, say, working
from cardhouse.cli.live import accept, pull
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Scenarios,
    existing,
)
from cardhouse.cli.plain_help import PlainCommand, PlainGroup
from cardhouse.errors import InputError, did_you_mean
from cardhouse.studies.asking import checked_date

if TYPE_CHECKING:
    from cardhouse.facts import Entity, Fact, FactTable

FACT_ID = re.compile(r"[0-9a-f]{7,13}")
SHOWN = 40
"""So many facts a list prints unless told otherwise; as JSON, all of them."""


def list_facts(
    entity: Annotated[
        str | None,
        typer.Option(
            "--entity",
            metavar="ID|NAME",
            help="Facts about this one.",
            autocompletion=completion.fact_entities,
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="METRIC",
            help="Facts of this metric.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"At most so many; {SHOWN} as text."),
    ] = None,
    as_of: AsOf = None,
    facts: Facts = None,
    economy: Economy = DEFAULT_ECONOMY,
    as_json: Json = False,
) -> None:
    """List facts: who, what, when, how much, how well known.

    A terminal of 110 columns or more has room for the sources; so has --json. What stands in two
    tables under two names is listed once: `why` tells of the other. An economy
    of your own has facts of its own.

    For example:
      cardhouse facts list --entity nvidia --metric revenue
      cardhouse facts list --entity "Intelligent Cloud" --as-of 2025-08-21
      cardhouse facts list --economy my-chain
      cardhouse facts list --json --limit 100
    """
    known, own = _known_in(economy, facts, as_of)
    found = _matching(known, entity, metric, own)
    if as_json:
        from cardhouse.studies.fact_documents import fact_document

        print_json(fact_document(known, found[:limit], len(found), own))
        return
    from cardhouse.cli.fact_tables import WIDEST_LIST, fact_list
    from cardhouse.cli.tables import show, terminal_width

    show(fact_list(found, limit or SHOWN, terminal_width()), WIDEST_LIST)


def show_fact(
    fact_id: Annotated[str, typer.Argument(metavar="ID", help="Ten hex digits: see the list.")],
    facts: Facts = None,
    economy: Economy = DEFAULT_ECONOMY,
    as_json: Json = False,
) -> None:
    """Show all that is known of one fact: value, range, source, grade, what its metric means.

    For example:
      cardhouse facts show 05285fb730
    """
    known, own = _known_with(economy, facts, fact_id)
    fact = _fact(known, fact_id)
    if as_json:
        from cardhouse.studies.fact_documents import fact_document

        print_json(fact_document(known, [fact], 1, own))
        return
    from cardhouse.cli.fact_tables import fact_card
    from cardhouse.cli.tables import show

    show(fact_card(fact, own))


def explain_fact(
    asked: Annotated[
        str,
        typer.Argument(
            metavar="ID|FIGURE", help="A fact's id, openai.revenue, or a key of a run's JSON."
        ),
    ],
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
    scenario: Scenarios = None,
    facts: Facts = None,
    as_json: Json = False,
) -> None:
    """Tell why a fact counts, or why a figure of the accounts or of a run is what it is.

    For a fact: its source, corrections, other sources, the rows that use it, and whether it carries
    weight in the accounts of the base quarter, or what is read in its place. For a figure of
    the accounts (`openai.revenue`, or an expression): its formula, its sd, and the facts that move
    it. For a number of a run, by its key in `run --json`: its formula and what enters it.

    For example:
      cardhouse facts why 0606318e13
      cardhouse facts why openai.revenue --base 2025Q2
      cardhouse facts why "revenue(aws) - revenue(aws_core)"
      cardhouse facts why trace.nvidia.venture
      cardhouse facts why tiers.chips.revenue --scenario capital-freeze
    """
    from cardhouse.studies.answer_sources import is_answer

    if is_answer(asked):
        _explain_answer(asked, economy, base, as_of, scenario, facts, as_json=as_json)
        return
    if scenario:
        raise InputError(
            f"'{asked}' is a fact or a figure of the accounts, which no scenario changes. Leave "
            "--scenario out, or ask for a number of the run, such as tiers.chips.revenue."
        )
    if not FACT_ID.fullmatch(asked):
        _explain_figure(asked, economy, base, as_of, facts, as_json=as_json)
        return
    fact_id = asked
    from cardhouse.studies.fact_uses import uses_of

    known, own = _known_with(economy, facts, fact_id)
    fact = _fact(known, fact_id)
    reasons = {**_reasons(fact, known), **_replaced(fact, economy, facts)}
    uses = [dataclasses.asdict(use) for use in uses_of(fact, known, economy)]
    weight = _weight_of(fact, known, economy, base, as_of, facts)
    if as_json:
        from cardhouse.studies.fact_documents import corrections_of, fact_document, row_of

        rows = {name: [row_of(one) for one in found] for name, found in reasons.items()}
        marks = {"corrections": corrections_of(fact), **rows, "uses": uses, "weight": weight}
        print_json({**fact_document(known, [fact], 1, own), **marks})
        return
    from cardhouse.cli.fact_tables import fact_card, fact_reasons
    from cardhouse.cli.tables import show

    show([*fact_card(fact, own), *fact_reasons(fact, reasons, uses, weight["words"])])


def _weight_of(
    fact: Fact,
    known: FactTable,
    economy: str,
    base: str | None,
    as_of: str | None,
    facts: Sequence[Path] | None,
) -> dict[str, Any]:
    """Return whether a fact carries weight in the accounts of an economy and its base quarter."""
    from cardhouse.accounts import read_build
    from cardhouse.studies.own_figures import weight_of

    extra = [existing(path) for path in facts or ()]
    day = checked_date(as_of)
    return weight_of(fact, known, read_build(economy, base=base, as_of=day, extra_facts=extra)[0])


def _explain_figure(
    figure: str,
    economy: str,
    base: str | None,
    as_of: str | None,
    facts: list[Path] | None,
    *,
    as_json: bool,
) -> None:
    from cardhouse.studies.figure_sources import explain_figure

    extra = [existing(path) for path in facts or ()]
    with working("Balancing the accounts ...", quiet=as_json):
        found = explain_figure(
            figure, economy=economy, base=base, as_of=checked_date(as_of), extra_facts=extra
        )
    if as_json:
        print_json(found)
        return
    from cardhouse.cli.fact_tables import figure_card
    from cardhouse.cli.tables import show

    show(figure_card(found))


def _explain_answer(
    key: str,
    economy: str,
    base: str | None,
    as_of: str | None,
    scenarios: list[str] | None,
    facts: list[Path] | None,
    *,
    as_json: bool,
) -> None:
    from cardhouse.studies.answer_sources import explain_answer

    extra = [existing(path) for path in facts or ()]
    with working("Running the chain ...", quiet=as_json):
        found = explain_answer(
            key,
            economy=economy,
            base=base,
            as_of=checked_date(as_of),
            scenarios=scenarios or (),
            extra_facts=extra,
        )
    if as_json:
        print_json(found)
        return
    from cardhouse.cli.fact_tables import answer_card
    from cardhouse.cli.tables import show

    show(answer_card(found))


def diff_facts(
    tables: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="One table: beside what is known. Two: an old and a new one. None: see --from.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="What was known on this day, against --to."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="A later day; today's facts if none.")
    ] = None,
    facts: Facts = None,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"At most so many; {SHOWN} as text."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare two tables, or what was known on two days: facts added, dropped, changed.

    For two days it also tells what the new facts move in the headline figures. One table alone is
    set beside what is known, statement by statement, whoever the source is.

    For example:
      cardhouse facts diff --from 2025-08-21 --to 2026-03-31
      cardhouse facts diff old.csv new.csv
      cardhouse facts diff facts-proposed-2026-11-30.csv --facts my-facts.csv
    """
    if tables and len(tables) == 1:
        _refuse_days(start, end)
        _beside_known(tables[0], facts, limit, as_json=as_json)
        return
    from cardhouse.facts import compare

    old, new = _two_tables(tables, facts) if tables else _two_days(start, end, facts)
    found = compare(old, new)
    news = {} if tables else _news(economy, base, start, end, facts, quiet=as_json)
    if as_json:
        from cardhouse.studies.fact_documents import change_document

        print_json({**change_document(new, found), "headlines": news})
        return
    from cardhouse.cli.fact_tables import fact_changes, headline_moves
    from cardhouse.cli.tables import show

    show([*fact_changes(found, limit or SHOWN), *headline_moves(news)])


def _refuse_days(start: str | None, end: str | None) -> None:
    if start is not None or end is not None:
        raise InputError("one table is set beside what is known, which --from and --to do not say.")


def _beside_known(
    table: Path, extra: list[Path] | None, limit: int | None, *, as_json: bool
) -> None:
    """Set a table's facts beside what is known of the same things and times."""
    from cardhouse.studies.live import statement_document

    document = statement_document(table, _known(extra, None))
    if as_json:
        document["statements"] = document["statements"][:limit]
        print_json(document)
        return
    from cardhouse.cli.live_tables import statement_tables
    from cardhouse.cli.tables import show

    show(statement_tables(document, limit or SHOWN))


def _news(
    economy: str,
    base: str | None,
    start: str | None,
    end: str | None,
    facts: list[Path] | None,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """Return what the facts of a later day move in the headlines."""
    from cardhouse.facts import load_facts
    from cardhouse.studies.headlines import headlines_between

    earlier = checked_date(start) or ""
    later = checked_date(end) or load_facts().newest_known_from().isoformat()
    with working("Balancing the accounts of both days ...", quiet=quiet):
        return headlines_between(
            economy, base, (earlier, later), [existing(path) for path in facts or ()]
        )


def check_tables(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Tables of your own; none: the shipped ones."),
    ] = None,
    economy: Annotated[
        str | None,
        typer.Option(
            "--economy",
            metavar="ECONOMY",
            help="Whose entities the rows may name, too; none: those of the table's own folder.",
            autocompletion=completion.economies,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check tables of facts: a sentence for every problem.

    A row of your own stands beside what is known, and the accounts weigh both. It takes the place
    of a fact where the column `replaces` (which may be left out) names that fact's id, or where
    entity, metric, item, counterparty, period and source are the same. A table in the folder of an
    economy may name that economy's entities; so may any table with --economy.

    For example:
      cardhouse facts check
      cardhouse facts check my-facts.csv
      cardhouse facts check my-chain/facts.csv
    """
    from cardhouse.facts import TABLES, load_facts
    from cardhouse.studies.check_files import fact_problems

    if files:
        problems = {str(path): fact_problems(path, economy) for path in files}
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


def _fact(known: FactTable, fact_id: str) -> Fact:
    fact = known.by_id.get(fact_id)
    if fact is None:
        hint = did_you_mean(fact_id[:40], known.by_id)
        raise InputError(f"there is no fact '{fact_id[:40]}'.{hint} See `cardhouse facts list`.")
    return fact


def _reasons(fact: Fact, known: FactTable) -> dict[str, list[Fact]]:
    """Return the facts around a fact: which counts for it, which it counts for, what others say."""
    kept = known.duplicates.get(fact.id)
    return {
        "counts_as": [known.by_id[kept]] if kept else [],
        "duplicates": known.said_again_by(fact.id),
        "others": [one for one in known.beside(fact) if one.id != kept],
    }


def _replaced(fact: Fact, economy: str, facts: Sequence[Path] | None) -> dict[str, list[Fact]]:
    """Return the fact whose place a row of a person's own took, if it took one's."""
    old = _known_in(economy, None)[0].by_id.get(fact.id) if facts else None
    return {} if old is None or old == fact else {"replaces": [old]}


def _two_tables(
    tables: Sequence[Path], extra: Sequence[Path] | None
) -> tuple[FactTable, FactTable]:
    from cardhouse.facts import read_facts

    if len(tables) != 2 or extra:
        raise InputError(
            f"diff compares two tables, and {len(tables)} are named. Name an old and a new one, "
            "without --facts, or use --from and --to."
        )
    old, new = tables
    return read_facts(old), read_facts(new)


def _two_days(
    start: str | None, end: str | None, extra: Sequence[Path] | None
) -> tuple[FactTable, FactTable]:
    if start is None:
        raise InputError("diff needs two tables or --from. Try --from 2025-08-21 --to 2026-03-31.")
    known = _known(extra, None)
    return _at(known, start), _at(known, end)


def _known(extra: Sequence[Path] | None, as_of: str | None) -> FactTable:
    from cardhouse.facts import load_facts

    return _at(load_facts([existing(path) for path in extra or ()]), as_of)


def _known_in(
    economy: str, extra: Sequence[Path] | None, as_of: str | None = None
) -> tuple[FactTable, Sequence[Entity]]:
    """Return the facts of an economy, with its entities where it is not the shipped one on AI.

    That one reads all shipped tables, which need no other entities than the dictionary's.
    """
    if economy == DEFAULT_ECONOMY:
        return _known(extra, as_of), ()
    from cardhouse.accounts import economy_facts, fact_entities, read_definition

    known = economy_facts(economy, [existing(path) for path in extra or ()])
    return _at(known, as_of), fact_entities(read_definition(economy))


def _known_with(
    economy: str, extra: Sequence[Path] | None, fact_id: str
) -> tuple[FactTable, Sequence[Entity]]:
    """Return the facts of an economy where it has the one asked for, else the shipped ones."""
    known, own = _known_in(economy, extra)
    return (known, own) if fact_id in known.by_id else (_known(extra, None), ())


def _at(known: FactTable, as_of: str | None) -> FactTable:
    """Return what was known on a day; all of it when None."""
    day = checked_date(as_of)
    return known if day is None else known.known_at(dt.date.fromisoformat(day))


def _matching(
    known: FactTable, entity: str | None, metric: str | None, own: Sequence[Entity]
) -> list[Fact]:
    """Return the facts of an entity and a metric; None stands for any."""
    from cardhouse.facts import find_entity, find_metric

    wanted_entity = None if entity is None else find_entity(entity, own).id
    wanted_metric = None if metric is None else find_metric(metric).metric
    return [
        fact
        for fact in known
        if wanted_entity in (None, fact.entity) and wanted_metric in (None, fact.metric)
    ]


facts = typer.Typer(
    name="facts",
    cls=PlainGroup,
    no_args_is_help=True,
    help="The sourced figures: list them, ask why one counts, compare, check your own.",
)
for name, command in (
    ("list", list_facts),
    ("show", show_fact),
    ("why", explain_fact),
    ("diff", diff_facts),
    ("check", check_tables),
    ("pull", pull),
    ("accept", accept),
):
    facts.command(name, help=help_of(command), cls=PlainCommand)(guarded(command))
