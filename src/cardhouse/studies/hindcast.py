"""A hindcast: the baseline from an earlier quarter, held against what was published later.

What was published of a quarter is read as the accounts of that very quarter read it: an observation
of grade A whose own period is that quarter. So fiscal quarters fall where the accounts put them,
and what a filed figure holds beyond the economy's lines (Amazon's warehouses), or leaves out of
them (Microsoft's leases), is taken off as those accounts have it. Years and half-years are left
out: their quarters would be split along growth that the economy itself assumes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cardhouse.accounts import Accounts, open_accounts
from cardhouse.accounts.observations import Observation
from cardhouse.accounts.periods import quarter_name, quarter_number, span_in_quarters
from cardhouse.errors import AccountsError
from cardhouse.model.world import World
from cardhouse.studies.lever_paths import check_quarters
from cardhouse.studies.run import Study, scenario_on
from cardhouse.studies.views import View

REVENUE, CAPEX = "revenue", "capex"
QUARTERS_A_YEAR = 4
_FIGURE = re.compile(r"revenue\((?P<seller>\w+)\)|paid\((?P<buyer>\w+), *capex\)")

Key = tuple[str, str]
"""An entity and `REVENUE` or `CAPEX`."""


@dataclass(frozen=True)
class Published:
    """One published figure of a quarter, USD bn.

    ``filed`` is the figure as published, ``beyond`` what it holds beyond the entity's lines
    (negative: what it leaves out of them), ``sd`` the accounts' sd of what is left.
    """

    filed: float
    beyond: float
    sd: float
    grade: str
    fact: str

    @property
    def value(self) -> float:
        """Return the figure of the entity's lines alone: what a run can be held against."""
        return self.filed - self.beyond


@dataclass(frozen=True)
class Row:
    """One published figure beside a run and two guesses that need no model, USD bn.

    ``trend`` lets last year's growth go on, ``still`` lets nothing change; None where the base
    quarter, or the quarter a year before it, has no such figure.
    """

    entity: str
    name: str
    quarter: str
    figure: str
    published: Published
    simulated: float
    trend: float | None
    still: float | None

    @property
    def gap(self) -> float:
        """Return the run relative to what was published: -0.25 is a quarter too low."""
        return self.simulated / self.published.value - 1.0

    @property
    def trend_gap(self) -> float | None:
        """Return the gap of the guess that last year's growth goes on."""
        return None if self.trend is None else self.trend / self.published.value - 1.0

    @property
    def still_gap(self) -> float | None:
        """Return the gap of the guess that nothing changes."""
        return None if self.still is None else self.still / self.published.value - 1.0


@dataclass(frozen=True)
class MeanErrors:
    """Mean absolute gaps of one figure over its rows; NaN where there is none to take.

    ``ours`` is over all ``count`` rows; ``ours_beside``, ``trend`` and ``still`` over the
    ``beside`` rows that have both guesses, so that the three can be compared.
    """

    figure: str
    count: int
    ours: float
    beside: int
    ours_beside: float
    trend: float
    still: float


def hindcast(
    economy: str = "ai",
    *,
    base: str = "2025Q2",
    quarters: int = 3,
    as_of: str | None = None,
    grades: str = "A",
) -> list[Row]:
    """Simulate the baseline from a base quarter and hold it against the quarters after it.

    Parameters
    ----------
    economy
        A shipped economy, or the path of a folder with an economy's tables.
    base, as_of
        The base quarter, and the day up to which its opening knows facts; none: all facts.
    quarters
        How many later quarters to compare; the accounts of each must be able to open.
    grades
        Grades of the facts that count as published, such as ``AB``.

    Returns
    -------
    list of Row
        Revenue before capex, entities in the world's order, quarters in theirs.

    Raises
    ------
    CardhouseError
        When a quarter cannot be opened, or something given is wrong.
    """
    check_quarters(quarters)
    opening = open_accounts(economy, base=base, as_of=as_of)
    known = opening if as_of is None else open_accounts(economy, base=base)
    study = Study(opening.world, scenario_on(opening.world, (), {}), quarters)
    first = quarter_number(base)
    later = [
        published_in(open_accounts(economy, base=quarter_name(first + ahead)), grades)
        for ahead in range(1, quarters + 1)
    ]
    before = _year_before(economy, first, grades)
    return compare(study.baseline, later, published_in(known, grades), before)


