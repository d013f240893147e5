"""Judges of the claims on prices of compute: they gather figures, `analysis` decides."""

from __future__ import annotations

from collections.abc import Iterator

from cardhouse.analysis.accelerators import breakeven_utilisation, cost_per_hour
from cardhouse.analysis.claims import Finding
from cardhouse.analysis.price_claims import Tariff, cost_covered
from cardhouse.studies.accelerator_classes import UNITS, WORDS
from cardhouse.studies.accelerator_market import Priced
from cardhouse.studies.claim_evidence import Evidence
from cardhouse.studies.claim_table import Claim

PLAIN_UNITS = ("years", "kW", "USD", "USD per kWh", "USD an hour")


def tariffs_cover(_: Claim, evidence: Evidence) -> Finding:
    """Judge whether rental prices of accelerators cover what an hour costs their owner."""
    return cost_covered([tariff for one in evidence.accelerators for tariff in _tariffs(one)])


def _tariffs(one: Priced) -> Iterator[Tariff]:
    for rental in one.rentals:
        if rental.machine is None or rental.cost is None:
            continue
        rent = rental.price.value
        name, end, dearest = rental.dearest
        yield Tariff(
            what=one.name,
            kind=rental.kind,
            day=f"{rental.day:%Y-%m}",
            rent=rent,
            cost=rental.cost.value,
            dearest=dearest,
            because=told_input(name, end),
            accelerator=cost_per_hour(rental.machine).accelerator,
            hours_needed=breakeven_utilisation(rental.machine, rent),
            is_judged=rental.is_nearest,
            facts=rental.facts,
            cost_facts=rental.cost_facts,
        )


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
