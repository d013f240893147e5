"""The document's journal: payments of every quarter with contract, law, what was owed and paid."""

from __future__ import annotations

from typing import Any

from cardhouse.analysis.journal import Fall, Payment, cascade, journal
from cardhouse.model.world import Contract, World
from cardhouse.studies.views import View

Row = dict[str, Any]


def journal_rows(view: View, *, members: bool = False) -> list[Row]:
    """Return every payment of a run, quarter by quarter, the base quarter first.

    With ``members`` the firms of a population pay one by one; without, as one.
    """
    run = view.whole if members and view.whole is not None else view.trajectory
    world = run.chain.world
    return [
        _payment(view, world, one)
        for quarter in range(run.quarters + 1)
        for one in journal(run, quarter)
    ]


def _payment(view: View, world: World, one: Payment) -> Row:
    contract = world.contracts[one.contract] if one.contract >= 0 else None
    return {
        "quarter": view.quarters[one.quarter],
        "kind": one.kind,
        "payer": one.payer,
        "payee": one.payee,
        "contract": _name(contract),
        "committed": None if contract is None else contract.committed,
        "law": one.law,
        "force": one.force,
        "owed": one.owed,
        "paid": one.paid,
        "lost": one.lost,
        "facts": [] if contract is None else list(contract.facts),
    }


def _name(contract: Contract | None) -> str | None:
    """Return a contract's name: payer, payee and kind, as the tables of an economy have it."""
    if contract is None:
        return None
    return f"{contract.payer}_to_{contract.payee}_{contract.kind}"


def cascade_rows(view: View) -> list[Row]:
    """Return how firms fell, quarter by quarter and round by round: who left whom unpaid."""
    run = view.trajectory
    return [
        _fall(view, one) for quarter in range(1, run.quarters + 1) for one in cascade(run, quarter)
    ]


def _fall(view: View, one: Fall) -> Row:
    return {
        "entity": one.firm,
        "quarter": view.quarters[one.quarter],
        "round": one.round,
        "cause": one.cause,
        "outcome": one.outcome,
        "unpaid_by": dict(one.unpaid_by),
        "leaves": dict(one.leaves),
    }
