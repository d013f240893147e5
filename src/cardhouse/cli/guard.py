"""How a command ends: 0 done, 2 the user's input is wrong, 1 a bug, 130 interrupted."""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import typer

from cardhouse.cli import INTERRUPTED
from cardhouse.errors import CardhouseError

INPUT_IS_WRONG = 2
BUG = 1
PIPE_CLOSED = 141

P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what escapes from a command into one message on stderr and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except CardhouseError as error:
            say(str(error))
            raise typer.Exit(INPUT_IS_WRONG) from None
        except KeyboardInterrupt:
            say("Interrupted; nothing half-written is left behind.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _drop_stdout()
            raise typer.Exit(PIPE_CLOSED) from None
        except Exception as error:  # noqa: BLE001 - the last door before the user
            _confess(error)
            raise typer.Exit(BUG) from None

    return run


def help_of(command: Callable[..., None]) -> str:
    """Return a command's docstring as help: prose flows, examples keep their lines."""
    prose, heading, examples = inspect.cleandoc(command.__doc__ or "").partition("For example:")
    flowing = "\n\n".join(" ".join(part.split()) for part in prose.split("\n\n"))
    return f"{flowing}\b\n{heading}{examples}" if heading else flowing


def say(message: str) -> None:
    """Print a message on stderr."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def warn(sentences: Iterable[str]) -> None:
    """Print what should be looked at on stderr, a line each."""
    for sentence in sentences:
        say(f"warning: {sentence}")


def print_json(document: Any) -> None:
    """Print one JSON document on stdout; a number that is not finite is a bug and raises."""
    text = json.dumps(document, allow_nan=False, ensure_ascii=False, indent=1)
    sys.stdout.write(text + "\n")


@contextmanager
def working(words: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show on stderr that something is under way, while it takes; silent off a terminal.

    What is given takes other words, as the work goes on.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(words) as status:
        yield status.update


def _drop_stdout() -> None:
    """Point stdout at nothing, so that closing it at exit does not complain a second time."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())


def _confess(error: Exception) -> None:
    if os.environ.get("CARDHOUSE_DEBUG") == "1":
        traceback.print_exception(error)
    words = str(error).splitlines()[0] if str(error) else "no message"
    say(
        f"This is a bug in cardhouse, not in your input: {type(error).__name__}: {words}\n"
        "Set CARDHOUSE_DEBUG=1 to see where, and please report it."
    )
