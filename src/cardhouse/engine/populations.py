"""Populations: a firm that stands for many is replaced by its members, before a world is compiled.

What members share adds up to the firm that they replace; how they differ is drawn by id. Nothing
here keeps a random state: a draw is a digest of population, member and stream, so that one member
more changes no other member's draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from math import fsum
from typing import TypeVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from cardhouse.engine.arrays import Array
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import TERMS, ContractKind, EntityKind, terms_of
from cardhouse.model.world import Contract, Entity, Firm, Line, Population, Round, World

COUNTS = (2, 5000)
"""How many firms a population may stand for."""

WIDEST = 5.0
"""The most by which members may differ: sd of a log, or of a rate a quarter."""

SMALLEST_SHARE = 1e-15
"""Smaller shares vanish in the sum; they are 0, not an amount that nobody could count."""

AMOUNTS = (
    "cash_floor", "stock_pay", "other_assets", "receivables", "payables", "deferred_revenue",
)  # fmt: skip
"""Positions of a firm that members share by size (USD bn); `cash` is shared by runway."""

UNIT_COSTS = (ContractKind.INPUT, ContractKind.COST)
"""What a member pays per unit of its own volume: here margins differ."""

BY_SIZE = (ContractKind.PROGRAM, ContractKind.REVENUE_SHARE)
"""Further costs, in the same proportion to revenue for each member."""

PAID = (
    *UNIT_COSTS,
    *BY_SIZE,
    ContractKind.INTEREST,
    ContractKind.REPAYMENT,
    ContractKind.TAX,
    ContractKind.PAYOUT,
    ContractKind.OTHER_BUSINESS,
    ContractKind.OTHER_CASH,
)
RECEIVED = (
    ContractKind.SALE,
    ContractKind.DEBT_DRAWN,
    ContractKind.EQUITY,
    ContractKind.OTHER_BUSINESS,
    ContractKind.OTHER_CASH,
)
"""Kinds of contract that a population may be the payer or the payee of."""

EXTENSIVE = {
    (term.kind, term.name)
    for term in TERMS
    if term.unit.startswith("USD bn") or term.unit == "million persons"
}
"""Terms that are amounts: members share them. All other terms are the same for each member."""

GROWTH = terms_of(ContractKind.SALE)["growth"]
LINE_GROWTH = (-0.99, 10.0)
"""Opening growth a quarter that a line may have."""

BITS = 52  # of a digest; (k + 1/2)/2^52 is a float strictly between 0 and 1

Row = TypeVar("Row")


@dataclass(frozen=True)
class Members:
    """The members of one population: their ids, their shares of the whole, how they differ.

    ``ids`` maps the firm and each of its lines to the ids that stand in its place. ``size``,
    ``cost`` and ``cash`` (member,) are shares that add to 1: of revenue and all that goes with it,
    of inputs and outside costs, of cash. ``faster`` (member,) is what is drawn for growth, a rate a
    quarter around 0.
    """

    ids: dict[str, tuple[str, ...]]
    size: Array
    cost: Array
    cash: Array
    faster: Array


def expand(world: World) -> World:
    """Return `world` with each population's firm replaced by its members.

    Members stand where the firm stood and add up to it: contracts with their sd, rounds, cash,
    balance sheet. What is drawn for each member is its size (and with it sales, programs, taxes,
    equity raised, everything that is told nowhere else), its costs per unit (inputs and outside
    costs), its cash over its costs, and its opening growth. Members buy from the same sellers in
    the same mix as the population: which of them relies on one seller alone is not told.

    Parameters
    ----------
    world
        A balanced opening position; amounts in USD bn, rates a quarter.

    Returns
    -------
    World
        The world itself if no population waits to be expanded; else a world whose ``members`` maps
        each member firm to its population. ``populations`` are kept.

    Raises
    ------
    EconomyError
        When a population cannot be expanded; see `check_populations`.
    """
    check_populations(world)
    for population in _waiting(world):
        world = _expanded(world, population)
    return world


def standard_draws(population: str, count: int, stream: str) -> Array:
    """Return standard normal draws of members 1 to `count` (member,).

    A draw hangs on the ids of population, member and stream alone.

    Examples
    --------
    >>> bool((standard_draws("apps", 9, "size") == standard_draws("apps", 10, "size")[:9]).all())
    True
    """
    keys = (f"{population}\0{number}\0{stream}".encode() for number in range(1, count + 1))
    heads = [int.from_bytes(hashlib.sha256(key).digest()[:8], "big") for key in keys]
    uniform = [((head >> (64 - BITS)) + 0.5) / 2.0**BITS for head in heads]
    return np.asarray(ndtri(np.array(uniform)), dtype=float)


def split(amount: float, share: Array) -> Array:
    """Return an amount by shares (member,), summed to rounding; the last bit goes to all alike.

    Examples
    --------
    >>> split(10.0, np.array([0.5, 0.3, 0.2])).tolist()
    [5.0, 3.0, 2.0]
    """
    parts = amount * share
    total = float(parts.sum())
    usual = np.isfinite(total) and total != 0.0
    return np.asarray(parts * (amount / total) if usual else parts)


def around(mean: float, deviations: Array, weights: Array, low: float, high: float) -> Array:
    """Return values `mean` + deviation within bounds, shifted so that their mean is `mean`.

    Parameters
    ----------
    mean
        The weighted mean that the values must have; if it does not lie between the bounds, it is
        everybody's value.
    deviations, weights
        What is added to the mean before the shift, and weights that add to 1 (member,).
    low, high
        Bounds of a value.
    """
    if not low < mean < high or not deviations.any():
        return np.full(deviations.shape, mean)
    values = mean + (deviations - float(weights @ deviations))
    if values.min() >= low and values.max() <= high:
        return np.asarray(values)

    def excess(shift: float) -> float:
        """Return by how much the mean of shifted values exceeds the one wanted."""
        return float(weights @ (np.clip(mean + deviations + shift, low, high) - mean))

    width = high - low + float(np.ptp(deviations))  # so far that all values lie at one bound
    ends = -width - float(deviations.max()), width - float(deviations.min())
    shift = float(brentq(excess, *ends, xtol=1e-16))
    return np.asarray(np.clip(mean + deviations + shift, low, high))


# --- members ------------------------------------------------------------------------------------


def _waiting(world: World) -> tuple[Population, ...]:
    """Return the populations whose members do not stand in the world yet."""
    done = set(world.members.values())
    return tuple(population for population in world.populations if population.firm not in done)


def _lines_of(world: World, firm: str) -> list[str]:
    """Return the lines of a firm, in the world's order."""
    return [one.id for one in world.of_kind(EntityKind.LINE) if one.parent == firm]


