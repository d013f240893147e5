"""The words of this project and what they mean: one table for the docs, the API and the page."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("glossary.csv")


@dataclass(frozen=True)
class Word:
    """A word and its meaning."""

    word: str
    meaning: str


@cache
def load_glossary() -> tuple[Word, ...]:
    """Return the words in the order of their table.

    Examples
    --------
    >>> [one.meaning for one in load_glossary() if one.word == "draw"]
    ['one set of accounts as the facts would also allow: every identity holds in it']
    """
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(Word(**row) for row in csv.DictReader(file))
