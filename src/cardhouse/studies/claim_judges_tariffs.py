"""Judges of the claims on prices of compute: they gather figures, `analysis` decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cardhouse.analysis.accelerators import breakeven_utilisation, cost_per_hour
from cardhouse.analysis.claims import Finding
from cardhouse.analysis.definitions import by_definition
from cardhouse.analysis.price_claims import Tariff, cost_covered, rent_and_cost, shares_covered
from cardhouse.studies.accelerator_classes import UNITS, WORDS
from cardhouse.studies.accelerator_market import Priced, Rental
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim
from cardhouse.studies.fact_choice import told_when

ESTIMATED = "paid, estimated"
"""The kind of what a buyer paid in effect, as others estimate it: it is no tariff."""

PLAIN_UNITS = ("years", "kW", "USD", "USD per kWh", "USD an hour")


def tariffs_cover(_: Claim, evidence: Evidence) -> Finding:
    """Judge whether rental prices of accelerators cover what an hour costs their owner."""
    tariffs = [tariff for one in evidence.accelerators for tariff in _tariffs(one, evidence)]
    groups: dict[str, list[Tariff]] = {}
    for one in tariffs:
        if one.is_judged:
            groups.setdefault(f"{one.what}, {one.kind}", []).append(one)
    judged = by_definition({words: cost_covered(told) for words, told in groups.items()})
    return replace(
        judged,
        figures=(
            *judged.figures,
            *shares_covered([one for one in tariffs if one.kind != ESTIMATED]),
            *(figure for one in tariffs if one.kind == ESTIMATED for figure in rent_and_cost(one)),
        ),
    )


def _tariffs(one: Priced, evidence: Evidence) -> Iterator[Tariff]:
    for rental in one.rentals:
        if rental.machine is None or rental.cost is None:
            continue
        rent = rental.price.value
        name, end, dearest = rental.dearest
        yield Tariff(
            what=one.name,
            kind=rental.kind,
            day=_when(rental, evidence),
            rent=rent,
            cost=rental.cost.value,
            dearest=dearest,
            because=told_input(name, end),
            accelerator=cost_per_hour(rental.machine).accelerator,
            hours_needed=breakeven_utilisation(rental.machine, rent),
            is_judged=rental.is_nearest and rental.kind != ESTIMATED,
            facts=rental.facts,
            cost_facts=rental.cost_facts,
        )


def _when(rental: Rental, evidence: Evidence) -> str:
    """Return when a price was taken, as other claims tell it: by the end of its time."""
    known = {} if evidence.facts is None else evidence.facts.by_id
    told = [known[one] for one in rental.facts if one in known]
    return told_when(told[0]) if told else f"{rental.day:%Y-%m}"


def told_input(name: str, value: float) -> str:
    """Return an input at a value as it stands in a sentence.

    Examples
    --------
    >>> told_input("life", 3.0), told_input("pue", 1.5)
    ('a life of 3 years', 'a power overhead of 1.5')
    """
    unit = UNITS[name]
    told = f"{value:,.0f}" if value >= 1000.0 else f"{value:.3g}"
    return f"a {WORDS[name]} of {told}{f' {unit}' if unit in PLAIN_UNITS else ''}"