def _ids(one: str, count: int) -> tuple[str, ...]:
    """Return the ids of members in the place of one entity: ``apps_001``, ``apps_002`` ..."""
    return tuple(f"{one}_{number:0{len(str(count))}d}" for number in range(1, count + 1))


def _members(world: World, population: Population) -> Members:
    """Draw the members of a population."""
    firm, count = population.firm, population.count

    def drawn(stream: str, sd: float) -> Array:
        return sd * standard_draws(firm, count, stream)

    places = [firm, *_lines_of(world, firm)]
    weight = np.exp(drawn("size", population.size_spread))
    size = _shares(weight)
    cost = _shares(weight * np.exp(drawn("margin", population.margin_sd)))
    spent = _spending(world, places, size, cost)
    return Members(
        ids={one: _ids(one, count) for one in places},
        size=size,
        cost=cost,
        cash=_shares(spent * np.exp(drawn("runway", population.runway_spread))),
        faster=drawn("growth", population.growth_sd),
    )


def _shares(weights: Array) -> Array:
    """Return positive weights scaled to add to 1 (member,)."""
    share = weights / weights.sum()
    share = np.where(share < SMALLEST_SHARE, 0.0, share)
    return np.asarray(share / share.sum())


def _spending(world: World, places: list[str], size: Array, cost: Array) -> Array:
    """Return each member's cash costs of the base quarter (member,), USD bn; size if none."""

    def paid(kinds: tuple[ContractKind, ...]) -> float:
        """Return what is paid, summed exactly: the order of contracts does not matter."""
        rows = (one for one in world.contracts if one.kind in kinds and one.payer in places)
        return fsum(one.amount for one in rows)

    spent = paid(UNIT_COSTS) * cost + paid(BY_SIZE) * size
    return np.asarray(spent if spent.any() else size)


