"""Fetch figures from public services as proposals, and take them into a table of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardhouse.cli.guard import print_json, say, working
from cardhouse.cli.options import Json, Quiet
from cardhouse.errors import InputError

if TYPE_CHECKING:
    from cardhouse.facts.live.asked import Wanted
    from cardhouse.facts.live.fetch import Manners

OWN = Path("my-facts.csv")
"""The table of one's own that proposals are taken into unless another is named."""

Contact = Annotated[
    str | None,
    typer.Option(
        "--contact",
        metavar="WHO",
        help="Your name and e-mail address, told to the service; else CARDHOUSE_CONTACT.",
    ),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask nobody: use what was fetched before.")
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask again for what was fetched within a day.")
]


def pull(  # noqa: PLR0913 - one argument an option is how a command is declared
    *,
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE",
            help="sec, frames, segments, fred, shiller, constituents; none: what each has.",
        ),
    ] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option("--entity", metavar="ID", help="Only this firm or segment. Repeatable."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="Only periods that end later (2023-01-01)."),
    ] = None,
    quarter: Annotated[
        str, typer.Option("--quarter", metavar="QUARTER", help="The quarter of frames.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new table for the proposals.")
    ] = None,
    contact: Contact = None,
    refresh: Refresh = False,
    offline: Offline = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch figures from public services into a dated table of proposals; nothing is accepted.

    Each figure comes with source, address, date and grade, and is set beside what is known. Look
    at the table, then take it in with `cardhouse facts accept`.

    For example:
      cardhouse facts pull
      cardhouse facts pull shiller fred
      cardhouse facts pull sec --entity nvidia --contact "Ada ada@example.org"
      cardhouse facts pull frames --quarter 2026Q1
    """
    if not services:
        _list_services(as_json=as_json)
        return
    document = pulled(
        services,
        wanted_of(entity or [], since, quarter),
        manners_of(contact, refresh=refresh, offline=offline),
        out=out,
        quiet=quiet or as_json,
    )
    if as_json:
        print_json(document)
    elif not quiet:
        from cardhouse.cli.live_tables import pull_tables
        from cardhouse.cli.tables import show

        show(pull_tables(document))


def _list_services(*, as_json: bool) -> None:
    if as_json:
        raise InputError("--json tells what a service says. Name one, such as shiller.")
    from cardhouse.cli.live_tables import service_tables
    from cardhouse.cli.tables import show

    show(service_tables())


def pulled(
    services: Sequence[str],
    wanted: Wanted,
    manners: Manners,
    *,
    out: Path | None,
    quiet: bool,
    lenient: bool = False,
) -> dict[str, Any]:
    """Ask services while it is told which, and return what they say."""
    from cardhouse.studies.live import pull as ask

    with working("Asking ...", quiet=quiet) as tell:
        document = ask(
            services,
            wanted,
            manners,
            out=out,
            lenient=lenient,
            telling=lambda name: tell(f"Asking {name} ..."),
        )
    if not quiet:
        for notice in document["notices"]:
            say(f"note: {notice}")
    return document


def wanted_of(entities: Sequence[str], since: str | None, quarter: str) -> Wanted:
    """Return what is asked of the services; raises InputError for a day that is none."""
    from cardhouse.facts.live.asked import SINCE, Wanted, check_entities

    return Wanted(check_entities(entities), SINCE if since is None else _day(since), quarter)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--since is '{text[:40]}', which is not a date. Write it like 2025-08-21."
        ) from None


def manners_of(contact: str | None, *, refresh: bool, offline: bool) -> Manners:
    """Return who asks, and how; raises LiveError for a contact that says nobody."""
    from importlib.metadata import version

    from cardhouse.facts.live.fetch import Manners
    from cardhouse.facts.live.hosts import checked_contact

    if refresh and offline:
        raise InputError("--refresh asks and --offline asks nobody. Leave one of them out.")
    return Manners(
        contact=checked_contact(contact),
        version=version("cardhouse"),
        offline=offline,
        refresh=refresh,
    )


def accept(
    table: Annotated[Path, typer.Argument(metavar="FILE", help="A table, as `pull` writes it.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="FILE", help="Your own table; begun if missing.")
    ] = OWN,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take rows that change what is known, too.")
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Take only rows of statements not known by their source.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take a table's facts into one of your own, which --facts lays on top of the shipped ones.

    A row that says otherwise than a known row of the same source is refused, with the whole table,
    unless you say --replace (take it) or --new (leave it).

    For example:
      cardhouse facts diff facts-proposed-2026-11-30.csv
      cardhouse facts accept facts-proposed-2026-11-30.csv
      cardhouse run --facts my-facts.csv
    """
    from cardhouse.studies.live import accept_document

    if replace and new:
        raise InputError("--replace takes changed rows and --new leaves them. Choose one.")
    document = accept_document(table, into, replace=replace, new_only=new)
    if as_json:
        print_json(document)
    elif not quiet:
        from cardhouse.cli.live_tables import accept_tables
        from cardhouse.cli.tables import show

        show(accept_tables(document))
