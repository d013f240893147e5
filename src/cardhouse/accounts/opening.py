"""From facts to the opening position: read, observe, balance, build the world."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cardhouse.accounts.balance import Vector, residual_of
from cardhouse.accounts.base_quarter import choose_base
from cardhouse.accounts.building import Build
from cardhouse.accounts.cache import cached_world
from cardhouse.accounts.definition import Definition, read_definition, tables_of
from cardhouse.accounts.draws import draw
from cardhouse.accounts.expressions import Reader
from cardhouse.accounts.figures import Figures
from cardhouse.accounts.from_facts import figures_of
from cardhouse.accounts.influence import influence
from cardhouse.accounts.observations import Observation, observe
from cardhouse.accounts.own_facts import facts_of
from cardhouse.accounts.periods import quarter_number
from cardhouse.accounts.products import list_products
from cardhouse.accounts.signed_rounds import lumps_due
from cardhouse.accounts.solving import Solution, solve
from cardhouse.accounts.unknowns import list_unknowns
from cardhouse.errors import AccountsError, EconomyError, did_you_mean
from cardhouse.facts import FactTable, facts_version
from cardhouse.model.world import World


def open_world(
    economy: str = "ai",
    *,
    base: str | None = None,
    as_of: str | None = None,
    extra_facts: Sequence[Path] = (),
) -> World:
    """Return the balanced opening position of an economy at the end of a quarter.

    Parameters
    ----------
    economy
        A shipped economy, or the path of a folder with an economy's tables.
    base
        The base quarter, such as ``2025Q2``; none: the newest that the facts of the date open.
    as_of
        An ISO date: only facts public by then are used; none, or a day after the last of them: all
        facts, and the accounts are of that last day.
    extra_facts
        Tables of one's own facts, laid over the shipped ones.

    Returns
    -------
    World
        Amounts in USD bn of the base quarter, rates per quarter.

    Raises
    ------
    EconomyError, FactError
        When a table breaks its schema.
    AccountsError
        When the base is not a quarter, lies after `as_of` or cannot be opened.
    """
    question = {"economy": economy, "base": base, "as_of": as_of, "own": len(extra_facts)}
    return cached_world(
        question,
        [*tables_of(economy), *extra_facts],
        lambda: open_accounts(economy, base=base, as_of=as_of, extra_facts=extra_facts).world,
    )


def open_accounts(
    economy: str = "ai",
    *,
    base: str | None = None,
    as_of: str | None = None,
    extra_facts: Sequence[Path] = (),
) -> Accounts:
    """Return the balanced accounts with everything they were made from; see `open_world`."""
    build, reader = read_build(economy, base=base, as_of=as_of, extra_facts=extra_facts)
    definition, observations = build.definition, build.observations
    products = list_products(definition, reader)
    solution = solve(definition, build.unknowns, reader, observations, products)
    _refuse_overridden_filings(observations, solution)
    return Accounts(build, reader, solution, build.world(solution.balanced))


def read_build(
    economy: str = "ai",
    *,
    base: str | None = None,
    as_of: str | None = None,
    extra_facts: Sequence[Path] = (),
) -> tuple[Build, Reader]:
    """Return everything that accounts are balanced from, read and checked; see `open_world`."""
    definition = read_definition(economy)
    _check_observed(definition)
    table = facts_of(definition, extra_facts)
    _check_committed(definition, table)
    everything = figures_of(table)
    date = _checked_date(as_of, everything)
    figures = everything.known_at(date)
    base = choose_base(definition, figures, date, base)
    lumps = lumps_due(definition, figures, quarter_number(base))
    unknowns = list_unknowns(definition, _after_reference(definition, base), lumps)
    reader = Reader(definition, unknowns)
    observations = observe(definition, reader, figures, quarter_number(base))
    build = Build(
        definition, unknowns, observations, figures, base, date.isoformat(),
        _version(table, extra_facts),
    )  # fmt: skip
    return build, reader


def _check_observed(definition: Definition) -> None:
    """Refuse an observation of something that does not exist, whatever the base quarter."""
    reader = Reader(definition, list_unknowns(definition, 0))
    for row in definition.rows("observations"):
        reader.read(row.needed("of"), row.place)


def _check_committed(definition: Definition, table: FactTable) -> None:
    """Refuse a fact that does not exist: it would bind or release nobody, in silence."""
    named = [(row, row.needed("fact")) for row in definition.rows("commitments")]
    named += [
        (row, row.text("superseded_by"))
        for row in definition.rows("rounds")
        if row.text("superseded_by")
    ]
    for row, fact in named:
        if fact not in table.by_id:
            raise EconomyError(
                f"{row.place}: there is no fact '{fact}'.{did_you_mean(fact, table.by_id)} "
                "`cardhouse facts list --economy FOLDER` tells the ids of an economy's facts."
            )


MOST_MOVED = 8.0
"""Sd by which a grade A figure may move; beyond, somebody has to say what is wrong with it."""


def _refuse_overridden_filings(observations: Sequence[Observation], solution: Solution) -> None:
    """Refuse accounts that would override a filing: it, or what clashes with it, is wrong."""
    values = solution.balanced.values
    for one in observations:
        moved = (one.at(values) - one.value) / one.sd if one.sd > 0 else 0.0
        if one.figure.grade == "A" and abs(moved) > MOST_MOVED:
            against = _strongest_against(one, observations, solution)
            raise AccountsError(
                f"the filed figure {one.figure.id} ({one.what}: {one.value:.4g}) would move by "
                f"{moved:+.1f} sd to {one.at(values):.4g}. It clashes most with {against}. Correct "
                "one of them (corrections.csv), or lower its grade."
            )


def _strongest_against(
    filed: Observation, observations: Sequence[Observation], solution: Solution
) -> str:
    """Return the id and name of the fact that moves a filed figure most."""
    pulls = influence(solution, filed.row())
    others = [
        (abs(float(pull)), one)
        for pull, one in zip(pulls, observations, strict=False)
        if one.figure.id != filed.figure.id
    ]
    if not others:
        return "the priors"
    strongest = max(others, key=lambda pair: pair[0])[1]
    return f"{strongest.figure.id} ({strongest.what}: {strongest.value:.4g})"


def economy_facts(economy: str, extra_facts: Sequence[Path] = ()) -> FactTable:
    """Return the facts that an economy reads: the tables it names, and a person's own."""
    return facts_of(read_definition(economy), extra_facts)