# --- the world with members in it ---------------------------------------------------------------


def _expanded(world: World, population: Population) -> World:
    """Return the world with one population's firm replaced by its members."""
    members = _members(world, population)
    firm = population.firm

    def each(rows: tuple[Row, ...], of: Callable[[Row, Members], Iterator[Row]]) -> tuple[Row, ...]:
        return tuple(new for row in rows for new in of(row, members))

    return replace(
        world,
        entities=each(world.entities, _member_entities),
        lines=each(world.lines, _member_lines),
        firms=each(world.firms, _member_firms),
        contracts=each(world.contracts, _member_contracts),
        rounds=each(world.rounds, _member_rounds),
        members={**world.members, **dict.fromkeys(members.ids[firm], firm)},
    )


def _member_entities(entity: Entity, members: Members) -> Iterator[Entity]:
    """Yield an entity, or those that stand in its place."""
    if entity.id not in members.ids:
        yield entity
        return
    parents = members.ids.get(entity.parent)
    for place, name in enumerate(members.ids[entity.id]):
        number = name.rpartition("_")[2]
        parent = parents[place] if parents else entity.parent
        yield replace(entity, id=name, name=f"{entity.name} {number}", parent=parent)


def _member_lines(line: Line, members: Members) -> Iterator[Line]:
    """Yield a line, or its copies with growth of their own."""
    if line.id not in members.ids:
        yield line
        return
    growth = around(line.opening_growth, members.faster, members.size, *LINE_GROWTH)
    for name, rate in zip(members.ids[line.id], growth.tolist(), strict=True):
        yield replace(line, id=name, opening_growth=rate)


def _member_firms(firm: Firm, members: Members) -> Iterator[Firm]:
    """Yield a firm, or those that share its positions."""
    if firm.id not in members.ids:
        yield firm
        return
    columns = {name: split(getattr(firm, name), members.size).tolist() for name in AMOUNTS}
    columns["cash"] = split(firm.cash, members.cash).tolist()
    for place, name in enumerate(members.ids[firm.id]):
        yield replace(firm, id=name, **{column: all_[place] for column, all_ in columns.items()})


def _member_rounds(item: Round, members: Members) -> Iterator[Round]:
    """Yield a round, or the parts of it that members get."""
    if item.firm not in members.ids:
        yield item
        return
    amounts = split(item.amount, members.size).tolist()
    for name, amount in zip(members.ids[item.firm], amounts, strict=True):
        number = name.rpartition("_")[2]
        yield replace(item, id=f"{item.id}_{number}", firm=name, amount=amount)


def _member_contracts(contract: Contract, members: Members) -> Iterator[Contract]:
    """Yield a contract, or the parts of it that members pay or receive."""
    payers, payees = members.ids.get(contract.payer), members.ids.get(contract.payee)
    if not payers and not payees:
        yield contract
        return
    share = members.cost if contract.kind in UNIT_COSTS else members.size
    amounts, sds = split(contract.amount, share).tolist(), split(contract.sd, share).tolist()
    columns = _member_terms(contract, members, share)
    for place, (amount, sd) in enumerate(zip(amounts, sds, strict=True)):
        changed = {name: values[place] for name, values in columns.items()}
        yield replace(
            contract,
            payer=payers[place] if payers else contract.payer,
            payee=payees[place] if payees else contract.payee,
            amount=amount,
            sd=sd,
            terms={**contract.terms, **changed} if changed else contract.terms,
        )


def _member_terms(contract: Contract, members: Members, share: Array) -> dict[str, list[float]]:
    """Return the terms in which members differ, by name: amounts, and growth of a sale."""
    columns = {
        name: split(value, share)
        for name, value in contract.terms.items()
        if (contract.kind, name) in EXTENSIVE
    }
    if contract.kind is ContractKind.SALE and members.faster.any():
        mean = contract.terms.get(GROWTH.name, GROWTH.default)
        columns[GROWTH.name] = around(mean, members.faster, share, GROWTH.low, GROWTH.high)
    return {name: values.tolist() for name, values in columns.items()}


# --- checks -------------------------------------------------------------------------------------


