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
    """One number behind a verdict, with the facts that it rests on and, where told, their date."""

    name: str
    value: Value
    unit: str
    facts: tuple[str, ...] = ()
    when: str = ""

    @property
    def called(self) -> str:
        """Return the name with the date."""
        return f"{self.name} ({self.when})" if self.when else self.name


@dataclass(frozen=True)
class Finding:
    """What a definition says about a sentence; ``by_definition`` where several were asked."""

    verdict: str
    figures: tuple[Figure, ...] = ()
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()
    by_definition: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Business:
    """Revenue and costs of a seller in a quarter, USD bn.

    ``service`` is what serving costs: compute, hosting, shares passed on, wear of plant. ``full``
    is with staff, training, research, interest and pay in shares. ``paid`` is the part of service
    that those who pay use.
    """

    name: str
    revenue: float
    service: float
    full: float = 0.0
    facts: tuple[str, ...] = ()
    paid: float = 0.0

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
    return Finding(_graded(inside, len(told)), tuple(figures), *sides(told))


def _against_band(one: Figure, value: float, low: float, high: float) -> str:
    place = "below" if value < low else "above" if value > high else "within"
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{one.called}: {digits} {one.unit}, {place} {low:,.0f} to {high:,.0f}."


def _graded(found: int, of: int) -> str:
    """Return the verdict when `found` of so many agree: all, some, none."""
    if of == 0:
        return UNDETERMINED
    return HOLDS if found == of else IN_PART if found else FAILS


def below_cost(sellers: Sequence[Business], cost: str = "service") -> Finding:
    """Judge "they sell below cost" by one layer of cost: all together do, some do, none does.

    Parameters
    ----------
    sellers
        Those who sell.
    cost
        ``service``, ``paid`` (that of paid use alone) or ``full``.

    Examples
    --------
    >>> labs = [Business("lab", revenue=2.0, service=1.5, full=4.0)]
    >>> below_cost(labs).verdict, below_cost(labs, "full").verdict
    ('does_not_hold', 'holds')
    """
    sellers = [one for one in sellers if one.revenue > 0]
    if not sellers:
        return Finding(UNDETERMINED)
    total = _together(sellers)
    spent = float(getattr(total, cost))
    told = [_paid_for(one, float(getattr(one, cost)), cost) for one in sellers]
    some = any(supports for supports, _ in told)
    verdict = HOLDS if spent > total.revenue else IN_PART if some else FAILS
    figures = [Figure(PER_DOLLAR[cost], total.revenue / spent if spent > 0 else None, "USD",
                      total.facts)]  # fmt: skip
    return Finding(verdict, tuple(figures), *sides(told))


PER_DOLLAR = {
    "service": "paid per dollar of service",
    "paid": "paid per dollar of serving paid use",
    "full": "paid per dollar with staff, training and research",
}
_COST_WORDS = {
    "service": "to serve",
    "paid": "to serve those who pay",
    "full": "with staff, training and research",
}


def _paid_for(one: Business, spent: float, cost: str) -> tuple[bool, str]:
    """Return whether a seller sells below a cost, and what it sells for and spends."""
    sells = f"{one.name}: sales of {money(one.revenue)} a quarter"
    return spent > one.revenue, f"{sells}, cost of {money(spent)} {_COST_WORDS[cost]}."


def money(amount: float) -> str:
    """Return USD bn as a sentence tells them: small amounts in millions.

    Examples
    --------
    >>> money(1.824), money(0.0032), money(-0.2)
    ('1.82 bn', '3.2 mn', '-0.20 bn')
    """
    return f"{amount:.2f} bn" if abs(amount) >= 0.1 else f"{amount * 1e3:.2g} mn"


def _together(sellers: Sequence[Business]) -> Business:
    return Business(
        "all",
        sum(one.revenue for one in sellers),
        sum(one.service for one in sellers),
        sum(one.full for one in sellers),
        tuple(dict.fromkeys(fact for one in sellers for fact in one.facts)),
        sum(one.paid for one in sellers),
    )


