"""The errors a user may meet: each says what is wrong, where, what was expected, what to do next.

Every error here is the user's to mend (exit code 2). Anything else that escapes is a bug
(exit code 1).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


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


def did_you_mean(word: str, known: Iterable[str], names: Mapping[str, str] | None = None) -> str:
    """Return ``" Did you mean 'x'?"`` for the nearest known word, or an empty string.

    Capitals do not count, nor whether words are joined by blanks, hyphens or underscores: a name
    as people write it leads to an id. ``names`` are what those that are known are called: from the
    name to the word to use.

    Examples
    --------
    >>> did_you_mean("nvdia", ["nvidia", "openai"])
    " Did you mean 'nvidia'?"
    >>> did_you_mean("Google Cloud", ["google_cloud", "openai"])
    " Did you mean 'google_cloud'?"
    >>> did_you_mean("Amazon Web Services", ["aws"], {"Amazon Web Services": "aws"})
    " Did you mean 'aws'?"
    >>> did_you_mean("zzz", ["nvidia", "openai"])
    ''
    """
    plain: dict[str, str] = {}
    for one in sorted(known):
        plain.setdefault(_plain(one), one)
    for name, one in (names or {}).items():
        plain.setdefault(_plain(name), one)
    nearest = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
    return f" Did you mean '{plain[nearest[0]]}'?" if nearest else ""


def _plain(word: str) -> str:
    """Return a word without what people write now one way, now another."""
    return word.casefold().replace(" ", "_").replace("-", "_")
