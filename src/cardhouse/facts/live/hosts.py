"""The hosts that are asked: their addresses, which a variable may point elsewhere, and manners."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cardhouse.errors import LiveError
from cardhouse.facts.text import read_shipped

CONTACT = "CARDHOUSE_CONTACT"
"""The variable with the name and e-mail address that a service may ask of those who fetch."""
LONGEST_CONTACT = 120
MIB = 1024**2

_CONTACT = re.compile(r"[\x20-\x7e]*[^\s@]+@[^\s@]+\.[^\s@]+[\x20-\x7e]*")
_COLUMNS = (
    "host", "words", "base", "environment", "more_hosts", "per_second", "needs_contact",
    "limit_mib",
)  # fmt: skip


@dataclass(frozen=True)
class Host:
    """A host of ``hosts.csv``.

    Attributes
    ----------
    base
        Address that paths are added to: the table's, or that of the environment variable.
    names
        Hosts that an answer may come from, after a redirect or a link.
    interval
        Least seconds between two requests.
    limit
        Most bytes of an answer.
    """

    id: str
    words: str
    base: str
    names: frozenset[str]
    interval: float
    needs_contact: bool
    limit: int


def load_hosts(environment: Mapping[str, str] | None = None) -> dict[str, Host]:
    """Return every host by its id.

    Parameters
    ----------
    environment
        Variables that may point a host elsewhere; those of this process when None.

    Raises
    ------
    LiveError
        When a variable holds no web address.
    """
    known = os.environ if environment is None else environment
    return {row.cells["host"]: _host(row.cells, known) for row in read_shipped(TABLE, _COLUMNS)}


TABLE = "live/hosts.csv"


def _host(cells: Mapping[str, str], environment: Mapping[str, str]) -> Host:
    base = environment.get(cells["environment"], "") or cells["base"]
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LiveError(
            f"{cells['environment']} is '{base[:80]}', which is no web address. Start it with "
            "https://, or unset it."
        )
    names = {parts.hostname, *cells["more_hosts"].split("|")} - {""}
    return Host(
        id=cells["host"],
        words=cells["words"],
        base=base.rstrip("/"),
        names=frozenset(names),
        interval=1.0 / float(cells["per_second"]),
        needs_contact=cells["needs_contact"] == "yes",
        limit=int(cells["limit_mib"]) * MIB,
    )


def checked_contact(contact: str | None) -> str:
    """Return who asks, in words that may stand in a request; empty where nobody said.

    Raises
    ------
    LiveError
        When it holds no e-mail address, or characters that no request may have.

    Examples
    --------
    >>> checked_contact("Ada Example ada@example.org")
    'Ada Example ada@example.org'
    """
    told = (contact if contact is not None else os.environ.get(CONTACT, "")).strip()
    if not told:
        return ""
    if len(told) > LONGEST_CONTACT or not _CONTACT.fullmatch(told):
        raise LiveError(
            f"the contact '{told[:60]}' holds no e-mail address in plain letters. Write it like "
            "'Ada Example ada@example.org'."
        )
    return told
