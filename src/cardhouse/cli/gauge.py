"""The market layer: valuation gauges beside the dot-com peak, and explosive roots of a series."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    Economy,
    Facts,
    Json,
    Quarters,
    Question,
    Quiet,
    Scenarios,
    Settings,
    existing,
)
from cardhouse.errors import InputError
from cardhouse.studies.asking import checked_date


def gauge(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="GAUGE",
            help="One gauge: its definition, caveats and history. With --mirror: one indicator.",
            autocompletion=completion.gauges,
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            "--series",
            metavar="FILE|ID",
            help="Test a series for explosive roots.",
            autocompletion=completion.series,
        ),
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="NAME", help="The file's column of values.")
    ] = None,
    window: Annotated[
        int | None,
        typer.Option("--window", metavar="N", help="Observations of the shortest window."),
    ] = None,
    lag: Annotated[int, typer.Option("--lag", metavar="N", help="Lagged differences.")] = 0,
    logs: Annotated[bool, typer.Option("--logs", help="Test logarithms, not levels.")] = False,
    bootstrap: Annotated[
        bool,
        typer.Option("--bootstrap", help="Critical values from a wild bootstrap of the series."),
    ] = False,
    replications: Annotated[
        int, typer.Option("--replications", metavar="N", help="Series simulated.")
    ] = 2000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Seed of the simulation.")] = 0,
    constituents: Annotated[
        Path | None,
        typer.Option("--constituents", metavar="FILE", help="Add an index up from its firms."),
    ] = None,
    mirror: Annotated[
        bool,
        typer.Option("--mirror", help="1998 to 2003 and now on one axis of quarters, gaps listed."),
    ] = False,
    pull: Annotated[
        bool,
        typer.Option("--pull", help="Fetch new readings first: proposals on top, none accepted."),
    ] = False,
    scenario: Scenarios = None,
    setting: Settings = None,
    rerating: Annotated[
        float,
        typer.Option("--rerating", metavar="SHARE", help="Change of the AI firms' multiples."),
    ] = 0.0,
    economy: Economy = DEFAULT_ECONOMY,
    base: Base = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    as_of: AsOf = None,
    facts: Facts = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show valuation gauges beside the dot-com peak, or date the explosive episodes of a series.

    A series is a CSV file with a header, dates first, or a shipped one: nasdaq, cape,
    market-value-to-gdp, tobin-q. With --scenario: what a scenario does to the index.

    For example:
      cardhouse gauge
      cardhouse gauge price_to_book
      cardhouse gauge --series prices.csv --bootstrap
      cardhouse gauge --series nasdaq --html nasdaq.html
      cardhouse gauge --scenario capital-freeze --rerating -0.3
      cardhouse gauge --pull
      cardhouse gauge --mirror --scenario capital-freeze --html mirror.html
      cardhouse gauge capex --mirror
    """
    silent = quiet or as_json
    extra = list(facts or [])
    test = {
        "--column": column, "--window": window, "--lag": lag, "--logs": logs,
        "--bootstrap": bootstrap,
    }  # fmt: skip
    asked = {
        "mirror": mirror,
        "panel": which is not None and not mirror,
        "series": series is not None,
        "constituents": constituents is not None,
        "overlay": bool(rerating or ((scenario or setting) and not mirror)),
    }
    kind = _kind(asked)
    if kind != "series":
        _refuse_idle(test)
    if html is not None and kind not in ("panel", "series", "mirror"):
        raise InputError(
            "--html draws gauges, a series or the mirror. Leave it out here, or use --json."
        )
    proposals = _pulled(kind, quiet=silent) if pull else None
    extra += _table_of(proposals)
    if kind == "panel":
        document = _panel(which, as_of, extra, proposals)
    elif kind == "series":
        from cardhouse.studies.explosive import Settings as Tests

        with working("Simulating critical values ...", quiet=silent):
            tests = Tests(window, lag, logs, bootstrap, replications, seed)
            document = _tests(str(series), column, tests)
    elif kind == "constituents":
        from cardhouse.studies.constituents import constituents_document

        document = constituents_document(Path(str(constituents)))
    else:
        question = Question.of(
            economy,
            base,
            as_of,
            scenario=scenario,
            setting=setting,
            facts=extra,
            quarters=quarters,
        )
        with working("Running the scenario ...", quiet=silent):
            document = _mirror(question, which) if mirror else _overlay(question, rerating)
        document = _with_proposals(document, proposals)
    if html is not None:
        _write(document, html)
    if as_json:
        print_json(document)
    elif not quiet:
        _show(document, whole=which is None)


