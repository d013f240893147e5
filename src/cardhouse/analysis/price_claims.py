"""Sentences of the thesis on prices of compute, judged by definitions: numbers in, verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cardhouse.analysis.claims import FAILS, HOLDS, IN_PART, UNDETERMINED, Figure, Finding


@dataclass(frozen=True)
class Tariff:
    """What an hour of an accelerator is rented for on a day, and what it costs its owner, USD.

    ``dearest`` is the cost when one input lies at its unfavourable end, the one that matters most,
    and ``because`` says which; ``accelerator`` is the part of ``cost`` that pays for the
    accelerator alone; ``hours_needed`` the share of hours that must be sold for the rent to cover
    the cost, None where no share is enough. ``is_judged`` marks the price nearest to the base
    quarter of its kind.
    """

    what: str
    kind: str
    day: str
    rent: float
    cost: float
    dearest: float
    because: str
    accelerator: float
    hours_needed: float | None
    is_judged: bool
    facts: tuple[str, ...] = ()
    cost_facts: tuple[str, ...] = ()

    @property
    def covers(self) -> bool:
        """Return whether the rent is at least the cost."""
        return self.rent >= self.cost

    @property
    def covers_surely(self) -> bool:
        """Return whether the rent is at least the cost whichever one input is unfavourable."""
        return self.rent >= max(self.cost, self.dearest)

    @property
    def name(self) -> str:
        """Return what is rented, how and when."""
        return f"{self.what}, {self.kind}, {self.day}"


def cost_covered(tariffs: Sequence[Tariff]) -> Finding:
    """Judge "tariffs cover what accelerators cost": every judged one surely, some, none.

    Examples
    --------
    >>> card = Tariff("H100", "list", "2025-06", 6.9, 1.8, 2.5, "life 3", 0.8, 0.2, True)
    >>> cost_covered([card]).verdict
    'holds'
    """
    judged = [one for one in tariffs if one.is_judged]
    if not judged:
        return Finding(UNDETERMINED)
    verdict = IN_PART if any(one.covers for one in judged) else FAILS
    if all(one.covers_surely for one in judged):
        verdict = HOLDS
    return Finding(
        verdict,
        tuple(figure for one in judged for figure in rent_and_cost(one)),
        tuple(_for(one) for one in judged if one.covers),
        tuple(_against(one) for one in judged if not one.covers_surely),
    )


def shares_covered(tariffs: Sequence[Tariff]) -> list[Figure]:
    """Return the shares of all dated prices that cover the cost, and that surely do.

    Examples
    --------
    >>> card = Tariff("H100", "list", "2025-06", 2.0, 1.8, 2.5, "life 3", 0.8, 0.2, True)
    >>> [one.value for one in shares_covered([card])]
    [1.0, 0.0]
    """
    if not tariffs:
        return []
    facts = tuple(dict.fromkeys(fact for one in tariffs for fact in one.facts))
    surely = "dated prices that cover it whichever one input is unfavourable"
    days = sorted(one.day for one in tariffs)
    when = f"{days[0]} to {days[-1]}"
    covered = _share(one.covers for one in tariffs)
    return [
        Figure("dated prices that cover the cost", covered, "share", facts, when),
        Figure(surely, _share(one.covers_surely for one in tariffs), "share", facts, when),
    ]


def _share(found: Iterable[bool]) -> float:
    told = list(found)
    return sum(told) / len(told)


def rent_and_cost(one: Tariff) -> list[Figure]:
    """Return the rent of an hour and its cost as figures."""
    return [
        Figure(f"rent of an hour: {one.name}", one.rent, "USD", one.facts, one.day),
        Figure(f"cost of that hour: {one.name}", one.cost, "USD", one.cost_facts, one.day),
    ]


def _for(one: Tariff) -> str:
    return (
        f"{one.name}: {one.rent:.2f} covers {one.cost:.2f} an hour, {one.accelerator:.2f} of it "
        f"for the accelerator; {_hours(one)}."
    )


def _against(one: Tariff) -> str:
    if one.covers:
        return (
            f"{one.name}: {one.rent:.2f} does not cover {one.dearest:.2f}, the cost with "
            f"{one.because}."
        )
    return f"{one.name}: {one.rent:.2f} does not cover {one.cost:.2f} an hour; {_hours(one)}."


def _hours(one: Tariff) -> str:
    """Return at how many hours sold rent and cost meet."""
    if one.hours_needed is None:
        return "no share of hours sold would do"
    return f"{one.hours_needed:.0%} of hours sold would do"
