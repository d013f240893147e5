"""What payers are bound to pay beyond the base quarter: facts of signed purchases, by contract."""

from __future__ import annotations

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.periods import last_day

FIRM = "firm"
STRENGTHS = (FIRM, "letter", "superseded")
"""A letter of intent binds nobody; a superseded fact is contained in a later one once known."""


def committed_by_contract(definition: Definition, figures: Figures, base: int) -> dict[str, float]:
    """Return what is still to be paid under firm commitments known, by contract id, USD bn.

    A commitment that runs over the base quarter's end is spread evenly over its days; one that
    starts later counts in full. A superseded fact counts while nothing newer of its contract is
    known.
    """
    contracts = tuple(row.text("id") for row in definition.rows("contracts"))
    total: dict[str, float] = {}
    older: dict[str, float] = {}
    for row in definition.rows("commitments"):
        contract = row.one_of("contract", contracts)
        strength = row.one_of("strength", STRENGTHS)
        fact = figures.by_id.get(row.needed("fact"))
        if fact is None or strength == "letter":
            continue
        into = total if strength == FIRM else older
        into[contract] = into.get(contract, 0.0) + fact.value * _remaining(fact, base)
    return {**older, **total}


def _remaining(fact: Figure, base: int) -> float:
    """Return the share of a commitment's days that lie after the base quarter."""
    end = last_day(base)
    days = (fact.end - fact.start).days
    if fact.start >= end or days == 0:
        return 1.0
    return min(max((fact.end - end).days / days, 0.0), 1.0)