WORDS = {
    "mirror": "--mirror",
    "panel": "a gauge",
    "series": "--series",
    "constituents": "--constituents",
    "overlay": "--scenario, --set or --rerating",
}


def _kind(asked: Mapping[str, bool]) -> str:
    """Return what is asked for; raises InputError where it is two things at once."""
    kinds = [kind for kind, wanted in asked.items() if wanted]
    if len(kinds) > 1:
        raise InputError(f"{WORDS[kinds[0]]} and {WORDS[kinds[1]]} are two questions. Ask one.")
    return kinds[0] if kinds else "panel"


def _mirror(question: Question, which: str | None) -> dict[str, Any]:
    from cardhouse.studies.mirror import check_indicator, facts_for_mirror, mirror_document

    check_indicator(which)
    document = question.answer().document
    facts = facts_for_mirror(question.facts, checked_date(question.as_of))
    return mirror_document(document, facts, only=which)


def _overlay(question: Question, rerating: float) -> dict[str, Any]:
    import datetime as dt

    from cardhouse.facts import load_facts
    from cardhouse.studies.overlay import overlay_document

    document = question.answer().document
    facts = load_facts(question.facts)
    if question.as_of is not None:
        facts = facts.known_at(dt.date.fromisoformat(question.as_of))
    return overlay_document(document, facts, rerating=rerating)


def _write(document: dict[str, Any], html: Path) -> None:
    from cardhouse.report.market_page import market_html
    from cardhouse.studies.matrix_files import write_whole

    write_whole(html, market_html(document).encode(), "--html")


def _refuse_idle(options: dict[str, Any]) -> None:
    given = [option for option, value in options.items() if value]
    if given:
        raise InputError(f"{given[0]} says how a series is tested. Add --series FILE.")


def _panel(
    which: str | None, as_of: str | None, facts: list[Path], proposals: Mapping[str, Any] | None
) -> dict[str, Any]:
    from cardhouse.studies.gauges import gauge_document

    day = checked_date(as_of)
    found = gauge_document(as_of=day, extra_facts=[existing(path) for path in facts], only=which)
    return _with_proposals(found, proposals)


def _with_proposals(
    document: dict[str, Any], proposals: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a document that says which of its readings were fetched for it."""
    if proposals is None:
        return document
    ids = [one["fact"]["id"] for one in proposals["statements"]]
    told = {"file": proposals["file"], "facts": ids, "failed": proposals["failed"]}
    return {**document, "proposals": told}


def _table_of(proposals: Mapping[str, Any] | None) -> list[Path]:
    """Return the table of what was fetched; none where nothing was."""
    path = None if proposals is None else proposals["file"]
    return [] if path is None else [Path(path)]


def _pulled(kind: str, *, quiet: bool) -> dict[str, Any]:
    """Fetch what gauges are read from, as proposals in a table of the day."""
    if kind not in ("panel", "mirror"):
        raise InputError("--pull fetches readings of gauges. Leave it out here.")
    from cardhouse.cli.live import manners_of, pulled, wanted_of
    from cardhouse.studies.live import gauge_services

    manners = manners_of(None, refresh=False, offline=False)
    services = gauge_services()
    wanted = wanted_of([], None, "")
    return pulled(services, wanted, manners, out=None, quiet=quiet, lenient=True)


def _tests(series: str, column: str | None, settings: Any) -> dict[str, Any]:
    from cardhouse.studies.explosive import explosive_document, find_series

    return explosive_document(find_series(series, column), settings)


def _show(document: dict[str, Any], *, whole: bool) -> None:
    from cardhouse.cli import gauge_tables
    from cardhouse.cli.tables import show

    if document["schema"] == "cardhouse/mirror/1":
        from cardhouse.cli.mirror_tables import mirror_tables

        show(mirror_tables(document, whole=whole))
        return
    tables = {
        "cardhouse/explosive/1": gauge_tables.explosive_tables,
        "cardhouse/overlay/1": gauge_tables.overlay_tables,
        "cardhouse/constituents/1": gauge_tables.constituents_tables,
        "cardhouse/gauge/1": gauge_tables.panel if whole else gauge_tables.card,
    }
    show(tables[document["schema"]](document))
