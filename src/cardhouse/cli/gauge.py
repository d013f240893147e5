"""The market layer: valuation gauges beside the dot-com peak, and explosive roots of a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from cardhouse.cli import completion
from cardhouse.cli.guard import print_json, warn, working
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
    asked = Asked(
        question=Question.of(
            economy,
            base,
            as_of,
            scenario=scenario,
            setting=setting,
            facts=facts,
            quarters=quarters,
        ),
        which=which,
        series=series,
        column=column,
        tests=Tests(window, lag, logs, bootstrap, replications, seed),
        constituents=constituents,
        mirror=mirror,
        rerating=rerating,
    )
    asked.check(draws=html is not None, pulls=pull)
    proposals = _pulled(quiet=silent) if pull else None
    with working(WORK[asked.kind], quiet=silent):
        document = _with_proposals(asked.beside(_table_of(proposals)).document(), proposals)
    if html is not None:
        _write(document, html)
    if as_json:
        print_json(document)
    elif not quiet:
        _show(document, whole=which is None)


@dataclass(frozen=True)
class Tests:
    """How a series is tested for explosive roots, as options."""

    window: int | None
    lag: int
    logs: bool
    bootstrap: bool
    replications: int
    seed: int


@dataclass(frozen=True)
class Asked:
    """What is asked of the market layer, as options: one of five questions."""

    question: Question
    which: str | None
    series: str | None
    column: str | None
    tests: Tests
    constituents: Path | None
    mirror: bool
    rerating: float

    @property
    def kind(self) -> str:
        """Return which question is asked; raises InputError where it is two at once."""
        moved = self.question.scenarios or self.question.settings
        wanted = {
            "mirror": self.mirror,
            "panel": self.which is not None and not self.mirror,
            "series": self.series is not None,
            "constituents": self.constituents is not None,
            "overlay": bool(self.rerating or (moved and not self.mirror)),
        }
        kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
        if len(kinds) > 1:
            raise InputError(f"{WORDS[kinds[0]]} and {WORDS[kinds[1]]} are two questions. Ask one.")
        return kinds[0] if kinds else "panel"

    def check(self, *, draws: bool, pulls: bool) -> None:
        """Refuse options that the question has no use for."""
        if self.kind != "series":
            self._refuse_idle()
        if draws and self.kind not in ("panel", "series", "mirror"):
            raise InputError(
                "--html draws gauges, a series or the mirror. Leave it out here, or use --json."
            )
        if pulls and self.kind not in ("panel", "mirror"):
            raise InputError("--pull fetches readings of gauges. Leave it out here.")

    def _refuse_idle(self) -> None:
        idle = {
            "--column": self.column,
            "--window": self.tests.window,
            "--lag": self.tests.lag,
            "--logs": self.tests.logs,
            "--bootstrap": self.tests.bootstrap,
        }
        given = [option for option, value in idle.items() if value]
        if given:
            raise InputError(f"{given[0]} says how a series is tested. Add --series FILE.")

    def beside(self, tables: Sequence[Path]) -> Asked:
        """Return the same question with tables of facts on top of the person's own."""
        facts = (*self.question.facts, *tables)
        return replace(self, question=replace(self.question, facts=facts))

    def document(self) -> dict[str, Any]:
        """Return the document that answers."""
        if self.kind == "mirror":
            return _mirror(self.question, self.which)
        if self.kind == "series":
            return _tested(str(self.series), self.column, self.tests)
        if self.kind == "constituents":
            from cardhouse.studies.constituents import constituents_document

            return constituents_document(Path(str(self.constituents)))
        if self.kind == "overlay":
            return _overlay(self.question, self.rerating)
        return _panel(self.question, self.which)


WORDS = {
    "mirror": "--mirror",
    "panel": "a gauge",
    "series": "--series",
    "constituents": "--constituents",
    "overlay": "--scenario, --set or --rerating",
}


WORK = {
    "mirror": "Running the scenario ...",
    "panel": "Reading the facts ...",
    "series": "Simulating critical values ...",
    "constituents": "Adding the index up ...",
    "overlay": "Running the scenario ...",
}
"""What is told to be under way while a question is answered."""


def _mirror(question: Question, which: str | None) -> dict[str, Any]:
    from cardhouse.studies.mirror import check_indicator, facts_for_mirror, mirror_document

    check_indicator(which)
    document = question.answer().document
    warn(document["warnings"])
    facts = facts_for_mirror(question.facts, checked_date(question.as_of))
    return mirror_document(document, facts, only=which)


def _overlay(question: Question, rerating: float) -> dict[str, Any]:
    import datetime as dt

    from cardhouse.facts import load_facts
    from cardhouse.studies.overlay import overlay_document

    document = question.answer().document
    warn(document["warnings"])
    facts = load_facts(question.facts)
    if question.as_of is not None:
        facts = facts.known_at(dt.date.fromisoformat(question.as_of))
    return overlay_document(document, facts, rerating=rerating)


def _write(document: dict[str, Any], html: Path) -> None:
    from cardhouse.report.market_page import market_html
    from cardhouse.studies.matrix_files import write_whole

    write_whole(html, market_html(document).encode(), "--html")


def _panel(question: Question, which: str | None) -> dict[str, Any]:
    from cardhouse.studies.gauges import gauge_document

    day = checked_date(question.as_of)
    extra = [existing(path) for path in question.facts]
    return gauge_document(as_of=day, extra_facts=extra, only=which)


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


def _pulled(*, quiet: bool) -> dict[str, Any]:
    """Fetch what gauges are read from, as proposals in a table of the day."""
    from cardhouse.cli.live import manners_of, pulled, wanted_of
    from cardhouse.studies.live import gauge_services

    manners = manners_of(None, refresh=False, offline=False)
    services = gauge_services()
    wanted = wanted_of([], None, "")
    return pulled(services, wanted, manners, out=None, quiet=quiet, lenient=True)


def _tested(series: str, column: str | None, tests: Tests) -> dict[str, Any]:
    from cardhouse.studies.explosive import Settings, explosive_document, find_series

    return explosive_document(find_series(series, column), Settings(**asdict(tests)))


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
