"""What the shell offers for a half-typed word; read from the shipped tables, nothing imported.

Each function takes the word typed so far and returns names, most with words of explanation. Paths
are the shell's business: where nothing here fits, it offers files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Offer = tuple[str, str]
"""A name and a few words about it."""


def shipped_economies() -> list[str]:
    """Return the ids of the shipped economies."""
    folder = _package() / "accounts" / "economies"
    return sorted(one.name for one in folder.iterdir() if (one / "about.csv").is_file())


def economies(typed: str) -> list[Offer]:
    """Return the shipped economies."""
    return _fitting(typed, ((name, "") for name in shipped_economies()))


def scenarios(typed: str) -> list[Offer]:
    """Return the shipped scenarios with their titles."""
    folder = _package() / "studies" / "scenarios"
    files = [one for one in folder.iterdir() if one.name.endswith(".yaml")]
    return _fitting(typed, ((one.name.removesuffix(".yaml"), _title(one)) for one in files))


def settings(typed: str) -> list[Offer]:
    """Return levers ready for a value, such as `venture_supply=`."""
    found = [*_rows("studies", "levers.csv", "id", "words"), ("remove", "Take a firm out")]
    return _fitting(typed, ((f"{name}=", words) for name, words in found))


def entities(typed: str) -> list[Offer]:
    """Return the entities of the shipped economies."""
    found: dict[str, str] = {}
    for economy in shipped_economies():
        found |= dict(_rows(f"accounts/economies/{economy}", "entities.csv", "id", "name"))
    return _fitting(typed, found.items())


def fact_entities(typed: str) -> list[Offer]:
    """Return the entities that facts know."""
    return _fitting(typed, _rows("facts", "entities.csv", "id", "name"))


def metrics(typed: str) -> list[Offer]:
    """Return the metrics of facts with their meanings."""
    return _fitting(typed, _rows("facts", "metrics.csv", "metric", "meaning"))


def gauges(typed: str) -> list[Offer]:
    """Return the valuation gauges."""
    return _fitting(typed, _rows("studies", "gauges.csv", "id", "title"))


def series(typed: str) -> list[Offer]:
    """Return the shipped series that can be tested for explosive roots."""
    return _fitting(typed, _rows("studies", "series_examples.csv", "id", "title"))


def accelerator_classes(typed: str) -> list[Offer]:
    """Return the classes of accelerators."""
    found = _rows("accounts/economies/ai", "accelerators.csv", "class", "name")
    return _fitting(typed, dict(found).items())


def rules(typed: str) -> list[Offer]:
    """Return the rules by which a mixed purse is followed."""
    return _fitting(typed, ((name, "") for name in RULES))


RULES = ("pro_rata", "own_money", "income_first", "cash_first", "capital_first")
"""The rules of `analysis.rules`, which is heavy to import; a test holds both together."""


def _fitting(typed: str, offers: Iterable[Offer]) -> list[Offer]:
    return sorted((name, words) for name, words in offers if name.startswith(typed))


def _package() -> Traversable:
    return resources.files("cardhouse")


def _rows(folder: str, table: str, name: str, words: str) -> Iterator[Offer]:
    text = _package().joinpath(*folder.split("/"), table).read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield row[name], row[words]


def _title(file: Traversable) -> str:
    """Return a scenario's title by its line alone: a parser would cost more than the key press."""
    lines: Sequence[str] = file.read_text("utf-8").splitlines()
    titles = [line.partition(":")[2].strip(" \"'") for line in lines if line.startswith("title:")]
    return titles[0] if titles else ""
