"""What is wrong with the words of a command line, in one sentence instead of a box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, cast

import typer

from cardhouse.cli.guard import INPUT_IS_WRONG, say
from cardhouse.errors import did_you_mean

USAGE_ERROR = cast(type[Exception], typer.BadParameter.__mro__[1])
"""What the parser raises; it has no public name of its own in every version of typer."""
ASKS_FOR_HELP = "NoArgsIsHelpError"
_EXPECTED = {
    "valid integer": "a whole number",
    "valid number": "a number",
    "finite number": "a finite number",
    "valid boolean": "yes or no",
}
"""Words of the validator, and what a person would say."""


@contextmanager
def told_in_a_sentence(ctx: Any) -> Iterator[None]:
    """End with exit code 2 and one sentence where the words of a command line are wrong."""
    try:
        yield
    except USAGE_ERROR as error:
        if type(error).__name__ == ASKS_FOR_HELP:
            raise
        refuse(usage_sentence(error, ctx))


def refuse(sentence: str) -> NoReturn:
    """Say what is wrong and end with exit code 2."""
    say(sentence)
    raise typer.Exit(INPUT_IS_WRONG) from None


def unknown_command(word: str, ctx: Any, known: Iterable[str]) -> str:
    """Return the sentence on a command that does not exist."""
    hint = did_you_mean(word[:40], known)
    return f"there is no command '{ctx.command_path} {word[:40]}'.{hint} {_help(ctx)}"


def usage_sentence(error: Any, ctx: Any) -> str:
    """Return what is wrong, where, what was expected and where to read more.

    Parameters
    ----------
    error
        What the parser raised.
    ctx
        The context of the command whose words they are.
    """
    kind = type(error).__name__
    if kind == "NoSuchOption":
        hint = did_you_mean(error.option_name, _options(ctx))
        return f"`{ctx.command_path}` has no option '{error.option_name}'.{hint} {_help(ctx)}"
    if kind == "BadOptionUsage":
        return f"{_usage(error, ctx)} {_help(ctx)}"
    if kind == "MissingParameter":
        name = _name(error.param)
        return f"`{ctx.command_path}` needs {name}, and none is given. {_help(ctx)}"
    if kind == "BadParameter":
        return f"{_name(error.param)} {_value(error)}. {_help(ctx)}"
    if "extra argument" in error.message:
        extra = error.message.partition("(s)")[2].strip(" ()")
        return f"`{ctx.command_path}` has no place for '{extra[:80]}'. {_help(ctx)}"
    return f"{error.message.rstrip('.')}. {_help(ctx)}"


def _help(ctx: Any) -> str:
    return f"See `{ctx.command_path} --help`."


def _options(ctx: Any) -> list[str]:
    return [name for one in ctx.command.get_params(ctx) for name in one.opts if name[:1] == "-"]


def _usage(error: Any, ctx: Any) -> str:
    """Return what is wrong where an option lacks its value, or a flag is given one."""
    if "does not take a value" in error.message:
        return f"{error.option_name} takes no value. Write it alone."
    found = [one for one in ctx.command.get_params(ctx) if error.option_name in one.opts]
    metavar = found[0].metavar if found and found[0].metavar else "VALUE"
    return f"{error.option_name} needs a value: {error.option_name} {metavar}."


def _name(param: Any) -> str:
    """Return an option as it is typed, or an argument as help calls it."""
    if param is None:
        return "an argument"
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    word = str(param.metavar or param.name)
    return word if " " in word else word.strip("[]{}.").upper()


def _value(error: Any) -> str:
    """Return what a value is, and what it should have been."""
    from pydantic import ValidationError

    cause = error.__cause__
    given = cause.errors()[0]["input"] if isinstance(cause, ValidationError) else None
    found = "is wrong" if given is None else f"is '{str(given)[:80]}'"
    words = error.message.rstrip(".")
    for mark, expected in _EXPECTED.items():
        if mark in words:
            return f"{found}, expected {expected}"
    bound = words.removeprefix("Input should be ").replace("greater than or equal to", "at least")
    bound = bound.replace("less than or equal to", "at most")
    if bound != words:
        return f"{found}, expected {bound}"
    return f"{found}: {words[:1].lower()}{words[1:]}"
