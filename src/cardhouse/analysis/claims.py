"""Sentences of a thesis judged by definitions: numbers in, a verdict with its evidence out.

A verdict is computed, never written down: ``holds``, ``in_part``, ``does_not_hold``, or
``undetermined`` where the figures that the definition needs are missing. Evidence is sentences
with figures, for and against, whatever the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HOLDS, IN_PART, FAILS, UNDETERMINED = "holds", "in_part", "does_not_hold", "undetermined"

MOST = 0.5
"""More than half is "most"."""

Value = float | Sequence[float] | str | None
Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""Sentences for a claim, and sentences against it."""


@dataclass(frozen=True)
class Figure:
    """One number behind a verdict, with the facts that it rests on."""

    name: str
    value: Value
    unit: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a definition says about a sentence."""

    verdict: str
    figures: tuple[Figure, ...] = ()
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Business:
    """Revenue and costs of a seller in a quarter, USD bn; ``service`` is without programs."""

    name: str
    revenue: float
    service: float
    full: float = 0.0
    facts: tuple[str, ...] = ()

    @property
    def margin(self) -> float:
        """Return what is left of a dollar of revenue after the cost of service."""
        return 1.0 - self.service / self.revenue


def within(figures: Sequence[Figure], low: float, high: float) -> Finding:
    """Judge "the figures lie between low and high": all do, some do, none does.

    Examples
    --------
    >>> within([Figure("a", 25.0, "USD"), Figure("b", 300.0, "USD")], 20.0, 200.0).verdict
    'in_part'
    """
    told = [
        (low <= one.value <= high, _against_band(one, one.value, low, high))
        for one in figures
        if isinstance(one.value, float)
    ]
    inside = sum(1 for fits, _ in told if fits)
    return Finding(_graded(inside, len(told)), tuple(figures), *_sides(told))


def _against_band(one: Figure, value: float, low: float, high: float) -> str:
    place = "below" if value < low else "above" if value > high else "within"
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{one.name}: {digits} {one.unit}, {place} {low:,.0f} to {high:,.0f}."


def _graded(found: int, of: int) -> str:
    """Return the verdict when `found` of so many agree: all, some, none."""
    if of == 0:
        return UNDETERMINED
    return HOLDS if found == of else IN_PART if found else FAILS


def below_cost(sellers: Sequence[Business]) -> Finding:
    """Judge "they sell below cost": below the cost of service alone, or only with programs.

    Examples
    --------
    >>> below_cost([Business("lab", revenue=2.0, service=1.5, full=4.0)]).verdict
    'in_part'
    """
    sellers = [one for one in sellers if one.revenue > 0]
    if not sellers:
        return Finding(UNDETERMINED)
    total = _together(sellers)
    verdict = HOLDS if total.service > total.revenue else FAILS
    verdict = IN_PART if verdict == FAILS and total.full > total.revenue else verdict
    figures = [
        Figure("paid per dollar of service", total.revenue / total.service, "USD", total.facts),
        Figure("paid per dollar with programs", total.revenue / total.full, "USD", total.facts),
    ]
    supports = [_below(one) for one in sellers if one.full > one.revenue]
    opposes = [
        f"{one.name} keeps {one.margin:.0%} of its sales after the cost of service."
        for one in sellers
        if one.service <= one.revenue
    ]
    return Finding(verdict, tuple(figures), tuple(supports), tuple(opposes))


def _below(one: Business) -> str:
    if one.service > one.revenue:
        return (
            f"{one.name} sells for {one.revenue:.2f} bn a quarter what costs {one.service:.2f} bn "
            "to serve, training and research apart."
        )
    return (
        f"{one.name} sells for {one.revenue:.2f} bn a quarter and spends {one.full:.2f} bn, "
        "training and research included."
    )


def _together(sellers: Sequence[Business]) -> Business:
    return Business(
        "all",
        sum(one.revenue for one in sellers),
        sum(one.service for one in sellers),
        sum(one.full for one in sellers),
        tuple(dict.fromkeys(fact for one in sellers for fact in one.facts)),
    )


def negative_margins(sellers: Sequence[Business]) -> Finding:
    """Judge "they have negative margins": most of them and all together, some, none.

    Examples
    --------
    >>> negative_margins([Business("a", 1.0, 1.2), Business("b", 9.0, 5.0)]).verdict
    'in_part'
    """
    sellers = [one for one in sellers if one.revenue > 0]
    if not sellers:
        return Finding(UNDETERMINED)
    negative = [one for one in sellers if one.margin < 0]
    total = _together(sellers)
    verdict = IN_PART if negative else FAILS
    if len(negative) > MOST * len(sellers) and total.margin < 0:
        verdict = HOLDS
    figures = [Figure(f"margin of {one.name}", one.margin, "share", one.facts) for one in sellers]
    figures.append(Figure("margin of all together", total.margin, "share", total.facts))
    return Finding(verdict, tuple(figures), *_by_margin(sellers, 0.0))


def thin_margins(sellers: Sequence[Business], thin: float) -> Finding:
    """Judge "they live on thin margins": all together below `thin`, some of them, none.

    Examples
    --------
    >>> thin_margins([Business("cloud", 10.0, 6.0)], 0.1).verdict
    'does_not_hold'
    """
    sellers = [one for one in sellers if one.revenue > 0]
    if not sellers:
        return Finding(UNDETERMINED)
    total = _together(sellers)
    some = any(one.margin < thin for one in sellers)
    verdict = HOLDS if total.margin < thin else IN_PART if some else FAILS
    figures = [Figure(f"margin of {one.name}", one.margin, "share", one.facts) for one in sellers]
    figures.append(Figure("margin of all together", total.margin, "share", total.facts))
    return Finding(verdict, tuple(figures), *_by_margin(sellers, thin))


def _by_margin(sellers: Sequence[Business], limit: float) -> Sides:
    """Return sentences on those below a margin and on the others."""
    return _sides(
        (
            one.margin < limit,
            f"{one.name} makes {one.margin:.0%} on {one.revenue:.2f} bn of sales.",
        )
        for one in sellers
    )


def _sides(told: Iterable[tuple[bool, str]]) -> Sides:
    """Sort sentences into those that support a claim and those that oppose it."""
    kept = list(told)
    return (
        tuple(text for supports, text in kept if supports),
        tuple(text for supports, text in kept if not supports),
    )


def gap_filled(by_source: Mapping[str, float], rounds: Mapping[str, float], some: float) -> Finding:
    """Judge "the gap is filled by new rounds": by more than half, by at least `some`, by less.

    ``by_source`` splits the cash that customers did not pay, ``rounds`` is the part of it that
    new equity paid, by giver.

    Examples
    --------
    >>> gap_filled({"venture": 3.0, "cash": 1.0}, {"venture": 3.0}, 0.1).verdict
    'holds'
    """
    gap = sum(by_source.values())
    if gap <= 0:
        return Finding(UNDETERMINED)
    new = sum(rounds.values())
    share = new / gap
    verdict = HOLDS if share > MOST else IN_PART if share >= some else FAILS
    figures = [Figure("cash that customers did not pay", gap, "USD bn a quarter")]
    figures.append(Figure("paid by new rounds", share, "share"))
    figures += [Figure(f"paid by {name}", one / gap, "share") for name, one in by_source.items()]
    told = (
        (name in rounds, f"{name} pays {one:.2f} of the {gap:.2f} bn.")
        for name, one in by_source.items()
    )
    return Finding(verdict, tuple(figures), *_sides(told))


def takes_profit(profits: Mapping[str, float], who: Sequence[str]) -> Finding:
    """Judge "they take the profit": more than half of it, more than anybody else, less.

    ``profits`` are operating results by group; losses count as no profit.

    Examples
    --------
    >>> takes_profit({"chips": 30.0, "clouds": 25.0, "labs": -8.0}, ["chips"]).verdict
    'holds'
    """
    positive = {name: max(one, 0.0) for name, one in profits.items()}
    total = sum(positive.values())
    if total <= 0:
        return Finding(UNDETERMINED)
    share = sum(positive.get(name, 0.0) for name in who) / total
    largest = share >= max(one for one in positive.values()) / total
    verdict = HOLDS if share > MOST else IN_PART if largest else FAILS
    figures = tuple(
        Figure(f"share of profit: {name}", one / total, "share")
        for name, one in positive.items()
        if one > 0
    )
    told = (
        (name in who, f"{name} makes {one:.1f} of {total:.1f} bn of operating profit a quarter.")
        for name, one in positive.items()
        if one > 0
    )
    return Finding(verdict, figures, *_sides(told))


def mostly(shares: Mapping[str, float | None]) -> Finding:
    """Judge "most of it": more than half by every measure, by some, by none.

    Examples
    --------
    >>> mostly({"firms": 0.7, "revenue": 0.2}).verdict
    'in_part'
    """
    known = {name: share for name, share in shares.items() if share is not None}
    found = sum(1 for share in known.values() if share > MOST)
    return Finding(
        _graded(found, len(known)),
        tuple(Figure(f"by {name}", share, "share") for name, share in shares.items()),
        *_sides((share > MOST, f"By {name}: {share:.0%}.") for name, share in known.items()),
    )


def not_covered(paid: Mapping[str, float | None]) -> Finding:
    """Judge "users do not pay what it costs": by every measure of cost, by some, by none.

    ``paid`` is what users pay per dollar, by measure of cost.

    Examples
    --------
    >>> not_covered({"with programs": 0.4, "without": 1.2}).verdict
    'in_part'
    """
    known = {name: one for name, one in paid.items() if one is not None}
    short = sum(1 for one in known.values() if one < 1.0)
    return Finding(
        _graded(short, len(known)),
        tuple(Figure(f"paid per dollar {name}", one, "USD") for name, one in paid.items()),
        *_sides(
            (one < 1.0, f"Users pay {one:.2f} of each dollar {name}.")
            for name, one in known.items()
        ),
    )


@dataclass(frozen=True)
class Outcome:
    """What becomes of some firms under a scenario, beside what becomes of them without it.

    ``lost`` and ``lost_anyway`` are shares in [0, 1]: of firms that fail, of revenue that is gone.
    """

    what: str
    lost: float
    lost_anyway: float
    names: tuple[str, ...] = field(default_factory=tuple)


def lost_without(outcomes: Sequence[Outcome], some: float) -> Finding:
    """Judge "without it they fall": most of it by some measure, at least `some`, less.

    Only what is lost beyond the run without the scenario counts.

    Examples
    --------
    >>> lost_without([Outcome("firms", 0.75, 0.0)], 0.1).verdict
    'holds'
    """
    if not outcomes:
        return Finding(UNDETERMINED)
    extra = max(one.lost - one.lost_anyway for one in outcomes)
    verdict = HOLDS if extra > MOST else IN_PART if extra >= some else FAILS
    figures = []
    for one in outcomes:
        figures += [
            Figure(f"{one.what}, lost", one.lost, "share"),
            Figure(f"{one.what}, lost without the scenario", one.lost_anyway, "share"),
        ]
    told = ((one.lost > one.lost_anyway, _outcome(one)) for one in outcomes)
    return Finding(verdict, tuple(figures), *_sides(told))


def _outcome(one: Outcome) -> str:
    names = f" ({', '.join(one.names)})" if one.names else ""
    return f"{one.what}: {one.lost:.0%} lost{names}, {one.lost_anyway:.0%} without the scenario."


def above(pairs: Sequence[tuple[Figure, Figure]]) -> Finding:
    """Judge "it stands above where it stood then": by every pair of figures, by some, by none.

    Examples
    --------
    >>> now, then = Figure("now", 5.3, "ratio"), Figure("in 2000", 5.1, "ratio")
    >>> above([(now, then)]).verdict
    'holds'
    """
    told = [
        (now.value > then.value, f"{now.name}: {now.value:.4g}; {then.name}: {then.value:.4g}.")
        for now, then in pairs
        if isinstance(now.value, float) and isinstance(then.value, float)
    ]
    found = sum(1 for higher, _ in told if higher)
    figures = tuple(figure for pair in pairs for figure in pair)
    return Finding(_graded(found, len(told)), figures, *_sides(told))
