"""What payers are bound to pay beyond the base quarter: facts of signed purchases, by contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardhouse.accounts.definition import Definition
from cardhouse.accounts.figures import Figure, Figures
from cardhouse.accounts.periods import last_day, quarter_of
from cardhouse.accounts.tables import Row
from cardhouse.model.vocabulary import ContractKind

FIRM = "firm"
STRENGTHS = (FIRM, "letter", "superseded")
"""A letter of intent binds nobody; a superseded fact is contained in a later one once known."""


UNDATED = 20
"""Quarters over which a commitment without an end is spread: an assumption."""

CAPS = (ContractKind.BUY_BACK, ContractKind.GUARANTEE, ContractKind.CREDIT_LINE)
"""Kinds of which the amount committed is a cap, not a sum to be paid bit by bit."""


@dataclass(frozen=True)
class Promise:
    """What is still to be paid under the commitments of one contract, USD bn, and when.

    ``begins`` and ``ends`` are quarters after the base, the first and the last of the minimum;
    ``ramp`` is its growth a quarter while sites come on line.
    """

    amount: float
    begins: int = 1
    ends: int = UNDATED
    ramp: float = 0.0

    def terms(self, kind: ContractKind) -> Mapping[str, float]:
        """Return the terms that a contract of this kind carries."""
        if self.amount <= 0.0:
            return {}
        if kind in CAPS:
            return {"quarters": float(self.ends)} if kind is not ContractKind.GUARANTEE else {}
        count = max(self.ends - self.begins + 1, 1)
        return {
            "commit_start": float(self.begins),
            "commit_quarters": float(count),
            "commit_growth": self.ramp,
        }


NOTHING = Promise(0.0)


def committed_by_contract(
    definition: Definition, figures: Figures, base: int
) -> dict[str, Promise]:
    """Return what is still to be paid under firm commitments known, by contract id.

    A commitment that runs over the base quarter's end is spread evenly over its days; one that
    starts later counts in full. A superseded fact counts while nothing newer of its contract is
    known.
    """
    contracts = {row.text("id"): row for row in definition.rows("contracts")}
    total: dict[str, list[Promise]] = {}
    older: dict[str, list[Promise]] = {}
    for row in definition.rows("commitments"):
        contract = row.one_of("contract", tuple(contracts))
        strength = row.one_of("strength", STRENGTHS)
        fact = figures.by_id.get(row.needed("fact"))
        if fact is None or strength == "letter":
            continue
        into = total if strength == FIRM else older
        is_cap = ContractKind(contracts[contract].text("kind")) in CAPS
        into.setdefault(contract, []).append(_promise(row, fact, base, is_cap=is_cap))
    return {name: _together(promises) for name, promises in {**older, **total}.items()}


def _promise(row: Row, fact: Figure, base: int, *, is_cap: bool) -> Promise:
    """Return one commitment as it stands at the end of the base quarter."""
    undated = (fact.end - fact.start).days == 0
    begins = row.day("begins") or fact.start
    last = quarter_of(fact.end) - base
    first = max(quarter_of(begins) - base, 1)
    return Promise(
        amount=fact.value * (1.0 if is_cap else _remaining(fact, begins, base)),
        begins=first,
        ends=first + UNDATED - 1 if undated else max(last, first),
        ramp=row.number_of("ramp", 0.0),
    )


def _together(promises: Sequence[Promise]) -> Promise:
    """Return commitments of one contract as one: from the first to begin to the last to end."""
    return Promise(
        amount=sum(one.amount for one in promises),
        begins=min(one.begins for one in promises),
        ends=max(one.ends for one in promises),
        ramp=max(one.ramp for one in promises),
    )


def _remaining(fact: Figure, begins: dt.date, base: int) -> float:
    """Return the share of a commitment's days that lie after the base quarter."""
    end = last_day(base)
    days = (fact.end - begins).days
    if begins >= end or days <= 0:
        return 1.0
    return min(max((fact.end - end).days / days, 0.0), 1.0)