def negative_margins(sellers: Sequence[Business], of: str = "") -> Finding:
    """Judge "they have negative margins": most of them and all together, some, none.

    ``of`` says which margin is meant.

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
    return Finding(verdict, _margins(sellers, total, of), *_by_margin(sellers, 0.0, of))


def _margins(sellers: Sequence[Business], total: Business, of: str) -> tuple[Figure, ...]:
    """Return the margins of all, each and together."""
    which = f", {of}" if of else ""
    each = [
        Figure(f"margin of {one.name}{which}", one.margin, "share", one.facts) for one in sellers
    ]
    return (*each, Figure(f"margin of all together{which}", total.margin, "share", total.facts))


def thin_margins(sellers: Sequence[Business], thin: float, of: str = "") -> Finding:
    """Judge "they live on thin margins": all together below `thin`, some of them, none.

    ``of`` says which margin is meant.

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
    return Finding(verdict, _margins(sellers, total, of), *_by_margin(sellers, thin, of))


def _by_margin(sellers: Sequence[Business], limit: float, of: str) -> Sides:
    """Return sentences on those below a margin and on the others."""
    which = f", {of}" if of else ""
    return sides(
        (
            one.margin < limit,
            f"{one.name}: margin of {one.margin:.0%} on {money(one.revenue)} of sales{which}.",
        )
        for one in sellers
    )


def sides(told: Iterable[tuple[bool, str]]) -> Sides:
    """Sort sentences into those that support a claim and those that oppose it."""
    kept = list(told)
    return (
        tuple(text for supports, text in kept if supports),
        tuple(text for supports, text in kept if not supports),
    )


def gap_filled(
    by_source: Mapping[str, float], rounds: Mapping[str, float], some: float, of: str = ""
) -> Finding:
    """Judge "the gap is filled by new rounds": by more than half, by at least `some`, by less.

    ``by_source`` splits the cash that customers did not pay, ``rounds`` is the part of it that
    new equity paid, by giver; ``of`` says whose gap it is.

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
    figures = [Figure(f"cash that customers did not pay{of}", gap, "USD bn a quarter")]
    figures.append(Figure(f"paid by new rounds{of}", share, "share"))
    figures += [
        Figure(f"paid by {name}{of}", one / gap, "share") for name, one in by_source.items()
    ]
    told = (
        (name in rounds, f"{one:.2f} of the {gap:.2f} bn{of} came from {name}.")
        for name, one in by_source.items()
    )
    return Finding(verdict, tuple(figures), *sides(told))


PROFIT_OF = "share of profit: "
TOGETHER = "all of them together"


def takes_profit(
    profits: Mapping[str, float],
    who: Sequence[str],
    of: str = "",
    facts: Mapping[str, tuple[str, ...]] | None = None,
) -> Finding:
    """Judge "they take the profit": more than half of it, more than anybody else, less.

    ``profits`` are operating results by group; losses count as no profit. ``of`` says of which
    business they are, ``facts`` what each rests on.

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
    which = f", {of}" if of else ""
    figures = [
        Figure(f"{PROFIT_OF}{name}{which}", one / total, "share", (facts or {}).get(name, ()))
        for name, one in positive.items()
        if one > 0
    ]
    figures.append(Figure(f"{PROFIT_OF}{TOGETHER}{which}", share, "share"))
    told = (
        (
            name in who,
            f"{name}: {money(one)} of {money(total)} of operating profit a quarter{which}.",
        )
        for name, one in positive.items()
        if one > 0
    )
    return Finding(verdict, tuple(figures), *sides(told))


def range_of_shares(shares: Mapping[str, float], who: str) -> tuple[bool, str]:
    """Return by perimeter what share of profit somebody takes, and whether it is most by each.

    Examples
    --------
    >>> range_of_shares({"AI business": 0.85, "whole groups": 0.27}, "NVIDIA")
    (False, 'NVIDIA takes 27% to 85% of operating profit: 85% (AI business), 27% (whole groups).')
    """
    low, high = min(shares.values()), max(shares.values())
    told = ", ".join(f"{share:.0%} ({perimeter})" for perimeter, share in shares.items())
    return low > MOST, f"{who} takes {low:.0%} to {high:.0%} of operating profit: {told}."


def mostly(shares: Mapping[str, float | None], facts: tuple[str, ...] = ()) -> Finding:
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
        tuple(Figure(f"by {name}", share, "share", facts) for name, share in shares.items()),
        *sides((share > MOST, f"By {name}: {share:.0%}.") for name, share in known.items()),
    )


