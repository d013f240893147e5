"""Help without the names of Python's types, which tell its readers nothing."""

from __future__ import annotations

from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A command whose help names no type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments, as they are to be shown."""
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands, as plain."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, as they are to be shown."""
        return _plain(super().get_params(ctx))


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