@dataclass(frozen=True)
class Accounts:
    """Balanced accounts: the world they describe, and what it was balanced from."""

    build: Build
    reader: Reader
    solution: Solution
    world: World

    @property
    def observations(self) -> Sequence[Observation]:
        """Return what the facts say about the unknowns, in the order of the problem's rows."""
        return self.build.observations

    def draws(self, count: int, seed: int = 0, first: int = 0) -> Iterator[World]:
        """Yield worlds drawn from the posterior; each satisfies every identity and sign.

        Draw i is the same however many are asked for and whichever is the `first`. Its
        ``residual`` is the largest gap of an identity in that draw.
        """
        for values in self.drawn(count, seed, first):
            yield self.world_of(values)

    def drawn(self, count: int, seed: int = 0, first: int = 0) -> Iterator[Vector]:
        """Yield the unknowns of the worlds that `draws` yields, (unknown,)."""
        yield from draw(self.solution.problem, count, seed, first)

    def world_of(self, values: Vector) -> World:
        """Return the world that drawn values of the unknowns (unknown,) describe."""
        gap = residual_of(self.solution.problem, values)
        return self.build.world(replace(self.solution.balanced, values=values, residual=gap))

    def influence(self, expression: str) -> dict[str, float]:
        """Return how much each fact moves a figure, by fact id, largest first.

        `expression` is written as in ``observations.csv``: ``revenue(x) - cash:y``. A fact that
        speaks in several observations is summed.
        """
        headline = self.reader.read(expression, f"'{expression}'")
        moves: dict[str, float] = {}
        for one, move in zip(self.observations, influence(self.solution, headline), strict=False):
            moves[one.figure.id] = moves.get(one.figure.id, 0.0) + float(move)
        return dict(sorted(moves.items(), key=lambda pair: -abs(pair[1])))


def _version(table: FactTable, extra_facts: Sequence[Path]) -> tuple[str, str]:
    """Return the version of the facts, marked when somebody's own are on top, and their digest."""
    own = "+own" if extra_facts else ""
    return facts_version() + own, table.digest[:16]


def _checked_date(as_of: str | None, figures: Figures) -> dt.date:
    """Return the date of knowledge: as given, but never after the newest known_from of the facts.

    Of what became known later the facts tell nothing, and accounts that claimed it would be wrong.
    """
    newest = figures.newest()
    if as_of is None:
        return newest
    try:
        return min(dt.date.fromisoformat(as_of), newest)
    except ValueError:
        raise AccountsError(
            f"as_of is '{as_of}', which is not a date. Write it like 2025-08-21."
        ) from None


def _after_reference(definition: Definition, base: str) -> int:
    """Return how many quarters the base lies after the quarter that priors are stated for."""
    return quarter_number(base) - quarter_number(definition.about("reference_quarter"))
