"""Checks of what is promised: resolutions, collateral, guarantees, leases, parts of plant."""

from __future__ import annotations

from collections.abc import Iterable
from math import isclose

from cardhouse.errors import EconomyError, did_you_mean
from cardhouse.model.vocabulary import INSTRUMENTS, RESOLUTIONS, ContractKind
from cardhouse.model.world import Contract, Debt, Firm, Plant, Pool, Round, World

SENIORITIES = (0, 1, 2, 3)
"""Classes that a debt may name; 0 is the class of its pool."""

PART_RANGES = {"share": (0.0, 1.0), "life_quarters": (1.0, 400.0), "lead_quarters": (1.0, 40.0)}


def check_promises(world: World) -> None:
    """Refuse promises that refer to nobody, or to what cannot be.

    Raises
    ------
    EconomyError
        The first mistake found, with the row, what was found and expected.
    """
    for pool in world.pools:
        _check_instrument(world, pool)
    for firm in world.firms:
        _check_resolution(world, firm)
    for debt in world.debts:
        _check_debt(world, debt)
    for item in world.rounds:
        _check_earmark(world, item)
    for contract in world.contracts:
        _check_contract(world, contract)
    _check_single_payee(world)
    for line in world.lines:
        if line.plant is not None:
            _check_parts(line.plant, f"{world.economy}: line '{line.id}', plant")


def _check_instrument(world: World, pool: Pool) -> None:
    if pool.instrument not in INSTRUMENTS:
        raise EconomyError(
            f"{world.economy}: pool '{pool.id}' has instrument '{pool.instrument}', expected one "
            f"of {', '.join(INSTRUMENTS)}.{did_you_mean(pool.instrument, INSTRUMENTS)}"
        )


def _check_resolution(world: World, firm: Firm) -> None:
    where = f"{world.economy}: firm '{firm.id}'"
    if firm.on_default not in RESOLUTIONS:
        raise EconomyError(
            f"{where} has on_default '{firm.on_default}', expected one of {', '.join(RESOLUTIONS)}."
            f"{did_you_mean(firm.on_default, RESOLUTIONS)}"
        )
    others = {other.id for other in world.firms} - {firm.id}
    for name in firm.rescuers:
        _refuse_unknown(name, others, f"{where}: rescuer", "another firm")


def _check_debt(world: World, debt: Debt) -> None:
    where = f"{world.economy}: debt of {debt.firm} to {debt.pool}"
    if debt.seniority not in SENIORITIES:
        raise EconomyError(
            f"{where}: seniority is {debt.seniority}, expected 1 (secured), 2 (as trade), 3 "
            "(subordinated), or 0 for the pool's."
        )
    if debt.collateral:
        own = {line.id for line in world.lines if world.purse_of(line.id) == debt.firm}
        _refuse_unknown(debt.collateral, own, f"{where}: collateral", "a line of the firm")


def _check_earmark(world: World, item: Round) -> None:
    if item.earmark:
        others = {line.id for line in world.lines if world.purse_of(line.id) != item.firm}
        where = f"{world.economy}: round '{item.id}': earmark"
        _refuse_unknown(item.earmark, others, where, "a line of another firm")


def _check_contract(world: World, contract: Contract) -> None:
    where = f"{world.economy}: contract {contract.kind} {contract.payer} -> {contract.payee}"
    if contract.kind is ContractKind.GUARANTEE:
        others = {firm.id for firm in world.firms} - {contract.payer, contract.payee}
        _refuse_unknown(contract.party, others, f"{where}: party", "a firm beside the two")
    elif contract.party:
        raise EconomyError(
            f"{where}: party is '{contract.party}', but only a guarantee has a third party. "
            "Leave it empty."
        )
    if contract.kind is ContractKind.CREDIT_LINE:
        _check_credit_line(world, contract, where)
    if contract.terms.get("leased", 0.0) > 0 and contract.terms.get("credit_share", 0.0) > 0:
        raise EconomyError(
            f"{where}: it is both leased and bought on credit; what a lessor pays for needs no "
            "credit. Leave out one of 'leased' and 'credit_share'."
        )


def _check_single_payee(world: World) -> None:
    """Refuse a firm that pays its tax, or its owners, at two accounts."""
    payees: dict[tuple[ContractKind, str], str] = {}
    for contract in world.contracts:
        if contract.kind in (ContractKind.TAX, ContractKind.PAYOUT):
            first = payees.setdefault((contract.kind, contract.payer), contract.payee)
            if first != contract.payee:
                raise EconomyError(
                    f"{world.economy}: firm '{contract.payer}' pays {contract.kind} to '{first}' "
                    f"and to '{contract.payee}'. Use one account for both."
                )


def _check_credit_line(world: World, contract: Contract, where: str) -> None:
    """Refuse lines of credit from who lends nothing, and drawings booked on the line itself."""
    lenders = {pool.id for pool in world.pools if pool.instrument == "debt"}
    _refuse_unknown(contract.payer, lenders, f"{where}: payer", "a pool that lends")
    if contract.amount > 0:
        raise EconomyError(
            f"{where}: amount is {contract.amount}, expected 0: what was drawn in the base quarter "
            "is a debt_drawn, and 'committed' is what may still be drawn."
        )


def _check_parts(plant: Plant, where: str) -> None:
    for part in plant.parts:
        for name, (low, high) in PART_RANGES.items():
            value = getattr(part, name)
            if not low <= value <= high:
                raise EconomyError(
                    f"{where}, part '{part.kind}': {name} is {value}, expected {low:g} to {high:g}."
                )
    total = sum(part.share for part in plant.parts)
    if plant.parts and not isclose(total, 1.0, abs_tol=1e-9):
        raise EconomyError(f"{where}: the shares of its parts add up to {total:g}, expected 1.")


def _refuse_unknown(name: str, known: Iterable[str], where: str, what: str) -> None:
    names = set(known)
    if name not in names:
        raise EconomyError(f"{where} '{name}' is not {what}.{did_you_mean(name, names)}")
