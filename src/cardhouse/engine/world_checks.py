"""Checks of a world before it is compiled: every mistake is named, none becomes a NaN."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import inf, isfinite

from cardhouse.engine.promise_checks import check_promises
from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import ENDS, ContractKind, EntityKind, terms_of
from cardhouse.model.world import Contract, Entity, Plant, World

REQUIRED_ACCOUNTS = ("labour", "tax", "shareholders", "default_costs", "other_business")
LEAST, MOST = 1e-18, 1e15
"""USD bn; amounts beyond are mistakes of unit, and their quotients and products would overflow."""

_RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "plant": {
        "gross": (0.0, MOST),
        "net": (0.0, MOST),
        "depreciation": (0.0, MOST),
        "life_quarters": (1.0, 400.0),
        "lead_quarters": (1.0, 40.0),
        "capital_intensity": (1e-6, 1e6),
        "target_utilisation": (0.01, 1.0),
        "orders_under_way": (0.0, MOST),
        "plan_growth": (-1.0, 10.0),
    },
    "line": {"fixed_pass_through": (0.0, 1.0), "opening_growth": (-0.99, 10.0)},
    "firm": {
        "cash": (0.0, MOST),
        "runway_target_quarters": (0.0, 400.0),
        "cash_floor": (0.0, MOST),
        "cash_per_capex": (0.0, 400.0),
        "stock_pay": (0.0, MOST),
        "other_growth": (-1.0, 1.0),
        "other_beta": (-100.0, 100.0),
        "payout_growth": (-1.0, 1.0),
        "strategic_share": (0.0, 1.0),
        "strategic_of_revenue": (0.0, inf),
        "strategic_of_purchases": (0.0, inf),
        "other_assets": (0.0, MOST),
        "receivables": (0.0, MOST),
        "payables": (0.0, MOST),
        "deferred_revenue": (0.0, MOST),
    },
    "stake": {"cost": (0.0, MOST)},
    "pool": {
        "rate": (0.0, 1.0),
        "maturity_quarters": (1.0, 1e6),
        "seniority": (1.0, 3.0),
        "growth": (-1.0, 1.0),
        "half_life": (0.1, inf),
        "base_supply": (0.0, MOST),
        "asset_leverage": (0.0, inf),
        "income_leverage": (0.0, inf),
        "closes_below": (0.0, 1.5),
    },
    "debt": {"amount": (0.0, MOST), "rate": (0.0, 1.0), "maturity_quarters": (1.0, 1e6)},
    "round": {"amount": (0.0, MOST), "quarter": (1.0, 1e6), "probability": (0.0, 1.0)},
    "contract": {"amount": (0.0, MOST), "committed": (0.0, MOST)},
}
"""What a number of each table may be; fields that may be empty are checked when given."""


def check_world(world: World) -> None:
    """Refuse a world that cannot be compiled.

    Raises
    ------
    EconomyError
        The first mistake found, with the entity, contract or row, what was found and expected.
    """
    _check_entities(world)
    _check_tables(world)
    _check_accounts(world)
    for contract in world.contracts:
        _check_contract(world, contract)
    _check_lines(world)
    _check_firms(world)
    _check_pools(world)
    _check_debts(world)
    _check_rounds(world)
    _check_stakes(world)
    check_promises(world)


def _check_entities(world: World) -> None:
    """Refuse doubled ids, unknown parents, and families without a firm at their head."""
    counts = Counter(entity.id for entity in world.entities)
    for name, count in counts.items():
        if count > 1:
            raise EconomyError(f"{world.economy}: entity '{name}' is defined {count} times.")
    by_id = world.by_id
    for entity in world.entities:
        if entity.parent and entity.parent not in by_id:
            raise EconomyError(
                f"{world.economy}: entity '{entity.id}' has parent '{entity.parent}', which is "
                f"not an entity.{did_you_mean(entity.parent, by_id)}"
            )
    for entity in world.entities:
        if entity.kind in (EntityKind.LINE, EntityKind.DIVISION):
            _check_family(world, entity, by_id)


def _check_family(world: World, entity: Entity, by_id: dict[str, Entity]) -> None:
    """Refuse a line or division whose parents do not end at a firm."""
    seen = [entity.id]
    head = entity
    while head.kind in (EntityKind.LINE, EntityKind.DIVISION) and head.parent:
        head = by_id[head.parent]
        if head.id in seen:
            raise EconomyError(
                f"{world.economy}: entity '{entity.id}' is its own parent by way of "
                f"{' -> '.join([*seen, head.id])}. Give one of them a firm as parent."
            )
        seen.append(head.id)
    if head.kind is not EntityKind.FIRM:
        raise EconomyError(
            f"{world.economy}: {entity.kind.value} '{entity.id}' belongs to no firm (its parents "
            f"end at {head.kind.value} '{head.id}'). Set its parent to a firm or a firm's division."
        )


def _check_tables(world: World) -> None:
    """Refuse tables of lines, firms and pools that differ from the entities of that kind."""
    tables = {
        EntityKind.LINE: [line.id for line in world.lines],
        EntityKind.FIRM: [firm.id for firm in world.firms],
        EntityKind.POOL: [pool.id for pool in world.pools],
    }
    for kind, listed in tables.items():
        declared = [entity.id for entity in world.of_kind(kind)]
        if sorted(listed) != sorted(declared):
            odd = sorted(set(listed) ^ set(declared)) or _doubled(listed)
            raise EconomyError(
                f"{world.economy}: the table of {kind.value}s and the entities of that kind "
                f"differ in {', '.join(odd)}. Name each once in both."
            )
    if not world.lines:
        raise EconomyError(f"{world.economy}: there is no line, so nothing is sold. Add one.")


def _doubled(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _check_accounts(world: World) -> None:
    """Refuse a world without the outside accounts that every quarter needs."""
    labels = [entity.label or entity.id for entity in world.of_kind(EntityKind.OUTSIDE)]
    for label in REQUIRED_ACCOUNTS:
        if label not in labels:
            raise EconomyError(
                f"{world.economy}: no outside account is labelled '{label}'. Add an entity of "
                "kind outside with this id or label."
            )


def _check_contract(world: World, contract: Contract) -> None:
    where = f"{world.economy}: contract {contract.kind} {contract.payer} -> {contract.payee}"
    _check_ends(world, contract, where)
    _check_numbers(contract, "contract", where)
    _check_terms(contract, where)
    if world.purse_of(contract.payer) == world.purse_of(contract.payee):
        raise EconomyError(
            f"{where}: payer and payee share the purse '{world.purse_of(contract.payer)}'. "
            "Use by a firm's own parent is a sale with own_use = 1 and pays = 0."
        )


def _check_ends(world: World, contract: Contract, where: str) -> None:
    """Refuse ends that do not exist or are of a kind that this contract does not join."""
    for role, side, allowed in zip(
        ("payer", "payee"), (contract.payer, contract.payee), ENDS[contract.kind], strict=True
    ):
        entity = world.by_id.get(side)
        if entity is None:
            known = world.by_id
            raise EconomyError(f"{where}: '{side}' is not an entity.{did_you_mean(side, known)}")
        if entity.kind not in allowed:
            kinds = " or ".join(kind.value for kind in allowed)
            raise EconomyError(
                f"{where}: the {role} '{side}' is a {entity.kind.value}, expected a {kinds}."
            )


def _check_terms(contract: Contract, where: str) -> None:
    """Refuse unknown terms, terms out of range, and money paid for use that is free."""
    allowed = terms_of(contract.kind)
    for name, value in contract.terms.items():
        if name not in allowed:
            raise EconomyError(
                f"{where}: term '{name}' is not known for this kind.{did_you_mean(name, allowed)}"
            )
        term = allowed[name]
        if not term.low <= value <= term.high:
            raise EconomyError(
                f"{where}: term '{name}' is {value}, expected {term.low} to {term.high} "
                f"({term.unit})."
            )
    free = contract.kind is ContractKind.SALE and not contract.terms.get("pays", 1.0)
    if free and contract.amount > 0:
        raise EconomyError(
            f"{where}: {contract.amount} is paid for use with pays = 0. Put free use into the "
            "term 'volume' and leave the amount at 0."
        )
    volume = contract.terms.get("volume", 0.0)
    if volume > MOST:
        raise EconomyError(f"{where}: term 'volume' is {volume}, expected at most {MOST:g}.")
    _check_size(volume, MOST, f"{where}: term 'volume'")


def _check_numbers(row: object, table: str, where: str) -> None:
    """Refuse numbers of a row that are not finite or out of their range."""
    for name, (low, high) in _RANGES[table].items():
        value = getattr(row, name)
        if value is None:
            continue
        if not low <= value <= high:
            raise EconomyError(f"{where}: {name} is {value}, expected {low:g} to {high:g}.")
        _check_size(value, high, f"{where}: {name}")


def _check_size(value: float, high: float, where: str) -> None:
    """Refuse amounts of money that are smaller than anything anybody counts."""
    if high == MOST and 0.0 < value < LEAST:
        raise EconomyError(f"{where} is {value} USD bn, expected 0 or at least {LEAST:g}.")


def _check_lines(world: World) -> None:
    """Refuse plant that cannot be, revenue given away in full, and plant bought without any."""
    shared = _revenue_shares(world)
    buyers = {contract.payer for contract in world.contracts_of(ContractKind.CAPEX)}
    for line in world.lines:
        where = f"{world.economy}: line '{line.id}'"
        _check_numbers(line, "line", where)
        if line.plant is None and line.id in buyers:
            raise EconomyError(f"{where} buys plant but has none. Give it a plant.")
        if line.plant is not None:
            _check_plant(line.plant, where)
        if shared[line.id] >= 1.0:
            raise EconomyError(
                f"{where} owes {shared[line.id]:.3g} of its revenue to other firms, expected less "
                "than 1."
            )


def _check_plant(plant: Plant, where: str) -> None:
    _check_numbers(plant, "plant", f"{where}, plant")
    if plant.net > plant.gross * (1.0 + 1e-9):
        raise EconomyError(
            f"{where}, plant: net {plant.net} exceeds gross {plant.gross}; net is what is left of "
            "historical cost."
        )
    if not all(isfinite(value) and -1.0 <= value <= 10.0 for value in plant.guidance):
        raise EconomyError(
            f"{where}, plant: guidance is {plant.guidance}, expected growth rates of -1 to 10."
        )


def _revenue_shares(world: World) -> dict[str, float]:
    """Return the share of each line's paid revenue that it owes to other firms."""
    revenue = dict.fromkeys((line.id for line in world.lines), 0.0)
    owed = dict(revenue)
    for contract in world.contracts:
        if contract.payee in revenue:
            revenue[contract.payee] += contract.amount
        if contract.kind is ContractKind.REVENUE_SHARE:
            owed[contract.payer] += contract.amount
    return {name: _share(owed[name], revenue[name]) for name in revenue}


