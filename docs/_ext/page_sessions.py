"""Runs what a page shows: Python, commands and files of one page share names and a folder.

A page's blocks run in order, in one session, so that what stands under a block is what it printed
when the page was built. Nothing here knows of Sphinx: the tests run the same blocks.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

WIDTH = 76
"""Columns of the page's listings: tables of a terminal must fit."""

FENCE = re.compile(
    r"^```\{executed\} (?P<kind>\w+)(?: (?P<name>[^\n]+))?\n(?P<options>(?::\w+:[^\n]*\n)*)"
    r"(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
KINDS = ("python", "console", "file")


class PageError(Exception):
    """A block that did not end as its page says."""


@dataclass(frozen=True)
class Block:
    """One block of a page: ``kind`` is python, console or file; ``name`` is a file's name.

    ``exit_code`` is what every command of a console block must end with.
    """

    kind: str
    body: str
    name: str = ""
    exit_code: int = 0


def blocks_of(page: Path) -> list[Block]:
    """Return the executed blocks of a page's source, in order."""
    return [
        Block(found["kind"], found["body"], found["name"] or "", _exit_code(found["options"]))
        for found in FENCE.finditer(page.read_text(encoding="utf-8"))
    ]


def _exit_code(options: str) -> int:
    found = re.search(r"^:exit: *(\d+)", options, re.MULTILINE)
    return int(found[1]) if found else 0


@dataclass
class Session:
    """Names and folder that the blocks of one page share."""

    folder: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "page"})

    def run(self, block: Block) -> str:
        """Return what a block prints; raises PageError when it does not end as it should."""
        if block.kind == "file":
            (self.folder / block.name).write_text(block.body, encoding="utf-8")
            return ""
        runner = {"python": self._python, "console": self._console}[block.kind]
        with contextlib.chdir(self.folder), _columns(WIDTH):
            return _folded(runner(block))

    def _python(self, block: Block) -> str:
        """Run Python; a last line that is an expression is shown, as in a notebook."""
        tree = ast.parse(block.body)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, "<page>", "exec"), self.names)
            if last is not None:
                shown = eval(compile(ast.Expression(last.value), "<page>", "eval"), self.names)
                if shown is not None:
                    printed.write(f"{shown!r}\n")
        return printed.getvalue()

    def _console(self, block: Block) -> str:
        """Run commands of cardhouse; each line is one, after an optional ``$``."""
        lines = [line.removeprefix("$").strip() for line in block.body.splitlines()]
        return "\n".join(_command(line, block.exit_code) for line in lines if line)


def _command(line: str, exit_code: int) -> str:
    from typer.testing import CliRunner

    from cardhouse.cli.app import app

    program, *words = shlex.split(line)
    if program != "cardhouse":
        raise PageError(f"`{line}` is no command of cardhouse; a page runs nothing else.")
    done = CliRunner().invoke(app, words, prog_name="cardhouse")
    if done.exit_code != exit_code:
        raise PageError(f"`{line}` ended with {done.exit_code}, not {exit_code}: {done.output}")
    return done.output


@contextlib.contextmanager
def new_session() -> Iterator[Session]:
    """Give a session in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Session(Path(folder))


@contextlib.contextmanager
def _columns(width: int) -> Iterator[None]:
    """Make terminal and frames so wide, whatever the machine says."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        import pandas as pd

        with pd.option_context("display.width", width, "display.max_columns", 12):
            yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def _folded(text: str) -> str:
    """Return text as a terminal of that width shows it, without spaces at the ends of lines."""
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(
        "\n".join(textwrap.wrap(line, WIDTH)) if len(line) > WIDTH else line for line in lines
    ).strip("\n")
