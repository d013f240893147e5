"""The errors a user may meet: each says what is wrong, where, what was expected, what to do next.

Every error here is the user's to mend (exit code 2). Anything else that escapes is a bug
(exit code 1).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CardhouseError(Exception):
    """Base of all errors that a user can mend. ``str(error)`` is one clear sentence or two."""


class FactError(CardhouseError):
    """A fact table, dictionary or overlay breaks its schema."""


class AccountsError(CardhouseError):
    """Facts cannot be balanced, or an economy cannot open at the base quarter."""


class EconomyError(CardhouseError):
    """An economy definition or a world is inconsistent."""


class ScenarioError(CardhouseError):
    """A scenario, lever or shock is not valid."""


class LiveError(CardhouseError):
    """A service cannot be asked, or what it answers cannot be used."""


class NotThereError(LiveError):
    """A service has nothing under an address."""


class InputError(CardhouseError):
    """A command-line option or a function argument is out of its domain."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known word, or an empty string.

    Examples
    --------
    >>> did_you_mean("nvdia", ["nvidia", "openai"])
    " Did you mean 'nvidia'?"
    >>> did_you_mean("zzz", ["nvidia", "openai"])
    ''
    """
    nearest = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean '{nearest[0]}'?" if nearest else ""
