"""The environment: what is installed, what can be kept, what opens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from cardhouse.cli.guard import BUG, INPUT_IS_WRONG, print_json, say
from cardhouse.cli.options import Json, Quiet

if TYPE_CHECKING:
    from cardhouse.studies.environment import Check

NARROW = 80


def doctor(as_json: Json = False, quiet: Quiet = False) -> None:
    """Check the environment: versions, cache, compiled code, shipped economies, terminal.

    Exit 0: all is well, notes aside; 2: something here needs mending; 1: cardhouse is broken. What
    was found is printed in each case, and what needs mending on stderr besides.

    For example:
      cardhouse doctor
      cardhouse doctor --json
    """
    from cardhouse.studies.environment import BROKEN, PROBLEM, document, examine

    checks = [*examine(), _terminal()]
    if as_json:
        print_json(document(checks))
    elif not quiet:
        _show(checks)
    wrong = [one for one in checks if one.state in (PROBLEM, BROKEN)]
    for one in wrong:
        say(f"{one.id}: {one.told}. {one.advice}")
    if wrong:
        raise typer.Exit(BUG if any(one.state == BROKEN for one in wrong) else INPUT_IS_WRONG)


def _show(checks: list[Check]) -> None:
    from rich.text import Text

    from cardhouse.cli.tables import show, table
    from cardhouse.studies.environment import OK, is_well, place

    found = place()
    rows = table("", "", "")
    rows.show_header = False
    for one in checks:
        told = f"{one.told}. {one.advice}" if one.state != OK and one.advice else one.told
        rows.add_row(Text(one.state), Text(one.id), Text(told))
    head = f"cardhouse {found['version']} on Python {found['python']}, {found['platform']}"
    end = "All is well." if is_well(checks) else "Something needs mending; see above."
    show([Text(head, "bold"), Text(), rows, Text(), Text(end)])


def _terminal() -> Check:
    """Look at the width, the colours and the letters of the terminal."""
    from rich.console import Console

    from cardhouse.studies.environment import NOTE, OK, Check

    console = Console()
    colours = console.color_system or "no colour"
    letters = (getattr(sys.stdout, "encoding", None) or "unknown").lower()
    told = f"{console.width} columns, {colours}, {letters}"
    if letters.replace("-", "") != "utf8":
        return Check("terminal", NOTE, told, "Set PYTHONIOENCODING=utf-8 to see all letters.")
    if console.width < NARROW:
        return Check("terminal", NOTE, told, f"Tables are made for {NARROW} columns.")
    return Check("terminal", OK, told if console.is_terminal else f"none; written as for {told}")