def check_populations(world: World) -> None:
    """Refuse populations that cannot be expanded.

    A population may have lines without plant, which buy and do not sell to other firms; it owes
    and owns nothing beside its cash and what stands on its own balance sheet.

    Raises
    ------
    EconomyError
        The first population that cannot be expanded, by the id of its firm, and why.
    """
    firms = {firm.id for firm in world.firms}
    named: set[str] = set()
    for population in world.populations:
        where = f"{world.economy}: population '{population.firm}'"
        if population.firm in named:
            raise EconomyError(f"{where} is told twice. Keep one row for each firm.")
        named.add(population.firm)
        _check_numbers(population, where)
    for population in _waiting(world):
        where = f"{world.economy}: population '{population.firm}'"
        if population.firm not in firms:
            raise EconomyError(
                f"{where} is no firm.{did_you_mean(population.firm, firms)} Name a firm of the "
                "economy."
            )
        for found in _hindrances(world, population):
            raise EconomyError(
                f"{where} cannot be told as {population.count} firms: {found}. Give that to a firm "
                "of its own, or leave the population out."
            )


def _check_numbers(population: Population, where: str) -> None:
    """Refuse a count or a spread that is out of range."""
    least, most = COUNTS
    if type(population.count) is not int or not least <= population.count <= most:
        raise EconomyError(
            f"{where}: count is {population.count}, expected a whole number from {least} to {most}."
        )
    for name in (one.name for one in fields(population) if one.name not in ("firm", "count")):
        value = getattr(population, name)
        if not 0.0 <= value <= WIDEST:
            raise EconomyError(f"{where}: {name} is {value}, expected 0 to {WIDEST:g}.")


def _hindrances(world: World, population: Population) -> Iterator[str]:
    """Yield in words what stands against expanding a population."""
    firm = population.firm
    lines = _lines_of(world, firm)
    yield from _in_its_house(world, firm, lines, population.count)
    yield from _on_its_balance_sheet(world, firm)
    yield from _in_its_contracts(world, (firm, *lines))
    yield from _in_the_hands_of_others(world, firm, lines)


def _in_its_house(world: World, firm: str, lines: list[str], count: int) -> Iterator[str]:
    """Yield divisions, plant, and members' ids that are taken."""
    for entity in world.of_kind(EntityKind.DIVISION):
        if entity.parent == firm:
            yield f"it has the division '{entity.id}'"
    for line in world.lines:
        if line.id in lines and line.plant is not None:
            yield f"its line '{line.id}' has plant"
    wanted = {name for one in (firm, *lines) for name in _ids(one, count)}
    for entity in world.entities:
        if entity.id in wanted:
            yield f"the entity '{entity.id}' already has the id of a member"


def _on_its_balance_sheet(world: World, firm: str) -> Iterator[str]:
    """Yield debts of the firm, and stakes that it holds or that others hold in it."""
    for debt in world.debts:
        if debt.firm == firm:
            yield f"it owes {debt.amount:g} to '{debt.pool}'"
    for stake in world.stakes:
        if stake.firm == firm:
            yield f"'{stake.investor}' holds a stake in it"
        if stake.investor == firm:
            yield f"it holds a stake in '{stake.firm}'"


def _in_its_contracts(world: World, places: tuple[str, ...]) -> Iterator[str]:
    """Yield contracts that cannot be split, and commitments."""
    for one in world.contracts:
        pays, is_paid = one.payer in places, one.payee in places
        row = f"the contract {one.kind.value} {one.payer} -> {one.payee}"
        if pays and one.kind not in PAID:
            yield f"{row} is paid by it"
        if is_paid and one.kind not in RECEIVED:
            yield f"{row} is paid to it"
        if one.party in places:
            yield f"{row} is a promise about it"
        if (pays or is_paid) and one.committed:
            yield f"{row} binds it for {one.committed:g}"


def _in_the_hands_of_others(world: World, firm: str, lines: list[str]) -> Iterator[str]:
    """Yield where other firms count on its money or its output."""
    for other in world.firms:
        if firm in other.access:
            yield f"firm '{other.id}' may ask it for money"
        if firm in other.rescuers:
            yield f"firm '{other.id}' may be rescued by it"
    for item in world.rounds:
        if item.investor == firm:
            yield f"the round '{item.id}' comes from it"
        if item.earmark in lines:
            yield f"the round '{item.id}' must be spent at its line '{item.earmark}'"
