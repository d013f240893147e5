"""The page as one file that opens from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cardhouse.cli.extras import need_web
from cardhouse.cli.guard import say, working
from cardhouse.cli.options import (
    DEFAULT_ECONOMY,
    DEFAULT_QUARTERS,
    AsOf,
    Base,
    EconomyArgument,
    Quarters,
    Quiet,
)


def export(
    *,
    html: Annotated[Path, typer.Option("--html", metavar="FILE", help="The file to write.")],
    economy: EconomyArgument = DEFAULT_ECONOMY,
    base: Base = None,
    as_of: AsOf = None,
    quarters: Quarters = DEFAULT_QUARTERS,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="ID", help="Hold this one; none: all. Repeatable."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write the page with its scenarios computed as one file that needs no server.

    It opens from disk, asks nobody for anything, and holds the pictures of the shipped scenarios;
    levers move only with `cardhouse serve`.

    For example:
      cardhouse export --html cardhouse.html
      cardhouse export --html freeze.html --scenario capital-freeze
    """
    need_web("export")
    from cardhouse.studies.matrix_files import write_whole
    from cardhouse.web.export import Wanted, export_html

    wanted = Wanted(economy, base, as_of, quarters, tuple(scenario or ()))
    with working("Computing the scenarios ...", quiet=quiet) as told:
        made = export_html(wanted, progress=lambda what: told(f"Computing {what} ..."))
        write_whole(html, made.text.encode(), "--html")
    if not quiet:
        left = f" Left out for want of room: {', '.join(made.left_out)}." if made.left_out else ""
        count = len(made.scenarios)
        held = f"{count} scenario{'s' * (count != 1)}"
        say(f"{html}: {len(made.text.encode()):,} bytes, {held}.{left}")