def compare(
    view: View,
    later: Sequence[Mapping[Key, Published]],
    now: Mapping[Key, Published],
    before: Mapping[Key, Published],
) -> list[Row]:
    """Return a row for everything published in the quarters after a run's base quarter.

    ``later`` holds what was published of each quarter after the base, ``now`` of the base quarter,
    ``before`` of the quarter a year before it.
    """
    world = view.chain.world
    order = {entity.id: place for place, entity in enumerate(world.entities)}
    keys = {key for quarter in later for key in quarter}
    rows = []
    for entity, figure in sorted(keys, key=lambda key: (key[1] != REVENUE, order[key[0]])):
        key = (entity, figure)
        simulated = simulated_figure(view, key)
        for ahead, quarter in enumerate(later, start=1):
            if key not in quarter:
                continue
            row = Row(
                entity=entity,
                name=world.by_id[entity].name,
                quarter=view.quarters[ahead],
                figure=figure,
                published=quarter[key],
                simulated=float(simulated[ahead]),
                trend=goes_on(now.get(key), before.get(key), ahead),
                still=now[key].value if key in now else None,
            )
            rows.append(row)
    return rows


def goes_on(now: Published | None, before: Published | None, ahead: int) -> float | None:
    """Return a figure some quarters ahead if last year's growth goes on, compounded quarterly.

    Examples
    --------
    >>> one, other = Published(121.0, 0, 0, "A", "x"), Published(100.0, 0, 0, "A", "y")
    >>> round(goes_on(one, other, 2), 1)
    133.1
    """
    if now is None or before is None or now.value <= 0 or before.value <= 0:
        return None
    return float(now.value * (now.value / before.value) ** (ahead / QUARTERS_A_YEAR))


def published_in(accounts: Accounts, grades: str = "A") -> dict[Key, Published]:
    """Return revenue and capex published of the accounts' quarter, the sharpest of each.

    Only facts of the given grades whose own period is that quarter count.
    """
    found: dict[Key, tuple[float, str, Published]] = {}
    for one in accounts.observations:
        key = _key_of(one)
        if key is None or one.figure.grade not in grades:
            continue
        best = (one.sd, one.figure.id, _published(accounts, one))
        if key not in found or best[:2] < found[key][:2]:
            found[key] = best
    return {key: published for key, (_, _, published) in found.items()}


def _key_of(one: Observation) -> Key | None:
    """Return whose revenue or capex an observation tells of this quarter; None: no such thing."""
    match = _FIGURE.match(one.target_text)
    of_the_quarter = one.moved == 0 and span_in_quarters(one.figure.start, one.figure.end) == 1
    if match is None or one.per is not None or not of_the_quarter:
        return None
    return (match["seller"], REVENUE) if match["seller"] else (match["buyer"], CAPEX)


def _published(accounts: Accounts, one: Observation) -> Published:
    """Return an observation as a published figure, with what lies beyond the entity's lines."""
    match = _FIGURE.match(one.target_text)
    own = accounts.reader.read(match[0] if match else one.target_text, one.what)
    balanced = accounts.solution.balanced
    spread = own @ balanced.factor
    return Published(
        filed=one.value,
        beyond=float((one.of - own) @ balanced.values),
        sd=float(np.sqrt((spread**2).sum())),
        grade=one.figure.grade,
        fact=one.figure.id,
    )


def _year_before(economy: str, base: int, grades: str) -> dict[Key, Published]:
    """Return what was published of the quarter a year earlier; nothing where it cannot open."""
    try:
        accounts = open_accounts(economy, base=quarter_name(base - QUARTERS_A_YEAR))
    except AccountsError:
        return {}
    return published_in(accounts, grades)


def simulated_figure(view: View, key: Key) -> NDArray[np.float64]:
    """Return revenue or capex of an entity's lines in a run (quarter,), row 0 the accounts'."""
    entity, figure = key
    of_lines = view.books.line_revenue if figure == REVENUE else view.books.capex
    return np.asarray(of_lines[:, _lines_of(view.chain.world, entity)].sum(axis=1))


def _lines_of(world: World, entity: str) -> list[int]:
    """Return the places of the lines that are an entity or belong to it."""
    return [place for place, line in enumerate(world.lines) if entity in _owners(world, line.id)]


def _owners(world: World, line: str) -> list[str]:
    """Return a line, its division and its firm."""
    owners = [line]
    while parent := world.by_id[owners[-1]].parent:
        owners.append(parent)
    return owners


def beyond(rows: Iterable[Row], within: float) -> list[Row]:
    """Return the rows whose gap is larger than a share, the largest first."""
    return sorted((row for row in rows if abs(row.gap) > within), key=lambda row: -abs(row.gap))


def mean_errors(rows: Iterable[Row], figure: str) -> MeanErrors:
    """Return mean absolute gaps of one figure: ours, and ours beside the two guesses."""
    chosen = [row for row in rows if row.figure == figure]
    beside = [
        (row.gap, row.trend_gap, row.still_gap)
        for row in chosen
        if row.trend_gap is not None and row.still_gap is not None
    ]
    ours, trend, still = np.abs(beside).mean(axis=0) if beside else np.full(3, np.nan)
    return MeanErrors(
        figure=figure,
        count=len(chosen),
        ours=float(np.mean([abs(row.gap) for row in chosen])) if chosen else float("nan"),
        beside=len(beside),
        ours_beside=float(ours),
        trend=float(trend),
        still=float(still),
    )