def _share(part: float, whole: float) -> float:
    if part <= 0:
        return 0.0
    return part / whole if whole > 0 else inf


def _check_firms(world: World) -> None:
    purses = {entity.id for entity in _able_to_give(world)}
    for firm in world.firms:
        where = f"{world.economy}: firm '{firm.id}'"
        _check_numbers(firm, "firm", where)
        for name in firm.access:
            if name not in purses or name == firm.id:
                raise EconomyError(
                    f"{where} has access to '{name}', which is neither a pool nor another firm."
                    f"{did_you_mean(name, purses - {firm.id})}"
                )


def _able_to_give(world: World) -> Iterator[Entity]:
    for entity in world.entities:
        if entity.kind in (EntityKind.POOL, EntityKind.FIRM):
            yield entity


def _check_pools(world: World) -> None:
    for pool in world.pools:
        where = f"{world.economy}: pool '{pool.id}'"
        _check_numbers(pool, "pool", where)


def _check_debts(world: World) -> None:
    firms, pools = {firm.id for firm in world.firms}, {pool.id for pool in world.pools}
    for debt in world.debts:
        where = f"{world.economy}: debt of {debt.firm} to {debt.pool}"
        for name, known, what in ((debt.firm, firms, "firm"), (debt.pool, pools, "pool")):
            if name not in known:
                raise EconomyError(f"{where}: '{name}' is no {what}.{did_you_mean(name, known)}")
        _check_numbers(debt, "debt", where)


def _check_stakes(world: World) -> None:
    firms = {firm.id for firm in world.firms}
    for stake in world.stakes:
        where = f"{world.economy}: stake of {stake.investor} in {stake.firm}"
        for name in (stake.investor, stake.firm):
            if name not in firms:
                raise EconomyError(f"{where}: '{name}' is no firm.{did_you_mean(name, firms)}")
        if stake.investor == stake.firm:
            raise EconomyError(f"{where}: a firm holds no stake in itself. Remove the row.")
        _check_numbers(stake, "stake", where)


def _check_rounds(world: World) -> None:
    firms = {firm.id for firm in world.firms}
    givers = {entity.id for entity in _able_to_give(world)}
    for item in world.rounds:
        where = f"{world.economy}: round '{item.id}'"
        if item.firm not in firms:
            raise EconomyError(
                f"{where} goes to '{item.firm}', which is no firm.{did_you_mean(item.firm, firms)}"
            )
        if item.investor not in givers or item.investor == item.firm:
            raise EconomyError(
                f"{where} comes from '{item.investor}', which is neither a pool nor another firm."
                f"{did_you_mean(item.investor, givers - {item.firm})}"
            )
        _check_numbers(item, "round", where)