def not_covered(paid: Mapping[str, float | None], facts: tuple[str, ...] = ()) -> Finding:
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
        tuple(Figure(f"paid per dollar {name}", one, "USD", facts) for name, one in paid.items()),
        *sides(
            (one < 1.0, f"Users pay {one:.2f} of each dollar {name}.")
            for name, one in known.items()
        ),
    )


@dataclass(frozen=True)
class Outcome:
    """What becomes of some firms under a scenario, beside what becomes of them without it.

    ``lost`` and ``lost_anyway`` are shares in [0, 1]: of firms that fail, of revenue that is gone.
    ``note`` ends the sentence: what they are shares of.
    """

    what: str
    lost: float
    lost_anyway: float
    names: tuple[str, ...] = field(default_factory=tuple)
    note: str = ""


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
    told = [(one.lost - one.lost_anyway >= some, _outcome(one)) for one in outcomes]
    supports, opposes = sides(told)
    stays = tuple(
        f"{one.what}: {1.0 - one.lost:.0%} not lost."
        for one in outcomes
        if some <= one.lost - one.lost_anyway <= MOST
    )
    return Finding(verdict, tuple(figures), supports, opposes + stays)


def _outcome(one: Outcome) -> str:
    names = f" ({', '.join(one.names)})" if one.names else ""
    told = f"{one.what}: {one.lost:.0%} lost{names}, {one.lost_anyway:.0%} without the scenario"
    return f"{told}; {one.note}." if one.note else f"{told}."


def above(pairs: Sequence[tuple[Figure, Figure]]) -> Finding:
    """Judge "it stands above where it stood then": by every pair of figures, by some, by none.

    Examples
    --------
    >>> now, then = Figure("now", 5.3, "ratio"), Figure("in 2000", 5.1, "ratio")
    >>> above([(now, then)]).verdict
    'holds'
    """
    told = [
        (
            now.value > then.value,
            f"{now.called}: {now.value:.4g}; {then.called}: {then.value:.4g}.",
        )
        for now, then in pairs
        if isinstance(now.value, float) and isinstance(then.value, float)
    ]
    found = sum(1 for higher, _ in told if higher)
    figures = tuple(figure for pair in pairs for figure in pair)
    return Finding(_graded(found, len(told)), figures, *sides(told))


def as_extreme(pairs: Sequence[tuple[str, bool, Figure, Figure]], some: float) -> Finding:
    """Judge "it is like then": most ratios are at least as extreme, at least `some`, fewer.

    ``pairs`` are words, whether higher is the more extreme, the ratio then and the ratio now.

    Examples
    --------
    >>> then, now = Figure("then", 0.2, "share"), Figure("now", 0.3, "share")
    >>> as_extreme([("loans", True, then, now), ("profit", False, then, now)], 0.25).verdict
    'in_part'
    """
    told = []
    for words, higher, then, now in pairs:
        if isinstance(then.value, float) and isinstance(now.value, float):
            reached = now.value >= then.value if higher else now.value <= then.value
            told.append((reached, _then_and_now(words, then, now)))
    figures = [figure for _, _, then, now in pairs for figure in (then, now)]
    if not told:
        return Finding(UNDETERMINED, tuple(figures))
    found, of = sum(1 for reached, _ in told if reached), len(told)
    needed = of // 2 + 1
    share = found / of
    verdict = HOLDS if share > MOST else IN_PART if share >= some else FAILS
    told.append(
        (
            verdict == HOLDS,
            f"{found} of {of} ratios are at least as extreme as then; it takes {needed} to hold.",
        )
    )
    words = "share of ratios at least as extreme as then"
    figures.insert(0, Figure(words, share, "share"))
    return Finding(verdict, tuple(figures), *sides(told), ((words, verdict),))


def _then_and_now(words: str, then: Figure, now: Figure) -> str:
    when = [f" ({one.when})" if one.when else "" for one in (then, now)]
    return f"{words}: {_plain(then)} then{when[0]}, {_plain(now)} now{when[1]}."


def _plain(one: Figure) -> str:
    return f"{one.value:.0%}" if one.unit == "share" else f"{one.value:.3g}"
