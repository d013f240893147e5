"""Where a fact is used: the rows of the economies' tables and the claims that pick it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cardhouse.accounts import Definition, known_economies, read_definition
from cardhouse.accounts.tables import Row
from cardhouse.facts import Fact, FactTable
from cardhouse.studies.accelerator_figures import parse_figure
from cardhouse.studies.claim_table import load_claims
from cardhouse.studies.fact_choice import chosen

ANY = "*"


@dataclass(frozen=True)
class Use:
    """One row that picks a fact: of which economy and table, and what the fact tells it."""

    economy: str
    table: str
    row: str
    tells: str


def uses_of(fact: Fact, facts: FactTable, economy: str = "") -> list[Use]:
    """Return the rows that pick a fact, economy by economy, then the claims that show it.

    A row picks a fact by its entity, metric, item and counterparty, or by its id. Whether its
    figure then weighs on a base quarter depends on how far the quarter is: the accounts say so.
    A fact that counts under another one's name is not used.

    Parameters
    ----------
    fact
        The fact asked about.
    facts
        All facts, for the claims that take the newest of several.
    economy
        An economy to look into beside the shipped ones: the path of a folder.
    """
    if fact.id in facts.duplicates:
        return []
    names = dict.fromkeys([*known_economies(), *([economy] if economy else [])])
    found = [use for name in names for use in _in_economy(fact, read_definition(name))]
    return found + _in_claims(fact, facts)


def _in_economy(fact: Fact, definition: Definition) -> Iterable[Use]:
    for table, picks, tells in _PICKS:
        for row in definition.rows(table):
            if picks(row, fact):
                name = row.text("id") if "id" in row.cells else row.place
                yield Use(definition.economy, f"{table}.csv", name, row.text(tells))


def _is_observed(row: Row, fact: Fact) -> bool:
    """Return whether an observation reads a fact, as its figure or as the level it grows from."""
    if row.text("entity") != fact.entity:
        return False
    if row.text("level") == fact.metric:
        return not fact.counterparty
    return (
        row.text("metric") == fact.metric
        and row.text("item") in (ANY, fact.item)
        and row.text("counterparty") in (ANY, fact.counterparty)
    )


def _is_round(row: Row, fact: Fact) -> bool:
    return (
        (row.text("entity"), row.text("metric")) == (fact.entity, fact.metric)
        and row.text("counterparty") in ("", fact.counterparty)
        and row.text("dated") in ("", fact.period_start.isoformat())
    )


def _is_named(row: Row, fact: Fact) -> bool:
    return row.text("fact") == fact.id


def _is_in_figure(row: Row, fact: Fact) -> bool:
    """Return whether a figure of a table of accelerators asks for a fact."""
    figure = parse_figure(row.text("figure"), row.place)
    return any(leaf.fits(fact) for one in figure for leaf in one.leaves)


_PICKS: tuple[tuple[str, Callable[[Row, Fact], bool], str], ...] = (
    ("observations", _is_observed, "of"),
    ("rounds", _is_round, "firm"),
    ("commitments", _is_named, "contract"),
    ("accelerators", _is_in_figure, "input"),
    ("accelerator_rentals", _is_in_figure, "kind"),
)
"""Each table of an economy that picks facts: how, and the column that says what for."""


def _in_claims(fact: Fact, facts: FactTable) -> list[Use]:
    return [
        Use(claim.economy, "claims.csv", claim.id, claim.claim)
        for claim in load_claims()
        for cell in (claim.facts, claim.shown)
        if any(fact.id in figure.facts for figure in chosen(facts, cell))
    ]
