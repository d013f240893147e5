"""Help without the names of Python's types, and errors in a sentence instead of a box."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup

from cardhouse.cli.usage import refuse, told_in_a_sentence, unknown_command


class PlainCommand(TyperCommand):
    """A command whose help names no type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments, as they are to be shown."""
        return _plain(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the words that are left; a wrong one ends the process with a sentence."""
        with told_in_a_sentence(ctx):
            return super().parse_args(ctx, args)


class PlainGroup(TyperGroup):
    """A group of commands, as plain."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, as they are to be shown."""
        return _plain(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the words that are left; a wrong one ends the process with a sentence."""
        with told_in_a_sentence(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named; one that does not exist ends the process."""
        if args and self.get_command(ctx, args[0]) is None and not ctx.resilient_parsing:
            refuse(unknown_command(args[0], ctx, self.list_commands(ctx)))
        return super().resolve_command(ctx, args)


def _plain(params: list[Any]) -> list[Any]:
    """Leave out the type of an argument, and of a flag, which takes no value."""
    for one in params:
        if isinstance(one, TyperArgument):
            one.display_type_rich = _nothing  # type: ignore[method-assign]
        elif getattr(one, "is_flag", False) and one.metavar is None:
            one.metavar = ""
    return params


def _nothing(ctx: Any) -> None:
    del ctx
